"""A broadcast becomes rows, a chunk at a time: texts leave before the last row is written, and a crash loses nothing.

Each chunk is one transaction: the rows of the next enrollments and how far we came (`expanded_to`) are kept together.
No row passes through Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from porchlight.alerts import audience, routes, segments
from porchlight.alerts.many import batched
from porchlight.alerts.models import Broadcast, Delivery, Enrollment, Number

# The language that every broadcast has.
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Step:
    """What one chunk did: `rows` written; `finished` when nobody is left."""

    rows: int
    finished: bool


def next_broadcast(now: float) -> int | None:
    """The oldest broadcast that is being sent, not yet written out, and not too late; None when there is none."""
    in_time = Q(expires=None) | Q(expires__gt=datetime.fromtimestamp(now, UTC))
    waiting = Broadcast.objects.filter(in_time, state=Broadcast.State.SENDING, expanded=False)
    return waiting.order_by("started", "pk").values_list("pk", flat=True).first()


def step(broadcast_id: int, chunk: int, senders: Sequence[routes.Choice]) -> Step:
    """Write the rows of the next `chunk` enrollments in one transaction.

    Nothing is written when another pump is at it, or when the broadcast was paused or cancelled meanwhile.
    """
    with transaction.atomic():
        _go_by_index()
        broadcast = (
            Broadcast.objects.select_for_update(skip_locked=_can_skip(), of=("self",) if _can_skip() else ())
            .filter(pk=broadcast_id, state=Broadcast.State.SENDING, expanded=False)
            .first()
        )
        if broadcast is None:
            return Step(0, True)
        last, count = _gather(broadcast, chunk)
        written = _write(broadcast)
        if written < count:
            _find_homes(senders)
            _make_lanes(broadcast)
            written += _write(broadcast)
        _run("DROP TABLE alerts_next", ())
        finished = count < chunk
        Broadcast.objects.filter(pk=broadcast_id).update(
            expanded_to=last, expanded=finished, total=F("total") + written
        )
    return Step(written, finished)


def recipients(broadcast: Broadcast) -> QuerySet[Enrollment]:
    """Whom a broadcast is for, as of now: never anyone outside its own program."""
    return audience.rows(broadcast.audience).filter(program=broadcast.program_id)


def words(texts: Mapping[str, str], language: str, *, unaccented: bool) -> str:
    """What a broadcast says in a language: its own words where it has them, else English."""
    return segments.as_sent(texts.get(language) or texts[FALLBACK], without_accents=unaccented)


def _go_by_index() -> None:
    """Whoever stands next is found by index. PostgreSQL would read every number there is, for each chunk again."""
    if connection.vendor == "postgresql":
        for setting in ("enable_hashjoin", "enable_mergejoin", "jit"):
            _run(f"SET LOCAL {setting} = off", ())


def _can_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _gather(broadcast: Broadcast, chunk: int) -> tuple[int, int]:
    """Put the next people into a table of this transaction's own; returns their last enrollment and their number."""
    people = (
        recipients(broadcast)
        .filter(pk__gt=broadcast.expanded_to)
        .order_by("pk")
        .values_list(
            "pk",
            "subscriber__number_id",
            "subscriber__number__shard",
            "subscriber__number__clock",
            "subscriber__number__sender",
            "subscriber__language",
        )[:chunk]
    )
    sql, parameters = people.query.sql_with_params()
    _run(
        "CREATE TEMPORARY TABLE alerts_next"
        " (enrollment bigint, number bigint, shard smallint, clock text, sender text, language text)",
        (),
    )
    _run(f"INSERT INTO alerts_next {sql}", parameters)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(enrollment), count(*) FROM alerts_next")
        last, count = cursor.fetchone()
    return last or broadcast.expanded_to, count


def _write(broadcast: Broadcast) -> int:
    """Rows for all whose number has a sender and whose sender has a lane; who has a row already keeps it."""
    cost = {
        language: segments.count(words(broadcast.texts, language, unaccented=broadcast.unaccented)).segments
        for language in broadcast.texts
    }
    spoken = [language for language in cost if language != FALLBACK]
    language = _case("who.language", [(each, each) for each in spoken], FALLBACK)
    segment = _case("who.language", [(each, cost[each]) for each in spoken], cost[FALLBACK])
    return _run(
        f"""
        INSERT INTO alerts_delivery
            (lane_id, broadcast_id, number_id, shard, kind, state, language, segments, attempts,
            pump, message_id, error)
        SELECT lane.id, {int(broadcast.pk)}, who.number, who.shard, {Delivery.Kind.START}, {Delivery.State.QUEUED},
            {language[0]}, {segment[0]}, 0, '', '', ''
        FROM alerts_next who JOIN alerts_lane lane
            ON lane.broadcast_id = {int(broadcast.pk)} AND lane.clock = who.clock AND lane.sender = who.sender
        WHERE true ON CONFLICT DO NOTHING
        """,  # noqa: S608 - whole numbers, enumerations, and parameters for what anyone wrote
        [*language[1], *segment[1]],
    )


def _make_lanes(broadcast: Broadcast) -> None:
    _run(
        "INSERT INTO alerts_lane (broadcast_id, clock, sender) SELECT DISTINCT %s, clock, sender FROM alerts_next"
        " WHERE true ON CONFLICT DO NOTHING",
        [broadcast.pk],
    )


def _find_homes(senders: Sequence[routes.Choice]) -> None:
    """Give each number a sender that has none, or one that is no longer set."""
    names = [sender.name for sender in senders]
    marks = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number FROM alerts_next WHERE sender NOT IN ({marks})", names)  # noqa: S608 - placeholders alone
        homeless = [number for (number,) in cursor.fetchall()]
    for some in batched(homeless):
        homes: dict[str, list[int]] = {}
        for pk, index in Number.objects.filter(pk__in=some).values_list("pk", "index"):
            homes.setdefault(routes.home_of(bytes(index), senders), []).append(pk)
        for name, found in homes.items():
            Number.objects.filter(pk__in=found).update(sender=name)
            marks = ", ".join(["%s"] * len(found))
            _run(f"UPDATE alerts_next SET sender = %s WHERE number IN ({marks})", [name, *found])  # noqa: S608 - placeholders alone


def _case(column: str, pairs: Sequence[tuple[str, object]], otherwise: object) -> tuple[str, list[object]]:
    """SQL that turns `column` into another value, and its parameters."""
    number = isinstance(otherwise, int)
    slot = "CAST(%s AS integer)" if number else "CAST(%s AS varchar)"
    whens = "".join(f" WHEN %s THEN {slot}" for _ in pairs)
    sql = f"CASE {column}{whens} ELSE {slot} END" if pairs else slot
    return sql, [*(value for pair in pairs for value in pair), otherwise]


def _run(sql: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
