"""What invented agencies write down: who reports whom to whom, and how each row differs from the truth."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from porchlight.count.demo.children import Child, County, Noise
from porchlight.count.demo.names import SHORT
from porchlight.count.fields import UNKNOWN


@dataclass(frozen=True)
class Habits:
    """An agency's share of first reports, whom it refers to it (0 to 1), and what it writes down."""

    share: float
    referred: float
    investigates: float
    determines: bool
    serves: float
    no_birth_date: float = 0.0
    no_last_name: float = 0.0


@dataclass(slots=True)
class Row:
    """One row in the terms of porchlight.count.fields, before an agency's layout writes it its own way.

    It is filled in step by step, as by an agency; a million frozen ones would each be copied four times.
    """

    list: str
    child: str
    event: int
    agency_child_id: str
    report_id: str
    case_id: str | None
    first_name: str
    middle_name: str | None
    last_name: str | None
    aliases: tuple[str, ...]
    birth_date: dt.date | None
    # The day and the month are written the wrong way round.
    swapped: bool
    birth_year: int | None
    age_months: int
    sex: str
    race_ethnicity: str | None
    county_fips: str
    zip: str | None
    report_date: dt.date
    reporter_type: str | None
    investigated: bool | None
    determination: str | None
    determined_date: dt.date | None
    served: bool | None
    exploitation: str | None
    relationship: str | None
    placement: str | None


@dataclass
class Register:
    """The numbers that agencies give: each knows a child again only by its own number."""

    agencies: Sequence[tuple[str, Habits]]
    children: dict[tuple[str, str], str] = field(default_factory=dict)
    reports: dict[str, int] = field(default_factory=dict)
    events: int = 0
    numbers: int = 10_000

    def child_number(self, rng: random.Random, agency: str, child: str) -> str:
        # One in twenty-five is entered anew under another number.
        if (agency, child) not in self.children or rng.random() < 0.04:
            self.numbers += 1
            self.children[agency, child] = f"{agency[:2].upper()}{self.numbers}"
        return self.children[agency, child]

    def report_number(self, agency: str) -> str:
        self.reports[agency] = self.reports.get(agency, 0) + 1
        return f"R{self.reports[agency]:06d}"


@dataclass(frozen=True)
class Period:
    begins: dt.date
    ends: dt.date

    def day(self, rng: random.Random) -> dt.date:
        return self.begins + dt.timedelta(days=rng.randrange((self.ends - self.begins).days + 1))


def rows_of(
    rng: random.Random,
    noise: Noise,
    household: Sequence[Child],
    register: Register,
    period: Period,
    counties: Sequence[County],
) -> Iterator[Row]:
    """The rows that one household leaves in the lists during the period."""
    for _ in range(1 + (rng.random() < 0.2)):
        register.events += 1
        named = [child for number, child in enumerate(household) if number == 0 or rng.random() < 0.6]
        day = period.day(rng)
        for agency, habits in _reported_to(rng, register.agencies):
            report = register.report_number(agency)
            received = min(day + dt.timedelta(days=rng.randrange(15)), period.ends)
            reporter, begun = rng.choice(_REPORTERS), rng.random() < habits.investigates
            for child in named:
                row = _row(rng, register, child, agency, report, received)
                row.reporter_type = reporter
                _settle(rng, row, child, habits, begun)
                _write(rng, noise, habits, row, child, counties)
                yield row


_REPORTERS = (
    "law_enforcement",
    "school",
    "health",
    "family",
    "social_services",
    "anonymous",
    UNKNOWN,
    "other",
)


def _reported_to(rng: random.Random, agencies: Sequence[tuple[str, Habits]]) -> list[tuple[str, Habits]]:
    """The first agency, and those it refers to: what makes the lists depend on each other."""
    first = rng.choices(range(len(agencies)), [habits.share for _, habits in agencies])[0]
    return [
        each for number, each in enumerate(agencies) if number == first or rng.random() < each[1].referred
    ]


def _row(
    rng: random.Random,
    register: Register,
    child: Child,
    agency: str,
    report: str,
    received: dt.date,
) -> Row:
    return Row(
        list=agency,
        child=child.id,
        event=register.events,
        agency_child_id=register.child_number(rng, agency, child.id),
        report_id=report,
        case_id=None,
        first_name=child.first,
        middle_name=child.middle,
        last_name=child.last,
        aliases=child.aliases if rng.random() < 0.3 else (),
        birth_date=child.birth,
        swapped=False,
        birth_year=child.birth.year,
        age_months=_months(child.birth, received),
        sex=child.sex,
        race_ethnicity=UNKNOWN if rng.random() < 0.05 else child.race,
        county_fips=child.county.fips,
        zip=child.zip if rng.random() < 0.9 else None,
        report_date=received,
        reporter_type=None,
        investigated=None,
        determination=None,
        determined_date=None,
        served=None,
        exploitation=UNKNOWN if rng.random() < 0.1 else child.exploitation,
        relationship=UNKNOWN if rng.random() < 0.15 else child.relationship,
        placement=child.placement if rng.random() < 0.95 else None,
    )


def _settle(rng: random.Random, row: Row, child: Child, habits: Habits, begun: bool) -> None:
    """What came of the report for this child."""
    decided = None
    if begun and habits.determines:
        sure = "victim" if child.victim else "not_victim"
        decided = sure if rng.random() < 0.9 else "possible"
    chance = habits.serves if decided == "victim" or child.victim else habits.serves / 4
    row.case_id = f"C{rng.randrange(10**7):07d}" if begun else None
    row.investigated = begun
    row.determination = decided
    row.determined_date = row.report_date + dt.timedelta(days=rng.randrange(5, 60)) if decided else None
    row.served = rng.random() < chance


def _write(
    rng: random.Random, noise: Noise, habits: Habits, row: Row, child: Child, counties: Sequence[County]
) -> None:
    """The mistakes that people make."""
    row.first_name = _given(rng, noise, child)
    row.last_name = _surname(rng, noise, habits, child)
    if rng.random() < 0.35:
        row.middle_name = None if rng.random() < 0.5 else child.middle[0]
    if rng.random() < noise.wrong_sex:
        row.sex = "male" if child.sex == "female" else "female"
    if rng.random() < noise.moved:
        county = child.county if rng.random() < 0.7 else rng.choice(counties)
        row.county_fips, row.zip = county.fips, rng.choice(county.zips)
    _birth(rng, noise, habits, row)


def _given(rng: random.Random, noise: Noise, child: Child) -> str:
    name = child.first
    if rng.random() < noise.nickname and name in SHORT:
        name = rng.choice(SHORT[name])
    elif rng.random() < noise.alias and child.aliases:
        name = rng.choice(child.aliases)
    return mistyped(rng, name) if rng.random() < noise.typo else name


def _surname(rng: random.Random, noise: Noise, habits: Habits, child: Child) -> str | None:
    if rng.random() < habits.no_last_name:
        return None
    name = child.other_surname if rng.random() < noise.other_surname else child.last
    return mistyped(rng, name) if rng.random() < noise.typo else name


def _birth(rng: random.Random, noise: Noise, habits: Habits, row: Row) -> None:
    birth = row.birth_date
    if rng.random() < max(noise.no_birth_date, habits.no_birth_date):
        row.birth_date = row.birth_year = None
    elif rng.random() < noise.year_only:
        row.birth_date = None
    elif birth and birth.day <= 12 and birth.day != birth.month and rng.random() < noise.swapped * 3:
        turned = birth.replace(month=birth.day, day=birth.month)
        if turned < row.report_date:
            row.birth_date = turned
    elif birth and birth.day > 12 and rng.random() < noise.swapped:
        row.swapped = True


def mistyped(rng: random.Random, name: str) -> str:
    """One slip of the fingers: a letter changed, left out, doubled or exchanged with the next."""
    at = rng.randrange(1, len(name)) if len(name) > 1 else 0
    slip = rng.randrange(4)
    if slip == 0:
        return name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at + 1 :]
    if slip == 1 and len(name) > 3:
        return name[:at] + name[at + 1 :]
    if slip == 2:
        return name[:at] + name[at] + name[at:]
    return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :] if at else name


def _months(birth: dt.date, on: dt.date) -> int:
    return (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
