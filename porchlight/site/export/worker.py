"""The service worker of the copy: which pages it keeps, once a person asked for it, and its version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from porchlight.places import jurisdictions
from porchlight.site.export.folder import NewFolder

_SCRIPT = (Path(__file__).parent / "worker.js").read_text(encoding="utf-8")


def files(copy: NewFolder) -> Iterator[tuple[str, bytes]]:
    """The script of the worker, sw.js: at the top, because it only serves what lies under it."""
    kept = [path for path in copy.paths() if _is_kept(path)]
    script = _SCRIPT.replace('"VERSION"', json.dumps(copy.version())).replace('["FILES"]', json.dumps(kept))
    yield "sw.js", script.encode()


def _is_kept(path: str) -> bool:
    """The first pages, the page of every jurisdiction, and all of the home jurisdiction.

    Always the same list, whatever a person has read: what is kept must not tell what they looked at.
    """
    for code, _ in settings.LANGUAGES:
        path = path.removeprefix(f"{code}/")
    parts = path.split("/")
    if parts[0] != "us":
        return True
    home = settings.CONFIG.home[3:].lower()
    state_pages = {f"us/{code[3:].lower()}/index.html" for code, _ in jurisdictions()}
    return len(parts) == 2 or path in state_pages or parts[1] == home or _is_without_place(parts)


def _is_without_place(parts: list[str]) -> bool:
    return parts[1].isdecimal()
