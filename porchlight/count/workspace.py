"""The private folder: the only place where rows are held. Owner-only, each step whole or absent, resumed by content.

A step fills a folder of its own; it takes its place only when it is whole, with a note of what it read and wrote.
Run again, a step that read the same and whose files are as it left them is not repeated.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_MARK = ".porchlight-count"
_DONE = "done.json"
_SCRATCH = "scratch"
_CHUNK = 1 << 20
# Raised when what a step writes changes its form, so that an older workspace is worked anew.
_FORM = 1


@contextmanager
def opened(folder: Path) -> Iterator[Workspace]:
    """Make or reopen the workspace; raises WorkspaceError when it is not ours or another run holds it.

    While it is open every file that this process makes is the owner's only, temporary files are made inside it, and a
    crash leaves no memory image.
    """
    folder = folder.resolve()
    _claim(folder)
    before_mask, before_temp = os.umask(0o077), tempfile.tempdir
    with (folder / _MARK).open("a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkspaceError(f"another count is at work in {folder}; wait for it, or end it") from None
        scratch = folder / _SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        tempfile.tempdir = str(scratch)
        _no_memory_image()
        try:
            yield Workspace(folder)
        finally:
            tempfile.tempdir = before_temp
            os.umask(before_mask)
            shutil.rmtree(scratch, ignore_errors=True)


def clean(folder: Path) -> bool:
    """Remove the workspace and every row in it; False when there is none. Raises WorkspaceError if it is not ours."""
    folder = folder.resolve()
    if not folder.exists():
        return False
    if not (folder / _MARK).is_file():
        raise WorkspaceError(f"{folder} is not a workspace of `porchlight count`; nothing was removed")
    shutil.rmtree(folder)
    return True


class WorkspaceError(Exception):
    """The private folder cannot be used; the message says why and what to do."""


class Workspace:
    """An open workspace. Made by `opened`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def scratch(self) -> Path:
        """For files that a step needs only while it works (DuckDB's spills); emptied at the end."""
        return self.root / _SCRATCH

    def step(self, name: str, reads: Mapping[str, str], work: Callable[[Path], None]) -> Step:
        """Do `work` once for these readings and return the step's folder.

        `reads` names what the step depends on, each with the hash of its content (`hash_of`) or its value as text.
        `work` gets a new empty folder; what it leaves there is the step's result.
        """
        folder = self.root / name
        now = {"form": str(_FORM), **reads}
        if self._as_left(folder, now):
            return Step(folder, resumed=True)
        building = self.root / f"{name}.building"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
        work(building)
        _owner_only(building)
        done = {"reads": now, "wrote": _hashes(building)}
        write(building / _DONE, json.dumps(done, indent=1, sort_keys=True).encode())
        shutil.rmtree(folder, ignore_errors=True)
        building.replace(folder)
        return Step(folder, resumed=False)

    def _as_left(self, folder: Path, reads: Mapping[str, str]) -> bool:
        try:
            done = json.loads((folder / _DONE).read_bytes())
        except (FileNotFoundError, ValueError):
            return False
        return bool(done.get("reads") == dict(reads) and done.get("wrote") == _hashes(folder))


class Step:
    """A finished step: its folder, and whether it had been done before."""

    def __init__(self, folder: Path, *, resumed: bool) -> None:
        self.folder = folder
        self.resumed = resumed

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def hash_of(*paths: Path) -> str:
    """The SHA-256 of files or folders, names of files inside folders included. It never leaves the workspace."""
    total = hashlib.sha256()
    for path in paths:
        for name, digest in sorted(_hashes(path).items()):
            total.update(f"{name}\0{digest}\0".encode())
    return total.hexdigest()


def _claim(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file; the workspace must be a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise WorkspaceError(f"{folder} holds other files; name an empty or new folder in [workspace]")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise WorkspaceError(f"{folder} belongs to someone else; name a folder of your own in [workspace]")
    folder.chmod(0o700)
    mark = folder / _MARK
    mark.touch(mode=0o600)


def _no_memory_image() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _owner_only(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _hashes(path: Path) -> dict[str, str]:
    """Hash by name; a folder's own note and half-written files left out."""
    if path.is_file():
        return {"": _hash(path)}
    files = (each for each in path.rglob("*") if each.is_file())
    return {
        each.relative_to(path).as_posix(): _hash(each)
        for each in files
        if each != path / _DONE and not each.name.endswith(".part")
    }


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
