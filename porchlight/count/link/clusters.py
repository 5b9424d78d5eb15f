"""From scored pairs to children: which rows belong together, at several thresholds at once.

Pairs are taken from the likeliest down, so the groups at a higher threshold are always parts of those at a lower one.
Two groups are never joined when a row of the one is known to be another child than a row of the other, nor when the
compared pairs between them, taken together, speak against it: else one row without a birth date would chain brothers
and sisters into one child.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from porchlight.count.link.mixture import Floats, Ints

__all__ = ["Edges", "connected", "groups"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Edges:
    """Compared pairs of rows, each once: the rows' numbers `left` and `right`, and `odds` (log2) of one child.

    `apart`: known to be two children. `together`: known to be one. All arrays (pairs).
    """

    left: Ints
    right: Ints
    odds: Floats
    apart: Bools
    together: Bools


def groups(rows: int, edges: Edges, thresholds: Sequence[float]) -> Mapping[float, Ints]:
    """For each threshold (log2 of odds) every row's group (rows), told as the smallest row number in it."""
    lowest = _joined(rows, edges, _joins(edges, min(thresholds)))
    inside = lowest[edges.left] == lowest[edges.right]
    against = inside & ~edges.together & (edges.apart | (edges.odds < 0))
    doubted = np.zeros(rows, np.bool_)
    doubted[lowest[edges.left[against]]] = True
    tangled = inside & doubted[lowest[edges.left]]
    found = {at: _joined(rows, edges, _joins(edges, at) & ~tangled) for at in thresholds}
    for at, joined in _step_by_step(edges, np.flatnonzero(tangled), sorted(thresholds, reverse=True)):
        for row, group in joined.items():
            found[at][row] = group
    return found


def _joins(edges: Edges, threshold: float) -> Bools:
    joins: Bools = edges.together | ((edges.odds >= threshold) & ~edges.apart)
    return joins


def _joined(rows: int, edges: Edges, chosen: Bools) -> Ints:
    return connected(rows, edges.left[chosen], edges.right[chosen])


def connected(rows: int, left: Ints, right: Ints) -> Ints:
    """Every row's group (rows), told as the smallest row number that pairs of `left` and `right` lead to."""
    graph = sparse.coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(rows, rows))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    first = np.empty(rows, np.int64)
    first[label[::-1]] = np.arange(rows)[::-1]  # of several rows the last one written stays: the smallest
    return np.asarray(first[label], np.int64)


def _step_by_step(
    edges: Edges, chosen: Ints, falling: Sequence[float]
) -> Iterator[tuple[float, Mapping[int, int]]]:
    """Join the rows of `chosen` pairs one pair at a time; what has come of it at each of the `falling` thresholds."""
    known = _between(edges, chosen)
    members: dict[int, list[int]] = {row: [row] for pair in known for row in pair}
    group = {row: row for row in members}
    # Stable, so that pairs of equal odds keep the order of their rows.
    order = sorted(known, key=lambda pair: (-known[pair], pair))
    at = 0
    for threshold in falling:
        while at < len(order) and known[order[at]] >= threshold:
            one, other = sorted((group[order[at][0]], group[order[at][1]]))
            if one != other and _agree(known, members[one], members[other]):
                moved = members.pop(other)
                members[one] += moved
                group.update(dict.fromkeys(moved, one))
            at += 1
        yield threshold, dict(group)


# What is known for certain weighs more than any number of compared pairs.
_CERTAIN = 1e6
# No single compared pair outvotes all others.
_MOST = 20.0


def _between(edges: Edges, chosen: Ints) -> dict[tuple[int, int], float]:
    odds = np.clip(edges.odds[chosen], -_MOST, _MOST)
    odds = np.where(edges.apart[chosen], -_CERTAIN, odds)
    odds = np.where(edges.together[chosen], _CERTAIN, odds)
    pairs = zip(edges.left[chosen].tolist(), edges.right[chosen].tolist(), strict=True)
    return {(min(pair), max(pair)): value for pair, value in zip(pairs, odds.tolist(), strict=True)}


def _agree(known: Mapping[tuple[int, int], float], ones: Sequence[int], others: Sequence[int]) -> bool:
    told = [known.get((min(one, other), max(one, other)), 0.0) for one in ones for other in others]
    # A person's "same" stands against everything but a person's "different", and marks do not contradict each other.
    return max(told) >= _CERTAIN or (min(told) > -_CERTAIN and sum(told) >= 0)
