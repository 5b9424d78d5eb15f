"""The doubtful middle: pairs that a person looks at, and what the person answered."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = ["SHOWN", "Mark", "MarksError", "Rows", "read_marks", "write_doubtful"]

SAME, DIFFERENT = "same", "different"
# The columns of records that a person needs to decide; each is shown for both rows, one beside the other.
SHOWN = (
    *("first_name", "middle_name", "last_name", "aliases", "birth_date", "birth_year", "age_months"),
    *("sex", "race_ethnicity", "county_fips", "zip", "report_date", "agency_child_id"),
)
ASKED = "answer"
_COLUMNS = (
    *("record_1", "record_2", ASKED, "probability"),
    *(f"{column}_{side}" for column in SHOWN for side in (1, 2)),
)


# What is known of records by their names, and a line of the sheet by its columns.
Rows: TypeAlias = Mapping[str, Mapping[str, object]]
Line: TypeAlias = Mapping[str, str | None]


@dataclass(frozen=True)
class Mark:
    """A person's answer about two rows: one child (`same`) or two."""

    one: str
    other: str
    same: bool


class MarksError(ValueError):
    """The marks cannot be used; the message names the line and says what to do."""


def write_doubtful(file: Path, pairs: Sequence[tuple[str, str, float]], rows: Rows) -> None:
    """Write the pairs (record, record, probability) with what `rows` (by record) tell of both; `answer` is empty."""
    with file.open("w", encoding="utf-8-sig", newline="") as written:
        sheet = csv.writer(written)
        sheet.writerow(_COLUMNS)
        for one, other, probability in pairs:
            told = [printed(rows[record].get(column)) for column in SHOWN for record in (one, other)]
            sheet.writerow([printed(one), printed(other), "", f"{probability:.3f}", *told])


def read_marks(file: Path, rows_of: Callable[[Sequence[str]], Rows]) -> tuple[Mark, ...]:
    """The answers in a filled-in review file; lines without one are passed over. Raises MarksError.

    `rows_of` gives what is loaded now of the records asked for. A line whose names are not those of the rows that it
    names is of an older load.
    """
    lines = _answered(file)
    rows = rows_of(sorted({record for _, line in lines for record in _records(line)}))
    marks = tuple(_mark(f"{file.name}, line {number}", line, rows) for number, line in lines)
    _refuse_contradictions(marks)
    return marks


def printed(value: object) -> str:
    """As a cell. One that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    text = "; ".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _answered(file: Path) -> list[tuple[int, Line]]:
    """The lines that have an answer, with their numbers."""
    with file.open(encoding="utf-8-sig", newline="") as given:
        sheet = csv.DictReader(given)
        missing = {"record_1", "record_2", ASKED} - set(sheet.fieldnames or ())
        if missing:
            columns = ", ".join(sorted(missing))
            raise MarksError(f"{file.name}: no column {columns}; use the file doubtful.csv of this count")
        return [(number, line) for number, line in enumerate(sheet, 2) if (line[ASKED] or "").strip()]


def _records(line: Line) -> list[str]:
    return [(line[column] or "").removeprefix("'") for column in ("record_1", "record_2")]


def _mark(where: str, line: Line, rows: Rows) -> Mark:
    answer = (line[ASKED] or "").strip().lower()
    if answer not in (SAME, DIFFERENT):
        raise MarksError(f"{where}: answer '{answer}' is not known; write '{SAME}', '{DIFFERENT}' or nothing")
    one, other = _records(line)
    if one == other:
        raise MarksError(f"{where}: both rows are {one}")
    for side, record in enumerate((one, other), 1):
        if record not in rows:
            raise MarksError(
                f"{where}: there is no row {record} in the lists as loaded now; take the line out"
            )
        for column in ("first_name", "last_name", "birth_date"):
            # An empty cell, as in a line that a person added, says nothing.
            if (line.get(f"{column}_{side}") or "") not in ("", printed(rows[record].get(column))):
                raise MarksError(
                    f"{where}: row {record} now has another {column} than when it was marked;"
                    " the list was changed since: mark this pair again in the new doubtful.csv"
                )
    return Mark(min(one, other), max(one, other), same=answer == SAME)


def _refuse_contradictions(marks: Sequence[Mark]) -> None:
    group: dict[str, str] = {}

    def first(record: str) -> str:
        while group.setdefault(record, record) != record:
            record = group[record]
        return record

    for mark in marks:
        if mark.same:
            group[first(mark.one)] = first(mark.other)
    for mark in marks:
        if not mark.same and first(mark.one) == first(mark.other):
            raise MarksError(
                f"{mark.one} and {mark.other} are marked '{DIFFERENT}', but other marks make them one child;"
                " correct one of them"
            )
