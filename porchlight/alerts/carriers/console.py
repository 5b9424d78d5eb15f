"""The carrier of someone who is trying things at a terminal: it prints what would be sent, on this machine alone."""

from __future__ import annotations

import itertools
import sys
from typing import TextIO

from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Receipt, ReceiptState

_numbers = itertools.count(1)


class ConsoleCarrier:
    """Takes every text, and says at once that it was delivered."""

    def __init__(self, *, show_text: bool, out: TextIO | None = None) -> None:
        """`show_text` is for practice alone: on any other site a text belongs to whoever gets it, not to a log."""
        self._show_text = show_text
        self._out = out or sys.stdout
        self._hear: Hear | None = None

    async def open(self, hear: Hear) -> None:
        """From now on call `hear` for each text."""
        self._hear = hear

    async def submit(self, outgoing: Outgoing) -> Outcome:
        """Print one text, its number masked."""
        if self._hear is None:
            raise RuntimeError("open() first")
        message_id = f"console-{next(_numbers)}"
        words = f": {outgoing.text}" if self._show_text else ""
        self._out.write(f"text to …{outgoing.to[-2:]}, {outgoing.segments} segment(s){words}\n")
        self._out.flush()
        self._hear(Receipt(message_id, ReceiptState.DELIVERED))
        return Accepted(message_id)

    async def close(self) -> None:
        """Nothing is kept."""
        self._hear = None
