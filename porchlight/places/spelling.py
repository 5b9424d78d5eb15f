"""How a name is brought to the one spelling that names are kept and looked up in.

"Ste. Genevieve", "SAINTE GENEVIEVE" and "sainte-geneviève" are all kept as "ste genevieve".
The builder and the look-up both use `key`, so that they can never disagree.
"""

from __future__ import annotations

import re
import unicodedata

_SHORT = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt"}
_DIRECTION = {"n": "north", "s": "south", "e": "east", "w": "west"}
# "St.Louis": a dot between two words parts them, while the dots of "D.C." are only dropped.
_DOT_BETWEEN_WORDS = re.compile(r"(?<=\w\w)\.(?=\w\w)")
_DROPPED = "'.`‘’ʻʼ´"


def key(text: str) -> str:
    """The spelling under which a name is kept: lower-case letters and digits of words, one space between them.

    text: printable, any length; the work grows with its length. Returns "" when no letter or digit is left.
    """
    if "." in text:
        text = _DOT_BETWEEN_WORDS.sub(" ", text)
    if not text.isascii():
        text = _to_plain(text)
    words = text.lower().translate(_TABLE).split()
    if not _SHORT.keys().isdisjoint(words):
        words = [_SHORT.get(word, word) for word in words]
    if len(words) > 1 and len(words[1]) > 1 and words[0] in _DIRECTION:
        words[0] = _DIRECTION[words[0]]
    return " ".join(words)


def _to_plain(text: str) -> str:
    """Full-width digits and accented letters as plain ones; other marks as spaces; letters of other scripts stay."""
    plain = unicodedata.normalize("NFKD", text.translate(_DROP)).casefold()
    return "".join(
        letter if letter.isalnum() or letter in "&." else " "
        for letter in plain
        if not unicodedata.combining(letter)
    )


def _table() -> dict[int, str | None]:
    """For ASCII: letters and digits stay, apostrophes and dots go, "&" is "and", all else is a space."""
    table: dict[int, str | None] = {number: " " for number in range(128) if not chr(number).isalnum()}
    table.update(_DROP)
    table[ord("&")] = " and "
    return table


_DROP: dict[int, str | None] = dict.fromkeys(map(ord, _DROPPED))
_TABLE = _table()
