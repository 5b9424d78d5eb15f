"""The outbox, turn by turn, on a clock that the tests move. The names of other people's bugs stand with their tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from porchlight.alerts import (
    claims,
    closing,
    expansion,
    lease,
    numbers,
    outbox,
    outcomes,
    routes,
    sender_states,
)
from porchlight.alerts.carriers import Accepted, Outcome, Receipt, ReceiptState, Refused, Unsure, Why
from porchlight.alerts.models import (
    Broadcast,
    Delivery,
    Enrollment,
    Lane,
    Number,
    Override,
    ParkedReceipt,
    Program,
    SenderState,
    Subscriber,
    Suppression,
)
from tests.alerts.crash import people
from tests.alerts.crash.turns import NOON, PRACTICE, TurningPump, expand, site

pytestmark = pytest.mark.django_db

State, Kind = Delivery.State, Delivery.Kind
HOUR = 3600.0


def states(broadcast: Broadcast) -> dict[str, int]:
    """How many rows of a broadcast stand where."""
    rows = Delivery.objects.filter(broadcast=broadcast).values_list("state", flat=True)
    return dict(Counter(State(state).name for state in rows))


def sending(count: int, **fields: object) -> tuple[Broadcast, list[Number]]:
    """A broadcast that is written out, and the numbers that it goes to."""
    program = Program.objects.filter(slug="alerts").first() or people.program()
    whom = people.subscribe(program, count)
    made = people.broadcast(program, NOON, **fields)  # type: ignore[arg-type]
    expand(made.pk)
    return made, whom


@contextmanager
def killed() -> Iterator[None]:
    """What the block wrote is rolled back, as when the process dies before its commit."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def reply(number: Number, words: str = "Call 911.", kind: Delivery.Kind = Kind.REPLY) -> Delivery:
    return outbox.enqueue(number, words, kind, "en", NOON)


# --- a broadcast becomes rows -----------------------------------------------------------------------------------------


def test_everyone_of_the_audience_gets_one_row_in_chunks() -> None:
    program = people.program()
    people.subscribe(program, 25, clocks=("America/New_York", "America/Chicago"), languages=("en", "es"))
    made = people.broadcast(program, NOON)
    steps = [expansion.step(made.pk, 10, PRACTICE) for _ in range(3)]
    assert [(step.rows, step.finished) for step in steps] == [(10, False), (10, False), (5, True)]
    assert Delivery.objects.values("number").distinct().count() == 25
    assert set(Lane.objects.values_list("clock", "sender")) == {
        ("America/New_York", "practice"),
        ("America/Chicago", "practice"),
    }
    made.refresh_from_db()
    assert (made.total, made.expanded) == (25, True)
    for row in Delivery.objects.select_related("number", "lane"):
        assert row.lane.clock == row.number.clock
        assert row.shard == row.number.shard
        assert row.language == Subscriber.objects.get(number=row.number).language


def test_texts_leave_before_the_last_row_is_written() -> None:
    program = people.program()
    people.subscribe(program, 30)
    made = people.broadcast(program, NOON)
    expansion.step(made.pk, 10, PRACTICE)
    assert len(TurningPump(site()).send(1)) == 10
    assert not Broadcast.objects.get(pk=made.pk).expanded


def test_writing_out_goes_on_where_it_was_broken_off() -> None:
    program = people.program()
    people.subscribe(program, 30)
    made = people.broadcast(program, NOON)
    expansion.step(made.pk, 10, PRACTICE)
    with killed():
        expansion.step(made.pk, 10, PRACTICE)
    assert Delivery.objects.count() == 10
    expand(made.pk, 7)
    assert Delivery.objects.count() == 30
    assert Broadcast.objects.get(pk=made.pk).total == 30


def test_who_left_or_stopped_or_never_joined_gets_no_row() -> None:
    program = people.program()
    other = people.program("other")
    left, stopped, pending, inactive, fine = people.subscribe(program, 5)
    people.subscribe(other, 3, first=100)
    Subscriber.objects.filter(number=left).update(state=Subscriber.State.LEFT)
    Subscriber.objects.filter(number=pending).update(state=Subscriber.State.PENDING)
    Enrollment.objects.filter(subscriber__number=inactive).update(active=False)
    outbox.stop(stopped, NOON)
    expand(people.broadcast(program, NOON).pk)
    assert [row.number for row in Delivery.objects.all()] == [fine]


def test_a_paused_or_cancelled_broadcast_is_not_written_out_further() -> None:
    program = people.program()
    people.subscribe(program, 30)
    made = people.broadcast(program, NOON)
    expansion.step(made.pk, 10, PRACTICE)
    outbox.pause(made.pk, NOON)
    assert expansion.next_broadcast(NOON) is None
    assert expansion.step(made.pk, 10, PRACTICE).rows == 0
    outbox.resume(made.pk, NOON)
    assert expansion.next_broadcast(NOON) == made.pk
    expand(made.pk)
    assert Delivery.objects.count() == 30


def test_each_gets_the_words_of_their_language_or_english() -> None:
    program = people.program()
    people.subscribe(program, 3, languages=("en", "es", "fr"))
    made = people.broadcast(program, NOON, texts={"en": "Hello.", "es": "Hola, ¿cómo está? " + "á" * 60})
    expand(made.pk)
    pump = TurningPump(site())
    said = {text.body[:5]: text.segments for text in pump.send(2)}
    assert said == {"Hello": 1, "Hola,": 2}
    assert sorted(Delivery.objects.values_list("language", flat=True)) == ["en", "en", "es"]


def test_spanish_without_accents_costs_what_it_says() -> None:
    program = people.program()
    people.subscribe(program, 1, languages=("es",))
    text = "Una clase gratis sobre cómo hablar con niños. " + "Está aquí. " * 4
    made = people.broadcast(program, NOON, texts={"en": "x", "es": text}, unaccented=True)
    expand(made.pk)
    (sent,) = TurningPump(site()).send(1)
    assert sent.segments == 1
    assert sent.body == text.replace("ó", "o").replace("á", "a").replace("í", "i")


def test_a_number_without_a_sender_gets_one_by_weight_and_keeps_it() -> None:
    program = people.program()
    people.subscribe(program, 60, sender="")
    made = people.broadcast(program, NOON)
    choices = [routes.Choice("one", 1), routes.Choice("two", 2)]
    assert expansion.step(made.pk, 100, choices).rows == 60
    shares = Counter(Number.objects.values_list("sender", flat=True))
    assert set(shares) == {"one", "two"}
    assert shares["two"] > shares["one"]
    for row in Delivery.objects.select_related("lane", "number"):
        assert row.lane.sender == row.number.sender


# --- what is claimed --------------------------------------------------------------------------------------------------


def test_everyone_gets_it_once() -> None:
    made, whom = sending(200)
    pump = TurningPump(site())
    sent = pump.send(5)
    assert sorted(text.to for text in sent) == sorted(people.numbers_of(whom))
    assert states(made) == {"SENT": 200}


def test_a_claim_never_takes_more_than_the_window_holds() -> None:
    sending(50)
    pump = TurningPump(site({"rate": 1000.0, "burst": 1000.0, "window": 7}))
    assert len(pump.turn().texts) == 7
    assert pump.turn().texts == []
    assert Delivery.objects.filter(state=State.CLAIMED).count() == 7


def test_a_text_that_was_claimed_before_a_stop_and_put_back_by_a_crash_is_not_sent() -> None:
    """notes: "a row claimed before the STOP and re-queued by crash recovery would still go out"."""
    _made, (number,) = sending(1)
    killed = TurningPump(site())
    (claimed,) = killed.turn().texts
    # STOP is the number's alone here, as if its own cancelling had missed the row.
    numbers.suppress(number, Suppression.Source.TEXT, datetime.fromtimestamp(NOON, UTC))
    after = TurningPump(site(), now=NOON + 60)
    assert Delivery.objects.get(pk=claimed.id).state == State.QUEUED
    assert after.send(5) == []
    row = Delivery.objects.get(pk=claimed.id)
    assert (State(row.state), row.error) == (State.CANCELLED, "stopped")


def test_who_leaves_after_the_rows_are_written_gets_nothing() -> None:
    made, (leaver, pauser, stays) = sending(3)
    Enrollment.objects.filter(subscriber__number=leaver).update(active=False)
    Subscriber.objects.filter(number=pauser).update(state=Subscriber.State.PAUSED)
    assert [text.number_id for text in TurningPump(site()).send(2)] == [stays.pk]
    assert states(made) == {"SENT": 1, "CANCELLED": 2}


def test_a_stop_cancels_what_is_queued_and_what_is_claimed_and_the_pump_drops_it() -> None:
    made, (number, other) = sending(2)
    pump = TurningPump(site())
    assert len(pump.turn().texts) == 2
    outbox.stop(number, NOON, reply="You will get no more texts.")
    taken = pump.turn()
    assert {text.number_id for text in pump.late} == {number.pk}
    assert [(text.number_id, text.kind) for text in taken.texts] == [(number.pk, Kind.STOP_REPLY)]
    pump.write()
    pump.turn()
    assert [(text.number_id, text.kind) for _at, text in pump.wire] == [
        (other.pk, Kind.START),
        (number.pk, Kind.STOP_REPLY),
    ]
    assert states(made) == {"SENT": 1, "CANCELLED": 1}


def test_a_stop_is_acknowledged_only_when_nothing_else_to_the_number_is_on_the_wire() -> None:
    made, (number,) = sending(1)
    pump = TurningPump(site())
    (text,) = pump.turn().texts
    outbox.stop(number, NOON, reply="You will get no more texts.")
    from porchlight.alerts import turn

    # The text was written in the moment before STOP: it is on the wire now.
    told = turn.Told(on_wire=[text], free={"practice": 10})
    assert turn.take(pump.lease, told, pump.settings, pump.memory, lambda: pump.now).texts == []
    told = turn.Told(results=[outcomes.Result(text, Accepted("m1"), NOON)], free={"practice": 10})
    taken = turn.take(pump.lease, told, pump.settings, pump.memory, lambda: pump.now)
    assert [each.kind for each in taken.texts] == [Kind.STOP_REPLY]
    # It went out, so the report says so.
    assert states(made) == {"SENT": 1}


def test_a_stop_is_confirmed_once_and_the_moment_is_kept() -> None:
    _made, (number,) = sending(1)
    assert outbox.stop(number, NOON, reply="You will get no more texts.")
    assert not outbox.stop(number, NOON + 1, reply="You will get no more texts.")
    pump = TurningPump(site(), now=NOON + 2)
    assert [text.kind for text in pump.send(2)] == [Kind.STOP_REPLY]
    held = Suppression.objects.get()
    assert held.acknowledged is not None
    assert held.acknowledged.timestamp() == pytest.approx(NOON + 2, abs=1)


def test_a_stop_is_not_confirmed_after_five_minutes() -> None:
    """47 CFR 64.1200(a)(12), see rules.CONFIRM_WITHIN."""
    _made, (number,) = sending(1)
    outbox.stop(number, NOON, reply="You will get no more texts.")
    assert TurningPump(site(), now=NOON + 301).send(2) == []
    assert Delivery.objects.get(kind=Kind.STOP_REPLY).state == State.EXPIRED


def test_a_stop_that_is_rolled_back_changes_nothing() -> None:
    made, (number,) = sending(1)
    with killed():
        outbox.stop(number, NOON, reply="You will get no more texts.")
    assert not Suppression.objects.exists()
    assert states(made) == {"QUEUED": 1}


def test_an_answer_goes_to_a_stopped_number_but_nothing_that_we_start_and_no_code_of_before() -> None:
    _made, (number,) = sending(1)
    reply(number, "An alarm.", Kind.START)
    reply(number, "Your code is 123456.", Kind.CODE)
    waiting = reply(number, "Call 1-877-597-2331.")
    outbox.stop(number, NOON)
    after = reply(number, "An alarm of later.", Kind.START)
    assert [text.id for text in TurningPump(site()).send(2)] == [waiting.pk]
    assert Delivery.objects.get(pk=after.pk).state == State.CANCELLED


def test_the_words_of_an_answer_are_gone_once_it_is_done() -> None:
    _made, (number, other) = sending(2)
    reply(number)
    late = outbox.enqueue(other, "Your code is 123456.", Kind.CODE, "en", NOON, expires=NOON - 1)
    pump = TurningPump(site())
    pump.send(2)
    assert not Delivery.objects.exclude(sealed_body=None).exists()
    assert Delivery.objects.get(pk=late.pk).state == State.EXPIRED


def test_an_answer_goes_before_a_broadcast_and_at_any_hour() -> None:
    midnight = NOON + 12 * HOUR
    _made, whom = sending(5)
    outbox.enqueue(whom[4], "Call 911.", Kind.REPLY, "en", midnight)
    pump = TurningPump(site(), now=midnight)
    assert [text.kind for text in pump.send(5)] == [Kind.REPLY]


def test_an_answer_does_not_wait_behind_the_slots_of_a_broadcast() -> None:
    _made, whom = sending(100)
    pump = TurningPump(site({"rate": 10.0, "burst": 10.0, "window": 100}))
    pump.turn()
    claimed = {text.number_id for text in pump.unsent}
    reply(next(number for number in whom if number.pk not in claimed))
    taken = pump.turn()
    assert [text.kind for text in taken.texts] == [Kind.REPLY]
    assert taken.texts[0].slot <= NOON + 1


def test_two_pumps_share_the_numbers_and_never_the_same_one() -> None:
    _made, whom = sending(120)
    pumps = [TurningPump(site(), of=3) for _ in range(3)]
    shares = [{text.number_id for text in pump.send(5)} for pump in pumps]
    assert sum(map(len, shares)) == 120
    assert set.union(*shares) == {number.pk for number in whom}
    assert all(shares)


def test_what_cannot_be_opened_fails_and_stops_nobody_else() -> None:
    made, (broken, _fine) = sending(2)
    Number.objects.filter(pk=broken.pk).update(sealed=b"\0" * 40)
    pump = TurningPump(
        site(), answer=lambda text: Refused(Why.BAD_TEXT) if text.unreadable else Accepted("m")
    )
    pump.send(2)
    assert states(made) == {"SENT": 1, "FAILED": 1}


def test_the_day_s_ceiling_stops_what_we_start_and_codes_but_no_answer() -> None:
    made, whom = sending(10)
    reply(whom[0], "Your code is 123456.", Kind.CODE)
    settings = site({"rate": 100.0, "burst": 100.0, "window": 100, "cost": Decimal("0.01")})
    settings = replace(settings, cost=replace(settings.cost, ceiling=Decimal("0.05")))
    pump = TurningPump(settings)
    assert len(pump.send(5)) == 5
    reply(whom[9])
    assert [text.kind for text in pump.send(5)] == [Kind.REPLY]
    assert SenderState.objects.get().cost_today == Decimal("0.06")
    tomorrow = TurningPump(settings, now=NOON + 24 * HOUR)
    assert len(tomorrow.send(5)) == 5
    assert states(made)["SENT"] in (9, 10)


def test_refused_texts_do_not_count_towards_the_day() -> None:
    sending(4)
    settings = site({"rate": 100.0, "burst": 100.0, "window": 100, "cost": Decimal("0.01")})
    TurningPump(settings, answer=lambda text: Refused(Why.BAD_NUMBER)).send(2)
    held = SenderState.objects.get()
    assert (held.segments_today, held.cost_today) == (0, Decimal(0))


# --- hours and order --------------------------------------------------------------------------------------------------


def test_quiet_hours_are_the_recipient_s_and_are_looked_at_when_a_text_is_claimed() -> None:
    """nyaruka/rapidpro#5492, rapidpro/rapidpro#1570."""
    program = people.program()
    people.subscribe(program, 4, clocks=("America/New_York", "America/Los_Angeles"))
    made = people.broadcast(program, NOON)
    expand(made.pk)
    nine = datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp()  # 9:00 in New York, 6:00 in Los Angeles
    assert TurningPump(site(), now=nine - 120).send(3) == []
    assert len(TurningPump(site(), now=nine).send(3)) == 2
    assert len(TurningPump(site(), now=nine + 3 * HOUR).send(3)) == 2
    assert states(made) == {"SENT": 4}


def test_a_text_that_waits_for_its_slot_when_the_clock_closes_goes_back() -> None:
    sending(3)
    evening = datetime(2026, 11, 24, 1, tzinfo=UTC).timestamp()  # 20:00 in New York
    pump = TurningPump(site(), now=evening - 0.1)
    assert len(pump.turn().texts) == 3
    pump.now = evening
    pump.turn()
    assert len(pump.late) == 3
    pump.turn()
    assert Delivery.objects.filter(state=State.QUEUED).count() == 3


def test_a_missing_child_goes_at_night_before_all_else_until_its_leave_ends() -> None:
    people_asked = get_user_model().objects
    asked, approved = people_asked.create_user("a"), people_asked.create_user("b")
    sending(3)
    urgent = people.broadcast(Program.objects.get(), NOON + 1)
    expand(urgent.pk)
    at = datetime.fromtimestamp(NOON, UTC)
    leave = Override.objects.create(
        broadcast=urgent,
        police_reference="LMPD 26-1",
        reason="Missing since noon",
        asked_by=asked,
        asked=at,
        approved_by=None,
        approved=None,
        expires=datetime.fromtimestamp(NOON + 14 * HOUR, UTC),
    )
    night = NOON + 12 * HOUR
    assert TurningPump(site(), now=night).send(5) == []
    Override.objects.filter(pk=leave.pk).update(approved_by=approved, approved=at)
    pump = TurningPump(site({"rate": 1000.0, "burst": 1000.0, "window": 2}), now=night + 60)
    assert {text.broadcast_id for text in pump.turn().texts} == {urgent.pk}
    late = TurningPump(site(), now=NOON + 15 * HOUR)
    assert late.send(5) == []


def test_throttled_texts_keep_their_order() -> None:
    """jookies/jasmin#425: texts came out of order once they were throttled."""
    _made, (number,) = sending(1)
    first, second, third = (reply(number, words) for words in ("One.", "Two.", "Three."))
    pump = TurningPump(site(), now=NOON + 12 * HOUR - 60)
    pump.now = NOON + 12 * HOUR
    refusals = iter([Refused(Why.THROTTLED, "x"), Refused(Why.THROTTLED, "x")])
    pump.answer = lambda text: next(refusals, Accepted(f"m{text.id}"))
    sent = [text.id for text in pump.send(30)]
    assert sent == [first.pk, first.pk, first.pk, second.pk, third.pk]


def test_one_number_never_has_two_texts_claimed_at_once() -> None:
    _made, (number,) = sending(1)
    for words in ("One.", "Two.", "Three."):
        reply(number, words)
    pump = TurningPump(site())
    seen = []
    for _ in range(6):
        pump.memory.rest.clear()
        pump.turn()
        assert len({text.number_id for text in pump.unsent}) == len(pump.unsent)
        seen += [text.id for text in pump.write()]
    assert len(seen) == len(set(seen)) == 4


# --- the rate ---------------------------------------------------------------------------------------------------------


def test_the_limit_is_not_multiplied_by_the_number_of_pumps() -> None:
    """knadh/listmonk#2974: the rate was each worker's."""
    sending(400)
    settings = site({"rate": 20.0, "burst": 20.0, "grace": 0.25, "window": 100})
    pumps = [TurningPump(settings, of=4) for _ in range(4)]
    now, sent = NOON, 0
    while now < NOON + 4:
        for pump in pumps:
            pump.now = now
            pump.turn()
            due = [text for text in pump.unsent if text.slot <= now]
            pump.unsent = [text for text in pump.unsent if text.slot > now]
            sent += len(due)
            pump.results += [outcomes.Result(text, Accepted(f"m{text.id}"), now) for text in due]
        now += 0.05
    assert 0.99 * 20 * 4 <= sent <= 20 * 4 + 20


def test_the_limit_is_exact_to_the_text() -> None:
    """knadh/listmonk#2816: off by one."""
    sending(40)
    pump = TurningPump(site({"rate": 5.0, "burst": 5.0, "grace": 0.0, "window": 100}))
    pump.send(3)
    assert [round(at - NOON, 3) for at, _text in pump.wire][:8] == [0, 0, 0, 0, 0, 0.2, 0.4, 0.6]


def test_a_long_text_counts_as_its_segments() -> None:
    """jookies/jasmin#425, #925: a long text was counted as one."""
    program = people.program()
    people.subscribe(program, 40)
    expand(people.broadcast(program, NOON, texts={"en": "Long. " * 60}).pk)
    pump = TurningPump(site({"rate": 6.0, "burst": 6.0, "grace": 0.25, "window": 100}))
    pump.send(20)
    written = sum(text.segments for _at, text in pump.wire)
    assert {text.segments for _at, text in pump.wire} == {3}
    span = pump.wire[-1][0] - pump.wire[0][0]
    assert 0.95 * 6 * span <= written <= 6 * span + 6


def test_each_sender_has_a_limit_of_its_own() -> None:
    """knadh/listmonk#1112."""
    program = people.program()
    people.subscribe(program, 60, sender="slow")
    people.subscribe(program, 60, first=100, sender="fast")
    settings = site(
        {"name": "slow", "rate": 2.0, "burst": 2.0, "window": 50},
        {"name": "fast", "number": "+15025550101", "rate": 20.0, "burst": 20.0, "window": 50},
    )
    made = people.broadcast(program, NOON)
    expansion.step(made.pk, 1000, [routes.Choice("slow", 1), routes.Choice("fast", 1)])
    pump = TurningPump(settings)
    pump.turn()
    shares = Counter(text.sender for text in pump.unsent)
    assert shares["slow"] <= 4
    assert shares["fast"] >= 20


def test_a_text_that_misses_its_slot_goes_back_and_gets_another() -> None:
    made, _whom = sending(1)
    pump = TurningPump(site())
    (text,) = pump.turn().texts
    pump.unsent, pump.late, pump.now = [], [text], NOON + 5
    pump.turn()
    (again,) = pump.unsent
    assert again.id == text.id
    assert again.slot >= NOON + 5
    assert SenderState.objects.get().segments_today == 1
    assert Delivery.objects.get(broadcast=made).attempts == 0


# --- what carriers answer ---------------------------------------------------------------------------------------------


def throttling(times: int) -> list[Outcome]:
    return [Refused(Why.THROTTLED, "0x58")] * times


def test_a_throttled_recipient_is_not_skipped_and_no_attempt_is_spent() -> None:
    """knadh/listmonk#2974: recipients that were throttled never got it."""
    made, whom = sending(30)
    answers = iter(throttling(12))
    pump = TurningPump(
        site({"rate": 100.0, "burst": 10.0, "window": 10}),
        answer=lambda text: next(answers, Accepted(f"m{text.id}")),
    )
    pump.send(40)
    assert states(made) == {"SENT": 30}
    assert {row.attempts for row in Delivery.objects.all()} == {0}
    sent = [text.to for _at, text in pump.wire]
    assert set(sent) == set(people.numbers_of(whom))


def test_throttling_pauses_the_sender_and_slows_it_once_for_all_that_was_on_the_wire() -> None:
    sending(30)
    answers = iter(throttling(10))
    pump = TurningPump(
        site({"rate": 100.0, "burst": 10.0, "window": 10}),
        answer=lambda text: next(answers, Accepted(f"m{text.id}")),
    )
    pump.turn()
    pump.write()
    assert pump.turn().texts == []
    held = SenderState.objects.get()
    assert held.rate_factor == 0.5
    assert held.paused_until == pytest.approx(pump.now + 1, abs=0.3)


def test_a_wait_that_the_carrier_names_is_kept() -> None:
    sending(2)
    pump = TurningPump(site(), answer=lambda text: Refused(Why.THROTTLED, "429", wait=30))
    pump.turn()
    pump.write()
    pump.turn()
    assert SenderState.objects.get().paused_until == pytest.approx(NOON + 30, abs=0.5)
    pump.answer = lambda text: Accepted(f"m{text.id}")
    pump.now = NOON + 29
    assert pump.turn().texts == []
    pump.now = NOON + 31
    assert len(pump.turn().texts) == 2


def test_throttling_survives_a_reconnect_and_a_restart() -> None:
    """praekelt/vumi#909: after a reconnect it went on at the full rate."""
    sending(30)
    settings = site({"rate": 100.0, "burst": 10.0, "window": 10})
    pump = TurningPump(settings, answer=lambda text: Refused(Why.THROTTLED, "0x58", wait=60))
    pump.turn()
    pump.write()
    pump.turn()
    lease.release(pump.lease)
    again = TurningPump(settings, now=pump.now + 1)
    assert again.turn().texts == []
    again.now = pump.now + 61
    again.turn()
    assert SenderState.objects.get().rate_factor == 0.5
    # Half of the rate: a slot each 20 ms once the burst is used up.
    slots = sorted(text.slot for text in again.unsent)
    assert slots[-1] - slots[-2] == pytest.approx(0.02, abs=0.001)


def test_the_rate_grows_back() -> None:
    sending(300)
    answers = iter(throttling(1))
    pump = TurningPump(
        site({"rate": 10.0, "burst": 10.0, "window": 10}),
        answer=lambda text: next(answers, Accepted(f"m{text.id}")),
    )
    pump.send(60)
    assert SenderState.objects.get().rate_factor == 1


def test_the_receipts_of_texts_outlive_throttling_and_a_restart() -> None:
    """jookies/jasmin#796: the map from names to texts was dropped when throttled."""
    made, _whom = sending(3)
    answers = iter([Accepted("first"), *throttling(2)])
    pump = TurningPump(site(), answer=lambda text: next(answers, Accepted(f"m{text.id}")))
    pump.turn()
    pump.write()
    pump.turn()
    lease.release(pump.lease)
    outbox.record_receipt("practice", Receipt("first", ReceiptState.DELIVERED), NOON + 5)
    assert states(made) == {"DELIVERED": 1, "QUEUED": 2}


def test_a_text_that_fails_for_a_moment_is_tried_again_later_and_later_then_failed() -> None:
    made, _whom = sending(1)
    pump = TurningPump(site(), answer=lambda text: Refused(Why.TRANSIENT, "30003"))
    pump.settings = site({"rate": 100.0, "burst": 100.0, "window": 10})
    pump.send(3 * HOUR, step=30)
    times = [at for at, _text in pump.wire]
    assert len(times) == lease.MOST_ATTEMPTS
    waits = [after - before for before, after in pairwise(times)]
    assert waits[0] >= 2.5
    assert max(waits) <= 901
    row = Delivery.objects.get(broadcast=made)
    assert (State(row.state), row.error) == (State.FAILED, "transient 30003")


def test_waits_are_spread_and_the_same_whenever_asked() -> None:
    _made, _whom = sending(40)
    pump = TurningPump(site(), answer=lambda text: Refused(Why.TRANSIENT, "30003"))
    pump.turn()
    pump.write()
    pump.turn()
    waits = {row.again_at - NOON for row in Delivery.objects.all() if row.again_at}
    assert len(waits) == 40
    assert 2.5 <= min(waits) <= max(waits) <= 5.5


@pytest.mark.parametrize("why", [Why.BAD_NUMBER, Why.BAD_TEXT])
def test_what_can_never_be_sent_fails_at_once(why: Why) -> None:
    made, _whom = sending(1)
    TurningPump(site(), answer=lambda text: Refused(why, "21614")).send(5)
    row = Delivery.objects.get(broadcast=made)
    assert (State(row.state), row.error, row.attempts) == (State.FAILED, f"{why} 21614", 1)


def test_a_stop_that_only_the_carrier_knows_stops_us_too() -> None:
    made, (number,) = sending(1)
    waiting = reply(number, "An alarm.", Kind.START)
    pump = TurningPump(site(), answer=lambda text: Refused(Why.STOPPED, "21610"))
    pump.turn()
    pump.write()
    pump.turn()
    assert Number.objects.get(pk=number.pk).stopped
    assert Suppression.objects.get().source == Suppression.Source.CARRIER
    assert set(Delivery.objects.values_list("state", flat=True)) <= {State.FAILED, State.CANCELLED}
    assert Delivery.objects.get(pk=waiting.pk).state in (State.FAILED, State.CANCELLED)
    assert not Delivery.objects.filter(kind=Kind.STOP_REPLY).exists()
    assert made.pk


def test_a_wrong_password_stops_the_sender_and_costs_no_text_an_attempt() -> None:
    made, _whom = sending(20)
    pump = TurningPump(
        site({"rate": 100.0, "burst": 100.0, "window": 5}), answer=lambda text: Refused(Why.SETUP, "20003")
    )
    pump.send(20)
    assert len(pump.wire) == 5
    assert states(made) == {"QUEUED": 20}
    assert {row.attempts for row in Delivery.objects.all()} == {0}
    pump.answer = lambda text: Accepted(f"m{text.id}")
    pump.now = NOON + 301
    assert len(pump.turn().texts) == 1  # a trial
    pump.write()
    pump.send(10)
    assert states(made) == {"SENT": 20}


@pytest.mark.parametrize(
    ("policy", "ends"), [(Program.Policy.AT_LEAST_ONCE, "SENT"), (Program.Policy.AT_MOST_ONCE, "UNKNOWN")]
)
def test_a_text_without_an_answer_is_sent_again_or_left_unknown_as_its_program_says(
    policy: Program.Policy, ends: str
) -> None:
    program = people.program(policy=policy)
    people.subscribe(program, 1)
    made = people.broadcast(program, NOON)
    expand(made.pk)
    answers: list[Outcome] = [Unsure("timeout")]
    pump = TurningPump(site(), answer=lambda text: answers.pop() if answers else Accepted(f"m{text.id}"))
    pump.send(30)
    assert states(made) == {ends: 1}
    assert len(pump.wire) == (2 if ends == "SENT" else 1)


@pytest.mark.parametrize(
    ("policy", "ends"), [(Program.Policy.AT_LEAST_ONCE, "QUEUED"), (Program.Policy.AT_MOST_ONCE, "UNKNOWN")]
)
def test_what_a_dead_pump_had_claimed_is_put_back_or_left_unknown_as_its_program_says(
    policy: Program.Policy, ends: str
) -> None:
    program = people.program(policy=policy)
    (number, *_others) = people.subscribe(program, 3)
    made = people.broadcast(program, NOON)
    expand(made.pk)
    reply(number)
    killed = TurningPump(site())
    killed.turn()
    TurningPump(site(), now=NOON + 11)
    assert states(made).get(ends, 0) >= 2
    assert not Delivery.objects.filter(state=State.CLAIMED).exists()
    # An answer is sent again whatever the program.
    assert Delivery.objects.get(kind=Kind.REPLY).state == State.QUEUED


def test_a_text_that_was_on_its_way_in_ten_crashes_is_not_tried_again() -> None:
    made, _whom = sending(1)
    for nth in range(lease.MOST_ATTEMPTS):
        assert len(TurningPump(site(), now=NOON + 20 * nth).turn().texts) == 1
    assert TurningPump(site(), now=NOON + 20 * lease.MOST_ATTEMPTS).turn().texts == []
    assert states(made) == {"UNKNOWN": 1}


# --- several senders --------------------------------------------------------------------------------------------------


def two_senders() -> tuple[Broadcast, TurningPump]:
    program = people.program()
    people.subscribe(program, 20, sender="one")
    made = people.broadcast(program, NOON)
    expansion.step(made.pk, 100, [routes.Choice("one", 1), routes.Choice("two", 1)])
    fast: dict[str, object] = {"rate": 100.0, "burst": 100.0, "window": 10}
    settings = site({"name": "one", **fast}, {"name": "two", "number": "+15025550101", **fast})
    return made, TurningPump(settings)


def test_another_sender_takes_over_while_one_is_broken_and_the_rows_say_which() -> None:
    made, pump = two_senders()
    pump.answer = lambda text: (
        Refused(Why.TRANSIENT, "30008") if text.sender == "one" else Accepted(f"m{text.id}")
    )
    pump.send(40)
    assert states(made) == {"SENT": 20}
    assert {row.lane.sender for row in Delivery.objects.select_related("lane")} == {"two"}
    last = Delivery.objects.order_by("pk").last()
    assert last is not None
    outbox.record_receipt("two", Receipt(last.message_id, ReceiptState.DELIVERED), NOON)
    assert Delivery.objects.get(pk=last.pk).state == State.DELIVERED
    # The number itself stays with its own sender.
    assert set(Number.objects.values_list("sender", flat=True)) == {"one"}


def test_a_broken_sender_is_tried_with_one_text() -> None:
    made, pump = two_senders()
    pump.settings = replace(pump.settings, senders=pump.settings.senders[:1])
    pump.answer = lambda text: Unsure("timeout")
    for failures in range(1, routes.FAILURES + 1):
        # All that fails together is one failure.
        pump.turn()
        assert pump.write()
        pump.turn()
        assert SenderState.objects.get(name="one").failures == failures
        pump.now += 60
        pump.memory.rest.clear()
    pump.now -= 60
    assert pump.turn().texts == []
    pump.now += routes.FIRST + 1
    assert len(pump.turn().texts) == 1
    assert len(pump.turn().texts) == 0
    assert made.pk


def test_texts_of_a_sender_that_is_not_set_any_more_go_by_another() -> None:
    made, pump = two_senders()
    pump.settings = replace(pump.settings, senders=pump.settings.senders[1:])
    pump.send(5)
    assert states(made) == {"SENT": 20}


# --- the clock is set back --------------------------------------------------------------------------------------------


def test_when_the_clock_goes_back_nothing_waits_for_the_old_time() -> None:
    hour = 3600.0
    made, _whom = sending(30)
    pump = TurningPump(site({"rate": 10.0, "burst": 10.0, "window": 5, "grace": 0.2}))
    pump.answer = lambda text: (
        Refused(Why.TRANSIENT, "30008", wait=60) if text.id % 2 else Accepted(f"m{text.id}")
    )
    pump.send(0.5)
    SenderState.objects.update(
        paused_until=pump.now + 10, failures=routes.FAILURES, broken_until=pump.now + 20
    )
    pump.now -= hour
    pump.late, pump.unsent = pump.unsent, []  # as the pump does with slots that are not to come for an hour
    pump.answer = lambda text: Accepted(f"m{text.id}")
    longest = routes.LONGEST + sender_states.MOST_PAUSE + 30
    assert longest < hour
    pump.send(longest, step=5)
    assert states(made) == {"SENT": 30}


def test_a_pump_that_died_before_the_clock_went_back_is_replaced_at_once() -> None:
    first = lease.take(1, "a", 10, NOON)
    assert first is not None
    assert lease.take(1, "b", 10, NOON - 5) is None
    second = lease.take(1, "b", 10, NOON - 3600)
    assert second is not None
    assert second.epoch > first.epoch


def test_a_lease_is_renewed_when_the_clock_went_back() -> None:
    held = lease.take(1, "a", 10, NOON)
    assert held is not None
    with transaction.atomic():
        assert lease.hold(held, NOON + 1) is held
        assert lease.hold(held, NOON - 3600).until == NOON - 3590


# --- leases -----------------------------------------------------------------------------------------------------------


def test_a_slot_has_one_holder_and_is_free_when_its_lease_is_over() -> None:
    first = lease.take(1, "a", 10, NOON)
    assert first is not None
    assert lease.take(1, "b", 10, NOON + 9) is None
    second = lease.take(1, "b", 10, NOON + 10)
    assert second is not None
    assert second.epoch > first.epoch
    with pytest.raises(lease.LeaseLostError), transaction.atomic():
        lease.hold(first, NOON + 10)


def test_a_pump_that_lost_its_slot_can_record_and_claim_nothing() -> None:
    made, _whom = sending(5)
    slow = TurningPump(site())
    slow.turn()
    slow.write()
    TurningPump(site(), now=NOON + 11)
    with pytest.raises(lease.LeaseLostError):
        slow.turn()
    assert states(made) == {"QUEUED": 5}


def test_the_shards_of_all_slots_are_all_shards_once() -> None:
    for of in (1, 2, 3, 5, 7, 64):
        ranges = [lease.Lease(slot, of, 1, 0, 10).shards for slot in range(1, of + 1)]
        assert [shard for low, high in ranges for shard in range(low, high)] == list(range(numbers.SHARDS))


def test_pumps_of_another_count_are_refused_while_one_lives() -> None:
    assert lease.take(3, "a", 10, NOON) is not None
    with pytest.raises(lease.OtherCountError):
        lease.take(1, "b", 10, NOON + 5)
    assert lease.take(1, "b", 10, NOON + 11) is not None


def test_what_a_pump_of_more_had_claimed_is_found_by_one_that_is_alone() -> None:
    made, _whom = sending(60)
    pumps = [TurningPump(site(), of=3) for _ in range(3)]
    for pump in pumps:
        pump.turn()
    assert states(made) == {"CLAIMED": 60}
    assert len(TurningPump(site(), now=NOON + 11).send(5)) == 60


def test_a_lease_is_renewed_when_a_quarter_is_gone() -> None:
    held = lease.take(1, "a", 10, NOON)
    assert held is not None
    assert lease.hold(held, NOON + 2).until == held.until
    assert lease.hold(held, NOON + 3).until == NOON + 13


def test_claims_of_a_commit_that_we_never_heard_of_go_back() -> None:
    made, _whom = sending(5)
    pump = TurningPump(site({"rate": 1000.0, "burst": 1000.0, "window": 3}))
    pump.turn()
    pump.unsent = pump.unsent[:1]  # of the other two the answer was lost
    pump.memory.start_over(Lane.objects.get().pk)
    pump.turn(unsure=True)
    assert states(made) == {"CLAIMED": 3, "QUEUED": 2}
    assert len(pump.unsent) == 3


# --- pause, cancel, the end -------------------------------------------------------------------------------------------


def test_pausing_and_restarting_loses_nobody() -> None:
    """knadh/listmonk#1762, #2183: "finished" with recipients missing."""
    made, whom = sending(100)
    settings = site({"rate": 20.0, "burst": 20.0, "window": 10})
    first = TurningPump(settings)
    first.send(1.5)
    first.turn()  # claims some
    outbox.pause(made.pk, first.now)
    assert first.turn().texts == []
    first.turn()
    assert states(made).get("CLAIMED", 0) == 0
    assert first.send(2) == []
    lease.release(first.lease)
    outbox.resume(made.pk, first.now)
    second = TurningPump(settings, now=first.now + 1)
    second.turn()  # killed now, with texts claimed
    third = TurningPump(settings, now=second.now + 11)
    third.send(30)
    closing.finish_sent(third.now)
    assert states(made) == {"SENT": 100}
    assert Broadcast.objects.get(pk=made.pk).state == Broadcast.State.DONE
    sent = [text.number_id for pump in (first, third) for _at, text in pump.wire]
    assert sorted(sent) == sorted(number.pk for number in whom)


def test_a_broadcast_is_not_done_while_it_has_a_text_to_go() -> None:
    made, _whom = sending(3)
    pump = TurningPump(site())
    for finished in (False, False):
        closing.finish_sent(pump.now)
        assert (Broadcast.objects.get(pk=made.pk).state == Broadcast.State.DONE) is finished
        pump.turn()
    pump.write()
    pump.turn()
    closing.finish_sent(pump.now)
    found = Broadcast.objects.get(pk=made.pk)
    assert found.state == Broadcast.State.DONE
    assert found.finished is not None


def test_cancelling_touches_one_row_and_the_rest_is_closed_afterwards() -> None:
    made, _whom = sending(30)
    pump = TurningPump(site({"rate": 1000.0, "burst": 1000.0, "window": 10}))
    pump.turn()
    assert outbox.cancel(made.pk, NOON)
    pump.turn()
    assert len(pump.late) == 10
    pump.turn()
    assert [closing.close_some(20, NOON) for _ in range(3)] == [20, 10, 0]
    assert states(made) == {"CANCELLED": 30}
    assert Broadcast.objects.get(pk=made.pk).finished is not None
    assert not outbox.resume(made.pk, NOON)
    assert not outbox.cancel(made.pk, NOON)


def test_what_is_not_sent_in_time_is_expired_never_late() -> None:
    until = datetime.fromtimestamp(NOON + 60, UTC)
    made, _whom = sending(30, expires=until)
    pump = TurningPump(site({"rate": 1.0, "burst": 1.0, "grace": 0.25, "window": 10}))
    pump.send(59)
    sent = states(made)["SENT"]
    pump.now = NOON + 61
    assert pump.turn().texts == []
    pump.turn()
    closing.close_some(100, pump.now)
    closing.close_some(100, pump.now)
    assert states(made) == {"SENT": sent, "EXPIRED": 30 - sent} or sent == 30
    assert Broadcast.objects.get(pk=made.pk).state == Broadcast.State.DONE


def test_only_what_waits_is_started_and_only_once() -> None:
    program = people.program()
    made = people.broadcast(program, NOON, state=Broadcast.State.SCHEDULED)
    assert outbox.start(made.pk, NOON)
    assert not outbox.start(made.pk, NOON)
    assert not outbox.resume(made.pk, NOON)
    assert outbox.pause(made.pk, NOON)
    assert not outbox.pause(made.pk, NOON)
    assert not outbox.start(made.pk, NOON)


def test_progress_adds_up() -> None:
    made, whom = sending(10)
    pump = TurningPump(site({"rate": 1000.0, "burst": 1000.0, "window": 4}))
    pump.turn()
    outbox.stop(whom[9], NOON)
    counted = outbox.progress(made.pk)
    assert counted.total == 10
    assert counted.expanded
    assert counted.queued + counted.claimed == counted.to_go == 9
    assert counted.cancelled == 1


def test_what_stop_cancelled_on_the_wire_stays_so_for_that_reason_when_the_line_is_lost() -> None:
    made, (number,) = sending(1)
    pump = TurningPump(site(), answer=lambda text: Unsure("connection_lost"))
    pump.turn()
    pump.write()
    outbox.stop(number, NOON + 1)
    pump.turn()
    row = Delivery.objects.get(broadcast=made)
    assert (State(row.state), row.error, row.pump) == (State.CANCELLED, "stopped", "")


# --- receipts ---------------------------------------------------------------------------------------------------------


def sent_one() -> tuple[Delivery, TurningPump]:
    made, _whom = sending(1)
    pump = TurningPump(site(), answer=lambda text: Accepted("m1"))
    pump.send(1)
    return Delivery.objects.get(broadcast=made), pump


def test_a_receipt_may_be_repeated() -> None:
    row, _pump = sent_one()
    for at in (NOON + 5, NOON + 9):
        outbox.record_receipt("practice", Receipt("m1", ReceiptState.DELIVERED), at)
    row.refresh_from_db()
    assert (State(row.state), row.done) == (State.DELIVERED, NOON + 5)


def test_delivered_stays_delivered_and_failed_may_still_be_delivered() -> None:
    row, _pump = sent_one()
    for state in (ReceiptState.FAILED, ReceiptState.DELIVERED, ReceiptState.FAILED, ReceiptState.EXPIRED):
        outbox.record_receipt("practice", Receipt("m1", state, "30003"), NOON + 5)
    row.refresh_from_db()
    assert State(row.state) == State.DELIVERED


def test_a_receipt_that_comes_before_the_answer_waits_for_it() -> None:
    made, _whom = sending(1)
    pump = TurningPump(site(), answer=lambda text: Accepted("early"))
    pump.turn()
    pump.write()
    for _ in range(2):
        outbox.record_receipt(
            "practice", Receipt("early", ReceiptState.FAILED, "30005", Why.BAD_NUMBER), NOON
        )
    assert ParkedReceipt.objects.count() == 1
    outcomes.unpark(NOON)
    assert ParkedReceipt.objects.count() == 1
    pump.turn()
    outcomes.unpark(NOON + 1)
    assert not ParkedReceipt.objects.exists()
    row = Delivery.objects.get(broadcast=made)
    assert (State(row.state), row.error) == (State.FAILED, "bad_number 30005")


def test_a_receipt_that_fits_nothing_is_dropped_after_a_day() -> None:
    outbox.record_receipt("practice", Receipt("nobody's", ReceiptState.DELIVERED), NOON)
    outcomes.unpark(NOON + outcomes.PARKED - 1)
    assert ParkedReceipt.objects.exists()
    outcomes.unpark(NOON + outcomes.PARKED + 1)
    assert not ParkedReceipt.objects.exists()


def test_a_receipt_counts_only_for_the_sender_that_it_came_to() -> None:
    row, _pump = sent_one()
    outbox.record_receipt("other", Receipt("m1", ReceiptState.DELIVERED), NOON)
    row.refresh_from_db()
    assert State(row.state) == State.SENT


def test_a_receipt_that_says_stopped_stops_us_too() -> None:
    row, _pump = sent_one()
    outbox.record_receipt("practice", Receipt("m1", ReceiptState.FAILED, "21610", Why.STOPPED), NOON)
    assert Number.objects.get(pk=row.number_id).stopped


def test_a_receipt_in_the_same_turn_as_the_answer_counts() -> None:
    made, _whom = sending(1)
    pump = TurningPump(site(), answer=lambda text: Accepted("m1"))
    pump.turn()
    pump.write()
    pump.receipts = [("practice", Receipt("m1", ReceiptState.DELIVERED))]
    pump.turn()
    assert states(made) == {"DELIVERED": 1}


def parts_sent(count: int = 3) -> Delivery:
    made, _whom = sending(1)
    names = [f"p{nth}" for nth in range(1, count + 1)]
    TurningPump(site(), answer=lambda text: Accepted(names[0], tuple(names[1:]))).send(1)
    return Delivery.objects.get(broadcast=made)


def test_a_text_in_parts_is_delivered_when_all_of_its_parts_are() -> None:
    row = parts_sent(3)
    for name in ("p3", "p1", "p1"):
        outbox.record_receipt("practice", Receipt(name, ReceiptState.DELIVERED), NOON + 5)
        row.refresh_from_db()
        assert State(row.state) == State.SENT
    outbox.record_receipt("other", Receipt("p2", ReceiptState.DELIVERED), NOON + 6)
    row.refresh_from_db()
    assert State(row.state) == State.SENT
    outbox.record_receipt("practice", Receipt("p2", ReceiptState.DELIVERED), NOON + 7)
    row.refresh_from_db()
    assert (State(row.state), row.done) == (State.DELIVERED, NOON + 7)


def test_a_text_in_parts_has_failed_when_one_of_them_has() -> None:
    row = parts_sent(2)
    outbox.record_receipt("practice", Receipt("p1", ReceiptState.DELIVERED), NOON + 5)
    outbox.record_receipt("practice", Receipt("p2", ReceiptState.FAILED, "1", Why.BAD_NUMBER), NOON + 6)
    row.refresh_from_db()
    assert (State(row.state), row.error) == (State.FAILED, "bad_number 1")
    # What failed may still turn out to be delivered.
    outbox.record_receipt("practice", Receipt("p2", ReceiptState.DELIVERED), NOON + 7)
    row.refresh_from_db()
    assert State(row.state) == State.DELIVERED


def test_of_two_early_receipts_at_once_the_first_is_kept_and_the_last_word_is_delivered() -> None:
    failed, delivered = (
        Receipt("m1", ReceiptState.FAILED, "30005", Why.BAD_NUMBER),
        Receipt("m1", ReceiptState.DELIVERED),
    )
    outcomes.record_receipts([("practice", failed), ("practice", delivered)], NOON)
    assert [parked.error for parked in ParkedReceipt.objects.all()] == ["bad_number 30005"]
    row, _pump = sent_one()
    outcomes.record_receipts([("practice", failed), ("practice", delivered), ("practice", failed)], NOON)
    row.refresh_from_db()
    assert State(row.state) == State.DELIVERED


def test_many_receipts_cost_a_few_statements(django_assert_max_num_queries: Any) -> None:
    made, _whom = sending(40)
    TurningPump(site()).send(1)
    said = [
        ("practice", Receipt(row.message_id, ReceiptState.DELIVERED))
        for row in Delivery.objects.filter(broadcast=made)
    ]
    with django_assert_max_num_queries(5):
        outcomes.record_receipts(said, NOON + 1)
    assert states(made) == {"DELIVERED": 40}


# --- the order of the lanes -------------------------------------------------------------------------------------------


def test_the_clock_that_closes_first_goes_first_within_a_broadcast_and_the_older_broadcast_before() -> None:
    program = people.program()
    people.subscribe(program, 4, clocks=("America/Los_Angeles", "America/New_York"))
    old = people.broadcast(program, NOON)
    new = people.broadcast(program, NOON + 1)
    for each in (new, old):
        expand(each.pk)
    lanes = claims.open_lanes(NOON + 2, claims.Memory())
    assert [(lane.broadcast, lane.clock.partition("/")[2]) for lane in lanes] == [
        (old.pk, "New_York"),
        (old.pk, "Los_Angeles"),
        (new.pk, "New_York"),
        (new.pk, "Los_Angeles"),
    ]


# --- the ways through the tables --------------------------------------------------------------------------------------


def plan(sql: str, parameters: Sequence[str | float]) -> str:
    """How the database would go about it, scanning no table that has an index to go by."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        how = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(how + sql, parameters)
        return "\n".join(str(row) for row in cursor.fetchall())


def test_the_next_texts_are_found_by_their_index_without_sorting() -> None:
    told = plan(claims._statement(answers=False), [1, 1, 0, 0, 64, NOON, NOON, 10])
    assert "to_claim" in told
    assert "Sort" not in told
    assert "TEMP B-TREE" not in told


def test_the_text_of_a_receipt_and_what_is_left_of_a_broadcast_are_found_by_an_index() -> None:
    told = plan(outbox.COUNTS, [1, 1, 1])
    assert "to_claim" in told
    assert "to_count" in told
    told = plan(closing._TO_GO, [1, 1])
    assert "to_claim" in told
    assert "one_a_broadcast" in told or "claimed" in told
    assert "by_message_id" in plan(outcomes.ROWS_OF.format(marks="%s"), ["m1"])
