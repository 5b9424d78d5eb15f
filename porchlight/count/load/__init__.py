"""Load: agencies' files become one table of records, each value a code or date that every list shares.

A value that cannot be read is told with its row, column and reason. It stops the count, or (`bad_values = "missing"`)
counts as missing and stands in the list's quality page; nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from porchlight.count.load.problem import LoadError, Problem
from porchlight.count.load.quality import Coverage, Filled, Quality
from porchlight.count.load.rows import records_of
from porchlight.count.settings import AgencyList, Settings
from porchlight.count.workspace import Workspace, hash_of, write

__all__ = ["Coverage", "Filled", "LoadError", "Loaded", "Problem", "Quality", "load"]


@dataclass(frozen=True)
class Loaded:
    """`records`: the Parquet file of every list's rows (porchlight.count.fields); a quality page for each list."""

    records: Path
    quality: tuple[Quality, ...]
    resumed: bool


def load(
    settings: Settings, workspace: Workspace, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Loaded:
    """Read every list of report.toml into records.parquet in the workspace.

    `progress` gets what is read, how many lists are done and how many there are. Raises LoadError with the problems
    of all lists, once all have been read.
    """
    done: list[Path] = []
    problems: list[Problem] = []
    for number, each in enumerate(settings.lists):
        progress(each.name, number, len(settings.lists))
        try:
            done.append(_load_list(settings, workspace, each))
        except LoadError as error:
            problems += error.problems
    if problems:
        write(workspace.root / "problems.txt", "\n".join(map(str, problems)).encode())
        raise LoadError(problems)
    (workspace.root / "problems.txt").unlink(missing_ok=True)
    progress("all lists", len(settings.lists), len(settings.lists))
    step = workspace.step(
        "load", {folder.name: hash_of(folder) for folder in done}, lambda into: _together(done, into)
    )
    quality = tuple(
        msgspec.json.decode((folder / "quality.json").read_bytes(), type=Quality) for folder in done
    )
    return Loaded(step / "records.parquet", quality, step.resumed)


def _load_list(settings: Settings, workspace: Workspace, each: AgencyList) -> Path:
    """One list is a step of its own: when one file is replaced by a better one, the others are not read again."""
    file, mapping = settings.path(each.file), settings.path(each.mapping)
    reads = {
        "file": hash_of(file),
        "mapping": hash_of(mapping),
        "list": msgspec.json.encode(each).decode(),
        "report": msgspec.json.encode(settings.report).decode(),
    }

    def work(into: Path) -> None:
        import pyarrow.parquet as pq

        records, quality = records_of(each, file, mapping, settings.report)
        pq.write_table(records, into / "records.parquet")
        write(into / "quality.json", msgspec.json.encode(quality))

    return workspace.step(f"list-{each.id}", reads, work).folder


def _together(folders: Sequence[Path], into: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(folder / "records.parquet") for folder in folders]
    pq.write_table(pa.concat_tables(tables), into / "records.parquet")
