"""The published report in a real browser: phone and desk, light and dark, both languages, and on paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from porchlight.count.cells import Unit
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.publish import Earlier, Edition, ListNote, Population, publish
from porchlight.count.tabulate import Asked, tabulate
from tests.count import linked_rows
from tests.count.linked_rows import PLAN, REGIONS

Audit = Callable[[Page], list[str]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole report of invented children: hidden counts, rates, four years, an own table."""
    private, folder = tmp_path_factory.mktemp("private"), tmp_path_factory.mktemp("report")
    clusters = linked_rows.write(private, linked_rows.many(5, 400))
    plan = replace(PLAN, asked=(Asked("mine", Unit.CHILDREN, ("sex", "exploitation")),))
    told = tabulate(private / "records.parquet", clusters, plan)
    edition = Edition(
        title="Child trafficking in Kentucky",
        jurisdiction="US-KY",
        period=plan.period,
        begins=plan.begins,
        ends=plan.ends,
        made=dt.date(2026, 11, 1),
        thresholds=(0.8, 0.95, 0.99),
        lists=(ListNote("cps", "Child protection", {"birth_date": "nearly always", "sex": "mostly"}),),
        regions=REGIONS,
        population=Population({(county, age): 1000 for county in REGIONS for age in range(18)}),
        earlier=Earlier(
            trend=tuple(
                {"period": str(year), "reports": 400, "determined": 90, "victims": victims, "rate": 160.2}
                for year, victims in ((2023, 101), (2024, None), (2025, 1_204))
            )
        ),
        own_titles={"mine": {"en": "Sex and kind of trafficking", "es": "Sexo y tipo de trata"}},
        pdf=False,
    )
    publish(protect(told.tables, told.relations, settings=ProtectSettings(rounds=5)), edition, folder)
    return folder


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("width", "colors"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_the_report_passes_axe_and_fits_the_screen(
    report: Path, browser: Browser, audit: Audit, language: str, width: int, colors: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if colors == "dark" else "light",
        bypass_csp=True,  # axe is a script, and the report allows none
    )
    page = context.new_page()
    page.goto((report / f"report.{language}.html").as_uri())
    assert audit(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_the_report_asks_for_nothing_outside_its_own_file(report: Path, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = (report / "report.en.html").as_uri()
    page.goto(address, wait_until="networkidle")
    assert asked == [address]
    context.close()


def test_every_chart_tells_its_name_and_its_numbers_to_a_screen_reader(
    report: Path, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((report / "report.en.html").as_uri())
    charts = page.get_by_role("img", name="Chart:")
    assert charts.count() == 5
    assert page.get_by_role("img").count() == 6
    assert page.get_by_role("img", name="Children found to be victims").count() == 1
    assert page.get_by_role("table").count() >= 12
    context.close()


def test_the_other_language_is_one_tap_away(report: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report / "report.en.html").as_uri())
    page.get_by_role("link", name="Español").click()
    assert page.get_by_role("heading", name="En pocas palabras").is_visible()
    context.close()
