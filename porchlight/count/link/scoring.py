"""Score every compared pair once: Splink brings rows together, compares them and counts chance; `mixture` weighs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from splink import DuckDBAPI, Linker

from porchlight.count.link import mixture
from porchlight.count.link.clusters import Edges
from porchlight.count.link.mixture import Floats, Ints, Learned, Patterns
from porchlight.count.link.model import Comparison, Model, Shares, rules_for, settings

__all__ = ["Scored", "draw", "score", "weighed"]

_SEED = 1
# More sampled pairs change the shares of chance in the third digit only.
_CHANCE_PAIRS = 2e6
# A pair that the first guesses put below this (in bits) is not looked at again: no doubtful pair is near it.
_FLOOR_BITS = -60.0
# Where chance never showed a level among the sampled pairs, it is taken to be this rare.
_NEVER_SEEN = 1e-7


@dataclass(frozen=True)
class Scored:
    """What was learned. The pairs are in the connection's table `pairs`: record_l, record_r, odds, apart.

    `odds`: log2 of one child against two. `apart`: both rows stand in one report of one list under different names,
    so they are two children. `compared`: how many pairs were weighed; `household_pairs`: how many of them are apart.
    """

    model: Model
    learned: Learned
    compared: int
    household_pairs: int


def score(con: duckdb.DuckDBPyConnection, model: Model, table: str = "people") -> Scored:
    """Make the table `pairs` from `table`, which has a unique `record` and the columns that `model` compares."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    chance = _chance(con, model, table)
    api = DuckDBAPI(con)
    made = settings(model, rules_for(model, _rows(con, table)), chance=chance)
    linker = Linker(api.register(table), made, log_level=None, validate_settings=False)
    compared = linker.inference.predict(threshold_match_weight=_FLOOR_BITS, warning_mode="never")
    patterns = _patterns(con, model, table, compared.physical_name)
    learned = mixture.learn(
        patterns,
        start=tuple(_whole(np.array([level.start for level in each.levels])) for each in model.comparisons),
        chance=tuple(np.array(chance[each.name]) for each in model.comparisons),
        own=tuple(each.own for each in model.comparisons),
    )
    _weigh(con, model, learned, patterns)
    return Scored(model, learned, int(patterns.pairs.sum()), int(patterns.siblings.sum()))


def weighed(con: duckdb.DuckDBPyConnection, table: str = "people") -> Edges:
    """After `score`: the compared pairs, the rows numbered from 0 in the order of `record`."""
    found = con.execute(f"""
        WITH numbered AS (SELECT record, row_number() OVER (ORDER BY record) - 1 AS number FROM {table})
        SELECT l.number AS one, r.number AS other, odds, apart
        FROM pairs JOIN numbered l ON l.record = record_l JOIN numbered r ON r.record = record_r
        ORDER BY one, other
    """)  # noqa: S608 - columns and tables of ours
    pairs = found.fetchnumpy()
    apart = np.asarray(pairs["apart"], np.bool_)
    return Edges(
        left=np.asarray(pairs["one"], np.int64),
        right=np.asarray(pairs["other"], np.int64),
        odds=np.asarray(pairs["odds"], np.float64),
        apart=apart,
        together=np.zeros_like(apart),
    )


def draw(con: duckdb.DuckDBPyConnection, scored: Scored, folder: Path, table: str = "people") -> None:
    """Write Splink's charts of the learned model into `folder`; they open without a network."""
    same, chance = _named(scored.model, scored.learned.same), _named(scored.model, scored.learned.chance)
    linker = Linker(
        DuckDBAPI(con).register(table),
        settings(scored.model, (), same, chance),
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


def _patterns(con: duckdb.DuckDBPyConnection, model: Model, table: str, compared: str) -> Patterns:
    """Number the patterns of levels in the tables `weighed` (a row per pair) and `patterns`, and count them."""
    gammas = [f"gamma_{each.name}" for each in model.comparisons]
    rare = " + ".join(_rarities(model)) or "0"
    apart = f"coalesce({model.teaches}, FALSE)" if model.teaches else "FALSE"
    # Names of our own tables and columns, nothing from a list.
    con.execute(f"""
        CREATE OR REPLACE TABLE weighed AS
        SELECT record_l, record_r, {", ".join(gammas)}, {rare} AS rarity, {apart} AS apart
        FROM {compared} JOIN {table} AS l ON l.record = record_l JOIN {table} AS r ON r.record = record_r;
        DROP TABLE {compared};
        CREATE OR REPLACE TABLE patterns AS
        SELECT {", ".join(gammas)}, count(*) AS pairs, count(*) FILTER (apart) AS siblings
        FROM weighed GROUP BY ALL ORDER BY ALL;
    """)  # noqa: S608 - columns and tables of ours
    found = con.execute("SELECT * FROM patterns ORDER BY ALL").fetchnumpy()
    rows = _rows(con, table)
    return Patterns(
        levels=np.stack(
            [_best_first(found[f"gamma_{each.name}"], each) for each in model.comparisons], axis=1
        ),
        pairs=np.asarray(found["pairs"], np.int64),
        siblings=np.asarray(found["siblings"], np.int64),
        all_pairs=rows * (rows - 1) // 2,
    )


def _best_first(gammas: Ints, comparison: Comparison) -> Ints:
    """Splink counts levels from the worst (0) up, we from the best; -1 is missing in both. Its own inverse."""
    numbers = np.asarray(gammas, np.int64)
    return np.where(numbers < 0, -1, len(comparison.levels) - 1 - numbers)


def _rarities(model: Model) -> list[str]:
    """What rare values add, in bits; of a household too, whose last name is as rare."""
    return [
        f"coalesce(mw_tf_adj_{each.name}, 0)"
        for each in model.comparisons
        if any(level.rarity for level in each.levels)
    ]


def _weigh(con: duckdb.DuckDBPyConnection, model: Model, learned: Learned, patterns: Patterns) -> None:
    same, household = learned.log_odds(patterns.levels)
    gammas = [f"gamma_{each.name}" for each in model.comparisons]
    columns = {
        name: pa.array(_best_first(patterns.levels[:, number], each))  # and so back again
        for number, (name, each) in enumerate(zip(gammas, model.comparisons, strict=True))
    }
    con.register("bits", pa.table(columns | {"same": pa.array(same), "household": pa.array(household)}))
    con.execute(f"""
        CREATE OR REPLACE TABLE pairs AS
        SELECT least(record_l, record_r) AS record_l, greatest(record_l, record_r) AS record_r, apart,
               -log2(pow(2, -same - rarity) + pow(2, household - same)) AS odds
        FROM weighed JOIN bits USING ({", ".join(gammas)})
        ORDER BY record_l, record_r;
        DROP TABLE weighed; DROP TABLE patterns;
    """)  # noqa: S608 - columns and tables of ours
    con.unregister("bits")
