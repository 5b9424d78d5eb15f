"""Score every compared pair once: Splink compares rows and counts chance, `mixture` weighs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from splink import DuckDBAPI, Linker

from porchlight.count.link import mixture
from porchlight.count.link.clusters import Edges, connected
from porchlight.count.link.mixture import Floats, Ints, Learned, Patterns
from porchlight.count.link.model import Model, Shares, settings

__all__ = ["Scored", "draw", "rules_for", "score", "weighed"]

# More of them change the shares of chance in the third digit only.
_CHANCE_PAIRS = 1_000_000
# Where chance never showed a level among the sampled pairs, it is taken to be this rare.
_NEVER_SEEN = 1e-7
# What two cores compare in a quarter of a minute. The rules overlap, so fewer pairs than these are compared.
_MOST_PAIRS = 8_000_000
# Rows from which the pairs of a rule are reckoned; more of them change little.
_SAMPLED_ROWS = 50_000
# Pairs that Splink compares at once: what it keeps of so many is some hundred megabytes.
_AT_ONCE = 500_000
_SEED = 1
# Of a pattern, the bits that tell the level of one comparison: 0 is missing, and no comparison has more than 15.
_BITS = 4
Numbers: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Scored:
    """What was learned. The pairs are in the connection's table `weighed`, for the function of that name to read.

    `compared`: how many pairs were weighed; `household_pairs`: how many of them are of two children in one report.
    """

    model: Model
    learned: Learned
    compared: int
    household_pairs: int


def score(con: duckdb.DuckDBPyConnection, model: Model, table: str = "people") -> Scored:
    """Compare the rows of `table`, which has a unique whole number `record` and the columns that `model` compares."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    chance = _chance(con, model, table)
    _compare(con, model, table, rules_for(con, model, _MOST_PAIRS, table), chance)
    numbers, patterns = _patterns(con, model, table)
    learned = mixture.learn(
        patterns,
        start=tuple(_whole(np.array([level.start for level in each.levels])) for each in model.comparisons),
        chance=tuple(np.array(chance[each.name]) for each in model.comparisons),
        own=tuple(each.own for each in model.comparisons),
    )
    _weigh(con, numbers, learned.log_odds(patterns.levels))
    return Scored(model, learned, int(patterns.pairs.sum()), int(patterns.siblings.sum()))


def rules_for(
    con: duckdb.DuckDBPyConnection, model: Model, most: int, table: str = "people"
) -> tuple[str, ...]:
    """The model's blocking rules, and of its wide ones those that fit, in their order, into `most` pairs in all."""
    if not model.wide:
        return model.blocking
    among = max(_rows(con, table) // _SAMPLED_ROWS, 1)
    # Names of our own tables, rules of ours.
    con.execute(f"CREATE OR REPLACE TABLE sampled AS FROM {table} WHERE hash(record) % {among} = 0")
    left, chosen = most, list[str]()
    for number, rule in enumerate((*model.blocking, *model.wide)):
        question = f"SELECT count(*) FROM ({_pairs('sampled', rule)})"  # noqa: S608 - our own rule
        pairs = int(con.execute(question).fetchall()[0][0]) * among**2
        if number < len(model.blocking) or pairs <= left:
            chosen.append(rule)
            left -= pairs
    con.execute("DROP TABLE sampled")
    return tuple(chosen)


def weighed(con: duckdb.DuckDBPyConnection, least: float, together: Ints, table: str = "people") -> Edges:
    """After `score`: the pairs of at least `least` bits, and the less likely ones among rows that those connect.

    The odds are log2 of one child against two: neither strangers nor brothers and sisters. `together` (pairs x 2): rows
    that are connected whatever the pairs tell. The pairs are in the order of their rows.
    """
    likely = con.execute("SELECT record_l, record_r FROM weighed WHERE odds >= $1", [least]).fetchnumpy()
    left = np.append(np.asarray(likely["record_l"], np.int64), together[:, 0])
    right = np.append(np.asarray(likely["record_r"], np.int64), together[:, 1])
    rows = _rows(con, table)
    con.register("connected", pa.table({"record": np.arange(rows), "of": connected(rows, left, right)}))
    pairs = con.execute(
        """
        SELECT record_l, record_r, apart, odds FROM weighed
        JOIN connected l ON l.record = record_l JOIN connected r ON r.record = record_r
        WHERE odds >= $1 OR l.of = r.of ORDER BY record_l, record_r
        """,
        [least],
    ).fetchnumpy()
    con.unregister("connected")
    apart = np.asarray(pairs["apart"], np.bool_)
    return Edges(
        left=np.asarray(pairs["record_l"], np.int64),
        right=np.asarray(pairs["record_r"], np.int64),
        odds=np.asarray(pairs["odds"], np.float64),
        apart=apart,
        together=np.zeros_like(apart),
    )


def draw(con: duckdb.DuckDBPyConnection, scored: Scored, folder: Path, table: str = "people") -> None:
    """Write Splink's charts of the learned model into `folder`; they open without a network."""
    same, chance = _named(scored.model, scored.learned.same), _named(scored.model, scored.learned.chance)
    linker = Linker(
        DuckDBAPI(con).register(table),
        settings(scored.model, same, chance),
        log_level=None,
    )
    charts = {
        "match_weights.html": linker.visualisations.match_weights_chart().to_html(inline=True),
        "levels.html": linker.visualisations.m_u_parameters_chart().to_html(inline=True),
    }
    for file, page in charts.items():
        (folder / file).write_text(page, encoding="utf-8")


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608 - our own table


def _chance(con: duckdb.DuckDBPyConnection, model: Model, table: str) -> Shares:
    """How often two rows drawn by chance reach each level of each comparison."""
    linker = Linker(DuckDBAPI(con).register(table), settings(model), log_level=None, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=_CHANCE_PAIRS, seed=_SEED)
    trained = linker.misc.save_model_to_json(None)
    return {
        each["output_column_name"]: [float(u) for u in _of_levels(each["comparison_levels"])]
        for each in trained["comparisons"]
    }


def _of_levels(levels: list[dict[str, object]]) -> Floats:
    found = [level.get("u_probability") for level in levels if not level.get("is_null_level")]
    return _whole(np.array([u if isinstance(u, float) and u > 0 else _NEVER_SEEN for u in found]))


def _whole(shares: Floats) -> Floats:
    whole: Floats = shares / shares.sum()
    return whole


def _named(model: Model, shares: tuple[Floats, ...]) -> Shares:
    return {each.name: [float(p) for p in of] for each, of in zip(model.comparisons, shares, strict=True)}


def _compare(
    con: duckdb.DuckDBPyConnection, model: Model, table: str, rules: Sequence[str], chance: Shares
) -> None:
    """Make the table `compared`: record_l, record_r, pattern (the levels), rarity (bits), apart.

    `apart`: both rows stand in one report of one list under different names, so they are two children. Given many
    rules, Splink tries each pair against every earlier one; so the pairs are found first and handed to it, some at a
    time, for it keeps much of both rows of a pair.
    """
    both = " UNION ALL ".join(_pairs(table, rule) for rule in rules)
    # Names of our own tables and columns, nothing from a list.
    con.execute(f"""
        CREATE OR REPLACE TABLE together AS
        SELECT record_l AS join_key_l, record_r AS join_key_r, '0' AS match_key,
               row_number() OVER (ORDER BY record_l, record_r) - 1 AS number
        FROM (SELECT DISTINCT record_l, record_r FROM ({both}));
        CREATE OR REPLACE TABLE households AS {_pairs(table, model.teaches or "FALSE")};
        CREATE OR REPLACE TABLE compared
            (record_l INTEGER, record_r INTEGER, pattern UBIGINT, rarity FLOAT, apart BOOLEAN);
    """)  # noqa: S608 - columns and tables of ours
    api = DuckDBAPI(con)
    linker = Linker(
        api.register(table), settings(model, chance=chance), log_level=None, validate_settings=False
    )
    for first in range(0, _rows(con, "together"), _AT_ONCE):
        some = f"FROM together WHERE number >= {first} AND number < {first + _AT_ONCE}"
        con.execute(f"CREATE OR REPLACE TABLE at_work AS {some}")
        linker.table_management.register_blocked_pairs_for_predict(api.register("at_work"))
        found = linker.inference.predict(warning_mode="never")
        _keep(con, model, found.physical_name)
        found.drop_table_from_database_and_remove_from_cache()
    con.execute("DROP TABLE together; DROP TABLE households; DROP TABLE IF EXISTS at_work")


def _keep(con: duckdb.DuckDBPyConnection, model: Model, found: str) -> None:
    """Of what Splink found, put the levels and what rare values add into `compared`."""
    packed = " | ".join(
        f"(CASE WHEN gamma_{each.name} < 0 THEN 0 ELSE {len(each.levels)} - gamma_{each.name} END"
        f"::UBIGINT << {_BITS * number})"
        for number, each in enumerate(model.comparisons)
    )
    # In bits; of a household too, whose last name is as rare.
    rare = " + ".join(f"coalesce(mw_tf_adj_{name}, 0)" for name in _rare(model)) or "0"
    con.execute(f"""
        INSERT INTO compared
        SELECT record_l, record_r, {packed}, {rare}, in_one_report IS NOT NULL
        FROM {found} LEFT JOIN (SELECT *, TRUE AS in_one_report FROM households) USING (record_l, record_r)
    """)  # noqa: S608 - columns and tables of ours


def _rare(model: Model) -> list[str]:
    """The comparisons in which rare values that agree tell more than common ones."""
    return [each.name for each in model.comparisons if any(level.rarity for level in each.levels)]


def _pairs(table: str, rule: str) -> str:
    return (
        f"SELECT l.record AS record_l, r.record AS record_r FROM {table} l JOIN {table} r ON {rule}"  # noqa: S608 - our own rule
        " WHERE l.record < r.record"
    )


def _patterns(con: duckdb.DuckDBPyConnection, model: Model, table: str) -> tuple[Numbers, Patterns]:
    """The patterns of levels that occur, as they are numbered in `compared` and in full."""
    found = con.execute(
        "SELECT pattern, count(*) AS pairs, count(*) FILTER (apart) AS siblings FROM compared GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()
    rows = _rows(con, table)
    number = np.asarray(found["pattern"], np.uint64)
    return number, Patterns(
        levels=np.stack(
            [
                ((number >> np.uint64(_BITS * at)) & np.uint64(2**_BITS - 1)).astype(np.int64) - 1
                for at in range(len(model.comparisons))
            ],
            axis=1,
        ),
        pairs=np.asarray(found["pairs"], np.int64),
        siblings=np.asarray(found["siblings"], np.int64),
        all_pairs=rows * (rows - 1) // 2,
    )


def _weigh(con: duckdb.DuckDBPyConnection, numbers: Numbers, bits: tuple[Floats, Floats]) -> None:
    """Make the table `weighed` of `compared`: record_l, record_r, apart, odds (log2 of one child against two)."""
    con.register("bits", pa.table({"pattern": numbers, "same": bits[0], "household": bits[1]}))
    con.execute("""
        CREATE OR REPLACE TABLE weighed AS
        SELECT record_l, record_r, apart, -log2(pow(2, -same - rarity) + pow(2, household - same)) AS odds
        FROM compared JOIN bits USING (pattern);
        DROP TABLE compared;
    """)
    con.unregister("bits")
