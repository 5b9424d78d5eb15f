"""Complementary suppression: the least information to hide so that every need of every system is met.

The model and its cuts are those of Fischetti and Salazar (Management Science 47:7, 2001): choose what to hide at the
least loss; let attackers try; where one comes too close, add the inequality that its prices prove every safe choice
must satisfy; choose again. Whole-number attackers try last; a choice they break, and every choice that hides less, is
cut off. This ends at the least loss there is (within 0.01 %). Past `rounds`, each open need is met by the cheapest
change of the table that meets it alone (Kelly, Golden and Assad, Networks 22:4, 1992): safe, but it may hide more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from porchlight.count.protect.attackers import Reach, WholeNumbers, reach
from porchlight.count.protect.sensitive import Need
from porchlight.count.protect.settings import NotProtectable
from porchlight.count.protect.system import Bools, Floats, System

__all__ = ["Task", "choose", "loss"]

_CLOSE = 1e-6


@dataclass(frozen=True)
class Task:
    """A system, its needs, and thereby one question to the solver; several share one choice of hidden counts."""

    system: System
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class _Cut:
    """Of the counts, hide ones whose `gain` adds up to `least`."""

    gain: Floats
    least: float


def choose(tasks: Sequence[Task], hidden: Bools, allowed: Bools, rounds: int) -> Bools:
    """What to hide: at least `hidden`, only `allowed` counts, until all needs of all tasks are met.

    Raises NotProtectable where even hiding all that is allowed does not meet a need.
    """
    forced = hidden.copy()
    price = loss(tasks[0].system)
    cuts: list[_Cut] = []
    for _ in range(rounds):
        found = _cuts(tasks, hidden)
        if not found:
            return hidden
        cuts.extend(found)
        chosen = _cheapest(cuts, price, forced, allowed)
        if chosen is None:
            break
        hidden = chosen
    _must_be_possible(tasks, allowed)
    return _meet_one_by_one(tasks, hidden, allowed, price)


def loss(system: System) -> Floats:
    """What is lost by hiding each count: one, and more the larger it is; ten times that for a total over everything."""
    general = np.array([1.0 if key.where else 10.0 for key in system.keys])
    return np.asarray(general * (1.0 + np.log2(1.0 + system.values)), dtype=np.float64)


def _must_be_possible(tasks: Sequence[Task], allowed: Bools) -> None:
    for task in tasks:
        attackers = WholeNumbers(task.system, allowed)
        for need in task.needs:
            if not _met(attackers, need):
                key = task.system.keys[need.terms[0]]
                raise NotProtectable(
                    f"{key.unit} {key.period} {dict(sorted(key.where)) or 'total'}: what is public already tells "
                    "too much of this count, whatever else is hidden. Take the table it stands in out of this "
                    "report, or the earlier figure or sentence that gives it away."
                )


def _met(attackers: WholeNumbers, need: Need) -> bool:
    if len(need.terms) == 1:
        # The ends first: what lies between the true table and the one found there need not be asked for.
        return all(
            attackers.possible(need.terms[0], value)
            for value in (need.low, need.high, *range(need.low + 1, need.high))
        )
    truth = sum(int(attackers.system.values[at]) for at in need.terms)
    up = truth >= need.high or attackers.furthest(need.terms, 1) >= need.high
    return up and (truth <= need.low or attackers.furthest(need.terms, -1) <= need.low)


def _cuts(tasks: Sequence[Task], hidden: Bools) -> list[_Cut]:
    """The cuts that linear attackers prove; where they prove none, those of the whole-number ones."""
    found = [cut for task in tasks for cut in _linear_cuts(task, hidden)]
    return found or [cut for task in tasks for cut in _whole_cuts(task, hidden)]


def _linear_cuts(task: Task, hidden: Bools) -> Iterator[_Cut]:
    blocks = task.system.blocks(hidden)
    moves: list[Floats] = []
    for need, step, goal in _directions(task):
        terms = list(need.terms)
        if any(step * move[terms].sum() >= goal - _CLOSE for move in moves):
            continue
        result = reach(task.system, blocks, terms, step, goal)
        if result.far >= goal - _CLOSE:
            moves.append(result.moves)
        else:
            yield _cut(result, goal)


def _directions(task: Task) -> Iterator[tuple[Need, int, int]]:
    for need in task.needs:
        truth = int(task.system.values[list(need.terms)].sum())
        if need.high > truth:
            yield need, 1, need.high - truth
        if need.low < truth:
            yield need, -1, truth - need.low


def _cut(result: Reach, goal: int) -> _Cut:
    least = goal - result.fixed
    return _Cut(np.minimum(result.gain, least), least)


def _whole_cuts(task: Task, hidden: Bools) -> Iterator[_Cut]:
    """Whatever hides no more than a choice that fails, fails: something beyond it must be hidden."""
    attackers = WholeNumbers(task.system, hidden)
    if any(not _met(attackers, need) for need in task.needs):
        yield _Cut((~hidden).astype(float), 1.0)


def _cheapest(cuts: Sequence[_Cut], price: Floats, forced: Bools, allowed: Bools) -> Bools | None:
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
        options={"node_limit": 20_000, "mip_rel_gap": 1e-4},
    )
    if answer.x is None:
        return None
    hidden = forced.copy()
    hidden[free[answer.x > 0.5]] = True
    return hidden


def _meet_one_by_one(tasks: Sequence[Task], hidden: Bools, allowed: Bools, price: Floats) -> Bools:
    for task in tasks:
        for need, step, goal in _directions(task):
            result = reach(task.system, task.system.blocks(hidden), need.terms, step, goal)
            if result.far < goal - _CLOSE:
                hidden = hidden | _cheapest_change(task.system, need, step * goal, hidden, allowed, price)
    for task in tasks:
        for need in task.needs:
            hidden = _meet_whole(task.system, need, hidden, allowed, price)
    return hidden


def _meet_whole(system: System, need: Need, hidden: Bools, allowed: Bools, price: Floats) -> Bools:
    attackers = WholeNumbers(system, hidden)
    if _met(attackers, need):
        return hidden
    truth = int(system.values[list(need.terms)].sum())
    for value in range(need.low, need.high + 1):
        if value != truth:
            hidden = hidden | _cheapest_change(system, need, value - truth, hidden, allowed, price)
    return hidden


def _cheapest_change(
    system: System, need: Need, by: int, hidden: Bools, allowed: Bools, price: Floats
) -> Bools:
    """The counts that change in the cheapest whole-number change of the table that moves the need's sum `by`."""
    count = len(system.keys)
    most = np.where(allowed, float(system.ceiling), 0.0)
    held = np.where(allowed, system.values, 0).astype(float)
    cost = np.where(hidden, 1e-4, price)
    target = np.isin(np.arange(count), need.terms).astype(float)[None, :]
    ties = sparse.vstack([system.ties, sparse.csr_array(target)], format="csr")
    truth = system.ties @ system.values
    answer = optimize.milp(
        np.concatenate([cost, cost]),
        constraints=optimize.LinearConstraint(
            sparse.hstack([ties, -ties], format="csr"),
            np.append(system.low - truth, by),
            np.append(system.high - truth, by),
        ),
        bounds=optimize.Bounds(0, np.concatenate([most, held])),
        integrality=np.ones(2 * count, dtype=np.int64),
    )
    if answer.x is None:
        raise NotProtectable(f"{system.keys[need.terms[0]]}: no other table agrees with what is public.")
    return np.asarray((answer.x[:count] > 0.5) | (answer.x[count:] > 0.5), dtype=np.bool_)
