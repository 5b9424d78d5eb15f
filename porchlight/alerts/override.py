"""Missing-child overrides: which hold, and which ended without anyone being told how it turned out.

What an override needs is `rules.may_override`: a police reference, a reason, a second person, an end. It opens quiet
hours for one broadcast and nothing else: STOP and consent are asked of every text all the same. It ends by itself; then
the people who got the text are owed another, which is a broadcast like any other and keeps quiet hours.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from porchlight.alerts import rules
from porchlight.alerts.models import Broadcast, Override


def rule_of(override: Override) -> rules.MissingChild:
    """The same as the rules read it."""
    return rules.MissingChild(
        police_reference=override.police_reference,
        reason=override.reason,
        asked_by=override.asked_by_id,
        asked=override.asked,
        expires=override.expires,
        approved_by=override.approved_by_id,
        approved=override.approved,
    )


def holds(override: Override, now: dt.datetime) -> bool:
    """Does it open quiet hours now?"""
    return rules.may_override(rule_of(override), now).allowed


def owing(now: dt.datetime) -> QuerySet[Override]:
    """Those that ended after their text went out, and whose follow-up nobody has sent yet."""
    unsent = (
        Broadcast.State.DRAFT,
        Broadcast.State.WAITING,
        Broadcast.State.SCHEDULED,
        Broadcast.State.CANCELLED,
    )
    return Override.objects.filter(
        Q(found=None) | Q(found__state__in=unsent),
        expires__lte=now,
        broadcast__started__isnull=False,
        approved__isnull=False,
    ).order_by("pk")
