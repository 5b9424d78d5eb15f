"""A corpus of texts that people send, each read and answered as it should be."""

from __future__ import annotations

import datetime as dt

import pytest

from porchlight.alerts import replies, segments
from porchlight.alerts.commands import Kind, Reading, read
from porchlight.places import Ask, Found, Unknown, place_for
from porchlight.report import LANGUAGES
from tests.alerts.corpus import CORPUS, IN_NEED, KEYWORDS, WORDS, Said

NOON = dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC)
NAME, CONTACT = "Porch Light Kentucky", "1-502-555-0123"
# What only leaves, joins or answers us: someone in need must never get nothing but this.
NO_HELP = (Kind.STOP, Kind.START, Kind.YES, Kind.NO, Kind.JOIN, Kind.STATUS, Kind.CODE)


def where(reading: Reading) -> str:
    match reading.where:
        case Found(place=place):
            return place.jurisdiction
        case Ask():
            return "ask"
        case Unknown():
            return "unknown"
        case None:
            return ""


def reply(reading: Reading) -> str:
    """The first reply to a reading, of a number that we do not know."""
    language = reading.language or "en"
    known = reading.where if isinstance(reading.where, Found) else None
    lines = replies.lines_for(known.place if known else None, NOON, known.note if known else None)
    match reading.kind:
        case Kind.STOP:
            return replies.stop_confirmed(NAME, language)
        case Kind.HELP:
            return replies.help_(lines, NAME, CONTACT, language)
        case Kind.PLACE | Kind.REPORT:
            if reading.where is None:
                return replies.no_place_answer(NOON, language)
            return replies.place_answer(reading.where, NOON, language)
        case Kind.JOIN:
            return replies.join(NAME, "family tips", "2 a week", language)
        case Kind.NO:
            return replies.declined(lines, NAME, language)
        case Kind.START | Kind.STATUS | Kind.YES:
            return replies.not_joined(NAME, language)
        case Kind.CODE:
            return replies.code_wrong(language)
        case Kind.WORDS:
            return replies.safe(lines, on_hold=reading.sounds_like_stop)


def test_the_corpus_is_as_large_as_promised_and_says_nothing_twice() -> None:
    assert len(CORPUS) >= 150
    assert len(IN_NEED) >= 50
    assert len({said.text for said in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("said", CORPUS, ids=lambda said: repr(said.text))
def test_every_text_is_read_right(said: Said) -> None:
    reading = read(said.text, KEYWORDS)
    assert reading.kind is said.kind
    assert where(reading) == said.where
    as_typed = " ".join(said.text.split()) if said.kind is Kind.PLACE else ""
    assert reading.argument == (said.argument or as_typed)
    if said.pauses is not None:
        assert reading.sounds_like_stop == said.pauses
    if said.language is not None:
        assert reading.language == said.language


@pytest.mark.parametrize("said", IN_NEED, ids=lambda said: repr(said.text))
def test_nobody_who_may_need_help_is_taken_as_only_leaving(said: Said) -> None:
    for asked in (True, False):
        assert read(said.text, KEYWORDS, asked=asked).kind not in NO_HELP


@pytest.mark.parametrize("said", [*IN_NEED, *WORDS], ids=lambda said: repr(said.text))
def test_every_reply_to_words_holds_911_a_line_to_call_and_a_line_to_text(said: Said) -> None:
    text = reply(read(said.text, KEYWORDS))
    assert "911" in text
    for language in LANGUAGES:
        line = replies.lines_for(None, NOON).text[language]
        assert f"{line.keyword} " in text
        assert line.number in text
    known = said.where if said.where.startswith("US-") else None
    lines = replies.lines_for(place_for(known) if known else None, NOON)
    assert (lines.child_line or lines.national) in text
    assert segments.count(text).segments <= replies.SAFE_SEGMENTS


@pytest.mark.parametrize("said", CORPUS, ids=lambda said: repr(said.text))
def test_every_reply_goes_in_the_gsm_alphabet_and_is_short(said: Said) -> None:
    reading = read(said.text, KEYWORDS)
    counted = segments.count(reply(reading))
    assert counted.encoding is segments.Encoding.GSM
    most = replies.SAFE_SEGMENTS if reading.kind is Kind.WORDS else replies.MOST_SEGMENTS
    assert 1 <= counted.segments <= most


def test_yes_no_and_digits_are_words_where_nobody_asked() -> None:
    for text in ("yes", "Sí", "no", "123456"):
        assert read(text).kind is not Kind.WORDS
        assert read(text, asked=False).kind is Kind.WORDS
    assert read("STOP", asked=False).kind is Kind.STOP


def test_a_bare_no_that_answers_nothing_may_mean_stop() -> None:
    assert read("No", asked=False).sounds_like_stop
    assert not read("yes", asked=False).sounds_like_stop
