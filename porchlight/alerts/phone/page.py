"""The HTML of the practice phone. Pure: what to show goes in, text comes out; whatever people wrote is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from porchlight.alerts.carriers.practice import MAGIC, Fate, Phone, Text
from porchlight.report.say import translate

N_ = str  # marks a sentence for the catalogue; it is translated where it is said


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows: all telephones, the chosen one with its texts, the site's numbers."""

    phones: Sequence[Phone]
    chosen: str
    texts: Sequence[Text]
    site_numbers: Sequence[str]
    site: str
    language: str
    problem: str = ""


_WORDS = {
    "title": N_("Practice phone"),
    "heading": N_("Texts of the practice site arrive here"),
    "nothing_kept": N_("Nothing leaves this machine, and nothing is kept when you stop it."),
    "go_to_site": N_("Go to the site"),
    "phone": N_("Phone"),
    "texts": N_("Texts"),
    "your_text": N_("Your text"),
    "send": N_("Send"),
    "phones_heading": N_("Phones"),
    "refresh": N_("Refresh"),
    "another_number": N_("Text from another number"),
    "from_label": N_("From"),
    "failing_heading": N_("Numbers that fail on purpose"),
    "failing_how": N_("In any area code. Sign one up, or send it a text, and see what the site does."),
}
_OUR_NUMBERS = N_("The site’s number: {numbers}.")
_TO, _NO_TEXTS = N_("To"), N_("No texts yet")
_PROBLEMS = {
    "number": N_("Write a number of ten digits, like 502-555-0104."),
    "words": N_("Write some words first."),
}
_FATES = {
    "queued": N_("on its way"),
    "sent": N_("on its way"),
    "delivered": N_("delivered"),
    "undelivered": N_("not delivered"),
    "sending": N_("sending"),
    "received": N_("sent"),
    "refused": N_("the site did not take it"),
}
_MAGIC = {
    Fate.NOT_MOBILE: N_("refused: not a mobile number"),
    Fate.STOPPED: N_("refused: it told the carrier STOP"),
    Fate.FILTERED: N_("taken, then filtered out"),
    Fate.NO_SUCH_PHONE: N_("taken, then: no such phone"),
    Fate.OUT_OF_REACH: N_("taken, then: phone is off"),
    Fate.TOO_FAST_ONCE: N_("“too fast” the first time"),
    Fate.ERROR_ONCE: N_("an error the first time"),
    Fate.CUT: N_("taken, but the line is cut before the answer"),
    Fate.SILENT: N_("taken, and never a word about it again"),
    Fate.RECEIPT_FIRST: N_("“delivered” comes before “taken”"),
}
_NAMES = {"en": "English", "es": "Español"}


def page(shown: Shown) -> str:
    """The whole page."""
    language, chosen = shown.language, shown.chosen
    other = "es" if language == "en" else "en"
    dynamic = {
        "language": language,
        "style": _STYLE,
        "script": _SCRIPT,
        "other": other,
        "other_name": _NAMES[other],
        "other_address": _link(chosen, other),
        "address": _link(chosen, language),
        "thread_address": _link(chosen, language, "/thread"),
        "phones_address": _link(chosen, language, "/phones"),
        "site": escape(shown.site),
        "site_numbers": _say(_OUR_NUMBERS, language).format(
            numbers=", ".join(_spoken(number) for number in shown.site_numbers)
        ),
        "problem": _problem(shown.problem, language),
        "number": _spoken(chosen),
        "thread": thread(shown.texts, language),
        "phones": phones(shown.phones, chosen, language),
        "answer_fields": _answer_fields(shown),
        "to_field": _to_field(shown),
        "failing": "".join(_failing(last, _MAGIC[fate], language) for last, fate in MAGIC.items()),
    }
    words = {name: _say(sentence, language) for name, sentence in _WORDS.items()}
    return _PAGE.substitute(words | dynamic)


def thread(texts: Sequence[Text], language: str) -> str:
    """The texts of one telephone, the newest last."""
    if not texts:
        return f'<p class="empty">{_say(_NO_TEXTS, language)}</p>'
    return f"<ol>{''.join(_text(text, language) for text in texts)}</ol>"


def phones(numbers: Sequence[Phone], chosen: str, language: str) -> str:
    """The list of telephones, each with its last words and how many texts it holds."""
    items = (
        f'<li><a href="{_link(phone.number, language)}"{" aria-current=page" if phone.number == chosen else ""}>'
        f'{_spoken(phone.number)} <span class="last">{escape(phone.last)}</span>'
        f' <span class="count">{phone.texts}</span></a></li>'
        for phone in numbers
    )
    return f'<ul class="phones">{"".join(items)}</ul>'


def _text(text: Text, language: str) -> str:
    bad = " bad" if text.fate in {"undelivered", "refused"} else ""
    code = f" ({text.code})" if text.code is not None else ""
    arrived = text.from_site and text.fate == "delivered"
    under = "" if arrived else f'<span class="fate">{_say(_FATES[text.fate], language)}{code}</span>'
    words = f'<span class="words">{escape(text.words)}</span>'
    return f'<li class="text {"site" if text.from_site else "mine"}{bad}">{words}{under}</li>'


def _problem(code: str, language: str) -> str:
    return f'<p role="alert"><b>{_say(_PROBLEMS[code], language)}</b></p>' if code in _PROBLEMS else ""


def _failing(last: str, sentence: str, language: str) -> str:
    return f'<tr><th scope="row">{last[:3]}-{last[3:]}</th><td>{_say(sentence, language)}</td></tr>'


def _answer_fields(shown: Shown) -> str:
    # An answer goes to the number that wrote last.
    to = shown.texts[-1].ours if shown.texts else shown.site_numbers[0]
    return _hidden({"phone": shown.chosen, "language": shown.language, "to": to})


def _to_field(shown: Shown) -> str:
    if len(shown.site_numbers) == 1:
        return _hidden({"to": shown.site_numbers[0]})
    options = "".join(
        f'<option value="{escape(number)}">{_spoken(number)}</option>' for number in shown.site_numbers
    )
    return f'<label for="to">{_say(_TO, shown.language)}</label><select id="to" name="to">{options}</select>'


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items()
    )


def _link(number: str, language: str, path: str = "/") -> str:
    return escape(f"{path}?{urlencode({'phone': number, 'language': language})}")


def _spoken(number: str) -> str:
    """A number as people write it, (502) 555-0101; a short code as it is."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return escape(number)


def _say(sentence: str, language: str) -> str:
    return escape(translate(sentence, language))


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The name by which the content security policy lets exactly this text through."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_STYLE, _SCRIPT, _PAGE = _file("phone.css"), _file("phone.js"), Template(_file("phone.html"))

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
