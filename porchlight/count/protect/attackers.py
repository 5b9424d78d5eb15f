"""Attackers: given what is published, how low and how high can a hidden count, or a sum of them, be?

Two kinds. `reach` is the linear one, quick, and tells which counts stood in its way (for the solver's cuts). The
whole-number ones (`WholeNumbers`) know besides that children come in ones; they have the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from porchlight.count.protect.bounds import bounds
from porchlight.count.protect.moves import Moves
from porchlight.count.protect.system import Block, Bools, Floats, Ints, System

__all__ = ["Reach", "WholeNumbers", "reach"]

_TINY = 1e-7
_ROUNDED = 1e-4


@dataclass(frozen=True)
class Reach:
    """How far a linear attacker can move a sum (`far`), and who holds it there: a bound on what hiding more gives.

    Whatever is hidden, the sum moves by at most `fixed` + the sum of `gain` over the hidden counts.
    `moves`: the change of every count that moved it so far.
    """

    far: float
    fixed: float
    gain: Floats
    moves: Floats


def reach(system: System, blocks: dict[int, Block], terms: Sequence[int], step: int, goal: int) -> Reach:
    """Move the sum of `terms` up (`step` 1) or down (-1) as far as `goal`, hidden counts staying at or above zero."""
    moves = np.zeros(len(system.keys))
    prices = np.zeros(system.ties.shape[0])
    far = fixed = 0.0
    for block in _touched(blocks, terms):
        wish = step * np.isin(block.columns, terms).astype(float)
        change, price, spent = _solve(block, wish, system.values[block.columns], goal)
        moves[block.columns] = change
        prices[block.rows] = price
        far += float(wish @ change)
        fixed += spent
    pull = -(system.ties.T @ prices)
    pull[list(terms)] += step
    pull[np.abs(pull) < _TINY] = 0.0
    gain = np.where(pull > 0, np.inf, -pull * system.values)
    gain[pull == 0] = 0.0
    return Reach(far, fixed, gain, moves)


def _touched(blocks: dict[int, Block], terms: Iterable[int]) -> list[Block]:
    unique = {id(blocks[at]): blocks[at] for at in terms if at in blocks}
    return list(unique.values())


def _solve(block: Block, wish: Floats, values: Ints, goal: int) -> tuple[Floats, Floats, float]:
    """The furthest change of a block's counts, the price of each tie, and what the ties' own slack gave."""
    equal = block.slack_low == block.slack_high
    loose = np.flatnonzero(~equal)
    above, below = loose[np.isfinite(block.slack_high[loose])], loose[np.isfinite(block.slack_low[loose])]
    limits = sparse.vstack(
        [sparse.csr_array(wish[None, :]), block.ties[above], -block.ties[below]], format="csr"
    )
    limits_at = np.concatenate([[goal], block.slack_high[above], -block.slack_low[below]])
    firm = np.flatnonzero(equal)
    answer = optimize.linprog(
        -wish,
        A_ub=limits,
        b_ub=limits_at,
        A_eq=block.ties[firm] if firm.size else None,
        b_eq=np.zeros(firm.size) if firm.size else None,
        bounds=np.column_stack([-values.astype(float), np.full(values.size, np.inf)]),
        method="highs",
    )
    if answer.status != 0:
        raise ArithmeticError(f"the linear solver gave no answer: {answer.message}")
    prices = np.zeros(block.rows.size)
    if firm.size:
        prices[firm] = -answer.eqlin.marginals
    pressed = -answer.ineqlin.marginals[1:]
    np.add.at(prices, above, pressed[: above.size])
    np.add.at(prices, below, -pressed[above.size :])
    spent = float(pressed @ limits_at[1:])
    return answer.x, prices, spent


class WholeNumbers:
    """Attackers who know that counts are whole numbers, against one choice of `hidden` counts.

    Every table they find that agrees with what is published is a witness of the value of each hidden count in it, so
    that a question a witness answers is not asked again; `moves` are kept for the next choice. They may know besides
    that no count at `not_small` is one of the `small` numbers.
    """

    def __init__(
        self,
        system: System,
        hidden: Bools,
        moves: Moves | None = None,
        not_small: frozenset[int] = frozenset(),
        small: range = range(0),
    ) -> None:
        self.system, self.hidden = system, hidden
        self._moves = moves or Moves(system)
        self._not_small, self._small = not_small, small
        self._blocks = system.blocks(hidden)
        self._low, self._high = bounds(system, hidden)
        truth = [int(each) for each in system.values] if self._allowed(system.values) else None
        self._seen: dict[int, set[int]] = {at: {truth[at]} if truth else set() for at in self._blocks}
        self._never: set[tuple[int, int]] = set()
        steps, times = self._moves.whole_steps(hidden)
        # The farthest table along each change that is known.
        self._ends = [system.values]
        for step, far in zip(steps, times.tolist(), strict=True):
            self._see(step, far)

    def possible(self, at: int, value: int) -> bool:
        """Whether the count at position `at` can be exactly `value` for all that is published."""
        if at not in self._blocks:
            return bool(self.system.values[at] == value)
        if value in self._seen[at]:
            return True
        if not self._low[at] <= value <= self._high[at] or (at, value) in self._never:
            return False
        found = self._ask(self._blocks[at], (), 0, {at: value}) is not None
        if not found:
            self._never.add((at, value))
        return found

    def open(self, at: int, values: range) -> bool:
        """Whether the count at `at` can be each of `values`; the ends first, which may be witness of the rest."""
        ends = dict.fromkeys((values[0], values[-1], *values))
        return all(self.possible(at, value) for value in ends)

    def reaches(self, terms: Sequence[int], step: int, goal: int) -> bool:
        """Whether the sum of `terms` can be as high as `goal` (step 1), or as low (-1)."""
        inside = list(terms)
        known = any(step * int(end[inside].sum()) >= step * goal for end in self._ends)
        return known or step * self.furthest(terms, step) >= step * goal

    def furthest(self, terms: Sequence[int], step: int) -> int:
        """The lowest (`step` -1) or highest (1) whole number the sum of `terms` can be; capped where unbounded."""
        if len(terms) == 1 and terms[0] in self._blocks:
            end = int(self._high[terms[0]] if step > 0 else self._low[terms[0]])
            if end in self._seen[terms[0]]:
                return end
        total = sum(int(self.system.values[at]) for at in terms if at not in self._blocks)
        for block in _touched(self._blocks, terms):
            found = self._ask(block, terms, step, {})
            if found is None:
                raise ArithmeticError(
                    "what is published agrees with no whole numbers, not even the true ones"
                )
            total += int(found[np.isin(block.columns, terms)].sum())
        if len(terms) == 1 and terms[0] in self._blocks:
            (self._high if step > 0 else self._low)[terms[0]] = total
        return total

    def unbounded(self, value: int) -> bool:
        """Whether a value that `furthest` gave means that nothing published bounds it."""
        return value > 4 * self.system.bound

    def _ask(self, block: Block, terms: Sequence[int], step: int, fixed: dict[int, int]) -> Ints | None:
        """A table of the block, some counts `fixed`, with the sum of `terms` as far as it goes in `step`."""
        columns = block.columns
        values = self.system.values[columns]
        low, high = (self._low[columns] - values).astype(float), (self._high[columns] - values).astype(float)
        for at, value in fixed.items():
            here = np.searchsorted(columns, at)
            low[here] = high[here] = value - values[here]
        answer = _solved(
            [(block.ties, block.slack_low, block.slack_high), *self._kept_large(columns, values)],
            -step * np.isin(columns, terms).astype(float),
            low,
            high,
        )
        if answer is None:
            return None
        moved = np.rint(answer[: columns.size])
        change = np.zeros(len(self.system.keys), dtype=np.int64)
        change[columns] = moved.astype(np.int64)
        # The solver reckons in fractions: what it found counts only as far as its whole numbers agree, too.
        pulled = block.ties @ moved
        agrees = (pulled >= block.slack_low - _ROUNDED).all() and (
            pulled <= block.slack_high + _ROUNDED
        ).all()
        if not agrees or not self._allowed(self.system.values + change):
            return None
        self._remember(change)
        found: Ints = values + change[columns]
        return found

    def _kept_large(self, columns: Ints, values: Ints) -> Iterator[_Limit]:
        """What keeps each count that is not small at zero, or above the small numbers (a further column: 0 or 1)."""
        split = np.flatnonzero(np.isin(columns, list(self._not_small)))
        if not split.size:
            return
        held = values[split].astype(float)
        places = (np.arange(split.size), split)
        rows = sparse.csr_array((np.ones(split.size), places), shape=(split.size, columns.size))
        if 0 in self._small:
            yield rows, self._small.stop - held, np.full(split.size, np.inf)
            return
        large = sparse.eye_array(split.size)
        yield sparse.hstack([rows, -large * self._small.stop]), -held, np.full(split.size, np.inf)
        # Where nothing bounds a count, high enough will do; far higher, and 0 or 1 would blur.
        most = np.minimum(self._high[columns[split]], 8 * self.system.bound)
        ceiling = sparse.diags_array(most.astype(float))
        yield sparse.hstack([rows, -ceiling]), np.full(split.size, -np.inf), -held

    def _remember(self, change: Ints) -> None:
        """Tables on the way from the true one to the found one are witnesses, too."""
        self._moves.add(change.astype(float))
        self._see(change, 1)
        for step in self._moves.walk(change):
            self._see(step, 1)

    def _see(self, step: Ints, far: int) -> None:
        for times in {*range(1, min(far, _STEPS) + 1), far}:
            reached = self.system.values + step * times
            if self._allowed(reached):
                self._ends += [reached] if times == far else []
                for at in np.flatnonzero(step).tolist():
                    self._seen[at].add(int(reached[at]))

    def _allowed(self, counts: Ints) -> bool:
        return not any(int(counts[at]) in self._small for at in self._not_small)


_Limit = tuple[sparse.sparray, Floats, Floats]


def _solved(limits: Sequence[_Limit], cost: Floats, least: Floats, most: Floats) -> Floats | None:
    """The cheapest whole numbers within all limits, which may have further columns of 0 or 1; None: there are none."""
    limits = [each for each in limits if each[0].shape[0]]
    width = max((rows.shape[1] for rows, _, _ in limits), default=cost.size)
    more = width - cost.size
    answer = optimize.milp(
        np.append(cost, np.zeros(more)),
        constraints=[
            optimize.LinearConstraint(_widened(rows, width), low, high) for rows, low, high in limits
        ],
        bounds=optimize.Bounds(np.append(least, np.zeros(more)), np.append(most, np.ones(more))),
        integrality=np.ones(width, dtype=np.int64),
    )
    if answer.status == 2:
        return None
    if answer.status != 0:
        raise ArithmeticError(f"the whole-number solver gave no answer: {answer.message}")
    return np.asarray(answer.x, dtype=np.float64)


def _widened(rows: sparse.sparray, width: int) -> sparse.csr_array:
    empty = sparse.csr_array((rows.shape[0], width - rows.shape[1]))
    return sparse.hstack([rows, empty], format="csr")


# So many whole steps along one change are written down as witnesses, one by one.
_STEPS = 64
