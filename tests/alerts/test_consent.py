"""Wordings that were shown never change: what someone agreed to must be what we say they did."""

from __future__ import annotations

import pytest

from porchlight.alerts import consent
from porchlight.alerts.models import Program
from porchlight.report import LANGUAGES

# Words that people agreed to. A test that fails here means: give the changed words a new version, and keep this line.
SHOWN = {
    ("web-1", "en"): "5d08c9774fd98e30d95d05d8a29315385f371236d55b7f4db3604a210183ba8a",
    ("web-1", "es"): "b9b19442e96f76035d31f66c05131f5236f53e881e3795894cab84396def14ae",
}


@pytest.mark.parametrize(("wording", "language"), SHOWN)
def test_words_that_people_agreed_to_are_still_the_same(wording: str, language: str) -> None:
    assert consent.sha256(consent.words(wording, "Community Help Line", language)) == SHOWN[wording, language]


def test_every_wording_is_held_fast_in_every_language() -> None:
    assert {(wording, language) for wording in consent.WORDINGS for language in LANGUAGES} == SHOWN.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_say_what_the_carriers_ask_for(language: str) -> None:
    """CTIA Messaging Principles: who sends, how often, what it costs, how to stop, how to get help."""
    words = consent.words(consent.WEB, "Community Help Line", language)
    keywords = {"en": ("STOP", "HELP", "rates"), "es": ("ALTO", "AYUDA", "costos")}
    assert all(word in words for word in ("Community Help Line", *keywords[language]))


def _often(series: str, kind: str = "series") -> str:
    return consent.how_often(Program(slug="x", kind=kind, series=series), "en")


def test_how_often_is_what_the_series_itself_says() -> None:
    assert _often("", "alerts") == "when there is something to say"
    assert _often("parenting") == "one a month or fewer"
    assert _often("body-safety") == "one or two a week"
    assert _often("none-such") == "one a day at most"


def test_how_often_of_several_programs_says_each_way_once() -> None:
    programs = [
        Program(slug=each, kind="series", series=each)
        for each in ("body-safety", "online-safety", "parenting")
    ]
    said = consent.how_often_together([Program(slug="x", kind="alerts"), *programs], "en")
    assert said == "when there is something to say, one or two a week, one a month or fewer"
