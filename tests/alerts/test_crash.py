"""Pumps and the database are killed while texts go out and people say STOP: see crash/storm.py.

Ten seeds on each database, and four over SMPP, where the carrier is killed too; `./test crash` runs two hundred.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    ("pumps", "seeds", "over"), [(1, (0, 5), []), (3, (5, 10), []), (3, (0, 4), ["--smpp"])]
)
def test_crashes_lose_nothing_repeat_at_most_the_batch_and_never_write_after_stop(
    root: Path, pumps: int, seeds: tuple[int, int], over: list[str]
) -> None:
    command = [sys.executable, str(root / "tests/alerts/crash/storm.py"), "--pumps", str(pumps), "--seeds"]
    command += [*(str(seed) for seed in seeds), *over]
    if connection.vendor == "postgresql":
        initdb = shutil.which("initdb")
        assert initdb is not None, (
            "PostgreSQL's own programs are not on the PATH; ./test postgres puts them there"
        )
        command += ["--postgres", str(Path(initdb).parent)]
    storm = subprocess.run(command, capture_output=True, text=True, timeout=580)
    print(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
