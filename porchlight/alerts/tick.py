"""What is done once a minute, by the pump of slot 1. Each part may be repeated, killed, or done by two at once.

1. Programs that a new site or a new series file needs get their rows.
2. Scheduled broadcasts whose time has come begin, but for those that have grown so large meanwhile that a second
   person must say yes; those whose time is over are cancelled.
3. Tips move on and go out (`tips.py`).
4. Staff are told of an override that ended without its follow-up, and of a dear day.
5. What has had its time is forgotten (`private.purge`), once an hour.

Texts that are too late, overrides that ended and receipts that nothing fits are looked at by the pump itself.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from decimal import Decimal

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Sum

from porchlight.alerts import alarm, audience, chores, config, outbox, override, private, programs, tips
from porchlight.alerts.alarm import Alarm
from porchlight.alerts.models import Broadcast, SenderState
from porchlight.site import journal


def tick(now: float) -> None:
    """Do each part. `now` is in seconds since 1970.

    A part that fails is logged and does not stop the others; what the database does is the caller's affair, who tries
    again (OperationalError, InterfaceError).
    """
    for part in _PARTS:
        try:
            part(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            journal.write(journal.Event.NOT_READY, level=logging.ERROR, exception=error)


def sync_programs(_now: float) -> None:
    """See programs.sync."""
    programs.sync()


def start_scheduled(now: float) -> None:
    """Begin what is due, oldest first. What one person scheduled and is too large for one by now waits for another."""
    due = Broadcast.objects.filter(state=Broadcast.State.SCHEDULED, not_before__lte=_at(now))
    for broadcast in due.order_by("not_before", "pk"):
        people = audience.rows(broadcast.audience).filter(program=broadcast.program_id).count()
        if broadcast.approver_id is None and audience.needs_second(people):
            _wait_for_second(broadcast, now)
        else:
            outbox.start(broadcast.pk, now)


def _wait_for_second(broadcast: Broadcast, now: float) -> None:
    at, waiting = _at(now), Broadcast.State.WAITING
    with transaction.atomic():
        still = Broadcast.objects.filter(pk=broadcast.pk, state=Broadcast.State.SCHEDULED, approver=None)
        if still.update(state=waiting, changed=at):
            alarm.sound(Alarm.LATE, at, about=f"{broadcast.pk} {at.timestamp():.0f}")


def cancel_late(now: float) -> None:
    """What was never begun and is too late by now is never sent: better none than one that is not true any more."""
    waiting = (Broadcast.State.SCHEDULED, Broadcast.State.WAITING)
    late = Broadcast.objects.filter(state__in=waiting, expires__lte=_at(now))
    for pk in late.values_list("pk", flat=True):
        outbox.cancel(pk, now)


def tell_of_overrides(now: float) -> None:
    """Once for each."""
    for each in override.owing(_at(now)):
        alarm.sound(Alarm.FOUND, _at(now), about=str(each.pk))


def tell_of_costs(now: float) -> None:
    """Once a day, from the alarm of alerts.toml on. Nothing costs anything in practice."""
    limits, day = config.alerts().cost, _at(now).date()
    spent = SenderState.objects.filter(day=day).aggregate(sum=Sum("cost_today"))["sum"] or Decimal(0)
    if spent > 0 and spent >= limits.alarm:
        midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
        alarm.sound(Alarm.COST, _at(now), every=_at(now) - midnight)


def purge(now: float) -> None:
    """Once an hour."""
    if chores.claim("purge", now - 3600, now):
        private.purge(_at(now))


_PARTS: tuple[Callable[[float], None], ...] = (
    sync_programs,
    cancel_late,
    start_scheduled,
    tips.send_due,
    tell_of_overrides,
    tell_of_costs,
    purge,
)


def _at(now: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(now, dt.UTC)
