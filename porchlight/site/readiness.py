"""What must be ready before a site can serve people, each part checked by itself."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from porchlight.facts import in_force
from porchlight.site import journal
from porchlight.site.config import Config

READY = "ready"


def parts(config: Config) -> dict[str, str]:
    """Return a code for each part: READY, or what is wrong with it. Never an error's own words."""
    checks: dict[str, Callable[[], str]] = {
        "facts": _facts,
        "database": _database,
        "migrations": _migrations,
        "data_directory": lambda: _data_directory(config),
    }
    return {name: check() for name, check in checks.items()}


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


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return READY


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
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
