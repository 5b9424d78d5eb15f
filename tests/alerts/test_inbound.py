"""What a text to us does, and what comes back: one answer, at once, whoever sent it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from porchlight.alerts import alarm, config, inbound, numbers, rules, subscribe
from porchlight.alerts.models import (
    Consent,
    Delivery,
    Inbound,
    Number,
    Program,
    SignUpCode,
    Subscriber,
    Suppression,
)
from tests.alerts.conversation import NOON, Telephone, body, program
from tests.alerts.corpus import CORPUS, IN_NEED

pytestmark = pytest.mark.django_db


def joined(e164: str = "+15025550134") -> Telephone:
    """A telephone that sent JOIN and YES."""
    if not Program.objects.exists():
        program()
    phone = Telephone(e164)
    phone.text("JOIN")
    phone.text("YES")
    return phone


# --- joining ----------------------------------------------------------------------------------------------------------


def test_joining_by_text_takes_a_second_text_that_says_yes() -> None:
    program()
    phone = Telephone()
    (offer,) = phone.text("join")
    assert "YES" in offer
    assert "13" in offer
    assert phone.subscriber.state == Subscriber.State.PENDING
    assert not Consent.objects.exists()
    (welcome,) = phone.text("yes")
    assert "Local news" in welcome
    assert phone.subscriber.state == Subscriber.State.ACTIVE
    consent = Consent.objects.get()
    assert (consent.source, consent.language, consent.wording) == ("text", "en", "text-1")
    assert consent.confirmed is not None
    assert consent.wording_sha256 == hashlib.sha256(offer.encode()).hexdigest()


@pytest.mark.parametrize("word", ["NOTICIAS", "unirme", "alta"])
def test_a_spanish_word_joins_in_spanish(word: str) -> None:
    program()
    phone = Telephone()
    phone.text("hola, quiero los mensajes por favor")
    assert "mensaje" in phone.text(word)[0]
    phone.text("sí")
    assert phone.subscriber.language == "es"


def test_no_means_that_nothing_is_kept_and_brings_the_lines() -> None:
    program()
    phone = Telephone()
    phone.text("JOIN")
    (answer,) = phone.text("no thanks")
    assert "911" in answer
    assert not Subscriber.objects.exists()
    assert not SignUpCode.objects.exists()


def test_yes_joins_nobody_whom_we_did_not_ask() -> None:
    program()
    phone = Telephone()
    (answer,) = phone.text("yes")
    assert "911" in answer
    assert not Subscriber.objects.exists()
    assert Inbound.objects.get().reading == Inbound.Reading.WORDS


def test_yes_after_a_day_is_too_late() -> None:
    program()
    phone = Telephone()
    phone.text("JOIN")
    phone.now += subscribe.pending_for()
    phone.text("YES")
    assert not Consent.objects.exists()


def test_a_keyword_of_a_second_program_joins_at_once_who_is_in() -> None:
    program("school", names={"en": "School news", "es": "Avisos de la escuela"}, keywords={"en": "SCHOOL"})
    phone = joined()
    assert [each.program.slug for each in phone.subscriber.enrollments.all()] == ["school"]
    program("local")
    assert "Local news" in phone.text("LOCAL")[0]
    assert phone.subscriber.consents.filter(program__slug="local", confirmed__isnull=False).exists()
    assert phone.subscriber.enrollments.filter(active=True).count() == 2


def test_joining_twice_says_so_and_keeps_one_consent() -> None:
    phone = joined()
    assert "already" in phone.text("JOIN")[0]
    assert Consent.objects.count() == 1


def test_a_zip_code_that_we_asked_for_is_kept_and_one_that_we_did_not_ask_for_is_not() -> None:
    phone = joined()
    (answer,) = phone.text("40202")
    assert "877-597-2331" in answer  # the Answer comes first
    assert "Jefferson County" in answer
    assert subscribe.zip_code_of(phone.subscriber) == "40202"
    assert phone.subscriber.county_index is not None
    (answer,) = phone.text("73301")
    assert "Texas" in answer
    assert subscribe.zip_code_of(phone.subscriber) == "40202"
    stranger = Telephone("+15025550135")
    stranger.text("40202")
    assert not Subscriber.objects.filter(number=stranger.number).exists()


def test_a_code_of_the_page_works_by_text_too() -> None:
    program()
    phone = Telephone()
    wish = subscribe.Wish(
        language="en", source=Consent.Source.WEB, programs=("local",), zip_code="40202", wording="web-1"
    )
    subscribe.ask(phone.e164, wish, NOON)
    code = phone.new()[0].split()[0]
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert "not right" in phone.text(wrong)[0]
    assert "Local news" in phone.text(code)[0]
    assert phone.subscriber.state == Subscriber.State.ACTIVE


def test_five_wrong_codes_by_text_end_the_right_one() -> None:
    program()
    phone = Telephone()
    subscribe.ask(
        phone.e164, subscribe.Wish(language="en", source=Consent.Source.WEB, programs=("local",)), NOON
    )
    code = phone.new()[0].split()[0]
    for last in range(1, 6):
        phone.text(f"{(int(code) + last) % 1_000_000:06}")
    phone.text(code)
    assert phone.subscriber.state == Subscriber.State.PENDING


# --- leaving ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["STOP", "stop.", "Unsubscribe", "QUIT", "end", "opt out", "revoke", "cancel"]
)
def test_stop_ends_all_and_is_confirmed_once(word: str) -> None:
    phone = joined()
    (confirmation,) = phone.text(word)
    assert "no more texts" in confirmation
    assert Delivery.objects.latest("pk").kind == Delivery.Kind.STOP_REPLY
    assert phone.number.stopped
    assert phone.subscriber.state == Subscriber.State.LEFT
    assert Consent.objects.filter(revoked=None).count() == 0
    assert phone.text(word) == []
    assert phone.text("STOP") == []


def test_alto_is_answered_in_spanish_also_to_someone_who_reads_english() -> None:
    phone = joined()
    assert "Send STOP" in phone.text("HELP")[0]
    assert "textos" in phone.text("ALTO")[0]


def test_stop_of_someone_who_reads_spanish_is_answered_in_spanish() -> None:
    program()
    phone = Telephone()
    phone.text("NOTICIAS")
    phone.text("hola, necesito ayuda")  # words in Spanish
    phone.text("unirme")
    phone.text("SI")
    assert "textos" in phone.text("STOP")[0]


def test_stop_from_a_number_that_never_joined_is_kept_and_confirmed() -> None:
    phone = Telephone()
    assert len(phone.text("STOP")) == 1
    assert numbers.is_stopped(phone.e164)


def test_stop_kills_a_sign_up_that_waits() -> None:
    program()
    phone = Telephone()
    phone.text("JOIN")
    phone.text("STOP")
    assert not SignUpCode.objects.exists()
    assert not Subscriber.objects.exists()
    phone.text("YES")
    assert phone.number.stopped


def test_stop_of_one_program_leaves_the_others() -> None:
    program("school", names={"en": "School news", "es": "Avisos"}, keywords={"en": "SCHOOL"})
    phone = joined()
    program("local")
    phone.text("LOCAL")
    (answer,) = phone.text("STOP SCHOOL")
    assert "School news" in answer
    assert not phone.number.stopped
    assert [each.program.slug for each in phone.subscriber.enrollments.filter(active=True)] == ["local"]
    assert phone.subscriber.consents.get(program__slug="school").revoked is not None
    assert phone.subscriber.consents.get(program__slug="local").revoked is None


def test_stop_of_a_program_that_they_are_not_in_is_a_stop() -> None:
    phone = joined()
    program("school", keywords={"en": "SCHOOL"})
    phone.text("STOP SCHOOL")
    assert phone.number.stopped


def test_a_carrier_that_confirms_stop_itself_is_not_confirmed_a_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender = replace(config.sender("practice"), carrier_handles_stop=True)
    monkeypatch.setattr(config, "sender", lambda _name: sender)
    for nth, word in enumerate(("STOP", "stop ", "End", "UNSUBSCRIBE")):
        phone = joined(f"+150255501{nth:02}")
        assert phone.text(word) == []
        assert phone.number.stopped


@pytest.mark.parametrize("word", ["ALTO", "parar", "Stop!", "stpo", "opt out", "STOP SCHOOL"])
def test_a_word_of_stop_that_such_a_carrier_does_not_know_is_confirmed_by_us_once(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = replace(config.sender("practice"), carrier_handles_stop=True)
    monkeypatch.setattr(config, "sender", lambda _name: sender)
    phone = joined()
    program("school", keywords={"en": "SCHOOL"})
    assert len(phone.text(word)) == 1
    assert phone.number.stopped
    assert phone.text(word) == []
    assert phone.text("STOP") == []


def test_a_bare_no_that_answers_nothing_pauses_alerts_and_gets_the_lines() -> None:
    phone = joined()
    (answer,) = phone.text("No")
    assert "911" in answer
    assert phone.subscriber.state == Subscriber.State.PAUSED
    phone.text("yes")
    assert phone.subscriber.state == Subscriber.State.PAUSED  # nor does a bare yes bring them back


def test_after_stop_a_text_that_waits_is_cancelled() -> None:
    phone = joined()
    from porchlight.alerts import outbox

    waiting = outbox.enqueue(phone.number, "Hello", Delivery.Kind.START, "en", phone.now.timestamp())
    phone.seen = waiting.pk
    phone.text("STOP")
    waiting.refresh_from_db()
    assert waiting.state == Delivery.State.CANCELLED
    assert body(waiting) == ""


@pytest.mark.parametrize(
    "words", ["40202", "Kentucky", "REPORT", "HELP", "ayuda", "my dad hits me", "please make him stop"]
)
def test_a_stopped_number_that_writes_again_gets_exactly_one_answer_and_stays_stopped(words: str) -> None:
    phone = joined()
    phone.text("STOP")
    answers = phone.text(words)
    assert len(answers) == 1
    assert "911" in answers[0]
    row = Delivery.objects.latest("pk")
    assert row.kind == Delivery.Kind.REPLY
    assert phone.number.stopped
    assert numbers.is_stopped(phone.e164)


# --- coming back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["START", "unstop", "YES", "comenzar"])
def test_start_brings_back_who_had_joined_with_a_consent_of_its_own(word: str) -> None:
    phone = joined()
    phone.text("STOP")
    (answer,) = phone.text(word)
    assert "Local news" in answer or "Noticias locales" in answer
    assert not phone.number.stopped
    assert phone.subscriber.state == Subscriber.State.ACTIVE
    kept = Consent.objects.latest("pk")
    assert kept.wording == "text-restart-1"
    assert kept.wording_sha256 == hashlib.sha256(answer.encode()).hexdigest()
    assert Suppression.objects.get().lifted is not None


@pytest.mark.parametrize("word", ["START", "unstop", "YES"])
def test_start_brings_nobody_in_who_never_was(word: str) -> None:
    program()
    phone = Telephone()
    phone.text("STOP")
    phone.text(word)
    assert phone.number.stopped
    assert not Subscriber.objects.exists()


def test_join_and_yes_bring_back_a_stopped_number() -> None:
    phone = joined()
    phone.text("STOP")
    phone.text("JOIN")
    assert phone.number.stopped
    phone.text("YES")
    assert not phone.number.stopped


def test_stop_after_start_is_confirmed_again() -> None:
    phone = joined()
    phone.text("STOP")
    phone.text("START")
    assert len(phone.text("STOP")) == 1


# --- words ------------------------------------------------------------------------------------------------------------


def test_the_first_answer_says_how_to_delete_the_thread_and_no_later_one() -> None:
    phone = Telephone()
    assert "Delete" in phone.text("hello there")[0]
    assert "Delete" not in phone.text("are you there")[0]


@pytest.mark.parametrize("said", IN_NEED, ids=lambda said: repr(said.text))
def test_whoever_may_need_help_gets_911_and_a_line_at_once(said: Any) -> None:
    phone = joined()
    (answer,) = phone.text(said.text)
    assert "911" in answer
    assert not phone.number.stopped


@pytest.mark.parametrize("said", [each for each in CORPUS if each.pauses], ids=lambda said: repr(said.text))
def test_words_that_may_mean_stop_hold_the_alerts_until_a_person_looks(said: Any) -> None:
    phone = joined()
    (answer,) = phone.text(said.text)
    assert "911" in answer
    assert phone.subscriber.state == Subscriber.State.PAUSED
    assert Inbound.objects.latest("pk").paused_alerts
    assert "on hold" in phone.text("STATUS")[0]


def test_start_ends_the_hold() -> None:
    phone = joined()
    phone.text("no more texts please")
    phone.text("START")
    assert phone.subscriber.state == Subscriber.State.ACTIVE


def test_the_lines_are_of_the_place_they_name_else_of_their_zip_code_else_of_their_area_code() -> None:
    phone = joined()
    phone.text("73301")  # Austin, kept
    assert "Texas" in phone.text("hello")[0]
    assert "Ohio" in phone.text("he hits me, I am in Ohio")[0]
    assert "Kentucky" in Telephone("+15025550135").text("hello")[0]
    toll_free = Telephone("+18885550135").text("hello")[0]
    assert "ZIP code" in toll_free


def test_a_place_gets_the_answer_of_the_command_line_subscriber_or_not() -> None:
    from porchlight.places import place_for
    from porchlight.report import Concern, Role, answer
    from porchlight.report.porches import as_text

    stranger = Telephone()
    stranger.text("hi")  # the first answer says how to delete the thread
    said = stranger.text("Kentucky")[0]
    given = answer(place_for("US-KY"), Concern.abuse_neglect, Role.anyone, stranger.now)
    assert said == as_text(given, "en")
    assert Inbound.objects.latest("pk").reading == Inbound.Reading.PLACE


def test_report_alone_answers_for_the_home_of_a_subscriber_and_asks_anyone_else() -> None:
    phone = joined()
    phone.text("40202")
    assert "Kentucky" in phone.text("REPORT")[0]
    assert "ZIP" in Telephone("+15025550136").text("REPORT")[0]


def test_a_text_without_words_is_answered() -> None:
    assert "911" in Telephone().text("")[0]
    assert "911" in Telephone("+15025550135").text("👍")[0]


def test_what_was_written_is_kept_sealed_and_forgotten_in_time() -> None:
    phone = Telephone()
    phone.text("a secret that nobody else may read")
    row = Inbound.objects.get()
    assert b"secret" not in bytes(row.sealed)
    assert inbound.words(row) == "a secret that nobody else may read"
    assert row.purge == phone.now + dt.timedelta(days=config.alerts().retention.inbound_days)
    assert (row.reading, row.seen) == (Inbound.Reading.WORDS, None)


def test_lone_halves_of_an_emoji_do_no_harm() -> None:
    assert len(Telephone().text("help \ud83d me")) == 1


# --- staff ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Telephone:
    """A member of staff whose telephone is told."""
    given = config.alerts()
    changed = replace(given, staff_alarm=config.StaffAlarm((), ("+15025550140",)))
    monkeypatch.setattr(config, "alerts", lambda: changed)
    return Telephone("+15025550140")


def test_staff_are_told_once_in_a_while_that_someone_wrote_and_not_what(told: Telephone) -> None:
    phone = Telephone()
    phone.text("my dad hits me")
    phone.text("please answer")
    Telephone("+15025550135").text("hello?")
    (text,) = told.new()
    assert "hits" not in text
    assert "0134" not in text
    phone.now += alarm.QUIET
    phone.text("are you there")
    assert len(told.new()) == 1


def test_commands_and_places_alarm_nobody(told: Telephone) -> None:
    phone = joined()
    for words in ("HELP", "40202", "STATUS", "STOP", "START"):
        phone.text(words)
    assert numbers.find(told.e164) is None


# --- the same text again ----------------------------------------------------------------------------------------------


def test_a_text_that_the_carrier_brings_twice_is_taken_once() -> None:
    program()
    phone = Telephone()
    assert len(phone.text("JOIN", message_id="SM1")) == 1
    assert phone.text("JOIN", message_id="SM1") == []
    assert Inbound.objects.count() == 1


def test_a_start_that_comes_again_after_a_stop_changes_nothing() -> None:
    phone = joined()
    phone.text("STOP", message_id="SM1")
    phone.text("START", message_id="SM2")
    phone.text("STOP", message_id="SM3")
    phone.text("START", message_id="SM2")
    assert phone.number.stopped


def test_two_senders_may_give_two_texts_the_same_name() -> None:
    phone = Telephone()
    assert len(phone.text("hello", message_id="1", sender="practice")) == 1
    assert len(phone.text("hello you", message_id="1", sender="second")) == 1


def test_two_machines_that_answer_each_other_are_done_after_a_few_texts() -> None:
    phone = Telephone()
    answers = [len(phone.text(f"I am driving and will answer later. ({turn})")) for turn in range(250)]
    assert sum(answers) == inbound.SAME_WORDS


def test_new_words_are_answered_though_the_same_came_many_times() -> None:
    phone = Telephone()
    for _ in range(20):
        phone.text("hello")
    assert len(phone.text("he is here now")) == 1
    assert len(phone.text("HELP")) == 1
    assert phone.text("hello") == []


def test_whoever_asks_again_and_again_never_waits_longer_than_five_minutes() -> None:
    phone = Telephone()
    answered: list[dt.datetime] = []
    for _minute in range(180):  # someone asks every minute for three hours
        if phone.text("is anyone there"):
            answered.append(phone.now)
        phone.now += dt.timedelta(seconds=59)
    gaps = [later - earlier for earlier, later in pairwise(answered)]
    assert max(gaps) <= inbound.LONGEST_SILENCE + dt.timedelta(seconds=59)
    assert len(answered) < 180 / 4  # but a machine that does so is not answered each time


def test_one_number_gets_only_so_many_answers_in_a_minute_and_still_one_every_five_minutes() -> None:
    phone = Telephone()
    words = [f"{first} {second}" for first in "abcdefghij" for second in "klmnopqrst"]
    assert sum(len(phone.text(f"hello {each} there")) for each in words) == inbound.IN_ALL
    phone.now += inbound.LONGEST_SILENCE
    assert len(phone.text("is it you")) == 1
    assert phone.text("is it me") == []


def test_stop_holds_however_many_texts_came_before() -> None:
    phone = joined()
    for turn in range(100):
        phone.text("hello" * (turn % 7 + 1))
    phone.text("STOP")
    assert phone.number.stopped


# --- the answer's envelope --------------------------------------------------------------------------------------------


def test_an_answer_comes_from_the_number_they_wrote_to() -> None:
    phone = Telephone()
    phone.text("hello", sender="practice")
    assert phone.number.sender == "practice"
    assert Delivery.objects.get().lane.sender == "practice"


def test_an_answer_that_is_a_day_late_is_not_sent() -> None:
    phone = Telephone()
    phone.text("hello")
    assert Delivery.objects.get().expires == (phone.now + rules.REPLY_WITHIN).timestamp()


def test_a_number_from_abroad_is_answered_too() -> None:
    assert "911" in Telephone("+447400123456").text("hello")[0]
    assert numbers.mask("+447400123456") == "+•••56"
    assert Number.objects.get().clock
