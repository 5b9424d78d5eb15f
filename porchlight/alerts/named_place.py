"""The place that a text names, where it can be nothing else.

"Hurt" is a town in Virginia, "Hope" one in Maine, and "ok" is no state. What is refused here still gets the safe reply,
which asks for a ZIP code.
"""

from __future__ import annotations

import functools
import re

from porchlight.alerts.plain import each, plain
from porchlight.places import Ask, Found, Unknown, place_for, resolve
from porchlight.places.exactly import exactly
from porchlight.places.jurisdictions import NAMES


def named_alone(text: str) -> tuple[str, Found | Ask | Unknown] | None:
    """The place that `text` is and nothing else, and its words: a ZIP code's five digits, or the name as typed.

    Unknown for a ZIP code that does not exist.
    """
    words = plain(text)
    if not words.isascii():
        return None
    if zip_code := _ZIP_ALONE.fullmatch(words):
        return zip_code[1], resolve(zip_code[1])
    where = _named(text, words)
    return None if where is None else (" ".join(text.split()), where)


def named_in(text: str) -> Found | None:
    """The one place that free words name: a ZIP code, a city with its state at their end, or a state by its full name.

    None where there are several, or none: a line of the wrong state is worse than the national one.
    """
    words = plain(text)
    digits = set(_ZIP_INSIDE.findall(text))
    if digits:
        found = resolve(digits.pop()) if len(digits) == 1 else None
        return found if isinstance(found, Found) else None
    return _city_at_end(words) or _only_state(words)


def _named(text: str, words: str) -> Found | Ask | None:
    """The place whose name the text is, by one of the ways that are beyond doubt."""
    if with_zip := _NAME_AND_ZIP.fullmatch(text.strip()):
        name = plain(with_zip[1])
        is_name = _SPEAKING.isdisjoint(name.split()) and exactly(with_zip[1]) is not None
        found = resolve(text) if is_name else None
        return None if isinstance(found, Unknown) else found
    before, _, last = words.rpartition(" ")
    found = exactly(text)
    if found is None:
        return _state_misspelt(words)
    if isinstance(found, Found) and _is_whole_state(found) and _is_state(words):
        return found
    if words in _CITIES or (before and _COUNTY_WORD.search(words)):
        return found
    return found if before and _has_sure_state(text, before, last) else None


def _is_state(words: str) -> bool:
    """Is this the name of a state, or a code that is no word? "ill", "miss" and "in" are not."""
    return words in _CODES or words in _SHORT_STATES or (len(words) > 4 and words != "mount")


def _has_sure_state(text: str, name: str, state: str) -> bool:
    """ "paris tx", "Hope, ME", "portland me": is this a name and its state, and not "hope me"?"""
    written = text.split()[-1]
    is_code = written.isupper() and not text.isupper()
    if not _SPEAKING.isdisjoint(name.split()):
        return "," in text and is_code
    return "," in text or is_code or name in _CITIES or _is_state(state)


def _state_misspelt(words: str) -> Found | None:
    """ "tennesee": one long word, one slip away from a state and from no other place."""
    if " " in words or len(words) < 7:
        return None
    found = resolve(words)
    if not isinstance(found, Found) or found.place.jurisdiction in _NEAR_WORDS:
        return None
    return found if _is_whole_state(found) else None


def _is_whole_state(found: Found) -> bool:
    return found.place.county is None and found.place.city is None


def _city_at_end(words: str) -> Found | None:
    """ "... in frankfort ky": the longest ending that is a name with its state."""
    parts = words.split()
    for length in range(min(5, len(parts)), 1, -1):
        name, state = parts[-length:-1], parts[-1]
        if _is_state(state) and _SPEAKING.isdisjoint(name):
            found = exactly(" ".join((*name, state)))
            if isinstance(found, Found) and found.place.county is not None:
                return found
    return None


def _only_state(words: str) -> Found | None:
    """The one state that is named in full."""
    named = {
        _state_names()[found[2]]
        for found in _state_pattern().finditer(words)
        if found[1] or found[2] not in _FIRST_NAMES
    }
    return Found(place_for(named.pop()), None) if len(named) == 1 else None


# Names of people too: a state only after "in".
_FIRST_NAMES = frozenset({"virginia", "georgia"})


@functools.cache
def _state_names() -> dict[str, str]:
    """The full names of the jurisdictions, as `plain` writes them -> code."""
    spanish = {
        "US-LA": "luisiana", "US-NC": "carolina del norte", "US-ND": "dakota del norte", "US-NJ": "nueva jersey",
        "US-NM": "nuevo mexico", "US-NY": "nueva york", "US-PA": "pensilvania", "US-SC": "carolina del sur",
        "US-SD": "dakota del sur", "US-TX": "tejas", "US-WV": "virginia occidental",
    }  # fmt: skip
    # Washington alone may be the capital, or someone's name.
    english = {plain(name): code for code, name in NAMES.items() if code != "US-WA"}
    return english | {name: code for code, name in spanish.items()}


@functools.cache
def _state_pattern() -> re.Pattern[str]:
    # The longest first, so that West Virginia is not Virginia.
    names = sorted(_state_names(), key=len, reverse=True)
    return re.compile(rf"\b((?:in|en|from) )?({'|'.join(names)})\b")


_ZIP_ALONE = re.compile(
    r"(?:(?:my )?(?:zip|zip code|zipcode)(?: is)? |(?:mi )?(?:codigo postal|codigo|cp)(?: es)? )?(\d{5})(?: \d{4})?"
)
_ZIP_INSIDE = re.compile(r"(?<![\d$#.-])\b(\d{5})\b(?![\d%]|[-.,]\d)")
_NAME_AND_ZIP = re.compile(r"(.+?)[\s,]+\d{5}(?:-\d{4})?\W*")
# The codes of states that are no word, nor shorthand, of English or Spanish.
_CODES = each(
    "ak ar az ca ct dc fl ga ia il ks ky md mn mo mt nc nd nh nj nv ny pr ri sc sd tn tx ut vt wa wi wv wy"
)
_SHORT_STATES = frozenset({"ohio", "iowa", "utah", "guam"})
_COUNTY_WORD = re.compile(r"\b(?:county|condado|parish|parroquia|borough|municipio)\b")
# Cities of the first size whose names are nothing else. Any other city needs its state, a county's name or a ZIP code.
_CITIES = each(
    "albuquerque,anaheim,atlanta,austin,baltimore,baton rouge,birmingham,boise,boston,brooklyn,cheyenne,chicago,"
    "cincinnati,cleveland,colorado springs,corpus christi,dallas,denver,des moines,detroit,el paso,fort lauderdale,"
    "fort wayne,fort worth,fresno,honolulu,houston,indianapolis,jacksonville,kansas city,knoxville,las vegas,"
    "los angeles,louisville,memphis,miami,milwaukee,minneapolis,nashville,new orleans,new york city,nueva york,nyc,"
    "oakland,oklahoma city,omaha,orlando,philadelphia,filadelfia,philly,pittsburgh,portland,raleigh,sacramento,"
    "salt lake city,san antonio,san diego,san francisco,san jose,san juan,seattle,spokane,st louis,saint louis,"
    "saint paul,st paul,tallahassee,tampa,toledo,tucson,tulsa,wichita",
    ",",
)
# Towns whose names may be what someone has to say: they count only as written on an envelope, "Hope, ME".
_SPEAKING = each(
    "hurt help hope love why home alone hell fear kill hit beat save rescue run leave please friend mother father baby "
    "girl boy good bad sad safe danger slaughter defeated strong friendly comfort police justice worry trouble care"
)
# States that an English or Spanish word is one slip away from: "colorido", "montaña", "indians".
_NEAR_WORDS = each("US-CO US-FL US-GA US-IN US-MT US-NV US-TX US-VA US-ME US-MP")
