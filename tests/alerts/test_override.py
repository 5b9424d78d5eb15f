"""A missing child: leave to write at night, on a police reference and a second person; never past STOP."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User

from porchlight.alerts import claims, config, expansion, numbers, outbox, override, routes, rules
from porchlight.alerts.models import Broadcast, Lane, Number, Override, Program, Subscriber
from porchlight.alerts.pump import Pump
from porchlight.alerts.staff import sending
from tests.alerts.crash import people
from tests.alerts.crash.wire import Wire

# Two in the morning in New York.
NIGHT = dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """A broadcast of a missing child on its way at night, and the two people who let it go."""

    program: Program
    sent: Broadcast
    held: Override
    author: User
    approver: User


@pytest.fixture
def scene() -> Scene:
    program = people.program()
    people.subscribe(program, 3)
    author, approver = User.objects.create_user("author"), User.objects.create_user("approver")
    sent = people.broadcast(program, NIGHT.timestamp())
    Lane.objects.create(broadcast=sent, clock=people.CLOCK, sender="practice")
    held = Override.objects.create(
        broadcast=sent,
        police_reference="LMPD 26-1234",
        reason="Last seen an hour ago.",
        asked_by=author,
        asked=NIGHT,
        approved_by=approver,
        approved=NIGHT,
        expires=NIGHT + 6 * HOUR,
    )
    return Scene(program, sent, held, author, approver)


def goes(scene: Scene, at: dt.datetime) -> bool:
    """May the pump claim texts of it at this moment?"""
    return any(lane.broadcast == scene.sent.pk for lane in claims.open_lanes(at.timestamp(), claims.Memory()))


def test_it_goes_at_night_and_stops_by_itself(scene: Scene) -> None:
    assert not rules.open_at([people.CLOCK], NIGHT)
    assert goes(scene, NIGHT)
    assert goes(scene, NIGHT + 6 * HOUR - dt.timedelta(seconds=1))
    assert not goes(scene, NIGHT + 6 * HOUR)
    assert goes(scene, NIGHT + 7 * HOUR)  # nine in the morning: as any other text


@pytest.mark.parametrize(
    "without",
    [
        {"police_reference": " "},
        {"reason": ""},
        {"approved_by": None},
        {"approved": None},
        {"approved": NIGHT + HOUR},
        {"expires": NIGHT + 25 * HOUR},
        {"expires": NIGHT},
    ],
    ids=str,
)
def test_without_any_one_thing_that_it_needs_it_does_not_hold(
    scene: Scene, without: dict[str, object]
) -> None:
    Override.objects.update(**without)
    assert not override.holds(Override.objects.get(), NIGHT)
    assert not goes(scene, NIGHT)


@pytest.mark.django_db(transaction=True)
def test_it_never_reaches_who_said_stop_or_left(scene: Scene) -> None:
    stopped, left, stays = Number.objects.order_by("pk")
    expansion.step(scene.sent.pk, 100, [routes.Choice("practice", 1)])
    outbox.stop(stopped, NIGHT.timestamp())
    Subscriber.objects.filter(number=left).update(state=Subscriber.State.LEFT)
    wire, began = Wire(), time.monotonic()

    async def a_second() -> None:
        pump = Pump(
            config.alerts,
            lambda sender: wire,
            clock=lambda: NIGHT.timestamp() + time.monotonic() - began,
        )
        running = asyncio.create_task(pump.run())
        await asyncio.sleep(1.5)
        pump.stop()
        await running

    asyncio.run(a_second())
    assert [each.outgoing.to for each in wire.written] == [numbers.open_(stays)]


def test_nobody_lets_their_own_go(scene: Scene) -> None:
    Override.objects.update(approved_by=scene.author)
    assert not override.holds(Override.objects.get(), NIGHT)
    assert not goes(scene, NIGHT)


def test_the_follow_up_goes_to_the_same_people_and_keeps_quiet_hours(scene: Scene) -> None:
    follow_up = sending.child_found(scene.sent.pk, scene.author, NIGHT + HOUR)
    scene.sent.refresh_from_db()
    assert scene.sent.state == Broadcast.State.CANCELLED
    assert not goes(scene, NIGHT + HOUR)
    assert (follow_up.program, follow_up.audience) == (scene.program, scene.sent.audience)
    Broadcast.objects.filter(pk=follow_up.pk).update(state=Broadcast.State.SENDING, started=NIGHT + HOUR)
    Lane.objects.create(broadcast=follow_up, clock=people.CLOCK, sender="practice")
    found = Scene(scene.program, follow_up, scene.held, scene.author, scene.approver)
    assert not goes(found, NIGHT + 2 * HOUR)
    assert goes(found, NIGHT + 7 * HOUR)


def test_a_follow_up_is_owed_until_it_is_really_sent(scene: Scene) -> None:
    def owed(at: dt.datetime) -> list[Override]:
        return list(override.owing(at))

    assert owed(NIGHT + 5 * HOUR) == []
    assert owed(NIGHT + 6 * HOUR) == [scene.held]
    follow_up = sending.child_found(scene.sent.pk, scene.author, NIGHT + HOUR)
    assert owed(NIGHT + HOUR) == [scene.held]  # a draft tells nobody anything
    for state, still in (("waiting", True), ("scheduled", True), ("cancelled", True), ("sending", False)):
        Broadcast.objects.filter(pk=follow_up.pk).update(state=state)
        assert bool(owed(NIGHT + HOUR)) is still, state


def test_nothing_is_owed_for_one_that_never_went_out(scene: Scene) -> None:
    Broadcast.objects.update(started=None, state=Broadcast.State.DRAFT)
    assert list(override.owing(NIGHT + 9 * HOUR)) == []
