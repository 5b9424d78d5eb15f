"""Fact files are text that a person can write, and every mistake in one is told with its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from porchlight.facts import mistake, schema
from porchlight.facts.load import FactError, _ShippedFiles, decode, shipped
from porchlight.facts.schema import HoursKind, JurisdictionFile, OverlayFile, Standard

FILE = """\
jurisdiction: US-KY
name: Kentucky
agency: The agency
routing:
  model: statewide
  sources: [state]
contacts:
- id: us-ky-intake
  role: intake
  kind: phone
  value: '+18775972331'
  printed: 1-877-597-2331
  takes: [abuse]
  second_choice: 'true'
  sources: [state]
  confirmed:
    by: Ann Lee
    on: 2026-11-20
    how: called
law:
  duty:
    who: universal
    standard: suspect
    look_back_years: 3
    sources: [state]
sources:
  first:
    publisher: A list
    kind: list
  state:
    publisher: The State
    kind: jurisdiction
    date: 2026-11
"""


def _read(text: str) -> JurisdictionFile:
    return decode(text, "us/KY.yaml", JurisdictionFile)


def _refusal(text: str) -> FactError:
    with pytest.raises(FactError) as refused:
        _read(text)
    return refused.value


def test_text_becomes_what_the_schema_asks_for() -> None:
    file = _read(FILE)
    contact, duty = file.contacts[0], file.law.duty
    assert duty is not None
    assert contact.second_choice is True
    assert duty.look_back_years == 3
    assert duty.standard is Standard.suspect
    assert contact.confirmed is not None
    assert contact.confirmed.on == dt.date(2026, 11, 20)
    assert contact.hours.kind is HoursKind.unknown
    assert file.sources["state"].date == "2026-11"


def test_yaml_guesses_nothing() -> None:
    """Norway, a clock time, a number with a leading zero and a date stay what the person wrote."""
    names = ("no", "08:30", "0642", "2026-11-22", "1_000", "1e3", "off")
    assert [_read(FILE.replace("name: Kentucky", f"name: {name}")).name for name in names] == list(names)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("role: intake", "rol: intake", 9, "there is no key `rol` here; did you mean `role`?"),
        ("agency: The", "colour: The", 3, "there is no key `colour` here; the keys here are: jurisdiction, name"),
        ("  kind: phone\n", "", 8, "`kind` is missing here"),
        ("role: intake", "role: intak", 9, "`intak` is not one of: intake, connector, tip_line"),
        ("takes: [abuse]", "takes: [abuse, fire]", 13, "`fire` is not one of: abuse, trafficking"),
        ("takes: [abuse]", "takes: abuse", 13, "write a list, each item on its own line after `- `, not `abuse`"),
        ("'true'", "maybe", 14, "write true or false, not `maybe`"),
        ("look_back_years: 3", "look_back_years: three", 24, "write a whole number, not `three`"),
        ("on: 2026-11-20", "on: last week", 18, "write a date such as 2026-11-22, not `last week`"),
        ("by: Ann Lee", "by: A", 17, "write a name of 2 to 120 letters, not `A`"),
        ("id: us-ky-intake", "id: US_KY", 8, "write small letters, digits and single hyphens, such as"),
        ("jurisdiction: US-KY", "jurisdiction: KY", 1, "write a code such as US-KY, not `KY`"),
        ("date: 2026-11", "date: Nov 2026", 33, "write a date such as 2026, 2026-11 or 2026-11-22, not"),
        ("date: 2026-11", "url: chfs.ky.gov", 33, "write an address that starts with https://, not"),
        ("    kind: jurisdiction", "    kind: sate", 32, "`sate` is not one of: jurisdiction, jurisdiction_copy"),
        ("  first:", "  The First:", 27, "write small letters, digits and single hyphens, such as"),
        ("name: Kentucky", "name: [Kentucky]", 2, "write plain text"),
        ("  duty:\n", "  duty: none\n  to:\n", 21, "write keys and values, each `key: value` on its own line"),
        ("name: Kentucky", "name:", 2, "`name` has no value; write one or leave the key out"),
        ("name: Kentucky", "name: null", 2, "`name` has no value; write one or leave the key out"),
        ("takes: [abuse]", "takes: [abuse, '']", 13, "this item has no value; write one or delete it"),
        ("agency: The", "name: The", 3, "the key `name` stands twice; keep one"),
        ("  first:", "  state:", 30, "the key `state` stands twice; keep one"),
        ("name: Kentucky", "? [a, b]\n: Kentucky", 2, "a key must be a plain word"),
        ("name: Kentucky", "name: &k Kentucky\nnotes: [*k]", 3, "`*k` repeats another place; write the value itself"),
        ("name: Kentucky", 'name: "Kentucky', 2, "not readable as YAML: "),
        ("name: Kentucky", "\tname: Kentucky", 2, "not readable as YAML: "),
        ("name: Kentucky", "name: Kentucky: again", 2, "not readable as YAML: "),
        ("name: Kentucky", "name: Ken\x00tucky", 2, "holds a character that is not text; delete it"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_write(
    old: str, new: str, line: int, reason: str
) -> None:
    assert FILE.count(old) >= 1
    refused = _refusal(FILE.replace(old, new, 1))
    assert (refused.path, refused.line) == ("us/KY.yaml", line)
    assert refused.reason.startswith(reason)
    assert str(refused) == f"us/KY.yaml, line {line}: {refused.reason}"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n- b\n", "just words\n"])
def test_a_file_without_keys_is_refused(text: str) -> None:
    refused = _refusal(text)
    assert (refused.line, refused.reason) == (1, "the file must hold keys and values, and holds none")


def test_two_documents_in_one_file_are_refused() -> None:
    assert _refusal(f"{FILE}---\nname: Another\n").line == FILE.count("\n") + 1


def test_the_mistake_in_a_table_is_found_in_the_right_entry() -> None:
    text = "by: Ann Lee\non: 2026-11-22\nchange:\n  us-ky-intake:\n    hours:\n      kind: always\n"
    text += "  us-tn-intake:\n    hours:\n      kind: weekly\n      zone: America/Chicago\n"
    text += "      spans:\n      - days: [mon]\n        start: '8:00'\n        end: '17:00'\n"
    with pytest.raises(FactError) as refused:
        decode(text, "ours.yaml", OverlayFile)
    assert refused.value.line == 13
    assert refused.value.reason.startswith("write a time such as '08:30'")


@pytest.mark.parametrize("text", ["a: " + "[" * 200_000 + "]" * 200_000, "- " * 50_000 + "a", "a: &a [*a]"])
def test_a_file_made_to_exhaust_the_parser_is_refused(text: str) -> None:
    assert _refusal(text).line == 1


def _patterns(kind: Any) -> Iterator[str]:
    for part in get_args(kind):
        if isinstance(part, msgspec.Meta) and part.pattern is not None:
            yield part.pattern
        yield from _patterns(part)


def test_every_pattern_of_the_schema_has_words_for_a_person() -> None:
    structs = [
        kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, schema.Fact)
    ]
    hints = [hint for kind in structs for hint in get_type_hints(kind, include_extras=True).values()]
    patterns = {pattern for hint in hints for pattern in _patterns(hint)}
    assert len(patterns) == 5
    assert patterns == set(mistake._PATTERNS)


_LINES = FILE.splitlines()


@given(st.integers(0, len(_LINES) - 1), st.text(max_size=30))
def test_whatever_stands_on_a_line_the_file_is_read_or_refused_with_a_line(number: int, words: str) -> None:
    text = "\n".join([*_LINES[:number], words, *_LINES[number + 1 :]])
    found = _read_or_refused(text)
    if isinstance(found, FactError):
        assert 1 <= found.line <= text.count("\n") + 2
        assert found.reason


def _read_or_refused(text: str) -> JurisdictionFile | FactError:
    """Anything else that is raised is a mistake of ours."""
    try:
        return _read(text)
    except FactError as refused:
        return refused


def test_a_file_is_read_when_it_is_first_asked_for_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def spy(text: str, path: str, kind: type[JurisdictionFile]) -> JurisdictionFile:
        read.append(path)
        return decode(text, path, kind)

    monkeypatch.setattr("porchlight.facts.load.decode", spy)
    files = _ShippedFiles()
    assert len(files) == 56
    assert "US-KY" in list(files)
    assert read == []
    assert files["US-KY"] is files["US-KY"]
    assert read == ["us/KY.yaml"]


def test_a_file_under_another_s_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "us").mkdir()
    (tmp_path / "us" / "TN.yaml").write_text(FILE)
    monkeypatch.setattr("porchlight.facts.load._folder", lambda: tmp_path)
    with pytest.raises(FactError, match=r"us/TN\.yaml, line 1: the file says US-KY; its name says US-TN"):
        _ShippedFiles()["US-TN"]


def test_a_contact_s_sources_are_its_file_s_and_then_the_national_ones() -> None:
    facts = shipped()
    assert facts.source("US-KY", "chfs-reportabuse").publisher.startswith("Kentucky Cabinet")
    assert facts.source("US-KY", "list-a") == facts.source(None, "list-a")
    with pytest.raises(KeyError):
        facts.source(None, "chfs-reportabuse")


def test_yaml_text_that_says_the_same_is_read_as_the_same() -> None:
    again = yaml.safe_dump(yaml.load(FILE, yaml.BaseLoader), sort_keys=True)
    assert _read(again) == _read(FILE)
