"""The tip series that come with Porchlight: short enough, neutral, sourced, with no number of their own."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import pytest
import textstat

from porchlight.alerts import commands, programs, rules, segments
from porchlight.alerts.programs import LANGUAGES, Clock, Series, Tip
from porchlight.facts import shipped

TODAY = dt.date(2026, 11, 23)
LONGEST_NAME = "N" * 30  # what alerts.toml allows


@dataclass(frozen=True)
class Case:
    """One tip in one language."""

    series: str
    tip: Tip
    language: str

    @property
    def written(self) -> str:
        """As the file has it."""
        return str(getattr(self.tip, self.language))

    @property
    def sent(self) -> str:
        """As it leaves, with the longest name before it."""
        text = programs.texts(self.tip, LONGEST_NAME, TODAY, shipped())[self.language]
        return segments.unaccented(text) or text


ALL: dict[str, Series] = {name: programs.series(name) for name in programs.shipped()}
CASES = [
    Case(name, tip, language) for name, series in ALL.items() for tip in series.tips for language in LANGUAGES
]
each = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.series}-{case.tip.id}-{case.language}")


def test_there_are_three_series_for_parents_and_each_is_whole() -> None:
    assert {name: (series.clock, len(series.tips)) for name, series in ALL.items()} == {
        "parenting": (Clock.AGE_MONTHS, 19),
        "body-safety": (Clock.DAYS, 8),
        "online-safety": (Clock.DAYS, 8),
    }
    assert ALL["parenting"].tips[0].at == 0
    assert ALL["parenting"].until == 72


@each
def test_a_tip_is_at_most_two_segments_of_the_gsm_alphabet_with_the_longest_name_there_is(case: Case) -> None:
    counted = segments.count(case.sent)
    assert counted.encoding is segments.Encoding.GSM
    assert counted.segments <= 2, counted


@each
def test_a_tip_tells_nothing_to_whoever_sees_the_telephone_and_has_no_link(case: Case) -> None:
    assert rules.lint(case.sent, (), name=LONGEST_NAME, must_be_neutral=True) == ()


@each
def test_a_number_in_a_tip_is_one_of_the_facts_and_stands_in_no_file(case: Case) -> None:
    """Digits in a file are ages and minutes; whatever could be dialed comes in by its id."""
    outside = re.sub(r"\{[a-z0-9-]+\}", "", case.written)
    assert [number for number in re.findall(r"\d+", outside) if int(number) > 18] == []
    known = {re.sub(r"\D", "", contact.value)[-10:] for contact in shipped().contacts(None)}
    dialed = re.findall(r"1-\d{3}-\d{3}-\d{4}|\b\d{3}\b", case.sent)
    assert {re.sub(r"\D", "", number)[-10:] for number in dialed} <= known
    assert len(dialed) == len(re.findall(r"\{[a-z0-9-]+\}", case.written))


@each
def test_a_tip_asks_nothing_that_the_words_yes_or_stop_would_answer(case: Case) -> None:
    assert not re.search(r"\b(?:reply|responda|STOP|YES)\b", case.written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_of_a_tip_have_the_same_numbers(language: str) -> None:
    for series in ALL.values():
        for tip in series.tips:
            assert sorted(re.findall(r"\{[^}]+\}", getattr(tip, language))) == sorted(
                re.findall(r"\{[^}]+\}", tip.en)
            ), tip.id


def test_the_english_tips_are_at_sixth_grade_or_below() -> None:
    for name, series in ALL.items():
        words = " ".join(re.sub(r"\{[^}]+\}", "911", tip.en) for tip in series.tips)
        assert textstat.flesch_kincaid_grade(words) <= 6, name


def test_every_tip_says_what_its_sources_say() -> None:
    for name, series in ALL.items():
        for tip in series.tips:
            for source, says in tip.sources.items():
                assert len(says) > 20, (name, tip.id)
                assert series.sources[source].url.startswith("http"), source


def test_a_reprint_is_called_one() -> None:
    """The author's own page, or the page says whose words it repeats."""
    for series in ALL.values():
        for source in series.sources.values():
            if "Centers for Disease Control" in source.publisher:
                assert "cdc.gov" in source.url or source.reprint, source.title


def test_tips_that_speak_of_danger_name_whom_to_call() -> None:
    told = next(tip for tip in ALL["body-safety"].tips if tip.id == "if-told")
    assert "{us-911}" in told.en
    assert "It is not your fault" in told.en
    threats = next(tip for tip in ALL["online-safety"].tips if tip.id == "threats")
    assert {"{us-911}", "{us-ncmec-phone}"} <= set(re.findall(r"\{[^}]+\}", threats.en))


def test_no_keyword_of_a_series_means_something_else_or_another_series() -> None:
    words = [
        word
        for series in ALL.values()
        if series.keywords is not None
        for word in series.keywords.as_json().values()
    ]
    words += programs._FIRST_KEYWORDS.values()
    assert not any(commands.is_reserved(word) for word in words)
    assert len(words) == len(set(words))


def test_the_names_of_programs_are_neutral() -> None:
    for series in ALL.values():
        for name in series.names.as_json().values():
            assert rules.telling_words(name) == ()
    assert not any(rules.telling_words(name) for name in programs._FIRST_NAMES.values())
