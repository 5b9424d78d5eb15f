"""How finely estimates may be told, so that they narrow no hidden count.

No overlap of lists is ever published; but how many children one agency named, two, three or more is, and may be hidden.
An estimate is made from that, too. For each such hidden count, and for the lowest and the highest value that must stay
possible for it, there has to be another table of capture histories with that value, and with every published count as
it is, that gives the same numbers as told, all methods together: a witness that no attacker can rule out. Numbers are
rounded until there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Answer",
    "AuditedEstimates",
    "Question",
    "Rounded",
    "SelfTest",
    "questions",
    "rounded",
    "seal",
    "witness",
]

Counts: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

# Two digits at most: a third would claim more than any method knows.
_FINEST = 50


@dataclass(frozen=True)
class Rounded:
    """A number as it may be told: `value`, a multiple of `step`. `asked`: how many witnesses give the same."""

    value: int
    step: int
    asked: int


@dataclass(frozen=True)
class Answer:
    """What one method may say at one link threshold; `refused`: codes of the reasons to tell nothing."""

    method: str
    threshold: float
    number: Rounded | None = None
    low: Rounded | None = None
    high: Rounded | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelfTest:
    """The self-test of a method: of `lists` hidden lists that it could foretell, its interval held `held` numbers.

    `held` is None where a witness gives another answer, so that nothing is told.
    """

    method: str
    held: int | None
    lists: int


@dataclass(frozen=True)
class AuditedEstimates:
    """Estimates that may be published: `seal` alone makes one.

    `answers`: every method at the published `threshold`; `by_threshold`: the chosen `method` at each.
    """

    method: str
    threshold: float
    answers: tuple[Answer, ...]
    by_threshold: tuple[Answer, ...]
    tested: tuple[SelfTest, ...]
    sealed: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.sealed is not _SEAL:
            raise TypeError(
                "Only porchlight.count.protect makes AuditedEstimates: nothing unaudited is published."
            )


_SEAL = object()


def seal(
    method: str,
    threshold: float,
    answers: Iterable[Answer],
    by_threshold: Iterable[Answer],
    tested: Iterable[SelfTest],
    witnesses: Mapping[float, int],
) -> AuditedEstimates:
    """Seal estimates after a last look: every number told is rounded, and held against all witnesses of its threshold.

    `witnesses`: how many there are by threshold. Raises TypeError.
    """
    made = AuditedEstimates(method, threshold, tuple(answers), tuple(by_threshold), tuple(tested), _SEAL)
    for each in (*made.answers, *made.by_threshold):
        numbers = [number for number in (each.number, each.low, each.high) if number]
        if len(numbers) != (0 if each.refused else 3):
            raise TypeError(f"{each.method}: a number is told that was refused, or one is missing")
        if any(number.value % number.step or number.asked != witnesses[each.threshold] for number in numbers):
            raise TypeError(f"{each.method}: a number was not held against every witness")
    return made


@dataclass(frozen=True)
class Question:
    """Could as many children as `value` be named by lists of number `size` (3: three or more)?

    `others` are the sizes whose counts are hidden, too: children may be thought to be in those instead.
    """

    size: int
    value: int
    others: frozenset[int]


def questions(counts: Counts, hidden: frozenset[int], hide: int) -> tuple[Question, ...]:
    """What must stay possible of a table of capture histories (the unseen one left out).

    `hidden`: the sizes whose counts of children are not published. Each of them that is small, 1 to `hide`, must
    possibly be either.
    """
    held = {size: int(counts[_sizes(counts) == size].sum()) for size in sorted(hidden)}
    small = [size for size, children in held.items() if 0 < children <= hide]
    return tuple(Question(size, value, hidden - {size}) for size in small for value in (1, hide))


def witness(counts: Counts, question: Question, moved: Callable[[Counts], Floats]) -> Counts | None:
    """A table that answers the question and moves the numbers least; None: there is none.

    `counts` (histories, the unseen one left out); `moved` gives for (tables, histories) how far the numbers are from
    those of `counts`. Children are taken one by one from or to the sizes that are hidden, each time where it moves the
    numbers least.
    """
    sizes = _sizes(counts)
    now, mine, theirs = counts, sizes == question.size, np.isin(sizes, list(question.others))
    while (more := question.value - int(now[mine].sum())) != 0:
        sources, targets = (theirs, mine) if more > 0 else (mine, theirs)
        moves = [
            (one, other) for one in np.flatnonzero(sources & (now > 0)) for other in np.flatnonzero(targets)
        ]
        if not moves:
            return None
        tables = np.repeat(now[None, :], len(moves), axis=0)
        every = np.arange(len(moves))
        tables[every, [one for one, _ in moves]] -= 1
        tables[every, [other for _, other in moves]] += 1
        far = moved(tables)
        now = tables[int(np.where(np.isfinite(far), far, np.inf).argmin())]
    return now


def rounded(value: float, elsewhere: Iterable[float], way: str = "nearest") -> Rounded | None:
    """`value` on the finest scale on which all the numbers `elsewhere` are told alike; None: there is none.

    `way`: "nearest", or "down" and "up" for the ends of an interval, which is only ever made wider.
    """
    seen = list(elsewhere)
    if not math.isfinite(value) or value <= 0 or not all(math.isfinite(each) for each in seen):
        return None
    for step in _steps(value):
        told = _told(value, step, way)
        if all(_told(each, step, way) == told for each in seen):
            return Rounded(told, step, len(seen)) if told or way == "down" else None
    return None


def _steps(value: float) -> Iterator[int]:
    """1, 2, 5, 10, 20 ...: from one part in fifty of the value up to all of it."""
    digits = max(0, math.floor(math.log10(max(1.0, value / _FINEST))))
    for power in range(digits, digits + 3):
        for first in (1, 2, 5):
            step = first * 10**power
            if value / _FINEST <= step <= value:
                yield step


def _told(value: float, step: int, way: str) -> int:
    by = value / step
    return step * (
        math.floor(by) if way == "down" else math.ceil(by) if way == "up" else math.floor(by + 0.5)
    )


def _sizes(counts: Counts) -> Counts:
    return np.minimum([history.bit_count() for history in range(1, counts.size + 1)], 3)
