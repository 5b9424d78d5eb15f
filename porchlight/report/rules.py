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

from porchlight.facts import Facts
from porchlight.facts.hours import Opening, OpenState, opening
from porchlight.facts.schema import Contact, ContactRole, Day, Hours, HoursKind, Kind
from porchlight.places import Place
from porchlight.report import steps
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
from porchlight.report.contact import shown
from porchlight.report.duty import duty
from porchlight.report.law import law
from porchlight.report.route import route
from porchlight.report.whom import CHILD_CONCERNS, LAY, Asking, whom


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
        now=steps.now(asking),
        contacts=reach.contacts,
        route=reach.route,
        duty=duty_there,
        law=law_there,
        say=steps.say(asking),
        beside_you=steps.beside_you(facts, asking),
        to_child=steps.to_child(asking),
        do_not=steps.do_not(asking),
        next=steps.next_(asking),
        about_me=steps.about_me(facts, asking),
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
    lines, choices = route(facts, asking, county, whom(facts, asking))
    contacts = [shown(choice, facts, asking) for choice in choices]
    timed = tuple(
        (index, choice.contact)
        for index, choice in enumerate(choices)
        if choice.contact.hours.kind in (HoursKind.weekly, HoursKind.outside)
    )
    return _Reach(_without_a_next(contacts), lines, timed)


def _spoken_to_as(role: Role) -> Role:
    """Whom to reach is the same for all grown-ups who ask as such, and the same for all who ask by their work."""
    if role in LAY:
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


def _duty(facts: Facts, asking: Asking) -> Duty | None:
    """The duty, where the concern is a child and the one who asks is not a child.

    A parent who asks for help is not told about reports. Someone who works with children is: it still holds.
    """
    if asking.jurisdiction is None or asking.role is Role.youth:
        return None
    if asking.concern in CHILD_CONCERNS or (asking.concern is Concern.struggling and asking.role not in LAY):
        return duty(facts, asking.jurisdiction, asking.role, asking.day)
    return None


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
