"""A correction that is refused is a thing to know of: /readyz says so, and the log, once."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from django.test import Client

from porchlight.facts.load import shipped
from porchlight.facts.overlay import FactStore
from porchlight.site import journal, readiness

WRONG = "by: A. Person\non: 2026-11-01\nchange:\n  us-ky-nosuchline:\n    withhold: wrong\n"
RIGHT = WRONG.replace("nosuchline", "intake")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The corrections of a site, read anew each time."""
    monkeypatch.setattr(readiness, "in_force", lambda: FactStore(shipped(), tmp_path))
    monkeypatch.setattr(readiness, "_told", frozenset())
    return tmp_path


def _ask(caplog: pytest.LogCaptureFixture) -> tuple[int, str, list[str]]:
    """Status and state of the facts on /readyz, and the lines that the log got for it."""
    caplog.clear()
    with caplog.at_level(logging.INFO):
        page = Client().get("/readyz")
    lines = [journal.AllowList().format(record) for record in caplog.records]
    return page.status_code, page.json()["facts"], [each for each in lines if "overlay_refused" in each]


@pytest.mark.django_db
def test_a_refused_correction_is_named_and_logged_once_without_its_words(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "secret-name.yaml").write_text(WRONG)
    status, state, lines = _ask(caplog)
    assert (status, state) == (503, "overlay_refused")
    assert len(lines) == 1
    assert json.loads(lines[0]) | {"time": ""} == {"time": "", "level": "warning", "event": "overlay_refused"}
    assert _ask(caplog) == (503, "overlay_refused", [])
    (folder / "another.yaml").write_text("by: [")
    assert len(_ask(caplog)[2]) == 1
    assert len(_ask(caplog)[2]) == 0


@pytest.mark.django_db
def test_a_correction_that_is_mended_is_ready_again_and_told_again_when_it_breaks_again(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "x.yaml").write_text(RIGHT)
    assert _ask(caplog) == (200, "ready", [])
    for _ in range(2):
        (folder / "x.yaml").write_text(WRONG)
        assert len(_ask(caplog)[2]) == 1
        (folder / "x.yaml").write_text(RIGHT)
        assert _ask(caplog) == (200, "ready", [])
