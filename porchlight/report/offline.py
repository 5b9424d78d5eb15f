"""The offline copy: a day instead of a moment, links instead of forms, and addresses that say nothing of the worry.

On the site a worry and a role travel by POST. A copy has no POST, so each answer is a page with a number for its
address: "us/ky/3/". What the numbers mean stands here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest

from porchlight import places
from porchlight.facts import in_force
from porchlight.facts.schema import ContactRole, RouteModel
from porchlight.report import answer_any_hour, pages
from porchlight.report.answer import AnswerContact, Concern, Line, Role
from porchlight.report.whom import place_name

# What is asked by each number, from 1 on. Bookmarks and copies hold on to a number: only ever add at the end.
_ASKED: tuple[tuple[Concern, Role], ...] = (
    (Concern.danger_now, Role.anyone),
    (Concern.sex_trafficking, Role.anyone),
    (Concern.online, Role.anyone),
    (Concern.missing_or_runaway, Role.anyone),
    (Concern.labor_trafficking, Role.anyone),
    (Concern.struggling, Role.anyone),
    (Concern.about_me, Role.anyone),
    (Concern.adult_trafficking, Role.anyone),
    (Concern.abuse_neglect, Role.youth),
    (Concern.abuse_neglect, Role.parent),
)
# Whose work a numbered one page is for, from 1 on; the plain one page is a school's. Only ever add at the end.
_WORK: tuple[Role, ...] = (
    Role.child_care,
    Role.health,
    Role.mental_health,
    Role.social_work,
    Role.coach,
    Role.youth_program,
    Role.clergy,
    Role.church_workers,
    Role.law_enforcement,
    Role.ems,
    Role.firefighters,
    Role.foster,
    Role.higher_ed,
    Role.volunteers,
    Role.librarians,
    Role.pharmacist,
    Role.victim_services,
    Role.court_staff,
    Role.attorneys,
    Role.juvenile_justice,
    Role.probation,
    Role.corrections,
    Role.coroner,
    Role.animal_services,
    Role.film_processor,
    Role.computer_technician,
    Role.other_listed,
)


class CopyRequest(HttpRequest):
    """The request of someone who will read the page later, without us.

    `day` is the one it is made on. `policy` is the Content-Security-Policy, which a file must carry itself.
    """

    def __init__(self, path: str, day: dt.date, policy: str) -> None:
        super().__init__()
        self.method = "GET"
        self.path = self.path_info = path
        self.day = day
        self.policy = policy

    @property
    def states(self) -> list[tuple[str, Line]]:
        """("ky", name) of every jurisdiction, by name."""
        return [(code[3:].lower(), place_name(code)) for code, _ in places.jurisdictions()]

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """Every worry, in the order in which a person picks one."""
        return pages.PICKED_CONCERNS


@dataclass(frozen=True, slots=True)
class CountyNumber:
    """A county ("wake", "Wake County") and the number to call there; None where it has none of its own."""

    slug: str
    name: str
    contact: AnswerContact | None


def for_templates(request: HttpRequest | None) -> dict[str, object]:
    """Context of every template: `offline` is the CopyRequest where the page is for a copy, else None."""
    return {"offline": request if isinstance(request, CopyRequest) else None}


def address(slug: str | None, concern: Concern, role: Role = Role.anyone) -> str:
    """The page of a copy that answers this, without slash in front: "us/ky/3/", "us/3/" for no place.

    A county has no numbered pages: the one of its jurisdiction lists the counties with their numbers. Raises
    ValueError for what has no page.
    """
    first = "/".join((slug or "us").split("/")[:2])
    if (concern, role) == (Concern.abuse_neglect, Role.anyone):
        return f"{slug or 'us'}/"
    return f"{first}/{_ASKED.index((concern, role)) + 1}/"


def work_address(state: str, role: Role) -> str:
    """The one page of a copy for this work, without slash in front: "us/ky/one-page/3/"."""
    number = "" if role is Role.school else f"{_WORK.index(role) + 1}/"
    return f"us/{state}/one-page/{number}"


def asked(number: int) -> tuple[Concern, Role] | None:
    """What the page "us/ky/3/" answers, for 3; None for a number without a page."""
    return _ASKED[number - 1] if 1 <= number <= len(_ASKED) else None


def work(number: int) -> Role | None:
    """Whose work the page "us/ky/one-page/3/" is for, for 3; None for a number without a page."""
    return _WORK[number - 1] if 1 <= number <= len(_WORK) else None


@lru_cache(maxsize=128)  # a copy shows the same list on each page of a jurisdiction
def county_numbers(code: str, day: dt.date) -> tuple[CountyNumber, ...]:
    """The counties of "US-NC" with their numbers, where the county decides whom to call; else none."""
    model = in_force().current().jurisdictions[code].routing.model
    if model in (RouteModel.statewide, RouteModel.none_known):
        return ()
    return tuple(_county_number(county, day) for county in places.counties(code))


def _county_number(county: places.Place, day: dt.date) -> CountyNumber:
    given = answer_any_hour(county, Concern.abuse_neglect, Role.anyone, day)
    first = pages.first_to_call(given)
    own = first if first is not None and first.role is ContactRole.intake else None
    return CountyNumber(places.slug(county).split("/")[2], county.county or "", own)
