"""What all pumps must agree on for one sender: read and locked at the start of a pump's turn, written at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from porchlight.alerts import pace, routes
from porchlight.alerts.carriers import Accepted, Outcome, Refused, Why
from porchlight.alerts.config import Sender

# How long a sender that was told to slow down waits when its carrier does not say: longer each time, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# No carrier makes a sender wait longer than this at once, in seconds, whatever it says.
MOST_PAUSE = 300.0


@dataclass(slots=True)
class State:
    """One row of SenderState during one turn. Times are in seconds since 1970, `cost_today` in dollars."""

    sender: Sender
    limit: pace.Limit
    arrival: float
    paused_until: float
    rate_factor: float
    breaker: routes.Breaker
    day: date | None
    segments_today: int
    cost_today: Decimal

    def come_to(self, now: float) -> None:
        """Begin a new day's count; cut short what would hold the sender up for longer than it ever may.

        That was kept before the clock was set back.
        """
        today = datetime.fromtimestamp(now, UTC).date()
        if self.day != today:
            self.day, self.segments_today, self.cost_today = today, 0, Decimal(0)
        self.arrival = min(self.arrival, now + pace.most_ahead(self.limit, self.rate_factor))
        self.paused_until = min(self.paused_until, now + MOST_PAUSE)
        if self.breaker.until > now + routes.LONGEST:
            self.breaker = routes.Breaker(self.breaker.failures, now + routes.LONGEST)

    def reserve(self, segments: int, now: float, latest: float) -> float | None:
        """Take the next slot for a text, and count it; None when that slot is after `latest`."""
        turn, arrival = pace.slot(self.arrival, self.limit, segments, now, self.rate_factor)
        if turn > latest:
            return None
        self.arrival = arrival
        self._count(segments)
        return turn

    def hear(self, outcome: Outcome, segments: int, written: float, now: float) -> None:
        """Learn from the carrier's answer to a text that was written at `written`."""
        self.breaker = routes.after(self.breaker, outcome, now)
        if isinstance(outcome, Accepted):
            self.rate_factor = pace.recovered(self.rate_factor, segments, self.limit)
        if isinstance(outcome, Refused):
            self.count_back(segments)
            # All that was on the wire together is refused together: that is one complaint, not many.
            if outcome.why is Why.THROTTLED and written >= self.paused_until:
                self.rate_factor = pace.slowed(self.rate_factor)
                pause = outcome.wait or min(FIRST_PAUSE / self.rate_factor / 2, LONGEST_PAUSE)
                self.paused_until = now + min(pause, MOST_PAUSE)

    def count_back(self, segments: int) -> None:
        """A text that was counted did not go out after all."""
        self._count(-min(segments, self.segments_today))

    def _count(self, segments: int) -> None:
        self.segments_today += segments
        self.cost_today += segments * self.sender.cost


@lru_cache(maxsize=64)
def limit_of(sender: Sender) -> pace.Limit:
    """The rate law of a sender."""
    return pace.Limit(sender.rate, sender.burst, sender.grace)


def lock(senders: Iterable[Sender]) -> dict[str, State]:
    """Read the state of every sender, in the order of their names, and hold it until the transaction ends."""
    wanted = {sender.name: sender for sender in senders}
    rows = _rows()
    if wanted.keys() - rows.keys():
        _make(wanted.keys() - rows.keys())
        rows = _rows()
    return {name: _state(sender, rows[name]) for name, sender in sorted(wanted.items())}


def save(states: Iterable[State]) -> None:
    """Write what the turn changed."""
    with connection.cursor() as cursor:
        cursor.executemany(_SAVE, [values(state) for state in states])


def values(state: State) -> tuple[float | int | str | date | Decimal | None, ...]:
    """The row as it is kept."""
    return (
        state.arrival,
        state.paused_until,
        state.rate_factor,
        state.breaker.failures,
        state.breaker.until,
        state.day,
        state.segments_today,
        f"{state.cost_today:.4f}" if connection.vendor == "sqlite" else state.cost_today,
        state.sender.name,
    )


_COLUMNS = "arrival, paused_until, rate_factor, failures, broken_until, day, segments_today, cost_today"
_SAVE = (
    "UPDATE alerts_senderstate SET arrival = %s, paused_until = %s, rate_factor = %s, failures = %s, broken_until = %s,"
    " day = %s, segments_today = %s, cost_today = %s WHERE name = %s"
)


def _rows() -> dict[str, tuple[object, ...]]:
    lock = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, {_COLUMNS} FROM alerts_senderstate ORDER BY name{lock}")  # noqa: S608 - columns of ours
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _make(names: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO alerts_senderstate (name, arrival, paused_until, rate_factor, failures, broken_until,"
            " segments_today, cost_today) VALUES (%s, 0, 0, 1, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
            [(name,) for name in sorted(names)],
        )


def _state(sender: Sender, row: tuple[object, ...]) -> State:
    arrival, paused, factor, failures, broken, day, segments, cost = row
    return State(
        sender=sender,
        limit=limit_of(sender),
        arrival=float(str(arrival)),
        paused_until=float(str(paused)),
        rate_factor=float(str(factor)),
        breaker=routes.Breaker(int(str(failures)), float(str(broken))),
        day=date.fromisoformat(str(day)) if day else None,
        segments_today=int(str(segments)),
        cost_today=Decimal(str(cost)),
    )
