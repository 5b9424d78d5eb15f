"""The words of every reply, from `words.py` and from the facts of the place: neutral, short, one text each.

A reply fits into three segments in the GSM alphabet; the safe reply, which is in all languages at once, into five.
`first=True` adds how to delete the thread, once for each number. Language is "en" or "es". Names of programs, how often
they write, and the organisation's name and contact come from its own settings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from porchlight.alerts.words import WORDS
from porchlight.facts.hours import OpenState
from porchlight.facts.schema import ContactRole, Kind
from porchlight.places import Ask, Found, Place, Unknown, place_for
from porchlight.report import LANGUAGES, Concern, Role, answer, say
from porchlight.report.answer import AnswerContact, line
from porchlight.report.gsm import fold
from porchlight.report.numbers import as_dialed
from porchlight.report.porches import as_text, speaks
from porchlight.report.say import joined, translate
from porchlight.report.whom import place_name

MOST_SEGMENTS = 3
SAFE_SEGMENTS = 5  # of the safe reply, in all languages
# Characters; with names longer than these a reply may not fit.
LONGEST_NAME, LONGEST_CONTACT, LONGEST_PROGRAM, LONGEST_FREQUENCY = 40, 40, 30, 30


@dataclass(frozen=True, slots=True)
class TextLine:
    """A service that one can text, day and night. `keyword` is empty where any word will do."""

    number: str
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whom to call and text from a place, from the facts; numbers as they are dialed.

    national: a line for everywhere, day and night. text: by language. child_line: the place's own, or None where none
    is known for all of it; place: what it is for, by language. always: does it answer day and night? open: does it now?
    """

    national: str
    text: dict[str, TextLine]
    child_line: str | None = None
    place: dict[str, str] | None = None
    always: bool = False
    open: bool = False


class NoLineError(LookupError):
    """The facts in force hold no line that answers everywhere, day and night: what someone needs most is missing."""


# --- for someone who may need help ------------------------------------------------------------------------------------


def lines_for(place: Place | None, at: dt.datetime, note: str | None = None) -> Lines:
    """Whom to call and text there: as for a young person who asks for themselves, for that may be who writes.

    at: aware. note: of the Found. Raises NoLineError.
    """
    contacts = answer(place, Concern.about_me, Role.youth, at, note=note).contacts
    own = _own_line(contacts, place)
    return Lines(
        national=_national(contacts),
        text={language: _text_line(contacts, language) for language in LANGUAGES},
        child_line=None if own is None else as_dialed(own.value),
        place=None if own is None else {language: _area(own, place, language) for language in LANGUAGES},
        always=own is not None and _is_always_open(own),
        open=own is not None and own.open is OpenState.open,
    )


def safe(lines: Lines, *, first: bool = False, on_hold: bool = False) -> str:
    """The reply to words, in all languages: nobody reads this at once; 911; a line to call; a line to text.

    on_hold: the words may have meant STOP, and alerts wait for a person.
    """
    return " ".join(_safe(lines, language, first, on_hold) for language in LANGUAGES)


def _safe(lines: Lines, language: str, first: bool, on_hold: bool) -> str:
    said = [_said("nobody", language), *_emergency(lines, language)]
    if lines.child_line is None:
        said.append(_said("send_zip", language))
    if on_hold:
        said.append(_said("on_hold", language))
    return _text(said, language, first)


def _emergency(lines: Lines, language: str) -> Iterator[str]:
    """911, a line to call, a line to text."""
    yield _said("danger", language)
    if lines.child_line is None or lines.place is None:
        yield _said("call", language, number=lines.national)
    elif lines.always:
        yield _said("call_place_always", language, number=lines.child_line, place=lines.place[language])
    else:
        yield _said("call_place", language, number=lines.child_line, place=lines.place[language])
        if not lines.open:
            yield _said("or_call", language, number=lines.national)
    text = lines.text[language]
    if text.keyword:
        yield _said("text_word", language, number=text.number, keyword=text.keyword)
    else:
        yield _said("text", language, number=text.number)


def place_answer(
    where: Found | Ask | Unknown,
    at: dt.datetime,
    language: str,
    *,
    kept: Place | None = None,
    first: bool = False,
) -> str:
    """The reply to a place, or to REPORT with one: the Answer as a text, as `porchlight answer --text` gives it.

    kept: the place that a subscriber's ZIP code was kept as, where we had asked for it.
    """
    if isinstance(where, Found):
        place, note = where.place, where.note
    elif isinstance(where, Ask) and where.jurisdiction is not None:
        place, note = place_for(where.jurisdiction), where.note
    else:
        code = "which_place" if isinstance(where, Ask) else "zip_unknown"
        return _text([*_emergency(lines_for(None, at), language), _said(code, language)], language, first)
    ending = [_said("zip_kept", language, place=_short(kept, language))] if kept is not None else []
    ending += [_said("delete", language)] if first else []
    return as_text(
        answer(place, Concern.abuse_neglect, Role.anyone, at, note=note), language, " ".join(ending)
    )


def no_place_answer(at: dt.datetime, language: str, *, first: bool = False) -> str:
    """The reply to REPORT alone: the Answer for no place, which asks for one."""
    found = answer(None, Concern.abuse_neglect, Role.anyone, at)
    return as_text(found, language, _said("delete", language) if first else "")


def help_(lines: Lines, name: str, contact: str, language: str, *, first: bool = False) -> str:
    """The reply to HELP: the emergency lines, then who we are and how to reach us. contact: a number or an address."""
    about = (
        _said("help", language, name=name, contact=contact),
        _said("rates", language),
        _said("to_stop", language),
    )
    return _text([*_emergency(lines, language), *about], language, first)


# --- leaving ----------------------------------------------------------------------------------------------------------


def stop_confirmed(name: str, language: str) -> str:
    """The one confirmation of STOP (47 CFR 64.1200(a)(12)): one sentence, and nothing that draws anyone back."""
    return _text([_said("stopped", language, name=name)], language)


def program_stopped(name: str, program: str, language: str, *, first: bool = False) -> str:
    """The confirmation of `STOP <program>`."""
    said = [_said("program_stopped", language, name=name, program=program), _said("to_stop_all", language)]
    return _text(said, language, first)


# --- joining ----------------------------------------------------------------------------------------------------------


def join(name: str, program: str, frequency: str, language: str, *, first: bool = False) -> str:
    """The reply to JOIN or a program's keyword: what they would get, and what YES means: agreed, and 13 or older."""
    said = [_said("join", language, name=name, program=program, frequency=frequency), *_terms(language)]
    return _text(said, language, first)


def welcome(
    name: str,
    programs: Sequence[str],
    frequency: str,
    language: str,
    *,
    ask_zip: bool = False,
    first: bool = False,
) -> str:
    """Confirms that they are in: CTIA asks for the program's name, how often, rates, HELP and STOP."""
    joined = _said("welcome", language, name=name, program=_list(programs, language), frequency=frequency)
    said = [joined, *_terms(language)]
    return _text([*said, _said("zip_wanted", language)] if ask_zip else said, language, first)


def restarted(
    name: str, programs: Sequence[str], frequency: str, language: str, *, first: bool = False
) -> str:
    """The reply to START from a number that had joined and left: it is in again."""
    said = _said("restarted", language, name=name, programs=_list(programs, language), frequency=frequency)
    return _text([said, *_terms(language)], language, first)


def already_joined(name: str, program: str, language: str, *, first: bool = False) -> str:
    """The reply to JOIN or START from someone who is in."""
    said = [_said("already", language, name=name, program=program), _said("help_and_stop", language)]
    return _text(said, language, first)


def not_joined(name: str, language: str, *, first: bool = False) -> str:
    """The reply to START, STATUS or `STOP <program>` from someone who gets no texts."""
    return _text([_said("not_joined", language, name=name), _said("to_join", language)], language, first)


def declined(lines: Lines, name: str, language: str, *, first: bool = False) -> str:
    """The reply to NO where we asked for YES: nothing is kept; the lines, for it may be a child."""
    return _text([_said("declined", language, name=name), *_emergency(lines, language)], language, first)


def zip_kept(place: Place, language: str, *, first: bool = False) -> str:
    """The reply to a ZIP code that we asked for."""
    return _text([_said("zip_kept", language, place=_short(place, language))], language, first)


def code(digits: str, name: str, minutes: int, language: str, *, first: bool = False) -> str:
    """The text that proves a number at sign-up on the web. minutes: how long the code works."""
    said = [
        _said("code", language, code=digits, name=name, minutes=minutes),
        _said("code_not_asked", language),
    ]
    return _text(said, language, first)


def code_wrong(language: str, *, first: bool = False) -> str:
    """The reply to a code that does not fit, or came too late."""
    return _text([_said("code_wrong", language)], language, first)


def status(
    name: str,
    programs: Sequence[str],
    language: str,
    *,
    place: Place | None = None,
    on_hold: bool = False,
    first: bool = False,
) -> str:
    """The reply to STATUS. programs: names of those they are in, at least one; for none see `not_joined`."""
    said = [_said("status", language, name=name, programs=_list(programs, language))]
    said += [_said("status_place", language, place=_short(place, language))] if place else []
    said += [_said("on_hold" if on_hold else "help_and_stop", language)]
    return _text(said, language, first)


# --- how it is said ---------------------------------------------------------------------------------------------------


def _terms(language: str) -> tuple[str, str]:
    return _said("rates", language), _said("help_and_stop", language)


def _text(said: Sequence[str], language: str, first: bool = False) -> str:
    """The sentences as one text in the GSM alphabet."""
    return fold(" ".join([*said, _said("delete", language)] if first else said))


def _said(which: str, language: str, /, **values: str | int) -> str:
    return translate(WORDS[which], language).format(**values)


def _list(names: Sequence[str], language: str) -> str:
    """Up to four names, and how many more."""
    more = len(names) - 4
    shown = [*names[:4], _said("more", language, count=more)] if more > 0 else list(names)
    return joined(shown, language, "list_and")


def _short(place: Place, language: str) -> str:
    """The county with its state, or the state alone."""
    state = say(place_name(place.jurisdiction), language)
    return (
        state
        if place.county is None
        else say(line("area_county", county=place.county, place=state), language)
    )


# --- which lines ------------------------------------------------------------------------------------------------------


def _own_line(contacts: Sequence[AnswerContact], place: Place | None) -> AnswerContact | None:
    """The place's line for a child; one of a county or region only where the county is known."""
    if place is None:
        return None
    knows_county = place.county_fips is not None
    return next(
        (
            one
            for one in contacts
            if one.kind is Kind.phone
            and one.why.code == "why_child_line_you"
            and (knows_county or not (one.area or one.area_except))
        ),
        None,
    )


def _national(contacts: Sequence[AnswerContact]) -> str:
    found = (
        c for c in contacts if c.kind is Kind.phone and c.why.code == "why_youth" and c.id.startswith("us-")
    )
    always = next((contact for contact in found if _is_always_open(contact)), None)
    if always is None:
        raise NoLineError("no national line that answers day and night; add it to the facts")
    return as_dialed(always.value)


def _text_line(contacts: Sequence[AnswerContact], language: str) -> TextLine:
    """The first service to text in this language: one made for it before one that names no language."""
    found = [
        one
        for one in contacts
        if one.kind is Kind.sms
        and one.role is not ContactRole.emergency
        and speaks(one, language)
        and _is_always_open(one)
    ]
    if not found:
        raise NoLineError(f"no service to text day and night in {language!r}; add it to the facts")
    best = next((one for one in found if language in one.languages), found[0])
    return TextLine(as_dialed(best.value), best.keyword or "")


def _is_always_open(contact: AnswerContact) -> bool:
    return contact.hours.code == "hours_always"


def _area(contact: AnswerContact, place: Place | None, language: str) -> str:
    """What a line is for: the county where it is the county's own, else the state."""
    if place is None:
        return ""
    return _short(place, language) if contact.area else say(place_name(place.jurisdiction), language)
