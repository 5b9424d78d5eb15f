"""When a broadcast is finished: the forecast against a sender that keeps the rate law text by text."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.alerts import pace, rules
from porchlight.alerts.forecast import ANY_HOUR, Forecast, Load, forecast, lifted_until, together
from porchlight.alerts.pace import Limit

EASTERN, CENTRAL, HAWAII = ("America/New_York",), ("America/Chicago",), ("Pacific/Honolulu",)
TOLL_FREE = Limit(3, 3, 0.25)
MONDAY = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)  # 10:00 in New York, 9:00 in Chicago, 5:00 in Honolulu


def simulate(loads: Sequence[Load], limit: Limit, start: dt.datetime) -> tuple[dt.datetime, int]:
    """Write one-segment texts one by one, each at the slot that `pace` gives it, its clock open, the one that closes
    first before the others. Returns when the last is written, and how many before the first closing that leaves some.
    """
    left = {load.zones: load.texts for load in loads}
    now, arrival = start.timestamp(), 0.0
    last, written, before = now, 0, -1
    while any(left.values()):
        at = dt.datetime.fromtimestamp(now, dt.UTC)
        waiting = [zones for zones, texts in left.items() if texts]
        ready = [zones for zones in waiting if rules.open_at(zones, at)]
        if not ready:
            if before < 0 and written:
                before = written
            now = min(rules.next_opening(zones, at).timestamp() for zones in waiting)
            continue
        first = min(ready, key=lambda zones: rules.next_closing(zones, at))
        slot, after = pace.slot(arrival, limit, 1, now)
        if slot > now and not rules.open_at(first, dt.datetime.fromtimestamp(slot, dt.UTC)):
            now = rules.next_closing(first, at).timestamp()
            if before < 0:
                before = written
            continue
        arrival, now, last = after, slot, slot
        left[first] -= 1
        written += 1
    return dt.datetime.fromtimestamp(last, dt.UTC), before if before >= 0 else written


def test_a_hundred_thousand_texts_take_nine_hours_and_a_quarter_on_a_toll_free_number() -> None:
    found = forecast([Load(EASTERN, 100_000, 100_000)], TOLL_FREE, MONDAY)
    assert found.finish is not None
    assert (found.finish - found.begins).total_seconds() == pytest.approx(100_000 / 3, abs=2)
    assert not found.crosses_the_evening
    assert found.first_part == 100_000


def test_what_does_not_fit_before_the_evening_goes_on_next_morning() -> None:
    found = forecast([Load(EASTERN, 150_000, 150_000)], TOLL_FREE, MONDAY)
    assert found.crosses_the_evening
    assert found.stops == dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)  # 20:00 in New York
    assert found.goes_on == dt.datetime(2026, 11, 24, 14, tzinfo=dt.UTC)  # 9:00
    assert found.first_part == pytest.approx(3 * 10 * 3600, abs=5)
    assert found.first_part + found.after == 150_000
    assert found.evenings == 1
    assert found.finish == pytest.approx(
        found.goes_on + dt.timedelta(seconds=(150_000 - 3 * 36_000) / 3), abs=dt.timedelta(seconds=3)
    )


def test_a_saturday_evening_waits_for_sunday_noon() -> None:
    saturday = dt.datetime(2026, 11, 22, 0, 59, tzinfo=dt.UTC)  # 19:59 in New York
    found = forecast([Load(EASTERN, 1000, 1000)], TOLL_FREE, saturday)
    assert found.goes_on == dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC)
    assert found.first_part == pytest.approx(180, abs=4)


def test_at_night_it_begins_in_the_morning_and_that_is_no_evening_crossed() -> None:
    night = dt.datetime(2026, 11, 24, 5, tzinfo=dt.UTC)
    found = forecast([Load(EASTERN, 10, 10)], TOLL_FREE, night)
    assert found.begins == dt.datetime(2026, 11, 24, 14, tzinfo=dt.UTC)
    assert found.waits_to_begin
    assert not found.crosses_the_evening


def test_who_is_still_asleep_waits_and_is_counted() -> None:
    found = forecast([Load(EASTERN, 100, 100), Load(HAWAII, 7, 7)], TOLL_FREE, MONDAY)
    assert found.opens_later == 7
    assert found.opens == dt.datetime(2026, 11, 23, 19, tzinfo=dt.UTC)  # 9:00 in Honolulu
    assert found.finish is not None
    assert found.finish >= found.opens
    assert not found.crosses_the_evening


def test_a_text_of_three_segments_takes_three_times_as_long() -> None:
    one = forecast([Load(EASTERN, 3000, 3000)], TOLL_FREE, MONDAY)
    three = forecast([Load(EASTERN, 3000, 9000)], TOLL_FREE, MONDAY)
    assert one.finish is not None
    assert three.finish is not None
    lengths = [(each.finish - MONDAY).total_seconds() for each in (one, three) if each.finish]
    assert lengths[1] / lengths[0] == pytest.approx(3, rel=0.01)


def test_the_clock_that_closes_first_is_written_first() -> None:
    """An hour before New York closes: all of it goes first, and Chicago has its own hour after it."""
    evening = dt.datetime(2026, 11, 24, 0, tzinfo=dt.UTC)
    found = forecast([Load(CENTRAL, 10_000, 10_000), Load(EASTERN, 10_000, 10_000)], TOLL_FREE, evening)
    assert not found.crosses_the_evening
    assert found.evenings == 0


def test_nobody_is_nothing_to_wait_for() -> None:
    assert forecast([], TOLL_FREE, MONDAY) == Forecast(MONDAY, MONDAY, MONDAY, 0, 0, 0)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        forecast([Load(EASTERN, 1, 1)], Limit(0, 1, 0), MONDAY)


def test_what_takes_months_says_so() -> None:
    found = forecast([Load(EASTERN, 10_000_000, 10_000_000)], Limit(1, 1, 0.1), MONDAY)
    assert found.finish is None
    assert found.crosses_the_evening


def test_an_override_writes_through_the_night_until_it_ends() -> None:
    night = dt.datetime(2026, 11, 24, 5, tzinfo=dt.UTC)
    through = forecast(
        [Load(EASTERN, 3600, 3600)], TOLL_FREE, night, lifted_until(night + dt.timedelta(hours=1))
    )
    assert not through.crosses_the_evening
    assert through.finish is not None
    assert through.finish - night < dt.timedelta(minutes=21)
    cut = forecast(
        [Load(EASTERN, 36_000, 36_000)], TOLL_FREE, night, lifted_until(night + dt.timedelta(hours=1))
    )
    assert cut.stops == night + dt.timedelta(hours=1)
    assert cut.goes_on == dt.datetime(2026, 11, 24, 14, tzinfo=dt.UTC)
    assert cut.first_part == pytest.approx(10_800, abs=5)


def test_an_override_that_ends_by_day_stops_nothing() -> None:
    evening = MONDAY + dt.timedelta(hours=9)
    found = forecast(
        [Load(EASTERN, 3600, 3600)], TOLL_FREE, evening, lifted_until(evening + dt.timedelta(minutes=5))
    )
    assert not found.crosses_the_evening


def test_in_practice_no_hour_is_wrong() -> None:
    night = dt.datetime(2026, 11, 24, 5, tzinfo=dt.UTC)
    found = forecast([Load(EASTERN, 3600, 3600), Load(HAWAII, 10, 10)], TOLL_FREE, night, ANY_HOUR)
    assert found.begins == night
    assert found.opens is None
    assert not found.crosses_the_evening


def test_two_senders_are_as_fast_as_both() -> None:
    both = together([Limit(3, 3, 0.25), Limit(12, 12, 0.25)])
    assert both.rate == 15
    assert both.depth == pytest.approx(0.75)
    with pytest.raises(ValueError, match="sender"):
        together([])


loads = st.lists(
    st.builds(
        lambda zones, texts: Load(zones, texts, texts),
        st.sampled_from([EASTERN, CENTRAL, HAWAII, (*EASTERN, *CENTRAL)]),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda load: load.zones,
)
starts = st.integers(0, 10 * 24 * 3600).map(lambda seconds: MONDAY + dt.timedelta(seconds=seconds))
LIMITS = [Limit(0.01, 1, 0.1), Limit(0.05, 5, 1), Limit(3, 3, 0.25), Limit(100, 100, 0.25)]


@settings(max_examples=80, deadline=None)
@given(
    loads,
    starts,
    st.sampled_from(LIMITS),
)
def test_the_forecast_is_what_a_sender_that_keeps_the_rate_law_does(
    waiting: list[Load], start: dt.datetime, limit: Limit
) -> None:
    """To within the few texts that the burst allows at each opening: seconds at a real rate."""
    found = forecast(waiting, limit, start)
    finish, before = simulate(waiting, limit, start)
    texts = sum(load.texts for load in waiting)
    slack = (len(waiting) + 1) * (limit.burst + 1)
    assert found.texts == texts
    if found.finish is None:
        assert finish - start > dt.timedelta(days=50)
        return
    # Near a closing one text more or less decides between this evening and the next morning.
    if not _near_a_closing(waiting, finish, slack / limit.rate):
        assert abs((found.finish - finish).total_seconds()) <= slack / limit.rate + 1
    if found.crosses_the_evening and found.evenings == 1 and len(waiting) == 1:
        assert abs(found.first_part - before) <= math.ceil(slack)


def _near_a_closing(waiting: list[Load], moment: dt.datetime, seconds: float) -> bool:
    """Is some clock within `seconds` of its closing or opening at that moment?"""
    for step in (-seconds - 1, 0.0, seconds + 1):
        at = moment + dt.timedelta(seconds=step)
        if len({rules.open_at(load.zones, at) for load in waiting}) > 1:
            return True
        if any(rules.open_at(load.zones, at) != rules.open_at(load.zones, moment) for load in waiting):
            return True
    return False
