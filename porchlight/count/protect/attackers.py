"""Attackers: given what is published, how low and how high can a hidden count, or a sum of them, be?

Two kinds. `reach` is the linear one, quick, and tells which counts stood in its way (for the solver's cuts). The
whole-number ones (`WholeNumbers`) know besides that children come in ones; they have the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize, sparse

from porchlight.count.protect.system import Block, Bools, Floats, Ints, System

__all__ = ["Reach", "WholeNumbers", "reach"]

_TINY = 1e-7


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


@dataclass
class WholeNumbers:
    """Attackers who know that counts are whole numbers, against one choice of `hidden` counts.

    Every table they find that agrees with what is published is a witness of the value of each hidden count in it;
    `seen` keeps these, so that a question a witness answers is not asked again. `attacks` counts questions solved.
    """

    system: System
    hidden: Bools
    attacks: int = 0
    _seen: dict[int, set[int]] = field(default_factory=dict)
    _blocks: dict[int, Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._blocks = self.system.blocks(self.hidden)
        self._seen = {at: {int(self.system.values[at])} for at in self._blocks}

    def possible(self, at: int, value: int) -> bool:
        """Whether the count at position `at` can be exactly `value` for all that is published."""
        if at not in self._blocks:
            return bool(self.system.values[at] == value)
        if value in self._seen[at]:
            return True
        return self._ask(self._blocks[at], np.zeros(0), {at: (value, value)}) is not None

    def furthest(self, terms: Sequence[int], step: int) -> int:
        """The lowest (`step` -1) or highest (1) whole number the sum of `terms` can be; capped where unbounded."""
        total = sum(int(self.system.values[at]) for at in terms if at not in self._blocks)
        for block in _touched(self._blocks, terms):
            inside = np.isin(block.columns, terms)
            found = self._ask(block, -step * inside.astype(float), {})
            if found is None:
                raise ArithmeticError(
                    "the published counts agree with no whole numbers, not even the true ones"
                )
            total += int(found[inside].sum())
        return total

    def unbounded(self, value: int) -> bool:
        """Whether a value that `furthest` gave means that nothing published bounds it."""
        return value > 4 * self.system.bound

    def _ask(self, block: Block, cost: Floats, fixed: dict[int, tuple[int, int]]) -> Ints | None:
        self.attacks += 1
        values = self.system.values[block.columns]
        low, high = np.zeros(values.size), np.full(values.size, float(self.system.ceiling))
        for at, (least, most) in fixed.items():
            here = int(np.searchsorted(block.columns, at))
            low[here], high[here] = least, most
        held = block.ties @ values
        answer = optimize.milp(
            cost if cost.size else np.zeros(values.size),
            constraints=optimize.LinearConstraint(block.ties, block.slack_low + held, block.slack_high + held)
            if block.rows.size
            else (),
            bounds=optimize.Bounds(low, high),
            integrality=np.ones(values.size, dtype=np.int64),
        )
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise ArithmeticError(f"the whole-number solver gave no answer: {answer.message}")
        found: Ints = np.rint(answer.x).astype(np.int64)
        self._remember(block, found, values)
        return found

    def _remember(self, block: Block, found: Ints, values: Ints) -> None:
        """A table between the true one and the found one, in equal whole steps, is a witness, too."""
        change = found - values
        steps = int(np.gcd.reduce(change)) if change.any() else 0
        one = change // steps if steps else change
        for step in range(1, min(steps, 64) + 1):
            for at, value in zip(block.columns.tolist(), (values + one * step).tolist(), strict=True):
                self._seen[at].add(value)
        for at, value in zip(block.columns.tolist(), found.tolist(), strict=True):
            self._seen[at].add(value)
