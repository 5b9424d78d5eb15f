"""Telephone numbers: kept sealed, found by a keyed index, shown masked, and never told again once they said STOP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from porchlight.alerts import keyring, rules
from porchlight.alerts.models import Number, StaffAction, Suppression

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from porchlight.places import Place

SHARDS = 64
CONTEXT = "number"  # what a number is sealed as


def find(e164: str) -> Number | None:
    """The row of a number, whichever key indexed it; None when we hold none."""
    return Number.objects.filter(_indexed(e164)).order_by("pk").first()


def get(e164: str, now: dt.datetime, *, place: Place | None = None) -> Number:
    """The row of a number, made when there is none. `place` is where its owner says they are: it sets the clock.

    A new row of a number that once said STOP (and was erased) begins stopped.
    """
    held = find(e164) or _make(e164, now, place)
    if place is not None:
        clock = ",".join(rules.zones_for(place, e164))
        if held.clock != clock:
            held.clock = clock
            held.save(update_fields=["clock"])
    return held


def hold(number: Number) -> Number:
    """The row as it is now, held until the transaction ends. Whoever changes what hangs on a number holds it first."""
    return Number.objects.select_for_update().get(pk=number.pk)


def open_(number: Number) -> str:
    """The number itself, E.164."""
    return keyring.unseal(number.seal_key, number.sealed, CONTEXT).decode()


def masked(number: Number) -> str:
    """What staff see: "(502) •••-••34"."""
    return mask(open_(number))


def mask(e164: str) -> str:
    """The area code and the last two digits; of a foreign number, its last two."""
    return f"({e164[2:5]}) •••-••{e164[-2:]}" if e164.startswith("+1") else f"+•••{e164[-2:]}"


def reveal(number: Number, user: User, why: str, now: dt.datetime) -> str:
    """The number in full, for a member of staff; that they looked, and why, is kept first."""
    StaffAction.objects.create(who=user, what="look", number=number, why=why, at=now)
    return open_(number)


# --- STOP -------------------------------------------------------------------------------------------------------------


def is_stopped(e164: str) -> bool:
    """Did this number say STOP, and nothing since? True also of numbers whose row was erased."""
    return Suppression.objects.filter(_indexed(e164), lifted=None).exists()


def suppressions(e164: str) -> list[Suppression]:
    """Every STOP that we keep of a number, lifted or not."""
    return list(Suppression.objects.filter(_indexed(e164)).order_by("since"))


def suppress(number: Number, source: Suppression.Source, now: dt.datetime) -> bool:
    """Keep that a number said STOP, inside the caller's transaction. True when it had not: one text confirms it.

    The number's own row is written first: it makes two STOPs at once wait for each other.
    """
    number.stopped = True
    number.save(update_fields=["stopped"])
    e164 = open_(number)
    rows = list(Suppression.objects.select_for_update().filter(_indexed(e164)))
    if any(row.lifted is None for row in rows):
        return False
    if rows:
        Suppression.objects.filter(pk__in=[row.pk for row in rows]).update(
            source=source, since=now, lifted=None, acknowledged=None
        )
        return True
    version, digest = keyring.index(e164)
    Suppression.objects.create(index_key=version, index=digest, source=source, since=now)
    return True


def acknowledged(number: Number, now: dt.datetime) -> None:
    """The carrier took our one confirmation of STOP."""
    Suppression.objects.filter(_indexed(open_(number)), lifted=None, acknowledged=None).update(
        acknowledged=now
    )


def lift(number: Number, now: dt.datetime) -> None:
    """The number itself said START, or confirmed a new sign-up: it may be written to again."""
    Suppression.objects.filter(_indexed(open_(number)), lifted=None).update(lifted=now)
    number.stopped = False
    number.save(update_fields=["stopped"])


# --- rows -------------------------------------------------------------------------------------------------------------


def _indexed(e164: str) -> Q:
    """The rows of a number under every key that there ever was."""
    return _any(Q(index_key=version, index=digest) for version, digest in keyring.indexes(e164))


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=())
    for condition in conditions:
        found |= condition
    return found


def _make(e164: str, now: dt.datetime, place: Place | None) -> Number:
    """A new row, or the one that another process made in this moment."""
    clock = ",".join(rules.zones_for(place, e164))
    seal_key, sealed = keyring.seal(e164.encode(), CONTEXT)
    try:
        with transaction.atomic():
            hold_keys()
            version, digest = keyring.index(e164)
            return find(e164) or Number.objects.create(
                index_key=version,
                index=digest,
                seal_key=seal_key,
                sealed=sealed,
                shard=digest[0] % SHARDS,
                clock=clock,
                stopped=is_stopped(e164),
                created=now,
            )
    except IntegrityError:
        held = find(e164)
        if held is None:
            raise
        return held


# Any number of one's own, for PostgreSQL's advisory locks.
_KEYS_LOCK = 0x706F7263_68616C65


def hold_keys(*, change: bool = False) -> None:
    """Until this transaction ends no new key is made, or with `change`, nobody makes a row under an old one.

    Two processes that index one number under two keys at once would make two rows of it. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        lock = "pg_advisory_xact_lock" if change else "pg_advisory_xact_lock_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [_KEYS_LOCK])
