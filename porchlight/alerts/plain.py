"""The one spelling in which the words of a text are compared."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """`text` as commands are compared: small letters without accents, words parted by one space, nothing else."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(
        one if one.isalnum() else "" if unicodedata.combining(one) or one in _INSIDE_WORDS else " "
        for one in letters
    )
    words = kept.split()
    # "S.T.O.P" and "s t o p" are the word.
    if len(words) > 2 and all(len(word) == 1 and word.isalpha() for word in words):
        return "".join(words)
    return " ".join(words)


def each(words: str, parted_by: str | None = None) -> frozenset[str]:
    """The words of a list that is written as one string."""
    return frozenset(words.split(parted_by))


_INSIDE_WORDS = "'’ʼ`´\u200b\u200c\u200d\u2060\ufeff\u00ad"
