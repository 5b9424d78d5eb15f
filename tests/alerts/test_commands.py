"""What a text says: exactly a command, in every language at once, or words. The corpus has the rest of the cases."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.alerts import commands
from porchlight.alerts.commands import Kind, is_reserved, read
from porchlight.alerts.plain import plain
from porchlight.places import Found
from porchlight.places.exactly import exactly
from porchlight.report.say import LANGUAGES

# 47 CFR 64.1200(a)(10) and R7, written again here: what these words mean may never change by accident.
STOP = [
    *("STOP", "QUIT", "END", "REVOKE", "OPT OUT", "OPT-OUT", "CANCEL", "UNSUBSCRIBE", "STOPALL", "OPTOUT"),
    *("ALTO", "PARAR", "CANCELAR", "BAJA", "FIN"),
]
ALL_WORDS = sorted(commands._by_words())
WORD = st.text(st.characters(categories=("Ll", "Lu")), min_size=1, max_size=12)


@pytest.mark.parametrize("word", STOP)
def test_each_word_that_revokes_does_in_any_dress(word: str) -> None:
    for text in (
        word,
        word.lower(),
        word.title(),
        f" {word}. ",
        f"“{word}!”",
        f"{word}\n",
        f"({word})",
        f"{word} 👍",
    ):
        assert read(text).kind is Kind.STOP, text
        assert read(text, asked=False).kind is Kind.STOP, text


@pytest.mark.parametrize("word", STOP)
@pytest.mark.parametrize("sign", ["😢", "😭", "🆘", "💔"])
def test_with_a_sign_of_distress_no_word_only_leaves(word: str, sign: str) -> None:
    reading = read(f"{word} {sign}")
    assert (reading.kind, reading.sounds_like_stop) == (Kind.WORDS, True)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.START, ("START", "UNSTOP", "COMENZAR")),
        (Kind.YES, ("YES", "SI", "Sí")),
        (Kind.HELP, ("HELP", "INFO", "AYUDA")),
        (Kind.JOIN, ("JOIN", "UNIRSE")),
        (Kind.STATUS, ("STATUS", "ESTADO")),
        (Kind.REPORT, ("REPORT", "REPORTAR", "DENUNCIAR")),
    ],
)
def test_the_other_commands_are_known_in_both_languages(kind: Kind, words: tuple[str, ...]) -> None:
    assert [read(word).kind for word in words] == [kind] * len(words)


def test_every_command_but_no_is_known_in_every_language() -> None:
    for kind, languages in commands._COMMANDS.items():
        assert set(LANGUAGES) <= set(languages), kind


def test_no_word_is_two_commands_and_each_is_written_as_it_is_compared() -> None:
    written = [
        w
        for languages in commands._COMMANDS.values()
        for words in languages.values()
        for w in words.split(", ")
    ]
    assert sorted(written) == ALL_WORDS
    assert [word for word in written if plain(word) != word] == []


@settings(deadline=None)
@given(st.sampled_from(ALL_WORDS), st.data())
def test_case_accents_spaces_and_punctuation_do_not_change_a_command(word: str, data: st.DataObject) -> None:
    cased = "".join(data.draw(st.sampled_from([one, one.upper()])) for one in word)
    before, after = (data.draw(st.text(" .!?,;:\"'“”()*-\n\t", max_size=4)) for _ in range(2))
    assert read(f"{before}{cased}{after}").kind is read(word).kind


@settings(deadline=None)
@given(st.sampled_from(ALL_WORDS), st.lists(WORD, min_size=1, max_size=4), st.booleans())
def test_a_command_with_anything_more_is_no_stop(word: str, more: list[str], is_first: bool) -> None:
    text = " ".join([word, *more] if is_first else [*more, word])
    if plain(text) in ALL_WORDS:
        return
    assert read(text).kind not in (Kind.STOP, Kind.START, Kind.YES, Kind.HELP, Kind.STATUS)


@pytest.mark.parametrize("word", [word for word in ALL_WORDS if read(word).kind is Kind.STOP])
def test_a_word_that_revokes_makes_free_words_pause_alerts(word: str) -> None:
    for text in (f"{word} 😢", f"please {word}", f"{word} it now", f"he said {word} to me"):
        reading = read(text)
        assert (reading.kind, reading.sounds_like_stop) == (Kind.WORDS, True), text


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_at_all_is_read(text: str) -> None:
    reading = read(text, {"TIPS": "tips"})
    assert reading.kind in Kind
    assert read(text, {"TIPS": "tips"}) == reading


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 100_000, "stop " * 20_000, "1" * 5_000, "s t o p " * 3_000, "\u0301" * 5_000, "no " * 5_000),
        *("“" * 3_000, ", " * 3_000, "de " * 500, "zip " * 500, "\x00", "\ud800", "condado de " * 100),
    ],
)
def test_a_hostile_text_is_words(text: str) -> None:
    assert read(text).kind is Kind.WORDS


def test_a_program_can_be_joined_and_left_by_its_keyword_in_any_dress() -> None:
    keywords = {"Tips": "tips", "CONSEJOS": "tips", "Back to School": "school"}
    for text in ("TIPS", "tips!", "Join tips", "start TIPS", "consejos", "unirse consejos"):
        assert (read(text, keywords).kind, read(text, keywords).argument) == (Kind.JOIN, "tips"), text
    for text in ("stop tips", "STOP CONSEJOS", "alto consejos", "cancel tips", "End tips."):
        assert (read(text, keywords).kind, read(text, keywords).argument) == (Kind.STOP, "tips"), text
    assert read("back to school", keywords).argument == "school"
    assert read("stop back-to-school", keywords).argument == "school"


def test_stop_with_a_word_that_is_no_program_stops_nothing_by_itself() -> None:
    reading = read("stop weather", {"tips": "tips"})
    assert (reading.kind, reading.sounds_like_stop) == (Kind.WORDS, True)


@pytest.mark.parametrize(
    "keyword",
    [
        "stop",
        "Help",
        "SI",
        "Kentucky",
        "40202",
        "123456",
        "911",
        "sos",
        "cancel it",
        "",
        "!!",
        "KY",
        "unstop",
    ],
)
def test_a_keyword_that_says_something_already_is_refused(keyword: str) -> None:
    assert is_reserved(keyword)


@pytest.mark.parametrize("keyword", ["TIPS", "Consejos", "porch", "school year", "baby1"])
def test_a_keyword_of_its_own_is_not(keyword: str) -> None:
    assert not is_reserved(keyword)


def test_a_command_wins_over_a_keyword_of_the_same_word() -> None:
    assert read("stop", {"stop": "tips"}).argument == ""
    assert read("help", {"help": "tips"}).kind is Kind.HELP


@settings(deadline=None)
@given(st.text(max_size=60))
def test_plain_is_small_letters_and_single_spaces_and_stays_as_it_is(text: str) -> None:
    words = plain(text)
    assert words == " ".join(words.split())
    assert not any(unicodedata.combining(one) for one in words)
    assert plain(words) == words or re.fullmatch(r"(?:\w ){2,}\w", words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Louisville, KY", "US-KY"),
        ("jefferson county kentucky", "US-KY"),
        ("condado de jefferson, kentucky", "US-KY"),
        ("louisvile ky", None),  # a slip of the finger is not forgiven
        ("123 main street louisville ky", None),
        ("my dad in louisville ky", None),
        ("", None),
        ("x" * 300, None),
    ],
)
def test_a_place_is_exactly_its_name(text: str, found: str | None) -> None:
    answer = exactly(text)
    assert (answer.place.jurisdiction if isinstance(answer, Found) else answer) == found


def test_an_address_is_words_that_give_the_line_of_the_place() -> None:
    for text in ("123 Main St, Louisville, KY 40202", "come to 500 w jefferson st louisville ky"):
        reading = read(text)
        assert reading.kind is Kind.WORDS
        assert isinstance(reading.where, Found)
        assert reading.where.place.jurisdiction == "US-KY"


@pytest.mark.parametrize(
    "text",
    [
        "he took me from texas to ohio",
        "40202 or 78701",
        "i paid $40202",
        "call 502-555-40202",
        "georgia hurt me",
        "i live at 99999",
    ],
)
def test_a_place_that_is_not_sure_is_none(text: str) -> None:
    assert read(text).where is None
