"""From the tables of a report to capture histories, and what estimates have to do with its counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from porchlight.count.cells import Audited, Key, Said, Unit
from porchlight.count.estimate.honesty import FEWEST_OVERLAPS
from porchlight.count.estimate.methods import Estimate
from porchlight.count.estimate.report import Estimated
from porchlight.count.estimate.table import MOST_LISTS, Table

__all__ = ["as_private_json", "histories", "said", "unpublished"]

# The categories of the dimension `agencies`, by how many lists named a child.
_SIZES = {1: "1", 2: "2", 3: "3+"}


def histories(
    captured: Mapping[tuple[str, ...], int], lists: Sequence[str], groups: Mapping[str, str]
) -> Table:
    """The capture histories of children by the sets of lists that named them.

    `groups` gives the group of a list that has one. Raises TableError where there are too many lists.
    """
    names = list(dict.fromkeys(groups.get(each, each) for each in lists))
    if len(names) > MOST_LISTS:
        return Table.of(names, {})  # raises with what to do
    counts = np.zeros(2 ** len(names), np.int64)
    for held, children in captured.items():
        counts[sum({1 << names.index(groups.get(each, each)) for each in held})] += children
    return Table(tuple(names), counts)


def said(found: Estimated, period: str) -> Iterator[Said]:
    """What an estimate, or its refusal, tells of the counts of the report, for `protect` to know.

    Given or refused, it says on which side of the fewest overlaps the children named by two lists or more are.
    """
    several = {_key(period, _SIZES[2]): 1.0, _key(period, _SIZES[3]): 1.0}
    if len(found.tables[found.threshold].lists) < 3:
        return
    if any("few_overlaps" in {why.code for why in each.refused} for each in found.answers):
        # Children of two agencies in one group are in no overlap of groups: these say no more than a least.
        if not found.grouped:
            yield Said(several, 0, FEWEST_OVERLAPS - 1)
    else:
        yield Said(several, FEWEST_OVERLAPS, math.inf)


def unpublished(audited: Audited, period: str) -> frozenset[int]:
    """Of the children by number of lists (0: all of them, 3: three or more) the counts that are not published."""
    keys = {0: Key(period, Unit.CHILDREN)} | {size: _key(period, name) for size, name in _SIZES.items()}
    return frozenset(size for size, key in keys.items() if audited.value(key) is None)


def as_private_json(found: Estimated) -> str:
    """All that was found, with the overlaps and the models: for the analyst, in the private folder."""
    tables = {
        f"{threshold:g}": {"lists": table.lists, "counts": _written(table)}
        for threshold, table in found.tables.items()
    }
    answers = [
        {
            "method": each.method.value,
            "threshold": each.threshold,
            "found": _plain(each.found) if each.found else None,
            "refused": [why.reason for why in each.refused],
        }
        for each in (
            *found.answers,
            *(each for each in found.by_threshold if each.threshold != found.threshold),
        )
    ]
    told = {"chosen": found.method.value, "tables": tables, "answers": answers, "hidden_lists": found.hidden}
    return msgspec.json.format(msgspec.json.encode(told), indent=1).decode()


def _plain(found: Estimate) -> dict[str, object]:
    """JSON has no keys but texts and knows no infinity."""
    builtin: dict[str, object] = msgspec.to_builtins(found, str_keys=True)
    return builtin


def _written(table: Table) -> dict[str, int]:
    return {
        "".join("1" if history >> at & 1 else "0" for at in range(len(table.lists))): int(
            table.counts[history]
        )
        for history in np.flatnonzero(table.counts).tolist()
    }


def _key(period: str, agencies: str) -> Key:
    return Key(period, Unit.CHILDREN, frozenset({("agencies", agencies)}))
