"""Pieces of pages that are rendered already, each known by the very values it shows.

A piece says nothing but its values, so it cannot grow old: a corrected number is another value, and another piece.
The values are facts, codes and addresses of our own; nothing a visitor typed is among them. All of it is in memory,
bounded, and gone with the process.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from django.utils.safestring import SafeString

MAX_BYTES = 4 << 20  # a worker's: about 3,000 pieces


class Fragments:
    """Rendered pieces by what they show, the ones used longest ago dropped first. Safe to use from any thread.

    `max_bytes` is of what was rendered; the values it is known by are nearly all those of Answers kept elsewhere.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, SafeString] = OrderedDict()

    def rendered(self, shows: Hashable, render: Callable[[], SafeString]) -> SafeString:
        """The piece that shows `shows`, rendered now if it is not held."""
        with self._lock:
            held = self._held.get(shows)
            if held is not None:
                self._held.move_to_end(shows)
                return held
        fresh = render()
        with self._lock:
            if shows not in self._held:
                self._held[shows] = fresh
                self._bytes += sys.getsizeof(fresh)
                self._drop()
        return fresh

    def limit(self, max_bytes: int) -> None:
        """Hold at most so many bytes from now on; 0 holds nothing."""
        with self._lock:
            self._max_bytes = max_bytes
            self._drop()

    def _drop(self) -> None:
        while self._bytes > self._max_bytes:
            _, dropped = self._held.popitem(last=False)
            self._bytes -= sys.getsizeof(dropped)


# The one of this process: every template that keeps a piece keeps it here.
FRAGMENTS = Fragments()
