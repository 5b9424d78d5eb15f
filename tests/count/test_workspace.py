"""The private folder: the owner's alone, whole steps or none, resumed by what they read."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from porchlight.count import workspace
from porchlight.count.workspace import WorkspaceError


def _modes(folder: Path) -> set[tuple[str, int]]:
    return {
        ("folder" if each.is_dir() else "file", each.stat().st_mode & 0o777) for each in folder.rglob("*")
    }


def _put(text: str) -> Callable[[Path], None]:
    """Work that leaves one file."""

    def work(into: Path) -> None:
        (into / "rows").write_text(text)

    return work


def test_everything_in_it_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "private"
    before = os.umask(0o000)
    try:
        with workspace.opened(folder) as space:
            space.step("load", {}, _put("a"))
            (space.scratch / "spill").write_text("row")
            workspace.write(space.root / "note", b"x")
            assert folder.stat().st_mode & 0o777 == 0o700
            assert _modes(folder) == {("folder", 0o700), ("file", 0o600)}
    finally:
        os.umask(before)


def test_a_step_is_not_repeated_while_it_reads_the_same(tmp_path: Path) -> None:
    done: list[str] = []

    def work(into: Path) -> None:
        done.append("once")
        (into / "rows").write_text(str(len(done)))

    with workspace.opened(tmp_path / "private") as space:
        assert not space.step("load", {"file": "a"}, work).resumed
        assert space.step("load", {"file": "a"}, work).resumed
    with workspace.opened(tmp_path / "private") as space:
        assert space.step("load", {"file": "a"}, work).resumed
        again = space.step("load", {"file": "b"}, work)
        assert not again.resumed
        assert (again / "rows").read_text() == "2"


def test_a_step_whose_files_were_changed_is_done_again(tmp_path: Path) -> None:
    with workspace.opened(tmp_path / "private") as space:
        step = space.step("load", {}, _put("true"))
        (step / "rows").write_text("edited")
        step = space.step("load", {}, _put("true"))
        assert not step.resumed
        assert (step / "rows").read_text() == "true"


def test_a_step_that_fails_leaves_the_one_before_it(tmp_path: Path) -> None:
    def fails(into: Path) -> None:
        (into / "rows").write_text("half")
        raise RuntimeError("killed")

    with workspace.opened(tmp_path / "private") as space:
        space.step("load", {"v": "1"}, _put("whole"))
        with pytest.raises(RuntimeError):
            space.step("load", {"v": "2"}, fails)
        assert (space.root / "load" / "rows").read_text() == "whole"
        kept = space.step("load", {"v": "1"}, fails)
        assert kept.resumed


_KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
from porchlight.count import workspace
def work(into):
    (into / "rows.csv").write_text("Ana Lopez")
    tempfile.NamedTemporaryFile(delete=False).write(b"Ana Lopez")
    os.kill(os.getpid(), signal.SIGKILL)
with workspace.opened(Path(sys.argv[1])) as space:
    space.step("load", {}, work)
"""


def test_killed_it_leaves_no_row_outside_and_can_be_opened_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home / "private")],
        cwd=home,
        env={**os.environ, "TMPDIR": str(tmp_path / "home")},
        check=False,
    )
    assert done.returncode == -9
    assert [each.name for each in home.iterdir()] == ["private"]
    with workspace.opened(home / "private") as space:
        assert list(space.scratch.iterdir()) == []
        step = space.step("load", {}, _put("whole"))
        assert not step.resumed
        assert not (space.root / "load.building").exists()


def test_temporary_files_of_libraries_go_into_it_and_back_afterwards(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    with workspace.opened(tmp_path / "private") as space:
        assert Path(tempfile.gettempdir()) == space.scratch
    assert tempfile.gettempdir() == before


def test_two_counts_cannot_work_in_it_at_once(tmp_path: Path) -> None:
    with (
        workspace.opened(tmp_path / "private"),
        pytest.raises(WorkspaceError, match="another count"),
        workspace.opened(tmp_path / "private"),
    ):
        pass


def test_a_folder_with_other_files_is_neither_taken_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="holds other files"), workspace.opened(tmp_path):
        pass
    with pytest.raises(WorkspaceError, match="nothing was removed"):
        workspace.clean(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_clean_removes_it_and_says_whether_there_was_one(tmp_path: Path) -> None:
    with workspace.opened(tmp_path / "private") as space:
        workspace.write(space.root / "rows", b"Ana Lopez")
    assert workspace.clean(tmp_path / "private")
    assert not (tmp_path / "private").exists()
    assert not workspace.clean(tmp_path / "private")


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "note"
    workspace.write(path, b"first")
    with pytest.raises(TypeError):
        workspace.write(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["note"]


def test_a_hash_tells_any_change_of_content_or_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = workspace.hash_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = workspace.hash_of(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({first, second, workspace.hash_of(tmp_path)}) == 3
