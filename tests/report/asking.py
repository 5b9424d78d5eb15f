"""Asking as a person does, and reading all of what comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from porchlight.facts import Facts, shipped
from porchlight.places import Ask, Found, Place, place_for, resolve
from porchlight.report.answer import Answer, AnswerContact, Concern, Line, Role
from porchlight.report.porches import steps
from porchlight.report.rules import answer
from porchlight.report.say import say

NOON = dt.datetime(2026, 12, 2, 17, 0, tzinfo=dt.UTC)  # a Wednesday, noon in the East, no holiday near


def ask(
    typed: str,
    concern: str = "abuse_neglect",
    role: str = "anyone",
    at: dt.datetime = NOON,
    facts: Facts | None = None,
) -> Answer:
    """The Answer for what a person typed; "" is no place. Where only the county is open, for the whole jurisdiction."""
    place, note = find(typed)
    return answer(place, Concern(concern), Role(role), at, facts or shipped(), note)


def find(typed: str) -> tuple[Place | None, str | None]:
    """The place that was meant, and what else is true of it."""
    if not typed:
        return None, None
    found = resolve(typed)
    if isinstance(found, Found):
        return found.place, found.note
    assert isinstance(found, Ask), f"{typed!r} is not known"
    assert found.jurisdiction is not None, f"{typed!r} may be in several States"
    return place_for(found.jurisdiction), None


def lines_of(value: object) -> Iterator[Line]:
    """Every Line in an Answer or a part of it, the ones inside other Lines left out."""
    if isinstance(value, Line):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from lines_of(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from lines_of(getattr(value, name))


def codes(value: object) -> set[str]:
    """The codes of the Lines in `value`."""
    return {line.code for line in lines_of(value)}


def words(value: object, language: str = "en") -> str:
    """All that is said in `value`, one sentence a row."""
    return "\n".join(say(line, language) for line in lines_of(value))


def read(given: Answer, language: str = "en") -> str:
    """All that a person reads of an Answer: its steps, its contacts as printed, its duty and its law."""
    contacts = [
        f"{contact.printed} {contact.keyword or ''} {words(contact, language)}" for contact in given.contacts
    ]
    parts = [words(lines, language) for _, lines in steps(given)]
    return "\n".join([*parts, *contacts, words(given.duty, language), words(given.law, language)])


def contact(given: Answer, contact_id: str) -> AnswerContact:
    """The one contact of that id."""
    return next(each for each in given.contacts if each.id == contact_id)


def ids(given: Answer) -> list[str]:
    """Contacts in the order shown."""
    return [each.id for each in given.contacts]


@cache
def all_places() -> tuple[Place | None, ...]:
    """No place, and each of the 56 jurisdictions."""
    return (None, *(place_for(code) for code in shipped().jurisdictions))


@cache
def counties_with_lines() -> tuple[Place, ...]:
    """Every county that a contact names, and one more county in each jurisdiction that names some."""
    from porchlight.places import counties, county_matches

    found: list[Place] = []
    for code, file in shipped().jurisdictions.items():
        named = {name for each in file.contacts for name in (*each.counties, *each.except_counties)}
        fips = {county_matches(name, code) for name in named}
        found += [place for place in counties(code) if place.county_fips in fips]
        if named:
            found += [place for place in counties(code) if place.county_fips not in fips][:1]
    return tuple(found)
