"""Dates in any usual form, read by the order that the list's mapping file tells."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.count.fields import BirthDate
from porchlight.count.load.dates import Read, read_date

DAY = dt.date(2011, 3, 25)
LATEST = 2025


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2011-03-25",
            "2011/3/25",
            "2011.03.25",
            "20110325",
            "2011-03-25T00:00:00",
            "2011-03-25 13:45:10.123",
        ),
        *("2011-03-25T00:00:00Z", "3/25/2011", "03-25-2011", "3.25.11", "03/25/2011 12:00 AM", "3/25/11"),
        *(
            "March 25, 2011",
            "Mar 25 2011",
            "mar. 25th, 2011",
            "25 March 2011",
            "25-Mar-2011",
            "25MAR11"[:2] + " MAR 11",
        ),
        *("25 de marzo de 2011", "25 marzo 2011", "40627", "40627.0"),
    ],
)
def test_a_usual_form_is_read(text: str) -> None:
    assert read_date(text, "mdy", LATEST) == Read(DAY, 2011, BirthDate.DAY)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2011-13-45", "31/31/2011", "Foo 25, 2011", "13/2011", "0/0/0000", "123", "March 2050"],
)
def test_what_is_no_date_is_not_made_one(text: str) -> None:
    assert read_date(text, "mdy", LATEST) is None


def test_the_order_of_the_list_decides_and_no_other() -> None:
    mdy, dmy = read_date("03/04/2011", "mdy", LATEST), read_date("03/04/2011", "dmy", LATEST)
    assert mdy is not None
    assert dmy is not None
    assert (mdy.date, dmy.date) == (dt.date(2011, 3, 4), dt.date(2011, 4, 3))
    assert mdy.quality == dmy.quality == BirthDate.AMBIGUOUS


def test_a_date_that_only_the_other_order_gives_is_marked_swapped() -> None:
    assert read_date("25/03/2011", "mdy", LATEST) == Read(DAY, 2011, BirthDate.SWAPPED)
    assert read_date("03/25/2011", "dmy", LATEST) == Read(DAY, 2011, BirthDate.SWAPPED)
    assert read_date("2011-25-03", "ymd", LATEST) == Read(DAY, 2011, BirthDate.SWAPPED)


@pytest.mark.parametrize(
    ("text", "year", "quality"),
    [
        ("2011", 2011, BirthDate.YEAR),
        ("03/2011", 2011, BirthDate.MONTH),
        ("2011-03", 2011, BirthDate.MONTH),
        ("March 2011", 2011, BirthDate.MONTH),
    ],
)
def test_a_year_or_month_alone_gives_no_day(text: str, year: int, quality: BirthDate) -> None:
    assert read_date(text, "mdy", LATEST) == Read(None, year, quality)


def test_two_digits_of_a_year_that_would_be_to_come_are_of_the_century_before() -> None:
    assert [
        getattr(read_date(text, "mdy", LATEST), "year", None) for text in ("1/2/25", "1/2/26", "1/2/99")
    ] == [
        2025,
        1926,
        1999,
    ]


@given(
    st.dates(dt.date(1926, 1, 1), dt.date(2025, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d %B %Y", "%b %d, %Y"]),
)
def test_every_day_is_read_back_as_it_was_written(day: dt.date, form: str) -> None:
    read = read_date(day.strftime(form), "mdy", LATEST)
    assert read is not None
    assert read.date == day
    assert read.quality in (BirthDate.DAY, BirthDate.AMBIGUOUS)


@given(st.text(max_size=20))
def test_no_text_makes_it_fail(text: str) -> None:
    read = read_date(text, "mdy", LATEST)
    assert read is None or read.year is not None
