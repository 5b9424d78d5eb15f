"""How far a number can be trusted: computed from its sources, never written into a fact file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from porchlight.facts.schema import Contact, ContactRole, Source, SourceKind

CONFIRMED_FOR = dt.timedelta(days=365)  # then a person has to call again
SOURCE_FRESH_FOR = dt.timedelta(days=730)  # a dated source older than two years
UNDATED_FRESH_FOR = dt.timedelta(days=365)  # no source shows a date: count from the day it was read


class Standing(StrEnum):
    confirmed = "confirmed"
    agreeing = "agreeing"
    unconfirmed = "unconfirmed"
    conflicting = "conflicting"
    withheld = "withheld"


class Trust(Struct, frozen=True, kw_only=True):
    """A standing with what it rests on.

    `newest` is the date of content of the newest dated source as printed there, or None where none shows a date;
    `sources` counts independent hands; `own` is True when one of them is the body whose number it is. `stale_on` is the
    day from which the page says "this is old".
    """

    standing: Standing
    sources: int
    own: bool
    newest: str | None
    stale_on: dt.date | None
    stale: bool


def trust(contact: Contact, find: Callable[[str], Source], today: dt.date, *, bad: bool = False) -> Trust:
    """The trust of `contact` on `today`. `find` gives a source by id; `bad` is True for a known-bad value."""
    sources = [find(source_id) for source_id in contact.sources]
    dates = sorted(source.date for source in sources if source.date is not None)
    newest = dates[-1] if dates else None
    stale_on = _stale_on(contact, newest)
    return Trust(
        standing=Standing.withheld if bad else _standing(contact, sources, find, today),
        sources=len({_hand(source) for source in sources}),
        own=any(_is_own(contact, source) for source in sources),
        newest=newest,
        stale_on=stale_on,
        stale=stale_on is not None and today >= stale_on,
    )


def _standing(
    contact: Contact, sources: list[Source], find: Callable[[str], Source], today: dt.date
) -> Standing:
    if contact.withhold is not None:
        return Standing.withheld
    if contact.confirmed is not None and contact.confirmed.on <= today < contact.confirmed.on + CONFIRMED_FOR:
        return Standing.confirmed
    if _has_newer_conflict(contact, sources, find):
        return Standing.conflicting
    own = {_hand(source) for source in sources if _is_own(contact, source)}
    # A release of the jurisdiction that others reprint is its own word again, not a second one.
    repeated = SourceKind.jurisdiction_copy
    others = {_hand(source) for source in sources if source.kind is not repeated} - own
    if own and (others or len(own) > 1):
        return Standing.agreeing
    return Standing.unconfirmed


def _is_own(contact: Contact, source: Source) -> bool:
    """Is the source the word of the body whose number it is?"""
    if not contact.id.startswith("us-") or not is_of_jurisdiction(contact):
        return source.kind is SourceKind.operator or (
            source.kind is SourceKind.federal and _runs(source, contact)
        )
    if contact.counties and source.kind is SourceKind.local_government:
        return True
    return source.kind is SourceKind.jurisdiction


def _runs(source: Source, contact: Contact) -> bool:
    """Does the federal agency that publishes the source run the line? Of 911 and relay any federal page may speak."""
    if contact.role in (ContactRole.emergency, ContactRole.relay):
        return True
    operator, publisher = (contact.operator or "").casefold(), source.publisher.casefold()
    return bool(operator) and (operator in publisher or publisher in operator)


def _hand(source: Source) -> str:
    """One name for sources that count once: a family, or a publisher."""
    if source.family is not None:
        return f"family:{source.family}"
    return source.publisher.strip().casefold()


def _has_newer_conflict(contact: Contact, sources: list[Source], find: Callable[[str], Source]) -> bool:
    """A conflict counts unless every source of it is dated, and surely older than the newest date on our side."""
    ours = max((source.date for source in sources if source.date is not None), default=None)
    for conflict in contact.conflicts:
        theirs = [find(source_id).date for source_id in conflict.sources]
        if ours is None or any(date is None or _may_be_as_new(date, ours) for date in theirs):
            return True
    return False


def _may_be_as_new(theirs: str, ours: str) -> bool:
    """A bare "2024" may be any day of 2024: compare as precisely as the less precise one allows."""
    precision = min(len(theirs), len(ours))
    return theirs[:precision] >= ours[:precision]


def _stale_on(contact: Contact, newest: str | None) -> dt.date | None:
    if contact.confirmed is not None:
        return contact.confirmed.on + CONFIRMED_FOR
    if newest is not None:
        return first_day(newest) + SOURCE_FRESH_FOR
    if contact.checked is not None:
        return contact.checked + UNDATED_FRESH_FOR
    return None


def first_day(date: str) -> dt.date:
    """The first day of a year, month or day written YYYY, YYYY-MM or YYYY-MM-DD."""
    parts = [int(part) for part in date.split("-")]
    return dt.date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def is_of_jurisdiction(contact: Contact) -> bool:
    """Ids of jurisdictions read `us-ky-…`: two letters after `us-`; national ones a longer word."""
    return len(contact.id.split("-")[1]) == 2
