"""How low and how high each hidden count can be by plain subtraction, tie by tie: quick, and never too narrow."""

from __future__ import annotations

import numpy as np

from porchlight.count.protect.system import Bools, Ints, System

__all__ = ["bounds"]

_TINY = 1e-6
_PASSES = 12


def bounds(system: System, hidden: Bools) -> tuple[Ints, Ints]:
    """The lowest and highest of every count; a count that is not hidden is itself, one without bound the ceiling."""
    low = np.where(hidden, 0, system.values).astype(float)
    high = np.where(hidden, system.ceiling, system.values).astype(float)
    ties = system.ties.tocoo()
    rows, columns, weights = ties.row, ties.col, ties.data
    for _ in range(_PASSES):
        least = np.where(weights > 0, weights * low[columns], weights * high[columns])
        most = np.where(weights > 0, weights * high[columns], weights * low[columns])
        sum_least, sum_most = (np.bincount(rows, each, minlength=ties.shape[0]) for each in (least, most))
        # What the others of a tie leave to this count, in units of its weight.
        room_above = (system.high[rows] - (sum_least[rows] - least)) / weights
        room_below = (system.low[rows] - (sum_most[rows] - most)) / weights
        upper, lower = high.copy(), low.copy()
        np.minimum.at(upper, columns, np.where(weights > 0, room_above, room_below))
        np.maximum.at(lower, columns, np.where(weights > 0, room_below, room_above))
        upper, lower = np.floor(upper + _TINY), np.ceil(lower - _TINY)
        if (upper == high).all() and (lower == low).all():
            break
        low, high = lower, upper
    return low.astype(np.int64), high.astype(np.int64)
