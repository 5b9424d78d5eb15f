"""From an agency's texts to the columns of the records. Each different text of a column is read once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from porchlight import places
from porchlight.count.fields import BY_NAME, UNKNOWN, BirthDate, Kind
from porchlight.count.load.dates import Read, not_a_real_day, read_date
from porchlight.count.load.mapping import Layout


class BadValueError(Exception):
    """A text cannot be what its column holds; the message gives the reason without a child's own words."""


@dataclass
class Column:
    """A column's values (None: missing or unknown), how many were unknown, and the rows (from 0) that are wrong."""

    values: list[Any]
    missing: int = 0
    unknown: int = 0
    bad: dict[int, str] = field(default_factory=dict)


def convert(
    texts: pa.ChunkedArray, read: Callable[[str], Any], layout: Layout, *, code: bool = False
) -> Column:
    """Read a whole column; `code`: an unknown is the code `unknown` and not NULL."""
    encoded = pc.utf8_trim_whitespace(texts).combine_chunks().dictionary_encode()
    values: list[Any] = []
    reasons: dict[int, str] = {}
    blank, unknown = layout.blank, frozenset(layout.unknown)
    missing_at, unknown_at = set(), set()
    for number, text in enumerate(encoded.dictionary.to_pylist()):
        value = None
        if text in unknown:
            unknown_at.add(number)
            value = UNKNOWN if code else None
        elif text in blank:
            missing_at.add(number)
        else:
            try:
                value = read(text)
            except BadValueError as error:
                reasons[number] = str(error)
        if value == UNKNOWN and code:
            unknown_at.add(number)
        values.append(value)
    return _spread(encoded.indices.to_pylist(), values, reasons, missing_at, unknown_at)


def reader(name: str, layout: Layout, jurisdiction: str, latest: int) -> Callable[[str], Any]:
    """How one text of the column `name` is read. `latest`: the last year that a date can have."""
    if name == "county_fips":
        return county_reader(jurisdiction)
    special: Mapping[str, Callable[[str], Any]] = {
        "zip": zip_code,
        "age_years": lambda text: number_of(text, "years", 120),
        "age_months": lambda text: number_of(text, "months", 1440),
        "first_name": person_name,
        "middle_name": person_name,
        "last_name": person_name,
        "aliases": aliases,
        "birth_date": lambda text: birth_date(text, layout.dates, latest),
        "full_name": full_name,
    }
    if name in special:
        return special[name]
    field_ = BY_NAME[name]
    if field_.kind is Kind.CODE:
        return code_reader(field_.codes, layout.values.get(name, {}))
    if field_.kind is Kind.YES_NO:
        return yes_no_reader(layout.values.get(name, {}))
    if field_.kind is Kind.DATE:
        return lambda text: whole_date(text, layout.dates, latest)
    return plain


def plain(text: str) -> str:
    """A number or text of the agency's own."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def person_name(text: str) -> str | None:
    """A name as written; None for what is written where no name is known."""
    name = plain(text)
    return None if _letters(name) in _NOT_NAMES or not _letters(name) else name


def full_name(text: str) -> tuple[str | None, str | None, str | None]:
    """First, middle and last name of "Last, First Middle" or "First Middle Last"; one word alone is the first name."""
    before, comma, after = plain(text).partition(",")
    if comma:
        first, _, middle = after.strip().partition(" ")
        return person_name(first), person_name(middle), person_name(before)
    words = before.split(" ")
    if len(words) == 1:
        return person_name(words[0]), None, None
    last_of = len(words) - 1
    # "Maria de la Cruz": small words belong to the surname.
    while last_of > 1 and words[last_of - 1].lower() in _PARTICLES:
        last_of -= 1
    middle = " ".join(words[1:last_of])
    return person_name(words[0]), person_name(middle), person_name(" ".join(words[last_of:]))


def aliases(text: str) -> list[str]:
    """Names between semicolons, bars, slashes or commas."""
    found = (person_name(each.strip()) for each in re.split(r"[;|/,]", text))
    return [name for name in found if name]


def zip_code(text: str) -> str:
    """The first five digits; a zero that a spreadsheet dropped is put back."""
    digits = text.split("-")[0].strip()
    if re.fullmatch(r"\d{9}", digits):
        digits = digits[:5]
    if not re.fullmatch(r"\d{3,5}", digits):
        raise BadValueError("a ZIP code has five digits")
    return digits.zfill(5)


def number_of(text: str, what: str, most: int) -> int:
    """A whole number of years or months; "6.5 years" is 6."""
    found = re.fullmatch(r"(-?\d+)(\.\d+)?\s*[a-zA-Z.]*", text)
    if not found:
        raise BadValueError(f"is no number of {what}")
    number = int(found.group(1))
    if not 0 <= number <= most:
        raise BadValueError(f"{number} {what} cannot be an age")
    return number


def birth_date(text: str, order: str, latest: int) -> Read:
    """A birth date, or as much of it as is known."""
    read = read_date(text, order, latest)
    if read is None:
        raise BadValueError("is no date in a form that we know")
    if read.date and not_a_real_day(read.date):
        return Read(None, None, BirthDate.UNKNOWN)
    if read.year and read.year > latest:
        raise BadValueError(f"the year reads {read.year}, which is still to come")
    return read


def whole_date(text: str, order: str, latest: int) -> Any:
    """A date of the agency's work: it must be whole, and in the list's order."""
    read = read_date(text, order, latest)
    if read is None or read.date is None:
        raise BadValueError("is no whole date in a form that we know")
    if read.quality is BirthDate.SWAPPED:
        raise BadValueError(
            f'day and month are not in the order that the mapping file says (dates = "{order}")'
        )
    return read.date


def county_reader(jurisdiction: str) -> Callable[[str], str]:
    """County by FIPS code (five digits, or three within the jurisdiction) or by its name there."""
    by_name = {
        _letters(_COUNTY.sub("", str(each.county))): str(each.county_fips)
        for each in places.counties(jurisdiction)
    }
    states = {fips[:2] for fips in by_name.values()}
    every = {each.county_fips for code, _ in places.jurisdictions() for each in places.counties(code)}

    def read(text: str) -> str:
        if text.isdigit():
            code = text.zfill(5) if len(text) > 3 or len(states) != 1 else min(states) + text.zfill(3)
            if code not in every:
                raise BadValueError(f"there is no county with the code {text}")
            return code
        code = by_name.get(_letters(_COUNTY.sub("", text)), "")
        if not code:
            raise BadValueError(f"there is no county '{text}' in {jurisdiction}; a FIPS code names any other")
        return code

    return read


def code_reader(codes: Sequence[str], words: Mapping[str, str]) -> Callable[[str], str]:
    """The mapping file's words, else the codes themselves."""
    known = {**{code: code for code in codes}, **{_key(word): code for word, code in words.items()}}

    def read(text: str) -> str:
        code = known.get(_key(text))
        if code is None:
            raise BadValueError(f"'{text}' has no meaning yet; add it to [values] of the mapping file")
        return code

    return read


def yes_no_reader(words: Mapping[str, str]) -> Callable[[str], bool | None]:
    """Yes and no, by the mapping file's words and the usual ones."""
    known = {**_YES_NO, **{_key(word): meant for word, meant in words.items()}}

    def read(text: str) -> bool | None:
        meant = known.get(_key(text))
        if meant is None:
            raise BadValueError(f"'{text}' is neither yes nor no; add it to [values] of the mapping file")
        return {"yes": True, "no": False}.get(meant)

    return read


_SPACES = re.compile(r"\s+")
_COUNTY = re.compile(r"\s+(county|parish|borough|co\.?)\s*$", re.IGNORECASE)
_PARTICLES = {"de", "del", "la", "las", "los", "da", "dos", "van", "von", "st.", "mc"}
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "sí", "si"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0"), "no"),
}
# Written in a name's place when there is no name. "Baby" alone is left out: it is also a name that people use.
_NOT_NAMES = {
    *("unknown", "unk", "none", "noname", "nofirstname", "nolastname", "janedoe", "johndoe", "doe", "jd"),
    *("babyboy", "babygirl", "infantboy", "infantgirl", "test", "xxx", "xx", "na", "notgiven", "refused"),
}


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha())


def _key(text: str) -> str:
    return _SPACES.sub("_", text.strip().lower().replace("-", "_"))


def _spread(
    indices: Sequence[int | None],
    values: Sequence[Any],
    reasons: Mapping[int, str],
    missing_at: set[int],
    unknown_at: set[int],
) -> Column:
    column = Column([None if at is None else values[at] for at in indices])
    for row, at in enumerate(indices):
        if at is None or at in missing_at:
            column.missing += 1
        elif at in unknown_at:
            column.unknown += 1
        elif at in reasons:
            column.bad[row] = reasons[at]
    return column
