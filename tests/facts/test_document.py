"""docs/facts.md says what is so: each key and code, each example, each figure."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from porchlight import cli
from porchlight.facts import check, schema, shipped
from porchlight.facts.audit import Audit, audit, each_contact
from porchlight.facts.overlay import lay_over
from porchlight.facts.schema import Fact
from porchlight.facts.standing import CONFIRMED_FOR, SOURCE_FRESH_FOR, UNDATED_FRESH_FOR, Standing
from tests.facts.made import TODAY

DOCUMENT = (Path(__file__).parents[2] / "docs" / "facts.md").read_text("utf-8")


def own_keys(kind: type[Fact]) -> list[str]:
    """The keys that a shape adds to those of the shape it builds on, in order."""
    return [name for name in kind.__struct_fields__ if name in kind.__annotations__]


_WORDS = {"str": "text", "int": "whole number", "bool": "true or false", "date": "date"}


def what_stands_there(kind: type[Fact], key: str) -> str:
    """The type of a key in words: `text`, `list of Topic`, `Hours`."""
    return _in_words(get_type_hints(kind, include_extras=True)[key])


def _in_words(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _in_words(parts[0])
    if origin in (Union, UnionType):
        return _in_words(next(part for part in parts if part is not NoneType))
    if origin is tuple:
        return f"list of {_in_words(parts[0])}"
    if origin is dict:
        return f"table of {_in_words(parts[1])} by id"
    name: str = hint.__name__
    return _WORDS.get(name, name)


def _shapes() -> Iterator[type[Fact] | type[Enum]]:
    """Every shape and enumeration of the schema, in its order."""
    for kind in vars(schema).values():
        is_shape = isinstance(kind, type) and issubclass(kind, (Fact, Enum))
        if is_shape and kind.__module__ == schema.__name__ and kind is not Fact:
            yield kind


def _rows(title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head, each cell without its spaces."""
    heading = re.search(rf"^#+ {re.escape(title)}$", DOCUMENT, re.MULTILINE)
    assert heading is not None, title
    section = re.split(r"^#", DOCUMENT[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0]
    return [_cells(line) for line in section.splitlines() if line.startswith("| `")]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


# --- the reference ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(_shapes()), ids=lambda kind: kind.__name__)
def test_every_key_and_code_of_the_schema_is_described_and_no_other(kind: type[Fact] | type[Enum]) -> None:
    rows = _rows(kind.__name__)
    assert all(len(row[-1]) >= 4 for row in rows)
    if issubclass(kind, Enum):
        assert [row[0] for row in rows] == [f"`{code.value}`" for code in kind]
    else:
        wanted = [[f"`{key}`", what_stands_there(kind, key)] for key in own_keys(kind)]
        assert [row[:2] for row in rows] == wanted


def test_the_reference_describes_nothing_that_is_not_in_the_schema() -> None:
    described = re.findall(r"^### (\w+)$", DOCUMENT, re.MULTILINE)
    assert described == [kind.__name__ for kind in _shapes()]


def test_every_error_of_the_audit_is_named() -> None:
    source = Path(check.__file__).read_text("utf-8")
    codes = set(re.findall(r'Problem\(\s*"(\w+)"', source))
    assert len(codes) >= 10
    paragraph = DOCUMENT[
        DOCUMENT.index("The audit fails on") : DOCUMENT.index("## How far a number is trusted")
    ]
    assert set(re.findall(r"\(`(\w+)`\)", paragraph)) == codes


def test_every_standing_is_explained() -> None:
    section = DOCUMENT[DOCUMENT.index("## How far a number") : DOCUMENT.index("## What grows old")]
    assert set(re.findall(r"^- \*\*(\w+)\*\*", section, re.MULTILINE)) == {each.value for each in Standing}


def test_the_days_after_which_something_is_old_are_those_in_force() -> None:
    section = DOCUMENT[DOCUMENT.index("## What grows old") : DOCUMENT.index("## What we know")]
    days = [int(number) for number in re.findall(r"\| (\d+) days \|", section)]
    in_force = [CONFIRMED_FOR, SOURCE_FRESH_FOR, UNDATED_FRESH_FOR, SOURCE_FRESH_FOR]
    assert days == [each.days for each in in_force]


# --- the examples -----------------------------------------------------------------------------------------------------

EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def test_there_is_an_example_for_each_thing_a_site_can_do() -> None:
    assert [key in "".join(EXAMPLES) for key in ("change:", "add:", "withhold:", "show:", "sources:")] == [
        True
    ] * 5
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_each_correction_in_the_document_holds(example: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(example, "utf-8")
    loaded = lay_over(shipped(), tmp_path)
    assert loaded.refused == ()
    assert loaded.held == ("ours.yaml",)


def test_the_three_corrections_hold_together(tmp_path: Path) -> None:
    for number, example in enumerate(EXAMPLES):
        (tmp_path / f"{number}.yaml").write_text(example, "utf-8")
    loaded = lay_over(shipped(), tmp_path)
    assert len(loaded.held) == len(EXAMPLES)
    contacts = {contact.id: contact for contact in loaded.facts.jurisdictions["US-KY"].contacts}
    assert contacts["us-ky-intake"].value == "+15022222222"
    assert contacts["us-ky-portal"].withhold is not None
    assert contacts["us-ky-south-211-text"].withhold is None
    assert "us-nc-orange-intake" in {contact.id for contact in loaded.facts.jurisdictions["US-NC"].contacts}


def test_the_refusal_that_the_document_shows_is_the_one_that_is_printed(
    overlay_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = re.findall(r"^    (This correction is not used: .+)$", DOCUMENT, re.MULTILINE)
    (overlay_folder / "ours.yaml").write_text(EXAMPLES[0].replace("value:", "valu:"), "utf-8")
    assert cli.main(["facts", "show", "KY"]) == 0
    assert capsys.readouterr().err.strip() == shown


@pytest.mark.usefixtures("overlay_folder")
@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    porchlight (.+)$", DOCUMENT, re.MULTILINE))))
def test_every_command_in_the_document_runs(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(shlex.split(line)) == 0
    assert capsys.readouterr().out


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figures() -> Audit:
    return audit(shipped(), TODAY)


def _table(after: str) -> list[list[str]]:
    """The rows of the first table after these words."""
    rest = DOCUMENT[DOCUMENT.index(after) + len(after) :].splitlines()
    start = next(number for number, line in enumerate(rest) if line.startswith("| --- "))
    rows = []
    for line in rest[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append(_cells(line))
    return rows


def test_the_standings_of_the_document_are_those_of_the_audit(figures: Audit) -> None:
    rows = {row[0]: int(row[1]) for row in _table("because nobody has called.")}
    assert rows == {each.value: figures.standings.get(each.value, 0) for each in Standing}


def test_the_counts_of_the_document_are_those_of_the_facts(figures: Audit) -> None:
    facts = shipped()
    bad = sum(len(facts.file(code).known_bad) for code in (*facts.jurisdictions, None))
    national = len(facts.national.contacts)
    wanted = f"{figures.contacts} contacts, {national} of them national, and {bad} known-bad numbers."
    assert wanted in " ".join(DOCUMENT.split())
    stale = sum(trusted.stale for _, _, trusted in each_contact(facts, TODAY))
    assert f"{stale} contacts rest on sources older than two years." in DOCUMENT


def test_the_main_lines_that_the_document_says_agree_are_counted(figures: Audit) -> None:
    have = {row.field: row.have for row in figures.coverage}
    good = have["contacts: main line agreeing or confirmed"]
    whole = have["contacts: an intake phone for the whole jurisdiction"]
    assert f"{good} of {whole} main lines agree" in DOCUMENT
    assert f"Hawaii and Nevada: {good + 2}." in DOCUMENT


def test_the_warnings_of_the_document_are_those_of_the_audit(figures: Audit) -> None:
    rows = {row[0].strip("`"): int(row[1]) for row in _table("The warnings of the audit:")}
    assert rows == dict(Counter(warning["code"] for warning in figures.warnings))


def test_the_coverage_of_the_document_is_that_of_the_audit(figures: Audit) -> None:
    wanted = []
    for row in figures.coverage:
        few = " ".join(code[3:] for code in row.missing) if len(row.missing) <= 12 else ""
        wanted.append([row.field, str(row.have), few])
    assert [[*row, ""][:3] for row in _table("Of the 56 jurisdictions have:")] == wanted


def test_what_the_document_says_is_withheld_is_withheld() -> None:
    reasons = Counter(
        contact.withhold.value
        for _, contact, _ in each_contact(shipped(), TODAY)
        if contact.withhold is not None
    )
    rows = {
        row[0].strip("`"): int(row[1]) for row in _table("so that the next person does not find them anew:")
    }
    assert rows == dict(reasons)
    assert f"{sum(reasons.values())} contacts are in the files and never shown." in DOCUMENT
