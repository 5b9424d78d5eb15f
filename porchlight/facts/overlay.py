"""A site's own corrections: small YAML files in its data directory, laid over the shipped facts.

They hold with no database, are read again within two seconds of a change, and swapped in whole: a reader sees the old
facts or the new, never a mixture. A broken file is refused whole; the shipped facts and the other files stand.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from porchlight.facts.check import Problem, contact_errors, id_prefix, shared_intake
from porchlight.facts.load import FactError, Facts, decode
from porchlight.facts.schema import (
    Addition,
    Contact,
    ContactChange,
    JurisdictionFile,
    NationalFile,
    OverlayFile,
)

F = TypeVar("F", JurisdictionFile, NationalFile)

LOOK_EVERY = 1.0  # seconds between looks at the folder: a change holds within two
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """Facts in force, the overlay files that hold, and the ones refused with the reason."""

    facts: Facts
    held: tuple[str, ...]
    refused: tuple[FactError, ...]


class FactStore:
    """The facts in force for a running site; `current()` is cheap and safe to call from any thread."""

    def __init__(self, shipped: Facts, folder: Path | None) -> None:
        self._shipped = shipped
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] | None = None
        self._looked = float("-inf")
        self._loaded = Loaded(shipped, (), ())

    def current(self) -> Facts:
        """The facts in force now, with every overlay that could be read."""
        return self.loaded().facts

    def loaded(self) -> Loaded:
        """The facts in force with what was refused, read again when the folder changed."""
        if self._folder is None or time.monotonic() - self._looked < LOOK_EVERY:
            return self._loaded
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_EVERY:
                seen = _fingerprint(self._folder)
                if seen != self._seen:
                    self._loaded = lay_over(self._shipped, self._folder)
                    self._seen = seen
                self._looked = time.monotonic()
        return self._loaded


def lay_over(shipped: Facts, folder: Path) -> Loaded:
    """Lay every `*.yaml` of `folder`, in order of name, over the shipped facts."""
    facts, held, refused = shipped, [], []
    for path in _files(folder):
        try:
            facts = apply(facts, _read(path), path.name)
            held.append(path.name)
        except FactError as error:
            refused.append(error)
    return Loaded(facts, tuple(held), tuple(refused))


def apply(facts: Facts, overlay: tuple[OverlayFile, str], name: str) -> Facts:
    """New facts with one overlay laid over `facts`. Raises FactError; `facts` itself is never changed."""
    changes, text = overlay
    _refuse_if_unsupported(changes, name, text)
    files: dict[str, JurisdictionFile] = {}
    national = facts.national
    for contact_id, change in changes.change.items():
        code = _owner(facts, contact_id)
        if code == "":
            raise FactError(name, _line(text, contact_id), f"there is no contact `{contact_id}` to change")
        if code is None:
            national = _with(national, _changed(national.contacts, contact_id, change, changes.on))
        else:
            file = files.get(code, facts.jurisdictions[code])
            files[code] = _with(file, _changed(file.contacts, contact_id, change, changes.on))
    for addition in changes.add:
        _refuse_if_misplaced(addition, facts, name, text)
        file = files.get(addition.jurisdiction, facts.jurisdictions[addition.jurisdiction])
        files[addition.jurisdiction] = _with(file, (*file.contacts, addition.contact))
    taken = {*national.sources, *(source_id for file in files.values() for source_id in file.sources)}
    for source_id in changes.sources:
        if source_id in taken:
            reason = f"there is a source `{source_id}` already; give yours another id"
            raise FactError(name, _line(text, source_id), reason)
    national = msgspec.structs.replace(national, sources={**national.sources, **changes.sources})
    laid = Facts(national, _Laid(facts.jurisdictions, files), version=f"{facts.version}+{name}")
    _refuse_if_wrong(laid, changes, name, text)
    return laid


def _refuse_if_unsupported(changes: OverlayFile, name: str, text: str) -> None:
    """A new number needs its own sources: those of the old one never printed it."""
    for contact_id, change in changes.change.items():
        if change.value is not None and change.sources is None:
            reason = f"`{contact_id}` gets a new value: name the `sources` that print it"
            raise FactError(name, _line(text, contact_id), reason)


def _refuse_if_misplaced(addition: Addition, facts: Facts, name: str, text: str) -> None:
    code, contact_id = addition.jurisdiction, addition.contact.id
    if code not in facts.jurisdictions:
        raise FactError(name, _line(text, code), f"{code} is not one of the 56 jurisdictions")
    if not contact_id.startswith(id_prefix(code)):
        reason = f"`{contact_id}`: ids of contacts of {code} start with `{id_prefix(code)}`"
        raise FactError(name, _line(text, contact_id), reason)


def _refuse_if_wrong(laid: Facts, changes: OverlayFile, name: str, text: str) -> None:
    """An overlay passes the checks that the shipped files pass."""
    touched = [*changes.change, *(addition.contact.id for addition in changes.add)]
    for contact_id in touched:
        code = _owner(laid, contact_id)
        for contact in _contacts(laid, code):
            if contact.id == contact_id:
                for problem in contact_errors(contact, laid, code):
                    raise _as_fact_error(problem, name, text)
        if sum(contact.id == contact_id for contact in _contacts(laid, code)) > 1:
            raise FactError(
                name,
                _line(text, contact_id),
                f"`{contact_id}` is the id of a contact already; choose another",
            )
    renewed = _with_a_new_number(changes)
    shared = list(shared_intake(laid)) if renewed else []  # only this check has to read all 56 files
    for contact_id in renewed:
        for problem in shared:
            if problem.reason.startswith(f"{laid.contact_by_id[contact_id].value} "):
                raise FactError(name, _line(text, contact_id), f"{problem.where}: {problem.reason}")


def _with_a_new_number(changes: OverlayFile) -> list[str]:
    """Ids of the contacts that an overlay adds, gives another number, or shows again."""
    changed = [i for i, change in changes.change.items() if change.value is not None or change.show]
    return [*changed, *(addition.contact.id for addition in changes.add)]


def _as_fact_error(problem: Problem, name: str, text: str) -> FactError:
    return FactError(name, _line(text, problem.where), f"{problem.where}: {problem.reason}")


class _Laid(Mapping[str, JurisdictionFile]):
    """Jurisdiction files with some of them replaced, so that only what is asked for is ever parsed."""

    def __init__(self, under: Mapping[str, JurisdictionFile], over: Mapping[str, JurisdictionFile]) -> None:
        self._under, self._over = under, dict(over)

    def __getitem__(self, code: str) -> JurisdictionFile:
        return self._over[code] if code in self._over else self._under[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._under)

    def __len__(self) -> int:
        return len(self._under)


def _owner(facts: Facts, contact_id: str) -> str | None:
    """The code of the file a contact stands in, None for the national one, "" for no file."""
    code = "-".join(contact_id.split("-")[:2]).upper()
    if code in facts.jurisdictions and any(c.id == contact_id for c in facts.jurisdictions[code].contacts):
        return code
    return None if any(c.id == contact_id for c in facts.national.contacts) else ""


def _contacts(facts: Facts, code: str | None) -> tuple[Contact, ...]:
    return facts.national.contacts if not code else facts.jurisdictions[code].contacts


def _changed(
    contacts: tuple[Contact, ...], contact_id: str, change: ContactChange, on: dt.date
) -> tuple[Contact, ...]:
    names = [name for name in change.__struct_fields__ if name != "show"]
    given = {name: value for name in names if (value := getattr(change, name)) is not None}
    if change.show:
        given["withhold"] = None
    if change.sources is not None:
        given["checked"] = on
    if change.value is not None:
        # What was said of the old number does not hold for the new one.
        given.setdefault("confirmed", None)
        given["conflicts"] = ()
    return tuple(msgspec.structs.replace(c, **given) if c.id == contact_id else c for c in contacts)


def _with(file: F, contacts: tuple[Contact, ...]) -> F:
    return msgspec.structs.replace(file, contacts=contacts)


def _read(path: Path) -> tuple[OverlayFile, str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FactError(path.name, 1, f"larger than {MAX_BYTES} bytes; an overlay is a small file")
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise FactError(path.name, 1, "not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise FactError(path.name, 1, f"cannot be read: {error.strerror}") from None
    return decode(text, path.name, OverlayFile), text


def _line(text: str, word: str) -> int:
    """The first line (1-based) on which `word` stands whole, else 1."""
    whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    return next((number for number, line in enumerate(text.splitlines(), 1) if whole.search(line)), 1)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))


def _fingerprint(folder: Path) -> tuple[object, ...]:
    seen = []
    for path in _files(folder):
        try:
            info = path.stat()
        except OSError:
            continue
        seen.append((path.name, info.st_mtime_ns, info.st_size, info.st_ino))
    return tuple(seen)
