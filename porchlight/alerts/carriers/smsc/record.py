"""What the practice carrier took and brought, one line of JSON each, for tests that count.

A line is in the file before the answer that it stands for is on the wire, so that it holds whoever is killed next:
what is here may not have been answered, but what was answered is here. Nothing is said to the disk: a machine that
loses power loses the last lines. `at` is time.monotonic(), which all processes of one machine share.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened.

    `what` is "taken" (a submit_sm was accepted), "brought" (the site acknowledged a deliver_sm with someone's text) or
    "receipted" (it acknowledged a receipt). `id` is the carrier's name of the text, as in its answer; `part` of `parts`
    of the long text `reference`; `phone` is the person's number, `ours` the site's.
    """

    what: str
    id: str
    phone: str
    ours: str
    words: str
    at: float
    account: str
    part: int = 1
    parts: int = 1
    reference: int = 0


class Record:
    """The file, written at its end, whoever else writes there too."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: Line) -> None:
        """Write one line, whole. Raises OSError when the disk is full: then nothing may be answered."""
        octets = msgspec.json.encode(line) + b"\n"
        if os.write(self._file, octets) != len(octets):
            raise OSError("the record is full")

    def close(self) -> None:
        """No more lines."""
        os.close(self._file)


def now() -> float:
    """The clock of the record."""
    return time.monotonic()


def read(path: Path) -> list[Line]:
    """All whole lines of a record; a last one that was cut short is left out."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [msgspec.json.decode(line, type=Line) for line in lines]
