"""Which pump writes to which numbers: a slot of so many, held for a while, and fenced by an epoch.

Each number has a shard, each slot a range of shards, each slot at most one holder. Whoever takes a slot over raises its
epoch in the transaction that puts back what the last holder had claimed; from then on nothing that the last holder
does in the database succeeds, and it stopped writing to the carrier when half of its lease was gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from porchlight.alerts.models import Delivery, Program
from porchlight.alerts.numbers import SHARDS


@dataclass(frozen=True, slots=True)
class Lease:
    """Slot `slot` (1 to `of`) in the hands of one process. `until` is in seconds since 1970, `length` in seconds."""

    slot: int
    of: int
    epoch: int
    until: float
    length: float

    @property
    def tag(self) -> str:
        """What claimed deliveries carry."""
        return f"{self.slot}.{self.epoch}"

    @property
    def shards(self) -> tuple[int, int]:
        """The shards that this slot alone writes to: from the first to before the second."""
        return SHARDS * (self.slot - 1) // self.of, SHARDS * self.slot // self.of


class LeaseLostError(Exception):
    """Another process holds this slot now; nothing more may be written."""


class OtherCountError(Exception):
    """Pumps run that share the numbers among another count of pumps; stop those first."""


# No lease is longer, in seconds, clocks of several machines being a little apart.
MOST_AHEAD = 60.0
# A text that was on its way in this many crashes is not tried again: it may be what crashes us.
MOST_ATTEMPTS = 10


def take(of: int, holder: str, length: float, now: float) -> Lease | None:
    """Take a free slot of `of`, putting back what its last holder claimed; None when all are held.

    Raises OtherCountError while a pump of another count holds its lease.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE alerts_pump IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT slot, of, epoch, until FROM alerts_pump ORDER BY slot")
        # A lease that ends later than any can was taken before the clock went back: nobody may wait for that.
        rows = [
            (slot, count, epoch, until if until <= now + MOST_AHEAD else 0.0)
            for slot, count, epoch, until in cursor.fetchall()
        ]
        if any(until > now and count != of for _slot, count, _epoch, until in rows):
            raise OtherCountError
        for slot, _count, epoch, until in rows:
            if until <= now:
                _put_back(f"{slot}.", epoch + 1)
        held = {slot for slot, _count, _epoch, until in rows if until > now}
        free = next((slot for slot in range(1, of + 1) if slot not in held), None)
        if free is None:
            return None
        epoch = next((epoch for slot, _count, epoch, _until in rows if slot == free), 0) + 1
        cursor.execute(
            "INSERT INTO alerts_pump (slot, of, epoch, holder, until) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (slot) DO UPDATE SET of = excluded.of, epoch = excluded.epoch,"
            " holder = excluded.holder, until = excluded.until",
            [free, of, epoch, holder, now + length],
        )
        return Lease(free, of, epoch, now + length, length)


def hold(lease: Lease, now: float) -> Lease:
    """Lock the slot until the caller's transaction ends, and renew the lease when a quarter of it is gone.

    Also when more than all of it is left: then the clock went back.
    Raises LeaseLostError when another process has taken it.
    """
    with connection.cursor() as cursor:
        # SQLite has locked the whole database by now.
        cursor.execute(_EPOCH_LOCKED if connection.vendor == "postgresql" else _EPOCH, [lease.slot])
        if cursor.fetchone() != (lease.epoch,):
            raise LeaseLostError
        if lease.length * 3 / 4 < lease.until - now <= lease.length:
            return lease
        cursor.execute("UPDATE alerts_pump SET until = %s WHERE slot = %s", [now + lease.length, lease.slot])
    return Lease(lease.slot, lease.of, lease.epoch, now + lease.length, lease.length)


def release(lease: Lease) -> None:
    """Give the slot up at once, what is still claimed with it."""
    with transaction.atomic():
        hold(lease, lease.until)
        _put_back(f"{lease.slot}.", lease.epoch + 1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE alerts_pump SET until = 0, holder = '' WHERE slot = %s", [lease.slot])


def _put_back(tag: str, epoch: int) -> None:
    """What a pump that is gone had claimed may or may not have gone out: the program says which to assume.

    Answers are sent again: a person who waits for one is worse off than one who gets it twice.
    """
    slot = int(tag[:-1])
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_BACK,
            [
                MOST_ATTEMPTS,
                Program.Policy.AT_MOST_ONCE,
                Delivery.State.UNKNOWN,
                Delivery.State.QUEUED,
                f"{tag}%",
            ],
        )
        cursor.execute("UPDATE alerts_pump SET epoch = %s, until = 0 WHERE slot = %s", [epoch, slot])


_EPOCH = "SELECT epoch FROM alerts_pump WHERE slot = %s"
_EPOCH_LOCKED = "SELECT epoch FROM alerts_pump WHERE slot = %s FOR NO KEY UPDATE"
_PUT_BACK = f"""
UPDATE alerts_delivery SET pump = '', slot = NULL, attempts = attempts + 1, error = 'interrupted', state = CASE
    WHEN attempts + 1 >= %s OR (SELECT p.policy FROM alerts_broadcast b JOIN alerts_program p ON p.id = b.program_id
        WHERE b.id = alerts_delivery.broadcast_id) = %s
    THEN %s ELSE %s END
WHERE state = {Delivery.State.CLAIMED} AND pump LIKE %s
"""  # noqa: S608 - a state of ours
