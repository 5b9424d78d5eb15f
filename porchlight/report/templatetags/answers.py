"""Filters that put an Answer's values into words in the language of the page."""

from __future__ import annotations

from django import template
from django.utils import translation

from porchlight.report import numbers
from porchlight.report.answer import AnswerContact, Line, line
from porchlight.report.say import say as in_words

register = template.Library()


def _language() -> str:
    return translation.get_language() or "en"


@register.filter
def say(said: Line) -> str:
    """The sentence of a Line."""
    return in_words(said, _language())


@register.filter
def word(code: str) -> str:
    """The sentence of a code that needs no values: `{{ "concern_online"|word }}`."""
    return in_words(line(code), _language())


@register.filter
def dialed(contact: AnswerContact) -> str:
    """1-877-597-2331 for +18775972331; a web address without its scheme."""
    return numbers.dialed(contact)


@register.filter
def vanity(contact: AnswerContact) -> str:
    """1-877-KYSAFE1, or nothing where the number is not printed in letters."""
    return numbers.vanity(contact.value, contact.printed) or ""
