"""The pages of a broadcast: write it, say who gets it, check, test, send, watch, look back."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from porchlight import places, report
from porchlight.alerts import audience, config, outbox, segments
from porchlight.alerts import programs as alert_programs
from porchlight.alerts.models import Broadcast, Delivery, Override, Program, StaffAction, StaffPhone
from porchlight.alerts.staff import forms, look, plan, sending
from porchlight.alerts.staff.roles import StaffRequest, page
from porchlight.report import pages

State = Broadcast.State
_LIVE = (State.SENDING, State.PAUSED)
_SHOWN = 50


@page("broadcasts")
def broadcasts(request: StaffRequest) -> HttpResponse:
    """All of them: what is under way first, then the latest."""
    everything = Broadcast.objects.select_related("program", "author").order_by("-changed")
    live = everything.exclude(state__in=(State.DONE, State.CANCELLED)).filter(step="")
    over = everything.filter(state__in=(State.DONE, State.CANCELLED), step="")[:_SHOWN]
    return render(request, "alerts/staff/broadcasts.html", {"live": _rows(live), "over": _rows(over)})


@dataclass(frozen=True, slots=True)
class Row:
    """A broadcast as lists show it."""

    broadcast: Broadcast
    words: str
    audience: str


def _rows(found: QuerySet[Broadcast]) -> list[Row]:
    return [row(each) for each in found]


def row(broadcast: Broadcast) -> Row:
    """Its first words in this language, and who gets it."""
    language = translation.get_language() or "en"
    words = broadcast.texts.get(language) or broadcast.texts.get("en") or ""
    return Row(broadcast, words, audience.describe(broadcast.audience, language))


# --- write ------------------------------------------------------------------------------------------------------------


@page("new")
def new(request: StaffRequest) -> HttpResponse:
    """A first draft."""
    programs = Program.objects.filter(kind=Program.Kind.ALERTS).order_by("slug")
    if not programs.exists():
        alert_programs.sync()
    first = programs[0]
    if request.method != "POST":
        meant = audience.Audience(first.slug)
        form = forms.Draft(initial=forms.initial_of(meant) | {"text_en": _opening(), "text_es": _opening()})
        return _compose(request, form, None)
    form = forms.Draft(request.POST)
    if not form.is_valid():
        return _compose(request, form, None)
    return _saved(request, form, Broadcast(created=request.now))


@page("edit")
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    draft = get_object_or_404(Broadcast, pk=pk)
    if draft.state != State.DRAFT:
        return redirect("staff:broadcast", pk)
    if request.method != "POST":
        kept = forms.initial_of(audience.read(draft.audience))
        texts = {f"text_{code}": draft.texts.get(code, "") for code in ("en", "es")}
        return _compose(request, forms.Draft(initial=kept | texts | {"unaccented": draft.unaccented}), draft)
    form = forms.Draft(request.POST)
    if not form.is_valid():
        return _compose(request, form, draft)
    return _saved(request, form, draft)


def _saved(request: StaffRequest, form: forms.Draft, draft: Broadcast) -> HttpResponse:
    """Keep it, then go back to writing or on to the review, whichever button was pressed."""
    draft.program = form.cleaned_data["program"]
    draft.state = State.DRAFT
    draft.texts = form.texts()
    draft.unaccented = form.cleaned_data["unaccented"]
    draft.audience = form.audience().as_json()
    draft.author = request.user
    draft.changed = request.now
    draft.save()
    if "review" in request.POST:
        return redirect("staff:broadcast", draft.pk)
    look.tell(request, _("The draft is saved."))
    return redirect("staff:edit", draft.pk)


def _compose(request: StaffRequest, form: forms.Draft, draft: Broadcast | None) -> HttpResponse:
    language = translation.get_language() or "en"
    context = {
        "form": form,
        "draft": draft,
        "programs": Program.objects.filter(kind=Program.Kind.ALERTS).order_by("slug"),
        "states": forms.states(language),
        "most_miles": audience.MOST_MILES,
        "plan": _plan_of(form, request.now),
    }
    return render(request, "alerts/staff/compose.html", context, status=200 if not form.errors else 422)


@page("check")
def check(request: StaffRequest) -> HttpResponse:
    """The part of the page that says what the text costs and who gets it; saves nothing. Asked for by the script."""
    form = forms.Draft(request.POST)
    form.is_valid()
    return render(request, "alerts/staff/checked.html", {"plan": _plan_of(form, request.now), "form": form})


def _plan_of(form: forms.Draft, now: dt.datetime) -> plan.Plan | None:
    """The plan of what is in the form, as far as it can be read; None where nobody is meant yet."""
    if not form.is_bound:
        form = forms.Draft({key: value for key, value in form.initial.items() if value not in (None, "", [])})
    if not form.is_valid() and "program" not in form.cleaned_data:
        return None
    said = form.cleaned_data
    texts = {code: text for code in ("en", "es") if (text := said.get(f"text_{code}"))}
    area_wrong = {"counties", "place", "miles"} & set(form.errors)
    meant = audience.Audience(said["program"].slug) if area_wrong else form.audience()
    return plan.plan(texts, meant, unaccented=said.get("unaccented", False), start=now)


def _opening() -> str:
    """A text begins with who writes."""
    return f"{config.alerts().organization}: "


# --- one broadcast ----------------------------------------------------------------------------------------------------


@page("broadcast")
def broadcast(request: StaffRequest, pk: int) -> HttpResponse:
    """One broadcast, whatever its state: review, approval, progress or report."""
    return _one(request, pk)


def _one(
    request: StaffRequest, pk: int, form: forms.Submit | None = None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = get_object_or_404(Broadcast.objects.select_related("program", "author", "approver"), pk=pk)
    language = translation.get_language() or "en"
    before = found.state in (State.DRAFT, State.WAITING, State.SCHEDULED)
    context = {
        "broadcast": found,
        "audience": audience.describe(found.audience, language),
        "override": plan.override_of(found),
        "follows": Override.objects.filter(found=found).first(),
        "plan": plan.of(found, request.now) if before else None,
        "late": found.not_before is not None and found.not_before <= request.now,
        "written": _written(found),
        "form": form or forms.Submit(now=request.now),
        "problem": problem,
        "phone": StaffPhone.objects.filter(user=request.user, proved__isnull=False).first(),
        "hotline": _hotline(request.now),
        "practice": config.alerts().is_practice,
        "ceiling": config.alerts().cost.ceiling,
        "threshold": config.alerts().second_approver_above,
        "own": found.author_id == request.user.pk,
        "actions": StaffAction.objects.filter(broadcast=found).select_related("who").order_by("at"),
    }
    if not before:
        context |= _how_it_goes(found, request.now)
    return render(request, "alerts/staff/broadcast.html", context, status=status)


def _written(found: Broadcast) -> list[tuple[str, str]]:
    """(language, the words as they are sent) of each text there is."""
    return [
        (code, segments.as_sent(found.texts[code], without_accents=found.unaccented))
        for code in plan.LANGUAGE_NAMES
        if found.texts.get(code)
    ]


def _hotline(now: dt.datetime) -> pages.Page:
    """Whom to warn: those who answer where this site is."""
    home = places.place_for(settings.CONFIG.home)
    given = report.answer(home, report.Concern.abuse_neglect, report.Role.anyone, now)
    return pages.arrange(given, home)


# --- how it goes ------------------------------------------------------------------------------------------------------

_EACH = ("delivered", "sent", "to_go", "failed", "expired", "cancelled", "unknown")


def _how_it_goes(found: Broadcast, now: dt.datetime) -> dict[str, Any]:
    """Counts by state, how fast it goes, when it will be finished."""
    counted = outbox.progress(found.pk)
    total = max(counted.total, found.total, 1)
    passed = (now - found.started).total_seconds() if found.started else 0.0
    gone = counted.sent + counted.delivered + counted.failed + counted.unknown
    live = found.state in _LIVE
    return {
        "progress": counted,
        "total": counted.total,
        "gone": gone,
        "percent": min(100, 100 * (counted.total - counted.to_go) // total),
        "states": [(name, getattr(counted, name)) for name in _EACH],
        "bars": _bars([(name, getattr(counted, name)) for name in _EACH], total),
        "now": now,
        "rate": gone / passed if passed > 1 else None,
        "remaining": plan.remaining(found, now) if live and counted.to_go else None,
        "is_live": live and not (found.state == State.PAUSED and counted.expanded and not counted.to_go),
        "failures": _by_reason(found),
        "languages": _by_language(found),
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the bar that shows how it goes, in thousandths of its length."""

    name: str
    x: int
    width: int


def _bars(states: list[tuple[str, int]], total: int) -> list[Bar]:
    bars, before = [], 0
    for name, count in states:
        x, end = 1000 * before // total, 1000 * (before + count) // total
        before += count
        if end > x:
            bars.append(Bar(name, x, end - x))
    return bars


def _by_reason(found: Broadcast) -> list[tuple[str, int]]:
    """Why texts failed, the most frequent reason first."""
    failed = Delivery.objects.filter(broadcast=found, state=Delivery.State.FAILED)
    reasons = failed.values_list("error").annotate(count=Count("pk")).order_by("-count", "error")
    return [(error, count) for error, count in reasons]


def _by_language(found: Broadcast) -> list[tuple[str, int, int]]:
    """(language, texts, of them delivered)."""
    counted: dict[str, list[int]] = {}
    rows = (
        Delivery.objects.filter(broadcast=found).values_list("language", "state").annotate(count=Count("pk"))
    )
    for language, state, count in rows:
        each = counted.setdefault(language, [0, 0])
        each[0] += count
        each[1] += count if state == Delivery.State.DELIVERED else 0
    return [(language, texts, arrived) for language, (texts, arrived) in sorted(counted.items())]


@page("progress")
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while it is sent. Asked for by the script."""
    found = get_object_or_404(Broadcast, pk=pk)
    if found.state in (State.DRAFT, State.WAITING, State.SCHEDULED):
        raise Http404
    return render(
        request, "alerts/staff/progress.html", {"broadcast": found} | _how_it_goes(found, request.now)
    )


@page("delivery_csv")
def delivery_csv(request: StaffRequest, pk: int) -> HttpResponse:
    """What became of it, by language, state and reason. Without numbers, and without anyone's row."""
    found = get_object_or_404(Broadcast, pk=pk)
    rows = (
        Delivery.objects.filter(broadcast=found)
        .values_list("language", "state", "error", "segments")
        .annotate(count=Count("pk"))
        .order_by("language", "state", "error", "segments")
    )
    out = StringIO()
    written = csv.writer(out)
    written.writerow(["language", "state", "reason", "segments_each", "texts"])
    for language, state, error, each, count in rows:
        written.writerow([language, Delivery.State(state).name.lower(), _harmless(error), each, count])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="broadcast-{pk}.csv"'
    return response


def _harmless(cell: str) -> str:
    """A carrier's code that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


# --- what one can do with it ------------------------------------------------------------------------------------------


@page("submit")
def submit(request: StaffRequest, pk: int) -> HttpResponse:
    """Send, schedule, or ask for approval."""
    form = forms.Submit(request.POST, now=request.now)
    if not form.is_valid():
        return _one(request, pk, form, status=422)
    asked = form.cleaned_data
    return _done(
        request,
        pk,
        lambda: sending.submit(
            pk, request.user, request.now, not_before=asked["not_before"], expires=asked["expires"]
        ),
        form,
    )


@page("approve")
def approve(request: StaffRequest, pk: int) -> HttpResponse:
    """Say yes to what someone else wrote."""
    return _done(request, pk, lambda: sending.approve(pk, request.user, request.now))


@page("take_back")
def take_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a draft of it again, to change it."""
    why = request.POST.get("why", "").strip()
    return _done(request, pk, lambda: sending.take_back(pk, request.user, request.now, why=why))


@page("pause")
def pause(request: StaffRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda: sending.pause(pk, request.user, request.now))


@page("resume")
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda: sending.resume(pk, request.user, request.now))


@page("cancel")
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda: sending.cancel(pk, request.user, request.now))


def _done(
    request: StaffRequest, pk: int, do: Callable[[], object], form: forms.Submit | None = None
) -> HttpResponse:
    """Do it and show the broadcast; or show it with the reason why not."""
    get_object_or_404(Broadcast, pk=pk)
    try:
        do()
    except sending.Refused as refused:
        return _one(request, pk, form, problem=refused.why, status=409)
    return redirect("staff:broadcast", pk)


@page("delete")
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    deleted, _each = Broadcast.objects.filter(pk=pk, state=State.DRAFT).delete()
    if deleted:
        look.tell(request, _("The draft is gone."))
    return redirect("staff:broadcasts")


@page("copy")
def copy(request: StaffRequest, pk: int) -> HttpResponse:
    """Use its words again."""
    return redirect(
        "staff:edit", sending.copy(get_object_or_404(Broadcast, pk=pk), request.user, request.now).pk
    )


@page("test")
def test(request: StaffRequest, pk: int) -> HttpResponse:
    """Send each text to one's own telephone, which was proved by a code, and to no other."""
    draft = get_object_or_404(Broadcast, pk=pk)
    phone = (
        StaffPhone.objects.filter(user=request.user, proved__isnull=False).select_related("number").first()
    )
    if phone is None:
        return redirect("staff:me")
    if phone.number.stopped:
        return _one(
            request, pk, problem=_("Your own number said STOP. Text START from it first."), status=409
        )
    now = request.now.timestamp()
    for language, words in _written(draft):
        outbox.enqueue(phone.number, words, Delivery.Kind.REPLY, language, now, expires=now + 3600)
    look.tell(request, _("The test is on its way to your telephone."))
    return redirect("staff:broadcast", pk)


# --- a missing child --------------------------------------------------------------------------------------------------


@page("override")
def override(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to send a draft outside quiet hours, or take that back."""
    draft = get_object_or_404(Broadcast, pk=pk)
    if draft.state != State.DRAFT:
        return redirect("staff:broadcast", pk)
    form = forms.AskOverride(request.POST or None, initial={"hours": 12})
    if request.method == "POST" and "end" in request.POST:
        return _done(request, pk, lambda: sending.end_override(pk, request.user, request.now))
    if form.is_valid():
        asked: Mapping[str, Any] = form.cleaned_data
        return _done(request, pk, lambda: sending.ask_override(pk, request.user, request.now, **asked))
    context = {"form": form, "broadcast": draft, "override": plan.override_of(draft)}
    return render(request, "alerts/staff/override.html", context, status=422 if form.errors else 200)


@page("found")
def found(request: StaffRequest, pk: int) -> HttpResponse:
    """The child was found: stop what is left, and write to those who were told."""
    get_object_or_404(Broadcast, pk=pk)
    try:
        follow_up = sending.child_found(pk, request.user, request.now)
    except sending.Refused as refused:
        return _one(request, pk, problem=refused.why, status=409)
    return redirect("staff:edit", follow_up.pk)
