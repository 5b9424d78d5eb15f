"""Three kinds of pairs: the same child, brothers and sisters, and strangers. How likely is each kind?

Two kinds are not enough for children: a twin shares last name, address and birth date, and an ordinary model that adds
up what agrees takes twins for one child. So the pairs that are not one child are themselves of two kinds: a mixture of
more than two classes, as in Larsen & Rubin (2001), "Iterative automated record linkage using mixture models", JASA 96,
32-41, doi:10.1198/016214501750332956. How brothers and sisters differ is learned from rows that stand in one report of
one list, for those are different children.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Ints", "Learned", "Patterns", "learn"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Patterns:
    """Pairs grouped by how they compare.

    `levels` (patterns x comparisons): which level, 0 is the best, -1 missing; `pairs` (patterns): how many pairs;
    `siblings` (patterns): how many of them stand in one report of one list under different names.
    `all_pairs`: of all rows, compared or not.
    """

    levels: Ints
    pairs: Ints
    siblings: Ints
    all_pairs: int


@dataclass(frozen=True)
class Learned:
    """Per comparison the probability of each level: `same` child, `household` (siblings), chance (`u`); and shares.

    `share_same` and `share_household` are of all pairs of rows (0 to 1).
    """

    same: tuple[Floats, ...]
    household: tuple[Floats, ...]
    chance: tuple[Floats, ...]
    share_same: float
    share_household: float
    rounds: int

    def log_odds(self, levels: Ints) -> tuple[Floats, Floats]:
        """Two arrays (patterns), in bits: the same child against strangers; brothers and sisters against strangers."""
        rest = 1 - self.share_same - self.share_household
        same = np.log2(self.share_same / rest) + _bits(levels, self.same, self.chance)
        if not self.share_household:
            return same, np.full(len(levels), -np.inf)
        household = np.log2(self.share_household / rest) + _bits(levels, self.household, self.chance)
        return same, household


def learn(
    patterns: Patterns,
    start: tuple[Floats, ...],
    chance: tuple[Floats, ...],
    own: tuple[bool, ...],
    *,
    rounds: int = 200,
) -> Learned:
    """Expectation-maximisation over all compared pairs; `chance` stays as Splink counted it.

    `start`: first guesses for the same child, per comparison and level. `own`: comparisons in which siblings differ
    by their nature; there their probabilities are counted from `patterns.siblings` and stay.
    """
    known = int(patterns.siblings.sum())
    share = known / patterns.all_pairs
    household = tuple(
        _of_siblings(patterns, column, u) if is_own else m.copy()
        for column, (m, u, is_own) in enumerate(zip(start, chance, own, strict=True))
    )
    now = Learned(start, household, chance, 1 / max(patterns.all_pairs**0.5, 2), share if known else 0.0, 0)
    for number in range(1, rounds + 1):
        after = _one_round(patterns, now, own, number)
        moved = abs(after.share_same / now.share_same - 1)
        now = after
        if moved < 1e-6:
            break
    return now


def _one_round(patterns: Patterns, now: Learned, own: tuple[bool, ...], number: int) -> Learned:
    same_bits, household_bits = now.log_odds(patterns.levels)
    top = np.maximum(np.maximum(same_bits, household_bits), 0)
    odds = np.exp2(np.stack([same_bits, household_bits, np.zeros_like(same_bits)]) - top)
    likely = odds / odds.sum(axis=0)
    # Different children stand in one report: these pairs cannot be the same child.
    free = patterns.pairs - patterns.siblings
    same, household = likely[0] * free, likely[1] * free + patterns.siblings
    return Learned(
        same=tuple(_shares(patterns.levels[:, c], same, u, now.same[c]) for c, u in enumerate(now.chance)),
        household=tuple(
            now.household[c] if own[c] else _shares(patterns.levels[:, c], household, u, now.household[c])
            for c, u in enumerate(now.chance)
        ),
        chance=now.chance,
        share_same=max(float(same.sum()), 0.5) / patterns.all_pairs,
        share_household=float(household.sum()) / patterns.all_pairs if now.share_household else 0.0,
        rounds=number,
    )


def _shares(levels: Ints, weights: Floats, chance: Floats, before: Floats) -> Floats:
    """The share of each level among the pairs that tell one; a pair of prior examples keeps every share above 0."""
    counts = np.bincount(levels + 1, weights, len(chance) + 1)[1:]
    if not counts.sum():
        return before
    shares: Floats = (counts + 0.5 * chance + 0.05) / (counts.sum() + 0.5 + 0.05 * len(chance))
    return shares


# How many strangers' pairs the pairs of siblings are mixed with, so that what no sibling showed stays possible.
_PRIOR = 4.0


def _of_siblings(patterns: Patterns, column: int, chance: Floats) -> Floats:
    counts = np.bincount(patterns.levels[:, column] + 1, patterns.siblings, len(chance) + 1)[1:]
    shares: Floats = (counts + _PRIOR * chance) / (counts.sum() + _PRIOR)
    return shares


def _bits(levels: Ints, these: tuple[Floats, ...], chance: tuple[Floats, ...]) -> Floats:
    total = np.zeros(len(levels))
    for column, (p, u) in enumerate(zip(these, chance, strict=True)):
        # The last place is for -1, missing: it tells nothing.
        total += np.append(np.log2(p / u), 0.0)[levels[:, column]]
    return total
