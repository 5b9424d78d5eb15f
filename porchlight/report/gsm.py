"""The GSM 03.38 alphabet (3GPP TS 23.038): what a text costs, where it is split, and folding words into it.

A text in this alphabet takes 160 units alone, or 153 a segment when it is split; `^{}\\[~]|€` take two units each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

MAX_SEGMENTS = 3
ALONE, SPLIT = 160, 153  # units of a text that is one segment, and of each segment of a longer one

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")

Cost = Callable[[str], int]

# Typographic characters that pages and word processors write and the alphabet lacks, each with its plain form.
_PLAIN = {
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{SINGLE LOW-9 QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{PRIME}": "'",
    "\N{DOUBLE PRIME}": '"',
    "\N{ACUTE ACCENT}": "'",
    "\N{GRAVE ACCENT}": "'",
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{FIGURE DASH}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{BULLET}": "-",
    "\N{MIDDLE DOT}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{THIN SPACE}": " ",
    "\N{CHARACTER TABULATION}": " ",
    "\N{ZERO WIDTH SPACE}": "",
    "\N{ZERO WIDTH NO-BREAK SPACE}": "",
    "\N{SOFT HYPHEN}": "",
}


def is_gsm(text: str) -> bool:
    """Can every character of `text` be sent in the GSM alphabet?"""
    return all(character in _BASIC or character in _EXTENDED for character in text)


def fold_typography(text: str) -> str:
    """`text` with curly quotes, dashes, the ellipsis and odd spaces made plain; no letter is changed."""
    return "".join(_PLAIN.get(character, character) for character in text)


def fold(text: str) -> str:
    """`text` in the GSM alphabet: accents the alphabet lacks are dropped (á becomes a; é and ñ stay)."""
    return "".join(_fold_one(character) for character in text)


def _fold_one(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    plain = "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
    return plain if all(c in _BASIC for c in plain) else "?"


def cost(character: str) -> int:
    """Units of one character, 1 or 2. Raises ValueError for one outside the alphabet."""
    if character in _BASIC:
        return 1
    if character in _EXTENDED:
        return 2
    raise ValueError(f"not in the GSM alphabet: {character!r}")


def units(text: str) -> int:
    """How many units `text` takes. Raises ValueError for a character outside the alphabet."""
    return sum(cost(character) for character in text)


def segments(text: str) -> int:
    """How many segments `text` takes (0 for none). Raises ValueError for a character outside the alphabet."""
    return len(split(text))


def split(text: str) -> tuple[str, ...]:
    """The segments that `text` is sent in. Raises ValueError for a character outside the alphabet."""
    return split_by(text, cost, ALONE, SPLIT)


def split_by(text: str, cost: Cost, alone: int, each: int) -> tuple[str, ...]:
    """`text` in one piece of at most `alone` units, or in as few of at most `each` as come one after the other.

    A character stays whole: the two units of `€`, or of a surrogate pair, are never in two segments.
    """
    costs = [cost(character) for character in text]
    if sum(costs) <= alone:
        return (text,) if text else ()
    pieces, start, room = [], 0, each
    for at, taken in enumerate(costs):
        if taken > room:
            pieces.append(text[start:at])
            start, room = at, each
        room -= taken
    return (*pieces, text[start:])


def fit(sentences: list[str], ending: str = "") -> str:
    """The sentences, folded and joined in order, leaving out any that would not fit into three segments.

    ending: comes last, whatever had to be left out for it; it must fit alone.
    """
    text, ending = "", fold(ending)
    for sentence in sentences:
        longer = f"{text} {fold(sentence)}".strip()
        if segments(f"{longer} {ending}".strip()) <= MAX_SEGMENTS:
            text = longer
    return f"{text} {ending}".strip()
