"""The wheel carries everything: installed into an empty environment, away from the repository, it answers."""

from __future__ import annotations

import gettext
import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from hatch_build import compile_languages
from porchlight.count import workspace


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree as a release is."""
    root = Path(__file__).resolve().parent.parent
    target = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], root)
    (built,) = target.glob("porchlight-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an empty environment with the wheel and what the lock names, and nothing else."""
    root = Path(__file__).resolve().parent.parent
    folder = tmp_path_factory.mktemp("empty") / "environment"
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "-r", str(root / "requirements.txt")], folder)
    _run([*pip, "--no-deps", str(wheel)], folder)
    return folder / "bin"


def _run(command: list[str], folder: Path) -> str:
    """Run it in `folder` without this process's paths and settings; return what it printed."""
    left = ("PYTHONPATH", "PORCHLIGHT_", "DJANGO_", "VIRTUAL_ENV")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(left)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_empty_environment_answers_for_kentucky(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "porchlight"), "answer", "40202", "--concern", "abuse_neglect", "--json"]
    answer = json.loads(_run(command, tmp_path))
    assert answer["place"]["jurisdiction"] == "US-KY"
    intake = [contact for contact in answer["contacts"] if contact["role"] == "intake"]
    assert "+18775972331" in {contact["value"] for contact in intake}


def test_an_empty_environment_speaks_spanish(installed: Path, tmp_path: Path) -> None:
    program = (
        "import django; django.setup();"
        "from django.utils import translation; translation.activate('es');"
        "from django.template.loader import render_to_string; print(render_to_string('site/error.html'))"
    )
    script = f"import os; os.environ['DJANGO_SETTINGS_MODULE']='porchlight.site.settings'; {program}"
    page = _run([str(installed / "python"), "-c", script], tmp_path)
    assert '<html lang="es">' in page
    assert "Call 911" not in page


def test_the_wheel_holds_what_was_built_and_the_terms_it_comes_under(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    held = {name for name in names if not name.endswith(".py")}
    assert "porchlight/places/places.bin" in held
    assert "porchlight/site/locale/es/LC_MESSAGES/django.mo" in held
    assert "porchlight/facts/national.yaml" in held
    assert sum(name.startswith("porchlight/facts/us/") for name in held) == 56
    assert {"porchlight/site/style.css", "porchlight/site/icon.svg", "porchlight/py.typed"} <= held
    assert any(name.endswith("licenses/NOTICE") for name in held)
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert not any(name.startswith(("tests/", "docs/", "data/")) for name in names)


def test_the_wheel_holds_every_file_that_counting_and_the_pages_read(wheel: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    names = set(zipfile.ZipFile(wheel).namelist())
    for room in ("count", "report", "site/templates"):
        needed = {
            each.relative_to(root).as_posix()
            for each in (root / "porchlight" / room).rglob("*")
            if each.is_file() and "__pycache__" not in each.parts
        }
        assert needed - names == set()
    count = "porchlight/count"
    assert {f"{count}/publish/{name}" for name in ("report.html", "report.css", "paper.css")} <= names
    assert {f"{count}/codes/{name}.yaml" for name in ("codes", "htcds", "standards")} <= names
    assert "porchlight/report/templates/report/counts.html" in names


_COUNT = {
    **{step: [step, "report.toml"] for step in ("run", "load", "link", "tabulate", "protect", "publish")},
    "map": ["map", "list.csv"],
    "demo": ["demo", "trial"],
    "estimate": ["estimate", "--table", "table.json"],
}


def test_without_the_extra_every_action_of_count_says_what_to_install(
    installed: Path, tmp_path: Path
) -> None:
    words = _run([str(installed / "porchlight"), "count", "--help"], tmp_path)
    assert set(re.findall(r"^    (\w+)  ", words, re.MULTILINE)) == {*_COUNT, "clean"}
    for asked in _COUNT.values():
        command = [str(installed / "porchlight"), "count", *asked]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 2, asked
        assert "pip install 'porchlight[count]'" in done.stderr, asked
        assert "splink" in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_rows_can_still_be_removed(installed: Path, tmp_path: Path) -> None:
    with workspace.opened(tmp_path / "private"):
        (tmp_path / "private" / "records.parquet").touch()
    (tmp_path / "report.toml").write_text("[workspace]\nfolder = 'private'\n")
    told = _run([str(installed / "porchlight"), "count", "clean", "report.toml"], tmp_path)
    assert "every row in it are removed" in told
    assert not (tmp_path / "private").exists()


_PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n{entry}'


def _catalogue(folder: Path, entry: str) -> Path:
    path = folder / "porchlight" / "site" / "locale" / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(_PO.format(entry=entry), encoding="utf-8")
    return path


def test_a_finished_catalogue_is_compiled(tmp_path: Path) -> None:
    path = _catalogue(tmp_path, 'msgid "Call 911"\nmsgstr "Llame al 911"\n')
    assert compile_languages(tmp_path) == [path.with_suffix(".mo")]
    with path.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Call 911") == "Llame al 911"


@pytest.mark.parametrize(
    "entry", ['#, fuzzy\nmsgid "Call 911"\nmsgstr "Llame al 991"\n', 'msgid "Call 911"\nmsgstr ""\n']
)
def test_a_fuzzy_or_missing_entry_fails_the_build(tmp_path: Path, entry: str) -> None:
    path = _catalogue(tmp_path, entry)
    with pytest.raises(ValueError, match=r"es: 1 unfinished, first: .*Call 911"):
        compile_languages(tmp_path)
    assert not path.with_suffix(".mo").exists()
    compile_languages(tmp_path, unfinished_fails=False)
    with path.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Call 911") == "Call 911"


def test_a_tree_without_catalogues_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="locale"):
        compile_languages(tmp_path)
