"""Who gets a broadcast: a program, an area, a language; kept as JSON in the broadcast, asked as one query.

Subscribers' places are kept only as keyed indexes. So an area is first turned into the counties and ZIP codes that it
means, then into their indexes under every key there ever was; nobody's place is opened to find who is meant.
An area is read generously: someone whose ZIP code only touches the county is in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from porchlight.alerts import config, keyring
from porchlight.alerts.models import Enrollment, Program, Subscriber
from porchlight.places import place_for, zips
from porchlight.report import say
from porchlight.report.answer import line

MOST_MILES = 100


class Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A circle. `label` is the place that staff typed, as we understood it; degrees north and east; miles."""

    label: str
    latitude: float
    longitude: float
    miles: int


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who is meant: everyone in `program` whom each given condition fits.

    state: "US-KY". counties: FIPS codes. `counties` go with their `state`; `around` stands alone.
    language: None for both. step, due: of a tip series, those whose next tip is `step`, due on that day or before.
    """

    program: str
    state: str | None = None
    counties: tuple[str, ...] = ()
    around: Around | None = None
    language: str | None = None
    step: str | None = None
    due: dt.date | None = None

    def as_json(self) -> dict[str, Any]:
        """What a broadcast keeps in its `audience`."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept


def read(kept: Mapping[str, Any]) -> Audience:
    """The audience that `as_json` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.convert(kept, Audience)


def rows(audience: Audience | Mapping[str, Any]) -> QuerySet[Enrollment]:
    """The enrollments that are meant: active, their subscribers too, and of numbers that did not say STOP."""
    asked = audience if isinstance(audience, Audience) else read(audience)
    found = Enrollment.objects.filter(
        _area(asked),
        active=True,
        program__slug=asked.program,
        subscriber__state=Subscriber.State.ACTIVE,
        subscriber__number__stopped=False,
    )
    if asked.language is not None:
        found = found.filter(subscriber__language=asked.language)
    if asked.step is not None:
        found = found.filter(next_step=asked.step)
    if asked.due is not None:
        found = found.filter(next_due__lte=asked.due)
    return found


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are meant: in all, by language, and by (clock, language). A clock is as in Number.clock."""

    total: int = 0
    by_language: Mapping[str, int] = field(default_factory=dict)
    by_clock: Mapping[tuple[str, str], int] = field(default_factory=dict)


def counts(audience: Audience | Mapping[str, Any]) -> Counts:
    """Count them, in one query."""
    groups = (
        rows(audience)
        .order_by()
        .values_list("subscriber__number__clock", "subscriber__language")
        .annotate(people=Count("pk"))
    )
    by_clock = {(clock, language): people for clock, language, people in groups}
    by_language: dict[str, int] = {}
    for (_clock, language), people in by_clock.items():
        by_language[language] = by_language.get(language, 0) + people
    return Counts(sum(by_language.values()), by_language, by_clock)


def needs_second(people: int) -> bool:
    """Are these so many that one person alone may not send to them?"""
    return people > config.alerts().second_approver_above


def describe(audience: Audience | Mapping[str, Any], language: str) -> str:
    """One sentence for staff: "Everyone in Local alerts, within 25 miles of Louisville, Kentucky, in Spanish"."""
    asked = audience if isinstance(audience, Audience) else read(audience)
    with translation.override(language):
        parts = [_("Everyone in %(program)s") % {"program": program_name(asked.program, language)}]
        parts += filter(None, (_area_in_words(asked, language), _language_in_words(asked)))
        return ", ".join(parts)


def program_name(slug: str, language: str) -> str:
    """The program's name in a language, else in the first that it has; its slug where there is no such program."""
    program = Program.objects.filter(slug=slug).first()
    names: Mapping[str, str] = program.names if program is not None else {}
    return names.get(language) or next(iter(names.values()), slug)


# --- the area ---------------------------------------------------------------------------------------------------------


def _area(asked: Audience) -> Q:
    if asked.around is not None:
        center = zips.Point(asked.around.latitude, asked.around.longitude)
        return _in_zip_codes(zips.around(center, asked.around.miles))
    if asked.counties:
        touching = {zip_code for fips in asked.counties for zip_code in zips.touching(fips)}
        in_counties = Q(subscriber__county_index__in=_indexes("county", asked.counties))
        return in_counties | _in_zip_codes(touching)
    if asked.state is not None:
        in_state = Q(subscriber__state_index__in=_indexes("state", (asked.state,)))
        return in_state | _in_zip_codes(zips.crossing_into(asked.state))
    return Q()


def _in_zip_codes(zip_codes: Iterable[str]) -> Q:
    return Q(subscriber__zip_index__in=_indexes("zip", sorted(zip_codes)))


def _indexes(about: str, values: Iterable[str]) -> list[bytes]:
    keys = keyring.current()
    return [digest for value in values for _key, digest in keys.indexes(value, about)]


# --- in words ---------------------------------------------------------------------------------------------------------

_NAMED_COUNTIES = 4


def _area_in_words(asked: Audience, language: str) -> str:
    if asked.around is not None:
        return ngettext(
            "within %(miles)s mile of %(place)s", "within %(miles)s miles of %(place)s", asked.around.miles
        ) % {"miles": asked.around.miles, "place": asked.around.label}
    if asked.counties:
        return _counties_in_words(asked, language)
    if asked.state is not None:
        return _("in %(place)s") % {"place": say(line(f"name_{asked.state}"), language)}
    return ""


def _counties_in_words(asked: Audience, language: str) -> str:
    """Four counties by name, more of them by their number."""
    if asked.state is None or len(asked.counties) > _NAMED_COUNTIES:
        return ngettext("in %(count)s county", "in %(count)s counties", len(asked.counties)) % {
            "count": len(asked.counties)
        }
    names = [place_for(asked.state, fips).county or fips for fips in asked.counties]
    state = say(line(f"name_{asked.state}"), language)
    return _("in %(place)s") % {"place": ", ".join([*names, state])}


def _language_in_words(asked: Audience) -> str:
    if asked.language is None:
        return ""
    return {"en": _("who read English"), "es": _("who read Spanish")}.get(asked.language, asked.language)
