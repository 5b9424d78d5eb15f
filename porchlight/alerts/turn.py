"""One turn of a pump: everything that it has to tell the database and to ask of it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection, transaction

from porchlight.alerts import claims, lease, outcomes, sender_states
from porchlight.alerts.carriers import Accepted, Receipt
from porchlight.alerts.config import AlertsConfig
from porchlight.alerts.models import Delivery
from porchlight.alerts.outcomes import Result, Text


@dataclass(frozen=True, slots=True)
class Told:
    """What a pump knows and the database does not: answers, receipts, texts that were too late to write.

    `unsent` are claimed and not on the wire, `on_wire` have no answer yet. `free` is the room in each sender's window,
    0 for all when the pump is ending. `unsure` is set after a transaction of which we do not know whether it counted.
    """

    results: Sequence[Result] = ()
    receipts: Sequence[tuple[str, Receipt]] = ()
    late: Sequence[Text] = ()
    unsent: Sequence[Text] = ()
    on_wire: Sequence[Text] = ()
    free: Mapping[str, int] = field(default_factory=dict)
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What the pump may do now: write `texts` at their slots; not write `dropped` (ids) if they are not on the wire.

    `more` says that there is more to look at without waiting.
    """

    lease: lease.Lease
    texts: Sequence[Text]
    dropped: frozenset[int]
    more: bool


def take(
    held: lease.Lease, told: Told, config: AlertsConfig, memory: claims.Memory, clock: Callable[[], float]
) -> Turn:
    """Record, look again, claim; once this returns it is committed. Raises LeaseLostError, then nothing counted.

    `clock` (seconds since 1970) is read once, when the database is ours: waiting for it must not cost slots.
    """
    with transaction.atomic():
        renewed = lease.hold(held, now := clock())
        states = sender_states.lock(config.senders)
        before = {name: sender_states.values(state) for name, state in states.items()}
        for state in states.values():
            state.come_to(now)
        if told.unsure:
            _forget_unknown(held, told)
        outcomes.record(held, told.results, states, now)
        outcomes.record_receipts(told.receipts, now)
        outcomes.give_back(held, told.late, states)
        not_taken = (result.text for result in told.results if not isinstance(result.outcome, Accepted))
        for lane_id in {text.lane_id for text in (*told.late, *not_taken)}:
            memory.start_over(lane_id)
        lanes = claims.open_lanes(now, memory, any_hour=config.any_hour)
        dropped = claims.unwanted(held, told.unsent, lanes)
        wanted = claims.Wanted(
            free=dict(told.free),
            busy={text.number_id for text in (*told.unsent, *told.on_wire) if text.id not in dropped},
            dollars=_left_today(config, states),
        )
        found = claims.claim(held, lanes, states, wanted, memory, now)
        sender_states.save(
            state for name, state in states.items() if sender_states.values(state) != before[name]
        )
    return Turn(renewed, found.texts, frozenset(dropped), found.closed > 0)


def _forget_unknown(held: lease.Lease, told: Told) -> None:
    """Claims that were committed without our knowing were never written: back to the queue."""
    known = {text.id for text in (*told.late, *told.unsent, *told.on_wire)}
    known |= {result.text.id for result in told.results}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM alerts_delivery WHERE state = {Delivery.State.CLAIMED} AND pump = %s",  # noqa: S608 - a number of ours
            [held.tag],
        )
        unknown = [pk for (pk,) in cursor.fetchall() if pk not in known]
        cursor.executemany(
            f"UPDATE alerts_delivery SET state = {Delivery.State.QUEUED}, pump = '', slot = NULL WHERE id = %s",  # noqa: S608 - numbers of ours
            [(pk,) for pk in unknown],
        )


def _left_today(config: AlertsConfig, states: Mapping[str, sender_states.State]) -> Decimal:
    return config.cost.ceiling - sum((state.cost_today for state in states.values()), Decimal(0))
