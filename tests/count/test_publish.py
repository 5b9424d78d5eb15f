"""Publishing: nothing but what the audit let through, nothing of what was read, and the same bytes each time."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from porchlight.count.cells import Audited, Key, Unit
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.publish import (
    Edition,
    EditionError,
    ListNote,
    Population,
    publish,
    read_earlier,
    read_population,
    read_regions,
)
from porchlight.count.tabulate import tabulate
from tests.count import linked_rows
from tests.count.linked_rows import PLAN, REGIONS

EDITION = Edition(
    title="Child trafficking in Kentucky",
    jurisdiction="US-KY",
    period=PLAN.period,
    begins=PLAN.begins,
    ends=PLAN.ends,
    made=dt.date(2026, 11, 1),
    thresholds=(0.8, 0.95, 0.99),
    lists=(ListNote("cps", "Child protection", {"birth_date": "mostly"}), ListNote("police", "State police")),
    statute_lists=("cps",),
    regions=REGIONS,
    population=Population(
        {(county, age): 1000 for county in REGIONS for age in range(18)}, "Census, invented"
    ),
    pdf=False,
)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """A year of 400 invented children, protected: some counts are hidden."""
    folder = tmp_path_factory.mktemp("private")
    clusters = linked_rows.write(folder, linked_rows.many(3, 400))
    told = tabulate(folder / "records.parquet", clusters, PLAN)
    return protect(told.tables, told.relations, settings=ProtectSettings(rounds=5))


@pytest.fixture(scope="module")
def report(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published folder, with its PDFs."""
    folder = tmp_path_factory.mktemp("report")
    publish(audited, replace(EDITION, pdf=True), folder)
    return folder


class Cells(HTMLParser):
    """The texts of a page's table cells, its tags, and where it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.cells: list[str] = []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "data", "srcset")
        ]
        self._in_cell = tag == "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = False


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_some_counts_are_hidden_so_that_these_tests_can_fail(audited: Audited) -> None:
    assert 5 < len(audited.hidden) < sum(len(table.cells) for table in audited.tables)


def test_only_an_audited_is_published(audited: Audited, tmp_path: Path) -> None:
    bare: Any = audited.tables
    with pytest.raises(TypeError, match=r"what porchlight\.count\.protect returned"):
        publish(bare, EDITION, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_number_stands_in_a_table_that_is_not_published_or_made_from_published_ones(
    audited: Audited, report: Path, language: str
) -> None:
    counts = {count for table in audited.tables for count in table.cells.values()}
    cells = Cells((report / f"report.{language}.html").read_text("utf-8")).cells
    whole = [int(each.replace(",", "")) for each in cells if re.fullmatch(r"[\d,]+", each)]
    assert len(whole) > 60
    assert set(whole) <= counts


def test_a_hidden_count_is_empty_in_csv_and_json_and_is_never_a_zero(audited: Audited, report: Path) -> None:
    seen = set()
    for table in audited.tables:
        for row in rows_of(report / "tables" / f"{table.name}.csv"):
            where = {each.name: row[each.name] for each in table.dimensions if row[each.name] != "all"}
            key = Key(row["period"], Unit(row["unit"]), frozenset(where.items()))
            expected = ("", "hidden") if key in audited.hidden else (str(audited.value(key)), "shown")
            assert (row["count"], row["status"]) == expected
            seen.add(key)
    told = json.loads((report / "report.json").read_text("utf-8"))["counts"]
    hidden = {
        Key(each["period"], Unit(each["unit"]), frozenset(each["where"].items()))
        for each in told
        if each["count"] is None
    }
    assert hidden == set(audited.hidden) <= seen
    assert len(told) == len(seen)


def test_a_hidden_bar_has_the_same_length_whatever_it_hides(audited: Audited, report: Path) -> None:
    hatched = re.findall(
        r'width="([\d.]+)" height="12" rx="[\d.]+" style="fill:url',
        (report / "charts/ages.en.svg").read_text("utf-8"),
    )
    assert hatched
    assert len(set(hatched)) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_asks_for_nothing_and_runs_nothing(report: Path, language: str) -> None:
    text = (report / f"report.{language}.html").read_text("utf-8")
    page = Cells(text)
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert all(each.startswith("#") or re.fullmatch(r"report\.(en|es)\.html", each) for each in page.links)
    assert len(page.links) > 10
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)


def test_every_anchor_leads_somewhere(report: Path) -> None:
    text = (report / "report.en.html").read_text("utf-8")
    anchors = [each[1:] for each in Cells(text).links if each.startswith("#")]
    ids = re.findall(r'id="([^"]+)"', text)
    assert set(anchors) <= set(ids)
    assert len(ids) == len(set(ids))


def test_nothing_that_was_read_stands_in_what_is_published(report: Path) -> None:
    for path in report.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for trace in (b"child-1", b"cps:0", b"parquet", b"private", str(report.parent).encode()):
                assert trace not in content, path.name
            if path.suffix != ".pdf":
                assert not re.search(rb"\b[0-9a-f]{32,}\b", content), path.name


def test_the_same_counts_make_the_same_bytes(audited: Audited, report: Path, tmp_path: Path) -> None:
    publish(audited, replace(EDITION, pdf=True), tmp_path)
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert again == {
        path.relative_to(report): path.read_bytes() for path in report.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pdf_is_tagged_and_says_its_language_and_title(report: Path, language: str) -> None:
    reader = PdfReader(report / f"report.{language}.pdf")
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own kind of boolean
    assert root["/Lang"] == language
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == "Child trafficking in Kentucky, 2026"
    assert "KRS 620.029(2)(b)" in reader.pages[0].extract_text()


def test_without_weasyprint_the_rest_is_published_and_what_to_install_is_said(
    audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    done = publish(audited, replace(EDITION, pdf=True), tmp_path)
    assert "libpango" in done.without_pdf
    assert (tmp_path / "report.en.html").exists()
    assert not list(tmp_path.glob("*.pdf"))


def test_kentucky_is_told_what_its_law_asks_and_another_state_is_not(
    audited: Audited, tmp_path: Path
) -> None:
    publish(audited, EDITION, tmp_path)
    kentucky = (tmp_path / "report.en.html").read_text("utf-8")
    assert "KRS 620.029(2)(b)" in kentucky
    assert "could not read part (c)" in kentucky
    publish(audited, replace(EDITION, jurisdiction="US-OH"), tmp_path)
    ohio = (tmp_path / "report.en.html").read_text("utf-8")
    assert "KRS" not in ohio
    assert "Reports received" in ohio


def test_a_rate_has_its_base_and_none_is_given_under_20(audited: Audited, report: Path) -> None:
    text = (report / "report.en.html").read_text("utf-8")
    victims = audited.value(Key("2026", Unit.CHILDREN, frozenset({("decision", "victim")})))
    assert victims is not None
    assert f"<td>{victims / 54_000 * 100_000:.1f}</td>" in text
    assert "Census, invented" in text
    few = [row for row in rows_of(report / "tables/ages.csv") if row["decision"] == "victim" and row["count"]]
    bands = [int(row["count"]) for row in few if row["age"] in ("0-5", "6-10", "11-13", "14-17")]
    assert text.count("too few to rate") >= sum(1 for each in bands if each < 20)


def test_next_years_report_knows_this_one(audited: Audited, report: Path, tmp_path: Path) -> None:
    earlier = read_earlier(report / "report.json")
    assert earlier.known.hidden == set(audited.hidden)
    assert all(audited.value(key) == count for key, count in earlier.known.values.items())
    assert len(earlier.known.values) + len(earlier.known.hidden) > 100
    older = replace(earlier, trend=({**earlier.trend[0], "period": "2025", "victims": None},))
    publish(audited, replace(EDITION, earlier=older), tmp_path)
    page = (tmp_path / "report.en.html").read_text("utf-8")
    assert '<th scope="row">2025</th>' in page
    assert [
        each["period"] for each in json.loads((tmp_path / "report.json").read_text("utf-8"))["trend"]
    ] == [
        "2025",
        "2026",
    ]


def test_a_quoted_share_has_its_part_and_its_base(audited: Audited, report: Path) -> None:
    told = json.loads((report / "report.json").read_text("utf-8"))["statistics"]
    assert len(told) > 10
    for each in told:
        key = Key("2026", Unit.CHILDREN, frozenset(each["where"].items()))
        assert audited.value(key) == each["part"]
        assert each["percent"] == round(each["part"] / each["base"] * 100, 1)


def test_the_dictionary_explains_every_column_and_code_of_every_table(audited: Audited, report: Path) -> None:
    meant = {(row["table"], row["column"], row["code"]) for row in rows_of(report / "tables/dictionary.csv")}
    for table in audited.tables:
        for row in rows_of(report / "tables" / f"{table.name}.csv"):
            for column in row:
                if column in (each.name for each in table.dimensions):
                    assert (table.name, column, row[column]) in meant
                else:
                    assert ("", column, "") in meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("county,region\n21111,A\n", "column county_fips is missing"),
        ("county_fips,region\n2111,A\n", "line 2: '2111' is no county's five digits"),
        ("county_fips,region\n21111,=A1\n", "line 2: '=A1' cannot be a region's name"),
        ("county_fips,region\n21111,A\n21111,B\n", "line 3: county 21111 is in two regions"),
        ("county_fips,region\n21111\n", "line 2: it has more or fewer fields"),
    ],
)
def test_a_region_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "regions.csv"
    path.write_text(text)
    with pytest.raises(EditionError, match=re.escape(said)):
        read_regions(path)


def test_a_population_file_tells_its_source_and_its_children(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text(
        "# Census Bureau,\n# vintage 2025\ncounty_fips,age,children\n21111,3,10\n21111,9,20\n21015,3,5\n"
    )
    told = read_population(path)
    assert told.source == "Census Bureau, vintage 2025"
    assert (told.of(), told.of(high=5), told.of(frozenset({"21111"}))) == (35, 15, 30)
    path.write_text("county_fips,age,children\n21111,3,10\n21111,3,10\n")
    with pytest.raises(EditionError, match="line 3: county 21111, age 3 stands twice"):
        read_population(path)


def test_what_is_no_report_json_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "last.json"
    path.write_text('{"form": 1}')
    with pytest.raises(EditionError, match=r"last\.json is no report\.json"):
        read_earlier(path)


def test_markup_in_a_name_is_text(audited: Audited, tmp_path: Path) -> None:
    publish(audited, replace(EDITION, title="A <b>bold</b> & title"), tmp_path)
    text = (tmp_path / "report.en.html").read_text("utf-8")
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; title" in text
    assert "<b>" not in text
