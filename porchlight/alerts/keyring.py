"""The keys of text alerts: what is kept about a person is sealed under one kind, and found by another.

They are files of the data directory, `keys/alerts/seal-1.key`, `index-1.key`, ... (mode 0600), outside the database:
there are fewer than 10^10 telephone numbers, so that whoever held an index and its key could try them all. A key is
never thrown away: an index of a number that was erased can be found by its own key alone, and a STOP must be found.
A key is named, in rows, by a number made from the key itself; a file that was changed or swapped names itself wrongly.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEAL, INDEX = "seal", "index"
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2: 96 random bits
_FILE = re.compile(r"(seal|index)-([1-9][0-9]{0,4})\.key")


class KeyringError(Exception):
    """The keys are missing, damaged or not those of this database; says what to do. Holds nothing of anybody's."""


class WrongSealError(KeyringError):
    """These bytes were not sealed by this key for this context, or were changed since."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of 32 bytes. `sequence` says how new it is; `id` (1 to 32767) names it in rows."""

    sequence: int
    id: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of both kinds, oldest first; the last of each is the one in use."""

    seals: tuple[Key, ...]
    indexers: tuple[Key, ...]

    def seal(self, plain: bytes, context: str) -> tuple[int, bytes]:
        """Return the key's id and nonce + ciphertext + tag (28 bytes longer than `plain`), by AES-256-GCM.

        `context` says what kind of thing this is; it must be said again to open it.
        """
        key = self.seals[-1]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return key.id, nonce + _cipher(key.secret).encrypt(nonce, plain, context.encode())

    def opens(self, key_id: int) -> bool:
        """Is the key here that something was sealed with?"""
        return any(key.id == key_id for key in self.seals)

    def unseal(self, key_id: int, blob: bytes | memoryview, context: str) -> bytes:
        """Open what `seal` made. Raises KeyringError where the key is gone, WrongSealError where it does not fit."""
        secret = next((key.secret for key in self.seals if key.id == key_id), None)
        if secret is None:
            raise KeyringError(_not_here(SEAL, key_id))
        sealed = bytes(blob)
        try:
            return _cipher(secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise WrongSealError(
                "something that was kept sealed does not open with the key that it names: the key file or the row was"
                " changed. Put back keys/alerts of the data directory from a backup"
            ) from None

    def index(self, value: str, about: str = "number") -> tuple[int, bytes]:
        """Return the newest key's id and the HMAC-SHA-256 (32 bytes) by which `value` is found."""
        return self.indexes(value, about)[0]

    def indexes(self, value: str, about: str = "number") -> tuple[tuple[int, bytes], ...]:
        """The same under every key that there ever was, newest first: an index may have been made by any of them."""
        message = f"{about}:{value}".encode()
        return tuple((key.id, hmac.digest(key.secret, message, "sha256")) for key in reversed(self.indexers))


# --- the keyring of this site -----------------------------------------------------------------------------------------


def seal(plain: bytes, context: str) -> tuple[int, bytes]:
    """Seal under this site's newest key. See Keyring.seal."""
    return _kept().seal(plain, context)


def unseal(key_id: int, blob: bytes | memoryview, context: str) -> bytes:
    """Open what this site sealed. See Keyring.unseal."""
    held = _kept()
    # A key that another process has just made; one that is truly missing is said by unseal.
    return (held if held.opens(key_id) else current()).unseal(key_id, blob, context)


def index(value: str, about: str = "number") -> tuple[int, bytes]:
    """This site's newest index of `value`. See Keyring.index."""
    return current().index(value, about)


def indexes(value: str, about: str = "number") -> tuple[tuple[int, bytes], ...]:
    """Every index that this site may have of `value`, newest first. See Keyring.indexes."""
    return current().indexes(value, about)


def digests(value: str, about: str) -> tuple[bytes, ...]:
    """The same without the keys' ids, for columns that do not name their key (`zip_index__in=...`)."""
    return tuple(digest for _id, digest in indexes(value, about))


def current() -> Keyring:
    """The keyring as it is on disk at this moment: whoever looks for a STOP must know a key made a moment ago.

    Makes the first keys at first use. Raises KeyringError when the database holds rows and the keys are gone.
    """
    folder = _folder()
    held = _read(folder, _files(folder))
    if not held.seals or not held.indexers:
        _refuse_if_anything_is_kept()
        for kind, there in ((SEAL, held.seals), (INDEX, held.indexers)):
            if not there:
                _make(folder, kind, 1)
        held = _read(folder, _files(folder))
    _held[folder] = held
    return held


def add_keys() -> Keyring:
    """Make one more key of each kind, which is used from now on, and return the keyring. Two at once make one each."""
    held = current()
    folder = _folder()
    _make(folder, SEAL, held.seals[-1].sequence + 1)
    _make(folder, INDEX, held.indexers[-1].sequence + 1)
    return current()


@cache
def folder_in(data_dir: Path) -> Path:
    """Where a data directory keeps these keys."""
    return data_dir / "keys" / "alerts"


def load(folder: Path) -> Keyring:
    """The keys in `folder`, none where there are none. Raises KeyringError for a file that is no key."""
    return _read(folder, _files(folder))


def _folder() -> Path:
    from django.conf import settings

    return folder_in(settings.CONFIG.data_dir)


_held: dict[Path, Keyring] = {}


def _kept() -> Keyring:
    """The keyring as this process last read it: enough to seal, and to open with a key that it has."""
    return _held.get(_folder()) or current()


def _refuse_if_anything_is_kept() -> None:
    """New keys would find no STOP that the old ones made: with rows and no keys there is nothing to do but stop."""
    from django.apps import apps

    for name in ("Number", "Suppression"):
        if apps.get_model("alerts", name).objects.exists():
            raise KeyringError(
                "the database holds telephone numbers, but their keys are not in keys/alerts of the data directory."
                " Nothing was changed. Put that folder back from a backup; new keys would forget every STOP"
            )


# --- files ------------------------------------------------------------------------------------------------------------


_File = tuple[str, int, int]  # name, inode, nanoseconds of its last change


def _files(folder: Path) -> tuple[_File, ...]:
    """The key files there are. Not the folder's time: two changes within one tick of the clock look the same."""
    try:
        with os.scandir(folder) as entries:
            found = [(each.name, each.stat()) for each in entries if _FILE.fullmatch(each.name)]
        return tuple(sorted((name, about.st_ino, about.st_mtime_ns) for name, about in found))
    except FileNotFoundError:
        return ()
    except OSError as error:
        _cannot(folder, "read", error)


@lru_cache(maxsize=8)
def _read(folder: Path, files: tuple[_File, ...]) -> Keyring:
    """Read once for each set of files: index() asks a thousand times a second."""
    kinds: dict[str, list[Key]] = {SEAL: [], INDEX: []}
    for name, _inode, _changed in files:
        kind, sequence = name.removesuffix(".key").split("-")
        kinds[kind].append(_read_key(folder / name, int(sequence)))
    for keys in kinds.values():
        keys.sort(key=lambda key: key.sequence)
    return Keyring(tuple(kinds[SEAL]), tuple(kinds[INDEX]))


def _read_key(path: Path, sequence: int) -> Key:
    """A line of two words: the key's id, which must be the one that the key gives, and the key in hexadecimal."""
    try:
        said, secret = path.read_text(encoding="ascii").split()
        key = Key(sequence, int(said), bytes.fromhex(secret))
    except OSError as error:
        _cannot(path, "read", error)
    except ValueError:
        key = Key(sequence, 0, b"")
    if len(key.secret) != _KEY_BYTES or key.id != _id_of(key.secret):
        raise KeyringError(f"{path} is damaged. Nothing was changed. Put it back from a backup")
    return key


def _id_of(secret: bytes) -> int:
    """1 to 32767, what a small integer column holds."""
    return int.from_bytes(hashlib.sha256(b"porchlight key id " + secret).digest()[:4], "big") % 32767 + 1


def _make(folder: Path, kind: str, sequence: int) -> None:
    """Two processes that make the same key end with one: whoever links its file first wins."""
    path = folder / f"{kind}-{sequence}.key"
    fresh = folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = {key.id for keys in (load(folder).seals, load(folder).indexers) for key in keys}
        secret = _fresh_secret(taken.__contains__)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"{_id_of(secret)} {secret.hex()}\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        _sync_folder(folder)
    except OSError as error:
        _cannot(folder, "write to", error)


def _fresh_secret(is_taken: Callable[[int], bool]) -> bytes:
    while True:
        secret = secrets.token_bytes(_KEY_BYTES)
        if not is_taken(_id_of(secret)):
            return secret


def _sync_folder(folder: Path) -> None:
    """A row must never outlive, in a power cut, the key that it needs."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot(path: Path, do: str, error: OSError) -> NoReturn:
    raise KeyringError(
        f"cannot {do} {path} ({error.strerror}); this process needs its data directory, and the keys in it"
    ) from None


def _not_here(kind: str, key_id: int) -> str:
    return (
        f"the {kind} key {key_id} is not in keys/alerts of the data directory. Nothing was changed."
        " Put that folder back from a backup"
    )


@cache
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)
