"""What was counted: the report.json files of an organization, shown as sourced counts and shares with their base.

`porchlight count` writes a report.json; an organization puts it into `counts` of its data directory, as us-ky.json or
us-ky-2025.json. Read without a database and without the extra that counting needs; read again within two seconds of a
change. A file that is not what it should be is refused whole, and nothing else of the site is touched by it.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from porchlight import places

LOOK_EVERY = 1.0  # seconds between looks at the folder
MAX_BYTES = 20_000_000
FORM = 1

_log = logging.getLogger(__name__)


class ReportRefusedError(Exception):
    """A file of `counts` is not shown: its name, why, and what to do."""

    def __init__(self, name: str, reason: str, to_do: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason, self.to_do = name, reason, to_do


@dataclass(frozen=True, slots=True)
class Count:
    """One published count; None where the report hides it. `low`..`high`: with looser and stricter matching."""

    number: int | None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of the children found to be victims have this in common: `label` by language, `percent` as printed."""

    label: Mapping[str, str]
    part: int
    percent: str
    width: str  # of a bar: "67.9%"


@dataclass(frozen=True, slots=True)
class Group:
    """Shares by one thing (age). `none`: what no such child has in common. `drawn`: with a bar for each."""

    title: Mapping[str, str]
    shares: tuple[Share, ...]
    none: tuple[Share, ...]
    drawn: bool


@dataclass(frozen=True, slots=True)
class Year:
    """One year of the series; None where a count is hidden."""

    period: str
    reports: int | None
    determined: int | None
    victims: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What one report.json says. Reports, cases and children are different things and are never added."""

    title: str
    jurisdiction: str
    period: str
    begins: dt.date
    ends: dt.date
    under: int
    made: dt.date
    hides_from: int
    hides_to: int
    reports: Count
    determined: Count
    served: Count
    children: Count
    victims: Count
    groups: tuple[Group, ...]
    years: tuple[Year, ...]
    address: str | None


def read(content: bytes, name: str) -> Counted:
    """What a report.json tells, each share held against the counts. Raises ReportRefusedError."""
    if len(content) > MAX_BYTES:
        raise ReportRefusedError(name, f"it is larger than {MAX_BYTES:,} bytes", _COPY_AGAIN)
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ReportRefusedError(
            name, f"it is no report.json that we can read ({error})", _WRITE_AGAIN
        ) from None
    for reason, to_do in _wrong(file, name):
        raise ReportRefusedError(name, reason, to_do)
    return _counted(file)


@dataclass(frozen=True, slots=True)
class Shown:
    """The reports that are shown, by jurisdiction and newest first, and the files that are refused."""

    reports: Mapping[str, tuple[Counted, ...]]
    refused: tuple[ReportRefusedError, ...]


class CountStore:
    """The reports in a folder. Safe to call from any thread, and it never fails for what the folder holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] | None = None
        self._looked = float("-inf")
        self._shown = Shown({}, ())

    def of(self, code: str) -> tuple[Counted, ...]:
        """The reports of jurisdiction `code`, newest first."""
        return self.shown().reports.get(code, ())

    def shown(self) -> Shown:
        """All reports and refusals, read again when the folder changed."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            with self._lock:
                if time.monotonic() - self._looked >= LOOK_EVERY:
                    self._look()
                    self._looked = time.monotonic()
        return self._shown

    def _look(self) -> None:
        seen = _fingerprint(self._folder)
        if seen == self._seen:
            return
        self._shown, self._seen = read_all(self._folder), seen
        for _ in self._shown.refused:
            # The log holds no words: `porchlight check` has them.
            _log.warning("a report.json is refused")


def read_all(folder: Path) -> Shown:
    """Every `*.json` of a folder, in order of name. Of two about one period, the one made later is shown."""
    refused: list[ReportRefusedError] = []
    held: dict[tuple[str, str], tuple[Counted, str]] = {}
    for name, report in _readable(folder, refused):
        key = report.jurisdiction, report.period
        older, newer = held.get(key), (report, name)
        if older is not None:
            older, newer = sorted((older, newer), key=lambda each: each[0].made)
            reason = f"{newer[1]} tells of {report.jurisdiction}, {report.period} too, and is shown"
            refused.append(ReportRefusedError(older[1], reason, "Keep one of the two files here."))
        held[key] = newer
    newest_first = sorted((report for report, _ in held.values()), key=lambda each: each.ends, reverse=True)
    by_code: dict[str, tuple[Counted, ...]] = {}
    for report in newest_first:
        by_code[report.jurisdiction] = (*by_code.get(report.jurisdiction, ()), report)
    return Shown(by_code, tuple(refused))


def counts_folder() -> Path:
    """Where a site keeps its report.json files: `counts` in the data directory."""
    return Path(os.environ.get("PORCHLIGHT_DATA_DIR") or "data") / "counts"


@cache
def of_this_site() -> CountStore:
    """The one store of this process."""
    return CountStore(counts_folder())


_COPY_AGAIN = "Copy report.json from the folder of the report again."
_WRITE_AGAIN = "Run `porchlight count publish report.toml` again, and copy the new report.json."

# --- the file, as far as it is shown ----------------------------------------------------------------------------------

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Whole = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Words = Annotated[dict[str, Text], Meta(min_length=1)]
Where = dict[str, str]


class _Hidden(Struct, frozen=True):
    from_: Annotated[int, Meta(ge=0, le=1)] = msgspec.field(name="from")
    to: Annotated[int, Meta(ge=2, le=100)]


class _Entry(Struct, frozen=True):
    period: str
    unit: str
    where: Where
    count: Whole | None
    range: tuple[Whole, Whole] | None = None


class _Statistic(Struct, frozen=True):
    where: Where
    within: str | None
    by: Words
    category: Words
    part: Whole
    base: Annotated[int, Meta(ge=1)]
    percent: float


class _Year(Struct, frozen=True):
    period: Text
    reports: Whole | None
    determined: Whole | None
    victims: Whole | None


class _File(Struct, frozen=True):
    form: int
    title: Text
    jurisdiction: str
    period: Annotated[str, Meta(min_length=1, max_length=30)]
    begins: dt.date
    ends: dt.date
    under: Annotated[int, Meta(ge=1, le=26)]
    made: dt.date
    hidden: _Hidden
    counts: list[_Entry]
    statistics: list[_Statistic]
    trend: list[_Year]
    # Where the whole report can be had.
    address: str | None = None


_VICTIM: Where = {"decision": "victim"}
_REPORTS, _DETERMINED, _SERVED, _CHILDREN = "reports", "determinations", "cases with services", "children"


def _wrong(file: _File, name: str) -> Iterator[tuple[str, str]]:
    """(reason, what to do) for all that keeps a file from being shown."""
    if file.form != FORM:
        yield f"it has form {file.form}, and this site reads form {FORM}", _WRITE_AGAIN
    if file.jurisdiction not in {code for code, _ in places.jurisdictions()}:
        yield f"it tells of '{file.jurisdiction[:20]}', which is none of the 56 jurisdictions", _WRITE_AGAIN
    wanted = file.jurisdiction.lower()
    if name.removesuffix(".json") != wanted and not name.startswith(f"{wanted}-"):
        yield f"it tells of {file.jurisdiction}", f"Name it {wanted}.json, or {wanted}-{file.ends.year}.json."
    if file.ends < file.begins or file.made < file.begins:
        yield "its dates are in no order", _WRITE_AGAIN
    if not all(map(str.isprintable, _texts(file))):
        yield "its words hold signs that cannot be shown", _WRITE_AGAIN
    if file.address is not None and not _is_address(file.address):
        yield "its `address` is no address of a page", "Write one that begins with https://, or leave it out."
    yield from _wrong_counts(file)


def _texts(file: _File) -> Iterator[str]:
    yield from (file.title, file.period, *(year.period for year in file.trend))
    for each in file.statistics:
        yield from (*each.by.values(), *each.category.values())


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return known and len(text) <= 300 and text.isascii() and text.isprintable() and " " not in text


def _wrong_counts(file: _File) -> Iterator[tuple[str, str]]:
    """Nothing is shown that the tables hide, and no small count at all: such a file never went through `protect`."""
    shown = [each.count for each in file.counts if each.count is not None]
    least = min((count for count in shown if count > 0), default=None)
    if least is not None and least <= file.hidden.to:
        yield (
            f"a count of {least} stands in it, and counts from 1 to {file.hidden.to} must be hidden",
            _WRITE_AGAIN,
        )
    counts = {_at(each.unit, each.where): each.count for each in file.counts if each.period == file.period}
    missing = [each for each in _SHOWN_FIRST if each not in counts]
    if missing:
        yield f"it has no count of {missing[0][0]}", _WRITE_AGAIN
        return
    base = counts[_at(_CHILDREN, _VICTIM)]
    for each in file.statistics:
        part = counts.get(_at(_CHILDREN, each.where))
        of_victims = _VICTIM.items() <= each.where.items()
        if not of_victims or part is None or part != each.part or base is None or base != each.base:
            yield f"a share ({_named(each.where)}) is not made of the counts beside it", _WRITE_AGAIN
        elif abs(each.percent - part / base * 100) > _ROUNDED:
            yield f"a share ({_named(each.where)}) is not {each.percent:g} percent", _WRITE_AGAIN
    told = tuple(counts[_at(unit, where)] for unit, where in _IN_A_YEAR)
    for year in file.trend:
        if year.period == file.period and (year.reports, year.determined, year.victims) != told:
            yield "its series of years does not agree with its counts", _WRITE_AGAIN


_ROUNDED = 0.0501  # `percent` has one place after the point


def _at(unit: str, where: Where) -> tuple[str, frozenset[tuple[str, str]]]:
    return unit, frozenset(where.items())


def _named(where: Where) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(where.items()))[:80]


_SHOWN_FIRST = (
    *(_at(unit, {}) for unit in (_REPORTS, _DETERMINED, _SERVED, _CHILDREN)),
    _at(_CHILDREN, _VICTIM),
)
_IN_A_YEAR: tuple[tuple[str, Where], ...] = ((_REPORTS, {}), (_DETERMINED, {}), (_CHILDREN, _VICTIM))


def _counted(file: _File) -> Counted:
    entries = {_at(each.unit, each.where): each for each in file.counts if each.period == file.period}
    reports, determined, served, children, victims = (_count(entries[each]) for each in _SHOWN_FIRST)
    return Counted(
        title=file.title,
        jurisdiction=file.jurisdiction,
        period=file.period,
        begins=file.begins,
        ends=file.ends,
        under=file.under,
        made=file.made,
        hides_from=file.hidden.from_,
        hides_to=file.hidden.to,
        reports=reports,
        determined=determined,
        served=served,
        children=children,
        victims=victims,
        groups=tuple(_groups(file)),
        years=tuple(Year(each.period, each.reports, each.determined, each.victims) for each in file.trend),
        address=file.address,
    )


def _count(entry: _Entry) -> Count:
    low, high = entry.range or (None, None)
    return Count(entry.count, low, high) if entry.count is not None else Count(None)


def _groups(file: _File) -> Iterator[Group]:
    """Shares by the thing they are by, in the order of the file; what lies within a coarser share is left out."""
    by: dict[str, list[_Statistic]] = {}
    for each in file.statistics:
        names = each.where.keys() - _VICTIM.keys()
        if each.within is None and len(names) == 1:
            by.setdefault(names.pop(), []).append(each)
    for name, found in by.items():
        shares = [_share(each) for each in found]
        yield Group(
            title=found[0].by,
            shares=tuple(each for each in shares if each.part),
            none=tuple(each for each in shares if not each.part),
            drawn=name in _DRAWN,
        )


def _share(each: _Statistic) -> Share:
    share = each.part / each.base
    percent = "<1%" if 0 < share < 0.01 else ">99%" if 0.99 < share < 1 else f"{share:.0%}"
    return Share(each.category, each.part, percent, f"{share:.1%}")


# As in the report: no bars for what a child is, so that no group is held up beside another.
_DRAWN = frozenset({"age", "relationship", "exploitation", "region"})

# --- the folder -------------------------------------------------------------------------------------------------------


def _readable(folder: Path, refused: list[ReportRefusedError]) -> Iterator[tuple[str, Counted]]:
    for path in _files(folder):
        try:
            yield path.name, read(_content(path), path.name)
        except ReportRefusedError as error:
            refused.append(error)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        to_do = "Let the site's user read it: `porchlight count` writes files that only their owner can read."
        raise ReportRefusedError(path.name, f"it cannot be read: {error.strerror}", to_do) from None


def _files(folder: Path) -> list[Path]:
    """Files alone: a pipe would never end."""
    try:
        return sorted(path for path in folder.glob("*.json") if path.name[0] != "." and path.is_file())
    except OSError:
        return []


def _fingerprint(folder: Path) -> tuple[object, ...]:
    seen = []
    for path in _files(folder):
        try:
            info = path.stat()
        except OSError:
            continue
        seen.append((path.name, info.st_mtime_ns, info.st_size, info.st_ino, info.st_mode))
    return tuple(seen)
