"""Pages of an Answer, rendered once for all who ask the same, until the next opening, closing, day or correction."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from porchlight import report
from porchlight.report.answer import Answer
from porchlight.report.offline import CopyRequest
from porchlight.report.shelf import SHELF, Question, Rendered

# A template's context, and a list of the Answers that it shows: complete once the page is rendered.
Shown = tuple[dict[str, object], list[Answer]]


def page(
    request: HttpRequest, template: str, given: Answer, shown: Callable[[], Shown], *setup: str | bool | None
) -> HttpResponse:
    """The page of `template` about `given`; `shown` is only asked where no page is kept that is true now.

    The page must depend on nothing but the facts, the codes of `given`, the moment, the language, the site's settings
    and `setup`, which is codes of our own: never on a visitor's words.
    """

    def render() -> Rendered:
        context, answers = shown()
        body = render_to_string(template, context, request).encode()
        until = min(each.changes_at or given.at for each in answers)
        return Rendered(body, etag="", since=given.at, until=until)

    # An address in capitals is a visitor's own spelling, and stands in the page's links.
    if isinstance(request, CopyRequest) or request.path_info != request.path_info.lower():
        return HttpResponse(render().body)
    question = Question(
        porch=template,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        jurisdiction=given.place.jurisdiction,
        county_fips=given.place.county_fips,
        concern=given.concern.value,
        role=given.role.value,
        setup=(settings.CONFIG, *setup),
    )
    return HttpResponse(SHELF.rendered(question, report.facts_now(), given.at, render).body)
