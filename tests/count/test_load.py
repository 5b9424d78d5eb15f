"""Agencies' lists become one table: codes, dates and ages alike; missing apart from unknown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from porchlight.count import settings, workspace
from porchlight.count.codes import codes, htcds_lists, standards
from porchlight.count.fields import BY_NAME, FIELDS, Kind, schema
from porchlight.count.load import Coverage, Filled, Loaded, load
from porchlight.count.load.propose import propose
from tests.count.lists import HEADINGS, MAPPING, REPORT, ROW, section, write_report


def _load(report: Path) -> Loaded:
    read = settings.read(report)
    with workspace.opened(read.path(read.workspace.folder)) as space:
        return load(read, space)


def _rows(report: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(_load(report).records).to_pylist())


def _row(folder: Path, text: str, mapping: str = MAPPING) -> dict[str, Any]:
    rows = _rows(write_report(folder, text, mapping=mapping))
    assert len(rows) == 1
    return rows[0]


def test_records_have_the_columns_that_fields_names(tmp_path: Path) -> None:
    loaded = _load(write_report(tmp_path, f"{HEADINGS}\n{ROW}\n"))
    assert pq.read_schema(loaded.records).equals(schema())


def test_a_row_is_read_as_it_was_meant(tmp_path: Path) -> None:
    row = _row(tmp_path, f"{HEADINGS}\n{ROW}\n")
    assert {name: value for name, value in row.items() if value not in (None, [])} == {
        "record": "cps:2",
        "list": "cps",
        "agency_child_id": "C1",
        "report_id": "R1",
        "first_name": "Ana",
        "last_name": "Lopez",
        "birth_date": dt.date(2011, 3, 25),
        "birth_date_quality": "day",
        "birth_year": 2011,
        "age_months": 169,
        "sex": "female",
        "report_date": dt.date(2025, 5, 1),
    }


def test_unknown_is_kept_apart_from_missing(tmp_path: Path) -> None:
    text = f"{HEADINGS}\nR1,C1,Ana,Lopez,,Unknown,5/1/2025\nR2,C2,Unknown,Diaz,Unknown,,5/1/2025\n"
    report = write_report(tmp_path, text)
    first, second = _rows(report)
    assert (first["sex"], second["sex"]) == ("unknown", None)
    assert second["first_name"] is None
    columns = _load(report).quality[0].columns
    assert columns["sex"] == Filled(given=0, unknown=1, missing=1, bad=0)
    assert columns["birth_date"] == Filled(given=0, unknown=1, missing=1, bad=0)


@pytest.mark.parametrize(
    ("received", "birth", "months"),
    [("03/24/2025", "03/25/2011", 167), ("03/25/2025", "03/25/2011", 168), ("03/25/2025", "03/25/2025", 0)],
)
def test_age_is_in_whole_months_on_the_day_of_the_report(
    tmp_path: Path, received: str, birth: str, months: int
) -> None:
    assert _row(tmp_path, f"{HEADINGS}\nR1,C1,Ana,Lopez,{birth},F,{received}\n")["age_months"] == months


def test_an_age_in_years_is_used_where_there_is_no_birth_date(tmp_path: Path) -> None:
    mapping = MAPPING.replace('sex = "Sex"', 'sex = "Sex"\nage_years = "Age"')
    text = f"{HEADINGS},Age\nR1,C1,Ana,Lopez,,F,5/1/2025,14\nR2,C2,Eva,Diaz,1/2/2011,F,5/1/2025,3\n"
    report = write_report(tmp_path, text, mapping=mapping)
    assert [row["age_months"] for row in _rows(report)] == [168, 171]
    assert "1 rows give an age that the birth date contradicts" in _load(report).quality[0].notes[0]


def test_in_a_list_that_swaps_some_dates_the_others_are_marked_ambiguous(tmp_path: Path) -> None:
    plain = [f"R{n},C{n},Ana,Lopez,03/{n}/2011,F,05/01/2025" for n in range(13, 29)]
    unsure = "R40,C40,Ana,Lopez,03/04/2011,F,05/01/2025"
    swapped = "R41,C41,Ana,Lopez,25/03/2011,F,05/01/2025"
    without = _rows(write_report(tmp_path, "\n".join([HEADINGS, *plain, unsure])))
    assert {row["birth_date_quality"] for row in without} == {"day"}
    rows = _rows(write_report(tmp_path, "\n".join([HEADINGS, *plain, unsure, swapped])))
    assert [row["birth_date_quality"] for row in rows[-2:]] == ["ambiguous", "swapped"]
    assert rows[-1]["birth_date"] == dt.date(2011, 3, 25)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ('"LOPEZ, Ana Maria"', ("Ana", "Maria", "LOPEZ")),
        ("Ana Maria Lopez", ("Ana", "Maria", "Lopez")),
        ("Ana de la Cruz", ("Ana", None, "de la Cruz")),
        ("Ana", ("Ana", None, None)),
        ('"DOE, Jane"', ("Jane", None, None)),
    ],
)
def test_a_whole_name_is_taken_apart(tmp_path: Path, written: str, parts: tuple[str | None, ...]) -> None:
    mapping = 'dates = "mdy"\n[columns]\nreport_id = "R"\nfull_name = "Name"\nreport_date = "D"\n'
    row = _row(tmp_path, f"R,Name,D\n1,{written},5/1/2025\n", mapping)
    assert (row["first_name"], row["middle_name"], row["last_name"]) == parts


@pytest.mark.parametrize("county", ["21111", "Jefferson", "jefferson county", "111"])
def test_a_county_is_known_by_code_or_name(tmp_path: Path, county: str) -> None:
    mapping = MAPPING.replace('sex = "Sex"', 'sex = "Sex"\ncounty_fips = "County"\nzip = "ZIP"')
    row = _row(tmp_path, f"{HEADINGS},County,ZIP\n{ROW},{county},40202-1234\n", mapping)
    assert (row["county_fips"], row["zip"]) == ("21111", "40202")


def test_rows_outside_the_period_and_of_adults_are_left_out_and_counted(tmp_path: Path) -> None:
    text = "\n".join(
        [
            *(HEADINGS, ROW, "R2,C2,Eva,Diaz,3/25/2011,F,12/31/2024", "R3,C3,Leo,Diaz,5/1/2007,M,5/1/2025"),
            "R4,C4,Max,Diaz,5/2/2007,M,5/1/2025",
        ]
    )
    report = write_report(tmp_path, text)
    assert [row["report_id"] for row in _rows(report)] == ["R1", "R4"]
    quality = _load(report).quality[0]
    assert (quality.read, quality.counted) == (4, 2)
    assert quality.left_out == {"reported outside the period": 1, "too old on the report's day": 1}


def test_excel_and_parquet_give_the_same_records_as_csv(tmp_path: Path) -> None:
    text = f"{HEADINGS}\n{ROW}\nR2,C2,Peña,Diaz,,M,05/02/2025\n"
    report = write_report(tmp_path, text)
    expected = _rows(report)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[Any]] = [
        HEADINGS.split(","),
        [
            "R1",
            "C1",
            "Ana",
            "Lopez",
            dt.datetime.fromisoformat("2011-03-25"),
            "F",
            dt.datetime.fromisoformat("2025-05-01"),
        ],
        ["R2", "C2", "Peña", "Diaz", None, "M", dt.datetime.fromisoformat("2025-05-02")],
    ]
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "cps.xlsx")
    columns = dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "cps.parquet")
    for suffix in ("xlsx", "parquet"):
        report.write_text(REPORT + section("cps", f"cps.{suffix}"))
        assert _rows(report) == expected


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-16", "\t"), ("utf-8-sig", ",")])
def test_encodings_and_delimiters_of_the_mapping_file_are_used(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    mapping = f'encoding = "{encoding}"\ndelimiter = "{delimiter}"\n{MAPPING}'.replace("\t", "\\t")
    report = write_report(tmp_path, "x", mapping=mapping)
    text = f"{HEADINGS}\n{ROW}\n".replace("Ana", "Begoña").replace(",", delimiter)
    (tmp_path / "cps.csv").write_bytes(text.encode(encoding))
    assert [row["first_name"] for row in _rows(report)] == ["Begoña"]


def test_a_better_file_is_read_again_and_the_rest_is_not(tmp_path: Path) -> None:
    report = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    assert not _load(report).resumed
    assert _load(report).resumed
    (tmp_path / "cps.csv").write_text(f"{HEADINGS}\n{ROW.replace('Ana', 'Eva')}\n")
    loaded = _load(report)
    assert not loaded.resumed
    assert pq.read_table(loaded.records).column("first_name").to_pylist() == ["Eva"]


@pytest.mark.parametrize(
    ("given", "band"),
    [
        (0, Coverage.SELDOM),
        (24, Coverage.SELDOM),
        (25, Coverage.SOMETIMES),
        (75, Coverage.MOSTLY),
        (95, Coverage.ALWAYS),
    ],
)
def test_how_full_a_column_is_can_be_told_in_bands_only(given: int, band: Coverage) -> None:
    assert Filled(given, 0, 100 - given, 0).coverage == band


def test_a_column_that_is_not_collected_is_told_from_an_empty_one(tmp_path: Path) -> None:
    quality = _load(write_report(tmp_path, f"{HEADINGS}\n{ROW.replace(',F,', ',,')}\n")).quality[0]
    assert quality.coverage("sex") == Coverage.SELDOM
    assert quality.coverage("placement") == Coverage.NEVER


def test_the_codes_of_the_yaml_are_the_codes_of_the_fields() -> None:
    coded = {field.name: field.codes for field in FIELDS if field.kind is Kind.CODE and field.from_agency}
    assert {name: tuple(known) for name, known in codes().items()} == coded


def test_a_map_is_verified_only_where_its_standard_is_and_its_value_is_on_the_list() -> None:
    for known in codes().values():
        for code in known.values():
            for name in standards():
                mapped = getattr(code, name)
                if mapped is None or not mapped.verified:
                    continue
                assert standards()[name].verified
                if name == "htcds":
                    assert set((mapped.value or "").split(";")) <= set(htcds_lists()[mapped.field])


def test_a_proposed_mapping_reads_the_list_once_its_questions_are_answered(tmp_path: Path) -> None:
    text = f"{HEADINGS}\n{ROW}\nR2,C2,Eva,Diaz,4/5/2010,M,05/13/2025\n".replace("Received", "Date received")
    report = write_report(tmp_path, text)
    proposed = propose(tmp_path / "cps.csv")
    assert "Lopez" not in proposed
    assert "# ?" not in proposed
    (tmp_path / "mapping.toml").write_text(proposed)
    assert [row["sex"] for row in _rows(report)] == ["female", "male"]


def test_what_cannot_be_proposed_is_asked(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Ref,Sex,When\n1,F,x\n2,Q7,x\n")
    proposed = propose(tmp_path / "odd.csv")
    assert '# ? "Q7" = one of female, male, other, unknown' in proposed
    assert "# ? report_id is needed" in proposed
    assert '# ? not used: "When"' in proposed


def test_the_order_of_dates_is_proposed_from_days_above_twelve(tmp_path: Path) -> None:
    for dates, order in (
        (["25/03/2011", "01/02/2011"], '"dmy"'),
        (["03/25/2011"], '"mdy"'),
        (["1/2/2011"], '"mdy"  # ?'),
    ):
        (tmp_path / "list.csv").write_text("\n".join(["Name,DOB", *(f"Ana,{date}" for date in dates)]))
        assert f"dates = {order}" in propose(tmp_path / "list.csv")


def test_every_required_field_is_asked_for_by_the_mapping() -> None:
    assert [name for name, field in BY_NAME.items() if field.required] == [
        "record",
        "report_id",
        "report_date",
    ]
