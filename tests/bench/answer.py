"""Measures the Answer: processor time of answer() warm and cold, of a place look-up, start-up time, and memory.

Run: python tests/bench/answer.py
Each figure stands beside a yardstick of the same run, because machines differ; goals are those of docs/answer.md.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from porchlight.facts import shipped
from porchlight.places import Place, place_for, resolve
from porchlight.report import duty, law, rules, say, whom
from porchlight.report.answer import Answer, Concern, Role
from porchlight.report.porches import as_json, as_text
from porchlight.report.rules import answer

ROOT = Path(__file__).parents[2]
NOON = dt.datetime(2026, 12, 2, 17, 0, tzinfo=dt.UTC)
GOALS = {"answer": 50.0, "place": 5.0, "start": 1.5, "memory": 120.0}  # us, us, s, MB
Question = tuple[Place | None, Concern, Role]


def main() -> None:
    """Print one line a measure: what, how much, how many times its yardstick, and whether the goal is met."""
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    facts = shipped()
    questions = _questions()
    for question in questions:
        answer(*question, NOON, facts)
    _answers(questions)
    _cold(questions)
    _places()
    _start()
    _memory()


# --- answer() ---------------------------------------------------------------------------------------------------------


def _questions() -> list[Question]:
    """Every jurisdiction and no place, every concern, five kinds of people."""
    roles = (Role.anyone, Role.youth, Role.parent, Role.school, Role.health)
    places = [None, *(place_for(code) for code in shipped().jurisdictions)]
    return [(place, concern, role) for place in places for concern in Concern for role in roles]


def _answers(questions: Sequence[Question]) -> None:
    facts = shipped()
    kentucky = (resolve("40202"), Concern.sex_trafficking, Role.school)
    given = answer(getattr(kentucky[0], "place", None), *kentucky[1:], NOON, facts)
    document = as_json(given, "en")
    dumps = _microseconds(lambda: json.dumps(document))
    copied = _microseconds(lambda: copy.copy(document))
    print(f"yardsticks: json.dumps of one Answer {dumps:.0f} us, a copy of its dictionary {copied:.2f} us")

    print(
        f"\n{'answer(), warm':44} {'us':>8} {'x json.dumps':>13} {'x dict copy':>12}  goal {GOALS['answer']:.0f} us"
    )
    named: dict[str, Question] = {
        "Kentucky, sex_trafficking, school": (place_for("US-KY"), Concern.sex_trafficking, Role.school),
        "Tennessee, abuse_neglect (no opening hours)": (
            place_for("US-TN"),
            Concern.abuse_neglect,
            Role.anyone,
        ),
        "Dane County WI, abuse_neglect (two lines)": (
            place_for("US-WI", "55025"),
            Concern.abuse_neglect,
            Role.anyone,
        ),
        "Kentucky, about_me (most opening hours)": (place_for("US-KY"), Concern.about_me, Role.youth),
    }
    for name, question in named.items():
        _row(name, _microseconds(_asking(question)), dumps, copied)
    each = [_timed(_asking(question)) for question in questions]
    for name, value in (
        (f"all {len(each)} questions: median", statistics.median(each)),
        ("mean", statistics.fmean(each)),
        ("95 in 100 take at most", statistics.quantiles(each, n=20)[-1]),
        ("slowest", max(each)),
    ):
        _row(name, value, dumps, copied)
    moments = [NOON + dt.timedelta(minutes=17 * n) for n in range(20)]
    shuffled = [(q, at) for q in questions[:: len(questions) // 300] for at in moments]
    random.Random(1).shuffle(shuffled)
    for question, at in shuffled:
        answer(*question, at, facts)
    began = time.process_time()
    for question, at in shuffled:
        answer(*question, at, facts)
    _row(
        "at other moments of the day, in any order",
        (time.process_time() - began) / len(shuffled) * 1e6,
        dumps,
        copied,
    )
    print(f"{'as_json':44} {_microseconds(lambda: as_json(given, 'es')):8.1f}")
    print(f"{'as_text':44} {_microseconds(lambda: as_text(given, 'es')):8.1f}")


def _asking(question: Question, at: dt.datetime = NOON) -> Callable[[], Answer]:
    place, concern, role = question
    facts = shipped()
    return lambda: answer(place, concern, role, at, facts)


def _row(name: str, value: float, dumps: float, copied: float) -> None:
    met = "met" if value <= GOALS["answer"] else "NOT met"
    print(f"{name:44} {value:8.1f} {value / dumps:13.2f} {value / copied:12.1f}  {met}")


def _cold(questions: Sequence[Question]) -> None:
    facts = shipped()
    sample = questions[:: len(questions) // 200]
    took = []
    for question in sample:
        _forget()
        began = time.process_time()
        answer(*question, NOON, facts)
        took.append((time.process_time() - began) * 1e6)
    print(f"\n{'answer(), caches cleared (median)':44} {statistics.median(took):8.0f}")
    _forget()
    began = time.process_time()
    for question in questions:
        answer(*question, NOON, facts)
    each = (time.process_time() - began) / len(questions) * 1e6
    print(f"{'the first of a day, one after the other':44} {each:8.0f}")


def _forget() -> None:
    """Empty the caches of every module of the Answer."""
    for module in (rules, whom, duty, law, say):
        for value in vars(module).values():
            if (
                hasattr(value, "cache_clear")
                and value.__module__ == module.__name__
                and value.__name__ != "_catalogue"
            ):
                value.cache_clear()


# --- places -----------------------------------------------------------------------------------------------------------


def _places() -> None:
    table = {f"{number:05}": number for number in range(0, 100_000, 2)}
    yardstick = _microseconds(lambda: table.get("40202"))
    print(f"\n{'place look-up':44} {'us':>8} {'x dict.get':>13}  goal {GOALS['place']:.0f} us")
    for text in ("40202", "louisville ky", "Jefferson County, KY", "springfield"):
        took = _microseconds(lambda text=text: resolve(text))  # type: ignore[misc]
        print(
            f"{text:44} {took:8.2f} {took / yardstick:13.0f}  {'met' if took <= GOALS['place'] else 'NOT met'}"
        )


# --- start-up ---------------------------------------------------------------------------------------------------------

FIRST_ANSWER = """
import datetime as dt
from porchlight.facts import shipped
from porchlight.places import resolve
from porchlight.report.answer import Concern, Role
from porchlight.report.rules import answer
answer(resolve("40202").place, Concern.abuse_neglect, Role.anyone, dt.datetime.now(dt.UTC), shipped())
"""
EMPTY_SITE = """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
import django
django.setup()
from django.core.wsgi import get_wsgi_application
urlpatterns = []
get_wsgi_application()
"""


def _start() -> None:
    python = [sys.executable, "-c"]
    nothing, site = _seconds([*python, "pass"]), _seconds([*python, EMPTY_SITE])
    print(f"\nyardsticks: python -c pass {nothing}, an empty Django site {site}")
    print(f"{'start-up':44} {'s':>8} {'processor':>13} {'x Django':>12}  goal {GOALS['start']} s")
    for name, command in {
        "import, facts and the first Answer": [*python, FIRST_ANSWER],
        "porchlight answer 40202": [sys.executable, "-m", "porchlight", "answer", "40202"],
        "porchlight answer 40202 --text": [sys.executable, "-m", "porchlight", "answer", "40202", "--text"],
    }.items():
        took = _seconds(command)
        met = "met" if took.wall <= GOALS["start"] else "NOT met"
        ratio = took.processor / site.processor
        print(f"{name:44} {took.wall:8.2f} {took.processor:13.2f} {ratio:12.1f}  {met}")


class Took(NamedTuple):
    """Seconds by the clock on the wall, and seconds of the processor (the first grows with what else runs here)."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.processor:.2f} s of the processor)"


def _seconds(command: list[str]) -> Took:
    """Best of five runs of a process."""
    took = []
    for _ in range(5):
        began, before = time.perf_counter(), os.times()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        took.append(Took(time.perf_counter() - began, used))
    return min(took)


# --- memory -----------------------------------------------------------------------------------------------------------

ALL_ANSWERED = """
import datetime as dt, gc, pathlib
from porchlight.facts import shipped
from porchlight.places import place_for, resolve
from porchlight.report.answer import Concern, Role
from porchlight.report.porches import as_json
from porchlight.report.rules import answer
resolve("louisvile ky")
facts = shipped()
for code in facts.jurisdictions:
    for concern in Concern:
        given = answer(place_for(code), concern, Role.anyone, dt.datetime.now(dt.UTC), facts)
        as_json(given, "en"), as_json(given, "es")
gc.collect()
print(int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
"""
NOTHING = 'import pathlib; print(int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)'


def _memory() -> None:
    def resident(code: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    nothing, empty = resident(NOTHING), resident(EMPTY_SITE + NOTHING)
    print(f"\nyardsticks: python {nothing:.0f} MB, an empty Django site {empty:.0f} MB")
    print(
        f"{'resident memory':44} {'MB':>8} {'x python':>13} {'x Django':>12}  goal {GOALS['memory']:.0f} MB"
    )
    measured = {"all facts, places, 504 Answers in JSON": resident(ALL_ANSWERED)}
    worker = _worker()
    if worker is None:
        print("one worker of the site: the site did not start here")
    else:
        measured["one worker of the site, each place asked"] = worker
    for name, value in measured.items():
        met = "met" if value <= GOALS["memory"] else "NOT met"
        print(f"{name:44} {value:8.0f} {value / nothing:13.1f} {value / empty:12.1f}  {met}")


def _worker() -> float | None:
    """Resident memory of the largest process of `porchlight serve` after it has answered for every jurisdiction."""
    with _site() as (server, port):
        if not _wait(port):
            return None
        for code in shipped().jurisdictions:
            for language in ("en", "es"):
                address = f"http://127.0.0.1:{port}/us/{code[3:].lower()}/"
                request = urllib.request.Request(address, headers={"Accept-Language": language})
                with closing(urllib.request.urlopen(request, timeout=30)) as page:
                    page.read()
        return max(_resident(process) for process in [server.pid, *_children(server.pid)])


@contextmanager
def _site() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"PORCHLIGHT_DATA_DIR": folder, "PORCHLIGHT_WORKERS": "1"}
        command = [sys.executable, "-m", "porchlight", "serve", "--port", str(port)]
        server = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield server, port
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait(port: int) -> bool:
    for _ in range(150):
        with (
            suppress(OSError),
            closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)),
        ):
            return True
        time.sleep(0.2)
    return False


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [each for child in map(int, listed) for each in (child, *_children(child))]


def _resident(process: int) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


# --- timing -----------------------------------------------------------------------------------------------------------


def _microseconds(call: Callable[[], object]) -> float:
    """Best of seven rounds of about 20 ms each, in microseconds of processor time a call."""
    number = max(1, int(0.02 / max(_timed(call) / 1e6, 1e-7)))
    return min(_round(call, number) for _ in range(7))


def _timed(call: Callable[[], Answer | object]) -> float:
    """Best of five calls, in microseconds of processor time."""
    return min(_round(call, 3) for _ in range(5))


def _round(call: Callable[[], object], number: int) -> float:
    began = time.process_time()
    for _ in range(number):
        call()
    return (time.process_time() - began) / number * 1e6


if __name__ == "__main__":
    main()
