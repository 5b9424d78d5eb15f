"""Rings: the smallest changes of a table by ones, such as one child more here and there, and one fewer across."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy import sparse

from porchlight.count.protect.system import Ints

__all__ = ["Rings"]

# Looked at before a ring is given up: rings are short, and a longer search is dearer than the solver.
_MOST_TRIES = 300
_EVEN = 1e-9


class Rings:
    """Takes a change that no tie notices apart into rings, each a change by ones that no tie notices."""

    def __init__(self, ties: sparse.csr_array) -> None:
        down = sparse.csc_array(ties)
        self._rows_of = _lines(down.indptr, down.indices, down.data)
        self._counts_in = _lines(ties.indptr, ties.indices, ties.data)

    def of(self, change: Ints) -> Iterator[tuple[Ints, int]]:
        """Rings that go the way of `change`, and how often: added up, they are it, unless the search gives up."""
        left = {int(at): int(change[at]) for at in np.flatnonzero(change)}
        while left:
            ring = self._ring(next(iter(left)), left)
            if ring is None:
                return
            times = min(abs(left[at]) for at in ring)
            step = np.zeros_like(change)
            for at in ring:
                step[at] = 1 if left[at] > 0 else -1
                left[at] -= int(step[at]) * times
                if not left[at]:
                    del left[at]
            yield step, times

    def _ring(self, start: int, left: dict[int, int]) -> list[int] | None:
        """Counts that, changed by one each in their direction in `left`, keep every tie even."""
        ring: list[int] = []
        uneven: dict[int, float] = {}
        tries = _MOST_TRIES

        def turn(at: int, sign: int) -> None:
            for row, weight in self._rows_of[at]:
                uneven[row] = uneven.get(row, 0.0) + sign * weight * (1 if left[at] > 0 else -1)
                if abs(uneven[row]) < _EVEN:
                    del uneven[row]

        def search(at: int) -> bool:
            nonlocal tries
            tries -= 1
            ring.append(at)
            turn(at, 1)
            if not uneven:
                return True
            row = next(iter(uneven))
            for other, weight in self._counts_in[row]:
                if tries <= 0:
                    break
                way = left.get(other, 0)
                if way and other not in ring and uneven[row] * weight * way < 0 and search(other):
                    return True
            ring.pop()
            turn(at, -1)
            return False

        return ring if search(start) else None


def _lines(starts: Ints, places: Ints, weights: np.ndarray) -> list[list[tuple[int, float]]]:
    ends = starts.tolist()
    pairs = list(zip(places.tolist(), weights.tolist(), strict=True))
    return [pairs[first:end] for first, end in pairwise(ends)]
