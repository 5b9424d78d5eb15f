"""ZIP codes by where they are: around a point, in a county, across a state's line.

A ZIP code is a way that mail takes, not an area. Its point is the Census Bureau's, inside the area where its homes are;
a ZIP code without homes takes the middle of its postal city, else of its county. So a circle holds or leaves out a
whole ZIP code by that one point, and near its edge is wrong by a few miles.
"""

from __future__ import annotations

import csv
import functools
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from porchlight.places.gazetteer import NONE
from porchlight.places.place import Place
from porchlight.places.resolve import gazetteer

EARTH_RADIUS_MILES = 3958.8  # mean radius, 6371.0 km
_TABLE = Path(__file__).parent / "data" / "zip_points_2021.csv.gz"


@dataclass(frozen=True, slots=True)
class Point:
    """Latitude and longitude in degrees, north and east positive."""

    latitude: float
    longitude: float

    def miles_to(self, other: Point) -> float:
        """Great-circle distance in miles (haversine formula)."""
        north, other_north = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = (
            math.sin((other_north - north) / 2) ** 2
            + math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
        )
        return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(min(1.0, half)))


def around(center: Point, miles: float) -> tuple[str, ...]:
    """The ZIP codes whose point is at most `miles` from `center`, in order."""
    # A degree of latitude is 69 miles everywhere: most ZIP codes are ruled out without trigonometry.
    reach = miles / 68
    return tuple(
        zip_code
        for zip_code, point in _points().items()
        if abs(point.latitude - center.latitude) <= reach and center.miles_to(point) <= miles
    )


def middle(place: Place) -> Point | None:
    """Around what point a circle is drawn for a place: the middle of its city's ZIP codes, else of its county's.

    None for a state alone, which has no useful middle, and for the few counties that no ZIP code touches.
    """
    if place.city is not None:
        points = [
            point
            for zip_code, point in _points().items()
            if place.jurisdiction in _lies(zip_code).states and _lies(zip_code).city == place.city
        ]
        if points:
            return _mean(points)
    if place.county_fips is None:
        return None
    points = [_points()[zip_code] for zip_code in touching(place.county_fips)]
    return _mean(points) if points else None


def point_of(zip_code: str) -> Point | None:
    """The point of a ZIP code; None when there is no such ZIP code."""
    return _points().get(zip_code)


def touching(county_fips: str) -> tuple[str, ...]:
    """The ZIP codes of which some part lies in the county, in order; () for an unknown county."""
    return _by_county().get(county_fips, ())


def crossing_into(jurisdiction: str) -> tuple[str, ...]:
    """The ZIP codes that lie in "US-KY" and in another jurisdiction too, in order."""
    return tuple(
        zip_code
        for zip_code in gazetteer().zip_codes()
        if len(_lies(zip_code).states) > 1 and jurisdiction in _lies(zip_code).states
    )


@dataclass(frozen=True, slots=True)
class _Lies:
    """Where a ZIP code lies: every county and jurisdiction that it touches, and its postal city."""

    counties: tuple[str, ...]
    states: frozenset[str]
    city: str | None


@functools.cache
def _lies(zip_code: str) -> _Lies:
    book = gazetteer()
    area, city = book.zip_code(zip_code)
    counties, states = _area(area)
    return _Lies(counties, states, None if city == NONE else book.city(city))


@functools.cache
def _area(area: int) -> tuple[tuple[str, ...], frozenset[str]]:
    places = gazetteer().places(area)
    counties = tuple(place.county_fips for place in places if place.county_fips is not None)
    return counties, frozenset(place.jurisdiction for place in places)


@functools.cache
def _by_county() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for zip_code in gazetteer().zip_codes():
        for fips in _lies(zip_code).counties:
            found[fips].append(zip_code)
    return {fips: tuple(zip_codes) for fips, zip_codes in found.items()}


@functools.cache
def _points() -> Mapping[str, Point]:
    """Every ZIP code -> its point. Every county that has a ZIP code has one that the table knows."""
    measured = _measured()
    by_city: dict[tuple[str | None, frozenset[str]], list[Point]] = defaultdict(list)
    by_counties: dict[tuple[str, ...], list[Point]] = defaultdict(list)
    for zip_code in gazetteer().zip_codes():
        if (point := measured.get(zip_code)) is not None:
            lies = _lies(zip_code)
            by_city[lies.city, lies.states].append(point)
            by_counties[lies.counties[:1]].append(point)
    found: dict[str, Point] = {}
    for zip_code in gazetteer().zip_codes():
        lies = _lies(zip_code)
        near = by_city.get((lies.city, lies.states)) or by_counties[lies.counties[:1]]
        found[zip_code] = measured.get(zip_code) or _mean(near)
    return found


def _measured() -> dict[str, Point]:
    """The points of the table, by ZIP code."""
    with gzip.open(_TABLE, "rt", encoding="ascii", newline="") as lines:
        return {
            row["zip"]: Point(float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(lines)
        }


def _mean(points: Iterable[Point]) -> Point:
    """The middle of points on the globe: Alaska's lie on both sides of the date line."""
    x = y = z = 0.0
    for point in points:
        north, east = math.radians(point.latitude), math.radians(point.longitude)
        x += math.cos(north) * math.cos(east)
        y += math.cos(north) * math.sin(east)
        z += math.sin(north)
    return Point(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))
