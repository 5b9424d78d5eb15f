"""The replies: short, neutral, and with what someone in need must have."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from itertools import product

import msgspec
import pytest

from porchlight.alerts import replies, rules, segments
from porchlight.alerts.replies import Lines
from porchlight.alerts.words import WORDS
from porchlight.facts import shipped
from porchlight.facts.schema import Kind
from porchlight.places import Ask, Found, place_for, resolve
from porchlight.report import LANGUAGES, Concern, Role, answer
from porchlight.report.numbers import as_dialed
from porchlight.report.porches import as_text
from porchlight.report.say import translate
from tests.report.asking import all_places, counties_with_lines

NOON = dt.datetime(2026, 11, 24, 17, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
NAME = "N" * replies.LONGEST_NAME
CONTACT = "c" * replies.LONGEST_CONTACT
PROGRAM = "p" * replies.LONGEST_PROGRAM
OFTEN = "f" * replies.LONGEST_FREQUENCY
KENTUCKY = place_for("US-KY")

Reply = Callable[[Lines, str, bool], str]
# Each reply at its longest: with the longest names, and everything that can be added to it.
REPLIES: dict[str, Reply] = {
    "help": lambda lines, la, first: replies.help_(lines, NAME, CONTACT, la, first=first),
    "program stopped": lambda lines, la, first: replies.program_stopped(NAME, PROGRAM, la, first=first),
    "join": lambda lines, la, first: replies.join(NAME, PROGRAM, OFTEN, la, first=first),
    "welcome": lambda lines, la, first: replies.welcome(
        NAME, [PROGRAM], OFTEN, la, ask_zip=True, first=first
    ),
    "restarted": lambda lines, la, first: replies.restarted(NAME, [PROGRAM] * 6, OFTEN, la, first=first),
    "already": lambda lines, la, first: replies.already_joined(NAME, PROGRAM, la, first=first),
    "not joined": lambda lines, la, first: replies.not_joined(NAME, la, first=first),
    "declined": lambda lines, la, first: replies.declined(lines, NAME, la, first=first),
    "zip kept": lambda lines, la, first: replies.zip_kept(KENTUCKY, la, first=first),
    "code": lambda lines, la, first: replies.code("123456", NAME, 10, la, first=first),
    "code wrong": lambda lines, la, first: replies.code_wrong(la, first=first),
    "status": lambda lines, la, first: replies.status(
        NAME, [PROGRAM] * 6, la, place=KENTUCKY, on_hold=True, first=first
    ),
    "unknown zip": lambda lines, la, first: replies.place_answer(resolve("00000"), NOON, la, first=first),
    "which place": lambda lines, la, first: replies.place_answer(
        resolve("Springfield"), NOON, la, first=first
    ),
    "no place": lambda lines, la, first: replies.no_place_answer(NOON, la, first=first),
}


@pytest.fixture(scope="module")
def all_lines() -> list[Lines]:
    """The lines of everywhere, by day and at night."""
    places = [*all_places(), *counties_with_lines()]
    return [replies.lines_for(place, at) for place in places for at in (NOON, NIGHT)]


def every_reply(lines: Lines) -> Iterator[tuple[str, str, str]]:
    for (name, reply), language, first in product(REPLIES.items(), LANGUAGES, (True, False)):
        yield name, language, reply(lines, language, first)
    for language in LANGUAGES:
        yield "stopped", language, replies.stop_confirmed(NAME, language)


# --- short ------------------------------------------------------------------------------------------------------------


def test_every_reply_fits_into_three_segments_and_the_safe_one_into_five_everywhere(
    all_lines: list[Lines],
) -> None:
    assert len(all_lines) > 2 * 56
    for lines in (_longest(all_lines), all_lines[0]):
        for name, language, text in every_reply(lines):
            counted = segments.count(text)
            assert counted.encoding is segments.Encoding.GSM, (name, language)
            assert counted.segments <= replies.MOST_SEGMENTS, (name, language, counted.units, text)
    for lines in all_lines:
        for first, on_hold in product((True, False), repeat=2):
            text = replies.safe(lines, first=first, on_hold=on_hold)
            assert segments.count(text, segments.Encoding.GSM).segments <= replies.SAFE_SEGMENTS, text


def _longest(all_lines: list[Lines]) -> Lines:
    return max(all_lines, key=lambda lines: len(replies.safe(lines)))


def test_the_confirmation_of_stop_is_one_sentence_and_one_segment() -> None:
    for language in LANGUAGES:
        text = replies.stop_confirmed("Porch Light", language)
        assert text.count(".") == 1
        assert text.endswith(".")
        assert "Porch Light" in text
        assert segments.count(text).segments == 1


# --- neutral ----------------------------------------------------------------------------------------------------------

# The words that would tell whoever holds the telephone what it is about, of this test's own making.
TELLS = re.compile(
    r"abus|traffick|report|protect|\bchild|\bkid|neglect|\bsex|victim|minor\b|hotline|runaway|missing|hurt|suicid|"
    r"denunci|reporta|abuso|\btrata|proteg|protecci|niñ|víctim|victima|menor|maltrat|explot|desapareci",
    re.IGNORECASE,
)


def test_no_reply_tells_what_it_is_about(all_lines: list[Lines]) -> None:
    for name, language, text in every_reply(_longest(all_lines)):
        assert not TELLS.search(text), (name, language, text)
        assert rules.telling_words(text) == (), (name, language, text)
    for lines in all_lines:
        assert not TELLS.search(replies.safe(lines, first=True, on_hold=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_tells_or_asks_what_yes_would_answer(language: str) -> None:
    for code, sentence in WORDS.items():
        said = translate(sentence, language)
        assert not TELLS.search(said), (code, said)
        assert "?" not in said, (code, said)


def test_only_the_offer_to_join_asks_for_a_yes() -> None:
    asking = {
        name
        for name, language, text in every_reply(replies.lines_for(None, NOON))
        if re.search(r"\b(YES|SI)\b", text)
    }
    assert asking == {"join"}


# --- with what someone in need must have ------------------------------------------------------------------------------


def test_the_safe_reply_says_that_nobody_reads_it_911_and_a_line_in_both_languages(
    all_lines: list[Lines],
) -> None:
    for lines in all_lines:
        text = replies.safe(lines)
        assert text.startswith("Nobody reads this at once. In danger, call 911 or text 911.")
        assert "A text to 911 does not work everywhere." in text
        assert "Nadie lee esto al momento. Si hay peligro, llame al 911" in text
        assert text.count(lines.child_line or lines.national) == len(LANGUAGES)
        for line in lines.text.values():
            assert f"{line.keyword} to {line.number}" in text or f"{line.keyword} al {line.number}" in text


def test_the_line_to_call_is_the_one_of_the_facts_in_every_jurisdiction() -> None:
    facts = shipped()
    with_own = 0
    for code in facts.jurisdictions:
        place = place_for(code)
        lines = replies.lines_for(place, NOON)
        if (line := lines.child_line) is not None:
            with_own += 1
            assert line in {as_dialed(contact.value) for contact in facts.contacts(code)}
            assert line in replies.safe(lines)
            shown = {
                c.why.code
                for c in answer(place, Concern.about_me, Role.youth, NOON).contacts
                if as_dialed(c.value) == line
            }
            assert "why_child_line_you" in shown
    assert with_own >= 40
    kentucky = replies.lines_for(KENTUCKY, NOON)
    assert (kentucky.child_line, kentucky.always) == ("1-877-597-2331", True)


def test_a_line_of_one_county_is_not_given_to_a_whole_state() -> None:
    assert replies.lines_for(place_for("US-CA"), NOON).child_line is None
    los_angeles = resolve("90012")
    assert isinstance(los_angeles, Found)
    lines = replies.lines_for(los_angeles.place, NOON)
    assert lines.child_line is not None
    assert lines.place == {"en": "Los Angeles County, California", "es": "Los Angeles County, California"}


def test_where_the_own_line_does_not_answer_now_the_national_one_stands_beside_it(
    all_lines: list[Lines],
) -> None:
    shut = [lines for lines in all_lines if lines.child_line and not lines.always and not lines.open]
    assert shut
    for lines in shut:
        text = replies.safe(lines)
        assert lines.national in text
        assert (lines.child_line or "?") in text


def test_the_text_lines_are_each_in_their_language() -> None:
    text = replies.lines_for(None, NOON).text
    assert text["en"].keyword == "HOME"
    assert text["es"].keyword == "HOLA"


def test_without_a_line_to_call_or_to_text_there_is_no_reply_but_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = answer(None, Concern.about_me, Role.youth, NOON)
    for gone, words in ((Kind.phone, "no national line"), (Kind.sms, "no service to text")):
        left = tuple(contact for contact in whole.contacts if contact.kind is not gone)
        bare = msgspec.structs.replace(whole, contacts=left)
        monkeypatch.setattr(replies, "answer", lambda *_, bare=bare, **__: bare)
        with pytest.raises(replies.NoLineError, match=words):
            replies.lines_for(None, NOON)


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_begins_with_the_emergency_lines_then_says_who_we_are(language: str) -> None:
    lines = replies.lines_for(KENTUCKY, NOON)
    text = replies.help_(lines, "Porch Light", "1-502-555-0123", language)
    order = [
        text.index(part) for part in ("911", "1-877-597-2331", "741741", "Porch Light", "1-502-555-0123")
    ]
    assert order == sorted(order)
    assert {"en": "STOP", "es": "ALTO"}[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wording_of_joining_has_all_that_carriers_ask_for(language: str) -> None:
    # CTIA: program name, frequency, "Msg & data rates may apply", HELP and STOP; a Spanish program says it in Spanish.
    wanted = {
        "en": ("Msg & data rates may apply", "HELP", "STOP"),
        "es": ("Puede haber costos por mensajes y datos", "AYUDA", "ALTO"),
    }[language]
    for text in (
        replies.join("Porch Light", "tips", "2 a week", language),
        replies.welcome("Porch Light", ["tips"], "2 a week", language),
        replies.restarted("Porch Light", ["tips"], "2 a week", language),
    ):
        for part in ("Porch Light", "tips", "2 a week", *wanted):
            assert part in text
    assert "13" in replies.join("Porch Light", "tips", "2 a week", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_reply_says_how_to_delete_the_thread(language: str) -> None:
    lines = replies.lines_for(KENTUCKY, NOON)
    delete = {"en": "choose Delete.", "es": "elija Borrar."}[language]
    for name, reply in REPLIES.items():
        assert reply(lines, language, True).endswith(delete), name
        assert delete not in reply(lines, language, False), name
    assert replies.place_answer(resolve("40202"), NOON, language, first=True).endswith(delete)
    assert delete in replies.safe(lines, first=True)
    assert delete not in replies.safe(lines)


def test_the_first_answer_for_a_place_keeps_its_number_and_its_length_everywhere() -> None:
    for place, language in product((*all_places(), *counties_with_lines()), LANGUAGES):
        if place is None:
            continue
        whole = as_text(answer(place, Concern.abuse_neglect, Role.anyone, NOON), language)
        first = replies.place_answer(Found(place, None), NOON, language, kept=place, first=True)
        assert segments.count(first, segments.Encoding.GSM).segments <= replies.MOST_SEGMENTS
        assert "911" in first
        assert first.split(". ")[0] == whole.split(". ")[0]


def test_a_place_gets_the_answer_as_porchlight_gives_it() -> None:
    found = resolve("40202")
    assert isinstance(found, Found)
    wanted = as_text(answer(found.place, Concern.abuse_neglect, Role.anyone, NOON, note=found.note), "en")
    assert replies.place_answer(found, NOON, "en") == wanted
    assert "1-877-597-2331" in wanted


def test_a_name_in_several_states_is_asked_about_with_the_lines_first() -> None:
    text = replies.place_answer(resolve("Springfield"), NOON, "en")
    assert text.startswith("In danger, call 911")
    assert "More than one place has that name." in text


def test_a_name_in_several_counties_of_one_state_gets_the_answer_of_the_state() -> None:
    found = resolve("Corbin KY")
    assert isinstance(found, Ask)
    assert found.jurisdiction == "US-KY"
    assert "1-877-597-2331" in replies.place_answer(found, NOON, "en")


def test_many_programs_are_named_in_part_and_counted() -> None:
    text = replies.status("Porch Light", ["a", "b", "c", "d", "e", "f"], "en")
    assert "You get texts on a, b, c, d and 2 more from Porch Light." in text
    assert "You get texts on a, b, c and d from" in replies.status("Porch Light", ["a", "b", "c", "d"], "en")
