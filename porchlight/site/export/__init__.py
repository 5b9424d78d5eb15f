"""The offline porch: the whole site as plain files, for any host, a memory stick, or a day without a server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from porchlight.site.export import folder, side_by_side, worker
from porchlight.site.export.folder import ExportError, Made

__all__ = ["ExportError", "Made", "export"]


def export(directory: Path, day: dt.date, progress: Callable[[int], None] = lambda files: None) -> Made:
    """Write the copy of `day` (UTC) to `directory`, whole or not at all, and return what was made.

    `progress` is told the number of files so far. The same facts, settings and day give the same bytes. Raises
    ExportError when the directory holds anything but an earlier copy, or a page cannot be copied: then nothing there
    has changed.
    """
    with folder.replacing(directory) as new:
        for count, (path, content) in enumerate(side_by_side.files(day), 1):
            new.add(path, content)
            progress(count)
        for path, content in worker.files(new):
            new.add(path, content)
        return new.finish(day)
