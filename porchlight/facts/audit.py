"""The audit of all facts: what is covered, what is wrong, what deserves a look, and whom to call next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from msgspec import Struct

from porchlight.facts.check import Problem, errors, same_last_seven
from porchlight.facts.load import Facts
from porchlight.facts.schema import (
    Contact,
    ContactRole,
    HoursKind,
    JurisdictionFile,
    Kind,
    RouteModel,
    Source,
    Topic,
)
from porchlight.facts.standing import Standing, Trust, trust


class Coverage(Struct, frozen=True):
    """How many of the 56 jurisdictions have a field, and which lack it."""

    field: str
    have: int
    missing: tuple[str, ...]


class Audit(Struct, frozen=True):
    as_of: dt.date
    jurisdictions: int
    contacts: int
    standings: dict[str, int]
    coverage: tuple[Coverage, ...]
    errors: tuple[dict[str, str], ...]
    warnings: tuple[dict[str, str], ...]


def audit(facts: Facts, as_of: dt.date) -> Audit:
    """The whole audit on a day. Errors fail the build; warnings are work for a person."""
    trusts = {contact.id: found for _, contact, found in each_contact(facts, as_of)}
    return Audit(
        as_of=as_of,
        jurisdictions=len(facts.jurisdictions),
        contacts=len(trusts),
        standings=dict(Counter(found.standing.value for found in trusts.values())),
        coverage=tuple(_coverage(facts, as_of)),
        errors=tuple(_plain(errors(facts))),
        warnings=tuple(_plain(_warnings(facts, as_of))),
    )


def each_contact(facts: Facts, as_of: dt.date) -> Iterator[tuple[str | None, Contact, Trust]]:
    """(jurisdiction code or None, contact, its trust) for every contact there is."""
    for code in (*facts.jurisdictions, None):

        def find(source_id: str, code: str | None = code) -> Source:
            return facts.source(code, source_id)

        for contact in facts.file(code).contacts:
            yield code, contact, trust(contact, find, as_of)


def _plain(problems: list[Problem]) -> Iterator[dict[str, str]]:
    for problem in problems:
        yield {"code": problem.code, "where": problem.where, "reason": problem.reason}


_LAW_FIELDS = [
    "duty",
    "timing",
    "to",
    "institution",
    "privilege",
    "reporter",
    "contents",
    "immunity",
    "penalty_fail",
    "penalty_false",
    "cross_border",
]
_TRAFFICKING_FIELDS = ["sex_minor", "labor_minor", "child_abuse", "safe_harbor", "notice"]


def _coverage(facts: Facts, as_of: dt.date) -> Iterator[Coverage]:
    def count(field: str, has: Callable[[JurisdictionFile], bool]) -> Coverage:
        missing = tuple(code for code, file in facts.jurisdictions.items() if not has(file))
        return Coverage(field, len(facts.jurisdictions) - len(missing), missing)

    yield count("contacts: an intake phone for the whole jurisdiction", lambda f: bool(_main_lines(f)))
    yield count("contacts: any intake phone shown", lambda f: any(_is_line(c) for c in f.contacts))
    yield count("contacts: main line agreeing or confirmed", lambda f: _has_good_main(facts, f, as_of))
    yield count("contacts: hours of the main line known", _main_hours_known)
    yield count("contacts: TTY", lambda f: any(c.kind is Kind.tty and not c.withhold for c in f.contacts))
    yield count("contacts: web portal", lambda f: any(_is_portal(c) for c in f.contacts))
    yield count(
        "contacts: trafficking named as taken",
        lambda f: any(Topic.trafficking in c.takes for c in f.contacts),
    )
    yield count("routing: a statewide or regional line, or counties named", _is_routed)
    for name in _LAW_FIELDS:
        yield count(f"law: {name}", partial(_has_law, name))
    for name in _TRAFFICKING_FIELDS:
        yield count(f"law: trafficking {name}", partial(_has_trafficking_law, name))


def _has_law(name: str, file: JurisdictionFile) -> bool:
    return getattr(file.law, name) is not None


def _has_trafficking_law(name: str, file: JurisdictionFile) -> bool:
    law = file.law.trafficking
    return law is not None and getattr(law, name) is not None


def _is_line(contact: Contact) -> bool:
    return contact.role is ContactRole.intake and contact.kind is Kind.phone and contact.withhold is None


def _main_lines(file: JurisdictionFile) -> list[Contact]:
    return [c for c in file.contacts if _is_line(c) and not c.counties and not c.except_counties]


def _has_good_main(facts: Facts, file: JurisdictionFile, as_of: dt.date) -> bool:
    good = (Standing.agreeing, Standing.confirmed)

    def find(source_id: str) -> Source:
        return facts.source(file.jurisdiction, source_id)

    return any(trust(c, find, as_of).standing in good for c in _main_lines(file))


def _main_hours_known(file: JurisdictionFile) -> bool:
    return any(c.hours.kind in (HoursKind.always, HoursKind.weekly) for c in _main_lines(file))


def _is_portal(contact: Contact) -> bool:
    return contact.role is ContactRole.intake and contact.kind is Kind.web and contact.withhold is None


def _is_routed(file: JurisdictionFile) -> bool:
    return bool(_main_lines(file)) or file.routing.model is not RouteModel.none_known


def _warnings(facts: Facts, as_of: dt.date) -> list[Problem]:
    found: list[Problem] = []
    for one, other in same_last_seven(facts):
        reason = f"shares its last seven digits with {other.id} ({other.value}): mind the prefix"
        found.append(Problem("same_last_seven", one.id, reason))
    for _, contact, trusted in each_contact(facts, as_of):
        if trusted.standing is Standing.withheld:
            continue
        if (
            trusted.standing in (Standing.unconfirmed, Standing.conflicting)
            and contact.role is ContactRole.intake
        ):
            found.append(
                Problem(trusted.standing.value, contact.id, f"{trusted.sources} independent source(s)")
            )
        if trusted.stale:
            found.append(
                Problem("older_than_two_years", contact.id, f"newest date of a source: {trusted.newest}")
            )
    for code, file in facts.jurisdictions.items():
        if not any(c.kind is Kind.tty and not c.withhold for c in file.contacts):
            found.append(Problem("tty_missing", code, "no TTY number; the page offers 711"))
    return found


# --- the worklist -----------------------------------------------------------------------------------------------------


class Call(Struct, frozen=True):
    """One call a person makes to confirm a number: the riskier, the earlier."""

    contact: str
    number: str
    printed: str
    why: tuple[str, ...]
    risk: int
    script: tuple[str, ...]


_RISK_OF_STANDING = {Standing.conflicting: 50, Standing.unconfirmed: 30, Standing.agreeing: 10}
_RISK_OF_ROLE = {ContactRole.intake: 40, ContactRole.youth_help: 30, ContactRole.connector: 25}


def worklist(facts: Facts, as_of: dt.date) -> list[Call]:
    """Calls that would confirm every shown number, in order of risk; confirmed and fresh ones are left out."""
    calls = []
    for code, contact, trusted in each_contact(facts, as_of):
        callable_kind = contact.kind in (Kind.phone, Kind.tty, Kind.sms)
        emergency = contact.role is ContactRole.emergency
        if not callable_kind or emergency or trusted.standing in (Standing.withheld, Standing.confirmed):
            continue
        calls.append(_call(code, contact, trusted, facts))
    return sorted(calls, key=lambda call: (-call.risk, call.contact))


def _call(code: str | None, contact: Contact, trusted: Trust, facts: Facts) -> Call:
    why = [trusted.standing.value]
    risk = _RISK_OF_STANDING[trusted.standing] + _RISK_OF_ROLE.get(contact.role, 0)
    if trusted.stale:
        why.append(f"newest dated source {trusted.newest or 'unknown'}")
        risk += 20
    if contact.hours.kind is HoursKind.unknown:
        why.append("hours unknown")
        risk += 5
    if contact.counties:
        risk -= 10  # a smaller area
    file = facts.jurisdictions[code] if code is not None else None
    whose = contact.name or contact.operator or (file.agency if file else contact.id)
    return Call(
        contact=contact.id,
        number=contact.value,
        printed=contact.printed,
        why=tuple(why),
        risk=risk,
        script=tuple(_script(contact, whose, file.name if file else "any state")),
    )


def _script(contact: Contact, whose: str, where: str) -> Iterator[str]:
    yield "Hello, my name is (your name). I check phone numbers for a public list. This is not a report."
    yield "Is this a good moment?"
    yield f"Have I reached {whose}? Do you answer for {where}{_area(contact)}?"
    if contact.role is ContactRole.intake:
        yield "Do you take reports of child abuse and neglect on this number? Of child trafficking too?"
    yield "At which hours is it answered? What should people do at other times?"
    yield "Can people from outside your state call it? Is there a TTY number? Which languages do you speak?"
    yield f"Then write it down: porchlight facts confirm {contact.id} --by 'Your name' --how called"


def _area(contact: Contact) -> str:
    return f" ({', '.join(contact.counties)})" if contact.counties else ""
