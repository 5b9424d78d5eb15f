"""Where ZIP codes are: points, circles, counties, state lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight import places
from porchlight.places import Found, Place, resolve, zips
from porchlight.places.resolve import gazetteer
from porchlight.places.zips import Point

LOUISVILLE = Point(38.2527, -85.7585)
LEXINGTON = Point(38.0406, -84.5037)


def place(typed: str) -> Place:
    found = resolve(typed)
    assert isinstance(found, Found)
    return found.place


def test_every_zip_code_has_a_point_in_the_united_states_or_its_territories() -> None:
    for zip_code in gazetteer().zip_codes():
        point = zips.point_of(zip_code)
        assert point is not None
        assert -14.6 <= point.latitude <= 71.5, zip_code
        assert -180 <= point.longitude <= -64 or point.longitude > 144, zip_code


def test_a_zip_code_that_is_not_there_has_no_point() -> None:
    assert zips.point_of("00000") is None


def test_a_po_box_takes_the_middle_of_its_city() -> None:
    box, city = zips.point_of("40201"), zips.point_of("40202")
    assert box is not None
    assert city is not None
    assert 0 < box.miles_to(city) < 10


def test_the_distance_is_that_of_the_globe() -> None:
    # Great-circle distance of the two city halls, by the U.S. National Hurricane Center's published formula: 69.8.
    assert LOUISVILLE.miles_to(LEXINGTON) == pytest.approx(69.8, abs=0.4)
    assert LOUISVILLE.miles_to(LOUISVILLE) == 0


def test_a_circle_holds_its_own_zip_code_and_what_is_near_and_nothing_far() -> None:
    near = zips.around(LOUISVILLE, 10)
    assert {"40202", "40203", "47130"} <= set(near)  # Jeffersonville is across the river, in another state
    assert not {"40506", "42101"} & set(near)
    assert list(near) == sorted(near)


def test_a_circle_grows_with_its_radius() -> None:
    sizes = [len(zips.around(LOUISVILLE, miles)) for miles in (1, 5, 25, 100)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert set(zips.around(LOUISVILLE, 5)) < set(zips.around(LOUISVILLE, 25))


points = st.builds(Point, st.floats(18, 71), st.floats(-179, -65))


@given(points, points)
def test_a_distance_is_the_same_both_ways_and_never_negative(one: Point, other: Point) -> None:
    assert one.miles_to(other) == pytest.approx(other.miles_to(one))
    assert 0 <= one.miles_to(other) <= 12_451  # half around the globe


@given(points, st.integers(1, 100))
def test_the_quick_look_at_latitudes_leaves_out_nobody(center: Point, miles: int) -> None:
    slow = {
        zip_code
        for zip_code in ("40202", "99501", "96701", "00601", "10001", "33139")
        if (point := zips.point_of(zip_code)) and center.miles_to(point) <= miles
    }
    assert slow <= set(zips.around(center, miles))


def test_a_point_is_within_any_circle_around_itself() -> None:
    point = zips.point_of("40202")
    assert point is not None
    assert "40202" in zips.around(point, 0)


def test_the_middle_of_a_city_is_in_it_and_of_a_county_too() -> None:
    city, county = zips.middle(place("Lexington, KY")), zips.middle(place("Jefferson County, KY"))
    assert city is not None
    assert county is not None
    assert city.miles_to(LEXINGTON) < 6
    assert county.miles_to(LOUISVILLE) < 10


def test_a_whole_state_has_no_middle() -> None:
    assert zips.middle(place("Kentucky")) is None


def test_the_middle_of_a_county_on_both_sides_of_the_date_line_is_on_it_and_not_in_europe() -> None:
    middle = zips.middle(place("Aleutians West Census Area, AK"))
    assert middle is not None
    assert middle.longitude < -160
    assert 51 < middle.latitude < 58


def test_a_zip_code_on_a_county_line_touches_both() -> None:
    shared = [zip_code for zip_code in zips.touching("21111") if zip_code in zips.touching("21185")]
    assert shared  # Jefferson and Oldham
    assert zips.touching("99999") == ()


def test_every_county_that_the_places_know_is_touched_by_its_own_zip_codes() -> None:
    for county in places.counties("US-KY"):
        assert county.county_fips is not None
        assert zips.touching(county.county_fips), county.county


def test_a_post_on_a_state_line_is_in_both_states() -> None:
    assert "42223" in zips.crossing_into("US-KY")  # Fort Campbell
    assert "42223" in zips.crossing_into("US-TN")
    assert "40202" not in zips.crossing_into("US-KY")
