"""Transactions that the database may give up: PostgreSQL ends one of two that wait for each other.

A STOP and a pump's turn may each hold what the other needs. The pump tries again by itself; so must whoever takes a
STOP, or someone who said it would go on getting texts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

# PostgreSQL's codes, appendix A of its manual: serialization_failure, deadlock_detected.
_GIVEN_UP = frozenset({"40001", "40P01"})
_MOST_TRIES = 8

P = ParamSpec("P")
T = TypeVar("T")


def retried(work: Callable[P, T]) -> Callable[P, T]:
    """Do `work` again when the database gave its transaction up; it must be one whole transaction and nothing else.

    Inside of another transaction it is that one that was given up: then whoever began it is told.
    """

    @functools.wraps(work)
    def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_MOST_TRIES - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                given_up = getattr(error.__cause__, "sqlstate", None) in _GIVEN_UP
                if not given_up or connection.in_atomic_block:
                    raise
        return work(*args, **kwargs)

    return whole
