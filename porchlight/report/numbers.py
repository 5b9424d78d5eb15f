"""How a number is written for a person: as it is dialed, and in letters where its owner prints it so."""

from __future__ import annotations

import re

import phonenumbers

from porchlight.facts.schema import Contact, Kind
from porchlight.report.answer import AnswerContact


def dialed(contact: Contact | AnswerContact) -> str:
    """The value of a contact as people read and dial it; web addresses without scheme and closing slash."""
    if contact.kind in (Kind.web, Kind.chat):
        return re.sub(r"^https?://(www\.)?", "", contact.value).rstrip("/")
    return as_dialed(contact.value)


def as_dialed(value: str) -> str:
    """+18775972331 as 1-877-597-2331, the way it is dialed from any phone; service codes such as 211 as they are."""
    if not value.startswith("+1"):
        return value
    national = value[2:]
    return f"1-{national[:3]}-{national[3:6]}-{national[6:]}"


def vanity(value: str, printed: str) -> str | None:
    """The part of `printed` that spells `value` in letters: "1-877-KYSAFE1" of "1-877-KYSAFE1 (1-877-597-2331)".

    None when nothing does: "1 (800) 272-6699 TDD" has letters, but they are not to be dialed.
    """
    word = re.split(r"(?<=.) ?[(\[]\d[\d -]*[)\]]$| or ", printed.strip(), maxsplit=1)[0]
    number = value.removeprefix("+1")
    # A word may be longer than the number (1-800-91PREVENT): phones ignore the rest.
    if _digits(word).startswith(number):
        return None
    spelled = _digits(phonenumbers.convert_alpha_characters_in_number(word))
    return word if spelled.startswith(number) else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text).removeprefix("1")
