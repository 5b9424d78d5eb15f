"""The same addresses, with a shelf and a store of pieces that hold nothing."""

from __future__ import annotations

from porchlight.report import fragments
from tests.bench.web_uncached_urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

fragments.FRAGMENTS.limit(0)
