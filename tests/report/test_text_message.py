"""The Answer as a text message: three segments, the number first, nothing that tells what it is about."""

from __future__ import annotations

import re

import pytest

from porchlight.facts import shipped
from porchlight.places import place_for
from porchlight.report.answer import Concern, Role
from porchlight.report.gsm import MAX_SEGMENTS, segments
from porchlight.report.porches import as_text
from porchlight.report.rules import answer
from porchlight.report.say import LANGUAGES
from tests.report.asking import NOON, all_places, ask, counties_with_lines

ROLES = (Role.anyone, Role.youth, Role.school, Role.parent)

# A locked phone shows the first lines to whoever holds it.
TELLS = re.compile(
    r"abus|traffick|report|\bchild(?!help)|neglect|\bsex|victim|kid\b|minor|hotline|runaway|missing|hurt|suicid|porn|"
    r"denunci|abuso|\btrata|niñ|víctim|victima|menor|maltrat|explot|desapareci|suicid",
    re.IGNORECASE,
)
NUMBER = re.compile(r"1-\d{3}-\d{3}-\d{4}|\b911\b|\b988\b|\b211\b|\b\d{5,6}\b")


def _all_texts() -> list[tuple[str, Concern, Role, str, str]]:
    return [
        (
            "nowhere" if place is None else place.label,
            concern,
            role,
            language,
            as_text(answer(place, concern, role, NOON, shipped()), language),
        )
        for place in (*all_places(), *counties_with_lines())
        for concern in Concern
        for role in ROLES
        for language in LANGUAGES
    ]


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, Concern, Role, str, str]]:
    found = _all_texts()
    assert len(found) >= 57 * len(Concern) * len(ROLES) * len(LANGUAGES)
    return found


Texts = list[tuple[str, Concern, Role, str, str]]


def test_every_text_takes_at_most_three_segments(texts: Texts) -> None:
    assert [each for each in texts if not 1 <= segments(each[-1]) <= MAX_SEGMENTS] == []


def test_every_text_begins_with_a_number(texts: Texts) -> None:
    """Where no line is known, that is 911."""
    assert [each for each in texts if not NUMBER.search(_first_sentence(each[-1]))] == []


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text)[0]


def test_911_comes_first_in_danger_and_when_a_child_is_missing(texts: Texts) -> None:
    urgent = (Concern.danger_now, Concern.missing_or_runaway)
    wrong = [each for each in texts if each[1] in urgent and "911" not in _first_sentence(each[-1])]
    assert wrong == []


def test_every_text_names_911(texts: Texts) -> None:
    assert [each for each in texts if "911" not in each[-1]] == []


def test_no_text_tells_what_it_is_about(texts: Texts) -> None:
    assert [each for each in texts if TELLS.search(each[-1])] == []


def test_no_text_sends_a_parent_who_asks_for_help_to_the_police(texts: Texts) -> None:
    wrong = [
        each for each in texts if each[1] is Concern.struggling and re.search("police|polic", each[-1], re.I)
    ]
    assert wrong == []


def test_the_text_for_kentucky() -> None:
    assert as_text(ask("40202", "sex_trafficking", "school"), "en").startswith(
        "1-877-597-2331 for Kentucky: day and night. Danger: 911."
    )


def test_a_county_s_number_is_said_to_be_the_county_s() -> None:
    text = as_text(ask("Los Angeles County, CA"), "en")
    assert text.startswith("1-800-540-4000 for Los Angeles County, California: ")


def test_where_the_county_is_not_known_the_text_asks_for_it_and_gives_no_number_of_one_county() -> None:
    text = as_text(ask("California"), "en")
    assert "California" in text
    assert "ZIP" in text
    assert "Danger: 911." in text
    assert not re.search(r"1-(?!800-422-4453)\d{3}-\d{3}-\d{4}", text)


def test_a_young_person_gets_lines_to_text_that_answer_day_and_night_and_how_to_hide_the_message() -> None:
    text = as_text(ask("", "about_me"), "en")
    assert text.startswith("Text ")
    assert "Delete this" in text
    assert "Or call" in text


def test_a_keyword_is_given_in_the_language_of_the_message() -> None:
    assert "HOLA" not in as_text(ask("", "about_me"), "en")
    assert "HOLA" in as_text(ask("", "about_me"), "es") or "AYUDA" in as_text(ask("", "about_me"), "es")


def test_places_without_a_line_say_so_with_the_police_and_someone_who_helps() -> None:
    for code in ("US-AS", "US-MP"):
        given = answer(place_for(code), Concern.abuse_neglect, Role.anyone, NOON, shipped())
        text = as_text(given, "en")
        assert "No line known" in text
        assert "911 or local police" in text
        assert "1-800-422-4453" in text
