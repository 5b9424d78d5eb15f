"""./run: the site, the sender and the practice phone start together and end together.

The script itself is run, beside a `porchlight` that writes down how it was called instead of doing it.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PORCHLIGHT = """#!/bin/sh
echo "$1 PORT=$PORT PHONE_PORT=$PHONE_PORT $*" >>"$CALLS"
case "$*" in
manage*) exit 0 ;;
"phone --wanted") exit "$NO_PHONE" ;;
esac
trap 'echo "$1 ended" >>"$CALLS"; kill "$!"; exit 0' TERM
sleep 60 &
echo "$1 pid=$$" >>"$CALLS"
wait $!
"""


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """What ./run stands on, with the work of setting up left out."""
    shutil.copy(root / "run", tmp_path / "run")
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "environment.sh").write_text(
        "environment() { :; }\nsay() { printf '%s\\n' \"$*\" >&2; }\n"
    )
    program = tmp_path / ".venv" / "bin" / "porchlight"
    program.parent.mkdir(parents=True)
    program.write_text(PORCHLIGHT)
    program.chmod(0o755)
    return tmp_path


def _hear_signals() -> None:
    """Tests that run in the background ignore these two, and a shell that inherits that can never trap them."""
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


class Run:
    """./run, running, with what it was seen to call."""

    def __init__(self, clone: Path, **environment: str) -> None:
        self._calls = clone / "calls"
        self._err = clone / "err"
        self._calls.touch()
        given = {"PATH": "/usr/bin:/bin", "CALLS": str(self._calls), "NO_PHONE": "0", **environment}
        with self._err.open("w") as err:
            # A session of its own, as a terminal gives it: Ctrl-C reaches it and all that it started.
            self.process = subprocess.Popen(
                ["./run"],
                cwd=clone,
                env=given,
                stderr=err,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                preexec_fn=_hear_signals,
            )

    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    def said(self) -> str:
        return self._err.read_text()

    def pid_of(self, part: str) -> int | None:
        found = [line for line in self.calls() if line.startswith(f"{part} pid=")]
        return int(found[0].partition("=")[2]) if found else None

    def wait_for(self, what: Callable[[], object]) -> None:
        until = time.monotonic() + 15
        while not what():
            assert time.monotonic() < until, (self.calls(), self.said())
            time.sleep(0.02)

    def wait_until_up(self, *parts: str) -> None:
        self.wait_for(lambda: all(self.pid_of(part) for part in parts))


@pytest.fixture
def start(clone: Path) -> Iterator[Callable[..., Run]]:
    started: list[Run] = []

    def starting(**environment: str) -> Run:
        started.append(Run(clone, **environment))
        return started[-1]

    yield starting
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
        each.process.wait(15)


def test_all_three_parts_start_and_both_addresses_are_told(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_until_up("serve", "send", "phone")
    calls = run.calls()
    assert calls[0].endswith("manage migrate --verbosity 0")
    assert "serve PORT=8000 PHONE_PORT=8001 serve --port 8000" in calls
    assert "phone PORT=8000 PHONE_PORT=8001 phone --port 8001" in calls
    run.wait_for(lambda: "http://127.0.0.1:8001" in run.said())
    assert "http://127.0.0.1:8000" in run.said()


def test_other_ports_are_for_all_parts(start: Callable[..., Run]) -> None:
    run = start(PORT="9100", PHONE_PORT="9200")
    run.wait_until_up("serve", "send", "phone")
    assert all("PORT=9100 PHONE_PORT=9200" in line for line in run.calls() if " PORT=" in line)
    run.wait_for(lambda: "http://127.0.0.1:9200" in run.said())


def test_a_site_with_real_senders_gets_no_phone(start: Callable[..., Run]) -> None:
    run = start(NO_PHONE="1")
    run.wait_until_up("serve", "send")
    run.wait_for(lambda: "Porchlight is on" in run.said())
    time.sleep(0.3)
    assert run.pid_of("phone") is None
    assert "watch them" not in run.said()


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)], ids=str
)
def test_being_stopped_stops_every_part(start: Callable[..., Run], sent: signal.Signals, code: int) -> None:
    run = start()
    run.wait_until_up("serve", "send", "phone")
    run.wait_for(lambda: "watch them" in run.said())
    run.process.send_signal(sent)
    assert run.process.wait(15) == code
    assert {line for line in run.calls() if line.endswith("ended")} == {
        "serve ended",
        "send ended",
        "phone ended",
    }


@pytest.mark.parametrize("part", ["serve", "send", "phone"])
def test_when_one_part_dies_it_is_said_and_the_others_end(start: Callable[..., Run], part: str) -> None:
    run = start()
    run.wait_until_up("serve", "send", "phone")
    run.wait_for(lambda: "watch them" in run.said())
    pid = run.pid_of(part)
    assert pid is not None
    subprocess.run(["kill", "-9", str(pid)], check=True)
    assert run.process.wait(15) == 1
    assert "A part of Porchlight ended (exit code 137)" in run.said()
    others = {"serve ended", "send ended", "phone ended"} - {f"{part} ended"}
    assert {line for line in run.calls() if line.endswith("ended")} == others
