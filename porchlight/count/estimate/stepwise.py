"""Forward stepwise selection of interactions of two lists (Chan, Silverman & Vincent 2021, JASA 116:1297-1306).

From independence on, the interaction is added whose overlap is the least likely by the model so far, told by the
one-sided Poisson probability of the overlap seen, while that is below a threshold. A model without an estimate, or with
terms that cannot be told apart, is never taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import pdtr, pdtrc

from porchlight.count.estimate import existence, models
from porchlight.count.estimate.poisson import Fits
from porchlight.count.estimate.table import Bools, Floats, Ints, subsets

__all__ = ["THRESHOLD", "Selected", "select"]

# The paper's choice, from simulations.
THRESHOLD = 0.02


@dataclass(frozen=True)
class Selected:
    """What was chosen for each table: `models` (tables, terms), their coefficients, `totals` (tables; nan: none held).

    `order` lists the terms in columns: the empty one, the lists, the interactions of two.
    """

    order: tuple[int, ...]
    models: Bools
    coefficients: Floats
    totals: Floats


def select(counts: Ints, lists: int, threshold: float = THRESHOLD) -> Selected:
    """Select for each row of `counts` (tables, histories without the unseen one)."""
    order = models.terms(lists, 2)
    design = subsets(lists)[1:][:, list(order)]
    chosen = np.zeros((len(counts), len(order)), np.bool_)
    chosen[:, : lists + 1] = True
    fits, faults = existence.checked(counts, design, chosen)
    state = _State(counts, design, chosen, fits.coefficients, fits.means, faults == 0)
    going = np.arange(len(counts)) if threshold > 0 else np.zeros(0, np.int64)
    while going.size:
        going = _add_one(state, going, lists, threshold)
    totals = counts.sum(axis=1) + np.exp(state.coefficients[:, 0])
    return Selected(order, state.chosen, state.coefficients, np.where(state.holds, totals, np.nan))


@dataclass
class _State:
    counts: Ints
    design: Ints
    chosen: Bools
    coefficients: Floats
    means: Floats
    holds: Bools

    def take(self, at: Ints, chosen: Bools, fits: Fits) -> None:
        self.chosen[at], self.coefficients[at], self.means[at] = chosen, fits.coefficients, fits.means
        self.holds[at] = True


def _add_one(state: _State, going: Ints, lists: int, threshold: float) -> Ints:
    """Give each table of `going` its next interaction; those that got one go on."""
    chances = _chances(state, going, lists)
    chances[state.chosen[going][:, lists + 1 :]] = 1.0
    added = []
    while going.size:
        best = chances.argmin(axis=1)
        rows = np.flatnonzero(chances[np.arange(len(going)), best] < threshold)
        going, chances, best = going[rows], chances[rows], best[rows]
        if not going.size:
            break
        wanted = state.chosen[going].copy()
        wanted[np.arange(len(going)), lists + 1 + best] = True
        fits, faults = existence.checked(state.counts[going], state.design, wanted, state.coefficients[going])
        good = faults == 0
        state.take(going[good], wanted[good], _part(fits, good))
        added.append(going[good])
        chances[np.arange(len(going)), best] = 1.0
        going, chances = going[~good], chances[~good]
    return np.sort(np.concatenate(added)) if added else going


def _chances(state: _State, going: Ints, lists: int) -> Floats:
    """(tables, pairs): how likely an overlap as large, or as small, as the one seen is by the model so far."""
    pairs = state.design[:, lists + 1 :]
    seen, expected = state.counts[going] @ pairs, state.means[going] @ pairs
    above = np.where(seen > 0, pdtrc(np.maximum(seen - 1, 0), expected), 1.0)
    chances: Floats = np.minimum(pdtr(seen, expected), above)
    return chances


def _part(fits: Fits, which: Bools) -> Fits:
    return Fits(
        *(fits.free[which], fits.kept[which], fits.coefficients[which], fits.means[which]),
        *(fits.settled[which], fits.log_likelihood[which]),
    )
