"""The number that stands on every error page: the one of this site's own jurisdiction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from porchlight import places, report
from porchlight.facts.schema import ContactRole, Kind
from porchlight.report.numbers import as_dialed, vanity


@dataclass(frozen=True)
class HomeCall:
    """`value` is E.164 (or a service code), `digits` is how people dial it, `word` the vanity form or None.

    `place` is the jurisdiction's name; None when it has no one number, and this one helps to find whom to call.
    """

    value: str
    digits: str
    word: str | None
    place: str | None


def home_call() -> HomeCall | None:
    """The first intake number of the home jurisdiction's Answer, else its first connector, else None.

    Raises FactError or OSError when the facts cannot be read.
    """
    home = places.place_for(settings.CONFIG.home)
    answer = report.answer(home, report.Concern.abuse_neglect, report.Role.anyone, dt.datetime.now(dt.UTC))
    phones = [contact for contact in answer.contacts if contact.kind is Kind.phone]
    for contact in phones:
        if contact.role is ContactRole.intake and not contact.area:
            return _call(contact.value, contact.printed, answer.place.name)
    for contact in phones:
        if contact.role is ContactRole.connector:
            return _call(contact.value, contact.printed, None)
    return None


def _call(value: str, printed: str, place: str | None) -> HomeCall:
    return HomeCall(value, as_dialed(value), vanity(value, printed), place)
