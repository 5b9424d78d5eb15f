"""How estimates are told: every method and link threshold, the test on hidden lists, what they cannot know."""

from __future__ import annotations

from porchlight.count.protect.estimates import Answer, AuditedEstimates, SelfTest
from porchlight.count.publish.page import Guesses, Row, View
from porchlight.count.publish.words import number, say

__all__ = ["guesses"]

_CAVEATS = (
    *("estimate_caveat_1", "estimate_caveat_2", "estimate_caveat_3", "estimate_caveat_4"),
    *("estimate_caveat_5", "estimate_caveat_6", "estimate_caveat_7"),
)


def guesses(estimates: AuditedEstimates, language: str) -> Guesses:
    """What is said of `estimates` in one language."""
    return Guesses(
        tuple(_lead(estimates, language)),
        (_every(estimates, language), _links(estimates, language), _tested(estimates, language)),
        tuple(say(code, language) for code in _CAVEATS),
    )


def _lead(estimates: AuditedEstimates, language: str) -> list[str]:
    chosen = next(each for each in estimates.answers if each.method == estimates.method)
    lead = [say("estimate_what", language)]
    if chosen.number and chosen.low and chosen.high:
        numbers = {name: number(getattr(chosen, name).value) for name in ("number", "low", "high")}
        return [*lead, say("estimate_told", language, **numbers), say("estimate_range_is", language)]
    return [*lead, say("estimate_not_told", language, why=_why(chosen, language))]


def _every(estimates: AuditedEstimates, language: str) -> View:
    rows = [(say(f"method.{each.method}", language), each) for each in estimates.answers]
    return _view("estimate_every", "estimate_method", rows, language)


def _links(estimates: AuditedEstimates, language: str) -> View:
    rows = [(f"{each.threshold:.0%}", each) for each in estimates.by_threshold]
    return _view("estimate_links", "estimate_match", rows, language)


def _view(caption: str, first: str, rows: list[tuple[str, Answer]], language: str) -> View:
    head = tuple(say(code, language) for code in (first, "estimate_about", "estimate_range"))
    shown = tuple(Row(label, _cells(each, language)) for label, each in rows)
    return View(say(caption, language), say("estimate_rounded", language), head, shown)


def _cells(answer: Answer, language: str) -> tuple[str, str]:
    if answer.number and answer.low and answer.high:
        return number(answer.number.value), f"{number(answer.low.value)}\u2013{number(answer.high.value)}"
    return "\u2013", _why(answer, language)


def _why(answer: Answer, language: str) -> str:
    return say(f"refused.{answer.refused[0]}", language)


def _tested(estimates: AuditedEstimates, language: str) -> View:
    rows = tuple(
        Row(say(f"method.{each.method}", language), (_held(each, language),)) for each in estimates.tested
    )
    head = (say("estimate_method", language), say("estimate_test_held", language))
    return View(say("estimate_test", language), say("estimate_test_how", language), head, rows)


def _held(tested: SelfTest, language: str) -> str:
    if tested.held is None:
        return say("estimate_test_not_told", language)
    if not tested.lists:
        return say("estimate_test_none", language)
    return say("estimate_test_of", language, held=tested.held, lists=tested.lists)
