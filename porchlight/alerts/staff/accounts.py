"""Making and ending accounts: on the command line for the first one, on the page of people for the others.

A new person gets a link that works once and for three days, and chooses a password with it.
"""

from __future__ import annotations

import datetime as dt
import re

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from porchlight.alerts.models import Number, StaffAction
from porchlight.alerts.staff.roles import Role, give, role_of

_NAME = re.compile(r"[\w.@+-]{2,60}")


class AccountError(Exception):
    """What is wrong with what was asked, in English, for the command line."""


class LastApproverError(AccountError):
    """Without an approver nobody could make another one."""


@transaction.atomic
def add(name: str, role: Role) -> User:
    """Make an account without a password. Raises AccountError for a name that is taken or is none."""
    if not _NAME.fullmatch(name):
        raise AccountError("use 2 to 60 letters, digits or . @ + - _ for a name, without spaces")
    if User.objects.filter(username__iexact=name).exists():
        raise AccountError(f"there is a {name} already")
    user = User.objects.create(username=name)
    user.set_unusable_password()
    user.save()
    give(user, role)
    return user


def link(user: User) -> str:
    """The path of the page where `user` chooses a password, once: a new password, or a log-in, ends it."""
    who = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("staff:welcome", args=[who, default_token_generator.make_token(user)])


def of_link(who: str, token: str) -> User | None:
    """Whose link this is; None when it is nobody's, was used or is too old."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(who).decode()), is_active=True).first()
    except (ValueError, UnicodeDecodeError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None


@transaction.atomic
def change_role(user: User, role: Role) -> None:
    """Give `user` another role. Raises LastApproverError."""
    if role is not Role.APPROVER:
        _keep_an_approver(user)
    give(user, role)


@transaction.atomic
def disable(user: User) -> None:
    """End the account and everything it has open; what it did stays on record. Raises LastApproverError."""
    _keep_an_approver(user)
    user.is_active = False
    user.set_unusable_password()
    user.save()
    end_sessions(user)


def enable(user: User) -> None:
    """Let a disabled account choose a password again, by a link."""
    user.is_active = True
    user.save(update_fields=["is_active"])


def end_sessions(user: User) -> None:
    """Log `user` out everywhere. There are as many sessions as staff have browsers: a handful."""
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def record(
    who: User,
    what: str,
    at: dt.datetime,
    *,
    why: str = "",
    broadcast_id: int | None = None,
    number: Number | None = None,
) -> None:
    """Keep on record what a member of staff did."""
    StaffAction.objects.create(
        who=who, what=what, why=why[:300], at=at, broadcast_id=broadcast_id, number=number
    )


def _keep_an_approver(user: User) -> None:
    # Locked first, so that two approvers cannot end each other at the same moment.
    approvers = User.objects.select_for_update().filter(is_active=True, groups__name=Role.APPROVER)
    if role_of(user) is Role.APPROVER and not [each for each in approvers if each.pk != user.pk]:
        raise LastApproverError("this is the last approver; make another one first")
