"""An agency's file as a table of texts: CSV, Excel or Parquet. Nothing is interpreted here but the file's own form."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from porchlight.count.load.mapping import Layout
from porchlight.count.load.problem import LoadError, Problem

EXCEL = (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")
CSV = (".csv", ".txt", ".tsv")


def read_table(name: str, path: Path, layout: Layout) -> pa.Table:
    """The whole file, every column as text (None: an empty cell), headings stripped of blanks.

    Raises LoadError for a file that is not what its name says, an encoding that is not the one named, rows with too
    many or few cells, headings that are missing or twice there, and a list without rows.
    """
    suffix = path.suffix.lower()
    readers: Mapping[str, Callable[[str, Path, Layout], pa.Table]] = {
        ".parquet": _parquet,
        **dict.fromkeys(EXCEL, _excel),
        **dict.fromkeys(CSV, _csv),
    }
    if suffix not in readers:
        raise _error(name, f"{path.name}: lists are {', '.join(readers)}")
    table = readers[suffix](name, path, layout)
    table = table.rename_columns([heading.strip() for heading in table.column_names])
    _check_headings(name, table.column_names, layout)
    if table.num_rows == 0:
        raise _error(name, f"{path.name} has headings and no rows; leave the list out, or ask for it again")
    return table


def text_of(name: str, path: Path, encoding: str) -> str:
    """The file's text; raises LoadError that says where the encoding fails and which ones would read it."""
    content = path.read_bytes()
    if not content.strip():
        raise _error(name, f"{path.name} is empty")
    try:
        text = content.decode("utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        row = content[:start].count(b"\n") + 1
        looks = likely_encoding(content)
        advice = f'; it looks like {looks}: write encoding = "{looks}" in the mapping file' if looks else ""
        raise LoadError([Problem(name, row, None, f"{path.name} is not {encoding} here{advice}")]) from None
    if "\0" in text:
        raise _error(name, f"{path.name} is not {encoding}: it has zero bytes; try utf-16")
    _check_spoiled(name, path, text)
    return text


def likely_encoding(content: bytes) -> str | None:
    """What the bytes look like, for advice only: "utf-8", "utf-16", "cp1252" …; None when nobody can tell."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    from charset_normalizer import from_bytes

    # American lists that are not UTF-8 are Windows' own, nearly always; other code pages read the same bytes.
    best = from_bytes(content[:200_000], cp_isolation=["cp1252", "mac_roman", "cp437", "utf_16"]).best()
    return best.encoding.replace("_", "-") if best else None


def _error(name: str, reason: str) -> LoadError:
    return LoadError([Problem(name, None, None, reason)])


# What UTF-8 looks like once somebody has read it as Windows' encoding and saved it, and what is left of lost letters.
_SPOILED = ("\ufffd", "Ã©", "Ã±", "Ã¡", "Ã³", "Ã­", "Ãº")


def _check_spoiled(name: str, path: Path, text: str) -> None:
    found = [mark for mark in _SPOILED if mark in text]
    if found:
        row = text[: text.index(found[0])].count("\n") + 1
        reason = f"{path.name}: letters with accents were spoiled before we got the file, or its encoding is another"
        raise LoadError([Problem(name, row, None, reason)])


def _csv(name: str, path: Path, layout: Layout) -> pa.Table:
    text = text_of(name, path, layout.encoding)
    wrong: list[Problem] = []

    def note(row: pa_csv.InvalidRow) -> str:
        reason = f"has {row.actual_columns} cells where the headings are {row.expected_columns}; is a cell not quoted?"
        wrong.append(Problem(name, row.number, None, reason))
        return "skip"

    headings = next(iter(_first_row(text, layout.delimiter)), [])
    try:
        table = pa_csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _error(name, f"{path.name} cannot be read as CSV: {str(error).splitlines()[0][:80]}") from None
    if wrong:
        raise LoadError(wrong)
    return table


def _first_row(text: str, delimiter: str) -> list[list[str]]:
    import csv

    return [row for row, _ in zip(csv.reader(io.StringIO(text), delimiter=delimiter), range(1), strict=False)]


def _excel(name: str, path: Path, layout: Layout) -> pa.Table:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except (calamine.CalamineError, OSError):
        raise _error(name, f"{path.name} is not an Excel file, or it has a password") from None
    if layout.sheet is None and len(book.sheet_names) > 1:
        raise _error(
            name, f"{path.name} has several sheets; write sheet = one of {', '.join(book.sheet_names)}"
        )
    if layout.sheet is not None and layout.sheet not in book.sheet_names:
        raise _error(name, f"{path.name} has no sheet '{layout.sheet}'; it has {', '.join(book.sheet_names)}")
    rows = book.get_sheet_by_name(layout.sheet or book.sheet_names[0]).to_python(skip_empty_area=False)
    if not rows:
        raise _error(name, f"{path.name}: the sheet is empty")
    headings = [str(cell).strip() for cell in rows[0]]
    body = rows[1:]
    while body and all(cell == "" for cell in body[-1]):  # what is only formatted counts as used in Excel
        body.pop()
    columns = list(zip(*body, strict=True)) if body else [()] * len(headings)
    return pa.Table.from_arrays([_texts(column) for column in columns], names=headings)


def _parquet(name: str, path: Path, layout: Layout) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError):
        raise _error(name, f"{path.name} is not a Parquet file") from None
    return pa.Table.from_arrays([_as_text(column) for column in table.columns], names=table.column_names)


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_string(column.type):
        return column.combine_chunks()
    return _texts(column.to_pylist())


def _texts(cells: Sequence[Any]) -> pa.Array:
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, list):
        return "; ".join(str(each) for each in cell if each)
    return str(cell)


def _check_headings(name: str, headings: Sequence[str], layout: Layout) -> None:
    problems = [
        Problem(name, 1, None, f"the heading '{heading}' is there twice")
        for heading in sorted({*headings})
        if list(headings).count(heading) > 1 and heading
    ]
    there = ", ".join(heading for heading in headings if heading)
    problems += [
        Problem(name, 1, column, f"there is no heading '{heading}'; there are: {there}")
        for column, heading in layout.columns.items()
        if heading not in headings
    ]
    if problems:
        raise LoadError(problems)
