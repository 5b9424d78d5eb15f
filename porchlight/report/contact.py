"""A contact as an Answer shows it: its link, its limits, how far it is trusted, its hours, and what if nobody is there.

Nothing in here knows the time of day.
"""

from __future__ import annotations

from porchlight.facts import Facts, Standing, Trust
from porchlight.facts.hours import OpenState
from porchlight.facts.schema import (
    Contact,
    ContactRole,
    Day,
    Hours,
    HoursKind,
    Kind,
    Limit,
    PassOn,
    Topic,
    WhenClosed,
)
from porchlight.report.answer import AnswerContact, Concern, Line, Role, line
from porchlight.report.whom import LAY, Asking, Choice
from porchlight.report.words import WORDS


def shown(choice: Choice, facts: Facts, asking: Asking) -> AnswerContact:
    """The contact of `choice`, all but whether it is open at a moment."""
    contact = choice.contact
    limits = [
        line(f"limit_{limit.value}")
        for limit in contact.limits
        if not _is_said_elsewhere(limit, contact, asking)
    ]
    if contact.option is not None:
        limits.append(line("limit_option", option=contact.option))
    always = contact.hours.kind is HoursKind.always
    return AnswerContact(
        id=contact.id,
        kind=contact.kind,
        role=contact.role,
        value=contact.value,
        printed=contact.printed,
        href=href(contact),
        why=choice.why,
        standing=choice.trust.standing,
        trust=_trust_lines(contact, choice.trust),
        open=OpenState.open if always else OpenState.unknown,
        state=line("state_always" if always else "state_unknown"),
        hours=_hours_line(contact.hours),
        name=contact.name,
        keyword=contact.keyword,
        area=contact.counties,
        area_except=contact.except_counties,
        limits=tuple(limits),
        pass_on=_pass_on(contact, asking),
        if_closed=() if always or contact.kind is Kind.fax else _if_closed(contact, facts, asking),
        no_answer=_no_answer(contact, facts),
        languages=contact.languages,
        sources=contact.sources,
    )


def _is_said_elsewhere(limit: Limit, contact: Contact, asking: Asking) -> bool:
    """A young person is not told about reports: what a helpline passes on says it in words of their own."""
    if limit is Limit.is_a_report and PassOn.is_a_police_report in contact.pass_on:
        return True
    if asking.concern is Concern.struggling and asking.role in LAY and limit is Limit.not_a_report:
        return True  # nor is a parent who asks for help
    return asking.role is Role.youth and limit in (
        Limit.not_a_report,
        Limit.is_a_report,
        Limit.mandated_only,
    )


def href(contact: Contact) -> str | None:
    """The address a phone understands: tel:, sms: with its keyword, mailto: or the web address."""
    if contact.kind in (Kind.web, Kind.chat):
        return contact.value
    if contact.kind is Kind.email:
        return f"mailto:{contact.value}"
    if contact.kind is Kind.sms:
        return f"sms:{contact.value}" + (f"?&body={contact.keyword}" if contact.keyword else "")
    if contact.kind is Kind.fax:
        return None
    return "tel:" + contact.value.replace("#", "%23")


def _trust_lines(contact: Contact, trusted: Trust) -> tuple[Line, ...]:
    lines: list[Line] = []
    if trusted.standing is Standing.confirmed and contact.confirmed is not None:
        by, day = contact.confirmed.by, contact.confirmed.on.isoformat()
        lines.append(line(f"trust_confirmed_{_HOW[contact.confirmed.how.value]}", by=by, date=day))
    elif trusted.standing is Standing.conflicting:
        lines.append(line("trust_conflicting", other=", ".join(c.value for c in contact.conflicts)))
    elif trusted.standing is Standing.agreeing:
        lines.append(line("trust_agreeing", count=trusted.sources))
    elif trusted.sources == 1 and trusted.newest is not None:
        lines.append(line("trust_one", date=trusted.newest))
    elif trusted.sources == 1:
        lines.append(line("trust_one_undated"))
    else:
        lines.append(line("trust_own_only") if trusted.own else line("trust_others", count=trusted.sources))
    if trusted.stale and contact.role is not ContactRole.emergency:  # its sentence sends people to 911
        lines.append(line("trust_old"))
    return tuple(lines)


_HOW = {"called": "called", "seen_live": "seen"}


def _hours_line(hours: Hours) -> Line:
    if hours.kind is not HoursKind.weekly:
        return line(f"hours_{hours.kind.value}")
    spans = tuple(
        line("hours_span", days=_days(span.days), start=f"clock:{span.start}", end=f"clock:{span.end}")
        for span in hours.spans
    )
    if hours.zone in (None, "local"):
        return line("hours_weekly_local", spans=spans)
    # A site's own correction may name a zone that no words stand for: then its IANA name is said.
    zone = line(f"zone_{hours.zone}")
    return line("hours_weekly", spans=spans, zone=zone if zone.code in WORDS else str(hours.zone))


def _days(days: tuple[Day, ...]) -> Line | tuple[Line, ...]:
    order = list(Day)
    if len(days) == len(order):
        return line("days_every")
    first, last = order.index(days[0]), order.index(days[-1])
    if len(days) > 2 and list(days) == order[first : last + 1]:
        return line("days_range", first=line(f"day_{days[0].value}"), last=line(f"day_{days[-1].value}"))
    return tuple(line(f"day_{day.value}") for day in days)


def _pass_on(contact: Contact, asking: Asking) -> tuple[Line, ...]:
    return tuple(line(f"pass_on_{rule.value}") for rule in contact.pass_on)


def _if_closed(contact: Contact, facts: Facts, asking: Asking) -> tuple[Line, ...]:
    only_911 = contact.role is ContactRole.intake and contact.when_closed == (WhenClosed.emergency_911,)
    if only_911 and contact.hours.kind in _CLOSES:
        # That is for every call, not for danger alone. `_no_answer`, read beside it, names the police: so does this.
        return (line("closed_only_911"),)
    lines = []
    for step in contact.when_closed:
        if step in WhenClosed.__members__:
            lines.append(line(f"closed_{step}"))
            continue
        other = next((c for c in facts.contacts(asking.jurisdiction) if c.id == step), None)
        if other is not None and other.withhold is None:
            lines.append(line("closed_contact", printed=other.printed))
    return tuple(lines)


_CLOSES = {HoursKind.weekly, HoursKind.office, HoursKind.outside}


def _no_answer(contact: Contact, facts: Facts) -> Line | None:
    """What to do when nobody answers, at any hour: a person is never left with a ringing phone."""
    if contact.kind not in (Kind.phone, Kind.sms, Kind.tty) or contact.role is ContactRole.emergency:
        return None
    if contact.role is not ContactRole.intake:
        return line("no_answer_next")
    connector = connector_line(facts)
    if connector is None:
        return line("no_answer_police")
    return line("no_answer_police_connector", printed=connector.printed)


def connector_line(facts: Facts) -> Contact | None:
    """The national line that helps to find whom to call."""
    for contact in facts.national.contacts:
        if (
            contact.role is ContactRole.connector
            and contact.kind is Kind.phone
            and Topic.abuse in contact.takes
        ):
            return contact if contact.withhold is None else None
    return None
