"""The site's own addresses, and two that fail with a canary in the error and in the variables around it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from porchlight.site.urls import handler400, handler403, handler404, handler500
from porchlight.site.urls import urlpatterns as site
from tests.site.canary import WORD

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def raising(request: HttpRequest, secret: str = WORD) -> HttpResponse:
    """Fail as a careless view would."""
    place = secret + request.GET.get("place", "")
    raise RuntimeError(f"cannot find {place}")


def chained(request: HttpRequest) -> HttpResponse:
    """Fail with an error of another library, chained to one that holds what was sent."""
    try:
        int(WORD)
    except ValueError as error:
        raise LookupError(WORD, request.META) from error
    return HttpResponse()


urlpatterns = [
    *site,
    path("fails/<str:secret>/", raising, name="fails"),
    path("chained", chained, name="chained"),
]
