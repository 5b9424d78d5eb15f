"""The ZIP table as the tests read it themselves, apart from the builder."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

import porchlight.places as places
from porchlight.places.build import build

PACKAGE = Path(places.__file__).parent


class Line(NamedTuple):
    """One line of the ZIP table."""

    zip: str
    county_fips: str
    city: str
    state: str
    res_ratio: str
    tot_ratio: str


@pytest.fixture(scope="session", autouse=True)
def places_file() -> Path:
    """The packaged file; a checkout in which nothing was built yet gets one, as packaging would make it."""
    path = PACKAGE / "places.bin"
    if not path.is_file():
        build(path)
    return path


@pytest.fixture(scope="session")
def zip_table() -> dict[str, list[Line]]:
    """ZIP code -> its lines in the table."""
    table: dict[str, list[Line]] = defaultdict(list)
    with gzip.open(PACKAGE / "data" / "zip_county_2023q1.csv.gz", "rt", newline="") as lines:
        reader = csv.reader(lines)
        assert next(reader) == list(Line._fields)
        for row in reader:
            table[row[0]].append(Line(*row))
    return table
