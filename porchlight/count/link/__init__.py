"""Which rows of overlapping lists are one child: compared by Splink, weighed with brothers and sisters in mind.

`link` writes into one folder: who is whom at each threshold, the doubtful pairs for a person to mark, and charts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from porchlight.count.link import columns, review
from porchlight.count.link.clusters import Edges, groups
from porchlight.count.link.mixture import Ints
from porchlight.count.link.model import CHILDREN
from porchlight.count.link.review import Mark, MarksError
from porchlight.count.link.scoring import draw, score, weighed

__all__ = ["Figures", "Linked", "MarksError", "link", "read"]

# More than a person marks in a day; the least certain come first.
_MOST_DOUBTFUL = 1000
# Pairs less likely than this are not worth a person's time.
_DOUBTFUL_FROM = 0.10


@dataclass(frozen=True)
class Figures:
    """Counts of one linking; for the analyst's eyes, not for publishing.

    `children` and `in_several_lists` are per threshold, lowest first. `household_pairs`: pairs known to be brothers and
    sisters, from which the model learned how those differ. `doubtful`: pairs for a person, of which the review file
    holds the first `listed`.
    """

    rows: int
    compared: int
    household_pairs: int
    marks: int
    doubtful: int
    listed: int
    thresholds: tuple[float, ...]
    children: tuple[int, ...]
    in_several_lists: tuple[int, ...]


@dataclass(frozen=True)
class Linked:
    """What linking left: per threshold a Parquet file (record: str, child: str), `doubtful` and the folder `charts`."""

    clusters: Mapping[float, Path]
    doubtful: Path
    charts: Path
    figures: Figures


def link(
    records: Path,
    thresholds: Sequence[float],
    *,
    threads: int,
    marks: Path | None,
    folder: Path | None = None,
) -> Linked:
    """Link records.parquet (columns of porchlight.count.fields) at match probabilities `thresholds` (0 to 1).

    With `threads` 1 the same records give the same children every time. `marks`: a review file that a person filled
    in; it is obeyed. Everything is written into `folder` (default: `linked` beside `records`). Raises MarksError.
    """
    folder = folder or records.parent / "linked"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as con:
        con.execute(f"SET threads = {int(threads)}")
        con.execute("SET enable_progress_bar = false")
        con.execute("SET temp_directory = $1", [spill])
        columns.prepare(con, records)
        return _linked(con, records, tuple(sorted(thresholds)), marks, folder)


def read(folder: Path) -> Linked:
    """What an earlier `link` left in `folder`."""
    figures = msgspec.json.decode((folder / "figures.json").read_bytes(), type=Figures)
    return Linked(
        clusters={at: _clusters_file(folder, at) for at in figures.thresholds},
        doubtful=folder / "doubtful.csv",
        charts=folder / "charts",
        figures=figures,
    )


def _clusters_file(folder: Path, threshold: float) -> Path:
    return folder / f"children_{threshold:g}.parquet"


def _linked(
    con: duckdb.DuckDBPyConnection,
    records: Path,
    thresholds: tuple[float, ...],
    marks_file: Path | None,
    folder: Path,
) -> Linked:
    rows = con.sql("SELECT name, list FROM names ORDER BY record").to_arrow_table()
    names, lists = (rows.column(column).combine_chunks() for column in ("name", "list"))
    marks = review.read_marks(marks_file, lambda wanted: _rows(con, records, wanted)) if marks_file else ()
    scored = score(con, CHILDREN) if len(names) > 1 else None
    odds = [_bits(at) for at in thresholds]
    marked = _numbers(con, marks)
    least = min(odds[0], _bits(_DOUBTFUL_FROM))
    edges = _obeying(marks, marked, len(names), weighed(con, least, marked) if scored else _NO_EDGES)
    found = groups(len(names), edges, odds)
    for at, bits in zip(thresholds, odds, strict=True):
        _write_clusters(_clusters_file(folder, at), names, found[bits])
    doubtful = _doubtful(edges, found[odds[-1]], odds[-1])
    _write_doubtful(con, records, folder / "doubtful.csv", names, edges, doubtful[:_MOST_DOUBTFUL])
    (folder / "charts").mkdir(mode=0o700, exist_ok=True)
    if scored:
        draw(con, scored, folder / "charts")
    figures = Figures(
        rows=len(names),
        compared=scored.compared if scored else 0,
        household_pairs=scored.household_pairs if scored else 0,
        marks=len(marks),
        doubtful=len(doubtful),
        listed=min(len(doubtful), _MOST_DOUBTFUL),
        thresholds=thresholds,
        children=tuple(len(np.unique(found[bits])) for bits in odds),
        in_several_lists=tuple(_in_several_lists(lists, found[bits]) for bits in odds),
    )
    (folder / "figures.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1))
    return read(folder)


_NO_EDGES = Edges(
    *(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)),
    *(np.zeros(0, np.bool_), np.zeros(0, np.bool_)),
)


# Stands for certainty, in bits; no compared pair comes near it.
_CERTAIN = 1000.0


def _bits(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def _numbers(con: duckdb.DuckDBPyConnection, marks: Sequence[Mark]) -> Ints:
    """The two rows' numbers (marks x 2); they are in the order of the rows' names."""
    wanted = sorted({record for mark in marks for record in (mark.one, mark.other)})
    asked = "SELECT name, record FROM names WHERE name IN (SELECT unnest($1::VARCHAR[]))"
    number = dict(con.execute(asked, [wanted]).fetchall())
    return np.array([(number[mark.one], number[mark.other]) for mark in marks], np.int64).reshape(-1, 2)


def _obeying(marks: Sequence[Mark], marked: Ints, rows: int, edges: Edges) -> Edges:
    """The pairs with a person's answers in place of the model's; the last answer about a pair holds."""
    answers = {(int(one), int(other)): mark.same for mark, (one, other) in zip(marks, marked, strict=True)}
    if not answers:
        return edges
    pairs = np.array(list(answers), np.int64)
    same = np.array(list(answers.values()), np.bool_)
    answered = np.isin(edges.left * rows + edges.right, pairs[:, 0] * rows + pairs[:, 1])
    return Edges(
        left=np.append(edges.left[~answered], pairs[:, 0]),
        right=np.append(edges.right[~answered], pairs[:, 1]),
        odds=np.append(edges.odds[~answered], np.where(same, _CERTAIN, -_CERTAIN)),
        apart=np.append(edges.apart[~answered], ~same),
        together=np.append(np.zeros(int((~answered).sum()), np.bool_), same),
    )


def _doubtful(edges: Edges, children: Ints, highest: float) -> Ints:
    """The pairs that a person should see, least certain first: not marked, nor certain, nor joined at the highest."""
    open_still = ~edges.apart & ~edges.together & (children[edges.left] != children[edges.right])
    chosen = np.flatnonzero(open_still & (edges.odds >= _bits(_DOUBTFUL_FROM)) & (edges.odds < highest))
    return chosen[np.argsort(np.abs(edges.odds[chosen]), kind="stable")]


def _write_doubtful(
    con: duckdb.DuckDBPyConnection,
    records: Path,
    file: Path,
    names: pa.Array,
    edges: Edges,
    doubtful: Ints,
) -> None:
    pairs = [
        (
            names[edges.left[at]].as_py(),
            names[edges.right[at]].as_py(),
            float(1 / (1 + np.exp2(-edges.odds[at]))),
        )
        for at in doubtful
    ]
    shown = sorted({record for pair in pairs for record in pair[:2]})
    review.write_doubtful(file, pairs, _rows(con, records, shown))


def _rows(con: duckdb.DuckDBPyConnection, records: Path, wanted: Sequence[str]) -> review.Rows:
    found = con.sql(
        f"SELECT record, {', '.join(review.SHOWN)} "  # noqa: S608 - a list of column names of our own
        "FROM read_parquet($1) WHERE record IN (SELECT unnest($2::VARCHAR[]))",
        params=[str(records), list(wanted)],
    )
    return {row["record"]: row for row in found.to_arrow_table().to_pylist()}


def _write_clusters(file: Path, names: pa.Array, groups_of: Ints) -> None:
    """A child's name is that of its first row, so that it stays while nothing about the child changes."""
    pq.write_table(pa.table({"record": names, "child": names.take(pa.array(groups_of))}), file)


def _in_several_lists(lists: pa.Array, groups_of: Ints) -> int:
    """How many groups have rows of more than one list: a row of another list than the group's first row."""
    codes = lists.dictionary_encode().indices.to_numpy()
    return len(np.unique(groups_of[codes != codes[groups_of]]))
