"""The documents say what is so: settings, commands, dependencies, deployment files."""

from __future__ import annotations

import argparse
import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from porchlight import cli
from porchlight.site import journal
from porchlight.site.config import SETTINGS

# How the table in docs/running.md names the types of the settings.
_KINDS = {
    "Path": "directory",
    "Path | None": "file",
    "Database | None": "address",
    "MailServer | None": "address",
    "str": "text",
    "tuple[str, ...]": "list",
    "bool": "1 or 0",
    "int": "number",
}


def _documents(root: Path) -> list[Path]:
    return [*root.glob("*.md"), *root.glob("docs/*.md")]


def test_the_table_of_settings_is_the_settings(root: Path) -> None:
    text = (root / "docs" / "running.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `PORCHLIGHT_")]
    assert rows == [
        f"| `{each.name}` | {_KINDS[each.kind]} | {each.shown or f'`{each.default}`'} | {each.doc} |"
        for each in SETTINGS
    ]


def test_every_command_is_described_and_every_described_command_exists(root: Path) -> None:
    text = (root / "docs" / "running.md").read_text()
    described = re.findall(r"^\| `porchlight (\w+)` \|", text, re.MULTILINE)
    assert sorted(described) == sorted(command.name for command in cli.COMMANDS)


def test_every_porchlight_command_in_the_documents_can_be_parsed(root: Path) -> None:
    """Indented lines that start with `porchlight` are meant to be typed: each must be understood."""
    found = []
    for document in _documents(root):
        for line in re.findall(r"^    porchlight (.+)$", document.read_text(), re.MULTILINE):
            found.append(line)
            assert isinstance(cli.parse(shlex.split(line, comments=True)), argparse.Namespace), (
                f"{document.name}: {line}"
            )
    assert len(found) >= 3


def test_every_setting_that_a_document_or_a_deployment_file_names_exists(root: Path) -> None:
    known = {each.name for each in SETTINGS} | {"PORCHLIGHT_TEST_BROWSER", "PORCHLIGHT_"}
    for path in [*_documents(root), *root.glob("deploy/*"), root / "run"]:
        assert set(re.findall(r"\bPORCHLIGHT_[A-Z_]*", path.read_text())) <= known, path.name


def test_every_field_of_the_log_is_described(root: Path) -> None:
    text = (root / "docs" / "running.md").read_text()
    section = text[text.index("## The log") : text.index("## Backup")]
    assert set(re.findall(r"`(\w+)`", section)) == set(journal.FIELDS)


def _dependencies(root: Path) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = [
        *project["project"]["dependencies"],
        *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
        *(name for group in groups.values() for name in group if isinstance(name, str)),
    ]
    return sorted({re.split(r"[\[<>=!~ ]", name)[0] for name in wanted})


def test_every_dependency_has_its_place_in_the_documents(root: Path) -> None:
    text = (root / "docs" / "dependencies.md").read_text()
    missing = [
        name for name in _dependencies(root) if not re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
    ]
    assert missing == []


def test_every_dependency_is_pinned_with_hashes_and_no_lock_names_an_address(root: Path) -> None:
    locks = {path.name: path.read_text() for path in root.glob("requirements*.txt")}
    assert set(locks) == {"requirements.txt", "requirements-build.txt", "requirements-dev.txt"}
    for name, text in locks.items():
        assert "://" not in text, name
        pins = re.findall(
            r"^([a-z0-9][a-z0-9._-]*)==\S+( ;[^\\]*)? \\\n    --hash=sha256:", text, re.MULTILINE
        )
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), name
    everything = locks["requirements-dev.txt"].casefold()
    for name in _dependencies(root):
        assert re.search(rf"^{re.escape(name.casefold())}==", everything, re.MULTILINE), name


def test_the_three_locks_agree(root: Path) -> None:
    """Of what is in several, each has the same version, or the same ones for several Pythons."""
    pins: dict[str, set[frozenset[str]]] = {}
    for path in root.glob("requirements*.txt"):
        here: dict[str, set[str]] = {}
        for name, version in re.findall(r"^([a-z0-9._-]+)==([^ ]+)", path.read_text(), re.MULTILINE):
            here.setdefault(name, set()).add(version)
        for name, found in here.items():
            pins.setdefault(name, set()).add(frozenset(found))
    assert len(pins) > 50
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_every_link_between_documents_leads_somewhere(root: Path) -> None:
    """Pictures come from the built site and are made by tests/e2e; all else must be there."""
    for document in _documents(root):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("https://"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_body_limit_that_is_documented_is_the_one_in_force(root: Path) -> None:
    assert settings.MAX_BODY_BYTES == 64 * 1024
    assert "client_max_body_size 64k" in (root / "docs" / "running.md").read_text()
    assert "64 KiB" in (root / "SECURITY.md").read_text()


def test_the_container_is_pinned_watched_and_not_root(root: Path) -> None:
    lines = (root / "deploy" / "Containerfile").read_text().splitlines()
    last_stage = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :]
    images = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in images)
    assert [line for line in last_stage if line.startswith("USER ")] == ["USER 10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in last_stage)
    assert not any(line.startswith("ADD ") for line in lines)
    installs = [line for line in lines if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    copied = [
        word
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert [name for name in copied if not (root / name).exists()] == []


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path)
    return parser


def test_the_units_run_commands_that_exist_as_nobody_in_particular(root: Path) -> None:
    for path in root.glob("deploy/*.service"):
        service = _unit(path)["Service"]
        assert service["User"] == "porchlight"
        assert service["NoNewPrivileges"] == service["ProtectHome"] == service["PrivateTmp"] == "yes"
        assert service["ProtectSystem"] == "strict"
        commands = re.findall(r"/bin/porchlight (\w+)", path.read_text())
        assert commands
        assert set(commands) <= {command.name for command in cli.COMMANDS}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this system")
def test_systemd_understands_the_units(root: Path, tmp_path: Path) -> None:
    for path in [*root.glob("deploy/*.service"), *root.glob("deploy/*.timer")]:
        # The programs are where the document puts them, not here: stand in for them, keep all else.
        text = path.read_text().replace("/opt/porchlight/bin/porchlight", "/bin/true")
        (tmp_path / path.name).write_text(text.replace("postgresql.service", ""))
    units = [str(path) for path in tmp_path.iterdir()]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "porchlight" in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


def test_the_scripts_are_plain_posix_shell(root: Path) -> None:
    for name in ("run", "test", ".ci/environment.sh", ".ci/lock"):
        subprocess.run(["sh", "-n", str(root / name)], check=True)
    assert (root / "run").read_text().startswith("#!/bin/sh\n")
