"""A mapping file: which heading of an agency's list is which column of the records, and what its words mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from porchlight.count.fields import BY_NAME, FROM_AGENCY, Kind
from porchlight.count.load.problem import LoadError, Problem

ORDERS = ("mdy", "dmy", "ymd")
# Cells that mean "nothing is written here", whatever the list.
MISSING = ("", "NULL", "null", "NaN", "nan", "None", "#N/A", "N/A", "n/a", "-", "--", ".")


class Layout(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as TOML. `dates`: the order of dates written in numbers. `missing` adds to MISSING."""

    columns: dict[str, str]
    values: dict[str, dict[str, str]] = {}
    dates: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ("Unknown", "UNKNOWN", "unknown")

    @property
    def blank(self) -> frozenset[str]:
        return frozenset((*MISSING, *self.missing))


def read_mapping(name: str, path: Path) -> Layout:
    """Read the mapping file of the list `name`; raises LoadError with every problem."""
    try:
        raw = tomllib.loads(path.read_text("utf-8-sig"))
        mapping = msgspec.convert(raw, Layout)
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError([Problem(name, None, None, f"{path.name} cannot be read: {error}")]) from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LoadError([Problem(name, None, None, f"{path.name}: {error}")]) from None
    problems = [Problem(name, None, column, f"{path.name}: {reason}") for column, reason in _wrong(mapping)]
    if problems:
        raise LoadError(problems)
    return mapping


def _wrong(mapping: Layout) -> list[tuple[str | None, str]]:
    return [*_wrong_columns(mapping.columns), *_wrong_values(mapping), *_wrong_rest(mapping)]


def _wrong_columns(columns: Mapping[str, str]) -> list[tuple[str | None, str]]:
    wrong: list[tuple[str | None, str]] = [
        (name, f"no column of the records is called this; they are: {', '.join(FROM_AGENCY)}")
        for name in columns
        if name not in FROM_AGENCY
    ]
    needed = [field.name for field in BY_NAME.values() if field.required and field.from_agency]
    wrong += [(name, "must be named in [columns]") for name in needed if name not in columns]
    for one, other in (("full_name", "first_name"), ("full_name", "last_name"), ("age_years", "age_months")):
        if one in columns and other in columns:
            wrong.append((one, f"name this or '{other}', not both"))
    if not {"agency_child_id", "full_name", "first_name", "last_name"} & set(columns):
        wrong.append((None, "a child must be told by 'agency_child_id' or by a name"))
    return wrong


def _wrong_values(mapping: Layout) -> list[tuple[str | None, str]]:
    wrong: list[tuple[str | None, str]] = []
    for name, words in mapping.values.items():
        allowed = _codes(name)
        if not allowed:
            wrong.append((name, f"[values.{name}] is for columns with codes only"))
            continue
        bad = sorted(set(words.values()) - set(allowed))
        wrong += [(name, f"'{code}' is no code of it; codes: {', '.join(allowed)}") for code in bad]
    return wrong


def _codes(name: str) -> Sequence[str]:
    field = BY_NAME.get(name)
    if field is None:
        return ()
    return ("yes", "no", "unknown") if field.kind is Kind.YES_NO else field.codes


def _wrong_rest(mapping: Layout) -> list[tuple[str | None, str]]:
    wrong: list[tuple[str | None, str]] = []
    if mapping.dates not in ORDERS:
        wrong.append((None, 'dates = "mdy", "dmy" or "ymd" must say how dates written in numbers are read'))
    if len(mapping.delimiter) != 1:
        wrong.append((None, "'delimiter' is one character; \"\\t\" is the tab"))
    try:
        "".encode(mapping.encoding)
    except LookupError:
        wrong.append((None, f"encoding '{mapping.encoding}' is not known; try utf-8, cp1252 or utf-16"))
    return wrong
