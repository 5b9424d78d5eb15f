"""One list's rows: each column read, the columns held against each other, and rows left out counted by reason."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from porchlight.count.fields import BY_NAME, FIELDS, BirthDate, Kind, schema
from porchlight.count.load.dates import Read
from porchlight.count.load.mapping import Layout, read_mapping
from porchlight.count.load.problem import LoadError, Problem
from porchlight.count.load.quality import Filled, Quality
from porchlight.count.load.reading import read_table
from porchlight.count.load.values import Column, convert, reader
from porchlight.count.settings import AgencyList, Report

FIRST_ROW = 2  # as a spreadsheet counts: row 1 has the headings


class LeftOut(StrEnum):
    """Why a row is not counted."""

    OUTSIDE = "reported outside the period"
    ADULT = "too old on the report's day"
    NOT_USABLE = "without a report's number or day"
    TWICE = "the same child twice in one report"


def records_of(each: AgencyList, file: Path, mapping: Path, report: Report) -> tuple[pa.Table, Quality]:
    """Read one agency's list.

    Raises LoadError for a file or mapping that cannot be used; for values that cannot be read, unless the list's
    `bad_values` is "missing"; and for a list of which no row is in the period.
    """
    layout = read_mapping(each.id, mapping)
    texts = read_table(each.id, file, layout)
    work = _Work(each.id, texts.num_rows, layout, report)
    work.columns = {name: _read(work, texts, name) for name in layout.columns}
    _split_names(work)
    _settle_birth_dates(work)
    _settle_ages(work)
    kept = _keep(work)
    if work.problems and each.bad_values == "stop":
        raise LoadError(sorted(work.problems, key=lambda problem: (problem.row or 0, problem.column or "")))
    if not kept:
        why = "; ".join(f"{count} {reason}" for reason, count in work.left_out.items())
        raise LoadError([Problem(each.id, None, None, f"no row can be counted: {why}")])
    return _table(work, kept), _quality(work, each, len(kept))


@dataclass
class _Work:
    """A list while it is read. Every column has `rows` values; rows count from 0 here."""

    list_id: str
    rows: int
    layout: Layout
    report: Report
    columns: dict[str, Column] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    births: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    nothing: Sequence[None] = ()

    def values(self, name: str) -> Sequence[Any]:
        column = self.columns.get(name)
        if column is not None:
            return column.values
        if not self.nothing:  # made once: it is asked for at every row
            self.nothing = (None,) * self.rows
        return self.nothing

    def bad(self, row: int, name: str, reason: str) -> None:
        """The value counts as bad and is taken away."""
        self.problems.append(Problem(self.list_id, row + FIRST_ROW, name, reason))
        if name in self.columns:
            self.columns[name].bad[row] = reason
            self.columns[name].values[row] = None


def _read(work: _Work, texts: pa.Table, name: str) -> Column:
    code = name in BY_NAME and BY_NAME[name].kind is Kind.CODE
    # A finding or a service may come after the period has ended; nothing can come two years after.
    latest = work.report.ends.year + (2 if name == "determined_date" else 0)
    read = reader(name, work.layout, work.report.jurisdiction, latest)
    column = convert(texts.column(work.layout.columns[name]), read, work.layout, code=code)
    work.problems += [
        Problem(work.list_id, row + FIRST_ROW, name, why) for row, why in sorted(column.bad.items())
    ]
    return column


def _split_names(work: _Work) -> None:
    if "full_name" not in work.columns:
        return
    whole = work.columns.pop("full_name")
    for at, name in enumerate(("first_name", "middle_name", "last_name")):
        values = [parts[at] if parts else None for parts in whole.values]
        empty = sum(value is None for value in values)
        work.columns[name] = Column(
            values, empty - whole.unknown - len(whole.bad), whole.unknown, dict(whole.bad)
        )


_MOST_SWAPPED = 0.2


def _settle_birth_dates(work: _Work) -> None:
    """Day and month: sure where the list swaps none; held against the report's day; the list's own order checked."""
    column = work.columns.get("birth_date")
    if column is None:
        return
    reads: list[Read | None] = column.values
    kinds = Counter(read.quality for read in reads if read)
    swapped, sure = kinds[BirthDate.SWAPPED], kinds[BirthDate.DAY]
    if swapped > _MOST_SWAPPED * (swapped + sure) and swapped > 2:
        reason = (
            f'{swapped} dates cannot be read in the order dates = "{work.layout.dates}"; is it another order?'
        )
        work.problems.append(Problem(work.list_id, None, "birth_date", reason))
    qualities: list[str | None] = []
    for row, (read, reported) in enumerate(zip(reads, work.values("report_date"), strict=True)):
        if read and read.date and reported and read.date > reported:
            work.bad(row, "birth_date", "the birth date is after the report")
            read = None
        if read and read.quality is BirthDate.AMBIGUOUS and not swapped:
            read = Read(read.date, read.year, BirthDate.DAY)
        qualities.append(read.quality if read else None)
        reads[row] = read
    work.births.update(str(quality) for quality in qualities if quality)
    work.columns["birth_year"] = Column([read.year if read else None for read in reads])
    work.columns["birth_date_quality"] = Column(qualities)
    column.values = [read.date if read else None for read in reads]
    column.unknown += kinds[BirthDate.UNKNOWN]


def _settle_ages(work: _Work) -> None:
    """Months of age on the report's day: by the birth date, else as the list says. Years and dates may not disagree."""
    given = _given_months(work)
    births, reports = work.values("birth_date"), work.values("report_date")
    years = "age_years" in work.columns
    ages: list[int | None] = []
    differ = 0
    for birth, reported, said in zip(births, reports, given, strict=True):
        known = _months(birth, reported) if birth and reported else None
        if known is not None and said is not None and abs(known - said) > (23 if years else 12):
            differ += 1
        ages.append(said if known is None else known)
    if differ:
        work.notes.append(
            f"{differ} rows give an age that the birth date contradicts; the birth date is used"
        )
    work.columns["age_months"] = Column(ages)


def _given_months(work: _Work) -> list[int | None]:
    if "age_years" in work.columns:
        return [None if years is None else years * 12 for years in work.values("age_years")]
    return list(work.values("age_months"))


def _months(birth: dt.date, on: dt.date) -> int:
    return (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)


def _keep(work: _Work) -> list[int]:
    """The rows that are counted; the others are counted by reason."""
    seen: dict[tuple[Any, ...], int] = {}
    kept = []
    named = zip(*(work.values(name) for name in _TOLD_BY), strict=True)
    told = (work.values(name) for name in ("report_id", "report_date", "age_months", "agency_child_id"))
    for row, (number, reported, age, child, names) in enumerate(zip(*told, named, strict=True)):
        # Without a number of its own, a child is told from brothers and sisters by name and birth.
        by = (child,) if child else names
        why = _why_out(work, row, number, reported, age) or _twice(work, row, number, by, seen)
        if why is None:
            kept.append(row)
        else:
            work.left_out[why] += 1
    return kept


def _why_out(
    work: _Work, row: int, number: str | None, reported: dt.date | None, age: int | None
) -> LeftOut | None:
    if number is None and row not in work.columns["report_id"].bad:
        work.bad(row, "report_id", "is empty")
    if reported is None and row not in work.columns["report_date"].bad:
        work.bad(row, "report_date", "is empty")
    if number is None or reported is None:
        return LeftOut.NOT_USABLE
    if not work.report.begins <= reported <= work.report.ends:
        return LeftOut.OUTSIDE
    return LeftOut.ADULT if age is not None and age >= work.report.under * 12 else None


def _twice(
    work: _Work, row: int, number: str | None, by: tuple[Any, ...], seen: dict[tuple[Any, ...], int]
) -> LeftOut | None:
    if not any(by):
        return None
    first = seen.setdefault((number, *by), row)
    if first == row:
        return None
    work.problems.append(
        Problem(
            work.list_id,
            row + FIRST_ROW,
            "report_id",
            f"names the same child in the same report as row {first + FIRST_ROW}",
        )
    )
    return LeftOut.TWICE


_TOLD_BY = ("first_name", "middle_name", "last_name", "birth_date")


def _table(work: _Work, kept: list[int]) -> pa.Table:
    made: Mapping[str, Sequence[Any]] = {
        "record": [f"{work.list_id}:{row + FIRST_ROW}" for row in kept],
        "list": [work.list_id] * len(kept),
        "aliases": [work.values("aliases")[row] or [] for row in kept],
    }
    arrays = []
    for each, kind in zip(FIELDS, schema(), strict=True):
        if each.name in made:
            values = made[each.name]
        else:
            whole = work.values(each.name)
            values = [whole[row] for row in kept]
        arrays.append(pa.array(values, kind.type))
    return pa.Table.from_arrays(arrays, schema=schema())


def _quality(work: _Work, each: AgencyList, counted: int) -> Quality:
    columns = {}
    for name in (*work.layout.columns, *_FROM_FULL_NAME):
        column = work.columns.get(name)
        if column is not None:
            bad = len(column.bad)
            given = work.rows - column.missing - column.unknown - bad
            columns[name] = Filled(given, column.unknown, column.missing, bad)
    if "age_years" in columns:
        columns["age_months"] = columns.pop("age_years")
    return Quality(
        list=each.id,
        name=each.name,
        read=work.rows,
        counted=counted,
        left_out=dict(work.left_out),
        columns=columns,
        birth_dates=dict(work.births),
        notes=tuple(work.notes),
    )


_FROM_FULL_NAME = ("first_name", "middle_name", "last_name")
