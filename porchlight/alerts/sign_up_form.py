"""What someone typed on the sign-up page, read. Nothing is kept here, and no problem repeats what was typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers
from django.core import signing
from django.http import QueryDict
from phonenumbers import PhoneNumberType

from porchlight.alerts import rules
from porchlight.alerts.models import Program
from porchlight.alerts.programs import asks_birth_month
from porchlight.places import Ask, Found, area_codes, resolve
from porchlight.report import LANGUAGES

# Nobody fills the form faster, and no page stays open longer, in seconds.
LEAST_SECONDS, MOST_SECONDS = 2, 2 * 60 * 60
OLDEST_CHILD = 18  # years, for tips by age
_TELEPHONES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_REGIONS = frozenset({"US", "PR", "GU", "VI", "AS", "MP"})
# 555-01xx is kept free for stories: nobody has it, and the practice phone does. The rest of 555 is no telephone either.
_FICTION = re.compile(r"\+1\d{3}55501\d\d")
_NO_TELEPHONE = re.compile(r"\+1\d{3}555\d{4}")


class Problem(StrEnum):
    """What is wrong with a field, or with the form as a whole."""

    NUMBER = "number"  # is not a number that texts can reach in the United States
    ZIP = "zip"
    AGE = "age"
    PROGRAM = "program"
    CONSENT = "consent"
    BIRTH_MONTH = "birth_month"
    TIME = "time"  # sent too fast, too late, or by a machine
    CODE = "code"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form again when something is wrong with it. Only what this person typed in this moment."""

    number: str = ""
    zip_code: str = ""
    age: str = ""
    language: str = "en"
    programs: tuple[str, ...] = ()
    birth_month: str = ""
    birth_year: str = ""
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it was read. Where there are no problems, and not `too_young`, all values are good."""

    typed: Typed
    problems: tuple[Problem, ...]
    e164: str = ""
    zip_code: str = ""
    programs: tuple[str, ...] = ()
    birth_month: str = ""
    too_young: bool = False
    where: Found | Ask | None = field(default=None)


def read(
    posted: QueryDict, programs: Sequence[Program], now: dt.datetime, language: str, *, practice: bool
) -> Form:
    """Read the sign-up form. `programs` are those that can be joined; `practice` lets numbers of stories in."""
    typed = _typed(posted, language)
    found = resolve(_five(typed.zip_code))
    where = found if isinstance(found, Found | Ask) else None
    allowed = rules.may_sign_up(_is_13(typed.age))
    if allowed.why is rules.Why.UNDER_AGE:
        # 16 CFR 312: from here on nothing of this form is looked at, counted or kept.
        return Form(typed, (), too_young=True, where=where)
    number = e164_of(typed.number, practice=practice)
    opened = {program.slug: program for program in programs}
    chosen = tuple(slug for slug in typed.programs if slug in opened)
    month, month_is_good = _month(typed, now)
    if not month and any(asks_birth_month(opened[slug]) for slug in chosen):
        month_is_good = False
    checks = (
        (Problem.TIME, is_timely(posted.get("t", ""), now) and not posted.get("website")),
        (Problem.NUMBER, number is not None),
        (Problem.ZIP, where is not None),
        (Problem.AGE, allowed.allowed),
        (Problem.PROGRAM, bool(chosen)),
        (Problem.BIRTH_MONTH, month_is_good),
        (Problem.CONSENT, typed.agreed),
    )
    problems = tuple(problem for problem, good in checks if not good)
    return Form(typed, problems, number or "", _five(typed.zip_code), chosen, month, where=where)


def e164_of(typed: str, *, practice: bool) -> str | None:
    """A U.S. number that a text can reach, as +15025550123; None for any other."""
    try:
        number = phonenumbers.parse(typed[:40], "US")
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if _NO_TELEPHONE.fullmatch(e164):
        return e164 if practice and _FICTION.fullmatch(e164) and area_codes.state_of(e164) else None
    good = (
        phonenumbers.is_valid_number(number)
        and phonenumbers.region_code_for_number(number) in _REGIONS
        and phonenumbers.number_type(number) in _TELEPHONES
        and not number.extension
    )
    return e164 if good else None


def stamp(now: dt.datetime) -> str:
    """The moment at which a form was shown, signed, to stand in it."""
    return _signer().sign(str(int(now.timestamp())))


def is_timely(stamped: str, now: dt.datetime) -> bool:
    """Was the form shown by us, and sent at a person's pace?"""
    try:
        shown = int(_signer().unsign(stamped))
    except (signing.BadSignature, ValueError):
        return False
    return LEAST_SECONDS <= now.timestamp() - shown <= MOST_SECONDS


def _signer() -> signing.Signer:
    return signing.Signer(salt="alerts.form")


def _typed(posted: QueryDict, language: str) -> Typed:
    def said(name: str) -> str:
        return posted.get(name, "").strip()[:40]

    return Typed(
        number=said("number"),
        zip_code=said("zip"),
        age=said("age"),
        language=said("language") if said("language") in LANGUAGES else language,
        programs=tuple(dict.fromkeys(posted.getlist("program")[:50])),
        birth_month=said("birth_month"),
        birth_year=said("birth_year"),
        agreed="agree" in posted,
    )


def _five(typed: str) -> str:
    """The ZIP code of "40202" or "40202-1234"; nothing of anything else."""
    found = re.fullmatch(r"(\d{5})(?:[ -]?\d{4})?", typed, re.ASCII)
    return found[1] if found else ""


def _is_13(age: str) -> bool | None:
    if not re.fullmatch(r"\d{1,3}", age, re.ASCII) or not 0 < int(age) <= 120:
        return None
    return int(age) >= 13


def _month(typed: Typed, now: dt.datetime) -> tuple[str, bool]:
    """ "2024-05" where month and year were chosen; both are left out, or both are given."""
    if not typed.birth_month and not typed.birth_year:
        return "", True
    found = re.fullmatch(r"(\d{1,2})/(\d{4})", f"{typed.birth_month}/{typed.birth_year}", re.ASCII)
    if not found or not 1 <= int(found[1]) <= 12:
        return "", False
    month, year = int(found[1]), int(found[2])
    today = now.date()
    if not (today.year - OLDEST_CHILD, today.month) <= (year, month) <= (today.year, today.month):
        return "", False
    return f"{year:04}-{month:02}", True
