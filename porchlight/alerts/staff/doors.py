"""In and out: log in, log out, choose a password. The only pages of staff that are open to everyone."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from porchlight.alerts.staff import accounts, forms, look, throttle
from porchlight.alerts.staff.roles import StaffRequest, page, role_of


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for a name and a password; go on to the page that was asked for."""
    look.speak(request)
    if role_of(request.user) is not None:
        return look.dressed(redirect("staff:home"))
    form = forms.LogIn(request.POST or None)
    problem = ""
    if request.method == "POST":
        if form.is_valid():
            name, now = form.cleaned_data["name"], timezone.now()
            until = throttle.blocked_until(request, name, now)
            user = (
                None
                if until
                else authenticate(request, username=name, password=form.cleaned_data["password"])
            )
            if isinstance(user, User) and role_of(user) is not None:
                return _let_in(request, user)
            if until is None:
                throttle.failed(request, name, now)
                until = throttle.blocked_until(request, name, now)
            problem = (
                _wait(until, now) if until else _("That name and password do not belong together. Try again.")
            )
        else:
            problem = _("Type your name and your password.")
    context = {
        "form": form,
        "problem": problem,
        "nobody_yet": not User.objects.exists(),
        "next": _next(request),
    }
    return look.dressed(render(request, "alerts/staff/log_in.html", context, status=403 if problem else 200))


@page("log_out")
def log_out(request: StaffRequest) -> HttpResponse:
    """End this session; the language goes with it."""
    logout(request)
    return redirect("staff:log_in")


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """Choose a password with a link that works once."""
    look.speak(request)
    user = accounts.of_link(who, token)
    if user is None:
        return look.dressed(render(request, "alerts/staff/link_over.html", status=404))
    form = forms.NewPassword(request.POST or None, user=user)
    if form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        accounts.end_sessions(user)
        return _let_in(request, user)
    return look.dressed(render(request, "alerts/staff/welcome.html", {"form": form, "who": user}))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form without its token, from another site or from a page that was open for long."""
    look.speak(request)
    return look.dressed(render(request, "alerts/staff/forged.html", status=403))


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    language = request.session.get("language")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if language:
        request.session["language"] = language
    response = redirect(_next(request) or "staff:home")
    throttle.succeeded(request, response, user)
    return look.dressed(response)


def _next(request: HttpRequest) -> str:
    """The page of staff that was asked for before; nothing else is gone to."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if here and asked.startswith("/staff/") else ""


def _wait(until: dt.datetime, now: dt.datetime) -> str:
    minutes = max(1, round((until - now).total_seconds() / 60 + 0.49))
    return ngettext(
        "Too many tries. Wait %(count)s minute, then try again.",
        "Too many tries. Wait %(count)s minutes, then try again.",
        minutes,
    ) % {"count": minutes}
