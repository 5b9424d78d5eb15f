"""How fast one sender may write: a rate law that holds for any number of pumps, stalls, crashes and reconnects.

The law: over any t seconds at most `rate`*t + max(`burst`, longest text + `rate`*`grace`) segments are written. So a
sender whose burst holds its longest text (and what `grace` lets through) keeps `rate`*t + `burst`.

How: the generic cell rate algorithm (ITU-T I.371, annex A). All pumps share one number, the `arrival` in the database,
and move it in the transaction that claims a text; the text gets a `slot` for it. It may be written only from its slot
to `grace` seconds after, else it goes back to the queue and its slot is lost. Slots keep rate*t + depth, where `depth`
is burst - rate*grace; being late by up to `grace` adds at most rate*grace. Nothing is given back, so no crash, stall
or reconnect can make it more. A sender that is slowed (`factor` below 1) uses up more of the same law.
"""

from __future__ import annotations

from dataclasses import dataclass

# How far ahead slots are given out, in seconds: longer than a turn takes, so that no slot is lost to waiting. Answers
# may look further, past what broadcasts have reserved.
HORIZON, HORIZON_OF_REPLIES = 0.5, 1.5
# The longest text that any room of ours writes, in segments, and room to spare.
MOST_SEGMENTS = 20


@dataclass(frozen=True, slots=True)
class Limit:
    """What a carrier allows one sender: `rate` in segments a second, `burst` in segments, `grace` in seconds."""

    rate: float
    burst: float
    grace: float

    @property
    def depth(self) -> float:
        """The burst that slots may use, in seconds of the full rate."""
        return max(0.0, self.burst / self.rate - self.grace)


def slot(arrival: float, limit: Limit, segments: int, now: float, factor: float = 1.0) -> tuple[float, float]:
    """Return the moment from which a text of `segments` may be written, and the new arrival to keep.

    `arrival` and `now` are seconds since 1970; `factor` (0 to 1] slows the sender. A text longer than the depth waits
    until the sender has been quiet long enough.
    """
    cost = segments / (limit.rate * factor)
    turn = max(now, arrival + cost - max(limit.depth, cost))
    return turn, max(arrival, turn) + cost


def most_ahead(limit: Limit, factor: float = 1.0) -> float:
    """How far an arrival can be ahead of the clock, in seconds: one further ahead was kept before the clock went back.

    By then the sender has been quiet for longer than it shows, or is about to be: the law holds by the real time.
    """
    cost = MOST_SEGMENTS / (limit.rate * factor)
    return HORIZON_OF_REPLIES + max(limit.depth, cost) + cost


def room(arrival: float, limit: Limit, until: float, factor: float = 1.0) -> float:
    """How many segments could get a slot no later than `until`; below 0 when none could."""
    return (until - arrival + limit.depth) * limit.rate * factor


def may_write(slot: float, limit: Limit, now: float) -> bool:
    """May a text with this slot be written now? Earlier it must wait; later it goes back to the queue."""
    return slot <= now <= slot + limit.grace


def slowed(factor: float) -> float:
    """The carrier said it was too fast: half of it, but never nothing."""
    return max(factor / 2, LEAST_FACTOR)


def recovered(factor: float, segments: int, limit: Limit) -> float:
    """After `segments` were taken without complaint: a twentieth more for each second's worth of the full rate."""
    return min(1.0, factor + segments / limit.rate / 20)


LEAST_FACTOR = 1 / 64
