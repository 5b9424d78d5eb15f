"""A pump without its loop, on a clock that the test moves: it takes turns, and its carrier answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from porchlight.alerts import claims, config, expansion, lease, routes, turn
from porchlight.alerts.carriers import Accepted, Outcome, Receipt
from porchlight.alerts.outcomes import Result, Text

# Monday, 23 November 2026, noon in New York.
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC).timestamp()
PRACTICE = [routes.Choice("practice", 1)]


def site(*senders: dict[str, object], **settings: object) -> config.AlertsConfig:
    """Practice settings with senders like the practice one, each changed; one that is fast when none is given."""
    given = config.alerts()
    first = given.senders[0]
    changed = senders or ({"rate": 1000.0, "burst": 1000.0, "window": 1000},)
    made = tuple(replace(first, **each) for each in changed)  # type: ignore[arg-type]
    return replace(given, senders=made, **{"any_hour": False} | settings)  # type: ignore[arg-type]


def expand(broadcast_id: int, chunk: int = 1000) -> None:
    """Write a broadcast out."""
    while not expansion.step(broadcast_id, chunk, PRACTICE).finished:
        pass


@dataclass
class TurningPump:
    """`wire` holds every text that was written, and when; `unsent` are claimed and wait for their slot."""

    settings: config.AlertsConfig
    now: float = NOON
    of: int = 1
    answer: Callable[[Text], Outcome] = lambda text: Accepted(f"m{text.id}")
    wire: list[tuple[float, Text]] = field(default_factory=list)
    unsent: list[Text] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    receipts: list[tuple[str, Receipt]] = field(default_factory=list)
    late: list[Text] = field(default_factory=list)
    memory: claims.Memory = field(default_factory=claims.Memory)

    def __post_init__(self) -> None:
        held = lease.take(self.of, "test", 10, self.now)
        assert held is not None
        self.lease = held

    def turn(self, *, unsure: bool = False) -> turn.Turn:
        """Tell all there is to tell, and keep what is claimed."""
        told = turn.Told(
            results=self.results,
            receipts=self.receipts,
            late=self.late,
            unsent=list(self.unsent),
            free={
                sender.name: sender.window - sum(text.sender == sender.name for text in self.unsent)
                for sender in self.settings.senders
            },
            unsure=unsure,
        )
        taken = turn.take(self.lease, told, self.settings, self.memory, lambda: self.now)
        self.lease, self.results, self.receipts, self.late = taken.lease, [], [], []
        self.late = [text for text in self.unsent if text.id in taken.dropped]
        self.unsent = [text for text in self.unsent if text.id not in taken.dropped] + list(taken.texts)
        return taken

    def write(self) -> list[Text]:
        """Write every claimed text, its slot being come, and hear the answers."""
        written, self.unsent = self.unsent, []
        for text in written:
            self.now = max(self.now, text.slot)
            self.wire.append((self.now, text))
            self.results.append(Result(text, self.answer(text), self.now))
        return written

    def send(self, seconds: float = 60, *, step: float = 0.2) -> list[Text]:
        """Take turns and write for a while; returns what was written."""
        before, until = len(self.wire), self.now + seconds
        while self.now < until:
            self.turn()
            if not self.write():
                self.now += step
                self.memory.rest.clear()  # which rests by the real clock
        self.turn()
        return [text for _at, text in self.wire[before:]]
