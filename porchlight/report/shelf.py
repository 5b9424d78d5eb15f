"""Answers that are rendered already: bytes that hold until the next opening, closing, day, or change of the facts.

Nothing that a visitor typed is kept: a question is known by resolved codes alone, and a jurisdiction or county and a
worry say nothing about who asked. All of it is in memory, bounded, and gone with the process.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from porchlight.facts import Facts

MAX_BYTES = 32 << 20  # a worker's: about 1,500 pages for people, or 1,200 Answers as JSON


@dataclass(frozen=True, slots=True)
class Question:
    """What a rendered answer depends on besides the facts and the moment: codes only.

    `porch` names what was rendered ("json"); `setup` is whatever else of the site it shows, the same for every visitor.
    """

    porch: str
    language: str
    jurisdiction: str | None
    county_fips: str | None = None
    note: str | None = None
    concern: str | None = None
    role: str | None = None
    setup: Hashable = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was sent, and the times (UTC) from which and before which it is true."""

    body: bytes
    etag: str
    since: dt.datetime
    until: dt.datetime


class Shelf:
    """Rendered answers by question, the ones asked longest ago dropped first. Safe to use from any thread."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._facts: Facts | None = None
        self._held: OrderedDict[Question, Rendered] = OrderedDict()

    def rendered(
        self, question: Question, facts: Facts, at: dt.datetime, render: Callable[[], Rendered]
    ) -> Rendered:
        """The answer that was rendered before and is true at `at` on these very `facts`, else a new one."""
        with self._lock:
            if facts is not self._facts:
                self._clear(facts)
            held = self._held.get(question)
            # A clock that was set back must not find what is true only later.
            if held is not None and held.since <= at < held.until:
                self._held.move_to_end(question)
                return held
        fresh = render()
        with self._lock:
            if facts is self._facts:
                self._keep(question, fresh)
        return fresh

    def limit(self, max_bytes: int) -> None:
        """Hold at most so many bytes from now on; 0 holds nothing."""
        with self._lock:
            self._max_bytes = max_bytes
            self._drop()

    def _clear(self, facts: Facts) -> None:
        self._held.clear()
        self._bytes = 0
        self._facts = facts

    def _keep(self, question: Question, fresh: Rendered) -> None:
        old = self._held.pop(question, None)
        self._bytes += len(fresh.body) - (len(old.body) if old is not None else 0)
        self._held[question] = fresh
        self._drop()

    def _drop(self) -> None:
        while self._bytes > self._max_bytes:
            _, dropped = self._held.popitem(last=False)
            self._bytes -= len(dropped.body)


# The one of this process: every porch that keeps what it rendered keeps it here.
SHELF = Shelf()
