"""Does a model have a maximum likelihood estimate for these counts, and only one?

Fienberg & Rinaldo (2012, Ann. Statist. 40:996-1023): it exists when means above zero in every history give the same
sufficient statistics as the counts; a linear program looks for them. Whether it does depends on which counts are zero
alone, so each answer is kept by that pattern. Where the terms that minus infinity leaves cannot be told apart, there is
no single estimate (Chan, Silverman & Vincent 2021).
"""

from __future__ import annotations

from enum import IntFlag
from functools import lru_cache

import numpy as np

from porchlight.count.estimate.poisson import Fits, fit
from porchlight.count.estimate.table import Bools, Floats, Ints

__all__ = ["Fault", "checked", "faults"]

# A settled fit with all its means above this is a proof of its own: see `_proved`.
_SAFE_MEAN = 1e-5
_SAFE_MISS = 1e-8


class Fault(IntFlag):
    """What is wrong with a model for a table: codes as in Chan, Silverman & Vincent (2021). 0: nothing."""

    NO_ESTIMATE = 1
    NOT_IDENTIFIABLE = 2


def checked(counts: Ints, design: Ints, models: Bools, start: Floats | None = None) -> tuple[Fits, Ints]:
    """Fit as `poisson.fit` does; and (tables) the `Fault` of each model (0 to 3): of use is a fit without one."""
    fits = fit(counts, design, models, start)
    found = faults(counts, design, fits)
    slow = np.flatnonzero((found == 0) & ~fits.settled)
    if slow.size:
        again = fit(counts[slow], design, models[slow], patient=True)
        for name in ("coefficients", "means", "settled", "log_likelihood"):
            getattr(fits, name)[slow] = getattr(again, name)
    return fits, found


def faults(counts: Ints, design: Ints, fits: Fits) -> Ints:
    """(tables): the `Fault` of each fitted model (0 to 3). `counts` and `design` as in `poisson.fit`."""
    proved = _proved(counts, design, fits)
    shape = design.tobytes()
    found = np.zeros(len(counts), np.int64)
    for at in range(len(counts)):
        free, kept = np.packbits(fits.free[at]).tobytes(), np.packbits(fits.kept[at]).tobytes()
        if not _told_apart(shape, design.shape, free, kept):
            found[at] |= Fault.NOT_IDENTIFIABLE
        if not proved[at]:
            positive = np.packbits(counts[at] > 0).tobytes()
            exists = counts[at].any() and _exists(shape, design.shape, free, kept, positive)
            found[at] |= 0 if exists else Fault.NO_ESTIMATE
    return found


def _proved(counts: Ints, design: Ints, fits: Fits) -> Bools:
    """Whether a fit shows by itself that an estimate exists, without the linear program.

    Its means are all well above zero and miss the sufficient statistics by next to nothing; since the design's entries
    are 0 and 1, a change far smaller than the means makes up for that.
    """
    missed = np.where(fits.free, np.abs((np.where(fits.kept, counts, 0) - fits.means) @ design), 0.0).max(
        axis=1
    )
    least = np.where(fits.kept, fits.means, np.inf).min(axis=1)
    proved: Bools = fits.settled & (least > _SAFE_MEAN) & (missed < _SAFE_MISS)
    return proved


def _parts(design: bytes, shape: tuple[int, int], free: bytes, kept: bytes) -> Ints:
    whole = np.frombuffer(design, np.int64).reshape(shape)
    return whole[_bits(kept, shape[0])][:, _bits(free, shape[1])]


def _bits(packed: bytes, size: int) -> Bools:
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=size).astype(np.bool_)


@lru_cache(maxsize=1 << 16)
def _told_apart(design: bytes, shape: tuple[int, int], free: bytes, kept: bytes) -> bool:
    matrix = _parts(design, shape, free, kept)
    return bool(matrix.shape[0] >= matrix.shape[1] and np.linalg.matrix_rank(matrix) == matrix.shape[1])


@lru_cache(maxsize=1 << 18)
def _exists(design: bytes, shape: tuple[int, int], free: bytes, kept: bytes, positive: bytes) -> bool:
    """Push the smallest mean up; the sufficient statistics are those of counts that are 0 or 1 by the pattern."""
    from scipy import optimize  # slow to import, and seldom needed

    matrix = _parts(design, shape, free, kept)
    pattern = _bits(positive, shape[0])[_bits(kept, shape[0])]
    histories = len(pattern)
    answer = optimize.linprog(
        np.append(np.zeros(histories), -1.0),
        A_eq=np.column_stack([matrix.T, np.zeros(matrix.shape[1])]),
        b_eq=pattern @ matrix,
        A_ub=np.column_stack([-np.eye(histories), np.ones(histories)]),
        b_ub=np.zeros(histories),
        bounds=(0, None),
        method="highs",
    )
    return bool(answer.status == 0 and -answer.fun > 1e-7)
