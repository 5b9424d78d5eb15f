"""How far a number is trusted, case by case."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.facts.schema import Confirmation, Conflict, ContactRole, How, Source, WithholdReason
from porchlight.facts.standing import Standing, Trust, first_day, trust
from tests.facts.made import TODAY, contact, source


def _trust(*sources: Source, today: dt.date = TODAY, bad: bool = False, **changes: Any) -> Trust:
    """The trust of Kentucky's intake with these sources, and conflicts as (value, sources)."""
    found = {str(number): each for number, each in enumerate(sources)}
    conflicts = []
    for number, (value, others) in enumerate(changes.pop("against", ())):
        ids = tuple(f"against-{number}-{i}" for i in range(len(others)))
        found.update(zip(ids, others, strict=True))
        conflicts.append(Conflict(value=value, sources=ids))
    ours = tuple(key for key in found if not key.startswith("against"))
    made = contact(
        changes.pop("contact_id", "us-ky-intake"), sources=ours, conflicts=tuple(conflicts), **changes
    )
    return trust(made, found.__getitem__, today, bad=bad)


STATE = source("jurisdiction", publisher="Cabinet for Health")
UNIVERSITY = source("jurisdiction", publisher="The University")
COPY = source("jurisdiction_copy", publisher="A newspaper")
COUNTY = source("local_government", publisher="Jefferson County")
LIST = source("list", publisher="List D")
OPERATOR = source("operator", publisher="Childhelp")
FEDERAL = source("federal", publisher="A federal agency")
PRESS = source("press", publisher="A newspaper of the capital")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([STATE, LIST], Standing.agreeing),
        ([STATE, PRESS], Standing.agreeing),
        ([STATE, UNIVERSITY], Standing.agreeing),  # two agencies of one State are two hands
        ([STATE, FEDERAL], Standing.agreeing),
        ([STATE, COUNTY], Standing.agreeing),  # for a line of the State a county is a second hand
        ([STATE], Standing.unconfirmed),
        ([STATE, STATE], Standing.unconfirmed),  # two pages of one publisher
        ([STATE, COPY], Standing.unconfirmed),  # its own release, reprinted
        ([COPY, LIST], Standing.unconfirmed),  # a reprint is not the own page
        ([LIST, PRESS, FEDERAL], Standing.unconfirmed),  # many others, and not the body itself
        ([COUNTY, LIST], Standing.unconfirmed),  # a county does not speak for the State
        ([OPERATOR, LIST], Standing.unconfirmed),
    ],
)
def test_a_state_s_line_agrees_when_the_state_and_another_hand_print_it(
    sources: list[Source], expected: Standing
) -> None:
    assert _trust(*sources).standing is expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([COUNTY, LIST], Standing.agreeing),
        ([COUNTY, STATE], Standing.agreeing),  # the State's own list of its counties
        ([STATE, LIST], Standing.agreeing),
        ([COUNTY], Standing.unconfirmed),
        ([COUNTY, COPY], Standing.unconfirmed),
        ([PRESS, LIST], Standing.unconfirmed),
    ],
)
def test_for_a_county_line_the_county_s_own_page_counts(sources: list[Source], expected: Standing) -> None:
    assert _trust(*sources, counties=("Jefferson",)).standing is expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([OPERATOR, LIST], Standing.agreeing),
        ([FEDERAL, LIST], Standing.unconfirmed),  # nor does a federal agency that does not run it
        ([OPERATOR, STATE], Standing.agreeing),
        ([OPERATOR], Standing.unconfirmed),
        ([STATE, LIST], Standing.unconfirmed),  # a State does not speak for a national service
    ],
)
def test_a_national_line_s_own_word_is_its_operator_s(sources: list[Source], expected: Standing) -> None:
    assert _trust(*sources, contact_id="us-childhelp-phone").standing is expected


@pytest.mark.parametrize(
    ("operator", "role", "expected"),
    [
        ("A federal agency", ContactRole.tip_line, Standing.agreeing),
        ("A federal agency, its tip office", ContactRole.tip_line, Standing.agreeing),
        ("Another agency", ContactRole.tip_line, Standing.unconfirmed),
        (None, ContactRole.tip_line, Standing.unconfirmed),
        (None, ContactRole.emergency, Standing.agreeing),  # 911 is nobody's own
    ],
)
def test_a_federal_page_speaks_for_the_line_its_agency_runs(
    operator: str | None, role: ContactRole, expected: Standing
) -> None:
    made = _trust(FEDERAL, LIST, contact_id="us-tips-phone", operator=operator, role=role)
    assert made.standing is expected


def test_sources_of_one_family_count_once() -> None:
    one = source("jurisdiction", publisher="Cabinet", family="release-2025")
    reprint = source("press", publisher="A newspaper", family="release-2025")
    assert _trust(one, reprint).standing is Standing.unconfirmed
    assert _trust(one, reprint).sources == 1
    assert _trust(one, reprint, PRESS).standing is Standing.agreeing
    lists = [source("list", publisher=f"List {letter}", family="cfcf-app") for letter in "FGH"]
    assert _trust(STATE, *lists).sources == 2


def test_a_publisher_counts_once_however_it_is_written() -> None:
    again = source("jurisdiction", publisher="  cabinet FOR health ")
    assert _trust(STATE, again).standing is Standing.unconfirmed
    assert _trust(STATE, again).sources == 1


def test_trust_says_whether_the_body_itself_is_among_the_sources() -> None:
    assert _trust(STATE, LIST).own is True
    assert _trust(COPY, LIST).own is False


def test_withheld_and_known_bad_are_never_anything_else() -> None:
    confirmed = Confirmation(by="Ann Lee", on=TODAY, how=How.called)
    held = _trust(STATE, LIST, withhold=WithholdReason.recheck, confirmed=confirmed)
    assert held.standing is Standing.withheld
    assert _trust(STATE, LIST, bad=True, confirmed=confirmed).standing is Standing.withheld


# --- confirmation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (dt.date(2026, 1, 9), Standing.unconfirmed),  # a call that has not been made yet
        (dt.date(2026, 1, 10), Standing.confirmed),
        (dt.date(2027, 1, 9), Standing.confirmed),
        (dt.date(2027, 1, 10), Standing.unconfirmed),
    ],
)
def test_a_confirmation_holds_for_a_year_from_its_day(today: dt.date, expected: Standing) -> None:
    confirmed = Confirmation(by="Ann Lee", on=dt.date(2026, 1, 10), how=How.called)
    found = _trust(LIST, confirmed=confirmed, today=today)
    assert found.standing is expected
    assert found.stale_on == dt.date(2027, 1, 10)
    assert found.stale is (today >= dt.date(2027, 1, 10))


def test_a_confirmation_settles_a_conflict_while_it_holds() -> None:
    confirmed = Confirmation(by="Ann Lee", on=dt.date(2026, 1, 10), how=How.seen_live)
    against = [("+18007526200", [LIST])]
    assert _trust(STATE, LIST, against=against, confirmed=confirmed).standing is Standing.confirmed
    later = _trust(STATE, LIST, against=against, confirmed=confirmed, today=dt.date(2027, 2, 1))
    assert later.standing is Standing.conflicting


# --- conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "conflicts"),
    [
        ("2020", ["2024"], True),
        ("2024-05-01", ["2024-05-01"], True),
        ("2024", ["2020"], False),
        ("2024-05-01", ["2024-04-30"], False),
        ("2024-05", ["2024"], True),  # a bare year may be any day of it
        ("2024", ["2024-01-01"], True),
        ("2024-05-01", ["2024-05"], True),
        ("2024-05-01", ["2024-04"], False),
        (None, ["2004"], True),  # ours shows no date: it may be older still
        ("2024", [None], True),  # theirs shows none: it may be newer
        ("2024", ["2004", None], True),
        ("2024", ["2004", "2010"], False),
    ],
)
def test_a_conflict_counts_unless_it_is_surely_older(
    ours: str | None, theirs: list[str | None], conflicts: bool
) -> None:
    own = source("jurisdiction", ours, publisher="The State")
    others = [source("list", date, publisher=f"List {number}") for number, date in enumerate(theirs)]
    found = _trust(own, PRESS, against=[("+18007526200", others)])
    assert found.standing is (Standing.conflicting if conflicts else Standing.agreeing)


def test_one_live_conflict_among_settled_ones_is_enough() -> None:
    own = source("jurisdiction", "2024", publisher="The State")
    old, new = source("list", "2004"), source("list", "2025")
    settled, live = ("+18007526200", [old]), ("+18007526201", [new])
    assert _trust(own, PRESS, against=[settled]).standing is Standing.agreeing
    assert _trust(own, PRESS, against=[settled, live]).standing is Standing.conflicting


# --- age --------------------------------------------------------------------------------------------------------------


def test_the_newest_dated_source_counts_two_years_from_its_first_possible_day() -> None:
    found = _trust(source("jurisdiction", "2019-03"), source("list", "2024"), LIST)
    assert found.newest == "2024"
    assert found.stale_on == dt.date(2025, 12, 31)
    assert found.stale is True
    assert _trust(source("list", "2024"), today=dt.date(2025, 12, 30)).stale is False


def test_undated_sources_count_a_year_from_the_day_they_were_read() -> None:
    read = dt.date(2026, 3, 1)
    assert _trust(STATE, checked=read).stale_on == dt.date(2027, 3, 1)
    assert _trust(STATE, checked=read, today=dt.date(2027, 2, 28)).stale is False
    assert _trust(STATE, checked=read, today=dt.date(2027, 3, 1)).stale is True
    assert _trust(STATE, checked=None).stale_on is None
    assert _trust(STATE, checked=None).newest is None


@pytest.mark.parametrize(
    ("date", "day"),
    [("2024", dt.date(2024, 1, 1)), ("2024-02", dt.date(2024, 2, 1)), ("2024-02-29", dt.date(2024, 2, 29))],
)
def test_a_date_begins_on_its_first_day(date: str, day: dt.date) -> None:
    assert first_day(date) == day


# --- what can only lower, what can only raise -------------------------------------------------------------------------

_KINDS = [
    "jurisdiction",
    "jurisdiction_copy",
    "local_government",
    "federal",
    "operator",
    "list",
    "press",
    "other",
]
_sources = st.lists(
    st.builds(
        lambda kind, name, family: source(kind, publisher=name, family=family),
        st.sampled_from(_KINDS),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from([None, None, "family-one"]),
    ),
    min_size=1,
    max_size=6,
)


@given(_sources, _sources)
def test_another_source_never_lowers_a_standing_and_order_never_matters(
    some: list[Source], more: list[Source]
) -> None:
    before, after = _trust(*some), _trust(*some, *more)
    assert after.sources >= before.sources
    if before.standing is Standing.agreeing:
        assert after.standing is Standing.agreeing
    assert _trust(*reversed([*some, *more])).standing is after.standing


@given(_sources)
def test_agreeing_always_means_two_hands_of_which_one_is_the_body_itself(sources: list[Source]) -> None:
    found = _trust(*sources)
    if found.standing is Standing.agreeing:
        assert found.own
        assert found.sources >= 2
