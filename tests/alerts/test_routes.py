"""Which sender writes to a number, and when a sender is left alone."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts.carriers import Accepted, Outcome, Refused, Unsure, Why
from porchlight.alerts.routes import (
    FAILURES,
    FIRST,
    LONGEST,
    TOGETHER,
    Breaker,
    BreakerState,
    Choice,
    after,
    begin_trial,
    home_of,
    room,
    sender_for,
    state,
)

NOW = 1_800_000_000.0
THREE = (Choice("a", 1), Choice("b", 1), Choice("c", 2))
BROKEN = Breaker(FAILURES, NOW + FIRST)


def indexes(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


# --- where a number belongs -------------------------------------------------------------------------------------------


def test_each_sender_gets_its_share_of_new_numbers() -> None:
    got = Counter(home_of(index, THREE) for index in indexes(20_000))
    # Four standard deviations of a binomial: this fails once in 16,000 wrong seeds, and the seed is fixed.
    assert abs(got["a"] - 5_000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5
    assert abs(got["c"] - 10_000) < 4 * (20_000 * 0.5 * 0.5) ** 0.5


def test_a_new_sender_takes_its_share_and_nothing_else_moves() -> None:
    before = {index: home_of(index, THREE) for index in indexes(5_000)}
    now = {index: home_of(index, (*THREE, Choice("d", 1))) for index in before}
    assert {now[index] for index in before if now[index] != before[index]} == {"d"}
    assert 0.15 < sum(name == "d" for name in now.values()) / len(now) < 0.25


def test_a_sender_of_weight_0_gets_no_new_number_but_keeps_its_own() -> None:
    choices = (Choice("old", 0), Choice("new", 1))
    assert {home_of(index, choices) for index in indexes(200)} == {"new"}
    assert sender_for(b"x", "old", choices, {}, NOW) == "old"


def test_no_sender_for_new_numbers_is_a_mistake_that_is_told() -> None:
    with pytest.raises(ValueError, match="weight above 0"):
        home_of(b"x", (Choice("a", 0),))


def test_a_number_of_a_sender_that_is_gone_belongs_to_another() -> None:
    assert sender_for(b"x", "gone", THREE, {}, NOW) == home_of(b"x", THREE)


# sender of the number, breakers, sender that writes
FAILOVER: list[tuple[str, dict[str, Breaker], set[str]]] = [
    ("a", {}, {"a"}),
    ("a", {"a": Breaker(FAILURES - 1, 0)}, {"a"}),
    ("a", {"a": BROKEN}, {"b", "c"}),
    ("a", {"a": Breaker(FAILURES, NOW)}, {"a"}),  # half-open: its own trial
    ("a", {"a": BROKEN, "b": BROKEN}, {"c"}),
    ("a", {"a": BROKEN, "b": Breaker(FAILURES, NOW)}, {"c"}),  # nobody else's trial is for strangers
    ("a", {"a": BROKEN, "b": BROKEN, "c": BROKEN}, {"a"}),  # all broken: wait for its own
    ("b", {"a": BROKEN}, {"b"}),
]


@pytest.mark.parametrize(("own", "breakers", "allowed"), FAILOVER)
def test_another_sender_writes_only_while_the_own_one_s_breaker_is_open(
    own: str, breakers: dict[str, Breaker], allowed: set[str]
) -> None:
    got = {sender_for(index, own, THREE, breakers, NOW) for index in indexes(200)}
    assert got == allowed


def test_failover_does_not_go_to_a_sender_that_takes_none() -> None:
    choices = (Choice("a", 1), Choice("b", 0))
    assert sender_for(b"x", "a", choices, {"a": BROKEN}, NOW) == "a"


# --- the breaker ------------------------------------------------------------------------------------------------------

OK = Accepted("SM1")
DOWN = Refused(Why.TRANSIENT, "unreachable")
# breaker, outcome, breaker afterwards
STEPS: list[tuple[Breaker, Outcome, Breaker]] = [
    (Breaker(), OK, Breaker()),
    (Breaker(3), OK, Breaker()),
    (Breaker(), DOWN, Breaker(1, NOW + TOGETHER)),
    (Breaker(), Unsure("timeout"), Breaker(1, NOW + TOGETHER)),
    (Breaker(1, NOW + 0.5), Unsure("connection_lost"), Breaker(1, NOW + 0.5)),  # the same cut
    (Breaker(1, NOW), DOWN, Breaker(2, NOW + TOGETHER)),
    (Breaker(FAILURES - 1, NOW + 0.5), DOWN, Breaker(FAILURES - 1, NOW + 0.5)),
    (Breaker(1, NOW + 0.5), OK, Breaker()),
    (Breaker(FAILURES - 1), DOWN, Breaker(FAILURES, NOW + FIRST)),
    (Breaker(FAILURES - 1), Unsure("timeout"), Breaker(FAILURES, NOW + FIRST)),
    (BROKEN, DOWN, BROKEN),  # it was on its way when the breaker opened
    (BROKEN, OK, Breaker()),  # so was this one, and it arrived
    (Breaker(FAILURES, NOW - 1), DOWN, Breaker(FAILURES + 1, NOW + 2 * FIRST)),  # a trial nobody announced
    (Breaker(3), Refused(Why.BAD_NUMBER, "21614"), Breaker()),
    (Breaker(3), Refused(Why.STOPPED, "21610"), Breaker()),
    (Breaker(3), Refused(Why.BAD_TEXT, "30007"), Breaker()),
    (Breaker(3), Refused(Why.THROTTLED, "20429"), Breaker(3)),
    (Breaker(), Refused(Why.SETUP, "20003"), Breaker(FAILURES, NOW + LONGEST)),
    (Breaker(9, NOW - 1), Refused(Why.SETUP, "20003"), Breaker(9, NOW + LONGEST)),
]


@pytest.mark.parametrize(("before", "outcome", "wanted"), STEPS)
def test_what_each_answer_does_to_the_breaker(before: Breaker, outcome: Outcome, wanted: Breaker) -> None:
    assert after(before, outcome, NOW) == wanted


@pytest.mark.parametrize(
    ("breaker", "wanted", "texts"),
    [
        (Breaker(), BreakerState.CLOSED, None),
        (Breaker(FAILURES - 1, NOW + 99), BreakerState.CLOSED, None),
        (BROKEN, BreakerState.OPEN, 0),
        (Breaker(FAILURES, NOW), BreakerState.HALF_OPEN, 1),
    ],
)
def test_what_a_breaker_lets_through(breaker: Breaker, wanted: BreakerState, texts: int | None) -> None:
    assert state(breaker, NOW) is wanted
    assert room(breaker, NOW) == texts


def test_one_text_tries_and_nobody_else_meanwhile() -> None:
    trial = begin_trial(Breaker(FAILURES, NOW), NOW)
    assert room(trial, NOW) == 0
    assert after(trial, OK, NOW + 1) == Breaker()
    assert after(trial, DOWN, NOW + 1) == trial


@pytest.mark.parametrize("breaker", [Breaker(), Breaker(2), BROKEN])
def test_outside_of_a_trial_claiming_changes_nothing(breaker: Breaker) -> None:
    assert begin_trial(breaker, NOW) == breaker


def test_each_failed_trial_doubles_the_wait_up_to_the_longest() -> None:
    breaker, now, waits = Breaker(FAILURES, NOW), NOW, []
    for _ in range(8):
        breaker = after(begin_trial(breaker, now), DOWN, now + 1)
        waits.append(breaker.until - now)
        now = breaker.until
    assert waits == [30, 60, 120, 240, 300, 300, 300, 300]


OUTCOMES: list[Outcome] = [OK, Unsure("timeout"), *(Refused(why) for why in Why)]


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.floats(0, 400), st.booleans()), max_size=60))
def test_a_breaker_is_never_open_for_longer_than_the_longest_and_a_success_always_closes_it(
    events: list[tuple[Outcome, float, bool]],
) -> None:
    breaker, now = Breaker(), NOW
    for outcome, wait, announced in events:
        now += wait
        if announced:
            breaker = begin_trial(breaker, now)
        breaker = after(breaker, outcome, now)
        assert breaker.until <= now + LONGEST
        if isinstance(outcome, Accepted):
            assert state(breaker, now) is BreakerState.CLOSED
