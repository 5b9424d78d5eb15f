"""Carriers: whoever brings a text to a telephone. Each is one module with one class of the shape of `Carrier`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from porchlight.alerts.config import Sender


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to put on the wire. `key` is the same for every attempt of one delivery; numbers are E.164.

    `source` is our number or short code. `segments` is what the carrier will count.
    """

    key: str
    to: str
    source: str
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the text and named it `message_id`; `others` name its further segments, where it took each one
    by itself: then it says of each one what became of it."""

    message_id: str
    others: tuple[str, ...] = ()


class Why(StrEnum):
    """What a refusal means for the outbox."""

    BAD_NUMBER = "bad_number"  # this number cannot be reached: do not try again
    STOPPED = "stopped"  # the carrier knows a STOP of this number: we stop too
    BAD_TEXT = "bad_text"  # this text will never be taken
    THROTTLED = "throttled"  # too fast: the whole sender waits, no attempt is spent
    TRANSIENT = "transient"  # try this text again later
    SETUP = "setup"  # password, account or sender is wrong: stop the sender and tell staff


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier did not take the text. `code` is its own; `wait` is in seconds, where it said so."""

    why: Why
    code: str = ""
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """No answer came: the text may or may not be on its way."""

    code: str = ""


Outcome = Accepted | Refused | Unsure


class ReceiptState(StrEnum):
    """What a receipt says of a text that was taken."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the text that the carrier named `message_id`. `why` is set where a failure says it.

    `ours` is our number that the text came from, where the carrier says it.
    """

    message_id: str
    state: ReceiptState
    error: str = ""
    why: Why | None = None
    ours: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A text that someone sent to our number `to`. `message_id` is the carrier's, the same when it is repeated."""

    message_id: str
    source: str
    to: str
    text: str


# What a carrier calls with all that it hears. What comes back is done once that is committed, and cancelled when this
# process will not commit it: until it is done the carrier must not be told that we have it.
Hear = Callable[[Receipt | Received], "asyncio.Future[None]"]


class Carrier(Protocol):
    """One connection to one carrier, used by one pump."""

    async def open(self, hear: Hear) -> None:
        """Connect, again whenever the connection is lost; from now on call `hear` with what the carrier brings."""

    def submit(self, outgoing: Outgoing) -> Awaitable[Outcome]:
        """Put one text on the wire and wait for the carrier's answer. Never raises for what a carrier may do."""

    async def close(self) -> None:
        """Finish what is on the wire, then disconnect."""


def build(sender: Sender) -> Carrier:
    """The carrier of a sender, not yet open."""
    from porchlight.alerts.carriers.console import ConsoleCarrier
    from porchlight.alerts.carriers.http import HttpCarrier
    from porchlight.alerts.carriers.smpp.carrier import SmppCarrier
    from porchlight.alerts.config import CarrierKind, alerts

    if sender.carrier is CarrierKind.CONSOLE:
        return ConsoleCarrier(show_text=alerts().offered)
    if sender.smpp is not None:
        return SmppCarrier(sender)
    return HttpCarrier(sender, alerts().address)
