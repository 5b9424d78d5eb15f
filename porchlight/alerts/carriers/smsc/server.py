"""The practice SMSC: listens on this machine alone, plainly and with TLS, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from porchlight.alerts.carriers.practice import Habits, Telephones, Text
from porchlight.alerts.carriers.smpp.pdu import Bind, Message
from porchlight.alerts.carriers.smsc.counter import Account, Counter, Taken
from porchlight.alerts.carriers.smsc.mailbox import Mailbox
from porchlight.alerts.carriers.smsc.record import Record
from porchlight.alerts.carriers.smsc.session import Session

T = TypeVar("T")

HOST = "127.0.0.1"
_LOOKS = 1.0  # seconds between two looks at who is quiet
_MOST_WAITING = 512  # connections not yet accepted


class Smsc:
    """The carrier. Everything in it happens on its own thread; what is public may be called from any."""

    def __init__(
        self,
        telephones: Telephones,
        accounts: Iterable[Account],
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        tls_port: int = 0,
        record: Record | None = None,
        any_number: bool = False,
    ) -> None:
        """Listen from now on, on `port` and, with `tls`, on `tls_port` (0: any free one).

        `any_number`: accounts may send from any number. Raises OSError when a port is taken.
        """
        known = list(accounts)
        self._telephones = telephones
        self._loop = asyncio.new_event_loop()
        self._desk = _Desk(Counter(telephones, known, record, any_number=any_number))
        self._thread = threading.Thread(target=self._loop.run_forever, name="smsc", daemon=True)
        self._thread.start()
        try:
            self.port, self.tls_port = self._call(self._listen(port, tls, tls_port))
        except OSError:
            self._stop()
            raise
        telephones.connect([number for each in known for number in each.numbers], self)

    @property
    def taken(self) -> int:
        """How many messages it took so far."""
        return self._desk.counter.taken

    def bring(self, text: Text) -> None:
        """Bring the site what a telephone wrote."""
        self._loop.call_soon_threadsafe(self._desk.counter.bring, text)

    def cut_all(self) -> None:
        """Cut every line now, without a word."""
        self._loop.call_soon_threadsafe(self._desk.cut_all)

    def waiting(self) -> int:
        """How much is not brought yet, without what is on the wire."""
        return sum(self._desk.counter.waiting.values())

    def close(self) -> None:
        """Say goodbye to all, and end."""
        self._call(self._close())
        self._stop()

    # --- on the thread ---

    async def _listen(self, port: int, tls: ssl.SSLContext | None, tls_port: int) -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        self._servers: list[asyncio.Server] = []
        wanted: list[tuple[int, ssl.SSLContext | None]] = [(port, None)]
        if tls is not None:
            wanted.append((tls_port, tls))
        for number, context in wanted:
            made = partial(loop.create_server, partial(Session, self._desk), HOST, backlog=_MOST_WAITING)
            self._servers.append(await made(number, ssl=context))
        self._looking = asyncio.create_task(self._look())
        ports = [each.sockets[0].getsockname()[1] for each in self._servers]
        return ports[0], ports[-1] if tls is not None else 0

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS)
            now = asyncio.get_running_loop().time()
            for session in list(self._desk.sessions):
                session.look(now)

    async def _close(self) -> None:
        self._looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._looking
        for server in self._servers:
            server.close()
        for session in list(self._desk.sessions):
            session.say_goodbye()
        # What was written must leave before the loop ends.
        await asyncio.sleep(0.05)
        self._desk.cut_all()
        await asyncio.sleep(0)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Desk:
    """What the connections share."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.sessions: set[Session] = set()

    @property
    def habits(self) -> Habits:
        return self.counter.telephones.habits

    def bind(self, bind: Bind) -> tuple[Account, Mailbox] | int:
        return self.counter.bind(bind)

    def take(self, account: Account, message: Message) -> Taken | int:
        return self.counter.take(account, message)

    def cut_all(self) -> None:
        for session in list(self.sessions):
            session.cut()
