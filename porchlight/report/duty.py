"""What the law asks of the person who asks: each question a Point with its citation and sources.

"Now" comes before any limit of time. There is never a "no": where the law binds others, anyone may still report; where
nobody sourced a rule, the hotline is asked.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from porchlight.facts import Facts
from porchlight.facts.schema import (
    Authority,
    CrossBorder,
    DutyLaw,
    First,
    Followup,
    GroupDuty,
    InstitutionRule,
    JurisdictionFile,
    LawFact,
    Mode,
    NameRule,
    PenaltyClass,
    PenaltyLaw,
    Privilege,
    ToRule,
    Who,
)
from porchlight.facts.standing import SOURCE_FRESH_FOR, first_day
from porchlight.report.answer import Duty, Line, Must, Point, Role, line
from porchlight.report.whom import place_name

CHECK = line("check_hotline")
_LAY = {Role.anyone, Role.parent, Role.youth}


@lru_cache(maxsize=2048)
def duty(facts: Facts, code: str, role: Role, day: dt.date) -> Duty:
    """The duty in jurisdiction `code` of a person in `role`, on `day`."""
    file = facts.jurisdictions[code]
    must, must_i = _must_i(file, role, day)
    return Duty(
        must=must,
        must_i=must_i,
        how_sure=_how_sure(file, day),
        deadline=_deadline(file, role, day),
        to_whom=_to_whom(file, day),
        form=_form(file, day),
        boss=_boss(file, role, day),
        name=_name(file, role, day),
        protected=_protected(file, day),
        silence=_silence(file, day),
        false_report=_false_report(file, day),
        privilege=_privilege(file, role, day),
        federal=_federal(facts, role),
        cross_border=_cross_border(file, day),
    )


def point(law: LawFact | None, lines: tuple[Line, ...], day: dt.date) -> Point:
    """Lines with the citation of the law they rest on; one that is old, disputed or to be rechecked says so."""
    if law is None:
        return Point(lines=lines, check=True)
    doubtful = is_doubtful(law, day)
    return Point(
        lines=(*lines, CHECK) if doubtful else lines, cite=law.cite, sources=law.sources, check=doubtful
    )


def is_doubtful(law: LawFact, day: dt.date) -> bool:
    """Marked for recheck, disputed, or resting on a text known to be older than two years."""
    if law.recheck or law.disputed is not None:
        return True
    return law.as_of is not None and day >= first_day(law.as_of) + SOURCE_FRESH_FOR


def authorities(those: tuple[Authority, ...]) -> tuple[Line, ...]:
    """Names of authorities, to be joined with "or"."""
    return tuple(line(f"authority_{authority.value}") for authority in those)


def _must_i(file: JurisdictionFile, role: Role, day: dt.date) -> tuple[Must, Point]:
    law = file.law.duty
    place = place_name(file.jurisdiction)
    if law is None:
        return Must.unknown, point(None, (line("must_unknown", place=place), line("must_call_anyway")), day)
    listed = [duty for duty in law.groups if duty.group.value == role.value]
    if law.who is Who.universal or (law.who is Who.both and not law.everyone_for):
        return Must.yes, point(law, _everyone(law, listed, place), day)
    if listed:
        return Must.yes, point(law, (*_listed(listed, place), *_extra(law)), day)
    lines = [line("must_may", place=place)]
    if law.others_encouraged:
        lines.append(line("must_may_encouraged"))
    return Must.may, point(law, (*lines, *_extra(law), line("must_call_anyway")), day)


def _everyone(law: DutyLaw, listed: list[GroupDuty], place: Line) -> tuple[Line, ...]:
    if law.who is Who.both and listed:
        return (line("must_work_stricter", place=place), *_extra(law))
    return (line("must_everyone_adults" if law.adults_only else "must_everyone", place=place), *_extra(law))


def _listed(listed: list[GroupDuty], place: Line) -> tuple[Line, ...]:
    """The law names this work outright, or only some of it: then say which, and to act as if it were all."""
    if any(duty.condition is None for duty in listed):
        return (line("must_work", place=place),)
    words = tuple(line(f"condition_{duty.condition}") for duty in listed)
    return (line("must_condition", place=place, condition=words), line("must_condition_act"))


def _extra(law: DutyLaw) -> tuple[Line, ...]:
    lines = [line(f"must_for_{crime.value}") for crime in law.everyone_for]
    if law.adults_only and law.who is not Who.universal:
        lines.append(line("must_from_18"))
    if law.look_back_years is not None:
        lines.append(line("must_look_back", years=law.look_back_years))
    return tuple(lines)


def _how_sure(file: JurisdictionFile, day: dt.date) -> Point:
    law = file.law.duty
    if law is None or law.standard.value == "unknown":
        return point(law, (line("sure_unknown"),), day)
    easy = "sure_suspect" if "susp" in law.standard.value else "sure_reason"
    return point(law, (line(easy), line("sure_statute", words=line(f"standard_{law.standard.value}"))), day)


def _deadline(file: JurisdictionFile, role: Role, day: dt.date) -> Point:
    law = file.law.timing
    lines = [line("deadline_now")]
    if law is None:
        return Point(lines=tuple(lines), check=True)
    if law.max_hours is not None:
        lines.append(line("deadline_hours", hours=law.max_hours))
    if law.professionals_max_hours is not None and role not in _LAY:
        lines.append(line("deadline_work_hours", hours=law.professionals_max_hours))
        if law.superseded is not None:
            lines.append(line("deadline_was"))
    if law.first is First.unspecified:
        return Point(lines=tuple(lines), cite=law.cite, sources=law.sources)
    return point(law, tuple(lines), day)


def _to_whom(file: JurisdictionFile, day: dt.date) -> Point:
    law = file.law.to
    if law is None:
        return point(None, (line("to_whom_unknown"),), day)
    lines: list[Line] = []
    if law.rule is ToRule.by_suspect:
        lines.append(line("to_whom_by_suspect"))
        for branch in law.branches:
            suspect = line(f"suspect_{branch.suspect.value}")
            lines.append(line("to_whom_branch", suspect=suspect, authorities=authorities(branch.to)))
        lines.append(line("to_whom_unsure"))
    else:
        lines.append(line(f"to_whom_{law.rule.value}", authorities=authorities(law.who)))
    if law.also_for_trafficking:
        lines.append(line("to_whom_trafficking", authorities=authorities(law.also_for_trafficking)))
    if law.also_for_sexual_abuse:
        lines.append(line("to_whom_sexual_abuse", authorities=authorities(law.also_for_sexual_abuse)))
    return point(law, tuple(lines), day)


def _form(file: JurisdictionFile, day: dt.date) -> Point:
    law = file.law.timing
    if law is None:
        return point(None, (line("form_call"), line("form_ask")), day)
    lines = [line("form_any" if Mode.any in law.modes else "form_call")]
    if law.followup in (Followup.always, Followup.on_request):
        lines.append(line(f"form_followup_{law.followup.value}"))
        if law.followup_hours is not None:
            lines.append(line("form_followup_hours", hours=law.followup_hours))
        if law.followup_working_days:
            lines.append(line("form_followup_working_days"))
    elif law.followup is None:
        lines.append(line("form_ask"))
    return point(law, tuple(lines), day)


def _boss(file: JurisdictionFile, role: Role, day: dt.date) -> Point:
    law = file.law.institution
    if law is None:
        # Nobody sourced a rule: the duty is taken to be one's own.
        return Point(lines=(line("boss_unknown"),), check=True)
    if law.rule is InstitutionRule.personal:
        return point(law, (line("boss_personal"),), day)
    if law.rule is InstitutionRule.notify_head_and_report:
        return point(law, (line("boss_notify_and_report"),), day)
    if law.rule is InstitutionRule.agent_may_file:
        return point(law, (line("boss_agent"),), day)
    mine = not law.groups or role.value in {group.value for group in law.groups}
    if role in _LAY or not mine:
        return point(law, (line("boss_may_notify_some"),), day)
    return point(law, (line("boss_may_notify"),), day)


def _name(file: JurisdictionFile, role: Role, day: dt.date) -> Point:
    law = file.law.reporter
    if law is None or law.name is None:
        kept = (line(f"name_{law.identity.value}"),) if law is not None and law.identity is not None else ()
        return Point(
            lines=(line("name_unknown"), *kept),
            cite=law.cite if law else None,
            sources=law.sources if law else (),
            check=True,
        )
    lines = [line(_NAME_LINES[law.name])]
    if law.name is NameRule.required_professionals and role in _LAY:
        lines.append(line("name_optional"))
    if law.identity is not None:
        lines.append(line(f"name_{law.identity.value}"))
    return point(law, tuple(lines), day)


_NAME_LINES = {
    NameRule.required: "name_required",
    NameRule.required_professionals: "name_required_work",
    NameRule.requested: "name_requested",
    NameRule.optional: "name_optional",
    NameRule.anonymous_refused_by_cps: "name_hotline_refuses",
}


def _protected(file: JurisdictionFile, day: dt.date) -> Point:
    law = file.law.immunity
    if law is None or not law.good_faith:
        return point(None, (line("protected_unknown"),), day)
    lines = [line("protected_yes")]
    if law.presumed:
        lines.append(line("protected_presumed"))
    return point(law, tuple(lines), day)


def _silence(file: JurisdictionFile, day: dt.date) -> Point:
    law = file.law.penalty_fail
    if law is None or law.penalty is PenaltyClass.not_addressed:
        return point(law, (line("silence_unknown"), line("silence_real")), day)
    return point(law, (*_penalty(law), line("silence_real")), day)


def _penalty(law: PenaltyLaw) -> tuple[Line, ...]:
    lines = [line("silence_civil" if law.penalty is PenaltyClass.civil else "silence_crime")]
    if law.max_fine_usd is not None:
        lines.append(line("silence_fine", amount=f"{law.max_fine_usd:,}"))
    if law.max_jail_months is not None:
        lines.append(line("silence_jail_months", count=law.max_jail_months))
    elif law.max_jail_days is not None:
        lines.append(line("silence_jail_days", count=law.max_jail_days))
    if law.escalates:
        lines.append(line("silence_heavier"))
    return tuple(lines)


def _false_report(file: JurisdictionFile, day: dt.date) -> Point | None:
    law = file.law.penalty_false
    if law is None or law.penalty in (
        PenaltyClass.not_addressed,
        PenaltyClass.immunity_lost,
        PenaltyClass.civil,
    ):
        return None
    return point(law, (line("false_report"),), day)


_PRIVILEGE_WORDS = {
    Privilege.kept: "kept",
    Privilege.kept_limited: "limited",
    Privilege.abrogated: "abrogated",
}


def _privilege(file: JurisdictionFile, role: Role, day: dt.date) -> Point | None:
    if role not in (Role.clergy, Role.church_workers, Role.attorneys):
        return None
    law = file.law.privilege
    which = "attorney" if role is Role.attorneys else "clergy"
    rule = None if law is None else law.attorney if role is Role.attorneys else law.clergy
    if rule is None or rule is Privilege.not_addressed:
        return point(None, (line("privilege_unknown"),), day)
    return point(law, (line(f"privilege_{which}_{_PRIVILEGE_WORDS[rule]}"),), day)


def _federal(facts: Facts, role: Role) -> Point | None:
    law = facts.national.law.federal_duty
    if law is None or role.value not in {group.value for group in law.groups}:
        return None
    return Point(lines=(line("federal_duty"),), cite=law.cite, sources=law.sources)


_CROSS_BORDER = {
    CrossBorder.line_transfers: "cross_line_transfers",
    CrossBorder.any_local_office: "cross_any_local_office",
    CrossBorder.may_report_there_instead: "cross_may_report_there",
}


def _cross_border(file: JurisdictionFile, day: dt.date) -> Point | None:
    law = file.law.cross_border
    return None if law is None else point(law, (line(_CROSS_BORDER[law.rule]),), day)
