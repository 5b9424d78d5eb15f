"""From linked rows to tables of counts, each in one unit: reports, investigations, determinations, cases, children.

Units are never added to one another; where one is a part of another (a report that was investigated), a `Relation`
says so. A child is counted once, however many agencies named it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porchlight.count.cells import Dimension, Key, Relation, Table, Unit, keys
from porchlight.count.fields import EXPLOITATIONS, PLACEMENTS, RACES, RELATIONSHIPS, REPORTERS, SEXES, UNKNOWN

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

__all__ = ["Asked", "LeftOut", "Plan", "TabulateError", "Tabulated", "tabulate"]


def tabulate(records: Path, clusters: Mapping[float, Path], plan: Plan) -> Tabulated:
    """Count the rows of `records` (records.parquet) once for each threshold of `clusters` (record -> child).

    The tables of the middle threshold are the ones to publish, those of the others tell how much linking matters.
    Raises TabulateError when an own table cannot be made or a row belongs to no child.
    """
    if not clusters:
        raise TabulateError("There is nothing to count: `link` gave no clusters.")
    thresholds = sorted(clusters)
    middle = thresholds[len(thresholds) // 2]
    counted = {each: _at(records, clusters[each], plan) for each in thresholds}
    tables, left_out, _ = counted[middle]
    others = {each: counted[each][0] for each in thresholds if each != middle}
    captured = {each: counted[each][2] for each in thresholds}
    return Tabulated(middle, tables, _relations(plan.period), others, left_out, captured)


class TabulateError(ValueError):
    """A table that cannot be made; the message says which and what to write instead."""


@dataclass(frozen=True)
class Asked:
    """A table of the analyst's own: one unit by one to three columns ("sex", "age_months", "county_fips" ...)."""

    name: str
    unit: Unit
    by: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What to count: rows reported from `begins` to `ends`, of children younger than `under` years or of no known age.

    `statute_lists` are the lists whose reports, decisions and services the statute asks for (none named: all);
    `regions` gives the region of a county by its five digits; `asked` are the analyst's own tables.
    """

    period: str
    begins: dt.date
    ends: dt.date
    under: int = 18
    statute_lists: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Rows that were not counted, and why. For the analyst alone: these are not protected."""

    other_period: int
    no_report_date: int
    too_old: int


@dataclass(frozen=True)
class Tabulated:
    """The tables at the `middle` threshold, how they hang together, and the same tables at the other thresholds.

    `captured`: per threshold, how many children each set of lists named. For the estimates alone: never published.
    """

    middle: float
    tables: tuple[Table, ...]
    relations: tuple[Relation, ...]
    others: Mapping[float, tuple[Table, ...]]
    left_out: LeftOut
    captured: Mapping[float, Mapping[tuple[str, ...], int]] = field(default_factory=dict)


AGE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("0-5", 0, 5),
    ("6-10", 6, 10),
    ("11-13", 11, 13),
    ("14-17", 14, 17),
    ("18-20", 18, 20),
    ("21-25", 21, 25),
)
"""Name, first and last year of age (both included) of each band."""

# Records that tell of more than one kind of person who exploited the child.
_SEVERAL = "several"
_OUTSIDE = "outside"
_STEP = Dimension(
    "step",
    (
        "investigated",
        "determined",
        "not_determined",
        "undecided",
        "not_investigated",
        "investigation_not_recorded",
    ),
    {"determined": "investigated", "not_determined": "investigated", "undecided": "investigated"},
)
_DECIDED = Dimension(
    "decision",
    ("victim", "other", "possible", "not_victim", "undecided"),
    {"possible": "other", "not_victim": "other", "undecided": "other"},
)
_VICTIM = Dimension("decision", ("victim", "other"))
_AGENCIES = Dimension("agencies", ("1", "2", "3+"))
_PLAIN = {
    "sex": Dimension("sex", SEXES),
    "race_ethnicity": Dimension("race_ethnicity", RACES),
    "exploitation": Dimension("exploitation", EXPLOITATIONS),
    "relationship": Dimension("relationship", (*RELATIONSHIPS[:-1], _SEVERAL, UNKNOWN)),
    "placement": Dimension("placement", PLACEMENTS),
    "reporter_type": Dimension("reporter_type", REPORTERS),
}
_CHILD_COLUMNS = ("sex", "race_ethnicity", "exploitation", "relationship", "placement")
_REPORT_COLUMNS = ("reporter_type",)
# Units whose items are reports, in the table `reports`, and which of them are meant.
_OF_REPORTS = {
    Unit.REPORTS: "TRUE",
    Unit.INVESTIGATIONS: "step IN ('determined', 'not_determined', 'undecided')",
    Unit.DETERMINATIONS: "step = 'determined'",
}


def _at(
    records: Path, clusters: Path, plan: Plan
) -> tuple[tuple[Table, ...], LeftOut, Mapping[tuple[str, ...], int]]:
    """All tables under one way of linking."""
    import duckdb

    with duckdb.connect(":memory:") as base:
        _prepare(base, records, clusters, plan)
        tables = tuple(_tables(base, plan))
        named = base.execute(_CAPTURED).fetchall()
        return tables, _left_out(base), {tuple(lists): int(children) for lists, children in named}


def _tables(base: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Table]:
    shape = _Shape(base, plan)
    yield shape.table("flow", Unit.REPORTS, (_STEP,))
    yield shape.table("investigations", Unit.INVESTIGATIONS, ())
    yield shape.table("determinations", Unit.DETERMINATIONS, ())
    yield shape.table("services", Unit.SERVED, (_VICTIM,))
    yield shape.table("decisions", Unit.CHILDREN, (_DECIDED,))
    yield shape.table("ages", Unit.CHILDREN, (shape.ages, _VICTIM))
    for column in _CHILD_COLUMNS:
        yield shape.table(column, Unit.CHILDREN, (_PLAIN[column], _VICTIM))
    yield shape.table("agencies", Unit.CHILDREN, (_AGENCIES, _VICTIM))
    yield shape.table("reporters", Unit.REPORTS, (_PLAIN["reporter_type"],))
    if plan.regions:
        yield shape.table("regions", Unit.CHILDREN, (shape.regions, _VICTIM))
        yield shape.table("regions_reports", Unit.REPORTS, (shape.regions,))
    for asked in plan.asked:
        yield shape.table(
            asked.name, asked.unit, tuple(shape.dimension(asked, column) for column in asked.by)
        )


class _Shape:
    """Makes tables from the prepared base; knows the dimensions that depend on the plan."""

    def __init__(self, base: duckdb.DuckDBPyConnection, plan: Plan) -> None:
        self.base, self.plan = base, plan
        self.ages = _ages(plan.under)
        named = tuple(dict.fromkeys(plan.regions.values()))
        self.regions = Dimension("region", (*named, _OUTSIDE, UNKNOWN))

    def table(self, name: str, unit: Unit, dimensions: tuple[Dimension, ...]) -> Table:
        """Count the leaves in one query and add them up to every margin."""
        source, only = _source(unit)
        columns = [_column(each) for each in dimensions]
        asked = ", ".join([*columns, "count(*)"])
        grouped = f" GROUP BY {', '.join(columns)}" if columns else ""
        # Names of columns and tables are this module's own; values never stand in a query.
        leaves = self.base.execute(f"SELECT {asked} FROM {source} WHERE {only}{grouped}").fetchall()  # noqa: S608 - columns of ours
        empty = Table(name, self.plan.period, unit, dimensions, {})
        cells = dict.fromkeys(keys(empty), 0)
        for *leaf, count in leaves:
            for where in _margins(dimensions, leaf):
                key = Key(self.plan.period, unit, where)
                if key not in cells:
                    raise TabulateError(f"table {name}: {sorted(where)} is no category of it")
                cells[key] += count
        return Table(name, self.plan.period, unit, dimensions, cells)

    def dimension(self, asked: Asked, column: str) -> Dimension:
        """The dimension that an own table's column stands for."""
        for_reports = {**{each: _PLAIN[each] for each in _REPORT_COLUMNS}, "step": _STEP}
        for_children = {
            **{each: _PLAIN[each] for each in _CHILD_COLUMNS},
            "age_months": self.ages,
            "age_band": _bands(self.plan.under),
            "determination": _DECIDED,
            "list": _AGENCIES,
        }
        if asked.unit is not Unit.SERVED:
            places = {"county_fips": self._counties(), "region": self.regions}
            for_reports, for_children = for_reports | places, for_children | places
        known = {
            Unit.CHILDREN: for_children,
            Unit.SERVED: {"determination": _VICTIM},
            **dict.fromkeys(_OF_REPORTS, for_reports),
        }[asked.unit]
        if column not in known:
            raise TabulateError(
                f"[[tables]] {asked.name}: {asked.unit} cannot be counted by '{column}'; "
                f"choose from {', '.join(sorted(known))}"
            )
        return known[column]

    def _counties(self) -> Dimension:
        """Every county of the region file and of the rows, so that a county without a child stands there as zero."""
        seen = self.base.execute(
            "SELECT DISTINCT county_fips FROM counted WHERE county_fips IS NOT NULL"
        ).fetchall()
        counties = tuple(sorted({*self.plan.regions, *(row[0] for row in seen)}))
        parents = {each: self.plan.regions.get(each, _OUTSIDE) for each in counties}
        if not self.plan.regions:
            return Dimension("county", (*counties, UNKNOWN))
        return Dimension("region", (*self.regions.categories, *counties), parents)


def _ages(under: int) -> Dimension:
    """Bands with the single years under them; a band of one year has none."""
    bands = _bands_under(under)
    years = {str(year): name for name, low, high in bands if low < high for year in range(low, high + 1)}
    return Dimension("age", (*(name for name, _, _ in bands), *years, UNKNOWN), years)


def _bands(under: int) -> Dimension:
    return Dimension("age", (*(name for name, _, _ in _bands_under(under)), UNKNOWN))


def _bands_under(under: int) -> tuple[tuple[str, int, int], ...]:
    """The bands below an age, the last cut off at it: under 16, it is 14-15."""
    cut = [(low, min(high, under - 1)) for _, low, high in AGE_BANDS if low < under]
    return tuple((f"{low}-{high}" if low < high else str(low), low, high) for low, high in cut)


def _source(unit: Unit) -> tuple[str, str]:
    if unit in _OF_REPORTS:
        return "reports", _OF_REPORTS[unit]
    return ("children", "TRUE") if unit is Unit.CHILDREN else ("cases", "TRUE")


def _column(dimension: Dimension) -> str:
    """The column that holds the finest categories of a dimension."""
    if dimension.name == "age":
        return "age" if dimension.parents else "band"
    if dimension.name == "region":
        return "coalesce(county, 'unknown')" if dimension.parents else "region"
    if dimension.name == "county":
        return "coalesce(county, 'unknown')"
    if dimension.name == "decision" and not dimension.parents:
        return "CASE decision WHEN 'victim' THEN 'victim' ELSE 'other' END"
    return dimension.name


def _margins(dimensions: Sequence[Dimension], leaf: Sequence[Any]) -> Iterable[frozenset[tuple[str, str]]]:
    """Every cell that a leaf is part of: each dimension summed over, or at the leaf or one of those above it."""
    choices = [
        [None, *((dimension.name, each) for each in _upwards(dimension, str(category)))]
        for dimension, category in zip(dimensions, leaf, strict=True)
    ]
    return (frozenset(pair for pair in chosen if pair is not None) for chosen in product(*choices))


def _upwards(dimension: Dimension, category: str) -> Iterator[str]:
    at: str | None = category
    while at is not None:
        yield at
        at = dimension.parents.get(at)


def _relations(period: str) -> tuple[Relation, ...]:
    """What is the same count under two units: an investigation is a report that was investigated."""
    links = {Unit.INVESTIGATIONS: "investigated", Unit.DETERMINATIONS: "determined"}
    return tuple(
        Relation(Key(period, unit), (Key(period, Unit.REPORTS, frozenset({("step", step)})),))
        for unit, step in links.items()
    )


def _prepare(base: duckdb.DuckDBPyConnection, records: Path, clusters: Path, plan: Plan) -> None:
    """Lay out `told` (every row), `counted` (those of the plan), `children`, `reports` and `cases`."""
    base.execute("SET temp_directory = ?", [tempfile.gettempdir()])
    base.execute("SET threads = 1")
    base.execute("SET autoinstall_known_extensions = false")
    base.execute("CREATE TABLE region_of (county_fips TEXT, region TEXT)")
    if plan.regions:
        base.executemany("INSERT INTO region_of VALUES (?, ?)", sorted(plan.regions.items()))
    base.execute(
        _TOLD,
        {
            "records": str(records),
            "clusters": str(clusters),
            "begins": plan.begins,
            "ends": plan.ends,
            "months": plan.under * 12,
            "statute": list(plan.statute_lists),
        },
    )
    lost = _one(base, "SELECT count(*) FROM told WHERE child IS NULL")
    if lost:
        raise TabulateError(f"{lost} rows belong to no child: run `link` again after `load`.")
    bands = " ".join(f"WHEN years <= {high} THEN '{name}'" for name, _, high in _bands_under(plan.under))
    for statement in _LAID_OUT:
        base.execute(statement.replace("{bands}", bands))


def _left_out(base: duckdb.DuckDBPyConnection) -> LeftOut:
    return LeftOut(*(_one(base, f"SELECT count(*) FROM told WHERE {why}") for why in _WHY_NOT))  # noqa: S608 - reasons of ours


def _one(base: duckdb.DuckDBPyConnection, question: str) -> int:
    row = base.execute(question).fetchone()
    return int(row[0]) if row else 0


_WHY_NOT = (
    "report_date IS NOT NULL AND NOT in_period",
    "report_date IS NULL",
    "in_period AND too_old",
)

# `nth` puts rows in order: by the day of the report, then by name, so that the same rows always give the same counts.
_TOLD = """
CREATE TABLE told AS
SELECT rows.*, clusters.child,
       coalesce(report_id, rows.record) AS report,
       coalesce(report_date BETWEEN $begins AND $ends, FALSE) AS in_period,
       coalesce(age_months >= $months, FALSE) AS too_old,
       (len($statute::TEXT[]) = 0 OR list_contains($statute::TEXT[], rows.list)) AS of_statute,
       row_number() OVER (ORDER BY report_date, rows.record) AS nth
FROM read_parquet($records) AS rows LEFT JOIN read_parquet($clusters) AS clusters USING (record)
"""

# What most rows of a child say; when as many say one thing as another, what was said first.
_MOST = """
CREATE TABLE most_{column} AS
SELECT child, {column} FROM (
    SELECT child, {column},
           row_number() OVER (PARTITION BY child ORDER BY count(*) DESC, min(nth)) AS place
    FROM counted WHERE {column} IS NOT NULL AND {column} <> 'unknown' GROUP BY child, {column}
) WHERE place = 1
"""

_CHILDREN = """
CREATE TABLE first_told AS
SELECT child,
       arg_min(age_months, nth) FILTER (age_months >= 0) // 12 AS years,
       arg_min(county_fips, nth) FILTER (county_fips IS NOT NULL) AS county,
       arg_min(placement, nth) FILTER (placement <> 'unknown') AS placement,
       bool_or(exploitation = 'both') AS said_both,
       bool_or(exploitation = 'sex') AS said_sex,
       bool_or(exploitation = 'labor') AS said_labor,
       count(DISTINCT relationship) FILTER (relationship <> 'unknown') AS relations,
       min(relationship) FILTER (relationship <> 'unknown') AS relation,
       count(DISTINCT list) AS lists,
       bool_or(determination = 'victim') FILTER (of_statute) AS victim,
       bool_or(determination = 'possible') FILTER (of_statute) AS possible,
       bool_or(determination = 'not_victim') FILTER (of_statute) AS not_victim
FROM counted GROUP BY child;
CREATE TABLE children AS
SELECT coalesce(years::TEXT, 'unknown') AS age,
       CASE WHEN years IS NULL THEN 'unknown' {bands} END AS band,
       county,
       CASE WHEN county IS NULL THEN 'unknown' ELSE coalesce(region, 'outside') END AS region,
       coalesce(sex, 'unknown') AS sex,
       coalesce(race_ethnicity, 'unknown') AS race_ethnicity,
       coalesce(placement, 'unknown') AS placement,
       CASE WHEN said_both OR (said_sex AND said_labor) THEN 'both'
            WHEN said_sex THEN 'sex' WHEN said_labor THEN 'labor' ELSE 'unknown' END AS exploitation,
       CASE relations WHEN 0 THEN 'unknown' WHEN 1 THEN relation ELSE 'several' END AS relationship,
       CASE lists WHEN 1 THEN '1' WHEN 2 THEN '2' ELSE '3+' END AS agencies,
       CASE WHEN victim THEN 'victim' WHEN possible THEN 'possible'
            WHEN not_victim THEN 'not_victim' ELSE 'undecided' END AS decision
FROM first_told
LEFT JOIN most_sex USING (child)
LEFT JOIN most_race_ethnicity USING (child)
LEFT JOIN region_of ON region_of.county_fips = first_told.county
"""

# A finding of a victim is an investigation, whether or not the list also says so (KRS 620.029(2)(b): "investigated
# and determined").
_REPORTS = """
CREATE TABLE reports AS
SELECT step, reporter_type, county,
       CASE WHEN county IS NULL THEN 'unknown' ELSE coalesce(region, 'outside') END AS region
FROM (
    SELECT CASE WHEN bool_or(determination = 'victim') THEN 'determined'
                WHEN NOT coalesce(bool_or(investigated), FALSE)
                THEN CASE WHEN bool_or(NOT investigated) THEN 'not_investigated'
                          ELSE 'investigation_not_recorded' END
                WHEN bool_or(determination IN ('possible', 'not_victim')) THEN 'not_determined'
                ELSE 'undecided' END AS step,
           coalesce(arg_min(reporter_type, nth) FILTER (reporter_type <> 'unknown'), 'unknown') AS reporter_type,
           arg_min(county_fips, nth) FILTER (county_fips IS NOT NULL) AS county
    FROM counted WHERE of_statute GROUP BY list, report
) LEFT JOIN region_of ON region_of.county_fips = county
"""

_CASES = """
CREATE TABLE cases AS
SELECT CASE WHEN bool_or(determination = 'victim') THEN 'victim' ELSE 'other' END AS decision
FROM counted WHERE of_statute GROUP BY list, coalesce(case_id, report) HAVING bool_or(served)
"""

_CAPTURED = """
SELECT lists, count(*) FROM (
    SELECT list_sort(list(DISTINCT list)) AS lists FROM counted GROUP BY child
) GROUP BY lists ORDER BY lists
"""

_LAID_OUT = (
    "CREATE TABLE counted AS SELECT * FROM told WHERE in_period AND NOT too_old",
    *(_MOST.format(column=column) for column in ("sex", "race_ethnicity")),
    _CHILDREN,
    _REPORTS,
    _CASES,
)
