"""What every test stands on: a data directory of its own, and settings that come from nowhere else."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Set before Django is: settings are read once, and the machine's own PORCHLIGHT_ settings must not reach a test.
_KEPT = {"PORCHLIGHT_DATABASE_URL", "PORCHLIGHT_TEST_BROWSER"}
for _name in [name for name in os.environ if name.startswith("PORCHLIGHT_") and name not in _KEPT]:
    del os.environ[_name]
_DATA_DIR = tempfile.mkdtemp(prefix="porchlight-test-")
os.environ["PORCHLIGHT_DATA_DIR"] = _DATA_DIR
os.environ["DJANGO_SETTINGS_MODULE"] = "porchlight.site.settings"


def pytest_configure() -> None:
    """Start Django here: the plugin would have read the settings before the lines above could choose them."""
    django.setup()


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_DATA_DIR, ignore_errors=True)


# Where ./test looks for the tests of a group.
_FOLDERS = {
    "database": {"alerts", "report", "site", "e2e"},
    "e2e": {"e2e"},
    "proxy": {"site"},
    "stranger": {"alerts", "e2e"},
}


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the database is run on both: nobody has to remember the mark. No test lies where none looks."""
    for item in items:
        if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker("database")
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        for mark, folders in _FOLDERS.items():
            if item.get_closest_marker(mark) and folder not in folders:
                raise pytest.UsageError(
                    f"{item.nodeid}: ./test looks for tests marked {mark} in tests/ {', '.join(sorted(folders))} only."
                )


@pytest.fixture
def root() -> Path:
    """The repository's first folder."""
    return ROOT
