"""Measures the outbox: a large broadcast from Send to its last row, and texts a second through an instant carrier.

- Expansion: how long until every recipient has a row, beside the same rows put into a table without indexes by a bare
  executemany (PostgreSQL: COPY) in the same run, and copied inside the database into a table with the same indexes.
- The first text: from `outbox.start` to the first text at the carrier, while the rows are still being written.
- Pause and cancel: from the call to the last text at the carrier.
- Memory: the pump's largest, for few recipients and for all; it must not grow with them.
- Texts a second: through a carrier in the same process that answers at once, with a window of 100, and the processor
  time of the pump for each.

Uses a SQLite file in a temporary folder, or the PostgreSQL server of PORCHLIGHT_DATABASE_URL, where it makes and drops
a database of its own. Run: python tests/bench/alerts.py [--rows 1000000] [--send 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from tests.alerts.crash.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

FEW = 10_000
NOON = 1_795_453_200.0  # 23 November 2026, 12:00 in New York
BROKEN = 1
NAMES = (
    "lane_id, broadcast_id, number_id, shard, kind, state, language, segments, attempts,"
    " pump, message_id, error"
)


def main() -> int:
    """Print the figures; each run of the pump is a process of its own, so that its memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="recipients (default: %(default)s)")
    parser.add_argument("--send", type=int, default=20_000, help="texts really sent (default: %(default)s)")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        return PARTS[args.part](args)
    with _own_database() as environ:
        for part, rows in (
            ("people", min(FEW, args.rows)),
            ("expand", min(FEW, args.rows)),
            ("live", min(FEW, args.rows)),
            ("send", args.send),
            ("people", args.rows),
            ("expand", args.rows),
            ("live", args.rows),
        ):
            given = ["--part", part, "--rows", str(rows), "--send", str(args.send)]
            result = subprocess.run([sys.executable, __file__, *given], env=environ, check=False)
            if result.returncode:
                return BROKEN
    return 0


@contextmanager
def _own_database() -> Iterator[dict[str, str]]:
    """An environment with a data directory and a database that are gone afterwards."""
    url = os.environ.get("PORCHLIGHT_DATABASE_URL", "")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as folder:
        environ |= {"PORCHLIGHT_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "porchlight.site.settings"}
        environ["BENCH_BEGAN"] = str(time.time())
        name = f"porchlight_bench_{os.getpid()}"
        if url:
            import psycopg

            parts = urlsplit(url)
            server = psycopg.connect(url, autocommit=True)
            server.execute(f'CREATE DATABASE "{name}"')
            environ["PORCHLIGHT_DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))
        print(f"database: {'PostgreSQL' if url else 'SQLite, synchronous=FULL'}")
        try:
            subprocess.run(
                [sys.executable, "-m", "porchlight", "manage", "migrate", "--verbosity", "0"],
                env=environ,
                cwd=ROOT,
                check=True,
            )
            yield environ
        finally:
            if url:
                server.execute(f'DROP DATABASE "{name}"')


def _django() -> None:
    import django

    django.setup()


# --- the parts, each a process ----------------------------------------------------------------------------------------


def _people(args: argparse.Namespace) -> int:
    _django()
    from porchlight.alerts.models import Number, Program
    from tests.alerts.crash import people

    program = Program.objects.filter(slug="alerts").first() or people.program()
    there = Number.objects.count()
    began = time.monotonic()
    clocks = ("America/New_York", "America/Chicago", "America/New_York,America/Chicago")
    people.subscribe(
        program, args.rows - there, first=there, clocks=clocks, languages=("en", "es"), sender="practice"
    )
    _analyze()
    print(f"\n{args.rows:,} subscribers (made in {time.monotonic() - began:.0f} s, not counted)")
    return 0


def _expand(args: argparse.Namespace) -> int:
    """Writing a broadcast out with nothing else to do."""
    _django()
    from django.db import connection

    from porchlight.alerts import expansion, outbox, routes
    from porchlight.alerts.models import Broadcast, Delivery, Program
    from tests.alerts.crash import people

    program = Program.objects.get(slug="alerts")
    waiting = people.broadcast(program, NOON, state=Broadcast.State.DRAFT)
    outbox.start(waiting.pk, NOON)
    began, used = time.monotonic(), time.process_time()
    while not expansion.step(waiting.pk, 20_000, [routes.Choice("practice", 1)]).finished:
        pass
    alone, used = time.monotonic() - began, time.process_time() - used
    rows = Delivery.objects.filter(broadcast=waiting).count()
    bare, indexed = _bare(rows), _with_indexes(waiting.pk)
    outbox.cancel(waiting.pk, NOON)
    print(
        f"  written out, alone: {rows:,} rows in {alone:.1f} s ({used:.1f} s of this process's processor time);"
        f" bare {'COPY' if connection.vendor == 'postgresql' else 'executemany'} without indexes {bare:.1f} s"
        f" (ratio {alone / bare:.1f}); the same rows copied inside the database, indexes and all, {indexed:.1f} s"
        f" (ratio {alone / indexed:.1f})"
    )
    Delivery.objects.filter(broadcast=waiting)._raw_delete("default")
    Broadcast.objects.filter(pk=waiting.pk).update(finished=waiting.created)
    return 0


def _live(args: argparse.Namespace) -> int:
    """Send through a pump at 100 segments a second: the first text, pause, resume, cancel, and the largest memory."""
    _django()
    from porchlight.alerts import outbox
    from porchlight.alerts.models import Broadcast, Program
    from tests.alerts.crash import people
    from tests.alerts.crash.wire import Wire

    wire = Wire(clock=time.monotonic)
    before = _memory()
    waiting = people.broadcast(Program.objects.get(slug="alerts"), NOON, state=Broadcast.State.DRAFT)
    figures: dict[str, float] = {}

    async def drive(others: _Others) -> None:
        began = time.monotonic()
        await others.do(outbox.start, waiting.pk, NOON)
        while not wire.written:
            await asyncio.sleep(0.005)
        figures["first"] = wire.written[0].at - began
        while not await others.do(lambda: Broadcast.objects.get(pk=waiting.pk).expanded):
            await asyncio.sleep(0.1)
        figures["expanded"] = time.monotonic() - began
        asked = time.monotonic()
        await others.do(outbox.progress, waiting.pk)
        figures["progress"] = time.monotonic() - asked
        for name, call in (("pause", outbox.pause), ("resume", outbox.resume), ("cancel", outbox.cancel)):
            sent, asked = len(wire.written), time.monotonic()
            await others.do(call, waiting.pk, NOON)
            if name == "resume":
                while len(wire.written) == sent:
                    await asyncio.sleep(0.005)
                figures[name] = wire.written[sent].at - asked
                await asyncio.sleep(1)
            else:
                await asyncio.sleep(2.5)
                figures[name] = max(0.0, wire.written[-1].at - asked)

    _run(wire, {"rate": 100.0, "burst": 100.0, "grace": 0.25, "window": 100}, drive)
    print(
        f"  while sending 100/s: first text {figures['first']:.2f} s after Send; all written out after"
        f" {figures['expanded']:.1f} s; progress counted in {figures['progress']:.2f} s;"
        f" last text {figures['pause']:.2f} s after pause, first {figures['resume']:.2f} s after resume,"
        f" last {figures['cancel']:.2f} s after cancel;"
        f" memory {_memory():.0f} MB at most ({_memory() - before:+.0f} since the start)"
    )
    return 0


def _send(args: argparse.Namespace) -> int:
    """Everything as fast as the database allows: 20,000 texts to 10,000 numbers, two broadcasts."""
    _django()
    from porchlight.alerts.models import Delivery, Program
    from tests.alerts.crash import people
    from tests.alerts.crash.wire import Wire

    program = Program.objects.get(slug="alerts")
    wire = Wire(clock=time.monotonic)
    wanted, sending = 0, []
    while wanted < args.send:
        sending.append(people.broadcast(program, NOON).pk)
        wanted += program.enrollments.count()
    _write_out()

    async def drive(others: _Others) -> None:
        while len(wire.written) < wanted:
            await asyncio.sleep(0.05)

    used = time.process_time()
    _run(wire, {"rate": 1e6, "burst": 1e6, "grace": 0.5, "window": 100}, drive)
    took = wire.written[-1].at - wire.written[0].at
    taken = Delivery.objects.filter(broadcast__in=sending, state=Delivery.State.SENT).count()
    print(
        f"  instant carrier, window 100: {wanted:,} texts, {wanted / took:,.0f} a second,"
        f" {(time.process_time() - used) / wanted * 1e6:.0f} µs of processor each; {taken:,} recorded as sent"
    )
    return 0 if taken == wanted else BROKEN


PARTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "people": _people,
    "expand": _expand,
    "live": _live,
    "send": _send,
}


# --- what they stand on -----------------------------------------------------------------------------------------------


class _Others:
    """While a pump runs: what others do meanwhile."""

    async def do(self, work: Callable[..., object], *args: object) -> object:
        return await asyncio.to_thread(_once, work, *args)


def _once(work: Callable[..., object], *args: object) -> object:
    """On a connection of its own, like the website's."""
    from django.db import connection

    try:
        return work(*args)
    finally:
        connection.close()


def _run(wire: Wire, sender: dict[str, Any], drive: Callable[[_Others], Coroutine[Any, Any, None]]) -> None:
    from porchlight.alerts import config
    from porchlight.alerts.pump import Pump

    given = config.alerts()
    senders = tuple(replace(each, **sender) for each in given.senders)
    settings = replace(given, senders=senders, any_hour=False)
    # One clock for all parts: a sender's rate goes by what earlier ones have left in the database.
    offset = NOON - float(os.environ["BENCH_BEGAN"])

    async def whole() -> None:
        pump = Pump(lambda: settings, lambda _sender: wire, clock=lambda: time.time() + offset)
        running = asyncio.create_task(pump.run())
        driving = asyncio.create_task(drive(_Others()))
        await asyncio.wait((running, driving), return_when=asyncio.FIRST_COMPLETED)
        pump.stop()
        await running
        await driving

    asyncio.run(whole())


def _write_out() -> None:
    from porchlight.alerts import expansion, routes

    while (waiting := expansion.next_broadcast(NOON)) is not None:
        expansion.step(waiting, 20_000, [routes.Choice("practice", 1)])


def _bare(rows: int) -> float:
    """The same columns into a table without an index, in one transaction: executemany, or COPY. Seconds."""
    from django.db import connection, transaction

    values = ((1, 1, nth, nth % 64, 0, 0, "en", 1, 0, "", "", "") for nth in range(rows))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_bare AS SELECT {NAMES} FROM alerts_delivery WHERE id < 0")
        began = time.monotonic()
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY bench_bare ({NAMES}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
            else:
                cursor.executemany(
                    f"INSERT INTO bench_bare ({NAMES}) VALUES ({', '.join(['%s'] * 12)})",
                    values,  # type: ignore[arg-type] # rows as they come, not a million at once
                )
        took = time.monotonic() - began
        cursor.execute("DROP TABLE bench_bare")
    return took


def _with_indexes(broadcast: int) -> float:
    """The same rows copied from table to table by the database, with the same indexes. Seconds."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_copy AS SELECT id, {NAMES} FROM alerts_delivery WHERE id < 0")
        for nth, columns in enumerate(("id", "number_id", "broadcast_id, number_id", "lane_id, shard, id")):
            cursor.execute(f"CREATE INDEX bench_{nth} ON bench_copy ({columns})")
        began = time.monotonic()
        with transaction.atomic():
            cursor.execute(
                f"INSERT INTO bench_copy SELECT id, {NAMES} FROM alerts_delivery WHERE broadcast_id = {broadcast}"
            )
        took = time.monotonic() - began
        cursor.execute("DROP TABLE bench_copy")
    return took


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _memory() -> float:
    """The largest that this process ever was, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
