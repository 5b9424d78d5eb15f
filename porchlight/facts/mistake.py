"""Telling a person what is wrong in a fact file: the line, and what to write instead.

The decoder says where in the shape a value does not fit; here that place is found again in the text, and the complaint
is said in words for people who never read the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from porchlight.facts import schema

Convert = Callable[[yaml.Node, Any], object]


def explain(complaint: str, root: yaml.Node, kind: type, convert: Convert) -> tuple[int, str]:
    """The line (1-based) and the words for a complaint of the decoder about a file of the shape `kind`.

    `convert(node, kind)` gives a part of the file its shape, or raises msgspec.ValidationError.
    """
    reason, _, where = complaint.partition(" - at `")
    node, shape = _place(root, kind, where, convert)
    field = _first(r"field `(.+)`", reason)
    if field is not None and "unknown field" in reason:
        return _line(_key(node, field)), _unknown_key(field, shape)
    if field is not None and "missing" in reason:
        return _line(node), f"`{field}` is missing here"
    if where.startswith("key` in"):
        node = _first_bad_key(node, reason)
    return _line(node), _ask(reason, shape, node)


_STEP = re.compile(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]")


def _place(node: yaml.Node, kind: Any, where: str, convert: Convert) -> tuple[yaml.Node, Any]:
    """Follow a path such as `$.contacts[2].hours` as far as it can be followed: the node there, and its shape."""
    for name, index in _STEP.findall(where):
        kind = _without_none(kind)
        found: tuple[yaml.Node, Any] | None = None
        if name and isinstance(node, yaml.MappingNode):
            values = [value for key, value in node.value if key.value == name]
            found = (values[0], _hints(kind).get(name)) if values else None
        elif index == "..." and isinstance(node, yaml.MappingNode):
            found = _first_that_fails(node, get_args(kind)[1], convert)
        elif index.isdigit() and isinstance(node, yaml.SequenceNode):
            found = (node.value[int(index)], get_args(kind)[0])
        if found is None:
            break
        node, kind = found
    return node, _without_none(kind)


def _first_that_fails(node: yaml.MappingNode, kind: Any, convert: Convert) -> tuple[yaml.Node, Any] | None:
    """The decoder does not say which entry of a table it means: try them in order."""
    for _, value in node.value:
        try:
            convert(value, kind)
        except msgspec.ValidationError:
            return value, kind
    return None


def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True) if isinstance(kind, type) else {}


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _key(node: yaml.Node, name: str) -> yaml.Node:
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in keys if key.value == name), node)


def _first_bad_key(node: yaml.Node, reason: str) -> yaml.Node:
    pattern = _first(r"matching regex '(.+)'", reason) or ""
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in keys if not re.search(_plain(pattern), key.value)), node)


def _unknown_key(field: str, shape: Any) -> str:
    known = list(_hints(shape))
    near = get_close_matches(field, known, n=1)
    guess = f"did you mean `{near[0]}`?" if near else f"the keys here are: {', '.join(known)}"
    return f"there is no key `{field}` here; {guess}"


def _ask(reason: str, shape: Any, node: yaml.Node) -> str:
    """What to write in place of what stands there."""
    got = f", not `{node.value}`" if isinstance(node, yaml.ScalarNode) else ""
    if isinstance(shape, type) and issubclass(shape, Enum) and isinstance(node, yaml.ScalarNode):
        return f"`{node.value}` is not one of: {', '.join(code.value for code in shape)}"
    pattern = _first(r"matching regex '(.+)'", reason)
    if pattern is not None:
        return f"write {_PATTERNS[_plain(pattern)]}{got}"
    for wanted, words in _EXPECTED.items():
        if wanted in reason:
            return f"write {words}{got}"
    return reason


# In the order in which they are looked for: a length is asked of a text.
_EXPECTED = {
    "of length": "a name of 2 to 120 letters",
    "Expected `bool": "true or false",
    "Expected `int": "a whole number",
    "date": "a date such as 2026-11-22",
    "Expected `array": "a list, each item on its own line after `- `",
    "Expected `object": "keys and values, each `key: value` on its own line",
    "Expected `str": "plain text",
}


def _patterns() -> Iterator[tuple[str, str]]:
    asks = (
        (schema.Code, "small letters, digits and single hyphens, such as us-ky-intake"),
        (schema.JurisdictionCode, "a code such as US-KY"),
        (schema.Clock, "a time such as '08:30', with two digits for the hour ('24:00' ends a day)"),
        (schema.WebAddress, "an address that starts with https://"),
        (schema.ContentDate, "a date such as 2026, 2026-11 or 2026-11-22"),
    )
    for kind, words in asks:
        for meta in get_args(kind)[1:]:
            yield meta.pattern, words


_PATTERNS = dict(_patterns())


def _plain(pattern: str) -> str:
    """The decoder prints a pattern as Python's repr does."""
    return pattern.replace("\\\\", "\\")


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
