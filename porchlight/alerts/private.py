"""What we hold on a number: shown to its owner, erased when they ask, and forgotten in time by itself.

Of an erased number only its keyed index stays, among those that said STOP, so that nobody writes to it again. Of one
who left, what they agreed to stays too, by the same index and with nothing else of theirs: it is our only proof that
we were allowed to write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from porchlight.alerts import config, inbound, keyring, numbers, outbox, subscribe
from porchlight.alerts.claims import BODY
from porchlight.alerts.commits import retried
from porchlight.alerts.models import (
    Consent,
    Delivery,
    Enrollment,
    Inbound,
    Number,
    SignUpCode,
    SignUpCount,
    StaffAction,
    StaffPhone,
    Subscriber,
    Suppression,
)

# How long what someone agreed to is kept after it ended. A suit under 47 U.S.C. 227 may begin four years after the text
# (28 U.S.C. 1658(a); Giovanniello v. ALM Media, 726 F.3d 106, 2nd Cir. 2013, by bordaslaw.com); one year more for what
# stops that clock.
CONSENT_KEPT = dt.timedelta(days=5 * 365 + 2)
_CHUNK = 500
_OVER = (
    Delivery.State.DELIVERED,
    Delivery.State.FAILED,
    Delivery.State.EXPIRED,
    Delivery.State.CANCELLED,
    Delivery.State.UNKNOWN,
)
_ON_THE_WAY = (Delivery.State.QUEUED, Delivery.State.CLAIMED)


def export(e164: str) -> dict[str, Any]:
    """All that we hold on a number, as plain values for JSON; moments in ISO 8601, UTC."""
    number = numbers.find(e164)
    held: dict[str, Any] = {
        "number": e164,
        "known": number is not None,
        "stopped": [_stop(each) for each in numbers.suppressions(e164)],
        "agreed_before": [_consent(each) for each in _kept_of(e164).select_related("program").order_by("pk")],
    }
    if number is None:
        return held
    return held | {
        "since": _said(number.created),
        "time_zones": number.clock.split(","),
        "subscriber": _subscriber(number),
        "waits_for_proof": _waiting(number),
        "texts_from_you": [_text(each) for each in number.inbound.order_by("received")],
        "texts_to_you": [_delivery(each) for each in Delivery.objects.filter(number=number).order_by("pk")],
        "looked_at_by_staff": [
            {"what": each.what, "why": each.why, "at": _said(each.at)}
            for each in StaffAction.objects.filter(number=number).order_by("pk")
        ],
    }


@retried
def erase(e164: str, now: dt.datetime, *, source: Suppression.Source = Suppression.Source.ERASED) -> bool:
    """Forget a number, but for the keyed index by which we never write to it again. True when we knew it.

    What its owner agreed to goes too when they ask for it themselves (ERASED), and is kept as always when they do not.
    """
    with transaction.atomic():
        gone = _kept_of(e164).delete()[0] if source == Suppression.Source.ERASED else 0
        number = numbers.find(e164)
        if number is None:
            return bool(gone)
        outbox.stop(numbers.hold(number), now.timestamp(), source=source)
        if source != Suppression.Source.ERASED:
            _keep_consents(Subscriber.objects.filter(number=number), now)
        number.delete()
        SignUpCount.objects.filter(index__in=keyring.digests(e164, "asked")).delete()
    return True


def purge(now: dt.datetime) -> int:
    """Forget what has had its time; returns how many rows went. Done in chunks, so that nothing waits for it long."""
    kept = config.alerts().retention
    _note_who_was_stopped(now)
    gone = _delete(Inbound.objects.filter(purge__lte=now))
    gone += _delete(SignUpCode.objects.filter(asked__lte=now - dt.timedelta(hours=kept.pending_hours)))
    gone += _delete(SignUpCount.objects.filter(hour__lte=now - dt.timedelta(days=2)))
    gone += _delete(
        Subscriber.objects.filter(
            state=Subscriber.State.PENDING,
            code=None,
            changed__lte=now - dt.timedelta(hours=kept.pending_hours),
        )
    )
    left_before = now - dt.timedelta(days=kept.stopped_days)
    gone += _forget_who_left(left_before, now)
    gone += _delete(Consent.objects.filter(subscriber=None, revoked__lte=now - CONSENT_KEPT))
    gone += _delete(_nobodys_numbers(now))
    return gone + _empty_bodies()


def _note_who_was_stopped(now: dt.datetime) -> None:
    """A carrier may say that someone left: then they did, from now on."""
    stopped = Subscriber.objects.filter(
        number__stopped=True, state__in=(Subscriber.State.ACTIVE, Subscriber.State.PAUSED)
    )
    for subscriber in stopped[:_CHUNK]:
        with transaction.atomic():
            if numbers.hold(subscriber.number).stopped:
                Subscriber.objects.filter(pk=subscriber.pk).update(state=Subscriber.State.LEFT, changed=now)
                Consent.objects.filter(subscriber=subscriber, revoked=None).update(revoked=now)


def _forget_who_left(before: dt.datetime, now: dt.datetime) -> int:
    """Those who left at `before` or earlier; not what they had agreed to."""
    left = Subscriber.objects.filter(state=Subscriber.State.LEFT, changed__lte=before)
    gone = 0
    while ids := list(left.values_list("pk", flat=True)[:_CHUNK]):
        with transaction.atomic():
            # Held, then asked again: they may have come back meanwhile.
            list(Subscriber.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
            still = left.filter(pk__in=ids)
            _keep_consents(still, now)
            gone += still.delete()[0]
    return gone


def _keep_consents(of: QuerySet[Subscriber], now: dt.datetime) -> None:
    """Part what they agreed to from them: from now on its keyed index alone tells whose it was."""
    for consent in Consent.objects.filter(subscriber__in=of).select_related("subscriber__number"):
        if consent.subscriber is not None:
            number = consent.subscriber.number
            consent.subscriber, consent.index_key, consent.index = None, number.index_key, number.index
            consent.revoked = consent.revoked or now
            consent.save(update_fields=["subscriber", "index_key", "index", "revoked"])


def _kept_of(e164: str) -> QuerySet[Consent]:
    """What was agreed to with this number by someone whom we have forgotten since."""
    return Consent.objects.filter(index__in=[digest for _key, digest in keyring.indexes(e164)])


def _nobodys_numbers(now: dt.datetime) -> QuerySet[Number]:
    """Numbers with no subscriber, of whom we keep no text, to whom nothing is on the way, and nobody of the staff."""
    used = Delivery.objects.filter(state__in=(*_ON_THE_WAY, Delivery.State.SENT)).values("number_id")
    return Number.objects.filter(
        subscriber=None, inbound=None, created__lte=now - dt.timedelta(days=1)
    ).exclude(Q(pk__in=used) | Q(pk__in=StaffPhone.objects.values("number_id")))


def _delete(rows: QuerySet[Any]) -> int:
    gone = 0
    while ids := list(rows.values_list("pk", flat=True)[:_CHUNK]):
        with transaction.atomic():
            # Held, then asked again: a text may have come meanwhile.
            list(rows.model._default_manager.select_for_update().filter(pk__in=ids).order_by("pk"))
            gone += rows.filter(pk__in=ids).delete()[0]
    return gone


def _empty_bodies() -> int:
    """The words of what is over; the outbox empties them itself, but for what a crash left."""
    left = Delivery.objects.filter(state__in=(*_OVER, Delivery.State.SENT)).exclude(sealed_body=None)
    emptied = 0
    while ids := list(left.values_list("pk", flat=True)[:_CHUNK]):
        emptied += left.filter(pk__in=ids).update(sealed_body=None, seal_key=None)
    return emptied


# --- what is shown ----------------------------------------------------------------------------------------------------


def _said(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment is not None else None


def _moment(seconds: float | None) -> str | None:
    return _said(dt.datetime.fromtimestamp(seconds, dt.UTC)) if seconds is not None else None


def _stop(row: Suppression) -> dict[str, Any]:
    return {
        "source": row.source,
        "since": _said(row.since),
        "lifted": _said(row.lifted),
        "acknowledged": _said(row.acknowledged),
    }


def _subscriber(number: Number) -> dict[str, Any] | None:
    subscriber = Subscriber.objects.filter(number=number).first()
    if subscriber is None:
        return None
    return {
        "state": subscriber.state,
        "language": subscriber.language,
        "zip": subscribe.zip_code_of(subscriber),
        "joined": _said(subscriber.joined),
        "changed": _said(subscriber.changed),
        "programs": [_enrollment(each) for each in subscriber.enrollments.select_related("program")],
        "consents": [_consent(each) for each in subscriber.consents.select_related("program").order_by("pk")],
    }


def _enrollment(row: Enrollment) -> dict[str, Any]:
    return {
        "program": row.program.slug,
        "active": row.active,
        "since": _said(row.since),
        "birth_month": subscribe.birth_month_of(row),
        "next": row.next_step,
        "next_day": row.next_due.isoformat() if row.next_due else None,
    }


def _consent(row: Consent) -> dict[str, Any]:
    return {
        "program": row.program.slug if row.program else None,
        "wording": row.wording,
        "wording_sha256": row.wording_sha256,
        "language": row.language,
        "source": row.source,
        "evidence": row.evidence,
        "asked": _said(row.asked),
        "confirmed": _said(row.confirmed),
        "revoked": _said(row.revoked),
    }


def _waiting(number: Number) -> dict[str, Any] | None:
    waiting = SignUpCode.objects.filter(subscriber__number=number).first()
    if waiting is None:
        return None
    wish: dict[str, Any] = msgspec.to_builtins(subscribe.wish_of(waiting))
    return {name: value for name, value in wish.items() if name != "page"} | {"asked": _said(waiting.asked)}


def _text(row: Inbound) -> dict[str, Any]:
    return {
        "received": _said(row.received),
        "words": inbound.words(row),
        "read_as": row.command or row.reading,
        "forgotten": _said(row.purge),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "kind": Delivery.Kind(row.kind).name.lower(),
        "state": Delivery.State(row.state).name.lower(),
        "broadcast": row.broadcast_id,
        "language": row.language,
        "segments": row.segments,
        "sent": _moment(row.sent),
        "words": next(_body(row), None),
    }


def _body(row: Delivery) -> Iterator[str]:
    if row.sealed_body is not None and row.seal_key is not None:
        yield keyring.unseal(row.seal_key, row.sealed_body, BODY).decode()
