"""The icon, and what machines ask: may search engines read it, is it up, is it ready."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from porchlight.site import journal, readiness

_LAMP = (Path(__file__).parent / "icon.svg").read_bytes()
_PLAIN = (Path(__file__).parent / "plain.svg").read_bytes()


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """The lamp, for browser tabs; a sheet of text, like any page's, where the site hides what it is."""
    drawing = _PLAIN if settings.CONFIG.neutral_titles else _LAMP
    return HttpResponse(drawing, content_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read every page: who looks for help has to find it."""
    return HttpResponse(
        "User-agent: *\nDisallow:\n", content_type="text/plain", headers={"Cache-Control": "max-age=86400"}
    )


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the database or the facts."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when everything is ready, else 503; the body says which part is not, as a code."""
    parts = readiness.parts(settings.CONFIG)
    fine = all(state == readiness.READY for state in parts.values())
    if not fine:
        journal.write(journal.Event.NOT_READY)
    return JsonResponse(
        {"ready": fine, **parts}, status=200 if fine else 503, headers={"Cache-Control": "no-store"}
    )
