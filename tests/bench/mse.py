"""Measures estimates: seconds for B resampled tables, beside what the R programs took for the same.

Run: python tests/bench/mse.py [--bootstrap 1000]
R's seconds are read from tests/count/mse/r.json. They were measured earlier, on one core of the same kind of machine
while its other core was busy, with SparseMSE 2.0.1 and MultipleSystemsEstimation 1.2.0. Existence and identifiability
are checked for every fit in both. BIC: point and intervals together.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from porchlight.count.estimate import Method, Table, estimate

FOLDER = Path(__file__).parents[1] / "count" / "mse"


def main() -> None:
    """Print one line for each table and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", type=int, default=1000)
    draws = parser.parse_args().bootstrap
    tables = json.loads((FOLDER / "tables.json").read_text("utf-8"))
    theirs = json.loads((FOLDER / "r.json").read_text("utf-8"))
    r_seconds = {
        (run["dataset"], Method.STEPWISE): run["seconds"]
        for run in theirs["stepwise_bootstrap"]
        if run["B"] == 1000
    } | {
        (run["dataset"], Method.BIC): run["seconds_point"] + run["seconds_boot"]
        for run in theirs["bic"]
        if run["maxorder"] == "default"
    }
    print(f"B = {draws}; R's seconds are for B = 1000")
    print(f"{'table':14}{'method':10}{'estimate':>12}{'seconds':>10}{'R':>8}{'R / ours':>10}")
    for (name, method), seconds in sorted(r_seconds.items()):
        table = Table.of(tables[name]["lists"], tables[name]["counts"])
        began = time.perf_counter()
        found = estimate(table, method, draws=draws)
        ours = time.perf_counter() - began
        times = f"{seconds / ours:10.1f}" if draws == 1000 else f"{'-':>10}"
        print(f"{name:14}{method:10}{found.estimate:12,.1f}{ours:10.2f}{seconds:8.0f}{times}", flush=True)


if __name__ == "__main__":
    main()
