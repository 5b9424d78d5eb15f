"""Measures texts over SMPP from the outbox to their receipts, beside bare smpplib on the same carrier.

- End to end: texts a second from the first submit_sm to the last receipt in the database, each receipt acknowledged
  only after it is committed there; and the processor time of the sending process, and of the practice carrier.
  On SQLite (synchronous=FULL) and on PostgreSQL (its usual fsync), with windows of 1, 10 and 100.
- Several sending processes, each with a window of 100, on one PostgreSQL: numbers are shared out by their hash.
- Bare: smpplib's own client, which blocks, sends so many and reads all answers and receipts, and keeps nothing.

The practice carrier is a process of its own on this machine, and answers at once. PostgreSQL is a server of its own
with `--postgres` (the folder of initdb and pg_ctl), or else that of PORCHLIGHT_DATABASE_URL, or else it is left out.
Run: python tests/bench/smpp.py --postgres BIN [--pumps 1 2 4] [--texts 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.alerts.crash.storm import Server  # noqa: E402 - after the path is set

NOON = 1_795_453_200.0  # 23 November 2026, 12:00 in New York
BROKEN = 1
PASSWORD = "practice"
OURS = "+15025550100"
# Of each window, how many texts: a small one waits for the disk at each text.
SHARES = {1: 1 / 40, 10: 1 / 4, 100: 1.0}
LONGEST = 120.0  # seconds for one measurement
NAGLED = 20  # of texts, one in so many where each window waits for a timer


def main() -> int:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgres", type=Path, metavar="BIN", help="the folder of initdb and pg_ctl")
    parser.add_argument("--texts", type=int, default=20_000, help="at window 100 (default: %(default)s)")
    parser.add_argument("--windows", type=int, nargs="+", default=list(SHARES), choices=list(SHARES))
    parser.add_argument("--pumps", type=int, nargs="+", default=[1, 2, 4], help="on PostgreSQL")
    parser.add_argument("--part", choices=("measure", "pump"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--carrier", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--window", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--of", type=int, help=argparse.SUPPRESS)
    parser.add_argument(
        "--profile", type=Path, metavar="FILE", help="where a sending process leaves its profile"
    )
    args = parser.parse_args()
    if args.part:
        return {"measure": _measure, "pump": _pump}[args.part](args)
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; two broadcasts, each receipt acknowledged"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="porchlight-bench-")))
        os.chmod(folder, 0o755)  # noqa: PTH101 - the database's user must pass
        port, carrier = stack.enter_context(_carrier(folder))
        _bare(port, carrier, args)
        for name, environ in _databases(stack, folder, args.postgres):
            given = ["--part", "measure", "--port", str(port), "--carrier", str(carrier), *sys.argv[1:]]
            print(f"{name}:", flush=True)
            if subprocess.run([sys.executable, __file__, *given], env=environ, check=False).returncode:
                return BROKEN
    return 0


# --- what is measured with --------------------------------------------------------------------------------------------


def _environ(folder: Path) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    folder.mkdir()
    return environ | {
        "PORCHLIGHT_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "porchlight.site.settings",
        "BENCH_BEGAN": str(time.time()),
    }


@contextmanager
def _carrier(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a practice carrier that stands alone."""
    secret = folder / "password"
    secret.write_text(PASSWORD)
    given = f"--port 0 --tls-port 0 --delay 0 --window 100 --password-file {secret}".split()
    carrier = subprocess.Popen(
        [sys.executable, "-m", "porchlight", "carrier", *given],
        env=_environ(folder / "carrier"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = carrier.stdout.readline() if carrier.stdout else ""
        yield int(said.split(",")[0].rpartition(":")[2]), carrier.pid
    finally:
        carrier.terminate()
        carrier.wait()


def _databases(stack: ExitStack, folder: Path, postgres: Path | None) -> Iterator[tuple[str, dict[str, str]]]:
    """The name of each database, and an environment in which it is migrated and empty."""
    yield "SQLite, synchronous=FULL", _migrated(_environ(folder / "sqlite"))
    url = os.environ.get("PORCHLIGHT_DATABASE_URL", "")
    if postgres is not None:
        server = Server(folder / "server", postgres)
        stack.callback(server.stop)
        url = server.start()
    if url:
        named = stack.enter_context(_own(url))
        yield "PostgreSQL", _migrated(_environ(folder / "postgres") | {"PORCHLIGHT_DATABASE_URL": named})


@contextmanager
def _own(url: str) -> Iterator[str]:
    """A database of our own on a server."""
    import psycopg

    name = f"porchlight_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrated(environ: dict[str, str]) -> dict[str, str]:
    given = [sys.executable, "-m", "porchlight", "manage", "migrate", "--verbosity", "0"]
    subprocess.run(given, env=environ, cwd=ROOT, check=True)
    return environ


def _processor(process: int) -> float:
    """Seconds of processor time that a process used so far, by the clock that Linux has for each."""
    return time.clock_gettime((~process << 3) | 2)


# --- bare smpplib -----------------------------------------------------------------------------------------------------


def _bare(port: int, carrier: int, args: argparse.Namespace) -> None:
    print("bare smpplib, no database:")
    for no_delay in (True, False):
        for window in args.windows:
            texts = int(args.texts * SHARES[window]) // (1 if no_delay or window == 1 else NAGLED)
            took, own, other = _bare_once(port, carrier, window, texts, no_delay=no_delay)
            print(
                f"  window {window:3}, {'TCP_NODELAY' if no_delay else 'as it comes'}: {texts:6,} texts,"
                f" {texts / took:6,.0f} a second; client {own / texts * 1e6:4.0f} µs each,"
                f" carrier {other / texts * 1e6:3.0f} µs",
                flush=True,
            )


def _bare_once(
    port: int, carrier: int, window: int, texts: int, *, no_delay: bool
) -> tuple[float, float, float]:
    """Seconds for all texts and their receipts, and the processor seconds of this process and of the carrier."""
    from smpplib.client import Client

    came = 0

    def count(**_pdu: object) -> None:
        nonlocal came
        came += 1

    client: Any = Client("127.0.0.1", port, timeout=LONGEST, allow_unknown_opt_params=True)
    client.connect()
    if no_delay:
        client._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.set_message_sent_handler(count)
    client.set_message_received_handler(count)
    client.bind_transceiver(system_id="practice", password=PASSWORD)
    began, own, other = time.monotonic(), time.process_time(), _processor(carrier)
    for first in range(0, texts, window):
        for nth in range(first, min(first + window, texts)):
            client.send_message(
                source_addr_ton=1,
                source_addr_npi=1,
                source_addr=OURS[1:],
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr=f"1502{3_000_000 + nth % 10_000}",
                short_message=b"A free class starts on Monday.",
                registered_delivery=1,
                validity_period="000000040000000R",
            )
        while came < 2 * min(first + window, texts):
            client.read_once()
    figures = time.monotonic() - began, time.process_time() - own, _processor(carrier) - other
    client.unbind()
    client.disconnect()
    return figures


# --- ours -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement: seconds from the first text to the last one written and to the last receipt kept; processor
    seconds of all pumps and of the carrier."""

    texts: int
    written: float
    kept: float
    pumps: float
    carrier: float

    def __str__(self) -> str:
        return (
            f"{self.texts:6,} texts, {self.texts / self.kept:6,.0f} a second with their receipts"
            f" ({self.texts / self.written:,.0f} written); sending {self.pumps / self.texts * 1e6:4.0f} µs each,"
            f" carrier {self.carrier / self.texts * 1e6:3.0f} µs"
        )


def _measure(args: argparse.Namespace) -> int:
    """All of one database, in a process of its own that only looks on while the pumps send."""
    import django

    django.setup()
    from django.db import connection

    from tests.alerts.crash import people

    for nth, window in enumerate(args.windows):
        joined = people.program(f"window-{window}")
        people.subscribe(
            joined, int(args.texts * SHARES[window]) // 2, first=nth * 1_000_000, sender="practice"
        )
        figures = _once(args, joined.pk, window, 1)
        print(f"  window {window:3}: {figures}", flush=True)
    if connection.vendor == "postgresql":
        for pumps in args.pumps:
            print(f"  {pumps} processes, window 100 each: {_once(args, joined.pk, 100, pumps)}", flush=True)
    return 0


def _once(args: argparse.Namespace, program: int, window: int, pumps: int) -> Figures:
    """Two broadcasts to a program, written out first, then sent by so many pumps."""
    from porchlight.alerts.models import Delivery, Program
    from tests.alerts.crash import people

    to = Program.objects.get(pk=program)
    sending = [people.broadcast(to, NOON).pk for _ in range(2)]
    _write_out()
    wanted = Delivery.objects.filter(broadcast__in=sending).count()
    with _pumps(args, window, pumps) as running:
        before, carrier = sum(map(_processor, running)), _processor(args.carrier)
        until = time.monotonic() + LONGEST
        while _delivered(sending) < wanted:
            time.sleep(0.2)
            if time.monotonic() > until:
                raise TimeoutError(f"{_delivered(sending)} of {wanted} texts have a receipt")
        used = sum(map(_processor, running)) - before, _processor(args.carrier) - carrier
    first, last, kept = _moments(sending)
    return Figures(wanted, last - first, kept - first, *used)


@contextmanager
def _pumps(args: argparse.Namespace, window: int, of: int) -> Iterator[Sequence[int]]:
    """The processes of pumps that begin to send now."""
    given = [sys.executable, __file__, "--part", "pump", "--port", str(args.port)]
    given += ["--window", str(window), "--of", str(of)]
    given += ["--profile", str(args.profile)] if args.profile else []
    running = [
        subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(of)
    ]
    try:
        for each in running:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in running:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        yield [each.pid for each in running]
    finally:
        for each in running:
            each.communicate("")  # the end of its input tells it to stop


def _pump(args: argparse.Namespace) -> int:
    """One pump, from the first line of its input until that ends."""
    import django

    django.setup()
    from porchlight.alerts import config
    from porchlight.alerts.carriers import build
    from porchlight.alerts.pump import Pump

    given = config.alerts()
    usual = replace(
        given.senders[0],
        carrier=config.CarrierKind.SMPP,
        number=OURS,
        rate=1e6,
        burst=1e6,
        grace=0.5,
        window=args.window,
        smpp=_smpp(args.port),
    )
    settings = replace(given, senders=(usual,))
    # One clock for all: a sender's rate goes by what earlier runs have left in the database.
    offset = NOON - float(os.environ["BENCH_BEGAN"])

    async def whole() -> None:
        pump = Pump(lambda: settings, build, of=args.of, clock=lambda: time.time() + offset)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        running = asyncio.create_task(pump.run())
        await asyncio.to_thread(sys.stdin.read)
        pump.stop()
        await running

    if args.profile is None:
        asyncio.run(whole())
    else:
        _profiled(args.profile, whole())
    return 0


def _profiled(path: Path, work: Any) -> None:
    """The processor time of the event loop's thread and of the database's, function by function, in two files."""
    import cProfile
    import threading

    there = cProfile.Profile(time.thread_time)

    def begin(*_event: object) -> None:
        if threading.current_thread().name.startswith("database"):
            threading.setprofile(None)
            there.enable()

    threading.setprofile(begin)
    here = cProfile.Profile(time.thread_time)
    here.runcall(asyncio.run, work)
    here.dump_stats(path.with_suffix(".loop"))
    there.dump_stats(path.with_suffix(".database"))


def _smpp(port: int) -> Any:
    from porchlight.alerts import config

    return config.Smpp(
        host="127.0.0.1",
        port=port,
        tls=False,
        ca_file=None,
        system_id="practice",
        password=PASSWORD,
        system_type="",
        coding=config.Coding.GSM,
        long_text=config.LongText.UDH,
        receipt_ids=config.ReceiptIds.SAME,
        binds=1,
        enquire=30.0,
        timeout=10.0,
    )


def _write_out() -> None:
    from django.db import connection

    from porchlight.alerts import expansion, routes

    while (waiting := expansion.next_broadcast(NOON)) is not None:
        expansion.step(waiting, 20_000, [routes.Choice("practice", 1)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _delivered(broadcasts: Sequence[int]) -> int:
    from porchlight.alerts.models import Delivery

    return Delivery.objects.filter(broadcast__in=broadcasts, state=Delivery.State.DELIVERED).count()


def _moments(broadcasts: Sequence[int]) -> tuple[float, float, float]:
    """When the first text and the last one were written, and when the last receipt was kept."""
    from django.db.models import Max, Min

    from porchlight.alerts.models import Delivery

    found = Delivery.objects.filter(broadcast__in=broadcasts).aggregate(Min("sent"), Max("sent"), Max("done"))
    return found["sent__min"], found["sent__max"], found["done__max"]


if __name__ == "__main__":
    sys.exit(main())
