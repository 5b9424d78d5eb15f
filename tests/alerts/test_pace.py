"""The rate law, on a virtual clock: whatever pumps do, and whatever befalls them."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from porchlight.alerts import pace

# What a loop of the pump takes, in seconds, and how far ahead it claims.
LOOP, HORIZON = 0.05, 0.5


class Bucket:
    """A leaky bucket that leaks at `rate`: it never holds more than b exactly if no span of t seconds took in more than
    rate*t + b."""

    def __init__(self, rate: float) -> None:
        self._rate, self._level, self._at = rate, 0.0, 0.0
        self.highest = 0.0

    def pour(self, at: float, segments: int) -> None:
        self._level = max(0.0, self._level - self._rate * (at - self._at)) + segments
        self._at = at
        self.highest = max(self.highest, self._level)


class Pumps(RuleBasedStateMachine):
    """Any number of pumps that share one arrival: they claim, write, stall, crash, reconnect and are throttled.

    There is always work; what a pump does not write in time goes back, as in the outbox, and is claimed again.
    """

    @initialize(
        rate=st.floats(0.5, 200),
        burst=st.floats(1, 400),
        grace=st.floats(0, 1),
        pumps=st.integers(1, 5),
        lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    )
    def begin(self, rate: float, burst: float, grace: float, pumps: int, lengths: list[int]) -> None:
        self.limit = pace.Limit(rate, burst, min(grace, burst / rate))
        self.lengths = lengths
        self.now = 1_000.0
        self.arrival, self.factor = 0.0, 1.0
        self.held: list[list[tuple[float, int]]] = [[] for _ in range(pumps)]
        self.bucket = Bucket(rate)
        self.written = self.taken = 0

    @rule(turns=st.integers(1, 40))
    def work(self, turns: int) -> None:
        """All pumps loop as they should."""
        for _ in range(turns):
            for nth in range(len(self.held)):
                self._claim(nth)
                self._write(nth)
            self._pass(LOOP)

    @rule(seconds=st.floats(0, 30))
    def nothing_happens(self, seconds: float) -> None:
        """Every pump stalls; what they hold gets too late, or just not."""
        self._pass(seconds, write=False)

    @rule(data=st.data(), seconds=st.floats(0, 2))
    def one_stalls(self, data: st.DataObject, seconds: float) -> None:
        """One pump has claimed and stands still while the others go on; then it wants to write at once."""
        nth = data.draw(st.integers(0, len(self.held) - 1))
        self._claim(nth)
        until = self.now + seconds
        while self.now < until:
            for other in range(len(self.held)):
                if other != nth:
                    self._claim(other)
                    self._write(other)
            self._pass(LOOP, stalled=nth)
        self._write(nth)

    @rule(data=st.data())
    def one_crashes(self, data: st.DataObject) -> None:
        """Its claims go back to the queue and will get new slots; or the carrier reconnects: that changes nothing."""
        self.held[data.draw(st.integers(0, len(self.held) - 1))] = []

    @rule()
    def throttled(self) -> None:
        """The carrier says: too fast."""
        self.factor = pace.slowed(self.factor)

    @rule(segments=st.integers(1, 1000))
    def recovers(self, segments: int) -> None:
        """It took texts without complaint."""
        self.factor = pace.recovered(self.factor, segments, self.limit)

    @rule(seconds=st.floats(5, 20))
    def is_used_to_the_full(self, seconds: float) -> None:
        """With work to do and nothing in the way, at least 99 % of what the rate allows is written."""
        self.arrival = max(self.arrival, self.now)
        for held in self.held:
            held.clear()
        wait = max(0.0, self.arrival - self.now)  # what was promised before has to pass first
        self._run(wait + self.limit.depth)
        before, began = self.written, self.now
        self._run(seconds)
        possible = self.limit.rate * self.factor * (self.now - began)
        longest = max(self.lengths)
        # What does not come out even: one text at the beginning and one at the end.
        assert self.written - before >= 0.99 * possible - 2 * longest

    @invariant()
    def the_law_holds(self) -> None:
        if hasattr(self, "bucket"):
            most = max(self.limit.burst, max(self.lengths) + self.limit.rate * self.limit.grace)
            assert self.bucket.highest <= most + 1e-6

    def _run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            for nth in range(len(self.held)):
                self._claim(nth)
            self._pass(min(LOOP, max(until - self.now, 1e-6)))

    def _claim(self, nth: int) -> None:
        while True:
            segments = self.lengths[self.taken % len(self.lengths)]
            slot, arrival = pace.slot(self.arrival, self.limit, segments, self.now, self.factor)
            if slot > self.now + HORIZON:
                return
            self.arrival = arrival
            self.held[nth].append((slot, segments))
            self.taken += 1

    def _pass(self, seconds: float, *, write: bool = True, stalled: int | None = None) -> None:
        """Let time pass; pumps that are awake write each text at its slot."""
        until = self.now + seconds
        if write:
            due = sorted(
                (slot, nth)
                for nth, held in enumerate(self.held)
                if nth != stalled
                for slot, _segments in held
                if slot <= until
            )
            for slot, nth in due:
                self.now = max(self.now, slot)
                self._write(nth)
        self.now = until

    def _write(self, nth: int) -> None:
        kept = []
        for slot, segments in self.held[nth]:
            if pace.may_write(slot, self.limit, self.now):
                self.bucket.pour(self.now, segments)
                self.written += segments
            elif slot > self.now:
                kept.append((slot, segments))
        self.held[nth] = kept


Pumps.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestTheRateLawHoldsForAnyNumberOfPumpsStallsCrashesAndReconnects = Pumps.TestCase


@given(
    rate=st.floats(0.5, 1000),
    burst=st.floats(1, 1000),
    texts=st.lists(st.tuples(st.integers(1, 10), st.floats(0, 3)), min_size=1, max_size=60),
)
def test_slots_never_go_back_and_never_come_before_now(
    rate: float, burst: float, texts: list[tuple[int, float]]
) -> None:
    limit = pace.Limit(rate, burst, min(0.25, burst / (4 * rate)))
    arrival, now, last = 0.0, 1_000.0, 0.0
    for segments, wait in texts:
        now += wait
        slot, arrival = pace.slot(arrival, limit, segments, now)
        assert slot >= now
        assert slot >= last
        last = slot


@pytest.mark.parametrize("segments", [1, 2, 3, 6])
def test_a_long_text_counts_as_its_segments(segments: int) -> None:
    limit = pace.Limit(rate=10, burst=10, grace=0.25)
    arrival, now, slot = 0.0, 1_000.0, 0.0
    for _ in range(600 // segments):
        slot, arrival = pace.slot(arrival, limit, segments, now)
    assert slot - now == pytest.approx(60, rel=0.03)


def test_the_limit_is_not_off_by_one() -> None:
    limit = pace.Limit(rate=5, burst=5, grace=0)
    arrival, now = 0.0, 1_000.0
    slots = []
    for _ in range(8):
        slot, arrival = pace.slot(arrival, limit, 1, now)
        slots.append(round(slot - now, 6))
    assert slots == [0, 0, 0, 0, 0, 0.2, 0.4, 0.6]


def test_an_unused_burst_is_not_saved_up() -> None:
    limit = pace.Limit(rate=5, burst=5, grace=0)
    _slot, arrival = pace.slot(0.0, limit, 1, 1_000.0)
    much_later = 91_000.0
    at_once = 0
    slot = much_later
    while slot == much_later:
        slot, arrival = pace.slot(arrival, limit, 1, much_later)
        at_once += slot == much_later
    assert at_once == 5


def test_a_text_longer_than_the_burst_waits_until_the_sender_has_been_quiet() -> None:
    limit = pace.Limit(rate=1, burst=2, grace=0.25)
    now = 1_000.0
    _slot, arrival = pace.slot(0.0, limit, 1, now)
    slot, arrival = pace.slot(arrival, limit, 6, now)
    assert slot == now + 1
    assert arrival == now + 7


def test_room_counts_what_would_get_a_slot() -> None:
    limit = pace.Limit(rate=10, burst=10, grace=0.25)
    arrival, now = 0.0, 1_000.0
    _slot, arrival = pace.slot(arrival, limit, 1, now)
    free = math.floor(pace.room(arrival, limit, now + 0.5))
    for _ in range(free):
        slot, arrival = pace.slot(arrival, limit, 1, now)
        assert slot <= now + 0.5 + 1e-6
    slot, arrival = pace.slot(arrival, limit, 1, now)
    assert slot > now + 0.5


def test_the_factor_falls_by_half_never_to_nothing_and_grows_back() -> None:
    limit = pace.Limit(rate=100, burst=100, grace=0.25)
    factor = 1.0
    for _ in range(20):
        factor = pace.slowed(factor)
    assert factor == pace.LEAST_FACTOR
    for _ in range(19):
        factor = pace.recovered(factor, 100, limit)
    assert 0.95 < factor < 1
    assert pace.recovered(factor, 1000, limit) == 1
