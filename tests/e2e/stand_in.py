"""A second server, standing in for the page that "Leave now" leads to: it writes down what each request tells it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = "Sunny, 72 degrees"
_PAGE = f"<!doctype html><title>Weather</title><h1>{WORDS}</h1>".encode()


@dataclass
class StandIn:
    """`address` of its page, and for each request there its headers, lower-case names."""

    address: str
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serve the page on a free port of this machine until the block ends."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/weather":
                seen.asked.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200 if self.path == "/weather" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library names it so)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    seen = StandIn(f"http://127.0.0.1:{server.server_port}/weather")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
