"""Rendered answers are kept while they are true, are bounded, and hold nothing that a visitor typed."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from porchlight.facts import shipped
from porchlight.facts.overlay import lay_over
from porchlight.report import api
from porchlight.report.shelf import Question, Rendered, Shelf
from tests.report.asking import NOON

MINUTE = dt.timedelta(minutes=1)


def question(name: str = "US-KY") -> Question:
    """A question about a jurisdiction."""
    return Question(porch="json", language="en", jurisdiction=name)


def rendered(body: bytes = b"x", since: dt.datetime = NOON, until: dt.datetime = NOON + MINUTE) -> Rendered:
    """An answer that is true for a minute from noon."""
    return Rendered(body, "tag", since, until)


def never() -> Rendered:
    """What must not be asked for."""
    raise AssertionError("rendered again")


def test_an_answer_is_made_once_until_the_moment_it_changes() -> None:
    shelf = Shelf()
    first = shelf.rendered(question(), shipped(), NOON, rendered)
    assert shelf.rendered(question(), shipped(), NOON, never) is first
    assert shelf.rendered(question(), shipped(), NOON + MINUTE - dt.timedelta(microseconds=1), never) is first
    later = rendered(b"y", NOON + MINUTE, NOON + 2 * MINUTE)
    assert shelf.rendered(question(), shipped(), NOON + MINUTE, lambda: later) is later
    assert shelf.rendered(question(), shipped(), NOON + MINUTE, never) is later


def test_a_clock_that_is_set_back_does_not_find_what_is_true_only_later() -> None:
    shelf = Shelf()
    shelf.rendered(question(), shipped(), NOON, rendered)
    before = rendered(b"y", NOON - MINUTE, NOON)
    assert shelf.rendered(question(), shipped(), NOON - MINUTE, lambda: before) is before


def test_other_facts_find_nothing_that_was_made_on_the_old_ones(tmp_path: Path) -> None:
    shelf, corrected = Shelf(), lay_over(shipped(), tmp_path).facts
    (tmp_path / "a.yaml").write_text(
        "by: A. Person\non: 2026-11-01\nchange:\n  us-ky-intake:\n    withhold: wrong\n"
    )
    corrected = lay_over(shipped(), tmp_path).facts
    shelf.rendered(question(), shipped(), NOON, rendered)
    fresh = rendered(b"y")
    assert shelf.rendered(question(), corrected, NOON, lambda: fresh) is fresh
    # And one that was still being made on the old facts when the new ones came is not kept.
    with pytest.raises(AssertionError, match="rendered again"):
        shelf.rendered(question(), shipped(), NOON, never)


def test_what_is_made_while_the_facts_change_is_answered_and_not_kept(tmp_path: Path) -> None:
    shelf, newer = Shelf(), lay_over(shipped(), tmp_path).facts
    (tmp_path / "a.yaml").write_text("by: A. Person\non: 2026-11-01\n")
    newer = lay_over(shipped(), tmp_path).facts
    assert newer is not shipped()

    def slowly() -> Rendered:
        shelf.rendered(question("US-OH"), newer, NOON, rendered)
        return rendered(b"on the old facts")

    assert shelf.rendered(question(), shipped(), NOON, slowly).body == b"on the old facts"
    with pytest.raises(AssertionError, match="rendered again"):
        shelf.rendered(question(), newer, NOON, never)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 40)), max_size=60))
def test_it_never_holds_more_than_it_may_and_drops_what_was_asked_longest_ago(
    asked: list[tuple[str, int]],
) -> None:
    shelf = Shelf(max_bytes=100)
    order: list[str] = []
    for name, size in asked:
        shelf.rendered(question(name), shipped(), NOON, lambda size=size: rendered(b"x" * size))  # type: ignore[misc]
        order = [each for each in order if each != name] + [name]
        held = [each.jurisdiction for each in shelf._held]
        assert sum(len(each.body) for each in shelf._held.values()) <= 100
        assert held == order[-len(held) :]  # the ones asked last, in that order, and no gap among them


def test_a_shelf_of_no_bytes_holds_nothing() -> None:
    shelf = Shelf()
    shelf.rendered(question(), shipped(), NOON, rendered)
    shelf.limit(0)
    with pytest.raises(AssertionError, match="rendered again"):
        shelf.rendered(question(), shipped(), NOON, never)


def test_many_threads_may_ask_at_once() -> None:
    shelf = Shelf(max_bytes=500)

    def ask(number: int) -> bool:
        body = str(number % 13).encode() * 50
        return (
            shelf.rendered(question(str(number % 13)), shipped(), NOON, lambda: rendered(body)).body == body
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2_000)))


def test_nothing_that_was_typed_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shelf and all it holds, looked through for words, ZIP codes and cities of the questions."""
    shelf = Shelf()
    monkeypatch.setattr(api, "SHELF", shelf)
    program = Client(headers={"host": "localhost"})
    typed = [
        "40202",
        "Louisville KY",
        "lousville ky",
        "Jefferson County, KY",
        "10001-1234",
        "qzcanaryqz",
        "NYC",
    ]
    for place in typed:
        program.get("/api/v1/answer", {"place": place, "concern": "online"})
    keys, held = repr(list(shelf._held)).casefold(), repr(shelf.__dict__).casefold()
    assert "'us-ky'" in keys
    assert "'21111'" in keys
    assert [word for word in ("louis", "lousv", "jefferson", "nyc", "new york city") if word in keys] == []
    assert [word for word in ("40202", "10001", "qzcanary", "lousv") if word in held] == []
