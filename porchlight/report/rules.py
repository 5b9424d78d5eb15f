"""One question in, one Answer out: place, concern, who is asking, and the moment.

Pure: no Django, no clock, no network.

Nothing a person says can lower what they are told to do: a concern of danger, and every other answer, only adds.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from porchlight.facts import Facts, Standing, Trust
from porchlight.facts.hours import Opening, OpenState, opening
from porchlight.facts.schema import (
    Authority,
    Contact,
    ContactRole,
    Covered,
    Day,
    Hours,
    HoursKind,
    Item,
    JurisdictionFile,
    Kind,
    Limit,
    PassOn,
    RouteModel,
    Topic,
    WhenClosed,
)
from porchlight.places import Place
from porchlight.report.answer import (
    Answer,
    AnswerContact,
    AnswerPlace,
    AnswerSource,
    Concern,
    Duty,
    Law,
    Line,
    Point,
    Role,
    line,
)
from porchlight.report.duty import authorities, duty
from porchlight.report.law import is_new_and_sure, law
from porchlight.report.whom import Asking, Choice, any_office, leads_to_the_office, place_name, whom
from porchlight.report.words import WORDS

_CHILD_CONCERNS = {
    Concern.danger_now,
    Concern.abuse_neglect,
    Concern.sex_trafficking,
    Concern.labor_trafficking,
    Concern.online,
    Concern.missing_or_runaway,
}
_LAY = {Role.anyone, Role.youth, Role.parent}


def answer(
    place: Place | None,
    concern: Concern,
    role: Role,
    at: dt.datetime,
    facts: Facts,
    note: str | None = None,
) -> Answer:
    """The Answer for a place (None: not known), a concern, a role and a moment (aware).

    `note` is what `places.resolve` adds about a place ("military"). Raises ValueError for a moment without a zone and
    KeyError for a jurisdiction that is none of the 56.
    """
    if at.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    if place is not None and place.jurisdiction not in facts.jurisdictions:
        raise KeyError(f"{place.jurisdiction} is none of the {len(facts.jurisdictions)} jurisdictions")
    # Trust grows old by the day, and the day is UTC: the same for everyone, never a zone we would have to guess.
    asking = _asking(place, concern, role, at.astimezone(dt.UTC).date(), note)
    day = _day(facts, asking, place.county if place else None, place.zones if place else _ZONE_OF_NO_PLACE)
    moment = at.astimezone(dt.UTC)
    return msgspec.structs.replace(day.answers[bisect_right(day.starts, moment) - 1], at=moment)


def answer_any_hour(
    place: Place | None,
    concern: Concern,
    role: Role,
    day: dt.date,
    facts: Facts,
    note: str | None = None,
) -> Answer:
    """The Answer for whoever reads it at an hour we cannot know: every contact says its hours, never "open now".

    Contacts stand in the order of the plan. By `day` (UTC) trust has grown old. Raises KeyError as `answer` does.
    """
    asking = _asking(place, concern, role, day, note)
    given = _still(facts, asking, place.county if place else None).answer
    contacts = tuple(msgspec.structs.replace(contact, state=contact.hours) for contact in given.contacts)
    return msgspec.structs.replace(given, contacts=contacts)


def _asking(place: Place | None, concern: Concern, role: Role, day: dt.date, note: str | None) -> Asking:
    if concern is Concern.about_me:
        role = Role.youth  # whoever asks for themselves is spoken to as a young person
    return Asking(
        jurisdiction=place.jurisdiction if place else None,
        county_fips=place.county_fips if place else None,
        note=note,
        concern=concern,
        role=role,
        day=day,
    )


_ZONE_OF_NO_PLACE = ("America/New_York",)


@dataclass(frozen=True, slots=True)
class _Day:
    """All the Answers of one day (UTC) to one question, and the moments from which each holds, in order."""

    starts: tuple[dt.datetime, ...]
    answers: tuple[Answer, ...]


@lru_cache(maxsize=8192)
def _day(facts: Facts, asking: Asking, county: str | None, zones: tuple[str, ...]) -> _Day:
    still = _still(facts, asking, county)
    start = dt.datetime.combine(asking.day, dt.time(), tzinfo=dt.UTC)
    end = start + dt.timedelta(days=1)
    answers: list[Answer] = []
    while start < end:
        answers.append(_at(still, facts, zones, start))
        start = answers[-1].changes_at or end
    return _Day(tuple(given.at for given in answers), tuple(answers))


class _Still(msgspec.Struct, frozen=True):
    """All of an Answer that does not change with the hour, and the contacts whose hours still have to be judged."""

    answer: Answer
    timed: tuple[tuple[int, Contact], ...]


@lru_cache(maxsize=8192)
def _still(facts: Facts, asking: Asking, county: str | None) -> _Still:
    reach = _reach(facts, dataclasses.replace(asking, role=_spoken_to_as(asking.role)), county)
    law_there = law(facts, asking.jurisdiction, asking.day)
    duty_there = _duty(facts, asking)
    still = Answer(
        place=AnswerPlace(
            jurisdiction=asking.jurisdiction,
            name=facts.jurisdictions[asking.jurisdiction].name if asking.jurisdiction else None,
            county=county,
            county_fips=asking.county_fips,
        ),
        concern=asking.concern,
        role=asking.role,
        at=dt.datetime.combine(asking.day, dt.time(), tzinfo=dt.UTC),
        now=_now(asking),
        contacts=reach.contacts,
        route=reach.route,
        duty=duty_there,
        law=law_there,
        say=_say(asking),
        beside_you=_beside_you(facts, asking),
        to_child=_to_child(asking),
        do_not=_do_not(asking),
        next=_next(asking),
        about_me=_about_me(facts, asking),
        sources=_sources(facts, asking.jurisdiction, reach.contacts, duty_there, law_there),
    )
    return _Still(still, reach.timed)


@dataclass(frozen=True, slots=True)
class _Reach:
    """Whom to reach, how a report finds its office, and which of the contacts keep hours."""

    contacts: tuple[AnswerContact, ...]
    route: tuple[Line, ...]
    timed: tuple[tuple[int, Contact], ...]


@lru_cache(maxsize=4096)
def _reach(facts: Facts, asking: Asking, county: str | None) -> _Reach:
    route, choices = _route(facts, asking, county, whom(facts, asking))
    contacts = [_contact(choice, facts, asking) for choice in choices]
    timed = tuple(
        (index, choice.contact)
        for index, choice in enumerate(choices)
        if choice.contact.hours.kind in (HoursKind.weekly, HoursKind.outside)
    )
    return _Reach(_without_a_next(contacts), route, timed)


def _spoken_to_as(role: Role) -> Role:
    """Whom to reach is the same for all grown-ups who ask as such, and the same for all who ask by their work."""
    if role in _LAY:
        return Role.youth if role is Role.youth else Role.anyone
    return Role.other_listed


def _without_a_next(contacts: list[AnswerContact]) -> tuple[AnswerContact, ...]:
    """The contacts, the last that can be called not sending anyone on to a next one."""
    for index in range(len(contacts) - 1, -1, -1):
        last = contacts[index].no_answer
        if last is not None:
            if last.code == "no_answer_next":
                contacts[index] = msgspec.structs.replace(contacts[index], no_answer=line("no_answer_police"))
            break
    return tuple(contacts)


def _at(still: _Still, facts: Facts, zones: tuple[str, ...], at: dt.datetime) -> Answer:
    """The still answer at a moment: what is open, in which order, and when it next differs."""
    contacts = list(still.answer.contacts)
    changes: list[dt.datetime] = [_next_midnight(at)]
    for index, contact in still.timed:
        now = opening(contact, at, zones, _finder(facts, still.answer.place.jurisdiction))
        contacts[index] = _timed(contacts[index], contact.hours, now, zones)
        if now.changes_at is not None:
            changes.append(now.changes_at)
    if still.timed:
        contacts = _open_first(contacts)
    return msgspec.structs.replace(still.answer, at=at, contacts=tuple(contacts), changes_at=min(changes))


def _timed(contact: AnswerContact, hours: Hours, now: Opening, zones: tuple[str, ...]) -> AnswerContact:
    zone = hours.zone if hours.zone not in (None, "local") else zones[0] if len(zones) == 1 else None
    return msgspec.structs.replace(
        contact,
        open=now.state,
        state=_state_line(now, zone),
        opens_at=now.changes_at if now.state is OpenState.closed else None,
        closes_at=now.changes_at if now.state is OpenState.open else None,
    )


@lru_cache(maxsize=1024)
def _state_line(now: Opening, zone: str | None) -> Line:
    """What to say of an opening; times on the contact's own clock, and no time where the zone is not sure."""
    if now.changes_at is None or zone is None:
        return line(f"state_{now.state.value}")
    change = now.changes_at.astimezone(ZoneInfo(zone))
    time = f"clock:{change:%H:%M}"
    if now.state is OpenState.open:
        return line("state_open_until", time=time)
    if now.state is OpenState.closed:
        return line("state_closed_until", day=line(f"day_{list(Day)[change.weekday()].value}"), time=time)
    return line(f"state_{now.state.value}")


def _open_first(contacts: list[AnswerContact]) -> list[AnswerContact]:
    """Of lines that do the same work, those closed now come after the others; all else keeps its place."""
    alike: dict[tuple[ContactRole, Kind], list[int]] = {}
    for spot, contact in enumerate(contacts):
        alike.setdefault((contact.role, contact.kind), []).append(spot)
    moved = list(contacts)
    for spots in alike.values():
        in_order = sorted((contacts[n] for n in spots), key=lambda contact: contact.open is OpenState.closed)
        for spot, contact in zip(spots, in_order, strict=True):
            moved[spot] = contact
    return moved


def _finder(facts: Facts, code: str | None) -> Callable[[str], Contact | None]:
    return lambda contact_id: next((c for c in facts.contacts(code) if c.id == contact_id), None)


def _next_midnight(at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(at.date() + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)


# --- now --------------------------------------------------------------------------------------------------------------


def _now(asking: Asking) -> tuple[Line, ...]:
    concern = asking.concern
    if concern is Concern.about_me:
        return (line("now_you"), line("now_you_text"))
    if concern is Concern.danger_now:
        return (line("now_danger_is"), line("now_text_911"), line("now_stay_safe"))
    if concern is Concern.missing_or_runaway:
        return (line("now_missing"), line("now_missing_seen"), line("now_danger"))
    if concern is Concern.struggling:
        return (line("now_danger"), line("now_hurt_fear"))
    if concern is Concern.adult_trafficking:
        return (line("now_danger"), line("now_text_911"))
    return (line("now_danger"), line("now_call"))


# --- contacts ---------------------------------------------------------------------------------------------------------


def _contact(choice: Choice, facts: Facts, asking: Asking) -> AnswerContact:
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
    if asking.concern is Concern.struggling and asking.role in _LAY and limit is Limit.not_a_report:
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
    lines = []
    for step in contact.when_closed:
        if step in WhenClosed.__members__:
            lines.append(line(f"closed_{step}"))
            continue
        other = next((c for c in facts.contacts(asking.jurisdiction) if c.id == step), None)
        if other is not None and other.withhold is None:
            lines.append(line("closed_contact", printed=other.printed))
    return tuple(lines)


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


# --- the route to an office -------------------------------------------------------------------------------------------


def _route(
    facts: Facts, asking: Asking, county: str | None, choices: tuple[Choice, ...]
) -> tuple[tuple[Line, ...], tuple[Choice, ...]]:
    """How a report finds its office, and the contacts with an office added where any office will do."""
    if asking.concern is Concern.about_me:
        return (), choices if _is_reached(choices) else _with_any_office(facts, asking, choices)
    about_child = asking.concern in _CHILD_CONCERNS
    if asking.jurisdiction is None:
        lines = [line("route_no_place"), *([line("route_police")] if about_child else ())]
        return tuple(lines), choices
    file = facts.jurisdictions[asking.jurisdiction]
    reached = file.routing.model is not RouteModel.none_known and _is_reached(choices)
    if not reached and file.routing.model is not RouteModel.none_known:
        choices = _with_any_office(facts, asking, choices)
    if not about_child:
        # Someone who needs help, or worries about an adult, is not sent to the police in place of a missing line.
        known = file.routing.model is not RouteModel.none_known
        return tuple(_to_office(file, asking, county, reached) if known else ()), choices
    lines = _to_office(file, asking, county, reached)
    if not reached:
        lines += _without_office(facts)
    lines += _route_rules(facts, asking)
    if asking.note == "military":
        lines += [line("route_military"), line("route_family_advocacy")]
    return tuple(dict.fromkeys(lines)), choices


def _is_reached(choices: tuple[Choice, ...]) -> bool:
    """Is there a line of the authority among them, or one that leads to it?"""
    return any(
        choice.contact.kind is Kind.phone
        and (choice.contact.role is ContactRole.intake or leads_to_the_office(choice.contact))
        for choice in choices
    )


def _to_office(file: JurisdictionFile, asking: Asking, county: str | None, reached: bool) -> list[Line]:
    place, model = place_name(file.jurisdiction), file.routing.model
    lines: list[Line] = []
    if not reached and model is RouteModel.none_known:
        lines += [line("route_none_known", place=place), line("route_office", agency=file.agency)]
        lines += [line("route_agency_page", url=c.value) for c in file.contacts if _is_agency_page(c)]
    elif not reached and county is not None:
        lines.append(line("route_county_unknown", county=county))
    elif not reached:
        lines.append(line("route_ask_county", place=place))
    elif model is RouteModel.regional and asking.county_fips is None:
        lines.append(line("route_ask_region", place=place))
    if file.routing.directory is not None and model is not RouteModel.statewide:
        lines.append(line("route_county_directory", place=place, url=file.routing.directory))
    return lines


def _is_agency_page(contact: Contact) -> bool:
    return contact.role is ContactRole.connector and contact.kind is Kind.web and contact.withhold is None


def _without_office(facts: Facts) -> list[Line]:
    connector = connector_line(facts)
    if connector is None:
        return [line("route_police")]
    name = connector.name or connector.operator or connector.id
    return [line("route_police"), line("route_connector", name=name, printed=connector.printed)]


def _route_rules(facts: Facts, asking: Asking) -> list[Line]:
    file = facts.jurisdictions[asking.jurisdiction or ""]
    lines = []
    if file.routing.model not in (RouteModel.statewide, RouteModel.none_known):
        lines += [line(f"route_{basis.value}") for basis in file.routing.basis]
    if file.routing.also:
        lines.append(line("route_also", authorities=authorities(file.routing.also)))
    named = Authority.tribal in (file.law.to.who if file.law.to else ())
    if asking.note == "tribal_land" or (named and Authority.tribal not in file.routing.also):
        lines.append(line("route_tribal"))
    if asking.concern in (Concern.sex_trafficking, Concern.labor_trafficking):
        lines.append(
            line("route_sex_police_too")
            if asking.concern is Concern.sex_trafficking
            else line("route_police")
        )
        covered = file.law.trafficking.child_abuse if file.law.trafficking else None
        if covered is not None and covered.covered is Covered.caretaker_only:
            lines.append(line("route_police_first"))
    return lines


def _with_any_office(facts: Facts, asking: Asking, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """With one office added where a line for the child would stand: after 911 in danger, last if help comes first."""
    extra = any_office(facts, asking)
    if extra is None:
        return choices
    spot = 0 if asking.concern in _CHILD_CONCERNS else len(choices)
    if asking.concern in (Concern.danger_now, Concern.missing_or_runaway):
        spot = sum(choice.contact.role is ContactRole.emergency for choice in choices)
    return (*choices[:spot], extra, *choices[spot:])


# --- duty, sayings ----------------------------------------------------------------------------------------------------


def _duty(facts: Facts, asking: Asking) -> Duty | None:
    """The duty, where the concern is a child and the one who asks is not a child.

    A parent who asks for help is not told about reports. Someone who works with children is: it still holds.
    """
    if asking.jurisdiction is None or asking.role is Role.youth:
        return None
    if asking.concern in _CHILD_CONCERNS or (
        asking.concern is Concern.struggling and asking.role not in _LAY
    ):
        return duty(facts, asking.jurisdiction, asking.role, asking.day)
    return None


_OPENINGS = {
    Concern.danger_now: "say_open_danger",
    Concern.abuse_neglect: "say_open",
    Concern.sex_trafficking: "say_open_sex",
    Concern.labor_trafficking: "say_open_labor",
    Concern.online: "say_open_online",
    Concern.missing_or_runaway: "say_open_missing",
    Concern.struggling: "say_open_family",
    Concern.adult_trafficking: "say_open_adult",
}


def _say(asking: Asking) -> tuple[Line, ...]:
    if asking.concern is Concern.about_me:
        return ()
    lines = [line(_OPENINGS[asking.concern])]
    if asking.concern is Concern.struggling:
        return (*lines, line("family_help_first"), line("family_not_report"), line("family_hurt"))
    lines += [line("say_saw"), line("say_where"), line("say_unknown")]
    if asking.concern in _CHILD_CONCERNS:
        lines.append(line("say_words"))
    if asking.concern is Concern.online:
        lines.append(line("say_screenshots"))
    if asking.concern is Concern.abuse_neglect:
        lines.append(line("say_poverty"))
    if asking.concern is Concern.adult_trafficking:
        lines.append(line("adult_under_18"))
    return (*lines, line("say_number"), line("say_language"))


# What any line will want to know, for places whose own list nobody sourced.
_USUAL_ITEMS = (
    Item.child_identity,
    Item.child_age,
    Item.child_location,
    Item.facts,
    Item.suspect_identity,
    Item.caretaker_identity,
    Item.danger_to_worker,
    Item.reporter_identity,
)


def _beside_you(facts: Facts, asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in _CHILD_CONCERNS:
        return ()
    contents = facts.jurisdictions[asking.jurisdiction].law.contents if asking.jurisdiction else None
    items = list(contents.items) if contents is not None else list(_USUAL_ITEMS)
    # Where the child is now saves the most time, whether or not a law lists it.
    if Item.child_location not in items:
        items.insert(1, Item.child_location)
    return (line("beside_open"), *(line(f"item_{item.value}") for item in items))


def _to_child(asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in _CHILD_CONCERNS:
        return ()
    if asking.role is Role.youth:
        return (line("youth_friend_listen"), line("child_fault"), line("youth_friend"))
    return (line("child_believe"), line("child_fault"), line("child_next"), line("child_listen"))


def _do_not(asking: Asking) -> tuple[Line, ...]:
    if asking.concern not in _CHILD_CONCERNS | {Concern.adult_trafficking}:
        return ()
    lines = [line("not_confront"), line("not_follow")]
    if asking.concern in _CHILD_CONCERNS:
        lines = [line("not_promise"), line("not_question"), *lines]
        if asking.role is not Role.parent and asking.concern is not Concern.missing_or_runaway:
            lines.append(line("not_tell_family"))
    return tuple(lines)


def _next(asking: Asking) -> tuple[Line, ...]:
    if asking.concern is Concern.about_me:
        return ()
    if asking.concern is Concern.struggling:
        return (line("next_family"),)
    if asking.concern is Concern.adult_trafficking:
        return (line("next_listen"), line("next_adult"), line("next_write"))
    return (
        line("next_listen"),
        line("next_child_safe"),
        line("next_decide"),
        line("next_police"),
        line("next_may_not_hear"),
        line("next_write"),
    )


def _about_me(facts: Facts, asking: Asking) -> tuple[Line, ...]:
    if asking.concern is not Concern.about_me:
        return ()
    return (
        line("me_fault"),
        line("me_alone"),
        line("me_where"),
        line("me_little"),
        line("me_trace"),
        line("me_device"),
        _trouble(facts, asking),
        line("me_images"),
        line("me_trusted"),
        line("me_again"),
    )


def _trouble(facts: Facts, asking: Asking) -> Line:
    code = asking.jurisdiction
    rules = facts.jurisdictions[code].law.trafficking if code is not None else None
    harbor = rules.safe_harbor if rules is not None else None
    if code is not None and harbor is not None and is_new_and_sure(facts, code, harbor, asking.day):
        return line("me_trouble_no", place=place_name(code))
    return line("me_trouble_unsure")


# --- sources ----------------------------------------------------------------------------------------------------------


def _sources(
    facts: Facts,
    code: str | None,
    contacts: tuple[AnswerContact, ...],
    duty_there: Duty | None,
    law_there: Law,
) -> dict[str, AnswerSource]:
    ids = {source_id for contact in contacts for source_id in contact.sources}
    for group in (duty_there, law_there):
        if group is not None:
            points = [getattr(group, name) for name in group.__struct_fields__]
            ids |= {source_id for p in points if isinstance(p, Point) for source_id in p.sources}
    return {source_id: _source(facts, code, source_id) for source_id in sorted(ids)}


@lru_cache(maxsize=8192)
def _source(facts: Facts, code: str | None, source_id: str) -> AnswerSource:
    source = facts.source(code, source_id)
    return AnswerSource(publisher=source.publisher, kind=source.kind.value, url=source.url, date=source.date)
