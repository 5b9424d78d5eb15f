"""The book of places: places.bin, read whole into memory once and looked up where it lies.

No object is made for an entry until someone asks for it: loading is one read, and memory is the size of the file.
`SECTIONS` is the format; porchlight.places.build writes it. All numbers are little-endian.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Literal, NamedTuple

from porchlight.places.jurisdictions import INDEX, JURISDICTIONS
from porchlight.places.place import Note, Place

MAGIC = b"PORCHPL1"
NONE = 0xFFFF
HEADER = struct.Struct("<8sII")  # magic, CRC-32 of what follows the header, number of sections
SECTION = struct.Struct("<II")  # offset from the start of the file, length; both in bytes

# name -> type code of the numbers, in the order of the file. "B" also holds UTF-8 text.
SECTIONS: dict[str, Literal["B", "H", "I"]] = {
    # The first areas are the single counties, in their order.
    "zip_area": "H",  # by the number of the ZIP code: index of an area; NONE = no such ZIP code
    "zip_city": "H",  # by the number of the ZIP code: index of a city
    "area_start": "I",  # index of an area -> where it begins in area_refs (one more than areas)
    "area_refs": "H",  # a county's index, or FIRST_STATE + a jurisdiction's index; likeliest first
    "city_start": "I",
    "city_text": "B",
    "city_note": "B",  # index in NOTES
    "name_slots": "H",  # open hash of CRC-32 of a name -> its index
    "name_start": "I",
    "name_text": "B",
    "name_first": "I",  # index of a name -> its first entry (one more than names)
    "entry_state": "B",  # at most one entry of a name in each jurisdiction; likeliest first
    "entry_area": "H",
    "entry_city": "H",  # NONE = the name is a county's
    "county_text": "B",  # one a line, by FIPS code: "21111 Jefferson County"
    "county_zones": "B",
    "state_zones": "B",
    "zone_text": "B",  # sets of zones, one a line
}
FIRST_STATE = 60_000
NOTES: tuple[Note | None, ...] = (None, Note.MILITARY, Note.TRIBAL_LAND)


class PlacesFileError(Exception):
    """The file of places is missing or damaged; says how to make it anew."""


class Entry(NamedTuple):
    """What a name means in one jurisdiction: index of the jurisdiction, of the area, and of the city or NONE."""

    state: int
    area: int
    city: int


class _County(NamedTuple):
    """The parts of a Place that a county decides, and the index of its jurisdiction."""

    jurisdiction: str
    name: str
    fips: str
    zones: tuple[str, ...]
    state: int


class Gazetteer:
    """Places by ZIP code and by name. Read-only, safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises PlacesFileError when it is not there, damaged, or of another format."""
        data = self._data = _read(path)
        numbers = {name: _numbers(data, index, code) for index, (name, code) in enumerate(SECTIONS.items())}
        self._zip_area, self._zip_city = numbers["zip_area"], numbers["zip_city"]
        self._area_start, self._area_refs = numbers["area_start"], numbers["area_refs"]
        self._city_start, self._city_note = numbers["city_start"], numbers["city_note"]
        self._name_slots, self._name_start = numbers["name_slots"], numbers["name_start"]
        self._name_first = numbers["name_first"]
        self._entry_area, self._entry_city = numbers["entry_area"], numbers["entry_city"]
        self._mask = len(self._name_slots) - 1
        at = {name: _section(data, index)[0] for index, name in enumerate(SECTIONS)}
        self._names_at, self._cities_at, self._entries_at = (
            at["name_text"],
            at["city_text"],
            at["entry_state"],
        )
        zones = tuple(tuple(line.split()) for line in bytes(numbers["zone_text"]).decode().splitlines())
        lines = bytes(numbers["county_text"]).decode().splitlines()
        self._counties = _counties(lines, [zones[index] for index in numbers["county_zones"]])
        self._state_zones = [zones[index] for index in numbers["state_zones"]]
        self._only_county = _only_counties(self._counties)

    def zip_code(self, digits: str) -> tuple[int, int]:
        """Area and city of a ZIP code of five ASCII digits; the area is NONE when there is no such ZIP code."""
        number = int(digits)
        return self._zip_area[number], self._zip_city[number]

    def zip_codes(self) -> Iterator[str]:
        """Every ZIP code there is, in order."""
        return (f"{number:05}" for number, area in enumerate(self._zip_area) if area != NONE)

    def names(self) -> Iterator[str]:
        """Every name there is, in the spelling of `spelling.key`, in order."""
        at, starts = self._names_at, self._name_start.tolist()
        return (self._data[at + start : at + end].decode() for start, end in pairwise(starts))

    def find(self, name: str) -> int:
        """Index of a name in the spelling of `spelling.key`, or -1."""
        wanted = name.encode()
        slot = zlib.crc32(wanted) & self._mask
        while (index := self._name_slots[slot]) != NONE:
            start, end = self._name_start[index], self._name_start[index + 1]
            if (
                end - start == len(wanted)
                and self._data[self._names_at + start : self._names_at + end] == wanted
            ):
                return index
            slot = (slot + 1) & self._mask
        return -1

    def entries(self, name: int) -> Iterator[Entry]:
        """What the name of that index means, in each jurisdiction that has it, likeliest first."""
        for index in range(self._name_first[name], self._name_first[name + 1]):
            state = self._data[self._entries_at + index]
            yield Entry(state, self._entry_area[index], self._entry_city[index])

    def meaning_in(self, name: int, state: int) -> tuple[int, int] | None:
        """Area and city of what the name of that index means in the jurisdiction of that index."""
        at = self._entries_at
        index = (
            self._data.find(_BYTES[state], at + self._name_first[name], at + self._name_first[name + 1]) - at
        )
        return None if index < 0 else (self._entry_area[index], self._entry_city[index])

    def place(self, area: int, city: int = NONE) -> Place | None:
        """The one place of an area, which bears the city's name; None when the area is several places."""
        if area < len(self._counties):
            jurisdiction, county, fips, zones, _ = self._counties[area]
            return Place(jurisdiction, county, fips, None if city == NONE else self.city(city), zones)
        start, end = self._area_start[area], self._area_start[area + 1]
        if end - start > 1:
            return None
        return self._place(self._area_refs[start], None if city == NONE else self.city(city))

    def places(self, area: int, city: int = NONE) -> tuple[Place, ...]:
        """The places of an area, likeliest first.

        Of several, those in counties bear the city's name, unless the area is in two states: a postal city is on
        one side of the line. The state alone does not: it is for whoever does not know the county.
        """
        only = self.place(area, city)
        if only is not None:
            return (only,)
        refs = self._area_refs[self._area_start[area] : self._area_start[area + 1]].tolist()
        across = len({self._state_of(ref) for ref in refs}) > 1
        name = None if across or city == NONE else self.city(city)
        return tuple(self._place(ref, name if ref < FIRST_STATE else None) for ref in refs)

    def city(self, city: int) -> str:
        """Name of the city of that index, as people write it."""
        at = self._cities_at
        return self._data[at + self._city_start[city] : at + self._city_start[city + 1]].decode()

    def note(self, city: int) -> str | None:
        """Code of a Note for the city of that index, or None."""
        return None if city == NONE else NOTES[self._city_note[city]]

    def state(self, code: str) -> Place:
        """The whole jurisdiction ("US-KY"); its county when it has only one. Raises KeyError for an unknown code."""
        return self._place(FIRST_STATE + INDEX[code], None)

    def county(self, fips: str) -> Place | None:
        """The county of that FIPS code, or None when there is none."""
        at = bisect_left(self._counties, fips, key=attrgetter("fips"))
        known = at < len(self._counties) and self._counties[at].fips == fips
        return self._place(at, None) if known else None

    def counties(self, code: str) -> tuple[Place, ...]:
        """All counties of a jurisdiction, by FIPS code. Raises KeyError for an unknown code."""
        state = INDEX[code]
        return tuple(
            self._place(ref, None) for ref, county in enumerate(self._counties) if county.state == state
        )

    def _state_of(self, ref: int) -> int:
        return ref - FIRST_STATE if ref >= FIRST_STATE else self._counties[ref].state

    def _place(self, ref: int, city: str | None) -> Place:
        if ref >= FIRST_STATE:
            state = ref - FIRST_STATE
            only = self._only_county[state]
            if only is None:
                return Place(JURISDICTIONS[state][0], None, None, city, self._state_zones[state])
            ref = only
        jurisdiction, county, fips, zones, _ = self._counties[ref]
        return Place(jurisdiction, county, fips, city, zones)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlacesFileError(f"{path.name} cannot be read ({error.strerror}). {_HOW_TO_MAKE}") from error
    if len(data) < HEADER.size:
        raise PlacesFileError(f"{path.name} is cut short. {_HOW_TO_MAKE}")
    magic, check, sections = HEADER.unpack_from(data)
    if magic != MAGIC or sections != len(SECTIONS):
        raise PlacesFileError(f"{path.name} is of another version of Porchlight. {_HOW_TO_MAKE}")
    if zlib.crc32(memoryview(data)[HEADER.size :]) != check:
        raise PlacesFileError(f"{path.name} is damaged. {_HOW_TO_MAKE}")
    return data


_HOW_TO_MAKE = "Install the package again, or in a checkout run 'python -m porchlight.places.build'."


def _section(data: bytes, index: int) -> tuple[int, int]:
    offset, length = SECTION.unpack_from(data, HEADER.size + index * SECTION.size)
    return offset, length


def _numbers(data: bytes, index: int, code: Literal["B", "H", "I"]) -> memoryview:
    offset, length = _section(data, index)
    part = memoryview(data)[offset : offset + length]
    if sys.byteorder == "big" and code != "B":
        swapped = array(code, part.tobytes())
        swapped.byteswap()
        return memoryview(swapped)
    return part.cast(code) if code != "B" else part


def _counties(lines: list[str], zones: list[tuple[str, ...]]) -> list[_County]:
    states = {prefix: index for index, (_, _, prefix) in enumerate(JURISDICTIONS)}
    return [
        _County(JURISDICTIONS[states[line[:2]]][0], line[6:], line[:5], own_zones, states[line[:2]])
        for line, own_zones in zip(lines, zones, strict=True)
    ]


def _only_counties(counties: list[_County]) -> list[int | None]:
    """For each jurisdiction the index of its county if it has just one (the District of Columbia, Guam)."""
    number = Counter(county.state for county in counties)
    first = {county.state: index for index, county in reversed(list(enumerate(counties)))}
    return [first[state] if number[state] == 1 else None for state in range(len(JURISDICTIONS))]


_BYTES = tuple(bytes([state]) for state in range(len(JURISDICTIONS)))
