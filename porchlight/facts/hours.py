"""Is a contact open at a moment, and when does that change?

All sums are done in UTC, because two local times of one zone compare by the clock on the wall and get the days of
clock change wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from porchlight.facts.schema import Contact, Day, Hours, HoursKind

_ONE_DAY = dt.timedelta(days=1)
_DAYS = list(Day)
# Days. A line of Mondays only opens again after 21, when Christmas and New Year's Day are Mondays.
_LOOK_AHEAD = 23


class OpenState(StrEnum):
    open = "open"
    closed = "closed"
    unknown = "unknown"  # nobody printed its hours
    may_be_closed = "may_be_closed"  # a public holiday, or a zone that the source does not name


@dataclass(frozen=True, slots=True)
class Opening:
    """The state at a moment, and the moment (UTC) it next changes, where that can be known."""

    state: OpenState
    changes_at: dt.datetime | None = None


UNKNOWN = Opening(OpenState.unknown)
ALWAYS = Opening(OpenState.open)


def opening(
    contact: Contact, at: dt.datetime, zones: tuple[str, ...], find: Callable[[str], Contact | None]
) -> Opening:
    """The opening of `contact` at `at` (aware), for a place whose IANA zones are `zones`.

    `find` gives the contact an id names: hours of the kind `outside` are the other one's closed times.
    """
    hours = contact.hours
    if hours.kind is HoursKind.always:
        return ALWAYS
    if hours.kind is HoursKind.weekly:
        return _weekly(hours, at.astimezone(dt.UTC), zones)
    if hours.kind is HoursKind.outside and hours.of is not None:
        day_line = find(hours.of)
        if day_line is not None and day_line.hours.kind is HoursKind.weekly:
            return _reversed(_weekly(day_line.hours, at.astimezone(dt.UTC), zones))
    return UNKNOWN


def _weekly(hours: Hours, at: dt.datetime, zones: tuple[str, ...]) -> Opening:
    named = (hours.zone,) if hours.zone not in (None, "local") else zones
    found = [_in_zone(hours, at, zone) for zone in named if zone is not None]
    if not found:
        return UNKNOWN
    changes = [opening.changes_at for opening in found if opening.changes_at is not None]
    agreed = len({opening.state for opening in found}) == 1
    return Opening(found[0].state if agreed else OpenState.may_be_closed, min(changes) if changes else None)


def _reversed(day: Opening) -> Opening:
    turned = {
        OpenState.open: OpenState.closed,
        OpenState.closed: OpenState.open,
        # When the day line may be closed, the night line may be open: say no more than that.
        OpenState.may_be_closed: OpenState.may_be_closed,
        OpenState.unknown: OpenState.unknown,
    }
    return Opening(turned[day.state], day.changes_at)


def _in_zone(hours: Hours, at: dt.datetime, zone: str) -> Opening:
    today = at.astimezone(ZoneInfo(zone)).date()
    for start, end, doubtful in _intervals(hours, zone, today):
        if at < start:
            return Opening(OpenState.closed, start)
        if at < end:
            state = OpenState.may_be_closed if doubtful else OpenState.open
            return Opening(state, end if end < _horizon(zone, today) else None)
    return Opening(OpenState.closed)


@lru_cache(maxsize=4096)
def _horizon(zone: str, today: dt.date) -> dt.datetime:
    """The end of the days looked at: what is still open then was not seen to close."""
    return _moment(today + (_LOOK_AHEAD - 1) * _ONE_DAY, "24:00", ZoneInfo(zone))


@lru_cache(maxsize=4096)
def _intervals(hours: Hours, zone: str, today: dt.date) -> tuple[tuple[dt.datetime, dt.datetime, bool], ...]:
    """Open intervals in UTC from yesterday on, in order; the third is True where a holiday makes one doubtful."""
    info = ZoneInfo(zone)
    found: list[tuple[dt.datetime, dt.datetime, bool]] = []
    for offset in range(-1, _LOOK_AHEAD):
        date = today + offset * _ONE_DAY
        holiday = _is_federal_holiday(date)
        if holiday and hours.holidays is False:
            continue
        for span in hours.spans:
            if _DAYS[date.weekday()] not in span.days:
                continue
            start = _moment(date, span.start, info)
            end = _moment(date, span.end, info)
            if end <= start:  # past midnight
                end = _moment(date + _ONE_DAY, span.end, info)
            found.append((start, end, holiday and hours.holidays is None))
    return _joined(sorted(found))


def _joined(
    intervals: list[tuple[dt.datetime, dt.datetime, bool]],
) -> tuple[tuple[dt.datetime, dt.datetime, bool], ...]:
    """Join intervals that touch, so that "opens at midnight" is not said of a line that never closed."""
    joined: list[tuple[dt.datetime, dt.datetime, bool]] = []
    for start, end, doubtful in intervals:
        if joined and start <= joined[-1][1] and doubtful == joined[-1][2]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), doubtful)
        else:
            joined.append((start, end, doubtful))
    return tuple(joined)


def _moment(date: dt.date, clock: str, zone: ZoneInfo) -> dt.datetime:
    if clock == "24:00":
        date, clock = date + _ONE_DAY, "00:00"
    wall = dt.datetime.combine(date, dt.time.fromisoformat(clock), tzinfo=zone)
    return wall.astimezone(dt.UTC)


def _is_federal_holiday(date: dt.date) -> bool:
    return date in _federal_holidays(date.year)


@lru_cache(maxsize=8)
def _federal_holidays(year: int) -> frozenset[dt.date]:
    """Federal holidays and the days they are observed on (5 U.S.C. 6103), from the `holidays` package."""
    from holidays import country_holidays  # slow to import, and only weekly hours need it

    return frozenset(country_holidays("US", years=year))
