"""Hierarchical log-linear models: which interactions of lists each holds, and how they are written.

A term is a set of lists, as the bits of a number; the log of the mean of a history is the sum of the terms that are
part of it. A model that holds a term holds all its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations

import numpy as np

from porchlight.count.estimate.table import Bools

__all__ = ["candidates", "name", "pairs", "terms"]


@cache
def terms(lists: int, order: int) -> tuple[int, ...]:
    """The empty term, the lists, and the interactions of up to `order` lists, smaller ones first."""
    sizes = range(min(order, lists) + 1)
    return tuple(
        sum(1 << at for at in chosen) for size in sizes for chosen in combinations(range(lists), size)
    )


def pairs(lists: int) -> tuple[int, ...]:
    """The interactions of two lists: 12, 13, ..., 23, ..."""
    return tuple(term for term in terms(lists, 2) if term.bit_count() == 2)


def name(model: Iterable[int]) -> str:
    """A model by its largest terms, lists numbered from 1: "[123,25,34]"; with ten lists "[1.10,2]"."""
    held = [term for term in model if term]
    largest = [term for term in held if not any(term != other and term & other == term for other in held)]
    largest.sort(key=lambda term: (-term.bit_count(), _lists_of(term)))
    between = "" if max(held).bit_length() < 10 else "."
    return f"[{','.join(between.join(str(at + 1) for at in _lists_of(term)) for term in largest)}]"


@cache
def candidates(lists: int, order: int) -> Bools:
    """(models, terms): every hierarchical model that holds all lists and no term above `order`."""
    column = {term: at for at, term in enumerate(terms(lists, order))}
    models = list(_grown(frozenset(terms(lists, 1)), lists, 2, order))
    found = np.zeros((len(models), len(column)), np.bool_)
    for row, model in enumerate(models):
        found[row, [column[term] for term in model]] = True
    return found


def _grown(model: frozenset[int], lists: int, size: int, order: int) -> Iterator[frozenset[int]]:
    """The model with each choice of terms of `size` lists whose parts it holds, and those grown further."""
    possible = [
        term
        for term in terms(lists, size)
        if term.bit_count() == size and size <= order and _parts(term) <= model
    ]
    for chosen in _choices(possible):
        # Larger terms need the new ones: without any there are none.
        yield from _grown(model | set(chosen), lists, size + 1, order) if chosen else (model,)


def _choices(of: list[int]) -> Iterator[tuple[int, ...]]:
    for size in range(len(of) + 1):
        yield from combinations(of, size)


def _parts(term: int) -> set[int]:
    return {term & ~(1 << at) for at in _lists_of(term)}


def _lists_of(term: int) -> list[int]:
    return [at for at in range(term.bit_length()) if term >> at & 1]
