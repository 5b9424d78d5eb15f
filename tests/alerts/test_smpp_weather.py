"""Over SMPP, whole: a cut line, a flooded carrier, a clock that jumps, a full disk. It goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection

from porchlight.alerts import outbox, pump
from porchlight.alerts.carriers.practice import Habits, Telephones
from porchlight.alerts.carriers.smpp.carrier import SmppCarrier
from porchlight.alerts.carriers.smsc.counter import Account
from porchlight.alerts.carriers.smsc.server import Smsc
from porchlight.alerts.config import AlertsConfig, Coding
from porchlight.alerts.models import Broadcast, Delivery
from porchlight.alerts.pump import Pump
from tests.alerts.crash import people
from tests.alerts.crash.networks import ACCOUNT, OURS, PASSWORD, SmppWiring
from tests.alerts.crash.turns import NOON, site

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = 20
PEOPLE = 150


class Clock:
    """The real clock's seconds, from noon on, and whatever it is set to meanwhile."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.set_by = 0.0

    def __call__(self) -> float:
        return NOON + time.monotonic() - self._began + self.set_by


class Scene:
    """A pump, the practice carrier, and a broadcast between them."""

    def __init__(self, smsc: Smsc, telephones: Telephones) -> None:
        self.smsc, self.telephones, self.clock = smsc, telephones, Clock()
        wiring = SmppWiring(smsc.port, WINDOW)
        given = site({"rate": 400.0, "burst": 20.0, "grace": 0.05})
        self.settings: AlertsConfig = replace(given, senders=(wiring.sender(given.senders[0]),))
        self.program = people.program()
        people.subscribe(self.program, PEOPLE)

    def send(self, befall: Callable[[Scene], Awaitable[None]], *, seconds: float = 60) -> Broadcast:
        """Send to everyone; `befall` happens once the first fifth is at the carrier."""
        sent = people.broadcast(self.program, NOON)

        async def whole() -> None:
            sending = Pump(lambda: self.settings, SmppCarrier, clock=self.clock, length=2.0)
            running = asyncio.create_task(sending.run())
            until = time.monotonic() + seconds
            while self.smsc.taken < PEOPLE / 5:
                assert time.monotonic() < until
                await asyncio.sleep(0.01)
            await befall(self)
            while not await sending._in_thread(_is_done, sent) and time.monotonic() < until:
                await asyncio.sleep(0.1)
            sending.stop()
            await running

        asyncio.run(whole())
        return sent

    def texts(self) -> Counter[str]:
        """How many texts each telephone has."""
        return Counter({each.number: each.texts for each in self.telephones.phones()})


def _is_done(sent: Broadcast) -> bool:
    delivered = Delivery.objects.filter(broadcast=sent, state=Delivery.State.DELIVERED).count()
    return delivered == PEOPLE and Broadcast.objects.get(pk=sent.pk).state == Broadcast.State.DONE


@pytest.fixture
def scene() -> Iterator[Scene]:
    telephones = Telephones(Habits(delay=0.0, answer_delay=0.005))
    smsc = Smsc(telephones, [Account(ACCOUNT, PASSWORD, {OURS: Coding.GSM})])
    yield Scene(smsc, telephones)
    smsc.close()


def assert_everyone_has_it(scene: Scene, sent: Broadcast, *, twice: int) -> None:
    counted = outbox.progress(sent.pk)
    assert (counted.delivered, counted.total) == (PEOPLE, PEOPLE)
    texts = scene.texts()
    assert len(texts) == PEOPLE
    assert sum(texts.values()) - PEOPLE <= twice


def test_a_cut_line_is_mended_and_what_was_on_it_goes_again(scene: Scene) -> None:
    async def cut(scene: Scene) -> None:
        scene.smsc.cut_all()

    sent = scene.send(cut)
    assert_everyone_has_it(scene, sent, twice=WINDOW)


def test_a_throttle_storm_slows_the_sender_and_spends_no_attempt(scene: Scene) -> None:
    async def storm(scene: Scene) -> None:
        scene.telephones.behave(replace(scene.telephones.habits, per_second=5))
        await asyncio.sleep(2)
        scene.telephones.behave(replace(scene.telephones.habits, per_second=0))

    sent = scene.send(storm)
    assert_everyone_has_it(scene, sent, twice=0)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


@pytest.mark.parametrize("hours", [-1.5, 2.0])
def test_the_clock_may_jump(scene: Scene, hours: float) -> None:
    async def jump(scene: Scene) -> None:
        scene.clock.set_by += hours * 3600

    sent = scene.send(jump)
    assert_everyone_has_it(scene, sent, twice=WINDOW)


def test_a_full_disk_stops_the_sender_and_loses_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Half of the rows are not written out yet when it is full; there is no room for the others.
    monkeypatch.setattr(pump, "FIRST_CHUNK", PEOPLE // 2)
    monkeypatch.setattr(pump, "LARGEST_CHUNK", PEOPLE // 2)
    refused: list[int] = []

    with full_disk(refused) as disk:

        async def fill(scene: Scene) -> None:
            disk(True)
            await asyncio.sleep(1.5)
            assert refused
            disk(False)

        sent = scene.send(fill)
    assert_everyone_has_it(scene, sent, twice=WINDOW)


@contextmanager
def full_disk(refused: list[int]) -> Iterator[Callable[[bool], None]]:
    """A switch: while it is on, the database refuses to write with the very error of a full disk.

    Every refusal is noted in `refused`. The error is the driver's own, at the statement; a real full disk gives it
    there or at the commit.
    """
    import sqlite3

    from django.db.backends.utils import CursorWrapper

    full = False
    usual = CursorWrapper._execute  # type: ignore[attr-defined]

    def execute(self: CursorWrapper, sql: str, *args: object) -> object:
        if full and sql.lstrip().upper().startswith(("INSERT", "UPDATE", "WITH")):
            refused.append(1)
            with self.db.wrap_database_errors:
                if connection.vendor == "postgresql":
                    from psycopg.errors import DiskFull

                    raise DiskFull("could not extend file: No space left on device")
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
                raise error
        return usual(self, sql, *args)

    def switch(on: bool) -> None:
        nonlocal full
        full = on

    CursorWrapper._execute = execute  # type: ignore[attr-defined]
    try:
        yield switch
    finally:
        CursorWrapper._execute = usual  # type: ignore[attr-defined]
