"""Things that are done once in a while, or once, by whichever process comes first."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from porchlight.alerts.models import Chore


def claim(name: str, before: float, now: float) -> bool:
    """Take a chore that was last done at `before` or earlier. True for one caller alone, who does it then.

    Times are in seconds since 1970. Inside a transaction that fails afterwards it is not taken.
    """
    if Chore.objects.filter(name=name, last__lte=before).update(last=now):
        return True
    if Chore.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            Chore.objects.create(name=name, last=now)
    except IntegrityError:
        return False
    return True
