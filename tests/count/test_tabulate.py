"""Counting linked rows: each unit by itself, each child once, and everything adds up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porchlight.count.cells import Key, Unit
from porchlight.count.tabulate import Asked, Plan, Tabulated, TabulateError, tabulate
from tests.count import linked_rows
from tests.count.linked_rows import PLAN

Said = tuple[str, dict[str, Any]]


def counted(folder: Path, rows: list[Said], plan: Plan = PLAN) -> Tabulated:
    return tabulate(folder / "records.parquet", linked_rows.write(folder, rows), plan)


def value(told: Tabulated, unit: Unit, **where: str) -> int:
    key = Key("2026", unit, frozenset(where.items()))
    return next(table.cells[key] for table in told.tables if key in table.cells)


def test_a_child_named_by_three_agencies_in_four_reports_is_one_child_and_each_report_counts(
    tmp_path: Path,
) -> None:
    rows: list[Said] = [
        ("a", {"report_id": "1"}),
        ("a", {"report_id": "2"}),
        ("a", {"list": "police", "report_id": "1"}),
        ("a", {"list": "clinic", "report_id": "1"}),
        ("b", {"report_id": "1"}),
    ]
    told = counted(tmp_path, rows, replace(PLAN, statute_lists=()))
    assert value(told, Unit.CHILDREN) == 2
    assert value(told, Unit.REPORTS) == 4
    assert value(told, Unit.CHILDREN, agencies="3+") == 1
    assert value(told, Unit.CHILDREN, agencies="1") == 1


def test_the_capture_histories_are_of_the_counted_rows_and_agree_with_the_table_of_agencies(
    tmp_path: Path,
) -> None:
    rows: list[Said] = [
        ("a", {"report_id": "1"}),
        ("a", {"report_id": "2"}),
        ("a", {"list": "police"}),
        ("b", {"list": "police"}),
        # Rows of another year, and of grown people, are in no history.
        ("b", {"report_date": dt.date(2020, 1, 1)}),
        ("c", {"list": "clinic", "age_months": 40 * 12}),
    ]
    told = counted(tmp_path, rows)
    assert told.captured == {0.95: {("cps", "police"): 1, ("police",): 1}}
    assert value(told, Unit.CHILDREN, agencies="2") == value(told, Unit.CHILDREN, agencies="1") == 1


def test_the_statutes_counts_are_of_the_statutes_lists_and_children_of_all_lists(tmp_path: Path) -> None:
    rows: list[Said] = [
        ("a", {"determination": "victim", "served": True}),
        ("b", {"list": "police", "determination": "victim", "served": True}),
    ]
    told = counted(tmp_path, rows)
    assert [value(told, unit) for unit in Unit] == [1, 1, 1, 1, 2]
    assert value(told, Unit.CHILDREN, decision="victim") == 1


def test_page_one_is_reconciled(tmp_path: Path) -> None:
    rows: list[Said] = [
        ("a", {"report_id": "1", "investigated": True, "determination": "victim"}),
        ("b", {"report_id": "1", "investigated": True, "determination": "not_victim"}),
        ("c", {"investigated": True, "determination": "possible"}),
        ("d", {"investigated": True}),
        ("e", {"investigated": False}),
        ("f", {"investigated": None}),
        ("g", {"investigated": False, "determination": "victim"}),
    ]
    told = counted(tmp_path, rows)
    steps = ("determined", "not_determined", "undecided", "not_investigated", "investigation_not_recorded")
    assert [value(told, Unit.REPORTS, step=step) for step in steps] == [2, 1, 1, 1, 1]
    assert value(told, Unit.REPORTS, step="investigated") == value(told, Unit.INVESTIGATIONS) == 4
    assert value(told, Unit.DETERMINATIONS) == 2
    for relation in told.relations:
        assert value(told, relation.total.unit, **dict(relation.total.where)) == sum(
            value(told, part.unit, **dict(part.where)) for part in relation.parts
        )


def test_a_case_is_one_case_number_and_without_one_the_report_is_the_case(tmp_path: Path) -> None:
    rows: list[Said] = [
        ("a", {"case_id": "C1", "served": True, "determination": "victim"}),
        ("b", {"case_id": "C1", "served": False}),
        ("c", {"report_id": "R", "served": True}),
        ("d", {"report_id": "R", "served": True}),
        ("e", {"case_id": "C2", "served": False}),
        ("f", {"case_id": "C3", "served": None}),
    ]
    told = counted(tmp_path, rows)
    assert value(told, Unit.SERVED) == 2
    assert value(told, Unit.SERVED, decision="victim") == 1


def test_what_most_rows_say_counts_and_a_tie_goes_to_the_first(tmp_path: Path) -> None:
    early, late = dt.date(2026, 1, 5), dt.date(2026, 6, 1)
    rows: list[Said] = [
        ("a", {"sex": "male", "report_date": early}),
        ("a", {"sex": "female", "report_date": late}),
        ("a", {"sex": "female", "report_date": late}),
        ("b", {"sex": "female", "report_date": late}),
        ("b", {"sex": "male", "report_date": early}),
        ("c", {"sex": "unknown"}),
        ("c", {"sex": None}),
    ]
    told = counted(tmp_path, rows)
    assert [value(told, Unit.CHILDREN, sex=each) for each in ("female", "male", "unknown")] == [1, 1, 1]


def test_sex_in_one_list_and_labor_in_another_is_both_and_two_kinds_of_relationship_are_several(
    tmp_path: Path,
) -> None:
    rows: list[Said] = [
        ("a", {"exploitation": "sex", "relationship": "familial"}),
        ("a", {"exploitation": "labor", "relationship": "acquainted"}),
        ("b", {"exploitation": "sex", "relationship": "familial"}),
        ("b", {"exploitation": "unknown", "relationship": "unknown"}),
    ]
    told = counted(tmp_path, rows)
    assert (
        value(told, Unit.CHILDREN, exploitation="both") == value(told, Unit.CHILDREN, exploitation="sex") == 1
    )
    assert value(told, Unit.CHILDREN, relationship="several") == 1
    assert value(told, Unit.CHILDREN, relationship="familial") == 1


def test_age_is_that_of_the_first_report_and_the_day_of_a_birthday_is_the_next_year(tmp_path: Path) -> None:
    rows: list[Said] = [
        ("a", {"age_months": 14 * 12, "report_date": dt.date(2026, 9, 1)}),
        ("a", {"age_months": 14 * 12 - 1, "report_date": dt.date(2026, 2, 1)}),
        ("b", {"age_months": 14 * 12}),
        ("c", {}),
        ("d", {"age_months": 0}),
    ]
    told = counted(tmp_path, rows)
    assert [
        value(told, Unit.CHILDREN, age=each) for each in ("11-13", "13", "14-17", "14", "0", "unknown")
    ] == [
        1,
        1,
        1,
        1,
        1,
        1,
    ]


def test_rows_of_another_year_without_a_day_or_of_adults_are_left_out_and_said(tmp_path: Path) -> None:
    rows: list[Said] = [
        ("a", {"report_date": dt.date(2026, 1, 1)}),
        ("b", {"report_date": dt.date(2026, 12, 31)}),
        ("c", {"report_date": dt.date(2025, 12, 31)}),
        ("d", {"report_date": None}),
        ("e", {"age_months": 18 * 12}),
        ("f", {"age_months": 18 * 12 - 1}),
    ]
    told = counted(tmp_path, rows)
    assert value(told, Unit.CHILDREN) == value(told, Unit.REPORTS) == 3
    left = told.left_out
    assert (left.other_period, left.no_report_date, left.too_old) == (1, 1, 1)


@pytest.mark.parametrize(
    ("under", "bands"),
    [
        (18, ("0-5", "6-10", "11-13", "14-17", "unknown")),
        (16, ("0-5", "6-10", "11-13", "14-15", "unknown")),
        (19, ("0-5", "6-10", "11-13", "14-17", "18", "unknown")),
    ],
)
def test_the_last_age_band_ends_where_the_report_does(
    tmp_path: Path, under: int, bands: tuple[str, ...]
) -> None:
    rows: list[Said] = [("a", {"age_months": under * 12 - 1})]
    told = counted(tmp_path, rows, replace(PLAN, under=under))
    ages = next(table for table in told.tables if table.name == "ages")
    assert ages.dimensions[0].under(None) == bands
    assert value(told, Unit.CHILDREN, age=bands[-2]) == 1


def test_a_county_without_a_child_is_a_zero_and_one_of_no_region_is_outside(tmp_path: Path) -> None:
    plan = replace(PLAN, asked=(Asked("counties", Unit.CHILDREN, ("county_fips",)),))
    rows: list[Said] = [("a", {"county_fips": "21111"}), ("b", {"county_fips": "39061"}), ("c", {})]
    told = counted(tmp_path, rows, plan)
    assert value(told, Unit.CHILDREN, region="21015") == 0
    assert value(told, Unit.CHILDREN, region="21111") == value(told, Unit.CHILDREN, region="Jefferson") == 1
    assert value(told, Unit.CHILDREN, region="outside") == value(told, Unit.CHILDREN, region="39061") == 1
    assert value(told, Unit.CHILDREN, region="unknown") == 1


def test_an_own_table_counts_what_it_asks_for(tmp_path: Path) -> None:
    asked = Asked("mine", Unit.DETERMINATIONS, ("reporter_type",))
    rows: list[Said] = [
        ("a", {"reporter_type": "school", "determination": "victim"}),
        ("b", {"reporter_type": "school"}),
    ]
    told = counted(tmp_path, rows, replace(PLAN, asked=(asked,)))
    assert value(told, Unit.DETERMINATIONS, reporter_type="school") == 1
    assert value(told, Unit.REPORTS, reporter_type="school") == 2


@pytest.mark.parametrize("column", ["first_name", "zip", "birth_date", "reporter_type"])
def test_an_own_table_by_a_column_that_cannot_be_counted_says_which_can(tmp_path: Path, column: str) -> None:
    plan = replace(PLAN, asked=(Asked("mine", Unit.CHILDREN, (column,)),))
    with pytest.raises(
        TabulateError, match=rf"mine: children cannot be counted by '{column}'; choose from .*sex"
    ):
        counted(tmp_path, [("a", {})], plan)


def test_a_row_that_link_did_not_see_stops_the_count(tmp_path: Path) -> None:
    clusters = linked_rows.write(tmp_path, [("a", {})])
    linked_rows.write(tmp_path, [("a", {}), ("b", {})], threshold=0.5)
    with pytest.raises(TabulateError, match="1 rows belong to no child: run `link` again"):
        tabulate(tmp_path / "records.parquet", clusters, PLAN)


def test_every_table_of_a_whole_year_adds_up_at_every_threshold_and_the_middle_one_is_told(
    tmp_path: Path,
) -> None:
    rows = linked_rows.many(1, 300)
    apart = [(f"{child}-{number}", said) for number, (child, said) in enumerate(rows)]
    clusters = linked_rows.write(tmp_path, [("one", said) for _, said in rows], 0.8)
    clusters |= linked_rows.write(tmp_path, rows, 0.95) | linked_rows.write(tmp_path, apart, 0.99)
    told = tabulate(tmp_path / "records.parquet", clusters, PLAN)
    assert told.middle == 0.95
    assert sorted(told.others) == [0.8, 0.99]
    for tables in (told.tables, *told.others.values()):
        for table in tables:
            table.check()
    assert value(told, Unit.CHILDREN) == 300
    everyone = Key("2026", Unit.CHILDREN)
    assert [next(t for t in told.others[at] if t.name == "sex").cells[everyone] for at in (0.8, 0.99)] == [
        1,
        len(rows),
    ]


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    rows = linked_rows.many(2, 60)
    named = [
        (child, said | {"report_date": dt.date(2026, 1, 1) + dt.timedelta(days=at)})
        for at, (child, said) in enumerate(rows)
    ]
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    assert counted(first, named).tables == counted(second, named[::-1]).tables
