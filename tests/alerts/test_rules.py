"""The rules of text alerts, each with a table of cases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.alerts import rules
from porchlight.alerts.rules import MissingChild, Problem, Reassigned, Standing, Why
from porchlight.places import Found, resolve
from porchlight.places.zones import all_zones, zones_of_state

EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"


def at(zone: str, *when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type,misc]


MONDAY_NOON = at(EASTERN, 2026, 11, 23, 12)
MONDAY_NIGHT = at(EASTERN, 2026, 11, 23, 22)
GOOD = Standing(zones=(EASTERN,), consented=True, confirmed=True, enrolled=True)

# --- R1, R2, R5: consent and revocation -------------------------------------------------------------------------------


def test_a_confirmed_subscriber_may_be_written_to_in_hours() -> None:
    assert rules.may_start(GOOD, MONDAY_NOON) == rules.ALLOWED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stopped": True}, Why.STOPPED),
        ({"reassigned": True}, Why.REASSIGNED),
        ({"consented": False}, Why.NO_CONSENT),
        ({"revoked": True}, Why.REVOKED),
        ({"confirmed": False}, Why.NOT_CONFIRMED),
        ({"enrolled": False}, Why.NOT_ENROLLED),
        ({"paused": True}, Why.PAUSED),
    ],
)
def test_each_thing_that_is_wrong_forbids_and_is_named(change: dict[str, bool], why: Why) -> None:
    verdict = rules.may_start(replace(GOOD, **change), MONDAY_NOON)  # type: ignore[arg-type]
    assert (verdict.allowed, verdict.why) == (False, why)


def test_only_one_of_all_standings_may_be_written_to() -> None:
    names = ("consented", "confirmed", "revoked", "stopped", "paused", "enrolled", "reassigned")
    allowed = [
        values
        for values in product((True, False), repeat=len(names))
        if rules.may_start(Standing((EASTERN,), **dict(zip(names, values, strict=True))), MONDAY_NOON).allowed
    ]
    assert allowed == [(True, True, False, False, False, True, False)]


def test_stop_is_the_reason_before_any_other() -> None:
    nothing = Standing((EASTERN,), stopped=True, revoked=True, paused=True, reassigned=True)
    assert rules.may_start(nothing, MONDAY_NIGHT).why is Why.STOPPED


def test_nothing_at_all_is_known_so_nothing_is_sent() -> None:
    assert rules.may_start(Standing((EASTERN,)), MONDAY_NOON).why is Why.NO_CONSENT


def test_a_text_that_came_too_late_is_expired_not_sent() -> None:
    assert rules.may_start(GOOD, MONDAY_NOON, expires=MONDAY_NOON).why is Why.EXPIRED
    assert rules.may_start(GOOD, MONDAY_NOON, expires=MONDAY_NOON + dt.timedelta(seconds=1)).allowed


def test_quiet_hours_forbid_and_say_when_it_may_be_sent() -> None:
    verdict = rules.may_start(GOOD, MONDAY_NIGHT)
    assert verdict.why is Why.QUIET_HOURS
    assert verdict.opens == at(EASTERN, 2026, 11, 24, 9)


# --- R8: replies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited", "allowed"),
    [(dt.timedelta(0), True), (dt.timedelta(hours=24), True), (dt.timedelta(hours=24, seconds=1), False)],
)
def test_a_reply_goes_at_any_hour_but_not_after_a_day(waited: dt.timedelta, allowed: bool) -> None:
    assert rules.may_reply(MONDAY_NIGHT + waited, MONDAY_NIGHT).allowed is allowed


# --- R7, R12: joining and coming back ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ever", "said_yes", "asked", "why"),
    [
        (True, False, False, None),  # START
        (False, False, False, Why.NEVER_JOINED),
        (True, True, True, None),  # YES to our question
        (True, True, False, Why.NOT_CONFIRMED),  # "yes" to something else
        (False, True, True, Why.NEVER_JOINED),
    ],
)
def test_start_brings_back_only_who_had_joined(
    ever: bool, said_yes: bool, asked: bool, why: Why | None
) -> None:
    verdict = rules.may_restart(ever_consented=ever, said_yes=said_yes, asked=asked)
    assert (verdict.allowed, verdict.why) == (why is None, why)


@pytest.mark.parametrize(("is_13", "why"), [(True, None), (False, Why.UNDER_AGE), (None, Why.AGE_NOT_SAID)])
def test_only_who_says_13_or_older_may_join(is_13: bool | None, why: Why | None) -> None:
    verdict = rules.may_sign_up(is_13)
    assert (verdict.allowed, verdict.why) == (why is None, why)


# --- R3, R4: STOP -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "confirmed", "carrier", "why"),
    [
        (0, False, False, None),
        (300, False, False, None),
        (301, False, False, Why.TOO_LATE),
        (0, True, False, Why.ALREADY_CONFIRMED),
        (0, False, True, Why.CARRIER_ANSWERS),
        (0, True, True, Why.CARRIER_ANSWERS),
    ],
)
def test_stop_is_confirmed_once_within_five_minutes_by_one_of_us(
    seconds: int, confirmed: bool, carrier: bool, why: Why | None
) -> None:
    now = MONDAY_NIGHT + dt.timedelta(seconds=seconds)
    verdict = rules.may_confirm_stop(MONDAY_NIGHT, now, confirmed=confirmed, carrier_answers=carrier)
    assert (verdict.allowed, verdict.why) == (why is None, why)


@pytest.mark.parametrize(
    ("received", "deadline"),
    [
        (dt.date(2026, 3, 2), dt.date(2026, 3, 16)),  # a Monday; two weeks without a holiday
        (dt.date(2026, 3, 7), dt.date(2026, 3, 20)),  # a Saturday
        (dt.date(2026, 11, 23), dt.date(2026, 12, 8)),  # over Thanksgiving
        (dt.date(2026, 12, 21), dt.date(2027, 1, 6)),  # over Christmas and New Year's Day
    ],
)
def test_the_law_leaves_ten_business_days_for_a_revocation(received: dt.date, deadline: dt.date) -> None:
    assert rules.revocation_deadline(received) == deadline


# --- R8, R9: the window -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ((2026, 11, 23, 8, 59, 59), False),  # Monday
        ((2026, 11, 23, 9), True),
        ((2026, 11, 23, 19, 59, 59), True),
        ((2026, 11, 23, 20), False),
        ((2026, 11, 23, 0), False),
        ((2026, 11, 28, 9), True),  # Saturday
        ((2026, 11, 29, 9), False),  # Sunday
        ((2026, 11, 29, 11, 59, 59), False),
        ((2026, 11, 29, 12), True),
        ((2026, 11, 29, 20), False),
    ],
)
@pytest.mark.parametrize("zone", [EASTERN, CENTRAL, "Pacific/Honolulu", "Pacific/Guam"])
def test_the_window_is_9_to_20_and_on_sunday_12_to_20_on_the_clock_of_the_place(
    zone: str, when: tuple[int, ...], is_open: bool
) -> None:
    assert rules.open_at((zone,), at(zone, *when)) is is_open


def test_our_window_is_inside_the_federal_one_and_inside_each_stricter_state_that_our_notes_know() -> None:
    assert dt.time(8) <= rules.WINDOW.opens
    assert rules.WINDOW.closes <= dt.time(20)  # FL, OK, WA, MD, MS, NJ, CT; federal and TX 21
    assert rules.WINDOW.sunday_opens >= dt.time(12)  # TX


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        (at(EASTERN, 2026, 11, 23, 9), False),  # 8:00 in Chicago
        (at(EASTERN, 2026, 11, 23, 10), True),
        (at(EASTERN, 2026, 11, 23, 19, 59), True),
        (at(EASTERN, 2026, 11, 23, 20), False),  # 19:00 in Chicago
    ],
)
def test_on_two_clocks_both_must_be_open(when: dt.datetime, is_open: bool) -> None:
    assert rules.open_at((EASTERN, CENTRAL), when) is is_open


def test_no_zone_at_all_is_an_error_not_an_open_window() -> None:
    with pytest.raises(ValueError, match="at least one time zone"):
        rules.open_at((), MONDAY_NOON)


@pytest.mark.parametrize(
    ("zones", "now", "opens"),
    [
        ((EASTERN,), MONDAY_NOON, MONDAY_NOON),
        ((EASTERN,), MONDAY_NIGHT, at(EASTERN, 2026, 11, 24, 9)),
        ((EASTERN,), at(EASTERN, 2026, 11, 23, 3), at(EASTERN, 2026, 11, 23, 9)),
        ((EASTERN,), at(EASTERN, 2026, 11, 28, 20), at(EASTERN, 2026, 11, 29, 12)),  # Saturday evening
        ((EASTERN, CENTRAL), MONDAY_NIGHT, at(CENTRAL, 2026, 11, 24, 9)),
        ((EASTERN, PACIFIC), at(EASTERN, 2026, 11, 28, 20), at(PACIFIC, 2026, 11, 29, 12)),
        # The night in which clocks go forward (8 March 2026), and back (1 November 2026): both are Sundays.
        ((EASTERN,), at(EASTERN, 2026, 3, 7, 21), at(EASTERN, 2026, 3, 8, 12)),
        ((EASTERN,), at(EASTERN, 2026, 10, 31, 21), at(EASTERN, 2026, 11, 1, 12)),
        # Arizona keeps its clock: in summer the Navajo Nation is an hour ahead of it.
        (
            ("America/Phoenix", "America/Denver"),
            at("America/Phoenix", 2026, 7, 6, 3),
            at("America/Phoenix", 2026, 7, 6, 9),
        ),
    ],
)
def test_the_next_opening_is_found(zones: tuple[str, ...], now: dt.datetime, opens: dt.datetime) -> None:
    assert rules.next_opening(zones, now) == opens


def test_a_clock_change_moves_the_window_in_utc_and_not_on_the_wall() -> None:
    before = rules.next_opening((EASTERN,), at(EASTERN, 2026, 3, 6, 21))
    after = rules.next_opening((EASTERN,), at(EASTERN, 2026, 3, 8, 21))
    assert (before.hour, after.hour) == (14, 13)  # UTC: 9:00 EST, 9:00 EDT
    assert {one.astimezone(ZoneInfo(EASTERN)).hour for one in (before, after)} == {9}


_ZONES = st.lists(st.sampled_from(all_zones()), min_size=1, max_size=4, unique=True).map(tuple)
_YEARS = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=730)
_MOMENTS = st.timedeltas(min_value=dt.timedelta(0), max_value=_YEARS[1]).map(
    lambda passed: _YEARS[0] + passed
)


@settings(deadline=None)
@given(_ZONES, _MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(zones: tuple[str, ...], now: dt.datetime) -> None:
    opens = rules.next_opening(zones, now)
    assert opens >= now
    assert rules.open_at(zones, opens)
    quarter = dt.timedelta(minutes=15)
    waited = int((opens - now) / quarter)
    assert not any(
        rules.open_at(zones, now + quarter * n) for n in range(waited) if now + quarter * n < opens
    )


@settings(deadline=None)
@given(_ZONES, _MOMENTS)
def test_the_next_closing_is_shut_and_everything_before_it_is_open(
    zones: tuple[str, ...], now: dt.datetime
) -> None:
    opens = rules.next_opening(zones, now)
    closes = rules.next_closing(zones, opens)
    assert opens < closes <= opens + dt.timedelta(hours=11)
    assert not rules.open_at(zones, closes)
    assert rules.open_at(zones, closes - dt.timedelta(microseconds=1))


def test_what_is_shut_has_no_closing() -> None:
    with pytest.raises(ValueError, match="not open"):
        rules.next_closing((EASTERN,), MONDAY_NIGHT)


# The measured cases: libphonenumber gives 364, 850 and 219 one zone only, and 270 one by exchange.
@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        ("+13645550123", zones_of_state("KY")),
        ("+12705550123", zones_of_state("KY")),
        ("+15025550123", zones_of_state("KY")),
        ("+18505550123", zones_of_state("FL")),
        ("+12195550123", zones_of_state("IN")),
        ("+12125550123", (EASTERN,)),
        ("+18085550123", ("Pacific/Honolulu",)),
        ("+16715550123", ("Pacific/Guam",)),
        ("+17875550123", ("America/Puerto_Rico",)),
    ],
)
def test_without_a_zip_code_all_zones_of_the_area_codes_state_count(
    e164: str, zones: tuple[str, ...]
) -> None:
    assert rules.zones_for(None, e164) == zones


def test_the_split_states_have_both_clocks() -> None:
    for area_code in ("364", "270", "850", "219"):
        assert {EASTERN, CENTRAL} <= set(rules.zones_for(None, f"+1{area_code}5550123"))


@pytest.mark.parametrize(
    ("zip_code", "zone"), [("42001", CENTRAL), ("40202", EASTERN), ("32501", CENTRAL), ("46402", CENTRAL)]
)
def test_the_zip_code_decides_where_there_is_one(zip_code: str, zone: str) -> None:
    found = resolve(zip_code)
    assert isinstance(found, Found)
    assert rules.zones_for(found.place, "+12125550123") == (zone,)


@pytest.mark.parametrize("e164", ["+18005550123", "+19995550123", "+447911123456", ""])
def test_an_unknown_area_code_has_every_zone_there_is(e164: str) -> None:
    assert rules.zones_for(None, e164) == all_zones()
    assert len(",".join(all_zones())) <= 200  # the column that keeps it


def test_every_zone_there_is_opens_together_once_on_most_days() -> None:
    now, openings = at(EASTERN, 2026, 11, 22, 0), set()
    for _ in range(7 * 24):
        openings.add(rules.next_opening(all_zones(), now))
        now += dt.timedelta(hours=1)
    assert len({one.date() for one in openings}) >= 5


# --- R10: a missing child ---------------------------------------------------------------------------------------------

ASKED = MissingChild(
    police_reference="KSP 26-1234",
    reason="last seen at school",
    asked_by=1,
    asked=MONDAY_NIGHT,
    expires=MONDAY_NIGHT + dt.timedelta(hours=6),
    approved_by=2,
    approved=MONDAY_NIGHT + dt.timedelta(minutes=5),
)
LATER = MONDAY_NIGHT + dt.timedelta(minutes=10)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"police_reference": " "}, Why.NO_POLICE_REFERENCE),
        ({"reason": ""}, Why.NO_REASON),
        ({"approved_by": None}, Why.NOT_APPROVED),
        ({"approved": None}, Why.NOT_APPROVED),
        ({"approved": LATER + dt.timedelta(seconds=1)}, Why.NOT_APPROVED),
        ({"approved_by": 1}, Why.SAME_PERSON),
        ({"expires": LATER}, Why.EXPIRED),
        ({"expires": MONDAY_NIGHT + dt.timedelta(hours=24)}, None),
        ({"expires": MONDAY_NIGHT + dt.timedelta(hours=24, seconds=1)}, Why.TOO_LONG),
    ],
)
def test_quiet_hours_open_for_a_missing_child_on_a_second_persons_word_until_an_end(
    change: dict[str, object], why: Why | None
) -> None:
    asked = replace(ASKED, **change)  # type: ignore[arg-type]
    verdict = rules.may_override(asked, LATER)
    assert (verdict.allowed, verdict.why) == (why is None, why)
    assert rules.may_start(GOOD, LATER, override=asked).allowed is (why is None)


def test_an_override_never_reaches_who_said_stop_nor_who_never_agreed() -> None:
    assert rules.may_override(ASKED, LATER).allowed
    for change in ("stopped", "revoked", "reassigned", "paused"):
        assert not rules.may_start(replace(GOOD, **{change: True}), LATER, override=ASKED).allowed  # type: ignore[arg-type]
    for change in ("consented", "confirmed", "enrolled"):
        assert not rules.may_start(replace(GOOD, **{change: False}), LATER, override=ASKED).allowed  # type: ignore[arg-type]


# --- R11: reassigned numbers ------------------------------------------------------------------------------------------


def test_only_yes_takes_a_number_out() -> None:
    assert [answer for answer in Reassigned if rules.is_reassigned(answer)] == [Reassigned.YES]


@pytest.mark.parametrize(
    ("consented", "checked", "due"),
    [
        (dt.date(2026, 11, 1), None, False),  # a number rests 45 days before it has another owner
        (dt.date(2026, 10, 9), None, False),
        (dt.date(2026, 10, 8), None, True),
        (dt.date(2026, 1, 1), dt.date(2026, 10, 24), False),
        (dt.date(2026, 1, 1), dt.date(2026, 10, 23), True),
    ],
)
def test_a_number_is_checked_every_month_once_it_can_have_changed_hands(
    consented: dt.date, checked: dt.date | None, due: bool
) -> None:
    assert rules.reassigned_check_due(consented, checked, dt.date(2026, 11, 22)) is due


# --- R13, R14: words --------------------------------------------------------------------------------------------------

OWN = ("porch.example", "www.ky-porch.org")


def problems(text: str, **options: object) -> list[tuple[Problem, str]]:
    return [(one.problem, one.what) for one in rules.lint(text, OWN, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "Porch: class on Friday at 5. https://porch.example/class?x=1#top",
        "See https://porch.example.",
        "(https://www.porch.example/a)",
        "https://news.ky-porch.org/2026",
        "HTTPS://PORCH.EXAMPLE/A",
        "Call 1-800-422-4453 at 5 p.m. e.g. today, or write to help@ky-porch.org",
        "Meet at St. Mary's. Bring $5.50. It is 3.5 miles.",
    ],
)
def test_a_good_text_has_nothing_wrong(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://bit.ly/3xyz", (Problem.SHORTENER, "bit.ly")),
        ("go to bit.ly/3xyz now", (Problem.SHORTENER, "bit.ly")),
        ("BIT.LY/3xyz", (Problem.SHORTENER, "bit.ly")),
        ("http://tinyurl.com/abc", (Problem.SHORTENER, "tinyurl.com")),
        ("www.bit.ly/x", (Problem.SHORTENER, "www.bit.ly")),
        ("https://t.co/x", (Problem.SHORTENER, "t.co")),
        ("http://porch.example/a", (Problem.NOT_HTTPS, "http://porch.example/a")),
        ("see porch.example/a.", (Problem.NOT_HTTPS, "porch.example/a")),
        ("ftp://porch.example", (Problem.NOT_HTTPS, "ftp://porch.example")),
        ("https://evil.com", (Problem.OTHER_HOST, "evil.com")),
        ("https://porch.example.evil.com/", (Problem.OTHER_HOST, "porch.example.evil.com")),
        ("https://notporch.example/", (Problem.OTHER_HOST, "notporch.example")),
        ("https://porch.example@evil.com/", (Problem.OTHER_HOST, "evil.com")),
        ("https://porch.example\\@evil.com/", (Problem.OTHER_HOST, "evil.com")),
        ("https://pоrch.example/", (Problem.OTHER_HOST, "pоrch.example")),  # a Cyrillic o
        ("https://192.0.2.7/x", (Problem.OTHER_HOST, "192.0.2.7")),
        ("https://[", (Problem.OTHER_HOST, "https://[")),
        (
            "javascript://porch.example/%0aalert(1)",
            (Problem.NOT_HTTPS, "javascript://porch.example/%0aalert(1"),
        ),
    ],
)
def test_a_link_is_https_and_our_own_or_it_is_named(text: str, found: tuple[Problem, str]) -> None:
    assert problems(text) == [found]


def test_every_link_is_looked_at() -> None:
    text = "https://porch.example/a https://bit.ly/b evil.com"
    assert problems(text) == [(Problem.SHORTENER, "bit.ly"), (Problem.OTHER_HOST, "evil.com")]


def test_a_shortener_is_refused_even_as_an_own_host() -> None:
    assert [one.problem for one in rules.lint("https://bit.ly/x", ["bit.ly"])] == [Problem.SHORTENER]


def test_an_empty_text_and_one_that_is_too_long_are_found() -> None:
    assert problems("  \n") == [(Problem.EMPTY, "")]
    assert problems("a" * 918) == []
    assert problems("a" * 919) == [(Problem.TOO_LONG, "7")]
    assert problems("á" * 135, most_segments=2) == [(Problem.TOO_LONG, "3")]


def test_characters_that_no_phone_shows_are_found_but_not_a_new_line() -> None:
    assert problems("one\ntwo") == []
    assert [one for one, _ in problems("a\x07b\u202ec")] == [Problem.CONTROL, Problem.CONTROL]


def test_a_text_that_does_not_say_who_writes_is_found_and_does_not_block() -> None:
    (finding,) = rules.lint("Class on Friday.", OWN, name="Porch")
    assert (finding.problem, finding.what, finding.blocks) == (Problem.NO_NAME, "Porch", False)
    assert rules.lint("PORCH: class on Friday.", OWN, name="Porch") == ()


@pytest.mark.parametrize("text", ["SSN 123-45-6789", "DOB 1/2/2019", "case #20261", "Caso núm. 20261"])
def test_what_looks_like_a_case_is_found_and_does_not_block(text: str) -> None:
    found = rules.lint(text, OWN)
    assert {one.problem for one in found} == {Problem.PRIVATE}
    assert not any(one.blocks for one in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Porch Light Kentucky", ()),
        ("Childhelp can help", ()),
        ("Child Abuse Report Line", ("child", "abuse", "report")),
        ("Alto a la trata de niños", ("trata", "niños")),
        ("Denuncie el maltrato", ("denuncie", "maltrato")),
        ("Trafficking tips", ("trafficking",)),
    ],
)
def test_words_that_tell_what_it_is_about_are_found_in_both_languages(
    text: str, words: tuple[str, ...]
) -> None:
    assert rules.telling_words(text) == words
    assert problems(text, must_be_neutral=True) == [(Problem.NOT_NEUTRAL, word) for word in words]
    assert problems(text) == []


# --- senders ----------------------------------------------------------------------------------------------------------


def test_every_class_of_sender_has_a_rate_a_burst_and_a_source() -> None:
    assert {
        "toll_free",
        "short_code",
        "10dlc_high",
        "10dlc_middle",
        "10dlc_low",
        "practice",
    } <= rules.SENDER_CLASSES.keys()
    for name, one in rules.SENDER_CLASSES.items():
        assert one.rate > 0, name
        assert 1 <= one.burst <= one.rate, name
        assert one.source, name
        assert one.a_day is None or one.a_day > 0, name


@pytest.mark.parametrize(
    ("sender", "seconds"),
    [("toll_free", 9.3 * 3600), ("short_code", 17 * 60), ("10dlc_high", 7.4 * 60)],
)
def test_a_hundred_thousand_texts_take_as_long_as_the_notes_say(sender: str, seconds: float) -> None:
    assert 100_000 / rules.SENDER_CLASSES[sender].rate == pytest.approx(seconds, rel=0.03)
