"""A place only when the words are its name and nothing else: no slip of the finger is forgiven, nothing is left out.

For texts in which most words are no place at all (a text message): there `resolve` would find too much.
"""

from __future__ import annotations

from porchlight.places.place import Ask, Found
from porchlight.places.resolve import MAX_LENGTH, _by_name, _just_in_state, _otherwise
from porchlight.places.spelling import key


def exactly(text: str) -> Found | Ask | None:
    """The place that `text` names: a jurisdiction, county or city, alone or with its state. None for anything more."""
    words = key(text) if len(text) <= MAX_LENGTH else ""
    if not words:
        return None
    for name in (words, *_otherwise(words)):
        answer = _by_name(name) or _just_in_state(name)
        if answer is not None:
            return answer
    return None
