"""How we know: for each number its sources, dates and standing; and the wrong numbers that are in print."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from porchlight.facts import Facts, Standing, Trust, trust
from porchlight.facts.schema import Conflict, Contact, KnownBad, Source


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact with its trust and its sources; `notes` are in English."""

    contact: Contact
    trust: Trust
    sources: tuple[Source, ...]
    hours_sources: tuple[Source, ...]
    conflicts: tuple[tuple[Conflict, tuple[Source, ...]], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of the numbers of a jurisdiction."""

    agency: str
    shown: tuple[KnownContact, ...]
    withheld: int
    known_bad: tuple[tuple[KnownBad, tuple[Source, ...]], ...]
    routing_notes: tuple[str, ...]
    law_notes: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    gaps: tuple[str, ...]


def how_known(facts: Facts, code: str, day: dt.date) -> Known:
    """Everything "how we know" shows of jurisdiction `code` on `day`."""
    file = facts.jurisdictions[code]

    def find(source_id: str) -> Source:
        return facts.source(code, source_id)

    def all_of(ids: tuple[str, ...]) -> tuple[Source, ...]:
        return tuple(find(source_id) for source_id in ids)

    known = [
        KnownContact(
            contact=contact,
            trust=trust(contact, find, day, bad=facts.is_known_bad(code, contact)),
            sources=all_of(contact.sources),
            hours_sources=all_of(contact.hours.sources),
            conflicts=tuple((conflict, all_of(conflict.sources)) for conflict in contact.conflicts),
        )
        for contact in file.contacts
    ]
    shown = tuple(each for each in known if each.trust.standing is not Standing.withheld)
    return Known(
        agency=file.agency,
        shown=shown,
        withheld=len(known) - len(shown),
        known_bad=tuple((bad, all_of(bad.sources)) for bad in file.known_bad),
        routing_notes=file.routing.notes,
        law_notes=tuple(_law_notes(file.law)),
        notes=(*file.notes, *file.safe_haven_notes, *file.law.notes),
        gaps=file.gaps,
    )


def _law_notes(law: object) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for name in law.__struct_fields__:  # type: ignore[attr-defined]
        group = getattr(law, name)
        if hasattr(group, "notes"):
            disputed = (group.disputed,) if getattr(group, "disputed", None) else ()
            if group.notes or disputed:
                found.append((name, (*group.notes, *disputed)))
        elif hasattr(group, "__struct_fields__"):
            found += _law_notes(group)
    return found
