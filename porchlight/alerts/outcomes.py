"""What became of texts: the carrier's answer to each, and the receipts that come later. Inside a transaction."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from porchlight.alerts import many, numbers
from porchlight.alerts.carriers import Accepted, Outcome, Receipt, ReceiptState, Refused, Why
from porchlight.alerts.lease import MOST_ATTEMPTS, Lease
from porchlight.alerts.models import Delivery, Number, ParkedReceipt, Part, Suppression
from porchlight.alerts.sender_states import State

# Seconds until a text is tried again after its first failure, doubled after each, up to the longest; no carrier makes
# one wait for longer, whatever it says.
FIRST_WAIT, LONGEST_WAIT = 5.0, 900.0
# How long a receipt may wait for the text that it is about, in seconds.
PARKED = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Text:
    """One claimed text: all that is needed to write it once, and to say afterwards what became of it.

    `slot` is in seconds since 1970. `body` and `to` are empty where they could not be opened (`unreadable`).
    """

    id: int
    number_id: int
    kind: Delivery.Kind
    broadcast_id: int | None
    lane_id: int
    sender: str
    segments: int
    attempts: int
    at_most_once: bool
    slot: float
    to: str = ""
    body: str = ""
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What the carrier answered to a text that was written at `written`, in seconds since 1970."""

    text: Text
    outcome: Outcome
    written: float


def record(lease: Lease, results: Sequence[Result], states: Mapping[str, State], now: float) -> None:
    """Keep the carriers' answers. What another pump took over meanwhile, or STOP cancelled, is not touched.

    A text that went out although STOP came while it was on the wire is kept as sent: that is what happened.
    """
    for result in results:
        if result.text.sender in states and not result.text.unreadable:
            states[result.text.sender].hear(result.outcome, result.text.segments, result.written, now)
    _silence([result for result in results if _says_stopped(result.outcome)], now)
    _sent(lease, [result for result in results if isinstance(result.outcome, Accepted)])
    many.change(
        "id, pump, state, attempts, again_at, error, done, over",
        f"state = {_still('state', 'given.state')}, error = {_still('error', 'given.error')},"
        " attempts = given.attempts, pump = '', slot = NULL,"
        " again_at = CAST(given.again_at AS double precision), done = CAST(given.done AS double precision),"
        " sealed_body = CASE WHEN given.over = 1 THEN NULL ELSE sealed_body END",
        _MINE,
        [_values(result, lease, now) for result in results if not isinstance(result.outcome, Accepted)],
    )


def give_back(lease: Lease, texts: Sequence[Text], states: Mapping[str, State]) -> None:
    """Put claimed texts that were not written back in the queue: too late for their slot, paused, or we stop."""
    for text in texts:
        if text.sender in states:
            states[text.sender].count_back(text.segments)
    many.change(
        "id, pump",
        f"state = {_still('state', str(_QUEUED))}, pump = '', slot = NULL",
        _MINE,
        [(text.id, lease.tag) for text in texts],
    )


def silence(number: Number, source: Suppression.Source, now: float) -> bool:
    """Suppress a number and cancel all that we started to it. True when it was not stopped before."""
    first = numbers.suppress(number, source, datetime.fromtimestamp(now, UTC))
    Delivery.objects.filter(
        number=number,
        kind__in=(Delivery.Kind.START, Delivery.Kind.CODE),
        state__in=(Delivery.State.QUEUED, Delivery.State.CLAIMED),
    ).update(state=Delivery.State.CANCELLED, error="stopped", done=now, sealed_body=None)
    return first


def record_receipts(receipts: Sequence[tuple[str, Receipt]], now: float) -> None:
    """Keep receipts, each with the name of the sender whose carrier said it. One that comes early is parked."""
    if not receipts:
        return
    early = _apply(receipts, now)
    known = set(
        ParkedReceipt.objects.filter(message_id__in={receipt.message_id for _, receipt in early}).values_list(
            "sender", "message_id"
        )
        if early
        else ()
    )
    parked = {
        (sender, receipt.message_id): ParkedReceipt(
            sender=sender,
            message_id=receipt.message_id,
            state=_STATES[receipt.state],
            error=_said(receipt.why, receipt.error),
            at=now,
        )
        for sender, receipt in reversed(early)  # of two that say different things the first is kept
        if (sender, receipt.message_id) not in known
    }
    ParkedReceipt.objects.bulk_create(parked.values())


def unpark(now: float) -> None:
    """Apply receipts whose text is known by now; drop those that waited a day for nothing."""
    parked = list(ParkedReceipt.objects.order_by("pk")[:1000])
    early = {
        (sender, receipt.message_id) for sender, receipt in _apply([_unparked(each) for each in parked], now)
    }
    done = [
        each.pk for each in parked if (each.sender, each.message_id) not in early or each.at < now - PARKED
    ]
    if done:
        ParkedReceipt.objects.filter(pk__in=done).delete()


def _unparked(parked: ParkedReceipt) -> tuple[str, Receipt]:
    state = next(state for state, kept in _STATES.items() if kept == parked.state)
    why, _, error = parked.error.partition(" ")
    return parked.sender, Receipt(parked.message_id, state, error, Why(why) if why else None)


# --- one answer -------------------------------------------------------------------------------------------------------

_QUEUED = int(Delivery.State.QUEUED)
_MINE = "alerts_delivery.pump = given.pump"


def _still(column: str, value: str) -> str:
    """What STOP cancelled while it was on the wire stays cancelled, for that reason, unless the carrier took it."""
    return f"CASE WHEN alerts_delivery.state = {Delivery.State.CLAIMED} THEN {value} ELSE alerts_delivery.{column} END"


def _values(result: Result, lease: Lease, now: float) -> tuple[many.Value, ...]:
    """A text that was not taken, as `record` writes it."""
    fate = _fate(result, now)
    over = fate.state != _QUEUED
    return (
        result.text.id,
        lease.tag,
        fate.state,
        fate.attempts,
        fate.again_at,
        fate.error,
        now if over else None,
        int(over),
    )


@dataclass(frozen=True, slots=True)
class _Fate:
    """What a text that was not taken becomes; `again_at` is the moment from which it may be tried again."""

    state: int
    attempts: int
    again_at: float | None
    error: str


def _fate(result: Result, now: float) -> _Fate:
    text, outcome = result.text, result.outcome
    if isinstance(outcome, Refused):
        error = _said(outcome.why, outcome.code)
        if outcome.why in {
            Why.THROTTLED,
            Why.SETUP,
        }:  # the sender's fault, not the text's: no attempt is spent
            return _Fate(_QUEUED, text.attempts, None, error)
        if outcome.why is Why.TRANSIENT and text.attempts + 1 < MOST_ATTEMPTS:
            wait = min(outcome.wait or _wait(text), LONGEST_WAIT)
            return _Fate(_QUEUED, text.attempts + 1, now + wait, error)
        return _Fate(int(Delivery.State.FAILED), text.attempts + 1, None, error)
    error = f"unsure {getattr(outcome, 'code', '')}".strip()[:60]
    if text.at_most_once or text.attempts + 1 >= MOST_ATTEMPTS:
        return _Fate(int(Delivery.State.UNKNOWN), text.attempts + 1, None, error)
    return _Fate(_QUEUED, text.attempts + 1, now + _wait(text), error)


def _wait(text: Text) -> float:
    """Seconds until the next try: between a half and the whole of a wait that doubles, the same whenever asked."""
    whole = min(FIRST_WAIT * 2.0**text.attempts, LONGEST_WAIT)
    return whole * random.Random(f"{text.id} {text.attempts}").uniform(0.5, 1)  # noqa: S311 - spreads load


def _said(why: Why | None, code: str) -> str:
    """Kept as "WHY CODE", so that a parked receipt can be read back; " CODE" where the carrier gave no reason."""
    return f"{why or ''} {code}".rstrip()[:60]


def _says_stopped(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.why is Why.STOPPED


def _silence(results: Sequence[Result], now: float) -> None:
    if not results:
        return
    for number in Number.objects.filter(pk__in=[result.text.number_id for result in results]).order_by("pk"):
        silence(number, Suppression.Source.CARRIER, now)


def _sent(lease: Lease, results: Sequence[Result]) -> None:
    taken = [(result, result.outcome) for result in results if isinstance(result.outcome, Accepted)]
    many.change(
        "id, pump, name, sent",
        f"state = {Delivery.State.SENT}, message_id = given.name, sent = given.sent, done = NULL, error = '',"
        " pump = '', sealed_body = NULL",
        _MINE,
        [(result.text.id, lease.tag, outcome.message_id[:80], result.written) for result, outcome in taken],
    )
    Part.objects.bulk_create(
        Part(delivery_id=result.text.id, sender=result.text.sender, message_id=name[:80])
        for result, outcome in taken
        if outcome.others
        for name in (outcome.message_id, *outcome.others)
    )
    confirmed = {
        result.text.number_id: result.written
        for result in results
        if result.text.kind is Delivery.Kind.STOP_REPLY
    }
    for number in Number.objects.filter(pk__in=confirmed) if confirmed else ():
        numbers.acknowledged(number, datetime.fromtimestamp(confirmed[number.pk], UTC))


# --- receipts ---------------------------------------------------------------------------------------------------------

_STATES = {
    ReceiptState.DELIVERED: int(Delivery.State.DELIVERED),
    ReceiptState.FAILED: int(Delivery.State.FAILED),
    ReceiptState.EXPIRED: int(Delivery.State.EXPIRED),
}
# Once delivered stays delivered, whatever comes late; what failed may still turn out to be delivered.
_RECEIVES = (
    f"(alerts_delivery.state = {Delivery.State.SENT} OR (given.state = {Delivery.State.DELIVERED}"
    f" AND alerts_delivery.state IN ({Delivery.State.FAILED}, {Delivery.State.EXPIRED})))"
)


def _apply(receipts: Sequence[tuple[str, Receipt]], now: float) -> list[tuple[str, Receipt]]:
    """Record what receipts say of texts that we know by their names; returns the others."""
    names = {receipt.message_id for _sender, receipt in receipts}
    parts = _parts_of(names)
    whole = _deliveries_of(names)
    early: list[tuple[str, Receipt]] = []
    said: dict[int, Receipt] = {}
    numbers_stopped: set[int] = set()
    arrived: set[int] = set()
    for sender, receipt in receipts:
        name = sender, receipt.message_id
        part = parts.get(name)
        row = whole.get(name) if part is None else part[1:]
        if row is None:
            early.append((sender, receipt))
            continue
        delivery, number_id = row
        if receipt.why is Why.STOPPED:
            numbers_stopped.add(number_id)
        if part is not None and receipt.state is ReceiptState.DELIVERED:
            arrived.add(part[0])
        elif delivery not in said or receipt.state is ReceiptState.DELIVERED:
            said[delivery] = receipt
    said |= dict.fromkeys(_whole_now(arrived), Receipt("", ReceiptState.DELIVERED))
    many.change(
        "id, state, error, done",
        "state = given.state, error = given.error, done = given.done",
        _RECEIVES,
        [
            (delivery, _STATES[receipt.state], _said(receipt.why, receipt.error), now)
            for delivery, receipt in sorted(said.items())
        ],
    )
    for number in Number.objects.filter(pk__in=numbers_stopped).order_by("pk") if numbers_stopped else ():
        silence(number, Suppression.Source.CARRIER, now)
    return early


def _whole_now(arrived: set[int]) -> set[int]:
    """Note that these parts arrived; returns the deliveries whose parts have all arrived."""
    if not arrived:
        return set()
    Part.objects.filter(pk__in=arrived).update(delivered=True)
    touched = set(Part.objects.filter(pk__in=arrived).values_list("delivery_id", flat=True))
    return touched - set(
        Part.objects.filter(delivery_id__in=touched, delivered=False).values_list("delivery_id", flat=True)
    )


def _parts_of(names: Collection[str]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """The id of each part that a carrier named so, with its delivery's and its number's; by sender and name."""
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in _named(_PARTS_OF, names)}


def _deliveries_of(names: Collection[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """The id and the number of each delivery that a carrier named so, by sender and name."""
    return {(row[0], row[1]): (row[2], row[3]) for row in _named(ROWS_OF, names)}


def _named(statement: str, names: Collection[str]) -> list[tuple[str, str, int, int, int]]:
    """The rows of a statement, for names in as many pieces as it takes."""
    found = []
    for some in many.batched(names):
        with connection.cursor() as cursor:
            cursor.execute(statement.format(marks=", ".join(["%s"] * len(some))), some)
            found += cursor.fetchall()
    return found


# The condition of the partial index in its own words, or SQLite would not use it.
ROWS_OF = (
    "SELECT l.sender, d.message_id, d.id, d.number_id FROM alerts_delivery d"
    " JOIN alerts_lane l ON l.id = d.lane_id WHERE NOT (d.message_id = '') AND d.message_id IN ({marks})"
)
_PARTS_OF = (
    "SELECT p.sender, p.message_id, p.id, p.delivery_id, d.number_id FROM alerts_part p"
    " JOIN alerts_delivery d ON d.id = p.delivery_id WHERE p.message_id IN ({marks})"
)
