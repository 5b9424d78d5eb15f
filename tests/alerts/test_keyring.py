"""The keys: made once, kept for ever, and refused when they are not the right ones."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts import keyring, numbers
from porchlight.alerts.keyring import KeyringError, WrongSealError
from porchlight.alerts.models import Suppression
from tests.alerts.conversation import NOON

pytestmark = pytest.mark.django_db

NUMBER = "+15025550134"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The folder of the keys of a site that has none yet."""
    settings.CONFIG = replace(settings.CONFIG, data_dir=tmp_path)
    return tmp_path / "keys" / "alerts"


def test_the_first_keys_are_made_at_first_use_for_this_user_alone(folder: Path) -> None:
    assert not folder.exists()
    keyring.index(NUMBER)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert files == {"seal-1.key": 0o600, "index-1.key": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_at_once_end_with_one_key(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from porchlight.alerts import keyring;"
        "keyring._make(Path(sys.argv[1]), 'index', 1);"
        "print(keyring.load(Path(sys.argv[1])).indexers[-1].secret.hex())"
    )

    def begin(_turn: int) -> str:
        command = [sys.executable, "-c", code, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1
    assert [path.name for path in folder.iterdir()] == ["index-1.key"]


@given(plain=st.binary(max_size=300), context=st.text(max_size=20))
def test_what_is_sealed_opens_again_and_is_28_bytes_longer(plain: bytes, context: str) -> None:
    key_id, blob = keyring.seal(plain, context)
    assert len(blob) == len(plain) + 28
    assert keyring.unseal(key_id, blob, context) == plain


def test_the_same_words_are_never_sealed_the_same(folder: Path) -> None:
    assert len({keyring.seal(b"40202", "x")[1] for _ in range(100)}) == 100


@given(place=st.integers(0, 32), bit=st.integers(0, 7))
def test_one_changed_bit_does_not_open(place: int, bit: int) -> None:
    key_id, blob = keyring.seal(b"40202", "subscriber")
    changed = bytearray(blob)
    changed[place] ^= 1 << bit
    with pytest.raises(WrongSealError):
        keyring.unseal(key_id, bytes(changed), "subscriber")


def test_what_was_sealed_as_one_thing_does_not_open_as_another(folder: Path) -> None:
    key_id, blob = keyring.seal(b"40202", "subscriber")
    with pytest.raises(WrongSealError):
        keyring.unseal(key_id, blob, "number")
    with pytest.raises(WrongSealError):
        keyring.unseal(key_id, b"", "subscriber")


def test_an_index_says_what_it_is_of(folder: Path) -> None:
    assert keyring.index("40202", "zip") != keyring.index("40202", "code")
    assert len(keyring.index(NUMBER)[1]) == 32
    assert keyring.index(NUMBER) == keyring.indexes(NUMBER)[0]


def test_new_keys_are_used_from_now_on_and_the_old_ones_are_tried_too(folder: Path) -> None:
    old, (sealed_by, blob) = keyring.index(NUMBER), keyring.seal(b"x", "c")
    keyring.add_keys()
    assert keyring.index(NUMBER) != old
    assert keyring.indexes(NUMBER)[1:] == (old,)
    assert keyring.seal(b"x", "c")[0] != sealed_by
    assert keyring.unseal(sealed_by, blob, "c") == b"x"
    assert (
        len({key.id for kind in (keyring.current().seals, keyring.current().indexers) for key in kind}) == 4
    )


def test_a_key_that_another_process_makes_is_known_at_the_next_look(folder: Path) -> None:
    keyring.index(NUMBER)
    code = (
        "import sys; from pathlib import Path; from porchlight.alerts import keyring;"
        "keyring._make(Path(sys.argv[1]), 'index', 2); keyring._make(Path(sys.argv[1]), 'seal', 2)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    assert len(keyring.indexes(NUMBER)) == 2


def test_what_another_process_sealed_under_a_newer_key_opens(folder: Path) -> None:
    keyring.seal(b"", "c")
    keyring._make(folder, "seal", 2)
    key_id, blob = keyring.load(folder).seal(b"x", "c")
    assert keyring.unseal(key_id, blob, "c") == b"x"


def test_with_rows_and_no_keys_no_new_ones_are_made(folder: Path) -> None:
    numbers.get(NUMBER, NOON)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(KeyringError, match="backup"):
        keyring.index(NUMBER)
    assert list(folder.iterdir()) == []


def test_with_a_stop_alone_and_no_keys_no_new_ones_are_made(folder: Path) -> None:
    number = numbers.get(NUMBER, NOON)
    numbers.suppress(number, Suppression.Source.TEXT, NOON)
    number.delete()
    (folder / "index-1.key").unlink()
    with pytest.raises(KeyringError, match="STOP"):
        keyring.index(NUMBER)


def test_a_key_that_is_missing_is_named_and_nothing_is_told(folder: Path) -> None:
    key_id, blob = keyring.seal(b"secret", "c")
    (folder / "seal-1.key").unlink()
    keyring._make(folder, "seal", 2)
    keyring._held.clear()
    with pytest.raises(KeyringError, match=f"seal key {key_id}") as error:
        keyring.unseal(key_id, blob, "c")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("content", ["", "1 00", "x", "1 " + "zz" * 32, "é", "1 " + "00" * 32, "1 2 3"])
def test_a_damaged_key_file_is_refused(folder: Path, content: str) -> None:
    keyring.current()
    (folder / "index-1.key").write_text(content, encoding="utf-8")
    with pytest.raises(KeyringError, match="damaged"):
        keyring.index(NUMBER)


def test_two_key_files_that_were_swapped_name_themselves_wrongly(folder: Path) -> None:
    """A key's id is made from the key: rows that name one never open, or are found, by the other."""
    keyring.current()
    key_id, blob = keyring.seal(b"x", "c")
    (folder / "seal-1.key").write_text((folder / "index-1.key").read_text())
    keyring._held.clear()
    with pytest.raises(KeyringError):
        keyring.unseal(key_id, blob, "c")


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "keys").write_text("a file, where a folder should be")
    settings.CONFIG = replace(settings.CONFIG, data_dir=tmp_path)
    with pytest.raises(KeyringError, match="cannot"):
        keyring.index(NUMBER)


def test_other_files_in_the_folder_are_let_be(folder: Path) -> None:
    keyring.current()
    (folder / "notes.txt").write_text("mine")
    (folder / ".seal-2.key.1").write_text("left by a crash")
    (folder / "old").mkdir()
    assert len(keyring.current().seals) == 1
