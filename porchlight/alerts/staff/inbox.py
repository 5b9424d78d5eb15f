"""What people wrote to us in words: read beside the Answer for where they may be, and with what staff must do now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from porchlight import places, report
from porchlight.alerts import config, inbound, numbers, outbox, rules, segments, subscribe
from porchlight.alerts.models import Delivery, Inbound, Number, StaffAction, Subscriber, Suppression
from porchlight.alerts.staff import forms, look
from porchlight.alerts.staff.accounts import record
from porchlight.alerts.staff.roles import StaffRequest, page
from porchlight.places import Place, area_codes
from porchlight.report import pages

_SHOWN = 100

# What became of a text, as staff mark it.
OUTCOMES: Mapping[str, Promise] = {
    "reported": gettext_lazy("We called the hotline or the police"),
    "answered": gettext_lazy("We wrote or called back"),
    "no_action": gettext_lazy("Nothing was needed"),
}


@page("inbox")
def inbox(request: StaffRequest) -> HttpResponse:
    """What nobody has looked at first, the latest first."""
    words = Inbound.objects.filter(reading=Inbound.Reading.WORDS).select_related("number", "seen_by")
    context = {
        "waiting": _letters(words.filter(outcome="").order_by("-received")),
        "handled": _letters(words.exclude(outcome="").order_by("-received")[:_SHOWN]),
        "days": inbound_days(),
    }
    return render(request, "alerts/staff/inbox.html", context)


def waiting() -> int:
    """How many texts nobody has dealt with."""
    return Inbound.objects.filter(reading=Inbound.Reading.WORDS, outcome="").count()


def inbound_days() -> int:
    """For how many days a text is kept."""
    return config.alerts().retention.inbound_days


@dataclass(frozen=True, slots=True)
class Letter:
    """A text as staff read it."""

    row: Inbound
    words: str
    number: str

    @property
    def outcome(self) -> Promise | None:
        return OUTCOMES.get(self.row.outcome)


def _letters(rows: QuerySet[Inbound]) -> list[Letter]:
    return [_letter(row) for row in rows]


def _letter(row: Inbound) -> Letter:
    return Letter(row, inbound.words(row), numbers.masked(row.number))


# --- one text ---------------------------------------------------------------------------------------------------------


@page("text")
def text(request: StaffRequest, pk: int) -> HttpResponse:
    """One text, and what can be done about it."""
    row = get_object_or_404(Inbound.objects.select_related("number", "seen_by"), pk=pk)
    if request.method == "POST":
        do = _DO.get(request.POST.get("do", ""))
        if do is not None:
            return do(request, row)
        return redirect("staff:text", pk)
    if row.seen is None:
        row.seen, row.seen_by = request.now, request.user
        row.save(update_fields=["seen", "seen_by"])
    return _one(request, row)


def _one(
    request: StaffRequest,
    row: Inbound,
    *,
    form: forms.Reply | None = None,
    reason: forms.Reason | None = None,
    number: str = "",
    status: int = 200,
) -> HttpResponse:
    where = place_of(row.number)
    ours = places.place_for(settings.CONFIG.home)
    young = report.answer(where.place, report.Concern.about_me, report.Role.youth, request.now)
    given = report.answer(where.place or ours, report.Concern.abuse_neglect, report.Role.anyone, request.now)
    others = Inbound.objects.filter(number=row.number, reading=Inbound.Reading.WORDS).exclude(pk=row.pk)
    context = {
        "letter": _letter(row),
        "others": _letters(others.order_by("-received")[:10]),
        "where": where,
        "ours": _address(ours),
        "line": pages.first_to_call(given),
        "duty": pages.arrange(given, where.place or ours).duty,
        "young": young,
        "there": _address(where.place) if where.place else "",
        "subscriber": Subscriber.objects.filter(number=row.number).first(),
        "replies": Delivery.objects.filter(number=row.number, kind=Delivery.Kind.REPLY).order_by("-pk")[:5],
        "form": form or forms.Reply(),
        "reason": reason or forms.Reason(),
        "full_number": number,
        "outcomes": OUTCOMES,
        "actions": StaffAction.objects.filter(number=row.number).select_related("who").order_by("-at")[:10],
        "may_reply": rules.may_reply(request.now, row.received).allowed,
    }
    return render(request, "alerts/staff/text.html", context, status=status)


def _address(place: Place) -> str:
    """The public page of a place's jurisdiction."""
    return reverse("place", args=[place.jurisdiction.removeprefix("US-").lower()])


@dataclass(frozen=True, slots=True)
class Where:
    """Where someone may be, and how we know. basis: "signed_up", "area_code" or "unknown"."""

    place: Place | None
    basis: str


def place_of(number: Number) -> Where:
    """From their sign-up, else from the area code, which many people carry with them when they move."""
    subscriber = Subscriber.objects.filter(number=number).first()
    home = subscribe.place_of_zip(subscribe.zip_code_of(subscriber)) if subscriber is not None else None
    if home is not None:
        return Where(home, "signed_up")
    state = area_codes.state_of(numbers.open_(number))
    if state is not None:
        return Where(places.place_for(state), "area_code")
    return Where(None, "unknown")


# --- what can be done -------------------------------------------------------------------------------------------------


def _look(request: StaffRequest, row: Inbound) -> HttpResponse:
    """See the number in full, once, with a reason that is kept."""
    form = forms.Reason(request.POST)
    if not form.is_valid():
        return _one(request, row, reason=form, status=422)
    number = numbers.reveal(row.number, request.user, form.cleaned_data["why"], request.now)
    return _one(request, row, number=number)


def _reply(request: StaffRequest, row: Inbound) -> HttpResponse:
    """Write back. The words are kept only until they are sent; that someone wrote is on record."""
    form = forms.Reply(request.POST)
    if not form.is_valid():
        return _one(request, row, form=form, status=422)
    words = form.cleaned_data["text"]
    telling = rules.telling_words(words)
    if telling:
        said = _("Anyone may see this on the screen. Take out “%(what)s”.") % {"what": ", ".join(telling)}
        form.add_error("text", said)
        return _one(request, row, form=form, status=422)
    if segments.count(words).segments > _MOST_SEGMENTS:
        form.add_error("text", _("Make it shorter: six segments is the most that is sent."))
        return _one(request, row, form=form, status=422)
    if not rules.may_reply(request.now, row.received).allowed:
        form.add_error("text", _("More than a day has passed since they wrote. You can still call."))
        return _one(request, row, form=form, status=422)
    subscriber = Subscriber.objects.filter(number=row.number).first()
    language = subscriber.language if subscriber is not None else "en"
    now = request.now.timestamp()
    with transaction.atomic():
        outbox.enqueue(row.number, words, Delivery.Kind.REPLY, language, now, expires=now + 3600)
        _record(request, row, "replied")
    look.tell(request, _("Your reply is on its way."))
    return redirect("staff:text", row.pk)


_MOST_SEGMENTS = 6


def _handle(request: StaffRequest, row: Inbound) -> HttpResponse:
    """Mark what became of it."""
    outcome = request.POST.get("outcome", "")
    if outcome in OUTCOMES:
        with transaction.atomic():
            row.outcome = outcome
            row.save(update_fields=["outcome"])
            _record(request, row, f"handled_{outcome}")
        look.tell(request, _("Marked as done."))
        return redirect("staff:inbox")
    return redirect("staff:text", row.pk)


def _reopen(request: StaffRequest, row: Inbound) -> HttpResponse:
    row.outcome = ""
    row.save(update_fields=["outcome"])
    return redirect("staff:text", row.pk)


def _wake(request: StaffRequest, row: Inbound) -> HttpResponse:
    """They did not mean STOP: alerts go on."""
    with transaction.atomic():
        paused = Subscriber.objects.filter(number=row.number, state=Subscriber.State.PAUSED)
        if paused.update(state=Subscriber.State.ACTIVE, changed=request.now):
            _record(request, row, "alerts_go_on")
            look.tell(request, _("Alerts go on for this person."))
    return redirect("staff:text", row.pk)


def _stop(request: StaffRequest, row: Inbound) -> HttpResponse:
    """They meant STOP: nothing more that we start."""
    with transaction.atomic():
        subscribe.leave(row.number, Suppression.Source.STAFF, request.now)
        _record(request, row, "stopped")
    look.tell(request, _("This person gets no more alerts."))
    return redirect("staff:text", row.pk)


_DO: Mapping[str, Callable[[StaffRequest, Inbound], HttpResponse]] = {
    "look": _look,
    "reply": _reply,
    "handle": _handle,
    "reopen": _reopen,
    "wake": _wake,
    "stop": _stop,
}


def _record(request: StaffRequest, row: Inbound, what: str) -> None:
    record(request.user, what, request.now, number=row.number)
