"""The outbox: every text that is to be sent, is being sent or was sent is a row here before it is anything else.

This is what other rooms call. The pump's side: `lease.py` (who writes to whom), `expansion.py` (a broadcast becomes
rows), `claims.py` (which rows go next) and `outcomes.py` (what became of them).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime

from django.db import connection, transaction

from porchlight.alerts import claims, config, keyring, outcomes, routes, rules, segments
from porchlight.alerts.carriers import Receipt
from porchlight.alerts.commits import retried
from porchlight.alerts.models import Broadcast, Delivery, Lane, Number, Suppression


def enqueue(
    number: Number,
    body: str,
    kind: Delivery.Kind,
    language: str,
    now: float,
    *,
    expires: float | None = None,
) -> Delivery:
    """Put one text to one number in the queue, inside the caller's transaction: an answer, a code, a test.

    It goes at any hour, before any broadcast. `now` and `expires` are in seconds since 1970; after `expires` it is not
    sent any more. A START goes only to a number that is not stopped when its turn comes.
    """
    if expires is None and kind is Delivery.Kind.REPLY:
        expires = now + rules.REPLY_WITHIN.total_seconds()
    seal_key, sealed = keyring.seal(body.encode(), claims.BODY)
    lane, _ = Lane.objects.get_or_create(broadcast=None, clock="", sender=_sender_of(number, now))
    return Delivery.objects.create(
        lane=lane,
        number=number,
        shard=number.shard,
        kind=kind,
        language=language,
        segments=segments.count(body).segments,
        sealed_body=sealed,
        seal_key=seal_key,
        expires=expires,
    )


@retried
def stop(
    number: Number,
    now: float,
    *,
    source: Suppression.Source = Suppression.Source.TEXT,
    reply: str | None = None,
    language: str = "en",
) -> bool:
    """STOP, in one transaction: suppress the number, cancel what we started and is not on its way, queue one `reply`.

    True when the number was not stopped before; only then is `reply` queued (47 CFR 64.1200(a)(12): one confirmation).
    A text that a pump has claimed is cancelled too: the pump looks before it claims the reply, which it writes only
    when nothing else to this number is on the wire.
    """
    with transaction.atomic():
        first = outcomes.silence(number, source, now)
        if first and reply is not None:
            late = now + rules.CONFIRM_WITHIN.total_seconds()
            enqueue(number, reply, Delivery.Kind.STOP_REPLY, language, now, expires=late)
    return first


def start(broadcast_id: int, now: float) -> bool:
    """Let a broadcast go out from now on. False when it was not waiting to. Who may do this is the caller's affair."""
    waiting = (Broadcast.State.DRAFT, Broadcast.State.WAITING, Broadcast.State.SCHEDULED)
    at = datetime.fromtimestamp(now, UTC)
    return _turn(broadcast_id, waiting, state=Broadcast.State.SENDING, started=at, changed=at)


def pause(broadcast_id: int, now: float) -> bool:
    """Nothing more of it is claimed, and what is claimed goes back to the queue. False when it was not sending."""
    at = datetime.fromtimestamp(now, UTC)
    return _turn(broadcast_id, (Broadcast.State.SENDING,), state=Broadcast.State.PAUSED, changed=at)


def resume(broadcast_id: int, now: float) -> bool:
    """Go on where it was paused. False when it was not paused."""
    at = datetime.fromtimestamp(now, UTC)
    return _turn(broadcast_id, (Broadcast.State.PAUSED,), state=Broadcast.State.SENDING, changed=at)


def cancel(broadcast_id: int, now: float) -> bool:
    """Nothing more of it is sent, ever. Its rows are closed afterwards. False when it was over already."""
    at = datetime.fromtimestamp(now, UTC)
    over = (Broadcast.State.CANCELLED, Broadcast.State.DONE)
    alive = tuple(state for state in Broadcast.State if state not in over)
    return _turn(broadcast_id, alive, state=Broadcast.State.CANCELLED, changed=at)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many texts of a broadcast stand where. They add up to `total`, which grows while `expanded` is False."""

    queued: int
    claimed: int
    sent: int
    delivered: int
    failed: int
    expired: int
    cancelled: int
    unknown: int
    total: int
    expanded: bool

    @property
    def to_go(self) -> int:
        """Texts that may still be sent."""
        return self.queued + self.claimed


def progress(broadcast_id: int) -> Progress:
    """Count the rows of a broadcast by state. Raises Broadcast.DoesNotExist."""
    broadcast = Broadcast.objects.only("expanded").get(pk=broadcast_id)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [broadcast_id] * 3)
        counts = {Delivery.State(state).name.lower(): count for state, count in cursor.fetchall()}
    each = {field.name: counts.get(field.name, 0) for field in fields(Progress)}
    return Progress(**each | {"total": sum(counts.values()), "expanded": broadcast.expanded})


# Each state by the index that holds it, in the index's own words: a million rows are counted without being read.
COUNTS = """
SELECT 0, count(*) FROM alerts_delivery d JOIN alerts_lane l ON l.id = d.lane_id
    WHERE d.state = 0 AND l.broadcast_id = %s
UNION ALL SELECT 1, count(*) FROM alerts_delivery d WHERE d.state = 1 AND d.broadcast_id = %s
UNION ALL SELECT d.state, count(*) FROM alerts_delivery d WHERE d.state >= 2 AND d.broadcast_id = %s GROUP BY d.state
"""


@retried
def record_receipt(sender: str, receipt: Receipt, now: float) -> None:
    """Keep what became of a text that `sender`'s carrier took. Safe to repeat; one that comes early is parked."""
    with transaction.atomic():
        outcomes.record_receipts([(sender, receipt)], now)


def _turn(broadcast_id: int, states: tuple[Broadcast.State, ...], **changes: object) -> bool:
    return bool(Broadcast.objects.filter(pk=broadcast_id, state__in=states).update(**changes))


def _sender_of(number: Number, now: float) -> str:
    """The number's own sender, which it gets here when it has none."""
    choices = [routes.Choice(sender.name, sender.weight) for sender in config.alerts().senders]
    name = routes.sender_for(bytes(number.index), number.sender, choices, {}, now)
    if name != number.sender:
        number.sender = name
        number.save(update_fields=["sender"])
    return name
