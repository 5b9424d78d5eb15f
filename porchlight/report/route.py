"""The route: how a report finds the office that takes it, and whom to turn to where that office is not known."""

from __future__ import annotations

from porchlight.facts import Facts
from porchlight.facts.schema import (
    Authority,
    Contact,
    ContactRole,
    Covered,
    JurisdictionFile,
    Kind,
    RouteModel,
)
from porchlight.report.answer import Concern, Line, line
from porchlight.report.contact import connector_line
from porchlight.report.duty import authorities
from porchlight.report.whom import (
    CHILD_CONCERNS,
    Asking,
    Choice,
    any_office,
    leads_to_the_office,
    place_name,
)


def route(
    facts: Facts, asking: Asking, county: str | None, choices: tuple[Choice, ...]
) -> tuple[tuple[Line, ...], tuple[Choice, ...]]:
    """How a report finds its office, and the contacts with an office added where any office will do."""
    if asking.concern is Concern.about_me:
        return (), choices if _is_reached(choices) else _with_any_office(facts, asking, choices)
    about_child = asking.concern in CHILD_CONCERNS
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
    spot = 0 if asking.concern in CHILD_CONCERNS else len(choices)
    if asking.concern in (Concern.danger_now, Concern.missing_or_runaway):
        spot = sum(choice.contact.role is ContactRole.emergency for choice in choices)
    return (*choices[:spot], extra, *choices[spot:])
