"""A sender's SMPP carrier: some lines to it, texts as they become submit_sm, and what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections import deque
from collections.abc import Awaitable
from dataclasses import replace
from functools import lru_cache, partial

from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Refused, Unsure, Why
from porchlight.alerts.carriers.smpp import pdu, receipts, submission
from porchlight.alerts.carriers.smpp.connection import (
    BindRefusedError,
    Connection,
    Silence,
    connect,
)
from porchlight.alerts.carriers.smpp.joining import Joiner, number
from porchlight.alerts.carriers.smpp.pdu import Command, Message, Named, Pdu, PduError
from porchlight.alerts.carriers.smpp.status import Status, meaning, written
from porchlight.alerts.config import Sender
from porchlight.site import journal

# Seconds until a lost line is bound again, doubled each time up to the longest; and after a refused password.
FIRST_WAIT, LONGEST_WAIT, REFUSED_WAIT = 0.1, 30.0, 5.0
# A line that stood so long (seconds) was a good one: the next begins anew.
GOOD_LINE = 10.0
# A segment that must follow one that was taken is tried for so many times the time of an answer; the pauses between.
FOLLOWING, FIRST_PAUSE, LONGEST_PAUSE = 3, 0.5, 4.0
UNREACHABLE = Refused(Why.TRANSIENT, "unreachable")
WINDOW_FULL = Refused(Why.THROTTLED, "window_full")
# Texts that are kept as they go on the wire: a broadcast is one text to many numbers.
TEXTS_AT_HAND = 64


class SmppCarrier:
    """One sender's account at an SMPP carrier. One pump uses it; all is done on its event loop."""

    def __init__(self, sender: Sender) -> None:
        if sender.smpp is None:
            raise ValueError(f"sender {sender.name} has no SMPP carrier")
        self._sender, self._smpp = sender, sender.smpp
        # Rounded up: as many texts of one segment as the window holds never wait for room.
        self._window = -(-sender.window // sender.smpp.binds)
        self._pattern = lru_cache(TEXTS_AT_HAND)(
            partial(submission.pattern, smpp=sender.smpp, validity=sender.validity, receipts=sender.receipts)
        )
        self._lines: list[Connection] = []
        self._runners: list[asyncio.Task[None]] = []
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._trying = 0
        self._on_wire = 0
        self._idle = asyncio.Event()
        self._refused: Refused | None = None
        self._reference = random.randrange(0x10000)  # noqa: S311 - tells texts apart, keeps no secret
        self._closing = False

    async def open(self, hear: Hear) -> None:
        """Begin to bind, again whenever a line is lost. Returns at once: a carrier that is away is no fault here."""
        self._hear = hear
        self._joiner = Joiner(hear, self._smpp.coding)
        self._trying = self._smpp.binds
        self._runners = [asyncio.create_task(self._stand()) for _ in range(self._smpp.binds)]

    def submit(self, outgoing: Outgoing) -> Awaitable[Outcome]:
        """Put one text on the wire and wait for the answers to all its segments. Never raises for what a carrier does.

        It needs no task of its own where it is one segment and there is room for it at once.
        """
        frames = UNREACHABLE if self._closing else self._frames(outgoing)
        if isinstance(frames, Refused):
            refused: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            refused.set_result(frames)
            return refused
        self._on_wire += 1
        self._idle.clear()
        line = self._free_line() if len(frames) == 1 and not self._waiters else None
        if line is not None:
            return line.put(frames[0], self._answered)
        return asyncio.ensure_future(self._whole(*frames))

    async def close(self) -> None:
        """Finish what is on the wire, answer what was never kept, then disconnect."""
        self._closing = True
        self._wake_all()
        if self._on_wire:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._smpp.timeout):
                    await self._idle.wait()
        if self._runners:
            self._joiner.close()
            await asyncio.sleep(0)  # the answers to parts that are not kept leave now
        await asyncio.gather(*(line.close() for line in self._lines))
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        self._runners.clear()
        self._wake_all()

    # --- lines --------------------------------------------------------------------------------------------------------

    async def _stand(self) -> None:
        """Keep one line bound until closed."""
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while True:
            try:
                line = await connect(self._smpp, self._heard)
            except (
                OSError,
                ValueError,
            ) as error:  # whatever a net, a name, a certificate or a carrier may do
                wait = self._fail(error, wait)
            else:
                began = loop.time()
                await self._attend(line)
                if loop.time() - began >= GOOD_LINE:
                    wait = FIRST_WAIT
            if self._closing:
                return
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - spreads load
            wait = min(2 * wait, LONGEST_WAIT)
            self._trying += 1

    async def _attend(self, line: Connection) -> None:
        self._trying -= 1
        self._refused = None
        self._lines.append(line)
        self._wake_all()
        try:
            await line.attend()
        finally:
            line.abort()
            self._lines.remove(line)
            self._wake_all()

    def _fail(self, error: Exception, wait: float) -> float:
        """Remember why there is no line; how long to wait, in seconds."""
        self._trying -= 1
        if wait <= FIRST_WAIT:
            journal.write(journal.Event.NOT_READY, level=logging.WARNING, exception=error)
        self._refused = _refusal(error)
        self._wake_all()
        lasting = self._refused is not None and self._refused.why is Why.SETUP
        return max(wait, REFUSED_WAIT) if lasting else wait

    # --- one text -----------------------------------------------------------------------------------------------------

    def _frames(self, outgoing: Outgoing) -> tuple[bytes, ...] | Refused:
        """The text as it goes on the wire."""
        try:
            pattern = self._pattern(outgoing.source, outgoing.text)
            if pattern is not None:
                return (pdu.addressed(pattern, submission.address(outgoing.to)),)
            self._reference += 1
            return submission.frames(
                outgoing,
                self._smpp,
                reference=self._reference,
                validity=self._sender.validity,
                receipts=self._sender.receipts,
            )
        except submission.TooLongError:
            return Refused(Why.BAD_TEXT, "too_long")
        except PduError:
            return Refused(Why.BAD_NUMBER, "not_a_number")

    async def _whole(self, first: bytes, *others: bytes) -> Outcome:
        """All segments. The first goes alone: while none is taken a refusal is the whole text's."""
        try:
            taken = await self._send(first)
            if isinstance(taken, Accepted) and others:
                return await self._follow(taken, list(others))
            return taken
        finally:
            self._ended()

    async def _send(self, frame: bytes) -> Outcome:
        """One segment, once."""
        line = await self._line()
        return line if isinstance(line, Refused) else await line.put(frame, self._heard_of)

    def _answered(self, heard: Pdu | Silence) -> Outcome:
        """The answer to a text that has no other segment."""
        self._ended()
        return self._heard_of(heard)

    def _ended(self) -> None:
        self._on_wire -= 1
        if not self._on_wire:
            self._idle.set()

    def _heard_of(self, heard: Pdu | Silence) -> Outcome:
        """The answer to one segment, which makes room for another."""
        self._wake()
        return Unsure(heard.value) if isinstance(heard, Silence) else self._outcome(heard)

    async def _follow(self, first: Accepted, frames: list[bytes]) -> Outcome:
        """The further segments of a text whose first one was taken: there is no way back."""
        outcomes = await asyncio.gather(*(self._insist(frame) for frame in frames))
        names = [each.message_id for each in outcomes if isinstance(each, Accepted)]
        if len(names) == len(frames):
            return Accepted(first.message_id, tuple(names))
        return next(Unsure(each.code) for each in outcomes if not isinstance(each, Accepted))

    async def _insist(self, frame: bytes) -> Outcome:
        """One segment, again while the carrier is too busy for it or away."""
        until = asyncio.get_running_loop().time() + FOLLOWING * self._smpp.timeout
        pause = FIRST_PAUSE
        while True:
            outcome = await self._send(frame)
            again = isinstance(outcome, Refused) and outcome.why in {Why.THROTTLED, Why.TRANSIENT}
            if not again or self._closing or asyncio.get_running_loop().time() + pause > until:
                return outcome
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _outcome(self, answer: Pdu) -> Outcome:
        if answer.command is Command.GENERIC_NACK:
            # It did not understand us: that will not change by itself.
            status = answer.status or Status.INVALID_COMMAND
            return Refused(_of_nack(status), written(status))
        if answer.status:
            return Refused(meaning(answer.status), written(answer.status))
        name = answer.body.message_id if isinstance(answer.body, Named) else ""
        return Accepted(receipts.name_of(name, self._smpp.receipt_ids)) if name else Unsure("no_id")

    # --- room on the lines --------------------------------------------------------------------------------------------

    async def _line(self) -> Connection | Refused:
        """The line with the most room, once there is some; why not, where there is none within the sender's grace.

        What is written later than that would go faster than the sender's rate: it goes back for a new turn.
        """
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._sender.grace
        while (line := self._free_line()) is None:
            full = any(each.usable for each in self._lines)
            rest = give_up - loop.time()
            if rest <= 0 or not (full or (self._trying and not self._closing)):
                return WINDOW_FULL if full else self._refused or UNREACHABLE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._news()
        return line

    def _free_line(self) -> Connection | None:
        """The line with the most room, if any has some."""
        usable = [line for line in self._lines if line.usable and line.waiting < self._window]
        return min(usable, key=_waiting) if usable else None

    async def _news(self) -> None:
        """Until a place came free, or a line came or went."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake()  # it was woken and cannot use it: the next one may
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiters.remove(waiter)

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _wake_all(self) -> None:
        while self._waiters:
            self._wake()

    # --- what comes ---------------------------------------------------------------------------------------------------

    def _heard(self, message: Message) -> asyncio.Future[None]:
        if not receipts.is_receipt(message):
            return self._joiner.take(message)
        receipt = receipts.read(message, self._smpp.receipt_ids)
        if receipt is not None:
            return self._hear(replace(receipt, ours=_ours(message.destination)))
        nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        return nothing


# Statuses of a refused bind that nothing but a person changes.
_LASTING = frozenset(
    {
        Status.INVALID_COMMAND,  # it knows no bind_transceiver
        Status.INVALID_PASSWORD,
        Status.INVALID_SYSTEM_ID,
        Status.INVALID_SYSTEM_TYPE,
    }
)


def _refusal(error: Exception) -> Refused | None:
    """What a line that could not be made says to texts; None where the carrier is only away."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Refused(Why.SETUP, "certificate")
    if isinstance(error, BindRefusedError):
        why = Why.SETUP if error.status in _LASTING else Why.TRANSIENT
        return Refused(why, f"bind_{written(error.status)}")
    return None


_ours = lru_cache(TEXTS_AT_HAND)(number)  # receipts name few numbers, each of them often


def _waiting(line: Connection) -> int:
    return line.waiting


def _of_nack(status: int) -> Why:
    """generic_nack: a head that it does not know or take; said of one text, so no reason to stop them all."""
    return meaning(status) if meaning(status) is Why.THROTTLED else Why.TRANSIENT
