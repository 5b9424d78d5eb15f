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
    Why,
)
from porchlight.count.protect.attackers import WholeNumbers
from porchlight.count.protect.complement import Task
from porchlight.count.protect.sensitive import Need, needs
from porchlight.count.protect.settings import NotProtectable, ProtectSettings
from porchlight.count.protect.system import Bools, System, build_all

__all__ = ["Attacked", "attack", "audited", "sealed", "tasks_of"]


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
    tasks = tasks_of(tables, relations, known, settings, others)
    started = time.monotonic()
    attacked = [attack(task, hidden, settings.small) for task in tasks]
    return sealed(tables, hidden, known, tasks, attacked, time.monotonic() - started)


def tasks_of(
    tables: Sequence[Table],
    relations: Sequence[Relation],
    known: Known,
    settings: ProtectSettings,
    others: Sequence[Sequence[Table]],
) -> list[Task]:
    """What must be met under each way of linking, the published one first.

    What linking does not touch (reports) is the same under all, and need not be met, nor attacked, again.
    """
    first, *rest = build_all((tables, *others), relations, known)
    _must_still_be_there(known, first)
    tasks = [Task.of(first, needs(first, known, settings), np.ones(len(first.keys), dtype=np.bool_))]
    for system in rest:
        other = first.differing(system)
        wanted = [need for need in needs(system, Known(), settings) if other[need.terms[0]]]
        tasks.append(Task.of(system, wanted, other))
    return tasks


def _must_still_be_there(known: Known, system: System) -> None:
    """What an earlier report of the same time hid can be proved safe only together with what is hidden now."""
    periods = {key.period for key in system.keys}
    gone = [key for key in known.hidden if key.period in periods and key not in system.position]
    if gone:
        raise NotProtectable(
            f"An earlier report of {gone[0].period} hid {len(gone)} counts that stand in no table of this one, such as "
            f"{_named(gone[0])}. A reader could use one report against the other: keep the tables it stood in."
        )


def sealed(
    tables: Sequence[Table],
    hidden: Mapping[Key, Why],
    known: Known,
    tasks: Sequence[Task],
    attacked: Sequence[Attacked],
    seconds: float,
) -> Audited:
    """Seal what the attackers did not narrow; NotProtectable otherwise."""
    systems = [task.system for task in tasks]
    narrowed = [key for each in attacked for key in each.narrowed]
    narrowed += [key for key in known.hidden if key in systems[0].position and key not in hidden]
    if narrowed:
        raise NotProtectable(_told(list(dict.fromkeys(narrowed))))
    return Audited(
        tables=tuple(_without(table, hidden) for table in tables),
        hidden=attacked[0].hidden,
        audit=AuditResult(2 * len(hidden), (), seconds),
        ranges=_ranges(systems, hidden) if len(systems) > 1 else {},
        seal=cells._SEAL,
    )


@dataclass(frozen=True)
class Attacked:
    """What attackers conclude of each hidden count, and which counts they narrowed.

    `half_open`: positions of counts that are told to be none of the small ones by being some of them alone.
    """

    hidden: Mapping[Key, Hidden]
    narrowed: tuple[Key, ...]
    half_open: tuple[int, ...]


def attack(task: Task, hidden: Mapping[Key, Why], small: range) -> Attacked:
    """Set whole-number attackers on a system of which the `hidden` counts are not published.

    They know the rules, and this audit: a hidden count that can be some of the `small` numbers but not each of them
    is none of them, or it would not have passed. What they conclude from that, they use against the others.
    """
    system = task.system
    mask = (
        np.array([key in hidden and not public for key, public in _each(system)], dtype=np.bool_) & task.other
    )
    attackers = WholeNumbers(system, mask, task.moves)
    places = [int(at) for at in np.flatnonzero(mask)]
    found = {system.keys[at]: _concluded(attackers, at, hidden) for at in places}
    waves = list(_not_small(task, mask, attackers, small))
    narrowed = [need.terms[0] for need in task.needs if not _kept(attackers, need)]
    narrowed += [at for wave in waves for at in wave if int(system.values[at]) in small]
    exposed = [key for key, public in _each(system) if key in hidden and public]
    keys = [*(system.keys[at] for at in narrowed), *exposed]
    return Attacked(found, tuple(dict.fromkeys(keys)), tuple(waves[0]) if waves else ())


def _not_small(task: Task, mask: Bools, plain: WholeNumbers, small: range) -> Iterator[list[int]]:
    """The hidden counts that the rules tell to be none of the `small` numbers; then what follows, wave by wave.

    It ends where they tell this of a count that is small: the choice has failed.
    """
    places = (int(at) for at in np.flatnonzero(mask))
    doubtful = [at for at in places if any(plain.possible(at, value) for value in small)]
    found: frozenset[int] = frozenset()
    aware = plain
    while wave := [at for at in doubtful if not aware.open(at, small)]:
        yield wave
        if any(int(task.system.values[at]) in small for at in wave):
            return
        found |= set(wave)
        doubtful = [at for at in doubtful if at not in found]
        aware = WholeNumbers(task.system, mask, task.moves, found, small)


def _concluded(attackers: WholeNumbers, at: int, hidden: Mapping[Key, Why]) -> Hidden:
    key = attackers.system.keys[at]
    low, high = attackers.furthest((at,), -1), attackers.furthest((at,), 1)
    return Hidden(key, hidden[key], low, NO_BOUND if attackers.unbounded(high) else high)


def _kept(attackers: WholeNumbers, need: Need) -> bool:
    """Whether every value that must stay possible does: for one count each whole number, not only both ends."""
    if len(need.terms) > 1:
        return attackers.reaches(need.terms, 1, need.high) and attackers.reaches(need.terms, -1, need.low)
    return attackers.open(need.terms[0], range(need.low, need.high + 1))


def _each(system: System) -> Iterator[tuple[Key, bool]]:
    return zip(system.keys, system.public.tolist(), strict=True)


def _without(table: Table, hidden: Mapping[Key, Why]) -> Table:
    return replace(table, cells={key: count for key, count in table.cells.items() if key not in hidden})


def _ranges(systems: Sequence[System], hidden: Mapping[Key, Why]) -> dict[Key, tuple[int, int]]:
    counts = np.array([system.values for system in systems])
    low, high = counts.min(axis=0).tolist(), counts.max(axis=0).tolist()
    return {key: (low[at], high[at]) for at, key in enumerate(systems[0].keys) if key not in hidden}


def _told(narrowed: Sequence[Key]) -> str:
    named = [_named(key) for key in narrowed[:3]]
    more = f" and {len(narrowed) - 3} more" if len(narrowed) > 3 else ""
    return f"An attacker can conclude too much of {'; '.join(named)}{more}. Nothing was published."


def _named(key: Key) -> str:
    return f"{key.unit} {key.period} {dict(sorted(key.where)) or 'total'}"
