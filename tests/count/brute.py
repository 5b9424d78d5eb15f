"""Small tables, and every set of whole numbers that agrees with what is published of one, by plain enumeration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from porchlight.count.cells import Dimension, Key, Said, Table, Unit, keys

PERIOD = "2025"
Counts = NDArray[np.int16]


def table(
    dimensions: Sequence[Dimension],
    counts: Iterable[int],
    *,
    name: str = "t",
    period: str = PERIOD,
    unit: Unit = Unit.CHILDREN,
) -> Table:
    """A whole table from the counts of its finest cells, the last dimension running fastest."""
    empty = Table(name, period, unit, tuple(dimensions), {})
    cells = dict.fromkeys(keys(empty), 0)
    for chosen, count in zip(_leaves(dimensions), counts, strict=True):
        for key in _containing(empty, chosen):
            cells[key] += count
    return Table(name, period, unit, tuple(dimensions), cells)


class Enumerated:
    """All assignments of 0..`most` to the finest cells of a table, as counts of all its keys (rows x keys)."""

    def __init__(self, of: Table, most: int) -> None:
        self.keys = tuple(of.cells)
        self.truth: Counts = np.array([of.cells[key] for key in self.keys])
        self.most = most
        leaves = _leaves(of.dimensions)
        self.finest = [self.keys.index(_containing(of, chosen)[-1]) for chosen in leaves]
        sums = np.zeros((len(leaves), len(self.keys)), dtype=np.int16)
        for row, chosen in enumerate(leaves):
            for key in _containing(of, chosen):
                sums[row, self.keys.index(key)] = 1
        self.all = _assignments(sums.tobytes(), len(leaves), most)

    def agreeing(self, hidden: Collection[Key], said: Sequence[Said] = ()) -> Counts:
        """The rows that equal the truth in all but the hidden keys, and of which everything said is true."""
        shown = np.array([key not in hidden for key in self.keys])
        rows: Counts = self.all[(self.all[:, shown] == self.truth[shown]).all(axis=1)]
        for each in said:
            weights = np.array([each.terms.get(key, 0.0) for key in self.keys])
            sums = rows @ weights
            rows = rows[(sums >= each.low - 1e-9) & (sums <= each.high + 1e-9)]
        return rows

    def complete(self, rows: Counts) -> bool:
        """Whether no count of `rows` reached the end of the enumeration, so that none lies beyond it."""
        return bool(rows[:, self.finest].max() < self.most)

    def values(self, rows: Counts, key: Key) -> set[int]:
        return set(rows[:, self.keys.index(key)].tolist())


@lru_cache(maxsize=4)
def _assignments(sums: bytes, leaves: int, most: int) -> Counts:
    grid = np.indices((most + 1,) * leaves, dtype=np.int16).reshape(leaves, -1).T
    return np.asarray(grid @ np.frombuffer(sums, dtype=np.int16).reshape(leaves, -1), dtype=np.int16)


def safe(found: Enumerated, of: Table, hidden: Collection[Key], hide: int, said: Sequence[Said] = ()) -> bool:
    """The rules, said plainly once more: 1..hide stays possible; a 100 % may be up to `hide` short of it."""
    rows = found.agreeing(hidden, said)
    for key, count in of.cells.items():
        if 1 <= count <= hide and not set(range(1, hide + 1)) <= found.values(rows, key):
            return False
    return all(_open(found, rows, group, of.cells, hide) for group in _groups(of))


def _open(found: Enumerated, rows: Counts, group: list[Key], cells: Mapping[Key, int], hide: int) -> bool:
    empty = [key for key in group if cells[key] == 0]
    total = sum(cells[key] for key in group)
    if total == 0 or len(empty) != len(group) - 1 or not empty:
        return True
    elsewhere = sum(rows[:, found.keys.index(key)] for key in empty)
    return bool(np.max(elsewhere) >= min(hide, total))


def _groups(of: Table) -> list[list[Key]]:
    """The keys that share a parent in one dimension and all else in the others."""
    groups: dict[tuple[str, str | None, frozenset[tuple[str, str]]], list[Key]] = {}
    for key in of.cells:
        for name, category in key.where:
            (dimension,) = (each for each in of.dimensions if each.name == name)
            rest = key.where - {(name, category)}
            groups.setdefault((name, dimension.parents.get(category), rest), []).append(key)
    return list(groups.values())


def _leaves(dimensions: Sequence[Dimension]) -> list[tuple[str, ...]]:
    coarse = [set(each.parents.values()) for each in dimensions]
    return list(
        product(
            *(
                [c for c in each.categories if c not in up]
                for each, up in zip(dimensions, coarse, strict=True)
            )
        )
    )


def _containing(of: Table, chosen: Sequence[str]) -> list[Key]:
    lines = [_line(dimension, category) for dimension, category in zip(of.dimensions, chosen, strict=True)]
    wheres = (frozenset(pair for pair in pairs if pair) for pairs in product(*lines))
    return [Key(of.period, of.unit, where) for where in wheres]


def _line(dimension: Dimension, category: str | None) -> list[tuple[str, str] | None]:
    line: list[tuple[str, str] | None] = [None]
    while category is not None:
        line.append((dimension.name, category))
        category = dimension.parents.get(category)
    return line


def told_apart(found: Enumerated, hidden: Collection[Key], hide: int, said: Sequence[Said] = ()) -> set[Key]:
    """Hidden keys that a reader who knows the rules can tell to be none of 1..`hide`, since they cannot be each of
    them; and what follows from that, to the end."""
    rows = found.agreeing(hidden, said)
    small = set(range(1, hide + 1))
    plain = {key: found.values(rows, key) & small for key in hidden}
    told: set[Key] = set()
    while True:
        more = {
            key for key in hidden if key not in told and plain[key] and not small <= found.values(rows, key)
        }
        if not more:
            return told
        told |= more
        for key in more:
            rows = rows[~np.isin(rows[:, found.keys.index(key)], list(small))]
