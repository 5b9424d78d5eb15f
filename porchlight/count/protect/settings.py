"""What counts as a small count, and how sure an attacker may become of one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NotProtectable", "ProtectSettings"]


class NotProtectable(Exception):  # noqa: N818 - named for what the analyst reads
    """No choice of hidden counts is safe: `args[0]` says which count, why, and what the analyst can do."""


@dataclass(frozen=True)
class ProtectSettings:
    """The rules of hiding.

    `hide`: counts of 1 to `hide` children or cases are hidden, and every whole number of 1..`hide` must stay possible
    for each, so that an attacker learns nothing that the words "1 to 10" did not say. 10 is the rule of CMS
    (resdac.org/node/1506) and the default; states use 4, 5 or 10.
    `hide_zeros`: zeros are hidden like small counts, and 0 must stay possible too.
    `hide_whole`: where everyone in a group is in one category of a dimension, the group's 100 % is hidden: up to
    `hide` of them (or all, when they are fewer) must possibly be elsewhere.
    `tells_nothing`: names of dimensions for which 100 % in one category tells nothing about a child. How many agencies
    named it is one: where there is one list, everybody knows that no child is in two.
    `not_known`: categories that say only that no list says it; everyone in one of them tells nothing either.
    `rounds`: how often the exact solver may be asked before a quicker way, which may hide more, ends the work. A
    number of rounds and not of seconds, so that the same counts give the same hidden ones on every machine.
    """

    hide: int = 10
    hide_zeros: bool = False
    hide_whole: bool = True
    tells_nothing: frozenset[str] = frozenset({"agencies"})
    not_known: frozenset[str] = frozenset({"unknown", "investigation_not_recorded"})
    rounds: int = 60

    @property
    def small(self) -> range:
        """The counts that are hidden for themselves."""
        return range(0 if self.hide_zeros else 1, self.hide + 1)

    def __post_init__(self) -> None:
        if self.hide < 2:
            raise ValueError(
                "hide must be at least 2: a reader who knows that a count is 1 of 1 knows it exactly."
            )
        if self.rounds < 0:
            raise ValueError("rounds must not be below zero.")
