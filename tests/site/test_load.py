"""With the proxy that docs/running.md describes, a thousand slow clients hold up nobody, and nothing asked is kept."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import canary, slow_clients

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
WITHIN = 1.0  # seconds

FORM = b"place=40202&concern=sex_trafficking&role=school"
ASKED = {
    "answer page": (
        b"POST /answer/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (len(FORM), FORM)
    ),
    "state page": b"GET /us/ky/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "JSON": b"GET /api/v1/answer?place=40202 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}

pytestmark = pytest.mark.proxy


@pytest.fixture(autouse=True)
def _enough_descriptors() -> Iterator[None]:
    """Each connection takes one here, and two in the proxy, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _documented(root: Path, start: str) -> str:
    """The indented block of docs/running.md whose first line is `start`, without its indentation."""
    text = (root / "docs" / "running.md").read_text()
    block = re.search(rf"^    {re.escape(start)}\n(?:(?:    .*)?\n)*", text, re.MULTILINE)
    assert block is not None, start
    return re.sub(r"^    ", "", block[0], flags=re.MULTILINE).rstrip()


def _configuration(root: Path, folder: Path, port: int, upstream: int, *, log: bool = False) -> str:
    """nginx.conf from the document's own text; only ports, certificates and folders are put in."""
    site = _documented(root, "server {")
    site = re.sub(r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};", site)
    site = re.sub(r"^ +(ssl_certificate|server_name).*\n", "", site, flags=re.MULTILINE)
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    format_ = ""
    if log:
        format_, _, line = _documented(root, _LOG_FORMAT).partition("\n")
        site = site.replace("access_log off;", line.replace("/var/log/nginx", str(folder)))
    temporary = "".join(
        f"{kind}_temp_path {folder}/spooled;\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"{_documented(root, 'worker_rlimit_nofile 16384;')}\n"
        f"pid {folder}/nginx.pid;\ndaemon off;\nhttp {{\n{temporary}{format_}\n{site}\n}}\n"
    )


_LOG_FORMAT = "log_format porchlight '$time_iso8601 $status $body_bytes_sent $request_time';"


@contextlib.contextmanager
def proxy(root: Path, folder: Path, upstream: int, *, log: bool = False) -> Iterator[int]:
    """Run nginx as the document says, in front of `upstream`, until the block ends; gives its port."""
    port = canary.free_port()
    conf = folder / "nginx.conf"
    conf.write_text(_configuration(root, folder, port, upstream, log=log))
    with (folder / "nginx.printed").open("wb") as printed:
        command = [str(NGINX), "-p", str(folder), "-c", str(conf), "-e", "/dev/null"]
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_listens(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_it_listens(port: int) -> None:
    """It may have nothing behind it, so no page can tell."""
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("nginx did not start")


def test_someone_new_is_answered_within_a_second_beside_a_thousand_slow_clients(
    root: Path, tmp_path: Path
) -> None:
    with (
        canary.server(tmp_path, "porchlight.site.settings") as server,
        proxy(root, tmp_path, server.port) as port,
        slow_clients.holding_on(port) as slow,
    ):
        time.sleep(3)  # the pages of those who never read are made first
        for name, request in ASKED.items():
            took = [slow_clients.seconds_for_a_new_one(port, request) for _ in range(3)]
            assert min(took) < WITHIN, (name, took)
        assert slow_clients.still_open(slow) > slow_clients.SLOW * 0.9  # or nothing was held against us
    assert [path for path in tmp_path.rglob("spooled/*") if path.is_file()] == []


def test_the_proxy_as_documented_keeps_nothing_of_what_was_asked(root: Path, tmp_path: Path) -> None:
    """Not with the log that is allowed, not when Porchlight is away, and the page then still says 911."""
    target = f"/api/v1/answer?place={canary.WORD}"
    with (
        canary.server(tmp_path, "porchlight.site.settings") as server,
        proxy(root, tmp_path, server.port, log=True) as port,
    ):
        for request in canary.requests(f"/{canary.WORD}"):
            canary.send(port, request)
        assert canary.send(port, canary.Sent("GET", target, {"Host": "localhost"}))[0] == 422
    with proxy(root, tmp_path, canary.free_port(), log=True) as port:
        status, body = canary.send(port, canary.Sent("GET", target, {"Host": "localhost"}))
        assert (status, b"tel:911" in body) == (502, True)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in kept if canary.found_in(path.read_bytes())] == []
    lines = (tmp_path / "porchlight.log").read_text().splitlines()
    assert len(lines) > 5
    assert all(re.fullmatch(r"\S+ \d{3} \d+ [\d.]+", line) for line in lines), lines
