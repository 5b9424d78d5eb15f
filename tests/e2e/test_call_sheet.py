"""The call sheet: what a person writes on it stays there, and is gone when they go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.e2e import tabs

WRITTEN = "qzcanaryqz"
_STORED = """async () => JSON.stringify([
  {...localStorage}, {...sessionStorage}, document.cookie,
  (await indexedDB.databases()).length, (await caches.keys()).length,
])"""
_NOTHING = '[{},{},"",0,0]'


@pytest.fixture(scope="session")
def browser(whole_browser: Browser) -> Browser:
    """The browser that people have: what it puts away and fetches back is its own affair."""
    return whole_browser


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    yield context
    context.close()


def _fill(page: Page) -> int:
    """Write in every blank; how many there are."""
    blanks = page.locator(".blank").all()
    for blank in blanks:
        blank.click()
        page.keyboard.type(WRITTEN)
    return len(blanks)


def _written(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.blank')].map(each => each.value)")
    return found


def test_nothing_written_on_the_sheet_is_sent_or_stored(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/us/ky/call-sheet/")
    page.wait_for_load_state("networkidle")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    assert _fill(page) >= 10
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert asked == []
    assert page.evaluate(_STORED) == _NOTHING
    assert WRITTEN not in page.url
    assert _written(page)[0].startswith(WRITTEN)  # it was there all the while


def test_going_away_and_back_finds_the_sheet_empty(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/us/ky/call-sheet/")
    sheet = page.url
    _fill(page)
    page.click(".next a[href='/us/ky/']")
    page.wait_for_url("**/us/ky/")
    tab = tabs.Chromium(page)
    tab.back()
    tabs.settle(tab, sheet)
    assert set(_written(page)) == {""}
    page.go_forward()
    tab.back()
    tabs.settle(tab, sheet)
    assert set(_written(page)) == {""}


def test_what_was_written_is_cleared_before_a_browser_can_put_the_page_away(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/us/ky/call-sheet/")
    _fill(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert set(_written(page)) == {""}


def test_reloading_empties_the_sheet(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/us/ky/call-sheet/")
    _fill(page)
    page.reload()
    assert set(_written(page)) == {""}


def test_no_form_surrounds_the_blanks_and_no_browser_is_asked_to_help_with_the_words(
    phone: BrowserContext,
) -> None:
    page = phone.new_page()
    page.goto("/es/us/tx/call-sheet/")
    blanks = page.locator(".blank").all()
    assert len(blanks) >= 6
    for blank in blanks:
        assert blank.evaluate("each => each.form") is None
        assert blank.get_attribute("name") is None
        assert blank.get_attribute("autocomplete") == "off"
        assert blank.get_attribute("spellcheck") == "false"
