"""Bayesian thresholding (Silverman 2020, JRSS-A 183:691-736, section 6), with its convergence checked.

All interactions of two lists are sampled with a normal prior (mean 0, variance 1; flat for the lists and the empty
term); those whose posterior mean is less than two posterior standard deviations from zero are taken out, and the rest
sampled again. The program the paper's author keeps never moves on some tables and says nothing; here chains that
disagree, or hardly move, give no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from porchlight.count.estimate import models
from porchlight.count.estimate.table import Floats, Table, subsets

__all__ = ["Sampled", "threshold"]

# Of each chain every `_EACH`th step is kept: the ones between tell little more.
_CHAINS, _WARM_UP, _KEPT, _EACH = 48, 2000, 3000, 6
_THRESHOLD = 2.0
# Flat but for this: a variance so large that it tells nothing.
_FLAT = 1e6
# Vehtari et al. (2021, Bayesian Analysis 16:667-718) ask for less than 1.01 and 400 draws' worth.
_MOST_R_HAT, _LEAST_DRAWS = 1.01, 400
_MOVING = (0.05, 0.7)


@dataclass(frozen=True)
class Sampled:
    """The posterior of how many children there are, and how well it was sampled.

    `totals` (draws), `kept`: interactions that stayed, `ratios`: posterior mean by standard deviation of each
    interaction before. `r_hat`: agreement of the chains (1 is perfect), `worth`: independent draws these are worth,
    `moved`: the share of steps taken.
    """

    totals: Floats
    kept: tuple[int, ...]
    ratios: Mapping[int, float]
    r_hat: float
    worth: float
    moved: float

    @property
    def converged(self) -> bool:
        """Whether the chains agree and moved: else the draws say nothing."""
        low, high = _MOVING
        return self.r_hat <= _MOST_R_HAT and self.worth >= _LEAST_DRAWS and low <= self.moved <= high


def threshold(table: Table, seed: int, chains: int = _CHAINS, kept: int = _KEPT) -> Sampled:
    """Sample, take interactions out, sample again. The same seed gives the same draws."""
    lists, draw = len(table.lists), np.random.default_rng(seed)
    pairs = models.pairs(lists)
    first = _sample(table, pairs, draw, chains, kept)
    ratios = first.draws.mean(axis=(0, 1)) / first.draws.std(axis=(0, 1))
    of_pair = dict(zip(pairs, ratios[lists + 1 :].tolist(), strict=True))
    staying = tuple(pair for pair in pairs if abs(of_pair[pair]) >= _THRESHOLD)
    last = _sample(table, staying, draw, chains, kept)
    unseen = last.draws[:, :, 0]
    agree = [_r_hat(each) for each in (*np.moveaxis(first.draws, 2, 0), unseen)]
    return Sampled(
        table.observed + np.exp(np.minimum(unseen, 600.0)).ravel(),
        staying,
        of_pair,
        max(agree),
        min(_worth(first.draws[:, :, 0]), _worth(unseen)),
        min(first.moved, last.moved, key=lambda share: min(share - _MOVING[0], _MOVING[1] - share)),
    )


@dataclass(frozen=True)
class _Draws:
    draws: Floats  # (chains, kept, terms)
    moved: float


def _sample(
    table: Table, pairs: tuple[int, ...], draw: np.random.Generator, chains: int, kept: int
) -> _Draws:
    """Random-walk Metropolis, its steps shaped like the posterior about its peak, many chains at once."""
    lists = len(table.lists)
    terms = (*models.terms(lists, 1), *pairs)
    design = subsets(lists)[1:][:, list(terms)].astype(np.float64)
    counts = table.counts[1:].astype(np.float64)
    precision = np.array([1 / _FLAT if term.bit_count() < 2 else 1.0 for term in terms])

    def height(at: Floats) -> Floats:
        # A mean above exp(600) is as unlikely as can be; it must not overflow.
        means = np.exp(np.minimum(at @ design.T, 600.0)).sum(axis=1)
        found: Floats = at @ (counts @ design) - means - (at**2 @ precision) / 2
        return found

    peak, shape = _peak(design, counts, precision)
    # The best scale in so many dimensions (Roberts, Gelman & Gilks 1997); the start is wider than the posterior.
    step = shape * 2.38 / np.sqrt(len(terms))
    now = peak + 1.5 * draw.standard_normal((chains, len(terms))) @ shape.T
    there, found, taken = height(now), np.empty((chains, kept, len(terms))), 0
    for turn in range(-_WARM_UP, kept * _EACH):
        wish = now + draw.standard_normal(now.shape) @ step.T
        then = height(wish)
        take = np.log(draw.random(chains)) < then - there
        now, there = np.where(take[:, None], wish, now), np.where(take, then, there)
        if turn >= 0:
            found[:, turn // _EACH] = now
            taken += int(take.sum())
    return _Draws(found, taken / (chains * kept * _EACH))


def _peak(design: Floats, counts: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """The highest point of the posterior, which has one peak, and the Cholesky factor of its spread there."""
    at = np.asarray(np.linalg.lstsq(design, np.log(counts + 0.5), rcond=None)[0], np.float64)
    for _ in range(200):
        means = np.exp(np.minimum(design @ at, 50.0))
        curve = design.T * means @ design + np.diag(precision)
        step = np.linalg.solve(curve, design.T @ (counts - means) - precision * at)
        at = at + step * min(1.0, 2.0 / np.abs(step).max())
        if np.abs(step).max() < 1e-9:
            break
    shape: Floats = np.linalg.cholesky(np.linalg.inv(curve))
    return at, shape


def _r_hat(chains: Floats) -> float:
    """Split R-hat of (chains, draws): between halves of chains against within."""
    half = chains.shape[1] // 2
    parts = np.concatenate([chains[:, :half], chains[:, -half:]])
    within, between = parts.var(axis=1, ddof=1).mean(), half * parts.mean(axis=1).var(ddof=1)
    return float(np.sqrt((half - 1) / half + between / half / within)) if within > 0 else np.inf


def _worth(chains: Floats) -> float:
    """Independent draws that (chains, draws) are worth, by how their sums of batches scatter."""
    chain_count, length = chains.shape
    batch = int(np.sqrt(length))
    cut = chains[:, : length // batch * batch].reshape(chain_count, -1, batch).mean(axis=2)
    scatter = cut.var(ddof=1) * batch
    return float(chains.size * chains.var(ddof=1) / scatter) if scatter > 0 else 0.0
