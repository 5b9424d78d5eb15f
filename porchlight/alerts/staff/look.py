"""What every page of staff shares: its language, its clock, its style and script, its headers."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from porchlight.places import place_for
from porchlight.site.look import STYLE_HASH

_FILES = {"staff.css": "text/css", "staff.js": "text/javascript"}

# As on every page, and these pages may ask this site for a part of themselves (staff.js).
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'self' '{STYLE_HASH}'",
        "img-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def dressed(response: HttpResponse) -> HttpResponse:
    """Add the headers of a page of staff: never kept by a browser, never shown inside another page."""
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "no-store"
    # With "no-referrer" browsers send forms with "Origin: null", which the check for forged forms must refuse.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return response


def speak(request: HttpRequest) -> None:
    """Use the language that this person chose, now by ?lang= or earlier in this session."""
    known = dict(settings.LANGUAGES)
    asked = request.GET.get("lang")
    if asked in known and asked != request.session.get("language"):
        request.session["language"] = asked
    chosen = asked if asked in known else request.session.get("language")
    translation.activate(chosen if chosen in known else settings.LANGUAGE_CODE)


def tell(request: HttpRequest, words: str) -> None:
    """Say something once, at the top of the next page that this person sees."""
    request.session["told"] = words


def told(request: HttpRequest) -> str:
    """What was to be said, which is said now."""
    words: str = request.session.pop("told", "")
    return words


@functools.cache
def zone() -> ZoneInfo:
    """The clock of the office: the likeliest of the site's own jurisdiction."""
    return ZoneInfo(place_for(settings.CONFIG.home).zones[0])


@require_safe
def part(request: HttpRequest, name: str) -> HttpResponse:
    """The style or the script, kept by browsers as long as they like: its address changes when it does."""
    if name not in _FILES:
        raise Http404
    response = HttpResponse(_content(name), content_type=f"{_FILES[name]}; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=31536000, immutable"
    return response


def address_of(name: str) -> str:
    """Where a page finds the style or the script."""
    return f"{reverse('staff:part', args=[name])}?{hashlib.sha256(_content(name)).hexdigest()[:12]}"


def _content(name: str) -> bytes:
    # One of our own names, never the words of an address (and a plain string, which a template's is not).
    known = next(each for each in _FILES if each == name)
    return (Path(__file__).parent / known).read_bytes()
