"""People who agreed elsewhere (on paper, at a fair), from a CSV file: only with proof of consent in every row.

First a dry run, which changes nothing. Nobody who said STOP, here or ever, comes in this way.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from porchlight.alerts import consent, numbers, subscribe
from porchlight.alerts.models import Consent, Program, Subscriber
from porchlight.alerts.people import table
from porchlight.alerts.people.table import Line, Refused
from porchlight.alerts.sign_up_form import e164_of
from porchlight.places import Unknown, resolve
from porchlight.report import LANGUAGES

# agreed: the day, 2026-05-01. words: exactly what they agreed to. evidence: where the proof is kept, like "box 3, sheet
# 41". is_13: yes, where they were asked and are 13 or older.
COLUMNS = ("number", "zip", "language", "programs", "birth_month", "agreed", "words", "evidence", "is_13")
OLDEST = dt.timedelta(
    days=540
)  # consent older than this is nobody's wish of today; CTIA and carriers ask for fresh lists
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Person:
    """A row that is good."""

    at: int
    e164: str
    wish: subscribe.Wish
    agreed: dt.datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do: who would come in, who is in already, and the rows that are refused, each with reasons."""

    people: tuple[Person, ...]
    already: tuple[int, ...]
    refused: tuple[Refused, ...]


def plan(path: Path, now: dt.datetime, *, practice: bool) -> Plan:
    """Read the file and change nothing. Raises table.TableError where it cannot be used at all."""
    programs = {program.slug: program for program in subscribe.joinable()}
    people: dict[str, Person] = {}
    already: list[int] = []
    refused: list[Refused] = []
    for row in table.read(path, COLUMNS):
        checked = row if isinstance(row, Refused) else _checked(row, programs, now, practice)
        if isinstance(checked, Refused):
            refused.append(checked)
        elif checked.e164 in people:
            refused.append(
                Refused(checked.at, (f"number: is there already, in row {people[checked.e164].at}",))
            )
        elif _is_in(checked.e164):
            already.append(checked.at)
        else:
            people[checked.e164] = checked
    return Plan(tuple(people.values()), tuple(already), tuple(refused))


def bring_in(people: tuple[Person, ...], now: dt.datetime) -> int:
    """Let them in, in chunks; begun again after a crash it leaves alone who is in. Returns how many came in.

    Each is looked at again: who said STOP since the dry run stays out.
    """
    came = 0
    for first in range(0, len(people), _CHUNK):
        with transaction.atomic():
            came += sum(_bring_in(person, now) for person in people[first : first + _CHUNK])
    return came


def _bring_in(person: Person, now: dt.datetime) -> bool:
    number = numbers.hold(numbers.get(person.e164, now))
    if number.stopped or _is_in(person.e164):
        return False
    subscriber = subscribe.subscriber_of(number, person.wish.language, now)
    subscribe.join(subscriber, person.wish, now, agreed=person.agreed, evidence=person.evidence)
    return True


def _is_in(e164: str) -> bool:
    known = numbers.find(e164)
    states = (Subscriber.State.ACTIVE, Subscriber.State.PAUSED)
    return known is not None and Subscriber.objects.filter(number=known, state__in=states).exists()


# --- one row ----------------------------------------------------------------------------------------------------------


def _checked(
    row: Line, programs: Mapping[str, Program], now: dt.datetime, practice: bool
) -> Person | Refused:
    fields = row.fields
    e164 = e164_of(fields["number"], practice=practice)
    slugs = tuple(dict.fromkeys(filter(None, re.split(r"[;\s]+", fields["programs"]))))
    agreed = _day(fields["agreed"])
    reasons = tuple(_reasons(fields, e164, slugs, programs, agreed, now))
    if reasons or e164 is None or agreed is None:
        return Refused(row.at, reasons)
    wish = subscribe.Wish(
        language=fields["language"],
        source=Consent.Source.IMPORT,
        programs=slugs,
        zip_code=fields["zip"],
        birth_month=fields["birth_month"],
        wording=consent.IMPORTED,
        wording_sha256=consent.sha256(fields["words"]),
    )
    return Person(row.at, e164, wish, agreed, fields["evidence"])


def _reasons(
    fields: Mapping[str, str],
    e164: str | None,
    slugs: tuple[str, ...],
    programs: Mapping[str, Program],
    agreed: dt.datetime | None,
    now: dt.datetime,
) -> Iterator[str]:
    day = agreed or now
    good = (
        ("number: is no U.S. number that a text can reach", e164 is not None),
        ("number: said STOP; it must write to us itself", e164 is None or not numbers.is_stopped(e164)),
        ("zip: is no ZIP code of five digits that we know", _is_zip(fields["zip"])),
        (f"language: must be one of {', '.join(LANGUAGES)}", fields["language"] in LANGUAGES),
        (
            f"programs: must be of {', '.join(sorted(programs))}, parted by semicolons",
            bool(slugs) and set(slugs) <= programs.keys(),
        ),
        ("birth_month: must be empty, or like 2024-05", _is_month(fields["birth_month"])),
        ("agreed: must be the day on which they agreed, like 2026-05-01", agreed is not None),
        (
            f"agreed: must be within the last {OLDEST.days} days, and not in the future",
            now - OLDEST <= day <= now,
        ),
        ("words: must hold exactly what they agreed to", len(fields["words"]) >= 20),
        (
            "evidence: must say where the proof is kept, in 3 to 200 characters",
            3 <= len(fields["evidence"]) <= 200,
        ),
        (
            "is_13: must be yes; nobody younger, and nobody who was not asked, may be brought in",
            fields["is_13"].casefold() in {"yes", "si", "sí"},
        ),
    )
    yield from (reason for reason, holds in good if not holds)


def _is_zip(said: str) -> bool:
    return bool(re.fullmatch(r"\d{5}", said, re.ASCII)) and not isinstance(resolve(said), Unknown)


def _is_month(said: str) -> bool:
    return not said or bool(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", said, re.ASCII))


def _day(said: str) -> dt.datetime | None:
    """Noon of that day, UTC: the same day everywhere in the states."""
    try:
        day = dt.date.fromisoformat(said)
    except ValueError:
        return None
    return dt.datetime.combine(day, dt.time(12), dt.UTC) if len(said) == 10 else None
