"""The facts of the package: whole, in order, sourced, and free of the wrong numbers that other lists print.

The figures are those of the material the files were made from, as of 2026-11-22.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
import yaml

import porchlight.facts
from porchlight.facts import shipped
from porchlight.facts.audit import audit, each_contact
from porchlight.facts.check import contact_errors, errors, same_last_seven, spelled
from porchlight.facts.schema import (
    BadReason,
    Callers,
    Contact,
    ContactRole,
    InstitutionRule,
    Kind,
    NameRule,
    RouteModel,
    ToRule,
    WithholdReason,
)
from porchlight.facts.standing import Standing, is_of_jurisdiction
from porchlight.places import jurisdictions
from tests.facts.made import TODAY

FOLDER = Path(porchlight.facts.__file__).parent
FILES = [*sorted((FOLDER / "us").glob("*.yaml")), FOLDER / "national.yaml"]
CODES = [code for code, _ in jurisdictions()]
COUNTY_RUN = {"US-AL", "US-CA", "US-MN", "US-NC", "US-WI", "US-WY"}
NO_LINE_KNOWN = {"US-AS", "US-MP"}
CHILDHELP = "+18004224453"


def _contacts() -> Iterator[tuple[str | None, Contact]]:
    for code, contact, _ in each_contact(shipped(), TODAY):
        yield code, contact


def _is_main_line(contact: Contact) -> bool:
    is_line = contact.role is ContactRole.intake and contact.kind is Kind.phone and contact.withhold is None
    return is_line and not contact.counties and not contact.except_counties


# --- the files --------------------------------------------------------------------------------------------------------


def test_there_is_a_file_for_each_of_the_56_jurisdictions() -> None:
    assert sorted(shipped().jurisdictions) == sorted(CODES)
    assert len(CODES) == 56
    names = dict(jurisdictions())
    assert {code: file.name for code, file in shipped().jurisdictions.items()} == names


def test_every_file_passes_every_check() -> None:
    assert errors(shipped()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_keys_stand_in_the_documented_order(path: Path) -> None:
    """One order in every file, the one of the table in docs/facts.md."""
    order = [
        "jurisdiction",
        "name",
        "agency",
        "routing",
        "contacts",
        "known_bad",
        "law",
        "safe_haven_notes",
        "gaps",
    ]
    order += ["notes", "sources"]
    if path.stem == "national":
        order = ["contacts", "known_bad", "law", "notes", "sources"]
    found = [key for key, _ in _mapping(path)]
    assert found == [key for key in order if key in found]
    assert found[0] == order[0]
    assert found[-1] == "sources"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_contact_starts_with_its_id_role_kind_value_and_printed_form(path: Path) -> None:
    contacts = next((value for key, value in _mapping(path) if key == "contacts"), None)
    assert contacts is not None
    for entry in contacts.value:
        assert [key.value for key, _ in entry.value][:5] == ["id", "role", "kind", "value", "printed"]


@cache
def _mapping(path: Path) -> list[tuple[str, yaml.Node]]:
    """The keys at the top of a file, in order, with their values."""
    root = yaml.compose(path.read_text("utf-8"), getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    assert isinstance(root, yaml.MappingNode)
    return [(key.value, value) for key, value in root.value]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_line_is_wider_than_140_unless_an_address_makes_it_so(path: Path) -> None:
    wide = [line for line in path.read_text("utf-8").splitlines() if len(line) > 140]
    assert [line for line in wide if "http" not in line] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_comment_at_the_top_says_what_is_peculiar_here(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    comments = [line for line in lines[:5] if line.startswith("# ")]
    assert 1 <= len(comments) <= 5
    assert lines[0].startswith("# ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_source_is_used(path: Path) -> None:
    """A source nobody cites is a leftover; a note may cite one by its id in words."""
    text = path.read_text("utf-8")
    if path.stem == "national":
        text += "".join(each.read_text("utf-8") for each in FILES[:-1])
    words = Counter(re.findall(r"[\w-]+", text))
    sources = next(value for key, value in _mapping(path) if key == "sources")
    assert [key.value for key, _ in sources.value if words[key.value] < 2] == []


def test_the_package_carries_the_files() -> None:
    assert files("porchlight.facts").joinpath("national.yaml").is_file()


# --- what is covered --------------------------------------------------------------------------------------------------


def test_every_jurisdiction_states_a_duty_and_protects_good_faith() -> None:
    for code, file in shipped().jurisdictions.items():
        assert file.law.duty is not None, code
        assert file.law.immunity is not None, code
        assert file.law.immunity.good_faith is True, code


def test_45_jurisdictions_have_an_intake_phone_for_the_whole_of_them_and_the_other_11_are_known() -> None:
    without = {
        code for code, file in shipped().jurisdictions.items() if not any(map(_is_main_line, file.contacts))
    }
    assert without == COUNTY_RUN | NO_LINE_KNOWN | {"US-HI", "US-NV", "US-OH"}
    assert len(CODES) - len(without) == 45


def test_county_run_places_say_so_and_regional_ones_too() -> None:
    models = {code: file.routing.model for code, file in shipped().jurisdictions.items()}
    assert {code for code, model in models.items() if model is RouteModel.county} == COUNTY_RUN
    assert {code for code, model in models.items() if model is RouteModel.none_known} == NO_LINE_KNOWN
    assert {code for code, model in models.items() if model is RouteModel.regional} == {
        "US-HI",
        "US-NV",
        "US-VI",
    }


def test_where_no_line_is_known_none_is_shown() -> None:
    for code in NO_LINE_KNOWN:
        shown = [c for c in shipped().jurisdictions[code].contacts if c.withhold is None]
        assert [c.id for c in shown if c.role is ContactRole.intake and c.kind is Kind.phone] == []
        assert shipped().jurisdictions[code].routing.after_hours


def test_nevada_s_lines_are_those_of_three_regions() -> None:
    lines = {c.id: c for c in shipped().jurisdictions["US-NV"].contacts}
    assert lines["us-nv-clark-intake"].counties == ("Clark",)
    assert lines["us-nv-washoe-intake"].counties == ("Washoe",)
    assert lines["us-nv-rural-intake"].except_counties == ("Clark", "Washoe")


# Law groups that the notes count, and what the fact files made of them: never fewer than was sourced.
COVERED = {
    "law: duty": 56,
    "law: timing": 55,
    "law: to": 54,
    "law: institution": 23,
    "law: privilege": 45,
    "law: reporter": 26,
    "law: contents": 21,
    "law: immunity": 56,
    "law: penalty_fail": 54,
    "law: penalty_false": 25,
    "law: cross_border": 3,
    "law: trafficking sex_minor": 55,
    "law: trafficking labor_minor": 47,
    "law: trafficking child_abuse": 50,
    "law: trafficking safe_harbor": 46,
    "law: trafficking notice": 15,
}


def test_no_group_of_the_law_that_was_sourced_is_lost() -> None:
    have = {row.field: row.have for row in audit(shipped(), TODAY).coverage}
    assert {field: have[field] for field in COVERED if have[field] < COVERED[field]} == {}


def test_a_trafficked_child_is_a_victim_without_force_wherever_the_law_was_read() -> None:
    for code, file in shipped().jurisdictions.items():
        offense = file.law.trafficking.sex_minor if file.law.trafficking else None
        if offense is not None:
            assert offense.force_needed is False, code


def test_labor_trafficking_of_a_child_needs_force_except_where_the_law_says_otherwise() -> None:
    found = {
        code
        for code, file in shipped().jurisdictions.items()
        if file.law.trafficking
        and file.law.trafficking.labor_minor
        and not file.law.trafficking.labor_minor.force_needed
    }
    assert found == {"US-FL", "US-MI", "US-SD", "US-WA", "US-KS"}


# --- single facts that must not be lost -------------------------------------------------------------------------------


def _contact(contact_id: str) -> Contact:
    return shipped().contact_by_id[contact_id]


def test_kentucky_has_one_hotline_day_and_night_for_trafficking_too() -> None:
    intake = _contact("us-ky-intake")
    assert (intake.value, intake.hours.kind.value) == ("+18775972331", "always")
    assert set(intake.takes) == {"abuse", "trafficking"}
    assert spelled(intake.printed) == ["8775972331", "8775972331"]


def test_in_kentucky_an_employee_reports_and_also_tells_the_head() -> None:
    institution = shipped().jurisdictions["US-KY"].law.institution
    assert institution is not None
    assert institution.rule is InstitutionRule.notify_head_and_report
    assert institution.superseded is not None
    assert institution.superseded.until == "2023"


def test_professionals_in_texas_have_24_hours_since_june_2025_and_the_48_are_kept_as_superseded() -> None:
    law = shipped().jurisdictions["US-TX"].law
    assert law.timing is not None
    assert (law.timing.professionals_max_hours, law.timing.valid_from) == (24, "2025-06-20")
    assert law.timing.superseded is not None
    assert "48" in law.timing.superseded.rule
    assert law.reporter is not None
    assert (law.reporter.name, law.reporter.valid_from) == (NameRule.anonymous_refused_by_cps, "2023-09-01")


def test_where_the_suspect_decides_whom_to_call_both_branches_are_there() -> None:
    laws = {code: file.law.to for code, file in shipped().jurisdictions.items() if file.law.to is not None}
    by_suspect = {code for code, to in laws.items() if to.rule is ToRule.by_suspect}
    assert by_suspect == {"US-AZ", "US-LA", "US-ME", "US-SC", "US-TX"}
    assert all(len(laws[code].branches) >= 2 for code in by_suspect)


def test_new_hampshire_s_toll_free_number_is_in_state_and_names_its_twin() -> None:
    inside, outside = _contact("us-nh-intake"), _contact("us-nh-intake-out-of-state")
    assert (inside.value, inside.callers, inside.twin) == ("+18008945533", Callers.in_state, outside.id)
    assert (outside.value, outside.twin) == ("+16032716562", inside.id)


def test_every_twin_names_its_twin() -> None:
    for _, contact in _contacts():
        if contact.twin is not None:
            assert _contact(contact.twin).twin == contact.id, contact.id


def test_virginia_has_a_code_for_mobiles_and_a_keyword_for_texts() -> None:
    code, text = _contact("us-va-trafficking-tips"), _contact("us-va-trafficking-text")
    assert (code.value, code.role) == ("#77", ContactRole.tip_line)
    assert "mobile_only" in code.limits
    assert (text.value, text.keyword) == ("847411", "VSP")


def test_georgia_s_line_and_childhelp_s_share_seven_digits_and_a_warning_says_so() -> None:
    pairs = {frozenset((one.id, other.id)) for one, other in same_last_seven(shipped())}
    assert frozenset(("us-ga-intake", "us-childhelp-phone")) in pairs
    warned = [w["where"] for w in audit(shipped(), TODAY).warnings if w["code"] == "same_last_seven"]
    assert "us-ga-intake" in warned


def test_childhelp_is_a_connector_everywhere_and_intake_nowhere() -> None:
    roles = {contact.role for _, contact in _contacts() if contact.value == CHILDHELP}
    assert roles == {ContactRole.connector}
    assert [code for code, contact in _contacts() if contact.value == CHILDHELP and code is not None] == []


def test_the_emergency_number_is_there_for_a_call() -> None:
    emergency = _contact("us-911")
    assert (emergency.role, emergency.kind, emergency.value) == (ContactRole.emergency, Kind.phone, "911")


def test_an_id_says_whether_a_contact_is_national() -> None:
    for code, contact in _contacts():
        assert is_of_jurisdiction(contact) == (code is not None), contact.id


# --- nothing unfounded ------------------------------------------------------------------------------------------------


def test_nothing_is_confirmed_because_nobody_called() -> None:
    assert [contact.id for _, contact in _contacts() if contact.confirmed is not None] == []
    assert Standing.confirmed not in {trusted.standing for _, _, trusted in each_contact(shipped(), TODAY)}


@pytest.mark.parametrize(
    "unseen",
    [
        "8777901197",  # the DoD hotline: from memory, found in no source
        "5713725348",  # the same from overseas
        "ncdhhs.gov/localdss",
        "compass.state.pa.us/cwis",
    ],
)
def test_a_value_that_nobody_saw_in_a_source_stands_nowhere(unseen: str) -> None:
    """Digits are compared without what people print between them."""
    for path in FILES:
        text = path.read_text("utf-8")
        assert unseen not in text
        assert unseen not in re.sub(r"[\s().+-]", "", text), path.name


def test_the_bureau_of_indian_affairs_numbers_contradict_each_other_and_neither_is_shown() -> None:
    shown = {contact.value for _, contact in _contacts() if contact.withhold is None}
    assert not shown & {"+15053462867", "+18006335155"}
    assert _contact("us-bia-phone").withhold is not None


def test_the_two_numbers_of_puerto_rico_that_differ_by_a_digit_are_both_held_back() -> None:
    values = {
        contact.value: contact.withhold for _, contact in _contacts() if contact.value.startswith("+1800981")
    }
    assert values == {"+18009811333": WithholdReason.conflict}


# --- known-bad numbers cannot come back -------------------------------------------------------------------------------

# What the notes found in print and replaced or wrong, by jurisdiction.
IN_PRINT_AND_WRONG = {
    "US-AZ": ["+18005415781"],
    "US-CA": ["+19164452771"],
    "US-CO": ["+13038665932", "+18442635437", "+13037273000"],
    "US-CT": ["+18008422599"],
    "US-DC": ["+12025766762", "+12027270995"],
    "US-GA": ["+14046573408", CHILDHELP],
    "US-ID": ["+18009264453", "+12083340808"],
    "US-IN": ["+18005622407"],
    "US-KY": ["+18007526200"],
    "US-LA": ["+15049254571"],
    "US-MD": ["+18003326347", CHILDHELP],
    "US-MI": ["+18009424357"],
    "US-MT": ["+18003326100"],
    "US-NE": ["+18004715128"],
    "US-NJ": ["+18007928610"],
    "US-NM": ["+18007973260", "+18004322075"],
    "US-NV": ["+18009925757", "+18339007233", CHILDHELP],
    "US-NY": ["+15854615690"],
    "US-TX": ["+15128343784", "233733"],
    "US-UT": ["+18006789399"],
    "US-AK": [CHILDHELP],
    "US-AL": [CHILDHELP],
    "US-HI": [CHILDHELP],
    "US-MN": [CHILDHELP],
    "US-NC": [CHILDHELP],
    "US-ND": [CHILDHELP],
    "US-WI": [CHILDHELP],
    "US-WY": [CHILDHELP],
}
WRONG = [(code, value) for code, values in IN_PRINT_AND_WRONG.items() for value in values]


@pytest.mark.parametrize(("code", "value"), WRONG)
def test_a_wrong_number_in_print_is_kept_as_known_bad_and_shown_by_no_contact(code: str, value: str) -> None:
    file = shipped().jurisdictions[code]
    bad = {entry.value: entry for entry in file.known_bad}
    assert value in bad
    assert bad[value].sources
    for contact in file.contacts:
        narrow = bool(contact.counties or contact.except_counties)
        if contact.value == value and contact.withhold is None:
            assert narrow
            assert bad[value].reason is BadReason.wrong_scope


@pytest.mark.parametrize(("code", "value"), WRONG)
def test_a_wrong_number_put_back_fails_the_audit(code: str, value: str) -> None:
    facts = shipped()
    file = facts.jurisdictions[code]
    bad = next(entry for entry in file.known_bad if entry.value == value)
    back = Contact(
        id=f"{code.lower()}-back-again",
        role=ContactRole.intake,
        kind=bad.kind,
        value=value,
        printed=bad.printed,
        takes=("abuse",),  # type: ignore[arg-type]
        sources=bad.sources,
    )
    assert "known_bad" in {problem.code for problem in contact_errors(back, facts, code)}


def test_every_known_bad_number_of_every_file_fails_when_it_is_shown() -> None:
    facts = shipped()
    count = 0
    for code in (*facts.jurisdictions, None):
        for bad in facts.file(code).known_bad:
            back = msgspec.structs.replace(
                _contact("us-ky-intake"), kind=bad.kind, value=bad.value, printed=bad.printed
            )
            assert facts.is_known_bad(code, back), bad.value
            count += 1
    assert count >= 85


# --- standing ---------------------------------------------------------------------------------------------------------


def test_39_main_lines_agree_and_six_wait_for_the_jurisdiction_s_own_page() -> None:
    """The notes count 46 with a second source, by taking a reprinted text for the own page; docs/facts.md says how."""
    trusts = {contact.id: trusted for _, contact, trusted in each_contact(shipped(), TODAY)}
    waiting = {
        code
        for code, file in shipped().jurisdictions.items()
        if any(map(_is_main_line, file.contacts))
        and not any(trusts[c.id].standing is Standing.agreeing for c in file.contacts if _is_main_line(c))
    }
    assert waiting == {"US-GU", "US-MD", "US-MT", "US-PR", "US-SD", "US-VI"}
    assert trusts["us-oh-connector"].standing is Standing.unconfirmed
    assert trusts["us-hi-intake"].standing is Standing.agreeing
    assert trusts["us-nv-clark-intake"].standing is Standing.agreeing


def test_a_local_government_speaks_for_its_own_place_only() -> None:
    """Placer County prints the line of El Dorado County: not El Dorado's own word."""
    facts = shipped()
    assert facts.source("US-CA", "placer-ca-gov-2").kind.value == "other"
    for code, file in facts.jurisdictions.items():
        for contact in file.contacts:
            for source_id in contact.sources if contact.counties else ():
                source = facts.source(code, source_id)
                if source.kind.value == "local_government":
                    assert _names_a_county(source.publisher, contact), (contact.id, source.publisher)


def _names_a_county(publisher: str, contact: Contact) -> bool:
    return any(
        county.removesuffix(" City").removesuffix(" County") in publisher for county in contact.counties
    )


def test_lists_of_one_hand_count_once() -> None:
    family = {shipped().national.sources[f"list-{letter}"].family for letter in "fgh"}
    assert len(family) == 1
    assert None not in family
