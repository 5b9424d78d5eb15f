"""One connection of a site: binds, submits, and carries what the mailbox gives it (SMPP 3.4, chapters 2 and 4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from porchlight.alerts.carriers.practice import Habits
from porchlight.alerts.carriers.smpp.pdu import (
    Bind,
    Body,
    Bound,
    Command,
    Frames,
    Message,
    Named,
    Pdu,
    PduError,
    decode,
    encode,
    next_sequence,
    numbered,
)
from porchlight.alerts.carriers.smsc import quick
from porchlight.alerts.carriers.smsc.mailbox import NO_ANSWER, Errand, Mailbox

if TYPE_CHECKING:
    from porchlight.alerts.carriers.smsc.counter import Account, Taken

# Error codes (SMPP 3.4, 5.1.3).
INVALID_LENGTH, INVALID_COMMAND = 0x02, 0x03
WRONG_STATE, ALREADY_BOUND, SYSTEM_ERROR = 0x04, 0x05, 0x08
BIND_SECONDS = 30.0  # to say who one is
QUIET_SECONDS = 30.0  # without a word from the site until it is asked whether it is there
ANSWER_SECONDS = 30.0  # that a deliver_sm may wait for its answer, and the question whether one is there
_BINDS = {
    Command.BIND_TRANSMITTER: (True, False),
    Command.BIND_RECEIVER: (False, True),
    Command.BIND_TRANSCEIVER: (True, True),
}


class Desk(Protocol):
    """What a connection asks of the carrier behind it."""

    sessions: set[Session]

    @property
    def habits(self) -> Habits:
        """How the carrier behaves just now."""

    def bind(self, bind: Bind) -> tuple[Account, Mailbox] | int:
        """The account of who knows its password; else an error code."""

    def take(self, account: Account, message: Message) -> Taken | int:
        """Take a message, or an error code."""


class Session(asyncio.Protocol):
    """The connection. Everything that arrives together is answered together, in one write."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._out: list[bytes] = []
        self._flushing = False
        self._dead = False
        self._choked = False
        self._sequence = 0
        self._sends, self._hears = False, False
        self._account: Account | None = None
        self._mailbox: Mailbox | None = None
        self._numbers: set[str] = set()
        self._carried: dict[int, tuple[Errand, float]] = {}
        self._began = self._heard_at = self._loop.time()
        self._asked_at: float | None = None
        self._transport: asyncio.Transport

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Someone is here. TCP_NODELAY is asyncio's own way."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream is wanted")
        self._transport = transport
        self._desk.sessions.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone: what they had not acknowledged is brought again."""
        self._dead = True
        self._desk.sessions.discard(self)
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Hear what they say."""
        if self._desk.habits.half_open:
            self._become_deaf()
        if self._dead:
            return
        self._heard_at, self._asked_at = self._loop.time(), None
        try:
            for frame in self._frames.feed(data):
                self._hear(frame)
        except PduError:
            # Where the next one begins, nobody knows any more.
            self._send(Pdu(Command.GENERIC_NACK, 0, INVALID_LENGTH))
            self._hang_up()

    def pause_writing(self) -> None:
        """They do not read: so nor do we, until they do."""
        self._choked = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """They read again."""
        self._choked = False
        if not self._dead:
            self._transport.resume_reading()
        if self._mailbox is not None:
            self._mailbox.bring()

    # --- what they say ---

    def _hear(self, frame: bytes) -> None:
        if self._dead:  # since something that came with it
            return
        if (submission := quick.submission(frame)) is not None:
            self._submit(*submission)
        elif (acknowledged := quick.acknowledgement(frame)) is not None:
            self._acknowledged(*acknowledged)
        else:
            self._hear_slowly(frame)

    def _hear_slowly(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except PduError as error:
            known = error.command in Command._value2member_map_
            status = INVALID_LENGTH if known else INVALID_COMMAND
            self._send(Pdu(Command.GENERIC_NACK, error.sequence, status))
            return
        command = pdu.command
        if command is Command.SUBMIT_SM and isinstance(pdu.body, Message):
            self._submit(pdu.sequence, pdu.body)
        elif command is Command.DELIVER_SM_RESP or command is Command.GENERIC_NACK:
            self._acknowledged(pdu.sequence, pdu.status if command & 0xFF else NO_ANSWER)
        elif command in _BINDS and isinstance(pdu.body, Bind):
            self._bind(pdu, pdu.body)
        elif command is Command.ENQUIRE_LINK:
            self._answer(pdu)
        elif command is Command.UNBIND:
            self._answer(pdu)
            self._hang_up()
        elif command is Command.UNBIND_RESP:
            self._hang_up()
        elif command is not Command.ENQUIRE_LINK_RESP:
            self._send(Pdu(Command.GENERIC_NACK, pdu.sequence, INVALID_COMMAND))

    def _bind(self, pdu: Pdu, bind: Bind) -> None:
        if self._account is not None:
            self._answer(pdu, ALREADY_BOUND)
            return
        known = self._desk.bind(bind)
        if isinstance(known, int):
            self._answer(pdu, known)
            self._hang_up()
            return
        self._account, self._mailbox = known
        self._sends, self._hears = _BINDS[pdu.command]
        self._answer(pdu, body=Bound("practice"))
        if self._hears:
            self._mailbox.join(self)

    def _submit(self, sequence: int, message: Message) -> None:
        if self._account is None or not self._sends:
            self._send(Pdu(Command.SUBMIT_SM_RESP, sequence, WRONG_STATE))
            return
        delay = self._desk.habits.answer_delay
        taken = self._desk.take(self._account, message)
        if isinstance(taken, int):
            self._later(delay, encode(Pdu(Command.SUBMIT_SM_RESP, sequence, taken)))
            return
        self._numbers.add(taken.ours)
        if taken.first:
            taken.settle()
        if taken.cut:
            self._hang_up(at_once=True)
        elif not taken.silent:
            named = Pdu(Command.SUBMIT_SM_RESP, sequence, body=Named(taken.name))
            self._later(delay, quick.answer(sequence, taken.name) or encode(named))
        if not taken.first:
            wait = taken.wait + delay
            if wait > 0:
                self._loop.call_later(wait, taken.settle)
            else:
                taken.settle()

    def _acknowledged(self, sequence: int, status: int) -> None:
        carried = self._carried.pop(sequence, None)
        if carried is not None and self._mailbox is not None:
            self._mailbox.answered(carried[0], status)

    # --- what the mailbox asks ---

    def takes(self, ours: str) -> bool:
        """Did it send from this number of the site's?"""
        return ours in self._numbers

    def has_room(self) -> bool:
        """May it bring one more before it has heard about those it brought?"""
        return len(self._carried) < self._desk.habits.window and not self._choked

    def carry(self, errand: Errand) -> None:
        """Bring it now."""
        self._sequence = next_sequence(self._sequence)
        self._carried[self._sequence] = errand, self._loop.time()
        self._write(numbered(errand.frame, self._sequence))

    # --- what time brings ---

    def look(self, now: float) -> None:
        """Once a second: is anyone there, and were they too slow? `now` is the loop's time."""
        if self._dead:
            return
        if self._account is None:
            if now - self._began > BIND_SECONDS:
                self._hang_up()
            return
        self._give_up_waiting(now)
        if self._asked_at is not None and now - self._asked_at > ANSWER_SECONDS:
            self._hang_up(at_once=True)
        elif self._asked_at is None and now - self._heard_at > QUIET_SECONDS:
            self._asked_at = now
            self._ask(Command.ENQUIRE_LINK)

    def say_goodbye(self) -> None:
        """The carrier ends."""
        if self._account is not None and not self._dead:
            self._ask(Command.UNBIND)
        self._hang_up()

    def cut(self) -> None:
        """Cut the line without a word."""
        self._hang_up(at_once=True)

    def _give_up_waiting(self, now: float) -> None:
        late = [number for number, (_, since) in self._carried.items() if now - since > ANSWER_SECONDS]
        for number in late:
            errand, _since = self._carried.pop(number)
            if self._mailbox is not None:
                self._mailbox.answered(errand, NO_ANSWER)

    # --- writing ---

    def _ask(self, command: Command) -> None:
        self._sequence = next_sequence(self._sequence)
        self._send(Pdu(command, self._sequence))

    def _answer(self, pdu: Pdu, status: int = 0, body: Body = None) -> None:
        self._send(Pdu(pdu.command.response, pdu.sequence, status, body))

    def _later(self, delay: float, octets: bytes) -> None:
        if delay > 0:
            self._loop.call_later(delay, self._write, octets)
        else:
            self._write(octets)

    def _send(self, pdu: Pdu) -> None:
        self._write(encode(pdu))

    def _write(self, octets: bytes) -> None:
        if self._dead:
            return
        self._out.append(octets)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._out and not self._dead:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _become_deaf(self) -> None:
        """From now on the wire is dead, but nobody says so."""
        if not self._dead:
            self._dead = True
            self._transport.pause_reading()
            self._leave()

    def _hang_up(self, *, at_once: bool = False) -> None:
        if at_once:
            self._out.clear()
            self._dead = True
            self._transport.abort()
        else:
            self._flush()
            self._dead = True
            self._transport.close()
        self._leave()

    def _leave(self) -> None:
        if self._mailbox is None:
            return
        mailbox, self._mailbox = self._mailbox, None
        mailbox.leave(self)
        errands = [errand for errand, _since in self._carried.values()]
        self._carried.clear()
        mailbox.returned(errands)
