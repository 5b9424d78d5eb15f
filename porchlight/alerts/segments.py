"""What a text costs: its alphabet, its segments, and what can be done to make it cheaper.

A text goes in the GSM alphabet (160 units alone, 153 a segment) or, with one character outside of it, in UCS-2
(70 units alone, 67 a segment; a character beyond the basic plane takes two). 3GPP TS 23.038 and 23.040, 9.2.3.24.1.
Shift tables are never used: handsets and carriers do not all know them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from porchlight.report import gsm

UCS2_ALONE, UCS2_SPLIT = 70, 67


class Encoding(StrEnum):
    """The alphabet that a text is sent in."""

    GSM = "gsm"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `units` of its alphabet, `segments`, and how many units are still free in the last one."""

    encoding: Encoding
    units: int
    segments: int
    left_in_last: int


def count(text: str, encoding: Encoding | None = None) -> Segments:
    """What `text` costs, in the cheaper alphabet or in the one given.

    Raises ValueError for a character that the GSM alphabet lacks when that one was asked for.
    """
    encoding = encoding or alphabet(text)
    parts = split(text, encoding)
    cost = _cost_of(encoding)
    units = sum(cost(character) for character in text)
    alone, each = _LIMITS[encoding]
    room = alone if len(parts) <= 1 else each
    used = sum(cost(character) for character in parts[-1]) if parts else 0
    return Segments(encoding, units, len(parts), room - used)


def split(text: str, encoding: Encoding | None = None) -> tuple[str, ...]:
    """The segments of `text`; joined they are `text` again. No extended character or surrogate pair is cut."""
    encoding = encoding or alphabet(text)
    return gsm.split_by(text, _cost_of(encoding), *_LIMITS[encoding])


def alphabet(text: str) -> Encoding:
    """GSM wherever every character of `text` is in it."""
    return Encoding.GSM if gsm.is_gsm(text) else Encoding.UCS2


def fold_quotes(text: str) -> str:
    """`text` with curly quotes, dashes, ellipsis and odd spaces made plain; letters keep their accents."""
    return gsm.fold_typography(unicodedata.normalize("NFC", text))


def as_sent(text: str, *, without_accents: bool) -> str:
    """The words that leave: as written, or without the accents that make a text dearer."""
    return (unaccented(text) or text) if without_accents else text


def unaccented(text: str) -> str | None:
    """`text` in the GSM alphabet without the accents it lacks (á becomes a; é and ñ stay), if that loses nothing else.

    None where `text` is in that alphabet already, or holds a character with no plain form (an emoji, another script).
    """
    if gsm.is_gsm(text):
        return None
    folded = gsm.fold(text)
    lost = folded.count("?") > text.count("?")
    return None if lost else folded


_LIMITS = {Encoding.GSM: (gsm.ALONE, gsm.SPLIT), Encoding.UCS2: (UCS2_ALONE, UCS2_SPLIT)}


def _cost_of(encoding: Encoding) -> gsm.Cost:
    return gsm.cost if encoding is Encoding.GSM else _ucs2_cost


def _ucs2_cost(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
