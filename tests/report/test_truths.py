"""What people in particular places are told, checked against the notes on law and lines, one place a test."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from porchlight.facts import Facts, shipped
from porchlight.facts.hours import OpenState
from porchlight.facts.overlay import lay_over
from porchlight.facts.schema import ContactRole, Kind
from porchlight.places import Place, place_for
from porchlight.report.answer import Answer, Concern, Duty, Must, Point, Role
from porchlight.report.rules import answer
from tests.report.asking import NOON, all_places, ask, codes, contact, counties_with_lines, ids, read, words

SUNDAY = dt.datetime(2026, 12, 6, 17, 0, tzinfo=dt.UTC)


def _duty(typed: str, role: str = "anyone", concern: str = "abuse_neglect") -> Duty:
    duty = ask(typed, concern, role).duty
    assert duty is not None
    return duty


def _first_phone(given: Answer) -> str:
    return next(
        c.value for c in given.contacts if c.kind is Kind.phone and c.role is not ContactRole.emergency
    )


# --- Kentucky ---------------------------------------------------------------------------------------------------------


def test_in_kentucky_everyone_must_report_and_the_employee_tells_the_head_too() -> None:
    duty = _duty("40202", "school")
    assert duty.must is Must.yes
    assert words(duty.must_i) == "In Kentucky everyone must report."
    assert duty.must_i.cite is not None
    assert duty.must_i.cite.startswith("KRS 620.030")
    assert words(duty.boss) == "Call yourself, and tell the person in charge too."
    assert words(duty.name).startswith("You may stay unnamed.")


def test_in_kentucky_a_child_in_commercial_sex_is_a_victim_and_the_law_names_three_forms() -> None:
    law = ask("40202", "sex_trafficking").law
    said = words(law.sex_minor)
    assert "In Kentucky, a child under 18 who is in commercial sex is a victim." in said
    assert "No one has to show force, lies or threats." in said
    assert "stripping, pornography and prostitution" in said
    assert not law.sex_minor.check
    assert "whoever did it" in words(law.child_abuse)
    assert "force, lies or threats, for children too" in words(law.labor_minor)


def test_only_where_the_law_was_read_are_its_forms_named() -> None:
    named = [
        code
        for code in shipped().jurisdictions
        if "law_commercial_forms"
        in codes(answer(place_for(code), Concern.sex_trafficking, Role.anyone, NOON, shipped()).law)
    ]
    assert named == ["US-KY"]


def test_in_kentucky_the_police_are_told_of_trafficking_too() -> None:
    given = ask("40202", "sex_trafficking")
    assert "For a child in commercial sex, tell the local police too." in words(given.route)
    assert given.contacts[0].id == "us-ky-intake"
    assert "the police" in words(_duty("40202", concern="sex_trafficking").to_whom)


def test_kentucky_s_second_number_and_the_one_it_replaced_are_never_shown() -> None:
    for concern in Concern:
        for role in (Role.anyone, Role.school, Role.youth):
            given = answer(place_for("US-KY"), concern, role, NOON, shipped())
            assert "+18007526200" not in [c.value for c in given.contacts]
            assert "752-6200" not in read(given)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-12-02T07:59:59-05:00", OpenState.closed),
        ("2026-12-02T08:00:00-05:00", OpenState.open),
        ("2026-12-02T16:29:59-05:00", OpenState.open),
        ("2026-12-02T15:30:00-06:00", OpenState.closed),  # 16:30 Eastern; in Paducah it is 15:30
        ("2026-12-06T12:00:00-05:00", OpenState.closed),  # Sunday
        ("2026-11-26T12:00:00-05:00", OpenState.closed),  # Thanksgiving
    ],
)
def test_the_web_form_of_kentucky_keeps_eastern_hours_in_paducah_too(moment: str, state: OpenState) -> None:
    given = ask("Paducah KY", at=dt.datetime.fromisoformat(moment))
    portal = contact(given, "us-ky-portal")
    assert portal.open is state
    assert "Eastern time" in words(portal.hours)
    if state is OpenState.closed:
        assert words(portal.if_closed).startswith("When it is closed, call 1-877-KYSAFE1")
        assert portal.opens_at is not None


def test_a_young_person_is_not_sent_to_a_web_form() -> None:
    assert "us-ky-portal" in ids(ask("40202"))
    assert "us-ky-portal" not in ids(ask("40202", role="youth"))


# --- the duty, by place and by work -----------------------------------------------------------------------------------


def test_a_texas_teacher_has_24_hours_after_now_and_is_warned_of_older_pages() -> None:
    deadline = words(_duty("Texas", "school").deadline).splitlines()
    assert deadline == [
        "Now. Call as soon as you can.",
        "For people who work with children the outer limit is 24 hours. Do not wait for it.",
        "Many pages still print an older limit. It no longer holds.",
    ]
    assert words(_duty("Texas").deadline) == "Now. Call as soon as you can."


def test_the_texas_hotline_takes_no_call_without_a_name() -> None:
    assert "takes no calls without a name. The police may." in words(_duty("Texas").name)
    for place in ("American Samoa", "Guam", "Nebraska"):
        assert "name_required" in codes(_duty(place).name), place
    for place in ("Florida", "Pennsylvania"):
        assert codes(_duty(place, "school").name) >= {"name_required_work"}, place
        assert "name_optional" not in codes(_duty(place, "school").name), place


@pytest.mark.parametrize(
    ("place", "carer", "other"),
    [
        ("Arizona", "tell the child protection office or the police", "tell the police"),
        ("Louisiana", "tell the hotline", "tell the police"),
        ("Maine", "tell the child protection office", "tell the prosecutor"),
        ("South Carolina", "tell the child protection office or the police", "tell the police"),
        ("Texas", "tell the hotline", "tell the police or the hotline"),
    ],
)
def test_where_the_suspect_decides_whom_to_tell_both_ways_are_shown(
    place: str, carer: str, other: str
) -> None:
    to_whom = words(_duty(place).to_whom).splitlines()
    assert to_whom[0] == "There, whom you call depends on who did it."
    assert f"A parent, or someone who takes care of the child: {carer}." in to_whom
    assert f"Someone else: {other}." in to_whom
    assert any(row.startswith("Not sure who did it? Call the child line.") for row in to_whom)


def test_in_no_other_place_does_the_suspect_decide() -> None:
    found = {
        code
        for code in shipped().jurisdictions
        if "to_whom_by_suspect" in codes(_duty_of(code, Role.anyone).to_whom)
    }
    assert found == {"US-AZ", "US-LA", "US-ME", "US-SC", "US-TX"}


def _duty_of(code: str, role: Role) -> Duty:
    duty = answer(place_for(code), Concern.abuse_neglect, role, NOON, shipped()).duty
    assert duty is not None
    return duty


def test_everyone_must_report_in_nineteen_places_and_nobody_is_told_no() -> None:
    must = {code: _duty_of(code, Role.anyone).must for code in shipped().jurisdictions}
    everyone = {code.removeprefix("US-") for code, each in must.items() if each is Must.yes}
    assert " ".join(sorted(everyone)) == "DE FL ID IN KY MD MS NC NE NH NJ NM OK PR RI TN TX UT WY"
    assert set(must.values()) <= {Must.yes, Must.may, Must.unknown}


def test_in_dc_and_nevada_everyone_must_report_some_crimes() -> None:
    assert "Is it sexual abuse of a child? Then every person there must report." in words(
        _duty("Washington DC").must_i
    )
    assert "a child of 12 or younger? Then every person there must report." in words(_duty("Nevada").must_i)


def test_in_pennsylvania_and_south_carolina_the_law_binds_adults() -> None:
    for place in ("Pennsylvania", "South Carolina"):
        assert "must_from_18" in codes(_duty(place, "school").must_i), place
    assert "must_from_18" not in codes(_duty("Ohio", "school").must_i)


def test_delaware_is_disputed_and_says_to_check() -> None:
    must_i = _duty("Delaware").must_i
    assert must_i.check
    assert words(must_i).splitlines()[-1] == "We are not sure of this. Ask the hotline."


def test_a_law_that_nobody_read_is_asked_of_the_hotline_and_never_denied() -> None:
    must = [_duty_of(code, role) for code in shipped().jurisdictions for role in (Role.anyone, Role.school)]
    unknown: list[Point] = [duty.boss for duty in must if "boss_unknown" in codes(duty.boss)]
    assert unknown
    for point in unknown:
        assert point.check
        assert words(point) == "Call yourself, then tell your principal or boss."


def test_washington_clergy_are_told_what_the_statute_says() -> None:
    assert _duty("Washington State", "clergy").must is Must.yes
    assert _duty("Washington State", "clergy").privilege is not None
    assert _duty("Washington State", "school").privilege is None


def test_federal_law_is_named_to_those_it_binds() -> None:
    federal = _duty("40202", "school").federal
    assert federal is not None
    assert federal.cite is not None
    assert "20341" in federal.cite
    assert "federal government" in words(federal)
    assert _duty("40202", "anyone").federal is None


def test_someone_who_works_with_children_hears_the_duty_when_a_parent_struggles_and_a_parent_does_not() -> (
    None
):
    assert ask("40202", "struggling", "school").duty is not None
    assert ask("40202", "struggling", "parent").duty is None
    assert ask("40202", "abuse_neglect", "youth").duty is None


# --- whom to call, by place -------------------------------------------------------------------------------------------


def test_american_samoa_and_the_marianas_have_no_line_known_and_say_what_to_do() -> None:
    for place in ("American Samoa", "Northern Mariana Islands"):
        given = ask(place)
        route = words(given.route)
        assert "We found no child line for" in route
        assert "Call 911 or the police, and ask for child protection." in route
        assert "The office that should know:" in route
        assert "1-800-422-4453" in route
        assert not [c for c in given.contacts if c.role is ContactRole.intake and c.kind is Kind.phone]
        assert given.contacts[0].value == "911"


def test_los_angeles_has_one_number_for_inside_california_and_one_for_outside() -> None:
    given = ask("Los Angeles County, CA")
    inside, outside = given.contacts[:2]
    assert (inside.value, outside.value) == ("+18005404000", "+12136394500")
    assert words(inside.why) == "If you call from inside California."
    assert words(outside.why) == "If you call from outside California."


def test_california_without_a_county_asks_for_it_and_shows_no_county_s_number() -> None:
    given = ask("California")
    assert "each county has its own number. Tell us the county." in words(given.route)
    assert "cdss.ca.gov" in words(given.route)
    assert "route_police" in codes(given.route)
    assert not [c for c in given.contacts if c.role is ContactRole.intake and c.kind is Kind.phone]


def test_new_hampshire_has_a_number_that_works_only_inside_and_one_for_everyone() -> None:
    given = ask("New Hampshire")
    assert [c.value for c in given.contacts[:2]] == ["+18008945533", "+16032716562"]
    assert words(given.contacts[0].why) == "If you call from inside New Hampshire."


def test_in_wisconsin_any_local_office_will_do() -> None:
    given = ask("Wisconsin")
    assert given.contacts[0].why.code == "why_intake_any_office"
    assert "Any local office can take your call." in words(given.route)
    county = ask("Dane County, WI")
    assert county.contacts[0].area == ("Dane",)
    danger = ask("Wisconsin", "danger_now")
    assert danger.contacts[0].value == "911"
    assert "why_intake_any_office" in codes(danger.contacts)


def test_nevada_has_a_line_for_washoe_one_for_clark_and_one_for_the_rest() -> None:
    assert _first_phone(ask("Washoe County, NV")) == "+18339007233"
    assert _first_phone(ask("Las Vegas NV")) == "+17023990081"
    assert _first_phone(ask("Elko County, NV")) == "+18335711041"
    unknown = ask("Nevada")
    shown = [c.area for c in unknown.contacts if c.role is ContactRole.intake and c.kind is Kind.phone]
    assert ("Washoe",) in shown
    assert ("Clark",) in shown
    assert "each region has its own number. Tell us the county." in words(unknown.route)


def test_hawaii_has_one_line_for_oahu_and_one_for_the_other_islands() -> None:
    assert _first_phone(ask("Honolulu HI")) == "+18088325300"
    assert _first_phone(ask("Maui County, HI")) == "+18883803088"


def test_ohio_s_line_connects_with_the_county_and_stands_there_for_every_worry() -> None:
    for concern in Concern:
        line_of_ohio = contact(ask("Ohio", concern.value), "us-oh-connector")
        assert line_of_ohio.value == "+18556424453"
        assert line_of_ohio.role is ContactRole.connector


def test_wyoming_s_department_only_helps_to_find_the_county_so_the_county_is_asked() -> None:
    given = ask("Wyoming")
    assert contact(given, "us-wy-department-line").why.code == "why_connector"
    assert "each county has its own number. Tell us the county." in words(given.route)
    assert "route_police" in codes(given.route)


def test_the_line_of_north_dakota_is_closed_on_sunday_and_says_whom_to_call_then() -> None:
    given = ask("North Dakota", at=SUNDAY)
    line_of_nd = contact(given, "us-nd-intake")
    assert line_of_nd.open is OpenState.closed
    assert words(line_of_nd.if_closed) == "When it is closed, call 911 or the local police."
    assert line_of_nd.no_answer is not None
    assert "Call the local police" in words(line_of_nd.no_answer)
    assert contact(ask("North Dakota"), "us-nd-intake").open is OpenState.open


def test_no_line_that_closes_leaves_whoever_is_not_in_danger_without_a_word() -> None:
    """North Dakota and Wayne County, Ohio, name 911 alone for the nights, whether a child is in danger or not."""
    seen = 0
    for place in (*all_places(), *counties_with_lines()):
        for each in answer(place, Concern.abuse_neglect, Role.anyone, NOON, shipped()).contacts:
            if each.role is ContactRole.intake and each.hours.code not in ("hours_always", "hours_unknown"):
                seen += 1
                assert {one.code for one in each.if_closed} != {"closed_emergency_911"}, each.id
    assert seen > 50
    wayne = contact(ask("Wayne County, OH"), "us-oh-wayne-intake")
    assert codes(wayne.if_closed) == {"closed_only_911"}


def test_south_dakota_prints_no_zone_so_an_hour_between_its_two_is_doubtful() -> None:
    eight = dt.datetime(2026, 12, 2, 14, 30, tzinfo=dt.UTC)  # 8:30 Central, 7:30 Mountain
    everywhere = contact(ask("South Dakota", at=eight), "us-sd-intake")
    assert everywhere.open is OpenState.may_be_closed
    assert "local time" in words(everywhere.hours)
    assert contact(ask("Rapid City SD", at=eight), "us-sd-intake").open is OpenState.closed
    assert contact(ask("Minnehaha County, SD", at=eight), "us-sd-intake").open is OpenState.open


def test_a_closed_line_comes_after_one_that_is_open() -> None:
    open_now, at_night = (
        ask("Blue Earth County, MN", at=moment)
        for moment in (NOON, dt.datetime(2026, 12, 3, 6, 0, tzinfo=dt.UTC))
    )
    assert ids(open_now).index("us-mn-blue-earth-intake") < ids(open_now).index(
        "us-mn-blue-earth-after-hours"
    )
    assert ids(at_night).index("us-mn-blue-earth-after-hours") < ids(at_night).index(
        "us-mn-blue-earth-intake"
    )


def test_a_place_that_is_not_known_gets_the_national_lines() -> None:
    given = ask("")
    assert given.place.jurisdiction is None
    assert "Tell us the state or ZIP code" in words(given.route)
    assert "911" in [c.value for c in given.contacts]
    assert contact(given, "us-childhelp-phone").value == "+18004224453"
    assert given.duty is None
    assert "force, lies or threats" in words(given.law.sex_minor)
    assert given.law.child_abuse is None
    assert given.law.child_charged is None


def test_on_a_base_the_military_police_and_the_family_program_are_named_with_the_line_of_the_state() -> None:
    given = ask("Fort Campbell, KY")
    assert given.contacts[0].id == "us-ky-intake"
    assert {"route_military", "route_family_advocacy"} <= codes(given.route)
    assert "why_military" in codes(given.contacts)
    assert "why_military" not in codes(ask("40202").contacts)


def test_on_tribal_land_the_tribe_and_federal_lines_are_named_with_the_line_of_the_state() -> None:
    given = ask("Navajo Nation, AZ")
    assert given.contacts[0].id == "us-az-intake"
    assert "route_tribal" in codes(given.route)
    assert "us-ihs" in ids(given)
    assert "us-ihs" not in ids(ask("Arizona"))


def test_childhelp_and_the_trafficking_hotline_are_said_not_to_be_child_protection() -> None:
    given = ask("40202", "sex_trafficking")
    assert "You still need to make that call." in words(contact(given, "us-childhelp-phone").why)
    assert "They are not child protection." in words(contact(given, "us-nht-phone").why)
    assert ids(given).index("us-ky-intake") < ids(given).index("us-nht-phone")


# --- a child or teen who asks for themselves --------------------------------------------------------------------------


def test_is_this_about_you_begins_with_texts_and_chats_and_says_what_each_may_pass_on() -> None:
    given = ask("40202", "about_me")
    kinds = [c.kind for c in given.contacts]
    first_call = next(n for n, c in enumerate(given.contacts) if c.kind is Kind.phone)
    assert set(kinds[:first_call]) <= {Kind.sms, Kind.chat}
    assert first_call >= 2
    for each in given.contacts:
        if each.why.code.startswith("why_youth"):
            assert each.pass_on, each.id
    said = words(given.about_me)
    assert said.startswith("It is not your fault.")
    assert "phone bill" in said
    assert "It can be taken down." in said
    assert "us-take-it-down" in ids(given)
    assert "us-ky-intake" in ids(given)


def test_trouble_is_denied_only_where_the_law_was_read_less_than_two_years_ago_and_the_date_moves() -> None:
    def told(at: dt.datetime) -> set[str]:
        return {
            code.removeprefix("US-")
            for code in shipped().jurisdictions
            if "me_trouble_no"
            in codes(answer(place_for(code), Concern.about_me, Role.youth, at, shipped()).about_me)
        }

    assert {"DC", "GA", "ID", "NE", "WA"} <= told(NOON)
    assert "KY" not in told(NOON)  # the text of KRS 529.120 was not read
    for code in told(NOON):
        law = shipped().jurisdictions[f"US-{code}"].law.trafficking
        assert law is not None
        assert law.safe_harbor is not None
        assert law.safe_harbor.status == "immune_under_18"
        dates = [shipped().source(f"US-{code}", source).date for source in law.safe_harbor.sources]
        assert max(date for date in dates if date is not None) >= "2024-12"
    assert told(NOON.replace(year=2029)) == set()


def test_where_it_is_not_sure_a_child_is_not_told_that_all_is_well() -> None:
    assert "me_trouble_unsure" in codes(ask("40202", "about_me").about_me)
    assert "me_trouble_unsure" in codes(ask("", "about_me").about_me)


# --- a site's own corrections -----------------------------------------------------------------------------------------


def _laid(folder: Path, text: str) -> Facts:
    (folder / "own.yaml").write_text(f"by: A. Person\non: 2026-11-20\n{text}")
    loaded = lay_over(shipped(), folder)
    assert loaded.refused == ()
    return loaded.facts


def test_a_number_that_a_site_withholds_is_gone_from_the_answer_and_from_what_points_to_it(
    tmp_path: Path,
) -> None:
    facts = _laid(tmp_path, "change:\n  us-ky-intake: {withhold: did_not_work}\n")
    for concern in Concern:
        given = ask("40202", concern.value, facts=facts)
        assert "us-ky-intake" not in ids(given)
        assert "KYSAFE1" not in read(given)
    given = ask("40202", facts=facts)
    assert "route_police" in codes(given.route)
    assert "route_connector" in codes(given.route)
    assert given.contacts[0].value == "911"


def test_a_confirmed_number_says_by_whom_and_when(tmp_path: Path) -> None:
    facts = _laid(
        tmp_path,
        "change:\n  us-ky-intake:\n    confirmed: {by: A. Person, on: 2026-11-20, how: called}\n",
    )
    confirmed = contact(ask("40202", facts=facts), "us-ky-intake")
    assert confirmed.standing == "confirmed"
    assert words(confirmed.trust) == "A. Person called this number on 2026-11-20."
    later = contact(ask("40202", at=NOON.replace(year=2028), facts=facts), "us-ky-intake")
    assert later.standing != "confirmed"


def test_a_site_s_own_line_is_shown_with_the_shipped_ones(tmp_path: Path) -> None:
    facts = _laid(
        tmp_path,
        "sources:\n  own: {publisher: A. Person, kind: jurisdiction}\nadd:\n- jurisdiction: US-AS\n  contact:\n"
        "    {id: us-as-own, role: intake, kind: phone, value: '+16846335010', printed: 684-633-5010,\n"
        "     takes: [abuse], sources: [own]}\n",
    )
    given = ask("American Samoa", facts=facts)
    assert given.contacts[0].id == "us-as-own"


# --- the shape of a place's own answer --------------------------------------------------------------------------------


def test_the_county_is_kept_in_the_answer_and_the_city_is_not() -> None:
    given = ask("40202")
    assert msgspec.to_builtins(given.place) == {
        "jurisdiction": "US-KY",
        "name": "Kentucky",
        "county": "Jefferson County",
        "county_fips": "21111",
    }
    assert "Louisville" not in read(given)


def test_a_place_is_enough_without_its_county_where_one_line_serves_all() -> None:
    whole = Place(jurisdiction="US-TN", county=None, county_fips=None, city=None, zones=("America/Chicago",))
    given = answer(whole, Concern.abuse_neglect, Role.anyone, NOON, shipped())
    assert given.contacts[0].id == "us-tn-intake"
    assert "route_ask_county" not in codes(given.route)
