"""CSV files from elsewhere, read with suspicion: a row is good or has its reasons, and no reason repeats a value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 64 << 20
MOST_ROWS = 500_000
MOST_CHARACTERS = 2_000  # of one field


class TableError(Exception):
    """The file as a whole cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it begins in the file (1 is the header), and its fields by column, without spaces around them."""

    at: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not used, and every reason, in words for whoever made the file."""

    at: int
    reasons: tuple[str, ...]


def read(path: Path, columns: Sequence[str]) -> Iterator[Line | Refused]:
    """The rows of a file with exactly these columns, in any order. Raises TableError before the first row."""
    text = _text(path)
    csv.field_size_limit(MOST_BYTES)
    # Line breaks inside quotes are what a spreadsheet writes; a quote that never ends would swallow the rest.
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
    except csv.Error:
        header = []
    if sorted(header) != sorted(columns):
        raise TableError(f"the first row must name these columns and no others: {', '.join(columns)}")
    return _lines(rows, header)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TableError(f"the file is larger than {MOST_BYTES >> 20} MB; divide it")
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"the file cannot be read ({error.strerror})") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError("the file is not UTF-8; save it as CSV UTF-8") from None
    if "\0" in text:
        raise TableError("the file holds NUL characters; save it again as CSV")
    return text


def _lines(rows: Iterator[list[str]], header: list[str]) -> Iterator[Line | Refused]:
    count = 0
    while True:
        at = getattr(rows, "line_num", 0) + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Refused(at, ("the quotes from here on do not match: nothing after this row was read",))
            return
        count += 1
        if count > MOST_ROWS:
            yield Refused(at, (f"there are more than {MOST_ROWS:,} rows: nothing after this row was read",))
            return
        if any(row):
            yield _line(at, row, header)


def _line(at: int, row: list[str], header: list[str]) -> Line | Refused:
    if len(row) != len(header):
        return Refused(at, (f"has {len(row)} fields where there are {len(header)} columns",))
    fields = dict(zip(header, (each.strip() for each in row), strict=True))
    reasons = tuple(f"{name}: {reason}" for name, value in fields.items() for reason in _problems(value))
    return Refused(at, reasons) if reasons else Line(at, fields)


def _problems(value: str) -> Iterator[str]:
    if len(value) > MOST_CHARACTERS:
        yield f"is longer than {MOST_CHARACTERS} characters"
    # A spreadsheet that opens the file again would run it.
    if value[:1] in {"=", "@"}:
        yield "begins like a formula"
    if any(not one.isprintable() and one != "\n" for one in value):
        yield "holds characters that do not print"
