"""The tables as CSV files, and the dictionary that tells what each column and each code means."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from porchlight.count.cells import Audited, Key, Table, keys
from porchlight.count.publish.edition import Edition
from porchlight.count.publish.labels import category
from porchlight.count.publish.words import say

__all__ = ["as_csv", "dictionary"]

ALL = "all"
_SHOWN, _HIDDEN = "shown", "hidden"


def as_csv(table: Table, audited: Audited) -> str:
    """One row for each count, margins as "all"; a hidden count is empty and says so in `status`."""
    names = [each.name for each in table.dimensions]
    head = ["period", "unit", *names, "count", "status", "low", "high"]
    return _csv(head, (_row(key, names, audited) for key in keys(table)))


def dictionary(audited: Audited, edition: Edition) -> str:
    """Every column and every code of every table, in words, in the languages of the report."""
    head = ["table", "column", "code", *(f"meaning_{each}" for each in edition.languages)]
    return _csv(head, _meanings(audited, edition))


def _row(key: Key, names: list[str], audited: Audited) -> list[str]:
    where = dict(key.where)
    count = audited.value(key)
    low, high = audited.ranges.get(key, ("", "")) if count is not None else ("", "")
    told = ["", _HIDDEN] if count is None else [str(count), _SHOWN]
    return [key.period, str(key.unit), *(where.get(name, ALL) for name in names), *told, str(low), str(high)]


def _meanings(audited: Audited, edition: Edition) -> Iterator[list[str]]:
    def both(code: str) -> list[str]:
        return [say(code, each) for each in edition.languages]

    for column in ("period", "unit", "count", "status", "low", "high"):
        yield ["", column, "", *both(f"dict.{column}")]
    yield ["", "status", _SHOWN, *both("dict.shown")]
    yield ["", "status", _HIDDEN, *both("dict.hidden")]
    for unit in dict.fromkeys(table.unit for table in audited.tables):
        yield ["", "unit", str(unit), *both(f"unit.{unit}")]
    for table in audited.tables:
        for dimension in table.dimensions:
            yield [table.name, dimension.name, "", *both(f"dimension.{dimension.name}")]
            yield [table.name, dimension.name, ALL, *both("dict.all")]
            for each in dimension.categories:
                words = [category(dimension.name, each, language, edition) for language in edition.languages]
                yield [table.name, dimension.name, each, *words]


def _csv(head: list[str], rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
