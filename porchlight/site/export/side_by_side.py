"""The languages of a copy, each made in a process of its own: thousands of pages, and two cores on a small machine."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection, wait

import django
from django.conf import settings

from porchlight.site.export import crawl
from porchlight.site.export.folder import ExportError


def files(day: dt.date) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of the copy, in no certain order.

    Raises ExportError for a page that cannot be copied, and for a link between languages that leads nowhere.
    """
    written: set[str] = set()
    linked: set[str] = set()
    with ExitStack() as running:
        open_ends = [_start(day, code, running) for code, _ in settings.LANGUAGES]
        while open_ends:
            for end in wait(open_ends):
                said = _next(end)  # type: ignore[arg-type]
                if isinstance(said, ExportError):
                    raise said
                if isinstance(said, set):
                    linked |= said
                    open_ends.remove(end)  # type: ignore[arg-type]
                else:
                    written.add(said[0])
                    yield said
    if linked - written:
        raise ExportError(f"pages link to {min(linked - written)}, and there is no such page")


def _start(day: dt.date, code: str, running: ExitStack) -> Connection:
    """Start the process of one language; it ends when `running` does, at the latest."""
    fresh = multiprocessing.get_context(
        "spawn"
    )  # a fork would take the threads' locks of this process with it
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_work, args=(theirs, day, code), daemon=True)
    process.start()
    theirs.close()
    running.callback(process.join)
    running.callback(process.terminate)
    running.callback(ours.close)
    return ours


def _next(end: Connection) -> tuple[str, bytes] | set[str] | ExportError:
    try:
        said: tuple[str, bytes] | set[str] | ExportError = end.recv()
    except EOFError:
        return ExportError("a process that made pages ended before it was done; its own message stands above")
    return said


def _work(end: Connection, day: dt.date, code: str) -> None:
    """In the process of one language: say each file, and at the end the files of other languages it links to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    django.setup()
    linked: set[str] = set()
    try:
        for file in crawl.files(day, code, linked):
            end.send(file)
        end.send(linked)
    except ExportError as error:
        end.send(error)
