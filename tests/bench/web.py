"""Measures the running site: requests a second and the slowest of a hundred, beside a fixed Django response.

Each page is asked by 8 connections for a few seconds through `porchlight serve` with one worker, over loopback, for all
56 jurisdictions in turn. The yardstick goes through the same server and middleware in the same run, next to each page.
Processor time is the server's own, for each request: it says the same whatever else the machine is doing.
First with nothing kept; then with pieces kept (a card, the law of a place: whatever shows nothing but values that
stand in its key) but no page, which is what the goal of 20 % is about; then with the shelf of whole pages in use.
Needs Linux and `wrk` (Debian: apt-get install wrk).

Run: python tests/bench/web.py [SECONDS]
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from porchlight.places import jurisdictions
from tests.site import canary

CONNECTIONS = 8
CODES = [code for code, _name in jurisdictions()]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """What is asked: each of `targets` in turn, with `bodies` in step where they are sent by POST."""

    name: str
    targets: list[str]
    bodies: list[str] | None = None


PAGES = [
    Page("home", ["/"]),
    Page(
        "answer (POST)", ["/answer/"], [f"place={code}&concern=sex_trafficking&role=school" for code in CODES]
    ),
    Page("about me (POST)", ["/answer/"], ["concern=about_me"]),
    Page("jurisdiction page", [f"/us/{code[3:].lower()}/" for code in CODES]),
    Page(
        "JSON answer", [f"/api/v1/answer?place={code}&concern=sex_trafficking&role=school" for code in CODES]
    ),
    Page("JSON jurisdiction", [f"/api/v1/jurisdictions/{code}" for code in CODES]),
]
# What is printed above the figures of each, and its settings.
SETUPS = {
    "nothing kept: no page, and no piece of one": "tests.bench.web_bare_settings",
    "no page kept; the pieces of a page that show the same facts and codes are made once": (
        "tests.bench.web_uncached_settings"
    ),
    "whole pages kept until they would say something else": "tests.bench.web_settings",
}
FIXED = Page("fixed response", ["/bench/fixed"])


@dataclass(frozen=True)
class Measured:
    """Requests a second, the slowest of a hundred and the server's processor time for one, both in milliseconds.

    `wrong` counts the answers that were not 2xx or 3xx.
    """

    per_second: float
    p99: float
    processor: float
    wrong: int


def main() -> int:
    """Print one line a page; 1 when any answer was wrong."""
    if shutil.which("wrk") is None:
        print("wrk is not here. Debian: apt-get install wrk", file=sys.stderr)
        return 2
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    wrong = 0
    for title, module in SETUPS.items():
        with tempfile.TemporaryDirectory() as folder, canary.server(Path(folder), module) as server:
            wrong += measure(title, server.port, seconds, Path(folder))
    return 1 if wrong else 0


def measure(title: str, port: int, seconds: int, folder: Path) -> int:
    """Measure every page of one server, the yardstick between them, and return how many answers were wrong."""
    print(
        f"\n{title}\n{'page':20} {'requests/s':>11} {'of fixed':>9} {'p99 ms':>8} {'CPU ms':>8} {'of fixed':>9}"
    )
    before = load(FIXED, port, seconds, folder)
    wrong = before.wrong
    for page in PAGES:
        warm_up(page, port)
        took = load(page, port, seconds, folder)
        after = load(FIXED, port, seconds, folder)
        # Other work comes and goes on the machine: each page is held beside what was measured next to it.
        rate = 2 * took.per_second / (before.per_second + after.per_second)
        processor = (before.processor + after.processor) / 2 / took.processor
        print(
            f"{page.name:20} {took.per_second:11.0f} {rate:9.0%} {took.p99:8.1f} {took.processor:8.2f} {processor:9.0%}"
            + (f"  {took.wrong} WRONG" if took.wrong else ""),
            flush=True,
        )
        wrong += took.wrong + after.wrong
        before = after
    print(f"{FIXED.name:20} {before.per_second:11.0f} {'':9} {before.p99:8.1f} {before.processor:8.2f}")
    return wrong


def warm_up(page: Page, port: int) -> None:
    """Ask everything once: what is read from files and worked out once is not what is measured."""
    for index, target in enumerate(page.targets * (len(page.bodies) if page.bodies else 1)):
        if page.bodies:
            sent = canary.Sent("POST", target, {"Content-Type": FORM}, page.bodies[index].encode())
        else:
            sent = canary.Sent("GET", target, {})
        canary.send(port, sent)


def load(page: Page, port: int, seconds: int, folder: Path) -> Measured:
    """Ask a page for so many seconds."""
    script = folder / "ask.lua"
    script.write_text(_lua(page))
    began = processor_seconds(port)
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"),
            *("--latency", "--script", str(script), f"http://127.0.0.1:{port}"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", done)
    if rate is None or slow is None:
        raise SystemExit(f"wrk said:\n{done}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done)
    wrong = (int(refused[1]) if refused else 0) + (sum(map(int, failed.groups())) if failed else 0)
    answered = re.search(r"(\d+) requests in", done)
    spent = (processor_seconds(port) - began) / int(answered[1] if answered else 1)
    slowest = float(slow[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slow[2]]
    return Measured(float(rate[1]), slowest, spent * 1000, wrong)


def processor_seconds(port: int) -> float:
    """Processor time so far of the server on `port` and its workers, as Linux counts it in /proc."""
    every = [path for path in Path("/proc").iterdir() if path.name.isdecimal()]
    servers = {path.name for path in every if f"--port\0{port}\0".encode() in _read(path / "cmdline")}
    ticks = 0
    for path in every:
        # After the name, which stands in brackets: state, parent, ..., user and system time.
        fields = _read(path / "stat").rpartition(b")")[2].split()
        if fields and (path.name in servers or fields[1].decode() in servers):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _read(path: Path) -> bytes:
    """A file of a process that may have ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _lua(page: Page) -> str:
    """A script for wrk: one request for each target or body, made once and sent in turn."""
    if page.bodies is not None:
        requests = [
            f'wrk.format("POST", "{page.targets[0]}", {{["Content-Type"]="{FORM}"}}, "{body}")'
            for body in page.bodies
        ]
    else:
        requests = [f'wrk.format("GET", "{target}")' for target in page.targets]
    made = ",\n".join(requests)
    return (
        f"function init(args)\n made = {{\n{made}\n}}\n next_one = 0\nend\n"
        "function request()\n next_one = next_one % #made + 1\n return made[next_one]\nend\n"
    )


if __name__ == "__main__":
    sys.exit(main())
