"""The log: JSON lines made only of fields on an allow-list, so that nothing a visitor sent can be in it.

A line never holds a path, query, address, header, body, error text or variable. Records that other libraries write
keep their level and the place in the code that wrote them; their words are dropped, because nobody can promise
what is in them.
"""

from __future__ import annotations

import json
import logging
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

FIELDS = ("time", "level", "event", "route", "method", "status", "milliseconds", "exception", "where")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_STDLIB = sysconfig.get_path("stdlib")
_LOGGER = logging.getLogger("porchlight.journal")


class Event(StrEnum):
    """Everything that Porchlight itself may say in the log."""

    ANSWERED = "answered"
    STARTING = "starting"
    PAGE_FAILED = "page_failed"
    OVERLAY_REFUSED = "overlay_refused"
    NOT_READY = "not_ready"


# How the `logging` module is set, for Django (settings.LOGGING) and for the server that runs it.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"allow_list": {"()": "porchlight.site.journal.AllowList"}},
    "handlers": {"out": {"class": "porchlight.site.journal.QuietHandler", "formatter": "allow_list"}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        # Each of these would otherwise come with a handler of its own that prints the path.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Each request already has its line; only failures are worth a second one, which says where.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        "django.db.backends": {"handlers": [], "level": "ERROR", "propagate": True},
        "_granian": {"handlers": [], "level": "INFO", "propagate": True},
        "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}


def write(
    event: Event,
    *,
    level: int = logging.INFO,
    route: str | None = None,
    method: str | None = None,
    status: int | None = None,
    milliseconds: float | None = None,
    exception: BaseException | None = None,
) -> None:
    """Write one line. `route` is the name of an address pattern, never the address itself."""
    line = {
        "event": event.value,
        "route": route,
        "method": method and (method if method in _METHODS else "OTHER"),
        "status": status,
        "milliseconds": milliseconds,
    }
    _LOGGER.log(level, "", extra={"porchlight_line": line}, exc_info=exception)


class AllowList(logging.Formatter):
    """Turn a record into one JSON line of FIELDS; whatever else the record holds is dropped."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "library",
        }
        if record.name == _LOGGER.name:
            line |= getattr(record, "porchlight_line", {})
        else:
            line["where"] = f"{_code_path(record.pathname)}:{record.lineno}"
        if record.exc_info and record.exc_info[0]:
            line |= describe(record.exc_info[0], record.exc_info[2])
        return json.dumps({name: line[name] for name in FIELDS if line.get(name) is not None})


def describe(kind: type[BaseException], trace: TracebackType | None) -> dict[str, str]:
    """Name an exception's class and the line of code that raised it, and nothing that it says."""
    described = {"exception": f"{kind.__module__}.{kind.__qualname__}"}
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        # The last line that is not Python's own: "pathlib.py" would tell nobody what went wrong.
        if "where" not in described or not _is_python_s_own(filename):
            described["where"] = f"{_code_path(filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return described


def _is_python_s_own(filename: str) -> bool:
    return filename.startswith(("<frozen", _STDLIB)) and "-packages" not in filename


class QuietHandler(logging.StreamHandler[Any]):
    """Writes to standard output; a record that cannot be written is lost, not printed with its arguments."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the logging module's name
        """Say nothing: the logging module's own report would print the message."""


class RequestLine:
    """Middleware, outermost: one line for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self._get_response(request)
        write(
            Event.ANSWERED,
            route=request.resolver_match.view_name if request.resolver_match else None,
            method=request.method or "",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - start) * 1000, 1),
        )
        return response


class BareReporter(ExceptionReporter):
    """What DEBUG shows of a failure: the class and the lines of code, never a value, a setting or the request."""

    def get_traceback_text(self) -> SafeString:
        lines = [f"{self.exc_type.__name__}" if self.exc_type else "no exception"]
        trace = self.tb
        while trace is not None:
            lines.append(f"  {_code_path(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}")
            trace = trace.tb_next
        return SafeString("\n".join(lines) + "\n")

    def get_traceback_html(self) -> SafeString:
        return format_html(
            "<!doctype html><title>Porchlight</title><pre>{}</pre>", str(self.get_traceback_text())
        )


def silence_hooks() -> None:
    """Make uncaught failures go through the allow-list too, instead of printing a traceback and its message."""
    sys.excepthook = lambda kind, error, trace: _log_uncaught(error)
    threading.excepthook = lambda args: _log_uncaught(args.exc_value)
    sys.unraisablehook = lambda args: _log_uncaught(args.exc_value)
    logging.captureWarnings(True)


def _log_uncaught(error: BaseException | None) -> None:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return
    write(Event.PAGE_FAILED, level=logging.ERROR, exception=error)


def _code_path(filename: str) -> str:
    """Keep the part of a source file's name from the package on: where it is installed is nobody's business."""
    parts = PurePath(filename).parts
    for marker in ("site-packages", "dist-packages"):
        if marker in parts:
            return "/".join(parts[parts.index(marker) + 1 :])
    if "porchlight" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("porchlight") :])
    return "/".join(parts[-2:])
