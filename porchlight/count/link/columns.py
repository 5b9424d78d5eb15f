"""Comparable columns: each child's names, birth date and place in one spelling, and every name they may go by."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
from nicknames import NickNamer

__all__ = ["prepare"]


def prepare(con: duckdb.DuckDBPyConnection, records: Path) -> None:
    """Make the tables `names` (record: 0, 1, ... in the order of names; name: str; list: str) and `people` of `con`.

    `people` has one row per record, known by its number. Texts are lower case, without accents, blanks and marks; NULL
    where missing, unknown or no name ("Baby Girl"). `kin` holds the first name and the full names it may be short for,
    `also` the other names the child goes by, `lasts` the parts of the last name: words with a blank between, and in
    `kin_marks`, `also_marks` and `lasts_marks` a bit for each word (of 63, by hash): no bit in common, no word either.
    `day` is YYYYMMDD, `turned` the same with day and month exchanged,
    `about` the birth's month counted from year 0, `reported` the day of the report.
    """
    _macros(con)
    con.execute(_NAMES, {"records": str(records)})
    # Each different text is respelled once: many children share a name.
    con.execute(_SPELLED, {"records": str(records)})
    _full_names(con)
    con.execute(_PEOPLE, {"records": str(records)})
    con.execute("DROP TABLE spelled; DROP TABLE full_names; ALTER TABLE names DROP COLUMN file_row")


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
        -- An alias may be one name or a whole one: its first word and all its words together.
        CREATE OR REPLACE MACRO other_names(aliases) AS
            list_distinct(list_filter(
                flatten(list_transform(aliases, lambda alias: [plain(alias), words_of(alias)[1]])),
                lambda word: word IS NOT NULL));
        CREATE OR REPLACE MACRO marks_of(words) AS
            list_reduce(list_transform(words, lambda word: 1::UBIGINT << (hash(word) % 63)::INTEGER),
                        lambda one, other: one | other, 0::UBIGINT);
        CREATE OR REPLACE MACRO told(code) AS
            CASE WHEN code IN ('unknown', 'other', 'multiple') THEN NULL ELSE code END;
    """)


_NAMES = """
    CREATE OR REPLACE TABLE names AS
    SELECT (row_number() OVER (ORDER BY record) - 1)::INTEGER AS record, record AS name, list,
           file_row_number AS file_row
    FROM read_parquet($records, file_row_number = true) ORDER BY name
"""

_SPELLED = """
    CREATE OR REPLACE TABLE spelled AS
    SELECT written, name_of(written) AS name, plain(written) AS plain,
           array_to_string(words_of(written), ' ') AS words, marks_of(words_of(written)) AS marks
    FROM (SELECT DISTINCT unnest([first_name, middle_name, last_name]) AS written FROM read_parquet($records))
    WHERE written IS NOT NULL
"""


def _full_names(con: duckdb.DuckDBPyConnection) -> None:
    """Table `full_names`: each name that occurs, with the full names it may stand for (Liz: Liz, Elizabeth, ...)."""
    names = con.execute("SELECT DISTINCT name FROM spelled WHERE name IS NOT NULL ORDER BY name").fetchall()
    known = NickNamer()
    full = {name: [name, *sorted(known.canonicals_of(name))] for (name,) in names}
    lists = pa.array(list(full.values()), pa.list_(pa.string()))
    con.register("found", pa.table({"short": pa.array(list(full), pa.string()), "names": lists}))
    con.execute("""
        CREATE OR REPLACE TABLE full_names AS
        SELECT short, array_to_string(names, ' ') AS words, marks_of(names) AS marks FROM found
    """)
    con.unregister("found")


_PEOPLE = """
    CREATE OR REPLACE TABLE people AS
    SELECT * EXCLUDE (other), array_to_string(other, ' ') AS also, marks_of(other) AS also_marks FROM (
        SELECT names.record, given.list, agency_child_id, report_id,
               firsts.name AS first, full_names.words AS kin, full_names.marks AS kin_marks,
               lasts.name AS last, lasts.words AS lasts, lasts.marks AS lasts_marks, middles.plain AS middle,
               -- Most children have no other name; the work on lists is for those who have.
               CASE WHEN len(aliases) > 0
                    THEN list_filter(list_append(other_names(aliases), middles.plain), lambda word: length(word) > 1)
                    WHEN length(middles.plain) > 1 THEN [middles.plain] ELSE [] END AS other,
               strftime(birth_date, '%Y%m%d') AS day, strftime(birth_date, '%Y%d%m') AS turned,
               coalesce(birth_year, year(birth_date)) AS year,
               CASE WHEN birth_date IS NOT NULL THEN 12 * year(birth_date) + month(birth_date)
                    WHEN age_months IS NOT NULL THEN 12 * year(report_date) + month(report_date) - age_months
               END::INTEGER AS about,
               told(sex) AS sex, told(race_ethnicity) AS race, county_fips AS county, zip, report_date AS reported
        FROM read_parquet($records, file_row_number = true) AS given
        JOIN names ON names.file_row = given.file_row_number
        LEFT JOIN spelled AS firsts ON firsts.written = first_name
        LEFT JOIN spelled AS middles ON middles.written = middle_name
        LEFT JOIN spelled AS lasts ON lasts.written = last_name
        LEFT JOIN full_names ON full_names.short = firsts.name
    ) ORDER BY record
"""
