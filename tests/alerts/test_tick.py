"""What happens once a minute: each part does its share once, and none stops another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import OperationalError

from porchlight.alerts import alarm, chores, config, keyring, numbers, outbox, private, programs, tick, tips
from porchlight.alerts.alarm import Alarm
from porchlight.alerts.claims import BODY
from porchlight.alerts.config import CostLimits, StaffAlarm
from porchlight.alerts.models import Broadcast, Chore, Delivery, Inbound, Override, Program, SenderState
from tests.alerts.crash import people

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
NOW = NOON.timestamp()
HOUR = 3600
State = Broadcast.State

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return people.program()


def hours(count: float) -> dt.datetime:
    return NOON + dt.timedelta(hours=count)


def state_of(broadcast: Broadcast) -> str:
    return Broadcast.objects.values_list("state", flat=True).get(pk=broadcast.pk)


# --- broadcasts -------------------------------------------------------------------------------------------------------


def test_a_scheduled_broadcast_begins_at_its_time_and_not_before(program: Program) -> None:
    sent = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(1))
    tick.tick(NOW + HOUR - 1)
    assert state_of(sent) == State.SCHEDULED
    tick.tick(NOW + HOUR)
    assert state_of(sent) == State.SENDING
    assert Broadcast.objects.get(pk=sent.pk).started == hours(1)
    tick.tick(NOW + HOUR + 60)
    assert Broadcast.objects.get(pk=sent.pk).started == hours(1)


@pytest.mark.parametrize("state", [State.DRAFT, State.WAITING, State.PAUSED, State.CANCELLED])
def test_what_nobody_scheduled_is_never_begun(program: Program, state: Broadcast.State) -> None:
    sent = people.broadcast(program, NOW, state=state, not_before=hours(-1))
    tick.tick(NOW)
    assert state_of(sent) == state


@pytest.mark.parametrize("state", [State.SCHEDULED, State.WAITING])
def test_what_is_too_late_before_it_began_is_cancelled_and_never_sent(
    program: Program, state: Broadcast.State
) -> None:
    people.subscribe(program, 3)
    late = people.broadcast(program, NOW, state=state, not_before=hours(-2), expires=hours(-1))
    tick.tick(NOW)
    assert state_of(late) == State.CANCELLED
    assert not Delivery.objects.exists()


def test_a_scheduled_broadcast_is_begun_by_one_of_two_ticks_at_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process came between looking and beginning."""
    people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(0))
    begun: list[bool] = []
    real = outbox.start

    def both(pk: int, now: float) -> bool:
        begun.extend([real(pk, now), real(pk, now)])
        return begun[-1]

    monkeypatch.setattr(outbox, "start", both)
    tick.start_scheduled(NOW)
    assert begun == [True, False]


def small(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """A site on which one person alone may send to `most` people."""
    site = replace(config.alerts(), second_approver_above=most, staff_alarm=StaffAlarm((), ("+15025550177",)))
    monkeypatch.setattr(config, "alerts", lambda: site)


def test_a_scheduled_broadcast_that_grew_past_the_limit_waits_for_a_second_person(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, 3)
    people.subscribe(program, 3)
    sent = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(1))
    people.subscribe(program, 1, first=3)
    for minute in range(3):
        tick.start_scheduled(NOW + HOUR + 60 * minute)
    assert state_of(sent) == State.WAITING
    assert not Delivery.objects.filter(broadcast=sent).exists()
    assert ["a second person must say yes" in each for each in texts_to_staff()] == [True]


def test_a_scheduled_broadcast_within_the_limit_or_with_a_second_yes_begins(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, 3)
    people.subscribe(program, 3)
    first = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(1))
    tick.start_scheduled(NOW + HOUR)
    people.subscribe(program, 5, first=3)
    approver = User.objects.create_user("b")
    second = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(1), approver=approver)
    tick.start_scheduled(NOW + HOUR)
    assert (state_of(first), state_of(second)) == (State.SENDING, State.SENDING)
    assert texts_to_staff() == []


def test_one_that_waits_past_its_end_for_a_second_person_is_never_sent(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, 0)
    people.subscribe(program, 1)
    sent = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(1), expires=hours(2))
    tick.tick(NOW + HOUR)
    tick.tick(NOW + 2 * HOUR)
    assert state_of(sent) == State.CANCELLED


# --- the whole --------------------------------------------------------------------------------------------------------


def test_the_first_tick_of_a_new_site_makes_its_programs() -> None:
    tick.tick(NOW)
    assert Program.objects.filter(slug="local").exists()


def test_a_part_that_fails_stops_no_other_and_is_logged(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("zzcanaryzz")

    monkeypatch.setattr(tips, "send_due", broken)
    monkeypatch.setattr(tick, "_PARTS", tuple(broken if p.__name__ == "send_due" else p for p in tick._PARTS))
    monkeypatch.setattr(programs, "sync", broken)
    sent = people.broadcast(program, NOW, state=State.SCHEDULED, not_before=hours(0))
    tick.tick(NOW)
    assert state_of(sent) == State.SENDING
    assert Chore.objects.filter(name="purge").exists()
    assert len([each for each in caplog.records if each.name == "porchlight.journal"]) == 2


def test_a_database_that_is_away_is_the_callers_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(programs, "sync", away)
    with pytest.raises(OperationalError):
        tick.tick(NOW)


def test_what_has_had_its_time_is_forgotten_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    purged: list[dt.datetime] = []
    monkeypatch.setattr(private, "purge", purged.append)
    for minute in range(150):
        tick.tick(NOW + minute * 60)
    assert purged == [hours(0), hours(1), hours(2)]


def test_a_text_to_us_is_forgotten_by_the_tick() -> None:
    number = numbers.get("+15025550134", NOON)
    seal_key, sealed = keyring.seal(b"hello", "inbound")
    Inbound.objects.create(
        carrier="practice",
        message_id="1",
        sender="practice",
        number=number,
        seal_key=seal_key,
        sealed=sealed,
        reading=Inbound.Reading.WORDS,
        received=NOON,
        purge=hours(5),
    )
    tick.tick(NOW)
    assert Inbound.objects.exists()
    tick.tick(NOW + 5 * HOUR)
    assert not Inbound.objects.exists()


# --- chores -----------------------------------------------------------------------------------------------------------


def test_a_chore_is_taken_by_one_and_again_after_its_time() -> None:
    assert [chores.claim("x", now - 10, now) for now in (100, 100, 105, 110, 119, 120)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]
    assert chores.claim("y", 90, 100)


# --- alarms -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def staffed(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A site whose staff are told by mail and by text, on a day that may cost 10 dollars."""
    settings.EMAIL_HOST = "mail.example.org"
    site = replace(
        config.alerts(),
        staff_alarm=StaffAlarm(("staff@example.org",), ("+15025550177",)),
        cost=CostLimits(Decimal(10), Decimal(8)),
    )
    monkeypatch.setattr(config, "alerts", lambda: site)


def texts_to_staff() -> list[str]:
    return [
        keyring.unseal(row.seal_key or 0, row.sealed_body or b"", BODY).decode()
        for row in Delivery.objects.filter(number=numbers.find("+15025550177")).order_by("pk")
    ]


def spend(dollars: str, day: dt.date) -> None:
    SenderState.objects.update_or_create(
        name="practice", defaults={"day": day, "cost_today": Decimal(dollars), "segments_today": 1}
    )


@pytest.mark.usefixtures("staffed")
def test_a_dear_day_is_told_once_and_the_next_dear_day_again(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        spend("7.99", NOON.date())
        tick.tell_of_costs(NOW)
        assert texts_to_staff() == []
        spend("8", NOON.date())
        for minute in range(30):
            tick.tell_of_costs(NOW + minute * 60)
        assert len(texts_to_staff()) == 1
        next_day = NOW + 24 * HOUR
        tick.tell_of_costs(next_day)
        assert len(texts_to_staff()) == 1  # what yesterday cost is over
        spend("9", NOON.date() + dt.timedelta(days=1))
        tick.tell_of_costs(next_day)
        tick.tell_of_costs(next_day + HOUR)
    assert len(texts_to_staff()) == 2
    assert [message.to for message in mail.outbox] == [["staff@example.org"]] * 2


@pytest.mark.usefixtures("staffed")
def test_an_alarm_is_in_both_languages_and_says_where_to_look_and_nothing_of_anybody() -> None:
    assert alarm.sound(Alarm.WORDS, NOON)
    (told,) = texts_to_staff()
    assert "a person should read" in told
    assert "una persona debe leer" in told
    assert told.endswith("/staff/")
    assert mail.outbox == []  # only when it is committed


@pytest.mark.usefixtures("staffed")
def test_a_mail_server_that_is_away_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    def away(*_: object, **__: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert alarm.sound(Alarm.COST, NOON)
    assert len(texts_to_staff()) == 1


@pytest.mark.usefixtures("staffed")
def test_without_a_mail_server_none_is_tried_and_the_check_says_so(
    settings: Any, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    assert alarm.check() == []
    settings.EMAIL_HOST = ""
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert alarm.sound(Alarm.COST, NOON)
    assert mail.outbox == []
    assert len(texts_to_staff()) == 1
    (problem,) = alarm.check()
    assert "PORCHLIGHT_EMAIL_URL" in problem.msg


def test_where_nobody_is_told_by_mail_no_mail_server_is_missed(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    assert not config.alerts().staff_alarm.emails
    assert alarm.check() == []


@pytest.mark.usefixtures("staffed")
def test_many_texts_of_strangers_are_one_alarm_in_ten_minutes() -> None:
    row = Inbound(reading=Inbound.Reading.WORDS)
    told = [alarm.someone_wrote(row, NOON + dt.timedelta(minutes=minute)) for minute in (0, 1, 9, 10, 11)]
    assert told == [True, False, False, True, False]
    assert not alarm.someone_wrote(Inbound(reading=Inbound.Reading.PLACE), hours(9))


@pytest.mark.usefixtures("staffed")
def test_staff_who_said_stop_get_no_alarm() -> None:
    outbox.stop(numbers.get("+15025550177", NOON), NOW)
    alarm.sound(Alarm.COST, NOON)
    assert Delivery.objects.get().kind == Delivery.Kind.START  # which no pump claims for a stopped number


# --- overrides that ended ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("staffed")
def test_staff_are_told_once_of_an_override_that_ended_without_its_follow_up(program: Program) -> None:
    author, approver = User.objects.create_user("a"), User.objects.create_user("b")
    sent = people.broadcast(program, NOW)
    held = Override.objects.create(
        broadcast=sent,
        police_reference="LMPD 26-1234",
        reason="Last seen an hour ago.",
        asked_by=author,
        asked=NOON,
        approved_by=approver,
        approved=NOON,
        expires=hours(6),
    )
    tick.tick(NOW + 5 * HOUR)
    assert texts_to_staff() == []
    tick.tick(NOW + 6 * HOUR)
    tick.tick(NOW + 7 * HOUR)
    (told,) = texts_to_staff()
    assert "Tell the same people" in told
    assert held.police_reference not in told
