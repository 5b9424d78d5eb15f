"""May an estimate be told at all? When not, why; and how well each method finds children that are known.

The reasons for refusing are those of the research notes behind Porchlight: fewer than three lists, nothing
identifiable, an upper end more than five times the lower, fewer than twenty children in two lists or more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from porchlight.count.estimate.methods import Estimate, Method, NotEstimableError, estimate
from porchlight.count.estimate.table import Table, TableError

__all__ = ["Hidden", "Refusal", "hide_each", "refusals"]

FEWEST_LISTS = 3
FEWEST_OVERLAPS = 20
WIDEST = 5.0


@dataclass(frozen=True)
class Refusal:
    """Why a number is not told: `code` (few_lists, few_overlaps, wide, no_interval) and the reason in words."""

    code: str
    reason: str


def refusals(table: Table, found: Estimate | None = None) -> tuple[Refusal, ...]:
    """Every reason not to tell an estimate from this table, and where it is given, this estimate."""
    return tuple(_why_not(table, found))


def _why_not(table: Table, found: Estimate | None) -> Iterator[Refusal]:
    if len(table.lists) < FEWEST_LISTS:
        yield Refusal(
            "few_lists", f"{len(table.lists)} lists cannot tell chance from dependence; three are needed"
        )
    if table.overlaps < FEWEST_OVERLAPS:
        yield Refusal(
            "few_overlaps",
            f"{table.overlaps} children are in two lists or more; with fewer than {FEWEST_OVERLAPS} a single child "
            "moves the answer too far",
        )
    if found is None:
        return
    ends = found.interval()
    if ends is None or not all(math.isfinite(end) for end in ends) or ends[0] <= 0:
        yield Refusal("no_interval", "the interval has no end: the answer could be anything")
    elif ends[1] / ends[0] > WIDEST:
        yield Refusal(
            "wide",
            f"the upper end is {ends[1] / ends[0]:.1f} times the lower; more than {WIDEST:g} says too little",
        )


@dataclass(frozen=True)
class Hidden:
    """One list hidden and foretold from the others: `true` children in it, and what the method said (None: nothing)."""

    list: str
    method: Method
    true: int
    estimate: float | None
    low: float | None
    high: float | None
    why_not: str = ""

    @property
    def covered(self) -> bool:
        """Whether the interval held the truth."""
        return self.low is not None and self.high is not None and self.low <= self.true <= self.high

    @property
    def log_bias(self) -> float | None:
        """log(estimate / truth): below zero, too low."""
        return None if not self.estimate else math.log(self.estimate / self.true)


def hide_each(
    table: Table, methods: Sequence[Method], *, draws: int = 200, seed: int = 1234
) -> tuple[Hidden, ...]:
    """The self-test: take the children of one list as all there are, and foretell their number from the other lists.

    Binette & Steorts (2022, arXiv 2112.01594) call it internal consistency. It needs three lists or more.
    """
    return tuple(
        _foretold(table, at, method, draws, seed) for at in range(len(table.lists)) for method in methods
    )


def _foretold(table: Table, at: int, method: Method, draws: int, seed: int) -> Hidden:
    others, alone = table.without(at)
    true, others = others.observed + alone, others.filled()
    try:
        found = estimate(others, method, draws=draws, seed=seed)
    except (NotEstimableError, TableError) as error:
        return Hidden(table.lists[at], method, true, None, None, None, str(error))
    low, high = found.interval() or (math.nan, math.nan)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Hidden(table.lists[at], method, true, found.estimate, None, None, "the interval has no end")
    return Hidden(table.lists[at], method, true, found.estimate, low, high)
