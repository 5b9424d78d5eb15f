"""How far a count of invented children was from the truth, step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from porchlight.count import settings, steps
from porchlight.count.cells import Dimension, Key, Table, Unit, keys
from porchlight.count.demo import Demo
from porchlight.count.tabulate import tabulate

__all__ = ["Difference", "Lost", "compared", "differences", "link_quality", "lost", "true_tables"]


def compared(made: Demo, done: steps.Run) -> str:
    """A short table for the person who tries the demo: what each step gave, and what it should have given."""
    counted = sum(each.counted for each in done.loaded.quality)
    lines = ["", "How far this was from the truth", f"load      {counted:,} of {made.records:,} rows"]
    lines += _linked(made, done)
    if done.tabulated:
        true = true_tables(made, done.loaded.records)
        lines += _tabulated(done.tabulated.tables, true)
        lines += _estimated(made, done)
        lines += _protected(done)
        lines += _published(made, done, true)
    return "\n".join(lines)


def _estimated(made: Demo, done: steps.Run) -> Iterator[str]:
    for each in done.estimated.answers if done.estimated else ():
        number = f"{each.found.estimate:,.0f}" if each.found else "nothing"
        yield f"estimate  {each.method:<13} {number:>9}, truly {made.children:,}: every invented child is in a list"


def _linked(made: Demo, done: steps.Run) -> Iterator[str]:
    for at, clusters in sorted(done.linked.clusters.items()) if done.linked else ():
        found = link_quality(made.truth / "truth.parquet", clusters)
        yield (
            f"link      at {at:<4g} {found.children:,} children, truly {found.true_children:,} "
            f"({found.children / found.true_children - 1:+.1%}); pairs: precision {found.precision:.4f}, "
            f"recall {found.recall:.4f}, F1 {found.f1:.4f}"
        )


@dataclass(frozen=True)
class LinkQuality:
    """Pairs of rows put together: rightly, in all, and those that truly are one child; children found and true."""

    right: int
    made: int
    true: int
    children: int
    true_children: int

    @property
    def precision(self) -> float:
        return self.right / self.made if self.made else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def link_quality(truth: Path, clusters: Path) -> LinkQuality:
    """Hold clusters (record, child) against truth.parquet (record, child), over the records that both have."""
    with duckdb.connect() as base:
        base.execute(
            "CREATE TABLE held AS SELECT said.child AS said, really.child AS really "
            "FROM read_parquet($1) said JOIN read_parquet($2) really USING (record)",
            [str(clusters), str(truth)],
        )
        right, made, true = (_pairs(base, by) for by in ("said, really", "said", "really"))
        found = base.execute("SELECT count(DISTINCT said), count(DISTINCT really) FROM held").fetchone()
    children, true_children = found or (0, 0)
    return LinkQuality(right, made, true, int(children), int(true_children))


def _pairs(base: duckdb.DuckDBPyConnection, by: str) -> int:
    groups = f"SELECT count(*) AS n FROM held GROUP BY {by}"  # noqa: S608 - our own three words
    found = base.execute(f"SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM ({groups})").fetchone()  # noqa: S608 - a query of ours
    return int(found[0]) if found else 0


def true_tables(made: Demo, records: Path) -> tuple[Table, ...]:
    """The same tables, counted from the same rows with every row given to its true child."""
    plan = steps.plan_of(settings.read(made.settings))
    return tabulate(records, {1.0: made.truth / "truth.parquet"}, plan).tables


@dataclass(frozen=True)
class Difference:
    """One table's counts held against the true ones: `largest` and `mean` difference of a cell, margins included."""

    table: str
    unit: Unit
    cells: int
    largest: int
    mean: float


def differences(counted: Sequence[Table], true: Sequence[Table]) -> Iterator[Difference]:
    """Each of the true tables beside the counted one of its name."""
    by_name = {table.name: table for table in counted}
    for table in true:
        apart = [abs(by_name[table.name].cells[key] - count) for key, count in table.cells.items()]
        yield Difference(table.name, table.unit, len(apart), max(apart), sum(apart) / len(apart))


def _tabulated(counted: Sequence[Table], true: Sequence[Table]) -> Iterator[str]:
    yield f"tabulate  {'table':18} {'counts of':20} {'cells':>6} {'largest difference':>19} {'mean':>9}"
    for each in differences(counted, true):
        yield f"          {each.table:18} {each.unit:20} {each.cells:6} {each.largest:19,} {each.mean:9.2f}"


@dataclass(frozen=True)
class Lost:
    """What hiding took: `hidden` of `cells`, and the share (0 to 1) of what is counted that stands in hidden cells.

    `share` is of the finest cells of the tables of children, where each table counts every child once.
    """

    cells: int
    hidden: int
    share: float


def lost(tables: Sequence[Table], hidden: frozenset[Key]) -> Lost:
    """Of `tables` as counted, what the `hidden` keys took."""
    every = {key for table in tables for key in table.cells}
    fine = [
        (key, table.cells[key]) for table in tables if table.unit is Unit.CHILDREN for key in _finest(table)
    ]
    taken = sum(count for key, count in fine if key in hidden)
    return Lost(len(every), len(every & hidden), taken / max(1, sum(count for _, count in fine)))


def _finest(table: Table) -> Iterator[Key]:
    leaves = {each.name: _leaves(each) for each in table.dimensions}
    for key in keys(table):
        where = dict(key.where)
        if where.keys() == leaves.keys() and all(where[name] in leaves[name] for name in where):
            yield key


def _leaves(dimension: Dimension) -> frozenset[str]:
    return frozenset(dimension.categories) - set(dimension.parents.values())


def _protected(done: steps.Run) -> Iterator[str]:
    if done.audited and done.tabulated:
        took = lost(done.tabulated.tables, frozenset(done.audited.hidden))
        yield (
            f"protect   {took.hidden} of {took.cells} counts are hidden, and with them {took.share:.2%} of the "
            "children in the finest cells"
        )


_VICTIMS = frozenset({("decision", "victim")})
_HEADLINES = (
    *((str(unit), unit, frozenset[tuple[str, str]]()) for unit in Unit),
    ("children determined", Unit.CHILDREN, _VICTIMS),
)


def _published(made: Demo, done: steps.Run, true: Sequence[Table]) -> Iterator[str]:
    """The headline counts as report.json has them."""
    files = done.published.files if done.published else ()
    report = next((json.loads(each.read_text("utf-8")) for each in files if each.name == "report.json"), None)
    if report is None:
        return
    said = {
        (each["unit"], frozenset(each["where"].items())): each["count"]
        for each in report["counts"]
        if each["period"] == report["period"]
    }
    really = {(str(key.unit), key.where): count for table in true for key, count in table.cells.items()}
    yield f"publish   {'':23} {'published':>12} {'with true links':>16}"
    for title, unit, where in _HEADLINES:
        count, truth = said[unit, where], really[unit, where]
        shown = "hidden" if count is None else f"{count:,}"
        yield f"          {title:23} {shown:>12} {truth:16,}"
    yield f"          The generator named {made.children:,} children."
