"""Every public page answers with no database, a locked one, or one that cannot be written."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from porchlight.report import counted
from tests.report import counted_files
from tests.site import canary

# One value for each part that an address can have.
PARTS = {"state": "ky", "county": "jefferson", "code": "US-KY", "rest": "elsewhere"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FORMS = {
    "/answer/": b"place=40202&concern=sex_trafficking&role=school",
    "/es/answer/": b"concern=about_me",
    "/us/ky/one-page/": b"role=health",
    "/number-trouble/": b"here=us/ky&contact=us-ky-intake",
    "/alerts/": b"number=5025550134&zip=40202&age=34&program=local&agree=yes",
    "/alerts/code/": b"page=x&code=123456",
    "/alerts/leave/": b"number=5025550134",
}
ASKS_THE_DATABASE = {"/readyz"}  # by design: it is what tells that the database is away
# What can be joined stands in the database; while it is away the page says so, and still has 911.
SAYS_WHAT_CAN_BE_JOINED = {"/alerts/", "/es/alerts/"}
CALLED_BY_CARRIERS = "alerts/carrier/"


def public_addresses() -> list[str]:
    """Every address that a visitor can read, in each language, its parts filled in. Staff pages ask who is there."""
    routes: set[str] = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            routes |= set(canary.routes(get_resolver().url_patterns))
    ours = (settings.STAFF_PATH, f"/{CALLED_BY_CARRIERS}")
    routes = {route for route in routes if not f"/{route}".startswith(ours)}
    filled = {re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PARTS[found[1]], route) for route in routes}
    return sorted({"/" + each.lstrip("/^").rstrip("$") for each in filled} - ASKS_THE_DATABASE)


def answers(status: int, address: str, method: str = "GET") -> bool:
    """Did the page answer as it does when all is well? Some can only be posted to, one is there to say 404."""
    if method == "POST":
        return status in (200, 302)
    if address.endswith("/elsewhere"):
        return status == 404
    if address in FORMS or address.removeprefix("/es") in FORMS:
        return status in (200, 302)  # the address of a form sends whoever only reads it to a page
    return status == 200


def test_the_addresses_are_those_of_the_site() -> None:
    found = public_addresses()
    assert {"/", "/es/", "/us/ky/", "/es/us/ky/jefferson/", "/api/v1/answer", "/healthz"} <= set(found)
    assert set(FORMS) - {"/es/answer/"} <= set(found)


@pytest.fixture(scope="module")
def a_report_of_counts() -> Iterator[None]:
    """Where something was counted there is a page for it, as there is at the servers below."""
    path = counted_files.write(counted.counts_folder(), counted_files.sample())
    counted.of_this_site.cache_clear()
    yield
    path.unlink()
    counted.of_this_site.cache_clear()


@pytest.mark.usefixtures("a_report_of_counts")
@pytest.mark.parametrize("address", sorted(set(public_addresses()) - SAYS_WHAT_CAN_BE_JOINED))
def test_no_page_that_is_read_asks_the_database(address: str) -> None:
    """Without the mark for it, any use of the database raises here."""
    assert answers(Client().get(address, headers={"host": "localhost"}).status_code, address)


@contextlib.contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Hold the database from another process, so that nobody can read or write it."""
    hold = (
        "import sqlite3, sys\n"
        "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "held.execute('PRAGMA locking_mode=EXCLUSIVE')\n"
        "held.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.communicate("", timeout=10)


def _ask_everything(port: int) -> list[tuple[str, int]]:
    """Addresses that did not answer as they should, with their status."""
    wrong = []
    for address in public_addresses():
        status, _body = canary.send(port, canary.Sent("GET", address, {}))
        wrong += [] if answers(status, address) else [(address, status)]
    for address, form in FORMS.items():
        status, body = canary.send(port, canary.Sent("POST", address, FORM, form))
        assert b"tel:911" in body or status == 302
        wrong += [] if answers(status, address, "POST") else [(address, status)]
    return wrong


def test_every_page_answers_with_no_database_file(tmp_path: Path) -> None:
    with canary.server(tmp_path, "porchlight.site.settings", migrate=False) as server:
        assert _ask_everything(server.port) == []
        assert canary.send(server.port, canary.Sent("GET", "/readyz", {}))[0] == 503


def test_every_page_answers_while_another_process_holds_the_database(tmp_path: Path) -> None:
    with canary.server(tmp_path, "porchlight.site.settings") as server:
        with _locked(tmp_path / "data" / "porchlight.sqlite3"):
            assert _ask_everything(server.port) == []
            assert canary.send(server.port, canary.Sent("GET", "/readyz", {}))[0] == 503
        assert canary.send(server.port, canary.Sent("GET", "/readyz", {}))[0] == 200


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root may write to")
def test_every_page_answers_when_the_database_s_folder_cannot_be_written(tmp_path: Path) -> None:
    """/proc refuses new files to everyone, root included."""
    nowhere = "sqlite:////proc/porchlight.sqlite3"
    with canary.server(
        tmp_path, "porchlight.site.settings", migrate=False, PORCHLIGHT_DATABASE_URL=nowhere
    ) as server:
        assert _ask_everything(server.port) == []
        assert canary.send(server.port, canary.Sent("GET", "/readyz", {}))[0] == 503
