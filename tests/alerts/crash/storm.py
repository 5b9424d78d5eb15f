"""Storms: pumps and the database are killed at seeded moments while two broadcasts go out and people say STOP.

For each seed it prints one line of JSON: what was received twice, lost, or sent after STOP, and how many of each thing
happened; at the end their sums. Exits with 1 when anything is wrong.
Run: python tests/alerts/crash/storm.py --pumps 1 3 --seeds 0 10
(SQLite in a temporary folder; with --postgres BIN, a server of its own, killed too; with --smpp over SMPP, where the
carrier is killed too and STOP comes through it).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.alerts.crash.networks import Arrival, LineNetwork, Network, SmppNetwork, Wiring  # noqa: E402 - after the path is set

if TYPE_CHECKING:
    from porchlight.alerts.models import Delivery, Number

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC).timestamp()

PEOPLE, RATE, WINDOW, LEASE, GRACE = 120, 150.0, 10, 1.0, 0.25
LONGEST = 90.0  # seconds until a storm that does not end is called lost
# A text claimed just before STOP may still be written until its slot is over: horizon, grace, and the way to us.
LAST_MOMENT = 0.5 + GRACE + 0.25


@dataclass
class Counts:
    """What one storm did, and what must hold: `lost`, `after_reply`, `long_after_stop` and `at_once` are always 0.

    `twice` is at most what is on one pump's wire for each kill of it and each loss of its slot (`slots_lost`: the
    database was away for longer than the lease), and on all pumps' for each kill of the carrier; `twice_at_most_once`
    is 0. `between` are texts that arrived after STOP was committed and before it was acknowledged:
    they were claimed already. `at_once` is None over SMPP, where nobody counts it; `delivered` are those of which a
    receipt said so.
    """

    seed: int
    pumps: int
    kills: int
    carrier_kills: int
    database_kills: int
    slots_lost: int
    stops: int
    received: int
    lost: list[str]
    twice: int
    twice_at_most_once: int
    unknown: int
    replies_twice: int
    between: int
    after_reply: int
    long_after_stop: int
    at_once: int | None
    delivered: int
    seconds: float

    def wrong(self) -> list[str]:
        """Which of the promises was broken."""
        batch = WINDOW * (self.kills + self.slots_lost + self.carrier_kills * self.pumps)
        promises = {
            "a text was lost": not self.lost,
            "more texts twice than were claimed": self.twice + self.replies_twice <= batch,
            "a text twice that may go at most once": self.twice_at_most_once == 0,
            "more texts unknown than were claimed": self.unknown <= batch,
            "a text after STOP was acknowledged": self.after_reply == 0,
            "a text long after STOP": self.long_after_stop == 0,
            "two texts to one number at once": not self.at_once,
        }
        return [promise for promise, kept in promises.items() if not kept]


def main() -> int:
    """Run the seeds one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 1), metavar=("FROM", "TO"))
    parser.add_argument("--pumps", type=int, nargs="+", default=[1], help="of each seed in turn")
    parser.add_argument("--postgres", type=Path, metavar="BIN", help="the folder of initdb and pg_ctl")
    parser.add_argument("--smpp", action="store_true", help="over SMPP, and kill the carrier too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="porchlight-storm-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101 - the database's user must pass
        server = Server(Path(folder) / "postgres", args.postgres) if args.postgres else None
        try:
            _set_up(Path(folder), server)
            storms = [
                _storm(Path(folder), seed, args.pumps[seed % len(args.pumps)], server, smpp=args.smpp)
                for seed in range(*args.seeds)
            ]
        finally:
            if server is not None:
                server.stop()
    return _sum_up(storms, ("PostgreSQL" if server else "SQLite") + (", SMPP" if args.smpp else ""))


def _storm(folder: Path, seed: int, pumps: int, server: Server | None, *, smpp: bool) -> Counts:
    counts = Storm(folder, seed, pumps, server, smpp=smpp).run()
    print(json.dumps(asdict(counts)), *counts.wrong(), flush=True)
    return counts


def _sum_up(storms: list[Counts], database: str) -> int:
    broken = [counts.seed for counts in storms if counts.wrong()]
    sums = {
        name: sum(getattr(counts, name) for counts in storms)
        for name, each in asdict(storms[0]).items()
        if isinstance(each, int) and name not in ("seed", "pumps")
    }
    lost = sum(len(counts.lost) for counts in storms)
    print(f"{database}: {len(storms)} storms, {len(broken)} broke a promise {broken}", sums | {"lost": lost})
    return 1 if broken else 0


def _set_up(folder: Path, server: Server | None) -> None:
    for name in [name for name in os.environ if name.startswith("PORCHLIGHT_")]:
        del os.environ[name]
    os.environ |= {"PORCHLIGHT_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "porchlight.site.settings"}
    if server is not None:
        os.environ["PORCHLIGHT_DATABASE_URL"] = server.start()
    subprocess.run(
        [sys.executable, "-m", "porchlight", "manage", "migrate", "--verbosity", "0"], cwd=ROOT, check=True
    )
    import django

    django.setup()
    from porchlight.alerts import keyring

    keyring.current()


class Server:
    """A PostgreSQL server of our own that may be killed: durable, so fsync stays on."""

    def __init__(self, home: Path, programs: Path) -> None:
        self._home, self._programs = home, programs

    def start(self) -> str:
        """Make and start it; returns its address."""
        self._home.mkdir()
        if os.getuid() == 0:
            shutil.chown(self._home, "postgres")
        self._do(f"'{self._programs}/initdb' --username=porchlight --auth=trust --encoding=UTF8 -D data")
        self.again()
        return f"postgres://porchlight@/postgres?host={self._home}"

    def again(self) -> None:
        """Start it after a kill."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._home}'"
        self._do(f"'{self._programs}/pg_ctl' start --silent --wait -D data -l log -o \"{options}\"")

    def kill(self) -> None:
        """As if the machine had lost it: nothing is flushed, every connection breaks."""
        self._do(f"'{self._programs}/pg_ctl' stop --silent -m immediate -D data")

    def stop(self) -> None:
        self._do(f"'{self._programs}/pg_ctl' stop --silent -m fast -D data || true")

    def _do(self, command: str) -> None:
        command = f"cd '{self._home}' && {command} >/dev/null"
        # PostgreSQL will not run as root.
        whole = (
            ["su", "postgres", "-s", "/bin/sh", "-c", command] if os.getuid() == 0 else ["sh", "-c", command]
        )
        subprocess.run(whole, check=True)


def pump(wiring: Wiring, log: Path, of: int, offset: float) -> None:
    """One pump, until it is killed or told to stop."""
    import asyncio
    from dataclasses import replace

    from porchlight.alerts import config, inbound
    from porchlight.alerts.pump import Pump

    given = config.alerts()
    usual = replace(given.senders[0], rate=RATE, burst=RATE, grace=GRACE, window=WINDOW)
    settings = replace(given, senders=(wiring.sender(usual),))

    async def send() -> None:
        running = Pump(
            lambda: settings,
            wiring.build,
            of=of,
            length=LEASE,
            clock=lambda: time.time() + offset,
            receive=lambda sender, text, now: inbound.receive(sender, text, datetime.fromtimestamp(now, UTC)),
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop)
        await running.run()

    # The journal's lines about a database that was killed stay out of what the storm itself prints.
    with open(log, "a") as out:  # noqa: PTH123 - its number outlives the Path
        os.dup2(out.fileno(), 1)
    asyncio.run(send())


class Storm:
    """One seed: people, two broadcasts, pumps, and what befalls them."""

    def __init__(self, folder: Path, seed: int, pumps: int, server: Server | None, *, smpp: bool) -> None:
        self._chance = random.Random(f"{seed} {pumps} {server is not None}{' smpp' * smpp}")
        self._seed, self._pumps, self._server = seed, pumps, server
        self._offset = NOON - time.time()
        self._fork = multiprocessing.get_context("forkserver")
        self._fork.set_forkserver_preload(["tests.alerts.crash.warm"])
        name = f"{seed}-{pumps}"
        self._log = folder / f"{name}.log"
        self._smpp = smpp
        self._network: Network
        if smpp:
            self._network = SmppNetwork(folder, name, self._fork, seed, WINDOW)
        else:
            self._network = LineNetwork(folder, name, self._fork, seed, self._now)
        self._kills = self._database_kills = 0

    def run(self) -> Counts:
        """Go through with it, and count."""
        began = time.monotonic()
        self._people()
        self._network.start()
        self._running = [self._start() for _ in range(self._pumps)]
        try:
            self._weather()
            self._calm()
        finally:
            for each in self._running:
                each.terminate()
            for each in self._running:
                each.join(10)
                each.kill()
            self._network.close()
        return self._count(time.monotonic() - began)

    def _people(self) -> None:
        from django.core.management import call_command

        from porchlight.alerts.models import Program
        from tests.alerts.crash import people

        call_command("flush", interactive=False, verbosity=0)
        often = people.program("often")
        rarely = people.program("rarely", Program.Policy.AT_MOST_ONCE)
        self._numbers = people.subscribe(often, PEOPLE)
        people.join(rarely, self._numbers)
        self._texts = {
            people.broadcast(each, self._now(), texts={"en": words, "es": words}).pk: words
            for each, words in (
                (often, "A free class starts on Monday."),
                (rarely, "The class is on Tuesday."),
            )
        }
        self._often, self._rarely = self._texts

    def _now(self) -> float:
        return time.time() + self._offset

    def _start(self) -> multiprocessing.process.BaseProcess:
        started = self._fork.Process(
            target=pump, args=(self._network.wiring, self._log, self._pumps, self._offset), daemon=True
        )
        started.start()
        return started

    # --- what befalls them --------------------------------------------------------------------------------------------

    def _weather(self) -> None:
        """STOPs, kills, and a database that is killed (PostgreSQL) or held (SQLite), at moments of this seed."""
        chance = self._chance
        events = [(chance.uniform(0.05, 2.5), "stop") for _ in range(chance.randint(5, 25))]
        events += [(chance.uniform(0.1, 2.5), "kill") for _ in range(chance.randint(1, 3))]
        events += [(chance.uniform(0.1, 2.5), "database") for _ in range(chance.randint(0, 1))]
        if self._smpp:
            events += [(chance.uniform(0.1, 2.5), "carrier") for _ in range(chance.randint(0, 2))]
        do = {
            "stop": self._stop,
            "kill": self._kill,
            "database": self._break_database,
            "carrier": self._network.kill,
        }
        began = time.monotonic()
        for at, what in sorted(events):
            time.sleep(max(0.0, began + at - time.monotonic()))
            do[what]()

    def _stop(self) -> None:
        """Someone texts STOP."""
        from porchlight.alerts import numbers

        self._network.say_stop(numbers.open_(self._chance.choice(self._claimed() or self._numbers)))

    def _claimed(self) -> list[Number]:
        """Half of the time, the numbers whose text is claimed at this moment: the hard case."""
        from porchlight.alerts.models import Delivery, Number

        if self._chance.random() < 0.5:
            return []
        claimed = Delivery.objects.filter(state=Delivery.State.CLAIMED).values("number")
        return list(Number.objects.filter(pk__in=claimed).order_by("pk"))

    def _kill(self) -> None:
        nth = self._chance.randrange(self._pumps)
        self._running[nth].kill()
        self._running[nth].join()
        self._kills += 1
        time.sleep(self._chance.uniform(0, 0.3))
        self._running[nth] = self._start()

    def _break_database(self) -> None:
        from django.db import connection, transaction

        if self._server is not None:
            self._server.kill()
            time.sleep(self._chance.uniform(0, 0.5))
            self._server.again()
            connection.close()
        else:
            with transaction.atomic():  # BEGIN IMMEDIATE: nobody else writes
                time.sleep(self._chance.uniform(0.2, 1.0))
        self._database_kills += 1

    def _calm(self) -> None:
        """Wait until everything was sent. Dead pumps stay up: nothing kills them now."""
        from porchlight.alerts.models import Broadcast, Delivery

        until, quiet = time.monotonic() + LONGEST, False
        while time.monotonic() < until:
            sending = Broadcast.objects.exclude(state=Broadcast.State.DONE).exists()
            waiting = Delivery.objects.filter(
                state__in=(Delivery.State.QUEUED, Delivery.State.CLAIMED)
            ).exists()
            if not (sending or waiting) and self._network.is_quiet():
                # What was brought meanwhile has its answer in the outbox.
                if quiet:
                    return
                quiet = True
                continue
            quiet = False
            time.sleep(0.05)

    # --- what must hold -----------------------------------------------------------------------------------------------

    def _count(self, seconds: float) -> Counts:
        from porchlight.alerts.models import Delivery

        rows = {row.pk: row for row in Delivery.objects.all()}
        arrivals = [(each, self._delivery(each, rows)) for each in self._network.arrivals()]
        times = Counter(row.pk for _each, row in arrivals)
        starts = [each for each, row in arrivals if row.kind == Delivery.Kind.START]
        replied: dict[str, float] = {}
        for each, row in arrivals:
            if row.kind == Delivery.Kind.STOP_REPLY:
                replied.setdefault(each.to, each.at)
        stopped = self._network.stopped()
        together = [each.together for each, _row in arrivals]
        return Counts(
            seed=self._seed,
            pumps=self._pumps,
            kills=self._kills,
            carrier_kills=self._network.kills,
            database_kills=self._database_kills,
            slots_lost=self._log.read_text().count("LeaseLostError") if self._log.exists() else 0,
            stops=len(stopped),
            received=len(arrivals),
            lost=self._lost(rows, times) + [f"no reply to {to[-4:]}" for to in stopped if to not in replied],
            twice=sum(times[pk] - 1 for pk in times if rows[pk].broadcast_id == self._often),
            twice_at_most_once=sum(times[pk] - 1 for pk in times if rows[pk].broadcast_id == self._rarely),
            unknown=sum(row.state == Delivery.State.UNKNOWN for row in rows.values()),
            replies_twice=sum(times[pk] - 1 for pk in times if rows[pk].broadcast_id is None),
            between=sum(stopped.get(each.to, each.at) < each.at for each in starts),
            after_reply=sum(replied.get(each.to, each.at) < each.at for each in starts),
            long_after_stop=sum(stopped.get(each.to, each.at) + LAST_MOMENT < each.at for each in starts),
            at_once=None if self._smpp else sum(count is not None and count > 1 for count in together),
            delivered=sum(row.state == Delivery.State.DELIVERED for row in rows.values()),
            seconds=round(seconds, 1),
        )

    def _delivery(self, arrival: Arrival, rows: dict[int, Delivery]) -> Delivery:
        """The row that a text came from: by its key, else by its number and its words."""
        from porchlight.alerts import numbers
        from porchlight.alerts.models import Delivery

        if arrival.key is not None:
            return rows[arrival.key]
        number = numbers.find(arrival.to)
        assert number is not None, f"a text to {arrival.to[-4:]}, whom we do not know"
        broadcasts = {words: pk for pk, words in self._texts.items()}
        of_number = [row for row in rows.values() if row.number_id == number.pk]
        if arrival.words in broadcasts:
            return next(row for row in of_number if row.broadcast_id == broadcasts[arrival.words])
        return next(row for row in of_number if row.kind == Delivery.Kind.STOP_REPLY)

    def _lost(self, rows: dict[int, Delivery], times: Counter[int]) -> list[str]:
        """Rows that are not where they should be: everyone has one of each broadcast; what is sent was received; what
        was neither received nor stopped is unknown, and that only where a text may go out at most once."""
        from porchlight.alerts.models import Delivery

        wrong = []
        for pk, row in rows.items():
            unknown_is_meant = row.broadcast_id == self._rarely and row.state == Delivery.State.UNKNOWN
            cancelled = row.state == Delivery.State.CANCELLED and row.error == "stopped"
            arrived = row.state in (Delivery.State.SENT, Delivery.State.DELIVERED) and times[pk]
            if not (unknown_is_meant or cancelled or arrived):
                state = Delivery.State(row.state).name
                wrong.append(f"delivery {pk} is {state} {row.error}, received {times[pk]} times")
        for sent in (self._often, self._rarely):
            have = {row.number_id for row in rows.values() if row.broadcast_id == sent}
            wrong += [
                f"number {number.pk} has no row of broadcast {sent}"
                for number in self._numbers
                if number.pk not in have and not self._is_stopped(number.pk)
            ]
        return wrong

    def _is_stopped(self, pk: int) -> bool:
        from porchlight.alerts.models import Number

        return Number.objects.get(pk=pk).stopped


if __name__ == "__main__":
    sys.exit(main())
