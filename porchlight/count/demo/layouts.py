"""How invented agencies keep their lists: five layouts, each with the mapping file that reads it back."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from porchlight.count.demo.rows import Habits, Row
from porchlight.count.fields import UNKNOWN


@dataclass(frozen=True)
class Layout:
    """One agency's way of keeping a list.

    `columns`: field of the records -> the agency's heading. `dates`: a strftime form; None where the file has typed
    dates. `values`: what the agency writes for a code. `order`: how its dates in numbers are to be read.
    """

    name: str
    suffix: str
    habits: Habits
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: str | None = None
    order: str = "ymd"
    encoding: str = "utf-8"
    delimiter: str = ","
    unknown: str = "Unknown"
    sheet: str | None = None


def fitting(layout: Layout, rows: int) -> Layout:
    """The layout as an agency with so many rows keeps it: not in Excel, which holds 1,048,576 and grows slow before."""
    if layout.suffix != "xlsx" or rows <= _MOST_EXCEL_ROWS:
        return layout
    return replace(layout, suffix="csv", sheet=None, dates="%Y-%m-%d")


_MOST_EXCEL_ROWS = 50_000


def write_list(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    """Write the rows as the agency would, in the order given."""
    _WRITERS[layout.suffix](layout, rows, path)


def mapping_text(layout: Layout) -> str:
    """The mapping file for `write_list`'s file, as TOML."""
    lines = ["# How this agency's list is read. Written by `porchlight count demo`."]
    if layout.suffix == "csv":
        lines += [f"encoding = {_quoted(layout.encoding)}", f"delimiter = {_quoted(layout.delimiter)}"]
    if layout.sheet:
        lines.append(f"sheet = {_quoted(layout.sheet)}")
    lines += [f"dates = {_quoted(layout.order)}", f"unknown = [{_quoted(layout.unknown)}]", "", "[columns]"]
    lines += [f"{name} = {_quoted(heading)}" for name, heading in layout.columns.items()]
    for name, written in layout.values.items():
        lines += [
            "",
            f"[values.{name}]",
            *(f"{_quoted(word)} = {_quoted(code)}" for code, word in written.items()),
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string


def _rows(layout: Layout, rows: Sequence[Row]) -> Iterator[list[Any]]:
    """The cells of each row, in the order of the layout's columns."""
    day = _day(layout.dates)
    cells = [_cell(layout, name, day) for name in layout.columns]
    return ([cell(row) for cell in cells] for row in rows)


def _day(form: str | None) -> Callable[[dt.date], Any]:
    """Each different date is written once: there are some thousand, in a million cells."""
    return cache(lambda date: date.strftime(form)) if form else lambda date: date


def _cell(layout: Layout, name: str, day: Callable[[dt.date], Any]) -> Callable[[Row], Any]:
    """How one column is written."""
    if name == "full_name":
        return _full_name
    if name == "age_years":
        return lambda row: row.age_months // 12
    if name == "birth_date":
        return _birth_date(layout, day)
    words = layout.values.get(name, _YES_NO if name in _YES_NO_COLUMNS else {})
    of = attrgetter(name)

    def cell(row: Row) -> Any:
        value = of(row)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, dt.date):
            return day(value)
        if isinstance(value, tuple):
            return "; ".join(value) or None
        if isinstance(value, bool):
            return words["yes" if value else "no"]
        return layout.unknown if value == UNKNOWN else words.get(value, value)

    return cell


_YES_NO_COLUMNS = ("investigated", "served")
_YES_NO = {"yes": "Yes", "no": "No"}


def _birth_date(layout: Layout, day: Callable[[dt.date], Any]) -> Callable[[Row], Any]:
    if layout.dates is None:
        # A list whose column holds typed dates has no place for a year alone.
        return lambda row: row.birth_date
    turned = _day(layout.dates.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d"))

    def cell(row: Row) -> Any:
        if row.birth_date is None:
            return str(row.birth_year) if row.birth_year else None
        return turned(row.birth_date) if row.swapped else day(row.birth_date)

    return cell


def _full_name(row: Row) -> str:
    given = " ".join(part for part in (row.first_name, row.middle_name) if part)
    return f"{row.last_name.upper()}, {given}" if row.last_name else given


def _write_csv(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding=layout.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=layout.delimiter)
        writer.writerow(layout.columns.values())
        writer.writerows(_rows(layout, rows))


def _write_excel(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(layout.sheet)
    sheet.append(list(layout.columns.values()))
    for cells in _rows(layout, rows):
        sheet.append(cells)
    book.save(path)


def _write_parquet(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    day = _day(layout.dates)
    # Column by column: whole rows of a large list would be held twice.
    columns = {
        heading: pa.array(map(_cell(layout, name, day), rows)) for name, heading in layout.columns.items()
    }
    pq.write_table(pa.table(columns), path)


_WRITERS: Mapping[str, Callable[[Layout, Sequence[Row], Path], None]] = {
    "csv": _write_csv,
    "xlsx": _write_excel,
    "parquet": _write_parquet,
}

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="Child protective services",
        suffix="csv",
        habits=Habits(0.42, 0.45, 0.75, determines=True, serves=0.75),
        dates="%m/%d/%Y",
        order="mdy",
        columns={
            "agency_child_id": "Child ID",
            "report_id": "Report No.",
            "case_id": "Case No.",
            "first_name": "First name",
            "middle_name": "Middle name",
            "last_name": "Last name",
            "aliases": "Also known as",
            "birth_date": "DOB",
            "sex": "Sex",
            "race_ethnicity": "Race or ethnicity",
            "county_fips": "County FIPS",
            "zip": "ZIP",
            "report_date": "Date received",
            "reporter_type": "Source of report",
            "investigated": "Investigated",
            "determination": "Finding",
            "determined_date": "Date of finding",
            "served": "Services provided",
            "exploitation": "Type of trafficking",
            "relationship": "Perpetrator is",
            "placement": "Living arrangement",
        },
        values={
            "sex": {"female": "F", "male": "M"},
            "determination": {
                "victim": "Substantiated",
                "not_victim": "Unsubstantiated",
                "possible": "Pending",
            },
            "relationship": {"familial": "Family", "acquainted": "Known", "unacquainted": "Stranger"},
        },
    ),
    Layout(
        name="State police",
        suffix="csv",
        habits=Habits(0.24, 0.28, 0.9, determines=False, serves=0.0, no_birth_date=0.10),
        dates="%d-%b-%Y",
        encoding="cp1252",
        delimiter=";",
        unknown="UNK",
        columns={
            "report_id": "Incident",
            "agency_child_id": "Person",
            "last_name": "Surname",
            "first_name": "Given name",
            "middle_name": "Middle",
            "aliases": "Alias",
            "birth_date": "Born",
            "sex": "Gender",
            "race_ethnicity": "Race",
            "county_fips": "FIPS",
            "report_date": "Opened",
            "investigated": "Investigation",
            "exploitation": "Offense",
        },
        values={
            "sex": {"female": "FEMALE", "male": "MALE"},
            "investigated": {"yes": "Y", "no": "N"},
            "exploitation": {"sex": "CSEC", "labor": "LABOR", "both": "CSEC/LABOR"},
        },
    ),
    Layout(
        name="Children's advocacy centers",
        suffix="xlsx",
        habits=Habits(0.14, 0.25, 0.0, determines=False, serves=0.9),
        sheet="Cases",
        columns={
            "agency_child_id": "Client",
            "report_id": "Referral",
            "first_name": "Client first name",
            "last_name": "Client last name",
            "birth_date": "Birthdate",
            "age_years": "Age",
            "sex": "Sex",
            "county_fips": "County code",
            "zip": "Zip code",
            "report_date": "Referral date",
            "reporter_type": "Referred by",
            "served": "Served",
            "relationship": "Alleged offender",
            "placement": "Lives with",
        },
    ),
    Layout(
        name="Youth shelter network",
        suffix="parquet",
        habits=Habits(0.10, 0.12, 0.0, determines=False, serves=0.95),
        unknown="not known",
        columns={
            "agency_child_id": "guest",
            "report_id": "intake",
            "full_name": "name",
            "aliases": "aka",
            "birth_date": "dob",
            "age_months": "age_months",
            "sex": "gender",
            "race_ethnicity": "race",
            "county_fips": "county",
            "zip": "zip",
            "report_date": "intake_date",
            "served": "services",
            "exploitation": "exploitation",
        },
    ),
    Layout(
        name="Hotline",
        suffix="csv",
        habits=Habits(0.10, 0.06, 0.0, determines=False, serves=0.0, no_birth_date=0.6, no_last_name=0.15),
        dates="%B %d, %Y",
        encoding="utf-16",
        delimiter="\t",
        unknown="?",
        columns={
            "report_id": "Call",
            "agency_child_id": "Subject",
            "first_name": "First",
            "last_name": "Last",
            "birth_date": "Date of birth",
            "age_years": "Age",
            "sex": "Girl or boy",
            "county_fips": "County",
            "report_date": "Day of call",
            "reporter_type": "Caller",
            "exploitation": "What kind",
        },
        values={"sex": {"female": "girl", "male": "boy"}},
    ),
)
