"""The two networks that storms rage on: a bare line whose carrier stays up, and SMPP, whose carrier is killed too.

What arrived is read from what the carrier wrote down before it answered, so it holds whoever was killed.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing.context
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from porchlight.alerts.carriers import Carrier
    from porchlight.alerts.carriers.smsc.record import Line
    from porchlight.alerts.config import Sender

OURS = "+15025550100"
ACCOUNT, PASSWORD = "storm", "thunder"
Fork = multiprocessing.context.ForkServerContext


@dataclass(frozen=True, slots=True)
class Arrival:
    """One text that came to a telephone: `at` is time.monotonic(). `key` is its delivery's id, where the wire says it.

    `together` are the texts on the wire to that number at that moment, it included; None where nobody counted.
    """

    to: str
    words: str
    at: float
    key: int | None
    together: int | None


class Wiring(Protocol):
    """How a pump, in a process of its own, is set to use a network."""

    def sender(self, usual: Sender) -> Sender:
        """The settings of the one sender."""

    def build(self, sender: Sender) -> Carrier:
        """Its carrier, not yet open."""


class Network(Protocol):
    """A carrier and its telephones."""

    kills: int

    @property
    def wiring(self) -> Wiring:
        """What its pumps need."""

    def start(self) -> None:
        """Be there."""

    def kill(self) -> None:
        """Lose the carrier, and have it back."""

    def say_stop(self, number: str) -> None:
        """Someone texts STOP."""

    def is_quiet(self) -> bool:
        """Has the carrier brought all that telephones said?"""

    def stopped(self) -> Mapping[str, float]:
        """When our database had the first STOP of each number that was acknowledged: time.monotonic()."""

    def arrivals(self) -> list[Arrival]:
        """Every text that came, in order."""

    def close(self) -> None:
        """Be gone."""


# --- a bare line ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineWiring:
    """A socket of this machine, JSON on it."""

    path: Path

    def sender(self, usual: Sender) -> Sender:
        return usual

    def build(self, _sender: Sender) -> Carrier:
        from tests.alerts.crash.receiver import Line

        return Line(self.path)


class LineNetwork:
    """The carrier of `receiver.py`; STOP comes as from a webhook, in the process of whoever calls."""

    def __init__(self, folder: Path, name: str, fork: Fork, seed: int, clock: Callable[[], float]) -> None:
        self.wiring = LineWiring(folder / f"{name}.sock")
        self.kills = 0
        self._record, self._fork, self._seed, self._clock = folder / f"{name}.jsonl", fork, seed, clock
        self._stopped: dict[str, float] = {}
        self._texts = 0

    def start(self) -> None:
        from tests.alerts.crash.receiver import receive

        self._record.touch()
        self._process = self._fork.Process(
            target=receive, args=(self.wiring.path, self._record, self._seed), daemon=True
        )
        self._process.start()
        while not self.wiring.path.exists():
            time.sleep(0.01)

    def kill(self) -> None:
        """This one stays up."""

    def say_stop(self, number: str) -> None:
        """The same function that a carrier's webhook calls."""
        from porchlight.alerts import inbound
        from porchlight.alerts.carriers import Received

        self._texts += 1
        text = Received(f"{self._seed}-{self._texts}", number, OURS, "STOP")
        inbound.receive("practice", text, datetime.fromtimestamp(self._clock(), UTC))
        self._stopped.setdefault(number, time.monotonic())

    def is_quiet(self) -> bool:
        return True

    def stopped(self) -> Mapping[str, float]:
        return self._stopped

    def arrivals(self) -> list[Arrival]:
        lines = [json.loads(line) for line in self._record.read_text().splitlines()]
        return [
            Arrival(each["to"], each["text"], each["at"], int(each["key"]), each["together"])
            for each in lines
        ]

    def close(self) -> None:
        self._process.kill()
        self._process.join()


# --- SMPP -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SmppWiring:
    """Our SMPP carrier, two connections, to the practice carrier at `port`."""

    port: int
    window: int

    def sender(self, usual: Sender) -> Sender:
        from porchlight.alerts.config import CarrierKind, Coding, LongText, ReceiptIds, Smpp

        return replace(
            usual,
            carrier=CarrierKind.PRACTICE_SMPP,
            window=self.window,
            account=None,
            smpp=Smpp(
                host="127.0.0.1",
                port=self.port,
                tls=False,
                ca_file=None,
                system_id=ACCOUNT,
                password=PASSWORD,
                system_type="",
                coding=Coding.GSM,
                long_text=LongText.UDH,
                receipt_ids=ReceiptIds.SAME,
                binds=2,
                enquire=0.5,
                timeout=3.0,
            ),
        )

    def build(self, sender: Sender) -> Carrier:
        from porchlight.alerts.carriers.smpp.carrier import SmppCarrier

        return SmppCarrier(sender)


class SmppNetwork:
    """The practice carrier in a process of its own, with habits of a bad day; killed, it comes back with nothing but
    its record. What a telephone said and the carrier had not brought by then is lost with it, as it may be."""

    def __init__(self, folder: Path, name: str, fork: Fork, seed: int, window: int) -> None:
        self.wiring = SmppWiring(_free_port(), window)
        self.kills = 0
        self._record, self._fork, self._seed = folder / f"{name}.record", fork, seed

    def start(self) -> None:
        self._ours, theirs = self._fork.Pipe()
        self._process = self._fork.Process(
            target=practice, args=(self.wiring.port, self._record, self._seed, theirs), daemon=True
        )
        self._process.start()
        self._ours.recv()  # it listens

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.kills += 1
        self.start()

    def say_stop(self, number: str) -> None:
        self._ours.send(number)

    def is_quiet(self) -> bool:
        self._ours.send("")
        return bool(self._ours.recv())

    def stopped(self) -> Mapping[str, float]:
        first: dict[str, float] = {}
        for line in self._lines("brought"):
            first.setdefault(line.phone, line.at)
        return first

    def arrivals(self) -> list[Arrival]:
        """A long text has arrived with its first part: from then on it may be seen."""
        long: defaultdict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        found: list[Arrival] = []
        for line in self._lines("taken"):
            if line.parts == 1:
                found.append(Arrival(line.phone, line.words, line.at, None, None))
                continue
            whole = long[line.phone, line.reference]
            whole[line.part] = line.words
            if len(whole) == line.parts:
                words = "".join(whole.pop(part) for part in sorted(whole))
                found.append(Arrival(line.phone, words, line.at, None, None))
        return found

    def _lines(self, what: str) -> list[Line]:
        from porchlight.alerts.carriers.smsc import record

        return [line for line in record.read(self._record) if line.what == what]

    def close(self) -> None:
        self._process.kill()
        self._process.join()


def practice(port: int, path: Path, seed: int, control: Connection) -> None:
    """The practice carrier: for each number that comes down `control`, its telephone texts STOP.

    An empty one asks whether the site has acknowledged all of them.
    """
    from porchlight.alerts.carriers.practice import Habits, Telephones, Text
    from porchlight.alerts.carriers.smsc.counter import Account
    from porchlight.alerts.carriers.smsc.record import Record
    from porchlight.alerts.carriers.smsc.server import Smsc
    from porchlight.alerts.config import Coding

    habits = Habits(
        delay=0.02,
        spread=0.1,
        receipts_twice=0.05,
        receipts_first=0.05,
        receipts_lost=0.02,
        queue_full_share=0.002,
        answer_delay=0.005,
        any_bind=True,
        seed=seed,
    )
    telephones = Telephones(habits)
    account = Account(ACCOUNT, PASSWORD, {OURS: Coding.GSM})
    smsc = Smsc(telephones, [account], port=port, record=Record(path))
    control.send("listening")
    typed: list[Text] = []
    with contextlib.suppress(EOFError):
        while True:
            if number := control.recv():
                typed.append(telephones.text_site(number, OURS, "STOP", time.time()))
            else:
                control.send(all(each.fate == "received" for each in typed))
    smsc.close()


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
