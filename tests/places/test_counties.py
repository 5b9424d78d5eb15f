"""Counties by code, by the names that lists print, and by the words of a URL."""

from __future__ import annotations

import pytest

from porchlight.places import (
    counties,
    county_matches,
    jurisdictions,
    place_for,
    place_from_slug,
    slug,
)


def test_a_place_is_made_from_codes() -> None:
    place = place_for("US-KY", "21111")
    assert (place.jurisdiction, place.county, place.city) == ("US-KY", "Jefferson County", None)
    assert place_for("US-KY").county is None
    assert place_for("US-DC").county_fips == "11001"
    assert place_for("US-GU").county_fips == "66010"


@pytest.mark.parametrize(
    ("jurisdiction", "fips"),
    [
        ("US-XX", None),
        ("KY", None),
        ("US-KY", "18001"),
        ("US-KY", "99999"),
        ("US-KY", ""),
        ("US-KY", "２1111"),
    ],
)
def test_codes_that_do_not_fit_are_refused(jurisdiction: str, fips: str | None) -> None:
    with pytest.raises(KeyError):
        place_for(jurisdiction, fips)


def test_counties_are_those_of_the_jurisdiction_in_the_order_of_their_names() -> None:
    names = [place.county for place in counties("US-KY")]
    assert len(names) == 120
    assert names[:2] == ["Adair County", "Allen County"]
    with pytest.raises(KeyError):
        counties("US-XX")


@pytest.mark.parametrize(
    ("printed", "jurisdiction", "fips"),
    [
        ("Jefferson", "US-KY", "21111"),
        ("Jefferson County", "US-KY", "21111"),
        ("St. Louis City", "US-MO", "29510"),
        ("St. Louis County", "US-MO", "29189"),
        ("Saint Louis County", "US-MO", "29189"),
        ("Miami-Dade", "US-FL", "12086"),
        ("St. Thomas", "US-VI", "78030"),
        ("St. Clair", "US-AL", "01115"),
        ("Clark County (Las Vegas)", "US-NV", "32003"),
        ("De Kalb", "US-GA", "13089"),
        ("LaSalle", "US-IL", "17099"),
        ("Mille Lacs", "US-MN", "27095"),
        ("Baltimore City", "US-MD", "24510"),
        ("Baltimore County", "US-MD", "24005"),
        ("Carson City", "US-NV", "32510"),
        ("Añasco", "US-PR", "72011"),
        ("Saipan", "US-MP", "69110"),
        ("Orleans", "US-LA", "22071"),
        ("Baltimore", "US-MD", None),
        ("St. Louis", "US-MO", None),
        ("Jefferson", "US-CA", None),
        ("all other Nevada counties", "US-NV", None),
        ("", "US-KY", None),
    ],
)
def test_a_printed_county_matches_one_county_or_none(
    printed: str, jurisdiction: str, fips: str | None
) -> None:
    assert county_matches(printed, jurisdiction) == fips


@pytest.mark.parametrize(("code", "name"), jurisdictions())
def test_each_slug_leads_back_and_none_is_used_twice(code: str, name: str) -> None:
    places = [place_for(code), *counties(code)]
    words = [slug(place) for place in places]
    for place, path in zip(places, words, strict=True):
        assert place_from_slug(path) == place
        assert place_from_slug(f"/{path}/") == place
        assert path.replace("/", "").replace("-", "").isalnum()
        assert path == path.lower()
        assert path.isascii()
    assert len(set(words)) == len(set(places))


def test_slugs_are_short_unless_two_counties_share_the_word() -> None:
    assert slug(place_for("US-KY", "21111")) == "us/ky/jefferson"
    assert slug(place_for("US-MD", "24510")) == "us/md/baltimore-city"
    assert slug(place_for("US-MD", "24005")) == "us/md/baltimore-county"
    assert slug(place_for("US-KY")) == "us/ky"


@pytest.mark.parametrize(
    "words",
    ["", "/", "us", "us/xx", "us/ky/nowhere", "us/ky/jefferson/louisville", "ca/on", "us/ky/", "us//"],
)
def test_a_slug_of_no_place_is_none(words: str) -> None:
    expected = place_for("US-KY") if words == "us/ky/" else None
    assert place_from_slug(words) == expected
