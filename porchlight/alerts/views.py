"""Signing up for texts, and ending them, on the web. Works with no script and no cookie.

What one page hands to the next travels in a hidden field, sealed: the number stands in no address, and in no page but
the one on which it was just typed.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Any

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from porchlight.alerts import config, consent, keyring, replies, sign_up_form, subscribe
from porchlight.alerts.models import Consent, Program
from porchlight.alerts.programs import asks_birth_month
from porchlight.alerts.sign_up_form import Form, Problem, Typed
from porchlight.places import Found, place_for
from porchlight.report import LANGUAGES
from porchlight.report.numbers import as_dialed

_SEALED_AS = "page"


class _Page(msgspec.Struct, frozen=True):
    """What the page with the code hands on: whose code, of which page, for what, and when it was shown."""

    number: str
    page: str
    leave: bool
    shown: float


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """The form; and, when it is right, a code by text."""
    if not config.alerts().offered:
        return _closed(request, "not_offered")
    try:
        programs = subscribe.joinable()
        if not programs:
            return _closed(request, "not_offered")
        if request.method != "POST":
            return _form(request, programs, Typed(language=_language()))
        return _asked(request, programs)
    except DatabaseError:
        return _closed(request, "not_now")


def _asked(request: HttpRequest, programs: list[Program]) -> HttpResponse:
    now = timezone.now()
    form = sign_up_form.read(request.POST, programs, now, _language(), practice=config.alerts().is_practice)
    if form.too_young:
        return _lines(request, form, now)
    if form.problems:
        return _form(request, programs, form.typed, form.problems)
    shown = consent.words(consent.WEB, config.alerts().organization, _language())
    wish = subscribe.Wish(
        language=form.typed.language,
        source=Consent.Source.WEB,
        programs=form.programs,
        zip_code=form.zip_code,
        birth_month=form.birth_month,
        wording=consent.WEB,
        wording_sha256=consent.sha256(shown),
    )
    return _send_code(request, form.e164, wish, now)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """How to end the texts: STOP, or a number and its code, or a word to us."""
    if not config.alerts().offered:
        return _closed(request, "not_offered")
    typed, problems = "", []
    if request.method == "POST":
        now = timezone.now()
        typed = request.POST.get("number", "").strip()[:40]
        number = sign_up_form.e164_of(typed, practice=config.alerts().is_practice)
        timely = sign_up_form.is_timely(request.POST.get("t", ""), now) and not request.POST.get("website")
        problems = [] if timely else [Problem.TIME]
        problems += [] if number is not None else [Problem.NUMBER]
        if number is not None and not problems:
            wish = subscribe.Wish(language=_language(), source=Consent.Source.WEB, leave=True)
            return _send_code(request, number, wish, now)
    return _show(
        request,
        "leave",
        {"typed": Typed(number=typed), "problems": problems, "stamp": sign_up_form.stamp(timezone.now())},
    )


def _send_code(request: HttpRequest, number: str, wish: subscribe.Wish, now: dt.datetime) -> HttpResponse:
    try:
        page = subscribe.ask(number, wish, now)
    except (subscribe.TooManyError, DatabaseError):
        return _closed(request, "not_now")
    return _code_page(request, _Page(number, page, wish.leave, now.timestamp()))


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that came by text is typed here."""
    now = timezone.now()
    page = _unsealed(request.POST.get("page", ""))
    if page is None:
        return redirect("alerts:join")
    if now.timestamp() - page.shown > subscribe.CODE_LIVES.total_seconds():
        return _code_page(request, page, Problem.ENDED)
    if "code" not in request.POST:  # the same page in another language
        return _code_page(request, page)
    typed = "".join(request.POST["code"].split())[:12]
    try:
        answer = subscribe.try_code(page.number, page.page, typed, now)
    except DatabaseError:
        return _closed(request, "not_now")
    if answer is subscribe.Answer.WRONG:
        return _code_page(request, page, Problem.CODE)
    if answer is subscribe.Answer.ENDED:
        return _code_page(request, page, Problem.ENDED)
    return _show(request, "done", {"left": answer is subscribe.Answer.LEFT})


# --- pages ------------------------------------------------------------------------------------------------------------


def _show(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    settings = config.alerts()
    sender = next(each for each in settings.senders if each.weight)
    common = {
        "name": settings.organization,
        "sender": sender.number,
        "sender_shown": as_dialed(sender.number),
        "contact": settings.help_contact,
        "practice": settings.is_practice,
        "retention": settings.retention,
    }
    return render(request, f"alerts/{name}.html", common | context, status=status)


def _form(
    request: HttpRequest, programs: list[Program], typed: Typed, problems: tuple[Problem, ...] = ()
) -> HttpResponse:
    language = _language()
    now = timezone.now()
    context = {
        "typed": typed,
        "problems": problems,
        "stamp": sign_up_form.stamp(now),
        "programs": [
            (each.slug, consent.program_name(each, language), consent.how_often(each, language))
            for each in programs
        ],
        "asks_birth_month": any(asks_birth_month(each) for each in programs),
        "months": [(str(month), name) for month, name in MONTHS.items()],
        "years": [str(now.year - back) for back in range(sign_up_form.OLDEST_CHILD + 1)],
        "languages": [(code, {"en": "English", "es": "Español"}[code]) for code in LANGUAGES],
        "consent": consent.words(consent.WEB, config.alerts().organization, language),
    }
    return _show(request, "join", context)


def _code_page(request: HttpRequest, page: _Page, problem: Problem | None = None) -> HttpResponse:
    sealed = _sealed(page)
    context = {
        "page": sealed,
        "leave": page.leave,
        "problems": [] if problem is None else [problem],
        "again": [("page", sealed)],
        "minutes": int(subscribe.CODE_LIVES.total_seconds()) // 60,
    }
    return _show(request, "code", context)


def _lines(request: HttpRequest, form: Form, now: dt.datetime) -> HttpResponse:
    """For a child: nothing is kept, and here is whom to call and text."""
    place = form.where.place if isinstance(form.where, Found) else None
    if place is None and form.where is not None and not isinstance(form.where, Found):
        place = place_for(form.where.jurisdiction) if form.where.jurisdiction else None
    note = form.where.note if isinstance(form.where, Found) else None
    lines = replies.lines_for(place, now, note)
    language = _language()
    return _show(
        request,
        "lines",
        {
            "lines": lines,
            "text": lines.text[language],
            "place": lines.place[language] if lines.place else "",
        },
    )


def _closed(request: HttpRequest, why: str) -> HttpResponse:
    return _show(request, "closed", {"why": why})


def _language() -> str:
    language = get_language() or "en"
    return language if language in LANGUAGES else "en"


# --- what one page hands to the next ----------------------------------------------------------------------------------


def _sealed(page: _Page) -> str:
    key_id, blob = keyring.seal(msgspec.json.encode(page), _SEALED_AS)
    return base64.urlsafe_b64encode(key_id.to_bytes(2, "big") + blob).decode()


def _unsealed(given: str) -> _Page | None:
    """None for anything that we did not make."""
    if not given:
        return None
    try:
        raw = base64.urlsafe_b64decode(given.encode("ascii"))
        plain = keyring.unseal(int.from_bytes(raw[:2], "big"), raw[2:], _SEALED_AS)
        return msgspec.json.decode(plain, type=_Page)
    except (ValueError, binascii.Error, keyring.KeyringError, msgspec.DecodeError, DatabaseError):
        return None
