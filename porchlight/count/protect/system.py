"""The published tables as an attacker sees them: unknown whole numbers, and everything that ties them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from porchlight.count.cells import Equation, Key, Known, Relation, Said, Table, TableError, equations
from porchlight.count.protect import units

__all__ = ["Block", "Bools", "Floats", "Ints", "System", "build", "build_all"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_CLOSE = 1e-6


@dataclass(frozen=True)
class Block:
    """Hidden counts that are tied to one another by what is published, and to no others.

    `columns`: positions of the counts in the system. `ties` (rows x columns) times a change of them is within
    `slack_low`..`slack_high` for every change that agrees with what is published.
    """

    columns: Ints
    rows: Ints
    ties: sparse.csr_array
    slack_low: Floats
    slack_high: Floats


@dataclass(frozen=True)
class System:
    """All linked counts: `ties` times the counts lies in `low`..`high`; `public` ones are known for certain.

    `never` are zero by what their words mean, and are public, too.
    """

    keys: tuple[Key, ...]
    values: Ints
    ties: sparse.csr_array
    low: Floats
    high: Floats
    public: Bools
    never: Bools
    groups: tuple[Equation, ...]

    @cached_property
    def position(self) -> Mapping[Key, int]:
        """Where each key stands in `values` and in the columns of `ties`."""
        return {key: at for at, key in enumerate(self.keys)}

    @cached_property
    def bound(self) -> int:
        """Higher than any count that is bounded by what is published; far higher ones count as unbounded."""
        return int(self.values.max(initial=0)) + 100

    @property
    def ceiling(self) -> int:
        """Where attackers stop looking; high enough for a twentieth of it to be far above `bound`, in small tables."""
        return max(32 * self.bound, 1_000_000)

    def differing(self, other: System) -> Bools:
        """The counts that are tied, however loosely, to one that is not the same in the `other` system."""
        labels = _components(self.ties)[self.ties.shape[0] :]
        return np.isin(labels, labels[self.values != other.values])

    def blocks(self, hidden: Bools) -> dict[int, Block]:
        """The block of each hidden count, by its position, where exactly the `hidden` counts are not published."""
        columns = np.flatnonzero(hidden)
        ties = self.ties[:, columns]
        rows = np.flatnonzero(np.diff(ties.indptr))
        ties = ties[rows]
        labels = _components(ties)
        row_labels, column_labels = labels[: rows.size], labels[rows.size :]
        truth = self.ties @ self.values
        found: dict[int, Block] = {}
        for label in np.unique(column_labels):
            inside, along = np.flatnonzero(column_labels == label), np.flatnonzero(row_labels == label)
            at = rows[along]
            part = sparse.csr_array(ties[along][:, inside])
            block = Block(columns[inside], at, part, self.low[at] - truth[at], self.high[at] - truth[at])
            found.update((int(column), block) for column in block.columns)
        return found


def build_all(linked: Sequence[Sequence[Table]], relations: Sequence[Relation], known: Known) -> list[System]:
    """The system of each way of linking, the published one first: of that one alone, earlier reports are known.

    Raises TableError as `build` does, and where two ways do not hold the same counts.
    """
    systems = [build(each, relations, known if at == 0 else Known()) for at, each in enumerate(linked)]
    if any(system.keys != systems[0].keys for system in systems):
        raise TableError("the tables of another way of linking do not hold the same counts")
    return systems


def build(tables: Sequence[Table], relations: Sequence[Relation], known: Known) -> System:
    """Put tables, relations and what is known beside them into one system.

    Raises TableError where a table does not add up, two tables give one key two counts, a relation or something said
    is not true of the counts, or names a key of no table.
    """
    values = _values(tables)
    ties = list(_ties(tables, (*relations, *units.same(values))))
    for each in ties:
        _must_hold(each, values)
    position = {key: at for at, key in enumerate(values)}
    rows = [{position[each.total]: -1.0} | {position[part]: 1.0 for part in each.parts} for each in ties]
    low, high = [0.0] * len(rows), [0.0] * len(rows)
    for said in (*known.said, *units.more_of(values)):
        rows.append(_told(said, values, position))
        low.append(said.low)
        high.append(said.high)
    never = _never(values)
    public = np.array([known.values.get(key) == count for key, count in values.items()], dtype=np.bool_)
    return System(
        keys=tuple(values),
        values=np.array(list(values.values()), dtype=np.int64),
        ties=_matrix(rows, len(values)),
        low=np.array(low),
        high=np.array(high),
        public=public | never,
        never=never,
        groups=tuple(ties),
    )


def _components(ties: sparse.csr_array) -> Ints:
    """A label for each row and then each column of `ties`: equal where a chain of ties connects them."""
    pairs = ties.tocoo()
    size = ties.shape[0] + ties.shape[1]
    ends = (pairs.row, pairs.col + ties.shape[0])
    graph = sparse.csr_array((np.ones(pairs.nnz), ends), shape=(size, size))
    labels: Ints = sparse.csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _values(tables: Iterable[Table]) -> dict[Key, int]:
    values: dict[Key, int] = {}
    for table in tables:
        table.check()
        for key, count in table.cells.items():
            if values.setdefault(key, count) != count:
                raise TableError(f"table {table.name} gives {key} another count than an earlier table does")
    return dict(sorted(values.items(), key=lambda item: _order(item[0])))


def _order(key: Key) -> tuple[str, str, int, list[tuple[str, str]]]:
    return key.period, key.unit, len(key.where), sorted(key.where)


def _ties(tables: Sequence[Table], relations: Sequence[Relation]) -> Iterable[Equation]:
    seen: set[tuple[Key, frozenset[Key]]] = set()
    for table in tables:
        for each in equations(table):
            tie = (each.total, frozenset(each.parts))
            if tie not in seen:
                seen.add(tie)
                yield each
    for relation in relations:
        tie = (relation.total, frozenset(relation.parts))
        if tie not in seen:
            seen.add(tie)
            yield Equation(relation.total, relation.parts)


def _never(values: Mapping[Key, int]) -> Bools:
    impossible = set(units.never(values))
    for key in impossible:
        if values[key]:
            raise TableError(f"{key} is not zero, though its words cannot be true of any")
    return np.array([key in impossible for key in values], dtype=np.bool_)


def _told(said: Said, values: Mapping[Key, int], position: Mapping[Key, int]) -> dict[int, float]:
    unknown = [key for key in said.terms if key not in values]
    if unknown:
        raise TableError(f"something said beside the tables names a count that is in none: {unknown[0]}")
    sum_of = sum(weight * values[key] for key, weight in said.terms.items())
    if not said.low - _CLOSE <= sum_of <= said.high + _CLOSE:
        raise TableError(
            f"something said beside the tables is not true of them: {sum_of:g} is not in its range"
        )
    return {position[key]: float(weight) for key, weight in said.terms.items()}


def _must_hold(tie: Equation, values: Mapping[Key, int]) -> None:
    missing = [key for key in (tie.total, *tie.parts) if key not in values]
    if missing:
        raise TableError(f"a relation names a count that is in no table: {missing[0]}")
    if values[tie.total] != sum(values[part] for part in tie.parts):
        raise TableError(f"a relation is not true of the counts: {tie.total} is not the sum of its parts")


def _matrix(rows: Sequence[Mapping[int, float]], width: int) -> sparse.csr_array:
    cells = [(at, column, weight) for at, row in enumerate(rows) for column, weight in row.items()]
    at, columns, weights = zip(*cells, strict=True) if cells else ((), (), ())
    return sparse.csr_array((np.array(weights, dtype=float), (at, columns)), shape=(len(rows), width))
