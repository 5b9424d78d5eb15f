"""Programs that one can join, and the tip series behind some of them: their words, their review, their lock.

A series is a file of `series/`, or one of the same name in `series` of the data directory, which then stands in its
place. Until a named professional has read exactly its words, its texts go to the practice carrier and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from django.conf import settings
from msgspec import Meta

from porchlight.alerts.config import Sender
from porchlight.alerts.models import Broadcast, Program, Review
from porchlight.facts import FactError, Facts, Standing, in_force, trust
from porchlight.facts.load import decode
from porchlight.report.numbers import as_dialed

LANGUAGES = ("en", "es")


class SeriesError(Exception):
    """A series file that cannot be used; says which, where, and what to do."""


class UnknownNumberError(LookupError):
    """A tip names a line that the facts in force do not hold, or are not sure enough of: the tip is not sent."""


# --- the files --------------------------------------------------------------------------------------------------------

_ID = re.compile("[a-z][a-z0-9-]{0,29}")
_Text = Annotated[str, Meta(min_length=1)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the file: an unknown key is a misspelling."""


class Clock(StrEnum):
    """What the days of a series are counted from."""

    AGE_MONTHS = "age_months"  # the month in which the child was born
    DAYS = "days"  # the day of joining


class InLanguages(_Strict, frozen=True, kw_only=True):
    """The same in each language."""

    en: _Text
    es: _Text

    def as_json(self) -> dict[str, str]:
        """{"en": ..., "es": ...}."""
        return {"en": self.en, "es": self.es}


class Source(_Strict, frozen=True, kw_only=True):
    """Where a claim was read. `reprint` says whose page it was, where it was not the author's own."""

    title: _Text
    publisher: _Text
    url: str
    date: str = ""
    reprint: str = ""


class Tip(_Strict, frozen=True, kw_only=True):
    """One text. `at`: months of age or days since joining. `sources`: source -> what it says."""

    id: str
    at: Annotated[int, Meta(ge=0, le=999)]
    en: _Text
    es: _Text
    sources: Annotated[dict[str, _Text], Meta(min_length=1)]

    @property
    def step(self) -> str:
        """What names it in rows: with its place, so that a tip that is gone from the file still has one."""
        return f"{self.at}-{self.id}"


class Series(_Strict, frozen=True, kw_only=True):
    """A file of `series/`, tips in order. `until`: the age in months at which the last tip of a series by age ends."""

    clock: Clock
    names: InLanguages
    tips: Annotated[tuple[Tip, ...], Meta(min_length=1)]
    sources: dict[str, Source]
    keywords: InLanguages | None = None
    until: int | None = None

    def words_sha256(self) -> str:
        """The hash of all that a reviewer reads: names, words, and when each tip comes."""
        tips = [(tip.id, tip.at, tip.en, tip.es) for tip in self.tips]
        said = (self.clock.value, self.until, self.names.as_json(), tips)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def series(name: str) -> Series:
    """The series of that name, as its file is now. Raises SeriesError when there is none, or it cannot be used."""
    own = settings.CONFIG.data_dir / "series" / f"{name}.yaml"
    try:
        about = own.stat()
        return _read_own(own, about.st_mtime_ns, about.st_size)
    except OSError:
        return _read_shipped(name)


def shipped() -> tuple[str, ...]:
    """The names of the series that come with Porchlight."""
    folder = files("porchlight.alerts") / "series"
    return tuple(
        sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))
    )


def read(text: str, path: str) -> Series:
    """The series that a file's text describes. Raises SeriesError."""
    try:
        found = decode(text, path, Series)
    except FactError as error:
        raise SeriesError(str(error)) from None
    problems = list(_problems(found))
    if problems:
        raise SeriesError(f"{path}: {problems[0]}")
    return found


@lru_cache(maxsize=16)
def _read_own(path: Path, _changed: int, _size: int) -> Series:
    return read(path.read_text("utf-8"), f"series/{path.name}")


@lru_cache(maxsize=16)
def _read_shipped(name: str) -> Series:
    path = files("porchlight.alerts") / "series" / f"{name}.yaml"
    if not path.is_file():
        raise SeriesError(f"series/{name}.yaml: there is no such file")
    return read(path.read_text("utf-8"), f"series/{name}.yaml")


def _problems(found: Series) -> Iterator[str]:
    by_age = found.clock is Clock.AGE_MONTHS
    if by_age != (found.until is not None):
        yield "until: set the age at which a series by age_months ends, and for no other"
    if by_age and found.keywords is not None:
        yield "keywords: a series by age has none, for a text cannot ask for the month of birth"
    if found.until is not None and found.until <= found.tips[-1].at:
        yield "until: must be after the last tip"
    yield from (
        f"tips: `{tip.id}`: an id is small letters, digits and hyphens, 30 at most"
        for tip in found.tips
        if not _ID.fullmatch(tip.id)
    )
    yield from (
        f"sources: {name}: url: set an address that starts with https:// or http://"
        for name, source in found.sources.items()
        if not source.url.startswith(("https://", "http://"))
    )
    if len({tip.id for tip in found.tips}) < len(found.tips):
        yield "tips: two have the same id"
    if any(after.at <= before.at for before, after in zip(found.tips, found.tips[1:], strict=False)):
        yield "tips: each must come after the one before it"
    if not by_age and found.tips[0].at < 1:
        yield "tips: the first comes a day after joining at the earliest"
    named = {name for tip in found.tips for name in tip.sources}
    if named != found.sources.keys():
        yield f"sources: {', '.join(sorted(named ^ found.sources.keys()))} is named or described, but not both"


# --- words ------------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\{([a-z0-9-]+)\}")


def texts(tip: Tip, organization: str, today: dt.date, facts: Facts | None = None) -> dict[str, str]:
    """What is sent, by language: who writes, then the tip with its numbers. Raises UnknownNumberError."""
    known = facts if facts is not None else in_force().current()

    def number(found: re.Match[str]) -> str:
        return _number(found[1], known, today)

    return {
        language: f"{organization}: {_NUMBER.sub(number, getattr(tip, language))}" for language in LANGUAGES
    }


def _number(contact_id: str, facts: Facts, today: dt.date) -> str:
    """As it is dialed, of a line that two sources agree on or a person confirmed. Nobody sees our doubts in a text."""
    for contact in facts.contacts(None):
        if contact.id == contact_id and not facts.is_known_bad(None, contact):
            held = trust(contact, lambda source: facts.source(None, source), today)
            if held.standing in (Standing.confirmed, Standing.agreeing):
                return as_dialed(contact.value)
    raise UnknownNumberError(contact_id)


class Shown(msgspec.Struct, frozen=True):
    """A tip as staff and reviewers read it: `when` in months of age or days since joining, `texts` as they are sent."""

    id: str
    when: int
    by_age: bool
    texts: dict[str, str]
    sources: tuple[tuple[Source, str], ...]


def tips_of(program: Program) -> tuple[Shown, ...]:
    """All tips of a program's series. Raises SeriesError, UnknownNumberError."""
    from porchlight.alerts.config import alerts

    found, name = series(program.series), alerts().organization
    today = dt.datetime.now(dt.UTC).date()
    return tuple(
        Shown(
            id=tip.id,
            when=tip.at,
            by_age=found.clock is Clock.AGE_MONTHS,
            texts=texts(tip, name, today),
            sources=tuple((found.sources[source], says) for source, says in tip.sources.items()),
        )
        for tip in found.tips
    )


# --- review and lock --------------------------------------------------------------------------------------------------


def words_sha256(program: Program) -> str:
    """The hash of a series' words as they are now; a Review that holds names it. Raises SeriesError."""
    return series(program.series).words_sha256()


def is_reviewed(program: Program) -> bool:
    """Did a named professional read exactly the words that the series has now?"""
    try:
        return _reviewed(program, words_sha256(program))
    except SeriesError:
        return False


def is_locked(broadcast: Broadcast) -> bool:
    """Must this broadcast stay on this machine? A tip whose words nobody reviewed, and all else in such a series.

    A tip is judged by the words that it holds, not by those that its series has by now.
    """
    if broadcast.program.kind != Program.Kind.SERIES:
        return False
    if broadcast.words_sha256:
        return not _reviewed(broadcast.program, broadcast.words_sha256)
    return bool(broadcast.step) or not is_reviewed(broadcast.program)


def may_leave(broadcast: Broadcast, sender: Sender) -> bool:
    """May this sender carry this broadcast? Asked for each text again when it is claimed."""
    return sender.is_practice or not is_locked(broadcast)


def _reviewed(program: Program, words: str) -> bool:
    return Review.objects.filter(program=program, words_sha256=words).exists()


def asks_birth_month(program: Program) -> bool:
    """Does joining it take the month in which the child was born?"""
    try:
        return program.kind == Program.Kind.SERIES and series(program.series).clock is Clock.AGE_MONTHS
    except SeriesError:
        return False


# --- rows -------------------------------------------------------------------------------------------------------------

# What a new site begins with besides the series: JOIN means the first program for everyone.
FIRST = "local"
_FIRST_NAMES = {"en": "local news and help", "es": "avisos y ayuda local"}
_FIRST_KEYWORDS = {"en": "LOCAL", "es": "AVISOS"}


def sync() -> None:
    """Make the rows that are missing, and change none: names and keywords are the staff's. Safe to repeat.

    A series' own file in the data directory becomes a program too. Raises SeriesError for a file that is wrong.
    """
    if not Program.objects.filter(kind=Program.Kind.ALERTS).exists():
        _make(
            FIRST,
            kind=Program.Kind.ALERTS,
            names=_FIRST_NAMES,
            keywords=_FIRST_KEYWORDS,
            policy=Program.Policy.AT_LEAST_ONCE,
        )
    known = set(Program.objects.exclude(series="").values_list("series", flat=True))
    for name in sorted({*shipped(), *_own()} - known):
        found = series(name)
        _make(
            name,
            kind=Program.Kind.SERIES,
            names=found.names.as_json(),
            keywords={} if found.keywords is None else found.keywords.as_json(),
            policy=Program.Policy.AT_MOST_ONCE,
            series=name,
        )


def begin() -> None:
    """Make the rows of a new site, where the sender has not come to it yet: the first page that needs them does.

    A series file that is wrong is told by the sender, once a minute.
    """
    if not Program.objects.exists():
        with suppress(SeriesError):
            sync()


def _own() -> set[str]:
    folder: Path = settings.CONFIG.data_dir / "series"
    return {path.stem for path in folder.glob("*.yaml")} if folder.is_dir() else set()


def _make(slug: str, **values: object) -> None:
    Program.objects.get_or_create(slug=slug, defaults=values)
