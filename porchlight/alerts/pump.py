"""The process that sends. It alone writes to its numbers; the database says which texts, and when each may go.

One thread owns the database and takes turns (`turn.py`); the event loop writes texts at their slots and gathers what
the carriers answer until the next turn. Nothing is on the wire before the turn that claimed it is committed, nothing is
written once half of the lease is gone, and never two texts to one number at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection

from porchlight.alerts import claims, closing, expansion, lease, outcomes, pace, routes, turn
from porchlight.alerts.carriers import Carrier, Outcome, Outgoing, Receipt, Received, Refused, Unsure, Why
from porchlight.alerts.config import AlertsConfig, Sender
from porchlight.alerts.outcomes import Result, Text
from porchlight.alerts.sender_states import limit_of
from porchlight.site import journal

# A pump whose lease is this old (seconds) may be replaced.
LEASE = 10.0
# How long a pump waits for news, in seconds: with nothing to do, and with texts under way.
IDLE, UNDER_WAY = 0.2, 0.05
# Answers that come close together are recorded together, in seconds.
GATHER = 0.01
# One chunk of a broadcast takes about this long, in seconds: everyone else waits for the database meanwhile.
CHUNK_TIME, FIRST_CHUNK, LARGEST_CHUNK = 0.15, 500, 50_000
# SQLite's other writers look in only now and then, and would find it taken each time: they are left a gap, in seconds.
GAP = 0.03
# Rows that are closed at once; seconds between looks at what is over, and between ticks.
CLOSE_CHUNK, LOOK_AT_ENDS, TICK = 5_000, 1.0, 60.0
# Seconds between looks for a broadcast to be written out, when there was none.
LOOK_FOR_NEXT = 0.1
# No carrier is waited for longer, in seconds; nor is one that answers when we have been told to stop.
LONGEST_SUBMIT, LONGEST_END = 90.0, 30.0
# Seconds until a carrier that could not be opened is opened again.
OPEN_AGAIN = 5.0

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What the carrier of a sender brought; `kept` is done once it is committed (see `carriers.Hear`)."""

    sender: str
    what: T
    kept: asyncio.Future[None]


@dataclass(slots=True)
class _Hands:
    """What the event loop holds between two turns. From its claim to its record a text is in one of these."""

    unsent: dict[int, Text] = field(default_factory=dict)
    on_wire: dict[int, Text] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    late: list[Text] = field(default_factory=list)
    receipts: list[Heard[Receipt]] = field(default_factory=list)
    received: list[Heard[Received]] = field(default_factory=list)


class Pump:
    """One of `of` processes that send. `run` returns after `stop`, with everything it held recorded or given back."""

    def __init__(
        self,
        config: Callable[[], AlertsConfig],
        build: Callable[[Sender], Carrier],
        *,
        of: int = 1,
        length: float = LEASE,
        clock: Callable[[], float] = time.time,
        tick: Callable[[float], None] | None = None,
        receive: Callable[[str, Received, float], object] | None = None,
    ) -> None:
        """`length` is the lease's, in seconds. `tick` is called once a minute by slot 1, `receive` with each text that
        a carrier brings; both on the database's thread."""
        self._config, self._build, self._clock = config, build, clock
        self._of, self._length, self._tick, self._receive = of, length, tick, receive
        self._holder = secrets.token_hex(8)
        self._carriers: dict[str, tuple[Sender, Carrier]] = {}
        self._open_again: dict[str, float] = {}  # monotonic
        self._hands = _Hands()
        self._talking: dict[
            int, list[Text]
        ] = {}  # by number: what must wait until its text on the wire is answered
        self._answers: set[asyncio.Future[Outcome]] = set()
        self._news = asyncio.Event()
        self._ending = asyncio.Event()
        self._end_by = float("inf")  # monotonic
        self._writable_until = 0.0  # monotonic
        self._memory = claims.Memory()
        self._unsure = False
        self._chunk = FIRST_CHUNK
        self._next_look = self._next_tick = self._next_broadcast = 0.0
        self._thread = ThreadPoolExecutor(1, "database")

    def stop(self) -> None:
        """Write nothing more; `run` returns when what is on the wire is answered."""
        self._end_by = time.monotonic() + LONGEST_END
        self._ending.set()
        self._news.set()

    async def run(self) -> None:
        """Take a slot and send, until stopped. Raises OtherCountError when pumps of another count are running."""
        try:
            while not self._ending.is_set():
                held = await self._database(lease.take, self._of, self._holder, self._length, self._clock())
                if held is None:
                    await self._wait(self._length / 10)
                    continue
                try:
                    await self._work(held)
                except lease.LeaseLostError as error:  # the database was away for longer than the lease
                    journal.write(journal.Event.NOT_READY, level=logging.WARNING, exception=error)
        finally:
            for _sender, carrier in self._carriers.values():
                await carrier.close()
            await self._in_thread(_disconnect)
            self._thread.shutdown()

    async def _work(self, held: lease.Lease) -> None:
        """Take turns while the slot is ours. Raises LeaseLostError."""
        try:
            while not self._ending.is_set() or self._hands_are_full():
                if self._ending.is_set():
                    if time.monotonic() > self._end_by:
                        break
                    self._drop(set(self._hands.unsent))
                await self._open_carriers()
                taken = await self._take_turn(held)
                held = taken.lease
                more = await self._keep_house(held) if not self._ending.is_set() else False
                if not (more or taken.more):
                    await self._wait_for_news()
            await self._database(lease.release, held)
        finally:
            self._forget()

    def _hands_are_full(self) -> bool:
        hands = self._hands
        return bool(hands.unsent or hands.on_wire or hands.results or hands.late or hands.receipts)

    # --- the database's side ------------------------------------------------------------------------------------------

    async def _take_turn(self, held: lease.Lease) -> turn.Turn:
        """One turn, tried until the database takes it; meanwhile answers go on gathering."""
        while True:
            hands, config = self._hands, self._config()
            results, late, receipts = list(hands.results), list(hands.late), list(hands.receipts)
            told = turn.Told(
                results=results,
                receipts=[(heard.sender, heard.what) for heard in receipts],
                late=late,
                unsent=list(hands.unsent.values()),
                on_wire=list(hands.on_wire.values()),
                free=self._free(config),
                unsure=self._unsure,
            )
            began, wall = time.monotonic(), self._clock()
            try:
                taken = await self._in_thread(turn.take, held, told, config, self._memory, self._clock)
            except (OperationalError, InterfaceError) as error:
                await self._lost_database(error)
                continue
            self._unsure = False
            del hands.results[: len(results)], hands.late[: len(late)], hands.receipts[: len(receipts)]
            for heard in receipts:
                _done(heard.kept)
            # By whichever clock it is shorter: the wall's may have been set meanwhile.
            left = min(taken.lease.until - wall, taken.lease.length)
            self._writable_until = began + left - taken.lease.length / 2
            self._drop(taken.dropped)
            self._hand_out(taken.texts)
            return taken

    async def _keep_house(self, held: lease.Lease) -> bool:
        """What a pump does besides sending. True when there is more of it at once."""
        now = self._clock()
        more = time.monotonic() >= self._next_broadcast and await self._database(self._expand, now)
        if more and connection.vendor == "sqlite":
            await asyncio.sleep(GAP)
        while self._hands.received:
            await self._keep_received(self._hands.received.pop(0), now)
        if time.monotonic() >= self._next_look:
            if await self._database(closing.close_some, CLOSE_CHUNK, now):
                return True
            await self._database(closing.finish_sent, now)
            await self._database(outcomes.unpark, now)
            self._next_look = time.monotonic() + LOOK_AT_ENDS
        if self._tick is not None and held.slot == 1 and time.monotonic() >= self._next_tick:
            await self._database(self._tick, now)
            self._next_tick = time.monotonic() + TICK
        return more

    async def _keep_received(self, heard: Heard[Received], now: float) -> None:
        """Keep one text that someone sent us, and answer it; the carrier brings it again if that fails."""
        try:
            if self._receive is not None:
                await self._database(self._receive, heard.sender, heard.what, now)
        except (OperationalError, InterfaceError):
            heard.kept.cancel()
            raise
        except Exception as error:  # one text that we cannot take must not keep all others waiting
            heard.kept.cancel()
            journal.write(journal.Event.PAGE_FAILED, level=logging.ERROR, exception=error)
        else:
            _done(heard.kept)

    def _expand(self, now: float) -> bool:
        """Write the next chunk of the oldest broadcast that waits; True when there was one."""
        waiting = expansion.next_broadcast(now)
        if waiting is None:
            self._chunk = FIRST_CHUNK
            self._next_broadcast = time.monotonic() + LOOK_FOR_NEXT
            return False
        began = time.monotonic()
        senders = [routes.Choice(sender.name, sender.weight) for sender in self._config().senders]
        try:
            done = expansion.step(waiting, self._chunk, senders)
        except IntegrityError:  # someone was erased in this moment: the chunk is taken again without them
            return True
        took = time.monotonic() - began
        factor = min(4.0, max(0.25, CHUNK_TIME / max(took, 1e-6)))
        self._chunk = min(LARGEST_CHUNK, max(FIRST_CHUNK, int(self._chunk * factor)))
        return done.rows > 0 or not done.finished

    async def _database(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on the database's thread, again until the database takes it. `work` must be safe to repeat."""
        while True:
            try:
                return await self._in_thread(work, *args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                await self._lost_database(error)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    async def _lost_database(self, error: Exception) -> None:
        """Forget the connection, and what may not be true any more; the outbox itself is as it was committed.

        Raises `error` when we have been told to stop and it does not come back, and when it is our own SQL that is
        wrong: asking again would never end.
        """
        ours = getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_ERROR"
        if ours or time.monotonic() > self._end_by:
            raise error
        journal.write(journal.Event.NOT_READY, level=logging.WARNING, exception=error)
        self._unsure = True
        self._memory = claims.Memory()
        with contextlib.suppress(Exception):
            await self._in_thread(_disconnect)
        await asyncio.sleep(0.2)

    # --- the carriers' side -------------------------------------------------------------------------------------------

    def _free(self, config: AlertsConfig) -> dict[str, int]:
        if self._ending.is_set():
            return {}
        held = [*self._hands.unsent.values(), *self._hands.on_wire.values()]
        return {
            sender.name: sender.window - sum(text.sender == sender.name for text in held)
            for sender in config.senders
            if sender.name in self._carriers
        }

    def _hand_out(self, texts: Sequence[Text]) -> None:
        for text in texts:
            self._hands.unsent[text.id] = text
            self._write(text)

    def _drop(self, ids: set[int] | frozenset[int]) -> None:
        """Give back what must not be written, if it is not on the wire already."""
        for pk in ids:
            text = self._hands.unsent.pop(pk, None)
            if text is not None:
                self._hands.late.append(text)

    def _write(self, text: Text) -> None:
        """Write one text at its slot, when nothing else to its number is on the wire; else give it back."""
        hands = self._hands
        if hands.unsent.get(text.id) is not text:  # it was dropped meanwhile
            return
        now = self._clock()
        if now < text.slot <= now + pace.HORIZON_OF_REPLIES:
            asyncio.get_running_loop().call_later(text.slot - now, self._write, text)
            return
        if text.number_id in self._talking:
            self._talking[text.number_id].append(text)
            return
        del hands.unsent[text.id]
        sender, carrier = self._carriers[text.sender]
        if not pace.may_write(text.slot, limit_of(sender), now) or time.monotonic() >= self._writable_until:
            hands.late.append(text)
            self._news.set()
            return
        hands.on_wire[text.id] = text
        self._talking[text.number_id] = []
        answer = _submit(carrier, sender, text)
        self._answers.add(answer)
        overdue = asyncio.get_running_loop().call_later(LONGEST_SUBMIT, answer.cancel)
        answer.add_done_callback(partial(self._answered, hands, text, now, overdue))

    def _answered(
        self,
        hands: _Hands,
        text: Text,
        written: float,
        overdue: asyncio.TimerHandle,
        answer: asyncio.Future[Outcome],
    ) -> None:
        """The carrier answered a text, or did not in time; the next to that number may go."""
        overdue.cancel()
        self._answers.discard(answer)
        if hands is not self._hands:  # the slot was lost meanwhile: whoever took it put the text back
            return
        del hands.on_wire[text.id]
        hands.results.append(Result(text, _outcome(answer), written))
        for waiting in self._talking.pop(text.number_id):
            self._write(waiting)
        self._news.set()

    async def _open_carriers(self) -> None:
        """Open carriers that are new or set differently, and close those that are not set any more."""
        wanted = {sender.name: sender for sender in self._config().senders}
        for name, (sender, carrier) in list(self._carriers.items()):
            if wanted.get(name) != sender and not any(
                text.sender == name for text in (*self._hands.unsent.values(), *self._hands.on_wire.values())
            ):
                del self._carriers[name]
                await carrier.close()
        for name, sender in wanted.items():
            if name not in self._carriers and time.monotonic() >= self._open_again.get(name, 0.0):
                carrier = self._build(sender)
                try:
                    await carrier.open(partial(self._hear, name))
                except Exception as error:  # the other senders go on
                    journal.write(journal.Event.NOT_READY, level=logging.ERROR, exception=error)
                    self._open_again[name] = time.monotonic() + OPEN_AGAIN
                else:
                    self._carriers[name] = (sender, carrier)

    def _hear(self, name: str, heard: Receipt | Received) -> asyncio.Future[None]:
        kept = asyncio.get_running_loop().create_future()
        if isinstance(heard, Receipt):
            self._hands.receipts.append(Heard(self._whose(name, heard.ours), heard, kept))
        else:
            self._hands.received.append(Heard(self._whose(name, heard.to), heard, kept))
        self._news.set()
        return kept

    def _whose(self, name: str, ours: str) -> str:
        """The sender whose number this is about: a carrier brings things on any connection of an account."""
        if ours and self._carriers[name][0].number != ours:
            return next((each for each, (sender, _) in self._carriers.items() if sender.number == ours), name)
        return name

    def _forget(self) -> None:
        """The slot is gone: whoever takes it put back what we held. What is on the wire ends by itself."""
        self._writable_until = 0.0
        held, self._hands = self._hands, _Hands()
        self._talking, self._memory = {}, claims.Memory()
        for receipt in held.receipts:
            receipt.kept.cancel()
        for received in held.received:
            received.kept.cancel()
        for answer in self._answers:
            answer.cancel()

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def _wait_for_news(self) -> None:
        """Until something happened, a little longer while more is about to, or until it is time to look again."""
        under_way = bool(self._hands.unsent or self._hands.on_wire)
        if not self._hands.results and not self._hands.late and not self._hands.receipts:
            self._news.clear()
            await self._wait(UNDER_WAY if under_way else IDLE)
        if self._hands.on_wire and len(self._hands.results) < len(self._hands.on_wire):
            await asyncio.sleep(GATHER)
        else:
            await asyncio.sleep(0)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()


def _submit(carrier: Carrier, sender: Sender, text: Text) -> asyncio.Future[Outcome]:
    """Hand a text to its carrier; a carrier must not raise, but if one does it costs this text alone."""
    answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    if text.unreadable:
        answer.set_result(Refused(Why.BAD_TEXT, "unreadable"))
        return answer
    outgoing = Outgoing(str(text.id), text.to, sender.number, text.body, text.segments)
    try:
        return asyncio.ensure_future(carrier.submit(outgoing))
    except Exception as error:
        answer.set_exception(error)
        return answer


def _outcome(answer: asyncio.Future[Outcome]) -> Outcome:
    """What the carrier answered, or that nobody knows."""
    if answer.cancelled():
        return Unsure("timeout")
    error = answer.exception()
    if error is None:
        return answer.result()
    journal.write(journal.Event.PAGE_FAILED, level=logging.ERROR, exception=error)
    return Unsure("error")


def _disconnect() -> None:
    """Close the connection of the thread that calls."""
    connection.close()


def _done(kept: asyncio.Future[None]) -> None:
    """Tell who waits for it, if anyone still does."""
    if not kept.done():
        kept.set_result(None)
