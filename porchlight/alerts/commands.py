"""What a text that someone sent us says: a command, a place, or words that a person must look at.

A command is exactly a command, in any language, whatever its case, accents, punctuation and harmless emoji. All else
is words, and words always get the safe reply: "please make him stop" is no opt-out, and nobody who may need help is
treated as if they had only left. Words that may mean STOP say so (`sounds_like_stop`), and alerts pause.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from porchlight.alerts.free_words import is_distress, language_of, may_mean_stop
from porchlight.alerts.named_place import named_alone, named_in
from porchlight.alerts.plain import each, plain
from porchlight.places import Ask, Found, Unknown


class Kind(StrEnum):
    """What a text is."""

    STOP = "stop"  # argument: the slug of one program, or "" for all
    START = "start"
    YES = "yes"
    NO = "no"
    JOIN = "join"  # argument: the slug of a program, or "" for the one that takes everyone
    STATUS = "status"
    HELP = "help"
    REPORT = "report"  # argument: the place after it, or ""
    CODE = "code"  # argument: six digits
    PLACE = "place"  # argument: the five digits of a ZIP code, or the name as typed
    WORDS = "words"  # also a text without any


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says.

    where: the place of a PLACE (Unknown for a ZIP code that does not exist) or of a REPORT; of WORDS, a place that they
    name beyond doubt, or None. sounds_like_stop: of WORDS, they may mean STOP: alerts pause until a person has read
    them. language: "en" or "es" where the words tell, else None.
    """

    kind: Kind
    argument: str = ""
    where: Found | Ask | Unknown | None = None
    sounds_like_stop: bool = False
    language: str | None = None


def read(text: str, keywords: Mapping[str, str] | None = None, *, asked: bool = True) -> Reading:
    """What a text says. Never raises, whatever the text.

    keywords: of programs, in any spelling -> slug. asked: do we wait for an answer of this number (a code, YES, NO), or
    might its YES bring it back? If not, these are words like any others: "yes" may answer what someone just read.
    """
    reading = _read(text[:MAX_LENGTH], keywords or {})
    if asked or reading.kind not in (Kind.YES, Kind.NO, Kind.CODE):
        return reading
    return _as_words(text[:MAX_LENGTH])


def _read(text: str, keywords: Mapping[str, str]) -> Reading:
    words = plain(text)
    if words and not is_distress(text):
        known = {plain(keyword): slug for keyword, slug in keywords.items()}
        reading = (
            _command(words, known)
            or _of_program(words, known)
            or _report(text, words)
            or _code(words)
            or _place(text)
        )
        if reading is not None:
            return reading
    return _as_words(text)


def _as_words(text: str) -> Reading:
    words = plain(text)
    return Reading(
        Kind.WORDS,
        where=named_in(text),
        sounds_like_stop=may_mean_stop(text, words),
        language=language_of(words),
    )


def is_reserved(keyword: str) -> bool:
    """May this not be a program's keyword, because it says something already, or may stand in a cry for help?"""
    words = plain(keyword)
    return (
        not words
        or read(keyword).kind is not Kind.WORDS
        or may_mean_stop(keyword, words)
        or words in _NOT_KEYWORDS
    )


MAX_LENGTH = 1600  # more than any carrier joins into one text
_NOT_KEYWORDS = each("911 988 211 sos please por favor socorro auxilio emergency emergencia hello hi hola ok")

# --- commands ---------------------------------------------------------------------------------------------------------

# STOP: 47 CFR 64.1200(a)(10), in force 11 Apr 2025, names stop, quit, end, revoke, opt out, cancel, unsubscribe;
# STOPALL and OPTOUT are the carriers'. ALTO and AYUDA: Twilio help 223182348; the other Spanish words are what people
# write. HELP and INFO: CTIA, by Twilio help 223182208. The slips are no other word. Parted by commas.
_COMMANDS: dict[Kind, dict[str | None, str]] = {
    Kind.STOP: {
        "en": (
            "stop, quit, end, revoke, opt out, optout, cancel, unsubscribe, stopall, stop all, stopp, sttop, sstop, "
            "stpo, sotp, tsop, st0p, stop0, stopo, unsub, unsuscribe, unsubcribe, unsubscibe, cancle, cancell"
        ),
        "es": "alto, parar, cancelar, baja, fin, dar de baja, darme de baja, cancelr, canselar",
    },
    Kind.START: {"en": "start, unstop, restart", "es": "comenzar, empezar, iniciar, comensar"},
    Kind.YES: {"en": "yes, y, yes please", "es": "si, acepto, si acepto, si por favor"},
    Kind.NO: {None: "no", "en": "n, no thanks, no thank you", "es": "no gracias"},
    Kind.JOIN: {
        "en": "join, subscribe, sign up, signup",
        "es": "unirse, unirme, unir, suscribir, suscribirse, suscribirme, alta",
    },
    Kind.STATUS: {"en": "status", "es": "estado, estatus"},
    Kind.HELP: {"en": "help, info", "es": "ayuda, informacion"},
    Kind.REPORT: {"en": "report", "es": "reportar, reporte, denunciar, denuncia"},
}


@functools.cache
def _by_words() -> dict[str, tuple[Kind, str | None]]:
    return {
        words: (kind, language)
        for kind, languages in _COMMANDS.items()
        for language, all_words in languages.items()
        for words in all_words.split(", ")
    }


def _command(words: str, keywords: Mapping[str, str]) -> Reading | None:
    """A command alone, or a program's keyword alone."""
    if words in _by_words():
        kind, language = _by_words()[words]
        return Reading(kind, language=language)
    return Reading(Kind.JOIN, argument=keywords[words]) if words in keywords else None


def _of_program(words: str, keywords: Mapping[str, str]) -> Reading | None:
    """ "stop tips", "join tips": a command and one program's keyword."""
    first, _, rest = words.partition(" ")
    kind, language = _by_words().get(first, (None, None))
    if rest in keywords and kind in (Kind.STOP, Kind.JOIN, Kind.START):
        kind = Kind.STOP if kind is Kind.STOP else Kind.JOIN
        return Reading(kind, argument=keywords[rest], language=language)
    return None


def _report(text: str, words: str) -> Reading | None:
    """ "report 40202", "denunciar en kentucky": the word, then a place and nothing more."""
    first, _, rest = words.partition(" ")
    kind, language = _by_words().get(first, (None, None))
    if kind is not Kind.REPORT or not rest:
        return None
    after = re.sub(r"^\W*\w+\W*(?:(?:in|en|for|para)\b\W*)?", "", text, count=1, flags=re.IGNORECASE)
    named = named_alone(after)
    return None if named is None else Reading(Kind.REPORT, *named, language=language)


def _code(words: str) -> Reading | None:
    """The six digits of a sign-up code, alone or after the word: "123456", "123 456", "code 123456"."""
    found = re.fullmatch(
        r"(?:(?:my |the )?code (?:is )?|(?:el |mi )?codigo (?:es )?)?(\d{3}) ?(\d{3})", words
    )
    return Reading(Kind.CODE, argument=found[1] + found[2]) if found and words.isascii() else None


def _place(text: str) -> Reading | None:
    named = named_alone(text)
    return None if named is None else Reading(Kind.PLACE, *named)
