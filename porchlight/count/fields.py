"""The columns of records.parquet: what `load` writes and every later step reads.

One row per child per report per list. NULL means that the list says nothing (missing); the code `unknown` means that
the agency says it does not know. The two are never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    TEXTS = "texts"
    DATE = "date"
    MONTHS = "months"
    YEAR = "year"
    YES_NO = "yes_no"
    CODE = "code"


class BirthDate(StrEnum):
    """How much of a birth date is known. Only DAY, SWAPPED and AMBIGUOUS rows have a `birth_date`."""

    DAY = "day"
    # Written day and month the other way round from the rest of its list: the other order was impossible.
    SWAPPED = "swapped"
    # Both numbers are 12 or less in a list that does swap some: the day and the month may be the wrong way round.
    AMBIGUOUS = "ambiguous"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Field:
    """One column: `codes` are the only values a CODE column may hold, `required` those a mapping file must name."""

    name: str
    kind: Kind
    about: str
    codes: tuple[str, ...] = ()
    required: bool = False
    from_agency: bool = True


SEXES = ("female", "male", "other", UNKNOWN)
RACES = (
    "american_indian",
    "asian",
    "black",
    "hispanic",
    "middle_eastern",
    "pacific_islander",
    "white",
    "multiple",
    "other",
    UNKNOWN,
)
REPORTERS = (
    "law_enforcement",
    "social_services",
    "health",
    "mental_health",
    "school",
    "child_care",
    "legal",
    "family",
    "friend_or_neighbor",
    "child",
    "anonymous",
    "other",
    UNKNOWN,
)
DETERMINATIONS = ("victim", "possible", "not_victim", UNKNOWN)
EXPLOITATIONS = ("sex", "labor", "both", UNKNOWN)
RELATIONSHIPS = ("familial", "acquainted", "unacquainted", UNKNOWN)
PLACEMENTS = ("home", "relative", "foster_home", "group_care", "runaway", "other", UNKNOWN)

FIELDS: tuple[Field, ...] = (
    Field(
        "record", Kind.TEXT, "the list's id and the row, 'cps:12'; unique", required=True, from_agency=False
    ),
    Field("list", Kind.TEXT, "the id of the agency's list, as report.toml names it", from_agency=False),
    Field("agency_child_id", Kind.TEXT, "the agency's own number for the child"),
    Field(
        "report_id",
        Kind.TEXT,
        "the report's number; within one list, one number is one report",
        required=True,
    ),
    Field("case_id", Kind.TEXT, "the number of the case that a report became"),
    Field("first_name", Kind.TEXT, "given name"),
    Field("middle_name", Kind.TEXT, "middle names"),
    Field("last_name", Kind.TEXT, "family name"),
    Field("aliases", Kind.TEXTS, "other names the child is known by; an empty list when none"),
    Field("birth_date", Kind.DATE, "whole birth dates only"),
    Field(
        "birth_date_quality",
        Kind.CODE,
        "how much of the birth date is known",
        codes=tuple(BirthDate),
        from_agency=False,
    ),
    Field("birth_year", Kind.YEAR, "known also when the day or month is not", from_agency=False),
    Field(
        "age_months",
        Kind.MONTHS,
        "whole months on the report's date: by the birth date, else as the list says",
    ),
    Field("sex", Kind.CODE, "sex as the agency records it", codes=SEXES),
    Field("race_ethnicity", Kind.CODE, "one code; hispanic of any race", codes=RACES),
    Field("county_fips", Kind.TEXT, "five digits: the county where the child lives, else of the report"),
    Field("zip", Kind.TEXT, "five digits"),
    Field("report_date", Kind.DATE, "the day the report was received", required=True),
    Field("reporter_type", Kind.CODE, "who reported", codes=REPORTERS),
    Field("investigated", Kind.YES_NO, "an investigation was begun"),
    Field("determination", Kind.CODE, "what was decided about the child", codes=DETERMINATIONS),
    Field("determined_date", Kind.DATE, "the day it was decided"),
    Field("served", Kind.YES_NO, "services were provided"),
    Field("exploitation", Kind.CODE, "kind of trafficking", codes=EXPLOITATIONS),
    Field("relationship", Kind.CODE, "whoever exploited the child was to the child", codes=RELATIONSHIPS),
    Field("placement", Kind.CODE, "where the child lived when reported", codes=PLACEMENTS),
)
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
# What a mapping file may name. `age_years` is turned into months; `full_name` into the three names.
FROM_AGENCY: tuple[str, ...] = (
    *(field.name for field in FIELDS if field.from_agency),
    "age_years",
    "full_name",
)


def schema() -> pyarrow.Schema:
    """The Arrow schema of records.parquet, columns in the order of FIELDS."""
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.DATE: pa.date32(),
        Kind.MONTHS: pa.int32(),
        Kind.YEAR: pa.int32(),
        Kind.YES_NO: pa.bool_(),
        Kind.CODE: pa.string(),
    }
    return pa.schema([pa.field(field.name, types[field.kind]) for field in FIELDS])
