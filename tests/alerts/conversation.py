"""One telephone that texts the site, and what it gets back: through inbound.receive and the outbox, with no carrier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import count

from porchlight.alerts import inbound, keyring, numbers
from porchlight.alerts.carriers import Received
from porchlight.alerts.claims import BODY
from porchlight.alerts.models import Delivery, Number, Program, Subscriber

SENDER = "practice"
NOON = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)  # a Monday, noon in Louisville

_ids = count(1)


def program(slug: str = "local", **changes: object) -> Program:
    """A program that takes everyone."""
    values: dict[str, object] = {
        "kind": Program.Kind.ALERTS,
        "names": {"en": "Local news", "es": "Noticias locales"},
        "keywords": {"en": "LOCAL", "es": "NOTICIAS"},
        "policy": Program.Policy.AT_LEAST_ONCE,
    }
    return Program.objects.get_or_create(slug=slug, defaults=values | changes)[0]


@dataclass
class Telephone:
    """A telephone; `now` moves on by a second with each text."""

    e164: str = "+15025550134"
    now: dt.datetime = NOON
    seen: int = field(default=0)

    def text(self, words: str, *, message_id: str = "", sender: str = SENDER) -> list[str]:
        """Send `words`, and return what was put in the outbox for this number because of it."""
        self.now += dt.timedelta(seconds=1)
        message = Received(message_id or f"m{next(_ids)}", self.e164, "+15025550100", words)
        inbound.receive(sender, message, self.now)
        return self.new()

    def new(self) -> list[str]:
        """What was put in the outbox since the last look."""
        return [body(row) for row in self.rows()]

    def rows(self) -> list[Delivery]:
        """The same as rows."""
        rows = list(Delivery.objects.filter(number=self.number, pk__gt=self.seen).order_by("pk"))
        self.seen = max([self.seen, *(row.pk for row in rows)])
        return rows

    @property
    def number(self) -> Number:
        found = numbers.find(self.e164)
        assert found is not None
        return found

    @property
    def subscriber(self) -> Subscriber:
        return Subscriber.objects.get(number=self.number)


def body(row: Delivery) -> str:
    """The words of a text in the outbox; nothing, once they are gone."""
    if row.seal_key is None or row.sealed_body is None:
        return ""
    return keyring.unseal(row.seal_key, row.sealed_body, BODY).decode()
