"""A carrier that says, octet by octet, what a test wants. It shares no line with our own reading and writing."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porchlight.alerts.carriers import Outgoing, Receipt, Received
from porchlight.alerts.carriers.smpp.carrier import SmppCarrier
from porchlight.alerts.config import CarrierKind, Coding, LongText, ReceiptIds, Sender, Site, Smpp, read

BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE, DATA = 0x09, 0x04, 0x05, 0x06, 0x15, 0x103
NACK, ANSWER = 0x80000000, 0x80000000
TEXT = Outgoing("7", "+15025550101", "+15025550100", "Hello", 1)


def unit(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """One PDU."""
    return struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body


def tlv(tag: int, value: bytes) -> bytes:
    """One optional field."""
    return struct.pack(">HH", tag, len(value)) + value


def text_body(
    words: bytes,
    *,
    esm: int = 0,
    coding: int = 0,
    tlvs: bytes = b"",
    source: bytes = b"15025550101",
    destination: bytes = b"15025550100",
    ton: int = 1,
) -> bytes:
    """The body of a deliver_sm, field after field (SMPP 3.4, 4.6.1)."""
    return (
        b"\0"  # service_type
        + bytes([ton, 1]) + source + b"\0"
        + bytes([1, 1]) + destination + b"\0"
        + bytes([esm, 0, 0])  # esm_class, protocol_id, priority_flag
        + b"\0\0"  # schedule_delivery_time, validity_period
        + bytes([0, 0, coding, 0, len(words)])  # registered, replace, data_coding, default message, length
        + words
        + tlvs
    )  # fmt: skip


def data_body(tlvs: bytes, *, esm: int = 0, coding: int = 0) -> bytes:
    """The body of a data_sm, which has all of its words in a field of its own (4.7.1)."""
    return b"\0\1\x0115025550101\0\1\x0115025550100\0" + bytes([esm, 0, coding]) + tlvs


@dataclass(frozen=True, slots=True)
class Heard:
    """What came from the carrier's customer: us."""

    command: int
    status: int
    sequence: int
    body: bytes

    @property
    def text(self) -> dict[str, Any]:
        """A submit_sm's fields that tests look at."""
        _service, rest = self.body.split(b"\0", 1)
        source_kind, rest = tuple(rest[:2]), rest[2:]
        source, rest = rest.split(b"\0", 1)
        to_kind, rest = tuple(rest[:2]), rest[2:]
        to, rest = rest.split(b"\0", 1)
        esm, rest = rest[0], rest[3:]
        _scheduled, validity, rest = rest.split(b"\0", 2)
        registered, coding, length = rest[0], rest[2], rest[4]
        words, rest = rest[5 : 5 + length], rest[5 + length :]
        tlvs = {}
        while rest:
            tag, size = struct.unpack_from(">HH", rest)
            tlvs[tag], rest = rest[4 : 4 + size], rest[4 + size :]
        return {
            "source": (*source_kind, source), "to": (*to_kind, to), "esm": esm, "validity": validity,
            "registered": registered, "coding": coding, "words": words, "tlvs": tlvs,
        }  # fmt: skip


class Line:
    """One connection to the scripted carrier."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.heard: list[Heard] = []

    def say(self, *units: bytes) -> None:
        """Write all of it in one piece."""
        if not self.writer.is_closing():
            self.writer.write(b"".join(units))

    def cut(self) -> None:
        """End the line without a word."""
        self.writer.transport.abort()


Say = Callable[[Line, Heard], None]


class Smsc:
    """Answers as a good carrier does, except where `on` says otherwise for a command."""

    def __init__(self) -> None:
        self.on: dict[int, Say] = {}
        self.lines: list[Line] = []
        self.port = 0
        self.named = 0

    @property
    def line(self) -> Line:
        """The newest one."""
        return self.lines[-1]

    @property
    def heard(self) -> list[Heard]:
        """All that came, over all lines."""
        return [each for line in self.lines for each in line.heard]

    def texts(self) -> list[dict[str, Any]]:
        """Every submit_sm that came."""
        return [each.text for each in self.heard if each.command == SUBMIT]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line until it ends."""
        line = Line(writer)
        self.lines.append(line)
        try:
            while True:
                head = await reader.readexactly(16)
                length, command, status, sequence = struct.unpack(">LLLL", head)
                heard = Heard(command, status, sequence, await reader.readexactly(length - 16))
                line.heard.append(heard)
                self.on.get(command, self.usual)(line, heard)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def usual(self, line: Line, heard: Heard) -> None:
        """What a good carrier says."""
        if heard.command == BIND:
            line.say(unit(BIND | ANSWER, heard.sequence, b"carrier\0"))
        elif heard.command == SUBMIT:
            self.accept(line, heard)
        elif heard.command in {ENQUIRE, UNBIND}:
            line.say(unit(heard.command | ANSWER, heard.sequence))

    def accept(self, line: Line, heard: Heard) -> None:
        """Take a text: its names are m1, m2, and so on."""
        self.named += 1
        line.say(unit(SUBMIT | ANSWER, heard.sequence, b"m%d\0" % self.named))


@dataclass(slots=True)
class Ear:
    """What the carrier told us; kept at once, or when the test says so."""

    at_once: bool = True
    heard: list[Receipt | Received] = field(default_factory=list)
    kept: list[asyncio.Future[None]] = field(default_factory=list)

    def hear(self, what: Receipt | Received) -> asyncio.Future[None]:
        """The pump's part."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard.append(what)
        self.kept.append(future)
        if self.at_once:
            future.set_result(None)
        return future


def sender_of(port: int, directory: Path, **changes: Any) -> Sender:
    """A practice sender whose carrier is the scripted one."""
    of_sender = {"window": 20} | {name: changes.pop(name) for name in ("window", "grace") if name in changes}
    settings: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "tls": False, "ca_file": None, "system_id": "us", "password": "secret",
        "system_type": "", "coding": Coding.GSM, "long_text": LongText.UDH, "receipt_ids": ReceiptIds.SAME,
        "binds": 1, "enquire": 30, "timeout": 2,
    }  # fmt: skip
    (practice,) = read(Site(directory, "", 8000, "k" * 50), {})[0].senders
    return Sender(
        **{name: getattr(practice, name) for name in practice.__dataclass_fields__}
        | {"carrier": CarrierKind.SMPP, "account": None, "smpp": Smpp(**settings | changes)}
        | of_sender
    )


@asynccontextmanager
async def listening(smsc: Smsc, tls: ssl.SSLContext | None = None) -> AsyncIterator[Smsc]:
    """The scripted carrier, on a port of this machine."""
    server = await asyncio.start_server(smsc.serve, "127.0.0.1", 0, ssl=tls)
    smsc.port = server.sockets[0].getsockname()[1]
    try:
        yield smsc
    finally:
        server.close()
        for line in smsc.lines:
            line.cut()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def bound(
    smsc: Smsc, directory: Path, ear: Ear | None = None, **changes: Any
) -> AsyncIterator[SmppCarrier]:
    """Our carrier, bound to the scripted one."""
    async with listening(smsc):
        carrier = SmppCarrier(sender_of(smsc.port, directory, **changes))
        await carrier.open((ear or Ear()).hear)
        await until(lambda: sum(line.usable for line in carrier._lines) == changes.get("binds", 1))
        try:
            yield carrier
        finally:
            await carrier.close()


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that must come."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
