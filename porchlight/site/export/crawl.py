"""Every page of the copy, found as a reader finds them: from the first page of a language, link by link.

A page is made by the site's own view and template. What differs in a copy hangs on the CopyRequest it is asked with.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections import deque
from collections.abc import Iterator

from django.http import Http404, HttpResponse
from django.urls import resolve, reverse, set_urlconf
from django.utils import translation

from porchlight.report.offline import CopyRequest
from porchlight.site import headers, language
from porchlight.site.export.folder import ExportError

_URLS = "porchlight.site.export.urls"
_LINK = re.compile(r'(?<=\s)(href|src)="(/[^"]*)"')
# A copy has nobody to send to: a form left in a template would fail in the reader's hands.
_SENDS = re.compile(r"<form|\s(?:form)?action=|\smethod=", re.IGNORECASE)


def files(day: dt.date, code: str, linked: set[str]) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of the copy in one language.

    Every link leads to such a file, out of the copy, or to a file of another language: those are added to `linked`.
    Raises ExportError for a page that cannot be copied, naming it and the page that links to it.
    """
    policy = _policy()
    set_urlconf(_URLS)
    try:
        waiting = deque([(_first_page(code), "the start")])
        found = {_first_page(code)}
        while waiting:
            address, linked_from = waiting.popleft()
            response = _asked(CopyRequest(address, day, policy), linked_from)
            if not response.headers["Content-Type"].startswith("text/html"):
                yield _file(address), response.content
                continue
            html = response.content.decode()
            _refuse_forms(html, address)
            for link in _links(html, address):
                if language.of_path(link) != code:
                    linked.add(_file(link))
                elif link not in found:
                    found.add(link)
                    waiting.append((link, address))
            yield _file(address), _relative(html, address).encode()
    finally:
        set_urlconf(None)


def _first_page(code: str) -> str:
    with translation.override(code):
        return reverse("home")


def _policy() -> str:
    """The site's own policy, as a page can carry it: `frame-ancestors` is only heard in a header."""
    response = HttpResponse()
    headers.add(response, store=True)
    parts = response.headers["Content-Security-Policy"].split("; ")
    kept = [part for part in parts if not part.startswith(("frame-ancestors", "form-action"))]
    return "; ".join([*kept, "form-action 'none'"])


def _asked(request: CopyRequest, linked_from: str) -> HttpResponse:
    with translation.override(language.of_path(request.path_info)):
        try:
            match = resolve(request.path_info)
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Http404:
            raise ExportError(
                f"{linked_from} links to {request.path_info}, and there is no such page"
            ) from None
    if response.status_code != 200:
        raise ExportError(
            f"{request.path_info}, linked from {linked_from}, is no page of its own ({response.status_code})"
        )
    return response


def _refuse_forms(html: str, address: str) -> None:
    if _SENDS.search(html):
        raise ExportError(f"{address} has a form, and a copy has nobody to send it to")


def _links(html: str, address: str) -> list[str]:
    """The addresses that a page links to on this site, without fragments."""
    links = [link.partition("#")[0] for _, link in _LINK.findall(html)]
    for link in links:
        if "?" in link or link.startswith("//"):
            raise ExportError(f"{address} links to {link}, which no file can be")
    return links


def _relative(html: str, address: str) -> str:
    """The page with links that hold from any folder, and from no server at all."""
    folder = posixpath.dirname(_file(address))

    def relative(found: re.Match[str]) -> str:
        link, mark, fragment = found[2].partition("#")
        return f'{found[1]}="{posixpath.relpath(_file(link), folder or ".")}{mark}{fragment}"'

    return _LINK.sub(relative, html)


def _file(address: str) -> str:
    """The file of an address: us/ky/index.html of /us/ky/, icon.svg of /icon.svg."""
    path = address.lstrip("/")
    return f"{path}index.html" if path == "" or path.endswith("/") else path
