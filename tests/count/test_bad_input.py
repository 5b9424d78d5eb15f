"""Whatever is wrong with a list, the analyst reads where it is, why, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from porchlight import cli
from porchlight.count import settings, workspace
from porchlight.count.load import Loaded, LoadError, load
from tests.count.lists import HEADINGS, MAPPING, REPORT, ROW, section, write_report


def _load(report: Path) -> Loaded:
    read = settings.read(report)
    with workspace.opened(read.path(read.workspace.folder)) as space:
        return load(read, space)


def _told(report: Path) -> str:
    with pytest.raises(LoadError) as refused:
        _load(report)
    return str(refused.value)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("R1,C1,Ana,Lopez,03/25/2035,F,05/01/2025", "cps, row 2, birth_date: the year reads 2035"),
        (
            "R1,C1,Ana,Lopez,06/25/2025,F,05/01/2025",
            "cps, row 2, birth_date: the birth date is after the report",
        ),
        ("R1,C1,Ana,Lopez,a while ago,F,05/01/2025", "cps, row 2, birth_date: is no date"),
        ("R1,C1,Ana,Lopez,03/25/2011,Q,05/01/2025", "cps, row 2, sex: 'Q' has no meaning yet"),
        (",C1,Ana,Lopez,03/25/2011,F,05/01/2025", "cps, row 2, report_id: is empty"),
        ("R1,C1,Ana,Lopez,03/25/2011,F,", "cps, row 2, report_date: is empty"),
        ("R1,C1,Ana,Lopez,03/25/2011,F,2025", "cps, row 2, report_date: is no whole date"),
        (
            "R1,C1,Ana,Lopez,03/25/2011,F,25/05/2025",
            "cps, row 2, report_date: day and month are not in the order",
        ),
        (
            "R1,C1,Ana,Lopez,03/25/2011,F,05/01/2024",
            "cps: no row can be counted: 1 reported outside the period",
        ),
    ],
)
def test_a_value_that_cannot_be_is_told_with_row_column_and_reason(
    tmp_path: Path, row: str, told: str
) -> None:
    assert told in _told(write_report(tmp_path, f"{HEADINGS}\n{row}\n"))


def test_no_message_repeats_a_name_or_birth_date(tmp_path: Path) -> None:
    rows = ["R1,C1,Ana,Lopez,03/25/2035,F,05/01/2025", "R1,C1,Ana,Lopez,31/31/2011,F,05/01/2025"]
    told = _told(write_report(tmp_path, "\n".join([HEADINGS, *rows])))
    assert told.count("birth_date") == 2
    assert not [word for word in ("Ana", "Lopez", "03/25", "31/31") if word in told]


def test_the_same_child_twice_in_one_report_is_told_with_both_rows(tmp_path: Path) -> None:
    told = _told(write_report(tmp_path, f"{HEADINGS}\n{ROW}\n{ROW}\n"))
    assert "cps, row 3, report_id: names the same child in the same report as row 2" in told


def test_a_brother_and_a_sister_in_one_report_are_no_mistake(tmp_path: Path) -> None:
    mapping = MAPPING.replace('agency_child_id = "Child"\n', "")
    brother = ROW.replace("Ana", "Leo")
    loaded = _load(write_report(tmp_path, f"{HEADINGS}\n{ROW}\n{brother}\n", mapping=mapping))
    assert loaded.quality[0].counted == 2


def test_bad_values_may_count_as_missing_and_the_quality_page_says_how_many(tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("R1", "R2").replace("2011", "2035"), ROW, ROW.replace("R1", "")]
    report = write_report(tmp_path, "\n".join([HEADINGS, *rows]), more='bad_values = "missing"\n')
    quality = _load(report).quality[0]
    assert quality.counted == 2
    assert quality.columns["birth_date"].bad == 1
    assert quality.left_out == {
        "the same child twice in one report": 1,
        "without a report's number or day": 1,
    }


def test_the_problems_of_all_lists_are_told_together(tmp_path: Path) -> None:
    report = write_report(tmp_path, f"{HEADINGS}\n{ROW.replace('2011', '2035')}\n")
    (tmp_path / "police.csv").write_text(f"{HEADINGS}\n{ROW.replace(',F,', ',Q,')}\n")
    report.write_text(report.read_text() + section("police", "police.csv"))
    told = _told(report)
    assert "cps, row 2, birth_date" in told
    assert "police, row 2, sex" in told


def test_hundreds_of_problems_are_kept_in_a_file_and_a_few_are_printed(tmp_path: Path) -> None:
    rows = [ROW.replace("R1", f"R{n}").replace("2011", "2035") for n in range(300)]
    told = _told(write_report(tmp_path, "\n".join([HEADINGS, *rows])))
    assert told.endswith("and 275 more")
    kept = tmp_path / "private" / "problems.txt"
    assert len(kept.read_text().splitlines()) == 300
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_wrong_encoding_is_told_with_the_right_one(tmp_path: Path) -> None:
    report = write_report(tmp_path, "")
    (tmp_path / "cps.csv").write_bytes(
        f"{HEADINGS}\n{ROW}\n{ROW.replace('Ana', 'Begoña')}\n".encode("cp1252")
    )
    assert 'cps, row 3: cps.csv is not utf-8 here; it looks like cp1252: write encoding = "cp1252"' in _told(
        report
    )


def test_utf_16_that_is_called_utf_8_is_told(tmp_path: Path) -> None:
    report = write_report(tmp_path, "")
    (tmp_path / "cps.csv").write_bytes(f"{HEADINGS}\n{ROW}\n".encode("utf-16"))
    assert 'write encoding = "utf-16"' in _told(report)


def test_letters_that_were_spoiled_before_are_told(tmp_path: Path) -> None:
    spoiled = ROW.replace("Ana", "Begoña".encode().decode("cp1252"))
    assert "row 2: cps.csv: letters with accents were spoiled" in _told(
        write_report(tmp_path, f"{HEADINGS}\n{spoiled}\n")
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cps: cps.csv is empty"),
        ("\n \n", "cps: cps.csv is empty"),
        (f"{HEADINGS}\n", "cps.csv has headings and no rows"),
        (f"{HEADINGS}\n{ROW},extra\n", "has 8 cells where the headings are 7"),
        (f"{HEADINGS}\n{ROW}\n{ROW[:-11]}\n", "row 3: has 6 cells where the headings are 7"),
        (
            f"{HEADINGS.replace('DOB', 'Born')}\n{ROW}\n",
            "birth_date: there is no heading 'DOB'; there are: Report,",
        ),
        (f"{HEADINGS.replace('Child', 'Report')}\n{ROW}\n", "the heading 'Report' is there twice"),
    ],
)
def test_a_file_that_is_no_list_is_told(tmp_path: Path, text: str, told: str) -> None:
    assert told in _told(write_report(tmp_path, text))


@pytest.mark.parametrize("name", ["cps.xlsx", "cps.parquet", "cps.pdf"])
def test_a_file_that_is_not_what_its_name_says_is_told(tmp_path: Path, name: str) -> None:
    report = write_report(tmp_path, "")
    (tmp_path / name).write_bytes(b"%PDF-1.7 nothing")
    report.write_text(report.read_text().replace("cps.csv", name))
    assert f"cps: {name}" in _told(report)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('dates = "mdy"\n', "", 'dates = "mdy", "dmy" or "ymd" must say'),
        ('sex = "Sex"', 'gender = "Sex"', "gender: mapping.toml: no column of the records is called this"),
        ('report_id = "Report"', "", "report_id: mapping.toml: must be named in [columns]"),
        ('F = "female"', 'F = "girl"', "'girl' is no code of it; codes: female, male"),
        ('dates = "mdy"', 'dates = "mdy"\nencoding = "utf-9"', "encoding 'utf-9' is not known"),
        ("[columns]", "[column]", "unknown field"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    report = write_report(tmp_path, f"{HEADINGS}\n{ROW}\n", mapping=MAPPING.replace(old, new))
    assert told in _told(report)


def test_dates_in_another_order_than_the_mapping_says_are_told_as_such(tmp_path: Path) -> None:
    rows = [f"R{n},C{n},Ana,Lopez,{n}/03/2011,F,05/01/2025" for n in range(13, 29)]
    assert 'cannot be read in the order dates = "mdy"' in _told(
        write_report(tmp_path, "\n".join([HEADINGS, *rows]))
    )


def test_forty_lists_are_read(tmp_path: Path) -> None:
    write_report(tmp_path, f"{HEADINGS}\n{ROW}\n")
    report = tmp_path / "report.toml"
    report.write_text(REPORT + "".join(section(f"list{number}", "cps.csv") for number in range(40)))
    assert len(_load(report).quality) == 40


def test_the_command_says_what_is_wrong_and_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = write_report(tmp_path, f"{HEADINGS}\n{ROW.replace('2011', '2035')}\n")
    assert cli.main(["count", "load", str(report)]) == 1
    assert "row 2, birth_date" in capsys.readouterr().err
    report.write_text(report.read_text().replace("agreement", "agreed"))
    assert cli.main(["count", "load", str(report)]) == 2
    assert "'agreement' is missing: the data-sharing agreement" in capsys.readouterr().err
