"""The values that a look-up speaks in: a place, and the three answers to "where is that?"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from porchlight.places.jurisdictions import NAMES


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the United States, as exactly as we know it.

    jurisdiction: "US-KY". county: full official name, "Jefferson County", or None when not known.
    county_fips: five digits, "21111", None exactly when county is None. city: as written by people, "Louisville".
    zones: IANA time zones that hold there; more than one means we cannot tell which.
    """

    jurisdiction: str
    county: str | None
    county_fips: str | None
    city: str | None
    zones: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name in no particular language; typed back in, it finds this place.

        "Louisville, Jefferson County, Kentucky", "Jefferson County, Kentucky" or "Kentucky".
        """
        state = NAMES[self.jurisdiction]
        county = self.county if self.county != state else None
        if self.jurisdiction == "US-WA" and not (self.city or county):
            return "Washington State"  # "Washington" alone may mean the capital
        return ", ".join(part for part in (self.city, county, state) if part)


class Note(StrEnum):
    """What else is true of a place that was found."""

    MILITARY = "military"
    TRIBAL_LAND = "tribal_land"


@dataclass(frozen=True, slots=True)
class Found:
    """One place, and a code of Note when something else holds there."""

    place: Place
    note: str | None


class AskWhy(StrEnum):
    """The question that the choices of an Ask answer."""

    WHICH_STATE = "which_state"
    WHICH_COUNTY = "which_county"
    WHICH_CITY = "which_city"
    DID_YOU_MEAN = "did_you_mean"


@dataclass(frozen=True, slots=True)
class Ask:
    """Several places are meant by those words: 2 to 60 distinct ones, likeliest first, asked in one step.

    Each choice is what is found when it is chosen: its note must not be lost on the way.
    """

    question: AskWhy
    choices: tuple[Found, ...]

    @property
    def jurisdiction(self) -> str | None:
        """The jurisdiction that all choices share, or None: whoever needs no county need not ask."""
        codes = {choice.place.jurisdiction for choice in self.choices}
        return codes.pop() if len(codes) == 1 else None

    @property
    def note(self) -> str | None:
        """The note that all choices share, or None: it holds whichever is meant."""
        notes = {choice.note for choice in self.choices}
        return notes.pop() if len(notes) == 1 else None


class UnknownWhy(StrEnum):
    """Why no place was found."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    NO_LETTERS = "no_letters"
    ZIP_NOT_FOUND = "zip_not_found"
    MILITARY_OVERSEAS = "military_overseas"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Unknown:
    """No place: the caller offers the list of places and the national lines."""

    reason: UnknownWhy
