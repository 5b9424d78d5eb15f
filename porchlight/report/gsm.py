"""The GSM 03.38 alphabet (3GPP TS 23.038): what a text costs, and folding Spanish into it.

A text in this alphabet takes 160 units alone, or 153 a segment when it is split; `^{}\\[~]|€` take two units each.
"""

from __future__ import annotations

import unicodedata

MAX_SEGMENTS = 3
_ALONE, _SPLIT = 160, 153

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")

# Each character that pages use and the alphabet lacks, by name.
_REPLACED = {
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{MIDDLE DOT}": "-",
}


def fold(text: str) -> str:
    """`text` in the GSM alphabet: accents the alphabet lacks are dropped (á becomes a; é and ñ stay)."""
    return "".join(_fold_one(character) for character in text)


def _fold_one(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    plain = "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
    return plain if all(c in _BASIC for c in plain) else "?"


def units(text: str) -> int:
    """How many units `text` takes. Raises ValueError for a character outside the alphabet."""
    return sum(_cost(character) for character in text)


def segments(text: str) -> int:
    """How many segments `text` takes (0 for none). Raises ValueError for a character outside the alphabet."""
    costs = [_cost(character) for character in text]
    if sum(costs) <= _ALONE:
        return 1 if costs else 0
    count, room = 1, _SPLIT
    for cost in costs:
        if cost > room:  # the two units of one character stay together
            count, room = count + 1, _SPLIT
        room -= cost
    return count


def fit(sentences: list[str]) -> str:
    """The sentences, folded and joined in order, leaving out any that would not fit into three segments."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {fold(sentence)}".strip()
        if segments(longer) <= MAX_SEGMENTS:
            text = longer
    return text


def _cost(character: str) -> int:
    if character in _BASIC:
        return 1
    if character in _EXTENDED:
        return 2
    raise ValueError(f"not in the GSM alphabet: {character!r}")
