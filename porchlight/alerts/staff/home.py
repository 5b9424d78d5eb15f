"""The first page: what waits for this person, what is under way, and what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from porchlight.alerts import alarm, config, outbox, override
from porchlight.alerts.models import Broadcast, Pump, SenderState, Subscriber
from porchlight.alerts.staff import inbox
from porchlight.alerts.staff.broadcasts import row
from porchlight.alerts.staff.roles import StaffRequest, may, page

State = Broadcast.State


@page("home")
def home(request: StaffRequest) -> HttpResponse:
    """What needs me."""
    every = Broadcast.objects.select_related("program", "author").filter(step="")
    live = [
        (row(each), outbox.progress(each.pk))
        for each in every.filter(state__in=(State.SENDING, State.PAUSED))
    ]
    context = {
        "alarms": list(alarms(request.now)),
        "unread": inbox.waiting() if may(request.role, "inbox") else 0,
        "to_approve": [row(each) for each in every.filter(state=State.WAITING).order_by("changed")],
        "live": live,
        "scheduled": [row(each) for each in every.filter(state=State.SCHEDULED).order_by("not_before")],
        "drafts": [row(each) for each in every.filter(state=State.DRAFT).order_by("-changed")[:10]],
        "subscribers": Subscriber.objects.filter(
            state=Subscriber.State.ACTIVE, number__stopped=False
        ).count(),
        "practice": config.alerts().is_practice,
    }
    return render(request, "alerts/staff/home.html", context)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that someone must look into: what it is, and what to do."""

    what: str
    do: str
    where: str = ""


def alarms(now: dt.datetime) -> Iterator[Alarm]:
    """Everything that is wrong with sending now."""
    for problem in config.refused():
        yield Alarm(_("The settings in alerts.toml are wrong; the last good ones are in use."), problem)
    if alarm.cannot_mail():
        yield Alarm(
            _("No e-mail can leave: nobody is told by e-mail that someone wrote to us."),
            _("Set PORCHLIGHT_EMAIL_URL where this site runs (docs/running.md)."),
        )
    for each in override.owing(now):
        yield Alarm(
            _("An urgent text has ended. Tell the same people how it turned out."),
            _("Open that broadcast and press “The child was found”, or write to them."),
            reverse("staff:broadcast", args=[each.broadcast_id]),
        )
    for late in Broadcast.objects.filter(state=State.WAITING, not_before__lte=now).order_by("not_before"):
        yield Alarm(
            _("A text waits past its time: a second person must say yes to it."),
            _("Open it, look at who gets it by now, and say yes or no."),
            reverse("staff:broadcast", args=[late.pk]),
        )
    if _waits_for_pump(now):
        yield Alarm(
            _("Texts wait, but the part that sends them is not running."),
            _("On the machine where this site runs, start: porchlight send"),
        )
    settings = config.alerts()
    for state in SenderState.objects.order_by("name"):
        yield from _of_sender(state, settings, now)


def _of_sender(state: SenderState, settings: config.AlertsConfig, now: dt.datetime) -> Iterator[Alarm]:
    if state.broken_until > now.timestamp():
        yield Alarm(
            _("The carrier of sender %(name)s does not answer as it should.") % {"name": state.name},
            _(
                "We try again by ourselves. If it lasts, look at the carrier's own status page and at its password."
            ),
        )
    spent = state.cost_today if state.day == now.date() else 0
    if settings.cost.ceiling and spent >= settings.cost.ceiling:
        yield Alarm(
            _("Sender %(name)s has reached the day's cost ceiling: $%(spent)s.")
            % {"name": state.name, "spent": f"{spent:.2f}"},
            _("Nothing that we start is sent until tomorrow. The ceiling is in alerts.toml."),
        )
    elif settings.cost.alarm and spent >= settings.cost.alarm:
        yield Alarm(
            _("Sender %(name)s has cost $%(spent)s today.") % {"name": state.name, "spent": f"{spent:.2f}"},
            _("Sending goes on until the ceiling of alerts.toml."),
        )


def _waits_for_pump(now: dt.datetime) -> bool:
    """Is something to be sent, and no process alive to send it?"""
    if Pump.objects.filter(until__gt=now.timestamp()).exists():
        return False
    return Broadcast.objects.filter(state=State.SENDING).exists()
