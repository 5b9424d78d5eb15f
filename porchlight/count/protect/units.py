"""What every informed reader knows of the units: an investigation is a report that was investigated, and so on.

`tabulate` says this of the totals. Here it is said of every count: tables of one's own may divide them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from porchlight.count.cells import Key, Relation, Said, Unit

__all__ = ["more_of", "never", "same"]

_STEP = "step"
# Which reports a unit counts, by their step, and the steps that such a report can be at.
_COUNTS = {Unit.INVESTIGATIONS: "investigated", Unit.DETERMINATIONS: "determined"}
_INVESTIGATED = frozenset({"investigated", "determined", "not_determined", "undecided"})
_CAN_BE = {Unit.INVESTIGATIONS: _INVESTIGATED, Unit.DETERMINATIONS: frozenset({"investigated", "determined"})}
_WIDER = {Unit.INVESTIGATIONS: (Unit.REPORTS,), Unit.DETERMINATIONS: (Unit.INVESTIGATIONS, Unit.REPORTS)}


def same(keys: Collection[Key]) -> Iterator[Relation]:
    """Counts that are one count under two units: investigations in a region, and reports investigated there."""
    present = set(keys)
    for key in keys:
        for twin in _twins(key):
            if twin in present:
                yield Relation(key, (twin,))


def more_of(keys: Collection[Key]) -> Iterator[Said]:
    """No unit can have more of anything than the unit it is a part of."""
    present = set(keys)
    for key in keys:
        for unit in _WIDER.get(key.unit, ()):
            wider = Key(key.period, unit, key.where)
            if wider in present:
                yield Said({wider: 1.0, key: -1.0}, 0.0, float("inf"))


def never(keys: Collection[Key]) -> Iterator[Key]:
    """Counts that are zero by what the words mean: an investigation that was not investigated."""
    for key in keys:
        step = dict(key.where).get(_STEP)
        if key.unit in _CAN_BE and step is not None and step not in _CAN_BE[key.unit]:
            yield key


def _twins(key: Key) -> Iterator[Key]:
    if key.unit not in _COUNTS:
        return
    step = dict(key.where).get(_STEP)
    rest = key.where - {(_STEP, step or "")}
    if step is None:
        yield Key(key.period, Unit.REPORTS, rest | {(_STEP, _COUNTS[key.unit])})
    elif step in _CAN_BE[key.unit]:
        always = step == "investigated" or key.unit is Unit.DETERMINATIONS
        yield Key(key.period, key.unit, rest) if always else Key(key.period, Unit.REPORTS, key.where)
