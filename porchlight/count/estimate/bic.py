"""The best of all hierarchical models by BIC (Silverman, Chan & Vincent 2024, Stat. Comput. 34:44)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from porchlight.count.estimate import existence, models
from porchlight.count.estimate.table import Bools, Floats, Ints, subsets

__all__ = ["MOST_LISTS", "Ranked", "orders", "rank", "selected"]

# Six lists have 32,768 models with interactions of two lists, and 3,702,013 with those of three.
MOST_LISTS = 6
# Models that a resampled table chooses among, as the paper has it; fewer lists: all.
_RETRIED = {4: 20, 5: 100, 6: 100}
_AT_ONCE = 4096


@dataclass(frozen=True)
class Ranked:
    """The models that have an estimate, the best first: `chosen` (models, terms), `bic`, `totals`, `coefficients`.

    `order` lists the terms in columns; `tried` counts all models, with an estimate or without.
    """

    order: tuple[int, ...]
    tried: int
    chosen: Bools
    bic: Floats
    totals: Floats
    coefficients: Floats

    def name(self, at: int = 0) -> str:
        """A model as it is written: "[123,25,34]"."""
        return models.name(np.array(self.order)[self.chosen[at]].tolist())


def orders(lists: int) -> int:
    """The largest interactions that are looked at unless told."""
    return {2: 1, 3: 2, 4: 3, 5: 3}.get(lists, 2)


def rank(counts: Ints, lists: int, order: int) -> Ranked:
    """Fit every model to `counts` (histories without the unseen one) and put them in order of their BIC.

    BIC = -2 log likelihood + terms x log(children observed), terms at minus infinity included.
    """
    terms = models.terms(lists, order)
    design = subsets(lists)[1:][:, list(terms)]
    every = models.candidates(lists, order)
    bic, totals, coefficients = (np.empty(len(every)), np.empty(len(every)), np.empty(every.shape))
    for first in range(0, len(every), _AT_ONCE):
        at = slice(first, first + _AT_ONCE)
        table = np.broadcast_to(counts, (len(every[at]), len(counts)))
        fits, faults = existence.checked(table, design, every[at])
        bic[at] = np.where(faults == 0, _bic(fits.log_likelihood, every[at], table), np.inf)
        totals[at], coefficients[at] = counts.sum() + fits.unseen, fits.coefficients
    best = np.argsort(bic, kind="stable")[: int(np.isfinite(bic).sum())]
    return Ranked(terms, len(every), every[best], bic[best], totals[best], coefficients[best])


def selected(ranked: Ranked, lists: int, counts: Ints, retried: int | None = None) -> Floats:
    """The totals that the best model gives for each row of `counts` (tables, histories), chosen anew for each.

    Chosen among the `retried` best models of `ranked` (unless told: all for up to three lists, 20 for four, else 100).
    """
    retried = min(len(ranked.chosen), retried or _RETRIED.get(lists, len(ranked.chosen)))
    whole = subsets(lists)[1:]
    best, totals = np.full(len(counts), np.inf), np.full(len(counts), np.nan)
    for at in range(retried):
        mine = ranked.chosen[at]
        design = whole[:, np.array(ranked.order)[mine]]
        model = np.ones((len(counts), int(mine.sum())), np.bool_)
        start = np.broadcast_to(ranked.coefficients[at][mine], model.shape)
        fits, faults = existence.checked(counts, design, model, start)
        bic = np.where(faults == 0, _bic(fits.log_likelihood, model, counts), np.inf)
        better = bic < best
        best[better], totals[better] = bic[better], (counts.sum(axis=1) + fits.unseen)[better]
    return totals


def _bic(log_likelihood: Floats, models: Bools, counts: Ints) -> Floats:
    found: Floats = models.sum(axis=1) * np.log(counts.sum(axis=1)) - 2 * log_likelihood
    return found
