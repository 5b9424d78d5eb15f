"""Hide what must be hidden, and no more, and prove that what is left tells nobody what was hidden.

`protect` chooses and proves; `audited` proves a choice made elsewhere. Their `Audited` is all that `publish` accepts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from porchlight.count.cells import Audited, Key, Known, Relation, Table, TableError, Why
from porchlight.count.protect.audit import attack, audited
from porchlight.count.protect.complement import Task, choose
from porchlight.count.protect.sensitive import Need, needs
from porchlight.count.protect.settings import NotProtectable, ProtectSettings
from porchlight.count.protect.system import Bools, System, build

__all__ = ["NotProtectable", "ProtectSettings", "attack", "audited", "protect"]


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
    systems = [build(tables, relations, known), *(build(each, relations, Known()) for each in others)]
    if any(system.keys != systems[0].keys for system in systems):
        raise TableError("the tables of another way of linking do not hold the same counts")
    tasks = [
        Task(system, needs(system, known if at == 0 else Known(), settings))
        for at, system in enumerate(systems)
    ]
    start = _start(tasks, known)
    allowed = ~systems[0].public
    chosen = choose(tasks, start & allowed, allowed, settings.rounds)
    hidden = _reasons(systems[0], chosen, [need for task in tasks for need in task.needs])
    return audited(tables, hidden, relations, known, settings, others)


def _start(tasks: Sequence[Task], known: Known) -> Bools:
    """The counts that are hidden whatever else is: those with a need of their own, and those hidden before."""
    system = tasks[0].system
    start = np.array([key in known.hidden for key in system.keys], dtype=np.bool_)
    start[[need.terms[0] for task in tasks for need in task.needs if len(need.terms) == 1]] = True
    return start


def _reasons(system: System, chosen: Bools, wanted: Sequence[Need]) -> dict[Key, Why]:
    why: dict[int, Why] = {int(at): "complement" for at in np.flatnonzero(chosen)}
    for need in sorted(wanted, key=lambda each: each.why == "small"):
        for at in need.terms:
            if at in why:
                why[at] = need.why
    return {system.keys[at]: reason for at, reason in why.items()}
