"""Towns: a site, its sender and a carrier with telephones, each a process of its own, as `./run` starts them.

They differ in the carrier: ours by HTTP, ours by SMPP, or one that is not ours (npm's `smpp`), which stands where the
site looks for its practice carrier. So all texts stay on this machine, and no town has quiet hours.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import BrowserContext, Page, expect

from porchlight.alerts.carriers.smsc import record
from tests.alerts.stranger.process import Stranger, certificate, installed
from tests.site import canary

PASSWORD = "lantern orchard seventeen"
OURS = "+15025550100"
WINDOW = 20  # texts that may wait for the carrier's answer at once
# Generous for a busy machine: nothing here is about speed.
SOON = 60_000  # milliseconds


class Kind(StrEnum):
    """Who the carrier is, and how it is reached."""

    HTTP = "http"
    SMPP = "smpp"
    SMPP_TLS = "smpp-tls"
    STRANGER = "stranger"
    STRANGER_TLS = "stranger-tls"

    @property
    def is_stranger(self) -> bool:
        """Is it not ours?"""
        return self in {Kind.STRANGER, Kind.STRANGER_TLS}

    @property
    def is_secure(self) -> bool:
        """Does it speak TLS?"""
        return self in {Kind.SMPP_TLS, Kind.STRANGER_TLS}


# The ways of a carrier, so that each one is gone by some town. At 25 segments a second a broadcast can be cut in two.
_SENDER = f"""
[[senders]]
name = "practice"
number = "{OURS}"
carrier = "practice-smpp"
rate = 25
window = {WINDOW}
"""
_WAYS = {
    Kind.SMPP: "binds = 2\n",
    Kind.SMPP_TLS: 'tls = true\nlong_text = "sar"\n',
    Kind.STRANGER: "",
    Kind.STRANGER_TLS: 'tls = true\nlong_text = "sar"\nreceipt_ids = "decimal"\n',
}


# --- telephones -------------------------------------------------------------------------------------------------------


class Telephone(Protocol):
    """One person's telephone."""

    def gets(self, words: str | re.Pattern[str]) -> str:
        """Wait until a text of ours with these words is there, and return all of it."""

    def says(self, words: str) -> None:
        """Type an answer and send it."""

    def waits_for(self, count: int) -> list[str]:
        """Wait until it holds `count` texts of ours, and return them."""

    def holds(self) -> list[str]:
        """Every text of ours on it, oldest first."""


@dataclass
class PagePhone:
    """A tab with the practice phone open at one number, in a browser with or without scripts."""

    tab: Page
    scripts: bool

    def gets(self, words: str | re.Pattern[str]) -> str:
        text = self.tab.locator(".site", has_text=words).last
        if self.scripts:
            expect(text).to_be_visible(timeout=SOON)
            return text.inner_text()
        for _ in range(SOON // 500):
            if text.count():
                return text.inner_text()
            self.tab.wait_for_timeout(500)
            self.tab.locator("[data-refresh] a").click()
        raise AssertionError(f"no text with {words!r}: {self.tab.locator('[role=log]').inner_text()}")

    def says(self, words: str) -> None:
        self.tab.locator("form.reply textarea").fill(words)
        self.tab.locator("form.reply button").click()
        expect(self.tab.locator(".mine", has_text=words).last).to_be_visible(timeout=SOON)

    def waits_for(self, count: int) -> list[str]:
        for _ in range(SOON // 500):
            if len(held := self.holds()) >= count:
                return held
            self.tab.wait_for_timeout(500)
        raise AssertionError(f"{count} texts were to come: {self.holds()}")

    def holds(self) -> list[str]:
        self.tab.reload()
        return self.tab.locator(".site .words").all_inner_texts()


@dataclass
class StrangersPhone:
    """A telephone of the carrier that is not ours: what was put together for it, and what it is made to say."""

    stranger: Stranger
    number: str

    def gets(self, words: str | re.Pattern[str]) -> str:
        wanted = re.compile(re.escape(words)) if isinstance(words, str) else words
        found = _until(lambda: [text for text in self.holds() if wanted.search(text)], self.holds)
        return found[-1]

    def says(self, words: str) -> None:
        self.stranger.say(self.number, OURS, words)

    def waits_for(self, count: int) -> list[str]:
        return _until(lambda: held if len(held := self.holds()) >= count else [], self.holds)

    def holds(self) -> list[str]:
        return [str(text["words"]) for text in self.stranger.texts() if text["to"] == self.number]


def _until(look: Callable[[], list[str]], shown: Callable[[], object]) -> list[str]:
    until = time.monotonic() + SOON / 1000
    while not (found := look()):
        assert time.monotonic() < until, shown()
        time.sleep(0.1)
    return found


# --- carriers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that a carrier has whole, by its own account: `ids` in the form in which the site keeps them.

    `receipted`: the site acknowledged that it was delivered, for each id.
    """

    ids: frozenset[str]
    to: str
    ours: str
    words: str
    receipted: bool


class Side(Protocol):
    """The carrier's side of a town. One that `forgets` loses by a cut what it had still to say."""

    forgets: bool

    def telephone(self, context: BrowserContext, number: str, language: str, *, scripts: bool) -> Telephone:
        """The telephone with this number, E.164, which may have no texts yet."""

    def first_words(self, context: BrowserContext, number: str, words: str) -> Telephone:
        """Someone writes to us from a number that nobody has seen yet."""

    def texts(self) -> list[Taken]:
        """Every text that it took."""

    def said(self) -> list[tuple[str, str]]:
        """The number and words of every text of a telephone that the site acknowledged."""

    def dawdle(self, seconds: float) -> None:
        """Answer so late from now on, whatever is taken."""

    def cut(self) -> None:
        """Lose every connection, with whatever is on it."""


@dataclass
class PracticePhone:
    """Our practice carrier by HTTP, and its page."""

    town: Town
    forgets: bool = False

    @property
    def address(self) -> str:
        """Where its page is."""
        return self.town.phone

    def telephone(self, context: BrowserContext, number: str, language: str, *, scripts: bool) -> Telephone:
        tab = context.new_page()
        tab.goto(f"{self.address}/?phone=%2B{number[1:]}&language={language}")
        return PagePhone(tab, scripts)

    def first_words(self, context: BrowserContext, number: str, words: str) -> Telephone:
        tab = context.new_page()
        tab.goto(self.address)
        tab.get_by_text("Text from another number").click()
        tab.get_by_label("From").fill(number)
        tab.locator("#other-words").fill(words)
        tab.locator("details form button").click()
        return PagePhone(tab, scripts=True)

    def texts(self) -> list[Taken]:
        return [
            Taken(frozenset({_id(text["message_id"])}), text["phone"], text["ours"], text["words"],
                  text["fate"] == "delivered")
            for text in self._all() if text["from_site"]
        ]  # fmt: skip

    def said(self) -> list[tuple[str, str]]:
        return [(text["phone"], text["words"]) for text in self._all() if not text["from_site"]]

    def dawdle(self, seconds: float) -> None:
        self._ask("/practice/habits", f"answer_delay={seconds}".encode())

    def cut(self) -> None:
        self.town.restart_phone()

    def _all(self) -> list[dict[str, Any]]:
        return [text for texts in self._ask("/practice/texts").values() for text in texts]

    def _ask(self, path: str, form: bytes | None = None) -> Any:
        name = base64.b64encode(f"practice:{self.town.token}".encode()).decode()
        asked = urllib.request.Request(self.address + path, form, {"Authorization": f"Basic {name}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)


@dataclass
class PracticeSmsc(PracticePhone):
    """Our practice carrier by SMPP: the same page, and a record that outlives it."""

    forgets: bool = True

    def texts(self) -> list[Taken]:
        lines = record.read(self.town.record)
        receipted = {line.id for line in lines if line.what == "receipted"}
        long: dict[tuple[str, int], dict[int, record.Line]] = {}
        found = []
        for line in lines:
            if line.what != "taken":
                continue
            parts = long.setdefault((line.phone, line.reference), {}) if line.parts > 1 else {}
            parts[line.part] = line
            if len(parts) == line.parts:
                long.pop((line.phone, line.reference), None)
                found.append(_together([parts[at] for at in sorted(parts)], receipted))
        return found

    def said(self) -> list[tuple[str, str]]:
        return [(line.phone, line.words) for line in record.read(self.town.record) if line.what == "brought"]


def _together(parts: list[record.Line], receipted: set[str]) -> Taken:
    ids = {part.id for part in parts}
    words = "".join(part.words for part in parts)
    return Taken(frozenset(map(_id, ids)), parts[0].phone, parts[0].ours, words, ids <= receipted)


@dataclass
class StrangersSide:
    """The carrier that is not ours. With TLS its receipts are decimal, while its answers are always hexadecimal."""

    stranger: Stranger
    decimal: bool
    forgets: bool = False

    def telephone(self, context: BrowserContext, number: str, language: str, *, scripts: bool) -> Telephone:
        return StrangersPhone(self.stranger, number)

    def first_words(self, context: BrowserContext, number: str, words: str) -> Telephone:
        self.stranger.say(number, OURS, words)
        return StrangersPhone(self.stranger, number)

    def texts(self) -> list[Taken]:
        return [
            Taken(frozenset(map(self._id, text["ids"])), text["to"], text["from"], text["words"],
                  len(text["receipted"]) == len(text["ids"]))
            for text in self.stranger.texts()
        ]  # fmt: skip

    def said(self) -> list[tuple[str, str]]:
        return [(text["from"], text["words"]) for text in self.stranger.said()]

    def dawdle(self, seconds: float) -> None:
        self.stranger.dawdle(seconds)

    def cut(self) -> None:
        self.stranger.cut()

    def _id(self, written: str) -> str:
        return str(int(written, 16)) if self.decimal else _id(written)


def _id(written: str) -> str:
    return written.lower().lstrip("0")


# --- towns ------------------------------------------------------------------------------------------------------------


@dataclass
class Town:
    """Where the site and the phone are, and what goes on behind them."""

    kind: Kind
    folder: Path
    environ: Mapping[str, str]
    site: str
    phone: str
    token: str = ""
    side: Side = field(init=False)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The site's data directory."""
        return self.folder / "data"

    @property
    def record(self) -> Path:
        """Where our carrier writes what it took."""
        return self.folder / "record"

    @property
    def printed(self) -> Path:
        """What the processes printed."""
        return self.folder / "printed.log"

    def do(self, *words: str, typed: str = "") -> str:
        """Run `porchlight` with these words; what it printed."""
        return self._run("porchlight", *words, typed=typed)

    def kept(self) -> dict[str, list[dict[str, Any]]]:
        """What the database holds, as `kept.py` tells it."""
        found: dict[str, list[dict[str, Any]]] = json.loads(self._run("tests.e2e.kept"))
        return found

    def secret(self) -> str:
        """The practice carrier's password, of which SMPP carries the beginning."""
        code = "from porchlight.alerts.carriers.smsc import of_site; print(of_site.token())"
        return self._python("-c", code).strip()

    def start(self, part: str, *options: str) -> None:
        """Start one of the site's processes."""
        with self.printed.open("ab") as out:
            self.running[part] = subprocess.Popen(
                [sys.executable, "-m", "porchlight", part, *options],
                cwd=canary.ROOT, env=self.environ, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def start_phone(self) -> None:
        """Start the practice phone, which is the carrier too, and wait for it."""
        self.start("phone", *(() if self.kind is Kind.HTTP else ("--record", str(self.record))))
        self.wait_for(f"{self.phone}/")

    def restart_phone(self) -> None:
        """Kill it and start it again."""
        self.running["phone"].kill()
        self.running["phone"].wait()
        self.start_phone()

    def wait_for(self, address: str) -> None:
        """Until somebody answers there."""
        until = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).close()
            except OSError:
                assert time.monotonic() < until, self.printed.read_text()
                time.sleep(0.1)
            else:
                return

    def end(self) -> list[int]:
        """Tell every process to end; how each did."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        return [process.wait(60) for process in self.running.values()]

    def _run(self, module: str, *words: str, typed: str = "") -> str:
        return self._python("-m", module, *words, typed=typed)

    def _python(self, *words: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=canary.ROOT, env=self.environ, input=typed, text=True, check=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        return done.stdout


@contextmanager
def living(kind: Kind, folder: Path, session: Path) -> Iterator[Town]:
    """A town of this kind, everything running, with one approver named ana. `session` may hold what several share."""
    site, phone, smpp = canary.free_port(), canary.free_port(), _two_free_ports()
    environ = os.environ | {
        "PORCHLIGHT_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "porchlight.site.settings",
        "PORT": str(site),
        "PHONE_PORT": str(phone),
        "SMPP_PORT": str(smpp),
    }
    town = Town(kind, folder, environ, f"http://127.0.0.1:{site}", f"http://127.0.0.1:{phone}")
    town.do("manage", "migrate", "--verbosity", "0")
    if kind is not Kind.HTTP:
        (town.data / "alerts.toml").write_text(_SENDER + _WAYS[kind])
    town.do("staff", "add", "ana", "--role", "approver", typed=f"{PASSWORD}\n")
    town.token = town.secret()
    stranger = _stranger(town, smpp, session) if kind.is_stranger else None
    try:
        if stranger is None:
            town.side = PracticePhone(town) if kind is Kind.HTTP else PracticeSmsc(town)
            town.start_phone()
        else:
            town.side = StrangersSide(stranger, decimal=kind.is_secure)
        for part in ("serve", "send"):
            town.start(part)
        town.wait_for(f"{town.site}/healthz")
        yield town
    finally:
        ended = town.end()
        if stranger is not None:
            stranger.close()
    assert not any(ended), town.printed.read_text()


def _stranger(town: Town, port: int, session: Path) -> Stranger:
    """The carrier that is not ours, on the port, with the password and under the certificate that the site expects."""
    tls = None
    if town.kind.is_secure:
        port += 1
        tls = certificate(town.folder / "key.pem", town.data / "practice-carrier.pem")
    return Stranger(
        installed(session), "practice", town.token[:8], port=port,
        receipt_ids="decimal" if town.kind.is_secure else "hex", tls=tls,
    )  # fmt: skip


def _two_free_ports() -> int:
    """The first of two: with TLS the carrier listens on the one after it."""
    while True:
        port = canary.free_port()
        with socket.socket() as second:
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
