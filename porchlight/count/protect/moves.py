"""Changes of the counts that nobody sees in what is published: each is a witness that needs no solver."""

from __future__ import annotations

import numpy as np

from porchlight.count.protect.rings import Rings
from porchlight.count.protect.system import Bools, Floats, Ints, System

__all__ = ["Moves"]

_TINY = 1e-7
# More would take longer to look through than the questions they answer.
_MOST = 4_000
_LARGEST_STEP = 1_000
_LONGEST_WALK = 64


class Moves:
    """Changes of all counts of a system found so far, and how far each may be taken.

    A change that touches hidden counts alone leads from the true table to others that look the same, as long as no
    count falls below zero and everything said stays true. What is added is checked, never believed; a change in
    whole numbers is kept in its smallest whole step, forth and back, and so are the rings that it is made of.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._equal = system.low == system.high
        held = system.ties @ system.values
        self._above, self._below = system.high - held, system.low - held
        self._seen: set[bytes] = set()
        self._steps: list[Floats] = []
        self._far: list[float] = []
        self._whole: list[bool] = []
        self._stacked = np.zeros((0, len(system.keys)))
        self._rings = Rings(system.ties)

    def add(self, change: Floats) -> None:
        """Keep a change, and the one that undoes it, where they agree with every tie."""
        step = _smallest_whole(change)
        self._keep(change, step)
        if step is not None:
            for ring, _ in self._rings.of(np.rint(step).astype(np.int64)):
                self._keep(ring.astype(float), ring.astype(float))

    def walk(self, change: Ints) -> list[Ints]:
        """Changes on the way to `change`, ring by ring, of which each leads to a table that agrees with every tie."""
        here, found = np.zeros_like(change), []
        for ring, times in self._rings.of(change):
            for _ in range(min(times, _LONGEST_WALK)):
                here = here + ring
                if self._farthest(here.astype(float), whole=True) >= 1:
                    found.append(here)
            here = here + ring * max(0, times - _LONGEST_WALK)
        return found

    def _keep(self, change: Floats, step: Floats | None) -> None:
        whole = step is not None
        for each in (change,) if step is None else (step, -step):
            mark = each.astype(np.float32).tobytes()
            if mark in self._seen or len(self._far) >= _MOST:
                continue
            self._seen.add(mark)
            far = self._farthest(each, whole)
            if far >= (1 if whole else _TINY):
                self._steps.append(each)
                self._far.append(float(np.floor(far + _TINY)) if whole else far)
                self._whole.append(whole)

    def ends(self, hidden: Bools) -> Floats:
        """The farthest changes (k x counts) that touch `hidden` counts alone; not all of whole numbers."""
        inside = self._inside(hidden)
        farthest: Floats = self._stacked[inside] * np.array(self._far)[inside, None]
        return farthest

    def whole_steps(self, hidden: Bools) -> tuple[Ints, Ints]:
        """The whole changes (k x counts) that touch `hidden` counts alone, and how many times each can be made."""
        inside = self._inside(hidden) & np.array(self._whole, dtype=np.bool_)
        return (
            np.rint(self._stacked[inside]).astype(np.int64),
            np.array(self._far)[inside].astype(np.int64),
        )

    def _inside(self, hidden: Bools) -> Bools:
        if len(self._stacked) < len(self._steps):
            self._stacked = np.vstack([self._stacked, *self._steps[len(self._stacked) :]])
        return np.asarray(~(np.abs(self._stacked[:, ~hidden]) > _TINY).any(axis=1), dtype=np.bool_)

    def _farthest(self, change: Floats, whole: bool) -> float:
        """How many times the change can be made from the true table: 0 where it breaks a tie."""
        pulled = self._system.ties @ change
        if (np.abs(pulled[self._equal]) > (0 if whole else _TINY)).any():
            return 0.0
        values = self._system.values
        down, loose = change < -_TINY, ~self._equal
        up, low = loose & (pulled > _TINY), loose & (pulled < -_TINY)
        limits = (
            values[down] / -change[down],
            self._above[up] / pulled[up],
            self._below[low] / pulled[low],
            [self._system.ceiling / max(1.0, float(np.abs(change).max(initial=0.0)))],
        )
        return float(min(np.min(each, initial=np.inf) for each in limits))


def _smallest_whole(change: Floats) -> Floats | None:
    """The change scaled to its smallest whole step; None where there is no simple one."""
    size = np.abs(change)
    least = size[size > _TINY].min(initial=np.inf)
    if not np.isfinite(least):
        return None
    for scale in (1.0, least):
        step = np.rint(change / scale)
        if (
            np.abs(change / scale - step).max() < _TINY * _LARGEST_STEP
            and np.abs(step).max() < _LARGEST_STEP**2
        ):
            common = int(np.gcd.reduce(step.astype(np.int64)))
            return np.asarray(step / max(common, 1), dtype=np.float64)
    return None
