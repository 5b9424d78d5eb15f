"""What the tests of the facts stand on: the places file, and a data directory of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import porchlight.places as places
from porchlight.facts.in_force import in_force
from porchlight.places.build import build


@pytest.fixture(scope="session", autouse=True)
def places_file() -> None:
    """Names of counties are checked against the packaged places; a checkout where nothing was built yet gets them."""
    path = Path(places.__file__).parent / "places.bin"
    if not path.is_file():
        build(path)


@pytest.fixture
def overlay_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for corrections of a site of the test's own, whose facts no other test has read."""
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path))
    folder = tmp_path / "facts"
    folder.mkdir()
    in_force.cache_clear()
    yield folder
    in_force.cache_clear()
