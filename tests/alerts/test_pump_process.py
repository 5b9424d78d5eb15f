"""`porchlight send`, as a process of its own, on a site of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONSOLE = """
[[senders]]
name = "practice"
number = "+15025550100"
carrier = "console"
"""
ENQUEUE = """
import time, django
django.setup()
from django.utils import timezone
from porchlight.alerts import numbers, outbox
from porchlight.alerts.models import Delivery
number = numbers.get("+15022000001", timezone.now())
outbox.enqueue(number, "Call 911.", Delivery.Kind.REPLY, "en", time.time())
"""
FORGET = """
import django
django.setup()
from porchlight.alerts.models import Delivery
Delivery.objects.all().delete()
"""
STATES = """
import django
django.setup()
from porchlight.alerts.models import Delivery, Pump
print([(row.state, row.pump) for row in Delivery.objects.all()], [row.until for row in Pump.objects.all()])
"""


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    """The environment of a migrated site whose carrier is the terminal."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    environ |= {"PORCHLIGHT_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "porchlight.site.settings"}
    (tmp_path / "alerts.toml").write_text(CONSOLE)
    subprocess.run([*PORCHLIGHT, "manage", "migrate", "--verbosity", "0"], env=environ, check=True)
    return environ


PORCHLIGHT = (sys.executable, "-m", "porchlight")


@contextmanager
def sender(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*PORCHLIGHT, "send"], env=environ, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def said(environ: dict[str, str], words: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", words], env=environ, check=True, capture_output=True, text=True
    ).stdout


def next_text(running: subprocess.Popen[str]) -> str:
    """The next line about a text; the journal's lines between are left out."""
    assert running.stdout is not None
    return next(line for line in running.stdout if line.startswith("text to"))


def test_it_sends_what_is_queued_and_stops_cleanly_and_the_next_begins_at_once(site: dict[str, str]) -> None:
    said(site, ENQUEUE)
    for _ in range(2):
        with sender(site) as running:
            assert next_text(running).strip() == "text to …01, 1 segment(s): Call 911."
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        # Delivered, held by nobody; the slot is given up, so that the next one need not wait for its lease.
        assert said(site, STATES).startswith("[(3, '')")
        assert said(site, STATES).endswith("[0.0]\n")
        said(site, FORGET)
        said(site, ENQUEUE)


def test_a_wrong_alerts_toml_is_said_before_anything_starts(site: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text("[[senders]]\nname = 'x'\nnumber = 'no'\ncarrier = 'console'\n")
    refused = subprocess.run([*PORCHLIGHT, "send"], env=site, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "alerts.toml: senders.x: number: write it like" in refused.stderr


@pytest.mark.parametrize("of", ["0", "65"])
def test_a_count_that_makes_no_sense_is_refused(site: dict[str, str], of: str) -> None:
    refused = subprocess.run(
        [*PORCHLIGHT, "send", "--of", of], env=site, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 2
