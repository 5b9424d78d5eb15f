"""A thousand clients that never finish: some never end their headers, some never end their form, some never read.

Loopback only, bounded in number and time; nothing runs on after the block ends.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator

SLOW = 1_000
_DRIP_EVERY = 1.0  # seconds between single bytes, so that no idle timeout ends a connection
_LONG = 40_000  # bytes that a form says it has, below what we accept


def _headers() -> bytes:
    return b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


def _form() -> bytes:
    return (
        b"POST /answer/ HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\nplace=" % _LONG
    )


def _reader() -> bytes:
    return b"GET /us/ky/ HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.contextmanager
def holding_on(port: int, clients: int = SLOW) -> Iterator[list[socket.socket]]:
    """Open `clients` slow connections to 127.0.0.1, drip a byte into each every second, and close them all at the end.

    The list holds those that are open; a server or proxy that ends one is within its rights.
    """
    opened: list[socket.socket] = []
    stop = threading.Event()
    try:
        for number in range(clients):
            opened.append(_begin(port, (_headers, _form, _reader)[number % 3]()))
        dripping = threading.Thread(target=_drip, args=(opened, stop), daemon=True)
        dripping.start()
        yield opened
    finally:
        stop.set()
        for each in opened:
            each.close()


def _begin(port: int, first: bytes) -> socket.socket:
    connection = socket.socket()
    # A window as small as it gets: whoever reads nothing fills it at once.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    connection.sendall(first)
    connection.setblocking(False)
    return connection


def _drip(opened: list[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(_DRIP_EVERY):
        for each in opened:
            with contextlib.suppress(OSError):
                each.send(b"a")


def still_open(opened: list[socket.socket]) -> int:
    """How many of them the other side has not ended."""
    with selectors.DefaultSelector() as selector:
        for each in opened:
            if each.fileno() >= 0:
                selector.register(each, selectors.EVENT_READ)
        ready = {key.fileobj for key, _events in selector.select(timeout=0)}
    ended = 0
    for each in opened:
        if each in ready:
            with contextlib.suppress(BlockingIOError):
                try:
                    ended += each.recv(1, socket.MSG_PEEK) == b""
                except ConnectionError:
                    ended += 1
    return len(opened) - ended


def seconds_for_a_new_one(port: int, request: bytes) -> float:
    """How long someone new waits for the whole of one answer, over a connection of their own."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    if not answer.startswith(b"HTTP/1.1 200"):
        raise AssertionError(answer[:200])
    return time.monotonic() - began
