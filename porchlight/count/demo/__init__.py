"""`porchlight count demo`: agencies' lists of invented children whose true number is known.

The same arguments give the same lists. The truth lies in a folder of its own, which no step of the count reads.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porchlight import places
from porchlight.count.demo.children import NOISE, Child, County, Regime, households
from porchlight.count.demo.layouts import LAYOUTS, Layout, fitting, mapping_text, write_list
from porchlight.count.demo.rows import Period, Register, Row, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Demo", "Regime", "make"]


def make(
    folder: Path, *, agencies: int = 5, children: int = 2000, seed: int = 1, regime: Regime = Regime.ORDINARY
) -> Demo:
    """Write `agencies` lists (1 to 40) that name `children` invented children of Kentucky, in 2025.

    `folder` gets list files, their mapping files, report.toml, regions.csv, population.csv and truth/
    (truth.parquet: record, child, event; children.parquet). Raises ValueError for numbers out of range and
    FileExistsError when `folder` holds anything.
    """
    if not 1 <= agencies <= _MOST_AGENCIES or children < 1:
        raise ValueError(f"a demo has 1 to {_MOST_AGENCIES} agencies and at least 1 child")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)  # noqa: S311 - invented children, nothing secret
    offices = _offices(agencies)
    counties = _counties(rng)
    named, rows = _invent(rng, regime, offices, counties, children)
    by_list = {office.id: [row for row in rows if row.list == office.id] for office in offices}
    offices = [replace(office, layout=fitting(office.layout, len(by_list[office.id]))) for office in offices]
    _write_lists(rng, folder, offices, by_list)
    _write_truth(folder / "truth", named, by_list)
    _write_places(rng, folder, counties)
    (folder / "report.toml").write_text(_settings(offices), "utf-8")
    return Demo(folder, folder / "report.toml", folder / "truth", len(named), len(rows))


@dataclass(frozen=True)
class Demo:
    """What was made: where, how many children are named, by how many rows."""

    folder: Path
    settings: Path
    truth: Path
    children: int
    records: int


@dataclass(frozen=True)
class _Office:
    id: str
    name: str
    layout: Layout

    @property
    def file(self) -> str:
        return f"{self.id}.{self.layout.suffix}"

    @property
    def mapping(self) -> str:
        return f"{self.id}.mapping.toml"


_MOST_AGENCIES = 40
_IDS = ("cps", "police", "advocacy", "shelter", "hotline")
_PERIOD = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
_REGIONS = 9


def _offices(agencies: int) -> list[_Office]:
    found = []
    for number in range(agencies):
        again, which = divmod(number, len(LAYOUTS))
        extra = (str(again + 1), f" {again + 1}") if again else ("", "")
        found.append(_Office(_IDS[which] + extra[0], LAYOUTS[which].name + extra[1], LAYOUTS[which]))
    return found


def _counties(rng: random.Random) -> list[County]:
    """Kentucky's counties. Few children in most, many in two or three; the ZIP codes are made up."""
    found = list(places.counties("US-KY"))
    rng.shuffle(found)
    return [
        County(str(place.county_fips), 1 / rank, tuple(f"4{rank:03d}{last}" for last in range(3)))
        for rank, place in enumerate(found, 1)
    ]


def _invent(
    rng: random.Random, regime: Regime, offices: Sequence[_Office], counties: Sequence[County], children: int
) -> tuple[dict[str, Child], list[Row]]:
    """Households are made until enough children are named; the last one may name a few more."""
    noise = NOISE[regime]
    register = Register([(office.id, office.layout.habits) for office in offices])
    named: dict[str, Child] = {}
    rows: list[Row] = []
    for household in households(rng, noise, _PERIOD.begins, counties):
        if len(named) >= children:
            break
        by_id = {child.id: child for child in household}
        for row in rows_of(rng, noise, household, register, _PERIOD, counties):
            named[row.child] = by_id[row.child]
            rows.append(row)
    return named, rows


def _write_lists(
    rng: random.Random, folder: Path, offices: Sequence[_Office], by_list: Mapping[str, list[Row]]
) -> None:
    for office in offices:
        # The order of a list must not tell which rows are one child.
        rng.shuffle(by_list[office.id])
        write_list(office.layout, by_list[office.id], folder / office.file)
        (folder / office.mapping).write_text(mapping_text(office.layout), "utf-8")


_FIRST_ROW = 2  # as a spreadsheet counts: row 1 has the headings


def _write_truth(folder: Path, named: Mapping[str, Child], by_list: Mapping[str, Sequence[Row]]) -> None:
    import pyarrow.parquet as pq

    folder.mkdir()
    rows = list(itertools.chain.from_iterable(by_list.values()))
    numbered = (
        f"{name}:{number}"
        for name, of in by_list.items()
        for number in range(_FIRST_ROW, _FIRST_ROW + len(of))
    )
    truth = {"record": numbered, "child": (row.child for row in rows), "event": (row.event for row in rows)}
    pq.write_table(_table(truth), folder / "truth.parquet")
    children = {column: map(told, named.values()) for column, told in _TOLD.items()}
    pq.write_table(_table(children), folder / "children.parquet")


def _table(columns: Mapping[str, Iterable[Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: pa.array(values) for name, values in columns.items()})


_TOLD: Mapping[str, Callable[[Child], Any]] = {
    "child": attrgetter("id"),
    "household": attrgetter("household"),
    "first_name": attrgetter("first"),
    "last_name": attrgetter("last"),
    "birth_date": attrgetter("birth"),
    "sex": attrgetter("sex"),
    "county_fips": attrgetter("county.fips"),
    "twin": attrgetter("twin"),
    "victim": attrgetter("victim"),
    "exploitation": attrgetter("exploitation"),
    "relationship": attrgetter("relationship"),
}


def _write_places(rng: random.Random, folder: Path, counties: Sequence[County]) -> None:
    """Regions and population of the invented place: the numbers are made up, like the children."""
    regions = ["county_fips,region"]
    population = ["# Made up by porchlight count demo", "county_fips,age,children"]
    for number, county in enumerate(sorted(counties, key=lambda each: each.fips)):
        regions.append(f"{county.fips},Region {number * _REGIONS // len(counties) + 1}")
        around = max(40, int(10_000 * county.weight))
        population += [f"{county.fips},{age},{around + rng.randrange(20)}" for age in range(18)]
    (folder / "regions.csv").write_text("\n".join(regions) + "\n")
    (folder / "population.csv").write_text("\n".join(population) + "\n")


def _settings(offices: Sequence[_Office]) -> str:
    lists = itertools.chain.from_iterable(
        [
            "",
            "[[lists]]",
            f'id = "{office.id}"',
            f'name = "{office.name}"',
            f'file = "{office.file}"',
            f'mapping = "{office.mapping}"',
            'agreement = "None is needed: these children are invented"',
            'purpose = "To try the count"',
            "purge = 2099-12-31",
        ]
        for office in offices
    )
    return "\n".join([_HEAD, *lists]) + "\n"


_HEAD = f"""# Made by `porchlight count demo`. Every child in these lists is invented.
[report]
title = "A trial count of invented children"
jurisdiction = "US-KY"
period = "2025"
begins = {_PERIOD.begins}
ends = {_PERIOD.ends}
statute_lists = ["cps"]

[workspace]
folder = "private"

[output]
folder = "report"

[publish]
population = "population.csv"
regions = "regions.csv"

[estimate]
wanted = true
draws = 200"""
