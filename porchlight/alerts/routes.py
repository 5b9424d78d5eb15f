"""Which sender a number belongs to, and when a sender is left alone for a while. Pure: time and states are given.

A number keeps its sender, so that a person knows one number as ours. Another one writes to it only while the breaker of
its own is open.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from porchlight.alerts.carriers import Accepted, Outcome, Refused, Unsure, Why

# Failures in a row, on any texts, until a sender is left alone. What fails within one second is one failure: all texts
# on a connection that is cut fail together, and it may be back at once.
FAILURES, TOGETHER = 5, 1.0
# How long it is left alone at first, in seconds; twice as long after each trial that fails, up to LONGEST.
FIRST, LONGEST = 15.0, 300.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A sender that numbers may belong to. `weight` is its share of new numbers; 0 takes none."""

    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """What SenderState keeps: failures in a row, and until when (seconds since 1970) the sender is left alone.

    While it is not left alone, `until` is the moment before which another failure is the same one.
    """

    failures: int = 0
    until: float = 0.0


class BreakerState(StrEnum):
    """What a breaker lets through."""

    CLOSED = "closed"  # everything
    OPEN = "open"  # nothing
    HALF_OPEN = "half_open"  # one text, as a trial


def sender_for(
    index: bytes, own: str, choices: Sequence[Choice], breakers: Mapping[str, Breaker], now: float
) -> str:
    """The name of the sender that writes to a number now.

    `index` is the number's keyed index; `own` is the sender that it has ("" when it has none yet, or one that is no
    longer set). Raises ValueError when no sender takes numbers.
    """
    home = own if own in {choice.name for choice in choices} else home_of(index, choices)
    if state(breakers.get(home, Breaker()), now) is not BreakerState.OPEN:
        return home
    healthy = [
        choice
        for choice in choices
        if choice.name != home and state(breakers.get(choice.name, Breaker()), now) is BreakerState.CLOSED
    ]
    return home_of(index, healthy) if any(choice.weight for choice in healthy) else home


def home_of(index: bytes, choices: Sequence[Choice]) -> str:
    """The sender that a new number belongs to: each gets its share by weight, and a new sender moves only its share.

    Weighted rendezvous hashing (Schindelhauer and Schomaker, 2005): the highest -weight/ln(hash) wins. Raises
    ValueError when every weight is 0.
    """
    taking = [choice for choice in choices if choice.weight > 0]
    if not taking:
        raise ValueError("no sender takes new numbers: give one a weight above 0")
    return max(taking, key=lambda choice: (_score(index, choice), choice.name)).name


def _score(index: bytes, choice: Choice) -> float:
    digest = hashlib.sha256(choice.name.encode() + b"\0" + index).digest()
    # 53 bits and a half: strictly between 0 and 1, so that the logarithm is never 0 nor infinite.
    share = ((int.from_bytes(digest[:8], "big") >> 11) + 0.5) / 2**53
    return -choice.weight / math.log(share)


def state(breaker: Breaker, now: float) -> BreakerState:
    """What `breaker` lets through at `now`."""
    if breaker.failures < FAILURES:
        return BreakerState.CLOSED
    return BreakerState.OPEN if now < breaker.until else BreakerState.HALF_OPEN


def room(breaker: Breaker, now: float) -> int | None:
    """How many texts may be claimed: None is as many as the rate allows."""
    return {BreakerState.CLOSED: None, BreakerState.OPEN: 0, BreakerState.HALF_OPEN: 1}[state(breaker, now)]


def begin_trial(breaker: Breaker, now: float) -> Breaker:
    """The breaker once the one text of a trial is claimed: as if it had failed, so that nobody else tries meanwhile.

    Then a trial that nobody ever hears of ends like one that failed. Outside of a trial nothing changes.
    """
    if state(breaker, now) is not BreakerState.HALF_OPEN:
        return breaker
    return Breaker(breaker.failures + 1, now + min(FIRST * 2 ** (breaker.failures + 1 - FAILURES), LONGEST))


def after(breaker: Breaker, outcome: Outcome, now: float) -> Breaker:
    """The breaker once the carrier's answer to one text is known.

    Whatever the carrier says of one number or one text shows that it works; being told to slow down is no failure
    either, the rate sees to that. A wrong password fails every text, so it opens the breaker at once.
    """
    match outcome:
        case Refused(why=Why.SETUP):
            return Breaker(max(breaker.failures, FAILURES), now + LONGEST)
        case Refused(why=Why.THROTTLED):
            return breaker
        case Refused(why=Why.TRANSIENT) | Unsure():
            return _failed(breaker, now)
        case Accepted() | Refused():
            return Breaker()


def _failed(breaker: Breaker, now: float) -> Breaker:
    if breaker.failures < FAILURES and now < breaker.until:
        return breaker
    if breaker.failures + 1 < FAILURES:
        return Breaker(breaker.failures + 1, now + TOGETHER)
    if breaker.failures < FAILURES:
        return Breaker(FAILURES, now + FIRST)
    # Open already: texts that were on their way then say nothing new.
    return begin_trial(breaker, now)
