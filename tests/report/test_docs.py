"""docs/answer.md describes the command and every field and code of the JSON, and nothing that is not there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from porchlight.facts.hours import OpenState
from porchlight.facts.schema import ContactRole, Kind
from porchlight.facts.standing import Standing
from porchlight.report import command
from porchlight.report.answer import (
    AnswerContact,
    AnswerPlace,
    AnswerSource,
    Concern,
    Duty,
    Law,
    Must,
    Point,
    Role,
)
from porchlight.report.porches import as_json, steps
from tests.report.asking import ask


@pytest.fixture(scope="module")
def text() -> str:
    return (Path(__file__).parents[2] / "docs" / "answer.md").read_text()


def _first_column(text: str, after: str) -> list[str]:
    """The words in the first column of the first table after a heading or sentence."""
    rows = text[text.index(after) :].split("\n| --- ", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [row.split("|")[1].strip(" `") for row in rows]


def _fields() -> list[str]:
    document = as_json(ask("40202", "sex_trafficking", "clergy"), "en")
    below = {
        "place": [f"place.{name}" for name in AnswerPlace.__struct_fields__],
        "steps": [f"steps[].{name}" for name in document["steps"][0]],
        "contacts": [f"contacts[].{name}" for name in AnswerContact.__struct_fields__],
        "duty": [f"duty.{name}" for name in Duty.__struct_fields__],
        "law": [f"law.{name}" for name in Law.__struct_fields__],
        "sources": [f"sources[].{name}" for name in AnswerSource.__struct_fields__],
    }
    assert set(document["contacts"][0]) == set(AnswerContact.__struct_fields__)
    assert set(document["duty"]) == set(Duty.__struct_fields__)
    assert set(document["law"]) == set(Law.__struct_fields__)
    assert set(document["duty"]["must_i"]) == set(Point.__struct_fields__)
    assert all(set(source) == set(AnswerSource.__struct_fields__) for source in document["sources"].values())
    return [field for name in document for field in (name, *below.get(name, []))]


def test_every_field_of_the_json_is_described_and_every_described_field_exists(text: str) -> None:
    assert sorted(_first_column(text, "## JSON")) == sorted(_fields())
    assert _first_column(text, "A point of `duty`") == [f"point.{name}" for name in Point.__struct_fields__]


def test_every_code_of_the_json_is_described(text: str) -> None:
    described = _first_column(text, "\nCodes:")
    assert described == [
        *(each.value for each in ContactRole),
        *(each.value for each in Standing),
        *(each.value for each in OpenState),
    ]
    for codes, field in ((Kind, "contacts[].kind"), (Must, "duty.must")):
        row = next(row for row in text.splitlines() if row.startswith(f"| `{field}` |"))
        assert re.findall(r"`(\w+)`", row.split("|")[2]) == [each.value for each in codes], field
    row = next(row for row in text.splitlines() if row.startswith("| `steps[].part` |"))
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == [part for part, _ in steps(ask("40202"))]


def test_every_concern_and_role_is_described(text: str) -> None:
    assert _first_column(text, "## Concerns") == [each.value for each in Concern]
    section = text[text.index("## Roles") : text.index("A role changes")]
    assert re.findall(r"`(\w+)`", section) == [each.value for each in Role]


def test_every_option_of_the_command_is_described(text: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = [
        (action.option_strings or [action.dest])[0] for action in parser._actions if action.dest != "help"
    ]
    assert _first_column(text, "## Ask in a terminal") == options
