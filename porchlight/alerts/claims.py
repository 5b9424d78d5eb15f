"""Which texts go next. One pump's turn, inside its transaction: nothing is written to a carrier before it is committed.

Answers come first and at any hour; then broadcasts, one that looks for a missing child before all others, else the
oldest first, each only where its clock is open, and the clock that closes first before the others, as `forecast.py` has
it. Every row is checked again here: STOP, consent, expiry.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from django.db import connection

from porchlight.alerts import keyring, many, numbers, override, pace, programs, routes, rules
from porchlight.alerts.expansion import words
from porchlight.alerts.lease import Lease
from porchlight.alerts.models import (
    Broadcast,
    Delivery,
    Enrollment,
    Lane,
    Number,
    Override,
    Program,
    Subscriber,
)
from porchlight.alerts.outcomes import LONGEST_WAIT, Text
from porchlight.alerts.sender_states import State

# What the body of a text that is not a broadcast's is sealed as.
BODY = "text"
# A lane in which nothing was found is left alone for this many times as long as looking took, and at least so long.
REST_FACTOR, LEAST_REST = 20.0, 0.2
# Texts of broadcasts that are kept at hand, one for each language.
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class OpenLane:
    """A lane whose texts may go now. `broadcast` is None for the lane of answers."""

    id: int
    clock: str
    sender: str
    broadcast: int | None = None
    program: int | None = None
    at_most_once: bool = False
    practice_only: bool = False  # see programs.is_locked


@dataclass(slots=True)
class Memory:
    """What a pump remembers between turns to look at each row once; losing it costs time and nothing else.

    `reached` is the (shard, id) up to which a lane was looked through; `rest` is until when (monotonic seconds).
    """

    reached: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    rest: dict[tuple[int, str], float] = field(default_factory=dict)
    words: dict[tuple[int, str], str] = field(default_factory=dict)
    closings: dict[str, datetime] = field(default_factory=dict)  # of each clock, while it is open

    def closing(self, clock: str, at: datetime) -> datetime:
        """When a clock that is open at `at` closes."""
        if clock not in self.closings or self.closings[clock] <= at:
            self.closings[clock] = rules.next_closing(clock.split(","), at)
        return self.closings[clock]

    def start_over(self, lane: int) -> None:
        """A text of this lane went back to the queue: it is the first again."""
        for kept in (self.reached, self.rest):
            for key in [key for key in kept if key[0] == lane]:
                del kept[key]


def open_lanes(now: float, memory: Memory, *, any_hour: bool = False) -> list[OpenLane]:
    """Every lane whose texts may go at `now`, in the order in which they go. `any_hour`: see AlertsConfig."""
    at = datetime.fromtimestamp(now, UTC)
    with connection.cursor() as cursor:
        cursor.execute(_LANES)
        rows = [_LaneRow(*row) for row in cursor.fetchall()]
    sending = dict.fromkeys(
        row.broadcast for row in rows if row.broadcast is not None and not row.is_over(at)
    )
    asked = Override.objects.filter(broadcast__in=sending) if sending else ()
    leaves = {each.broadcast_id for each in asked if override.holds(each, at)}
    age = {broadcast: place for place, broadcast in enumerate(sending)}
    is_open = cache(lambda clock: any_hour or rules.open_at(clock.split(","), at))
    is_locked = cache(_is_locked)  # a broadcast has many lanes

    def order(row: _LaneRow) -> tuple[bool, int, datetime]:
        closing = at if any_hour or row.broadcast in leaves else memory.closing(row.clock, at)
        return row.broadcast not in leaves, age.get(row.broadcast or 0, -1), closing

    answers = [row for row in rows if row.broadcast is None]
    broadcasts = [
        row for row in rows if row.broadcast in sending and (row.broadcast in leaves or is_open(row.clock))
    ]
    return [
        OpenLane(
            id=row.id,
            clock=row.clock,
            sender=row.sender,
            broadcast=row.broadcast,
            program=row.program,
            at_most_once=row.policy == Program.Policy.AT_MOST_ONCE,
            practice_only=row.kind == Program.Kind.SERIES and is_locked(row.broadcast),
        )
        for row in [*answers, *sorted(broadcasts, key=order)]
    ]


def unwanted(lease: Lease, texts: Collection[Text], lanes: Sequence[OpenLane]) -> set[int]:
    """Which of the claimed texts that are not on the wire must not be written any more: ids.

    STOP cancelled them, or the broadcast was paused or cancelled, or its clock closed.
    """
    if not texts:
        return set()
    broadcasts = {(lane.broadcast, lane.clock) for lane in lanes}
    rows = Delivery.objects.filter(pk__in=[text.id for text in texts], pump=lease.tag).values_list(
        "pk", "state", "kind", "broadcast_id", "lane__clock", "number__stopped"
    )
    kept = {
        pk
        for pk, state, kind, broadcast, clock, stopped in rows
        if state == Delivery.State.CLAIMED
        and not (stopped and kind == Delivery.Kind.START)
        and (broadcast is None or (broadcast, clock) in broadcasts)
    }
    return {text.id for text in texts} - kept


@dataclass(slots=True)
class Wanted:
    """What a pump can take now. `free` is how many texts each sender's window holds; `busy` are the numbers that have
    a text claimed or on the wire; `dollars` is what may be spent today on texts that we start."""

    free: dict[str, int]
    busy: set[int]
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Found:
    """What a turn claimed, and how many rows it closed instead."""

    texts: Sequence[Text]
    closed: int


def claim(
    lease: Lease,
    lanes: Sequence[OpenLane],
    states: Mapping[str, State],
    wanted: Wanted,
    memory: Memory,
    now: float,
) -> Found:
    """Claim what can be written soon, give each text its slot, and close rows that may never be sent."""
    claims = _Claims(lease, lanes, states, wanted, memory, now)
    for name, state in states.items():
        claims.for_sender(name, state)
    claims.write()
    return Found(claims.texts, len(claims.over))


# --- one turn's claims ------------------------------------------------------------------------------------------------


class _Claims:
    """Gathers one turn's claims; `write` puts them in the database."""

    def __init__(
        self,
        lease: Lease,
        lanes: Sequence[OpenLane],
        states: Mapping[str, State],
        wanted: Wanted,
        memory: Memory,
        now: float,
    ) -> None:
        self.texts: list[Text] = []
        self.over: list[tuple[int, int, str, float]] = []
        self._lease, self._lanes, self._states = lease, lanes, states
        self._wanted, self._memory, self._now = wanted, memory, now
        self._choices = [routes.Choice(state.sender.name, state.sender.weight) for state in states.values()]
        self._breakers = {name: state.breaker for name, state in states.items()}
        self._moved: dict[tuple[int, str], int] = {}
        self._ring = keyring.current()

    def for_sender(self, name: str, state: State) -> None:
        """Claim what this sender can write, lane by lane, until its window or its rate is full."""
        free = self._wanted.free.get(name, 0)
        trial = routes.room(state.breaker, self._now)
        free = free if trial is None else min(free, trial)
        if state.paused_until > self._now:
            return
        for lane in self._lanes:
            if free <= 0:
                return
            if self._may_come_here(lane, name):
                free -= self._from_lane(lane, name, state, free)

    def write(self) -> None:
        """Put the claims, and the rows that are over, in the database."""
        many.change(
            "id, pump, slot, lane",
            f"state = {Delivery.State.CLAIMED}, pump = given.pump, slot = given.slot, lane_id = given.lane",
            _QUEUED,
            [(text.id, self._lease.tag, text.slot, text.lane_id) for text in self.texts],
        )
        many.change(
            "id, state, error, done",
            "state = given.state, error = given.error, done = given.done, sealed_body = NULL",
            _QUEUED,
            self.over,
        )

    def _may_come_here(self, lane: OpenLane, name: str) -> bool:
        """A sender writes its own lanes, and those of a sender that is broken or is not set any more."""
        if lane.practice_only and not self._states[name].sender.is_practice:
            return False
        if lane.sender == name:
            return True
        home = self._states.get(lane.sender)
        return home is None or routes.room(home.breaker, self._now) == 0

    def _from_lane(self, lane: OpenLane, name: str, state: State, free: int) -> int:
        """Claim up to `free` texts of a lane; returns how many."""
        key = (lane.id, name)
        began = time.monotonic()
        if self._memory.rest.get(key, 0.0) > began:
            return 0
        horizon = pace.HORIZON if lane.broadcast is not None else pace.HORIZON_OF_REPLIES
        latest = self._now + horizon
        few = min(free, int(pace.room(state.arrival, state.limit, latest, state.rate_factor)) + 1)
        if few <= 0:
            return 0
        start = self._memory.reached.get(key, (self._lease.shards[0], 0))
        rows = self._rows(lane, start, few)
        taken, full = self._take(lane, name, state, rows, latest)
        if len(rows) < few and not full:
            # The end of the lane: what came behind us meanwhile is looked for from the start.
            rows = self._rows(lane, (self._lease.shards[0], 0), few - taken)
            more, full = self._take(lane, name, state, rows, latest)
            taken += more
            if not taken and not full:
                looked = time.monotonic()
                rest = max(LEAST_REST, REST_FACTOR * (looked - began)) if lane.broadcast is not None else 0.0
                self._memory.rest[key] = looked + rest
        return taken

    def _rows(self, lane: OpenLane, start: tuple[int, int], count: int) -> list[_Row]:
        due = self._now, self._now + LONGEST_WAIT
        parameters = [
            *(() if lane.program is None else (lane.program,)),
            lane.id,
            *start,
            self._lease.shards[1],
            *due,
            *(due if lane.broadcast is None else ()),
            count,
        ]
        with connection.cursor() as cursor:
            cursor.execute(_statement(answers=lane.broadcast is None), parameters)
            return [_Row(*row) for row in cursor.fetchall()]

    def _take(
        self, lane: OpenLane, name: str, state: State, rows: Sequence[_Row], latest: float
    ) -> tuple[int, bool]:
        """Claim rows in order; returns how many, and whether rate or money ended it before the last."""
        taken = 0
        for row in rows:
            if row.number_id in self._wanted.busy or not self._goes_by(lane, name, row):
                self._memory.reached[lane.id, name] = (row.shard, row.id)
                continue
            verdict = _over(row, lane, self._now)
            if verdict is not None:
                self.over.append((row.id, *verdict, self._now))
                self._memory.reached[lane.id, name] = (row.shard, row.id)
                continue
            slot = self._reserve(row, state, latest)
            if slot is None:
                return taken, True
            self._memory.reached[lane.id, name] = (row.shard, row.id)
            self._wanted.busy.add(row.number_id)
            self.texts.append(self._text(row, lane, name, slot))
            taken += 1
        return taken, False

    def _goes_by(self, lane: OpenLane, name: str, row: _Row) -> bool:
        """Of a lane that is not this sender's own, only the numbers that fall to it meanwhile."""
        if lane.sender == name:
            return True
        return (
            routes.sender_for(bytes(row.index), lane.sender, self._choices, self._breakers, self._now) == name
        )

    def _reserve(self, row: _Row, state: State, latest: float) -> float | None:
        cost = row.segments * state.sender.cost
        # A code is asked for by whoever types a number: it is what a fraud would make us pay for.
        counted = row.kind in (Delivery.Kind.START, Delivery.Kind.CODE)
        if counted and cost > self._wanted.dollars:
            return None
        slot = state.reserve(row.segments, self._now, latest)
        if slot is not None:
            self._wanted.dollars -= cost
            state.breaker = routes.begin_trial(state.breaker, self._now)
        return slot

    def _text(self, row: _Row, lane: OpenLane, name: str, slot: float) -> Text:
        to, body, unreadable = self._opened(row, lane)
        return Text(
            id=row.id,
            number_id=row.number_id,
            kind=Delivery.Kind(row.kind),
            broadcast_id=lane.broadcast,
            lane_id=lane.id if lane.sender == name else self._lane_of(lane, name),
            sender=name,
            segments=row.segments,
            attempts=row.attempts,
            at_most_once=lane.at_most_once,
            slot=slot,
            to=to,
            body=body,
            unreadable=unreadable,
        )

    def _opened(self, row: _Row, lane: OpenLane) -> tuple[str, str, bool]:
        """The number, the words, and whether one of them could not be opened."""
        try:
            number = self._unseal(row.number_key, row.number_sealed, numbers.CONTEXT)
            if lane.broadcast is not None:
                return number, self._words(lane.broadcast, row.language), False
            return number, self._unseal(row.body_key or 0, row.body_sealed or b"", BODY), False
        except keyring.WrongSealError:
            return "", "", True

    def _unseal(self, key_id: int, sealed: bytes, context: str) -> str:
        if not self._ring.opens(key_id):  # another process made a key a moment ago
            self._ring = keyring.current()
        return self._ring.unseal(key_id, sealed, context).decode()

    def _words(self, broadcast: int, language: str) -> str:
        kept = self._memory.words
        if (broadcast, language) not in kept:
            if len(kept) > MOST_WORDS:
                kept.clear()
            texts, unaccented = Broadcast.objects.values_list("texts", "unaccented").get(pk=broadcast)
            kept[broadcast, language] = words(texts, language, unaccented=unaccented)
        return kept[broadcast, language]

    def _lane_of(self, lane: OpenLane, name: str) -> int:
        """The lane of the sender that really writes: receipts and reports go by it."""
        if (lane.id, name) not in self._moved:
            made, _ = Lane.objects.get_or_create(
                broadcast_id=lane.broadcast,  # type: ignore[misc] # None is meant: the lane of answers
                clock=lane.clock,
                sender=name,
            )
            self._moved[lane.id, name] = made.pk
        return self._moved[lane.id, name]


# --- SQL --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    shard: int
    number_id: int
    kind: int
    language: str
    segments: int
    attempts: int
    expires: float | None
    body_key: int | None
    body_sealed: bytes | None
    number_key: int
    number_sealed: bytes
    index: bytes
    stopped: bool
    consented: bool


_COLUMNS = (
    "d.id, d.shard, d.number_id, d.kind, d.language, d.segments, d.attempts, d.expires, d.seal_key, d.sealed_body,"
    ' n.seal_key, n.sealed, n."index", n.stopped'
)
_CONSENTED = (
    f"CASE WHEN e.active AND s.state = '{Subscriber.State.ACTIVE}' THEN 1 ELSE 0 END"
    f" FROM {Delivery._meta.db_table} d JOIN {Number._meta.db_table} n ON n.id = d.number_id"
    f" LEFT JOIN {Subscriber._meta.db_table} s ON s.number_id = n.id"
    f" LEFT JOIN {Enrollment._meta.db_table} e ON e.subscriber_id = s.id AND e.program_id = %s"
)
_ASKED_FOR = f"1 FROM {Delivery._meta.db_table} d JOIN {Number._meta.db_table} n ON n.id = d.number_id"
# Row values are compared by the index (lane, shard, id).
_WHERE = (
    f" WHERE d.state = {Delivery.State.QUEUED} AND d.lane_id = %s AND (d.shard, d.id) > (%s, %s) AND d.shard < %s"
    # What is to be tried again later than any text ever is was put back before the clock went back.
    " AND (d.again_at IS NULL OR d.again_at <= %s OR d.again_at > %s)"
)
# Answers to one number go in their order, one at a time.
_FIRST = (
    f" AND d.id = (SELECT min(o.id) FROM {Delivery._meta.db_table} o WHERE o.number_id = d.number_id"  # noqa: S608 - a table of ours
    f" AND o.lane_id = d.lane_id AND o.state = {Delivery.State.QUEUED}"
    " AND (o.again_at IS NULL OR o.again_at <= %s OR o.again_at > %s))"
)
_QUEUED = f"alerts_delivery.state = {Delivery.State.QUEUED}"


def _statement(*, answers: bool) -> str:
    lock = " FOR UPDATE OF d SKIP LOCKED" if connection.vendor == "postgresql" else ""
    source, first = (_ASKED_FOR, _FIRST) if answers else (_CONSENTED, "")
    return f"SELECT {_COLUMNS}, {source}{_WHERE}{first} ORDER BY d.shard, d.id LIMIT %s{lock}"


def _over(row: _Row, lane: OpenLane, now: float) -> tuple[int, str] | None:
    """The state and reason of a row that may never be sent; None for one that may."""
    if row.kind == Delivery.Kind.START and row.stopped:
        return int(Delivery.State.CANCELLED), "stopped"
    if lane.broadcast is not None and not row.consented:
        return int(Delivery.State.CANCELLED), "left"
    if row.expires is not None and row.expires <= now:
        return int(Delivery.State.EXPIRED), "expired"
    return None


@dataclass(frozen=True, slots=True)
class _LaneRow:
    id: int
    clock: str
    sender: str
    broadcast: int | None
    program: int | None
    expires: datetime | str | None
    policy: str | None
    kind: str | None

    def is_over(self, at: datetime) -> bool:
        expires = _aware(self.expires)
        return expires is not None and expires <= at


_LANES = (
    "SELECT l.id, l.clock, l.sender, b.id, b.program_id, b.expires, p.policy, p.kind FROM alerts_lane l"  # noqa: S608 - a state of our own
    " LEFT JOIN alerts_broadcast b ON b.id = l.broadcast_id LEFT JOIN alerts_program p ON p.id = b.program_id"
    f" WHERE l.broadcast_id IS NULL OR b.state = '{Broadcast.State.SENDING}' ORDER BY b.started, l.id"
)


def _is_locked(broadcast: int) -> bool:
    return programs.is_locked(Broadcast.objects.select_related("program").get(pk=broadcast))


def _aware(moment: datetime | str | None) -> datetime | None:
    """A moment as the database gives it: SQLite keeps words, in UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
