"""An attacker of its own: reads only what is published, and finds how low and how high each hidden count can be.

Run: python tests/count/attacker.py FOLDER [--last FOLDER] [--regions CSV] [--population CSV]

It shares no line with the program it attacks. It reads the tables, the page, the charts and report.json of a report,
and of last year's; it takes every statement in them for a fact (an equation, or an interval where a number is
rounded), adds what an informed reader knows of the units, ages and steps, and asks a whole-number solver. Regions
and population files are public too. Rows of lists are published nowhere, so the words "nearly always" of the lists
bound no count; "not asked" does.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import numpy as np
from pypdf import PdfReader
from scipy import optimize, sparse

Where = frozenset[tuple[str, str]]
Cell = tuple[str, str, str, Where]  # way of linking ("" is the published one), period, unit, where
ENDLESS = 10**6
REPORTS, INVESTIGATIONS, DETERMINATIONS = "reports", "investigations", "determinations"
CHILDREN, SERVED = "children", "cases with services"
VICTIM = ("decision", "victim")


def main() -> None:
    """Print what the attacker found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--last", type=Path)
    parser.add_argument("--regions", type=Path)
    parser.add_argument("--population", type=Path)
    given = parser.parse_args()
    public = Public.read(given.regions, given.population)
    try:
        found = Attack([read(each, public) for each in (given.folder, given.last) if each])
        print(found.told(found.conclude()))
    except ValueError as error:
        parser.error(f"{error}. Was the report made with --regions or --population? Then name those files.")


@dataclass(frozen=True)
class Fact:
    """The weighted sum of counts lies in `low`..`high`; `kind` is where it was read."""

    kind: str
    terms: Mapping[Cell, float]
    low: float
    high: float


@dataclass(frozen=True)
class Public:
    """What everybody knows besides: the region of each county, and children by county and year of age."""

    regions: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def read(cls, regions: Path | None, population: Path | None) -> Public:
        """From the files that the report was made with."""
        counties = {row["county_fips"]: row["region"] for row in _rows(regions)} if regions else {}
        people = {
            (row["county_fips"], int(row["age"])): int(row["children"])
            for row in (_rows(population) if population else [])
        }
        return cls(counties, people)

    def living(self, ages: tuple[int, int], region: str = "") -> int:
        """Children of these ages, in a region or everywhere."""
        return sum(
            count
            for (county, age), count in self.people.items()
            if ages[0] <= age <= ages[1] and region in ("", self.regions.get(county))
        )


@dataclass
class Report:
    """One published report as it was read: its cells, those not shown, all facts, and what could not be read."""

    period: str
    hide: range
    facts: list[Fact]
    cells: set[Cell]
    hidden: set[Cell]
    unread: list[str]


# --- reading -------------------------------------------------------------------------------------------------------


def read(folder: Path, public: Public) -> Report:
    """Everything that a report states, as facts."""
    told = json.loads((folder / "report.json").read_text("utf-8"))
    report = Report(
        told["period"], range(told["hidden"]["from"], told["hidden"]["to"] + 1), [], set(), set(), []
    )
    words = _Words.read(folder / "tables" / "dictionary.csv")
    for path in sorted((folder / "tables").glob("*.csv")):
        if path.stem != "dictionary":
            _read_table(path, public, report)
    _read_json(told, report)
    page = _Page((folder / "report.en.html").read_text("utf-8"))
    _PageReader(report, words, public, told).read(page)
    for path in sorted((folder / "charts").glob("*.en.svg")):
        _read_chart(path.name.split(".")[0], path.read_text("utf-8"), report, words)
    for chart in page.charts:
        name = re.search(r'<title id="([\w-]+)-en-title"', chart)
        _read_chart(name[1] if name else "", chart, report, words)
    report.facts += _informed(report.cells)
    report.unread += _numbers_elsewhere(folder)
    return report


def _cell(period: str, unit: str, way: str = "", **where: str) -> Cell:
    return way, period, unit, frozenset(where.items())


def _with(cell: Cell, *pairs: tuple[str, str]) -> Cell:
    way, period, unit, where = cell
    return way, period, unit, where | set(pairs)


def _rows(path: Path) -> list[dict[str, str]]:
    lines = [each for each in path.read_text("utf-8-sig").splitlines() if not each.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def _read_table(path: Path, public: Public, report: Report) -> None:
    """Counts, the range over other ways of linking, and the sums along each dimension."""
    rows = _rows(path)
    dimensions = [name for name in rows[0] if name not in _PLAIN_COLUMNS]
    codes: dict[str, list[str]] = {
        name: [each for each in dict.fromkeys(row[name] for row in rows) if each != "all"]
        for name in dimensions
    }
    period, unit = rows[0]["period"], rows[0]["unit"]
    for row in rows:
        where = {name: row[name] for name in dimensions if row[name] != "all"}
        cell, other = _cell(period, unit, **where), _cell(period, unit, "other", **where)
        report.cells |= {cell, other}
        if row["count"]:
            report.facts.append(_exactly("counts", cell, int(row["count"])))
            low, high = int(row["low"] or row["count"]), int(row["high"] or row["count"])
            report.facts.append(Fact("ranges", {other: 1}, low, high))
        else:
            report.hidden.add(cell)
    for way in ("", "other"):
        report.facts += _sums(way, period, unit, codes, public)


_PLAIN_COLUMNS = ("period", "unit", "count", "status", "low", "high")


def _sums(way: str, period: str, unit: str, codes: Mapping[str, list[str]], public: Public) -> Iterator[Fact]:
    for name, all_codes in codes.items():
        parent = {code: _parent(name, code, all_codes, public) for code in all_codes}
        others = [[None, *codes[other]] for other in codes if other != name]
        rest_names = [other for other in codes if other != name]
        for above in (None, *dict.fromkeys(each for each in parent.values() if each)):
            parts = [code for code in all_codes if parent[code] == above]
            for chosen in product(*others):
                where = {other: each for other, each in zip(rest_names, chosen, strict=True) if each}
                base = _cell(period, unit, way, **where)
                total = _with(base, (name, above)) if above else base
                terms = {_with(base, (name, part)): 1.0 for part in parts} | {total: -1.0}
                yield Fact("sums of tables", terms, 0, 0)


def _parent(dimension: str, code: str, codes: Collection[str], public: Public) -> str | None:
    """The coarser category that a reader knows it to be part of."""
    if dimension == "step" and code in ("determined", "not_determined", "undecided"):
        return "investigated"
    if dimension == "decision" and code in ("possible", "not_victim", "undecided"):
        return "other"
    if dimension == "region" and code.isdecimal():
        return public.regions.get(code, "outside")
    if dimension == "age" and code.isdecimal():
        bands = [each for each in codes if "-" in each]
        held = [each for each in bands if int(each.split("-")[0]) <= int(code) <= int(each.split("-")[1])]
        return held[0] if held else None
    return None


def _exactly(kind: str, cell: Cell, count: float) -> Fact:
    return Fact(kind, {cell: 1.0}, count, count)


def _share(kind: str, part: Cell, base: Cell, low: float, high: float) -> Iterator[Fact]:
    """`part` is `low`..`high` percent of `base`."""
    if part == base:
        return
    yield Fact(kind, {part: 100.0, base: -low}, -1e-6, math.inf)
    yield Fact(kind, {part: 100.0, base: -high}, -math.inf, 1e-6)


def _read_json(told: Mapping[str, object], report: Report) -> None:
    for each in _list(told["counts"]):
        cell = _cell(each["period"], each["unit"], **each["where"])
        if each["count"] is not None:
            report.facts.append(_exactly("report.json", cell, each["count"]))
        if "range" in each:
            report.facts.append(Fact("ranges", {_other(cell): 1.0}, *each["range"]))
    base = _with(_cell(report.period, CHILDREN), VICTIM)
    for each in _list(told["statistics"]):
        cell = _cell(report.period, CHILDREN, **each["where"])
        for known, count in ((cell, each["part"]), (base, each["base"])):
            report.facts += [_exactly("report.json", known, count)] if count is not None else []
        report.facts += _share("shares", cell, base, each["percent"] - 0.05, each["percent"] + 0.05)
    for year in _list(told["trend"]):
        named = {
            "reports": _cell(year["period"], REPORTS),
            "determined": _cell(year["period"], DETERMINATIONS),
            "victims": _with(_cell(year["period"], CHILDREN), VICTIM),
        }
        report.cells |= set(named.values())
        report.facts += [
            _exactly("trend", cell, year[name]) for name, cell in named.items() if year[name] is not None
        ]


def _list(told: object) -> list[dict]:  # type: ignore[type-arg]
    assert isinstance(told, list)
    return told


def _other(cell: Cell) -> Cell:
    return ("other", *cell[1:])


# --- the page ------------------------------------------------------------------------------------------------------


@dataclass
class _Words:
    """The published dictionary: what each code is called, by table and column."""

    codes: Mapping[tuple[str, str], Mapping[str, str]]
    columns: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, path: Path) -> _Words:
        codes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        columns: dict[tuple[str, str], str] = {}
        for row in _rows(path):
            if row["code"]:
                codes[row["table"], row["column"]][row["meaning_en"]] = row["code"]
            else:
                columns[row["table"], row["column"]] = row["meaning_en"]
        return cls(codes, columns)

    def called(self, column_words: str) -> list[tuple[str, str]]:
        """The (table, column) pairs whose column has this name."""
        return [place for place, words in self.columns.items() if words == column_words and place[0]]


@dataclass
class _Shown:
    """A table of the page."""

    caption: str = ""
    base: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, bool, list[str]]] = field(default_factory=list)  # label, level, total, cells


class _Page(HTMLParser):
    """The page's tables, sentences, large numbers and drawings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[_Shown] = []
        self.said: list[str] = []
        self.charts = re.findall(r"<svg[^>]* role=\"img\".*?</svg>", text, re.DOTALL)
        self._into: Callable[[str], object] | None = None
        self._closes, self._text, self._total = "", "", False
        self.feed(re.sub(r"<(svg|style|head)\b.*?</\1>", "", text, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        kinds = (told.get("class") or "").split()
        if tag == "table":
            self.tables.append(_Shown())
        elif tag == "tr":
            self._total = "total" in kinds
        elif tag in ("p", "li", "small", "td", "th", "caption"):
            level = next((int(each[2:]) for each in kinds if each.startswith("in")), 0)
            self._begin(tag, told.get("scope") == "row", level)

    def _begin(self, tag: str, row: bool, level: int) -> None:
        table, total = (self.tables or [_Shown()])[-1], self._total
        into: dict[str, Callable[[str], object]] = {
            "p": self.said.append,
            "li": self.said.append,
            "small": lambda text: setattr(table, "base", text),
            "caption": lambda text: None,
            "td": lambda text: table.rows[-1][3].append(text),
            "th": lambda text: (
                table.rows.append((text, level, total, [])) if row else table.head.append(text)
            ),
        }
        self._into, self._closes, self._text = into[tag], tag, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if self._into and tag == self._closes:
            self._into(" ".join(self._text.split()))
            self._into = None


class _PageReader:
    """Turns what the page shows into facts; what it cannot place is put down as unread."""

    def __init__(self, report: Report, words: _Words, public: Public, told: Mapping[str, object]) -> None:
        self.report, self.words, self.public = report, words, public
        self.under = int(str(told["under"]))

    def read(self, page: _Page) -> None:
        for table in page.tables:
            first = table.head[0]
            if first == "Year":
                self._trend(table)
            elif first == "List":
                self._lists(table)
            else:
                self._table(table)
        for sentence in page.said:
            self._sentence(sentence)

    def _fact(self, fact: Fact) -> None:
        self.report.facts.append(fact)

    # --- tables

    def _table(self, table: _Shown) -> None:
        places = self.words.called(table.head[0])
        labels = [label for label, _, total, _ in table.rows if not total]
        fitting = [place for place in places if self._fits(place, labels, table.head[1:])]
        unit = self._unit(table)
        if not fitting or unit is None:
            self.report.unread.append(f"table of {table.head[0]}: {table.base}")
            return
        name, first = fitting[0]
        for (label, _, total, cells), where in zip(table.rows, self._wheres(table, name, first), strict=True):
            if where is None:
                self.report.unread.append(f"{first}: {label}")
                continue
            self._row(table, unit, where, cells, (name, first))
            del total

    def _fits(self, place: tuple[str, str], labels: Sequence[str], head: Sequence[str]) -> bool:
        """Whether the published table has all these rows and, where its last column is laid across, these columns."""
        own = {column: codes for (name, column), codes in self.words.codes.items() if name == place[0]}
        meant = {label for codes in own.values() for label in codes}
        across = [each for each in head if each not in _HEADS]
        wide = [column for column, codes in own.items() if all(each in codes for each in across)]
        return all(label in meant for label in labels) and bool(wide)

    def _unit(self, table: _Shown) -> str | None:
        counted = re.match(r"Counted: ([^.]+)\.", table.base)
        return self.words.codes["", "unit"].get(counted[1]) if counted else None

    def _wheres(self, table: _Shown, name: str, first: str) -> Iterator[dict[str, str] | None]:
        """What each row is of: rows set in are under the last row that is set in less."""
        columns = [column for (own, column) in self.words.columns if own == name]
        columns = columns[columns.index(first) :]
        stack: list[tuple[int, dict[str, str]]] = []
        for label, level, total, _ in table.rows:
            if total:
                yield {}
                continue
            while stack and stack[-1][0] >= level:
                stack.pop()
            above = stack[-1][1] if stack else {}
            depth = max((columns.index(each) for each in above), default=-1)
            found = self._placed(name, columns[max(depth, 0) : depth + 2], above, label)
            stack.append((level, found or {}))
            yield found

    def _placed(
        self, name: str, columns: Sequence[str], above: Mapping[str, str], label: str
    ) -> dict[str, str] | None:
        """In the same column where the row above is a coarser category of it, else in the next column."""
        for column in columns:
            code = self.words.codes[name, column].get(label)
            coarser = above.get(column)
            if code is None or code == "all":
                continue
            codes = list(self.words.codes[name, column].values())
            if coarser is None or _parent(column, code, codes, self.public) == coarser:
                return dict(above) | {column: code}
        return None

    def _row(
        self, table: _Shown, unit: str, where: Mapping[str, str], cells: Sequence[str], place: tuple[str, str]
    ) -> None:
        period = self.report.period
        counted = _cell(period, unit, **where)
        base = _cell(period, unit)
        for head, text in zip(table.head[1:], cells, strict=True):
            if head == "Victims found":
                counted, base = _with(_cell(period, unit, **where), VICTIM), _with(base, VICTIM)
                self._count(counted, text)
            elif head in _COUNTS:
                self._count(_cell(period, unit, **where), text)
            elif head == "Share":
                self._percent("shares", counted, base, text)
            elif head == "Per 100,000":
                self._rate(counted, where, text)
            elif head == "Other matches":
                self._range(counted, text)
            else:
                self._across(place[0], head, unit, where, text)
        stated = re.search(r"hare of (?:the )?([\d,]+) ", table.base)
        if stated:
            self._fact(_exactly("page", base, _number(stated[1])))

    def _across(self, name: str, head: str, unit: str, where: Mapping[str, str], text: str) -> None:
        last = [column for own, column in self.words.columns if own == name][-1]
        code = self.words.codes[name, last].get(head)
        if code is None or last in where:
            self.report.unread.append(f"{name}: column {head}")
        else:
            self._count(_cell(self.report.period, unit, **where, **{last: code}), text)

    def _count(self, cell: Cell, text: str) -> None:
        self.report.facts += _counted("page", cell, text)
        if not re.fullmatch(r"[\d,]+|hidden|[\d,]+ or fewer", text):
            self.report.unread.append(f"count {text}")

    def _percent(self, kind: str, cell: Cell, base: Cell, text: str) -> None:
        if text == "–":
            return
        low, high = _percents(text)
        self.report.facts += _share(kind, cell, base, low, high)

    def _rate(self, cell: Cell, where: Mapping[str, str], text: str) -> None:
        if text == "–":
            return
        if text == "too few to rate":
            self._fact(Fact("rates", {cell: 1.0}, 0, 19))
            return
        age = where.get("age", f"0-{self.under - 1}")
        ages = int(age.split("-")[0]), int(age.split("-")[-1])
        people = self.public.living(ages, where.get("region", ""))
        rate = float(text.replace(",", ""))
        self._fact(
            Fact(
                "rates", {cell: 1.0}, (rate - 0.05) * people / 1e5 - 1e-6, (rate + 0.05) * people / 1e5 + 1e-6
            )
        )

    def _range(self, cell: Cell, text: str) -> None:
        if text != "–":
            low, high = (_number(each) for each in (text.split("–")[0], text.split("–")[-1]))
            self._fact(Fact("ranges", {_other(cell): 1.0}, low, high))

    def _trend(self, table: _Shown) -> None:
        for period, _, _, cells in table.rows:
            named = (
                _cell(period, REPORTS),
                _cell(period, DETERMINATIONS),
                _with(_cell(period, CHILDREN), VICTIM),
            )
            for cell, text in zip(named, cells, strict=False):
                self.report.cells.add(cell)
                self.report.facts += _counted("trend", cell, text)
            if len(cells) > len(named) and period == self.report.period:
                self._rate(named[-1], {}, cells[-1])

    def _lists(self, table: _Shown) -> None:
        """The quality of the lists: how many there are, and what none of them asks."""
        lists = len(table.rows)
        for cell in self.report.cells:
            for name, code in cell[3]:
                if name == "agencies" and int(code.rstrip("+")) > lists:
                    self._fact(_exactly("lists", cell, 0))
        for at, head in enumerate(table.head[1:]):
            if all(row[3][at] == "not asked" for row in table.rows):
                self._not_asked(_ASKED[head])

    def _not_asked(self, names: Collection[str]) -> None:
        for cell in self.report.cells:
            for name, code in cell[3]:
                known = ("unknown", "undecided", "other") if name == "decision" else ("unknown",)
                if name in names and code not in known:
                    self._fact(_exactly("lists", cell, 0))

    # --- sentences

    def _sentence(self, text: str) -> None:
        period = self.report.period
        children = _cell(period, CHILDREN)
        victims = _with(children, VICTIM)
        for pattern, cell in (
            (r"Agencies got ([\d,]+) reports", _cell(period, REPORTS)),
            (r"In ([\d,]+) of these reports", _cell(period, DETERMINATIONS)),
            (r"got services in ([\d,]+) cases", _cell(period, SERVED)),
            (r"The lists name ([\d,]+) children", children),
            (r"found that ([\d,]+) of them were victims", victims),
            (r"^([\d,]+|[\d,]+ or fewer|hidden) Reports received$", _cell(period, REPORTS)),
            (r"^([\d,]+|[\d,]+ or fewer|hidden) Reports in which", _cell(period, DETERMINATIONS)),
            (r"^([\d,]+|[\d,]+ or fewer|hidden) Cases with services$", _cell(period, SERVED)),
        ):
            if stated := re.search(pattern, text):
                self.report.facts += _counted("sentences", cell, stated[1])
        if stated := re.search(r"We count ([\d,]+) to ([\d,]+) if", text):
            self._fact(Fact("sentences", {_other(children): 1.0}, _number(stated[1]), _number(stated[2])))
        if stated := re.match(r"Of the ([\d,]+) victims, ([\d,]+) \(([<>\d%]+)\) were (.*)\.", text):
            self._fact(_exactly("sentences", victims, _number(stated[1])))
            age = re.match(r"(\d+)(?: to (\d+))? years old", stated[4])
            where = (
                ("age", "-".join(each for each in age.groups() if each))
                if age
                else ("relationship", "familial")
            )
            self._fact(_exactly("sentences", _with(victims, where), _number(stated[2])))
            self._percent("sentences", _with(victims, where), victims, stated[3])


_COUNTS = ("All named", "Reports", "Count", "All")
_HEADS = (*_COUNTS, "Victims found", "Share", "Per 100,000", "Other matches")
_ASKED = {
    "Birth date": ("age",),
    "Sex": ("sex",),
    "County": ("region", "county"),
    "Decision": ("decision",),
    "Who used the child": ("relationship",),
}


def _counted(kind: str, cell: Cell, text: str) -> Iterator[Fact]:
    if re.fullmatch(r"[\d,]+", text):
        yield _exactly(kind, cell, _number(text))
    elif text.endswith("or fewer"):
        yield Fact("words", {cell: 1.0}, 0, _number(text.split()[0]))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _percents(text: str) -> tuple[float, float]:
    if text == "<1%":
        return 0.0, 1.0
    if text == ">99%":
        return 99.0, 100.0
    return int(text[:-1]) - 0.5, int(text[:-1]) + 0.5


# --- charts and paper ----------------------------------------------------------------------------------------------

_MARK = re.compile(
    r'<text x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*>(?P<text>[^<]*)</text>'
    r'|<rect x="[\d.]+" y="[\d.]+" width="(?P<wide>[\d.]+)" height="(?P<tall>[\d.]+)" rx="[\d.]+" '
    r'style="fill:(?P<fill>[^"]+)"/>'
)
_STUB = {"wide": 26.0, "tall": 26.0}


def _read_chart(name: str, text: str, report: Report, words: _Words) -> None:
    """The words beside each bar, and its length beside the longest one's, to a twentieth of a pixel."""
    upright = name == "trend"
    bars = _columns(text) if upright else _bars(text)
    lengths: list[tuple[Cell, float]] = []
    for label, shown, length, room, hatched in bars:
        cell = _of_chart(name, label, report, words)
        if cell is None:
            report.unread.append(f"chart {name}: {label}")
            continue
        count, _, share = shown.partition(" · ")
        report.facts += _counted("charts", cell, count)
        if share and share != "–":
            base = _with(_cell(report.period, CHILDREN), VICTIM)
            report.facts += _share("charts", cell, base, *_percents(share))
        # All hidden counts are one hatched mark; any other length is read as one.
        if not (hatched and length == _STUB["tall" if upright else "wide"]):
            lengths.append((cell, length / room))
            precision = 0.06 / room
    for cell, part in lengths:
        for longest, whole in lengths:
            if whole > 1 - 1e-9 and longest != cell:
                least = 0.0 if part * _ROOM < 2.01 else part - precision
                report.facts += [
                    Fact("charts", {cell: 1.0, longest: -least}, -1e-6, math.inf),
                    Fact("charts", {cell: 1.0, longest: -(part + precision)}, -math.inf, 1e-6),
                ]


# A bar shorter than two pixels is drawn two pixels long.
_ROOM = 356.0
_TALL = 130.0


def _bars(text: str) -> Iterator[tuple[str, str, float, float, bool]]:
    marks = [each.groupdict() for each in _MARK.finditer(text)]
    for label, shown, track, bar in zip(marks[::4], marks[1::4], marks[2::4], marks[3::4], strict=True):
        yield (
            _plain(label["text"]),
            _plain(shown["text"]),
            float(bar["wide"]),
            float(track["wide"]),
            "url" in bar["fill"],
        )


def _columns(text: str) -> Iterator[tuple[str, str, float, float, bool]]:
    marks = [each.groupdict() for each in _MARK.finditer(text)]
    for bar, shown, label in zip(marks[::3], marks[1::3], marks[2::3], strict=True):
        yield _plain(label["text"]), _plain(shown["text"]), float(bar["tall"]), _TALL, "url" in bar["fill"]


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&")


def _of_chart(name: str, label: str, report: Report, words: _Words) -> Cell | None:
    if name == "trend":
        return _with(_cell(label, CHILDREN), VICTIM)
    if name == "flow":
        step = words.codes["flow", "step"].get(label)
        if step:
            return _cell(report.period, REPORTS, step=step)
        return {
            "Reports received": _cell(report.period, REPORTS),
            "Cases with services": _cell(report.period, SERVED),
        }.get(label)
    for (table, column), codes in words.codes.items():
        if table == name and label in codes and column != "decision":
            return _with(_cell(report.period, CHILDREN), VICTIM, (column, codes[label]))
    return None


def _numbers_elsewhere(folder: Path) -> Iterator[str]:
    """Numbers that the page in Spanish or the PDF says, but not the page that was read."""
    known = set(_numbers(_text(folder / "report.en.html")))
    for path in sorted([*folder.glob("report.*.html"), *folder.glob("report.*.pdf")]):
        for number in sorted(set(_numbers(_text(path))) - known):
            yield f"{path.name}: {number}"


def _text(path: Path) -> str:
    if path.suffix == ".pdf":
        pages = PdfReader(path).pages
        # The number of the page stands alone on it.
        return " ".join(
            re.sub(rf"(?m)^\s*{at}(?: ?/ ?{len(pages)})?\s*$", "", page.extract_text())
            for at, page in enumerate(pages, 1)
        )
    page = re.sub(r"<(style|head)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", page)


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)


# --- what an informed reader knows ---------------------------------------------------------------------------------


def _informed(cells: Collection[Cell]) -> Iterator[Fact]:
    """An investigation is a report that was investigated; a report with a victim found is one of these."""
    steps = {INVESTIGATIONS: "investigated", DETERMINATIONS: "determined"}
    open_steps = {"investigated", "determined", "not_determined", "undecided"}
    for cell in cells:
        way, period, unit, where = cell
        if unit not in steps:
            continue
        step = dict(where).get("step")
        rest = where - {("step", step or "")}
        same = (way, period, REPORTS, rest | {("step", steps[unit])})
        if unit == INVESTIGATIONS and step in open_steps - {"investigated"}:
            same = (way, period, REPORTS, where)
        elif step is not None and step not in ("investigated", *({"determined"} & {steps[unit]})):
            yield _exactly("units", cell, 0)
            continue
        if same in cells:
            yield Fact("units", {cell: 1.0, same: -1.0}, 0, 0)
        if step is not None and (way, period, unit, rest) in cells and same[3] != where:
            yield Fact("units", {cell: 1.0, (way, period, unit, rest): -1.0}, 0, 0)
        for wider in (REPORTS, INVESTIGATIONS):
            whole = (way, period, wider, where)
            if whole in cells and wider != unit:
                yield Fact("units", {whole: 1.0, cell: -1.0}, 0, math.inf)


# --- solving -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conclusion:
    """Of one hidden count: the lowest and highest it can be, and which of the small numbers. `large`: by the rules it
    cannot be a small one, since it cannot be each of them."""

    low: int
    high: int
    small: frozenset[int]
    large: bool


class Attack:
    """Everything that one or more reports state, put to a whole-number solver."""

    def __init__(self, reports: Sequence[Report], *, rules: bool = True) -> None:
        self.hide = reports[0].hide
        self.facts = [fact for report in reports for fact in report.facts]
        self.hidden = {cell for report in reports for cell in report.hidden}
        self.unread = [each for report in reports for each in report.unread]
        self.attacks = 0
        self._rules = rules
        self._fixed = self._settle()
        self._blocks = self._tied()
        self._large: set[Cell] = set()
        self._found: dict[Cell, Conclusion] = {}

    def conclude(self, cells: Iterable[Cell] | None = None) -> dict[Cell, Conclusion]:
        """Attack these cells, or all hidden ones."""
        wanted = sorted(self.hidden if cells is None else cells, key=str)
        self._large = set()
        found = {cell: self._one(cell) for cell in wanted}
        while self._rules and cells is None:
            half = {
                cell
                for cell, each in found.items()
                if 0 < len(each.small) < len(self.hide) and cell not in self._large
            }
            if not half:
                break
            self._large |= half
            near = {cell for each in half for cell in self._blocks.get(each, _EMPTY).cells}
            found |= {cell: self._one(cell) for cell in wanted if cell in near}
        return {
            cell: Conclusion(each.low, each.high, each.small, cell in self._large)
            for cell, each in found.items()
        }

    def furthest(self, terms: Collection[Cell], step: int) -> int:
        """The lowest (-1) or highest (1) sum of some counts; ENDLESS where nothing bounds it."""
        total = sum(int(self._fixed[cell]) for cell in terms if cell in self._fixed)
        open_cells = [cell for cell in terms if cell not in self._fixed]
        for block in {id(self._blocks[cell]): self._blocks[cell] for cell in open_cells}.values():
            found = self._ask(block, {cell: -float(step) for cell in open_cells if cell in block.place})
            assert found is not None
            total += sum(int(found[block.place[cell]]) for cell in open_cells if cell in block.place)
        return total

    def told(self, found: Mapping[Cell, Conclusion]) -> str:
        """The findings in a few lines."""
        kinds = Counter(fact.kind for fact in self.facts)
        whole = sum(1 for each in found.values() if each.small == set(self.hide) and not each.large)
        narrowed = self.narrowed(found)
        used = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        return (
            f"facts: {used}; unread: {len(self.unread)}\n"
            f"{len(found)} hidden counts, {self.attacks} questions: {whole} can each be every number from "
            f"{self.hide[0]} to {self.hide[-1]}, {len(found) - whole - len(narrowed)} cannot be small, "
            f"{len(narrowed)} narrowed inside the interval"
        )

    def narrowed(self, found: Mapping[Cell, Conclusion]) -> list[Cell]:
        """Counts told to be small, of which not every small number is possible."""
        return [
            cell
            for cell, each in found.items()
            if each.small
            and each.high <= self.hide[-1]
            and each.low >= self.hide[0]
            and each.small != set(self.hide)
        ]

    # --- how

    def _settle(self) -> dict[Cell, int]:
        """What is stated exactly, or follows where a statement holds but one unknown."""
        fixed: dict[Cell, int] = {}
        exact = [fact for fact in self.facts if fact.low == fact.high]
        for fact in exact:
            if len(fact.terms) == 1:
                ((cell, weight),) = fact.terms.items()
                count = round(fact.low / weight)
                if fixed.setdefault(cell, count) != count:
                    raise ValueError(f"the report states {cell} twice: {fixed[cell]} and {count}")
        return fixed

    def _tied(self) -> dict[Cell, _Block]:
        """Unknown counts, in groups that statements tie together."""
        unknown = {
            cell for fact in self.facts for cell in fact.terms if cell not in self._fixed
        } | self.hidden
        unknown -= self._fixed.keys()
        at = {cell: number for number, cell in enumerate(sorted(unknown, key=str))}
        rows = list(dict.fromkeys(row for fact in self.facts if (row := self._row(fact, at))))
        ends = [(number, column) for number, row in enumerate(rows) for column, _ in row[0]]
        size = len(rows) + len(at)
        graph = sparse.coo_array(
            (np.ones(len(ends)), ([each[0] for each in ends], [len(rows) + each[1] for each in ends])),
            shape=(size, size),
        )
        labels = sparse.csgraph.connected_components(graph.tocsr(), directed=False)[1]
        cells_of: dict[int, list[Cell]] = defaultdict(list)
        rows_of: dict[int, list[_Row]] = defaultdict(list)
        names = list(at)
        for column, cell in enumerate(names):
            cells_of[labels[len(rows) + column]].append(cell)
        for number, row in enumerate(rows):
            rows_of[labels[number]].append(row)
        blocks = {label: _Block.of(cells, rows_of[label], names) for label, cells in cells_of.items()}
        return {cell: blocks[labels[len(rows) + column]] for column, cell in enumerate(names)}

    def _row(self, fact: Fact, at: Mapping[Cell, int]) -> _Row | None:
        held = sum(weight * self._fixed[cell] for cell, weight in fact.terms.items() if cell in self._fixed)
        terms = tuple(
            sorted((at[cell], weight) for cell, weight in fact.terms.items() if cell in at and weight)
        )
        slack = 1e-6 * max(1.0, abs(held))
        if not terms:
            if not fact.low - slack <= held <= fact.high + slack:
                raise ValueError(f"{fact.kind} contradict: {fact}")
            return None
        return terms, fact.low - held, fact.high - held

    def _one(self, cell: Cell) -> Conclusion:
        if cell in self._fixed:
            count = self._fixed[cell]
            return Conclusion(count, count, frozenset({count} & set(self.hide)), large=False)
        block = self._blocks[cell]
        low, high = self._end(block, cell, 1.0), self._end(block, cell, -1.0)
        small = frozenset(
            value for value in self.hide if low <= value <= high and self._possible(block, cell, value)
        )
        return Conclusion(low, high, small, large=False)

    def _end(self, block: _Block, cell: Cell, cost: float) -> int:
        found = self._ask(block, {cell: cost})
        if found is None:
            raise ValueError(f"what is published contradicts the rules at {cell}")
        return int(found[block.place[cell]])

    def _possible(self, block: _Block, cell: Cell, value: int) -> bool:
        place = block.place[cell]
        for witness in block.witnesses:
            if witness[place] == value and self._keeps_rules(block, witness):
                return True
        return self._ask(block, {}, (place, value)) is not None

    def _keeps_rules(self, block: _Block, counts: np.ndarray) -> bool:
        return not any(
            int(counts[block.place[cell]]) in self.hide for cell in self._large if cell in block.place
        )

    def _ask(
        self, block: _Block, cost: Mapping[Cell, float], fixed: tuple[int, int] | None = None
    ) -> np.ndarray | None:
        """Whole counts that all statements allow, at the least cost; None: there are none."""
        self.attacks += 1
        size = len(block.cells)
        large = [block.place[cell] for cell in sorted(self._large, key=str) if cell in block.place]
        low, high = np.zeros(size + len(large)), np.append(np.full(size, float(ENDLESS)), np.ones(len(large)))
        if fixed:
            low[fixed[0]] = high[fixed[0]] = fixed[1]
        weights = np.zeros(size + len(large))
        for cell, each in cost.items():
            weights[block.place[cell]] = each
        pad = sparse.csr_array((block.rows.shape[0], len(large)))
        limits = [
            optimize.LinearConstraint(sparse.hstack([block.rows, pad], format="csr"), block.low, block.high)
        ]
        for number, place in enumerate(large):
            either = sparse.csr_array(
                (
                    [1.0, -float(self.hide.stop), 1.0, -float(ENDLESS)],
                    ([0, 0, 1, 1], [place, size + number] * 2),
                ),
                shape=(2, size + len(large)),
            )
            limits.append(optimize.LinearConstraint(either, [0, -np.inf], [np.inf, 0]))
        answer = optimize.milp(
            weights,
            constraints=[each for each in limits if each.A.shape[0]],
            bounds=optimize.Bounds(low, high),
            integrality=np.ones(size + len(large)),
        )
        if answer.status == 2:
            return None
        assert answer.status == 0, answer.message
        counts: np.ndarray = np.rint(answer.x[:size]).astype(np.int64)
        block.witnesses.append(counts)
        return counts


_Row = tuple[tuple[tuple[int, float], ...], float, float]


@dataclass
class _Block:
    """Unknown counts that statements tie to one another."""

    cells: list[Cell]
    place: dict[Cell, int]
    rows: sparse.csr_array
    low: np.ndarray
    high: np.ndarray
    witnesses: list[np.ndarray] = field(default_factory=list)

    @classmethod
    def of(cls, cells: list[Cell], rows: Sequence[_Row], names: Sequence[Cell]) -> _Block:
        place = {cell: number for number, cell in enumerate(cells)}
        at = [
            (number, place[names[column]], weight)
            for number, row in enumerate(rows)
            for column, weight in row[0]
        ]
        along, across, weights = zip(*at, strict=True) if at else ((), (), ())
        matrix = sparse.csr_array(
            (np.array(weights, dtype=float), (along, across)), shape=(len(rows), len(cells))
        )
        return cls(
            cells, place, matrix, np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
        )


_EMPTY = _Block([], {}, sparse.csr_array((0, 0)), np.zeros(0), np.zeros(0))

if __name__ == "__main__":
    main()
