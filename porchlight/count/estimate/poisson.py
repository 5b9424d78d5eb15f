"""Poisson log-linear fits, thousands at a time as arrays.

Where the children that hold a term number zero, the term's estimate is minus infinity: it leaves the fit, and so do
the histories that hold it, whose means are zero (Chan, Silverman & Vincent 2021, JASA 116:1297-1306).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from porchlight.count.estimate.table import Bools, Floats, Ints

__all__ = ["Fits", "fit"]

_MOST_STEPS = 60
# Of the largest sufficient statistic: the equations of the estimate hold to about twelve digits.
_HOLDS = 1e-12
# A mean below this most often runs off to zero, where no estimate exists.
_VANISHED = 1e-6


@dataclass(frozen=True)
class Fits:
    """Fits of (tables, terms) models. `free`: the terms with a finite estimate, `kept`: histories with a mean above 0.

    `coefficients` (tables, terms; 0 where not free), `means` (tables, histories), `settled` (tables): the equations of
    the maximum hold. `log_likelihood` (tables): of the Poisson counts.
    """

    free: Bools
    kept: Bools
    coefficients: Floats
    means: Floats
    settled: Bools
    log_likelihood: Floats

    @property
    def unseen(self) -> Floats:
        """(tables): the mean of the history that no list shows."""
        return np.exp(self.coefficients[:, 0])


def fit(
    counts: Ints, design: Ints, models: Bools, start: Floats | None = None, *, patient: bool = False
) -> Fits:
    """Fit `models` (tables, terms) to `counts` (tables, histories without the unseen one).

    `design` (histories, terms) holds 1 where a term is part of a history; the first term is the empty one. `start`
    (tables, terms): coefficients to begin from. A fit whose means run off to zero is given up, not `settled`, unless
    `patient`: `existence` says whether it has an estimate at all.
    """
    wanted = counts @ design
    sparse = models & (wanted == 0)
    free = models & ~sparse
    kept = ~((sparse.astype(np.float64) @ design.T) > 0)
    y = np.where(kept, counts, 0).astype(np.float64)
    problem = _Problem(y, design.astype(np.float64), free, kept)
    found = problem.begin() if start is None else np.where(free, start, 0.0)
    coefficients, settled = problem.climb(found, 0.0 if patient else _VANISHED)
    means = problem.means(coefficients)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(y > 0, y * np.log(means), 0.0)
    likelihood = (logs - means - gammaln(y + 1)).sum(axis=1)
    return Fits(free, kept, coefficients, means, settled, likelihood)


@dataclass
class _Problem:
    y: Floats
    design: Floats
    free: Bools
    kept: Bools

    def __post_init__(self) -> None:
        self.ones = self.kept.astype(np.float64)
        self.rows, self.columns = np.triu_indices(self.design.shape[1])
        self.products = self.design[:, self.rows] * self.design[:, self.columns]

    def means(self, coefficients: Floats, which: Ints | slice = slice(None)) -> Floats:
        return np.exp(np.minimum(coefficients @ self.design.T, 700.0)) * self.ones[which]

    def begin(self) -> Floats:
        """One weighted least squares step from means a little above the counts, as in R's glm."""
        means = (self.y + 0.1) * self.ones
        wish = np.where(self.kept, np.log(self.y + 0.1), 0.0)
        every = np.arange(len(self.y))
        return self._solve(every, means, (means * wish) @ self.design)

    def climb(self, start: Floats, least: float) -> tuple[Floats, Bools]:
        """Newton's steps, halved where the likelihood would fall, until a mean is below `least`; and which arrived."""
        found, settled = start.copy(), np.zeros(len(start), np.bool_)
        at_work = np.arange(len(start))
        limit = _HOLDS * np.maximum(1.0, (self.y @ self.design).max(axis=1))
        means = self.means(found)
        for _ in range(_MOST_STEPS):
            slope = np.where(self.free[at_work], (self.y[at_work] - means) @ self.design, 0.0)
            arrived = np.abs(slope).max(axis=1) <= limit[at_work]
            settled[at_work[arrived]] = True
            vanished = np.where(self.kept[at_work], means, np.inf).min(axis=1) < least
            going = ~arrived & ~vanished
            at_work, slope, means = at_work[going], slope[going], means[going]
            if not at_work.size:
                break
            step = self._solve(at_work, means, slope)
            found[at_work], means = self._uphill(at_work, found[at_work], step, means)
        return found, settled

    def _uphill(self, at: Ints, old: Floats, step: Floats, old_means: Floats) -> tuple[Floats, Floats]:
        total = self.y[at] @ self.design
        before = (total * old).sum(axis=1) - old_means.sum(axis=1)
        share = np.ones(len(at))
        for _ in range(30):
            new = old + share[:, None] * step
            means = self.means(new, at)
            after = (total * new).sum(axis=1) - means.sum(axis=1)
            fell = after < before - 1e-9 * np.abs(before)
            if not fell.any():
                break
            share[fell] /= 2
        return new, means

    def _solve(self, at: Ints, weights: Floats, right: Floats) -> Floats:
        size = self.design.shape[1]
        matrix = np.empty((len(at), size, size))
        flat = weights @ self.products
        matrix[:, self.rows, self.columns] = flat
        matrix[:, self.columns, self.rows] = flat
        free = self.free[at]
        matrix *= free[:, :, None] & free[:, None, :]
        diagonal = np.einsum("bii->bi", matrix)
        # So little leaves the answer as it is and lets a model whose terms cannot be told apart be solved, too.
        diagonal += np.where(free, 1e-12 * diagonal.max(axis=1, keepdims=True), 1.0)
        found = np.linalg.solve(matrix, np.where(free, right, 0.0)[:, :, None])[:, :, 0]
        return np.asarray(found, np.float64)
