"""The pages that only a copy has. A numbered page is the site's own answer to a form, filled in beforehand."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse

from porchlight.report import offline
from porchlight.report.whom import place_name

_KEEP_SCRIPT = (Path(__file__).parent / "keep.js").read_bytes()


def asked(request: HttpRequest, number: int, state: str | None = None) -> HttpResponse:
    """The answer to a worry, in a jurisdiction or with no place: "us/ky/3/"."""
    question = offline.asked(number)
    if question is None:
        raise Http404
    concern, role = question
    here = {"here": f"us/{state}"} if state else {}
    return _posted(request, reverse("ask"), {**here, "concern": concern.value, "role": role.value})


def work(request: HttpRequest, state: str, number: int) -> HttpResponse:
    """The one page for one kind of work: "us/ky/one-page/3/"."""
    role = offline.work(number)
    if role is None:
        raise Http404
    return _posted(request, reverse("one_page", args=[state]), {"role": role.value})


def _posted(request: HttpRequest, address: str, fields: dict[str, str]) -> HttpResponse:
    request.method, request.POST = "POST", QueryDict(urlencode(fields))
    match = resolve(address)
    answered: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answered


def keep(request: HttpRequest) -> HttpResponse:
    """Keep the copy on this device, or take it away again; and why one may not want to."""
    return render(request, "site/keep.html", {"place": place_name(settings.CONFIG.home)})


def keep_script(request: HttpRequest) -> HttpResponse:
    """The script of `keep`: nothing is kept before the person taps."""
    return HttpResponse(_KEEP_SCRIPT, content_type="text/javascript")
