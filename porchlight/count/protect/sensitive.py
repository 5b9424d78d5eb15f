"""The primary rules: which counts, and which sums of counts, an attacker must not come to know, and how far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from porchlight.count.cells import Equation, Known, Why
from porchlight.count.protect.settings import ProtectSettings
from porchlight.count.protect.system import System

__all__ = ["Need", "needs"]


@dataclass(frozen=True)
class Need:
    """The sum of the counts at `terms` must, for every attacker, possibly be as low as `low` and as high as `high`.

    `why` is the rule. A need of one count is a count to hide; one of several is met by hiding enough of them.
    """

    terms: tuple[int, ...]
    low: int
    high: int
    why: Why


def needs(system: System, known: Known, settings: ProtectSettings) -> tuple[Need, ...]:
    """Every need of a system, without repeats: small counts, 100 % in one category, and small late corrections."""
    found = [*_small(system, settings), *_whole(system, settings), *_corrected(system, known, settings)]
    return tuple(dict.fromkeys(found))


def _small(system: System, settings: ProtectSettings) -> Iterator[Need]:
    least = 0 if settings.hide_zeros else 1
    for at, count in enumerate(system.values.tolist()):
        if least <= count <= settings.hide:
            yield Need((at,), least, settings.hide, "small")


def _whole(system: System, settings: ProtectSettings) -> Iterator[Need]:
    """Groups of which everyone is in one category: the others, all zero, must possibly hold some of them."""
    if not settings.hide_whole:
        return
    for group in system.groups:
        total = int(system.values[system.position[group.total]])
        empty = _empty_siblings(group, system, settings)
        if total and empty and group.dimension and group.dimension not in settings.tells_nothing:
            yield Need(empty, 0, min(settings.hide, total), "reveals")


def _empty_siblings(group: Equation, system: System, settings: ProtectSettings) -> tuple[int, ...]:
    """The zeros of a group in which one part holds everyone, unless all that this part says is "not known"."""
    at = {system.position[part]: dict(part.where).get(group.dimension) for part in group.parts}
    full = [part for part in at if system.values[part]]
    if len(full) != 1 or at[full[0]] in settings.not_known:
        return ()
    return tuple(part for part in at if part != full[0] and not system.never[part])


def _corrected(system: System, known: Known, settings: ProtectSettings) -> Iterator[Need]:
    """Counts that an earlier report gave otherwise: a difference of a few children is a small count itself.

    A total over everything is spared: its correction says only that records came late.
    """
    for key, at in system.position.items():
        now, before = int(system.values[at]), known.values.get(key)
        if before is None or not key.where or not 0 < abs(now - before) <= settings.hide:
            continue
        low, high = (before, before + settings.hide) if now > before else (before - settings.hide, before)
        yield Need((at,), max(0, low), high, "reveals")
