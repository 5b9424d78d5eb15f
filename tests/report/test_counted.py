"""What was counted: only what an audited report says, with its base; a bad file harms nothing but itself."""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import html
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import set_urlconf
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from porchlight.count.cells import Audited, Key, Unit
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.publish import Edition, publish
from porchlight.count.tabulate import tabulate
from porchlight.report import counted, views
from porchlight.report.counted import Counted, CountStore, ReportRefusedError
from porchlight.report.offline import CopyRequest
from porchlight.site import journal
from tests.count import linked_rows
from tests.report import counted_files
from tests.report.counted_files import BASE, sample, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of reports of a site, looked at anew each time."""
    store = CountStore(tmp_path)
    monkeypatch.setattr(counted, "LOOK_EVERY", 0)
    monkeypatch.setattr(counted, "of_this_site", lambda: store)
    monkeypatch.setattr(counted, "counts_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "localhost"})


def _words(page: str) -> str:
    main = page[page.index("</header>") : page.index("<footer>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def _read(told: object, name: str = "us-ky.json") -> Counted:
    return counted.read(json.dumps(told).encode(), name)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_three_counts_the_children_and_each_share_stand_there_with_their_base(
    folder: Path, visitor: Client
) -> None:
    write(folder, sample())
    words = _words(visitor.get("/us/ky/counts/").text)
    assert "What was counted in Kentucky, 2025" in words
    assert "Reports received 1,270" in words
    assert "Reports in which a child was found to be a victim 371" in words
    assert "Children found to be victims 412" in words
    assert "1,580 to 1,633, if the lists are matched in other ways" in words
    assert "Of the 412 children found to be victims in 2025." in words
    assert "14 to 17 years 243 of 412 59%" in words
    assert "Other none of 412" in words
    assert "Source: Invented children of 2025. Made on Oct. 30, 2026." in words
    assert "2024 Reports received: 1,180" in words


def test_what_the_report_hides_is_not_shown_and_no_zero_stands_for_it(folder: Path, visitor: Client) -> None:
    write(folder, sample())
    words = _words(visitor.get("/us/ky/counts/").text)
    assert "Cases with services not shown" in words
    assert "Children found to be victims: not shown" in words  # 2024
    assert "0 to 5 years" not in words
    assert "11 to 13 years" not in words
    assert "Counts from 1 to 10 are not shown" in words


@pytest.mark.parametrize("language", ["", "/es"])
def test_no_number_stands_on_the_page_that_the_report_does_not_say(
    folder: Path, visitor: Client, language: str
) -> None:
    told = sample()
    write(folder, told)
    allowed = {count["count"] for count in told["counts"]} | {1580, 1633, 1180, 340}
    allowed |= {round(each["part"] / each["base"] * 100) for each in told["statistics"]}
    # Days and years, whom to call, the limits of hiding, and the ages in labels.
    allowed |= {1, 10, 18, 30, 31, 911, 2024, 2025, 2026, 6, 14, 17}
    words = _words(visitor.get(f"{language}/us/ky/counts/").text)
    numbers = {int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", words)}
    assert numbers <= allowed
    assert {1270, 371, 412, 59, 243} <= numbers


def test_the_page_speaks_spanish_and_says_which_words_are_not(folder: Path, visitor: Client) -> None:
    told = sample()
    for each in told["statistics"]:
        if "sex" in each["where"]:
            del each["by"]["es"], each["category"]["es"]
    write(folder, told)
    page = visitor.get("/es/us/ky/counts/").text
    assert "De 14 a 17 años" in page
    assert '<h2><span lang="en">Sex</span></h2>' in page
    assert '<span lang="en">Female</span>' in page
    assert '<span lang="en">' not in visitor.get("/us/ky/counts/").text


def test_earlier_reports_stand_below_the_newest(folder: Path, visitor: Client) -> None:
    write(folder, sample(2024), "us-ky-2024.json")
    write(folder, sample(2025), "us-ky-2025.json")
    words = _words(visitor.get("/us/ky/counts/").text)
    assert "What was counted in Kentucky, 2025" in words
    assert words.index("Earlier reports") < words.index("Source: Invented children of 2024.")


def test_the_whole_report_is_a_link_where_its_address_is_given(folder: Path, visitor: Client) -> None:
    write(folder, sample())
    assert "The whole report" not in visitor.get("/us/ky/counts/").text
    write(folder, {"address": "https://example.org/reports/2025/", **sample()})
    page = visitor.get("/us/ky/counts/").text
    assert '<a href="https://example.org/reports/2025/" rel="noreferrer external">The whole report' in page


def test_the_page_is_small_runs_no_script_of_its_own_and_uses_no_style_that_the_policy_forbids(
    folder: Path, visitor: Client
) -> None:
    write(folder, sample())
    page = visitor.get("/us/ky/counts/").text
    assert len(gzip.compress(page.encode())) < 14_000
    assert page.count("<script") == 1
    assert "style=" not in page


def test_a_jurisdiction_links_to_its_counts_only_while_it_has_a_report(folder: Path, visitor: Client) -> None:
    link = 'href="/us/ky/counts/"'
    assert link not in visitor.get("/us/ky/").text
    assert visitor.get("/us/ky/counts/").status_code == 404
    path = write(folder, sample())
    assert link in visitor.get("/us/ky/").text
    assert "/counts/" not in visitor.get("/us/oh/").text
    assert "/counts/" not in visitor.get("/us/ky/jefferson/").text
    assert visitor.get("/us/oh/counts/").status_code == 404
    assert visitor.get("/us/zz/counts/").status_code == 404
    path.unlink()
    assert link not in visitor.get("/us/ky/").text


def test_an_offline_copy_has_the_page_too(folder: Path) -> None:
    write(folder, sample())
    set_urlconf("porchlight.site.export.urls")
    try:
        with translation.override("en"):
            page = views.counts(CopyRequest("/us/ky/counts/", dt.date(2026, 11, 22), ""), "ky")
    finally:
        set_urlconf(None)
    assert page.status_code == 200
    assert b"243 of 412" in page.content
    assert b"<form" not in page.content


# --- a bad file -------------------------------------------------------------------------------------------------------


def _share(told: dict[str, Any], age: str) -> dict[str, Any]:
    (found,) = (each for each in told["statistics"] if each["where"].get("age") == age)
    return dict(found)


def _hidden_share(told: dict[str, Any]) -> None:
    told["statistics"].append(_share(told, "6-10") | {"where": {"decision": "victim", "age": "0-5"}})


def _another_base(told: dict[str, Any]) -> None:
    told["statistics"][0] |= {"base": 500, "percent": 12.2}


def _of_all_children(told: dict[str, Any]) -> None:
    told["counts"].append({"period": "2025", "unit": "children", "where": {"age": "6-10"}, "count": 80})
    told["statistics"].append(_share(told, "6-10") | {"where": {"age": "6-10"}, "part": 80, "percent": 19.4})


@pytest.mark.parametrize(
    ("spoil", "reason", "to_do"),
    [
        (lambda told: told.update(form=2), "form 2", "publish"),
        (lambda told: told.pop("counts"), "missing required field `counts`", "publish"),
        (lambda told: told["statistics"][0].pop("category"), "required field `category`", "publish"),
        (lambda told: told.update(jurisdiction="US-ZZ"), "'US-ZZ', which is none of the 56", "publish"),
        (
            lambda told: told.update(jurisdiction="US-OH"),
            "tells of US-OH",
            "Name it us-oh.json, or us-oh-2025.json",
        ),
        (lambda told: told.update(ends="2024-12-31"), "dates are in no order", "publish"),
        (lambda told: told.update(title="a\u202eb"), "signs that cannot be shown", "publish"),
        (lambda told: told.update(title="x" * 301), "length <= 300", "publish"),
        (lambda told: told.update(address="javascript:alert(1)"), "no address of a page", "https://"),
        (lambda told: told.update(address="https://a@b.example/"), "no address of a page", "https://"),
        (lambda told: told["counts"][0].update(count=7), "a count of 7", "publish"),
        (lambda told: told["counts"][0].update(count=-1), "`int` >= 0", "publish"),
        (lambda told: told["counts"].pop(0), "no count of reports", "publish"),
        (_hidden_share, "a share (age 0-5, decision victim) is not made of", "publish"),
        (_another_base, "a share (age 6-10, decision victim) is not made of", "publish"),
        (_of_all_children, "a share (age 6-10) is not made of", "publish"),
        (lambda told: told["statistics"][0].update(percent=15.9), "is not 15.9 percent", "publish"),
        (lambda told: told["trend"][1].update(victims=400), "series of years does not agree", "publish"),
    ],
)
def test_a_file_that_says_what_no_audited_report_says_is_refused_with_what_to_do(
    spoil: Callable[[dict[str, Any]], None], reason: str, to_do: str
) -> None:
    told = sample()
    assert _read(told).victims.number == BASE
    spoil(told)
    with pytest.raises(ReportRefusedError) as refused:
        _read(told)
    assert reason in refused.value.reason
    assert to_do in refused.value.to_do


def test_a_bad_file_takes_only_its_own_page_away_and_check_says_what_to_do(
    folder: Path, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, sample(jurisdiction="US-OH"), "us-oh.json")
    write(folder, sample() | {"form": 9, "title": "Words of theirs"})
    with caplog.at_level(logging.INFO):
        assert visitor.get("/us/ky/").status_code == 200
        assert visitor.get("/us/ky/counts/").status_code == 404
        assert visitor.get("/us/oh/counts/").status_code == 200
    lines = [journal.AllowList().format(record) for record in caplog.records]
    told = [line for line in lines if "report/counted.py" in line]
    assert len(told) == 1  # once, however often it is asked
    assert "warning" in told[0]
    assert "theirs" not in told[0]
    (problem,) = [each for each in run_checks() if each.id == "report.W001"]
    assert "us-ky.json: it has form 9" in problem.msg
    assert "porchlight count publish" in (problem.hint or "")


def test_of_two_reports_about_one_year_the_one_made_later_is_shown_and_the_other_named(folder: Path) -> None:
    write(folder, sample() | {"made": "2026-11-02", "title": "Mended"}, "us-ky-2025-b.json")
    write(folder, sample(), "us-ky-2025-z.json")
    shown = counted.read_all(folder)
    assert [each.title for each in shown.reports["US-KY"]] == ["Mended"]
    assert [(each.name, each.to_do) for each in shown.refused] == [
        ("us-ky-2025-z.json", "Keep one of the two files here.")
    ]


def test_pipes_folders_and_unreadable_files_hold_up_nobody(folder: Path) -> None:
    os.mkfifo(folder / "us-al.json")
    (folder / "us-ak.json").mkdir()
    (folder / "us-az.json").symlink_to(folder / "nowhere")
    (folder / "us-ar.json").write_bytes(b"\xff\xfe")
    (folder / "us-ca.json").write_bytes(b"[" * 100_000)
    shown = counted.read_all(folder)
    assert shown.reports == {}
    assert [each.name for each in shown.refused] == ["us-ar.json", "us-ca.json"]
    assert counted.read_all(folder / "us-ar.json").refused == ()


def test_a_file_is_read_again_when_it_changes_and_not_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    real = counted.read_all

    def read_all(where: Path) -> counted.Shown:
        reads.append(where)
        return real(where)

    monkeypatch.setattr(counted, "read_all", read_all)
    write(folder, sample())
    store = counted.of_this_site()
    for _ in range(3):
        assert store.of("US-KY")[0].reports.number == 1270
    assert len(reads) == 1
    changed = sample() | {"title": "Another, longer title"}
    write(folder, changed)
    assert store.of("US-KY")[0].title == "Another, longer title"
    assert len(reads) == 2


# --- hostile files ----------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["<script>alert(1)</script>", "{{ told }}", "US-KY", "en", "victim", "\x00", "%(base)s"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_and_never_raise_anything_else(content: bytes) -> None:
    with pytest.raises(ReportRefusedError):
        counted.read(content, "us-ky.json")


def _places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inner for place in _places(each, (*at, key)))]


_PLACES = _places(sample())[1:]


@given(st.lists(st.tuples(st.sampled_from(_PLACES), _JSON), min_size=1, max_size=3))
def test_a_report_with_anything_put_anywhere_in_it_is_refused_or_shown_without_harm(
    changes: list[tuple[tuple[Any, ...], object]],
) -> None:
    told: Any = sample()
    for place, value in changes:
        inner = told
        try:
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        report = _read(told)
    except ReportRefusedError:
        return
    assert all(share.part > report.hides_to for group in report.groups for share in group.shares)
    store = CountStore(Path("nowhere"))
    store._shown, store._looked = counted.Shown({"US-KY": (report,)}, ()), float("inf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted, "of_this_site", lambda: store)
        page = Client(headers={"host": "localhost"}).get("/us/ky/counts/")
    assert page.status_code == 200
    assert page.text.count("<script") == 1


# --- the writer and the reader ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """A year of 400 invented children, protected; their ages in two tables that say the same."""
    folder = tmp_path_factory.mktemp("private")
    clusters = linked_rows.write(folder, linked_rows.many(3, 400))
    told = tabulate(folder / "records.parquet", clusters, linked_rows.PLAN)
    (ages,) = (table for table in told.tables if table.name == "ages")
    tables = (*told.tables, replace(ages, name="again"))
    return protect(tables, told.relations, settings=ProtectSettings(rounds=5))


@pytest.mark.parametrize("languages", [("en", "es"), ("es",)])
def test_what_count_publishes_is_what_the_site_shows(
    audited: Audited, tmp_path: Path, languages: tuple[str, ...]
) -> None:
    plan = linked_rows.PLAN
    edition = Edition(
        title="Child trafficking in Kentucky",
        jurisdiction="US-KY",
        period=plan.period,
        begins=plan.begins,
        ends=plan.ends,
        made=dt.date(2026, 11, 1),
        regions=plan.regions,
        own_titles={"again": {"en": "Again", "es": "Otra vez"}},
        languages=languages,
        address="https://example.org/report-2025/",
        pdf=False,
    )
    publish(audited, edition, tmp_path)
    report = counted.read((tmp_path / "report.json").read_bytes(), "us-ky-2026.json")

    def count(unit: Unit, **where: str) -> int | None:
        return audited.value(Key(plan.period, unit, frozenset(where.items())))

    assert report.reports.number == count(Unit.REPORTS)
    assert report.determined.number == count(Unit.DETERMINATIONS)
    assert report.served.number == count(Unit.SERVED)
    assert report.victims.number == count(Unit.CHILDREN, decision="victim")
    assert report.address == edition.address
    titles = [group.title[languages[0]] for group in report.groups]
    assert {"en": "Age", "es": "Edad"}[languages[0]] in titles
    assert len(titles) == len(set(titles)) > 4
    by_age = report.groups[0]
    labels = [share.label[languages[0]] for share in (*by_age.shares, *by_age.none)]
    assert len(labels) == len(set(labels)) > 1  # no share twice
    bands = {
        count(Unit.CHILDREN, decision="victim", age=each)
        for each in ("0-5", "6-10", "11-13", "14-17", "unknown")
    }
    assert {share.part for share in by_age.shares} <= bands  # and no single year


def test_the_reader_needs_nothing_that_counting_needs() -> None:
    program = (
        "import sys; from porchlight.report import counted; "
        "print([name for name in sys.modules if name.startswith(('porchlight.count', 'django', 'pyarrow', 'duckdb'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_sample_of_these_tests_is_read(tmp_path: Path) -> None:
    path = counted_files.write(tmp_path, sample())
    assert counted.read(path.read_bytes(), path.name).groups[0].shares[0].percent == "15%"
