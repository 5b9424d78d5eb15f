"""Anything may be typed: the answer is a reason, never an exception, and the work is bounded by the length."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.places import MAX_LENGTH, Ask, Found, Unknown, UnknownWhy, jurisdictions, resolve
from porchlight.places.resolve import gazetteer

CODES = {code for code, _ in jurisdictions()}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", UnknownWhy.EMPTY),
        ("   \t\n ", UnknownWhy.EMPTY),
        ("\u200f\u200e\ufeff", UnknownWhy.EMPTY),
        ("x" * 10_000, UnknownWhy.TOO_LONG),
        ("40202" * 2_000, UnknownWhy.TOO_LONG),
        ("\x00" * 10_000, UnknownWhy.TOO_LONG),
        ("\x00", UnknownWhy.CONTROL_CHARACTERS),
        ("louis\x00ville", UnknownWhy.CONTROL_CHARACTERS),
        ("louisville\x1b[2J", UnknownWhy.CONTROL_CHARACTERS),
        ("\ud800", UnknownWhy.CONTROL_CHARACTERS),
        ("!!!", UnknownWhy.NO_LETTERS),
        (",,,", UnknownWhy.NO_LETTERS),
        ("🙂🙂", UnknownWhy.NO_LETTERS),
        ("-----", UnknownWhy.NO_LETTERS),
        ("'; DROP TABLE places; --", UnknownWhy.NOT_FOUND),
        ("<script>", UnknownWhy.NOT_FOUND),
        ("²³¹¼½", UnknownWhy.NOT_FOUND),
        ("٤٠٢٠٢", UnknownWhy.NOT_FOUND),
        ("4020", UnknownWhy.NOT_FOUND),
        ("402020", UnknownWhy.NOT_FOUND),
    ],
)
def test_bad_input_gets_a_reason(text: str, reason: UnknownWhy) -> None:
    assert resolve(text) == Unknown(reason)


def test_marks_that_show_nothing_do_not_hide_a_place() -> None:
    for text in (
        "\u202blouisville ky\u202c",
        "louis\u00adville ky",
        "louisville\u00a0ky",
        "\ufefflouisville\tky\r\n",
    ):
        answer = resolve(text)
        assert isinstance(answer, Found), text
        assert answer.place.county_fips == "21111"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=2 * MAX_LENGTH) | st.text(alphabet="abcdeilnorstuvwy ,.'-0123456789", max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    answer = resolve(text)
    if isinstance(answer, Found):
        assert answer.place.jurisdiction in CODES
        assert answer.place.zones
        assert (answer.place.county is None) == (answer.place.county_fips is None)
    elif isinstance(answer, Ask):
        assert 2 <= len(answer.choices) <= 60
        assert len({choice.place for choice in answer.choices}) == len(answer.choices)
    else:
        assert isinstance(answer, Unknown)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdeilnorstuvwy ,.'-0123456789", max_size=MAX_LENGTH))
def test_the_work_is_bounded_whatever_is_typed(text: str) -> None:
    """Look-ups in the book are all that grows: few thousand at most, at any length."""
    book = gazetteer()
    count = 0
    find = type(book).find

    def counting(self: object, name: str) -> int:
        nonlocal count
        count += 1
        return find(book, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(book), "find", counting)
        resolve(text)
    assert count < 20_000


def test_nothing_that_was_typed_is_kept() -> None:
    """No cache is keyed by a visitor's words: the only caches take no argument."""
    module = inspect.getmodule(resolve)
    assert module is not None
    caches = [value for value in vars(module).values() if hasattr(value, "cache_info")]
    assert caches
    for value in caches:
        assert not inspect.signature(value).parameters
