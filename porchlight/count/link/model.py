"""What is compared between two rows, and which pairs of rows are compared at all.

A comparison has levels, from "the same" down to "nothing alike"; the first level that holds is the pair's. For each
level Splink counts how often chance alone gives it (`u`), and `mixture` learns how often one child's two rows do (`m`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from splink import SettingsCreator
from splink.blocking_rule_library import CustomRule

__all__ = [
    "CHILDREN",
    "Comparison",
    "Level",
    "Model",
    "Shares",
    "birth",
    "code",
    "name",
    "rules_for",
    "settings",
]

# Probabilities of a comparison's levels, by its name.
Shares: TypeAlias = Mapping[str, Sequence[float]]

# Above this the wide rules are left out: pairs grow with the square of the rows.
_MANY_ROWS = 40_000


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

    `wide` rules are for lists of ordinary size: they bring too many strangers together where rows are many.

    Both are over the columns of the table that is linked, whose unique column is `record`. `teaches` is SQL over two
    rows (`l`, `r`): they stand in one report of one list under different names, so are brothers or sisters; None
    where the lists tell no such thing.
    """

    comparisons: tuple[Comparison, ...]
    blocking: tuple[str, ...]
    wide: tuple[str, ...] = ()
    teaches: str | None = None


def settings(
    model: Model, rules: Sequence[str] = (), same: Shares | None = None, chance: Shares | None = None
) -> SettingsCreator:
    """The model in Splink's terms with the `rules` that bring rows together (`rules_for`; none to learn or draw).

    m (`same`) and u (`chance`) are given per level where they are known already.
    """
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[
            _in_splink(each, same[each.name] if same else None, chance[each.name] if chance else None)
            for each in model.comparisons
        ],
        blocking_rules_to_generate_predictions=[CustomRule(rule) for rule in rules],
        retain_matching_columns=True,  # else Splink leaves out the levels
        retain_intermediate_calculation_columns=True,
    )


def rules_for(model: Model, rows: int) -> tuple[str, ...]:
    """The blocking rules that so many rows can bear."""
    return model.blocking + (model.wide if rows <= _MANY_ROWS else ())


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
    # The cheap tests first: most pairs of chance end there.
    slip = (
        f"abs(length({left}) - length({right})) <= 1 AND least(length({left}), length({right})) >= 4"
        f" AND damerau_levenshtein({left}, {right}) <= 1"
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
    # One slip is in the year or in month and day.
    half = "(left(day_l, 4) = left(day_r, 4) OR right(day_l, 4) = right(day_r, 4))"
    levels = [
        Level("the same", "day_l = day_r", 0.80),
        Level("day and month exchanged", "day_l = turned_r", 0.03),
        Level("one slip", f"{half} AND damerau_levenshtein(day_l, day_r) <= 1", 0.05),
        Level("two slips", f"{half} AND damerau_levenshtein(day_l, day_r) <= 2", 0.02),
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


_KIN = Level("short for the same name", "list_has_any(kin_l, kin_r)", 0.08)
_ALSO = Level(
    "another name the child goes by", "list_has_any(also_l, kin_r) OR list_has_any(kin_l, also_r)", 0.04
)
_EXCHANGED = Level("first and last name exchanged", "first_l = last_r AND last_l = first_r", 0.005)
_PART = Level("one of two last names", "list_has_any(lasts_l, lasts_r)", 0.04)

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
    # Narrow enough that a million rows give few pairs each; wide enough that any two of name, birth date and place,
    # alike, bring two rows together.
    blocking=(
        "l.list = r.list AND l.agency_child_id = r.agency_child_id",
        "l.list = r.list AND l.report_id = r.report_id",
        "l.day = r.day AND l.last = r.last",
        "l.day = r.day AND left(l.first, 2) = left(r.first, 2)",
        "l.day = r.day AND left(l.last, 3) = left(r.last, 3)",
        "l.day = r.day AND l.county = r.county",
        "l.day = r.turned AND l.last = r.last",
        "l.day = r.turned AND l.first = r.first",
        "l.day = r.turned AND l.zip = r.zip",
        "l.first = r.first AND l.last = r.last AND coalesce(abs(l.about - r.about) <= 13, TRUE)",
        "l.first = r.last AND l.last = r.first",
        "l.last = r.last AND l.zip = r.zip",
        "l.first = r.first AND l.zip = r.zip",
        "l.last = r.last AND l.county = r.county AND left(l.first, 1) = left(r.first, 1) AND l.sex = r.sex",
        "l.first = r.first AND l.county = r.county AND left(l.last, 1) = left(r.last, 1)",
        "l.first = r.first AND l.county = r.county AND l.year = r.year AND right(l.day, 2) = right(r.day, 2)",
        "l.last = r.last AND l.county = r.county AND l.year = r.year",
        "l.last = r.last AND l.year = r.year AND left(l.first, 2) = left(r.first, 2)",
        "l.first = r.first AND l.year = r.year AND left(l.last, 2) = left(r.last, 2)",
        "l.zip = r.zip AND l.year = r.year AND left(l.first, 2) = left(r.first, 2) AND l.sex = r.sex",
    ),
    wide=(
        *(f"l.about = r.about + {months} AND l.first = r.first" for months in (-1, 0, 1)),
        *(f"l.about = r.about + {months} AND l.last = r.last" for months in (-1, 0, 1)),
        *(f"l.about = r.about + {months} AND l.county = r.county" for months in (-1, 0, 1)),
        "l.first = r.first AND l.last = r.last",
        "l.first = r.first AND l.county = r.county",
        "l.last = r.last AND l.county = r.county",
        "l.first = r.first AND l.middle = r.middle AND length(l.middle) > 1",
        "l.last = r.last AND l.middle = r.middle AND length(l.middle) > 1",
    ),
    teaches=(
        "l.list = r.list AND l.report_id = r.report_id AND NOT list_has_any(l.kin, r.kin)"
        " AND coalesce(l.agency_child_id <> r.agency_child_id, TRUE)"
        " AND damerau_levenshtein(l.first, r.first) > 1"
    ),
)
