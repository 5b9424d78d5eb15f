"""The folder of a copy: written beside its place and put there at the end, whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MADE_BY = "porchlight export"
_MADE = "made.json"
_SUMS = "SHA256SUMS"


class ExportError(Exception):
    """The copy was not made, and nothing has changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished copy: its day, its version (of everything in it), files and bytes."""

    day: dt.date
    version: str
    files: int
    size: int


@contextmanager
def replacing(directory: Path) -> Iterator[NewFolder]:
    """A new folder that takes the place of `directory` when the block ends, and leaves no trace when it fails.

    Raises ExportError when `directory` holds anything but an earlier copy, or cannot be written.
    """
    directory = directory.absolute()
    _refuse_what_is_not_ours(directory)
    working = directory.with_name(f".{directory.name}.{os.getpid()}.new")
    try:
        working.mkdir(parents=True)
        yield NewFolder(working)
        _put_in_place(working, directory)
    except OSError as error:
        raise ExportError(
            f"{directory} cannot be written: {error.strerror}. Nothing there has changed."
        ) from None
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _refuse_what_is_not_ours(directory: Path) -> None:
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise ExportError(
            f"{directory} is not a folder. Name a new folder, or one that an earlier export made."
        )
    if not directory.exists() or not any(directory.iterdir()):
        return
    strangers = sorted(_strangers(directory))
    if strangers:
        raise ExportError(
            f"{directory} holds files that no export made ({', '.join(strangers[:3])}), and an export replaces the "
            "whole folder. Name a new folder, or move those files away."
        )


def _strangers(directory: Path) -> set[str]:
    """The files of a folder that are not of an earlier copy: all of them, when there is none."""
    present = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir()}
    try:
        made = json.loads((directory / _MADE).read_text(encoding="utf-8"))
        sums = (directory / _SUMS).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return present or {"an empty folder"}
    if not isinstance(made, dict) or made.get("by") != _MADE_BY:
        return present
    return present - {line.partition("  ")[2] for line in sums.splitlines()} - {_SUMS}


def _put_in_place(working: Path, directory: Path) -> None:
    if not directory.exists():
        working.rename(directory)
        return
    old = working.with_suffix(".old")
    directory.rename(old)
    try:
        working.rename(directory)
    except OSError:
        old.rename(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)


class NewFolder:
    """A folder that is being filled. Paths are relative, with slashes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sums: dict[str, str] = {}
        self._size = 0

    def add(self, path: str, content: bytes) -> None:
        """Write one file. Raises OSError when it cannot be written."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self._sums[path] = hashlib.sha256(content).hexdigest()
        self._size += len(content)

    def paths(self) -> list[str]:
        """The files so far, sorted."""
        return sorted(self._sums)

    def version(self) -> str:
        """Sixteen hex digits that change with any byte of any file so far."""
        return hashlib.sha256(self._sum_lines().encode()).hexdigest()[:16]

    def finish(self, day: dt.date) -> Made:
        """Write what the copy says of itself, and the sums that `sha256sum -c` checks."""
        made = {
            "by": _MADE_BY,
            "day": day.isoformat(),
            "version": self.version(),
            "files": len(self._sums) + 2,
        }
        self.add(_MADE, (json.dumps(made, indent=2) + "\n").encode())
        self.add(_SUMS, self._sum_lines().encode())
        return Made(day, str(made["version"]), len(self._sums), self._size)

    def _sum_lines(self) -> str:
        return "".join(f"{self._sums[path]}  {path}\n" for path in self.paths())
