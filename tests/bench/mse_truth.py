"""Measures estimates where the truth is known: how often the 95 % interval holds it, and how far off the number is.

Run: python tests/bench/mse_truth.py [--children 2000] [--tables 100] [--bootstrap 200] [--seed 1]
Four lists, three kinds of world, drawn anew for each table:
  independent   each list finds each child by chance alone
  referral      the first list sends half of its children on to the second, the third a third to the fourth
  disjoint      two lists serve one half of the children, two the other, and seldom see a child of the other half
A table that a method refuses (`refusals`, or no estimate) is counted as refused and in no other column. Bias is the
median of log(estimate / truth): -0.10 is about ten percent too low.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from porchlight.count.estimate import (
    Estimate,
    Method,
    NotEstimableError,
    Table,
    TableError,
    estimate,
    refusals,
)
from porchlight.count.estimate.table import Bools

_FOUND = (0.12, 0.10, 0.08, 0.06)


def independent(draw: np.random.Generator, children: int) -> Bools:
    """Which list (columns) holds which child (rows)."""
    return np.asarray(draw.random((children, len(_FOUND))) < _FOUND)


def referral(draw: np.random.Generator, children: int) -> Bools:
    """Independent at first; then some children are sent on."""
    held = independent(draw, children)
    held[:, 1] |= held[:, 0] & (draw.random(children) < 0.5)
    held[:, 3] |= held[:, 2] & (draw.random(children) < 1 / 3)
    return held


def disjoint(draw: np.random.Generator, children: int) -> Bools:
    """Lists one and two serve one half, three and four the other; a fifth of the usual chance across."""
    half = draw.random(children) < 0.5
    own = np.column_stack([half, half, ~half, ~half])
    return np.asarray(draw.random(own.shape) < np.where(own, 2.0, 0.4) * np.array(_FOUND) / 1.2)


WORLDS: dict[str, Callable[[np.random.Generator, int], Bools]] = {
    "independent": independent,
    "referral": referral,
    "disjoint": disjoint,
}


def main() -> None:
    """Print one line for each world and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--bootstrap", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"{args.children} children, four lists, {args.tables} tables, B = {args.bootstrap}")
    print(f"{'world':14}{'method':14}{'held the truth':>16}{'bias':>8}{'refused':>9}")
    for world, drawn in WORLDS.items():
        draw = np.random.default_rng(args.seed)
        tables = [_table(drawn(draw, args.children)) for _ in range(args.tables)]
        outcomes: dict[Method, list[Estimate | None]] = defaultdict(list)
        for table in tables:
            for method in Method:
                outcomes[method].append(_answer(table, method, args.bootstrap))
        for method, found in outcomes.items():
            told = [each for each in found if each]
            held = sum(_holds(each, args.children) for each in told)
            bias = (
                statistics.median(math.log(each.estimate / args.children) for each in told)
                if told
                else math.nan
            )
            share = f"{held} of {len(told)}"
            print(f"{world:14}{method:14}{share:>16}{bias:>8.2f}{len(found) - len(told):>9}", flush=True)


def _table(held: Bools) -> Table:
    histories = held @ (1 << np.arange(held.shape[1]))
    counts = np.bincount(histories, minlength=2 ** held.shape[1])
    counts[0] = 0
    return Table(tuple("ABCD"[: held.shape[1]]), counts.astype(np.int64))


def _answer(table: Table, method: Method, draws: int) -> Estimate | None:
    try:
        found = estimate(table, method, draws=draws)
    except (NotEstimableError, TableError):
        return None
    return None if refusals(table, found) else found


def _holds(found: Estimate, truth: int) -> bool:
    low, high = found.interval(95) or (math.nan, math.nan)
    return low <= truth <= high


if __name__ == "__main__":
    main()
