"""One statement for many deliveries, each with values of its own: a round trip for each would take most of a turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from django.db import connection

# Rows of one statement; SQLite takes 32,766 values.
AT_ONCE = 500

Value = str | int | float | None
T = TypeVar("T")


def change(columns: str, changes: str, where: str, rows: Sequence[Sequence[Value]]) -> None:
    """Set `changes` in each delivery of `rows` for which `where` holds.

    `columns` names the values of a row, `id` among them; `changes` and `where` use them as `given.NAME`. All three are
    SQL of ours, never anybody's words.
    """
    for some in batched(rows):
        row = "(" + ", ".join(["%s"] * len(some[0])) + ")"
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH given({columns}) AS (VALUES {', '.join([row] * len(some))})"  # noqa: S608 - SQL of ours, placeholders
                f" UPDATE alerts_delivery SET {changes} FROM given WHERE alerts_delivery.id = given.id AND {where}",
                [value for values in some for value in values],
            )


def batched(rows: Iterable[T]) -> Iterator[list[T]]:
    """`rows`, as many at a time as one statement takes."""
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some
