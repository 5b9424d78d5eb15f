"""A backup holds the keys of the numbers in it, or is not made; and none is put back whose keys do not open it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import pytest

from porchlight.alerts import custody, keyring
from porchlight.alerts.custody import Held
from porchlight.alerts.keyring import KeyringError
from porchlight.site import backup
from porchlight.site.config import Config
from tests.site.test_backup import NewSite, new_site

__all__ = ["new_site"]  # the fixture

pytestmark = pytest.mark.database

PHONE = "+15025550134"


def _run(config: Config, code: str) -> str:
    """Run code as that site does, on either database."""
    given = urlsplit(os.environ.get("PORCHLIGHT_DATABASE_URL", ""))
    url = "" if config.database.path else urlunsplit(given._replace(path=f"/{config.database.name}"))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    environ |= {
        "PORCHLIGHT_DATA_DIR": str(config.data_dir),
        "DJANGO_SETTINGS_MODULE": "porchlight.site.settings",
    }
    environ |= {"PORCHLIGHT_DATABASE_URL": url} if url else {}
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_FILL = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
import datetime as dt
from porchlight.alerts import numbers, rotation
from porchlight.alerts.models import Suppression
now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
from django.db import transaction
with transaction.atomic():
    numbers.suppress(numbers.get("{PHONE}", now), Suppression.Source.TEXT, now)
rotation.rotate()
numbers.get("+15025550135", now)
"""


@pytest.fixture
def old(new_site: NewSite) -> Config:
    """A site with two numbers, one of them stopped, and keys that were renewed once."""
    config = new_site("old")
    _run(config, _FILL)
    return config


def test_who_said_stop_is_still_stopped_after_a_backup_is_put_back(
    old: Config, new_site: NewSite, tmp_path: Path
) -> None:
    new = new_site("new")
    backup.backup(old, tmp_path / "saved.tar.gz")
    backup.restore(new, tmp_path / "saved.tar.gz")
    said = _run(new, f"from porchlight.alerts import numbers; print(numbers.is_stopped('{PHONE}'))")
    assert said == "True"
    assert len(list(keyring.folder_in(new.data_dir).glob("*.key"))) == 4


@pytest.mark.parametrize("name", ["seal-2.key", "index-1.key", "index-2.key"])
def test_without_a_key_that_its_rows_name_no_backup_is_made(old: Config, tmp_path: Path, name: str) -> None:
    needed = name != "index-1.key"  # every number is known, and is under the newest key
    (keyring.folder_in(old.data_dir) / name).unlink()
    if not needed:
        backup.backup(old, tmp_path / "saved.tar.gz")
        return
    with pytest.raises(backup.BackupError, match="do not open"):
        backup.backup(old, tmp_path / "saved.tar.gz")
    assert not (tmp_path / "saved.tar.gz").exists()


def _without(saved: Path, lost: str, other: bytes | None = None) -> Path:
    """The same backup, made by someone who left out a key or put another in its place."""
    folder = saved.with_name("changed")
    with tarfile.open(saved) as archive:
        # What we wrote ourselves a moment ago; Python 3.11 knows filters only from its fourth repair on.
        for member in archive.getmembers():
            if held := archive.extractfile(member):
                (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
                (folder / member.name).write_bytes(held.read())
    for path in folder.rglob(lost):
        path.unlink() if other is None else path.write_bytes(other)
    kept = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=backup.Manifest)
    (folder / "manifest.json").unlink()
    again = backup._manifest_of(folder, kept.database)
    backup._pack(folder, again, saved.with_name("changed.tar.gz"))
    return saved.with_name("changed.tar.gz")


@pytest.mark.parametrize("lost", ["*.key", "seal-*.key", "index-*.key", "index-2.key"])
def test_a_backup_without_its_keys_is_not_put_back_and_changes_nothing(
    old: Config, new_site: NewSite, tmp_path: Path, lost: str
) -> None:
    new = new_site("new")
    backup.backup(old, tmp_path / "saved.tar.gz")
    changed = _without(tmp_path / "saved.tar.gz", lost)
    with pytest.raises(backup.BackupError, match=r"nothing was changed\. Use another backup"):
        backup.restore(new, changed)
    assert not new.data_dir.exists()
    backup.restore(new, tmp_path / "saved.tar.gz")  # the database is empty still, or this would be refused


def test_a_backup_with_the_keys_of_another_site_is_not_put_back(
    old: Config, new_site: NewSite, tmp_path: Path
) -> None:
    backup.backup(old, tmp_path / "saved.tar.gz")
    keyring._make(tmp_path / "others", "index", 2)
    changed = _without(
        tmp_path / "saved.tar.gz", "index-2.key", (tmp_path / "others" / "index-2.key").read_bytes()
    )
    with pytest.raises(backup.BackupError, match="do not open"):
        backup.restore(new_site("new"), changed)


# --- the check itself -------------------------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, keyring.Keyring]:
    for kind in (keyring.SEAL, keyring.INDEX):
        keyring._make(tmp_path, kind, 1)
    return tmp_path, keyring.load(tmp_path)


def _number(held: keyring.Keyring, number: str = PHONE) -> Held:
    seal_key, sealed = held.seal(number.encode(), "number")
    index_key, index = held.index(number)
    return Held(custody.NUMBERS, seal_key, index_key, sealed, index)


def test_keys_that_open_and_find_every_number_are_good(keys: tuple[Path, keyring.Keyring]) -> None:
    folder, held = keys
    custody.check(folder, [_number(held), _number(held, "+15025550135"), Held("alerts_delivery", None)])


def test_an_index_that_the_keys_do_not_make_is_found_out(keys: tuple[Path, keyring.Keyring]) -> None:
    folder, held = keys
    row = _number(held)
    wrong = Held(row.table, row.seal_key, row.index_key, row.sealed, bytes(32))
    with pytest.raises(KeyringError, match="do not find"):
        custody.check(folder, [wrong])


def test_a_database_without_anybody_needs_no_keys(tmp_path: Path) -> None:
    custody.check(tmp_path / "none", [])


def test_the_columns_that_are_asked_are_those_of_the_tables() -> None:
    from django.apps import apps

    tables = {model._meta.db_table: model for model in apps.get_app_config("alerts").get_models()}
    naming = {
        table: {
            field.column for field in model._meta.concrete_fields if field.column in {"seal_key", "index_key"}
        }
        for table, model in tables.items()
    }
    asked = {table: set(columns) & {"seal_key", "index_key"} for table, columns in custody.COLUMNS.items()}
    assert asked == {table: columns for table, columns in naming.items() if columns}
