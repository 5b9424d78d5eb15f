"""What people agree to, word for word. A wording that was shown is never changed: a new one gets the next version.

A Consent keeps the wording's name and the hash of the exact words, in the language and with the names shown, so that
years later we can say what someone agreed to (47 CFR 64.1200(f)(9); CTIA Messaging Principles on calls to action).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

from porchlight.alerts import programs
from porchlight.alerts.models import Program
from porchlight.report.say import translate

N_ = str  # marks a sentence for the catalogue; it is translated where it is said

# name and version -> the sentences, in order. {name} is the organisation's name in its texts.
WORDINGS: Mapping[str, tuple[str, ...]] = {
    "web-1": (
        N_("I agree to get texts from {name} on what I picked."),
        N_("How many there are depends on what happens."),
        N_("Message and data rates may apply."),
        N_("I can text STOP to end them, or HELP for help."),
        N_("I can get all other help here without these texts."),
    ),
}
WEB = "web-1"
# By text and by import the words are those of the text, or those that the row holds; only their hash is kept.
TEXT = "text-1"  # `replies.join`, then YES
ADDED = "text-added-1"  # a program's keyword from someone who is in already: `replies.welcome`
RESTART = "text-restart-1"  # START: `replies.restarted`
IMPORTED = "import"

_WHEN_NEEDED = N_("when there is something to say")
_MONTHLY = N_("one a month or fewer")
# The least days between two tips -> how often they come at most.
_BY_GAP = (
    (28, _MONTHLY),
    (7, N_("one a week or fewer")),
    (4, N_("one or two a week")),
    (0, N_("one a day at most")),
)


def words(wording: str, name: str, language: str) -> str:
    """The words of one of WORDINGS as they are shown. Raises KeyError for a wording that there is not."""
    return " ".join(translate(sentence, language).format(name=name) for sentence in WORDINGS[wording])


def sha256(shown: str) -> str:
    """The hash that a Consent keeps of the exact words shown."""
    return hashlib.sha256(shown.encode()).hexdigest()


def how_often(program: Program, language: str) -> str:
    """How often a program's texts come at most, to stand in a sentence."""
    return translate(
        _WHEN_NEEDED if program.kind == Program.Kind.ALERTS else _of_series(program.series), language
    )


def how_often_together(of: Iterable[Program], language: str) -> str:
    """The same of several programs, each way of saying it once."""
    return ", ".join(dict.fromkeys(how_often(program, language) for program in of))


def _of_series(name: str) -> str:
    try:
        found = programs.series(name)
    except programs.SeriesError:
        return _BY_GAP[-1][1]
    if found.clock is programs.Clock.AGE_MONTHS:
        return _MONTHLY
    days = [tip.at for tip in found.tips]
    least = min((after - before for before, after in pairwise(days)), default=0)
    return next(words for gap, words in _BY_GAP if least >= gap)


def program_name(program: Program, language: str) -> str:
    """The program's name in a language, else in the first that it has."""
    names: Mapping[str, str] = program.names
    return names.get(language) or next(iter(names.values()), program.slug)
