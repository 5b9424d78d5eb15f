"""Sheets of paper: each prints on one page of US Letter, whatever the place and the language."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

# Those with the most to say: regions, counties, long law, no line at all.
STATES = ["ky", "tx", "ca", "as", "nv", "vi", "il", "mn"]
SHEETS = ["us/{}/", "us/{}/one-page/", "us/{}/call-sheet/"]
LETTER = (612, 792)  # points


@pytest.fixture(scope="module")
def desk(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site)
    yield context.new_page()
    context.close()


def _printed(page: Page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("prefix", ["/", "/es/"])
@pytest.mark.parametrize("state", STATES)
def test_each_sheet_prints_on_one_page(desk: Page, state: str, prefix: str) -> None:
    for sheet in SHEETS:
        desk.goto(prefix + sheet.format(state))
        sheets = _printed(desk).pages
        assert len(sheets) == 1, sheet
        assert (round(sheets[0].mediabox.width), round(sheets[0].mediabox.height)) == LETTER


def test_the_sheet_of_a_place_has_every_worry_with_its_number_and_the_day(desk: Page) -> None:
    desk.goto("/us/ky/")
    words = " ".join(_printed(desk).pages[0].extract_text().split())
    for wanted in (
        "Call 911",
        "1-877-KYSAFE1",
        "1-877-597-2331",
        "A child is being sold or traded for sex",
        "1-800-843-5678",
        "It is about me",
        "What to say",
        "Must I report?",
        "Numbers can change",
    ):
        assert wanted in words, wanted
    assert "Leave now" not in words
    assert "Show me whom to call" not in words


def test_a_sheet_does_not_say_what_is_open_at_the_moment_it_is_printed(desk: Page) -> None:
    desk.goto("/us/ky/")
    portal = desk.locator(".card", has_text="Reporting System")
    assert portal.locator(".live").inner_text()  # on the screen it does
    words = " ".join(_printed(desk).pages[0].extract_text().split())
    assert "Monday to Friday 8 AM to 4:30 PM" in words
    assert "Closed now" not in words


def test_what_is_written_on_the_call_sheet_is_printed(desk: Page) -> None:
    desk.goto("/us/ky/call-sheet/")
    desk.locator(".blank").nth(0).fill("Sam, about 7")
    desk.locator("#blank-when").fill("Sunday 3 PM")
    printed = _printed(desk)
    assert len(printed.pages) == 1
    words = printed.pages[0].extract_text()
    assert "Sam, about 7" in words
    assert "Sunday 3 PM" in words
