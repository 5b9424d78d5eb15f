"""Measures place look-ups: processor time beside a dict look-up and a re.match of the same run; load, memory, size.

Run: python tests/bench/places.py
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import porchlight.places
from porchlight.places import resolve
from porchlight.places.gazetteer import Gazetteer

CASES = {
    "ZIP code": "40202",
    "ZIP+4": "40202-1234",
    "ZIP code that asks the county": "40008",
    "city and state": "louisville ky",
    "city, state": "Louisville, Kentucky",
    "county and state": "Jefferson County, KY",
    "state": "Kentucky",
    "accents": "Añasco",
    "ambiguous city (31 choices)": "springfield",
    "ambiguous county (30)": "washington county",
    "one slip, state known": "louisvile ky",
    "unknown": "nosuchplace",
    "unknown ZIP code": "00000",
    "10,000 characters": "x" * 10_000,
    "worst of 200 characters": "a, " * 66,
}
FILE = Path(porchlight.places.__file__).with_name("places.bin")
STATEMENT = "import sys; sys.path.insert(0, sys.argv[1])"
MEMORY = f"""
{STATEMENT}
import gc, pathlib
def resident():
    gc.collect()
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
import porchlight.places
before = resident()
for text in ("40202", "louisville ky", "springfield", "louisvile ky"):
    porchlight.places.resolve(text)
print(resident() - before)
"""


def main() -> None:
    """Print one line a measure: what, how much, and how many times the yardstick."""
    table = {f"{number:05}": number for number in range(0, 100_000, 2)}
    pattern = re.compile(r"(\d{5})(?:-\d{4})?")
    yardstick = microseconds(lambda: table.get("40202"))
    matching = microseconds(lambda: pattern.match("40202"))
    print(
        f"yardsticks: dict.get {yardstick:.3f} us, re.match {matching:.3f} us (each within a lambda, as below)"
    )
    print(f"{'look-up':30} {'us':>9} {'x dict.get':>11} {'x re.match':>11}  answer")
    for name, text in CASES.items():
        took = microseconds(lambda text=text: resolve(text))  # type: ignore[misc]
        answer = type(resolve(text)).__name__
        print(f"{name:30} {took:9.2f} {took / yardstick:11.0f} {took / matching:11.0f}  {answer}")
    load = min(timeit.repeat(lambda: Gazetteer(FILE), timer=time.process_time, number=1, repeat=20)) * 1000
    reading = min(timeit.repeat(FILE.read_bytes, timer=time.process_time, number=1, repeat=20)) * 1000
    print(f"load: {load:.2f} ms, {load / reading:.1f} times reading the file's bytes")
    added = int(
        subprocess.run(
            [sys.executable, "-c", MEMORY, str(FILE.parents[2])], capture_output=True, check=True
        ).stdout
    )
    size = FILE.stat().st_size
    print(
        f"file: {size / 1e6:.2f} MB; resident memory added: {added / 1e6:.2f} MB, {added / size:.2f} times the file"
    )


def microseconds(call: Callable[[], object]) -> float:
    """Best of seven rounds of about 50 ms each, in microseconds a call."""
    gc.collect()
    timer = timeit.Timer(call, timer=time.process_time)
    number, taken = timer.autorange()
    number = max(1, int(number * 0.05 / taken))
    return min(timer.repeat(repeat=7, number=number)) / number * 1e6


if __name__ == "__main__":
    main()
