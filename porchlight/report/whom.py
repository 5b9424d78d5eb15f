"""Whom to call: which contacts answer a concern in a place, in which order, and why each stands there.

A plan is a list of steps for a concern. Each step takes contacts of one sort; a contact is taken once, by the first
step that wants it. Nothing withheld or known to be bad is ever taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from porchlight.facts import Facts, Standing, Trust, trust
from porchlight.facts.schema import (
    Audience,
    Callers,
    Contact,
    ContactRole,
    HoursKind,
    Kind,
    Limit,
    RouteBasis,
    RouteModel,
    Source,
    Topic,
)
from porchlight.facts.standing import is_of_jurisdiction
from porchlight.places import county_matches
from porchlight.report.answer import Concern, Line, Role, line

CHILD_CONCERNS = frozenset(
    {
        Concern.danger_now,
        Concern.abuse_neglect,
        Concern.sex_trafficking,
        Concern.labor_trafficking,
        Concern.online,
        Concern.missing_or_runaway,
    }
)
LAY = frozenset({Role.anyone, Role.youth, Role.parent})  # all others ask by their work


@dataclass(frozen=True, slots=True)
class Choice:
    """A contact, why it is here, and how far its number can be trusted."""

    contact: Contact
    why: Line
    trust: Trust


@dataclass(frozen=True, slots=True)
class Asking:
    """What the choice of contacts hangs on. `day` is a date, because trust grows old by the day."""

    jurisdiction: str | None
    county_fips: str | None
    note: str | None  # of the place: "military" or "tribal_land"
    concern: Concern
    role: Role
    day: dt.date


def whom(facts: Facts, asking: Asking) -> tuple[Choice, ...]:
    """The contacts for `asking`, in the order to try them."""
    usable = tuple(_usable(facts, asking))
    taken: dict[tuple[Kind, str, str | None, bool], Choice] = {}
    for step in _PLANS[asking.concern]:
        for contact, trusted in usable:
            # One number may stand under two ids (a menu option for trafficking): it is shown once. The safe haven for
            # a baby is another reason to call, and may never stand in the place of the child line.
            is_haven = contact.role is ContactRole.safe_haven
            number = (contact.kind, contact.value, contact.keyword, is_haven)
            if number not in taken and step.wants(contact, asking):
                taken[number] = Choice(contact, step.why(contact, asking), trusted)
    return tuple(taken.values())


def _usable(facts: Facts, asking: Asking) -> Iterator[tuple[Contact, Trust]]:
    """Every contact of the place and of the nation that may be shown to this person."""
    for contact, trusted in _shown(facts, asking.jurisdiction, asking.day):
        if _is_for(contact, asking) and _is_in_area(facts, contact, asking):
            yield contact, trusted


@lru_cache(maxsize=256)
def _shown(facts: Facts, code: str | None, day: dt.date) -> tuple[tuple[Contact, Trust], ...]:
    """The contacts of a jurisdiction and of the nation that are not withheld, with their trust on a day."""

    def find(source_id: str) -> Source:
        return facts.source(code, source_id)

    shown = []
    for contact in facts.contacts(code):
        owner = code if is_of_jurisdiction(contact) else None
        trusted = trust(contact, find, day, bad=facts.is_known_bad(owner, contact))
        if trusted.standing is not Standing.withheld:
            shown.append((contact, trusted))
    return tuple(shown)


_OPEN_TO_ALL = {
    Audience.anyone,
    Audience.parents,
    Audience.youth,
    Audience.deaf,
    Audience.native,
    Audience.adults,
}


def _is_for(contact: Contact, asking: Asking) -> bool:
    """May the person who asks use it? Lines for people bound by their work are for them alone."""
    audience = set(contact.audience)
    if Audience.military in audience and asking.note != "military":
        return False
    if Topic.tribal_land in contact.takes and asking.note != "tribal_land":
        return False
    if audience & _OPEN_TO_ALL or Audience.military in audience:
        return not (asking.role is Role.youth and audience == {Audience.adults})
    return asking.role not in LAY and asking.concern is not Concern.about_me


def _is_in_area(facts: Facts, contact: Contact, asking: Asking) -> bool:
    if asking.jurisdiction is None or not (contact.counties or contact.except_counties):
        return True
    if asking.county_fips is None:
        # County not known: each region's line is shown with its region; county lines wait for the county.
        return facts.jurisdictions[asking.jurisdiction].routing.model is RouteModel.regional
    if asking.county_fips in _fips(contact.except_counties, asking.jurisdiction):
        return False
    return not contact.counties or asking.county_fips in _fips(contact.counties, asking.jurisdiction)


@lru_cache(maxsize=4096)
def _fips(counties: tuple[str, ...], jurisdiction: str) -> frozenset[str]:
    return frozenset(f for county in counties if (f := county_matches(county, jurisdiction)) is not None)


# --- sorts of contacts ------------------------------------------------------------------------------------------------

Wanted = Callable[[Contact, Asking], bool]
Why = Callable[[Contact, Asking], Line]


@dataclass(frozen=True, slots=True)
class _Step:
    wants: Wanted
    why: Why


def place_name(code: str | None) -> Line:
    """The name of a jurisdiction as it stands inside a sentence."""
    return line(f"name_{code}") if code is not None else line("place_unknown")


def leads_to_the_office(contact: Contact) -> bool:
    """A jurisdiction's own number that connects with the office that takes the call."""
    own = contact.role is ContactRole.connector and is_of_jurisdiction(contact)
    return own and not contact.second_choice


def _always(code: str) -> Why:
    return lambda contact, asking: line(code)


def _placed(code: str) -> Why:
    return lambda contact, asking: line(code, place=place_name(asking.jurisdiction))


def _role(role: ContactRole, *kinds: Kind, topics: Iterable[Topic] = ()) -> Wanted:
    topics = frozenset(topics)

    def wants(contact: Contact, asking: Asking) -> bool:
        right_kind = not kinds or contact.kind in kinds
        return (
            contact.role is role and right_kind and (not topics or bool(topics.intersection(contact.takes)))
        )

    return wants


def _takes(*topics: Topic) -> Wanted:
    return lambda contact, asking: any(topic in contact.takes for topic in topics)


def _both(one: Wanted, other: Wanted) -> Wanted:
    return lambda contact, asking: one(contact, asking) and other(contact, asking)


def _for(*audiences: Audience) -> Wanted:
    return lambda contact, asking: any(audience in contact.audience for audience in audiences)


def _not_youth(contact: Contact, asking: Asking) -> bool:
    return asking.role is not Role.youth


def _for_a_lay_person(contact: Contact, asking: Asking) -> bool:
    return Audience.mandated not in contact.audience


def _is_main(contact: Contact, asking: Asking) -> bool:
    """A main line for children at risk; one for trafficking alone is taken by a step of its own."""
    return (
        Topic.abuse in contact.takes
        and not contact.second_choice
        and not {Audience.mandated, Audience.professionals} & set(contact.audience)
    )


def _is_second(contact: Contact, asking: Asking) -> bool:
    return contact.second_choice


def _in_military_place(contact: Contact, asking: Asking) -> bool:
    return Audience.military in contact.audience


def _why_intake(contact: Contact, asking: Asking) -> Line:
    place = place_name(asking.jurisdiction)
    if contact.callers is Callers.in_state and contact.twin is not None:
        return line("why_intake_in_state", place=place)
    if contact.callers is Callers.out_of_state:
        return line("why_intake_out_of_state", place=place)
    # A young person is not told about reports: for them it is the line for children there.
    young = asking.role is Role.youth
    if contact.counties:
        area = ", ".join(contact.counties)
        return line("why_line_county" if young else "why_intake_county", area=area)
    if contact.except_counties:
        area = ", ".join(contact.except_counties)
        return line("why_line_except" if young else "why_intake_except", place=place, area=area)
    if Topic.trafficking in contact.takes and not young:
        return line("why_intake_trafficking", place=place)
    return line("why_line" if young else "why_intake", place=place)


_TRAFFICKING = (Topic.trafficking, Topic.adult_trafficking)

_EMERGENCY = _Step(_role(ContactRole.emergency), _always("why_danger"))
_INTAKE = _Step(_both(_role(ContactRole.intake, Kind.phone), _is_main), _why_intake)
_TRAFFICKING_INTAKE = _Step(
    _both(
        _role(ContactRole.intake, Kind.phone, topics=[Topic.trafficking]),
        lambda c, a: Topic.abuse not in c.takes,
    ),
    _why_intake,
)
_STATE_CONNECTOR = _Step(
    _both(_role(ContactRole.connector, Kind.phone), lambda c, a: leads_to_the_office(c)),
    _always("why_connector_state"),
)


def _child_line(why: Why) -> _Step:
    """The line for a child, where the worry is another: the main one, or the one that leads to it."""
    intake = _both(_role(ContactRole.intake, Kind.phone), _is_main)
    return _Step(lambda c, a: intake(c, a) or _STATE_CONNECTOR.wants(c, a), why)


_INTAKE_MORE = [
    _STATE_CONNECTOR,
    _Step(_both(_role(ContactRole.intake, Kind.phone), _is_second), _always("why_intake_second")),
    _Step(
        _both(_role(ContactRole.intake, Kind.phone), _for(Audience.mandated)), _always("why_intake_mandated")
    ),
    _Step(_role(ContactRole.intake, Kind.phone, topics=[Topic.abuse]), _why_intake),
    _Step(_role(ContactRole.intake, Kind.sms), _always("why_text_intake")),
    _Step(_role(ContactRole.intake, Kind.tty), _always("why_tty")),
]
_RELAY = _Step(_role(ContactRole.relay), _always("why_relay"))
_PORTAL = [
    _Step(_both(_role(ContactRole.intake, Kind.web, Kind.chat), _not_youth), _always("why_portal")),
    _Step(_both(_role(ContactRole.intake, Kind.fax, Kind.email), _not_youth), _always("why_written")),
]
_CONNECTOR = _Step(
    _role(ContactRole.connector, Kind.phone, Kind.sms, topics=[Topic.abuse]), _always("why_connector")
)
_OF_THE_PLACE = [
    _Step(_in_military_place, _always("why_military")),
    _Step(_role(ContactRole.tip_line, Kind.phone, topics=[Topic.tribal_land]), _always("why_tribal_health")),
    _Step(_role(ContactRole.tip_line, topics=[Topic.tribal_land]), _always("why_tribal_tips")),
]
_TRAFFICKING_LINE = _Step(
    _role(ContactRole.connector, Kind.phone, Kind.sms, topics=_TRAFFICKING),
    _always("why_connector_trafficking"),
)
_TIPS = _Step(_role(ContactRole.tip_line, topics=_TRAFFICKING), _always("why_tips"))
_ADULT_TIPS = _Step(
    _both(_role(ContactRole.tip_line, topics=_TRAFFICKING), lambda c, a: Topic.online not in c.takes),
    _always("why_tips"),
)
_VICTIM_SERVICES = _Step(
    _role(ContactRole.victim_services, topics=_TRAFFICKING), _always("why_victim_services")
)
_ONLINE = _Step(_role(ContactRole.tip_line, topics=[Topic.online]), _always("why_online"))
_IMAGES = _Step(_takes(Topic.images), _always("why_images"))
_MISSING = _Step(_both(_takes(Topic.missing), _role(ContactRole.tip_line)), _always("why_missing"))
_RUNAWAY = _Step(_takes(Topic.runaway), _always("why_runaway"))
_LABOR = _Step(_takes(Topic.labor), _always("why_labor"))
_YOUTH_STATE = _Step(
    lambda c, a: c.role is ContactRole.youth_help and is_of_jurisdiction(c), _always("why_youth")
)


def _youth(*kinds: Kind) -> list[_Step]:
    """Lines for children and teens of these kinds; lines for everyone first, for some after."""

    def made_for(*audiences: Audience) -> Wanted:
        """For young people; and for `audiences` alone, or for everyone where none is named."""

        def wants(contact: Contact, asking: Asking) -> bool:
            some = {Audience.native, Audience.deaf} & set(contact.audience)
            return Audience.youth in contact.audience and contact.kind in kinds and some == set(audiences)

        return wants

    return [
        _Step(_both(made_for(), lambda c, a: Topic.images not in c.takes), _always("why_youth")),
        _Step(made_for(Audience.native), _always("why_youth_native")),
        _Step(made_for(Audience.deaf), _always("why_youth_deaf")),
    ]


_PARTNER_LINE = _role(ContactRole.victim_services, Kind.phone, Kind.sms, topics=[Topic.domestic_violence])
_PARTNER = [
    _Step(
        _both(_PARTNER_LINE, lambda c, a: not {Audience.native, Audience.deaf} & {*c.audience}),
        _always("why_partner"),
    ),
    _Step(_both(_PARTNER_LINE, _for(Audience.native)), _always("why_youth_native")),
    _Step(_both(_PARTNER_LINE, _for(Audience.deaf)), _always("why_youth_deaf")),
]

_PLANS: dict[Concern, list[_Step]] = {
    Concern.danger_now: [_EMERGENCY, _INTAKE, *_INTAKE_MORE, _RELAY, *_OF_THE_PLACE, _CONNECTOR],
    Concern.abuse_neglect: [_INTAKE, *_INTAKE_MORE, _EMERGENCY, _RELAY, *_OF_THE_PLACE, *_PORTAL, _CONNECTOR],
    Concern.sex_trafficking: [
        _TRAFFICKING_INTAKE,
        _INTAKE,
        *_INTAKE_MORE,
        _EMERGENCY,
        _RELAY,
        *_OF_THE_PLACE,
        _TRAFFICKING_LINE,
        _TIPS,
        *_PORTAL,
        _VICTIM_SERVICES,
        _CONNECTOR,
    ],
    Concern.labor_trafficking: [
        _TRAFFICKING_INTAKE,
        _INTAKE,
        *_INTAKE_MORE,
        _EMERGENCY,
        _RELAY,
        *_OF_THE_PLACE,
        _TRAFFICKING_LINE,
        _TIPS,
        _LABOR,
        *_PORTAL,
        _VICTIM_SERVICES,
        _CONNECTOR,
    ],
    Concern.online: [
        _INTAKE,
        *_INTAKE_MORE,
        _EMERGENCY,
        _RELAY,
        _ONLINE,
        _IMAGES,
        *_OF_THE_PLACE,
        *_PORTAL,
        _CONNECTOR,
    ],
    Concern.missing_or_runaway: [
        _EMERGENCY,
        _MISSING,
        _RUNAWAY,
        _INTAKE,
        *_INTAKE_MORE,
        _RELAY,
        *_OF_THE_PLACE,
        _CONNECTOR,
    ],
    Concern.about_me: [
        *_youth(Kind.sms, Kind.chat),
        _YOUTH_STATE,
        *_youth(Kind.phone, Kind.tty),
        _IMAGES,
        *_youth(Kind.web, Kind.email),
        _EMERGENCY,
        _child_line(_placed("why_child_line_you")),
        _Step(_both(_role(ContactRole.intake, Kind.tty), _for_a_lay_person), _always("why_tty")),
        _RELAY,
    ],
    Concern.struggling: [
        _Step(_both(_role(ContactRole.family_help), lambda c, a: c.value == "211"), _always("why_211")),
        _Step(
            _both(_role(ContactRole.family_help), _takes(Topic.family_support, Topic.parent_stress)),
            _always("why_family"),
        ),
        _CONNECTOR,
        *_PARTNER,
        _Step(_both(_takes(Topic.suicide), lambda c, a: c.value == "988"), _always("why_suicide")),
        _Step(_takes(Topic.own_behavior), _always("why_own_behavior")),
        _Step(_role(ContactRole.safe_haven), _always("why_safe_haven")),
        _EMERGENCY,
        _child_line(_always("why_child_line_hurt")),
        _RELAY,
    ],
    Concern.adult_trafficking: [
        _TRAFFICKING_LINE,
        _EMERGENCY,
        _ADULT_TIPS,
        _VICTIM_SERVICES,
        _LABOR,
        _child_line(_always("why_child_under_18")),
        _RELAY,
    ],
}


def any_office(facts: Facts, asking: Asking) -> Choice | None:
    """Where any local office may take a report and the county's own is not known: the first one we have."""
    code = asking.jurisdiction
    if code is None or RouteBasis.any_office not in facts.jurisdictions[code].routing.basis:
        return None
    for contact, trusted in _shown(facts, code, asking.day):
        is_line = contact.role is ContactRole.intake and contact.kind is Kind.phone and bool(contact.counties)
        if (
            is_line
            and contact.hours.kind is not HoursKind.outside
            and Limit.police_dispatch not in contact.limits
        ):
            return Choice(contact, line("why_intake_any_office", area=", ".join(contact.counties)), trusted)
    return None
