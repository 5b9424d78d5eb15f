"""Each error that fails the build, and the near miss that is no error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from porchlight.facts.check import errors, same_last_seven, spelled
from porchlight.facts.load import Facts
from porchlight.facts.schema import (
    BadReason,
    Conflict,
    Contact,
    ContactRole,
    Day,
    DutyLaw,
    Hours,
    HoursKind,
    Kind,
    KnownBad,
    Law,
    RouteModel,
    Routing,
    Span,
    Standard,
    Who,
    WithholdReason,
)
from tests.facts.made import contact, facts, file


def _codes(*contacts: Contact, **changes: Any) -> list[str]:
    """The codes of the errors in a file of Kentucky with these contacts."""
    return [problem.code for problem in errors(facts(file("US-KY", contacts, **changes)))]


def test_a_set_without_mistakes_has_no_errors() -> None:
    assert errors(facts()) == []


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "+18775972331"),
        ("phone", "911"),
        ("phone", "211"),
        ("phone", "988"),
        ("phone", "#77"),
        ("phone", "*847"),
        ("tty", "711"),
        ("tty", "+18003585117"),
        ("fax", "+16063302178"),
        ("sms", "741741"),
        ("sms", "988"),
        ("sms", "+15022222222"),
        ("web", "https://example.gov/report"),
        ("chat", "https://example.org/chat"),
        ("email", "ReportChildAbuse@alaska.gov"),
    ],
)
def test_a_value_that_can_be_reached_is_good(kind: str, value: str) -> None:
    assert "invalid_value" not in _codes(contact(kind=Kind(kind), value=value, printed=value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "8775972331"),  # not E.164
        ("phone", "1-877-597-2331"),
        ("phone", "+1877597233"),  # a digit short
        ("phone", "+187759723310"),  # a digit long
        ("phone", "+11175972331"),  # no area code starts with 1
        ("phone", "+18770972331"),  # nor an exchange with 0
        ("phone", "+1 877 597 2331"),
        ("phone", "912"),
        ("phone", "741741"),  # a short code is for texts
        ("fax", "711"),
        ("sms", "12"),
        ("sms", "1234567"),
        ("web", "www.example.gov"),
        ("email", "alaska.gov"),
    ],
)
def test_a_value_that_cannot_be_reached_is_an_error(kind: str, value: str) -> None:
    assert "invalid_value" in _codes(contact(kind=Kind(kind), value=value, printed=value))


# --- vanity -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1-844-CO-4-KIDS", "+18442645437"),
        ("1-800-4-A-CHILD", "+18004224453"),
        ("855-O-H-CHILD (855-642-4453)", "+18556424453"),
        (
            "1-800-91Prevent (1-800-917-7383)",
            "+18009177383",
        ),  # Maryland's own spelling: letters run past the number
        ("1-800-91prevent", "+18009177383"),
        ("1-866-LE-ABUSE", "+18665322873"),
        ("1-877-KYSAFE1 (1-877-597-2331)", "+18775972331"),
        ("1-866-820-KIDS (5437)", "+18668205437"),
        ("(336)703-(ABUSE) 2287", "+13367032287"),
        ("475-2672", "+16714752672"),  # printed without its area code
        ("220-SAFE", "+14142207233"),
        ("(414) 220-SAFE", "+14142207233"),
        ("1 (800) 252-2873", "+18002522873"),
        ("Call 1.800.252.2873 day or night", "+18002522873"),
    ],
)
def test_letters_that_spell_the_digits_are_good_and_may_run_on(printed: str, value: str) -> None:
    assert _codes(contact(printed=printed, value=value)) == []


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1-844-CO-4-KIDS", "+18442635437"),  # the misprint of a copy of the federal list
        ("1-800-4-CHILD", "+18004224453"),  # one letter short
        ("1-877-KYSAFE1 (1-877-597-2332)", "+18775972331"),  # letters and digits disagree
        ("1-877-KYSAFE1 (877-597-2332)", "+18775972331"),
        ("1-877-597-2331 or 1-877-597-2332", "+18775972331"),  # two numbers in one contact
        ("1-855-597-2331", "+18775972331"),  # another prefix
        ("1-800-91Prevant", "+18009177283"),
        ("the hotline", "+18775972331"),  # no number at all
        ("KIDS", "+18005435437"),
    ],
)
def test_letters_that_do_not_spell_the_digits_are_an_error(printed: str, value: str) -> None:
    assert "vanity" in _codes(contact(printed=printed, value=value))


@given(st.text(max_size=60))
def test_reading_a_printed_number_never_fails(printed: str) -> None:
    assert all(number.isascii() and number.isdigit() for number in spelled(printed))


@st.composite
def _numbers(draw: st.DrawFn) -> str:
    """A United States number in E.164."""
    digits = draw(st.from_regex(r"[2-9][0-8][0-9][2-9][0-9]{6}", fullmatch=True))
    assume(phonenumbers.is_valid_number(phonenumbers.parse(f"+1{digits}")))
    return f"+1{digits}"


_FORMS = [
    "{a}-{b}-{c}", "1-{a}-{b}-{c}", "({a}) {b}-{c}", "1 ({a}) {b}-{c}", "{a}.{b}.{c}", "1.{a}.{b}.{c}", "{a} {b} {c}",
    "+1 {a} {b} {c}", "+1{a}{b}{c}", "{a}{b}{c}", "1-{a}-{b}{c}", "({a}){b}-{c}", "({a})-{b}-{c}", "{a}/{b}-{c}",
    "TTY {a}-{b}-{c}", "call {a}-{b}-{c} now", "{a}-{b}-{c}, day and night", "{a}-{b}-{c} (1-{a}-{b}-{c})",
]  # fmt: skip


@given(_numbers(), st.sampled_from(_FORMS))
def test_a_number_printed_in_a_usual_form_spells_itself(value: str, form: str) -> None:
    printed = form.format(a=value[2:5], b=value[5:8], c=value[8:])
    assert set(spelled(printed)) == {value[2:]}
    assert _codes(contact(value=value, printed=printed)) == []


@given(_numbers(), st.integers(2, 11), st.sampled_from("0123456789"))
def test_one_wrong_digit_in_print_is_always_seen(value: str, place: int, digit: str) -> None:
    assume(value[place] != digit)
    wrong = value[:place] + digit + value[place + 1 :]
    printed = f"1-{wrong[2:5]}-{wrong[5:8]}-{wrong[8:]}"
    assert "vanity" in _codes(contact(value=value, printed=printed))


# --- one intake number, one jurisdiction ------------------------------------------------------------------------------


def _two_states(**changes: Any) -> Facts:
    other = contact("us-tn-intake", **changes)
    return facts(file("US-KY", [contact()]), file("US-TN", [other]))


def test_one_intake_number_in_two_jurisdictions_is_an_error() -> None:
    found = errors(_two_states())
    assert [problem.code for problem in found] == ["shared_intake"]
    assert found[0].where == "US-KY, US-TN"
    assert "+18775972331" in found[0].reason


@pytest.mark.parametrize(
    "changes",
    [
        {"role": ContactRole.tip_line},
        {"withhold": WithholdReason.owner_unclear},
        {"kind": Kind.fax},
        {"value": "+18775972332", "printed": "877-597-2332"},
    ],
)
def test_another_kind_of_line_or_a_withheld_one_may_have_the_same_number(changes: dict[str, Any]) -> None:
    assert errors(_two_states(**changes)) == []


def test_two_counties_of_one_jurisdiction_may_share_a_number() -> None:
    one, two = contact("us-ky-a", counties=("Adair",)), contact("us-ky-b", counties=("Bell",))
    assert _codes(one, two) == []


def test_a_national_line_as_a_state_s_intake_is_an_error_and_the_emergency_number_is_not() -> None:
    connector = contact("us-line-phone", role=ContactRole.connector)
    shared = errors(facts(file("US-KY", [contact()]), national=(connector,)))
    assert [(problem.code, problem.where) for problem in shared] == [("shared_intake", "US-KY")]
    emergency = contact("us-911", role=ContactRole.emergency)
    assert errors(facts(file("US-KY", [contact()]), national=(emergency,))) == []


def test_the_relay_number_is_everybody_s() -> None:
    relay = {"kind": Kind.tty, "value": "711", "printed": "711"}
    both = facts(file("US-KY", [contact(**relay)]), file("US-TN", [contact("us-tn-tty", **relay)]))
    assert errors(both) == []


# --- known bad --------------------------------------------------------------------------------------------------------


def _bad(value: str = "+18775972331", **changes: Any) -> KnownBad:
    given: dict[str, Any] = {
        "kind": Kind.phone,
        "reason": BadReason.replaced,
        "sources": ("list",),
        **changes,
    }
    return KnownBad(value=value, printed=value, **given)


def test_a_known_bad_number_in_use_is_an_error() -> None:
    assert _codes(contact(), known_bad=(_bad(),)) == ["known_bad"]


def test_a_known_bad_number_that_is_withheld_is_no_error() -> None:
    assert _codes(contact(withhold=WithholdReason.superseded), known_bad=(_bad(),)) == []


@pytest.mark.parametrize("kind", [Kind.sms, Kind.tty, Kind.fax])
def test_a_bad_number_is_bad_for_texts_tty_and_fax_too(kind: Kind) -> None:
    assert _codes(contact(kind=kind), known_bad=(_bad(),)) == ["known_bad"]
    assert _codes(contact(), known_bad=(_bad(kind=kind),)) == ["known_bad"]


def test_a_bad_web_address_is_no_bad_number() -> None:
    assert _codes(contact(), known_bad=(_bad(kind=Kind.web),)) == []


def test_a_nationally_bad_number_is_bad_in_every_jurisdiction() -> None:
    everywhere = facts(file("US-KY", [contact()]), known_bad=(_bad(),))
    assert [problem.code for problem in errors(everywhere)] == ["known_bad"]


def test_one_jurisdiction_s_bad_number_is_not_another_s() -> None:
    two = facts(file("US-KY", [], known_bad=(_bad(),)), file("US-TN", [contact("us-tn-intake")]))
    assert errors(two) == []


def test_a_county_s_number_printed_as_statewide_is_right_for_the_county_and_wrong_for_the_whole() -> None:
    bad = (_bad(reason=BadReason.wrong_scope),)
    assert _codes(contact(counties=("Jefferson",)), known_bad=bad) == []
    assert _codes(contact(except_counties=("Jefferson",)), known_bad=bad) == []
    assert _codes(contact(), known_bad=bad) == ["known_bad"]
    assert _codes(contact(counties=("Jefferson",)), known_bad=(_bad(),)) == ["known_bad"]


# --- sources, ids and codes -------------------------------------------------------------------------------------------


def _law(*sources: str) -> Law:
    return Law(duty=DutyLaw(who=Who.universal, standard=Standard.suspect, sources=sources))


def test_a_value_without_a_source_is_an_error_wherever_it_stands() -> None:
    routing = Routing(model=RouteModel.statewide, sources=())
    assert _codes(contact(sources=())) == ["missing_source"]
    assert _codes(contact(), known_bad=(_bad("+18007526200", sources=()),)) == ["missing_source"]
    assert _codes(contact(), law=_law()) == ["missing_source"]
    assert _codes(contact(), routing=routing) == ["missing_source"]


def test_a_source_that_no_file_has_is_an_error_wherever_it_is_named() -> None:
    hours = Hours(kind=HoursKind.always, sources=("nowhere",))
    conflict = (Conflict(value="+18007526200", sources=("nowhere",)),)
    assert _codes(contact(sources=("state", "nowhere"))) == ["missing_source"]
    assert _codes(contact(hours=hours)) == ["missing_source"]
    assert _codes(contact(conflicts=conflict)) == ["missing_source"]
    assert _codes(contact(), law=_law("nowhere")) == ["missing_source"]


def test_a_source_of_the_national_file_serves_every_file() -> None:
    assert _codes(contact(sources=("list",)), sources={}, routing=_routing()) == []


def _routing(*after_hours: str) -> Routing:
    return Routing(model=RouteModel.statewide, sources=("list",), after_hours=after_hours)


def test_ids_are_unique_and_name_their_file() -> None:
    assert _codes(contact(), contact()) == ["double_id"]
    assert _codes(contact("us-tn-intake")) == ["wrong_id"]
    assert _codes(contact(), contact("us-ky-intake-2")) == []


def test_what_a_contact_refers_to_must_be_there() -> None:
    outside = Hours(kind=HoursKind.outside, of="us-ky-day")
    assert _codes(contact(when_closed=("us-ky-day",))) == ["unknown_id"]
    assert _codes(contact(when_closed=("emergency_912",))) == ["unknown_id"]
    assert _codes(contact(twin="us-ky-day")) == ["unknown_id"]
    assert _codes(contact(hours=outside)) == ["unknown_id"]
    assert _codes(contact(), known_bad=(_bad("+18007526200", use_instead="us-ky-day"),)) == ["unknown_id"]
    assert _codes(contact(), routing=_routing("us-ky-day")) == ["unknown_id"]


def test_a_code_and_a_contact_may_both_be_referred_to() -> None:
    day = contact("us-ky-day")
    night = contact(when_closed=("us-ky-day", "emergency_911"), twin="us-ky-day")
    assert _codes(day, night, routing=_routing("local_police", "us-ky-day")) == []


# --- hours and counties -----------------------------------------------------------------------------------------------

WEEK = Span(days=(Day.mon,), start="08:00", end="17:00")
NEVER_OR_ALL_DAY = Span(days=(Day.mon,), start="08:00", end="08:00")


@pytest.mark.parametrize(
    "hours",
    [
        Hours(kind=HoursKind.weekly, zone="America/New_York"),
        Hours(kind=HoursKind.weekly, spans=(WEEK,)),
        Hours(kind=HoursKind.weekly, spans=(WEEK,), zone="Eastern"),
        Hours(kind=HoursKind.always, spans=(WEEK,)),
        Hours(kind=HoursKind.outside),
        Hours(kind=HoursKind.weekly, spans=(NEVER_OR_ALL_DAY,), zone="local"),
        Hours(kind=HoursKind.always, of="us-ky-intake"),
    ],
)
def test_hours_that_say_too_little_or_two_things_are_an_error(hours: Hours) -> None:
    assert _codes(contact(hours=hours)) == ["hours"]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Guam", "local"])
def test_weekly_hours_need_a_zone_that_exists(zone: str) -> None:
    assert _codes(contact(hours=Hours(kind=HoursKind.weekly, spans=(WEEK,), zone=zone))) == []


def test_a_county_that_the_jurisdiction_does_not_have_is_an_error() -> None:
    assert _codes(contact(counties=("Jefferson", "McCreary"))) == []
    assert _codes(contact(counties=("Jeferson",))) == ["unknown_county"]
    assert _codes(contact(except_counties=("Davidson",))) == ["unknown_county"]
    assert _codes(contact(counties=("Jeferson",), withhold=WithholdReason.recheck)) == ["unknown_county"]


def test_a_name_that_two_counties_could_mean_is_an_error() -> None:
    for name, expected in (
        ("Baltimore", ["unknown_county"]),
        ("Baltimore County", []),
        ("Baltimore City", []),
    ):
        found = errors(facts(file("US-MD", [contact("us-md-intake", counties=(name,))])))
        assert [problem.code for problem in found] == expected


# --- near numbers -----------------------------------------------------------------------------------------------------


def _pairs(*values: str) -> Iterator[tuple[str, str]]:
    lines = [contact(f"us-ky-{number}", value=value) for number, value in enumerate(values)]
    for one, other in same_last_seven(facts(file("US-KY", lines))):
        yield one.value, other.value


def test_lines_that_differ_in_the_prefix_alone_are_warned_of() -> None:
    assert list(_pairs("+18554224453", "+18004224453")) == [("+18554224453", "+18004224453")]
    assert list(_pairs("+18554224453", "+18004224454")) == []
    assert list(_pairs("+18554224453", "+18554224453")) == []


def test_every_error_says_what_to_do() -> None:
    wrong = contact("us-tn-x", value="+1877", sources=(), twin="us-tn-y", counties=("Nowhere",))
    found = errors(facts(file("US-KY", [wrong])))
    assert {p.code for p in found} >= {
        "invalid_value",
        "missing_source",
        "unknown_id",
        "unknown_county",
        "wrong_id",
    }
    assert all(len(problem.reason) > 10 and problem.where for problem in found)
