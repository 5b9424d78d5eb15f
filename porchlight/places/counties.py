"""Jurisdictions and counties by code, by name and by the words that stand in a URL."""

from __future__ import annotations

import functools
import re

from porchlight.places.jurisdictions import JURISDICTIONS, NAMES
from porchlight.places.place import Place
from porchlight.places.resolve import gazetteer
from porchlight.places.spelling import key


def jurisdictions() -> tuple[tuple[str, str], ...]:
    """The 56 codes and names, ("US-AL", "Alabama") first, sorted by name."""
    return tuple((code, name) for code, name, _ in JURISDICTIONS)


@functools.cache
def counties(jurisdiction: str) -> tuple[Place, ...]:
    """All counties and county equivalents of a jurisdiction ("US-KY"), sorted by name.

    Raises KeyError for an unknown jurisdiction.
    """
    return tuple(sorted(gazetteer().counties(jurisdiction), key=lambda place: key(place.county or "")))


def place_for(jurisdiction: str, county_fips: str | None = None) -> Place:
    """The jurisdiction, or the county in it. Raises KeyError when there is none of that code."""
    if county_fips is None:
        return gazetteer().state(jurisdiction)
    place = gazetteer().county(county_fips)
    if place is None or place.jurisdiction != jurisdiction:
        raise KeyError(f"{county_fips} is no county of {jurisdiction}")
    return place


def county_matches(name: str, jurisdiction: str) -> str | None:
    """FIPS code of the county that a list prints as "Jefferson", "St. Louis City" or "Clark County (Las Vegas)".

    None when no county, or more than one, may be meant ("Baltimore"). Raises KeyError for an unknown jurisdiction.
    """
    return _by_name(jurisdiction).get(_spelling(_IN_BRACKETS.sub(" ", name)))


def slug(place: Place) -> str:
    """The words for the jurisdiction and county in a URL: "us/ky" or "us/ky/jefferson"; never the city."""
    state = f"us/{place.jurisdiction[3:].lower()}"
    # The District of Columbia and Guam are one county each: the county says nothing that the jurisdiction does not.
    if place.county_fips is None or len(_names(place.jurisdiction)) == 1:
        return state
    return f"{state}/{_slugs(place.jurisdiction)[0][place.county_fips]}"


def place_from_slug(words: str) -> Place | None:
    """The way back from `slug`, with or without slashes around; None when there is no such place."""
    parts = words.strip("/").split("/")
    code = f"US-{parts[1].upper()}" if len(parts) in {2, 3} and parts[0] == "us" else ""
    if code not in NAMES:
        return None
    if len(parts) == 2:
        return place_for(code)
    fips = _slugs(code)[1].get(parts[2])
    return None if fips is None else place_for(code, fips)


_IN_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")
_ENDING = re.compile(
    r" (?:county|parish|city and borough|borough|census area|municipality|municipio|island|district|city)$"
)
_NO_ENDING = "Carson City"


def _spelling(name: str) -> str:
    """As `key`, without spaces: lists print both "De Kalb" and "DeKalb"."""
    return key(name).replace(" ", "")


@functools.cache
def _by_name(jurisdiction: str) -> dict[str, str]:
    """Full names, and those short names that only one county has -> FIPS code."""
    full = {_spelling(county): fips for county, fips in _names(jurisdiction)}
    short: dict[str, list[str]] = {}
    for county, fips in _names(jurisdiction):
        short.setdefault(_spelling(_short(county)), []).append(fips)
    return {name: fips[0] for name, fips in short.items() if len(fips) == 1} | full


@functools.cache
def _slugs(jurisdiction: str) -> tuple[dict[str, str], dict[str, str]]:
    """FIPS code -> words, and back; the full name where two counties share a short one ("baltimore-city")."""
    shorts = [_short(county) for county, _ in _names(jurisdiction)]
    by_fips = {
        fips: (_short(county) if shorts.count(_short(county)) == 1 else key(county)).replace(" ", "-")
        for county, fips in _names(jurisdiction)
    }
    return by_fips, {words: fips for fips, words in by_fips.items()}


def _names(jurisdiction: str) -> list[tuple[str, str]]:
    """Full name and FIPS code of each county."""
    return [(place.county or "", place.county_fips or "") for place in counties(jurisdiction)]


def _short(county: str) -> str:
    return key(county) if county == _NO_ENDING else _ENDING.sub("", key(county))
