"""Comparable columns: each child's names, birth date and place in one spelling, and every name they may go by."""

from __future__ import annotations

from pathlib import Path

import duckdb
from nicknames import NickNamer

__all__ = ["RECORDS_READ", "prepare"]

# What of records.parquet is read to link; nothing about the report's outcome is.
RECORDS_READ = (
    *("record", "list", "agency_child_id", "report_id", "first_name", "middle_name", "last_name", "aliases"),
    *("birth_date", "birth_year", "age_months", "sex", "race_ethnicity", "county_fips", "zip", "report_date"),
)


def prepare(con: duckdb.DuckDBPyConnection, records: Path) -> None:
    """Make the table `people` of `con`: one row per record, in the order of `record`.

    Texts are lower case, without accents, blanks and marks; NULL where missing, unknown or no name ("Baby Girl").
    `kin` holds the first name and the full names it may be short for, `also` the other names the child goes by.
    `day` is YYYYMMDD, `turned` the same with day and month exchanged, `about` the birth's month counted from year 0.
    """
    _macros(con)
    con.execute(_SPELLED, [str(records)])
    _full_names(con)
    con.execute(_PEOPLE)
    con.execute("DROP TABLE spelled; DROP TABLE full_names")


# Written where a name is not known; none of them tells two children apart.
_NO_NAMES = (
    *("unknown", "unk", "unknownname", "noname", "none", "notgiven", "notknown", "refused", "withheld"),
    *(
        "baby",
        "babyboy",
        "babygirl",
        "infant",
        "newborn",
        "unborn",
        "johndoe",
        "janedoe",
        "doe",
        "child",
        "minor",
    ),
)


def _macros(con: duckdb.DuckDBPyConnection) -> None:
    no_names = ", ".join(f"'{name}'" for name in _NO_NAMES)
    con.execute(f"""
        CREATE OR REPLACE MACRO plain(written) AS
            nullif(regexp_replace(lower(strip_accents(written)), '[^\\p{{L}}]', '', 'g'), '');
        CREATE OR REPLACE MACRO name_of(written) AS
            CASE WHEN plain(written) IN ({no_names}) THEN NULL ELSE plain(written) END;
        CREATE OR REPLACE MACRO words_of(written) AS
            list_filter(string_split_regex(lower(strip_accents(coalesce(written, ''))), '[^\\p{{L}}]+'),
                        lambda word: length(word) > 1 AND word NOT IN ({no_names}));
        CREATE OR REPLACE MACRO told(code) AS
            CASE WHEN code IN ('unknown', 'other', 'multiple') THEN NULL ELSE code END;
    """)


_SPELLED = f"""
    CREATE OR REPLACE TABLE spelled AS
    SELECT {", ".join(RECORDS_READ)},
           name_of(first_name) AS first, name_of(last_name) AS last, plain(middle_name) AS middle,
           words_of(last_name) AS lasts,
           -- An alias may be one name or a whole one: its first word and all its words together.
           list_distinct(list_filter(
               flatten(list_transform(coalesce(aliases, []), lambda alias: [plain(alias), words_of(alias)[1]])),
               lambda word: word IS NOT NULL)) AS other_names,
           strftime(birth_date, '%Y%m%d') AS day,
           coalesce(birth_year, year(birth_date)) AS year,
           CASE WHEN birth_date IS NOT NULL THEN 12 * year(birth_date) + month(birth_date)
                WHEN age_months IS NOT NULL THEN 12 * year(report_date) + month(report_date) - age_months
           END::INTEGER AS about
    FROM read_parquet(?) ORDER BY record
"""  # noqa: S608 - a list of column names of our own


def _full_names(con: duckdb.DuckDBPyConnection) -> None:
    """Table `full_names`: each short name that occurs, with the full names it may stand for (Liz: Elizabeth, ...)."""
    con.execute("CREATE OR REPLACE TABLE full_names (short VARCHAR, full_name VARCHAR)")
    names = con.execute(
        "SELECT DISTINCT first FROM spelled WHERE first IS NOT NULL ORDER BY first"
    ).fetchall()
    known = NickNamer()
    pairs = [(name, full) for (name,) in names for full in sorted(known.canonicals_of(name))]
    if pairs:
        con.executemany("INSERT INTO full_names VALUES (?, ?)", pairs)


_PEOPLE = """
    CREATE OR REPLACE TABLE people AS
    WITH long AS (SELECT short, list(full_name ORDER BY full_name) AS names FROM full_names GROUP BY short)
    SELECT record, list, agency_child_id, report_id, first, last, lasts, middle,
           CASE WHEN first IS NULL THEN [] ELSE list_prepend(first, coalesce(names, [])) END AS kin,
           list_filter(list_append(other_names, middle), lambda word: length(word) > 1) AS also,
           day, substr(day, 1, 4) || substr(day, 7, 2) || substr(day, 5, 2) AS turned, year, about,
           told(sex) AS sex, told(race_ethnicity) AS race, county_fips AS county, zip
    FROM spelled LEFT JOIN long ON first = short ORDER BY record
"""
