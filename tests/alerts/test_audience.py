"""Who gets a broadcast: by program, area and language, found by keyed indexes alone."""

from __future__ import annotations

import msgspec
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts import audience, keyring, numbers, subscribe
from porchlight.alerts.audience import Around, Audience
from porchlight.alerts.models import Enrollment, Number, Subscriber, Suppression
from porchlight.places import zips
from tests.alerts import office

LOUISVILLE = zips.Point(38.2527, -85.7585)


def reached(asked: Audience) -> set[str]:
    """The numbers that are meant."""
    return {
        numbers.open_(row.subscriber.number)
        for row in audience.rows(asked).select_related("subscriber__number")
    }


@pytest.fixture
def people(db: None) -> dict[str, Number]:
    """One person in each place, in the program "local"."""
    to = office.program()
    places = {
        "louisville": ("+15025550001", "40202", "en"),
        "lexington": ("+18595550002", "40506", "es"),
        "indiana": ("+18125550003", "47130", "en"),
        "fort_campbell": ("+12705550004", "42223", "en"),
        "on_the_line": ("+15025550005", _shared_zip(), "es"),
    }
    return {
        name: office.subscriber(to, e164, zip_code, language)
        for name, (e164, zip_code, language) in places.items()
    }


def _shared_zip() -> str:
    """A ZIP code that touches Jefferson and another county, so that no one county index is kept for it."""
    from porchlight.places import Ask, resolve

    return next(zip_code for zip_code in zips.touching("21111") if isinstance(resolve(zip_code), Ask))


def test_everyone_in_the_program_is_meant(people: dict[str, Number]) -> None:
    assert reached(Audience("local")) == {numbers.open_(number) for number in people.values()}
    assert reached(Audience("other")) == set()


def test_a_county_holds_whoever_lives_in_it_and_whose_zip_code_touches_it(people: dict[str, Number]) -> None:
    assert reached(Audience("local", state="US-KY", counties=("21111",))) == {"+15025550001", "+15025550005"}
    assert reached(Audience("local", state="US-KY", counties=("21067",))) == {"+18595550002"}
    assert reached(Audience("local", state="US-KY", counties=("21001",))) == set()


def test_several_counties_hold_the_people_of_each(people: dict[str, Number]) -> None:
    found = reached(Audience("local", state="US-KY", counties=("21111", "21067")))
    assert found == {"+15025550001", "+15025550005", "+18595550002"}


def test_a_state_holds_its_own_and_those_whose_zip_code_crosses_its_line(people: dict[str, Number]) -> None:
    kentucky = reached(Audience("local", state="US-KY"))
    assert kentucky == {"+15025550001", "+15025550005", "+18595550002", "+12705550004"}
    assert "+12705550004" in reached(Audience("local", state="US-TN"))
    assert reached(Audience("local", state="US-IN")) == {"+18125550003"}


def test_a_circle_crosses_state_lines(people: dict[str, Number]) -> None:
    around = Around("Louisville, Kentucky", LOUISVILLE.latitude, LOUISVILLE.longitude, 10)
    assert {"+15025550001", "+18125550003"} <= reached(Audience("local", around=around))
    assert not {"+18595550002", "+12705550004"} & reached(Audience("local", around=around))


def test_a_language_is_one_condition_more(people: dict[str, Number]) -> None:
    assert reached(Audience("local", language="es")) == {"+18595550002", "+15025550005"}
    assert reached(Audience("local", state="US-KY", counties=("21067",), language="en")) == set()


def test_nobody_who_said_stop_left_or_waits_is_meant(people: dict[str, Number]) -> None:
    now = timezone.now()
    subscribe.leave(people["louisville"], Suppression.Source.TEXT, now)
    Subscriber.objects.filter(number=people["lexington"]).update(state=Subscriber.State.PAUSED)
    Enrollment.objects.filter(subscriber__number=people["indiana"]).update(active=False)
    numbers.suppress(people["fort_campbell"], Suppression.Source.CARRIER, now)
    assert reached(Audience("local")) == {"+15025550005"}


def test_new_keys_lose_nobody_who_was_indexed_by_old_ones(people: dict[str, Number]) -> None:
    before = reached(Audience("local", state="US-KY", counties=("21111",)))
    keyring.add_keys()
    newcomer = office.subscriber(Enrollment.objects.all()[0].program, "+15025550009", "40202")
    after = reached(Audience("local", state="US-KY", counties=("21111",)))
    assert after == before | {numbers.open_(newcomer)}


def test_a_step_of_a_series_means_those_who_are_due(people: dict[str, Number]) -> None:
    today = timezone.now().date()
    Enrollment.objects.filter(subscriber__number=people["indiana"]).update(
        next_step="3-sleep", next_due=today
    )
    assert reached(Audience("local", step="3-sleep", due=today)) == {"+18125550003"}
    assert reached(Audience("local", step="3-sleep", due=today.replace(year=2020))) == set()
    assert reached(Audience("local", step="4-read", due=today)) == set()


def test_people_are_counted_by_language_and_by_clock(people: dict[str, Number]) -> None:
    counted = audience.counts(Audience("local"))
    assert counted.total == 5 == sum(counted.by_clock.values())
    assert counted.by_language == {"en": 3, "es": 2}
    assert counted.by_clock[people["fort_campbell"].clock, "en"] == 1  # the state alone is known: two clocks
    assert audience.counts(Audience("other")) == audience.Counts()


def test_what_is_kept_of_a_broadcast_is_read_again_as_it_was(people: dict[str, Number]) -> None:
    asked = Audience("local", around=Around("Louisville", 38.25, -85.75, 10), language="es")
    assert audience.read(asked.as_json()) == asked
    assert reached(audience.read(asked.as_json())) == reached(asked)


kept = st.builds(
    Audience,
    program=st.text("abc", min_size=1),
    state=st.none() | st.just("US-KY"),
    counties=st.lists(st.sampled_from(["21111", "21067"])).map(tuple),
    around=st.none()
    | st.builds(Around, st.text(), st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 100)),
    language=st.none() | st.just("es"),
    step=st.none() | st.just("3-sleep"),
    due=st.none() | st.dates(),
)


@given(kept)
def test_every_audience_outlives_its_json(asked: Audience) -> None:
    assert audience.read(msgspec.json.decode(msgspec.json.encode(asked.as_json()))) == asked


def test_an_audience_that_is_not_understood_reaches_nobody_by_mistake() -> None:
    for wrong in ({}, {"program": "local", "county": "21111"}, {"program": "local", "counties": "21111"}):
        with pytest.raises(msgspec.ValidationError):
            audience.read(wrong)


@pytest.mark.django_db
def test_an_audience_is_said_in_both_languages() -> None:
    office.program()
    around = Audience("local", around=Around("Louisville, Kentucky", 38.25, -85.75, 25), language="es")
    assert audience.describe(around, "en") == (
        "Everyone in Local news, within 25 miles of Louisville, Kentucky, who read Spanish"
    )
    county = Audience("local", state="US-KY", counties=("21111",))
    assert audience.describe(county, "en") == "Everyone in Local news, in Jefferson County, Kentucky"
    assert audience.describe(county, "es").startswith(
        "Todas las personas de Noticias locales, en Jefferson County"
    )
    many = Audience("local", state="US-KY", counties=("21111", "21067", "21001", "21003", "21005"))
    assert audience.describe(many, "en") == "Everyone in Local news, in 5 counties"
    assert audience.describe(Audience("gone"), "en") == "Everyone in gone"
