"""Small report.json files of invented children, in the form that `porchlight count` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_GROUPS: tuple[tuple[str, tuple[str, str], tuple[tuple[str, tuple[str, str], int | None], ...]], ...] = (
    (
        "age",
        ("Age", "Edad"),
        (
            ("0-5", ("0 to 5 years", "De 0 a 5 años"), None),
            ("6-10", ("6 to 10 years", "De 6 a 10 años"), 61),
            ("11-13", ("11 to 13 years", "De 11 a 13 años"), None),
            ("14-17", ("14 to 17 years", "De 14 a 17 años"), 243),
        ),
    ),
    (
        "sex",
        ("Sex", "Sexo"),
        (
            ("female", ("Female", "Femenino"), 307),
            ("male", ("Male", "Masculino"), 105),
            ("other", ("Other", "Otro"), 0),
        ),
    ),
)
BASE = 412


def sample(period: int = 2025, jurisdiction: str = "US-KY") -> dict[str, Any]:
    """Of 412 children found to be victims, 243 were 14 to 17; two ages and the cases with services are hidden."""
    year = str(period)
    return {
        "form": 1,
        "title": f"Invented children of {year}",
        "jurisdiction": jurisdiction,
        "period": year,
        "begins": f"{year}-01-01",
        "ends": f"{year}-12-31",
        "under": 18,
        "made": f"{period + 1}-10-30",
        "hidden": {"from": 1, "to": 10},
        "tables": [],
        "counts": [
            _count(year, "reports", 1270),
            _count(year, "determinations", 371),
            _count(year, "cases with services", None),
            _count(year, "children", 1604) | {"range": [1580, 1633]},
            _count(year, "children", BASE, decision="victim"),
            *(
                _count(year, "children", part, decision="victim", **{name: category})
                for name, _, categories in _GROUPS
                for category, _, part in categories
            ),
        ],
        "statistics": [
            _statistic(year, name, by, category, words, part)
            for name, by, categories in _GROUPS
            for category, words, part in categories
            if part is not None
        ],
        "trend": [
            {"period": str(period - 1), "reports": 1180, "determined": 340, "victims": None, "rate": None},
            {"period": year, "reports": 1270, "determined": 371, "victims": BASE, "rate": 41.0},
        ],
    }


def write(folder: Path, told: dict[str, Any], name: str = "us-ky.json") -> Path:
    """Put a report.json where a site looks for it: `folder` is `counts` of its data directory."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(told), "utf-8")
    return path


def _count(period: str, unit: str, count: int | None, **where: str) -> dict[str, Any]:
    return {"period": period, "unit": unit, "where": where, "count": count}


def _statistic(
    period: str, name: str, by: tuple[str, str], category: str, words: tuple[str, str], part: int
) -> dict[str, Any]:
    return {
        "where": {"decision": "victim", name: category},
        "within": None,
        "by": dict(zip(("en", "es"), by, strict=True)),
        "category": dict(zip(("en", "es"), words, strict=True)),
        "part": part,
        "base": BASE,
        "base_is": {"en": "Children found to be victims", "es": "Menores que se determinó que eran víctimas"},
        "percent": round(part / BASE * 100, 1),
        "source": f"Invented children of {period}, {period}",
    }
