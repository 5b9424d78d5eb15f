"""What waits for one account's connections: receipts and texts, brought again until the site acknowledges them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from porchlight.alerts.carriers.smpp.pdu import Command, Message, Pdu, encode
from porchlight.alerts.carriers.smsc import quick

# What a site may answer to a deliver_sm (SMPP 3.4, 5.1.3). All others mean: bring it again.
OK, NEVER, REFUSED = 0x00, 0x65, 0x66  # ESME_ROK, ESME_RX_P_APPN, ESME_RX_R_APPN
NO_ANSWER = -1
_SETTLED = frozenset({OK, NEVER, REFUSED})
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds until it is brought again; the last one from then on
MOST = 100_000  # waiting; above it the account hears that its queue is full


@dataclass(slots=True, eq=False)
class Errand:
    """One deliver_sm to bring. `ours` is the site's number; `settled` hears how the site answered, once.

    `frame` is the whole PDU; each connection puts its own sequence number in. `order` is the place in the queue.
    """

    frame: bytes
    ours: str
    settled: Callable[[int], None]
    order: int = 0
    tries: int = 0


class Bearer(Protocol):
    """A connection that can bring errands."""

    def takes(self, ours: str) -> bool:
        """Did it send from this number of the site's?"""

    def has_room(self) -> bool:
        """May it bring one more before it has heard about those it brought?"""

    def carry(self, errand: Errand) -> None:
        """Bring it now. The mailbox hears of it by `answered` or `returned`."""


def errand(message: Message, ours: str, settled: Callable[[int], None]) -> Errand:
    """The errand of a message. Raises PduError."""
    frame = quick.delivery(message) or encode(Pdu(Command.DELIVER_SM, 0, body=message))
    return Errand(frame, ours, settled)


class Mailbox:
    """One account's queues, one for each of its numbers. Used on the server's own thread only."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Errand]] = {}
        self._bearers: list[Bearer] = []
        self._orders = 0
        self._held = 0
        self.any_bind = False

    def __len__(self) -> int:
        """How many are not on the wire: waiting for a connection with room, or for another try."""
        return self._held

    @property
    def is_full(self) -> bool:
        """Is more waiting than we keep for an account that does not fetch it?"""
        return self._held >= MOST

    def join(self, bearer: Bearer) -> None:
        """A connection is ready to bring things."""
        self._bearers.append(bearer)
        self.bring()

    def leave(self, bearer: Bearer) -> None:
        """It is not any more."""
        if bearer in self._bearers:
            self._bearers.remove(bearer)

    def post(self, *errands: Errand) -> None:
        """Bring these as soon as there is room."""
        for each in errands:
            self._orders += 1
            each.order = self._orders
            self._waiting.setdefault(each.ours, deque()).append(each)
        self._held += len(errands)
        self.bring()

    def answered(self, errand: Errand, status: int) -> None:
        """The site answered with this status, or not in time (NO_ANSWER)."""
        if status in _SETTLED:
            errand.settled(status)
        else:
            wait = WAITS[min(errand.tries, len(WAITS) - 1)]
            errand.tries += 1
            self._held += 1
            asyncio.get_running_loop().call_later(wait, self._put_first, [errand])
        if self._held:
            self.bring()

    def returned(self, errands: list[Errand]) -> None:
        """The connection that carried these is gone: they come first, in their old order."""
        self._held += len(errands)
        self._put_first(errands)

    def bring(self) -> None:
        """Hand out all that there is room for."""
        for ours, waiting in self._waiting.items():
            while waiting and (bearer := self._choose(ours)) is not None:
                self._held -= 1
                bearer.carry(waiting.popleft())

    def _choose(self, ours: str) -> Bearer | None:
        """The connection for one of the site's numbers; None when there is none with room now."""
        bearers = self._bearers
        if len(bearers) > 1:
            # The next one begins with another connection.
            bearers.append(bearers.pop(0))
            if not self.any_bind:
                bearers = [each for each in bearers if each.takes(ours)] or bearers
        return next((each for each in bearers if each.has_room()), None)

    def _put_first(self, errands: list[Errand]) -> None:
        for each in sorted(errands, key=lambda each: -each.order):
            self._waiting.setdefault(each.ours, deque()).appendleft(each)
        self.bring()
