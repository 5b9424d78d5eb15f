"""Dates in any usual form. The order of dates in numbers is told by the list's mapping file, never guessed by row."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from porchlight.count.fields import BirthDate


@dataclass(frozen=True)
class Read:
    """What a text says: a whole date, or only its year (`date` is None); `quality` says which, and how sure."""

    date: dt.date | None
    year: int | None
    quality: BirthDate


def read_date(text: str, order: str, latest: int) -> Read | None:
    """Read one date; None when the text is no date.

    `order`: "mdy", "dmy" or "ymd", for 3/5/2011. `latest`: the last year that can be meant; of two-digit years, later
    ones belong to the century before. SWAPPED: only the other order of day and month gives a date.
    """
    text = _TIME.sub("", text.strip()).strip()
    if found := _YMD.fullmatch(text):
        return _ymd(*(int(part) for part in found.groups() if part))
    if found := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        return _numbers(first, second, _century(year, found.group(3), latest), order)
    if found := _WORDS_DAY_FIRST.fullmatch(text):
        return _words(found["day"], found["month"], found["year"], latest)
    if found := _WORDS_MONTH_FIRST.fullmatch(text):
        return _words(found["day"], found["month"], found["year"], latest)
    return _part(text, latest)


def not_a_real_day(date: dt.date) -> bool:
    """Days that programs write when they know none."""
    return date.year in (1900, 1901, 9999) or date in _PLACEHOLDERS


_PLACEHOLDERS = {dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1970, 1, 1), dt.date(1753, 1, 1)}
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?(Z|[+-]\d{2}:?\d{2})?$")
_YMD = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.)(\d{1,2})|(\d{4})(\d{2})(\d{2})")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_WORDS_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+de|\s+of)?[\s./-]+(?P<month>[^\W\d]{3,})\.?(?:\s+de[l]?)?[\s.,/-]+(?P<year>\d{4}|\d{2})"
)
_WORDS_MONTH_FIRST = re.compile(
    r"(?P<month>[^\W\d]{3,})\.?[\s./-]+(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.,/-]+(?P<year>\d{4}|\d{2})"
)
_YEAR = re.compile(r"\d{4}")
_YEAR_MONTH = re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})|(?P<month_>\d{1,2})[-/](?P<year_>\d{4})")
_MONTH_WORD_YEAR = re.compile(r"(?P<month>[^\W\d]{3,})\.?,?\s+(?P<year>\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.0+)?")
# Excel counts days from here (its 1900 had a 29 February, so real dates after it are right).
_SERIAL_ZERO = dt.date(1899, 12, 30)
_SERIALS = range(18264, 73051)  # 1950 to 2099
_MONTHS = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "ene feb mar abr may jun jul ago sep oct nov dic",
    )
    for number, name in enumerate(names.split(), 1)
}


def _ymd(year: int, month: int, day: int) -> Read | None:
    return _whole(year, month, day, ambiguous=False) or _whole(year, day, month, swapped=True)


def _numbers(first: int, second: int, year: int, order: str) -> Read | None:
    # A list of years first still has a few dates written the usual American way.
    month, day = (second, first) if order == "dmy" else (first, second)
    return _whole(year, month, day) or _whole(year, day, month, swapped=True)


def _whole(year: int, month: int, day: int, *, swapped: bool = False, ambiguous: bool = True) -> Read | None:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    if swapped:
        return Read(date, year, BirthDate.SWAPPED)
    unsure = ambiguous and day <= 12 and day != month
    return Read(date, year, BirthDate.AMBIGUOUS if unsure else BirthDate.DAY)


def _words(day: str, month: str, year: str, latest: int) -> Read | None:
    number = _MONTHS.get(month[:3].lower())
    return _whole(_century(int(year), year, latest), number, int(day), ambiguous=False) if number else None


def _part(text: str, latest: int) -> Read | None:
    if _YEAR.fullmatch(text):
        return _only_year(int(text), BirthDate.YEAR, latest)
    if found := _YEAR_MONTH.fullmatch(text):
        month = int(found["month"] or found["month_"])
        year = int(found["year"] or found["year_"])
        return _only_year(year, BirthDate.MONTH, latest) if 1 <= month <= 12 else None
    if (found := _MONTH_WORD_YEAR.fullmatch(text)) and found["month"][:3].lower() in _MONTHS:
        return _only_year(int(found["year"]), BirthDate.MONTH, latest)
    if (found := _SERIAL.fullmatch(text)) and int(found.group(1)) in _SERIALS:
        date = _SERIAL_ZERO + dt.timedelta(days=int(found.group(1)))
        return Read(date, date.year, BirthDate.DAY)
    return None


def _only_year(year: int, quality: BirthDate, latest: int) -> Read | None:
    return Read(None, year, quality) if 1900 < year <= latest else None


def _century(year: int, written: str, latest: int) -> int:
    if len(written) == 4:
        return year
    return 2000 + year if 2000 + year <= latest else 1900 + year
