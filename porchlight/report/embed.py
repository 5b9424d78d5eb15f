"""The embed porch: a box for other sites with 911, the number, and a door to every other place.

No script, no cookie, and nothing that tells the other site or us who looked.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from porchlight import places
from porchlight.report import answer, pages
from porchlight.report.answer import Answer, Concern, Role
from porchlight.report.whom import place_name

# A corrected number must reach every box soon, whatever the hours of the line are.
MAX_AGE = dt.timedelta(minutes=5)

_STYLE = (Path(__file__).parent / "embed.css").read_text(encoding="utf-8")
_STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src '{_STYLE_HASH}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",  # the only page that another site may show inside its own
    )
)


@require_safe
@xframe_options_exempt
def box(request: HttpRequest, state: str, county: str | None = None) -> HttpResponse:
    """The box of one jurisdiction or county. It may be kept until the answer changes, and five minutes at most."""
    place = places.place_from_slug(f"us/{state}/{county}" if county else f"us/{state}")
    if place is None:
        raise Http404
    now = dt.datetime.now(dt.UTC)
    given = answer(place, Concern.abuse_neglect, Role.anyone, now)
    more = reverse("county", args=[state, county]) if county else reverse("place", args=[state])
    context = {"page": pages.arrange(given, place), "more": more, "style": _STYLE}
    response = render(request, "report/embed.html", context)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"public, max-age={max_age(given, now)}"
    return response


def max_age(given: Answer, now: dt.datetime) -> int:
    """Seconds (whole, rounded down) that a copy of `given` may be shown after `now`."""
    left = MAX_AGE if given.changes_at is None else min(MAX_AGE, given.changes_at - now)
    return max(0, int(left.total_seconds()))


@require_safe
def how_to(request: HttpRequest) -> HttpResponse:
    """What to copy into another site: the box, or a plain link; and the box of every place."""
    home = settings.CONFIG.home
    state = home[3:].lower()
    context = {
        "place": place_name(home),
        "state": state,
        "box": _address(request, reverse("embed", args=[state])),
        "page": _address(request, reverse("place", args=[state])),
        "states": [(code[3:].lower(), place_name(code)) for code, _ in places.jurisdictions()],
    }
    return render(request, "report/embed_how_to.html", context)


def _address(request: HttpRequest, path: str) -> str:
    """The full address of a page here; of another machine's site always https, which a page in https must embed."""
    host = request.get_host()
    is_here = host.split(":")[0] in {"localhost", "127.0.0.1"}
    return f"{'http' if is_here else 'https'}://{host}{path}"
