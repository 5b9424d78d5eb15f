"""A table of capture histories: how many children each combination of lists holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["MOST_LISTS", "Bools", "Floats", "Ints", "Table", "TableError", "read_table"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

# Ten lists already have 1,023 combinations, most of them empty in any real table.
MOST_LISTS = 10


class TableError(ValueError):
    """The table cannot be estimated from; the message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """Counts by capture history.

    A history is a number whose bit i says that list i holds the child; `counts` (2**lists) has them in that order.
    `counts[0]`, the children that no list holds, is always 0 here: it is what is asked.
    """

    lists: tuple[str, ...]
    counts: Ints

    @classmethod
    def of(cls, lists: Sequence[str], counts: Mapping[str, int]) -> Table:
        """From histories written as in the literature: "101" is held by the first and the third list.

        Histories that are not named have count 0. Raises TableError.
        """
        names = tuple(lists)
        if len(set(names)) < len(names):
            raise TableError(f"two lists have one name: {', '.join(names)}; give each its own")
        if len(names) > MOST_LISTS:
            raise TableError(
                f"{len(names)} lists make {2 ** len(names) - 1:,} combinations, too many to tell apart; put lists "
                f"that serve the same children together until there are at most {MOST_LISTS}"
            )
        found = np.zeros(2 ** len(names), np.int64)
        for history, count in counts.items():
            found[_history(history, len(names))] += _count(history, count)
        return cls(names, found)

    def __post_init__(self) -> None:
        if self.counts.shape != (2 ** len(self.lists),) or self.counts[0] != 0 or (self.counts < 0).any():
            raise TableError(
                "a table has a count of zero or more for each combination of its lists, and no other"
            )

    @cached_property
    def observed(self) -> int:
        """Children that at least one list holds."""
        return int(self.counts.sum())

    @cached_property
    def held(self) -> Ints:
        """(2**lists): for each set of lists the children that all of them hold, whatever other lists do."""
        held: Ints = self.counts @ subsets(len(self.lists))
        return held

    @property
    def overlaps(self) -> int:
        """Children that two lists or more hold."""
        several = np.array([history.bit_count() > 1 for history in range(self.counts.size)])
        return int(self.counts[several].sum())

    def filled(self) -> Table:
        """Without the lists that hold no child."""
        empty = [at for at in range(len(self.lists)) if not self.held[1 << at]]
        return self.without_empty(empty[0]).filled() if empty else self

    def without_empty(self, at: int) -> Table:
        """Without list `at`, which holds no child."""
        histories = np.arange(self.counts.size)
        return Table(self.lists[:at] + self.lists[at + 1 :], self.counts[(histories >> at & 1) == 0])

    def without(self, at: int) -> tuple[Table, int]:
        """The children of list `at` by the other lists, and how many of them no other list holds."""
        histories = np.arange(self.counts.size)
        inside = histories[(histories >> at & 1) == 1]
        low, high = inside & ((1 << at) - 1), inside >> (at + 1) << at
        counts = np.zeros(self.counts.size // 2, np.int64)
        counts[low | high] = self.counts[inside]
        alone, counts[0] = int(counts[0]), 0
        return Table(self.lists[:at] + self.lists[at + 1 :], counts), alone


def subsets(lists: int) -> Ints:
    """(histories, sets): 1 where the set of lists is part of the history. The model matrix of the saturated model."""
    every = np.arange(2**lists)
    return np.asarray((every[:, None] & every[None, :]) == every[None, :], np.int64)


def read_table(text: str, name: str | None = None) -> Table:
    """A table from JSON {"lists": [...], "counts": {"101": 3}}; other members are passed over.

    Or from JSON of several such tables by name, of which `name` says one. Raises TableError.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise TableError(f"this is no JSON: {error}") from None
    if isinstance(told, dict) and "lists" not in told and told:
        told = _named(told, name)
    lists, counts = (told.get("lists"), told.get("counts")) if isinstance(told, dict) else (None, None)
    if (
        not isinstance(lists, list)
        or not all(isinstance(each, str) for each in lists)
        or not isinstance(counts, dict)
    ):
        raise TableError('wanted is {"lists": ["A", "B", "C"], "counts": {"100": 40, "110": 6}}')
    return Table.of(lists, counts)


def _named(several: dict[str, object], name: str | None) -> object:
    if name is None and len(several) == 1:
        return next(iter(several.values()))
    if name not in several:
        raise TableError(f"there are several tables; name one of {', '.join(several)}")
    return several[name]


def _history(text: str, lists: int) -> int:
    if len(text) != lists or set(text) - {"0", "1"}:
        raise TableError(f"'{text}' is no combination of {lists} lists; write one 0 or 1 for each list")
    if "1" not in text:
        raise TableError(f"'{text}': children whom no list holds cannot be counted; take it out")
    return sum(1 << at for at, each in enumerate(text) if each == "1")


def _count(history: str, count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise TableError(f"'{history}': {count!r} is no count; write a whole number, zero or more")
    return count
