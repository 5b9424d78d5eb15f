"""report.toml: which lists are counted, under which agreement, and how. Every problem in it is told at once."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

LANGUAGES = ("en", "es")
UNITS = ("reports", "investigations", "determinations", "served", "children")
T = TypeVar("T", bound=Struct)


def read(path: Path, *, today: dt.date | None = None) -> Settings:
    """Read report.toml; paths in it are beside it.

    `today` judges the purge dates. Raises SettingsError with every problem found.
    """
    problems: list[str] = []
    raw = _toml(path)
    unknown = sorted(set(raw) - {*_SECTIONS, "lists", "tables"})
    problems += [f"[{name}]: there is no such section; sections: {', '.join(_SECTIONS)}" for name in unknown]
    parts: dict[str, Any] = {
        name: _convert(kind, raw.get(name, {}), f"[{name}]", problems) for name, kind in _SECTIONS.items()
    }
    parts["lists"] = _each(AgencyList, raw.get("lists", []), "lists", problems)
    parts["tables"] = _each(OwnTable, raw.get("tables", []), "tables", problems)
    if not problems:
        settings = Settings(folder=path.resolve().parent, **parts)
        problems = _wrong(settings, today or dt.datetime.now(tz=dt.UTC).date())
    if problems:
        raise SettingsError(path.name, problems)
    return settings


def private_folder(path: Path) -> Path:
    """Where report.toml keeps its rows, even when the rest of it can no longer be used: `clean` must always work."""
    problems: list[str] = []
    part = _convert(WorkspacePart, _toml(path).get("workspace", {}), "[workspace]", problems)
    if part is None:
        raise SettingsError(path.name, problems)
    return path.resolve().parent / part.folder


class SettingsError(Exception):
    """report.toml cannot be used; `problems` are sentences that say where and what to write."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"{name} needs to change:", *problems]))


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """What is counted: children younger than `under` years, reported from `begins` to `ends` (both days count)."""

    title: str
    jurisdiction: str
    period: str
    begins: dt.date
    ends: dt.date
    under: int = 18
    # The lists whose reports, determinations and services the statute asks for; empty: all lists.
    statute_lists: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    # Where the whole report will lie on the web; the site's page of counts leads there.
    address: str | None = None


class AgencyList(Struct, frozen=True, forbid_unknown_fields=True):
    """One agency's list, and why it may be counted. `purge` is the day after which its rows may not be held."""

    id: str
    name: str
    file: str
    mapping: str
    agreement: str
    purpose: str
    purge: dt.date
    # A value that cannot be read: "stop" stops the count, "missing" counts it as missing in the quality page.
    bad_values: str = "stop"


class WorkspacePart(Struct, frozen=True, forbid_unknown_fields=True):
    """Where rows are held while counting (mode 0700)."""

    folder: str = "private"


class Output(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the finished report goes."""

    folder: str = "report"


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """Match probabilities above which two rows are one child: low, published, high. `marks`: a person's answers."""

    thresholds: tuple[float, float, float] = (0.80, 0.95, 0.99)
    threads: int = 1
    marks: str | None = None


class Protect(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts from 1 to `hide` are hidden; `hide_whole`: also the 100 % that tells something of everyone in a group."""

    hide: int = 10
    hide_zeros: bool = False
    hide_whole: bool = True


class Publish(Struct, frozen=True, forbid_unknown_fields=True):
    """Files beside report.toml: children per place and age, last year's report.json, county to region."""

    population: str | None = None
    last_report: str | None = None
    regions: str | None = None
    pdf: bool = True


class Estimate(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the children no list has seen are estimated. `groups`: lists that stand for one, by a name of your own.

    `draws`: resampled tables. `seed`: the same gives the same answer.
    """

    wanted: bool = False
    groups: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    draws: int = 1000
    seed: int = 1234


class OwnTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the analyst's own: one unit by one to three columns of the records."""

    name: str
    unit: str
    by: tuple[str, ...]
    title: str
    title_es: str = ""


class Settings(Struct, frozen=True):
    """The whole of report.toml; `folder` is where it lies."""

    folder: Path
    report: Report
    lists: tuple[AgencyList, ...]
    workspace: WorkspacePart
    output: Output
    link: Link
    protect: Protect
    publish: Publish
    estimate: Estimate
    tables: tuple[OwnTable, ...]

    def path(self, name: str) -> Path:
        """A file that report.toml names."""
        return self.folder / name


_SECTIONS: Mapping[str, type[Struct]] = {
    "report": Report,
    "workspace": WorkspacePart,
    "output": Output,
    "link": Link,
    "protect": Protect,
    "publish": Publish,
    "estimate": Estimate,
}
# What each asks of the analyst, said where it is missing.
_MEANT = {
    "agreement": "the data-sharing agreement under which the list was given",
    "purpose": "what the agreement allows the list to be used for",
    "purge": "the day by which its rows must be deleted, like 2027-06-30",
    "jurisdiction": "like US-KY",
    "period": "the year or years that are counted, like 2026",
    "mapping": "the file that `porchlight count map` proposes",
}
_ADDRESS = re.compile(r"https://[!-?A-~]{1,290}")  # no @: nobody logs in
_ID = "abcdefghijklmnopqrstuvwxyz0123456789_"
_MOST_DIMENSIONS = 3


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(path.name, [f"there is no file {path}"]) from None
    except IsADirectoryError:
        raise SettingsError(path.name, ["this is a folder; name the report.toml inside it"]) from None
    except UnicodeDecodeError:
        raise SettingsError(path.name, ["the file is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path.name, [f"the file is not TOML: {error}"]) from None


def _each(kind: type[T], raw: object, where: str, problems: list[str]) -> tuple[T, ...]:
    if not isinstance(raw, list):
        problems.append(f"[[{where}]]: write one [[{where}]] section for each")
        return ()
    found = []
    for number, one in enumerate(raw, 1):
        name = one.get("id") or one.get("name") if isinstance(one, dict) else None
        found.append(_convert(kind, one, f"[[{where}]] {name or number}", problems))
    return tuple(each for each in found if each is not None)


def _convert(kind: type[T], raw: object, where: str, problems: list[str]) -> T | None:
    """Each field is converted by itself: msgspec stops at the first that is wrong, and an analyst wants them all."""
    if not isinstance(raw, dict):
        problems.append(f"{where}: must be a section")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    before = len(problems)
    problems += [f"{where}: there is no setting '{name}'" for name in sorted(set(raw) - set(fields))]
    values = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                meant = f": {_MEANT[name]}" if name in _MEANT else ""
                problems.append(f"{where}: '{name}' is missing{meant}")
            continue
        try:
            values[name] = msgspec.convert(raw[name], field.type)
        except msgspec.ValidationError as error:
            problems.append(f"{where}: '{name}': {error}")
            continue
        if isinstance(raw[name], str) and field.required and not raw[name].strip():
            problems.append(f"{where}: '{name}' is empty" + (f": {_MEANT[name]}" if name in _MEANT else ""))
    return kind(**values) if len(problems) == before else None


def _wrong(settings: Settings, today: dt.date) -> list[str]:
    return [
        *_wrong_report(settings),
        *_wrong_lists(settings, today),
        *_wrong_numbers(settings),
        *_wrong_tables(settings),
        *_wrong_estimate(settings),
        *_wrong_files(settings),
    ]


def _wrong_report(settings: Settings) -> list[str]:
    report, problems = settings.report, []
    if report.ends < report.begins:
        problems.append(f"[report]: 'ends' ({report.ends}) is before 'begins' ({report.begins})")
    if not 1 <= report.under <= 26:  # 25: the oldest that a youth program counts
        problems.append("[report]: 'under' must be from 1 to 26 years")
    ids = {each.id for each in settings.lists}
    for name in report.statute_lists:
        if name not in ids:
            problems.append(f"[report]: 'statute_lists' names '{name}', which is no list's id")
    for language in report.languages:
        if language not in LANGUAGES:
            problems.append(f"[report]: 'languages': '{language}' is not one of {', '.join(LANGUAGES)}")
    if not report.languages:
        problems.append("[report]: 'languages' is empty")
    if report.address is not None and not _ADDRESS.fullmatch(report.address):
        problems.append("[report]: 'address' must be that of a page, and begin with https://")
    return problems


def _wrong_lists(settings: Settings, today: dt.date) -> list[str]:
    problems = (
        [] if settings.lists else ["[[lists]]: there is none; each agency's list is one [[lists]] section"]
    )
    seen: set[str] = set()
    for each in settings.lists:
        where = f"[[lists]] {each.id}"
        if not set(each.id) <= set(_ID):
            problems.append(f"{where}: 'id' may hold a-z, 0-9 and _ only")
        if each.id in seen:
            problems.append(f"{where}: two lists have this id")
        seen.add(each.id)
        if each.purge < today:
            problems.append(
                f"{where}: was to be purged by {each.purge}; delete it, or write the new agreement"
            )
        if each.bad_values not in ("stop", "missing"):
            problems.append(f'{where}: \'bad_values\' is "stop" or "missing"')
    return problems


def _wrong_numbers(settings: Settings) -> list[str]:
    problems = []
    low, middle, high = settings.link.thresholds
    if not 0 < low < middle < high < 1:
        problems.append("[link]: 'thresholds' are three numbers that rise, between 0 and 1")
    if not 1 <= settings.link.threads <= 64:
        problems.append("[link]: 'threads' must be from 1 to 64")
    if not 2 <= settings.protect.hide <= 100:
        problems.append("[protect]: 'hide' must be from 2 to 100; 10 hides counts from 1 to 10")
    return problems


def _wrong_estimate(settings: Settings) -> list[str]:
    asked, ids = settings.estimate, {each.id for each in settings.lists}
    grouped = [name for group in asked.groups.values() for name in group]
    problems = [
        f"[estimate]: 'groups' names '{name}', which is no list's id" for name in grouped if name not in ids
    ]
    problems += [
        f"[estimate]: 'groups' names '{name}' more than once"
        for name in dict.fromkeys(grouped)
        if grouped.count(name) > 1
    ]
    if not 200 <= asked.draws <= 100_000:
        problems.append("[estimate]: 'draws' must be from 200 to 100000; 1000 is usual")
    return problems


def _wrong_tables(settings: Settings) -> list[str]:
    problems = []
    for table in settings.tables:
        where = f"[[tables]] {table.name}"
        if table.unit not in UNITS:
            problems.append(f"{where}: 'unit' is one of {', '.join(UNITS)}")
        if not 1 <= len(table.by) <= _MOST_DIMENSIONS or len(set(table.by)) != len(table.by):
            problems.append(f"{where}: 'by' names one to {_MOST_DIMENSIONS} different columns")
    names = [table.name for table in settings.tables]
    problems += [
        f"[[tables]] {name}: two tables have this name" for name in {*names} if names.count(name) > 1
    ]
    return problems


def _wrong_files(settings: Settings) -> list[str]:
    named = [
        (f"[[lists]] {each.id}", kind, getattr(each, kind)) for each in settings.lists for kind in _LIST_FILES
    ]
    named += [("[publish]", kind, getattr(settings.publish, kind)) for kind in _PUBLISH_FILES]
    named.append(("[link]", "marks", settings.link.marks))
    problems = [
        f"{where}: '{kind}': there is no file {name}"
        for where, kind, name in named
        if name is not None and not settings.path(name).is_file()
    ]
    private, public = settings.path(settings.workspace.folder), settings.path(settings.output.folder)
    private, public = private.resolve(), public.resolve()
    if private == public or private in public.parents or public in private.parents:
        problems.append(
            "[output]: 'folder' and the workspace's folder must lie apart: rows are only in the second"
        )
    return problems


_LIST_FILES = ("file", "mapping")
_PUBLISH_FILES = ("population", "last_report", "regions")
