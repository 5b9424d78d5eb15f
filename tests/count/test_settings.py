"""report.toml: refused without agreement, purpose and purge date; all that is wrong is told at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from porchlight.count import settings
from porchlight.count.settings import SettingsError
from tests.count.lists import HEADINGS, REPORT, ROW, section, write_report


def _problems(path: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        settings.read(path)
    return "\n".join(refused.value.problems)


def test_a_whole_report_file_is_read_with_the_usual_rules(tmp_path: Path) -> None:
    read = settings.read(write_report(tmp_path, f"{HEADINGS}\n{ROW}\n"))
    assert read.lists[0].purge == dt.date(2099, 12, 31)
    assert read.protect.hide == 10
    assert read.link.thresholds == (0.80, 0.95, 0.99)
    assert read.path("cps.csv") == tmp_path / "cps.csv"


@pytest.mark.parametrize("missing", ["agreement", "purpose", "purge"])
@pytest.mark.parametrize("left", ["nothing", "blanks"])
def test_a_list_without_its_agreement_purpose_or_purge_date_is_not_counted(
    tmp_path: Path, missing: str, left: str
) -> None:
    path = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    lines = [line for line in path.read_text().splitlines() if not line.startswith(missing)]
    if left == "blanks":
        lines.append(f'{missing} = " "')
    path.write_text("\n".join(lines))
    assert f"[[lists]] cps: '{missing}'" in _problems(path)


def test_a_list_past_its_purge_date_is_not_counted(tmp_path: Path) -> None:
    path = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    path.write_text(path.read_text().replace("2099-12-31", "2026-06-30"))
    assert settings.read(path, today=dt.date(2026, 6, 30)).lists
    with pytest.raises(SettingsError, match="purged by 2026-06-30"):
        settings.read(path, today=dt.date(2026, 7, 1))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "report.toml"
    path.write_text(
        REPORT.replace("2025-12-31", '"soon"')
        + section("cps", "cps.csv").replace("purpose", "porpoise")
        + '\n[link]\nthresholds = "high"\n[protec]\nhide = 3\n'
    )
    problems = _problems(path)
    assert "[report]: 'ends'" in problems
    assert "[[lists]] cps: there is no setting 'porpoise'" in problems
    assert "[[lists]] cps: 'purpose' is missing: what the agreement allows" in problems
    assert "[link]: 'thresholds'" in problems
    assert "[protec]: there is no such section" in problems


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("ends = 2025-12-31", "ends = 2024-12-31", "is before 'begins'"),
        ('id = "cps"', 'id = "../cps"', "'id' may hold"),
        ('file = "cps.csv"', 'file = "gone.csv"', "'file': there is no file gone.csv"),
        ('period = "2025"', 'period = "2025"\nstatute_lists = ["dcbs"]', "'dcbs', which is no list's id"),
        ('period = "2025"', 'period = "2025"\nlanguages = ["fr"]', "'fr' is not one of en, es"),
        ('period = "2025"', 'period = "2025"\naddress = "http://example.org/"', "begin with https://"),
        ("[[lists]]", "[link]\nthresholds = [0.9, 0.8, 0.99]\n[[lists]]", "three numbers that rise"),
        ("[[lists]]", "[protect]\nhide = 1\n[[lists]]", "'hide' must be from 2"),
        ("[[lists]]", '[output]\nfolder = "private/report"\n[[lists]]', "must lie apart"),
        (
            "[[lists]]",
            '[[tables]]\nname="a"\ntitle="A"\nunit="kids"\nby=["sex"]\n[[lists]]',
            "'unit' is one of",
        ),
        (
            "[[lists]]",
            '[[tables]]\nname="a"\ntitle="A"\nunit="children"\nby=[]\n[[lists]]',
            "'by' names one to 3",
        ),
        ("purge = 2099-12-31", 'purge = 2099-12-31\nbad_values = "guess"', "'bad_values' is"),
    ],
)
def test_a_setting_that_cannot_be_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert told in _problems(path)


def test_two_lists_cannot_have_one_id(tmp_path: Path) -> None:
    path = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    path.write_text(path.read_text() + section("cps", "cps.csv"))
    assert "two lists have this id" in _problems(path)


@pytest.mark.parametrize(("content", "told"), [(b"[report", "not TOML"), (b"\xff\xfe[", "not UTF-8")])
def test_a_file_that_is_no_toml_is_told_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "report.toml"
    path.write_bytes(content)
    assert told in _problems(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "there is no file" in _problems(tmp_path / "report.toml")
