"""`porchlight answer`: always an Answer, and plain words about what was not understood."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porchlight import cli
from porchlight.facts import in_force
from porchlight.report.gsm import MAX_SEGMENTS, segments


@pytest.fixture(autouse=True)
def data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory of its own; the store of facts is made anew for it, and again afterwards."""
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path))
    in_force.cache_clear()
    yield tmp_path
    in_force.cache_clear()


Printed = pytest.CaptureFixture[str]


def _answer(printed: Printed, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `porchlight answer WORDS`."""
    code = cli.main(["answer", *words])
    out, err = printed.readouterr()
    return code, out, err


def _json(printed: Printed, *words: str) -> dict[str, Any]:
    code, out, err = _answer(printed, *words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_a_teacher_in_louisville_gets_the_number_first(capsys: Printed) -> None:
    code, out, err = _answer(capsys, "40202", "--concern", "sex_trafficking", "--role", "school")
    assert (code, err) == (0, "")
    rows = out.splitlines()
    assert rows[0] == "Is someone in danger right now? Call 911."
    first = next(row for row in rows if row.startswith("* "))
    assert first == "* 1-877-597-2331 (1-877-KYSAFE1)  [phone]  Child/Adult Abuse Hotline"
    assert "Open now, day and night" in rows[rows.index(first) + 2]
    assert "KRS 620.030" in out


def test_json_holds_what_it_promises(capsys: Printed) -> None:
    found = _json(capsys, "40202", "--concern", "sex_trafficking", "--role", "school")
    assert found["place"] == {
        "jurisdiction": "US-KY",
        "name": "Kentucky",
        "county": "Jefferson County",
        "county_fips": "21111",
    }
    first = found["contacts"][0]
    assert {"id", "kind", "role", "value", "printed", "standing", "open"} <= first.keys()
    assert (first["id"], first["kind"], first["role"], first["value"], first["open"]) == (
        "us-ky-intake",
        "phone",
        "intake",
        "+18775972331",
        "open",
    )
    assert {"duty", "law", "steps", "sources"} <= found.keys()
    assert found["steps"][0] == {
        "part": "now",
        "code": "now_danger",
        "text": "Is someone in danger right now? Call 911.",
    }
    assert set(first["sources"]) <= found["sources"].keys()


def test_numbers_in_json_are_e164_or_service_codes(capsys: Printed) -> None:
    for place in ("40202", "Guam", "Los Angeles County, CA", "Virginia"):
        for concern in ("abuse_neglect", "sex_trafficking", "about_me", "struggling"):
            for contact in _json(capsys, place, "--concern", concern)["contacts"]:
                if contact["kind"] in ("phone", "tty", "fax"):
                    assert re.fullmatch(r"\+1\d{10}|\d{3}|#\d{2}", contact["value"]), contact
                if contact["kind"] == "sms":
                    assert re.fullmatch(r"\+1\d{10}|\d{3,6}", contact["value"]), contact


def test_spanish_says_that_nobody_has_reviewed_it(capsys: Printed) -> None:
    code, out, _ = _answer(capsys, "40202", "--lang", "es")
    assert code == 0
    assert out.splitlines()[0] == "[es: these words have not been reviewed by a person yet]"
    assert "Llame" in out


def test_the_text_form_is_one_message(capsys: Printed) -> None:
    code, out, err = _answer(capsys, "40202", "--text", "--lang", "es")
    assert (code, err) == (0, "")
    assert out.startswith("1-877-597-2331")
    assert segments(out.rstrip("\n")) <= MAX_SEGMENTS


def test_a_moment_can_be_named(capsys: Printed) -> None:
    words = ("Paducah KY", "--concern", "abuse_neglect")
    noon = _json(capsys, *words, "--at", "2026-12-02T12:00-06:00")
    night = _json(capsys, *words, "--at", "2026-12-02T23:00-06:00")
    portals = [
        next(c for c in found["contacts"] if c["id"] == "us-ky-portal")["open"] for found in (noon, night)
    ]
    assert portals == ["open", "closed"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("x" * 10_000, "too long"),
        ("\x00\x1b[31m", "control characters"),
        ("nosuchplace", "not found"),
        ("00000", "zip not found"),
        ("US-XX", "not found"),
        ("", "No place was given"),
        ("   ", "No place was given"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--text"], ["--json"]])
def test_a_place_that_is_not_understood_still_gets_the_national_lines(
    capsys: Printed, place: str, reason: str, form: list[str]
) -> None:
    code, out, err = _answer(capsys, place, *form)
    assert code == 2
    assert reason in err
    assert "Give a ZIP code" in err
    assert len(err) < 300
    assert "\x1b" not in out + err
    assert "911" in out
    assert "422-4453" in out or "+18004224453" in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--concern", "traficking"], "There is no concern 'traficking'. Use one of: danger_now, "),
        (["--concern", ""], "There is no concern ''. Use one of: danger_now, "),
        (["--role", "x" * 10_000], "There is no role 'xxx"),
        (["--role", "\x1b[31mteacher"], r"There is no role '\x1b[31mteacher'. Use one of: anyone, "),
        (["--lang", "fr"], "There is no language 'fr'. Use one of: en, es."),
        (["--at", "tomorrow"], "'tomorrow' is not a moment with its time zone. Write it as 2026-11-22T"),
        (["--at", "2026-11-22T09:30"], "'2026-11-22T09:30' is not a moment with its time zone."),
    ],
)
def test_an_unknown_code_is_named_and_the_line_of_the_place_is_still_given(
    capsys: Printed, words: list[str], reason: str
) -> None:
    code, out, err = _answer(capsys, "40202", *words)
    assert code == 2
    assert err.startswith(reason)
    assert len(err) < 900
    assert "1-877-597-2331" in out


def test_a_place_in_several_states_asks_which_and_gives_the_national_lines(capsys: Printed) -> None:
    code, out, err = _answer(capsys, "springfield", "--text")
    assert code == 2
    assert err.startswith("Which one? Ask again with one of these:\n  Springfield, ")
    assert "911" in out
    assert "1-800-422-4453" in out


def test_the_county_is_asked_only_where_it_matters(capsys: Printed) -> None:
    """ZIP code 40165 lies in two counties of Kentucky, which has one line for all."""
    assert _answer(capsys, "40165", "--text")[0] == 0
    code, out, err = _answer(capsys, "Wisconsin Dells, WI", "--text")
    assert code == 2
    assert "County, Wisconsin" in err
    assert "Wisconsin" in out


def test_a_code_is_the_jurisdiction_and_no_question(capsys: Printed) -> None:
    for form in ([], ["--text"], ["--json"]):
        code, out, err = _answer(capsys, "US-LA", *form)
        assert (code, err) == (0, "")
        assert "Louisiana" in out


def test_a_base_in_two_counties_is_answered_as_a_base(capsys: Printed) -> None:
    """Kentucky has one line for all counties, so nobody is asked which; what holds on a base is said all the same."""
    code, out, err = _answer(capsys, "Fort Knox, KY")
    assert (code, err) == (0, "")
    assert "Family Advocacy Program" in out
    assert "Family Advocacy Program" not in _answer(capsys, "40165")[1]
    code, out, _ = _answer(capsys, "Fort Benning")
    assert code == 2
    assert "Family Advocacy Program" in out


def test_is_this_about_you_needs_no_place(capsys: Printed) -> None:
    code, out, err = _answer(capsys, "--concern", "about_me")
    assert (code, err) == (0, "")
    assert "It is not your fault." in out


@pytest.mark.parametrize("place", [[], ["Kentucky"]])
def test_what_a_young_person_reads_fits_on_one_screen_and_all_is_named(
    capsys: Printed, place: list[str]
) -> None:
    """Fifty ways to reach someone are a wall: a few stand open, as on the page, and the others are named."""
    words = [*place, "--concern", "about_me"]
    code, out, err = _answer(capsys, *words)
    assert (code, err) == (0, "")
    rows = [row for line in out.splitlines() for row in textwrap.wrap(line, 100) or [""]]
    assert len(rows) <= 55
    assert "1-800-422-4453 [sms]" in "".join(rows[:6])
    together = " ".join(out.split())
    for contact in _json(capsys, *words)["contacts"]:
        assert contact["role"] == "emergency" or contact["name"] in together


def test_all_prints_every_contact_in_full(capsys: Printed) -> None:
    for words in (["--concern", "about_me"], ["40202", "--concern", "sex_trafficking"]):
        contacts = _json(capsys, *words)["contacts"]
        code, out, err = _answer(capsys, *words, "--all")
        assert (code, err) == (0, "")
        shown = [row for row in out.splitlines() if row.startswith("* ")]
        assert [row.partition("[")[2].partition("]")[0] for row in shown] == [c["kind"] for c in contacts]
        for contact, row in zip(contacts, shown, strict=True):
            assert row.endswith(contact["name"] or "]")


def test_a_region_s_lines_stand_above_the_national_one(capsys: Printed) -> None:
    out = _answer(capsys, "Nevada")[1]
    assert 0 < out.index("1-702-399-0081") < out.index("* 1-800-422-4453")


def test_what_is_on_a_card_says_how_far_its_number_can_be_trusted(capsys: Printed) -> None:
    out = _answer(capsys, "40202", "--concern", "sex_trafficking")[1]
    assert "1-888-373-7888 [phone]  8 sources agree on this." in out
    assert "We have one source for this, from 2024-01-15." in " ".join(out.split())


def test_someone_who_asks_for_help_is_not_met_with_law(capsys: Printed) -> None:
    for concern in ("about_me", "struggling"):
        assert "22 U.S.C." not in _answer(capsys, "40202", "--concern", concern)[1]
    assert "KRS 529.010" in _answer(capsys, "40202", "--concern", "sex_trafficking")[1]


def test_a_site_s_own_correction_is_what_the_command_says(capsys: Printed, data_directory: Path) -> None:
    (data_directory / "facts").mkdir()
    (data_directory / "facts" / "seen.yaml").write_text(
        "by: A. Person\non: 2026-11-20\nchange:\n  us-ky-intake:\n"
        "    confirmed: {by: A. Person, on: 2026-11-20, how: called}\n"
    )
    out = _answer(capsys, "40202", "--at", "2026-11-22T12:00-05:00")[1]
    assert "A. Person called this number on 2026-11-20." in out


def test_a_broken_correction_leaves_the_shipped_answer(capsys: Printed, data_directory: Path) -> None:
    (data_directory / "facts").mkdir()
    (data_directory / "facts" / "broken.yaml").write_text("by: A. Person\non: [")
    code, out, _ = _answer(capsys, "40202", "--text")
    assert code == 0
    assert out.startswith("1-877-597-2331 for Kentucky")


def test_only_one_form_can_be_asked_for(capsys: Printed) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["answer", "40202", "--json", "--text"])
    assert done.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
