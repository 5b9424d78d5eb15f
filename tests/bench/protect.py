"""Measures protection: seconds, and how much is hidden beside "hide the whole row", on made tables.

Run: python tests/bench/protect.py [--seed N]
The counts are drawn, and stand for nobody. "Hide the whole row" is what a careful hand does in a spreadsheet: a row
with a small count keeps nothing but its sum, and so does every other line that would be left with one blank. It does
not see what several lines tell together, so it may not even be safe. Loss is that of
`porchlight.count.protect.complement.loss`; "loss/rows" is ours as a part of that of hiding rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from porchlight.count.cells import Dimension, Key, Known, Table, Unit, equations
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.protect.complement import loss
from porchlight.count.protect.system import build
from tests.count.brute import table

REGION = Dimension("region", tuple(f"region {at}" for at in range(1, 10)))
AGE = Dimension("age", ("0-5", "6-10", "11-13", "14-17", "unknown"))
SEX = Dimension("sex", ("female", "male"))
PARENTS = {f"county {at}": f"region {1 + at % 9}" for at in range(120)}
COUNTY = Dimension("county", (*REGION.categories, *PARENTS), PARENTS)
KIND = Dimension("kind", ("sex", "labor", "both", "unknown"))
WHO = Dimension("who", ("parent", "other kin", "known", "stranger", "unknown"))


def main() -> None:
    """Print for each system its size, what was hidden in each way, and how long choosing and auditing took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    random = np.random.default_rng(parser.parse_args().seed)
    print(
        f"{'system':34}{'counts':>7}{'small':>7}{'hidden':>8}{'by rows':>9}{'loss/rows':>11}{'seconds':>9}{'audit':>7}"
    )
    for name, tables, settings in _systems(random):
        started = time.perf_counter()
        result = protect(tables, settings=settings)
        seconds = time.perf_counter() - started
        system = build(tables, (), Known())
        price = dict(zip(system.keys, loss(system).tolist(), strict=True))
        small = {key for key, at in system.position.items() if 1 <= system.values[at] <= settings.hide}
        by_rows = _by_rows(tables, small)
        ratio = sum(price[key] for key in result.hidden) / sum(price[key] for key in by_rows)
        print(
            f"{name:34}{len(system.keys):7}{len(small):7}{len(result.hidden):8}{len(by_rows):9}{ratio:11.2f}"
            f"{seconds:9.1f}{result.audit.seconds:7.1f}",
            flush=True,
        )


def _systems(random: np.random.Generator) -> Iterator[tuple[str, list[Table], ProtectSettings]]:
    small_only = ProtectSettings(hide_whole=False)
    yield "region x age", [_drawn(random, 600, REGION, AGE)], small_only
    three = _drawn(random, 1500, REGION, AGE, SEX)
    yield "region x age x sex", [three], small_only
    yield "region x age x sex, and 100 %", [three], ProtectSettings()
    counties = _drawn(random, 4000, COUNTY, SEX)
    yield "120 counties in 9 regions x sex", [counties], small_only
    yield "the same, and 100 %", [counties], ProtectSettings()
    yield "six linked tables, and 100 %", _linked(random), ProtectSettings()


def _drawn(random: np.random.Generator, total: int, *dimensions: Dimension) -> Table:
    sizes = [len(each.categories) - len(set(each.parents.values())) for each in dimensions]
    weights = [random.dirichlet(np.full(size, 1.5)) for size in sizes]
    chance = np.array([np.prod(each) for each in product(*weights)])
    return table(
        dimensions, random.poisson(total * chance).tolist(), name=" x ".join(each.name for each in dimensions)
    )


def _linked(random: np.random.Generator) -> list[Table]:
    """Six two-way tables of the same 1,200 children."""
    dimensions = (COUNTY, AGE, SEX, KIND, WHO)
    leaves = [[c for c in each.categories if c not in set(each.parents.values())] for each in dimensions]
    drawn = [random.choice(leaf, size=1200, p=random.dirichlet(np.full(len(leaf), 1.5))) for leaf in leaves]
    pairs = [(0, 2), (1, 2), (1, 3), (1, 4), (2, 3), (3, 4)]
    return [
        _crossed([dimensions[at] for at in pair], [leaves[at] for at in pair], [drawn[at] for at in pair])
        for pair in pairs
    ]


def _crossed(dimensions: list[Dimension], leaves: list[list[str]], drawn: list[np.ndarray]) -> Table:
    children = list(zip(*(each.tolist() for each in drawn), strict=True))
    counts = [children.count(cell) for cell in product(*leaves)]
    return table(dimensions, counts, name=" x ".join(each.name for each in dimensions), unit=Unit.CHILDREN)


def _by_rows(tables: list[Table], small: set[Key]) -> set[Key]:
    hidden = set(small)
    ties = [each for one in tables for each in equations(one)]
    changed = True
    while changed:
        changed = False
        for tie in ties:
            inside = {tie.total, *tie.parts}
            blank = inside & hidden
            row = set(tie.parts) - hidden
            if (
                blank & set(tie.parts)
                and row
                and (len(blank) == 1 or tie.dimension == tables[0].dimensions[0].name)
            ):
                hidden |= row
                changed = True
    return hidden


if __name__ == "__main__":
    main()
