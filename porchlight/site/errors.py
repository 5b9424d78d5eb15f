"""Pages for when something is wrong: none of them leaves a person without 911 and a number to call."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from porchlight.site import headers, home, journal, look

_WORDS: dict[int, tuple[Promise | str, Promise | str]] = {
    400: (_("We could not read that."), _("Nothing was kept. Go to the first page and try again.")),
    403: (_("This page is not open."), _("Go to the first page to find whom to call.")),
    404: (_("There is no page here."), _("Go to the first page to find whom to call.")),
    405: (_("This page cannot do that."), _("Nothing was kept. Go to the first page and try again.")),
    413: (_("That was too long for us."), _("Nothing was kept. Use fewer words and try again.")),
    500: (_("Something broke on our side."), _("Nothing was kept. You can still call now.")),
}

# Needs no facts, template or language file, for the case that one of those is what broke.
_BARE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Porchlight</title><main><h1>Something broke on our side. You can still call now.</h1>"
    '<p>Someone in danger right now? <a href="tel:911">Call 911</a>.</p>'
    '<p lang="es">¿Alguien está en peligro ahora? <a href="tel:911">Llame al 911</a>.</p></main>'
)

# The last 500 page that could be made, by language, so that a failure of the facts still shows a number.
_last_good: dict[str, str] = {}


def prepare() -> None:
    """Make the 500 page of each language while everything works; called once at start."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            _server_error_text()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a malformed request or an unknown host name."""
    return _page(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return _page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return _page(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return standing_page()


def standing_page() -> HttpResponse:
    """The 500 page, in the language in force; with all its headers, because no middleware may be left to add them."""
    response = HttpResponse(_server_error_text(), status=500)
    headers.add(response, store=False)
    return response


class Refusals:
    """Middleware: refuse bodies that are too large before they are read, and give bare refusals a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _body_bytes(request) > settings.MAX_BODY_BYTES:
            return _page(413)
        response = self._get_response(request)
        if response.status_code == 405 and isinstance(response, HttpResponse) and not response.content:
            page = _page(405)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response


def _body_bytes(request: HttpRequest) -> int:
    """What the request says it sends. Without a length nothing is read of it, so that counts as nothing."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isdecimal() else 0


def _page(status: int) -> HttpResponse:
    try:
        return HttpResponse(_render(status), status=status)
    except Exception as error:
        journal.write(journal.Event.PAGE_FAILED, level=logging.ERROR, status=status, exception=error)
        response = standing_page()
        response.status_code = status
        return response


def _server_error_text() -> str:
    language = translation.get_language() or settings.LANGUAGE_CODE
    try:
        _last_good[language] = _render(500)
    except Exception as error:
        journal.write(journal.Event.PAGE_FAILED, level=logging.ERROR, status=500, exception=error)
    return _last_good.get(language, _BARE)


def _render(status: int) -> str:
    what, then = _WORDS[status]
    # Made without the request, so that nothing in it can break this page or reach it.
    context = {"what": what, "then": then, "call": home.home_call(), **look.every_page(None)}
    return render_to_string("site/error.html", context)
