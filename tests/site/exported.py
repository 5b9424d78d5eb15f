"""A copy as the command makes it, in a process of its own: what the tests of the copy look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
