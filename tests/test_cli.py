"""The `porchlight` command routes, starts fast, and says what to set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import porchlight
from porchlight import cli


def _porchlight(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder` with an environment of its own."""
    return subprocess.run(
        [sys.executable, "-m", "porchlight", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PORCHLIGHT_DATA_DIR": str(folder / "data"), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["--help"])
    assert done.value.code == 0
    printed = capsys.readouterr().out
    assert all(command.name in printed and command.summary in printed for command in cli.COMMANDS)


def test_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"porchlight {porchlight.__version__}\n"


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["report"])
    assert done.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["serve"], ["check"], ["backup", "x.tar.gz"], ["manage", "check"]])
def test_a_wrong_setting_stops_the_command_and_says_what_to_set(tmp_path: Path, command: list[str]) -> None:
    done = _porchlight(tmp_path, *command, PORCHLIGHT_HOME="Kentucky")
    assert done.returncode == 2
    assert "PORCHLIGHT_HOME: " in done.stderr
    assert "like US-KY" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["answer", "40202"], ["facts", "audit"]])
def test_answering_never_waits_for_django(command: list[str]) -> None:
    code = f"import sys; from porchlight import cli; cli.parse({command!r}); print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


_OVERLAY = "by: A. Person\non: 2026-11-01\n"


def test_a_site_is_prepared_checked_saved_and_restored_by_commands(tmp_path: Path) -> None:
    assert _porchlight(tmp_path, "manage", "migrate", "--verbosity", "0").returncode == 0
    checked = _porchlight(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.splitlines()[:4] == [
        "facts: ready",
        "database: ready",
        "migrations: ready",
        "data_directory: ready",
    ]
    (tmp_path / "data" / "facts").mkdir(exist_ok=True)
    (tmp_path / "data" / "facts" / "fix.yaml").write_text(_OVERLAY)
    assert _porchlight(tmp_path, "backup", "saved.tar.gz").returncode == 0
    refused = _porchlight(tmp_path, "restore", "saved.tar.gz")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    (tmp_path / "data" / "facts" / "fix.yaml").unlink()
    assert _porchlight(tmp_path, "restore", "saved.tar.gz", "--force").returncode == 0
    assert (tmp_path / "data" / "facts" / "fix.yaml").read_text() == _OVERLAY


def test_check_says_that_no_e_mail_can_leave_and_the_site_is_ready_all_the_same(tmp_path: Path) -> None:
    assert _porchlight(tmp_path, "manage", "migrate", "--verbosity", "0").returncode == 0
    (tmp_path / "data" / "alerts.toml").write_text('[staff_alarm]\nemails = ["duty@example.org"]\n')
    done = _porchlight(tmp_path, "check")
    assert "PORCHLIGHT_EMAIL_URL" in done.stdout
    assert done.returncode == 0
    address = "smtps://duty%40example.org:hunter2@mail.example.org"
    set_up = _porchlight(tmp_path, "check", PORCHLIGHT_EMAIL_URL=address)
    assert "PORCHLIGHT_EMAIL_URL" not in set_up.stdout
    assert "hunter2" not in set_up.stdout + set_up.stderr


def test_check_tells_by_its_exit_code_that_the_database_is_away(tmp_path: Path) -> None:
    gone = "postgres://nobody@127.0.0.1:1/none"
    done = _porchlight(tmp_path, "check", PORCHLIGHT_DATABASE_URL=gone)
    assert done.returncode == 1
    assert "database: unreachable" in done.stdout
