"""What is compared between two rows, and which pairs of rows are compared at all.

A comparison has levels, from "the same" down to "nothing alike"; the first level that holds is the pair's. For each
level `scoring` counts how often chance alone gives it (`u`); `mixture` learns how often one child's two rows do (`m`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from splink import SettingsCreator

__all__ = [
    "CHILDREN",
    "Comparison",
    "Level",
    "Model",
    "Shares",
    "birth",
    "code",
    "name",
    "settings",
]

# Probabilities of a comparison's levels, by its name.
Shares: TypeAlias = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Level:
    """One degree of likeness: `when` in SQL over the columns of both rows (`_l`, `_r`), `start` a first guess of m.

    `rarity` names the column whose rare values tell more when they agree than common ones.
    """

    says: str
    when: str
    start: float
    rarity: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Levels from best to worst; the last is "anything else". `missing` is when nothing can be said.

    `own`: brothers and sisters differ in it (a first name), so rows of one report teach how they do.
    """

    name: str
    missing: str
    levels: tuple[Level, ...]
    own: bool = False


@dataclass(frozen=True)
class Model:
    """Comparisons, and the rules that bring two rows together; a pair that no rule brings together is never one child.

    The rules of `blocking` always hold; those of `wide` hold, in their order, while they do not bring too many
    strangers together (`scoring.rules_for`). Both are over the columns of the table that is linked, whose unique
    column is `record`. `teaches` is SQL over two rows (`l`, `r`): they stand in one report of one list under different
    names, so are brothers or sisters; None where the lists tell no such thing.
    """

    comparisons: tuple[Comparison, ...]
    blocking: tuple[str, ...]
    wide: tuple[str, ...] = ()
    teaches: str | None = None


def settings(model: Model, same: Shares | None = None, chance: Shares | None = None) -> SettingsCreator:
    """The model in Splink's terms; m (`same`) and u (`chance`) per level where they are known already."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[
            _in_splink(each, same[each.name] if same else None, chance[each.name] if chance else None)
            for each in model.comparisons
        ],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=True,  # else Splink leaves out the levels
    )


def _in_splink(
    comparison: Comparison, same: Sequence[float] | None, chance: Sequence[float] | None
) -> dict[str, object]:
    starts = same or [level.start for level in comparison.levels]
    levels: list[dict[str, object]] = [
        {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    ]
    for number, (level, m) in enumerate(zip(comparison.levels, starts, strict=True)):
        told: dict[str, object] = {
            "sql_condition": level.when,
            "label_for_charts": level.says,
            "m_probability": m,
        }
        if chance:
            told["u_probability"] = chance[number]
        if level.rarity:
            told["tf_adjustment_column"] = level.rarity
        levels.append(told)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def name(column: str, *, rarity: bool = True, own: bool = False, extra: Sequence[Level] = ()) -> Comparison:
    """A name or a line of an address; `extra` levels come after "the same"."""
    left, right = f"{column}_l", f"{column}_r"
    # One slip in four letters or more leaves them 0.83 alike, which is quicker to see.
    slip = _only_if(
        f"jaro_winkler_similarity({left}, {right}) >= 0.83 AND abs(length({left}) - length({right})) <= 1"
        f" AND least(length({left}), length({right})) >= 4",
        f"damerau_levenshtein({left}, {right}) <= 1",
    )
    return Comparison(
        column,
        f"{left} IS NULL OR {right} IS NULL",
        (
            Level("the same", f"{left} = {right}", 0.75, column if rarity else None),
            *extra,
            Level("one slip", slip, 0.10),
            Level("much alike", f"jaro_winkler_similarity({left}, {right}) >= 0.92", 0.03),
            Level("somewhat alike", f"jaro_winkler_similarity({left}, {right}) >= 0.85", 0.03),
            Level("other", "ELSE", 0.05),
        ),
        own=own,
    )


def code(column: str, *, rarity: bool = False, slip: bool = False) -> Comparison:
    """A code or number; `slip` allows for one wrong character."""
    left, right = f"{column}_l", f"{column}_r"
    near = (Level("one slip", f"damerau_levenshtein({left}, {right}) <= 1", 0.06),) if slip else ()
    return Comparison(
        column,
        f"{left} IS NULL OR {right} IS NULL",
        (
            Level("the same", f"{left} = {right}", 0.88, column if rarity else None),
            *near,
            Level("other", "ELSE", 0.06),
        ),
    )


def birth(*, partly: bool) -> Comparison:
    """Birth dates as YYYYMMDD in `day`, `turned` with day and month exchanged; own, for only twins share one.

    `partly`: where a row has no whole date, its `year` or else `about` (months) is held against the other's.
    """
    whole = "day_l IS NOT NULL AND day_r IS NOT NULL"
    # A slip is in the year or in month and day: a wrong digit, or two that changed places.
    half = "(left(day_l, 4) = left(day_r, 4) OR right(day_l, 4) = right(day_r, 4))"
    near = _only_if(half, "hamming(day_l, day_r) <= 2")
    levels = [
        Level("the same", "day_l = day_r", 0.80),
        Level("day and month exchanged", "day_l = turned_r", 0.03),
        Level("one slip", _only_if(near, "damerau_levenshtein(day_l, day_r) <= 1"), 0.05),
        Level("two slips", near, 0.02),
    ]
    missing = "day_l IS NULL OR day_r IS NULL"
    if partly:
        missing = (
            f"NOT ({whole}) AND (year_l IS NULL OR year_r IS NULL) AND (about_l IS NULL OR about_r IS NULL)"
        )
        levels += [
            Level("the same month, by age", f"NOT ({whole}) AND abs(about_l - about_r) <= 1", 0.05),
            Level(
                "agrees as far as known",
                f"NOT ({whole}) AND coalesce(year_l = year_r, TRUE) AND coalesce(abs(about_l - about_r) <= 13, TRUE)",
                0.02,
            ),
            Level("differs as far as known", f"NOT ({whole})", 0.01),
        ]
    return Comparison("birth", missing, (*levels, Level("other", "ELSE", 0.03)), own=True)


def _only_if(quick: str, slow: str) -> str:
    """Both hold; DuckDB works out `slow` only for the pairs for which `quick` does (with AND: for all)."""
    return f"CASE WHEN {quick} THEN {slow} ELSE FALSE END"


def _common(one: str, other: str) -> str:
    """A word of the column `one` is a word of the column `other`; where no mark is common, no word can be."""
    words = f"list_has_any(string_split({one}, ' '), string_split({other}, ' '))"
    return _only_if(f"({_marks(one)} & {_marks(other)}) <> 0", words)


def _marks(column: str) -> str:
    """The column of marks beside a column of words: kin_l, kin_marks_l."""
    return f"{column[:-2]}_marks{column[-2:]}"


_KIN = Level("short for the same name", _common("kin_l", "kin_r"), 0.08)
_ALSO = Level(
    "another name the child goes by", f"{_common('also_l', 'kin_r')} OR {_common('kin_l', 'also_r')}", 0.04
)
_EXCHANGED = Level("first and last name exchanged", "first_l = last_r AND last_l = first_r", 0.005)
_PART = Level("one of two last names", _common("lasts_l", "lasts_r"), 0.04)

CHILDREN = Model(
    comparisons=(
        name("first", own=True, extra=(_KIN, _EXCHANGED, _ALSO)),
        name("last", extra=(_PART, _EXCHANGED)),
        birth(partly=True),
        Comparison(
            "middle",
            "middle_l IS NULL OR middle_r IS NULL",
            (
                Level("the same", "middle_l = middle_r AND length(middle_l) > 1", 0.70),
                Level("the same initial", "left(middle_l, 1) = left(middle_r, 1)", 0.25),
                Level("other", "ELSE", 0.05),
            ),
            own=True,
        ),
        code("sex"),
        code("race"),
        Comparison(
            "place",
            "(zip_l IS NULL OR zip_r IS NULL) AND (county_l IS NULL OR county_r IS NULL)",
            (
                Level("the same ZIP code", "zip_l = zip_r", 0.75, "zip"),
                Level("the same county", "county_l = county_r", 0.15),
                Level("other", "ELSE", 0.10),
            ),
        ),
        # One agency tells another within days. So do brothers and sisters come to both, which `mixture` learns too.
        Comparison(
            "reported",
            "list_l = list_r OR reported_l IS NULL OR reported_r IS NULL",
            (
                Level("within a week", "abs(reported_l - reported_r) <= 7", 0.5),
                Level("within a month", "abs(reported_l - reported_r) <= 31", 0.2),
                Level("other", "ELSE", 0.3),
            ),
        ),
        # An agency mostly, not always, knows its own children again: its number is evidence, and no more.
        Comparison(
            "number",
            "list_l <> list_r OR agency_child_id_l IS NULL OR agency_child_id_r IS NULL",
            (
                Level("the agency's same number", "agency_child_id_l = agency_child_id_r", 0.9),
                Level("other", "ELSE", 0.1),
            ),
            own=True,
        ),
    ),
    # Narrow enough that a million rows give six pairs each, in a state of a hundred counties and as many common names.
    blocking=(
        "l.list = r.list AND l.agency_child_id = r.agency_child_id",
        "l.list = r.list AND l.report_id = r.report_id",
        "l.day = r.day AND l.last = r.last",
        "l.day = r.day AND l.county = r.county AND left(l.first, 1) = left(r.first, 1)",
        "l.day = r.turned AND l.last = r.last",
        "l.day = r.turned AND l.first = r.first",
        "l.first = r.first AND l.last = r.last AND l.county = r.county",
        "l.first = r.first AND l.last = r.last AND l.about = r.about",
        "l.first = r.last AND l.last = r.first",
        "l.last = r.last AND l.zip = r.zip AND left(l.first, 2) = left(r.first, 2)",
        "l.first = r.first AND l.zip = r.zip AND left(l.last, 2) = left(r.last, 2)",
        "l.first = r.first AND l.middle = r.middle AND l.county = r.county AND length(l.middle) > 1",
        "l.last = r.last AND l.county = r.county AND l.year = r.year AND right(l.day, 2) = right(r.day, 2)",
    ),
    # So wide that any two of name, birth date and place, alike, bring two rows together; most telling first.
    wide=(
        "l.day = r.day AND l.first = r.first",
        "l.first = r.first AND l.county = r.county AND l.year = r.year AND right(l.day, 2) = right(r.day, 2)",
        "l.day = r.day AND left(l.last, 3) = left(r.last, 3)",
        "l.day = r.day AND left(l.first, 2) = left(r.first, 2)",
        "l.last = r.last AND l.county = r.county AND left(l.first, 1) = left(r.first, 1) AND l.sex = r.sex",
        "l.first = r.first AND l.last = r.last AND coalesce(abs(l.about - r.about) <= 13, TRUE)",
        "l.day = r.turned AND l.zip = r.zip",
        "l.day = r.day AND l.county = r.county",
        "l.last = r.last AND l.year = r.year AND left(l.first, 2) = left(r.first, 2)",
        "l.first = r.first AND l.year = r.year AND left(l.last, 2) = left(r.last, 2)",
        "l.zip = r.zip AND l.year = r.year AND left(l.first, 2) = left(r.first, 2) AND l.sex = r.sex",
        "l.last = r.last AND l.zip = r.zip",
        "l.first = r.first AND l.zip = r.zip",
        "l.first = r.first AND l.county = r.county AND left(l.last, 1) = left(r.last, 1)",
        "l.last = r.last AND l.county = r.county AND l.year = r.year",
        *(f"l.about = r.about + {months} AND l.first = r.first" for months in (-1, 0, 1)),
        *(f"l.about = r.about + {months} AND l.last = r.last" for months in (-1, 0, 1)),
        "l.first = r.first AND l.last = r.last",
        "l.first = r.first AND l.middle = r.middle AND length(l.middle) > 1",
        "l.last = r.last AND l.middle = r.middle AND length(l.middle) > 1",
        "l.first = r.first AND l.county = r.county",
        "l.last = r.last AND l.county = r.county",
        *(f"l.about = r.about + {months} AND l.county = r.county" for months in (-1, 0, 1)),
    ),
    teaches=(
        "l.list = r.list AND l.report_id = r.report_id"
        " AND NOT list_has_any(string_split(l.kin, ' '), string_split(r.kin, ' '))"
        " AND coalesce(l.agency_child_id <> r.agency_child_id, TRUE)"
        " AND damerau_levenshtein(l.first, r.first) > 1"
    ),
)
