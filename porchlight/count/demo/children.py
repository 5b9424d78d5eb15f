"""Invented households: brothers and sisters, twins, second families. Everything comes from one seeded generator."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from porchlight.count.demo.names import BOYS, GIRLS, SHORT, STREET_NAMES, SURNAMES


class Regime(StrEnum):
    """How hard the lists are to link."""

    ORDINARY = "ordinary"
    HARD = "hard"


@dataclass(frozen=True)
class Noise:
    """Shares (0 to 1) of households or rows in which something makes two rows of one child differ."""

    twins: float
    nickname: float
    typo: float
    swapped: float
    no_birth_date: float
    year_only: float
    alias: float
    other_surname: float
    moved: float
    wrong_sex: float


NOISE = {
    Regime.ORDINARY: Noise(0.04, 0.08, 0.03, 0.01, 0.05, 0.02, 0.03, 0.04, 0.08, 0.005),
    Regime.HARD: Noise(0.15, 0.20, 0.08, 0.04, 0.15, 0.05, 0.10, 0.12, 0.25, 0.01),
}


@dataclass(frozen=True)
class County:
    """A county of the place, with a weight for how many children are reported there and ZIP codes made for it."""

    fips: str
    weight: float
    zips: tuple[str, ...]


@dataclass(frozen=True)
class Child:
    """One invented child: the truth. `other_surname` is the name that some lists hold instead."""

    id: str
    household: str
    first: str
    middle: str
    last: str
    other_surname: str
    aliases: tuple[str, ...]
    birth: dt.date
    sex: str
    race: str
    county: County
    zip: str
    twin: bool
    victim: bool
    exploitation: str
    relationship: str
    placement: str


def households(
    rng: random.Random, noise: Noise, day: dt.date, counties: Sequence[County]
) -> Iterator[list[Child]]:
    """Without end: each household's children as of `day`, the first day counted. The first is the one reported.

    None is 17 on that day, so that all are under 18 for a year.
    """
    weights = list(itertools.accumulate(county.weight for county in counties))
    for number in itertools.count(1):
        county = rng.choices(counties, cum_weights=weights)[0]
        yield _household(rng, noise, day, county, f"H{number}")


# Ages on the first day of the child first reported, 0 to 16: few small children, most will be from 14 to 17.
_AGE_WEIGHTS = (2, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6, 9, 16, 26, 30, 28)
_SIZES, _SIZE_WEIGHTS = (1, 2, 3, 4), (52, 28, 14, 6)
Weights: TypeAlias = tuple[tuple[str, ...], tuple[int, ...]]


def _weights(**shares: int) -> Weights:
    """What may be picked, and the running sums of how often (in 100)."""
    return tuple(shares), tuple(itertools.accumulate(shares.values()))


_RACES = _weights(white=62, black=15, hispanic=13, multiple=6, asian=2, other=1, american_indian=1)
_RELATIONSHIPS = _weights(familial=52, acquainted=30, unacquainted=18)
_EXPLOITATIONS = _weights(sex=84, labor=10, both=6)
_PLACEMENTS = _weights(home=60, foster_home=12, relative=10, group_care=8, runaway=8, other=2)
_DAYS_OF_17_YEARS = 6205


def _household(rng: random.Random, noise: Noise, day: dt.date, county: County, name: str) -> list[Child]:
    surname, other = rng.choice(SURNAMES), rng.choice(SURNAMES)
    race, home = _pick(rng, _RACES), rng.choice(county.zips)
    births = _births(rng, noise, day)
    taken: set[str] = set()
    children: list[Child] = []
    for number, (birth, twin) in enumerate(births, 1):
        # Identical twins share a sex; here all twins do, which is harder.
        sex = children[-1].sex if twin and children and children[-1].birth == birth else _sex(rng)
        first = _first(rng, sex, taken)
        second_family = rng.random() < 0.12
        last, spare = (other, surname) if second_family else (surname, other)
        children.append(
            Child(
                id=f"{name}-{number}",
                household=name,
                first=first,
                middle=rng.choice(GIRLS if sex == "female" else BOYS),
                last=last,
                other_surname=f"{last}-{spare}" if rng.random() < 0.3 else spare,
                aliases=_aliases(rng, first),
                birth=birth,
                sex=sex,
                race=race,
                county=county,
                zip=home,
                twin=twin,
                victim=rng.random() < (0.42 if number == 1 else 0.18),
                exploitation=_pick(rng, _EXPLOITATIONS),
                relationship=_pick(rng, _RELATIONSHIPS),
                placement=_pick(rng, _PLACEMENTS),
            )
        )
    return children


def _births(rng: random.Random, noise: Noise, day: dt.date) -> list[tuple[dt.date, bool]]:
    """Birth dates of the children of one household, and whether each is a twin; at least ten months apart else."""
    years = rng.choices(range(17), _AGE_WEIGHTS)[0]
    first = day - dt.timedelta(days=years * 365 + rng.randrange(365))
    size = rng.choices(_SIZES, _SIZE_WEIGHTS)[0]
    twins = rng.random() < noise.twins
    found = [(first, twins)] + ([(first, True)] if twins else [])
    while len(found) < size:
        apart = dt.timedelta(days=rng.randrange(310, 1500))
        birth = first + apart if rng.random() < 0.4 else first - apart
        if birth < day and (day - birth).days < _DAYS_OF_17_YEARS and not _too_near(birth, found):
            found.append((birth, False))
        else:
            size -= 1
    return found


def _too_near(birth: dt.date, others: Sequence[tuple[dt.date, bool]]) -> bool:
    return any(abs((birth - other).days) < 300 for other, _ in others)


def _first(rng: random.Random, sex: str, taken: set[str]) -> str:
    """Two children of one household never have one name."""
    while True:
        name = rng.choice(GIRLS if sex == "female" else BOYS)
        if name not in taken:
            taken.add(name)
            return name


def _aliases(rng: random.Random, first: str) -> tuple[str, ...]:
    found = [rng.choice(STREET_NAMES)] if rng.random() < 0.3 else []
    if first in SHORT and rng.random() < 0.4:
        found.append(SHORT[first][0])
    return tuple(found)


def _sex(rng: random.Random) -> str:
    return "female" if rng.random() < 0.72 else "male"


def _pick(rng: random.Random, weights: Weights) -> str:
    return rng.choices(weights[0], cum_weights=weights[1])[0]
