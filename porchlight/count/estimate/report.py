"""The estimates of one report: by every method, at every link threshold, tested on hidden lists, told with care."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from porchlight.count.estimate import bic, decomposable, stepwise, thresholding
from porchlight.count.estimate.honesty import FEWEST_OVERLAPS, Hidden, Refusal, hide_each, refusals
from porchlight.count.estimate.methods import Estimate, Method, NotEstimableError, automatic, estimate
from porchlight.count.estimate.resampling import Estimator
from porchlight.count.estimate.table import Floats, Ints, Table, TableError
from porchlight.count.protect.estimates import (
    Answer,
    AuditedEstimates,
    Rounded,
    SelfTest,
    questions,
    rounded,
    seal,
    witness,
)

__all__ = ["Estimated", "Raw", "carefully", "estimated"]

# Methods whose self-test is quick enough to run for each list.
_TESTED = (Method.STEPWISE, Method.DGA, Method.INDEPENDENCE)
_QUICK_DRAWS = 100
_QUICK_MODELS = 20
_QUICK_CHAINS, _QUICK_KEPT = 16, 500


@dataclass(frozen=True)
class Raw:
    """What one method says at one threshold, for the analyst alone; `refused`: why nothing of it is told."""

    method: Method
    threshold: float
    found: Estimate | None
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Estimated:
    """`answers`: every method at the published threshold, `by_threshold`: the chosen method at each.

    `grouped`: some of its lists are several agencies' together. `tables`, `hidden` and what is in `found` never leave
    the private folder.
    """

    method: Method
    threshold: float
    answers: tuple[Raw, ...]
    by_threshold: tuple[Raw, ...]
    tables: Mapping[float, Table]
    hidden: tuple[Hidden, ...]
    grouped: bool = False


def estimated(
    tables: Mapping[float, Table],
    *,
    grouped: bool = False,
    draws: int = 1000,
    seed: int = 1234,
    tell: Callable[[str], None] = lambda _: None,
) -> Estimated:
    """Estimate from the capture histories at each link threshold (the middle one is published).

    `tell` is told what is at work. Never raises for a table that tells nothing: the answers say why. Nothing of it may
    be published yet: `carefully` says what may.
    """
    tables = {threshold: table.filled() for threshold, table in sorted(tables.items())}
    middle = list(tables)[len(tables) // 2]
    chosen = automatic(len(tables[middle].lists))
    answers = []
    for method in Method:
        tell(method.value)
        answers.append(_answer(tables[middle], method, middle, draws, seed))
    at = {middle: next(each for each in answers if each.method is chosen)}
    for threshold in tables:
        if threshold != middle:
            tell(f"{chosen.value}, links of {threshold:.0%}")
            at[threshold] = _answer(tables[threshold], chosen, threshold, draws, seed)
    tell("hidden lists")
    hidden = hide_each(tables[middle], _TESTED, draws=_QUICK_DRAWS, seed=seed)
    in_order = tuple(at[threshold] for threshold in tables)
    return Estimated(chosen, middle, tuple(answers), in_order, tables, hidden, grouped)


def _answer(table: Table, method: Method, threshold: float, draws: int, seed: int) -> Raw:
    try:
        found = estimate(table, method, draws=draws, seed=seed)
    except (NotEstimableError, TableError) as error:
        why = refusals(table) or (Refusal("no_estimate", str(error)),)
        return Raw(method, threshold, None, why)
    return Raw(method, threshold, found, refusals(table, found))


def carefully(raw: Estimated, hidden: frozenset[int], hide: int, *, seed: int = 1234) -> AuditedEstimates:
    """The numbers that may be told, rounded until they narrow no hidden count.

    `hidden`: the numbers of lists (0: the total; 3: three or more) by which the count of children is not published.
    `hide`: the largest count that is hidden. Where agencies are put together, how many of them named a child cannot be
    told from the capture histories: then nothing is told while any of those counts is hidden.
    """
    every = {(each.threshold, each.method): each for each in (*raw.answers, *raw.by_threshold)}
    told: dict[tuple[float, Method], Answer] = {}
    witnesses: dict[float, list[Ints]] = {}
    for threshold, table in raw.tables.items():
        some = [each for (at, _), each in every.items() if at == threshold]
        quick = {
            each.method: _Quick(table, each.method, seed) for each in some if each.found and not each.refused
        }
        found = None if raw.grouped and hidden else _witnesses(table, quick, hidden, hide)
        witnesses[threshold] = found or []
        for each in some:
            told[threshold, each.method] = _rounded(each, quick, found)
    return seal(
        raw.method,
        raw.threshold,
        [told[each.threshold, each.method] for each in raw.answers],
        [told[each.threshold, each.method] for each in raw.by_threshold],
        _tested(raw, witnesses[raw.threshold], seed),
        {threshold: len(found) for threshold, found in witnesses.items()},
    )


def _witnesses(
    table: Table, quick: Mapping[Method, _Quick], hidden: frozenset[int], hide: int
) -> list[Ints] | None:
    """A table for every question, each the one that moves the numbers least; None: a question has none."""
    # How many children there are in all is the least that any estimate can be.
    if 0 in hidden:
        return None

    def moved(others: Ints) -> Floats:
        far = np.zeros(len(others))
        for each in quick.values():
            if each.points is not None:
                far = np.maximum(
                    far, np.abs(np.log(each.points(others) / each.points(table.counts[None, 1:])))
                )
        return far

    asked = questions(table.counts[1:], hidden, hide) if quick else ()
    ways = [witness(table.counts[1:], question, moved) for question in asked]
    found = [way for way in ways if way is not None and _enough(table, way)]
    return found if len(found) == len(ways) else None


def _enough(table: Table, way: Ints) -> bool:
    """Whether this table would not have been refused: that a number is told at all rules the others out."""
    return Table(table.lists, np.append(0, way)).overlaps >= FEWEST_OVERLAPS


def _rounded(raw: Raw, quick: Mapping[Method, _Quick], witnesses: Sequence[Ints] | None) -> Answer:
    numbers = None
    if raw.method in quick and raw.found and witnesses is not None:
        numbers = _numbers(raw.found, quick[raw.method], witnesses)
    if numbers is None:
        codes = tuple(why.code for why in raw.refused) or ("tells_a_count",)
        return Answer(raw.method, raw.threshold, refused=codes)
    return Answer(raw.method, raw.threshold, *numbers)


def _tested(raw: Estimated, witnesses: Sequence[Ints], seed: int) -> Iterator[SelfTest]:
    """The self-test, where every witness gives the same."""
    lists = raw.tables[raw.threshold].lists
    others = [
        hide_each(Table(lists, np.append(0, each)), _TESTED, draws=_QUICK_DRAWS, seed=seed)
        for each in witnesses
    ]
    for method in _TESTED:
        mine = _score(raw.hidden, method)
        same = all(_score(each, method) == mine for each in others)
        yield SelfTest(method.value, mine[0] if same else None, mine[1] if same else 0)


def _score(hidden: Sequence[Hidden], method: Method) -> tuple[int, int]:
    """How many numbers the intervals of a method held, of how many it foretold."""
    mine = [each for each in hidden if each.method is method and each.low is not None]
    return sum(each.covered for each in mine), len(mine)


def _numbers(
    found: Estimate, quick: _Quick, witnesses: Sequence[Ints]
) -> tuple[Rounded, Rounded, Rounded] | None:
    low, high = found.interval() or (np.nan, np.nan)
    base = np.array(quick.all(quick.table)) if witnesses else np.ones(3)
    moves = np.array([quick.all(each) for each in witnesses]).reshape(len(witnesses), 3) / base
    number = rounded(found.estimate, found.estimate * moves[:, 0])
    lower, upper = rounded(low, low * moves[:, 1], "down"), rounded(high, high * moves[:, 2], "up")
    return (number, lower, upper) if number and lower and upper else None


class _Quick:
    """A method with fewer draws, the same for every table that is asked of.

    `points` gives the numbers of many tables at once (None: only one by one). Tables drawn again are of the same
    children each time, so that two tables which differ in few children differ little by chance.
    """

    def __init__(self, table: Table, method: Method, seed: int) -> None:
        self.lists, self.method, self.seed = table.lists, method, seed
        self.table = table.counts[1:]
        self.points = _points(table, method)

    def all(self, counts: Ints) -> tuple[float, float, float]:
        """Number, lower and upper end."""
        if self.points is None:
            return _posterior(Table(self.lists, np.append(0, counts)), self.method, self.seed)
        children = np.repeat(np.arange(counts.size), counts)
        draw = np.random.default_rng(self.seed)
        again = np.array(
            [
                np.bincount(children[draw.integers(0, children.size, children.size)], minlength=counts.size)
                for _ in range(_QUICK_DRAWS)
            ]
        )
        low, high = np.nanquantile(self.points(again), [0.025, 0.975])
        return float(self.points(counts[None, :])[0]), float(low), float(high)


def _points(table: Table, method: Method) -> Estimator | None:
    lists = len(table.lists)
    if method is Method.BIC:
        ranked = bic.rank(table.counts[1:], lists, bic.orders(lists))
        return lambda counts: bic.selected(ranked, lists, counts, _QUICK_MODELS)
    if method in (Method.STEPWISE, Method.INDEPENDENCE):
        limit = stepwise.THRESHOLD if method is Method.STEPWISE else 0.0
        return lambda counts: stepwise.select(counts, lists, limit).totals
    return None


def _posterior(table: Table, method: Method, seed: int) -> tuple[float, float, float]:
    if method is Method.DGA:
        found = decomposable.average(table, decomposable.unseen_grid(table.observed))
        return found.quantile(0.5), found.quantile(0.025), found.quantile(0.975)
    totals = thresholding.threshold(table, seed, _QUICK_CHAINS, _QUICK_KEPT).totals
    low, middle, high = np.quantile(totals, [0.025, 0.5, 0.975])
    return float(middle), float(low), float(high)
