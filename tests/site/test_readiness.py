"""/healthz answers without anything; /readyz says what is missing, in codes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ConnectionHandler
from django.test import Client

from porchlight.facts import load
from porchlight.site import readiness
from porchlight.site import settings as site_settings
from porchlight.site.config import Database
from tests.site import canary


def _ask(server: canary.Server, path: str) -> tuple[int, Any]:
    status, body = canary.send(server.port, canary.Sent("GET", path, {}))
    return status, body if path == "/healthz" else json.loads(body)


def test_health_answers_and_ready_tells_when_the_database_is_gone(tmp_path: Path) -> None:
    gone = "postgres://nobody:secretsecret@127.0.0.1:1/none"
    with canary.server(
        tmp_path, "porchlight.site.settings", migrate=False, PORCHLIGHT_DATABASE_URL=gone
    ) as server:
        assert _ask(server, "/healthz") == (200, b"ok")
        status, body = _ask(server, "/readyz")
    assert status == 503
    assert body == {
        "ready": False,
        "facts": "ready",
        "database": "unreachable",
        "migrations": "unknown",
        "data_directory": "ready",
    }
    assert "secretsecret" not in server.printed.read_text()


@pytest.mark.django_db
def test_ready_says_ready_when_all_parts_are() -> None:
    page = Client().get("/readyz")
    assert page.status_code == 200, page.text
    assert set(page.json().values()) == {True, readiness.READY}


@pytest.mark.django_db
def test_waiting_migrations_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("site", "0001")])
    page = Client().get("/readyz")
    assert (page.status_code, page.json()["migrations"]) == (503, "waiting")


def _sqlite(file: Path) -> BaseDatabaseWrapper:
    """A connection such as a site has by default, to `file`."""
    return ConnectionHandler({"default": site_settings._database(Database("sqlite", path=file))})["default"]


@pytest.mark.django_db
def test_a_locked_database_is_waited_for_but_a_moment_and_nothing_more_is_asked_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A visitor's connection waits five seconds, and the look at the migrations asked a second time."""
    site_s, asked = _sqlite(tmp_path / "some.sqlite3"), []
    monkeypatch.setattr(readiness, "connection", site_s)
    monkeypatch.setattr(readiness, "MigrationExecutor", lambda *database: asked.append(database))
    with readiness._impatient() as database, database.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] <= 500  # milliseconds
    with site_s.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (5000,)
    site_s.close()
    with closing(sqlite3.connect(tmp_path / "some.sqlite3", isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        told = readiness.parts(site_settings.CONFIG)
    assert (told["database"], told["migrations"], asked) == ("unreachable", "unknown", [])


@pytest.mark.django_db
def test_facts_that_cannot_be_read_are_named_without_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise load.FactError("us/KY.yaml", 3, "a reason")

    monkeypatch.setattr(load, "shipped", broken)
    page = Client().get("/readyz")
    assert (page.status_code, page.json()["facts"]) == (503, "not_loaded")
    assert "a reason" not in page.text


@pytest.mark.django_db
def test_a_data_directory_that_is_gone_is_named(settings: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, data_dir=tmp_path / "gone")
    page = Client().get("/readyz")
    assert (page.status_code, page.json()["data_directory"]) == (503, "not_writable")
