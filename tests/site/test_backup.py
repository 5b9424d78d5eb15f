"""What is saved comes back whole, on both databases; what is damaged or not ours changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from porchlight.site import backup, keys
from porchlight.site.config import Config, Database, read

pytestmark = pytest.mark.database

NewSite = Callable[[str], Config]


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[NewSite]:
    """Makes sites with an empty database of the kind this run is for, by name."""
    made: list[Config] = []

    def make(name: str) -> Config:
        url = os.environ.get("PORCHLIGHT_DATABASE_URL", "")
        config = read({"PORCHLIGHT_DATA_DIR": str(tmp_path / name), "PORCHLIGHT_DATABASE_URL": url})
        if config.database.kind == "postgresql":
            config = replace(config, database_given=replace(config.database, name=f"porchlight_{name}"))
            _administer(f"CREATE DATABASE porchlight_{name}")
        made.append(config)
        return config

    yield make
    for config in made:
        if config.database.kind == "postgresql":
            _administer(f"DROP DATABASE {config.database.name} WITH (FORCE)")


def _administer(statement: str) -> None:
    with _postgres(
        read({"PORCHLIGHT_DATABASE_URL": os.environ["PORCHLIGHT_DATABASE_URL"]}).database
    ) as connection:
        connection.execute(sql.SQL(statement))


def _postgres(database: Database) -> psycopg.Connection:
    return psycopg.connect(
        dbname=database.name,
        user=database.user,
        password=database.password or None,
        host=database.host or None,
        port=database.port or None,
        autocommit=True,
    )


def _execute(config: Config, statement: str) -> list[tuple[object, ...]]:
    """Run one statement on the site's database and return its rows."""
    database = config.database
    if database.path is None:
        with _postgres(database) as connection:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []
    with closing(sqlite3.connect(database.path)) as file, file:
        return list(file.execute(statement).fetchall())


def _fill(config: Config, word: str) -> str:
    """Put a row, an overlay file and a key in a site; return the key."""
    key = keys.secret_key(config)
    (config.data_dir / "facts").mkdir()
    (config.data_dir / "facts" / "fix.yaml").write_text(f"# {word}\n")
    _execute(config, "CREATE TABLE words (word text)")
    _execute(config, f"INSERT INTO words VALUES ('{word}')")
    return key


def _holds(config: Config, word: str, key: str) -> bool:
    return (
        _execute(config, "SELECT word FROM words") == [(word,)]
        and (config.data_dir / "facts" / "fix.yaml").read_text() == f"# {word}\n"
        and keys.secret_key(config) == key
    )


def test_all_that_is_saved_comes_back_on_an_empty_site(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    key = _fill(old, "añasco")
    said = backup.backup(old, tmp_path / "saved.tar.gz")
    assert "Saved 3 files" in said
    backup.restore(new, tmp_path / "saved.tar.gz")
    assert _holds(new, "añasco", key)
    assert _holds(old, "añasco", key)
    assert stat.S_IMODE(keys.secret_key_path(new).stat().st_mode) == 0o600


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(
    new_site: NewSite, tmp_path: Path
) -> None:
    old = new_site("old")
    _fill(old, "one")
    (tmp_path / "out").mkdir()
    backup.backup(old, tmp_path / "out" / "saved.tar.gz")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["saved.tar.gz"]
    assert stat.S_IMODE((tmp_path / "out" / "saved.tar.gz").stat().st_mode) == 0o600


def test_a_backup_never_overwrites(new_site: NewSite, tmp_path: Path) -> None:
    old = new_site("old")
    _fill(old, "one")
    (tmp_path / "saved.tar.gz").write_text("precious")
    with pytest.raises(backup.BackupError, match="exists already"):
        backup.backup(old, tmp_path / "saved.tar.gz")
    assert (tmp_path / "saved.tar.gz").read_text() == "precious"


def test_a_site_that_holds_something_is_not_replaced_unless_told(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    key = _fill(old, "old")
    other = _fill(new, "new")
    backup.backup(old, tmp_path / "saved.tar.gz")
    with pytest.raises(backup.BackupError, match="--force"):
        backup.restore(new, tmp_path / "saved.tar.gz")
    assert _holds(new, "new", other)
    _execute(new, "CREATE TABLE later (word text)")
    backup.restore(new, tmp_path / "saved.tar.gz", force=True)
    assert _holds(new, "old", key)
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        _execute(new, "SELECT * FROM later")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old", "saved.tar.gz"]


def test_a_database_with_tables_and_an_empty_directory_is_not_replaced(
    new_site: NewSite, tmp_path: Path
) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    new.data_dir.mkdir()
    _execute(new, "CREATE TABLE words (word text)")
    backup.backup(old, tmp_path / "saved.tar.gz")
    with pytest.raises(backup.BackupError, match="--force"):
        backup.restore(new, tmp_path / "saved.tar.gz")


def test_a_new_site_that_only_made_its_key_may_be_restored(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    key = _fill(old, "one")
    backup.backup(old, tmp_path / "saved.tar.gz")
    keys.secret_key(new)
    backup.restore(new, tmp_path / "saved.tar.gz")
    assert _holds(new, "one", key)


def test_a_failure_at_the_last_step_leaves_the_old_site_as_it_was(
    new_site: NewSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    key = _fill(new, "new")
    backup.backup(old, tmp_path / "saved.tar.gz")
    rename = Path.rename

    def fails_into_place(self: Path, target: Path) -> Path:
        if Path(target) == new.data_dir and self.name == "data":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_into_place)
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(new, tmp_path / "saved.tar.gz", force=True)
    assert _holds(new, "new", key)


def test_a_database_that_does_not_load_leaves_the_old_site_as_it_was(
    new_site: NewSite, tmp_path: Path
) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    key = _fill(new, "new")
    backup.backup(old, tmp_path / "saved.tar.gz")
    member = "database/porchlight.sqlite3" if old.database.path else "database/porchlight.sql"
    _rewrite(tmp_path / "saved.tar.gz", {member: b"CREATE TABLE a (b int); SELECT broken;"})
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(new, tmp_path / "saved.tar.gz", force=True)
    assert _holds(new, "new", key)


def _rewrite(
    path: Path, changed: dict[str, bytes], *, honest: bool = True, more: dict[str, bytes] | None = None
) -> None:
    """Change members of a backup; with `honest` the manifest is made to fit, as its maker would."""
    with tarfile.open(path) as archive:
        content = {info.name: archive.extractfile(info).read() for info in archive if info.isreg()}  # type: ignore[union-attr]
    manifest = json.loads(content["manifest.json"])
    content |= changed
    if honest:
        for name, data in changed.items():
            manifest["members"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        content["manifest.json"] = json.dumps(manifest).encode()
    content |= more or {}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "data/../../outside",
        "/outside",
        "data/..\\outside",
        "manifest.json/x",
        "other/file",
        "data",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(new_site: NewSite, tmp_path: Path, name: str) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    backup.backup(old, tmp_path / "saved.tar.gz")
    _rewrite(tmp_path / "saved.tar.gz", {name: b"x"})
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(new, tmp_path / "saved.tar.gz")
    assert not new.data_dir.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "saved.tar.gz"]


def test_a_link_in_the_file_is_refused(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    saved = tmp_path / "saved.tar.gz"
    backup.backup(old, saved)
    with tarfile.open(saved) as archive:
        content = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]
    with tarfile.open(saved, "w:gz") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            if name == "data/facts/fix.yaml":
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(new, saved)
    assert not new.data_dir.exists()


def test_changed_content_extra_and_missing_files_are_refused(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    saved = tmp_path / "saved.tar.gz"
    backup.backup(old, saved)
    whole = saved.read_bytes()

    _rewrite(saved, {"data/facts/fix.yaml": b"# oxd\n"}, honest=False)
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.restore(new, saved)

    saved.write_bytes(whole)
    _rewrite(saved, {}, more={"data/facts/more.yaml": b"x"})
    with pytest.raises(backup.BackupError, match=r"no backup of ours would"):
        backup.restore(new, saved)

    saved.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(new, saved)

    saved.write_bytes(b"not a backup")
    with pytest.raises(backup.BackupError, match="cannot be read"):
        backup.restore(new, saved)
    assert not new.data_dir.exists()


def test_a_backup_of_the_other_kind_of_database_is_refused(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), new_site("new")
    _fill(old, "old")
    saved = tmp_path / "saved.tar.gz"
    backup.backup(old, saved)
    with tarfile.open(saved) as archive:
        manifest = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
    manifest["database"] = "sqlite" if manifest["database"] == "postgresql" else "postgresql"
    _rewrite(saved, {}, more={"manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(backup.BackupError, match="set PORCHLIGHT_DATABASE_URL to match"):
        backup.restore(new, saved)
    assert not new.data_dir.exists()


def test_a_key_that_differs_from_the_one_saved_is_told(new_site: NewSite, tmp_path: Path) -> None:
    old, new = new_site("old"), replace(new_site("new"), secret_key="k" * 40)
    key = _fill(old, "old")
    backup.backup(old, tmp_path / "saved.tar.gz")
    assert "differs from the key saved" in backup.restore(new, tmp_path / "saved.tar.gz")
    assert keys.secret_key_path(new).read_text().strip() == key


def test_a_sqlite_file_outside_the_data_directory_is_saved_and_swapped_too(tmp_path: Path) -> None:
    def site(name: str) -> Config:
        url = f"sqlite:///{quote(str(tmp_path / name))}.db"
        return read({"PORCHLIGHT_DATA_DIR": str(tmp_path / name), "PORCHLIGHT_DATABASE_URL": url})

    old, new = site("old"), site("new")
    key = _fill(old, "old")
    _fill(new, "new")
    (tmp_path / "new.db-wal").write_bytes(b"what the replaced database had not written yet")
    backup.backup(old, tmp_path / "saved.tar.gz")
    backup.restore(new, tmp_path / "saved.tar.gz", force=True)
    assert _holds(new, "old", key)


def test_a_running_writer_does_not_tear_the_copy(tmp_path: Path) -> None:
    """Two rows are always written together: a copy must never hold one of them."""
    config = read({"PORCHLIGHT_DATA_DIR": str(tmp_path / "site")})
    keys.secret_key(config)
    path = config.database.path
    assert path is not None
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE pairs (n int)")
        writer.executemany("INSERT INTO pairs VALUES (?)", [(1,), (1,)])
        writer.commit()
        writer.execute("INSERT INTO pairs VALUES (2)")  # the first of two, not committed yet
        backup.backup(config, tmp_path / "saved.tar.gz")
        writer.rollback()
    new = read({"PORCHLIGHT_DATA_DIR": str(tmp_path / "new")})
    backup.restore(new, tmp_path / "saved.tar.gz")
    assert _execute(new, "SELECT n FROM pairs") == [(1,), (1,)]
