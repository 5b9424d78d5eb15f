"""A customer of the practice SMSC in a few lines: a socket, and whole PDUs in and out. It answers only when told to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from porchlight.alerts.carriers.smpp.pdu import (
    Address,
    Bind,
    Command,
    Frames,
    Message,
    Named,
    Pdu,
    decode,
    encode,
)

OURS, PHONE = "+15025550100", "+15025550101"
SYSTEM_ID, PASSWORD = "practice", "s3cret"


class Esme:
    """One connection. Everything waits ten seconds at most."""

    def __init__(self, port: int, ca_file: Path | None = None) -> None:
        made = socket.create_connection(("127.0.0.1", port), timeout=10)
        if ca_file is not None:
            trusting = ssl.create_default_context(cafile=ca_file)
            made = trusting.wrap_socket(made, server_hostname="127.0.0.1")
        self.socket = made
        self._frames = Frames()
        self._held: list[Pdu] = []
        self._sequence = 0

    def close(self) -> None:
        self.socket.close()

    def send(self, command: Command, body: Bind | Message | Named | None = None, status: int = 0) -> int:
        """Say something; returns its sequence number."""
        self._sequence += 1
        self.socket.sendall(encode(Pdu(command, self._sequence, status, body)))
        return self._sequence

    def answer(self, pdu: Pdu, status: int = 0) -> None:
        body = Named() if pdu.command is Command.DELIVER_SM else None
        self.socket.sendall(encode(Pdu(pdu.command.response, pdu.sequence, status, body)))

    def hear(self, seconds: float = 10) -> Pdu | None:
        """What comes next; None when nothing comes in time, or the line is closed."""
        until = time.monotonic() + seconds
        while not self._held:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                octets = self.socket.recv(1 << 16)
            except (TimeoutError, ConnectionResetError):
                return None
            if not octets:
                return None
            self._held += [decode(frame) for frame in self._frames.feed(octets)]
        return self._held.pop(0)

    def expect(self, command: Command) -> Pdu:
        """What comes next, which must be this."""
        heard = self.hear()
        assert heard is not None, f"no {command.name}"
        assert heard.command is command, heard
        return heard

    def is_closed(self) -> bool:
        """Does the other side close the line, soon and with no more words?"""
        began = time.monotonic()
        return self.hear(5) is None and time.monotonic() - began < 4

    def bind(
        self, system_id: str = SYSTEM_ID, password: str = PASSWORD, how: Command = Command.BIND_TRANSCEIVER
    ) -> Pdu:
        self.send(how, Bind(system_id, password))
        return self.expect(how.response)

    def submit(self, message: Message) -> Pdu:
        """Send a text; the answer, which must come next."""
        sequence = self.send(Command.SUBMIT_SM, message)
        answer = self.expect(Command.SUBMIT_SM_RESP)
        assert answer.sequence == sequence
        return answer

    def receipt(self) -> Message:
        """The next thing, which must be a deliver_sm; it is acknowledged."""
        pdu = self.expect(Command.DELIVER_SM)
        self.answer(pdu)
        assert isinstance(pdu.body, Message)
        return pdu.body


@contextmanager
def bound(port: int, ca_file: Path | None = None) -> Iterator[Esme]:
    """A connection that may speak."""
    esme = Esme(port, ca_file)
    try:
        assert esme.bind().status == 0
        yield esme
    finally:
        esme.close()


def text(
    words: bytes = b"hello",
    to: str = PHONE,
    *,
    ours: str = OURS,
    data_coding: int = 0,
    esm_class: int = 0,
    registered_delivery: int = 1,
    tlvs: dict[int, bytes] | None = None,
) -> Message:
    return Message(
        source=Address(1, 1, ours.removeprefix("+")),
        destination=Address(1, 1, to.removeprefix("+")),
        short_message=words,
        data_coding=data_coding,
        esm_class=esm_class,
        registered_delivery=registered_delivery,
        tlvs=tlvs or {},
    )


def named(pdu: Pdu) -> str:
    assert pdu.status == 0, hex(pdu.status)
    assert isinstance(pdu.body, Named)
    return pdu.body.message_id
