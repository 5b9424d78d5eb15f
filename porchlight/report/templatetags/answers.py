"""Filters that put an Answer's values into words in the language of the page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from django import template
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from porchlight.facts.schema import Kind
from porchlight.report import numbers, pages
from porchlight.report.answer import AnswerContact, Line, line
from porchlight.report.say import say as in_words

register = template.Library()


def _language() -> str:
    return translation.get_language() or "en"


@register.filter
def say(said: Line) -> str:
    """The sentence of a Line."""
    return in_words(said, _language())


# A number as people dial it, letters and all, a web address, or a date.
_NUMBER_OR_ADDRESS = re.compile(
    r"https?://[^\s<]+?(?=[.,]?(?:\s|$))"
    r"|\b\d{4}-\d\d(?:-\d\d)?\b"
    r"|(?:\b1[-. ])?(?:\(\d{3}\)|\b\d{3})[-. ][0-9A-Z][0-9A-Z.-]*[0-9A-Z]"
)


@register.filter
def numbered(said: Line) -> SafeString:
    """The sentence of a Line, its web addresses as links, its numbers and dates never broken at the end of a row."""
    return mark_safe(_NUMBER_OR_ADDRESS.sub(_whole, escape(in_words(said, _language()))))  # noqa: S308 (escaped)


@register.filter
def unbroken(text: SafeString) -> SafeString:
    """Text that is safe already and has no links, its numbers and dates never broken at the end of a row."""
    return mark_safe(_NUMBER_OR_ADDRESS.sub(_whole, text))  # noqa: S308 (safe already)


def _whole(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("http"):
        return f'<a href="{text}" rel="noreferrer external">{text}</a>'
    return f'<span class="number">{text}</span>'


@register.filter
def word(code: str) -> str:
    """The sentence of a code that needs no values: `{{ "concern_online"|word }}`."""
    return in_words(line(code), _language())


@register.filter
def dialed(contact: AnswerContact) -> str:
    """1-877-597-2331 for +18775972331; a web address without its scheme."""
    return numbers.dialed(contact)


@register.filter
def shown(contact: AnswerContact) -> SafeString:
    """As `dialed`, where a long web address may break at its dots and slashes, not inside a word."""
    text = escape(numbers.dialed(contact))
    if contact.kind in (Kind.web, Kind.chat, Kind.email):
        text = mark_safe(text.replace(".", "<wbr>.").replace("/", "/<wbr>").replace("@", "<wbr>@"))  # noqa: S308 (escaped)
    return text


@register.filter
def coded(text: str) -> SafeString:
    """Text whose `words` between backticks are code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 (escaped)


@register.filter
def thousands(number: int) -> str:
    """1,234: with commas in both languages, as Spanish is written in the United States."""
    return f"{number:,}"


@register.filter
def day(date: dt.date) -> str:
    """Nov. 1, 2026; 1 de noviembre de 2026; never broken at the end of a row."""
    return date_format(date).replace(" ", "\u00a0")


@register.filter
def spoken(words: Mapping[str, str]) -> SafeString:
    """Words of somebody else's, by language: those of the page's own, else others that say which they are in."""
    language = _language()
    other = language if language in words else next(iter(words))
    text = escape(words[other])
    return text if other == language else format_html('<span lang="{}">{}</span>', other, text)


@register.filter
def vanity(contact: AnswerContact) -> str:
    """1-877-KYSAFE1, or nothing where the number is not printed in letters."""
    return numbers.vanity(contact.value, contact.printed) or ""


@register.filter
def hours_shown(contact: AnswerContact) -> tuple[Line, ...]:
    """The hours, where "open now" does not say all of them."""
    return pages.hours_shown(contact)


@register.filter
def if_closed_shown(contact: AnswerContact) -> tuple[Line, ...]:
    """What to do when it is closed, for a line that is not always open."""
    return pages.if_closed_shown(contact)
