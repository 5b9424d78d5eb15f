"""The end of a broadcast: rows that will not be sent are closed a chunk at a time, and what is done is called done."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from porchlight.alerts.models import Broadcast, Delivery


def close_some(chunk: int, now: float) -> int:
    """Close up to `chunk` rows of broadcasts that were cancelled or are too late, and finish those without any left.

    Returns how many rows were closed. `now` is in seconds since 1970.
    """
    with transaction.atomic():
        broadcast = _ending(now).order_by("pk").first()
        if broadcast is None:
            return 0
        cancelled = broadcast.state == Broadcast.State.CANCELLED
        state, error = (
            (Delivery.State.CANCELLED, "cancelled") if cancelled else (Delivery.State.EXPIRED, "expired")
        )
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, [int(state), error, now, broadcast.pk, chunk])
            closed = int(cursor.rowcount)
        if closed < chunk and not _has_rows_to_go(broadcast.pk):
            _finish(broadcast, now)
    return closed


def finish_sent(now: float) -> None:
    """Call every broadcast done that is written out and has no text left to send."""
    for broadcast in Broadcast.objects.filter(state=Broadcast.State.SENDING, expanded=True):
        if not _has_rows_to_go(broadcast.pk):
            _finish(broadcast, now)


def _ending(now: float) -> QuerySet[Broadcast]:
    at = datetime.fromtimestamp(now, UTC)
    late = Q(state__in=(Broadcast.State.SENDING, Broadcast.State.PAUSED), expires__lte=at)
    return Broadcast.objects.filter(Q(state=Broadcast.State.CANCELLED, finished=None) | late)


def _finish(broadcast: Broadcast, now: float) -> None:
    at = datetime.fromtimestamp(now, UTC)
    cancelled = broadcast.state == Broadcast.State.CANCELLED
    Broadcast.objects.filter(pk=broadcast.pk, state=broadcast.state).update(
        state=Broadcast.State.CANCELLED if cancelled else Broadcast.State.DONE, finished=at, changed=at
    )


def _has_rows_to_go(broadcast_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TO_GO, [broadcast_id, broadcast_id])
        return cursor.fetchone() is not None


# States are written out, 0 for QUEUED and 1 for CLAIMED: SQLite uses a partial index only for the very words of its
# condition.
_CLOSE = """
UPDATE alerts_delivery SET state = %s, error = %s, done = %s WHERE state = 0 AND id IN (
    SELECT id FROM alerts_delivery
    WHERE state = 0 AND lane_id IN (SELECT id FROM alerts_lane WHERE broadcast_id = %s) LIMIT %s
)
"""
_TO_GO = """
SELECT 1 WHERE EXISTS (
    SELECT 1 FROM alerts_delivery
    WHERE state = 0 AND lane_id IN (SELECT id FROM alerts_lane WHERE broadcast_id = %s)
) OR EXISTS (SELECT 1 FROM alerts_delivery WHERE state = 1 AND broadcast_id = %s)
"""
