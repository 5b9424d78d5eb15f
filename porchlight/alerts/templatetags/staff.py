"""What the pages of staff say with: moments on the office's clock, money, the names of states, the menu."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from porchlight.alerts import config, numbers
from porchlight.alerts.models import Broadcast, Number, Subscriber
from porchlight.alerts.staff import inbox, look, people, plan, roles

register = template.Library()


@register.simple_tag
def part(name: str) -> str:
    """The address of the style or the script."""
    return look.address_of(name)


@register.simple_tag(takes_context=True)
def may(context: Context, page: str, method: str = "GET") -> bool:
    """May whoever looks at this page open that one?"""
    role = getattr(getattr(context, "request", None), "role", None)
    return role is not None and roles.may(role, page, method)


@register.simple_tag(takes_context=True)
def told(context: Context) -> str:
    """What the last thing that was done has to say."""
    request = getattr(context, "request", None)
    return look.told(request) if request is not None else ""


@register.simple_tag(takes_context=True)
def menu(context: Context) -> list[tuple[str, Promise, int, bool]]:
    """(page, its name, how much waits there, is it this one) for each page that this person may open."""
    request: Any = getattr(context, "request", None)
    role = getattr(request, "role", None)
    if role is None:
        return []
    here = request.resolver_match.url_name if request.resolver_match else ""
    waiting = {"inbox": inbox.waiting() if roles.may(role, "inbox") else 0}
    return [
        (page, name, waiting.get(page, 0), here in _PAGES_OF.get(page, {page}))
        for page, name in _MENU
        if roles.may(role, page)
    ]


@register.simple_tag
def practice() -> bool:
    """Do all texts stay on this machine?"""
    return config.alerts().is_practice


_MENU = (
    ("home", gettext_lazy("Today")),
    ("broadcasts", gettext_lazy("Broadcasts")),
    ("inbox", gettext_lazy("Inbox")),
    ("programs", gettext_lazy("Programs")),
    ("subscribers", gettext_lazy("Subscribers")),
    ("people", gettext_lazy("People")),
    ("record", gettext_lazy("Record")),
)
_PAGES_OF = {
    "broadcasts": {"broadcasts", "broadcast", "new", "edit", "override", "submit", "approve", "test"},
    "inbox": {"inbox", "text"},
    "programs": {"programs", "program", "review"},
    "subscribers": {"subscribers", "revoke"},
    "people": {"people", "person"},
}


# --- values in words --------------------------------------------------------------------------------------------------


@register.filter
def moment(when: dt.datetime | None) -> str:
    """ "today, 2:15 p.m. EST": a moment on the office's clock, with the clock's name."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    time = f"{formats.time_format(local, 'TIME_FORMAT')} {local.tzname()}"
    days = (local.date() - timezone.localtime().date()).days
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get(days)
    return f"{near or formats.date_format(local, 'D j N' if abs(days) < 300 else 'j N Y')}, {time}"


@register.filter
def until(when: dt.datetime | None, start: dt.datetime | None = None) -> str:
    """How long it is from `start` (now) to a moment: "about 9 hours"."""
    if when is None:
        return ""
    return span((when - (start or timezone.now())).total_seconds())


@register.filter
def span(seconds: float) -> str:
    """A length of time as people say it, never more exact than it is worth."""
    if seconds < 45:
        return _("less than a minute")
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    hours = round(seconds / 3600)
    if hours < 48:
        return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}
    days = round(seconds / 86_400)
    return ngettext("about %(count)s day", "about %(count)s days", days) % {"count": days}


@register.filter
def dollars(amount: Decimal | float | int) -> str:
    """ "$1,234.50", as money is written in the United States in either language; "$0" for nothing."""
    return f"${amount:,.2f}" if amount else "$0"


@register.filter
def grouped(number: int) -> str:
    """ "12,345"."""
    return f"{number:,}"


@register.filter
def rate(a_second: float) -> str:
    """A number per second, with no more digits than it is worth."""
    return f"{a_second:,.0f}" if a_second >= 10 else f"{a_second:.2g}"


_STATES: Mapping[str, Promise] = {
    Broadcast.State.DRAFT: gettext_lazy("Draft"),
    Broadcast.State.WAITING: gettext_lazy("Waits for approval"),
    Broadcast.State.SCHEDULED: gettext_lazy("Scheduled"),
    Broadcast.State.SENDING: gettext_lazy("Being sent"),
    Broadcast.State.PAUSED: gettext_lazy("Paused"),
    Broadcast.State.CANCELLED: gettext_lazy("Cancelled"),
    Broadcast.State.DONE: gettext_lazy("Done"),
    "delivered": gettext_lazy("Delivered"),
    "sent": gettext_lazy("With the carrier"),
    "to_go": gettext_lazy("Still to go"),
    "failed": gettext_lazy("Failed"),
    "expired": gettext_lazy("Too late, not sent"),
    "cancelled": gettext_lazy("Cancelled"),
    "unknown": gettext_lazy("Not known"),
    Subscriber.State.PENDING: gettext_lazy("Have not proved their number yet"),
    Subscriber.State.ACTIVE: gettext_lazy("Get texts"),
    "pausing": gettext_lazy("Wait for a person to decide"),
    Subscriber.State.LEFT: gettext_lazy("Have left"),
}


@register.filter
def state_name(state: str) -> str:
    """The name of a state of a broadcast, of its texts or of subscribers."""
    return str(_STATES.get(state, state))


_REASONS: Mapping[str, Promise] = {
    "bad_number": gettext_lazy("The number cannot be reached"),
    "stopped": gettext_lazy("They said STOP"),
    "bad_text": gettext_lazy("The carrier refused the words"),
    "setup": gettext_lazy("Our account with the carrier is not right"),
    "transient": gettext_lazy("The carrier could not take it, again and again"),
    "": gettext_lazy("The carrier gave no reason"),
}


@register.filter
def reason(error: str) -> str:
    """Why a text failed; a carrier's own code as it is."""
    return str(_REASONS.get(error, error))


@register.filter
def masked(number: Number) -> str:
    """ "(502) •••-••34"."""
    return numbers.masked(number)


@register.filter
def deed(what: str) -> str:
    """What a member of staff did."""
    return str(people.DEEDS.get(what, what))


@register.filter
def role_name(role: str) -> str:
    """The name of a role."""
    return str(roles.ROLE_NAMES[roles.Role(role)]) if role else _("None")


@register.filter
def in_language(names: Mapping[str, str]) -> str:
    """The name in the language of the page, else in the first there is."""
    return names.get(translation.get_language() or "en") or next(iter(names.values()), "")


@register.filter
def language_name(code: str) -> str:
    """The name of a language, in the language of the page."""
    return str(plan.LANGUAGE_NAMES.get(code, code))
