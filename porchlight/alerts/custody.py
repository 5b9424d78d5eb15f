"""Do these keys open this database? Asked before a backup is put back: with other keys a site forgets every STOP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from porchlight.alerts import keyring
from porchlight.alerts.keyring import KeyringError

NUMBERS = "alerts_number"
NUMBERS_SEALED_AS = "number"
# The columns that name a key, by table; of numbers also what the keys must open and find.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    NUMBERS: ("seal_key", "index_key", "sealed", "index"),
    "alerts_suppression": ("index_key",),
    "alerts_consent": ("index_key",),
    "alerts_subscriber": ("seal_key",),
    "alerts_enrollment": ("seal_key",),
    "alerts_signupcode": ("seal_key",),
    "alerts_inbound": ("seal_key",),
    "alerts_delivery": ("seal_key",),
}


@dataclass(frozen=True, slots=True)
class Held:
    """What one row names: the ids of its keys, None where it names none; of a number what is sealed, and its index."""

    table: str
    seal_key: int | None = None
    index_key: int | None = None
    sealed: bytes = b""
    index: bytes = b""


def check(folder: Path, rows: Iterable[Held]) -> None:
    """Raise KeyringError unless the keys in `folder` are all those that `rows` name, and open and find the numbers."""
    keys = keyring.load(folder)
    seals, indexers = {key.id for key in keys.seals}, {key.id for key in keys.indexers}
    tried: set[tuple[int | None, int | None]] = set()
    for row in rows:
        if row.seal_key is not None and row.seal_key not in seals:
            raise KeyringError("a key that seals what is held on people is missing")
        if row.index_key is not None and row.index_key not in indexers:
            raise KeyringError("a key by which numbers that said STOP are found is missing")
        if row.table == NUMBERS and (row.seal_key, row.index_key) not in tried:
            tried.add((row.seal_key, row.index_key))
            _open(keys, row)


def _open(keys: keyring.Keyring, row: Held) -> None:
    """The id of a key is made from it, so that this fails only where a row itself was changed."""
    number = keys.unseal(row.seal_key or 0, row.sealed, NUMBERS_SEALED_AS).decode()
    if (row.index_key, row.index) not in keys.indexes(number):
        raise KeyringError("the keys do not find the numbers that are held")
