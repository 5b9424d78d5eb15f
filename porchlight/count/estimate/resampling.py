"""How far an estimate moves when the children counted are drawn again: percentile and BCa intervals.

The whole selection of a model is done again for each draw, so that an interval holds the doubt about the model, too
(Chan, Silverman & Vincent 2021; Silverman, Chan & Vincent 2024, Stat. Comput. 34:44). BCa: DiCiccio & Efron (1996),
Statist. Sci. 11:189-228, with the acceleration from leaving out one child at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from porchlight.count.estimate.table import Floats, Ints

__all__ = ["LEVELS", "Estimator", "Interval", "Resampled", "resampled"]

LEVELS = (95, 80)
Interval: TypeAlias = tuple[float, float]
# (tables, histories without the unseen one) -> (tables): how many children there are; nan where no model holds.
Estimator: TypeAlias = Callable[[Ints], Floats]


@dataclass(frozen=True)
class Resampled:
    """Intervals by level in percent; an end is not a number where the draws say nothing of it.

    `estimates` (draws): what each draw gave; `failed`: how many gave no estimate. `acceleration`, `bias`: the two
    numbers of the BCa method.
    """

    estimates: Floats
    failed: int
    percentile: Mapping[int, Interval]
    bca: Mapping[int, Interval]
    acceleration: float
    bias: float

    def histogram(self, bins: int = 30) -> tuple[Floats, Ints]:
        """Edges (bins + 1) and counts (bins) of the draws' estimates, on a scale of equal ratios."""
        usable = self.estimates[np.isfinite(self.estimates)]
        if not usable.size:
            return np.zeros(0), np.zeros(0, np.int64)
        edges = np.geomspace(usable.min() * (1 - 1e-9), usable.max() * (1 + 1e-9), bins + 1)
        return edges, np.histogram(usable, edges)[0]


def resampled(
    counts: Ints, estimate: float, estimator: Estimator, draws: int, seed: int, levels: Sequence[int] = LEVELS
) -> Resampled:
    """Draw as many children as were observed, `draws` times, from `counts` (histories without the unseen one)."""
    observed = int(counts.sum())
    tables = np.random.default_rng(seed).multinomial(observed, counts / observed, size=draws)
    found = estimator(tables.astype(np.int64))
    usable = found[np.isfinite(found)]
    acceleration = _acceleration(counts, estimator)
    with np.errstate(divide="ignore"):
        bias = float(ndtri((usable < estimate).mean())) if usable.size else np.nan
    ends = {level: ((1 - level / 100) / 2, (1 + level / 100) / 2) for level in levels}
    return Resampled(
        found,
        int(draws - usable.size),
        {level: _quantiles(usable, np.array(at)) for level, at in ends.items()},
        {
            level: _quantiles(usable, _corrected(np.array(at), bias, acceleration))
            for level, at in ends.items()
        },
        acceleration,
        bias,
    )


def _acceleration(counts: Ints, estimator: Estimator) -> float:
    """From the estimates with one child of each history left out, each weighed by the children it stands for."""
    held = np.flatnonzero(counts)
    less = np.repeat(counts[None, :], len(held), axis=0)
    less[np.arange(len(held)), held] -= 1
    found = estimator(less)
    weights = counts[held]
    away = (found @ weights) / weights.sum() - found
    spread = float(weights @ away**2)
    return float(weights @ away**3) / (6 * spread**1.5) if np.isfinite(spread) and spread > 0 else np.nan


def _corrected(at: Floats, bias: float, acceleration: float) -> Floats:
    moved = bias + ndtri(at)
    corrected: Floats = ndtr(bias + moved / (1 - acceleration * moved))
    return corrected


def _quantiles(usable: Floats, at: Floats) -> Interval:
    if not usable.size or not np.isfinite(at).all():
        return (np.nan, np.nan)
    # R's type 8, which the programs compared with use.
    low, high = np.quantile(usable, at, method="median_unbiased")
    return (float(low), float(high))
