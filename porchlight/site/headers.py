"""The security headers of every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from porchlight.site import look

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'self' '{look.STYLE_HASH}'",
        "img-src 'self'",
        f"script-src 'self' '{look.LEAVE_HASH}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), interest-cohort=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Middleware: add the headers, and keep answers to what a person sent out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        add(response, store=request.method in {"GET", "HEAD"} and response.status_code < 400)
        return response


def add(response: HttpResponseBase, *, store: bool) -> None:
    """Add the headers that `response` does not have yet; `store=False` forbids keeping a copy, whatever it says."""
    for name, value in _HEADERS.items():
        # Django's own mark of a view that other sites may frame; its policy says `frame-ancestors` itself.
        if name != "X-Frame-Options" or not getattr(response, "xframe_options_exempt", False):
            response.headers.setdefault(name, value)
    # Unless a view says else: a page that the browser kept would be there again on the way back, after "Leave now".
    response.headers.setdefault("Cache-Control", "no-store")
    if not store:
        response.headers["Cache-Control"] = "no-store"
