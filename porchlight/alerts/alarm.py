"""Telling staff at once, by e-mail and text, that something waits for them on the pages of staff.

An alarm says nothing of anybody: the pages do, behind a password. It is in every language, for we do not know whose
turn it is.
"""

from __future__ import annotations

import datetime as dt
import logging
from enum import StrEnum

from django.conf import settings
from django.core import checks
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from porchlight.alerts import chores, config, numbers, outbox
from porchlight.alerts.models import Delivery, Inbound
from porchlight.report.say import translate
from porchlight.site import journal
from porchlight.site.config import ConfigError

N_ = str  # marks a sentence for the catalogue; it is translated where it is said


class Alarm(StrEnum):
    """What waits for staff."""

    WORDS = "words"  # someone wrote to us, not a command
    COST = "cost"  # the day's cost reached the alarm
    FOUND = "found"  # an override ended, and nobody was told that the search is over
    LATE = "late"  # a scheduled text reaches so many by now that someone else must say yes first


_SENTENCES = {
    Alarm.WORDS: N_("Someone sent us a text that a person should read."),
    Alarm.COST: N_("Texts of today cost more than the alarm that you set."),
    Alarm.FOUND: N_("An urgent text has ended. Tell the same people how it turned out."),
    Alarm.LATE: N_("A text waits past its time: a second person must say yes to it."),
}
# Texts of strangers alarm staff no more often than this.
QUIET = dt.timedelta(minutes=10)
# An e-mail that nobody takes within so many seconds is given up: the pages have it too.
_PATIENCE = 3


def sound(alarm: Alarm, now: dt.datetime, *, about: str = "", every: dt.timedelta | None = None) -> bool:
    """Tell staff, once about the same thing (`about`), or again after `every`. True when they are told now.

    Texts are part of the caller's transaction, e-mails go when it is committed. Never raises for what a mail server
    does: what it is about is on the pages of staff too.
    """
    at = now.timestamp()
    before = -1.0 if every is None else at - every.total_seconds()
    if not chores.claim(f"alarm {alarm} {about}".strip(), before, at):
        return False
    words = said(alarm)
    _text(words, now)
    transaction.on_commit(lambda: _mail(words))
    return True


def someone_wrote(row: Inbound, now: dt.datetime) -> bool:
    """Someone sent `row`, which is no command: staff should read it soon. Once in ten minutes, however many write."""
    return sound(Alarm.WORDS, now, every=QUIET) if row.reading == Inbound.Reading.WORDS else False


def cannot_mail() -> bool:
    """Is there someone to tell by e-mail, and no server by which it could leave (PORCHLIGHT_EMAIL_URL)?"""
    return bool(config.alerts().staff_alarm.emails) and not settings.EMAIL_HOST


def check(**_: object) -> list[checks.CheckMessage]:
    """What `porchlight check` says of the settings of text alerts. Warnings: the site itself stands all the same."""
    try:
        problems = list(config.refused())
        if cannot_mail():
            problems.append("alerts.toml: staff_alarm.emails: no e-mail can leave; set PORCHLIGHT_EMAIL_URL")
    except ConfigError as error:
        problems = list(error.problems)
    return [checks.Warning(problem, id="alerts.W001") for problem in problems]


def said(alarm: Alarm) -> str:
    """What staff are told, in all languages, and where to look."""
    site = config.alerts()
    sentences = " ".join(translate(_SENTENCES[alarm], language) for language in ("en", "es"))
    return f"{site.organization}: {sentences} {site.address}/staff/"


def _text(words: str, now: dt.datetime) -> None:
    for e164 in config.alerts().staff_alarm.numbers:
        number = numbers.get(e164, now)
        late = (now + dt.timedelta(hours=1)).timestamp()
        # We start it, so that a STOP of this telephone holds for it too.
        outbox.enqueue(number, words, Delivery.Kind.START, "en", now.timestamp(), expires=late)


def _mail(words: str) -> None:
    to = list(config.alerts().staff_alarm.emails)
    if not to or cannot_mail():
        return
    try:
        connection = get_connection(timeout=_PATIENCE)
        EmailMessage(subject=config.alerts().organization, body=words, to=to, connection=connection).send()
    except OSError as error:  # smtplib's own errors are OSErrors too
        journal.write(journal.Event.NOT_READY, level=logging.WARNING, exception=error)
