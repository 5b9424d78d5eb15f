"""docs/count.md says what is so: every key, column, code, unit, file and message; its examples are read and run."""

from __future__ import annotations

import argparse
import ast
import contextlib
import datetime as dt
import io
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from porchlight.count import command, demo, settings, steps
from porchlight.count.cells import Unit
from porchlight.count.demo import Regime
from porchlight.count.fields import FIELDS, FROM_AGENCY
from porchlight.count.link import _DOUBTFUL_FROM, _MOST_DOUBTFUL
from porchlight.count.load.mapping import Layout, read_mapping
from porchlight.count.load.problem import _SHOWN
from porchlight.count.load.quality import _BANDS
from porchlight.count.load.reading import CSV, EXCEL
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.publish import Edition, publish, read_population, read_regions
from porchlight.count.publish.telling import _LEAST_FOR_A_RATE
from porchlight.count.settings import UNITS
from porchlight.count.tabulate import AGE_BANDS, Asked, TabulateError, _Shape, tabulate
from tests.count import linked_rows

COUNT = Path(command.__file__).parent


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs" / "count.md").read_text()


def section(text: str, title: str) -> str:
    """The part under a heading of the second level."""
    begin = text.index(f"\n## {title}\n")
    return text[begin : text.index("\n## ", begin + 4) if "\n## " in text[begin + 4 :] else len(text)]


def rows(part: str) -> list[list[str]]:
    """The cells of all tables of a part, without backticks and heads."""
    found: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\|\n)+", part, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
        found += lines[2:]
    return found


def block(part: str, language: str) -> list[str]:
    """The code between fences."""
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


def plain(cell: str) -> str:
    return cell.replace("`", "")


# --- report.toml ------------------------------------------------------------------------------------------------------

_TABLES: dict[str, type[msgspec.Struct]] = {
    **settings._SECTIONS,
    "lists": settings.AgencyList,
    "tables": settings.OwnTable,
}


def _keys() -> dict[str, msgspec.structs.FieldInfo]:
    return {
        f"{name}.{field.name}": field
        for name, kind in _TABLES.items()
        for field in msgspec.structs.fields(kind)
    }


def test_every_key_of_report_toml_is_described_and_no_other(text: str) -> None:
    assert sorted(plain(row[0]) for row in rows(section(text, "report.toml"))) == sorted(_keys())


def _said(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be there"
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if default is None or default == {}:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in default)
    return str(default)


def test_what_holds_without_a_key_is_what_the_table_says(text: str) -> None:
    said = {plain(row[0]): plain(row[1]) for row in rows(section(text, "report.toml"))}
    in_words = {"report.statute_lists": "all lists", "tables.title_es": "the English one"}
    for key, field in _keys().items():
        assert said[key] == (in_words.get(key) or _said(field)), key


def test_the_example_of_report_toml_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    (example,) = block(section(text, "report.toml"), "toml")
    for name in re.findall(r'"([\w.]+\.(?:csv|xlsx|toml))"', example):
        (tmp_path / name).touch()
    (tmp_path / "report.toml").write_text(example)
    read = settings.read(tmp_path / "report.toml")
    assert [each.id for each in read.lists] == ["cps", "police"]
    # Whoever copies the example finds every key in it but those that need another file.
    given = tomllib.loads(example)
    shown = {f"{name}.{key}" for name, part in given.items() for each in _list(part) for key in each}
    assert set(_keys()) - shown == {"link.marks", "publish.last_report"}


def _list(part: Any) -> list[dict[str, Any]]:
    return part if isinstance(part, list) else [part]


def test_the_marks_can_lie_where_the_page_puts_them(text: str, tmp_path: Path) -> None:
    part = section(text, "Doubtful pairs")
    assert f"at most\n{_MOST_DOUBTFUL:,}" in part
    assert f"from {_DOUBTFUL_FROM:.0%}".replace("%", " %") in part
    (lines,) = re.findall(r"^    (\[link\]\n    marks = .*)$", part, re.MULTILINE)
    (marks,) = re.findall(r"cp private/link/doubtful\.csv (\S+)", part)
    assert tomllib.loads(lines.replace("    ", "")) == {"link": {"marks": marks}}


# --- the mapping file -------------------------------------------------------------------------------------------------


def test_every_key_of_a_mapping_file_is_described_and_no_other(text: str) -> None:
    first = rows(section(text, "The mapping file").partition("The columns.")[0])
    described = {plain(row[0]): plain(row[1]) for row in first}
    fields = {field.name: field for field in msgspec.structs.fields(Layout)}
    assert set(described) == set(fields)
    for name in ("encoding", "delimiter"):
        assert described[name] == fields[name].default
    assert described["unknown"] == ", ".join(fields["unknown"].default)
    assert {name for name, says in described.items() if says == "must be there"} == {"columns", "dates"}


def test_every_column_and_code_is_described_as_it_is(text: str) -> None:
    part = section(text, "The mapping file").partition("The columns.")[2]
    assert [[plain(cell) for cell in row] for row in rows(part)] == [
        [field.name, field.about, ", ".join(field.codes)] for field in FIELDS if field.from_agency
    ]
    for name in {*FROM_AGENCY} - {field.name for field in FIELDS}:
        assert f"`{name}`" in part


def test_the_example_of_a_mapping_file_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    part = section(text, "The mapping file")
    (example,) = block(part, "toml")
    (tmp_path / "cps.mapping.toml").write_text(example)
    assert read_mapping("cps", tmp_path / "cps.mapping.toml").values["investigated"]["Accepted"] == "yes"
    for suffix in (*EXCEL, CSV[0]):
        assert suffix in part or suffix == ".csv"


# --- what is counted and hidden ---------------------------------------------------------------------------------------


def test_the_units_and_bands_are_those_that_are_counted(text: str) -> None:
    part = section(text, "What is counted")
    assert [plain(row[0]) for row in rows(part)] == list(UNITS)
    assert ", ".join(name for name, _, _ in AGE_BANDS) in part
    assert f"at least {_LEAST_FOR_A_RATE} victims" in part


def test_the_columns_of_own_tables_are_those_that_can_be_asked_for(text: str) -> None:
    described = {plain(row[0]): plain(row[1]) for row in rows(section(text, "Tables of your own"))}
    assert list(described) == list(UNITS)
    with duckdb.connect() as base:
        base.execute("CREATE TABLE counted (county_fips TEXT)")
        shape = _Shape(base, linked_rows.PLAN)
        for unit in UNITS:
            wanted = Asked("mine", Unit[unit.upper()], ("nothing",))
            with pytest.raises(TabulateError) as refused:
                shape.dimension(wanted, "nothing")
            assert str(refused.value).endswith(f"choose from {described[unit]}")


def test_the_numbers_of_the_rules_are_those_in_force(text: str) -> None:
    assert f"1 to {ProtectSettings().hide} unless you set another" in text
    assert ProtectSettings().hide == settings.Protect().hide
    words = section(text, "What is published")
    for share, band in _BANDS:
        assert re.search(rf"{band} \({share:.0%}".replace("%", " %"), words), band
    assert f"At most {_SHOWN} problems" in section(text, "When it stops")


def test_the_files_of_regions_and_population_are_read_as_they_stand(text: str, tmp_path: Path) -> None:
    regions, population = block(section(text, "Last year, population, regions"), "csv")
    (tmp_path / "regions.csv").write_text(regions)
    (tmp_path / "population.csv").write_text(population)
    assert read_regions(tmp_path / "regions.csv")["21067"] == "Southern Bluegrass"
    told = read_population(tmp_path / "population.csv")
    assert told.of(high=1) == 18_100
    assert told.source.startswith("Census Bureau")


# --- commands, files, messages ----------------------------------------------------------------------------------------


def test_every_step_is_described_as_the_command_describes_it(text: str) -> None:
    described = {plain(row[0]): row[1] for row in rows(section(text, "From lists to report"))}
    assert described == command._STEPS


def test_every_word_of_the_command_stands_on_the_page(text: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    (actions,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    for name, one in actions.choices.items():
        assert f"`{name}`" in text or f"count {name}" in text, name
        for option in one._option_string_actions:
            assert option in ("-h", "--help") or option in text, option


def test_each_message_on_the_page_is_one_that_can_be_said(text: str) -> None:
    said = "\n".join(_texts())
    messages = [row[0].strip("`") for row in rows(section(text, "When it stops"))]
    assert len(messages) > 15
    assert [each for each in messages if each not in said] == []


def _texts() -> Iterator[str]:
    """Every piece of text in the code of count, those around the values of an f-string too."""
    for path in COUNT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds a small `trial`, counted as far as the estimates."""
    folder = tmp_path_factory.mktemp("docs")
    made = demo.make(folder / "trial", agencies=3, children=80, regime=Regime.HARD)
    wanted = settings.Estimate(wanted=True, draws=200)
    steps.run(msgspec.structs.replace(settings.read(made.settings), estimate=wanted), until="estimate")
    return folder


def test_the_private_folder_holds_what_the_page_says(text: str, trial: Path) -> None:
    private = trial / "trial" / "private"
    for row in rows(section(text, "The private folder")):
        name = plain(row[0]).replace("ID", "cps")
        if name != "problems.txt":  # it is there while a list is wrong: tests of `load` see it
            assert (private / name).exists(), name
    assert '"problems.txt"' in (COUNT / "load" / "__init__.py").read_text()


def test_the_published_files_and_keys_are_those_on_the_page(text: str, tmp_path: Path) -> None:
    plan = linked_rows.PLAN
    clusters = linked_rows.write(tmp_path, linked_rows.many(3, 400))
    told = tabulate(tmp_path / "records.parquet", clusters, plan)
    audited = protect(told.tables, told.relations, settings=ProtectSettings(rounds=5))
    edition = Edition(
        *("A trial", "US-KY", plan.period, plan.begins, plan.ends),
        made=dt.date(2026, 11, 1),
        regions=plan.regions,
    )
    folder = tmp_path / "report"
    publish(audited, edition, folder)
    part = section(text, "What is published")
    tables = [plain(row[0]) for row in rows(part)]
    names, keys = tables[: tables.index("form")], tables[tables.index("form") :]
    found = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    patterns = [
        re.escape(name).replace("NAME", r"[\w-]+").replace(r"\.en\.", r"\.(en|es)\.") for name in names
    ]
    assert {name for name in found if not any(re.fullmatch(each, name) for each in patterns)} == set()
    assert [each for each in patterns if not any(re.fullmatch(each, name) for name in found)] == []
    report = json.loads((folder / "report.json").read_text())
    assert {key for key in report if f"`{key}`" not in part} == set()
    assert set(keys) <= set(report)
    for name in ("counts", "statistics"):
        (line,) = (row[1] for row in rows(part) if plain(row[0]) == name)
        assert {key for each in report[name] for key in each} <= set(re.findall(r"`(\w+)`", line)), name


# --- Python -----------------------------------------------------------------------------------------------------------


def test_the_examples_in_python_run_and_print_what_the_page_says(
    text: str, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trial)
    part = section(text, "From Python")
    steps_shown, protect_shown = block(part, "python")
    printed = _run(steps_shown)
    assert printed.splitlines()[0].startswith("Child protective services ")
    assert "ages children ['age', 'decision']" in printed
    (wanted,) = re.findall(r"prints `([^`]+)`", part)
    first, second = _run(protect_shown).splitlines()
    assert first == wanted
    assert second.endswith(" ()")


def _run(example: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(example, "docs/count.md", "exec"), {"__name__": "example"})
    return out.getvalue()


# --- the page itself --------------------------------------------------------------------------------------------------


def test_what_was_measured_stands_between_its_marks_and_names_programs_that_are_there(
    text: str, root: Path
) -> None:
    part = section(text, "How it was measured")
    begin, end = part.index("<!-- measured: begin -->"), part.index("<!-- measured: end -->")
    programs = re.findall(r"`python (\S+\.py)", part[begin:end])
    assert programs
    assert [each for each in programs if not (root / each).is_file()] == []


def test_every_link_inside_the_page_leads_to_a_heading(text: str) -> None:
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower().replace("`", "")).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    targets = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(targets) > 15
    assert [each for each in targets if each not in heads] == []
