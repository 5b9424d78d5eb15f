"""Reading fact files: YAML in which every scalar is a string, typed by the schema, with the line of every mistake.

`shipped()` gives the files of the package, each read when first asked for. `Facts.with_overlays()` lays a site's own
corrections over them; a broken overlay is refused whole and the shipped facts stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar, cast

import msgspec
import yaml

from porchlight.facts.mistake import explain
from porchlight.facts.schema import (
    BadReason,
    Contact,
    JurisdictionFile,
    Kind,
    KnownBad,
    NationalFile,
    Source,
)

T = TypeVar("T")
Tree = Any  # nested dict, list and str


class FactError(Exception):
    """A fact file that cannot be used: which file, which line (1-based), and what to do about it."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


def decode(text: str, path: str, kind: type[T]) -> T:
    """Parse YAML `text` and give it the shape `kind`.

    Raises FactError with the line when the YAML is broken, a key stands twice or is unknown, or a value is missing or
    does not fit.
    """
    node = _compose(text, path)
    _refuse_gaps(node, path)
    try:
        return cast("T", _convert(node, kind))
    except msgspec.ValidationError as error:
        raise FactError(path, *explain(str(error), node, kind, _convert)) from None


MAX_DEPTH = 20  # no fact needs more; a deeper file could exhaust the stack of the parser

# libyaml where PyYAML was built with it: the same events, several times faster.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _compose(text: str, path: str) -> yaml.MappingNode:
    try:
        _refuse_tricks(text, path)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        # What is never closed is found out at the end: the place where it was opened is the one to mend.
        ended = "end of stream" in str(error.problem)
        mark = (error.context_mark if ended else None) or error.problem_mark or error.context_mark
        raise FactError(
            path, mark.line + 1 if mark else 1, f"not readable as YAML: {error.problem}"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if error.position is not None else 1
        raise FactError(path, line, "holds a character that is not text; delete it") from None
    if not isinstance(node, yaml.MappingNode):
        raise FactError(path, 1, "the file must hold keys and values, and holds none")
    return node


def _refuse_tricks(text: str, path: str) -> None:
    """No aliases, which can make a small file endless, and no nesting that no fact needs."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise FactError(path, line, f"`*{event.anchor}` repeats another place; write the value itself")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise FactError(path, line, f"nested more than {MAX_DEPTH} deep; a bracket may not be closed")


def _refuse_gaps(node: yaml.Node, path: str) -> None:
    """Every key stands once in its place and has a value; every item of a list has one."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if _is_empty(item):
                raise FactError(
                    path, item.start_mark.line + 1, "this item has no value; write one or delete it"
                )
            _refuse_gaps(item, path)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise FactError(path, line, "a key must be a plain word")
        if key.value in seen:
            raise FactError(path, line, f"the key `{key.value}` stands twice; keep one")
        seen.add(key.value)
        if _is_empty(value):
            raise FactError(path, line, f"`{key.value}` has no value; write one or leave the key out")
        _refuse_gaps(value, path)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value.strip() in ("", "~", "null", "Null", "NULL")


def _convert(node: yaml.Node, kind: Any) -> object:
    return msgspec.convert(_tree(node), kind, strict=False)


def _tree(node: yaml.Node) -> Tree:
    if isinstance(node, yaml.SequenceNode):
        return [_tree(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key.value: _tree(value) for key, value in node.value}
    return node.value


_NUMBERS = {Kind.phone, Kind.sms, Kind.tty, Kind.fax}


class Facts:
    """All that is known: 56 jurisdiction files by code, and the national file. Never changed after it is made."""

    def __init__(
        self, national: NationalFile, jurisdictions: Mapping[str, JurisdictionFile], version: str
    ) -> None:
        self.national = national
        self.jurisdictions = jurisdictions
        self.version = version

    def source(self, code: str | None, source_id: str) -> Source:
        """The source an id names in the file of `code`, else in the national file. Raises KeyError."""
        if code is not None:
            own = self.jurisdictions[code].sources.get(source_id)
            if own is not None:
                return own
        return self.national.sources[source_id]

    def contacts(self, code: str | None) -> tuple[Contact, ...]:
        """The jurisdiction's contacts (none for None), then the national ones, in file order, withheld ones too."""
        own = () if code is None else self.jurisdictions[code].contacts
        return own + self.national.contacts

    def known_bad(self, code: str | None) -> tuple[KnownBad, ...]:
        """Numbers that may not be used for the jurisdiction (None: anywhere): the national ones and its own."""
        own = () if code is None else self.jurisdictions[code].known_bad
        return own + self.national.known_bad

    def is_known_bad(self, code: str | None, contact: Contact) -> bool:
        """Is the value of `contact`, of the file of `code`, in print as a wrong one?

        Whoever has a number has it for calls, texts, TTY and fax alike: a number that is bad for one is bad for all.
        A number that is wrong for the whole jurisdiction (`wrong_scope`) stays right for the counties it serves.
        """
        narrow = bool(contact.counties or contact.except_counties)
        return any(
            bad.value == contact.value
            and (bad.kind is contact.kind or {bad.kind, contact.kind} <= _NUMBERS)
            and not (narrow and bad.reason is BadReason.wrong_scope)
            for bad in self.known_bad(code)
        )

    def file(self, code: str | None) -> JurisdictionFile | NationalFile:
        """The file of the jurisdiction, or the national one for None."""
        return self.national if code is None else self.jurisdictions[code]

    @cached_property
    def contact_by_id(self) -> dict[str, Contact]:
        everywhere = [c for file in self.jurisdictions.values() for c in file.contacts]
        return {c.id: c for c in [*everywhere, *self.national.contacts]}


class _ShippedFiles(Mapping[str, JurisdictionFile]):
    """The package's own files, each parsed when first asked for."""

    def __init__(self) -> None:
        names = sorted(p.name for p in _folder().joinpath("us").iterdir() if p.name.endswith(".yaml"))
        self._paths = {f"US-{name.removesuffix('.yaml')}": name for name in names}
        self._read: dict[str, JurisdictionFile] = {}

    def __getitem__(self, code: str) -> JurisdictionFile:
        if code not in self._read:
            name = self._paths[code]
            text = _folder().joinpath("us", name).read_text("utf-8")
            file = decode(text, f"us/{name}", JurisdictionFile)
            if file.jurisdiction != code:
                raise FactError(f"us/{name}", 1, f"the file says {file.jurisdiction}; its name says {code}")
            self._read[code] = file
        return self._read[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _folder() -> Traversable:
    return files("porchlight.facts")


@cache
def shipped() -> Facts:
    """The facts of the installed package."""
    national = decode(_folder().joinpath("national.yaml").read_text("utf-8"), "national.yaml", NationalFile)
    return Facts(national, _ShippedFiles(), version="shipped")
