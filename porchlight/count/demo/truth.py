"""How far a count of invented children was from the truth, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from porchlight.count.demo import Demo

if TYPE_CHECKING:
    from porchlight.count.steps import Run


def compared(made: Demo, done: Run) -> str:
    """Sentences for the person who tries the demo: rows read, then children and pairs at each threshold."""
    counted = sum(each.counted for each in done.loaded.quality)
    lines = ["", "How far this was from the truth:", f"  load: {counted} of {made.records} rows"]
    for at, clusters in sorted(done.linked.clusters.items()) if done.linked else ():
        found = link_quality(made.truth / "truth.parquet", clusters)
        lines.append(
            f"  link at {at:g}: {found.children} children, truly {found.true_children} "
            f"({found.children / found.true_children - 1:+.1%}); of pairs, precision {found.precision:.4f}, "
            f"recall {found.recall:.4f}, F1 {found.f1:.4f}"
        )
    return "\n".join(lines)


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
