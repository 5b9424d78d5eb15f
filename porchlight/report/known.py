"""How we know: for each number and each point of law its sources and dates; and the wrong numbers that are in print."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from porchlight.facts import Facts, Standing, Trust, trust
from porchlight.facts.schema import (
    Conflict,
    Contact,
    JurisdictionFile,
    KnownBad,
    LawFact,
    Source,
    Superseded,
    Trafficking,
)
from porchlight.facts.schema import Law as LawFacts


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact with its trust and its sources; its notes are in English."""

    contact: Contact
    trust: Trust
    sources: tuple[Source, ...]
    hours_sources: tuple[Source, ...]  # those that are not among `sources`
    conflicts: tuple[tuple[Conflict, tuple[Source, ...]], ...]


@dataclass(frozen=True, slots=True)
class KnownLaw:
    """One point of law: what it rests on. `notes` are in English; `check` is True where it is not sure."""

    name: str  # as in the fact file: "duty", "sex_minor"
    question: str | None  # the code of the question it answers on the pages; None where no page asks it
    cite: str | None
    dates: tuple[str, ...]  # of the text, or from when it holds
    check: bool
    sources: tuple[Source, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of the numbers and the law of a jurisdiction, or of the nation."""

    agency: str | None
    shown: tuple[KnownContact, ...]
    withheld: int
    withheld_for: tuple[tuple[str, int], ...]  # (reason, how many)
    known_bad: tuple[tuple[KnownBad, tuple[Source, ...]], ...]
    routing_sources: tuple[Source, ...]
    law: tuple[KnownLaw, ...]
    notes: tuple[str, ...]
    gaps: tuple[str, ...]


def how_known(facts: Facts, code: str | None, day: dt.date) -> Known:
    """Everything "how we know" shows on `day` of jurisdiction `code`, or of the lines for every place (None)."""
    file = facts.file(code)

    def all_of(ids: tuple[str, ...]) -> tuple[Source, ...]:
        return tuple(facts.source(code, source_id) for source_id in ids)

    known = [_contact(facts, code, contact, day) for contact in file.contacts]
    there = file if isinstance(file, JurisdictionFile) else None
    return Known(
        agency=there.agency if there else None,
        shown=tuple(each for each in known if each.trust.standing is not Standing.withheld),
        withheld=sum(each.trust.standing is Standing.withheld for each in known),
        withheld_for=_withheld_for(known),
        known_bad=tuple((bad, all_of(bad.sources)) for bad in file.known_bad),
        routing_sources=all_of(there.routing.sources) if there else (),
        law=tuple(_law(file.law, all_of)),
        notes=(*_notes_there(there), *file.notes, *file.law.notes),
        gaps=there.gaps if there else (),
    )


def _notes_there(file: JurisdictionFile | None) -> tuple[str, ...]:
    return (*file.routing.notes, *file.safe_haven_notes) if file else ()


def _contact(facts: Facts, code: str | None, contact: Contact, day: dt.date) -> KnownContact:
    def find(source_id: str) -> Source:
        return facts.source(code, source_id)

    return KnownContact(
        contact=contact,
        trust=trust(contact, find, day, bad=facts.is_known_bad(code, contact)),
        sources=tuple(find(each) for each in contact.sources),
        hours_sources=tuple(find(each) for each in contact.hours.sources if each not in contact.sources),
        conflicts=tuple(
            (conflict, tuple(find(each) for each in conflict.sources)) for conflict in contact.conflicts
        ),
    )


def _withheld_for(known: list[KnownContact]) -> tuple[tuple[str, int], ...]:
    """Why numbers are held back, and how many for each reason; the numbers themselves are never shown."""
    reasons = Counter(
        each.contact.withhold.value if each.contact.withhold else "wrong"
        for each in known
        if each.trust.standing is Standing.withheld
    )
    return tuple(reasons.items())


# Which question of the pages a group of the law answers.
_QUESTIONS = {
    "duty": "question_must_i",
    "timing": "question_deadline",
    "to": "question_to_whom",
    "institution": "question_boss",
    "privilege": "question_privilege",
    "reporter": "question_name",
    "immunity": "question_protected",
    "penalty_fail": "question_silence",
    "penalty_false": "question_false_report",
    "cross_border": "question_cross_border",
    "federal_duty": "question_federal",
    "sex_minor": "question_sex_minor",
    "labor_minor": "question_labor_minor",
    "child_abuse": "question_child_abuse",
    "safe_harbor": "question_child_charged",
    "notice": "question_notice",
}


def _law(
    law: LawFacts | Trafficking, all_of: Callable[[tuple[str, ...]], tuple[Source, ...]]
) -> Iterator[KnownLaw]:
    for name in law.__struct_fields__:
        group = getattr(law, name)
        if isinstance(group, Trafficking):
            yield from _law(group, all_of)
        elif isinstance(group, LawFact):
            yield KnownLaw(
                name=name,
                question=_QUESTIONS.get(name),
                cite=group.cite,
                dates=tuple(date for date in (group.as_of, group.valid_from) if date is not None),
                check=group.recheck or group.disputed is not None,
                sources=all_of(group.sources),
                notes=tuple(_law_notes(group)),
            )


def _law_notes(group: LawFact) -> Iterator[str]:
    if group.disputed is not None:
        yield group.disputed
    old: Superseded | None = getattr(group, "superseded", None)
    if old is not None:
        until = f" until {old.until}" if old.until else ""
        yield f"Older rule, still in print{until}: {old.rule.replace('_', ' ')}. {old.note or ''}".strip()
    intent: str | None = getattr(group, "intent", None)
    if intent is not None:
        yield f"The law's own word: {intent}."
    yield from group.notes
