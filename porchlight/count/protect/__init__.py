"""Hide what must be hidden, and no more, and prove that what is left tells nobody what was hidden.

`protect` chooses and proves; `audited` proves a choice made elsewhere. Their `Audited` is all that `publish` accepts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from porchlight.count.cells import Audited, Key, Known, Relation, Table, Why
from porchlight.count.protect.audit import Attacked, attack, audited, sealed, tasks_of
from porchlight.count.protect.complement import Cut, Task, choose
from porchlight.count.protect.sensitive import Need
from porchlight.count.protect.settings import NotProtectable, ProtectSettings
from porchlight.count.protect.system import Bools, System

__all__ = ["NotProtectable", "ProtectSettings", "audited", "protect"]


def protect(
    tables: Sequence[Table],
    relations: Sequence[Relation] = (),
    known: Known | None = None,
    settings: ProtectSettings | None = None,
    others: Sequence[Sequence[Table]] = (),
) -> Audited:
    """Choose what to hide in all linked `tables` at the least loss, and have it audited.

    `others` are the same tables under other ways of linking (another threshold), whose lowest and highest counts are
    published beside these as ranges: one choice of hidden counts then protects them all.

    Raises NotProtectable where no choice is safe, TableError where tables, relations or known sayings contradict.
    """
    known, settings = known or Known(), settings or ProtectSettings()
    tasks = tasks_of(tables, relations, known, settings, others)
    system = tasks[0].system
    kept = np.array([key in known.hidden for key in system.keys], dtype=np.bool_)
    cuts: list[Cut] = []
    while True:
        chosen = choose(tasks, _start(tasks, kept), ~system.public, settings.rounds, cuts)
        hidden = _reasons(system, chosen, [need for task in tasks for need in task.needs])
        started = time.monotonic()
        attacked = [attack(task, hidden, settings.small) for task in tasks]
        opened = [_opened(task, each, settings) for task, each in zip(tasks, attacked, strict=True)]
        if opened == tasks:
            break
        tasks = opened
    plain = _certain(attacked) - known.hidden
    if plain:
        hidden = {key: why for key, why in hidden.items() if key not in plain}
        attacked = [attack(task, hidden, settings.small) for task in tasks]
    return sealed(tables, hidden, known, tasks, attacked, time.monotonic() - started)


def _start(tasks: Sequence[Task], kept: Bools) -> Bools:
    """The counts that are hidden whatever else is: those with a need of their own, and those hidden before."""
    start = kept.copy()
    start[[need.terms[0] for task in tasks for need in task.needs if len(need.terms) == 1]] = True
    return start & ~tasks[0].system.public


def _opened(task: Task, attacked: Attacked, settings: ProtectSettings) -> Task:
    """The task with a need more for each count by which those who know the rules came nearer to a small one."""
    if not attacked.narrowed:
        return task
    values = task.system.values
    more = [
        Need((at,), settings.small.start, settings.hide, "complement")
        for at in attacked.half_open
        if int(values[at]) not in settings.small
    ]
    return replace(task, needs=tuple(dict.fromkeys((*task.needs, *more))))


def _certain(attacked: Sequence[Attacked]) -> set[Key]:
    """Hidden counts that everybody knows all the same, such as the zeros under a published zero: better shown."""
    loose = {key for one in attacked for key, each in one.hidden.items() if each.low < each.high}
    return set(attacked[0].hidden) - loose


def _reasons(system: System, chosen: Bools, wanted: Sequence[Need]) -> Mapping[Key, Why]:
    why: dict[int, Why] = {int(at): "complement" for at in np.flatnonzero(chosen)}
    for need in sorted(wanted, key=lambda each: each.why == "small"):
        for at in need.terms:
            if at in why:
                why[at] = need.why
    return {system.keys[at]: reason for at, reason in why.items()}
