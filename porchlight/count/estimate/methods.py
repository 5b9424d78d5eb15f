"""Each method of estimation by its name, all answering in one form."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from porchlight.count.estimate import bic, decomposable, models, stepwise, thresholding
from porchlight.count.estimate.resampling import LEVELS, Interval, Resampled, resampled
from porchlight.count.estimate.table import Ints, Table, TableError

__all__ = ["FEWEST_LISTS", "Estimate", "Method", "NotEstimableError", "automatic", "estimate"]

FEWEST_LISTS = 2


class Method(StrEnum):
    """How the number is found. The paper stands in the module that does it."""

    BIC = "bic"
    STEPWISE = "stepwise"
    DGA = "dga"
    THRESHOLD = "threshold"
    INDEPENDENCE = "independence"


class NotEstimableError(ValueError):
    """This method has no answer for this table; the message says why."""


@dataclass(frozen=True)
class Estimate:
    """How many children there are by one method, those that no list holds included.

    `model`: as "[12,3]", or which interactions stayed, or how many graphs were averaged. `percentile` and `bca`: by
    level in percent, None where the method has none of that kind (a Bayesian one has a credible interval, given as
    percentile). `draws` and `failed`: resampled tables, or posterior draws, and how many gave no estimate. `histogram`:
    edges (bins + 1) and counts (bins). `details`: what is particular to the method.
    """

    method: Method
    estimate: float
    model: str
    percentile: Mapping[int, Interval] | None = None
    bca: Mapping[int, Interval] | None = None
    draws: int = 0
    failed: int = 0
    histogram: tuple[tuple[float, ...], tuple[int, ...]] = ((), ())
    seconds: float = 0.0
    details: Mapping[str, float | str | list[str]] = field(default_factory=dict)

    def interval(self, level: int = 95) -> Interval | None:
        """The interval that is told: BCa where there is one, else percentile."""
        return (self.bca or self.percentile or {}).get(level)


def automatic(lists: int) -> Method:
    """BIC for up to five lists, stepwise for more (Silverman, Chan & Vincent 2024)."""
    return Method.BIC if lists <= 5 else Method.STEPWISE


def estimate(
    table: Table, method: Method | str, *, draws: int = 1000, order: int | None = None, seed: int = 1234
) -> Estimate:
    """Estimate how many children there are.

    `draws`: resampled tables for the intervals (0: none). `order`: the largest interactions that BIC looks at. The
    same `seed` gives the same answer. Raises NotEstimableError (why) and TableError (what is wrong with the table).
    """
    began = time.perf_counter()
    _refuse_hopeless(table)
    found = _BY_NAME[Method(method)](table, _Wanted(draws, order, seed))
    return replace(found, seconds=time.perf_counter() - began)


@dataclass(frozen=True)
class _Wanted:
    draws: int
    order: int | None
    seed: int


def _refuse_hopeless(table: Table) -> None:
    if len(table.lists) < FEWEST_LISTS:
        raise TableError(f"{len(table.lists)} list tells nothing of other children; at least two are needed")
    empty = [name for at, name in enumerate(table.lists) if not table.held[1 << at]]
    if empty:
        raise TableError(f"no child is in the list {', '.join(empty)}; take it out")
    if not table.overlaps:
        raise NotEstimableError(
            "no child is in two lists, so that any number of unseen children would agree with the lists"
        )


def _stepwise(table: Table, wanted: _Wanted) -> Estimate:
    return _selected(table, wanted, Method.STEPWISE, stepwise.THRESHOLD)


def _independence(table: Table, wanted: _Wanted) -> Estimate:
    return _selected(table, wanted, Method.INDEPENDENCE, 0.0)


def _selected(table: Table, wanted: _Wanted, method: Method, threshold: float) -> Estimate:
    lists = len(table.lists)
    chosen = stepwise.select(table.counts[None, 1:], lists, threshold)
    total = float(chosen.totals[0])
    if not np.isfinite(total):
        raise NotEstimableError(
            "no model has an estimate for these lists: too few children are in two of them"
        )
    held = [term for term, on in zip(chosen.order, chosen.models[0].tolist(), strict=True) if on]
    found = Estimate(
        method,
        total,
        models.name(held),
        details={"interactions": [_by_name(table, term) for term in held if term.bit_count() > 1]},
    )

    def again(counts: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return stepwise.select(counts, lists, threshold).totals

    return _with_intervals(found, table, wanted, again)


def _bic(table: Table, wanted: _Wanted) -> Estimate:
    lists = len(table.lists)
    if lists > bic.MOST_LISTS:
        raise NotEstimableError(
            f"{lists} lists have too many models to try each; BIC takes at most {bic.MOST_LISTS}: use stepwise"
        )
    order = wanted.order or bic.orders(lists)
    if lists == bic.MOST_LISTS and order > 2:
        raise NotEstimableError("six lists have 3,702,013 models with interactions of three; ask for order 2")
    ranked = bic.rank(table.counts[1:], lists, order)
    if not len(ranked.bic):
        raise NotEstimableError(
            "no model has an estimate for these lists: too few children are in two of them"
        )
    best = [
        {"model": ranked.name(at), "estimate": float(ranked.totals[at]), "bic": float(ranked.bic[at])}
        for at in range(min(10, len(ranked.bic)))
    ]
    found = Estimate(
        Method.BIC,
        float(ranked.totals[0]),
        ranked.name(),
        details={
            "bic": float(ranked.bic[0]),
            "models_tried": ranked.tried,
            "models_with_an_estimate": len(ranked.bic),
            "best": [f"{each['model']} {each['estimate']:.4f} {each['bic']:.4f}" for each in best],
        },
    )
    return _with_intervals(found, table, wanted, lambda counts: bic.selected(ranked, lists, counts))


def _dga(table: Table, wanted: _Wanted) -> Estimate:
    lists = len(table.lists)
    if not decomposable.FEWEST_LISTS <= lists <= decomposable.MOST_LISTS:
        raise NotEstimableError(f"decomposable graphs are averaged for 3 to 5 lists, not for {lists}")
    thin = decomposable.average(table, decomposable.unseen_grid(table.observed))
    whole = decomposable.average(table, decomposable.unseen_grid(table.observed, every=True))
    best = int(thin.shares.argmax())
    return Estimate(
        Method.DGA,
        thin.quantile(0.5),
        thin.graphs[best],
        {level: (thin.quantile(0.5 - level / 200), thin.quantile(0.5 + level / 200)) for level in LEVELS},
        details={
            "graphs": len(thin.graphs),
            "share_of_the_likeliest_graph": float(thin.shares[best]),
            "mean": thin.mean,
            "median_of_every_number": whole.quantile(0.5),
            "mean_of_every_number": whole.mean,
            "posterior_at_the_end": thin.at_the_end,
        },
    )


def _threshold(table: Table, wanted: _Wanted) -> Estimate:
    sampled = thresholding.threshold(table, wanted.seed)
    if not sampled.converged:
        raise NotEstimableError(
            f"the chains did not settle (R-hat {sampled.r_hat:.3f}, worth {sampled.worth:.0f} draws, "
            f"{sampled.moved:.0%} of steps taken)"
        )
    at = {level: np.quantile(sampled.totals, [0.5 - level / 200, 0.5 + level / 200]) for level in LEVELS}
    return Estimate(
        Method.THRESHOLD,
        float(np.median(sampled.totals)),
        models.name([*models.terms(len(table.lists), 1), *sampled.kept]),
        {level: (float(ends[0]), float(ends[1])) for level, ends in at.items()},
        draws=len(sampled.totals),
        details={
            "interactions": [_by_name(table, term) for term in sampled.kept],
            "r_hat": sampled.r_hat,
            "worth_draws": sampled.worth,
            "steps_taken": sampled.moved,
        },
    )


def _with_intervals(
    found: Estimate,
    table: Table,
    wanted: _Wanted,
    again: Callable[[Ints], np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
) -> Estimate:
    if not wanted.draws:
        return found
    drawn: Resampled = resampled(table.counts[1:], found.estimate, again, wanted.draws, wanted.seed)
    edges, counts = drawn.histogram()
    return replace(
        found,
        percentile=drawn.percentile,
        bca=drawn.bca,
        draws=wanted.draws,
        failed=drawn.failed,
        histogram=(tuple(edges.tolist()), tuple(counts.tolist())),
        details={**found.details, "acceleration": drawn.acceleration, "bias": drawn.bias},
    )


def _by_name(table: Table, term: int) -> str:
    return ":".join(name for at, name in enumerate(table.lists) if term >> at & 1)


_BY_NAME: Mapping[Method, Callable[[Table, _Wanted], Estimate]] = {
    Method.BIC: _bic,
    Method.STEPWISE: _stepwise,
    Method.DGA: _dga,
    Method.THRESHOLD: _threshold,
    Method.INDEPENDENCE: _independence,
}
