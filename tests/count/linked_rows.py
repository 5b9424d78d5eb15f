"""Invented rows, already linked, for the tests of `tabulate` and `publish`."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from porchlight.count import fields
from porchlight.count.tabulate import Plan

REGIONS = {"21111": "Jefferson", "21015": "Northern Bluegrass", "21067": "Southern Bluegrass"}
PLAN = Plan("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31), regions=REGIONS, statute_lists=("cps",))


def write(folder: Path, rows: list[tuple[str, dict[str, Any]]], threshold: float = 0.95) -> dict[float, Path]:
    """records.parquet of (child, columns) rows, and its clusters; a list untold is "cps", a day untold in 2026."""
    told = []
    for number, (_, said) in enumerate(rows):
        row: dict[str, Any] = {each.name: None for each in fields.FIELDS}
        row |= {
            "list": "cps",
            "report_date": dt.date(2026, 5, 1),
            "report_id": f"R{number}",
            "aliases": [],
        } | said
        told.append(row | {"record": f"{row['list']}:{number:05}"})
    pq.write_table(pa.Table.from_pylist(told, schema=fields.schema()), folder / "records.parquet")
    path = folder / f"clusters-{threshold}.parquet"
    children = [child for child, _ in rows]
    pq.write_table(pa.table({"record": [row["record"] for row in told], "child": children}), path)
    return {threshold: path}


def many(seed: int, children: int) -> list[tuple[str, dict[str, Any]]]:
    """Rows of a state's year: most children 14 to 17, some in two lists, a few small counts of everything."""
    rng = random.Random(seed)
    rows = []
    for child in range(children):
        age = min(17, max(0, int(rng.gauss(14, 3))))
        sure = rng.random() < 0.6
        for each in rng.sample(["cps", "police", "clinic"], rng.choices([1, 2, 3], [70, 22, 8])[0]):
            said: dict[str, Any] = {
                "list": each,
                "report_id": f"R{child}",
                "age_months": age * 12 + rng.randrange(12) if rng.random() < 0.95 else None,
                "sex": rng.choices(["female", "male", "unknown"], [72, 25, 3])[0],
                "race_ethnicity": rng.choices(["white", "black", "hispanic", "asian"], [60, 20, 17, 3])[0],
                "county_fips": rng.choices(list(REGIONS), [50, 30, 20])[0],
                "reporter_type": rng.choices(["law_enforcement", "school", "child"], [50, 45, 5])[0],
                "investigated": rng.random() < 0.8,
                "determination": "victim" if sure else rng.choice(["not_victim", "possible", None]),
                "served": rng.random() < 0.5,
                "exploitation": rng.choices(["sex", "labor", "both"], [85, 8, 7])[0],
                "relationship": rng.choices(["familial", "acquainted", "unknown"], [55, 35, 10])[0],
                "placement": rng.choices(["home", "foster_home", "runaway"], [70, 20, 10])[0],
            }
            rows.append((f"child-{child}", said))
    return rows
