"""The codes that every list shares, what they are in the standards of others, and the words agencies use for them.

The values live in the YAML files beside this one. A map that was not read in the standard itself says so.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from importlib import resources

import msgspec
from msgspec import Struct


class Standard(Struct, frozen=True, forbid_unknown_fields=True):
    """A standard of others; `verified`: its values were read in its own publication on the day `read`."""

    name: str
    verified: bool
    source: str
    read: dt.date
    note: str = ""


class Map(Struct, frozen=True, forbid_unknown_fields=True):
    """What a code of ours is in a standard. `value` None: the field is known, its values are not."""

    field: str
    verified: bool
    value: str | None = None
    note: str = ""


class Code(Struct, frozen=True, forbid_unknown_fields=True):
    """One code: the words that agencies write for it, and the standards that have it."""

    words: tuple[str, ...]
    htcds: Map | None = None
    ctdc: Map | None = None
    ncands: Map | None = None
    ic_tip: Map | None = None
    afcars: Map | None = None


@functools.cache
def codes() -> Mapping[str, Mapping[str, Code]]:
    """Field of the records -> code -> what is known of it, in the order of the file."""
    return msgspec.yaml.decode(_file("codes.yaml"), type=dict[str, dict[str, Code]])


@functools.cache
def standards() -> Mapping[str, Standard]:
    """The standards by their key in `Code`."""
    return msgspec.yaml.decode(_file("standards.yaml"), type=dict[str, Standard])


@functools.cache
def htcds_lists() -> Mapping[str, tuple[str, ...]]:
    """The lists of values of HTCDS 2.0 by field."""
    return msgspec.yaml.decode(_file("htcds.yaml"), type=dict[str, tuple[str, ...]])


def code_of(field: str, word: str) -> str | None:
    """The code that a word of an agency means, or None when no one word says so."""
    return _by_word(field).get(_plain(word))


def _file(name: str) -> bytes:
    return resources.files(__name__).joinpath(name).read_bytes()


@functools.cache
def _by_word(field: str) -> Mapping[str, str]:
    found = {}
    for name, code in codes().get(field, {}).items():
        found[_plain(name)] = name
        found.update({_plain(word): name for word in code.words})
    return found


def _plain(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word.strip().lower())
