"""The JSON porch: the Answer, the 56 jurisdictions and what is known of each, for other people's programs.

Every refusal is a problem document (RFC 9457) that still says whom to call. Nothing that was asked is kept or logged.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.functional import Promise
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from porchlight import places
from porchlight.facts import Facts, in_force
from porchlight.facts.schema import ContactRole
from porchlight.places import Ask, Found, Note, Place, Unknown, UnknownWhy, resolve
from porchlight.report import answer as answer_for
from porchlight.report import openapi
from porchlight.report.answer import Concern, Role
from porchlight.report.known import how_known
from porchlight.report.porches import SCHEMA_VERSION, as_json
from porchlight.report.say import LANGUAGES, say
from porchlight.report.shelf import SHELF, Question, Rendered
from porchlight.report.whom import place_name

E = TypeVar("E", Concern, Role)

# A correction must reach everyone soon: no copy is used longer than this without asking again.
FRESH_FOR = dt.timedelta(seconds=60)
_METHODS = "GET, HEAD, OPTIONS"

# Any page may read these, because nobody is known here: no cookie, no key, nothing that differs by who asks.
_OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Expires",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    "Allow": _METHODS,
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

_CODES = frozenset(code for code, _name_in_english in places.jurisdictions())

_LOGGER = logging.getLogger(__name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(eq=False)
class RefusedError(Exception):
    """A question that cannot be answered as asked; becomes a problem document.

    `kind` is one of `openapi.PROBLEM_KINDS`; `meanwhile` is the question whose contacts the document shows.
    """

    kind: str
    title: Promise | str
    detail: str
    parameter: str | None = None
    reason: str | None = None
    choices: list[dict[str, str]] = field(default_factory=list)
    meanwhile: tuple[Place | None, Concern, Role] = (None, Concern.abuse_neglect, Role.anyone)

    @property
    def status(self) -> int:
        return openapi.PROBLEM_KINDS[self.kind][0]


View = Callable[..., HttpResponse]


def _for_machines(view: View) -> Callable[..., HttpResponseBase]:
    """GET, HEAD and OPTIONS from anywhere; whatever is refused or breaks becomes a problem document."""

    @functools.wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers=_PREFLIGHT)
            del response.headers["Content-Type"]
        else:
            response = _answered(view, request, *args, **kwargs)
        for name, value in _OPEN_TO_ALL.items():
            response.headers[name] = value
        return response

    return asked


def _answered(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    language = request.GET.get("lang")
    with translation.override(language if language in LANGUAGES else settings.LANGUAGE_CODE):
        try:
            if request.method not in ("GET", "HEAD"):
                raise RefusedError("method", _("This page cannot do that."), f"Use one of: {_METHODS}.")
            return view(request, *args, **kwargs)
        except RefusedError as refused:
            return _problem(refused)
        except Exception as error:
            _LOGGER.error("", exc_info=error)  # the log keeps the class and the line of code, and no word
            return _broken()


# --- the answer -------------------------------------------------------------------------------------------------------


@_for_machines
def answer(request: HttpRequest) -> HttpResponse:
    """The Answer for `place`, `concern`, `role` in `lang`; without a place, the national lines."""
    given = _parameters(request, "place", "concern", "role", "lang")
    language = _language(given)
    concern = _one_of(Concern, given, "concern", Concern.abuse_neglect)
    role = _one_of(Role, given, "role", Role.anyone)
    place, note = _place(given.get("place", ""), concern, role)
    facts, at = in_force().current(), _now()

    def rendered() -> Rendered:
        found = answer_for(place, concern, role, at, facts=facts, note=note)
        said = as_json(found, language)
        # The same state has the same bytes: the moment and the end of the state are in the headers.
        del said["at"], said["changes_at"]
        return _rendered(said, at, found.changes_at)

    question = Question(
        porch="json",
        language=language,
        jurisdiction=place.jurisdiction if place else None,
        county_fips=place.county_fips if place else None,
        note=note,
        concern=concern.value,
        role=role.value,
        setup=place.zones if place else None,
    )
    # The address holds the place: only the one who asked may keep a copy, no cache on the way.
    return _sent(request, SHELF.rendered(question, facts, at, rendered), at, "private")


def _place(typed: str, concern: Concern, role: Role) -> tuple[Place | None, str | None]:
    if not typed.strip():
        return None, None
    found = _chosen(typed) or resolve(typed)
    if isinstance(found, Found):
        return found.place, found.note
    if isinstance(found, Ask):
        raise _which(found, concern, role)
    raise _unknown(found, concern, role)


def _which(found: Ask, concern: Concern, role: Role) -> RefusedError:
    # Where all of them lie in one State, its lines are known already.
    meanwhile = places.place_for(found.jurisdiction) if found.jurisdiction is not None else None
    return RefusedError(
        "which-place",
        _("Which one do you mean?"),
        "Let the person pick one of `choices`, and send its `place`. Show `contacts` meanwhile.",
        parameter="place",
        reason=found.question.value,
        choices=[{"label": each.place.label, "place": _to_send(each)} for each in found.choices],
        meanwhile=(meanwhile, concern, role),
    )


def _to_send(choice: Found) -> str:
    """What finds the choice again with its note: the name of a post, or its state and the note ("us/ky:military")."""
    if choice.note is None:
        return places.slug(choice.place)
    return choice.place.label if choice.place.city else f"{places.slug(choice.place)}:{choice.note}"


def _chosen(typed: str) -> Found | None:
    """The way back from a choice that is no name; None for anything else."""
    words, colon, note = typed.partition(":")
    place = places.place_from_slug(words)
    if place is None or (colon and note not in _NOTES):
        return None
    return Found(place, note or None)


_NOTES = frozenset(Note)


def _unknown(found: Unknown, concern: Concern, role: Role) -> RefusedError:
    overseas = found.reason is UnknownWhy.MILITARY_OVERSEAS
    return RefusedError(
        "unknown-place",
        _("That is a military address outside the states.") if overseas else _("We do not know that place."),
        "Send a ZIP code, a city, county or state, or a code of /api/v1/jurisdictions. Show `contacts` meanwhile.",
        parameter="place",
        reason=found.reason.value,
        meanwhile=(None, concern, role),
    )


# --- the jurisdictions ------------------------------------------------------------------------------------------------


@_for_machines
def jurisdictions(request: HttpRequest) -> HttpResponse:
    """All 56, by name."""
    language, at = _language(_parameters(request, "lang")), _now()
    listed = [
        {
            "code": code,
            "name": _name(code, language),
            "facts": reverse("api_jurisdiction", args=[code]),
            "page": reverse("place", args=[code[3:].lower()]),
        }
        for code, _name_in_english in places.jurisdictions()
    ]
    said = {"version": SCHEMA_VERSION, "language": language, "jurisdictions": listed}
    return _sent(request, _rendered(said, at, None), at, "public")


@_for_machines
def jurisdiction(request: HttpRequest, code: str) -> HttpResponse:
    """All that is known of one jurisdiction; what is withheld is counted, not shown."""
    language = _language(_parameters(request, "lang"))
    if code not in _CODES:
        raise RefusedError(
            "unknown-jurisdiction",
            _("We do not know that place."),
            "Use a code of /api/v1/jurisdictions, like US-KY.",
            parameter="code",
        )
    facts, at = in_force().current(), _now()
    question = Question(porch="json_facts", language=language, jurisdiction=code)
    rendered = SHELF.rendered(question, facts, at, lambda: _known(facts, code, language, at))
    return _sent(request, rendered, at, "public")


def _known(facts: Facts, code: str, language: str, at: dt.datetime) -> Rendered:
    known, file = how_known(facts, code, at.date()), facts.jurisdictions[code]
    found = answer_for(places.place_for(code), Concern.abuse_neglect, Role.anyone, at, facts=facts)
    in_words = as_json(found, language)
    said = {
        "version": SCHEMA_VERSION,
        "language": language,
        "code": code,
        "name": _name(code, language),
        "agency": known.agency,
        "routing": file.routing,
        "contacts": [{"contact": each.contact, "trust": each.trust} for each in known.shown],
        "withheld": known.withheld,
        "known_bad": file.known_bad,
        "duty": in_words["duty"],
        "law": in_words["law"],
        "law_facts": file.law,
        "gaps": known.gaps,
        "notes": known.notes,
        # A fact may rest on a source of the national file, which several files cite.
        "sources": {**facts.national.sources, **file.sources},
    }
    return _rendered(said, at, _next_day(at))


def _name(code: str, language: str) -> str:
    name = say(place_name(code), language)
    return name[0].upper() + name[1:]


# --- the description --------------------------------------------------------------------------------------------------


@_for_machines
def description(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    at = _now()
    return _sent(request, _rendered(openapi.document(), at, None), at, "public")


@_for_machines
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Every other address under /api/."""
    raise RefusedError(
        "no-such-address", _("There is no page here."), "The addresses are in /api/openapi.json."
    )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The same for people who write programs."""
    context = {
        "operations": openapi.operations(),
        "described": openapi.described(),
        "problems": [(kind, status, meaning) for kind, (status, meaning) in openapi.PROBLEM_KINDS.items()],
    }
    return render(request, "report/api.html", context)


# --- what was asked ---------------------------------------------------------------------------------------------------


def _parameters(request: HttpRequest, *known: str) -> dict[str, str]:
    """The parameters, each once. A misspelled `concern` must not be answered as if none had been given."""
    given = dict(request.GET.lists())
    if not set(given) <= set(known):
        raise _unreadable(None, f"Only these parameters are understood: {', '.join(known)}.")
    for name, values in given.items():
        if len(values) != 1:
            raise _unreadable(str(name), f"Send `{name}` once.")
    return {str(name): str(values[0]) for name, values in given.items()}


def _language(given: dict[str, str]) -> str:
    language = given.get("lang", settings.LANGUAGE_CODE)
    if language not in LANGUAGES:
        raise _unreadable("lang", f"Send one of: {', '.join(LANGUAGES)}.")
    return language


def _one_of(kind: type[E], given: dict[str, str], name: str, default: E) -> E:
    try:
        return kind(given.get(name, default.value))
    except ValueError:
        raise _unreadable(name, f"Send one of: {', '.join(each.value for each in kind)}.") from None


def _unreadable(parameter: str | None, detail: str) -> RefusedError:
    return RefusedError("unreadable", _("We could not read that."), detail, parameter=parameter)


# --- what is sent -----------------------------------------------------------------------------------------------------


def _rendered(said: object, at: dt.datetime, until: dt.datetime | None) -> Rendered:
    """Bytes and their ETag, which is the fingerprint of the bytes: it changes exactly when they do."""
    body = msgspec.json.encode(said)
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return Rendered(body, f'"{digest}"', since=at, until=until or _next_day(at))


def _sent(request: HttpRequest, rendered: Rendered, at: dt.datetime, who_may_keep: str) -> HttpResponse:
    seconds = max(0, int(min(rendered.until - at, FRESH_FOR).total_seconds()))
    response = HttpResponse(rendered.body, content_type="application/json")
    response.headers["ETag"] = rendered.etag
    response.headers["Cache-Control"] = f"{who_may_keep}, max-age={seconds}"
    response.headers["Expires"] = http_date((at + dt.timedelta(seconds=seconds)).timestamp())
    conditional = get_conditional_response(request, etag=rendered.etag, response=response)
    return response if conditional is None else conditional


def _problem(refused: RefusedError) -> HttpResponse:
    language = translation.get_language() or settings.LANGUAGE_CODE
    place, concern, role = refused.meanwhile
    in_words = as_json(answer_for(place, concern, role, _now()), language)
    body = {
        "type": f"{reverse('api')}#{refused.kind}",
        "title": str(refused.title),
        "status": refused.status,
        "detail": refused.detail,
        "parameter": refused.parameter,
        "reason": refused.reason,
        "choices": refused.choices,
        "now": [{"code": s["code"], "text": s["text"]} for s in in_words["steps"] if s["part"] == "now"],
        "contacts": sorted(in_words["contacts"], key=lambda each: each["role"] != ContactRole.emergency),
    }
    response = HttpResponse(
        msgspec.json.encode(body), status=refused.status, content_type=openapi.PROBLEM_TYPE
    )
    if refused.status == 405:
        response.headers["Allow"] = _METHODS
    return response


def _broken() -> HttpResponse:
    """When something of ours broke: the problem with the national lines, or without them if they are what broke."""
    refused = RefusedError(
        "broken", _("Something broke on our side."), "Ask again later. Call now all the same."
    )
    try:
        return _problem(refused)
    except Exception as error:
        _LOGGER.error("", exc_info=error)
        return HttpResponse(_BARE, status=500, content_type=openapi.PROBLEM_TYPE)


_BARE = msgspec.json.encode(
    {
        "type": "about:blank",
        "title": "Something broke on our side.",
        "status": 500,
        "detail": "Ask again later. Call now all the same.",
        "parameter": None,
        "reason": None,
        "choices": [],
        "now": [{"code": "now_danger", "text": "Is someone in danger right now? Call 911."}],
        "contacts": [],
    }
)


def _next_day(at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(at.astimezone(dt.UTC).date() + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
