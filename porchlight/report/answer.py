"""The Answer: whom to call, what the law asks, what to say. Frozen values with no language in them.

Everything a person will read is a `Line`, a code with its values; `porchlight.report.say` puts it into words.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from msgspec import Struct

from porchlight.facts.hours import OpenState
from porchlight.facts.schema import ContactRole, Kind
from porchlight.facts.standing import Standing


class Concern(StrEnum):
    """What the worry is."""

    danger_now = "danger_now"
    abuse_neglect = "abuse_neglect"
    sex_trafficking = "sex_trafficking"
    labor_trafficking = "labor_trafficking"
    online = "online"
    missing_or_runaway = "missing_or_runaway"
    about_me = "about_me"  # a child or teen asks for themselves
    struggling = "struggling"  # a parent needs help
    adult_trafficking = "adult_trafficking"


class Role(StrEnum):
    """Who is asking: anyone, a young person, a parent, or someone by their work (the profession groups of the law)."""

    anyone = "anyone"
    youth = "youth"
    parent = "parent"
    animal_services = "animal_services"
    attorneys = "attorneys"
    child_care = "child_care"
    church_workers = "church_workers"
    clergy = "clergy"
    coach = "coach"
    computer_technician = "computer_technician"
    corrections = "corrections"
    coroner = "coroner"
    court_staff = "court_staff"
    ems = "ems"
    film_processor = "film_processor"
    firefighters = "firefighters"
    foster = "foster"
    health = "health"
    higher_ed = "higher_ed"
    juvenile_justice = "juvenile_justice"
    law_enforcement = "law_enforcement"
    librarians = "librarians"
    mental_health = "mental_health"
    pharmacist = "pharmacist"
    probation = "probation"
    school = "school"
    social_work = "social_work"
    victim_services = "victim_services"
    volunteers = "volunteers"
    youth_program = "youth_program"
    other_listed = "other_listed"


class Line(Struct, frozen=True, omit_defaults=True):
    """One thing to say: a code of `report.words`, and what fills its sentence (text, numbers, or more lines)."""

    code: str
    params: tuple[tuple[str, str | int | Line | tuple[Line, ...]], ...] = ()


def line(code: str, **params: str | int | Line | tuple[Line, ...]) -> Line:
    """A Line with its values by name, in a fixed order so that equal lines are equal."""
    return Line(code, tuple(sorted(params.items(), key=lambda item: item[0])))


class AnswerPlace(Struct, frozen=True, kw_only=True):
    """Where the child is, as far as it is known. `jurisdiction` is None when no place was given."""

    jurisdiction: str | None = None
    name: str | None = None
    county: str | None = None
    county_fips: str | None = None


class AnswerContact(Struct, frozen=True, kw_only=True):
    """One contact with why it stands here, whether it answers now, its limits, and what to do if it does not.

    `href` is a tel:, sms: or https: address. `opens_at` and `closes_at` are UTC.
    """

    id: str
    kind: Kind
    role: ContactRole
    value: str
    printed: str
    href: str | None
    why: Line
    standing: Standing
    trust: tuple[Line, ...]
    open: OpenState
    state: Line  # the same in words: "Open now, until 4:30 PM"
    hours: Line
    name: str | None = None
    keyword: str | None = None
    area: tuple[str, ...] = ()  # the counties it serves; empty: all, but for those in `area_except`
    area_except: tuple[str, ...] = ()
    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    limits: tuple[Line, ...] = ()
    pass_on: tuple[Line, ...] = ()
    if_closed: tuple[Line, ...] = ()
    no_answer: Line | None = None
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Point(Struct, frozen=True, kw_only=True):
    """What the law says on one question. `check` is True where we cannot vouch for it: ask the hotline."""

    lines: tuple[Line, ...]
    cite: str | None = None
    sources: tuple[str, ...] = ()
    check: bool = False


class Must(StrEnum):
    """Whether the law binds the person who asks. There is no "no": anyone may report."""

    yes = "yes"
    may = "may"
    unknown = "unknown"


class Duty(Struct, frozen=True, kw_only=True):
    must: Must
    must_i: Point
    how_sure: Point
    deadline: Point  # always after "now"
    to_whom: Point
    form: Point
    boss: Point
    name: Point
    protected: Point
    silence: Point  # what if I do not
    false_report: Point | None = None
    privilege: Point | None = None
    federal: Point | None = None
    cross_border: Point | None = None


class Law(Struct, frozen=True, kw_only=True):
    """What child trafficking means in the law there; without a place, what federal law says and None for the rest."""

    sex_minor: Point
    labor_minor: Point
    family: Point
    child_abuse: Point | None
    child_charged: Point | None
    notice: Point | None = None


class AnswerSource(Struct, frozen=True, kw_only=True):
    publisher: str
    kind: str
    url: str | None = None
    date: str | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """One answer for every porch. Times are UTC."""

    place: AnswerPlace
    concern: Concern
    role: Role
    at: dt.datetime
    now: tuple[Line, ...]
    contacts: tuple[AnswerContact, ...]
    route: tuple[Line, ...]
    duty: Duty | None
    law: Law
    say: tuple[Line, ...]
    beside_you: tuple[Line, ...]
    to_child: tuple[Line, ...]
    do_not: tuple[Line, ...]
    next: tuple[Line, ...]
    about_me: tuple[Line, ...]
    sources: dict[str, AnswerSource]
    changes_at: dt.datetime | None = (
        None  # when this answer next differs: an opening, a closing, or the end of the day
    )
