"""The plain porches of an Answer: JSON for machines, text for a terminal, and a text message of three segments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from porchlight.facts.hours import OpenState
from porchlight.facts.schema import ContactRole, Kind
from porchlight.report.answer import Answer, AnswerContact, Concern, Line, Point, Role, line
from porchlight.report.gsm import fit
from porchlight.report.numbers import as_dialed
from porchlight.report.say import say
from porchlight.report.whom import place_name

SCHEMA_VERSION = 1


def as_json(answer: Answer, language: str) -> dict[str, Any]:
    """The Answer as plain values, each Line as its code and its sentence in `language`."""

    def lines(those: tuple[Line, ...]) -> list[dict[str, str]]:
        return [{"code": one.code, "text": say(one, language)} for one in those]

    def point(one: Point | None) -> dict[str, Any] | None:
        if one is None:
            return None
        return {"lines": lines(one.lines), "cite": one.cite, "sources": list(one.sources), "check": one.check}

    def points(group: Any) -> dict[str, Any]:
        named = {name: getattr(group, name) for name in group.__struct_fields__}
        return {
            name: point(one) if isinstance(one, Point) or one is None else one for name, one in named.items()
        }

    return {
        "version": SCHEMA_VERSION,
        "language": language,
        "at": answer.at.isoformat(),
        "changes_at": answer.changes_at.isoformat() if answer.changes_at else None,
        "place": msgspec.to_builtins(answer.place),
        "concern": answer.concern.value,
        "role": answer.role.value,
        "steps": [{"part": part, **one} for part, those in steps(answer) for one in lines(those)],
        "contacts": [_contact(contact, language) for contact in answer.contacts],
        "duty": points(answer.duty) if answer.duty is not None else None,
        "law": points(answer.law),
        "sources": msgspec.to_builtins(answer.sources),
    }


def steps(answer: Answer) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The parts of an Answer that are read from top to bottom, each with its name."""
    yield "now", answer.now
    yield "about_me", answer.about_me
    yield "route", answer.route
    yield "say", answer.say
    yield "beside_you", answer.beside_you
    yield "to_child", answer.to_child
    yield "do_not", answer.do_not
    yield "next", answer.next


def _contact(contact: AnswerContact, language: str) -> dict[str, Any]:
    out = msgspec.to_builtins(contact)
    for name in contact.__struct_fields__:
        value = getattr(contact, name)
        if isinstance(value, Line):
            out[name] = {"code": value.code, "text": say(value, language)}
        elif isinstance(value, tuple) and value and isinstance(value[0], Line):
            out[name] = [{"code": one.code, "text": say(one, language)} for one in value]
        elif isinstance(value, tuple):
            out[name] = list(value)
    return dict(out)


# --- the text message -------------------------------------------------------------------------------------------------


def as_text(answer: Answer, language: str, ending: str = "") -> str:
    """The Answer as one text message: at most three GSM segments, the number first, no word that says what it is about.

    Sentences are added in order of need while they fit, so nothing is ever cut in the middle. ending: a sentence that
    must come last.
    """
    return fit([say(one, language) for one in _message(answer, language)], ending)


def _message(answer: Answer, language: str) -> Iterator[Line]:
    phones = [c for c in answer.contacts if c.kind is Kind.phone and c.role is not ContactRole.emergency]
    if answer.concern is Concern.about_me:
        yield from _message_for_me(answer, phones, language)
        return
    main = _main(answer, phones)
    is_missing = answer.concern is Concern.missing_or_runaway
    # A message begins with a number that can be called: 911 in danger, and where no other is known.
    begins_with_911 = not is_missing and (answer.concern is Concern.danger_now or main is None)
    if is_missing:
        yield line("text_missing")
    if begins_with_911:
        yield line("text_911")
    yield from _message_line(answer, main)
    if not begins_with_911 and not is_missing:
        yield line("text_911")
    if answer.concern is not Concern.struggling and answer.role is not Role.youth:
        yield line("text_say")
    helper = next((c for c in phones if c.role is ContactRole.connector and c is not main), None)
    if helper is not None:
        yield line("text_no_answer", number=as_dialed(helper.value))


def _message_line(answer: Answer, main: AnswerContact | None) -> Iterator[Line]:
    """The number the message leads with, or how to get it."""
    place = place_name(answer.place.jurisdiction)
    if main is not None and main.area and answer.place.county is not None:
        place = line("area_county", county=answer.place.county, place=place)
    if main is None and answer.place.jurisdiction is None:
        yield line("text_no_place")
    elif main is None:
        yield line("text_county" if _has_counties(answer) else "text_no_line", place=place)
    elif main.role is ContactRole.intake or main.why.code == "why_connector_state":
        hours = line(_OPEN_WORDS[_open_word(main)])
        yield line("text_call", number=as_dialed(main.value), place=place, hours=hours)
        if main.open is not OpenState.open:
            yield line("text_closed_police")
    else:
        yield line("text_line", number=as_dialed(main.value), hours=line(_OPEN_WORDS[_open_word(main)]))


def _message_for_me(answer: Answer, phones: list[AnswerContact], language: str) -> Iterator[Line]:
    """Two services to text, one to call. A keyword in another language than the message is left out."""
    texts = [
        c
        for c in answer.contacts
        if c.kind is Kind.sms
        and c.role is not ContactRole.emergency
        and speaks(c, language)
        and c.hours.code == "hours_always"  # the message says "day and night"
    ]
    for contact in texts[:2]:
        if contact.keyword:
            yield line("text_keyword", keyword=contact.keyword, number=as_dialed(contact.value))
        else:
            yield line("text_text", number=as_dialed(contact.value))
    for contact in phones[:1]:
        yield line("text_or_call", number=as_dialed(contact.value))
    yield line("text_911")
    yield line("text_me")


def speaks(contact: AnswerContact, language: str) -> bool:
    """Is a contact made for a language not made for another? Those that name none, or several, are for all."""
    return len(contact.languages) != 1 or contact.languages == (language,)


def _main(answer: Answer, phones: list[AnswerContact]) -> AnswerContact | None:
    """The line the message leads with: the first that helps with this concern, never 911 itself."""
    if answer.concern in (Concern.struggling, Concern.adult_trafficking, Concern.missing_or_runaway):
        return phones[0] if phones else None
    lines = (c for c in phones if c.role is ContactRole.intake or c.why.code == "why_connector_state")
    # A line of one county or region is no answer for a whole state: better ask for the county.
    knows_county = answer.place.county_fips is not None
    return next((c for c in lines if knows_county or not (c.area or c.area_except)), None)


def _has_counties(answer: Answer) -> bool:
    return any(
        one.code in ("route_ask_county", "route_ask_region", "route_county_unknown") for one in answer.route
    )


def _open_word(contact: AnswerContact) -> str:
    return "always" if contact.hours.code == "hours_always" else contact.open.value


_OPEN_WORDS = {
    "always": "text_open_always",
    "open": "text_open_now",
    "closed": "text_closed_now",
    "unknown": "text_hours_unknown",
    "may_be_closed": "text_hours_unknown",
}
