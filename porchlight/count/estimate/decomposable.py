"""Bayesian averaging over all decomposable graphs of lists (Madigan & York 1997, Biometrika 84:19-31).

Each graph says which lists go together; given one, the chance of the table for any number of unseen children has a
closed form (Dirichlet cells, the "hyper-Dirichlet" of Dawid & Lauritzen 1993). The prior of the number N is 1/N, of the
graphs equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from scipy.special import gammaln

from porchlight.count.estimate.table import Floats, Ints, Table

__all__ = ["FEWEST_LISTS", "MOST_LISTS", "Averaged", "average", "graphs", "unseen_grid"]

FEWEST_LISTS, MOST_LISTS = 3, 5
# As many unseen children as these times the observed are thought possible.
_TIMES = 30
_GRID = 1000
_MOST_NUMBERS = 150_000


@dataclass(frozen=True)
class Averaged:
    """The posterior of how many children there are: `totals` and `chances` (both: grid), and how much of it lies at
    the end of the grid. `graphs` of which each has a share in `shares`.
    """

    totals: Ints
    chances: Floats
    shares: Floats
    graphs: tuple[str, ...]

    @property
    def mean(self) -> float:
        return float(self.totals @ self.chances)

    def quantile(self, at: float) -> float:
        """The smallest total with at least this much of the posterior at or below it."""
        place = int(np.searchsorted(np.cumsum(self.chances), at))
        return float(self.totals[min(place, len(self.totals) - 1)])

    @property
    def at_the_end(self) -> float:
        return float(self.chances[-1])


def unseen_grid(observed: int, *, every: bool = False) -> Ints:
    """Numbers of unseen children from 1 to 30 times the observed: 1,000 spread evenly, or `every` one.

    Of more than 150,000 numbers not every one can be held for 822 graphs: then 1,000 are used all the same.
    """
    last = _TIMES * observed
    if last <= (_MOST_NUMBERS if every else _GRID):
        return np.arange(1, last + 1)
    return np.unique(np.rint(np.linspace(1, last, _GRID)).astype(np.int64))


def average(table: Table, unseen: Ints) -> Averaged:
    """The posterior over `unseen` (grid, whole numbers of children on no list); 3 to 5 lists."""
    lists = len(table.lists)
    of_set = {term: _margin(table, term, unseen) for term in range(1, 2**lists)}
    found = graphs(lists)
    totals = table.observed + unseen
    whole = -gammaln(totals + 1.0)  # the prior cells sum to one: lgamma(1) = 0
    log = np.empty((len(found), len(unseen)))
    for row, graph in enumerate(found):
        pieces = len(graph.cliques) - len(graph.separators)
        log[row] = sum(of_set[clique] for clique in graph.cliques) - sum(
            of_set[each] for each in graph.separators
        )
        log[row] += pieces * whole
    log += gammaln(totals + 1.0) - gammaln(unseen + 1.0) - np.log(totals)
    chances = np.exp(log - log.max())
    chances /= chances.sum()
    return Averaged(totals, chances.sum(axis=0), chances.sum(axis=1), tuple(graph.name for graph in found))


@dataclass(frozen=True)
class Graph:
    """A decomposable graph by its cliques and separators (sets of lists as bits; equal separators stand repeatedly)."""

    cliques: tuple[int, ...]
    separators: tuple[int, ...]

    @property
    def name(self) -> str:
        written = sorted(
            (
                "".join(str(at + 1) for at in range(each.bit_length()) if each >> at & 1)
                for each in self.cliques
            ),
            key=lambda text: (-len(text), text),
        )
        return f"[{','.join(written)}]"


@cache
def graphs(lists: int) -> tuple[Graph, ...]:
    """All decomposable graphs of 3 to 5 lists: 8, 61 or 822."""
    edges = list(combinations(range(lists), 2))
    found = []
    for bits in range(2 ** len(edges)):
        near = [0] * lists
        for at, (one, other) in enumerate(edges):
            if bits >> at & 1:
                near[one] |= 1 << other
                near[other] |= 1 << one
        graph = _decomposed(near)
        if graph:
            found.append(graph)
    return tuple(found)


def _decomposed(near: Sequence[int]) -> Graph | None:
    """Take out corners whose neighbours are all joined, one by one; None where none is left before the end."""
    left, cliques, taken = (1 << len(near)) - 1, list[int](), list[int]()
    while left:
        corner = next(
            (at for at in range(len(near)) if left >> at & 1 and _joined(near, near[at] & left)), None
        )
        if corner is None:
            return None
        around = near[corner] & left
        clique = around | 1 << corner
        if not any(clique & each == clique for each in cliques):
            cliques.append(clique)
            taken.append(around)
        left &= ~(1 << corner)
    return Graph(tuple(cliques), tuple(_separators(cliques)))


def _joined(near: Sequence[int], group: int) -> bool:
    return all(group & ~(near[at] | 1 << at) == 0 for at in range(len(near)) if group >> at & 1)


def _separators(cliques: Sequence[int]) -> list[int]:
    """Of a heaviest tree of the cliques (Prim), whose links are the separators; empty ones join what is apart."""
    inside, outside, found = [cliques[0]], list(cliques[1:]), list[int]()
    while outside:
        shared, best = max(
            (((each & other), other) for each in inside for other in outside),
            key=lambda pair: pair[0].bit_count(),
        )
        inside.append(best)
        outside.remove(best)
        if shared:
            found.append(shared)
    return found


def _margin(table: Table, term: int, unseen: Ints) -> Floats:
    """(grid): the log chance of the table of some lists alone, up to what all graphs share."""
    inside = [at for at in range(len(table.lists)) if term >> at & 1]
    histories = np.arange(table.counts.size)
    place = sum((histories >> at & 1) << to for to, at in enumerate(inside))
    counts = np.bincount(place, weights=table.counts, minlength=2 ** len(inside))
    prior = 2.0 ** -len(inside)
    rest = (gammaln(counts[1:] + prior) - gammaln(prior)).sum()
    log: Floats = rest + gammaln(counts[0] + unseen + prior) - gammaln(prior)
    return log
