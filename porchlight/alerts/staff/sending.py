"""From a draft to its end: who may let a broadcast go, and what each step leaves on record.

Draft -> (someone else says yes) -> scheduled -> sending; taken back it is a draft again. What is not allowed raises
Refused, which says why in words for staff.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from porchlight.alerts import outbox, rules
from porchlight.alerts.models import Broadcast, Override
from porchlight.alerts.override import rule_of
from porchlight.alerts.staff import plan as plans
from porchlight.alerts.staff.accounts import record

State = Broadcast.State


class Refused(Exception):  # noqa: N818 - named as a person would say it
    """Why not, in words for staff."""

    def __init__(self, why: Promise | str) -> None:
        super().__init__(str(why))
        self.why = str(why)


_MOVED_ON = _("Someone else has changed this meanwhile. Look again before you go on.")
_OWN = _("You wrote this, so someone else must say yes to it.")
_NOBODY = _("Nobody would get this. Change who gets it.")
_BLOCKED = _("The text cannot be sent as it is. See what to change.")


@transaction.atomic
def submit(
    pk: int, user: User, now: dt.datetime, *, not_before: dt.datetime | None, expires: dt.datetime | None
) -> Broadcast:
    """The author is done. It goes, is scheduled, or waits for a second person, as its size and hour ask."""
    broadcast = _locked(pk, State.DRAFT)
    broadcast.not_before, broadcast.expires, broadcast.author = not_before, expires, user
    foreseen = plans.of(broadcast, now)
    _check(foreseen)
    if foreseen.needs_second:
        _set(broadcast, State.WAITING, now)
        record(user, "asked_for_approval", now, broadcast_id=pk)
        return broadcast
    _go(broadcast, now)
    record(user, "sent" if broadcast.not_before is None else "scheduled", now, broadcast_id=pk)
    return broadcast


@transaction.atomic
def approve(pk: int, user: User, now: dt.datetime) -> Broadcast:
    """A second person says yes, to the words, to who gets them, and to an override if there is one."""
    broadcast = _locked(pk, State.WAITING)
    if broadcast.author_id == user.pk:
        raise Refused(_OWN)
    override = plans.override_of(broadcast)
    if override is not None:
        _approve_override(override, user, now)
    _check(plans.of(broadcast, now))
    broadcast.approver = user
    _go(broadcast, now)
    record(user, "approved", now, broadcast_id=pk, why=override.police_reference if override else "")
    return broadcast


@transaction.atomic
def take_back(pk: int, user: User, now: dt.datetime, *, why: str = "") -> Broadcast:
    """What waits or is scheduled becomes a draft again; nothing was sent."""
    broadcast = _locked(pk, State.WAITING, State.SCHEDULED)
    Override.objects.filter(broadcast=broadcast).update(approved_by=None, approved=None)
    broadcast.approver = None
    _set(broadcast, State.DRAFT, now)
    record(user, "taken_back", now, broadcast_id=pk, why=why)
    return broadcast


@transaction.atomic
def pause(pk: int, user: User, now: dt.datetime) -> None:
    """Nothing more leaves until someone goes on."""
    _moved(outbox.pause(pk, now.timestamp()))
    record(user, "paused", now, broadcast_id=pk)


@transaction.atomic
def resume(pk: int, user: User, now: dt.datetime) -> None:
    """Go on where it was paused."""
    _moved(outbox.resume(pk, now.timestamp()))
    record(user, "resumed", now, broadcast_id=pk)


@transaction.atomic
def cancel(pk: int, user: User, now: dt.datetime) -> None:
    """Nothing more of it is ever sent."""
    _moved(outbox.cancel(pk, now.timestamp()))
    record(user, "cancelled", now, broadcast_id=pk)


@transaction.atomic
def ask_override(
    pk: int, user: User, now: dt.datetime, *, police_reference: str, reason: str, hours: int
) -> Override:
    """Ask to send a draft outside quiet hours for a missing child, for so many hours from now."""
    broadcast = _locked(pk, State.DRAFT)
    ends = now + dt.timedelta(hours=hours)
    override, _made = Override.objects.update_or_create(
        broadcast=broadcast,
        defaults={
            "police_reference": police_reference.strip(),
            "reason": reason.strip(),
            "asked_by": user,
            "asked": now,
            "approved_by": None,
            "approved": None,
            "expires": ends,
        },
    )
    record(user, "asked_override", now, broadcast_id=pk, why=police_reference)
    return override


@transaction.atomic
def end_override(pk: int, user: User, now: dt.datetime) -> None:
    """Quiet hours hold again for it, from now on."""
    broadcast = _locked(pk, State.DRAFT)
    Override.objects.filter(broadcast=broadcast).delete()
    record(user, "ended_override", now, broadcast_id=pk)


@transaction.atomic
def child_found(pk: int, user: User, now: dt.datetime) -> Broadcast:
    """End what is still being sent about a missing child, and begin the text that says the child was found."""
    override = (
        Override.objects.select_for_update().select_related("broadcast__program").filter(broadcast=pk).first()
    )
    if override is None:
        raise Refused(_MOVED_ON)
    if override.found_id is not None:
        return Broadcast.objects.get(pk=override.found_id)
    outbox.cancel(pk, now.timestamp())
    first = override.broadcast
    follow_up = Broadcast.objects.create(
        program=first.program,
        state=State.DRAFT,
        texts={},
        audience=first.audience,
        author=user,
        created=now,
        changed=now,
    )
    override.found, override.expires = follow_up, min(override.expires, now)
    override.save(update_fields=["found", "expires"])
    record(user, "child_found", now, broadcast_id=pk)
    return follow_up


def copy(broadcast: Broadcast, user: User, now: dt.datetime) -> Broadcast:
    """A new draft with the same words for the same people."""
    return Broadcast.objects.create(
        program=broadcast.program,
        state=State.DRAFT,
        texts=broadcast.texts,
        unaccented=broadcast.unaccented,
        audience=broadcast.audience,
        author=user,
        created=now,
        changed=now,
    )


_WHY_NOT = {
    rules.Why.NO_POLICE_REFERENCE: _("Give the number of the police report."),
    rules.Why.NO_REASON: _("Say why it cannot wait."),
    rules.Why.SAME_PERSON: _("You asked for this, so someone else must say yes to it."),
    rules.Why.EXPIRED: _("The time that was asked for is over. Ask again."),
    rules.Why.TOO_LONG: _("Quiet hours can be lifted for 24 hours at most. Ask again for fewer."),
}


def _approve_override(override: Override, user: User, now: dt.datetime) -> None:
    override.approved_by, override.approved = user, now
    verdict = rules.may_override(rule_of(override), now)
    if not verdict.allowed:
        raise Refused(_WHY_NOT.get(verdict.why, _MOVED_ON) if verdict.why else _MOVED_ON)
    override.save(update_fields=["approved_by", "approved"])


def _check(foreseen: plans.Plan) -> None:
    if foreseen.blocked:
        raise Refused(_BLOCKED)
    if not foreseen.counts.total:
        raise Refused(_NOBODY)


def _go(broadcast: Broadcast, now: dt.datetime) -> None:
    if broadcast.not_before is not None and broadcast.not_before > now:
        _set(broadcast, State.SCHEDULED, now)
        return
    broadcast.not_before = None
    broadcast.changed = now
    broadcast.save()
    _moved(outbox.start(broadcast.pk, now.timestamp()))
    broadcast.refresh_from_db()


def _set(broadcast: Broadcast, state: Broadcast.State, now: dt.datetime) -> None:
    broadcast.state, broadcast.changed = state, now
    broadcast.save()


def _locked(pk: int, *states: Broadcast.State) -> Broadcast:
    """The broadcast, held until the transaction ends. Raises Refused when it has moved on."""
    broadcast = Broadcast.objects.select_for_update().filter(pk=pk, state__in=states).first()
    if broadcast is None:
        raise Refused(_MOVED_ON)
    return broadcast


def _moved(done: bool) -> None:
    if not done:
        raise Refused(_MOVED_ON)
