"""report.json: every published count with its unit and base, for the website and for next year's report."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porchlight.count.cells import Audited, Key, Known, Unit
from porchlight.count.protect.estimates import Answer, AuditedEstimates
from porchlight.count.publish.edition import Earlier, Edition, EditionError
from porchlight.count.publish.labels import category
from porchlight.count.publish.words import say

__all__ = ["as_json", "read_earlier", "refuse_overlap"]

FORM = 1
VICTIMS = frozenset({("decision", "victim")})


def as_json(audited: Audited, edition: Edition, estimates: AuditedEstimates | None = None) -> str:
    """The text of report.json, keys in a fixed order, so that the same report is the same text."""
    report = {
        "form": FORM,
        "title": edition.title,
        "jurisdiction": edition.jurisdiction,
        "period": edition.period,
        "begins": edition.begins.isoformat(),
        "ends": edition.ends.isoformat(),
        "under": edition.under,
        "made": edition.made.isoformat(),
        "address": edition.address,
        "hidden": {"from": 0 if edition.hide_zeros else 1, "to": edition.hide},
        "tables": [
            {
                "name": table.name,
                "unit": str(table.unit),
                "dimensions": [each.name for each in table.dimensions],
            }
            for table in audited.tables
        ],
        "counts": _counts(audited),
        "statistics": list(_statistics(audited, edition)),
        "trend": trend(audited, edition),
        "estimates": _estimates(estimates) if estimates else None,
    }
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def _estimates(estimates: AuditedEstimates) -> dict[str, Any]:
    return {
        "what": "children seen or unseen, guessed from how the lists overlap: not a count",
        "method": estimates.method,
        "threshold": estimates.threshold,
        "answers": [_answer(each) for each in estimates.answers],
        "by_threshold": [_answer(each) for each in estimates.by_threshold],
        "hidden_lists": [
            {"method": each.method, "held": each.held, "lists": each.lists} for each in estimates.tested
        ],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    numbers = {"number": answer.number, "low": answer.low, "high": answer.high}
    told = {name: each.value if each else None for name, each in numbers.items()}
    return {"method": answer.method, "threshold": answer.threshold, **told, "refused": list(answer.refused)}


def read_earlier(path: Path) -> Earlier:
    """What last year's report.json told. Raises EditionError when it is not one."""
    try:
        report = json.loads(path.read_text("utf-8"))
        if report["form"] != FORM:
            raise EditionError(f"{path.name} has form {report['form']}; this program reads form {FORM}")
        keyed = [(_key(each), each["count"]) for each in report["counts"]]
        known = Known(
            {key: int(count) for key, count in keyed if count is not None},
            frozenset(key for key, count in keyed if count is None),
        )
        return Earlier(known, tuple(report["trend"]))
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, EditionError):
            raise
        raise EditionError(f"{path.name} is no report.json that `porchlight count` wrote") from error


def refuse_overlap(path: Path, period: str, begins: dt.date, ends: dt.date, under: int) -> None:
    """Refuse an earlier report from which this one could be subtracted, by raising EditionError.

    Counts of a year and counts of a part of it differ by those of the rest, which nobody protected. So the days of
    two reports lie apart, or are the same ones under the same name, with children of the same ages.
    """
    told = json.loads(path.read_text("utf-8"))
    first, last = dt.date.fromisoformat(told["begins"]), dt.date.fromisoformat(told["ends"])
    if told["period"] == period:
        if (first, last, told["under"]) != (begins, ends, under):
            raise EditionError(
                f"{path.name} is of {period} too, but of other days or ages ({first} to {last}, under "
                f"{told['under']}): a reader could subtract one report from the other. Use the same ones, or another "
                "last_report."
            )
    elif first <= ends and begins <= last:
        raise EditionError(
            f"{path.name} counts {first} to {last}, which this report ({begins} to {ends}) counts again under another "
            "name: a reader could subtract one report from the other. Let the days of reports lie apart."
        )


def trend(audited: Audited, edition: Edition) -> list[Mapping[str, str | int | float | None]]:
    """The years told before and this one, oldest first; None where a count is hidden."""
    victims = audited.value(Key(edition.period, Unit.CHILDREN, VICTIMS))
    people = edition.population.of(high=edition.under - 1) if edition.population else 0
    this: dict[str, str | int | float | None] = {
        "period": edition.period,
        "reports": audited.value(Key(edition.period, Unit.REPORTS)),
        "determined": audited.value(Key(edition.period, Unit.DETERMINATIONS)),
        "victims": victims,
        "rate": round(victims / people * 100_000, 1)
        if victims is not None and victims >= 20 and people
        else None,
    }
    return [*(each for each in edition.earlier.trend if each["period"] != edition.period), this]


def _counts(audited: Audited) -> list[dict[str, Any]]:
    """One entry per count, though it stands in several tables; a hidden one has no count."""
    seen = {key for table in audited.tables for key in table.cells} | set(audited.hidden)
    return [_count(audited, key) for key in sorted(seen, key=_order)]


def _count(audited: Audited, key: Key) -> dict[str, Any]:
    entry: dict[str, Any] = {"period": key.period, "unit": str(key.unit), "where": dict(sorted(key.where))}
    entry["count"] = audited.value(key)
    if key in audited.ranges and key not in audited.hidden:
        entry["range"] = list(audited.ranges[key])
    return entry


def _order(key: Key) -> tuple[str, str, int, list[tuple[str, str]]]:
    return key.period, str(key.unit), len(key.where), sorted(key.where)


def _key(entry: Mapping[str, Any]) -> Key:
    return Key(entry["period"], Unit(entry["unit"]), frozenset(entry["where"].items()))


def _statistics(audited: Audited, edition: Edition) -> list[dict[str, Any]]:
    """Shares that a website may quote: each once, with its part, its base and all in words.

    `within` is the coarser category that holds this one (a year of age in its band), or null.
    """
    base_key = Key(edition.period, Unit.CHILDREN, VICTIMS)
    base = audited.value(base_key)
    found: dict[Key, dict[str, Any]] = {}
    for table in audited.tables:
        if table.unit is not Unit.CHILDREN or [each.name for each in table.dimensions][1:] != ["decision"]:
            continue
        dimension = table.dimensions[0]
        for each in dimension.categories:
            key = Key(edition.period, Unit.CHILDREN, VICTIMS | {(dimension.name, each)})
            part, share = audited.value(key), audited.share(key, base_key)
            if part is None or share is None or not base or key in found:
                continue
            found[key] = {
                "where": dict(sorted(key.where)),
                "within": dimension.parents.get(each),
                "by": {
                    language: say(f"dimension.{dimension.name}", language) for language in edition.languages
                },
                "category": {
                    language: category(dimension.name, each, language, edition)
                    for language in edition.languages
                },
                "part": part,
                "base": base,
                "base_is": {language: say("trend_victims", language) for language in edition.languages},
                "percent": round(share * 100, 1),
                "source": f"{edition.title}, {edition.period}",
            }
    return list(found.values())
