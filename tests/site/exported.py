"""A copy as the command makes it, in a process of its own: what the tests of the copy look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def everything(folder: Path) -> Path:
    """One copy of everything, two folders deep in `folder`, for tests that leave it as it was.

    Where ./test names a folder that its groups share, it is made there by the first that asks: it takes minutes.
    """
    made = Path(os.environ.get("COPY_FOR_TESTS", folder)) / "some" / "folder"
    if not made.exists():
        making = made.with_name("making")
        making.parent.mkdir(parents=True, exist_ok=True)
        done = export(making)
        assert done.returncode == 0, done.stderr
        assert "files" in done.stdout
        making.rename(made)
    return made


def export(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `porchlight export FOLDER`."""
    data = folder.with_name(folder.name + "-data")
    return subprocess.run(
        [sys.executable, "-m", "porchlight", "export", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PORCHLIGHT_DATA_DIR": str(data)} | environ,
        capture_output=True,
        text=True,
        check=False,
    )
