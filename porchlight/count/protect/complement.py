"""Complementary suppression: the least information to hide so that every need of every system is met.

The model and its cuts are those of Fischetti and Salazar (Management Science 47:7, 2001): choose what to hide at the
least loss; let attackers try; where one comes too close, add the inequality that its prices prove every safe choice
must satisfy; choose again. Whole-number attackers try last; a choice they break, and every choice that hides less, is
cut off. This ends at the least loss there is (within 0.01 %; 3 % of a large question). Where it does not end in
`rounds`, or learns next to nothing for some rounds, each open need is met by the cheapest change of the table that
meets it alone (Kelly, Golden and Assad, Networks 22:4, 1992), and what was hidden for nothing is shown again: safe,
and a little more is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from porchlight.count.protect.attackers import Reach, WholeNumbers, reach
from porchlight.count.protect.moves import Moves
from porchlight.count.protect.sensitive import Need
from porchlight.count.protect.settings import NotProtectable
from porchlight.count.protect.system import Bools, Floats, System

__all__ = ["Cut", "Task", "choose", "loss"]

_CLOSE = 1e-6
# How near the solver must come to the least loss of a round; to prove the last percents of a large question takes
# many times as long, and what it finds is nearly always the least already.
_GAP, _GAP_OF_LARGE, _LARGE = 1e-4, 0.03, 100
# Rounds that may end with nothing but the weakest cuts (they rule out one choice each), and those that may pass while
# the least loss rises by less than half a percent.
_WHOLE_ROUNDS, _LOOK_BACK, _LEAST_GAIN = 4, 6, 0.005


@dataclass(frozen=True)
class Task:
    """A system, its needs, and thereby one question to the solver; several share one choice of hidden counts.

    `moves` are the witnesses found so far, for the next choice and for the audit. `other` are the counts that this
    system alone is about: what is the same in an earlier one is met there.
    """

    system: System
    needs: tuple[Need, ...]
    moves: Moves
    other: Bools

    @classmethod
    def of(cls, system: System, needs: Sequence[Need], other: Bools) -> Task:
        """A task of which no witness is known yet."""
        return cls(system, tuple(needs), Moves(system), other)


@dataclass(frozen=True)
class Cut:
    """Of the counts, hide ones whose `gain` adds up to `least`."""

    gain: Floats
    least: float


def choose(tasks: Sequence[Task], hidden: Bools, allowed: Bools, rounds: int, cuts: list[Cut]) -> Bools:
    """What to hide: at least `hidden`, only `allowed` counts, until all needs of all tasks are met.

    `cuts` are those found so far for the same systems and no more needs than now; the new ones are added.
    Raises NotProtectable where even hiding all that is allowed does not meet a need.
    """
    forced = hidden.copy()
    price = loss(tasks[0].system)
    losses: list[float] = []
    by_whole = 0
    for _ in range(rounds):
        if cuts:
            cheapest = _cheapest(cuts, price, forced, allowed)
            if cheapest is None:
                break
            hidden = cheapest
            losses.append(float(price[hidden].sum()))
        found = [cut for task in tasks for cut in _linear_cuts(task, hidden)]
        if not found:
            found = [cut for task in tasks for cut in _whole_cuts(task, hidden)]
            by_whole += 1
        if not found:
            return hidden
        cuts.extend(found)
        if by_whole > _WHOLE_ROUNDS or _stalled(losses):
            break
    met = _meet_one_by_one(tasks, hidden, allowed, price)
    return _shed(tasks, met, met & ~hidden, price)


def _stalled(losses: Sequence[float]) -> bool:
    """Whether the last rounds found out next to nothing about the least loss."""
    return len(losses) > _LOOK_BACK and losses[-1] < losses[-1 - _LOOK_BACK] * (1 + _LEAST_GAIN)


def _shed(tasks: Sequence[Task], hidden: Bools, added: Bools, price: Floats) -> Bools:
    """Without those of the `added` counts that need not be hidden after all, the dearest first."""
    for at in sorted(np.flatnonzero(added).tolist(), key=lambda at: (-price[at], at)):
        fewer = hidden.copy()
        fewer[at] = False
        if not any(True for task in tasks for _ in _linear_cuts(task, fewer)) and not any(
            True for task in tasks for _ in _whole_cuts(task, fewer)
        ):
            hidden = fewer
    return hidden


def loss(system: System) -> Floats:
    """What is lost by hiding each count: one, and more the larger it is; ten times that for a total over everything."""
    general = np.array([1.0 if key.where else 10.0 for key in system.keys])
    return np.asarray(general * (1.0 + np.log2(1.0 + system.values)), dtype=np.float64)


def _met(attackers: WholeNumbers, need: Need) -> bool:
    if len(need.terms) == 1:
        return attackers.open(need.terms[0], range(need.low, need.high + 1))
    return attackers.reaches(need.terms, 1, need.high) and attackers.reaches(need.terms, -1, need.low)


def _linear_cuts(task: Task, hidden: Bools) -> Iterator[Cut]:
    blocks = task.system.blocks(hidden)
    ends = task.moves.ends(hidden)
    for need, step, goal in _directions(task):
        terms = list(need.terms)
        if (step * ends[:, terms].sum(axis=1)).max(initial=0.0) >= goal - _CLOSE:
            continue
        result = reach(task.system, blocks, terms, step, goal)
        task.moves.add(result.moves)
        ends = np.vstack([ends, result.moves])
        if result.far < goal - _CLOSE:
            yield _cut(result, goal)


def _directions(task: Task) -> Iterator[tuple[Need, int, int]]:
    for need in task.needs:
        truth = int(task.system.values[list(need.terms)].sum())
        if need.high > truth:
            yield need, 1, need.high - truth
        if need.low < truth:
            yield need, -1, truth - need.low


def _cut(result: Reach, goal: int) -> Cut:
    least = goal - result.fixed
    return Cut(np.minimum(result.gain, least), least)


def _whole_cuts(task: Task, hidden: Bools) -> Iterator[Cut]:
    """Whatever hides no more than a choice that fails, fails: something beyond it must be hidden."""
    attackers = WholeNumbers(task.system, hidden, task.moves)
    if any(not _met(attackers, need) for need in task.needs):
        yield Cut((~hidden).astype(float), 1.0)


def _cheapest(cuts: Sequence[Cut], price: Floats, forced: Bools, allowed: Bools) -> Bools | None:
    """The least loss that satisfies all cuts; None where the solver does not get there."""
    free = np.flatnonzero(allowed & ~forced & np.any([cut.gain > 0 for cut in cuts], axis=0))
    if not free.size:
        return None
    least = [cut.least - cut.gain[forced].sum() for cut in cuts]
    answer = optimize.milp(
        price[free],
        constraints=optimize.LinearConstraint(
            sparse.csr_array(np.array([cut.gain[free] for cut in cuts])), np.array(least) - _CLOSE, np.inf
        ),
        bounds=optimize.Bounds(0, 1),
        integrality=np.ones(free.size, dtype=np.int64),
        options={"node_limit": 20_000, "mip_rel_gap": _GAP if len(cuts) < _LARGE else _GAP_OF_LARGE},
    )
    if answer.x is None:
        return None
    hidden = forced.copy()
    hidden[free[answer.x > 0.5]] = True
    return hidden


def _meet_one_by_one(tasks: Sequence[Task], hidden: Bools, allowed: Bools, price: Floats) -> Bools:
    for task in tasks:
        ends = task.moves.ends(hidden)
        for need, step, goal in _directions(task):
            if (step * ends[:, list(need.terms)].sum(axis=1)).max(initial=0.0) >= goal - _CLOSE:
                continue
            result = reach(task.system, task.system.blocks(hidden), need.terms, step, goal)
            if result.far < goal - _CLOSE:
                hidden = hidden | _cheapest_change(task, need, step * goal, hidden, allowed, price)
                ends = task.moves.ends(hidden)
    for task in tasks:
        attackers = WholeNumbers(task.system, hidden, task.moves)
        for need in task.needs:
            if not _met(attackers, need):
                hidden = _opened(task, need, hidden, allowed, price)
                attackers = WholeNumbers(task.system, hidden, task.moves)
    return hidden


def _opened(task: Task, need: Need, hidden: Bools, allowed: Bools, price: Floats) -> Bools:
    truth = int(task.system.values[list(need.terms)].sum())
    for value in range(need.low, need.high + 1) if len(need.terms) == 1 else (need.low, need.high):
        if value != truth:
            hidden = hidden | _cheapest_change(task, need, value - truth, hidden, allowed, price)
    return hidden


def _cheapest_change(task: Task, need: Need, by: int, hidden: Bools, allowed: Bools, price: Floats) -> Bools:
    """The counts that change in the cheapest whole-number change of the table that moves the need's sum `by`.

    Raises NotProtectable where no table that agrees with what is public differs so.
    """
    system, count = task.system, len(task.system.keys)
    most = np.where(allowed, float(system.ceiling), 0.0)
    held = np.where(allowed, system.values, 0).astype(float)
    cost = np.where(hidden, 1e-4, price)
    target = np.isin(np.arange(count), need.terms).astype(float)[None, :]
    ties = sparse.vstack([system.ties, sparse.csr_array(target)], format="csr")
    truth = system.ties @ system.values
    several = len(need.terms) > 1  # a sum of several may go farther, one count must be able to be each number
    answer = optimize.milp(
        np.concatenate([cost, cost]),
        constraints=optimize.LinearConstraint(
            sparse.hstack([ties, -ties], format="csr"),
            np.append(system.low - truth, -np.inf if several and by < 0 else by),
            np.append(system.high - truth, np.inf if several and by > 0 else by),
        ),
        bounds=optimize.Bounds(0, np.concatenate([most, held])),
        integrality=np.ones(2 * count, dtype=np.int64),
    )
    if answer.x is None:
        key = system.keys[need.terms[0]]
        raise NotProtectable(
            f"{key.unit} {key.period} {dict(sorted(key.where)) or 'total'}: what is public already tells too much of "
            "this count, whatever else is hidden. Take the table it stands in out of this report, or the earlier "
            "figure or sentence that gives it away."
        )
    change = np.rint(answer.x[:count] - answer.x[count:])
    task.moves.add(change)
    return np.asarray(change != 0, dtype=np.bool_)
