"""The counts of a report and how they are linked: what `tabulate` makes, `protect` hides from and `publish` prints.

One count is a `Key` (period, unit, where) and a whole number. The same key in two tables is the same count, which is
how tables are linked; a table's margins are keys with fewer dimensions in `where`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Literal

__all__ = [
    "NO_BOUND",
    "AuditResult",
    "Audited",
    "Dimension",
    "Equation",
    "Hidden",
    "Key",
    "Known",
    "Relation",
    "Said",
    "Table",
    "TableError",
    "Unit",
    "Why",
    "equations",
    "keys",
]

NO_BOUND = 10**9
"""Stands as `Hidden.high` where nothing that is published bounds a hidden count from above."""

Why = Literal["small", "complement", "reveals"]


class Unit(StrEnum):
    """What is counted. Units are never added to one another."""

    REPORTS = "reports"
    INVESTIGATIONS = "investigations"
    DETERMINATIONS = "determinations"
    SERVED = "cases with services"
    CHILDREN = "children"


class TableError(ValueError):
    """A table that does not hold exactly its cells, or whose cells do not add up to its margins."""


@dataclass(frozen=True)
class Dimension:
    """One way to divide a count.

    `parents` names the coarser category of a category (county -> region, year of age -> band); both are in
    `categories`. The categories under a parent add up to it; those without a parent add up to the total.
    """

    name: str
    categories: tuple[str, ...]
    parents: Mapping[str, str] = field(default_factory=dict)

    def under(self, parent: str | None) -> tuple[str, ...]:
        """The categories right under `parent`, or the coarsest ones for None."""
        return tuple(each for each in self.categories if self.parents.get(each) == parent)


@dataclass(frozen=True)
class Key:
    """One count: `where` holds (dimension, category) pairs; a dimension summed over is absent, so a total has none."""

    period: str
    unit: Unit
    where: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Table:
    """All the counts of one table, every margin and every zero among them.

    `tabulate` makes whole tables (`check` proves one). In an `Audited`, the hidden keys are taken out of `cells`.
    """

    name: str
    period: str
    unit: Unit
    dimensions: tuple[Dimension, ...]
    cells: Mapping[Key, int]

    def check(self) -> None:
        """Raise TableError unless `cells` holds exactly this table's keys, none below zero, and all of it adds up."""
        wanted = set(keys(self))
        if wanted != set(self.cells):
            odd = sorted(_said(key) for key in wanted.symmetric_difference(self.cells))[:3]
            raise TableError(
                f"table {self.name}: cells missing or not of this table, such as {'; '.join(odd)}"
            )
        for key, count in self.cells.items():
            if count < 0:
                raise TableError(f"table {self.name}: {_said(key)} is below zero")
        for each in equations(self):
            if sum(self.cells[part] for part in each.parts) != self.cells[each.total]:
                raise TableError(f"table {self.name}: the parts of {_said(each.total)} do not add up to it")


@dataclass(frozen=True)
class Relation:
    """A link that no table's shape tells: `total` is the sum of `parts` (reports = investigated + not investigated)."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True)
class Equation:
    """`total` = the sum of `parts`; `dimension` is what the parts differ in ("" for a Relation)."""

    total: Key
    parts: tuple[Key, ...]
    dimension: str = ""


@dataclass(frozen=True)
class Said:
    """Something told beside the tables: the weighted sum of counts lies within `low`..`high`, both included.

    A rounded percentage, a sentence of the narrative, the size of a bar, a figure on a data-quality page:
    "23 percent of 412" is `Said({key: 1}, 92.7, 96.82)`.
    """

    terms: Mapping[Key, float]
    low: float
    high: float


@dataclass(frozen=True)
class Known:
    """What attackers know besides the tables: counts of earlier reports by key, and what else is told.

    `hidden` are the keys that an earlier report hid: they stay hidden.
    """

    values: Mapping[Key, int] = field(default_factory=dict)
    hidden: frozenset[Key] = frozenset()
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Hidden:
    """A count that is not published. From everything published an attacker can at best conclude `low`..`high`.

    `low` and `high` may be printed. `why` is for the analyst alone: printing "reveals" or "complement" would tell
    what hiding it was for.
    """

    key: Key
    why: Why
    low: int
    high: int


@dataclass(frozen=True)
class AuditResult:
    """What the attackers tried: `attacks` questions, the keys `narrowed` (none, or it stays here).

    `attacks` may be printed: two for each hidden count, how low and how high it can be. How many took a solver may
    not: that depends on what is hidden, and a reader who runs this program on guesses could compare.
    """

    attacks: int
    narrowed: tuple[Key, ...]
    seconds: float


@dataclass(frozen=True)
class Audited:
    """Tables that may be published: `protect.audited` and `protect.protect` alone make one, after the attackers failed.

    `tables` no longer hold the hidden counts. `ranges` gives, for published counts, the lowest and highest over the
    other ways of linking that were protected together with the published one.
    """

    tables: tuple[Table, ...]
    hidden: Mapping[Key, Hidden]
    audit: AuditResult
    ranges: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("Only porchlight.count.protect makes an Audited: nothing unaudited is published.")
        if self.audit.narrowed or any(key in self.hidden for table in self.tables for key in table.cells):
            raise TypeError("An Audited with a narrowed or a still visible hidden count cannot be.")

    def value(self, key: Key) -> int | None:
        """The published count of `key`; None where it is hidden. KeyError for a key of no table."""
        if key in self.hidden:
            return None
        for table in self.tables:
            if key in table.cells:
                return table.cells[key]
        raise KeyError(key)

    def share(self, key: Key, base: Key) -> float | None:
        """`key` as a part (0..1) of `base`; None unless both are published and the base is not zero."""
        part, whole = self.value(key), self.value(base)
        return None if part is None or not whole else part / whole


_SEAL = object()


def keys(table: Table) -> Iterator[Key]:
    """Every key of a table: each combination of a category, or the sum, of each dimension."""
    choices = [(None, *dimension.categories) for dimension in table.dimensions]
    names = [dimension.name for dimension in table.dimensions]
    for chosen in product(*choices):
        where = frozenset((name, each) for name, each in zip(names, chosen, strict=True) if each is not None)
        yield Key(table.period, table.unit, where)


def equations(table: Table) -> Iterator[Equation]:
    """How a table's cells add up: along each dimension, at each level, for every choice in the other dimensions."""
    for dimension in table.dimensions:
        others = [each for each in table.dimensions if each.name != dimension.name]
        rest = Table(table.name, table.period, table.unit, tuple(others), {})
        for parent in (None, *dimension.categories):
            parts = dimension.under(parent)
            if not parts:
                continue
            for base in keys(rest):
                total = base if parent is None else _within(base, dimension.name, parent)
                yield Equation(
                    total, tuple(_within(base, dimension.name, part) for part in parts), dimension.name
                )


def _within(key: Key, dimension: str, category: str) -> Key:
    return Key(key.period, key.unit, key.where | {(dimension, category)})


def _said(key: Key) -> str:
    where = ", ".join(f"{name} {category}" for name, category in sorted(key.where)) or "total"
    return f"{key.unit} {key.period} ({where})"
