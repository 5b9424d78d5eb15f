"""Staff: who there is, what they may do, one's own page, and the record of what was done."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Mapping

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from porchlight.alerts import config, keyring, numbers, outbox, replies
from porchlight.alerts.models import Delivery, StaffAction, StaffPhone
from porchlight.alerts.staff import accounts, forms, look
from porchlight.alerts.staff.accounts import record
from porchlight.alerts.staff.roles import ROLE_NAMES, Role, StaffRequest, page, role_of

_CODE_LIVES = dt.timedelta(minutes=10)
_MOST_TRIES = 5
_SHOWN = 200

# What the record says of each thing that staff do.
DEEDS: Mapping[str, Promise] = {
    "look": gettext_lazy("looked at a number in full"),
    "asked_for_approval": gettext_lazy("asked for approval"),
    "sent": gettext_lazy("sent a broadcast"),
    "scheduled": gettext_lazy("scheduled a broadcast"),
    "approved": gettext_lazy("approved a broadcast"),
    "taken_back": gettext_lazy("took a broadcast back"),
    "paused": gettext_lazy("paused a broadcast"),
    "resumed": gettext_lazy("resumed a broadcast"),
    "cancelled": gettext_lazy("cancelled a broadcast"),
    "asked_override": gettext_lazy("asked to send outside quiet hours"),
    "ended_override": gettext_lazy("took back the request to send outside quiet hours"),
    "child_found": gettext_lazy("marked a missing child as found"),
    "replied": gettext_lazy("replied to a text"),
    "handled_reported": gettext_lazy("marked a text: we called the hotline or the police"),
    "handled_answered": gettext_lazy("marked a text: we wrote or called back"),
    "handled_no_action": gettext_lazy("marked a text: nothing was needed"),
    "alerts_go_on": gettext_lazy("let alerts go on for someone"),
    "stopped": gettext_lazy("stopped alerts for someone"),
    "revoked": gettext_lazy("stopped texts to a number on its owner's word"),
    "program_changed": gettext_lazy("changed a program"),
    "series_reviewed": gettext_lazy("recorded a review"),
    "person_added": gettext_lazy("made an account"),
    "person_changed": gettext_lazy("changed an account"),
    "person_disabled": gettext_lazy("disabled an account"),
    "person_enabled": gettext_lazy("enabled an account"),
    "person_link": gettext_lazy("made a link to choose a password"),
}


@page("people")
def people(request: StaffRequest) -> HttpResponse:
    """Everyone who may log in, and a form for one more."""
    if request.method != "POST":
        return _people(request, forms.NewPerson(initial={"role": Role.AUTHOR.value}))
    form = forms.NewPerson(request.POST)
    if not form.is_valid():
        return _people(request, form, status=422)
    with transaction.atomic():
        user = accounts.add(form.cleaned_data["name"], Role(form.cleaned_data["role"]))
        record(request.user, "person_added", request.now, why=user.username)
    return _people(request, forms.NewPerson(initial={"role": Role.AUTHOR.value}), link_for=user)


def _people(
    request: StaffRequest,
    form: forms.NewPerson,
    *,
    link_for: User | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    everyone = [(user, _role_of(user)) for user in User.objects.order_by("-is_active", "username")]
    context = {
        "everyone": everyone,
        "form": form,
        "roles": ROLE_NAMES,
        "link_for": link_for,
        "link": f"{config.alerts().address}{accounts.link(link_for)}" if link_for else "",
        "problem": problem,
    }
    return render(request, "alerts/staff/people.html", context, status=status)


def _role_of(user: User) -> str:
    role = role_of(user)
    return role.value if role is not None else ""


@page("person")
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """Give someone another role or a new link, or end their account."""
    user = get_object_or_404(User, pk=pk)
    form = forms.PersonChange(request.POST)
    if not form.is_valid():
        return redirect("staff:people")
    do = form.cleaned_data["do"]
    try:
        with transaction.atomic():
            _change(request, user, do, form.cleaned_data["role"])
    except accounts.LastApproverError:
        problem = _("This is the last approver. Make another one first.")
        return _people(request, forms.NewPerson(), problem=problem, status=409)
    if do in {"link", "enable"} and user.is_active:
        return _people(request, forms.NewPerson(initial={"role": Role.AUTHOR.value}), link_for=user)
    return redirect("staff:people")


def _change(request: StaffRequest, user: User, do: str, role: str) -> None:
    if do == "role" and role:
        accounts.change_role(user, Role(role))
        record(request.user, "person_changed", request.now, why=f"{user.username}: {role}")
    elif do == "disable":
        accounts.disable(user)
        record(request.user, "person_disabled", request.now, why=user.username)
    elif do == "enable":
        accounts.enable(user)
        record(request.user, "person_enabled", request.now, why=user.username)
    elif do == "link":
        record(request.user, "person_link", request.now, why=user.username)


@page("record")
def record_page(request: StaffRequest) -> HttpResponse:
    """What was done, the latest first."""
    actions = StaffAction.objects.select_related("who", "number").order_by("-at", "-pk")[:_SHOWN]
    return render(request, "alerts/staff/record.html", {"actions": actions})


# --- one's own page ---------------------------------------------------------------------------------------------------


@page("me")
def me(request: StaffRequest) -> HttpResponse:
    """One's password, and the telephone that tests go to."""
    do = request.POST.get("do", "")
    password = forms.NewPassword(request.POST if do == "password" else None, user=request.user)
    phone = forms.Telephone(request.POST if do == "phone" else None)
    problem = ""
    if do == "password" and password.is_valid():
        request.user.set_password(password.cleaned_data["password"])
        request.user.save(update_fields=["password"])
        update_session_auth_hash(request, request.user)
        look.tell(request, _("Your password is changed."))
        return redirect("staff:me")
    if do == "phone" and phone.is_valid():
        problem = _send_code(request, phone.cleaned_data["number"])
        if not problem:
            return redirect("staff:me")
    if do == "code":
        problem = _try_code(request, request.POST.get("code", "").strip())
        if not problem:
            return redirect("staff:me")
    if do == "forget":
        StaffPhone.objects.filter(user=request.user).delete()
        return redirect("staff:me")
    own = StaffPhone.objects.filter(user=request.user).select_related("number").first()
    context = {
        "password": password,
        "phone": phone,
        "own": own,
        "masked": numbers.masked(own.number) if own else "",
        "problem": problem,
        "role_name": ROLE_NAMES[request.role],
    }
    wrong = problem or password.errors or phone.errors
    return render(request, "alerts/staff/me.html", context, status=422 if wrong else 200)


def _send_code(request: StaffRequest, e164: str) -> str:
    """Text a code to a number; what is wrong, or nothing."""
    own = StaffPhone.objects.filter(user=request.user).first()
    if (
        own is not None
        and own.code_ends is not None
        and own.code_ends - _CODE_LIVES > request.now - _BETWEEN_CODES
    ):
        return _("We have just sent a code. Wait a minute before you ask for another.")
    number = numbers.get(e164, request.now)
    if number.stopped:
        return _("That number said STOP. Text START from it first.")
    code = f"{secrets.randbelow(1_000_000):06}"
    with transaction.atomic():
        StaffPhone.objects.update_or_create(
            user=request.user,
            defaults={
                "number": number,
                "proved": None,
                "code": _hashed(request.user, code)[0],
                "code_ends": request.now + _CODE_LIVES,
                "tries": 0,
            },
        )
        name = config.alerts().organization
        words = replies.code(code, name, int(_CODE_LIVES.total_seconds() // 60), _language())
        now = request.now.timestamp()
        outbox.enqueue(
            number, words, Delivery.Kind.CODE, _language(), now, expires=now + _CODE_LIVES.total_seconds()
        )
    return ""


_BETWEEN_CODES = dt.timedelta(minutes=1)


def _language() -> str:
    return translation.get_language() or "en"


def _try_code(request: StaffRequest, typed: str) -> str:
    """Prove a number with the code that it got; what is wrong, or nothing."""
    with transaction.atomic():
        own = StaffPhone.objects.select_for_update().filter(user=request.user, proved=None).first()
        if own is None or own.code is None or own.code_ends is None or own.code_ends <= request.now:
            return _("That code is too old. Ask for a new one.")
        if own.tries >= _MOST_TRIES:
            return _("That code was tried too often. Ask for a new one.")
        kept = bytes(own.code)
        if not any(hmac.compare_digest(kept, each) for each in _hashed(request.user, typed)):
            own.tries += 1
            own.save(update_fields=["tries"])
            return _("That is not the code. Look again.")
        own.proved, own.code, own.code_ends = request.now, None, None
        own.save(update_fields=["proved", "code", "code_ends"])
    look.tell(request, _("Your telephone is known. Tests go to it."))
    return ""


def _hashed(user: User, code: str) -> tuple[bytes, ...]:
    """Of a code under every index key, newest first: one that was sent before the keys were renewed still holds."""
    return keyring.digests(f"{user.pk}:{code}", "staff code")
