"""The WSGI application that `porchlight serve` runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from porchlight.site import errors, journal


class Guard:
    """The application's last line: whatever escapes Django becomes the standing page, never a traceback."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except Exception as error:
            journal.write(journal.Event.PAGE_FAILED, level=logging.ERROR, status=500, exception=error)
            page = errors.standing_page()
            start_response("500 Internal Server Error", list(page.items()))
            return [page.content]


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
journal.silence_hooks()
application = Guard(get_wsgi_application())
errors.prepare()
