"""When a broadcast will be finished: pure, from how many texts wait on which clocks and how fast the sender may write.

The same law as `pace.py`, read as a flow: what the depth of the burst allows goes at once, the rest at the rate. Texts
on a clock that is closed wait until it opens. Of the clocks that are open, the one that closes first is written first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from porchlight.alerts import rules
from porchlight.alerts.pace import Limit

_LONGEST = dt.timedelta(days=60)  # nobody plans beyond; it also ends the search whatever the rate is


@dataclass(frozen=True, slots=True)
class Load:
    """The texts of one clock: its time zones, how many texts, and how many segments they take together."""

    zones: tuple[str, ...]
    texts: int
    segments: int


@dataclass(frozen=True, slots=True)
class Windows:
    """When texts that we start may go: three functions of the shape of those in `rules`."""

    open_at: Callable[[Sequence[str], dt.datetime], bool] = rules.open_at
    next_opening: Callable[[Sequence[str], dt.datetime], dt.datetime] = rules.next_opening
    next_closing: Callable[[Sequence[str], dt.datetime], dt.datetime] = rules.next_closing


QUIET_HOURS = Windows()


ANY_HOUR = Windows(
    open_at=lambda _zones, _now: True,
    next_opening=lambda _zones, now: now,
    next_closing=lambda _zones, now: now + _LONGEST,
)


def lifted_until(ends: dt.datetime, windows: Windows = QUIET_HOURS) -> Windows:
    """Every hour is open until `ends` (aware); then the windows hold again. What an override does."""

    def open_at(zones: Sequence[str], now: dt.datetime) -> bool:
        return now < ends or windows.open_at(zones, now)

    def next_opening(zones: Sequence[str], now: dt.datetime) -> dt.datetime:
        return now if now < ends else windows.next_opening(zones, now)

    def next_closing(zones: Sequence[str], now: dt.datetime) -> dt.datetime:
        if now < ends and not windows.open_at(zones, ends):
            return ends
        return windows.next_closing(zones, max(now, ends))

    return Windows(open_at, next_opening, next_closing)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will happen. All moments are aware; texts are whole, the parts sum to all.

    begins: the first text is written. finish: the last one is; None when not within 60 days.
    first_part: texts written before the first evening that stops some. stops: when that is, None when nothing stops.
    goes_on: when writing goes on after it. evenings: how many times writing stops. opens_later: texts on clocks that
    are still closed when the first is written; opens: when the last of those clocks opens.
    """

    start: dt.datetime
    begins: dt.datetime
    finish: dt.datetime | None
    texts: int
    segments: int
    first_part: int
    stops: dt.datetime | None = None
    goes_on: dt.datetime | None = None
    evenings: int = 0
    opens_later: int = 0
    opens: dt.datetime | None = None

    @property
    def waits_to_begin(self) -> bool:
        """Is it the wrong hour everywhere?"""
        return self.begins > self.start

    @property
    def crosses_the_evening(self) -> bool:
        """Is some of it left when the evening comes?"""
        return self.stops is not None

    @property
    def after(self) -> int:
        """Texts that are left when the evening comes."""
        return self.texts - self.first_part


def forecast(
    loads: Sequence[Load], limit: Limit, start: dt.datetime, windows: Windows = QUIET_HOURS
) -> Forecast:
    """Say when `loads` are written by one sender that begins at `start` (aware) with its whole burst to give.

    Raises ValueError for a rate of 0 or less.
    """
    if limit.rate <= 0:
        raise ValueError("a sender has a rate above 0")
    waiting = [_Waiting(load, float(load.segments)) for load in loads if load.texts]
    texts = sum(each.load.texts for each in waiting)
    segments = sum(each.load.segments for each in waiting)
    if not waiting:
        return Forecast(start, start, start, 0, 0, 0)
    return _Run(waiting, limit, start, windows).until_done(texts, segments)


def together(limits: Sequence[Limit]) -> Limit:
    """Several senders that share the work in the measure of their rates, as one. Raises ValueError for none."""
    if not limits:
        raise ValueError("no sender")
    rate = sum(limit.rate for limit in limits)
    depth = min(limit.depth for limit in limits)
    return Limit(rate, depth * rate, 0.0)


@dataclass(slots=True, eq=False)  # two clocks may have as much left
class _Waiting:
    """What is still to be written on one clock, in segments."""

    load: Load
    left: float

    @property
    def texts_left(self) -> int:
        """Whole texts: one whose segments are partly written has not been sent."""
        if self.left <= 1e-6:
            return 0
        return min(self.load.texts, -int(-self.left * self.load.texts // self.load.segments))


def _seconds(seconds: float) -> dt.timedelta:
    return dt.timedelta(seconds=seconds)


class _Run:
    """Writes from one opening or closing to the next."""

    def __init__(self, waiting: list[_Waiting], limit: Limit, start: dt.datetime, windows: Windows) -> None:
        self._waiting, self._limit, self._windows = waiting, limit, windows
        self._now, self._ends = start, start + _LONGEST
        self._credit = limit.depth * limit.rate  # segments that may go at once
        self._start = start
        self._begins: dt.datetime | None = None
        self._opens_later = 0
        self._opens: dt.datetime | None = None
        self._stops: dt.datetime | None = None
        self._goes_on: dt.datetime | None = None
        self._at_stop = 0
        self._evenings = 0

    def until_done(self, texts: int, segments: int) -> Forecast:
        while any(each.left for each in self._waiting) and self._now < self._ends:
            self._step()
        finished = not any(each.left for each in self._waiting)
        return Forecast(
            start=self._start,
            begins=self._begins or self._now,
            finish=self._now if finished else None,
            texts=texts,
            segments=segments,
            first_part=texts - self._at_stop if self._stops else texts,
            stops=self._stops,
            goes_on=self._goes_on,
            evenings=self._evenings,
            opens_later=self._opens_later,
            opens=self._opens,
        )

    def _step(self) -> None:
        """Wait for an opening, or write until something closes, opens or is done."""
        left = [each for each in self._waiting if each.left]
        are_open = [each for each in left if self._windows.open_at(each.load.zones, self._now)]
        if not are_open:
            self._wait(min(self._windows.next_opening(each.load.zones, self._now) for each in left))
            return
        if self._begins is None:
            self._begin(left, are_open)
        if self._stops is not None and self._goes_on is None:
            self._goes_on = self._now
        closing = {id(each): self._windows.next_closing(each.load.zones, self._now) for each in are_open}
        opening = [
            self._windows.next_opening(each.load.zones, self._now) for each in left if each not in are_open
        ]
        until = min([*closing.values(), *opening])
        self._write(sorted(are_open, key=lambda each: closing[id(each)]), until)
        stopped = [each for each in are_open if each.left and closing[id(each)] <= self._now]
        if stopped:
            self._evenings += 1
            if self._stops is None:
                self._stops = self._now
                self._at_stop = sum(each.texts_left for each in self._waiting)

    def _begin(self, left: list[_Waiting], are_open: list[_Waiting]) -> None:
        self._begins = self._now
        closed = [each for each in left if each not in are_open]
        self._opens_later = sum(each.load.texts for each in closed)
        opening = [self._windows.next_opening(each.load.zones, self._now) for each in closed]
        self._opens = max(opening, default=None)

    def _wait(self, until: dt.datetime) -> None:
        full = self._limit.depth * self._limit.rate
        self._credit = min(full, self._credit + (until - self._now).total_seconds() * self._limit.rate)
        self._now = until

    def _write(self, ordered: list[_Waiting], until: dt.datetime) -> None:
        """Write from the clocks in this order until the moment, or until they are done."""
        seconds = (until - self._now).total_seconds()
        can = self._credit + seconds * self._limit.rate
        todo = sum(each.left for each in ordered)
        takes = max(0.0, (todo - self._credit) / self._limit.rate)
        for each in ordered:
            part = min(each.left, can)
            each.left = 0.0 if each.left - part < 1e-6 else each.left - part
            can -= part
        if takes < seconds:  # done before anything changes
            self._credit = max(0.0, self._credit - todo)
            self._now += _seconds(takes)
        else:
            self._credit = 0.0
            self._now = until
