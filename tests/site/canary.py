"""Canaries: values that a visitor might send, put everywhere a request can carry one, and looked for afterwards."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver

from tests.report import counted_files

ROOT = Path(__file__).resolve().parents[2]
WORD = "qzcanaryqz"


def found_in(text: str | bytes) -> bool:
    """Is any canary there, whatever its case?"""
    data = text.encode() if isinstance(text, str) else text
    return WORD.encode() in data.lower()


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Every route of a URLconf as a pattern string, walked through included ones."""
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route


def paths(route: str) -> list[str]:
    """Addresses for a route: with a canary in each of its `<...>` parts, and one that goes on past it."""
    filled, rest = "", route
    while "<" in rest:
        before, _, rest = rest.partition("<")
        _converter, _, rest = rest.partition(">")
        filled += before + WORD
    path = "/" + (filled + rest).lstrip("/^").rstrip("$")
    return [path, f"{path.rstrip('/')}/{WORD}"]


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire; `body` in bytes."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


def requests(path: str) -> list[Sent]:
    """Every way to put a canary in a request to `path`: success, malformed, forbidden, too large."""
    headers = {
        "User-Agent": WORD,
        "Referer": f"https://{WORD}.example/{WORD}",
        "Cookie": f"sessionid={WORD}; csrftoken={WORD}; {WORD}=1",
        "X-Forwarded-For": WORD,
        "Accept-Language": WORD,
        f"X-{WORD}": WORD,
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    multipart = {"Content-Type": f"multipart/form-data; boundary={WORD}"}
    return [
        Sent("GET", f"{path}?place={WORD}&{WORD}=1&lang={WORD}", headers),
        Sent("HEAD", f"{path}?{WORD}", headers),
        Sent("POST", path, headers | form, f"place={WORD}&{WORD}=1&lang={WORD}".encode()),
        Sent("POST", path, headers | multipart, _upload()),
        Sent("POST", path, headers | multipart, b"--" + WORD.encode() + b"\r\nbroken"),
        Sent("POST", path, headers | {"Content-Type": "application/json"}, b'{"place":"' + WORD.encode()),
        Sent("POST", path, headers | form, WORD.encode() * 20_000),
        Sent("DELETE", f"{path}?{WORD}", headers),
        Sent(WORD.upper(), path, headers),
        Sent("GET", f"{path}?{WORD}", headers | {"Host": f"{WORD}.example"}),
        Sent("GET", f"{path}%ff%fe{WORD}?%ff={WORD}", headers),
    ]


def _upload() -> bytes:
    """A file of 40 kB, which a careless setting would spool to disk."""
    head = f'--{WORD}\r\nContent-Disposition: form-data; name="{WORD}"; filename="{WORD}.txt"\r\n\r\n'
    return head.encode() + WORD.encode() * 4_000 + f"\r\n--{WORD}--\r\n".encode()


def send(port: int, sent: Sent) -> tuple[int, bytes]:
    """Send it to the server on 127.0.0.1 and return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(sent.method, sent.target, skip_host="Host" in sent.headers)
        for name, value in sent.headers.items():
            connection.putheader(name, value)
        if sent.body:
            connection.putheader("Content-Length", str(len(sent.body)))
        connection.endheaders(sent.body or None)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@dataclass(frozen=True)
class Server:
    """A server that is running: its port and the file that takes all that it prints."""

    port: int
    printed: Path


@contextmanager
def server(folder: Path, settings: str, *, migrate: bool = True, **environ: str) -> Iterator[Server]:
    """Run `porchlight serve` as a process of its own, its data in `folder`/data, until the block ends.

    `migrate` makes the tables first, so that whatever could be stored has somewhere to go. A report of what was counted
    lies in its data directory, because there is a page for it then.
    """
    counted_files.write(folder / "data" / "counts", counted_files.sample())
    port = free_port()
    printed = folder / "printed.log"
    chosen = {"DJANGO_SETTINGS_MODULE": settings, "PORCHLIGHT_DATA_DIR": str(folder / "data")}
    everything = os.environ | chosen | environ
    porchlight = [sys.executable, "-m", "porchlight"]
    if migrate:
        subprocess.run(
            [*porchlight, "manage", "migrate", "--verbosity", "0"], cwd=ROOT, env=everything, check=True
        )
    with printed.open("wb") as out:
        process = subprocess.Popen(
            [*porchlight, "serve", "--port", str(port)],
            cwd=ROOT,
            env=everything,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_up(port, process, printed)
            yield Server(port, printed)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, and that the system gives to no connection before a server takes it."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_until_up(port: int, process: subprocess.Popen[bytes], printed: Path) -> None:
    """Return once /healthz answers; fail with what was printed when it does not within 90 seconds."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if send(port, Sent("GET", "/healthz", {}))[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{printed.read_text()}")
