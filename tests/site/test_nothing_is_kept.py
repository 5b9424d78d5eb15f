"""Nothing that a visitor sends is in a log, in what the process prints, or in anything it writes."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import get_resolver
from django.utils import translation

from porchlight.site import journal
from tests.site import canary, canary_urls


def _send_everything(port: int) -> set[int]:
    """Send every kind of request to every route there is; return the statuses that came back."""
    statuses = set()
    patterns = get_resolver(canary_urls.__name__).url_patterns
    routes = {"nowhere/"}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            routes |= set(canary.routes(patterns))
    assert {"", "es/", "healthz"} <= routes
    for route in sorted(routes):
        for path in canary.paths(route):
            for request in canary.requests(path):
                statuses.add(canary.send(port, request)[0])
    return statuses


def _leaks(folder: Path) -> list[str]:
    """Names of the files under `folder` that hold a canary, in their content or their name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if canary.found_in(path.read_bytes()) or canary.found_in(path.name)]


@pytest.mark.parametrize("module", ["canary_settings", "debug_settings"])
def test_no_canary_is_left_after_every_route_and_every_kind_of_failure(tmp_path: Path, module: str) -> None:
    with canary.server(tmp_path, f"tests.site.{module}") as server:
        statuses = _send_everything(server.port)
    assert statuses >= {200, 400, 404, 405, 413, 500}
    assert (tmp_path / "data" / "porchlight.sqlite3").exists()  # or the next line would look at no database
    assert _leaks(tmp_path) == []
    lines = [json.loads(line) for line in server.printed.read_text().splitlines()]
    answered = [line for line in lines if line["event"] == "answered"]
    assert {line["status"] for line in answered} >= {200, 400, 404, 405, 413, 500}
    assert {line.get("route") for line in answered} >= {None, "home", "health", "ready", "fails", "chained"}
    assert {line["method"] for line in answered} >= {"GET", "POST", "OTHER"}
    assert all(set(line) <= set(journal.FIELDS) for line in lines)
    assert any(line.get("exception") == "builtins.RuntimeError" for line in lines)
    assert any(line.get("where", "").startswith("site/canary_urls.py:") for line in lines)


def test_a_place_a_concern_and_a_role_that_are_understood_are_in_no_log_either(tmp_path: Path) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with canary.server(tmp_path, "porchlight.site.settings") as server:
        asked = canary.Sent("POST", "/answer/", form, b"place=40202&concern=sex_trafficking&role=clergy")
        assert canary.send(server.port, asked)[0] == 200
        assert canary.send(server.port, canary.Sent("GET", "/us/ky/jefferson/", {}))[0] == 200
    printed = server.printed.read_text()
    assert [word for word in ("40202", "trafficking", "clergy", "jefferson", "/us/") if word in printed] == []


def test_a_log_that_somebody_adds_by_the_usual_recipe_is_caught(tmp_path: Path) -> None:
    """The test above can fail: with one ordinary logger more, the canaries are found."""
    with canary.server(tmp_path, "tests.site.leaky_settings") as server:
        canary.send(server.port, canary.Sent("GET", f"/{canary.WORD}", {}))
        canary.send(server.port, canary.Sent("GET", f"/fails/{canary.WORD}/", {}))
    assert _leaks(tmp_path) == ["printed.log"]


def _record_of_a_failure() -> logging.LogRecord:
    secret = canary.WORD
    try:
        raise ValueError(secret)
    except ValueError:
        return logging.LogRecord(
            secret, logging.ERROR, __file__, 1, "leak %s", (secret,), sys.exc_info(), secret
        )


def test_the_formatter_drops_words_arguments_extras_and_the_text_of_errors() -> None:
    record = _record_of_a_failure()
    record.request = canary.WORD
    record.porchlight_line = {"event": canary.WORD}
    assert canary.found_in(logging.Formatter().format(record))  # the ordinary formatter would have told
    line = journal.AllowList().format(record)
    assert not canary.found_in(line)
    assert json.loads(line)["exception"] == "builtins.ValueError"
    assert json.loads(line)["event"] == "library"


def test_a_field_that_is_not_on_the_list_is_dropped() -> None:
    record = logging.LogRecord("porchlight.journal", logging.INFO, __file__, 1, "", (), None)
    record.porchlight_line = {"event": "answered", "path": canary.WORD, "status": 200}
    assert set(json.loads(journal.AllowList().format(record))) == {"time", "level", "event", "status"}


def test_a_method_nobody_knows_is_logged_as_other(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        journal.write(journal.Event.ANSWERED, method=canary.WORD)
    assert json.loads(journal.AllowList().format(caplog.records[0]))["method"] == "OTHER"


def test_a_record_that_cannot_be_written_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%d", (canary.WORD,), None)
    logging.StreamHandler().handle(record)
    assert canary.found_in(capfd.readouterr().err)  # what the ordinary handler prints
    handler = journal.QuietHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.handle(record)
    printed = capfd.readouterr()
    assert not canary.found_in(printed.out + printed.err)
