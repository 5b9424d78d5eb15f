"""A report with estimates: page, PDF's page and report.json say the same, and nothing of the overlaps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from porchlight.count.cells import Audited
from porchlight.count.protect.estimates import Answer, AuditedEstimates, Rounded, SelfTest, seal
from porchlight.count.publish import publish
from tests.count.test_publish import EDITION, audited

__all__ = ["audited"]  # the fixture


def _answer(method: str, threshold: float, *numbers: int) -> Answer:
    number, low, high = (Rounded(each, 10, 1) for each in numbers)
    return Answer(method, threshold, number, low, high)


ESTIMATES = seal(
    "bic",
    0.95,
    [
        _answer("bic", 0.95, 1230, 1010, 2340),
        _answer("stepwise", 0.95, 1240, 1020, 2350),
        Answer("dga", 0.95, refused=("tells_a_count",)),
        Answer("threshold", 0.95, refused=("no_estimate",)),
        Answer("independence", 0.95, refused=("wide", "few_overlaps")),
    ],
    [
        _answer("bic", 0.8, 1100, 1000, 2100),
        _answer("bic", 0.95, 1230, 1010, 2340),
        Answer("bic", 0.99, refused=("wide",)),
    ],
    [SelfTest("stepwise", 3, 4), SelfTest("dga", None, 0), SelfTest("independence", 0, 0)],
    {0.8: 1, 0.95: 1, 0.99: 1},
)


@pytest.fixture(scope="module")
def report(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder."""
    folder = tmp_path_factory.mktemp("report")
    publish(audited, EDITION, folder, ESTIMATES)
    return folder


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "1,230",
                "1,010\u20132,340",
                "1,240",
                "the range is too wide",
                "it would show a small count",
                "3 of 4 lists",
            ],
        ),
        (
            "es",
            [
                "1,230",
                "1,010\u20132,340",
                "1,240",
                "el rango es muy ancho",
                "mostraría una cuenta",
                "3 de 4 listas",
            ],
        ),
    ],
)
def test_every_method_every_threshold_and_the_test_stand_on_the_page(
    report: Path, language: str, words: list[str]
) -> None:
    text = (report / f"report.{language}.html").read_text("utf-8")
    part = text[text.index('<section aria-labelledby="estimate">') :]
    for each in words:
        assert each in part
    assert len(re.findall(r"<li>", part[part.index("<ol>") : part.index("</ol>")])) == 7


def test_the_record_says_the_same_and_that_it_is_no_count(report: Path) -> None:
    told: dict[str, Any] = json.loads((report / "report.json").read_text("utf-8"))["estimates"]
    assert "not a count" in told["what"]
    assert told["answers"][0] == {
        "method": "bic",
        "threshold": 0.95,
        "number": 1230,
        "low": 1010,
        "high": 2340,
        "refused": [],
    }
    assert told["answers"][2]["number"] is None
    assert [each["threshold"] for each in told["by_threshold"]] == [0.8, 0.95, 0.99]
    assert told["hidden_lists"][1] == {"method": "dga", "held": None, "lists": 0}


def test_when_the_chosen_method_is_refused_the_page_leads_with_why(audited: Audited, tmp_path: Path) -> None:
    refused = seal(
        "dga", 0.95, ESTIMATES.answers, ESTIMATES.by_threshold, ESTIMATES.tested, {0.8: 1, 0.95: 1, 0.99: 1}
    )
    publish(audited, EDITION, tmp_path, refused)
    assert "gives no number: it would show a small count." in (tmp_path / "report.en.html").read_text("utf-8")


def test_without_estimates_the_report_says_that_it_makes_none(audited: Audited, tmp_path: Path) -> None:
    publish(audited, EDITION, tmp_path)
    assert "This report makes no such guess." in (tmp_path / "report.en.html").read_text("utf-8")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["estimates"] is None


def test_estimates_that_nobody_sealed_are_refused(audited: Audited, tmp_path: Path) -> None:
    unsealed: Any = {"method": "bic", "number": 1234}
    with pytest.raises(TypeError):
        publish(audited, EDITION, tmp_path, unsealed)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_was_not_told_is_in_any_file(report: Path) -> None:
    assert isinstance(ESTIMATES, AuditedEstimates)
    for file in report.rglob("*.*"):
        text = file.read_text("utf-8", errors="replace")
        for private in ("capture", "[12", "coefficient", "overlap_table"):
            assert private not in text
