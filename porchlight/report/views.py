"""The pages of Report It. What a person typed or picked comes by POST, is answered, and is forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from porchlight import places
from porchlight.facts import Facts, in_force
from porchlight.facts.schema import RouteModel
from porchlight.places import Ask, Found, Note, Place, Unknown, resolve
from porchlight.report import answer as answer_for
from porchlight.report import answer_any_hour, counted, kept, pages
from porchlight.report.answer import Answer, AnswerContact, Concern, Role
from porchlight.report.known import how_known
from porchlight.report.models import keep_trouble
from porchlight.report.offline import CopyRequest
from porchlight.report.whom import place_name

E = TypeVar("E", Concern, Role)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _answer(
    request: HttpRequest, where: Place | None, concern: Concern, role: Role, note: str | None = None
) -> Answer:
    """The Answer of this moment; in an offline copy, the one that holds at any hour of the day it is made."""
    if isinstance(request, CopyRequest):
        return answer_any_hour(where, concern, role, request.day, note=note)
    return answer_for(where, concern, role, _now(), note=note)


def _day(request: HttpRequest) -> dt.date:
    return request.day if isinstance(request, CopyRequest) else _now().date()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """911, the number of the site's own jurisdiction, and two doors: the child somewhere else, and "about you"."""
    place = places.place_for(settings.CONFIG.home)
    given = _answer(request, place, Concern.abuse_neglect, Role.anyone)

    def shown() -> kept.Shown:
        return {"page": pages.arrange(given, place), "state": _state_of(place)}, [given]

    return kept.page(request, "report/home.html", given, shown)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Answer a form: where, what the worry is, who asks. Only a plain place is redirected to; all else stays here."""
    if request.method != "POST":
        return redirect("home")  # a form's address that someone typed, kept or came back to
    concern = _picked(Concern, request.POST.get("concern"))
    role = _picked(Role, request.POST.get("role"))
    typed = request.POST.get("place", "")
    found = _place_asked(request, typed)
    if isinstance(found, Ask):
        return _which(request, found, concern, role)
    if isinstance(found, Unknown) and concern is not Concern.about_me:
        return _not_found(request, found, concern, role)
    place, note = (found.place, found.note) if isinstance(found, Found) else (None, None)
    if place is not None and concern is None and role is None and note is None:
        return redirect(_address(place))
    given = _answer(request, place, concern or Concern.abuse_neglect, role or Role.anyone, note)
    return _answer_page(
        request, given, place, note, missed=isinstance(found, Unknown) and bool(typed.strip())
    )


_NOTES = frozenset(Note)


def _place_asked(request: HttpRequest, typed: str) -> Found | Ask | Unknown | None:
    """The place of a form: what was typed, or the one its page was about; None where neither was given."""
    if typed.strip():
        return resolve(typed)
    known = places.place_from_slug(request.POST.get("here", ""))
    if known is not None:
        note = request.POST.get("note")
        return Found(known, note if note in _NOTES else None)
    return resolve(typed) if "place" in request.POST else None


def _picked(kind: type[E], given: str | None) -> E | None:
    try:
        return kind(given or "")
    except ValueError:
        return None


def _address(place: Place) -> str:
    state, _, county = places.slug(place).removeprefix("us/").partition("/")
    return reverse("county", args=[state, county]) if county else reverse("place", args=[state])


def _answer_page(
    request: HttpRequest, given: Answer, place: Place | None, note: str | None, *, missed: bool = False
) -> HttpResponse:
    """The page of an Answer. `missed` is True where the place that was typed is not known, and the page says so."""

    def shown() -> kept.Shown:
        page = pages.arrange(given, place, note)
        context = {
            "page": page,
            "concerns": pages.PICKED_CONCERNS,
            "roles": pages.PICKED_ROLES,
            "state": _state_of(place),
            "missed": missed,
            # The other language has to be asked by POST too: what was resolved, never what was typed.
            "again": [("here", page.slug), ("concern", given.concern), ("role", given.role)]
            + ([("note", note)] if note else []),
        }
        return context, [given]

    return kept.page(request, "report/answer.html", given, shown, note, missed)


def _which(request: HttpRequest, found: Ask, concern: Concern | None, role: Role | None) -> HttpResponse:
    """One more question: which of these? Each choice keeps the worry and the role, again by POST."""
    # By state, because that is what a person knows who has to choose.
    choices = sorted(found.choices, key=lambda choice: choice.place.label.split(", ")[::-1])
    context = {
        # A form for each run of one note: a button sends but its own value.
        "choices": [
            (note, [(choice.place.label, places.slug(choice.place)) for choice in run])
            for note, run in groupby(choices, key=lambda choice: choice.note)
        ],
        "question": found.question.value,
        "concern": concern,
        "role": role,
        "first": _national_first(concern),
    }
    return render(request, "report/which.html", context)


def _not_found(
    request: HttpRequest, found: Unknown, concern: Concern | None, role: Role | None
) -> HttpResponse:
    """Never a dead end: say what was not understood, list all places, and give the national line."""
    context = {
        "reason": found.reason.value,
        "states": _states(),
        "concern": concern,
        "role": role,
        "first": _national_first(concern),
    }
    return render(request, "report/not_found.html", context)


def _national_first(concern: Concern | None) -> AnswerContact | None:
    """The first line that serves every place."""
    return pages.first_to_call(answer_for(None, concern or Concern.abuse_neglect, Role.anyone, _now()))


@require_safe
def all_places(request: HttpRequest) -> HttpResponse:
    """All 56 jurisdictions, A to Z."""
    return render(request, "report/places.html", {"states": _states()})


def _states() -> list[tuple[str, str, object]]:
    """(slug, code, name as a Line) of every jurisdiction, by name."""
    return [(code[3:].lower(), code, place_name(code)) for code, _ in places.jurisdictions()]


@require_safe
def place(request: HttpRequest, state: str, county: str | None = None) -> HttpResponse:
    """One jurisdiction or county: its number, every worry, the duty, what to say; prints on one sheet."""
    where = _place_or_404(state, county)
    given = _answer(request, where, Concern.abuse_neglect, Role.anyone)
    has_counts = county is None and bool(counted.of_this_site().of(where.jurisdiction))

    def shown() -> kept.Shown:
        answers = [given]

        # Asked one by one as the page shows them: a copy's county page shows none, and there are hundreds.
        def by_concern() -> Iterator[object]:
            for concern in pages.PICKED_CONCERNS:
                answers.append(_answer(request, where, concern, Role.anyone))
                yield pages.worry(answers[-1])

        context = {
            "page": pages.arrange(given, where),
            "by_concern": by_concern(),
            "roles": pages.PICKED_ROLES,
            "state": _state_of(where),
            "counties": _counties(where) if county is None else (),
            "has_counts": has_counts,
        }
        return context, answers

    return kept.page(request, "report/place.html", given, shown, has_counts)


def _counties(where: Place) -> tuple[tuple[str, str], ...]:
    """(slug, name) of the counties, where the county decides whom to call; else none."""
    model = in_force().current().jurisdictions[where.jurisdiction].routing.model
    return () if model in (RouteModel.statewide, RouteModel.none_known) else _all_counties(where.jurisdiction)


@cache
def _all_counties(code: str) -> tuple[tuple[str, str], ...]:
    return tuple((places.slug(each).split("/")[2], each.county or "") for each in places.counties(code))


@require_safe
def how_we_know(request: HttpRequest, state: str) -> HttpResponse:
    """Each number with its sources, dates and standing, and the wrong ones that are in print."""
    where = _place_or_404(state, None)
    context = {
        "known": how_known(_facts(), where.jurisdiction, _day(request)),
        "place": place_name(where.jurisdiction),
        "state": state,
    }
    return render(request, "report/how_we_know.html", context)


@require_safe
def how_we_know_national(request: HttpRequest) -> HttpResponse:
    """The same for the lines that serve every place, and for federal law."""
    return render(request, "report/how_we_know.html", {"known": how_known(_facts(), None, _day(request))})


@require_http_methods(["GET", "HEAD", "POST"])
def one_page(request: HttpRequest, state: str) -> HttpResponse:
    """Now, call, say, write down: one sheet for people who work with children, a teacher's unless a form says else."""
    role = _picked(Role, request.POST.get("role")) or Role.school
    where = _place_or_404(state, None)
    given = _answer(request, where, Concern.abuse_neglect, role)
    context = {
        "page": pages.arrange(given, where),
        "state": _state_of(where),
        "role": role,
        "roles": pages.WORK_ROLES,
        "again": [("role", role)] if request.method == "POST" else None,
    }
    return render(request, "report/one_page.html", context)


@require_safe
def call_sheet(request: HttpRequest, state: str) -> HttpResponse:
    """A sheet to fill in beside the phone; what is written on it never leaves the page."""
    where = _place_or_404(state, None)
    given = _answer(request, where, Concern.abuse_neglect, Role.anyone)
    return render(
        request, "report/call_sheet.html", {"page": pages.arrange(given, where), "state": _state_of(where)}
    )


@require_safe
def counts(request: HttpRequest, state: str) -> HttpResponse:
    """What the organization's own reports counted in a jurisdiction; there is no such page without a report."""
    where = _place_or_404(state, None)
    reports = counted.of_this_site().of(where.jurisdiction)
    if not reports:
        raise Http404
    context = {
        "told": reports[0],
        "earlier": reports[1:],
        "place": place_name(where.jurisdiction),
        "state": state,
    }
    return render(request, "report/counts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def number_trouble(request: HttpRequest) -> HttpResponse:
    """Someone says that a number did not work: keep its id and the day, nothing else, and show what to try now."""
    if request.method != "POST":
        return redirect("home")
    where = places.place_from_slug(request.POST.get("here", ""))
    contact_id = request.POST.get("contact", "")
    known = pages.may_show(_facts(), where.jurisdiction if where else None, contact_id)
    kept = known and keep_trouble(contact_id, _now().date())
    # A child who could not get through is shown whom a child can reach; the concern is not kept.
    about_me = request.POST.get("concern") == Concern.about_me
    given = _answer(request, where, Concern.about_me if about_me else Concern.abuse_neglect, Role.anyone)
    context = {
        "kept": kept,
        "page": pages.arrange(given, where),
        "cards": pages.other_cards(given, contact_id),
        "state": _state_of(where),
    }
    return render(request, "report/number_trouble.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept (nothing about you) and what is not in our hands."""
    return render(request, "report/privacy.html")


@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """Leaving quickly, what stays on the device, safer devices."""
    return render(request, "report/safety.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What works with what, and how to tell us what does not."""
    return render(request, "report/accessibility.html")


def _facts() -> Facts:
    return in_force().current()


def _state_of(place: Place | None) -> str | None:
    """The jurisdiction's word in addresses: "ky"."""
    return place.jurisdiction[3:].lower() if place is not None else None


def _place_or_404(state: str, county: str | None) -> Place:
    place = places.place_from_slug(f"us/{state}/{county}" if county else f"us/{state}")
    if place is None:
        raise Http404
    return place
