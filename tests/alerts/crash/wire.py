"""A carrier inside the test: it notes what is written to it and when, and answers as it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Receipt, Received


@dataclass(frozen=True, slots=True)
class Written:
    """One text as it came: `at` in seconds; `together` are the texts on the wire to that number, it included."""

    at: float
    outgoing: Outgoing
    together: int


@dataclass
class Wire:
    """Answers after `takes` seconds what `answer` says of the text; takes everything when there is no `answer`."""

    takes: float = 0.0
    answer: Callable[[Outgoing, int], Outcome] | None = None
    written: list[Written] = field(default_factory=list)
    heard_by: Hear | None = None
    clock: Callable[[], float] = time.time

    async def open(self, hear: Hear) -> None:
        self.heard_by = hear
        self._talking: dict[str, int] = {}

    async def submit(self, outgoing: Outgoing) -> Outcome:
        self._talking[outgoing.to] = self._talking.get(outgoing.to, 0) + 1
        self.written.append(Written(self.clock(), outgoing, self._talking[outgoing.to]))
        nth = len(self.written)
        try:
            if self.takes:
                await asyncio.sleep(self.takes)
            return self.answer(outgoing, nth) if self.answer else Accepted(f"m{nth}")
        finally:
            self._talking[outgoing.to] -= 1

    async def close(self) -> None:
        self.heard_by = None

    @property
    def keys(self) -> list[str]:
        return [each.outgoing.key for each in self.written]


def hearing(heard: list[Receipt | Received]) -> Hear:
    """Keep what the carrier brings in `heard`, at once."""

    def hear(said: Receipt | Received) -> asyncio.Future[None]:
        heard.append(said)
        kept = asyncio.get_running_loop().create_future()
        kept.set_result(None)
        return kept

    return hear
