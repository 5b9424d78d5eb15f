"""`porchlight count estimate --table`: JSON and words, reasons instead of numbers, and never a trace for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from porchlight.cli import main

KOREA = {"lists": ["b", "c", "d"], "counts": {"001": 41, "010": 5, "100": 5, "110": 54, "101": 6, "111": 12}}


def _asked(file: Path, *more: str) -> int:
    return main(["count", "estimate", "--table", str(file), "--bootstrap", "50", *more])


@pytest.fixture
def korea(tmp_path: Path) -> Path:
    file = tmp_path / "korea.json"
    file.write_text(json.dumps(KOREA), "utf-8")
    return file


@pytest.mark.parametrize(
    ("method", "number", "model"),
    [("stepwise", 268.777777778, "[12,3]"), ("bic", 157.166666667, "[12,23]"), ("dga", 161, "[12,23]")],
)
def test_json_holds_number_model_intervals_and_seconds(
    korea: Path, capsys: pytest.CaptureFixture[str], method: str, number: float, model: str
) -> None:
    assert _asked(korea, "--method", method, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["estimate"] == pytest.approx(number, rel=1e-6)
    assert told["model"] == model
    assert told["percentile"]["95"][0] < told["percentile"]["80"][0] <= told["estimate"]
    assert (told["bca"] is None) == (method == "dga")
    assert told["seconds"] > 0


def test_words_warn_of_a_number_that_should_not_be_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "few.json"
    file.write_text(
        json.dumps({"lists": ["A", "B", "C"], "counts": {"100": 40, "010": 30, "001": 20, "110": 6}})
    )
    assert _asked(file, "--method", "stepwise") == 0
    told = capsys.readouterr().out
    assert "there are 539" in told
    assert "Do not publish this number: 6 children are in two lists or more" in told


def test_of_several_tables_in_a_file_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "several.json"
    file.write_text(json.dumps({"Korea": KOREA, "Other": KOREA}))
    assert _asked(file, "--json") == 1
    assert "name one of Korea, Other" in json.loads(capsys.readouterr().out)["reason"]
    assert _asked(file, "--json", "--name", "Korea") == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "no JSON"),
        ("[]", "wanted is"),
        ("{}", "wanted is"),
        ('{"lists": ["A", "B"], "counts": {"11": 1.5}}', "no count"),
        ('{"lists": ["A", "A"], "counts": {}}', "one name"),
        ('{"lists": ["A", "B", "C"], "counts": {"100": 4, "010": 3, "001": 9}}', "no child is in two lists"),
        (json.dumps({"lists": [f"L{at}" for at in range(12)], "counts": {"1" * 12: 3}}), "12 lists"),
    ],
)
def test_a_table_without_an_answer_ends_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    file = tmp_path / "table.json"
    file.write_text(text)
    assert _asked(file, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["estimate"] is None
    assert reason in told["reason"]


def test_words_for_a_table_are_refused_beside_report_toml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", "estimate", str(tmp_path / "report.toml"), "--json"]) == 2
    assert "go with --table" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _asked(tmp_path / "none.json") == 2
    assert "No such file" in capsys.readouterr().err
