"""What `porchlight count estimate --table` answers, as JSON or as lines to read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porchlight.count.estimate.honesty import refusals
from porchlight.count.estimate.methods import Estimate, Method, NotEstimableError, automatic, estimate
from porchlight.count.estimate.resampling import Interval
from porchlight.count.estimate.table import TableError, read_table

__all__ = ["failed", "told", "words"]


def told(
    file: Path, method: str | None, draws: int, order: int | None, seed: int, name: str | None = None
) -> dict[str, Any]:
    """Estimate from a table in `file` (of several: the one of this `name`).

    Gives number, model, intervals, seconds, and every reason not to publish it; without an estimate "estimate" is null
    and "reason" says why. Raises OSError.
    """
    try:
        table = read_table(file.read_text("utf-8"), name)
        chosen = Method(method) if method else automatic(len(table.lists))
        if draws < 0 or (order is not None and order < 1):
            raise TableError("--bootstrap is zero or more, --max-order one or more")
        found = estimate(table, chosen, draws=draws, order=order, seed=seed)
    except (TableError, NotEstimableError, UnicodeDecodeError) as error:
        return {"estimate": None, "model": None, "method": method, "reason": str(error)}
    return _as_json(found) | {
        "lists": list(table.lists),
        "observed": table.observed,
        "in_two_lists_or_more": table.overlaps,
        "do_not_publish": [each.reason for each in refusals(table, found)],
    }


def failed(answer: Mapping[str, Any]) -> bool:
    """Whether there is no estimate."""
    return answer["estimate"] is None


def words(answer: Mapping[str, Any]) -> str:
    """The same for a person to read."""
    if failed(answer):
        return f"No estimate: {answer['reason']}"
    lines = [
        f"{answer['observed']:,} children are in the lists; by {answer['method']} there are {answer['estimate']:,.0f}.",
        f"Model {answer['model']}, {answer['seconds']:.1f} s",
    ]
    for kind in ("percentile", "bca"):
        for level, ends in (answer[kind] or {}).items():
            lines.append(f"  {level} % {kind}: {_end(ends[0])} to {_end(ends[1])}")
    lines += [f"Do not publish this number: {reason}." for reason in answer["do_not_publish"]]
    edges, counts = answer["histogram"]["edges"], answer["histogram"]["counts"]
    if counts:
        lines += ["Resampled tables gave:", *_bars(edges, counts)]
    return "\n".join(lines)


def _as_json(found: Estimate) -> dict[str, Any]:
    return {
        "estimate": found.estimate,
        "model": found.model,
        "method": str(found.method),
        "percentile": _ends(found.percentile),
        "bca": _ends(found.bca),
        "seconds": found.seconds,
        "draws": found.draws,
        "draws_without_an_estimate": found.failed,
        "histogram": {"edges": list(found.histogram[0]), "counts": list(found.histogram[1])},
        "details": {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in found.details.items()
        },
    }


def _ends(intervals: Mapping[int, Interval] | None) -> dict[str, list[float | None]] | None:
    if intervals is None:
        return None
    return {
        str(level): [end if math.isfinite(end) else None for end in ends] for level, ends in intervals.items()
    }


def _end(value: float | None) -> str:
    return "no end" if value is None else f"{value:,.0f}"


def _bars(edges: list[float], counts: list[int], width: int = 40) -> list[str]:
    most = max(counts)
    return [
        f"  {low:>12,.0f} to {high:>12,.0f} {'#' * round(width * count / most)} {count}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
