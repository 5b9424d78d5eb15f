"""One line to an SMPP carrier: bound, asked and answered, and known to be alive."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from porchlight.alerts.carriers.smpp import pdu
from porchlight.alerts.carriers.smpp.pdu import Bind, Command, Frames, Message, Named, Pdu, PduError
from porchlight.alerts.carriers.smpp.status import Status
from porchlight.alerts.config import Smpp

_RESPONSE = 0x80000000  # of a command: it answers
# An end is not waited for longer, in seconds.
LONGEST_UNBIND = 2.0

T = TypeVar("T")

# What brings us a text or a receipt. Most carriers use deliver_sm, some data_sm (4.7).
_DELIVERIES = frozenset({Command.DELIVER_SM, Command.DATA_SM})

# Takes one of them. What comes back is done once it is kept, or cancelled when it is not and must come again.
Hear = Callable[[Message], "asyncio.Future[None]"]


class Silence(Enum):
    """Why no answer came: then the carrier may or may not have what it was asked."""

    TIMEOUT = "timeout"
    LINE_LOST = "connection_lost"


class LineLostError(ConnectionError):
    """The line ended before the answer came."""


class NoAnswerError(TimeoutError):
    """The carrier did not answer in time."""


class BindRefusedError(ConnectionError):
    """The carrier does not let us in; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"bind refused: {status:#x}")
        self.status = status


async def connect(smpp: Smpp, hear: Hear) -> Connection:
    """A bound line. Raises OSError (LineLostError, BindRefusedError, ssl.SSLError and TimeoutError are such)."""
    context = _tls(smpp) if smpp.tls else None
    async with asyncio.timeout(smpp.timeout):
        _transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(smpp, hear),
            smpp.host,
            smpp.port,
            ssl=context,
            server_hostname=smpp.host if context else None,
        )
    try:
        await connection.bind()
    except BaseException:
        connection.abort()
        raise
    return connection


@dataclass(slots=True)  # one for each text: frozen ones take longer to make
class _Question(Generic[T]):
    """What waits for an answer: the command of that answer, until when (on the loop's clock), and for whom."""

    answer: int
    until: float
    read: Callable[[Pdu | Silence], T]
    told: asyncio.Future[T]

    def tell(self, heard: Pdu | Silence) -> None:
        """It is over, even if nobody wants to know any more."""
        said = self.read(heard)
        if not self.told.done():
            self.told.set_result(said)


class Connection(asyncio.Protocol):
    """One line. Made by `connect`; usable until `lost` is done."""

    def __init__(self, smpp: Smpp, hear: Hear) -> None:
        self._smpp, self._hear = smpp, hear
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._frames = Frames()
        self._sequence = 0
        self._asked: dict[int, _Question[Any]] = {}
        self._clock: asyncio.TimerHandle | None = None
        self._out: list[bytes] = []
        self._heard_at = self._loop.time()
        self._bound = self._ending = False

    @property
    def waiting(self) -> int:
        """How many questions have no answer yet."""
        return len(self._asked)

    @property
    def usable(self) -> bool:
        """May texts be submitted?"""
        return self._bound and not self._ending and not self.lost.done()

    async def bind(self) -> None:
        """Say who we are. Raises BindRefusedError, LineLostError, NoAnswerError."""
        smpp = self._smpp
        who = Bind(smpp.system_id, smpp.password, smpp.system_type)
        answer = await self.ask(pdu.encode(Pdu(Command.BIND_TRANSCEIVER, 0, 0, who)))
        if answer.status or answer.command is Command.GENERIC_NACK:
            raise BindRefusedError(answer.status)
        self._bound = True

    async def ask(self, frame: bytes) -> Pdu:
        """Put one PDU on the wire under a number of its own, and wait for its answer (which may be generic_nack).

        Raises LineLostError and NoAnswerError: then the carrier may or may not have it.
        """
        heard = await self.put(frame, _as_it_is)
        if heard is Silence.TIMEOUT:
            raise NoAnswerError
        if heard is Silence.LINE_LOST:
            raise LineLostError
        return heard

    def put(self, frame: bytes, read: Callable[[Pdu | Silence], T]) -> asyncio.Future[T]:
        """Put one PDU on the wire under a number of its own; the future is done with what `read` makes of the answer.

        `read` is called once, when it came or will not come any more, even where the future was cancelled meanwhile:
        until then the carrier has it in its window.
        """
        told: asyncio.Future[T] = self._loop.create_future()
        answer = int.from_bytes(frame[4:8], "big") | _RESPONSE
        question = _Question(answer, self._loop.time() + self._smpp.timeout, read, told)
        if self.lost.done():
            question.tell(Silence.LINE_LOST)
            return told
        sequence = self._sequence = self._free_sequence()
        self._asked[sequence] = question
        self._write(pdu.numbered(frame, sequence))
        if self._clock is None:
            self._clock = self._loop.call_at(question.until, self._look_at_clock)
        return told

    async def attend(self) -> None:
        """Ask whether the other side is alive whenever it is quiet; returns when the line is lost."""
        ask = pdu.encode(Pdu(Command.ENQUIRE_LINK, 0))
        while not self.lost.done():
            rest = self._heard_at + self._smpp.enquire - self._loop.time()
            if rest > 0:
                await asyncio.wait([self.lost], timeout=rest)
                continue
            try:
                await self.ask(ask)
            except (NoAnswerError, LineLostError):
                self.abort()  # half open: it would never say so itself

    async def close(self) -> None:
        """Say goodbye, then end. What has no answer yet is lost: wait for that first."""
        self._ending = True
        if self._bound and not self.lost.done():
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(min(LONGEST_UNBIND, self._smpp.timeout)):
                    await self.ask(pdu.encode(Pdu(Command.UNBIND, 0)))
        self.abort()

    def abort(self) -> None:
        """End the line at once; whoever waits for an answer hears LineLostError."""
        if self._transport is not None:
            self._transport.abort()
        self._end()

    # --- asyncio's side -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's promise
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take all that is whole. After what is no SMPP nothing can be found again: the line ends, and is made anew."""
        try:
            for frame in self._frames.feed(data):
                if self.lost.done():
                    return
                self._heard_at = self._loop.time()  # octets that never become a whole are no sign of life
                self._take(frame)
        except PduError:
            self._answer(Command.GENERIC_NACK, 0, Status.INVALID_COMMAND_LENGTH)
            self._flush()
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side ended it, or the net did."""
        self._end()

    def pause_writing(self) -> None:
        """It does not read: hear no more from it, or answers would pile up here. `attend` ends it if that lasts."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    # --- what comes ---------------------------------------------------------------------------------------------------

    def _take(self, frame: bytes) -> None:
        """Raises PduError when the line cannot go on."""
        try:
            unit = pdu.decode(frame)
        except PduError as error:
            self._take_unreadable(error)
            return
        if unit.command in _DELIVERIES:
            self._deliver(unit)
        elif unit.command & _RESPONSE:
            self._take_answer(unit)
        elif unit.command is Command.ENQUIRE_LINK:
            self._answer(Command.ENQUIRE_LINK_RESP, unit.sequence)
        elif unit.command is Command.UNBIND:
            self._ending = True
            self._answer(Command.UNBIND_RESP, unit.sequence)
            self._flush()
            if self._transport is not None:
                self._transport.close()  # what is written still goes out; then connection_lost
        else:
            self._answer(Command.GENERIC_NACK, unit.sequence, Status.INVALID_COMMAND)

    def _take_unreadable(self, error: PduError) -> None:
        """A text that nobody can read is refused for good; an answer that nobody can read leaves us not knowing."""
        if error.command in _DELIVERIES:
            self._answer(Command(error.command).response, error.sequence, Status.RECEIVER_PERMANENT)
        elif error.command is None or error.command in Command.__members__.values():
            raise error
        elif not error.command & _RESPONSE:
            self._answer(Command.GENERIC_NACK, error.sequence, Status.INVALID_COMMAND)

    def _take_answer(self, unit: Pdu) -> None:
        question = self._asked.get(unit.sequence)
        # An answer that came too late, or that nobody asked for, says nothing that we could use.
        if question is None or unit.command not in (question.answer, Command.GENERIC_NACK):
            return
        del self._asked[unit.sequence]
        question.tell(unit)

    def _deliver(self, unit: Pdu) -> None:
        if not isinstance(unit.body, Message):
            raise PduError("no text")
        self._hear(unit.body).add_done_callback(lambda kept: self._kept(unit, kept))

    def _kept(self, unit: Pdu, kept: asyncio.Future[None]) -> None:
        """It is committed, or never will be here: then the carrier must bring it again."""
        good = not kept.cancelled() and kept.exception() is None
        if not self.lost.done():
            status = Status.OK if good else Status.RECEIVER_TEMPORARY
            self._answer(unit.command.response, unit.sequence, status)

    # --- what goes ----------------------------------------------------------------------------------------------------

    def _answer(self, command: Command, sequence: int, status: Status = Status.OK) -> None:
        self._write(pdu.numbered(_ANSWERS[command, status], sequence))

    def _write(self, frame: bytes) -> None:
        """All that is said in one turn of the event loop leaves in one piece."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(frame)

    def _flush(self) -> None:
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _free_sequence(self) -> int:
        sequence = pdu.next_sequence(self._sequence)
        while sequence in self._asked:
            sequence = pdu.next_sequence(sequence)
        return sequence

    def _look_at_clock(self) -> None:
        """Questions are asked in order and all wait equally long, so the oldest stand first."""
        self._clock = None
        now = self._loop.time()
        for sequence, question in list(self._asked.items()):
            if question.until > now:
                self._clock = self._loop.call_at(question.until, self._look_at_clock)
                return
            del self._asked[sequence]
            question.tell(Silence.TIMEOUT)

    def _end(self) -> None:
        if self.lost.done():
            return
        self.lost.set_result(None)
        if self._clock is not None:
            self._clock.cancel()
        asked, self._asked = self._asked, {}
        for question in asked.values():
            question.tell(Silence.LINE_LOST)


def _as_it_is(heard: Pdu | Silence) -> Pdu | Silence:
    return heard


_NAMING = tuple(command.response for command in _DELIVERIES)
# Answers that have nothing to say but themselves, written once.
_ANSWERS = {
    (command, status): pdu.encode(
        Pdu(command, 0, status, Named() if command in _NAMING and not status else None)
    )
    for command, status in itertools.product(
        (*_NAMING, Command.ENQUIRE_LINK_RESP, Command.UNBIND_RESP, Command.GENERIC_NACK),
        Status,
    )
}


def _tls(smpp: Smpp) -> ssl.SSLContext:
    """Certificate and host name are checked. Raises OSError where the authority's file cannot be read."""
    context = ssl.create_default_context(cafile=smpp.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
