"""Which language a page is in: the address says (/es/), or a form's `lang` field; never a cookie or the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation


class Language:
    """Middleware: set the language from the address, then from `lang` once the address has been resolved."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(of_path(request.path_info)):
            response = self._get_response(request)
            response.headers.setdefault(
                "Content-Language", translation.get_language() or settings.LANGUAGE_CODE
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """A form can be answered in another language than its page's; unknown codes change nothing."""
        asked = request.POST.get("lang") or request.GET.get("lang")
        if asked in dict(settings.LANGUAGES):
            translation.activate(asked)


def of_path(path: str) -> str:
    """Return the code that starts `path` (`/es/report/`), else the site's first language."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def alternates(path: str) -> list[tuple[str, str, str]]:
    """Return (code, own name, address) of the same page in each language, for links and `hreflang`."""
    # Every leading slash goes: "//elsewhere.example/" would be a link to another site.
    bare = path.removeprefix(f"/{of_path(path)}/").lstrip("/")
    return [
        (code, name, f"/{bare}" if code == settings.LANGUAGE_CODE else f"/{code}/{bare}")
        for code, name in settings.LANGUAGES
    ]
