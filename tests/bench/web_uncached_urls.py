"""The same addresses, with a shelf that holds nothing."""

from __future__ import annotations

from porchlight.report import shelf
from tests.bench.web_urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

shelf.SHELF.limit(0)
