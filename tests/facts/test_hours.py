"""Open or closed at a moment: by the wall clock of the place, on the days of clock change and on holidays too."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.facts.hours import Opening, OpenState, opening
from porchlight.facts.schema import Contact, Day, Hours, HoursKind, Span
from tests.facts.made import contact

EASTERN = ("America/New_York",)
WEEKDAYS = (Day.mon, Day.tue, Day.wed, Day.thu, Day.fri)
EVERY_DAY = tuple(Day)
SECOND = dt.timedelta(seconds=1)


def _weekly(
    *spans: tuple[tuple[Day, ...], str, str], zone: str = EASTERN[0], holidays: bool | None = True
) -> Hours:
    made = tuple(Span(days=days, start=start, end=end) for days, start, end in spans)
    return Hours(kind=HoursKind.weekly, zone=zone, spans=made, holidays=holidays)


def _at(
    hours: Hours, moment: str | dt.datetime, zones: tuple[str, ...] = EASTERN, **others: Contact
) -> Opening:
    """The opening at a moment; a text is New York's wall clock unless it has an offset."""
    when = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(zones[0]))
    return opening(contact(hours=hours), when, zones, others.get)


def _utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


OFFICE = _weekly((WEEKDAYS, "08:00", "16:30"))


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-18T07:59:59", "closed"),
        ("2026-11-18T08:00:00", "open"),
        ("2026-11-18T16:29:59", "open"),
        ("2026-11-18T16:30:00", "closed"),
        ("2026-11-20T16:30:00", "closed"),  # Friday
        ("2026-11-21T12:00:00", "closed"),  # Saturday
        ("2026-11-22T23:59:59", "closed"),
        ("2026-11-23T08:00:00", "open"),
        ("2026-11-18T13:00:00+00:00", "open"),  # 8:00 in New York
        ("2026-11-18T12:59:59+00:00", "closed"),
    ],
)
def test_a_line_opens_and_closes_on_the_second(moment: str, state: str) -> None:
    assert _at(OFFICE, moment).state == state


def test_the_next_change_is_told_in_utc_over_a_weekend_too() -> None:
    assert _at(OFFICE, "2026-11-18T09:00").changes_at == _utc("2026-11-18T21:30")
    assert _at(OFFICE, "2026-11-20T17:00").changes_at == _utc("2026-11-23T13:00")


def test_day_and_night_is_always_open_and_never_changes() -> None:
    for moment in ("2026-03-08T02:30", "2026-11-01T01:30", "2026-12-25T03:00"):
        assert _at(Hours(kind=HoursKind.always), moment) == Opening(OpenState.open)


@pytest.mark.parametrize("kind", [HoursKind.unknown, HoursKind.office])
def test_hours_that_nobody_printed_are_unknown_at_every_moment(kind: HoursKind) -> None:
    assert _at(Hours(kind=kind), "2026-11-18T12:00") == Opening(OpenState.unknown)


# --- days of clock change ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-03-07", "13:00", "22:00"),  # the day before: Eastern standard time
        ("2026-03-08", "12:00", "21:00"),  # clocks go forward at 2:00
        ("2026-10-31", "12:00", "21:00"),
        ("2026-11-01", "13:00", "22:00"),  # clocks go back at 2:00
        ("2027-03-13", "13:00", "22:00"),
        ("2027-03-14", "12:00", "21:00"),
    ],
)
def test_office_hours_follow_the_wall_clock_on_days_of_clock_change(
    day: str, opens: str, closes: str
) -> None:
    hours = _weekly((EVERY_DAY, "08:00", "17:00"))
    first, last = _utc(f"{day}T{opens}"), _utc(f"{day}T{closes}")
    assert _at(hours, first - SECOND) == Opening(OpenState.closed, first)
    assert _at(hours, first) == Opening(OpenState.open, last)
    assert _at(hours, last - SECOND).state is OpenState.open
    assert _at(hours, last).state is OpenState.closed


def test_a_night_in_which_clocks_go_forward_is_an_hour_short_and_one_in_which_they_go_back_an_hour_long() -> (
    None
):
    night = _weekly((EVERY_DAY, "22:00", "06:00"))
    for evening, length in (("2026-03-07", 7), ("2026-10-31", 9), ("2027-03-13", 7), ("2026-11-17", 8)):
        begin = dt.datetime.fromisoformat(f"{evening}T22:00").replace(tzinfo=ZoneInfo(EASTERN[0]))
        closes = _at(night, begin).changes_at
        assert closes is not None
        assert closes - begin.astimezone(dt.UTC) == dt.timedelta(hours=length)


def test_both_hours_between_one_and_two_are_told_apart_when_clocks_go_back() -> None:
    hours = _weekly((EVERY_DAY, "00:00", "02:00"))
    for moment in ("2026-11-01T05:30+00:00", "2026-11-01T06:30+00:00"):  # 1:30, and 1:30 again
        assert _at(hours, moment) == Opening(OpenState.open, _utc("2026-11-01T07:00"))
    assert _at(hours, "2026-11-01T07:00+00:00").state is OpenState.closed


# --- midnight ---------------------------------------------------------------------------------------------------------


def test_a_span_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    friday_night = _weekly(((Day.fri,), "18:00", "02:00"))
    assert _at(friday_night, "2026-11-21T01:59:59").state is OpenState.open
    assert _at(friday_night, "2026-11-21T02:00:00").state is OpenState.closed
    assert _at(friday_night, "2026-11-20T01:00:00").state is OpenState.closed  # the night to Friday


def test_hours_that_meet_at_midnight_do_not_close_there() -> None:
    hours = _weekly(((Day.fri,), "18:00", "24:00"), ((Day.sat,), "00:00", "06:00"))
    assert _at(hours, "2026-11-20T23:00") == Opening(OpenState.open, _utc("2026-11-21T11:00"))


def test_24_00_is_the_end_of_the_day() -> None:
    hours = _weekly(((Day.wed,), "08:00", "24:00"))
    assert _at(hours, "2026-11-18T23:59:59") == Opening(OpenState.open, _utc("2026-11-19T05:00"))
    assert _at(hours, "2026-11-19T00:00:00").state is OpenState.closed


def test_a_line_whose_weekly_hours_never_end_has_no_next_change() -> None:
    assert _at(_weekly((EVERY_DAY, "00:00", "24:00")), "2026-11-18T12:00") == Opening(OpenState.open)


# --- zones ------------------------------------------------------------------------------------------------------------


def test_hours_of_a_named_zone_hold_for_callers_in_another() -> None:
    """Kentucky's portal is read in Eastern time, and part of Kentucky is on Central time."""
    in_paducah = dt.datetime(2026, 11, 18, 15, 45, tzinfo=ZoneInfo("America/Chicago"))
    assert _at(OFFICE, in_paducah, ("America/Chicago",)).state is OpenState.closed


LOCAL = _weekly((WEEKDAYS, "08:00", "17:00"), zone="local")
TWO_ZONES = ("America/Chicago", "America/Denver")


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-18T13:59:59+00:00", "closed"),
        ("2026-11-18T14:00:00+00:00", "may_be_closed"),  # 8:00 Central, 7:00 Mountain
        ("2026-11-18T15:00:00+00:00", "open"),
        ("2026-11-18T22:59:59+00:00", "open"),
        ("2026-11-18T23:00:00+00:00", "may_be_closed"),
        ("2026-11-19T00:00:00+00:00", "closed"),
    ],
)
def test_where_no_zone_is_named_open_means_open_in_every_zone_of_the_place(moment: str, state: str) -> None:
    assert _at(LOCAL, moment, TWO_ZONES).state == state


def test_the_place_s_own_zone_decides_when_it_is_known() -> None:
    assert _at(LOCAL, "2026-11-18T14:30+00:00", ("America/Chicago",)).state is OpenState.open
    assert _at(LOCAL, "2026-11-18T14:30+00:00", ("America/Denver",)).state is OpenState.closed
    assert _at(LOCAL, "2026-11-18T14:30+00:00", ()) == Opening(OpenState.unknown)


# --- holidays ---------------------------------------------------------------------------------------------------------

HOLIDAYS = {
    "Thanksgiving": "2026-11-26",
    "Christmas": "2026-12-25",
    "Independence Day, a Saturday, observed": "2026-07-03",
    "New Year's Day 2028, a Saturday, observed in 2027": "2027-12-31",
    "Juneteenth, a Saturday, observed": "2027-06-18",
    "Martin Luther King Jr. Day": "2027-01-18",
}


@pytest.mark.parametrize("day", HOLIDAYS.values(), ids=HOLIDAYS)
@pytest.mark.parametrize(("holidays", "state"), [(True, "open"), (False, "closed"), (None, "may_be_closed")])
def test_on_a_holiday_a_line_is_open_closed_or_doubtful_as_its_source_says(
    day: str, holidays: bool | None, state: str
) -> None:
    hours = _weekly((WEEKDAYS, "08:00", "17:00"), holidays=holidays)
    assert _at(hours, f"{day}T12:00").state == state
    assert _at(hours, f"{day}T07:00").state is OpenState.closed


def test_before_a_long_weekend_the_next_opening_is_after_it() -> None:
    closed = _weekly((WEEKDAYS, "08:00", "17:00"), holidays=False)
    assert _at(closed, "2026-09-04T18:00").changes_at == _utc(
        "2026-09-08T12:00"
    )  # Labor Day is on the Monday


def test_a_line_of_mondays_finds_its_next_monday_after_two_that_are_holidays() -> None:
    mondays = _weekly(((Day.mon,), "09:00", "10:00"), holidays=False)
    assert _at(mondays, "2028-12-18T11:00").changes_at == _utc("2029-01-08T14:00")


# --- the night line of a day line -------------------------------------------------------------------------------------

NIGHT = Hours(kind=HoursKind.outside, of="day")


def test_a_line_for_nights_is_open_exactly_when_the_day_line_is_closed() -> None:
    day = contact("us-ky-day", hours=OFFICE)
    for moment, state in (
        ("2026-11-18T12:00", "closed"),
        ("2026-11-18T20:00", "open"),
        ("2026-11-21T12:00", "open"),
    ):
        assert _at(NIGHT, moment, day=day).state == state
    assert _at(NIGHT, "2026-11-18T12:00", day=day).changes_at == _utc("2026-11-18T21:30")


def test_the_night_line_is_doubtful_when_the_day_line_is_and_open_on_its_closed_holidays() -> None:
    doubtful = contact("us-ky-day", hours=_weekly((WEEKDAYS, "08:00", "17:00"), holidays=None))
    closed = contact("us-ky-day", hours=_weekly((WEEKDAYS, "08:00", "17:00"), holidays=False))
    assert _at(NIGHT, "2026-11-26T12:00", day=doubtful).state is OpenState.may_be_closed
    assert _at(NIGHT, "2026-11-26T12:00", day=closed).state is OpenState.open


@pytest.mark.parametrize("kind", [HoursKind.unknown, HoursKind.office, HoursKind.always])
def test_the_night_line_of_a_day_line_without_times_is_unknown(kind: HoursKind) -> None:
    day = contact("us-ky-day", hours=Hours(kind=kind))
    assert _at(NIGHT, "2026-11-18T12:00", day=day).state is OpenState.unknown
    assert _at(NIGHT, "2026-11-18T12:00").state is OpenState.unknown


# --- against a slow reader of the same hours --------------------------------------------------------------------------

_CLOCKS = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 15, 30)]
_spans = st.lists(
    st.builds(
        lambda days, start, end: (tuple(days), start, end),
        st.lists(st.sampled_from(EVERY_DAY), min_size=1, max_size=7, unique=True),
        st.sampled_from(_CLOCKS),
        st.sampled_from([*_CLOCKS, "24:00"]),
    ).filter(lambda span: span[1] != span[2]),
    min_size=1,
    max_size=3,
)
_zones = st.sampled_from(
    ["America/New_York", "America/Denver", "America/Phoenix", "Pacific/Guam", "America/Anchorage"]
)
# Around the clock changes, Thanksgiving and the turn of a year whose first day is observed on the last of the old.
_days = st.sampled_from(["2026-03-08", "2026-11-01", "2027-03-14", "2026-11-26", "2027-12-31", "2026-07-03"])
_moments = st.builds(
    lambda day, minutes: _utc(day) + dt.timedelta(minutes=minutes), _days, st.integers(-2 * 1440, 2 * 1440)
)


def _open_by_the_wall(hours: Hours, moment: dt.datetime, zone: str) -> bool:
    """Read the clock on the wall and compare it with each span: no intervals, no UTC."""
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    clock, yesterday = wall.strftime("%H:%M"), wall - dt.timedelta(days=1)
    for span in hours.spans:
        past_midnight = span.end <= span.start
        if (
            EVERY_DAY[wall.weekday()] in span.days
            and clock >= span.start
            and (past_midnight or clock < span.end)
        ):
            return True
        if past_midnight and EVERY_DAY[yesterday.weekday()] in span.days and clock < span.end:
            return True
    return False


def _touches_a_gap(hours: Hours, moment: dt.datetime, zone: str) -> bool:
    """Is an edge of a span at a clock time that this day has twice or never? There the wall alone cannot tell."""
    changes = [moment + dt.timedelta(days=days) for days in (-1, 0, 1)]
    offsets = {change.astimezone(ZoneInfo(zone)).utcoffset() for change in changes}
    edges = {clock for span in hours.spans for clock in (span.start, span.end)}
    return len(offsets) > 1 and any("01:00" <= edge <= "03:00" for edge in edges)


@settings(max_examples=400, deadline=None)
@given(_spans, _zones, _moments)
def test_the_state_is_what_the_clock_on_the_wall_says(
    spans: list[tuple[tuple[Day, ...], str, str]], zone: str, moment: dt.datetime
) -> None:
    hours = _weekly(*spans, zone=zone)
    if not _touches_a_gap(hours, moment, zone):
        expected = OpenState.open if _open_by_the_wall(hours, moment, zone) else OpenState.closed
        assert _at(hours, moment).state is expected


@settings(max_examples=30, deadline=None)
@given(_spans, _zones, _days)
def test_every_minute_of_a_day_agrees_and_changes_come_when_they_were_foretold(
    spans: list[tuple[tuple[Day, ...], str, str]], zone: str, day: str
) -> None:
    hours = _weekly(*spans, zone=zone)
    moment, foretold = _utc(day), _at(hours, _utc(day))
    for _ in range(1440):
        moment += dt.timedelta(minutes=1)
        found = _at(hours, moment)
        if foretold.changes_at is None or moment < foretold.changes_at:
            assert found == foretold
        else:
            assert moment == foretold.changes_at
            assert found.state is not foretold.state
            foretold = found


@settings(max_examples=400, deadline=None)
@given(_spans, st.sampled_from([EASTERN, TWO_ZONES]), _moments, st.sampled_from([True, False, None]))
def test_a_state_holds_until_the_moment_of_change_and_differs_from_then_on(
    spans: list[tuple[tuple[Day, ...], str, str]],
    zones: tuple[str, ...],
    moment: dt.datetime,
    holidays: bool | None,
) -> None:
    """Of two zones that disagree each may change without ending the doubt: there the moment is one to look again."""
    hours = _weekly(*spans, zone="local", holidays=holidays)
    now = _at(hours, moment, zones)
    if now.changes_at is not None:
        assert now.changes_at > moment
        assert _at(hours, now.changes_at - SECOND, zones).state is now.state
        if len(zones) == 1 or now.state is not OpenState.may_be_closed:
            assert _at(hours, now.changes_at, zones).state is not now.state
