"""The process that sends, whole: its loop, its thread, a carrier."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from porchlight.alerts import config, lease, outbox
from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Receipt, ReceiptState, Received
from porchlight.alerts.models import Broadcast, Delivery
from porchlight.alerts.pump import Pump
from tests.alerts.crash import people
from tests.alerts.crash.turns import NOON, site
from tests.alerts.crash.wire import Wire

pytestmark = pytest.mark.django_db(transaction=True)

FAST: dict[str, object] = {"rate": 1000.0, "burst": 1000.0, "grace": 0.25, "window": 50}
SLOW: dict[str, object] = {"rate": 20.0, "burst": 5.0, "grace": 0.2, "window": 50}


class Clock:
    """The real clock's seconds, from noon on."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> float:
        return NOON + time.monotonic() - self._began


def pump_until(
    done: Callable[[], bool],
    wire: Wire,
    settings: config.AlertsConfig,
    *,
    seconds: float = 20,
    meanwhile: Callable[[Pump], Awaitable[None]] | None = None,
    **given: Any,
) -> None:
    """Run one pump until `done` (asked on the database's thread) or the time is up; then stop it cleanly."""

    async def whole() -> None:
        pump = Pump(lambda: settings, lambda sender: wire, clock=Clock(), **given)
        running = asyncio.create_task(pump.run())
        if meanwhile is not None:
            await meanwhile(pump)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not running.done():
            await asyncio.sleep(0.05)
            if await pump._in_thread(done):
                break
        pump.stop()
        await running

    asyncio.run(whole())


def is_done(broadcast: Broadcast) -> Callable[[], bool]:
    return lambda: Broadcast.objects.get(pk=broadcast.pk).state == Broadcast.State.DONE


def a_broadcast(count: int, **joined: Any) -> Broadcast:
    program = people.program()
    people.subscribe(program, count, **joined)
    return people.broadcast(program, NOON)


def test_a_broadcast_reaches_everyone_once_and_is_done() -> None:
    sent = a_broadcast(300, languages=("en", "es"))
    wire = Wire()
    pump_until(is_done(sent), wire, site(FAST))
    assert sorted(each.outgoing.to for each in wire.written) == sorted(map(people.e164, range(300)))
    assert {each.outgoing.text for each in wire.written} == set(people.TEXTS.values())
    assert outbox.progress(sent.pk).sent == 300
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()


def test_told_to_stop_it_finishes_what_is_on_the_wire_and_gives_back_the_rest() -> None:
    sent = a_broadcast(60)
    wire = Wire(takes=0.3)

    async def first_texts(pump: Pump) -> None:
        while len(wire.written) < 5:
            await asyncio.sleep(0.01)

    pump_until(lambda: True, wire, site(SLOW), meanwhile=first_texts)
    counted = outbox.progress(sent.pk)
    assert counted.claimed == counted.unknown == 0
    assert counted.sent == len(wire.written)
    assert counted.sent < 60
    assert lease.take(1, "next", 10, NOON) is not None  # at once: the slot was given up


def test_never_two_texts_to_one_number_on_the_wire_at_once() -> None:
    program = people.program()
    (number,) = people.subscribe(program, 1)
    for words in ("One.", "Two.", "Three.", "Four."):
        outbox.enqueue(number, words, Delivery.Kind.REPLY, "en", NOON)
    wire = Wire(takes=0.1)
    pump_until(lambda: len(wire.written) == 4, wire, site(FAST))
    assert [each.outgoing.text for each in wire.written] == ["One.", "Two.", "Three.", "Four."]
    assert {each.together for each in wire.written} == {1}


def test_nothing_is_written_once_half_of_the_lease_is_gone() -> None:
    sent = a_broadcast(40)
    wire = Wire(clock=time.monotonic)
    blocked: list[float] = []

    async def block_the_database(pump: Pump) -> None:
        while not wire.written:
            await asyncio.sleep(0.005)
        await pump._in_thread(block)

    def block() -> None:
        blocked.append(time.monotonic())
        time.sleep(1.0)

    # Half of the lease is 0.3 s; slots are given out 0.5 s ahead.
    pump_until(is_done(sent), wire, site(SLOW), meanwhile=block_the_database, length=0.6)
    (began,) = blocked
    # Claimed until half a second from then, written no longer than the lease allows; a moment for the event loop.
    assert [each.at - began for each in wire.written if began + 0.32 < each.at < began + 1.0] == []
    assert outbox.progress(sent.pk).sent == 40
    assert len(wire.written) == 40


def test_the_rate_is_kept_on_a_real_clock() -> None:
    """nyaruka/rapidpro#1210: a blast is spread out."""
    sent = a_broadcast(60)
    wire = Wire(takes=0.01, clock=time.monotonic)
    pump_until(is_done(sent), wire, site(SLOW))
    times = [each.at for each in wire.written]
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            # A millisecond for the event loop's way from the slot to the wire.
            assert last - first + 1 <= 20 * (times[last] - begin + 0.001) + 5


def test_receipts_that_the_carrier_brings_are_kept() -> None:
    sent = a_broadcast(5)
    wire = Wire()

    def answer(outgoing: Outgoing, nth: int) -> Outcome:
        assert wire.heard_by is not None
        wire.heard_by(Receipt(f"m{nth}", ReceiptState.DELIVERED))
        return Accepted(f"m{nth}")

    wire.answer = answer
    pump_until(lambda: outbox.progress(sent.pk).delivered == 5, wire, site(FAST))
    assert outbox.progress(sent.pk).delivered == 5


def test_a_receipt_is_acknowledged_once_it_is_committed() -> None:
    sent = a_broadcast(1)
    wire = Wire()
    seen: list[tuple[bool, int]] = []

    async def look(pump: Pump) -> None:
        while not wire.written:
            await asyncio.sleep(0.01)
        assert wire.heard_by is not None
        kept = wire.heard_by(Receipt("m1", ReceiptState.DELIVERED))
        before = kept.done()
        await asyncio.wait_for(kept, 10)
        seen.append((before, await pump._in_thread(lambda: outbox.progress(sent.pk).delivered)))

    pump_until(lambda: bool(seen), wire, site(FAST), meanwhile=look)
    assert seen == [(False, 1)]


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), None])
def test_a_text_to_us_is_acknowledged_once_it_is_kept_and_never_when_that_fails(
    error: Exception | None,
) -> None:
    wire = Wire()
    heard: list[str] = []
    kept: list[asyncio.Future[None]] = []

    def receive(sender: str, received: Received, now: float) -> None:
        heard.append(received.text)
        if error is not None and received.text == "one":
            raise error

    async def someone_writes(pump: Pump) -> None:
        while wire.heard_by is None:
            await asyncio.sleep(0.01)
        for words in ("one", "two"):
            kept.append(wire.heard_by(Received(words, "+15022000001", "+15025550100", words)))
        assert not any(each.done() for each in kept)
        await asyncio.wait(kept, timeout=10)

    pump_until(lambda: True, wire, site(FAST), meanwhile=someone_writes, receive=receive)
    # The second is taken all the same.
    assert heard == ["one", "two"]
    assert [each.cancelled() for each in kept] == [error is not None, False]


def test_what_a_carrier_brings_belongs_to_the_sender_whose_number_it_names() -> None:
    """Two senders on one account: carriers bring receipts and texts on any connection of it."""
    program = people.program()
    people.subscribe(program, 1, sender="second")
    sent = people.broadcast(program, NOON)
    wires = {"practice": Wire(), "second": Wire()}
    settings = site(FAST, FAST | {"name": "second", "number": "+15025550101"})
    heard: list[tuple[str, str]] = []

    async def whole() -> None:
        pump = Pump(
            lambda: settings,
            lambda sender: wires[sender.name],
            clock=Clock(),
            receive=lambda sender, text, now: heard.append((sender, text.text)),
        )
        running = asyncio.create_task(pump.run())
        while not wires["second"].written:
            await asyncio.sleep(0.01)
        hear = wires["practice"].heard_by
        assert hear is not None
        await asyncio.wait_for(
            asyncio.gather(
                hear(Receipt("m1", ReceiptState.DELIVERED, ours="+15025550101")),
                hear(Received("1", "+15022000001", "+15025550101", "to the second")),
                hear(Received("2", "+15022000001", "+15025559999", "to nobody we know")),
            ),
            10,
        )
        pump.stop()
        await running

    asyncio.run(whole())
    assert outbox.progress(sent.pk).delivered == 1
    assert heard == [("second", "to the second"), ("practice", "to nobody we know")]


def test_what_was_heard_and_not_kept_is_given_up_when_the_slot_is_lost() -> None:
    wire = Wire()
    kept: list[asyncio.Future[None]] = []

    async def lose_it(pump: Pump) -> None:
        while wire.heard_by is None:
            await asyncio.sleep(0.01)
        kept.append(wire.heard_by(Received("one", "+15022000001", "+15025550100", "STOP")))
        kept.append(wire.heard_by(Receipt("m1", ReceiptState.DELIVERED)))
        pump._forget()

    pump_until(lambda: True, wire, site(FAST), meanwhile=lose_it)
    assert [each.cancelled() for each in kept] == [True, True]


def test_a_fault_in_our_own_sql_ends_the_pump_and_is_not_asked_again_for_ever() -> None:
    asked: list[int] = []

    def tick(now: float) -> None:
        asked.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM alerts_delivery")

    settings = site(FAST)
    pump = Pump(lambda: settings, lambda sender: Wire(), clock=Clock(), tick=tick)
    with pytest.raises((OperationalError, ProgrammingError)):
        asyncio.run(asyncio.wait_for(pump.run(), 30))
    assert asked == [1]


def test_texts_that_the_carrier_brings_are_handed_on() -> None:
    wire = Wire()
    heard: list[tuple[str, Received]] = []
    text = Received("1", "+15022000001", "+15025550100", "STOP")

    async def someone_writes(pump: Pump) -> None:
        while wire.heard_by is None:
            await asyncio.sleep(0.01)
        wire.heard_by(text)

    pump_until(
        lambda: bool(heard),
        wire,
        site(FAST),
        meanwhile=someone_writes,
        receive=lambda sender, received, now: heard.append((sender, received)),
    )
    assert heard == [("practice", text)]


def test_a_carrier_that_raises_costs_one_text_an_attempt_and_no_more() -> None:
    sent = a_broadcast(3)
    wire = Wire()
    raised: list[str] = []

    def answer(outgoing: Outgoing, nth: int) -> Outcome:
        if not raised:
            raised.append(outgoing.key)
            raise RuntimeError("a carrier must not")
        return Accepted(f"m{nth}")

    wire.answer = answer
    pump_until(lambda: outbox.progress(sent.pk).sent == 2, wire, site(FAST))
    (unsure,) = Delivery.objects.exclude(state=Delivery.State.SENT)
    assert (str(unsure.pk), unsure.attempts, unsure.error) == (raised[0], 1, "unsure error")


def test_a_carrier_that_cannot_be_opened_does_not_stop_the_others() -> None:
    program = people.program()
    people.subscribe(program, 5)
    people.subscribe(program, 5, first=10, sender="second")
    sent = people.broadcast(program, NOON)
    wires = {"practice": Wire(), "second": Wire()}
    settings = site(FAST, FAST | {"name": "second", "number": "+15025550101"})

    class Closed(Wire):
        async def open(self, hear: Hear) -> None:
            raise ConnectionRefusedError

    wires["practice"] = Closed()

    async def whole() -> None:
        pump = Pump(lambda: settings, lambda sender: wires[sender.name], clock=Clock())
        running = asyncio.create_task(pump.run())
        until = time.monotonic() + 20
        while len(wires["second"].written) < 5 and time.monotonic() < until:
            await asyncio.sleep(0.05)
        pump.stop()
        await running

    asyncio.run(whole())
    counted = outbox.progress(sent.pk)
    assert (counted.sent, counted.queued) == (5, 5)


def test_it_goes_on_when_the_database_comes_back() -> None:
    """PostgreSQL breaks every connection; SQLite is held by someone else, so that no turn can be taken."""
    sent = a_broadcast(60)
    wire = Wire()
    lost: list[str] = []
    own = _backend()  # the test's own connection stays

    async def break_it_twice(pump: Pump) -> None:
        noted = pump._lost_database

        async def note(error: Exception) -> None:
            lost.append(str(error))
            await noted(error)

        pump._lost_database = note  # type: ignore[method-assign]
        for wanted in (5, 20):
            while len(wire.written) < wanted:
                await asyncio.sleep(0.01)
            if connection.vendor == "postgresql":
                await asyncio.to_thread(_break_connections, own)
            else:
                await asyncio.to_thread(_hold)

    pump_until(is_done(sent), wire, site(SLOW), meanwhile=break_it_twice)
    assert lost
    assert outbox.progress(sent.pk).sent == 60
    assert len(wire.written) == 60


def test_the_tick_is_called_by_the_first_slot() -> None:
    ticks: list[float] = []
    pump_until(lambda: bool(ticks), Wire(), site(FAST), tick=ticks.append)
    assert len(ticks) == 1


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()" if connection.vendor == "postgresql" else "SELECT 0")
        return int(cursor.fetchone()[0])


def _break_connections(but: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [but],
            )
    finally:
        connection.close()


def _hold() -> None:
    """Be the one writer for half a second; the test's database has no patience: whoever comes meanwhile is refused."""
    try:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with contextlib.suppress(OperationalError), transaction.atomic():
                time.sleep(0.5)
                return
            time.sleep(0.003)
    finally:
        connection.close()
