"""What would happen if a broadcast were sent: its texts as they arrive, who gets them, when it ends, what it costs.

Everything here is told before "Send", and told again by whoever must say yes to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from porchlight.alerts import audience, config, rules, segments
from porchlight.alerts.audience import Audience, Counts
from porchlight.alerts.forecast import (
    ANY_HOUR,
    QUIET_HOURS,
    Forecast,
    Load,
    Windows,
    forecast,
    lifted_until,
    together,
)
from porchlight.alerts.models import Broadcast, Delivery, Override
from porchlight.alerts.pace import Limit
from porchlight.alerts.segments import Encoding

# Every broadcast has these words; whoever reads a language that it lacks gets them too (`expansion.words`).
FIRST_LANGUAGE = "en"
LANGUAGE_NAMES: Mapping[str, Promise] = {"en": _("English"), "es": _("Spanish")}

_TO_DO: Mapping[rules.Problem, Promise] = {
    rules.Problem.EMPTY: _("Write the text."),
    rules.Problem.TOO_LONG: _("This is %(what)s segments. Make it shorter: six is the most that is sent."),
    rules.Problem.SHORTENER: _(
        "Carriers block short links like %(what)s. Use the full address of your own site."
    ),
    rules.Problem.OTHER_HOST: _("%(what)s is not your own site. Link only to your own pages."),
    rules.Problem.NOT_HTTPS: _("Start the link with https:// (%(what)s)."),
    rules.Problem.NO_NAME: _("Say who is writing: put “%(what)s” at the start."),
    rules.Problem.NOT_NEUTRAL: _("Anyone may see this on the screen. Take out “%(what)s”."),
    rules.Problem.PRIVATE: _(
        "“%(what)s” looks like a case, a birthday or a Social Security number. Take it out."
    ),
    rules.Problem.CONTROL: _("There is a character that no phone can show (%(what)s). Delete it."),
}
_NO_SPANISH = _("People who read Spanish will get the English words. Write the Spanish ones too.")


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a text. One that `blocks` keeps the broadcast from being sent."""

    words: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Written:
    """One language's text as it arrives: each segment, what it costs, and what could be better.

    unaccented: the number of segments that Spanish without its accents would take, where that is fewer; None else.
    """

    language: str
    parts: tuple[str, ...]
    counted: segments.Segments
    advice: tuple[Advice, ...]
    unaccented: int | None
    people: int
    cost: Decimal

    @property
    def language_name(self) -> Promise:
        return LANGUAGE_NAMES[self.language]

    @property
    def is_gsm(self) -> bool:
        return self.counted.encoding is Encoding.GSM

    @property
    def saves(self) -> int:
        return 0 if self.unaccented is None else self.counted.segments - self.unaccented


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. `cost` in dollars; `needs_second`: someone else must say yes."""

    written: tuple[Written, ...]
    counts: Counts
    advice: tuple[Advice, ...]
    forecast: Forecast
    cost: Decimal
    segments: int
    rate: float
    needs_second: bool
    over_ceiling: bool

    @property
    def blocked(self) -> bool:
        """Is there something that keeps it from being sent?"""
        return any(each.blocks for each in self.all_advice())

    def all_advice(self) -> Iterator[Advice]:
        yield from self.advice
        for written in self.written:
            yield from written.advice


def plan(
    texts: Mapping[str, str],
    meant: Audience,
    *,
    unaccented: bool,
    start: dt.datetime,
    override: Override | None = None,
) -> Plan:
    """Work it out for a broadcast that begins at `start` (aware)."""
    settings = config.alerts()
    counts = audience.counts(meant)
    per_segment = _dearest(settings)
    written = tuple(
        _written(language, texts, counts, per_segment, settings, unaccented=unaccented)
        for language in LANGUAGE_NAMES
        if texts.get(language) or language == FIRST_LANGUAGE
    )
    loads = list(_loads(counts, {each.language: each.counted.segments for each in written}))
    limit = _limit(settings)
    foreseen = forecast(loads, limit, start, _windows(override))
    cost = per_segment * foreseen.segments
    return Plan(
        written=written,
        counts=counts,
        advice=tuple(_advice(texts, counts)),
        forecast=foreseen,
        cost=cost,
        segments=foreseen.segments,
        rate=limit.rate,
        needs_second=override is not None or audience.needs_second(counts.total),
        over_ceiling=cost > settings.cost.ceiling,
    )


def of(broadcast: Broadcast, now: dt.datetime) -> Plan:
    """The plan of a broadcast that was saved."""
    start = max(now, broadcast.not_before) if broadcast.not_before else now
    return plan(
        broadcast.texts,
        audience.read(broadcast.audience),
        unaccented=broadcast.unaccented,
        start=start,
        override=override_of(broadcast),
    )


def override_of(broadcast: Broadcast) -> Override | None:
    """The leave to send outside quiet hours that was asked for it, if one was."""
    found: Override | None = Override.objects.filter(broadcast=broadcast).first()
    return found


def _written(
    language: str,
    texts: Mapping[str, str],
    counts: Counts,
    per_segment: Decimal,
    settings: config.AlertsConfig,
    *,
    unaccented: bool,
) -> Written:
    text = texts.get(language, "")
    sent = segments.as_sent(text, without_accents=unaccented)
    counted = segments.count(sent)
    people = _readers(language, texts, counts)
    return Written(
        language=language,
        parts=segments.split(sent),
        counted=counted,
        advice=tuple(_of_text(text, settings)),
        unaccented=_cheaper(text, counted.segments),
        people=people,
        cost=per_segment * counted.segments * people,
    )


def _readers(language: str, texts: Mapping[str, str], counts: Counts) -> int:
    """How many get these words: who reads this language, and for the first one everyone who has no other."""
    own = counts.by_language.get(language, 0)
    if language != FIRST_LANGUAGE:
        return own
    return own + sum(
        people for code, people in counts.by_language.items() if code != language and not texts.get(code)
    )


def _cheaper(text: str, now: int) -> int | None:
    plain = segments.unaccented(text)
    fewer = None if plain is None else segments.count(plain).segments
    return fewer if fewer is not None and fewer < now else None


def _of_text(text: str, settings: config.AlertsConfig) -> Iterator[Advice]:
    for finding in rules.lint(text, settings.link_hosts, name=settings.organization):
        yield Advice(str(_TO_DO[finding.problem]) % {"what": finding.what}, finding.blocks)


def _advice(texts: Mapping[str, str], counts: Counts) -> Iterator[Advice]:
    """What is wrong with the whole of it."""
    if not texts.get("es") and counts.by_language.get("es"):
        yield Advice(str(_NO_SPANISH), blocks=False)


def _loads(counts: Counts, cost: Mapping[str, int]) -> Iterator[Load]:
    """The texts of each clock, whatever language they are in."""
    clocks: dict[str, tuple[int, int]] = {}
    for (clock, language), people in counts.by_clock.items():
        texts, taken = clocks.get(clock, (0, 0))
        each = cost.get(language, cost[FIRST_LANGUAGE])
        clocks[clock] = (texts + people, taken + people * max(1, each))
    for clock, (texts, taken) in sorted(clocks.items()):
        yield Load(tuple(clock.split(",")), texts, taken)


def _limit(settings: config.AlertsConfig) -> Limit:
    """What the senders that take subscribers may write together."""
    working = [sender for sender in settings.senders if sender.weight]
    return together([Limit(sender.rate, sender.burst, sender.grace) for sender in working])


def _dearest(settings: config.AlertsConfig) -> Decimal:
    """Dollars for one segment: of several senders the dearest, so that nobody is surprised."""
    return max((sender.cost for sender in settings.senders if sender.weight), default=Decimal(0))


def remaining(broadcast: Broadcast, now: dt.datetime) -> Forecast:
    """When the rest of what is being sent will be finished. Its burst is spent."""
    settings = config.alerts()
    waiting = (
        Delivery.objects.filter(
            broadcast=broadcast, state__in=(Delivery.State.QUEUED, Delivery.State.CLAIMED)
        )
        .values_list("lane__clock")
        .annotate(texts=Count("pk"), taken=Sum("segments"))
    )
    loads = [Load(tuple(clock.split(",")), texts, taken) for clock, texts, taken in waiting]
    limit = _limit(settings)
    return forecast(loads, Limit(limit.rate, 0.0, 0.0), now, _windows(override_of(broadcast)))


def _windows(override: Override | None) -> Windows:
    if config.alerts().any_hour:
        return ANY_HOUR
    return QUIET_HOURS if override is None else lifted_until(override.expires)
