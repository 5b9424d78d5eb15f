"""What is hidden, what is not, and what is refused, rule by rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from porchlight.count.cells import (
    NO_BOUND,
    Audited,
    AuditResult,
    Dimension,
    Key,
    Known,
    Relation,
    Said,
    Table,
    TableError,
    Unit,
    Why,
)
from porchlight.count.protect import NotProtectable, ProtectSettings, audited, protect
from porchlight.count.protect.complement import Task, choose
from porchlight.count.protect.system import Bools
from tests.count.brute import table

SEX = Dimension("sex", ("female", "male"))
AGE = Dimension("age", ("0-5", "6-10", "11-13", "14-17"))
REGION = Dimension("region", ("north", "south", "west"))
COUNTY = Dimension(
    "county", ("north", "a", "b", "c", "south", "d"), dict.fromkeys("abc", "north") | {"d": "south"}
)
PLAIN = ProtectSettings(hide_whole=False)


def key(unit: Unit = Unit.CHILDREN, period: str = "2025", **where: str) -> Key:
    return Key(period, unit, frozenset(where.items()))


def alone(count: int, unit: Unit, period: str = "2025") -> Table:
    """A table of one total."""
    return Table(unit, period, unit, (), {Key(period, unit): count})


def test_a_table_of_large_counts_and_harmless_zeros_is_published_whole() -> None:
    result = protect([table((AGE,), [0, 40, 50, 60])])
    assert not result.hidden
    assert result.value(key(age="0-5")) == 0


def test_a_small_count_takes_the_least_other_count_with_it() -> None:
    result = protect([table((AGE,), [3, 40, 50, 60])])
    assert {each: hidden.why for each, hidden in result.hidden.items()} == {
        key(age="0-5"): "small",
        key(age="6-10"): "complement",
    }
    assert (result.hidden[key(age="0-5")].low, result.hidden[key(age="0-5")].high) == (0, 43)


@pytest.mark.parametrize("hide", [4, 5, 10])
def test_two_small_counts_that_leave_too_little_room_take_a_third(hide: int) -> None:
    result = protect([table((AGE,), [1, 2, 50, 60])], settings=ProtectSettings(hide=hide))
    assert set(result.hidden) == {key(age="0-5"), key(age="6-10"), key(age="11-13")}


@pytest.mark.parametrize(("hide", "hidden"), [(5, False), (6, True), (10, True)])
def test_the_setting_moves_the_line(hide: int, hidden: bool) -> None:
    result = protect([table((SEX,), [6, 90])], settings=ProtectSettings(hide=hide))
    assert (key(sex="female") in result.hidden) is hidden


def test_zeros_are_hidden_when_the_setting_says_so_and_zero_stays_possible() -> None:
    result = protect([table((AGE,), [0, 40, 50, 60])], settings=ProtectSettings(hide_zeros=True))
    assert result.hidden[key(age="0-5")].low == 0
    assert result.hidden[key(age="0-5")].high >= 10


def test_a_group_that_is_all_of_one_kind_does_not_show_it() -> None:
    one = table((REGION, SEX), [30, 0, 40, 50, 60, 70])
    result = protect([one])
    assert {each.why for each in result.hidden.values()} >= {"reveals"}
    boys = result.hidden[key(region="north", sex="male")]
    assert (boys.low, boys.high >= 10) == (0, True)
    assert result.value(key(region="north")) == 30
    assert not protect([one], settings=ProtectSettings(tells_nothing=frozenset({"sex"}))).hidden


def test_a_group_too_small_to_print_does_not_show_its_one_kind_either() -> None:
    result = protect([table((REGION, SEX), [1, 0, 40, 50, 60, 70])])
    assert result.value(key(region="north", sex="male")) is None


def test_a_count_in_two_tables_is_one_count() -> None:
    by_age = table((REGION, AGE), [3, 40, 50, 60, *[70] * 8], name="age")
    by_sex = table((REGION, SEX), [100, 53, 140, 140, 150, 130], name="sex")
    together = protect([by_age, by_sex], settings=PLAIN)
    for one in together.tables:
        assert all(one.cells[each] == together.value(each) for each in one.cells)
    assert together.value(key(region="north")) == 153


def test_tables_that_give_one_count_two_values_are_refused() -> None:
    with pytest.raises(TableError, match="another count"):
        protect([table((SEX,), [30, 40], name="a"), table((AGE,), [30, 40, 1, 2], name="b")])


def test_a_region_of_one_county_hides_what_the_county_hides() -> None:
    result = protect([table((COUNTY,), [40, 50, 60, 4])])
    assert {key(county="d"), key(county="south")} <= set(result.hidden)
    assert result.value(key()) == 154


def test_a_relation_between_units_cannot_be_subtracted() -> None:
    tables = [alone(60, Unit.REPORTS), alone(56, Unit.INVESTIGATIONS)]
    outcome = Dimension("outcome", ("investigated", "not investigated"))
    split = table((outcome,), [56, 4], unit=Unit.REPORTS, name="flow")
    link = Relation(key(Unit.REPORTS, outcome="investigated"), (key(Unit.INVESTIGATIONS),))
    result = protect([*tables, split], [link])
    hidden = result.hidden[key(Unit.REPORTS, outcome="not investigated")]
    assert hidden.high - hidden.low >= 10
    assert not {key(Unit.REPORTS), key(Unit.INVESTIGATIONS)}.isdisjoint(result.hidden)


def test_a_relation_that_is_not_true_is_refused() -> None:
    tables = [alone(60, Unit.REPORTS), alone(56, Unit.INVESTIGATIONS)]
    with pytest.raises(TableError, match="relation"):
        protect(tables, [Relation(key(Unit.REPORTS), (key(Unit.INVESTIGATIONS),))])


def test_what_last_year_printed_is_not_counted_on_to_protect() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    result = protect([one], known=Known({key(age="6-10"): 40}))
    assert set(result.hidden) == {key(age="0-5"), key(age="11-13")}


def test_what_last_year_hid_stays_hidden() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    before = Known(hidden=frozenset({key(age="14-17")}))
    assert key(age="14-17") in protect([one], known=before).hidden
    with pytest.raises(NotProtectable):
        audited(
            [one],
            {key(age="0-5"): "small", key(age="6-10"): "complement"},
            known=Known(hidden=frozenset({key(age="14-17")})),
        )


def test_a_small_late_correction_does_not_show_how_many_came_late() -> None:
    one = table((AGE,), [33, 40, 50, 60])
    result = protect([one], known=Known({key(age="0-5"): 30}))
    hidden = result.hidden[key(age="0-5")]
    assert hidden.low <= 30
    assert hidden.high >= 40


def test_a_small_count_that_last_year_printed_is_refused_with_what_to_do() -> None:
    with pytest.raises(NotProtectable, match=r"0-5.*Take the table it stands in out"):
        protect([table((AGE,), [3, 40, 50, 60])], known=Known({key(age="0-5"): 3}))


def test_a_share_told_in_the_narrative_is_an_attacker_too() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    told = Said({key(age="0-5"): 1.0}, 153 * 0.0195, 153 * 0.0205)  # "2.0 percent are five or younger"
    with pytest.raises(NotProtectable):
        protect([one], known=Known(said=(told,)))
    vague = Said({key(age="0-5"): 1.0}, 0, 153 * 0.1)  # "fewer than one in ten"
    assert key(age="0-5") in protect([one], known=Known(said=(vague,))).hidden


def test_a_sentence_that_is_not_true_of_the_counts_is_refused() -> None:
    with pytest.raises(TableError, match="not true"):
        protect([table((AGE,), [30, 40, 50, 60])], known=Known(said=(Said({key(age="0-5"): 1.0}, 31, 99),)))


def test_an_attacker_with_last_year_percentages_chart_and_quality_page_finds_nothing() -> None:
    one = table((REGION, AGE), [3, 14, 25, 31, 12, 2, 40, 22, 18, 33, 9, 61])
    chart = Said({key(region="north", age="14-17"): 1.0}, 30, 32)  # the length of a bar, read with a ruler
    quality = Said({key(region="west"): 0.5}, 60, 61)  # "half of the 121 of the west lack a birth date"
    share = Said({key(age="14-17"): 100.0, key(): -42.0}, -135, 135)  # "42 percent", rounded
    known = Known(
        {key(region="north", age="11-13"): 25, key(region="south"): 76}, said=(chart, quality, share)
    )
    result = protect([one], known=known)
    for each, count in one.cells.items():
        if 1 <= count <= 10:
            told = result.hidden[each]
            assert told.low <= 1
            assert told.high >= 10
    assert result.audit.attacks > 0
    assert result.audit.narrowed == ()


def test_whole_numbers_break_what_linear_attackers_take_for_safe() -> None:
    one = table((AGE,), [3, 9, 40, 50])
    thrice = Said({key(age="0-5"): 3.0, key(age="6-10"): -1.0}, 0, 0)
    with pytest.raises(NotProtectable, match="6-10"):  # only 0, 3, 6, 9... are possible
        protect([one], known=Known(said=(thrice,)), settings=PLAIN)


def test_a_rounded_estimate_that_narrows_a_hidden_count_is_refused() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    hidden: dict[Key, Why] = {key(age="0-5"): "small", key(age="6-10"): "complement"}
    assert audited([one], hidden).hidden
    # "About 70 children of 6 to 10 years were never reported": 1.75 for each one counted, to the nearest ten.
    estimate = Said({key(age="6-10"): 1.75}, 65, 75)
    with pytest.raises(NotProtectable, match="0-5"):
        audited([one], hidden, known=Known(said=(estimate,)))
    around_it = protect([one], known=Known(said=(estimate,)))
    assert set(around_it.hidden) == {key(age="0-5"), key(age="11-13")}


def test_an_estimate_of_a_small_count_itself_is_refused_whatever_else_is_hidden() -> None:
    estimate = Said({key(age="0-5"): 2.0}, 5, 10)
    with pytest.raises(NotProtectable, match="earlier figure or sentence"):
        protect([table((AGE,), [3, 40, 50, 60])], known=Known(said=(estimate,)))


def test_an_estimate_of_what_is_published_hides_nothing_more() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    estimate = Said({key(): 1.75}, 265, 275)
    assert set(protect([one], known=Known(said=(estimate,))).hidden) == set(protect([one]).hidden)


def test_who_knows_the_rules_does_not_tell_a_small_count_by_what_it_can_be() -> None:
    """Of 20, one count can be 6 to 20: it is none of 6 to 10, or it had not passed; so the small one is not 10."""
    kind = Dimension("kind", ("a", "b"))
    hidden: dict[Key, Why] = {
        key(sex=sex, kind=each): "complement" for sex in SEX.categories for each in kind.categories
    }
    with pytest.raises(NotProtectable, match="female"):
        audited([table((SEX, kind), [3, 17, 11, 30])], hidden, settings=PLAIN)
    assert (
        audited([table((SEX, kind), [3, 27, 11, 30])], hidden, settings=PLAIN).hidden.keys() == hidden.keys()
    )
    assert protect([table((SEX, kind), [3, 17, 11, 30])], settings=PLAIN).hidden.keys() != hidden.keys()


def test_a_zero_that_a_published_zero_tells_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    one = table((REGION, SEX), [0, 0, 3, 40, 50, 60])
    sexes = [key(region="north", sex=each) for each in SEX.categories]
    chosen = choose

    def too_much(tasks: Sequence[Task], *more: Any) -> Bools:
        hidden = chosen(tasks, *more)
        hidden[[tasks[0].system.position[each] for each in sexes]] = True
        return hidden

    monkeypatch.setattr("porchlight.count.protect.choose", too_much)
    result = protect([one])
    assert [result.value(each) for each in sexes] == [0, 0]
    assert result.value(key(region="south", sex="female")) is None


def test_a_group_of_which_nothing_is_known_tells_nothing() -> None:
    sex = Dimension("sex", ("female", "male", "unknown"))
    assert not protect([table((sex,), [0, 0, 40])]).hidden
    assert protect([table((sex,), [0, 40, 0])]).hidden


def test_one_count_under_two_units_is_hidden_under_both_without_being_told() -> None:
    who, step = (
        Dimension("who", ("police", "school", "kin")),
        Dimension("step", ("investigated", "not_investigated")),
    )
    reports = table((who, step), [40, 20, 7, 30, 60, 30], unit=Unit.REPORTS, name="reports")
    investigated = table((who,), [40, 7, 60], unit=Unit.INVESTIGATIONS, name="investigations")
    result = protect([reports, investigated])
    assert result.value(key(Unit.INVESTIGATIONS, who="school")) is None
    pairs = [
        (key(Unit.INVESTIGATIONS, who=each), key(Unit.REPORTS, who=each, step="investigated"))
        for each in who.categories
    ]
    assert all((one in result.hidden) == (two in result.hidden) for one, two in pairs)


def test_no_more_investigations_than_reports_is_reckoned_with() -> None:
    who = Dimension("who", ("police", "school", "kin"))
    reports = table((who,), [40, 12, 60], unit=Unit.REPORTS, name="reports")
    investigated = table((who,), [30, 5, 60], unit=Unit.INVESTIGATIONS, name="investigations")
    # Five of school and 30 of police are hidden; kin of both are shown. All fits, but only up to the 12 of school.
    result = protect([reports, investigated])
    assert result.hidden[key(Unit.INVESTIGATIONS, who="school")].high <= 12


def test_an_investigation_that_was_not_investigated_is_a_zero_that_hides_nothing() -> None:
    step = Dimension("step", ("investigated", "not_investigated"))
    one = table((step,), [40, 0], unit=Unit.INVESTIGATIONS)
    assert not protect([one]).hidden
    with pytest.raises(TableError, match="not true"):
        protect([table((step,), [40, 1], unit=Unit.INVESTIGATIONS)])


def test_a_table_that_an_earlier_report_of_the_same_time_hid_from_is_kept() -> None:
    before = Known(hidden=frozenset({key(sex="female"), key(sex="female", period="2024")}))
    with pytest.raises(NotProtectable, match="keep the tables"):
        protect([table((AGE,), [30, 40, 50, 60])], known=before)
    other_year = Known(hidden=frozenset({key(sex="female", period="2024")}))
    assert not protect([table((AGE,), [30, 40, 50, 60])], known=other_year).hidden


def test_the_number_of_attacks_tells_nothing_of_what_is_hidden() -> None:
    counts = [protect([table((AGE,), [few, 43 - few, 50, 60])]) for few in (1, 3, 7, 10)]
    assert len({frozenset(each.hidden) for each in counts}) == 1
    assert len({each.audit.attacks for each in counts}) == 1


def test_hiding_only_the_small_count_is_not_sealed() -> None:
    one = table((AGE,), [3, 40, 50, 60])
    with pytest.raises(NotProtectable, match="0-5"):
        audited([one], {key(age="0-5"): "small"})
    enough = audited([one], {key(age="0-5"): "small", key(age="14-17"): "complement"})
    assert enough.hidden[key(age="14-17")].high == 63


def test_showing_the_small_count_is_not_sealed() -> None:
    with pytest.raises(NotProtectable, match="0-5"):
        audited([table((AGE,), [3, 40, 50, 60])], {})


def test_hidden_counts_are_not_in_what_publish_gets() -> None:
    result = protect([table((AGE,), [3, 40, 50, 60])])
    assert not any(each in one.cells for one in result.tables for each in result.hidden)
    assert result.value(key(age="0-5")) is None
    assert result.share(key(age="0-5"), key()) is None
    share = result.share(key(age="14-17"), key())
    assert share is not None
    assert math.isclose(share, 60 / 153)
    with pytest.raises(KeyError):
        result.value(key(sex="female"))


def test_nobody_else_makes_an_audited() -> None:
    good = protect([table((AGE,), [3, 40, 50, 60])])
    with pytest.raises(TypeError, match="unaudited"):
        Audited(good.tables, good.hidden, AuditResult(1, (), 0.0))
    with pytest.raises(TypeError, match="visible"):
        replace(good, tables=(table((AGE,), [3, 40, 50, 60]),))


def test_a_small_total_is_hidden_with_all_that_would_tell_it() -> None:
    result = protect([table((SEX,), [2, 3])])
    assert set(result.hidden) == {key(), key(sex="female"), key(sex="male")}
    assert result.hidden[key()].high == NO_BOUND


def test_the_same_tables_hide_the_same_counts_in_any_order() -> None:
    first = table((REGION, AGE), [3, 14, 25, 31, 12, 2, 40, 22, 18, 33, 9, 61], name="age")
    second = table((REGION, SEX), [40, 33, 38, 38, 60, 61], name="sex")
    there, back = protect([first, second]), protect([second, first])
    assert there.hidden == back.hidden


def test_other_ways_of_linking_need_the_same_counts() -> None:
    with pytest.raises(TableError, match="way of linking"):
        protect([table((SEX,), [30, 40])], others=[[table((AGE,), [30, 40, 20, 20])]])


def test_a_count_small_under_another_way_of_linking_is_hidden_under_all() -> None:
    result = protect([table((AGE,), [12, 40, 50, 60])], others=[[table((AGE,), [9, 40, 50, 60])]])
    assert key(age="0-5") in result.hidden
    assert result.ranges[key()] == (159, 162)
    assert key(age="0-5") not in result.ranges


def test_a_table_with_a_cell_missing_or_a_wrong_margin_is_refused() -> None:
    one = table((SEX,), [30, 40])
    with pytest.raises(TableError, match="missing"):
        protect([replace(one, cells={key(): 70})])
    with pytest.raises(TableError, match="add up"):
        protect([replace(one, cells={**one.cells, key(): 71})])


@pytest.mark.parametrize("hide", [-1, 0, 1])
def test_a_setting_that_protects_nobody_is_refused(hide: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        ProtectSettings(hide=hide)
