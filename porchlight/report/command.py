"""`porchlight answer PLACE`: the Answer in a terminal, as JSON, or as a text message."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from porchlight.facts import Facts, in_force
from porchlight.facts.schema import RouteModel
from porchlight.places import Ask, Place, Unknown, UnknownWhy, place_for, resolve
from porchlight.report import answer
from porchlight.report.answer import Answer, AnswerContact, Concern, Line, Point, Role
from porchlight.report.numbers import dialed, vanity
from porchlight.report.pages import Card, arrange
from porchlight.report.porches import as_json, as_text, steps
from porchlight.report.say import LANGUAGES, reviewed_by, say

Code = TypeVar("Code", bound=StrEnum)

_NEEDS_NO_PLACE = (Concern.about_me,)
_SAID_BY_STATE = ("hours_always", "hours_unknown")
_NOT_ABOUT_THE_LAW = (Concern.about_me, Concern.struggling)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", nargs="?", default="", help="ZIP code, county, city, state or territory")
    parser.add_argument(
        "--concern", default=Concern.abuse_neglect.value, metavar="CONCERN", help=_choices(Concern)
    )
    parser.add_argument("--role", default=Role.anyone.value, metavar="ROLE", help=_choices(Role))
    parser.add_argument("--lang", default="en", metavar="LANG", help="en or es (default: %(default)s)")
    parser.add_argument("--at", metavar="TIME", help="a moment, as 2026-11-22T09:30-05:00 (default: now)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--text", action="store_true", help="print a text message of at most three segments")
    form.add_argument("--all", action="store_true", help="print every contact in full, and fold none away")


def run(args: argparse.Namespace) -> int:
    """Print the Answer, whatever was asked: 0 as asked, 2 when a part was not understood, with the reason on stderr."""
    facts = in_force().current()
    asked = _understood(args, facts)
    given = answer(asked.place, asked.concern, asked.role, asked.at, facts=facts, note=asked.note)
    for problem in asked.problems:
        print(problem, file=sys.stderr)
    if args.json:
        print(json.dumps(as_json(given, asked.language), ensure_ascii=False, indent=2))
    elif args.text:
        print(as_text(given, asked.language))
    else:
        contacts = _in_full(given, asked.language) if args.all else _folded(given, asked)
        print("\n".join(_page(given, contacts, asked.language)))
    return 2 if asked.problems else 0


# --- what was asked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was understood. Each problem says what was not, and what to write; the rest is as if it was not said."""

    place: Place | None
    note: str | None
    concern: Concern
    role: Role
    language: str
    at: dt.datetime
    problems: tuple[str, ...]


def _understood(args: argparse.Namespace, facts: Facts) -> _Asked:
    problems: list[str] = []
    concern = _code(Concern, args.concern, Concern.abuse_neglect, problems)
    role = _code(Role, args.role, Role.anyone, problems)
    language = args.lang if args.lang in LANGUAGES else "en"
    if language != args.lang:
        problems.append(f"There is no language {_short(args.lang)}. Use one of: {', '.join(LANGUAGES)}.")
    at = _moment(args.at, problems)
    place, note = _place(args.place, concern, facts, problems)
    return _Asked(place, note, concern, role, language, at, tuple(problems))


def _code(codes: type[Code], said: str, otherwise: Code, problems: list[str]) -> Code:
    if said in codes.__members__:
        return codes(said)
    problems.append(f"There is no {codes.__name__.lower()} {_short(said)}. Use one of: {_choices(codes)}.")
    return otherwise


def _moment(said: str | None, problems: list[str]) -> dt.datetime:
    if said is not None:
        with suppress(ValueError):
            when = dt.datetime.fromisoformat(said)
            if when.tzinfo is not None:
                return when
        problems.append(
            f"{_short(said)} is not a moment with its time zone. Write it as 2026-11-22T09:30-05:00. "
            "This is the answer for now:"
        )
    return dt.datetime.now(dt.UTC)


def _place(said: str, concern: Concern, facts: Facts, problems: list[str]) -> tuple[Place | None, str | None]:
    """The place to answer for: where only the county is open, its jurisdiction already has an Answer."""
    found = resolve(said)
    if isinstance(found, Unknown):
        if not (found.reason is UnknownWhy.EMPTY and concern in _NEEDS_NO_PLACE):
            problems.append(_unknown(found))
        return None, None
    if isinstance(found, Ask):
        code = found.jurisdiction
        if code is None or facts.jurisdictions[code].routing.model is not RouteModel.statewide:
            choices = "\n".join(f"  {choice.place.label}" for choice in found.choices)
            problems.append(f"Which one? Ask again with one of these:\n{choices}")
        return (place_for(code) if code is not None else None), found.note
    return found.place, found.note


def _unknown(found: Unknown) -> str:
    reason = (
        "No place was given"
        if found.reason is UnknownWhy.EMPTY
        else f"That place was not understood ({found.reason.value.replace('_', ' ')})"
    )
    return (
        f"{reason}. Give a ZIP code, a county with its state, a city with its state, or a state. "
        "These are the national lines:"
    )


def _choices(codes: type[StrEnum]) -> str:
    return ", ".join(code.value for code in codes)


def _short(said: str) -> str:
    """What was typed, in quotes, without control characters, and never long."""
    return repr(said if len(said) <= 40 else f"{said[:40]}…")


# --- the Answer in a terminal -----------------------------------------------------------------------------------------


def _page(given: Answer, contacts: Iterator[str], language: str) -> Iterator[str]:
    if language != "en" and reviewed_by(language) is None:
        yield f"[{language}: these words have not been reviewed by a person yet]"
    for part, lines in steps(given):
        for line in lines:
            yield ("  " if part != "now" else "") + say(line, language)
        if part == "now":
            yield ""
            yield from contacts
            yield ""
    # Someone who asks for help is not met with law.
    for group in (given.duty, None if given.concern in _NOT_ABOUT_THE_LAW else given.law):
        if group is not None:
            yield ""
            for name in group.__struct_fields__:
                point = getattr(group, name)
                if isinstance(point, Point):
                    yield from _point(point, language)


def _in_full(given: Answer, language: str) -> Iterator[str]:
    for contact in given.contacts:
        yield from _contact(contact, language)


def _folded(given: Answer, asked: _Asked) -> Iterator[str]:
    """As the page has them: the line to call first in full, the others on cards, and the rest by name alone."""
    page = arrange(given, asked.place, asked.note)
    lead = [] if page.first is None or page.is_about_me else list(_contact(page.first, asked.language))
    yield from lead if page.leads_there else ()
    for card in page.regional:
        yield from _card(card, asked.language)
    yield from () if page.leads_there else lead
    for card in page.cards:
        yield from _card(card, asked.language)
    if page.more:
        names = "; ".join(card.name or dialed(card.ways[0].contact) for card in page.more)
        yield from _wrapped(f"{names} [--all shows them]", first="+ ")


def _card(card: Card, language: str) -> Iterator[str]:
    """Who answers; each way to reach them, those of which the same is true in one row; and what is true of all."""

    def said(*lines: Line | None) -> str:
        sentences = [say(one, language) for one in lines if one is not None and one.code != "why_youth"]
        return " ".join(one if one.endswith((".", "?", "!", "”")) else f"{one}." for one in sentences)

    ways: dict[str, list[str]] = {}
    for way in card.ways:
        alone = said(way.why, way.state, *way.before, *way.after)
        ways.setdefault(alone, []).append(f"{_dialed(way.contact)} [{way.contact.kind.value}]")
    rows = [f"{', '.join(reached)}  {alone}".rstrip() for alone, reached in ways.items()]
    if card.name is None or len(rows) == 1:
        yield from _wrapped(": ".join(part for part in (card.name, rows.pop(0)) if part), first="* ")
    else:
        yield f"* {card.name}"
    for row in (*rows, said(card.why, card.state, *card.before, *card.after)):
        yield from _wrapped(row)


_WIDTH = 100  # columns


def _wrapped(text: str, first: str = "    ") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _dialed(contact: AnswerContact) -> str:
    extra = contact.keyword or vanity(contact.value, contact.printed)
    return f"{dialed(contact)} ({extra})" if extra else dialed(contact)


def _contact(contact: AnswerContact, language: str) -> Iterator[str]:
    yield f"* {_dialed(contact)}  [{contact.kind.value}]  {contact.name or ''}".rstrip()
    for line in (
        contact.why,
        contact.state,
        *(() if contact.hours.code in _SAID_BY_STATE else (contact.hours,)),
        *contact.limits,
        *contact.pass_on,
        *contact.if_closed,
        *contact.trust,
    ):
        yield f"    {say(line, language)}"
    if contact.no_answer is not None:
        yield f"    {say(contact.no_answer, language)}"


def _point(point: Point, language: str) -> Iterator[str]:
    cite = f"  ({point.cite})" if point.cite else ""
    yield " ".join(say(line, language) for line in point.lines) + cite
