"""How invented agencies keep their lists: five layouts, each with the mapping file that reads it back."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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


def _cells(layout: Layout, row: Row) -> list[Any]:
    return [_cell(layout, row, name) for name in layout.columns]


def _cell(layout: Layout, row: Row, name: str) -> Any:
    if name == "full_name":
        return _full_name(row)
    if name == "age_years":
        return row.age_months // 12
    if name == "birth_date":
        return _birth_date(layout, row)
    value = getattr(row, name)
    if isinstance(value, dt.date):
        return value.strftime(layout.dates) if layout.dates else value
    if isinstance(value, tuple):
        return "; ".join(value) or None
    if isinstance(value, bool):
        return layout.values.get(name, _YES_NO)["yes" if value else "no"]
    if value == UNKNOWN:
        return layout.unknown
    return layout.values.get(name, {}).get(value, value)


_YES_NO = {"yes": "Yes", "no": "No"}


def _birth_date(layout: Layout, row: Row) -> Any:
    if row.birth_date is None:
        # A list whose column holds typed dates has no place for a year alone.
        return str(row.birth_year) if row.birth_year and layout.dates else None
    if layout.dates is None:
        return row.birth_date
    turned = (
        layout.dates.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
        if row.swapped
        else layout.dates
    )
    return row.birth_date.strftime(turned)


def _full_name(row: Row) -> str:
    given = " ".join(part for part in (row.first_name, row.middle_name) if part)
    return f"{row.last_name.upper()}, {given}" if row.last_name else given


def _write_csv(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding=layout.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=layout.delimiter)
        writer.writerow(layout.columns.values())
        writer.writerows(_cells(layout, row) for row in rows)


def _write_excel(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(layout.sheet)
    sheet.append(list(layout.columns.values()))
    for row in rows:
        sheet.append(_cells(layout, row))
    book.save(path)


def _write_parquet(layout: Layout, rows: Sequence[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = (
        zip(*(_cells(layout, row) for row in rows), strict=True) if rows else [[] for _ in layout.columns]
    )
    arrays = [pa.array(list(column)) for column in columns]
    pq.write_table(pa.table(arrays, names=list(layout.columns.values())), path)


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
