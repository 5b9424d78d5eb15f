"""What the database gives up is done again, and a STOP above all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection, transaction

from porchlight.alerts import inbound, numbers
from porchlight.alerts.carriers import Received
from porchlight.alerts.commits import retried
from porchlight.alerts.models import Delivery, Number
from tests.alerts.crash import people
from tests.alerts.crash.turns import NOON, expand

pytestmark = pytest.mark.django_db(transaction=True)


class GivenUp(Exception):  # noqa: N818 - the shape of psycopg's error, which SQLite does not have
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def given_up(sqlstate: str) -> OperationalError:
    error = OperationalError(sqlstate)
    error.__cause__ = GivenUp(sqlstate)
    return error


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_a_transaction_that_was_given_up_is_done_again(sqlstate: str) -> None:
    tries: list[int] = []

    @retried
    def work() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise given_up(sqlstate)
        return "done"

    assert work() == "done"
    assert len(tries) == 3


def test_other_faults_and_those_of_an_outer_transaction_are_told_at_once() -> None:
    tries: list[str] = []

    @retried
    def work(sqlstate: str) -> None:
        tries.append(sqlstate)
        raise given_up(sqlstate)

    with pytest.raises(OperationalError):
        work("57P01")
    with pytest.raises(OperationalError), transaction.atomic():
        work("40P01")
    assert tries == ["57P01", "40P01"]


def test_it_is_not_tried_for_ever() -> None:
    tries: list[int] = []

    @retried
    def work() -> None:
        tries.append(1)
        raise given_up("40P01")

    with pytest.raises(OperationalError):
        work()
    assert len(tries) == 8


def test_a_stop_that_waits_for_a_turn_which_waits_for_it_is_kept() -> None:
    """Two transactions on the same two texts, in opposite order; SQLite lets them in one after the other."""
    program = people.program()
    (number,) = people.subscribe(program, 1)
    for _ in range(2):
        expand(people.broadcast(program, NOON).pk)
    last, first = Delivery.objects.order_by("-pk").values_list("pk", flat=True)
    holding, go = threading.Event(), threading.Event()

    def turn() -> None:
        try:
            with transaction.atomic():
                Delivery.objects.filter(pk=last).update(error="turn")
                holding.set()
                go.wait(10)
                Delivery.objects.filter(pk=first).update(error="turn")
        except OperationalError:
            pass  # of two that wait for each other either may be given up
        finally:
            connection.close()

    other = threading.Thread(target=turn)
    other.start()
    if connection.vendor == "postgresql":
        assert holding.wait(10)
        threading.Timer(0.3, go.set).start()
    else:
        go.set()
        other.join()
    text = Received("1", numbers.open_(number), "+15025550100", "STOP")
    assert inbound.receive("practice", text, datetime.fromtimestamp(NOON, UTC))
    other.join()
    assert Number.objects.get(pk=number.pk).stopped
    states = Delivery.objects.filter(kind=Delivery.Kind.START).values_list("state", flat=True)
    assert set(states) == {Delivery.State.CANCELLED}
