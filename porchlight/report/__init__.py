"""Report It: whom to call, what the law asks, what to say.

`answer()` is the one door to it; every porch renders the Answer it gives.
"""

from __future__ import annotations

import datetime as dt

from porchlight.facts import Facts, in_force
from porchlight.places import Place
from porchlight.report.answer import Answer, Concern, Line, Role
from porchlight.report.rules import answer as _answer
from porchlight.report.rules import answer_any_hour as _answer_any_hour
from porchlight.report.say import LANGUAGES, say

__all__ = ["LANGUAGES", "Answer", "Concern", "Line", "Role", "answer", "answer_any_hour", "say"]


def answer(
    place: Place | None,
    concern: Concern,
    role: Role,
    at: dt.datetime,
    *,
    facts: Facts | None = None,
    note: str | None = None,
) -> Answer:
    """The Answer on the facts in force (or on `facts`). See `porchlight.report.rules.answer`."""
    return _answer(place, concern, role, at, facts if facts is not None else in_force().current(), note)


def answer_any_hour(
    place: Place | None, concern: Concern, role: Role, day: dt.date, *, note: str | None = None
) -> Answer:
    """The Answer of a copy that is read at any hour. See `porchlight.report.rules.answer_any_hour`."""
    return _answer_any_hour(place, concern, role, day, in_force().current(), note)


def facts_now() -> Facts:
    """The facts in force, on which `answer()` answers where it is given none."""
    return in_force().current()
