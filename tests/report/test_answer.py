"""What an Answer is: pure, frozen, serialisable, true until it says it changes."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.facts import shipped
from porchlight.facts.schema import JurisdictionFile
from porchlight.places import Place, place_for
from porchlight.report import law as law_rules
from porchlight.report import rules
from porchlight.report.answer import Answer, Concern, Line, Must, Role
from porchlight.report.duty import duty
from porchlight.report.porches import as_json, as_text
from porchlight.report.rules import answer
from porchlight.report.say import LANGUAGES, UnknownLanguageError, say
from porchlight.report.shapes import AnswerDocument
from porchlight.report.whom import Asking, whom
from tests.report.asking import NOON, ask

PLACES = st.sampled_from([None, *(place_for(code) for code in shipped().jurisdictions)])
MOMENTS = st.datetimes(
    NOON.replace(tzinfo=None), NOON.replace(tzinfo=None, year=2027), timezones=st.just(dt.UTC)
)


def _forget() -> None:
    """Empty every cache between a question and its Answer."""
    for cached in (
        rules._day,
        rules._still,
        rules._reach,
        rules._source,
        rules._state_line,
        duty,
        law_rules.law,
        say,
    ):
        cached.cache_clear()


@given(PLACES, st.sampled_from(Concern), st.sampled_from(Role), MOMENTS)
@settings(max_examples=60, deadline=None)
def test_the_same_question_has_the_same_answer_whatever_was_asked_before(
    place: Place | None, concern: Concern, role: Role, at: dt.datetime
) -> None:
    first = answer(place, concern, role, at, shipped())
    answer(place_for("US-WI"), Concern.abuse_neglect, Role.school, at, shipped())
    _forget()
    assert answer(place, concern, role, at, shipped()) == first


@given(PLACES, st.sampled_from(Concern), st.sampled_from(Role), MOMENTS)
@settings(max_examples=60, deadline=None)
def test_a_moment_is_the_same_in_every_zone_it_is_written_in(
    place: Place | None, concern: Concern, role: Role, at: dt.datetime
) -> None:
    elsewhere = at.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert answer(place, concern, role, elsewhere, shipped()) == answer(place, concern, role, at, shipped())


@given(PLACES, st.sampled_from(Concern), st.sampled_from(Role), MOMENTS, st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_an_answer_and_its_json_survive_the_journey(
    place: Place | None, concern: Concern, role: Role, at: dt.datetime, language: str
) -> None:
    given_answer = answer(place, concern, role, at, shipped())
    assert msgspec.json.decode(msgspec.json.encode(given_answer), type=Answer) == given_answer
    document = as_json(given_answer, language)
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
    # What is sent over the web holds no moments, so that it is the same until it changes.
    sent = {name: value for name, value in document.items() if name not in ("at", "changes_at")}
    assert msgspec.to_builtins(msgspec.convert(sent, AnswerDocument)).keys() == sent.keys()


def test_facts_are_not_changed_by_answering() -> None:
    facts = shipped()

    def all_of() -> bytes:
        files: list[JurisdictionFile] = [facts.jurisdictions[code] for code in facts.jurisdictions]
        return msgspec.json.encode([facts.national, files])

    before = all_of()
    for code in facts.jurisdictions:
        for concern in Concern:
            as_text(answer(place_for(code), concern, Role.school, NOON, facts), "es")
    assert all_of() == before


def test_an_answer_cannot_be_changed() -> None:
    given_answer = ask("40202")
    for value, name in (
        (given_answer, "contacts"),
        (given_answer.place, "county"),
        (given_answer.contacts[0], "value"),
        (given_answer.law, "family"),
        (Line("now_call"), "code"),
    ):
        with pytest.raises(AttributeError):
            setattr(value, name, None)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="the moment needs a time zone"):
        answer(None, Concern.abuse_neglect, Role.anyone, dt.datetime(2026, 12, 2, 12), shipped())  # noqa: DTZ001


def test_a_jurisdiction_that_is_none_of_the_56_is_refused_by_name() -> None:
    nowhere = Place(jurisdiction="US-XX", county=None, county_fips=None, city=None, zones=())
    with pytest.raises(KeyError, match="US-XX is none of the 56 jurisdictions"):
        answer(nowhere, Concern.abuse_neglect, Role.anyone, NOON, shipped())


def test_a_language_that_is_not_spoken_is_refused_with_the_ones_that_are() -> None:
    with pytest.raises(UnknownLanguageError, match="no language 'fr'; use one of: en, es"):
        say(Line("now_call"), "fr")


def test_the_answer_changes_when_a_line_opens_and_says_so_beforehand() -> None:
    night = dt.datetime(2026, 12, 2, 9, 30, tzinfo=dt.UTC)  # 4:30 in the morning in Kentucky
    before = ask("40202", at=night)
    opens = dt.datetime(2026, 12, 2, 13, 0, tzinfo=dt.UTC)
    assert before.changes_at == opens
    second = dt.timedelta(seconds=1)
    just_before, at, after = (
        as_json(ask("40202", at=moment), "en") for moment in (opens - second, opens, opens + second)
    )
    for document in (just_before, at, after):
        document.pop("at")
    was = as_json(before, "en")
    was.pop("at")
    assert just_before == was
    assert at != was
    assert after == at


def test_an_answer_without_hours_changes_at_the_end_of_the_day_when_trust_may_grow_old() -> None:
    assert ask("Tennessee").changes_at == dt.datetime(2026, 12, 3, tzinfo=dt.UTC)


def test_trust_grows_old_with_the_day_and_the_answer_says_so() -> None:
    then = NOON.replace(year=2031)
    assert all(
        "trust_old" in {line.code for line in contact.trust}
        for contact in ask("40202", at=then).contacts
        if contact.id.startswith("us-ky")
    )


def test_there_is_no_code_for_no_duty() -> None:
    assert {must.value for must in Must} == {"yes", "may", "unknown"}


def test_whom_to_reach_hangs_on_the_role_only_as_far_as_answers_share_it() -> None:
    """Answers share their contacts among roles that are spoken to alike; this holds them to it."""
    facts = shipped()
    for code in (None, *list(facts.jurisdictions)[::8], "US-MA", "US-VA"):
        for concern in Concern:
            for role in Role:
                asking = Asking(code, None, None, concern, role, NOON.date())
                alike = Asking(code, None, None, concern, rules._spoken_to_as(role), NOON.date())
                assert whom(facts, asking) == whom(facts, alike), (code, concern, role)
