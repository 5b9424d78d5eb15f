"""Protection of small tables against enumeration of every set of whole numbers that agrees with what is published."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.count.cells import Audited, Dimension, Key, Known, Said
from porchlight.count.protect import NotProtectable, ProtectSettings, audited, protect
from porchlight.count.protect.audit import tasks_of
from porchlight.count.protect.complement import choose, loss
from tests.count.brute import Enumerated, safe, table, told_apart

AGE = Dimension("age", ("0-10", "11-13", "14-17"))
SEX = Dimension("sex", ("female", "male"))
PLACE = Dimension("place", ("hill", "town"))
COUNTY = Dimension(
    "county", ("west", "a", "b", "east", "c", "d"), {"a": "west", "b": "west", "c": "east", "d": "east"}
)

slow = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def counts(size: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, most), min_size=size, max_size=size)


def agrees(result: Audited, found: Enumerated, said: Collection[Said] = ()) -> None:
    """What the audit says an attacker can conclude is what enumeration finds, as far as that goes."""
    rows = found.agreeing(result.hidden, tuple(said))
    for key, told in result.hidden.items():
        values = found.values(rows, key)
        if found.complete(rows):
            assert (told.low, told.high) == (min(values), max(values))
        else:
            assert told.low <= min(values)
            assert told.high >= max(values)


@slow
@given(counts(6, 4), st.just(2))
def test_two_way_tables_are_safe_and_the_audit_concludes_what_enumeration_does(
    leaves: list[int], hide: int
) -> None:
    one = table((AGE, SEX), leaves)
    result = protect([one], settings=ProtectSettings(hide=hide))
    found = Enumerated(one, 6)
    assert safe(found, one, result.hidden, hide)
    agrees(result, found)


@settings(slow, max_examples=6)
@given(counts(8, 2), st.just(2))
def test_three_way_tables_are_safe(leaves: list[int], hide: int) -> None:
    one = table((PLACE, SEX, Dimension("kind", ("labor", "sex"))), leaves)
    result = protect([one], settings=ProtectSettings(hide=hide))
    assert safe(Enumerated(one, 4), one, result.hidden, hide)


@slow
@given(counts(4, 8), st.integers(2, 4))
def test_counties_within_regions_are_safe(leaves: list[int], hide: int) -> None:
    one = table((COUNTY,), leaves)
    result = protect([one], settings=ProtectSettings(hide=hide))
    found = Enumerated(one, 13)
    assert safe(found, one, result.hidden, hide)
    agrees(result, found)


@slow
@given(counts(6, 5), st.integers(2, 3))
def test_a_reader_who_knows_the_rules_and_the_audit_tells_no_small_count_apart(
    leaves: list[int], hide: int
) -> None:
    one = table((AGE, SEX), leaves)
    result = protect([one], settings=ProtectSettings(hide=hide))
    told = told_apart(Enumerated(one, 7), result.hidden, hide)
    assert not [key for key in told if 1 <= one.cells[key] <= hide]


@settings(slow, max_examples=6)
@given(counts(4, 6), st.integers(2, 3))
def test_nothing_less_could_have_been_hidden(leaves: list[int], hide: int) -> None:
    one = table((PLACE, SEX), leaves)
    rules = ProtectSettings(hide=hide)
    (task,) = tasks_of([one], (), Known(), rules, [])
    system = task.system
    start = np.array([1 <= count <= hide for count in system.values])
    chosen = choose([task], start, np.ones_like(start), rules.rounds, [])
    price = dict(zip(system.keys, loss(system).tolist(), strict=True))
    found = Enumerated(one, 10)
    choices = (set(some) for size in range(10) for some in combinations(one.cells, size))
    least = min(sum(price[key] for key in some) for some in choices if safe(found, one, some, hide))
    assert float(loss(system)[chosen].sum()) == pytest.approx(least, rel=1e-3)


@slow
@given(counts(4, 6), st.integers(2, 3))
def test_the_quick_way_that_ends_the_work_is_safe_too(leaves: list[int], hide: int) -> None:
    one = table((PLACE, SEX), leaves)
    result = protect([one], settings=ProtectSettings(hide=hide, rounds=0))
    assert safe(Enumerated(one, 10), one, result.hidden, hide)


@slow
@given(counts(4, 8), st.integers(2, 3), st.data())
def test_no_choice_that_enumeration_breaks_is_sealed(
    leaves: list[int], hide: int, data: st.DataObject
) -> None:
    one = table((PLACE, SEX), leaves)
    hidden = data.draw(st.sets(st.sampled_from(list(one.cells))))
    found = Enumerated(one, 12)
    apart = told_apart(found, hidden, hide)
    good = safe(found, one, hidden, hide) and not any(1 <= one.cells[key] <= hide for key in apart)
    try:
        audited([one], dict.fromkeys(hidden, "complement"), settings=ProtectSettings(hide=hide))
    except NotProtectable:
        assert not good
    else:
        assert good


@slow
@given(counts(4, 9), st.integers(2, 3), st.data())
def test_a_rounded_percentage_told_beside_the_table_is_reckoned_with(
    leaves: list[int], hide: int, data: st.DataObject
) -> None:
    one = table((PLACE, SEX), leaves)
    base = Key("2025", one.unit)
    part = data.draw(st.sampled_from([key for key in one.cells if key.where]))
    percent = round(100 * one.cells[part] / max(1, one.cells[base]), -1)
    said = (
        Said({part: 100.0, base: 5.0 - percent}, 0.0, np.inf),
        Said({part: 100.0, base: -5.0 - percent}, -np.inf, 0.0),
    )
    try:
        result = protect([one], known=Known(said=said), settings=ProtectSettings(hide=hide))
    except NotProtectable:
        assert not safe(Enumerated(one, 12), one, one.cells, hide, said)
    else:
        found = Enumerated(one, 12)
        # Where a hidden base has no upper end, a share of it has none either, and enumeration must stop somewhere.
        if found.complete(found.agreeing(result.hidden, said)):
            assert safe(found, one, result.hidden, hide, said)


@slow
@given(counts(4, 6), counts(4, 2), st.integers(2, 3))
def test_ranges_over_other_ways_of_linking_are_safe_for_each(
    leaves: list[int], more: list[int], hide: int
) -> None:
    one = table((PLACE, SEX), leaves)
    other = table((PLACE, SEX), np.add(leaves, more).tolist())
    result = protect([one], settings=ProtectSettings(hide=hide), others=[[other]])
    assert safe(Enumerated(one, 12), one, result.hidden, hide)
    assert safe(Enumerated(other, 12), other, result.hidden, hide)
    assert result.ranges == {
        key: (one.cells[key], other.cells[key]) for key in one.cells if key not in result.hidden
    }


def test_enumeration_itself_finds_what_a_reader_can_subtract() -> None:
    one = table((SEX,), [3, 40])
    small = Key("2025", one.unit, frozenset({("sex", "female")}))
    found = Enumerated(one, 45)
    assert found.values(found.agreeing({small}), small) == {3}
