"""What must be ready before a site can serve people, each part checked by itself."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from porchlight.facts import in_force
from porchlight.site import journal
from porchlight.site.config import Config

READY = "ready"


def parts(config: Config) -> dict[str, str]:
    """Return a code for each part: READY, or what is wrong with it. Never an error's own words."""
    return {"facts": _facts(), **_stored(), "data_directory": _data_directory(config)}


def _facts() -> str:
    from porchlight.facts.load import FactError, shipped

    try:
        facts = shipped()
        broken = [code for code in facts.jurisdictions if not facts.contacts(code)]
    except (FactError, OSError):
        return "not_loaded"
    if len(facts.jurisdictions) != 56 or broken:
        return "incomplete"
    return "overlay_refused" if _refused_overlays() else READY


_told: frozenset[tuple[str, int, str]] = frozenset()
_telling = threading.Lock()


def _refused_overlays() -> bool:
    """Is a correction of this site's own refused? Each refusal gets one line in the log, however often this is asked.

    The shipped facts stand meanwhile, but a correction that does not hold may be a wrong number that is still shown.
    """
    global _told
    refused = frozenset((each.path, each.line, each.reason) for each in in_force().loaded().refused)
    with _telling:
        new, _told = refused - _told, refused
    for _each in new:
        journal.write(journal.Event.OVERLAY_REFUSED, level=logging.WARNING)
    return bool(refused)


def _stored() -> dict[str, str]:
    """The database, and what it holds: nothing more is asked of one that does not answer."""
    try:
        with _impatient() as database:
            with database.cursor() as cursor:
                cursor.execute("SELECT 1")
            return {"database": READY, "migrations": _migrations(database)}
    except DatabaseError:
        return {"database": "unreachable", "migrations": "unknown"}


# Whoever watches the site gives up after a few seconds: a file that is locked so long is as good as away.
_SQLITE_WAITS = 0.4  # seconds


@contextmanager
def _impatient() -> Iterator[BaseDatabaseWrapper]:
    """A connection that waits only a moment for SQLite's lock, where a visitor's would wait for seconds."""
    if connection.vendor != "sqlite":
        yield connection
        return
    own = connection.copy()
    own.settings_dict["OPTIONS"] = {**own.settings_dict["OPTIONS"], "timeout": _SQLITE_WAITS}
    try:
        yield own
    finally:
        own.close()


def _migrations(database: BaseDatabaseWrapper) -> str:
    try:
        executor = MigrationExecutor(database)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown"
    return "waiting" if waiting else READY


def _data_directory(config: Config) -> str:
    try:
        with tempfile.TemporaryFile(dir=config.data_dir):
            return READY
    except OSError:
        return "not_writable"
