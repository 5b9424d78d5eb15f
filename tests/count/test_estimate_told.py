"""Estimates in a report: by every method, rounded against witnesses, sealed, refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.count.cells import Key, Unit
from porchlight.count.estimate import Method, Table
from porchlight.count.estimate.lists import as_private_json, histories, said
from porchlight.count.estimate.report import Estimated, carefully, estimated
from porchlight.count.protect.estimates import (
    Answer,
    AuditedEstimates,
    Question,
    Rounded,
    questions,
    rounded,
    seal,
    witness,
)

# Four lists; 7 children are in three lists or more.
TABLE = Table.of(
    ["cps", "police", "shelter", "hotline"],
    dict(
        zip(
            (
                "1000",
                "0100",
                "0010",
                "0001",
                "1100",
                "1010",
                "1001",
                "0110",
                "0101",
                "0011",
                "1110",
                "1101",
                "1011",
                "0111",
            ),
            (210, 160, 120, 90, 31, 22, 17, 18, 13, 11, 3, 2, 1, 1),
            strict=True,
        )
    ),
)


@pytest.fixture(scope="module")
def raw() -> Estimated:
    """Estimated at three thresholds that agree, with few draws."""
    return estimated({0.8: TABLE, 0.95: TABLE, 0.99: TABLE}, draws=200)


def test_every_method_answers_and_the_chosen_one_at_every_threshold(raw: Estimated) -> None:
    told = carefully(raw, frozenset(), 10)
    assert [each.method for each in told.answers] == list(Method)
    assert [each.threshold for each in told.by_threshold] == [0.8, 0.95, 0.99]
    assert {each.method for each in told.by_threshold} == {Method.BIC}
    assert [each.method for each in told.tested] == ["stepwise", "dga", "independence"]
    assert all(each.lists == 4 for each in told.tested)


def test_numbers_are_rounded_to_two_digits_and_intervals_only_made_wider(raw: Estimated) -> None:
    for mine, told in zip(raw.answers, carefully(raw, frozenset(), 10).answers, strict=True):
        assert mine.found
        low, high = mine.found.interval() or (0, 0)
        assert told.number
        assert told.low
        assert told.high
        assert abs(told.number.value - mine.found.estimate) <= told.number.step / 2
        assert told.low.value <= low < high <= told.high.value
        assert all(each.step >= each.value / 51 for each in (told.number, told.low, told.high))


def test_with_a_hidden_overlap_every_number_is_that_of_every_witness(raw: Estimated) -> None:
    told = carefully(raw, frozenset({2, 3}), 10)
    numbers = [each.number for each in told.answers if each.number]
    assert numbers
    assert {each.asked for each in numbers} == {2}
    free = carefully(raw, frozenset(), 10)
    for one, other in zip(told.answers, free.answers, strict=True):
        if one.number and other.number:
            assert one.number.step >= other.number.step


def test_where_the_total_is_hidden_no_number_is_told(raw: Estimated) -> None:
    told = carefully(raw, frozenset({0, 1, 2, 3}), 10)
    assert {each.refused for each in told.answers} == {("tells_a_count",)}
    assert all(each.number is None for each in (*told.answers, *told.by_threshold))


def test_a_refused_table_tells_nothing_but_why() -> None:
    few = Table.of(["a", "b", "c"], {"100": 40, "010": 30, "001": 20, "110": 6})
    found = estimated({0.8: few, 0.95: few, 0.99: few}, draws=200)
    told = carefully(found, frozenset(), 10)
    assert all("few_overlaps" in each.refused for each in told.answers)
    assert all(each.number is each.low is each.high is None for each in told.answers)


@pytest.mark.parametrize("lists", [1, 2])
def test_one_or_two_lists_are_refused(lists: int) -> None:
    table = Table.of(["a", "b"][:lists], {"1" * lists: 30, "1".ljust(lists, "0"): 50})
    told = carefully(estimated({0.8: table, 0.95: table, 0.99: table}, draws=200), frozenset(), 10)
    assert all(each.refused[0] == "few_lists" for each in told.answers)


def test_protect_is_told_on_which_side_of_the_limit_the_overlaps_are(raw: Estimated) -> None:
    (fact,) = said(raw, "2025")
    several = [Key("2025", Unit.CHILDREN, frozenset({("agencies", each)})) for each in ("2", "3+")]
    assert set(fact.terms) == set(several)
    assert fact.low == 20
    few = Table.of(["a", "b", "c"], {"100": 40, "010": 30, "001": 20, "110": 6})
    (fact,) = said(estimated({0.8: few, 0.95: few, 0.99: few}, draws=200), "2025")
    assert (fact.low, fact.high) == (0, 19)


def test_of_groups_protect_is_told_no_most_and_nothing_is_told_beside_a_hidden_count() -> None:
    few = Table.of(["a", "b", "c"], {"100": 40, "010": 30, "001": 20, "110": 6})
    grouped = estimated({0.8: few, 0.95: few, 0.99: few}, grouped=True, draws=200)
    assert list(said(grouped, "2025")) == []
    enough = estimated({0.8: TABLE, 0.95: TABLE, 0.99: TABLE}, grouped=True, draws=200)
    (fact,) = said(enough, "2025")
    assert fact.low == 20
    told = carefully(enough, frozenset({3}), 10)
    assert {each.refused for each in told.answers} == {("tells_a_count",)}


def test_only_protect_seals_and_it_looks_again() -> None:
    good = Answer("bic", 0.95, Rounded(100, 10, 2), Rounded(80, 10, 2), Rounded(120, 10, 2))
    with pytest.raises(TypeError, match="nothing unaudited"):
        AuditedEstimates("bic", 0.95, (good,), (good,), ())
    assert seal("bic", 0.95, [good], [good], [], {0.95: 2}).answers == (good,)
    unrounded = replace(good, number=Rounded(103, 10, 2))
    unasked = replace(good, number=Rounded(100, 10, 1))
    refused = replace(good, refused=("wide",))
    for wrong in (unrounded, unasked, refused, replace(good, low=None)):
        with pytest.raises(TypeError):
            seal("bic", 0.95, [wrong], [], [], {0.95: 2})


def test_what_is_found_stays_private_and_whole(raw: Estimated) -> None:
    private = json.loads(as_private_json(raw))
    assert private["tables"]["0.95"]["counts"]["1110"] == 3
    assert [each["method"] for each in private["answers"]] == [*Method, "bic", "bic"]
    assert private["answers"][0]["found"]["model"].startswith("[")
    assert len(private["hidden_lists"]) == 12


def test_lists_are_put_together_by_group() -> None:
    captured = {("a",): 5, ("a", "b"): 3, ("b", "c"): 2, ("c",): 7}
    table = histories(captured, ["a", "b", "c"], {"a": "police", "b": "police"})
    assert table.lists == ("police", "c")
    assert table.counts.tolist() == [0, 8, 7, 2]


COUNTS = st.lists(st.integers(0, 40), min_size=7, max_size=7).filter(any)


@settings(deadline=None)
@given(COUNTS, st.sampled_from([5, 10]))
def test_a_witness_has_the_wanted_count_and_keeps_every_published_one(counts: list[int], hide: int) -> None:
    table = np.array(counts)
    sizes = np.array([1, 1, 2, 1, 2, 2, 3])
    hidden = frozenset({2, 3})
    for question in questions(table, hidden, hide):
        assert question.value in (1, hide)
        found = witness(table, question, lambda tables: np.abs(tables - table).sum(axis=1).astype(float))
        if found is None:
            continue
        assert (found >= 0).all()
        assert found.sum() == table.sum()
        assert found[sizes == question.size].sum() == question.value
        assert (found[sizes == 1] == table[sizes == 1]).all()


def test_without_children_to_move_there_is_no_witness() -> None:
    table = np.array([5, 4, 0, 3, 0, 0, 2])
    assert witness(table, Question(3, 10, frozenset({2})), lambda tables: np.zeros(len(tables))) is None


@given(st.floats(1, 1e7), st.lists(st.floats(0.5, 2), max_size=5))
def test_a_rounded_number_is_the_same_for_all_it_was_held_against(value: float, ratios: list[float]) -> None:
    elsewhere = [value * each for each in ratios]
    for way in ("nearest", "down", "up"):
        found = rounded(value, elsewhere, way)
        if found:
            assert found.value % found.step == 0
            assert found.asked == len(ratios)
            assert all(rounded_again(each, found, way) for each in elsewhere)
            assert way != "down" or found.value <= value
            assert way != "up" or found.value >= value


def rounded_again(value: float, found: Rounded, way: str) -> bool:
    """Whether `value` is told as `found` is."""
    by = value / found.step
    return found.value == found.step * int(
        np.floor(by) if way == "down" else np.ceil(by) if way == "up" else by + 0.5
    )


def test_the_estimates_are_written_for_nobody_else(tmp_path: Path, raw: Estimated) -> None:
    from porchlight.count import workspace

    workspace.write(tmp_path / "estimates.json", as_private_json(raw).encode())
    assert (tmp_path / "estimates.json").stat().st_mode & 0o077 == 0
