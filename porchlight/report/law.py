"""What child trafficking means in the law of a place: commercial sex, forced work, and if a child can be charged."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from porchlight.facts import Facts
from porchlight.facts.schema import (
    CommercialAct,
    Covered,
    LawFact,
    SafeHarbor,
    SafeHarborLaw,
    Source,
    Trafficking,
)
from porchlight.facts.standing import SOURCE_FRESH_FOR, first_day
from porchlight.report.answer import Law, Line, Point, line
from porchlight.report.duty import is_doubtful, point
from porchlight.report.whom import place_name

_NO_TRAFFICKING = Trafficking()


@lru_cache(maxsize=256)
def law(facts: Facts, code: str | None, day: dt.date) -> Law:
    """The law of jurisdiction `code` on `day`; with no place, or where it is not sure, federal law stands in."""
    here = (
        facts.jurisdictions[code].law.trafficking or _NO_TRAFFICKING if code is not None else _NO_TRAFFICKING
    )
    nation = facts.national.law.trafficking or _NO_TRAFFICKING
    return Law(
        sex_minor=_sex_minor(here, nation, code, day),
        labor_minor=_labor_minor(here, nation, day),
        family=Point(
            lines=(line("law_family"),),
            cite=nation.sex_minor.cite if nation.sex_minor else None,
            sources=nation.sex_minor.sources if nation.sex_minor else (),
        ),
        child_abuse=_child_abuse(here, day) if code is not None else None,
        child_charged=_child_charged(facts, code, here, day) if code is not None else None,
        notice=_notice(here, day),
    )


def _sex_minor(here: Trafficking, nation: Trafficking, code: str | None, day: dt.date) -> Point:
    sure = (
        here.sex_minor is not None
        and not is_doubtful(here.sex_minor, day)
        and not here.sex_minor.force_needed
    )
    if here.sex_minor is not None and sure:
        lines = [
            line("law_sex_minor", place=place_name(code), age=here.sex_minor.age or 18),
            line("law_commercial"),
        ]
        if here.definitions is not None and set(here.definitions.commercial_acts) == set(CommercialAct):
            lines.append(line("law_commercial_forms"))
        return Point(lines=tuple(lines), cite=here.sex_minor.cite, sources=here.sex_minor.sources)
    federal = [line("law_sex_minor_federal"), line("law_commercial")]
    if code is not None:
        federal.append(line("law_sex_minor_check", place=place_name(code)))
    return _resting_on(nation.sex_minor, federal, check=code is not None)


def _labor_minor(here: Trafficking, nation: Trafficking, day: dt.date) -> Point:
    rule = here.labor_minor
    if rule is None or is_doubtful(rule, day):
        lines = [line("law_labor_federal"), line("law_labor_still_call")]
        return _resting_on(nation.labor_minor, lines, check=rule is not None)
    first = line("law_labor_needed") if rule.force_needed else line("law_labor_not_needed")
    return point(rule, (first, line("law_labor_still_call")), day)


def _resting_on(rule: LawFact | None, lines: list[Line], *, check: bool) -> Point:
    return Point(
        lines=tuple(lines),
        cite=rule.cite if rule is not None else None,
        sources=rule.sources if rule is not None else (),
        check=check,
    )


_COVERED = {
    Covered.yes_any_perpetrator: "law_abuse_any",
    Covered.yes: "law_abuse_yes",
    Covered.partial: "law_abuse_partial",
    Covered.caretaker_only: "law_abuse_caretaker",
}


def _child_abuse(here: Trafficking, day: dt.date) -> Point:
    rule = here.child_abuse
    if rule is None:
        return Point(lines=(line("law_abuse_unknown"),), check=True)
    return point(rule, (line(_COVERED[rule.covered]),), day)


def _child_charged(facts: Facts, code: str, here: Trafficking, day: dt.date) -> Point:
    rule = here.safe_harbor
    if rule is not None and is_new_and_sure(facts, code, rule, day):
        return Point(lines=(line("law_charged_no"),), cite=rule.cite, sources=rule.sources)
    return _resting_on(rule, [line("law_charged_check")], check=True)


def is_new_and_sure(facts: Facts, code: str, rule: SafeHarborLaw, day: dt.date) -> bool:
    """True only for plain immunity under 18 whose text is known to be less than two years old.

    A child may act on this sentence, so age counts from the date of the text, never from the day we read it.
    """
    if rule.status is not SafeHarbor.immune_under_18 or is_doubtful(rule, day):
        return False
    sources: list[Source] = [facts.source(code, source_id) for source_id in rule.sources]
    dates = [date for date in (rule.as_of, *(source.date for source in sources)) if date is not None]
    return bool(dates) and day < first_day(max(dates)) + SOURCE_FRESH_FOR


def _notice(here: Trafficking, day: dt.date) -> Point | None:
    rule = here.notice
    return None if rule is None else point(rule, (line(f"law_notice_{rule.required.value}"),), day)
