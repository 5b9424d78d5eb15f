"""An office to test the pages of staff in: people of each role, subscribers in places, drafts."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from porchlight.alerts import numbers, subscribe
from porchlight.alerts.audience import Audience
from porchlight.alerts.models import Broadcast, Number, Program, Subscriber
from porchlight.alerts.staff import accounts
from porchlight.alerts.staff.roles import Role

PASSWORD = "porch lamp night"
EN = "Community Help Line: A free class starts on Monday."
ES = "Community Help Line: Una clase gratis empieza el lunes."


def member(name: str, role: Role, *, password: str = "") -> User:
    """Someone who may log in. Passwords are slow on purpose: only who needs one gets one."""
    user = accounts.add(name, role)
    if password:
        user.set_password(password)
        user.save()
    return user


def at_work(user: User) -> Client:
    """A browser in which someone is logged in; it sends what the forms' tokens are for."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def program(slug: str = "local") -> Program:
    """A program to write to."""
    return Program.objects.create(
        slug=slug,
        kind=Program.Kind.ALERTS,
        names={"en": "Local news", "es": "Noticias locales"},
        keywords={"en": "LAMP"},
        policy=Program.Policy.AT_LEAST_ONCE,
    )


def subscriber(
    to: Program, e164: str, zip_code: str = "40202", language: str = "en", *, now: dt.datetime | None = None
) -> Number:
    """Someone who is in, with the site's own seals and indexes."""
    now = now or timezone.now()
    number = numbers.get(e164, now)
    seal_key, private = 1, b"{}"
    row = Subscriber(
        number=number,
        state=Subscriber.State.ACTIVE,
        language=language,
        seal_key=seal_key,
        private=private,
        joined=now,
        changed=now,
    )
    place = subscribe.keep_private(row, zip_code, now)
    row.save()
    subscribe.enroll(row, to, "", now)
    return numbers.get(e164, now, place=place)


def draft(to: Program, author: User, **fields: object) -> Broadcast:
    """A broadcast that waits to be sent to everyone in a program."""
    now = timezone.now()
    values: dict[str, object] = {
        "program": to,
        "state": Broadcast.State.DRAFT,
        "texts": {"en": EN, "es": ES},
        "audience": Audience(to.slug).as_json(),
        "author": author,
        "created": now,
        "changed": now,
    }
    return Broadcast.objects.create(**values | fields)
