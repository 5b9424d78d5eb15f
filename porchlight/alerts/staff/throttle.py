"""Guessing passwords: after some failures in a row an account has to wait, longer each time, wherever they come from.

No address is kept. Failures are counted by the keyed hash of the name that was typed, whether there is such an account
or not, so that nobody learns which exist. A browser in which this person has logged in before counts for itself: a
stranger who fails on purpose does not lock out the one whose account it is.

The hash is made with the site's secret key, which `porchlight alerts rotate` leaves alone. A new secret key forgets the
failures, and which browsers are known: nobody is locked out, and what the old one had counted goes within a day.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from porchlight.alerts.models import LogInTries

FREE_TRIES = 5
FIRST_WAIT = dt.timedelta(seconds=30)
LONGEST_WAIT = dt.timedelta(minutes=15)
FORGOTTEN_AFTER = dt.timedelta(days=1)

_COOKIE, _SALT = "staff_known", "porchlight.alerts.staff.throttle"
_KNOWN_FOR = dt.timedelta(days=90)


def wait(failures: int) -> dt.timedelta:
    """How long after its last failure an account waits: nothing for the first ones, then twice as long each time."""
    if failures < FREE_TRIES:
        return dt.timedelta()
    doubled: int = 2 ** min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def blocked_until(request: HttpRequest, name: str, now: dt.datetime) -> dt.datetime | None:
    """The moment until which no password is tried for `name` in this browser; None when one is."""
    tries = LogInTries.objects.filter(name=_key(request, name)).first()
    if tries is None:
        return None
    until = tries.last + wait(tries.failures)
    return until if until > now else None


def failed(request: HttpRequest, name: str, now: dt.datetime) -> None:
    """Count one failure."""
    with transaction.atomic():
        LogInTries.objects.filter(last__lt=now - FORGOTTEN_AFTER).delete()
        LogInTries.objects.get_or_create(name=_key(request, name), defaults={"last": now})
        tries = LogInTries.objects.select_for_update().get(name=_key(request, name))
        tries.failures, tries.last = min(tries.failures + 1, 1000), now
        tries.save(update_fields=["failures", "last"])


def succeeded(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Forget the failures, and know this browser for a while."""
    LogInTries.objects.filter(name=_key(request, user.get_username())).delete()
    response.set_cookie(
        _COOKIE,
        signing.dumps(user.get_username(), salt=_SALT),
        max_age=_KNOWN_FOR,
        path=settings.STAFF_PATH,
        secure=settings.CONFIG.is_public,
        httponly=True,
        samesite="Strict",
    )


def _key(request: HttpRequest, name: str) -> bytes:
    where = "known" if _is_known(request, name) else "anywhere"
    return salted_hmac(_SALT, f"{where}:{name.strip().casefold()}", algorithm="sha256").digest()


def _is_known(request: HttpRequest, name: str) -> bool:
    try:
        said: str = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=_KNOWN_FOR)
    except signing.BadSignature:
        return False
    return said.strip().casefold() == name.strip().casefold()
