"""Programs and the review that a tip series needs; how many subscribe; leaving on someone's word."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from porchlight import places
from porchlight.alerts import commands, consent, keyring, numbers, subscribe
from porchlight.alerts import programs as series
from porchlight.alerts.models import Enrollment, Program, Review, Subscriber, Suppression
from porchlight.alerts.staff import forms, look
from porchlight.alerts.staff.accounts import record
from porchlight.alerts.staff.roles import StaffRequest, page

# Fewer than this many in a county are not counted out: that could tell who it is.
LEAST_SHOWN = 5


@page("programs")
def programs(request: StaffRequest) -> HttpResponse:
    """Each program, how many are in it, and whether it may be sent."""
    return render(request, "alerts/staff/programs.html", {"programs": [_shown(each) for each in _all()]})


@dataclass(frozen=True, slots=True)
class Shown:
    """A program as staff see it. `locked`: a series that no professional has read as it is now."""

    program: Program
    name: str
    people: int
    locked: bool


def _all() -> list[Program]:
    series.begin()
    return list(Program.objects.order_by("kind", "slug"))


def _shown(program: Program) -> Shown:
    people = _active().filter(program=program).count()
    locked = program.kind == Program.Kind.SERIES and not series.is_reviewed(program)
    return Shown(program, _name(program), people, locked)


def _name(program: Program) -> str:
    return consent.program_name(program, translation.get_language() or "en")


def _active() -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(
        active=True, subscriber__state=Subscriber.State.ACTIVE, subscriber__number__stopped=False
    )


@page("program")
def program(request: StaffRequest, slug: str) -> HttpResponse:
    """One program: its names and keywords, and of a series its words and its reviews."""
    found = get_object_or_404(Program, slug=slug)
    form = forms.ProgramChange(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        problem = _keyword_problem(found, form)
        if problem is None:
            _change(request, found, form)
            return redirect("staff:program", slug)
        form.add_error(*problem)
    return _one(request, found, form, None)


def _change(request: StaffRequest, found: Program, form: forms.ProgramChange) -> None:
    said = form.cleaned_data
    with transaction.atomic():
        found.names = {"en": said["name_en"], "es": said["name_es"]}
        found.keywords = {
            code: said[f"keyword_{code}"].upper() for code in ("en", "es") if said[f"keyword_{code}"]
        }
        found.open = said["open"]
        found.save()
        record(request.user, "program_changed", request.now, why=found.slug)
    look.tell(request, _("The program is saved."))


def _keyword_problem(found: Program, form: forms.ProgramChange) -> tuple[str, str] | None:
    """A keyword must be one word that is no command and no other program's."""
    taken = {
        word.casefold()
        for each in Program.objects.exclude(pk=found.pk)
        for word in each.keywords.values()
        if word
    }
    for field in ("keyword_en", "keyword_es"):
        word = form.cleaned_data[field].strip()
        if not word:
            continue
        if not word.isalnum() or commands.is_reserved(word):
            return field, _(
                "Choose one word of letters and digits that means nothing else, not STOP, HELP or a place."
            )
        if word.casefold() in taken:
            return field, _("Another program has this keyword.")
    return None


def _one(
    request: StaffRequest, found: Program, form: forms.ProgramChange | None, review: forms.NewReview | None
) -> HttpResponse:
    initial = {
        "name_en": found.names.get("en", ""),
        "name_es": found.names.get("es", ""),
        "keyword_en": found.keywords.get("en", ""),
        "keyword_es": found.keywords.get("es", ""),
        "open": found.open,
    }
    context = {
        "shown": _shown(found),
        "form": form or forms.ProgramChange(initial=initial),
        "review": review or forms.NewReview(),
        "reviews": found.reviews.select_related("recorded_by").order_by("-recorded"),
        **(_series(found) if found.kind == Program.Kind.SERIES else {}),
        "today": request.now.date().isoformat(),
    }
    wrong = (form is not None and form.errors) or (review is not None and review.errors)
    return render(request, "alerts/staff/program.html", context, status=422 if wrong else 200)


def _series(found: Program) -> dict[str, object]:
    """What a reviewer reads, and the fingerprint of exactly that; or what is wrong with the file of the series."""
    try:
        return {"tips": series.tips_of(found), "fingerprint": series.words_sha256(found)}
    except series.UnknownNumberError as error:
        broken = _("A tip names the line %(line)s, of which our facts are not sure enough. It is not sent.")
        return {"broken": broken % {"line": error}}
    except series.SeriesError as error:
        return {"broken": str(error)}


def _fingerprint(found: Program) -> str:
    try:
        return series.words_sha256(found)
    except series.SeriesError:
        return ""


@page("review")
def review(request: StaffRequest, slug: str) -> HttpResponse:
    """Record that a named professional has read a series, exactly as it is on the page."""
    found = get_object_or_404(Program, slug=slug, kind=Program.Kind.SERIES)
    form = forms.NewReview(request.POST, today=request.now.date())
    if form.is_valid() and form.cleaned_data["words"] != _fingerprint(found):
        form.add_error(None, _("The words have changed since this page was made. Read them again first."))
    if not form.is_valid():
        return _one(request, found, None, form)
    said = form.cleaned_data
    with transaction.atomic():
        Review.objects.create(
            program=found,
            name=said["name"],
            profession=said["profession"],
            day=said["day"],
            words_sha256=said["words"],
            recorded_by=request.user,
            recorded=request.now,
        )
        record(request.user, "series_reviewed", request.now, why=f"{found.slug}: {said['name']}")
    look.tell(request, _("The review is recorded."))
    return redirect("staff:program", slug)


# --- subscribers ------------------------------------------------------------------------------------------------------


@page("subscribers")
def subscribers(request: StaffRequest) -> HttpResponse:
    """How many, never who."""
    return _subscribers(request, forms.Telephone())


def _subscribers(request: StaffRequest, form: forms.Telephone, *, status: int = 200) -> HttpResponse:
    home = settings.CONFIG.home
    context = {
        "total": Subscriber.objects.filter(state=Subscriber.State.ACTIVE, number__stopped=False).count(),
        "states": _by_state(),
        "programs": [_shown(each) for each in _all()],
        "languages": _by_language(),
        "counties": _by_county(home),
        "least": LEAST_SHOWN,
        "home": home,
        "form": form,
    }
    return render(request, "alerts/staff/subscribers.html", context, status=status)


def _by_state() -> dict[str, int]:
    return dict(Subscriber.objects.values_list("state").annotate(people=Count("pk")))


def _by_language() -> list[tuple[str, int]]:
    people = Subscriber.objects.filter(state=Subscriber.State.ACTIVE, number__stopped=False)
    return list(people.values_list("language").annotate(people=Count("pk")).order_by("language"))


def _by_county(jurisdiction: str) -> list[tuple[str, int | None]]:
    """Counties with subscribers, most first; None instead of a number that is too small to tell."""
    names = {
        digest: place.county or ""
        for place in places.counties(jurisdiction)
        for digest in keyring.digests(place.county_fips or "", "county")
    }
    rows = (
        Subscriber.objects.filter(
            state=Subscriber.State.ACTIVE, number__stopped=False, county_index__isnull=False
        )
        .values_list("county_index")
        .annotate(people=Count("pk"))
    )
    counted: dict[str, int] = {}
    for digest, people in rows:
        name = names.get(bytes(digest))
        if name is not None:
            counted[name] = counted.get(name, 0) + people
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [(name, people if people >= LEAST_SHOWN else None) for name, people in ordered]


@page("revoke")
def revoke(request: StaffRequest) -> HttpResponse:
    """Someone called or wrote that they want no more texts. It holds whether or not we knew the number."""
    form = forms.Telephone(request.POST)
    if not form.is_valid():
        return _subscribers(request, form, status=422)
    with transaction.atomic():
        number = numbers.get(form.cleaned_data["number"], request.now)
        subscribe.leave(number, Suppression.Source.STAFF, request.now)
        record(request.user, "revoked", request.now, number=number)
    look.tell(request, _("Done. That number gets no more texts that we start."))
    return redirect("staff:subscribers")
