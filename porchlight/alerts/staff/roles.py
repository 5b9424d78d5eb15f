"""Who may do what: one table, and the decorator by which every page of staff keeps to it.

An approver is an author who may also say yes to what someone else wrote, and look after programs and people. Nobody
says yes to their own (see `sending.py`). A viewer sees how things go, but not what people wrote to us.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from porchlight.alerts.staff import look


class Role(StrEnum):
    """What a member of staff is. Each has exactly one."""

    AUTHOR = "author"
    APPROVER = "approver"
    VIEWER = "viewer"


ROLE_NAMES: Mapping[Role, Promise] = {
    Role.AUTHOR: _("Author"),
    Role.APPROVER: _("Approver"),
    Role.VIEWER: _("Viewer"),
}

ALL = frozenset(Role)
WRITERS = frozenset({Role.AUTHOR, Role.APPROVER})
APPROVERS = frozenset({Role.APPROVER})

# Page -> method -> who may. What is not here is refused to everyone. HEAD is GET.
TABLE: Mapping[str, Mapping[str, frozenset[Role]]] = {
    "home": {"GET": ALL},
    "me": {"GET": ALL, "POST": ALL},
    "log_out": {"POST": ALL},
    # Broadcasts
    "broadcasts": {"GET": ALL},
    "broadcast": {"GET": ALL},
    "progress": {"GET": ALL},
    "delivery_csv": {"GET": ALL},
    "new": {"GET": WRITERS, "POST": WRITERS},
    "edit": {"GET": WRITERS, "POST": WRITERS},
    "check": {"POST": WRITERS},
    "delete": {"POST": WRITERS},
    "copy": {"POST": WRITERS},
    "test": {"POST": WRITERS},
    "submit": {"POST": WRITERS},
    "take_back": {"POST": WRITERS},
    "approve": {"POST": APPROVERS},
    "pause": {"POST": WRITERS},
    "resume": {"POST": WRITERS},
    "cancel": {"POST": WRITERS},
    "override": {"GET": WRITERS, "POST": WRITERS},
    "found": {"POST": WRITERS},
    # What people wrote
    "inbox": {"GET": WRITERS},
    "text": {"GET": WRITERS, "POST": WRITERS},
    # Programs and subscribers
    "programs": {"GET": ALL},
    "program": {"GET": ALL, "POST": APPROVERS},
    "review": {"POST": APPROVERS},
    "subscribers": {"GET": ALL},
    "revoke": {"POST": WRITERS},
    # People
    "people": {"GET": APPROVERS, "POST": APPROVERS},
    "person": {"POST": APPROVERS},
    "record": {"GET": APPROVERS},
}


class StaffRequest(HttpRequest):
    """A request that `page` let through: `user` is known and has `role`; `now` (UTC) is when it came."""

    user: User
    role: Role
    now: dt.datetime


View = Callable[..., HttpResponse]


def page(name: str) -> Callable[[View], View]:
    """Let a view be reached only by those whom the row `name` of the table allows, in the language they chose."""
    allowed = TABLE[name]

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            method = "GET" if request.method == "HEAD" else request.method or ""
            if method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            look.speak(request)
            role = role_of(request.user)
            if not request.user.is_authenticated or role is None:
                return look.dressed(redirect_to_login(request.get_full_path()))
            asked = cast(StaffRequest, request)
            asked.role, asked.now = role, timezone.now()
            with timezone.override(look.zone()):
                if role not in allowed[method]:
                    return look.dressed(_refused(asked, allowed[method]))
                return look.dressed(view(asked, *args, **kwargs))

        return guarded

    return wrap


def may(role: Role, name: str, method: str = "GET") -> bool:
    """What the table says; False for a page or a method that is not in it."""
    return role in TABLE.get(name, {}).get(method, frozenset())


def role_of(user: object) -> Role | None:
    """The role of someone who is active and has one; None for everyone else."""
    if not isinstance(user, User) or not user.is_active:
        return None
    kept: str | None = getattr(user, "_staff_role", None)
    if kept is None:
        names = user.groups.filter(name__in=list(Role)).order_by("name").values_list("name", flat=True)
        kept = names.first()
        user._staff_role = kept  # type: ignore[attr-defined]  # asked once a request
    return None if kept is None else Role(kept)


def give(user: User, role: Role) -> None:
    """Make `role` the one role of `user`."""
    user.groups.remove(*Group.objects.filter(name__in=list(Role)))
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    user.__dict__.pop("_staff_role", None)


def _refused(request: StaffRequest, who: frozenset[Role]) -> HttpResponse:
    names = [str(ROLE_NAMES[role]) for role in Role if role in who]
    return render(request, "alerts/staff/refused.html", {"who": names}, status=403)
