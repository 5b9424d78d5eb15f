"""The look of every page, and its one script: both are sent inside the page, so that an answer is one request."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from porchlight import alerts
from porchlight.report.say import reviewed_by
from porchlight.site import language


def _text(name: str) -> SafeString:
    return mark_safe((Path(__file__).parent / name).read_text(encoding="utf-8"))  # noqa: S308


def _hash(text: str) -> str:
    """The name by which the content security policy lets exactly this text through."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


STYLE = _text("style.css")
STYLE_HASH = _hash(STYLE)
LEAVE = _text("leave.js")
LEAVE_HASH = _hash(LEAVE)


def every_page(request: HttpRequest | None) -> dict[str, object]:
    """Context that every template may use; of the request only its path, for the links to other languages."""
    current = translation.get_language()
    path = request.path_info if request else "/"
    return {
        "other_languages": [each for each in language.alternates(path) if each[0] != current],
        "style": STYLE,
        "leave": LEAVE,
        "site_name": settings.CONFIG.site_name,
        "exit_url": settings.CONFIG.exit_url,
        "neutral_titles": settings.CONFIG.neutral_titles,
        "texts_offered": alerts.offered(),
        "retention": alerts.retention(),
        "unreviewed": current != "en" and reviewed_by(current or "en") is None,
    }
