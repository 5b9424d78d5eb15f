"""The state of an area code, and the zones of all there are."""

from __future__ import annotations

import phonenumbers
import pytest

from porchlight.places.area_codes import _AREA_CODES, state_of
from porchlight.places.jurisdictions import NAMES
from porchlight.places.zones import all_zones, zones_of_state

GIVEN = {code: f"US-{state}" for state, codes in _AREA_CODES.items() for code in codes.split()}


def test_every_jurisdiction_has_an_area_code_and_none_has_two_states() -> None:
    assert {f"US-{state}" for state in _AREA_CODES} == set(NAMES)
    assert len(GIVEN) == sum(len(codes.split()) for codes in _AREA_CODES.values()) >= 365


@pytest.mark.parametrize("code", sorted(GIVEN))
def test_each_area_code_belongs_to_the_united_states_or_its_territory(code: str) -> None:
    region = phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}5550123"))
    jurisdiction = GIVEN[code]
    assert region == (jurisdiction[3:] if jurisdiction[3:] in ("PR", "VI", "GU", "AS", "MP") else "US")


def test_no_area_code_of_the_country_is_forgotten() -> None:
    """Of all that the phone library takes for a number of a place in the United States."""
    missing = [
        code
        for code in map(str, range(200, 1000))
        if code not in GIVEN
        and phonenumbers.is_valid_number_for_region(phonenumbers.parse(f"+1{code}2345678"), "US")
        and phonenumbers.number_type(phonenumbers.parse(f"+1{code}2345678"))
        in (phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("e164", "state"),
    [
        ("+15025550123", "US-KY"),
        ("+13645550123", "US-KY"),
        ("+18505550123", "US-FL"),
        ("+12195550123", "US-IN"),
        ("+12025550123", "US-DC"),
        ("+12065550123", "US-WA"),
        ("+17875550123", "US-PR"),
        ("+16705550123", "US-MP"),
        ("+18005550123", None),  # toll-free
        ("+14165550123", None),  # Toronto
        ("+447911123456", None),
        ("5025550123", None),
        ("+1502555012", None),
        ("", None),
    ],
)
def test_a_number_is_of_the_state_of_its_area_code(e164: str, state: str | None) -> None:
    assert state_of(e164) == state


def test_all_zones_are_those_of_the_states_less_two_that_keep_anothers_clock() -> None:
    of_states = {zone for code in NAMES for zone in zones_of_state(code[3:])}
    assert of_states - set(all_zones()) == {"America/St_Thomas", "Pacific/Saipan"}
    assert set(all_zones()) <= of_states
