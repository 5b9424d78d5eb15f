"""Subscribers by the thousand, with real seals and real indexes, for the tests and the benchmark of the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from django.db import connection, transaction
from django.db.models import Max

from porchlight.alerts import keyring, numbers
from porchlight.alerts.audience import Audience
from porchlight.alerts.models import Broadcast, Enrollment, Number, Program, Subscriber

JOINED = datetime(2026, 1, 5, tzinfo=UTC)
CLOCK = "America/New_York"
MANY = 50_000
TEXTS = {"en": "A free class starts on Monday.", "es": "Una clase gratis empieza el lunes."}


def program(slug: str = "alerts", policy: Program.Policy = Program.Policy.AT_LEAST_ONCE) -> Program:
    """A program that anybody may join."""
    return Program.objects.create(
        slug=slug, kind=Program.Kind.ALERTS, names={"en": "Alerts", "es": "Avisos"}, policy=policy
    )


def e164(nth: int) -> str:
    """A number of Kentucky: the `nth`."""
    return f"+1502{2_000_000 + nth}"


def subscribe(
    joined: Program,
    count: int,
    *,
    first: int = 0,
    clocks: Sequence[str] = (CLOCK,),
    languages: Sequence[str] = ("en",),
    sender: str = "practice",
) -> list[Number]:
    """`count` active subscribers of a program, their clocks and languages in turn; their rows, when they are few."""
    ring = keyring.current()  # once: the site's own functions look at the key files each time
    whom = range(first, first + count)
    with transaction.atomic(), connection.cursor() as cursor:
        least = Number.objects.aggregate(last=Max("pk"))["last"] or 0
        numbers_of_all = (_number(ring, nth, clocks[nth % len(clocks)], sender) for nth in whom)
        while some := list(islice(numbers_of_all, 500)):
            rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(some))
            cursor.execute(_INSERT_NUMBER + rows, [value for number in some for value in number])
        cursor.execute(
            "INSERT INTO alerts_subscriber (number_id, state, language, seal_key, private, joined, changed)"
            " SELECT id, %s, %s, 1, %s, %s, %s FROM alerts_number WHERE id > %s ORDER BY id",
            [Subscriber.State.ACTIVE, languages[0], b"", JOINED, JOINED, least],
        )
        for nth, language in enumerate(languages[1:], 1):
            cursor.execute(
                "UPDATE alerts_subscriber SET language = %s WHERE number_id > %s AND number_id %% %s = %s",
                [language, least, len(languages), nth],
            )
        cursor.execute(
            "INSERT INTO alerts_enrollment (subscriber_id, program_id, active, since, next_step)"
            " SELECT id, %s, %s, %s, '' FROM alerts_subscriber WHERE number_id > %s ORDER BY id",
            [joined.pk, True, JOINED, least],
        )
    return list(Number.objects.filter(pk__gt=least).order_by("pk")) if count <= MANY else []


def join(program: Program, rows: Sequence[Number]) -> None:
    """One more program for subscribers there are."""
    people = Subscriber.objects.filter(number__in=rows)
    Enrollment.objects.bulk_create(
        Enrollment(subscriber=each, program=program, active=True, since=JOINED) for each in people
    )


def broadcast(
    to: Program, now: float, *, state: Broadcast.State = Broadcast.State.SENDING, **fields: object
) -> Broadcast:
    """A broadcast to everyone in a program."""
    at = datetime.fromtimestamp(now, UTC)
    values: dict[str, object] = {
        "texts": TEXTS,
        "audience": Audience(program=to.slug).as_json(),
        "created": at,
        "changed": at,
        "started": at if state is Broadcast.State.SENDING else None,
    }
    return Broadcast.objects.create(program=to, state=state, **values | fields)


def numbers_of(rows: Sequence[Number]) -> Iterator[str]:
    """The numbers themselves."""
    return (numbers.open_(row) for row in rows)


_INSERT_NUMBER = (
    'INSERT INTO alerts_number (index_key, "index", seal_key, sealed, shard, clock, sender, stopped, greeted, created)'
    " VALUES "
)


def _number(
    ring: keyring.Keyring, nth: int, clock: str, sender: str
) -> tuple[int | bytes | str | datetime, ...]:
    version, digest = ring.index(e164(nth))
    seal_key, sealed = ring.seal(e164(nth).encode(), "number")
    shard = digest[0] % numbers.SHARDS
    return version, digest, seal_key, sealed, shard, clock, sender, False, False, JOINED
