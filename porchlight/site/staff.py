"""Sessions, CSRF and accounts, for the pages of staff alone: everywhere else these do nothing and set nothing.

Django's own middlewares, each behind one question: is this address under /staff/?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware


def is_for_staff(request: HttpRequest) -> bool:
    """Is the address one of the pages of staff?"""
    return request.path_info.startswith(settings.STAFF_PATH)


class Sessions(SessionMiddleware):
    """Sessions under /staff/."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _through(super().__call__ if is_for_staff(request) else self.get_response, request)


class Csrf(CsrfViewMiddleware):
    """Forged forms are refused under /staff/; elsewhere there is no cookie to forge with."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _through(super().__call__ if is_for_staff(request) else self.get_response, request)

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> Any:
        if is_for_staff(request):
            return super().process_view(request, callback, callback_args, callback_kwargs)
        return None


class Accounts(AuthenticationMiddleware):
    """`request.user` under /staff/."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _through(super().__call__ if is_for_staff(request) else self.get_response, request)


def _through(way: Callable[[HttpRequest], Any], request: HttpRequest) -> HttpResponseBase:
    response: HttpResponseBase = way(request)  # never awaited: the site is served by WSGI alone
    return response


def for_templates(request: HttpRequest) -> dict[str, object]:
    """What the pages of staff may use: who is here."""
    return {"staff": request.user} if is_for_staff(request) and hasattr(request, "user") else {}
