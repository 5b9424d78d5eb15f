"""From what a person typed to a place, a question with choices, or a plain "not known".

Nothing that was typed is kept, logged or cached here.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from porchlight.places import aliases
from porchlight.places.gazetteer import NONE, Entry, Gazetteer
from porchlight.places.jurisdictions import INDEX, JURISDICTIONS
from porchlight.places.place import Ask, AskWhy, Found, Place, Unknown, UnknownWhy
from porchlight.places.spelling import key

MAX_LENGTH = 200
MAX_CHOICES = 60


def resolve(text: str) -> Found | Ask | Unknown:
    """What a person typed -> the place, or the places to choose from, or why none is known.

    text: anything at all; more than MAX_LENGTH characters are not read. Never raises for what is typed.
    Raises PlacesFileError when the file of places is missing or damaged.
    """
    if len(text) == 5 and text.isdigit() and text.isascii():
        return _zip_code(text)
    if len(text) > MAX_LENGTH:
        return Unknown(UnknownWhy.TOO_LONG)
    if not (text.isascii() and text.isprintable()):
        readable = _readable(text)
        if readable is None:
            return Unknown(UnknownWhy.CONTROL_CHARACTERS)
        text = readable
    if not text or text.isspace():
        return Unknown(UnknownWhy.EMPTY)
    # A code is no name: "US-LA" is Louisiana alone, while "la" may be Los Angeles.
    state = INDEX.get(text.strip().upper())
    if state is not None:
        return _whole_state(state)
    words = key(text)
    if not words:
        return Unknown(UnknownWhy.NO_LETTERS)
    return _written(text, words)


@functools.cache
def gazetteer() -> Gazetteer:
    """The book of places that came with the package, read at its first use."""
    return Gazetteer(Path(__file__).with_name("places.bin"))


def _readable(text: str) -> str | None:
    """The text without marks that show nothing (direction, zero width), all spaces plain; None if it holds controls."""
    plain = unicodedata.normalize("NFKC", " ".join(text.split()))
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in plain):
        return None
    return "".join(letter for letter in plain if unicodedata.category(letter) not in {"Cf", "Co", "Cn"})


_ZIP = r"(\d{5})(?:[ -]?\d{4})?"
_ZIP_ALONE = re.compile(rf"(?:zip(?: ?code)? )?{_ZIP}", re.ASCII)
_ZIP_LAST = re.compile(rf"(.+?) {_ZIP}", re.ASCII)
_ZIP_FIRST = re.compile(rf"{_ZIP} (.*[a-z].*)", re.ASCII)
_COUNTRY = re.compile(r"(.+?) (?:usa|us|u s a|united states(?: of america)?|estados unidos|ee ?uu|eua)")


def _written(text: str, words: str) -> Found | Ask | Unknown:
    """Anything that is not a bare ZIP code. words: the key of the text, not empty."""
    found = _by_name(words) or (
        _by_parts(text, words) if "," in text else _region(words) or _just_in_state(words)
    )
    answer = found or _with_zip_code(words)
    if answer is not None:
        return answer
    if not aliases.OVERSEAS_WORDS.isdisjoint(words.split()):
        return Unknown(UnknownWhy.MILITARY_OVERSEAS)
    if without_country := _COUNTRY.fullmatch(words):
        return _written(text.rpartition(",")[0] or without_country[1], without_country[1])
    return (
        _in_state(words)
        or _said_otherwise(words)
        or _one_letter_off(words)
        or _at_least_the_state(words)
        or Unknown(UnknownWhy.NOT_FOUND)
    )


# ZIP codes


def _zip_code(digits: str) -> Found | Ask | Unknown:
    book = gazetteer()
    area, city = book.zip_code(digits)
    if area == NONE:
        overseas = digits[:3] in aliases.OVERSEAS_PREFIXES
        return Unknown(UnknownWhy.MILITARY_OVERSEAS if overseas else UnknownWhy.ZIP_NOT_FOUND)
    place = book.place(area, city)
    if place is not None:
        return Found(place, book.note(city))
    places = book.places(area, city)
    note = book.note(city)
    if note is not None and len({place.jurisdiction for place in places}) > 1:
        # A post on a state line (Fort Campbell): its name has a place on each side, which keep the note.
        return _everywhere([book.find(key(book.city(city)))])
    return _which(_noted(places, note))


def _with_zip_code(words: str) -> Found | Ask | Unknown | None:
    """A ZIP code alone (ZIP+4, "zip 40202"), or after or before a name: "louisville ky 40202"."""
    if not (words[0].isdigit() or words[-1].isdigit()):
        return None
    if alone := _ZIP_ALONE.fullmatch(words):
        return _zip_code(alone[1])
    if last := _ZIP_LAST.fullmatch(words):
        by_zip, by_name = _zip_code(last[2]), _of_a_state(last[1])
        if isinstance(by_zip, Unknown):
            return by_zip if by_name is None else by_name
        return _both(by_zip, by_name)
    # First comes a ZIP code only if the name agrees: "12345 Oak Street, Albany" begins with a house number.
    first = _ZIP_FIRST.fullmatch(words)
    if first and (by_name := _by_name(first[2]) or _in_state(first[2])) is not None:
        by_zip = _zip_code(first[1])
        if not isinstance(by_zip, Unknown) and _codes(by_zip) & _codes(by_name):
            return by_zip
    return None


def _of_a_state(words: str) -> Found | Ask | None:
    """What the words before a ZIP code say: a name, a name in a state, or at least the state they end with."""
    for rest, state in _ends_with_state(words):
        return _name_in(rest, state) or _whole_state(state)
    return _by_name(words)


def _both(by_zip: Found | Ask, by_name: Found | Ask | None) -> Found | Ask:
    """The ZIP code's places, of them those in the state that the name says; when the two disagree, ask among all."""
    if by_name is None:
        return by_zip
    agreed = _codes(by_zip) & _codes(by_name)
    if not agreed:
        return _which((*_choices(by_zip), *_choices(by_name)))
    if isinstance(by_zip, Found):
        return by_zip
    note = by_name.note if isinstance(by_name, Found) else None
    choices = (choice for choice in by_zip.choices if choice.place.jurisdiction in agreed)
    return _which(Found(choice.place, choice.note or note) for choice in choices)


def _choices(answer: Found | Ask) -> tuple[Found, ...]:
    return (answer,) if isinstance(answer, Found) else answer.choices


def _codes(answer: Found | Ask) -> set[str]:
    return {choice.place.jurisdiction for choice in _choices(answer)}


# Names


def _by_name(words: str) -> Found | Ask | None:
    """The whole text is one name: of a jurisdiction, a nickname, a city or a county."""
    state = _states().get(words)
    if state is not None and words not in aliases.MEANS_SEVERAL:
        return _whole_state(state)
    if words in aliases.NICKNAMES:
        stands_for = aliases.NICKNAMES[words]
        return _by_name(stands_for) or _in_state(stands_for)
    if words in aliases.MEANS_SEVERAL:
        return _which(_meant(several) for several in aliases.MEANS_SEVERAL[words])
    name = gazetteer().find(words)
    return None if name < 0 else _everywhere([name])


def _whole_state(state: int) -> Found:
    return Found(gazetteer().state(JURISDICTIONS[state][0]), None)


def _meant(words: str) -> Found:
    """One of the places that MEANS_SEVERAL lists: a state's code or a name in a state."""
    state = _states().get(words)
    if state is not None:
        return _whole_state(state)
    answer = _in_state(words)
    if not isinstance(answer, Found):
        raise LookupError(f"aliases.MEANS_SEVERAL: {words!r} is not one place")
    return answer


@functools.cache
def _states() -> dict[str, int]:
    """Names, codes and abbreviations of jurisdictions -> index."""
    return {
        key(word): INDEX[code]
        for code, words in aliases.JURISDICTION_WORDS.items()
        for word in words.split(", ")
    }


def _everywhere(names: Iterable[int]) -> Found | Ask:
    """The places that bear one of these names, in whatever state."""
    book = gazetteer()
    entries = [entry for name in names for entry in book.entries(name)]
    if len(entries) == 1:
        return _meaning(entries[0].area, entries[0].city)
    choices = [choice for entry in entries for choice in _all_meanings(entry.area, entry.city)]
    if len({choice.place for choice in choices}) > MAX_CHOICES:
        choices = [_whole(entry) for entry in entries]
    return _which(choices)


def _whole(entry: Entry) -> Found:
    """One choice for a name in a state: the place, or the state alone when the place lies in several counties."""
    book = gazetteer()
    place = book.place(entry.area, entry.city) or book.state(JURISDICTIONS[entry.state][0])
    return Found(place, book.note(entry.city))


def _kept(name: str, state: int) -> Found | Ask | None:
    """What a name, just as it is kept, means in a state."""
    book = gazetteer()
    index = book.find(name)
    meaning = None if index < 0 else book.meaning_in(index, state)
    return None if meaning is None else _meaning(*meaning)


def _meaning(area: int, city: int) -> Found | Ask:
    book = gazetteer()
    place = book.place(area, city)
    return _which(_all_meanings(area, city)) if place is None else Found(place, book.note(city))


def _all_meanings(area: int, city: int) -> Iterator[Found]:
    book = gazetteer()
    return _noted(book.places(area, city), book.note(city))


def _noted(places: Iterable[Place], note: str | None) -> Iterator[Found]:
    return (Found(place, note) for place in places)


def _which(meant: Iterable[Found]) -> Found | Ask:
    """Ask which of the places; a single one is found."""
    choices = _distinct(meant)
    if len(choices) == 1:
        return choices[0]
    if len({choice.place.jurisdiction for choice in choices}) > 1:
        return Ask(AskWhy.WHICH_STATE, choices)
    cities = {choice.place.city for choice in choices if choice.place.city}
    return Ask(AskWhy.WHICH_CITY if len(cities) > 1 else AskWhy.WHICH_COUNTY, choices)


def _distinct(meant: Iterable[Found]) -> tuple[Found, ...]:
    """Each place once, as it is first meant, and no more of them than a person can be asked about."""
    by_place: dict[Place, Found] = {}
    for each in meant:
        by_place.setdefault(each.place, each)
    return tuple(by_place.values())[:MAX_CHOICES]


# Names with a state after them


def _just_in_state(words: str) -> Found | Ask | None:
    """ "louisville ky", "jefferson county kentucky": a name and its jurisdiction, both just as they are kept."""
    for rest, state in _ends_with_state(words):
        answer = _kept(rest, state)
        if answer is not None:
            return answer
    return None


def _in_state(words: str) -> Found | Ask | None:
    """A jurisdiction at the end, and before it a name in any of the ways that `_name_in` knows."""
    for rest, state in _ends_with_state(words):
        answer = _name_in(rest, state)
        if answer is not None:
            return answer
    return None


def _ends_with_state(words: str) -> Iterator[tuple[str, int]]:
    """Each way to part the words into a name and the jurisdiction after it, the longest jurisdiction first."""
    for ending, state in _state_endings().get(words.rpartition(" ")[2], ()):
        if words.endswith(ending):
            yield words[: -len(ending)], state


@functools.cache
def _state_endings() -> dict[str, list[tuple[str, int]]]:
    """Last word of a jurisdiction -> the jurisdictions that end with it, a space before each, longest first."""
    endings: dict[str, list[tuple[str, int]]] = {}
    for word, state in sorted(_states().items(), key=lambda item: -len(item[0])):
        endings.setdefault(word.rpartition(" ")[2], []).append((f" {word}", state))
    return endings


def _name_in(words: str, state: int) -> Found | Ask | None:
    """A name in a known state: as it is, said otherwise, without a house number and street, or one letter off."""
    for name in chain((words,), _otherwise(words)):
        answer = _kept(name, state)
        if answer is not None:
            return answer
    if _states().get(words) == state:
        return _whole_state(state)
    if words[0].isdigit() and (after_street := _last_words(words, state)) is not None:
        return after_street
    return _near_in(words, state)


def _last_words(words: str, state: int) -> Found | Ask | None:
    """ "123 main street louisville": the longest run of last words that is a name in the state."""
    parts = words.split()
    for at in range(1, len(parts)):
        answer = _kept(" ".join(parts[at:]), state)
        if answer is not None:
            return answer
    return None


def _near_in(words: str, state: int) -> Found | Ask | None:
    """The name in the state that is one slip away; asked about when there are several, or the name is short."""
    book = gazetteer()
    near = [meaning for index in _near(words) if (meaning := book.meaning_in(index, state)) is not None]
    choices = _distinct(choice for meaning in near for choice in _all_meanings(*meaning))
    if len(choices) == 1 and len(words) < _SURELY_MEANT:
        choices = _distinct((*choices, _whole_state(state)))
    if len(choices) > 1:
        return Ask(AskWhy.DID_YOU_MEAN, choices)
    return _meaning(*near[0]) if near else None


_OTHERWISE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:city|ciudad) (?:of|de) (.+)"), r"\1 city"),
    (re.compile(r"(?:county of|condado de|condado) (.+)"), r"\1 county"),
    (re.compile(r"(.+) (?:co|cnty|cty|condado)"), r"\1 county"),
    (re.compile(r"(?:parish of|parroquia de|parroquia) (.+)"), r"\1 parish"),
    (re.compile(r"(?:borough of|distrito de) (.+)"), r"\1 borough"),
    (re.compile(r"(?:municipality|municipio) (?:of|de) (.+)"), r"\1 municipio"),
    (re.compile(r"(?:municipality) of (.+)"), r"\1 municipality"),
    (re.compile(r"city and borough of (.+)"), r"\1 city and borough"),
    (
        re.compile(
            r"(?:the|el|la|us|city of|ciudad de|town of|village of|township of|pueblo de|municipio de|borough of|"
            r"isla de|island of|state of|estado de|commonwealth of|territory of|county of|condado de) (.+)"
        ),
        r"\1",
    ),
    (re.compile(r"(.+) (?:city|town|township|village|twp|state|island|metro|area)"), r"\1"),
)


def _otherwise(words: str, again: bool = True) -> Iterator[str]:
    """Other ways to say the same name: "condado de jefferson" is "jefferson county", "the bronx" is "bronx"."""
    for pattern, template in _OTHERWISE:
        if match := pattern.fullmatch(words):
            name = match.expand(template)
            yield name
            if again:
                yield from _otherwise(name, again=False)


def _said_otherwise(words: str) -> Found | Ask | None:
    for name in _otherwise(words):
        answer = _by_name(name) or _in_state(name)
        if answer is not None:
            return answer
    return None


def _by_parts(text: str, words: str) -> Found | Ask | None:
    """ "123 Main St, Louisville, KY": the last part is a jurisdiction; of the others the last name in it counts.

    A county may have its city before it, "Louisville, Jefferson County, KY". An unknown name leaves the jurisdiction.
    """
    if words[-1].isdigit():
        return None
    answer = _just_in_state(words)
    if answer is not None:
        return answer
    parts = [part for part in map(key, text.split(",")) if part]
    state = _states().get(parts[-1])
    if state is None or len(parts) < 2:
        return None
    for at in range(len(parts) - 2, -1, -1):
        answer = _name_in(parts[at], state)
        if isinstance(answer, Found) and answer.place.city is None and at > 0:
            return _with_city(answer, parts[at - 1], state)
        if answer is not None:
            return answer
    return _whole_state(state)


def _with_city(county: Found, city: str, state: int) -> Found:
    """The county, with the city's name and note if there is a city of that name in the state."""
    book = gazetteer()
    index = book.find(city)
    meaning = None if index < 0 else book.meaning_in(index, state)
    if meaning is None or meaning[1] == NONE:
        return county
    return Found(dataclasses.replace(county.place, city=book.city(meaning[1])), book.note(meaning[1]))


def _region(words: str) -> Found | None:
    """ "eastern kentucky" is the state, though there is a village of Eastern in it."""
    match = _REGION.fullmatch(words) if words.partition(" ")[0] in _DIRECTIONS else None
    state = _full_names().get(match[1]) if match else None
    return None if state is None else _whole_state(state)


def _at_least_the_state(words: str) -> Found | None:
    """ "bluegrass kentucky": an unknown name before a state's full name. Two letters are not enough: "help me"."""
    for rest, state in _ends_with_state(words):
        if _full_names().get(words[len(rest) + 1 :]) == state and words not in aliases.ABROAD:
            return _whole_state(state)
    return None


_DIRECTION = (
    "north|south|east|west|central|northern|southern|eastern|western|northeast|northwest|southeast|southwest|"
    "northeastern|northwestern|southeastern|southwestern|middle|upper|lower|upstate|rural"
)
_DIRECTIONS = frozenset(_DIRECTION.split("|"))
_REGION = re.compile(rf"(?:(?:{_DIRECTION}) )+(.+)")


@functools.cache
def _full_names() -> dict[str, int]:
    """Full names of jurisdictions -> index; without "washington", which ends the names of too many people and towns."""
    return {key(name): INDEX[code] for code, name, _ in JURISDICTIONS if name != "Washington"}


# Slips of the finger

_LETTERS = "abcdefghijklmnopqrstuvwxyz "
_SHORTEST, _LONGEST = 5, 40
_SURELY_MEANT = 8  # letters from which one slip is less likely to make another place's name


def _one_letter_off(words: str) -> Found | Ask | None:
    """A jurisdiction one slip away is found; a city or county one slip away is asked about, never assumed."""
    near_states = {
        state for near in _slips(words) if (state := _states().get(near)) is not None and len(near) > 3
    }
    if len(near_states) == 1:
        return _whole_state(near_states.pop())
    for rest, state_words in _state_misspelt(words):
        answer = _in_state(f"{rest} {state_words}")
        if answer is not None:
            return answer
    names = list(_near(words))
    if not names:
        return None
    answer = _everywhere(names)
    if isinstance(answer, Ask):
        return Ask(AskWhy.DID_YOU_MEAN, answer.choices)
    state_alone = gazetteer().state(answer.place.jurisdiction)
    if state_alone == answer.place:
        return answer
    return Ask(AskWhy.DID_YOU_MEAN, (answer, Found(state_alone, None)))


def _state_misspelt(words: str) -> Iterator[tuple[str, str]]:
    """ "louisville kentuky": the name, and the jurisdiction that the last words are one slip away from."""
    parts = words.split()
    for length in range(1, min(3, len(parts) - 1) + 1):
        last = " ".join(parts[-length:])
        for near in _slips(last):
            if len(near) > 4 and near in _states():
                yield " ".join(parts[:-length]), near


def _near(words: str) -> Iterator[int]:
    """Indexes of the names that are one slip away from the words, each once."""
    seen: set[int] = set()
    find = gazetteer().find
    for near in _slips(words):
        index = find(near)
        if index >= 0 and index not in seen:
            seen.add(index)
            yield index


def _slips(words: str) -> Iterator[str]:
    """All that one slip makes of the words: a letter dropped, doubled, changed or swapped with the next."""
    if not _SHORTEST <= len(words) <= _LONGEST:
        return
    for at in range(len(words) + 1):
        before, after = words[:at], words[at:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
