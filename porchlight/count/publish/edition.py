"""What a report says besides its counts: its title, its lists, its rules. No count stands in an Edition."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from porchlight.count.cells import Known

__all__ = ["Earlier", "Edition", "EditionError", "ListNote", "Population", "read_population", "read_regions"]


class EditionError(ValueError):
    """A file beside report.toml that cannot be used; the message says the row and what to write."""


@dataclass(frozen=True)
class ListNote:
    """One agency's list: its name, and per column of the records how often it is filled, as a band in words.

    Bands are those of porchlight.count.load.quality ("nearly always" ... "not collected"): no count can be told
    from them.
    """

    id: str
    name: str
    coverage: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Population:
    """Children who live in each (county FIPS, year of age), and who says so."""

    children: Mapping[tuple[str, int], int]
    source: str = ""

    def of(self, counties: frozenset[str] | None = None, low: int = 0, high: int = 200) -> int:
        """Children of `low`..`high` years in some counties, or in all of them."""
        return sum(
            count
            for (county, age), count in self.children.items()
            if low <= age <= high and (counties is None or county in counties)
        )


@dataclass(frozen=True)
class Earlier:
    """What the last report.json told: its counts as attackers know them, and its yearly series, oldest first."""

    known: Known = field(default_factory=Known)
    trend: tuple[Mapping[str, str | int | float | None], ...] = ()


@dataclass(frozen=True)
class Edition:
    """How this report is to be said. `thresholds`: low, published, high; `own_titles`: name -> language -> title.

    `made` is printed, and nothing else of the clock, so that the same counts made on one day are the same bytes.
    """

    title: str
    jurisdiction: str
    period: str
    begins: dt.date
    ends: dt.date
    made: dt.date
    under: int = 18
    hide: int = 10
    hide_zeros: bool = False
    thresholds: tuple[float, ...] = ()
    lists: tuple[ListNote, ...] = ()
    statute_lists: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)
    population: Population | None = None
    earlier: Earlier = field(default_factory=Earlier)
    own_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en", "es")
    address: str | None = None
    pdf: bool = True


def read_regions(path: Path) -> dict[str, str]:
    """County FIPS -> region, from a CSV file with the columns county_fips and region. Raises EditionError."""
    found: dict[str, str] = {}
    for line, row in _rows(path, ("county_fips", "region")):
        county, region = row["county_fips"].strip(), row["region"].strip()
        if not _is_county(county):
            raise EditionError(f"{path.name} line {line}: '{county}' is no county's five digits")
        if not region[:1].isalnum() or region.isdigit() or region in ("unknown", "outside", "other"):
            raise EditionError(f"{path.name} line {line}: '{region}' cannot be a region's name")
        if found.setdefault(county, region) != region:
            raise EditionError(f"{path.name} line {line}: county {county} is in two regions")
    return found


def read_population(path: Path) -> Population:
    """Children by county and year of age: a CSV file with the columns county_fips, age (years) and children.

    Lines before the header that begin with # say whose figures they are. Raises EditionError.
    """
    found: dict[tuple[str, int], int] = {}
    for line, row in _rows(path, ("county_fips", "age", "children")):
        county, age, children = (row[name].strip() for name in ("county_fips", "age", "children"))
        if not _is_county(county) or not age.isdecimal() or not children.isdecimal():
            raise EditionError(
                f"{path.name} line {line}: a county's five digits, an age in whole years and a whole number of "
                f"children are wanted, not '{county}', '{age}', '{children}'"
            )
        if (county, int(age)) in found:
            raise EditionError(f"{path.name} line {line}: county {county}, age {age} stands twice")
        found[county, int(age)] = int(children)
    return Population(found, " ".join(_said_by(path)))


def _is_county(text: str) -> bool:
    return len(text) == 5 and text.isdecimal()


def _said_by(path: Path) -> list[str]:
    lines = path.read_text("utf-8-sig").splitlines()
    return [line.lstrip("# ").strip() for line in lines if line.startswith("#")]


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise EditionError(f"{path.name} is not UTF-8 text; save it as CSV UTF-8") from None
    numbered = [(at, line) for at, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(line for _, line in numbered)
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise EditionError(f"{path.name}: the column {missing[0]} is missing; wanted: {', '.join(columns)}")
    found = [(at, row) for (at, _), row in zip(numbered[1:], reader, strict=True)]
    for at, row in found:
        if None in row or None in row.values():
            raise EditionError(f"{path.name} line {at}: it has more or fewer fields than the header")
    return found
