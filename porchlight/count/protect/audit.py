"""The audit: whole-number attackers against what is about to be published. Without its proof there is no `Audited`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from porchlight.count import cells
from porchlight.count.cells import (
    NO_BOUND,
    Audited,
    AuditResult,
    Hidden,
    Key,
    Known,
    Relation,
    Table,
    TableError,
    Why,
)
from porchlight.count.protect.attackers import WholeNumbers
from porchlight.count.protect.sensitive import Need, needs
from porchlight.count.protect.settings import NotProtectable, ProtectSettings
from porchlight.count.protect.system import System, build

__all__ = ["attack", "audited"]


def audited(
    tables: Sequence[Table],
    hidden: Mapping[Key, Why],
    relations: Sequence[Relation] = (),
    known: Known | None = None,
    settings: ProtectSettings | None = None,
    others: Sequence[Sequence[Table]] = (),
) -> Audited:
    """Prove that `tables` without the `hidden` counts are safe to publish, and seal them.

    The rules are applied anew, so it does not matter who chose what to hide. `others` are the same tables under other
    ways of linking, of which the lowest and highest counts are published beside these.

    Raises NotProtectable, naming counts, where an attacker can rule out what the rules say must stay possible, and
    TableError where the tables contradict one another.
    """
    known, settings = known or Known(), settings or ProtectSettings()
    systems = [build(tables, relations, known), *(build(each, relations, Known()) for each in others)]
    _same_keys(systems)
    started = time.monotonic()
    attacks, narrowed, found = 0, list[Key](), dict[Key, Hidden]()
    for at, system in enumerate(systems):
        result = attack(system, hidden, needs(system, known if at == 0 else Known(), settings))
        attacks += result.attacks
        narrowed.extend(result.narrowed)
        found = found or dict(result.hidden)
    narrowed.extend(key for key in known.hidden if key in systems[0].position and key not in hidden)
    if narrowed:
        raise NotProtectable(_told(narrowed))
    seconds = time.monotonic() - started
    return Audited(
        tables=tuple(_without(table, hidden) for table in tables),
        hidden=found,
        audit=AuditResult(attacks, (), seconds),
        ranges=_ranges(systems, hidden) if others else {},
        seal=cells._SEAL,
    )


@dataclass(frozen=True)
class Attacked:
    """What attackers conclude of each hidden count, which counts they narrowed, and how many questions they solved."""

    hidden: Mapping[Key, Hidden]
    narrowed: tuple[Key, ...]
    attacks: int


def attack(system: System, hidden: Mapping[Key, Why], wanted: Sequence[Need]) -> Attacked:
    """Set whole-number attackers on a system of which the `hidden` counts are not published."""
    mask = np.array([key in hidden and not public for key, public in _each(system)], dtype=np.bool_)
    attackers = WholeNumbers(system, mask)
    found = {system.keys[at]: _concluded(attackers, int(at), hidden) for at in np.flatnonzero(mask)}
    narrowed = [need for need in wanted if not _kept(attackers, need, found)]
    exposed = [key for key, public in _each(system) if key in hidden and public]
    keys = [system.keys[need.terms[0]] for need in narrowed] + exposed
    return Attacked(found, tuple(dict.fromkeys(keys)), attackers.attacks)


def _concluded(attackers: WholeNumbers, at: int, hidden: Mapping[Key, Why]) -> Hidden:
    key = attackers.system.keys[at]
    low, high = attackers.furthest((at,), -1), attackers.furthest((at,), 1)
    return Hidden(key, hidden[key], low, NO_BOUND if attackers.unbounded(high) else high)


def _kept(attackers: WholeNumbers, need: Need, found: Mapping[Key, Hidden]) -> bool:
    """Whether every value that must stay possible does: for one count each whole number, not only both ends."""
    if len(need.terms) > 1:
        return (
            attackers.furthest(need.terms, 1) >= need.high and attackers.furthest(need.terms, -1) <= need.low
        )
    (at,) = need.terms
    concluded = found.get(attackers.system.keys[at])
    if concluded is None or concluded.low > need.low or concluded.high < need.high:
        return False
    return all(attackers.possible(at, value) for value in range(need.low, need.high + 1))


def _each(system: System) -> Iterator[tuple[Key, bool]]:
    return zip(system.keys, system.public.tolist(), strict=True)


def _same_keys(systems: Sequence[System]) -> None:
    if any(system.keys != systems[0].keys for system in systems):
        raise TableError("the tables of another way of linking do not hold the same counts")


def _without(table: Table, hidden: Mapping[Key, Why]) -> Table:
    return replace(table, cells={key: count for key, count in table.cells.items() if key not in hidden})


def _ranges(systems: Sequence[System], hidden: Mapping[Key, Why]) -> dict[Key, tuple[int, int]]:
    counts = np.array([system.values for system in systems])
    low, high = counts.min(axis=0).tolist(), counts.max(axis=0).tolist()
    return {key: (low[at], high[at]) for at, key in enumerate(systems[0].keys) if key not in hidden}


def _told(narrowed: Sequence[Key]) -> str:
    named = [f"{key.unit} {key.period} {dict(sorted(key.where)) or 'total'}" for key in narrowed[:3]]
    more = f" and {len(narrowed) - 3} more" if len(narrowed) > 3 else ""
    return f"An attacker can conclude too much of {'; '.join(named)}{more}. Nothing was published."
