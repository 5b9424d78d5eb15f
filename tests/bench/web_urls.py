"""The site's addresses, and the yardstick."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from porchlight.site.urls import handler400, handler403, handler404, handler500
from porchlight.site.urls import urlpatterns as site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

_BODY = b"x" * 8_000  # about a home page


def fixed(request: HttpRequest) -> HttpResponse:
    """What Django, the middleware and the server cost by themselves."""
    return HttpResponse(_BODY)


urlpatterns = [path("bench/fixed", fixed, name="fixed"), *site]
