"""Save and put back all that a site keeps: its database, its data directory and its keys, in one file.

The file is a gzip-compressed tar: `manifest.json` first, then `data/...` (the data directory, without the database),
`keys/secret_key`, and `database/porchlight.sqlite3` or `database/porchlight.sql`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec

import porchlight
from porchlight import alerts
from porchlight.site import keys
from porchlight.site.config import Config, Database

FORMAT = 1
_MANIFEST = "manifest.json"
_SQLITE = "database/porchlight.sqlite3"
_POSTGRESQL = "database/porchlight.sql"
_KEY = "keys/secret_key"
_BLOCK = 1 << 20
_MANIFEST_LIMIT = 64 << 20


class BackupError(Exception):
    """A backup that cannot be made or put back; says what was kept and what to do next."""


class Member(msgspec.Struct, frozen=True):
    """One file of a backup: its size in bytes and the SHA-256 of its content, in hexadecimal."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds. `made` is in UTC; `database` is `sqlite` or `postgresql`."""

    format: int
    porchlight: str
    made: str
    database: str
    members: dict[str, Member]


def backup(config: Config, target: Path) -> str:
    """Write everything to `target` (mode 0600) and return a sentence that says so.

    The database is copied as of one moment, also while the site runs. Raises BackupError; then no file is left.
    """
    if target.exists():
        raise BackupError(f"{target} exists already; give another name, or move it away")
    if not config.data_dir.is_dir():
        raise BackupError(f"there is no data directory at {config.data_dir}; set PORCHLIGHT_DATA_DIR")
    if not target.parent.is_dir():
        raise BackupError(f"there is no directory {target.parent}; make it, or give another name")
    with tempfile.TemporaryDirectory(prefix=".porchlight-backup-", dir=target.parent) as folder:
        stage = Path(folder)
        # The database first: whatever key one of its rows needs was there before the row.
        _save_database(config.database, stage)
        _copy_data(config, stage / "data")
        _save_key(config, stage / _KEY)
        _check_keys(
            stage, f"Put keys/alerts of {config.data_dir} back from an older backup, then back up again"
        )
        manifest = _manifest_of(stage, config.database.kind)
        packed = stage / "packed"
        _pack(stage, manifest, packed)
        packed.rename(target)
    return f"Saved {len(manifest.members)} files in {target}. It holds the keys: keep it as safe as the site."


def restore(config: Config, source: Path, *, force: bool = False) -> str:
    """Put back what `source` holds and return a sentence that says so. The site must not be running.

    Everything is unpacked and checked against its hash beside its place first; then all is put in place, or nothing.
    Raises BackupError when `source` is damaged or not ours, or the site holds something and `force` is not set.
    """
    if not force:
        _refuse_unless_empty(config)
    config.data_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".porchlight-restore-", dir=config.data_dir.parent) as folder:
        stage = Path(folder)
        manifest = _unpack(source, stage)
        if manifest.database != config.database.kind:
            raise BackupError(
                f"{source} holds a {manifest.database} database and this site uses {config.database.kind};"
                " set PORCHLIGHT_DATABASE_URL to match. Nothing was changed"
            )
        _check_keys(stage, "Use another backup")
        _put_in_place(config, stage, stage / "replaced")
    done = f"Restored {len(manifest.members)} files, saved on {manifest.made} by Porchlight {manifest.porchlight}."
    return done + _key_warning(config)


# --- saving -----------------------------------------------------------------------------------------------------------


def _copy_data(config: Config, target: Path) -> None:
    target.mkdir(mode=0o700)
    skipped = _sqlite_files(config.database.path) | {keys.secret_key_path(config)}
    for path in _files(config.data_dir):
        if path not in skipped:
            copy = target / path.relative_to(config.data_dir)
            copy.parent.mkdir(parents=True, exist_ok=True)
            # The site may be running: a file that was there a moment ago may be gone.
            with suppress(FileNotFoundError):
                shutil.copy2(path, copy)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files under `folder`; links are not followed, so nothing from elsewhere gets into a backup."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _sqlite_files(path: Path | None) -> set[Path]:
    return (
        {path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")} if path else set()
    )


def _save_key(config: Config, target: Path) -> None:
    target.parent.mkdir(mode=0o700)
    target.write_text(keys.secret_key(config) + "\n", encoding="utf-8")


def _save_database(database: Database, stage: Path) -> None:
    (stage / "database").mkdir(mode=0o700)
    if database.path is None:
        _run(
            database,
            "pg_dump",
            "--format=plain",
            "--no-owner",
            "--no-privileges",
            f"--file={stage / _POSTGRESQL}",
        )
    elif database.path.exists():
        with (
            closing(sqlite3.connect(database.path)) as live,
            closing(sqlite3.connect(stage / _SQLITE)) as copy,
        ):
            live.backup(copy)


def _manifest_of(stage: Path, kind: str) -> Manifest:
    members = {path.relative_to(stage).as_posix(): _member(path) for path in _files(stage)}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(FORMAT, porchlight.__version__, made, kind, members)


def _member(path: Path) -> Member:
    with path.open("rb") as content:
        return Member(path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest())


def _pack(stage: Path, manifest: Manifest, packed: Path) -> None:
    (stage / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    with os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name in (_MANIFEST, *manifest.members):
                archive.add(stage / name, arcname=name, recursive=False, filter=_without_owner)
        out.flush()
        os.fsync(out.fileno())


def _without_owner(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


# --- putting back -----------------------------------------------------------------------------------------------------


def _refuse_unless_empty(config: Config) -> None:
    """A key alone is no content: Porchlight makes one as soon as it starts."""
    key = keys.secret_key_path(config)
    held = [path for path in _files(config.data_dir) if path != key] if config.data_dir.is_dir() else []
    database = config.database
    if database.path is not None and database.path.exists():
        held.append(database.path)
    if held:
        raise BackupError(
            f"this site already holds {held[0]}; nothing was changed. Use --force to replace it all"
        )
    if database.path is None and _query(database, _TABLES) != "0":
        raise BackupError(
            "the database already holds tables; nothing was changed. Use --force to replace it all"
        )


def _unpack(source: Path, stage: Path) -> Manifest:
    """Unpack only what the manifest names, under names that stay inside `stage`, and check each hash."""
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            manifest = _read_manifest(archive, source)
            for info in archive:
                _unpack_member(archive, info, manifest, stage)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BackupError(f"{source} cannot be read ({type(error).__name__}); nothing was changed") from None
    missing = [name for name in manifest.members if not (stage / name).is_file()]
    if missing:
        raise BackupError(f"{source} is not whole: {missing[0]} is missing; nothing was changed")
    return manifest


def _read_manifest(archive: tarfile.TarFile, source: Path) -> Manifest:
    info = archive.next()
    content = archive.extractfile(info) if info and info.name == _MANIFEST and info.isreg() else None
    if info is None or content is None or info.size > _MANIFEST_LIMIT:
        raise BackupError(f"{source} was not made by `porchlight backup`; nothing was changed")
    try:
        manifest = msgspec.json.decode(content.read(), type=Manifest)
    except msgspec.DecodeError:
        raise BackupError(
            f"{source} was made by another version of Porchlight; nothing was changed"
        ) from None
    if manifest.format != FORMAT:
        raise BackupError(f"{source} has format {manifest.format}, this is {FORMAT}; nothing was changed")
    return manifest


def _unpack_member(archive: tarfile.TarFile, info: tarfile.TarInfo, manifest: Manifest, stage: Path) -> None:
    if info.name == _MANIFEST:
        return
    expected = manifest.members.get(info.name)
    content = archive.extractfile(info) if info.isreg() else None
    if expected is None or content is None or not _stays_inside(info.name):
        raise BackupError(f"the file holds {info.name!r}, which no backup of ours would; nothing was changed")
    path = stage / info.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() or info.size != expected.bytes or _write(content, path) != expected.sha256:
        raise BackupError(f"{info.name} in the file is damaged; nothing was changed")


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        len(parts) > 1 and parts[0] in {"data", "keys", "database"} and ".." not in parts and "\\" not in name
    )


def _write(content: IO[bytes], path: Path) -> str:
    """Write with mode 0600 and return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while block := content.read(_BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _put_in_place(config: Config, stage: Path, replaced: Path) -> None:
    """Arrange the new data directory, load PostgreSQL in one transaction, then swap by renaming, or undo it all."""
    fresh = stage / "data"
    fresh.mkdir(mode=0o700, exist_ok=True)
    key = fresh / keys.secret_key_path(config).relative_to(config.data_dir)
    key.parent.mkdir(mode=0o700, exist_ok=True)
    (stage / _KEY).rename(key)
    swaps = [(fresh, config.data_dir)]
    database = config.database
    saved = stage / _SQLITE
    if database.path is not None and saved.exists():
        _check_sqlite(saved)
        if database.path.is_relative_to(config.data_dir):
            inside = fresh / database.path.relative_to(config.data_dir)
            inside.parent.mkdir(parents=True, exist_ok=True)
            saved.rename(inside)
        else:
            swaps += _swap_files(saved, database.path)
    replaced.mkdir(mode=0o700)
    with _swapped(swaps, replaced):
        if database.path is None:
            _load(database, stage / _POSTGRESQL)


def _check_sqlite(saved: Path) -> None:
    """PostgreSQL refuses a broken dump when it loads it; a SQLite file has to be asked."""
    try:
        with closing(sqlite3.connect(saved)) as database:
            sound = database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise BackupError("the database in the file is damaged; nothing was changed")


def _key_warning(config: Config) -> str:
    """A key given by the environment wins over the one restored; if they differ, what was signed is void."""
    restored = keys.secret_key_path(config)
    if keys.secret_key(config) == restored.read_text(encoding="utf-8").strip():
        return ""
    return f" PORCHLIGHT_SECRET_KEY or its file differs from the key saved, which is now in {restored}: use that one."


def _check_keys(stage: Path, remedy: str) -> None:
    """Whoever said STOP is found by these keys alone: a site without them would write to them again."""
    try:
        alerts.check_keys(stage / "data", _keyed_rows(stage))
    except alerts.KeyringError as error:
        raise BackupError(
            f"the database holds telephone numbers, and the keys beside it do not open them ({error});"
            f" nothing was changed. {remedy}"
        ) from None


def _keyed_rows(stage: Path) -> Iterator[alerts.Held]:
    if (stage / _SQLITE).exists():
        yield from _keyed_rows_of_sqlite(stage / _SQLITE)
    elif (stage / _POSTGRESQL).exists():
        with (stage / _POSTGRESQL).open(encoding="utf-8") as dump:
            yield from _keyed_rows_of_dump(dump)


def _keyed_rows_of_sqlite(saved: Path) -> Iterator[alerts.Held]:
    try:
        with closing(sqlite3.connect(saved)) as database:
            there = {
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            for table, columns in alerts.KEYED_COLUMNS.items():
                if table in there:
                    names = ", ".join(f'"{column}"' for column in columns)
                    once = "DISTINCT " if len(columns) == 1 else ""
                    for row in database.execute(f"SELECT {once}{names} FROM {table}"):  # noqa: S608 - ours
                        yield alerts.Held(table, **dict(zip(columns, row, strict=True)))
    except sqlite3.DatabaseError:
        return  # a broken file is told by _check_sqlite


_COPY = re.compile(r"COPY (?:\w+\.)?(\w+) \((.*)\) FROM stdin;")


def _keyed_rows_of_dump(dump: Iterable[str]) -> Iterator[alerts.Held]:
    """The rows as pg_dump writes them: a line `COPY table (columns) FROM stdin;`, a line each, then a line `\\.`."""
    table, places = "", list[tuple[str, int]]()
    for line in dump:
        if not table:
            begins = _COPY.match(line)
            if begins and begins[1] in alerts.KEYED_COLUMNS:
                table = begins[1]
                columns = [name.strip().strip('"') for name in begins[2].split(",")]
                places = [(name, columns.index(name)) for name in alerts.KEYED_COLUMNS[table]]
        elif line.startswith("\\."):
            table = ""
        else:
            fields = line.rstrip("\n").split("\t")
            yield alerts.Held(table, **{name: _value(fields[place]) for name, place in places})


def _value(said: str) -> Any:
    """A small integer, bytes, or nothing, as COPY writes them."""
    if said == "\\N":
        return None
    return bytes.fromhex(said[3:]) if said.startswith("\\\\x") else int(said)


def _swap_files(saved: Path, path: Path) -> list[tuple[Path, Path]]:
    """A database outside the data directory; its old write-ahead log must go with it, or it would be replayed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    absent = saved.with_name("absent")
    beside = sorted(_sqlite_files(path) - {path})
    return [(saved, path), *((absent, each) for each in beside if each.exists())]


@contextmanager
def _swapped(swaps: list[tuple[Path, Path]], replaced: Path) -> Iterator[None]:
    """Move each target away and its replacement in; if that or the block fails, move everything back."""
    undo: list[tuple[Path, Path]] = []
    try:
        for number, (fresh, target) in enumerate(swaps):
            old = replaced / str(number)
            if target.exists():
                _move(target, old)
                undo.append((old, target))
            if fresh.exists():
                _move(fresh, target)
                undo.append((target, fresh))
        yield
    except BaseException:
        for here, there in reversed(undo):
            _move(here, there)
        raise


def _move(here: Path, there: Path) -> None:
    try:
        here.rename(there)
    except OSError as error:
        raise BackupError(
            f"cannot move {here} ({error.strerror}); nothing was changed. The data directory must not itself be a"
            " mount point, and the database must be on the same disk: see docs/running.md"
        ) from None


# --- PostgreSQL -------------------------------------------------------------------------------------------------------

_TABLES = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'"
_EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def _load(database: Database, dump: Path) -> None:
    """Empty and fill the database in one transaction."""
    emptied = () if _query(database, _TABLES) == "0" else ("-c", _EMPTY)
    _run(
        database, "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1",
        "--output=" + os.devnull, *emptied, "-f", str(dump),
    )  # fmt: skip


def _query(database: Database, sql: str) -> str:
    return _run(database, "psql", "--no-psqlrc", "--tuples-only", "--no-align", "-c", sql).strip()


def _run(database: Database, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's own programs; the password goes by the environment, where no process list shows it."""
    named = {
        "PGDATABASE": database.name,
        "PGUSER": database.user,
        "PGPASSWORD": database.password,
        "PGHOST": database.host,
        "PGPORT": database.port,
        **{f"PG{key.upper()}": value for key, value in database.options},
    }
    environ = os.environ | {name: value for name, value in named.items() if value}
    try:
        done = subprocess.run([program, *arguments], env=environ, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError(f"{program} is not installed; install PostgreSQL's client programs") from None
    if done.returncode != 0:
        raise BackupError(f"{program} failed; nothing was changed: {done.stderr.strip()}")
    return done.stdout
