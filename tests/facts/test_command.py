"""`porchlight facts`: audit, show, worklist and confirm, as staff and CI call them."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from porchlight import cli
from porchlight.facts import shipped
from porchlight.facts.audit import audit, each_contact, worklist
from porchlight.facts.confirm import confirm
from porchlight.facts.in_force import in_force
from porchlight.facts.overlay import Loaded, lay_over
from porchlight.facts.schema import Conflict, ContactRole, Kind, WithholdReason
from tests.facts.made import TODAY, contact, facts, file

pytestmark = pytest.mark.usefixtures("overlay_folder")

Output = pytest.CaptureFixture[str]


def _json(capsys: Output, *words: str) -> Any:
    assert cli.main(["facts", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# --- audit ------------------------------------------------------------------------------------------------------------


def test_the_audit_prints_coverage_and_standings_and_passes(capsys: Output) -> None:
    assert cli.main(["facts", "audit", "--as-of", "2026-11-22"]) == 0
    printed = capsys.readouterr().out
    assert "Facts as of 2026-11-22: 56 jurisdictions" in printed
    assert "45  contacts: an intake phone for the whole jurisdiction" in printed
    assert "56  law: duty" in printed
    assert "us-ga-intake" in printed
    assert "Errors: 0" in printed


def test_the_audit_in_json_has_the_same_figures(capsys: Output) -> None:
    found = _json(capsys, "audit", "--as-of", "2026-11-22")
    assert set(found) == {"as_of", "jurisdictions", "contacts", "standings", "coverage", "errors", "warnings"}
    assert (found["as_of"], found["jurisdictions"], found["errors"]) == ("2026-11-22", 56, [])
    assert sum(found["standings"].values()) == found["contacts"]
    assert "confirmed" not in found["standings"]
    rows = {row["field"]: row for row in found["coverage"]}
    for row in rows.values():
        assert row["have"] + len(row["missing"]) == 56
    assert "US-AS" in rows["contacts: any intake phone shown"]["missing"]
    assert {"code", "where", "reason"} == set(found["warnings"][0])


def test_the_audit_judges_age_as_of_the_day_it_is_given(capsys: Output) -> None:
    def old(day: str) -> set[str]:
        warnings = _json(capsys, "audit", "--as-of", day)["warnings"]
        return {w["where"] for w in warnings if w["code"] == "older_than_two_years"}

    now, later = old("2026-11-22"), old("2029-01-01")
    assert now < later
    assert "us-ky-intake" in later - now


def test_an_error_in_the_facts_fails_the_audit_and_is_printed(
    overlay_folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = facts(file("US-KY", [contact(printed="1-877-597-2332")]))
    # The package offers a function under the module's own name, so the module is found where Python keeps it.
    monkeypatch.setattr(sys.modules["porchlight.facts.in_force"], "shipped", lambda: wrong)
    in_force.cache_clear()
    assert cli.main(["facts", "audit"]) == 1
    printed = capsys.readouterr().out
    assert "Errors: 1" in printed
    assert "vanity" in printed
    assert cli.main(["facts", "audit", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["errors"][0]["where"] == "us-ky-intake"


def test_a_shipped_file_that_cannot_be_read_is_told_without_a_traceback(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "us").mkdir()
    (tmp_path / "us" / "KY.yaml").write_text("jurisdiction: US-KY\nname:\n")
    (tmp_path / "national.yaml").write_text(
        "contacts: []\nlaw:\n  notes: []\nsources:\n  a:\n    publisher: A\n    kind: list\n"
    )
    monkeypatch.setattr("porchlight.facts.load._folder", lambda: tmp_path)
    shipped.cache_clear()
    in_force.cache_clear()
    try:
        assert cli.main(["facts", "audit"]) == 1
    finally:
        shipped.cache_clear()
    assert "us/KY.yaml, line 2: `name` has no value" in capsys.readouterr().err


def test_a_correction_that_is_refused_is_told_and_the_audit_goes_on(
    overlay_folder: Path, capsys: Output
) -> None:
    (overlay_folder / "ours.yaml").write_text(
        "by: Ann Lee\non: 2026-11-22\nchange:\n  us-ky-x:\n    show: true\n"
    )
    assert cli.main(["facts", "audit"]) == 0
    assert (
        "This correction is not used: ours.yaml, line 4: there is no contact `us-ky-x`"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "words", [[], ["audit", "--as-of", "yesterday"], ["confirm", "us-ky-intake"], ["burn"]]
)
def test_a_wrong_call_is_refused_with_2(words: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["facts", *words])
    assert done.value.code == 2
    assert "usage: porchlight facts" in capsys.readouterr().err


def test_conflicting_and_unconfirmed_intake_lines_old_sources_and_missing_ttys_are_warned_of() -> None:
    against = (Conflict(value="+18007526200", sources=("list",)),)
    lines = [
        contact(),
        contact("us-ky-2", sources=("state", "list"), value="+18775972332", conflicts=against),
        contact("us-ky-3", sources=("state", "list"), value="+18775972333"),
        contact("us-ky-4", value="+18775972334", withhold=WithholdReason.recheck),
        contact("us-ky-5", value="+18775972335", role=ContactRole.youth_help, checked=dt.date(2020, 1, 1)),
    ]
    warnings = {(w["code"], w["where"]) for w in audit(facts(file("US-KY", lines)), TODAY).warnings}
    assert warnings == {
        ("unconfirmed", "us-ky-intake"),
        ("conflicting", "us-ky-2"),
        ("older_than_two_years", "us-ky-5"),
        ("tty_missing", "US-KY"),
    }
    with_tty = [contact("us-ky-tty", kind=Kind.tty)]
    assert "tty_missing" not in {w["code"] for w in audit(facts(file("US-KY", with_tty)), TODAY).warnings}


# --- show -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["US-KY", "us-ky", "KY", "ky"])
def test_show_prints_a_jurisdiction_s_contacts_with_their_trust(code: str, capsys: Output) -> None:
    assert cli.main(["facts", "show", code]) == 0
    printed = capsys.readouterr().out
    assert "us-ky-intake  intake phone  1-877-KYSAFE1 (1-877-597-2331)" in printed
    assert "agreeing: " in printed
    assert "known bad  phone (800) 752-6200  (replaced)" in printed


def test_show_in_json_is_the_whole_file_with_the_trust_of_each_contact(capsys: Output) -> None:
    found = _json(capsys, "show", "KY")
    assert (found["jurisdiction"], found["name"]) == ("US-KY", "Kentucky")
    assert found["law"]["duty"]["who"] == "universal"
    assert len(found["contacts"]) == len(shipped().jurisdictions["US-KY"].contacts)
    assert found["contacts"][0]["trust"]["standing"] == "agreeing"
    assert set(found["contacts"][0]["trust"]) == {"standing", "sources", "own", "newest", "stale_on", "stale"}


def test_show_national_prints_the_lines_of_everywhere(capsys: Output) -> None:
    assert cli.main(["facts", "show", "national"]) == 0
    assert "us-childhelp-phone  connector phone" in capsys.readouterr().out
    assert _json(capsys, "show", "national")["contacts"][0]["id"].startswith("us-")


@pytest.mark.parametrize("code", ["ZZ", "US-ZZ", "Kentucky", ""])
def test_show_of_no_jurisdiction_says_what_to_type(code: str, capsys: Output) -> None:
    assert cli.main(["facts", "show", code]) == 2
    assert "Use a code such as US-KY, or `national`" in capsys.readouterr().err


# --- worklist ---------------------------------------------------------------------------------------------------------


def test_the_worklist_goes_by_risk() -> None:
    against = (Conflict(value="+18007526200", sources=("list",)),)
    old = dt.date(2020, 1, 1)
    lines = [
        contact("us-ky-agreeing", sources=("state", "list")),
        contact("us-ky-conflicting", conflicts=against),
        contact("us-ky-county", counties=("Adair",)),
        contact("us-ky-old", checked=old),
        contact("us-ky-services", role=ContactRole.victim_services),
        contact("us-ky-unconfirmed"),
    ]
    found = [call.contact for call in worklist(facts(file("US-KY", lines)), TODAY)]
    wanted = ["conflicting", "old", "unconfirmed", "county", "agreeing", "services"]
    assert found == [f"us-ky-{name}" for name in wanted]


def test_the_worklist_of_the_shipped_facts_holds_every_shown_number_once_and_nothing_withheld() -> None:
    calls = worklist(shipped(), TODAY)
    kinds = (Kind.phone, Kind.tty, Kind.sms)
    shown = {
        each.id
        for _, each, _ in each_contact(shipped(), TODAY)
        if each.kind in kinds and each.withhold is None and each.role is not ContactRole.emergency
    }
    assert len(calls) == len(shown)
    assert {call.contact for call in calls} == shown
    assert [call.risk for call in calls] == sorted((call.risk for call in calls), reverse=True)
    assert shipped().contact_by_id[calls[0].contact].role is ContactRole.intake


def test_each_call_has_a_script_that_names_the_place_and_ends_with_the_command_to_write_it_down() -> None:
    calls = {call.contact: call for call in worklist(shipped(), TODAY)}
    intake = calls["us-ky-intake"]
    assert "This is not a report." in intake.script[0]
    assert any("Kentucky" in line for line in intake.script)
    assert any("Do you take reports of child abuse and neglect" in line for line in intake.script)
    assert not any("Do you take reports" in line for line in calls["us-988-phone"].script)
    for call in calls.values():
        command = call.script[-1].partition("porchlight ")[2]
        assert command.split()[:3] == ["facts", "confirm", call.contact]


def test_the_worklist_is_printed_with_a_limit(capsys: Output) -> None:
    assert cli.main(["facts", "worklist", "--limit", "2"]) == 0
    printed = capsys.readouterr().out
    assert "the 2 riskiest first" in printed
    assert printed.count("porchlight facts confirm") == 2
    assert len(_json(capsys, "worklist", "--limit", "3")) == 3
    everything = _json(capsys, "worklist", "--limit", "0")
    assert len(everything) == len(worklist(shipped(), TODAY))
    assert set(everything[0]) == {"contact", "number", "printed", "why", "risk", "script"}


# --- confirm ----------------------------------------------------------------------------------------------------------

CONFIRM = ["facts", "confirm", "us-ky-intake", "--by", "Ann Lee", "--how", "called"]


def test_a_confirmed_number_is_confirmed_and_leaves_the_worklist(
    overlay_folder: Path, capsys: Output
) -> None:
    assert cli.main(CONFIRM) == 0
    assert str(overlay_folder / "confirmed-us-ky-intake.yaml") in capsys.readouterr().out
    assert [path.name for path in overlay_folder.iterdir()] == ["confirmed-us-ky-intake.yaml"]
    in_force.cache_clear()
    shown = _json(capsys, "show", "KY")["contacts"][0]
    assert shown["trust"]["standing"] == "confirmed"
    assert shown["confirmed"]["by"] == "Ann Lee"
    assert "us-ky-intake" not in {call["contact"] for call in _json(capsys, "worklist", "--limit", "0")}


def test_a_confirmation_of_another_day_can_be_written_and_written_again(overlay_folder: Path) -> None:
    for day in ("2026-01-10", "2026-02-10"):
        assert cli.main([*CONFIRM, "--on", day]) == 0
        assert f"'{day}'" in (overlay_folder / "confirmed-us-ky-intake.yaml").read_text()


def test_a_confirmation_can_be_the_first_thing_in_a_data_directory(overlay_folder: Path) -> None:
    overlay_folder.rmdir()
    assert cli.main(CONFIRM) == 0
    assert (overlay_folder / "confirmed-us-ky-intake.yaml").is_file()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("us-ky-intake", "us-ky-nothing", "there is no contact `us-ky-nothing`"),
        ("us-ky-intake", "../../evil", "write small letters, digits and single hyphens"),
        ("Ann Lee", "A", "write a name of 2 to 120 letters"),
    ],
)
def test_a_confirmation_that_cannot_hold_is_refused_and_nothing_is_written(
    old: str, new: str, reason: str, overlay_folder: Path, capsys: Output
) -> None:
    assert cli.main([new if word == old else word for word in CONFIRM]) == 2
    assert reason in capsys.readouterr().err
    assert list(overlay_folder.iterdir()) == []


def test_nobody_can_confirm_a_number_tomorrow(overlay_folder: Path, capsys: Output) -> None:
    assert cli.main([*CONFIRM, "--on", "2999-01-01"]) == 2
    assert "has not come yet" in capsys.readouterr().err
    assert list(overlay_folder.iterdir()) == []


def test_a_confirmation_that_was_cut_short_is_not_read(
    overlay_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the machine stopped after the writing and before the file got its name."""

    def stop(self: Path, target: Path) -> Path:
        raise OSError("stopped")

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(OSError, match="stopped"):
        confirm(shipped(), "us-ky-intake", by="Ann Lee", how="called", on=TODAY, folder=overlay_folder)
    assert len(list(overlay_folder.iterdir())) == 1
    assert lay_over(shipped(), overlay_folder) == Loaded(shipped(), (), ())
