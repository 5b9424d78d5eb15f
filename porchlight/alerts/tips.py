"""Tip series: who gets which tip on which day.

`next_tip` decides, and is pure. An enrollment keeps what it decided (`next_step`, `next_due`). Each day the tips that
are due become one broadcast each; when it is written out, everyone in it moves on to their next tip. Nobody gets more
than one tip of a program in a day, nor one that they had; who joins late begins where the child is, without the past.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from porchlight.alerts import audience, config, keyring, outbox, programs, subscribe
from porchlight.alerts.models import Broadcast, Delivery, Enrollment, Program, Subscriber
from porchlight.alerts.programs import Clock, Series, Tip
from porchlight.site import journal

# Tips begin at this hour (UTC): morning from coast to coast, and each clock's own window does the rest.
RELEASE = dt.time(14)
# A tip that could not go within this time is let go: the next one is near.
LIVES = dt.timedelta(hours=48)
# What `next_step` says of someone who gets no more, and of someone whose child's age we do not know.
OVER, NO_AGE = "over", "no-age"

# --- the rule ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where someone is in a series. They are past all tips whose `at` is not above `after`, and had those in `had`.

    On the day `since` the series' clock said `at`: 0 on the day of joining or of birth, the `at` of a tip on the day on
    which it went. `soonest` is the first day on which they may get another.
    """

    since: dt.date
    at: int
    soonest: dt.date
    after: int = -1
    had: frozenset[str] = frozenset()


def next_tip(series: Series, place: Place, today: dt.date) -> tuple[Tip, dt.date] | None:
    """Their next tip and its day, today or later; None when the series is over for them."""
    ahead = [tip for tip in series.tips if tip.at > place.after and tip.id not in place.had]
    earliest = max(place.soonest, today)
    if series.clock is Clock.DAYS:
        if not ahead:
            return None
        return ahead[0], max(earliest, place.since + dt.timedelta(days=ahead[0].at - place.at))
    age = months_old(place.since, earliest)
    if series.until is not None and age >= series.until:
        return None
    # The tip for the age that the child has now; what came before it is not made up for.
    if now := [tip for tip in ahead if tip.at <= age]:
        return now[-1], earliest
    return (ahead[0], max(earliest, in_months(place.since, ahead[0].at))) if ahead else None


def birthday(month: str, spread: int) -> dt.date:
    """The day on which we begin to count for a child born in `month` ("2024-05"): one of its first 28, by `spread`.

    We do not ask for the day; this way not everyone's tip falls on the first of the month. Raises ValueError.
    """
    return dt.date.fromisoformat(f"{month}-01").replace(day=1 + spread % 28)


def months_old(born: dt.date, day: dt.date) -> int:
    """Whole months from `born` to `day`; below 0 before the birth."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def in_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month, so many months later. Day 28 at the latest."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


# --- one minute's share -----------------------------------------------------------------------------------------------


def send_due(now: float, patience: float = 0.5) -> None:
    """Move on who got their tip, give a place to who has none, and begin the tips of today.

    `now` is in seconds since 1970. After `patience` seconds the rest waits for the next minute. Safe to repeat, and to
    be killed at any point: each step leaves rows from which the next one finds its way.
    """
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    until = time.monotonic() + patience
    for program in Program.objects.filter(kind=Program.Kind.SERIES).order_by("pk"):
        try:
            if _may_go_somewhere(program):
                _serve(program, programs.series(program.series), at, until)
        except programs.SeriesError as error:
            journal.write(journal.Event.NOT_READY, level=logging.ERROR, exception=error)


def _may_go_somewhere(program: Program) -> bool:
    """A series that nobody reviewed is served only where all texts stay on this machine."""
    return config.alerts().is_practice or programs.is_reviewed(program)


def _serve(program: Program, series: Series, at: dt.datetime, until: float) -> None:
    """In this order: nobody may be in a new broadcast before they have moved on from the last."""
    if _move_on(program, series, at, until) and _line_up(program, series, at, until) and _is_released(at):
        for step in _steps_due(program, at.date()):
            for tip in (tip for tip in series.tips if tip.step == step):
                try:
                    begin(program, series, tip, at)
                except programs.UnknownNumberError as error:
                    journal.write(journal.Event.NOT_READY, level=logging.ERROR, exception=error)


def _is_released(at: dt.datetime) -> bool:
    return config.alerts().any_hour or at.time() >= RELEASE


def begin(program: Program, series: Series, tip: Tip, at: dt.datetime) -> Broadcast | None:
    """Send a tip to all for whom it is due. None when it goes out already, or went out today.

    Raises UnknownNumberError for a tip that names a line of which the facts are not sure.
    """
    with transaction.atomic():
        Program.objects.select_for_update().get(pk=program.pk)
        if _is_under_way(program, tip.step) or _went_today(program, tip.step, at):
            return None
        broadcast = Broadcast.objects.create(
            program=program,
            state=Broadcast.State.SCHEDULED,
            step=tip.step,
            words_sha256=series.words_sha256(),
            texts=programs.texts(tip, config.alerts().organization, at.date()),
            unaccented=True,
            audience=audience.Audience(program=program.slug, step=tip.step, due=at.date()).as_json(),
            created=at,
            changed=at,
            expires=at + LIVES,
        )
        outbox.start(broadcast.pk, at.timestamp())
    return broadcast


def _is_under_way(program: Program, step: str) -> bool:
    return _unwritten(program).filter(step=step).exists()


def _went_today(program: Program, step: str, at: dt.datetime) -> bool:
    """In practice a newcomer may try it more than once a day: everyone in it has moved on by now."""
    if config.alerts().any_hour:
        return False
    day = dt.datetime.combine(at.date(), dt.time(), dt.UTC)
    return Broadcast.objects.filter(program=program, step=step, created__gte=day).exists()


def _unwritten(program: Program) -> QuerySet[Broadcast]:
    """Tips that will still reach people who are not in them yet."""
    over = (Broadcast.State.CANCELLED, Broadcast.State.DONE)
    return Broadcast.objects.filter(program=program, expanded=False).exclude(state__in=over).exclude(step="")


# --- moving on --------------------------------------------------------------------------------------------------------


def _move_on(program: Program, series: Series, at: dt.datetime, until: float) -> bool:
    """Give everyone who is in a tip their next one. False when time ran out first."""
    due = Enrollment.objects.filter(program=program, next_due__lte=at.date())
    for step in due.order_by().values_list("next_step", flat=True).distinct():
        behind = due.filter(next_step=step)
        first = behind.order_by("next_due").values_list("next_due", flat=True)[0]
        sent = Broadcast.objects.filter(
            program=program,
            step=step,
            created__gte=dt.datetime.combine(first or at.date(), dt.time(), dt.UTC),
        )
        for broadcast in sent.order_by("pk"):
            if not _through(_reached(broadcast, behind), series, at, until, went=broadcast.created.date()):
                return False
    return True


def _reached(broadcast: Broadcast, behind: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """Who is done with a tip: whoever has a text of it; all it was for, when staff cancelled it; nobody too early."""
    meant = behind.filter(next_due__lte=broadcast.created.date())
    if broadcast.state == Broadcast.State.CANCELLED:
        return meant
    if not broadcast.expanded and broadcast.state != Broadcast.State.DONE:
        return meant.none()
    texts = Delivery.objects.filter(broadcast=broadcast, number=OuterRef("subscriber__number"))
    return meant.filter(Exists(texts))


def _line_up(program: Program, series: Series, at: dt.datetime, until: float) -> bool:
    """Give a place to who has none, or whose tip is gone from the file, or is not for their child's age any more."""
    steps = [tip.step for tip in series.tips]
    new = Q(next_step="") | Q(next_step=NO_AGE, private__isnull=False)
    lost = ~Q(next_step__in=[*steps, "", OVER, NO_AGE])
    late = Q(next_due__lt=at.date()) if series.clock is Clock.AGE_MONTHS else Q(pk__in=())
    busy = list(_unwritten(program).values_list("step", flat=True))
    found = Enrollment.objects.filter(
        new | lost | late,
        program=program,
        active=True,
        subscriber__state=Subscriber.State.ACTIVE,
        subscriber__number__stopped=False,
    ).exclude(next_step__in=busy)
    return _through(found, series, at, until)


_CHUNK = 500


def _through(
    found: QuerySet[Enrollment],
    series: Series,
    at: dt.datetime,
    until: float,
    *,
    went: dt.date | None = None,
) -> bool:
    """Place each of `found` anew, a chunk in a transaction; False when time ran out. `went`: the day of their tip."""
    last = 0
    while True:
        with transaction.atomic():
            rows = list(
                found.filter(pk__gt=last)
                .select_for_update(of=("self",))
                .select_related("subscriber")
                .order_by("pk")[:_CHUNK]
            )
            had = _had(rows)
            for row in rows:
                _put(row, series, had.get(row.pk, _NONE), at, went)
            Enrollment.objects.bulk_update(rows, ["next_step", "next_due"])
        if len(rows) < _CHUNK:
            return True
        last = rows[-1].pk
        if time.monotonic() >= until:
            return False


@dataclass(frozen=True, slots=True)
class _Had:
    """The tips that someone had since they joined, and the day of the last one."""

    ids: frozenset[str] = frozenset()
    last: dt.date = dt.date.min


_NONE = _Had()


def _put(row: Enrollment, series: Series, had: _Had, at: dt.datetime, went: dt.date | None) -> None:
    """Write a row's next tip and day."""
    place = _place(row, series, had, went)
    if place is None:
        row.next_step, row.next_due = NO_AGE, None
        return
    found = next_tip(series, place, at.date())
    row.next_step, row.next_due = (OVER, None) if found is None else (found[0].step, found[1])


def _place(row: Enrollment, series: Series, had: _Had, went: dt.date | None) -> Place | None:
    """Where they are. None for a series by age when we do not know the month of birth."""
    stood, due = _at_of(row.next_step), row.next_due
    joined = row.since.astimezone(dt.UTC).date()
    soonest = max(joined, had.last) + dt.timedelta(days=1)
    after, ids = -1 if stood is None else stood - 1, had.ids
    if went is not None and stood is not None:
        soonest, after, ids = went + dt.timedelta(days=1), stood, ids | {_id_of(row.next_step)}
    if series.clock is Clock.AGE_MONTHS:
        born = _birthday_of(row)
        return None if born is None else Place(born, 0, soonest, after, ids)
    since, at = (joined, 0) if stood is None else (went or due or joined, stood)
    return Place(since, at, soonest, after, ids)


def _birthday_of(row: Enrollment) -> dt.date | None:
    """None when we do not know it, or cannot open what we were told: one such row must not stop the others."""
    try:
        return birthday(subscribe.birth_month_of(row), row.pk)
    except (ValueError, keyring.WrongSealError):
        return None


def _at_of(step: str) -> int | None:
    """The `at` of the tip that a row names, whether or not the file still has it."""
    at, _, _ = step.partition("-")
    return int(at) if at.isdigit() else None


def _id_of(step: str) -> str:
    return step.partition("-")[2]


def _had(rows: Sequence[Enrollment]) -> Mapping[int, _Had]:
    """What each had, so that a tip which the file moved does not come twice, nor two on one day."""
    by_number = {row.subscriber.number_id: row for row in rows}
    if not by_number:
        return {}
    sent = Delivery.objects.filter(number__in=by_number, broadcast__program=rows[0].program_id).exclude(
        broadcast__step=""
    )
    had: dict[int, _Had] = {}
    for number, step, created in sent.values_list("number", "broadcast__step", "broadcast__created"):
        row = by_number[number]
        if created > row.since:
            before = had.get(row.pk, _NONE)
            had[row.pk] = _Had(before.ids | {_id_of(step)}, max(before.last, created.date()))
    return had


def _steps_due(program: Program, today: dt.date) -> list[str]:
    due = audience.rows(audience.Audience(program=program.slug, due=today))
    return list(due.order_by("next_step").values_list("next_step", flat=True).distinct())
