"""Putting Lines into words: one catalogue, every language the same way.

say(line("hours_always"), "es")
"""

from __future__ import annotations

import datetime as dt
import gettext
from functools import cache, lru_cache
from pathlib import Path

from porchlight.report.answer import Line
from porchlight.report.words import WORDS

LANGUAGES = ("en", "es")
CATALOGUES = Path(__file__).parent.parent / "site" / "locale"
DOMAIN = "django"


class UnknownLanguageError(ValueError):
    """A language that Porchlight does not speak; the message lists those it does."""

    def __init__(self, language: str) -> None:
        super().__init__(f"no language {language[:20]!r}; use one of: {', '.join(LANGUAGES)}")


@lru_cache(maxsize=65536)
def say(said: Line, language: str) -> str:
    """The sentence of `said` in `language`. Raises UnknownLanguageError, and KeyError for a code without words."""
    template = translate(WORDS[said.code], language)
    if not said.params:
        return template
    return template.format(**{name: _filled(name, value, language) for name, value in said.params})


def translate(message: str, language: str) -> str:
    """`message` of the catalogue in `language`; the message itself in English."""
    if language not in LANGUAGES:
        raise UnknownLanguageError(language)
    return message if language == "en" else _catalogue(language).gettext(message)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    # A missing catalogue must not turn into English silently: FileNotFoundError names it.
    return gettext.translation(DOMAIN, CATALOGUES, [language])


def reviewed_by(language: str) -> str | None:
    """Who signed the words of `language`, or None while no person has."""
    if language == "en":
        return None
    return _catalogue(language).info().get("x-reviewed-by") or None


# Parts that all hold at once; of any others, one is meant.
_ALL_HOLD = {"days", "spans"}


def _filled(name: str, value: str | int | Line | tuple[Line, ...], language: str) -> str:
    if isinstance(value, Line):
        return say(value, language)
    if isinstance(value, tuple):
        parts = [say(item, language) for item in value]
        return joined(parts, language, "list_and" if name in _ALL_HOLD else "list_or")
    if isinstance(value, str) and value.startswith("clock:"):
        return clock(value.removeprefix("clock:"), language)
    return str(value)


def joined(parts: list[str], language: str, ending: str = "list_or") -> str:
    """ "a", "a or b", "a, b or c", in the language's way; with `list_and`, "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return translate(WORDS[ending], language).format(first=", ".join(parts[:-1]), last=parts[-1])


def clock(time: str, language: str) -> str:
    """A time of day as people read it: "8 AM", "4:30 PM"; Spanish "8 a. m."."""
    if time == "24:00":
        time = "00:00"
    hour, minute = (int(part) for part in time.split(":"))
    half = ("AM", "PM") if language == "en" else ("a. m.", "p. m.")
    shown = f"{hour % 12 or 12}" + (f":{minute:02d}" if minute else "")
    return f"{shown} {half[hour >= 12]}"


def moment(when: dt.datetime, language: str) -> str:
    """An aware moment as day and time in its own zone: "Monday 8 AM"."""
    day = translate(WORDS[f"day_{when.strftime('%a').lower()}"], language)
    return f"{day} {clock(when.strftime('%H:%M'), language)}"
