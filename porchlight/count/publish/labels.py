"""Categories, ages and days in words."""

from __future__ import annotations

import datetime as dt

from porchlight.count.fields import UNKNOWN
from porchlight.count.publish.edition import Edition
from porchlight.count.publish.words import WORDS, say
from porchlight.places import place_for

__all__ = ["category", "day", "ends", "span"]


def category(dimension: str, name: str, language: str, edition: Edition) -> str:
    """A category in words; a region by its own name, a county by its name in porchlight.places."""
    if f"{dimension}.{name}" in WORDS:
        return say(f"{dimension}.{name}", language)
    if name == UNKNOWN:
        return say("unknown", language)
    if dimension == "age":
        return _age(name, language)
    if dimension in ("region", "county") and name.isdecimal():
        return _county(name, edition.jurisdiction)
    return name


def ends(band: str) -> tuple[int, int]:
    """First and last year of an age category, "14-17" or "14"."""
    low, _, high = band.partition("-")
    return int(low), int(high or low)


def span(band: str, language: str) -> str:
    """The years of a band inside a sentence: "14 to 17"."""
    low, high = ends(band)
    return str(low) if low == high else say("age.span", language, low=low, high=high)


def _age(name: str, language: str) -> str:
    low, high = ends(name)
    if low != high:
        return say("age.years", language, low=low, high=high)
    return say({0: "age.first", 1: "age.single"}.get(low, "age.one"), language, low=low)


def _county(fips: str, jurisdiction: str) -> str:
    try:
        return place_for(jurisdiction, fips).county or fips
    except KeyError:
        return fips


_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
}


def day(date: dt.date, language: str) -> str:
    """November 1, 2026; 1 de noviembre de 2026."""
    month = _MONTHS[language][date.month - 1]
    return f"{month} {date.day}, {date.year}" if language == "en" else f"{date.day} de {month} de {date.year}"
