"""Leaving quickly: in three browsers, nothing of ours comes back, and the next page learns nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e import tabs
from tests.e2e.stand_in import WORDS, StandIn, stand_in
from tests.e2e.tabs import Tab, settle
from tests.site import canary

OURS = "Porchlight"


@pytest.fixture(scope="session")
def browser(whole_browser: Browser) -> Browser:
    """The browser that people have: where Back leads is its own affair."""
    return whole_browser


@pytest.fixture(scope="module")
def weather() -> Iterator[StandIn]:
    """Where "Leave now" leads in these tests."""
    with stand_in() as server:
        yield server


@pytest.fixture(scope="module")
def leaving(weather: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site whose exit is `weather`; its address without a slash at the end."""
    folder = tmp_path_factory.mktemp("leaving")
    with canary.server(folder, "tests.e2e.exit_settings", EXIT_STAND_IN=weather.address) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def tab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of each browser."""
    opened: dict[str, Callable[[], AbstractContextManager[Tab]]] = {
        "chromium": lambda: tabs.chromium(request.getfixturevalue("browser")),
        "firefox": tabs.firefox,
        "webkit": lambda: tabs.webkit(tmp_path_factory.mktemp("webkit")),
    }
    with opened[request.param]() as new:
        yield new


def _visit_three(tab: Tab, site: str) -> None:
    tab.open(f"{site}/")
    assert OURS in settle(tab)[1]
    tab.click(".next a[href='/us/ky/one-page/']")
    settle(tab, f"{site}/us/ky/one-page/")
    tab.click(".next a[href='/us/ky/']")
    settle(tab, f"{site}/us/ky/")


def _nothing_comes_back(tab: Tab, site: str) -> None:
    for _ in range(4):
        tab.back()
        address, words = settle(tab)
        assert not address.startswith(site)
        assert OURS not in words


def test_after_leaving_four_steps_back_show_none_of_our_pages_and_no_referer_is_sent(
    tab: Tab, leaving: str, weather: StandIn
) -> None:
    weather.asked.clear()
    _visit_three(tab, leaving)
    steps = tab.run("return history.length")
    tab.click(".exit")
    assert settle(tab, weather.address)[1] == WORDS
    assert tab.run("return history.length") == steps  # the last page's own place in the list is taken
    _nothing_comes_back(tab, leaving)
    assert weather.asked
    assert [headers for headers in weather.asked if "referer" in headers] == []


def test_shift_pressed_three_times_leaves_too(tab: Tab, leaving: str, weather: StandIn) -> None:
    _visit_three(tab, leaving)
    tab.press("Shift", "Shift", "Shift")
    assert settle(tab, weather.address)[1] == WORDS
    _nothing_comes_back(tab, leaving)


def test_someone_who_comes_back_on_purpose_in_the_same_tab_is_let_in(
    tab: Tab, leaving: str, weather: StandIn
) -> None:
    _visit_three(tab, leaving)
    tab.click(".exit")
    settle(tab, weather.address)
    tab.open(f"{leaving}/")
    assert OURS in settle(tab)[1]
    tab.click(".next a[href='/us/ky/one-page/']")
    settle(tab, f"{leaving}/us/ky/one-page/")
    tab.back()
    assert OURS in settle(tab, f"{leaving}/")[1]


def test_shift_while_someone_types_capitals_does_not_leave(tab: Tab, leaving: str) -> None:
    tab.open(f"{leaving}/")
    settle(tab)
    tab.press("Shift", "A", "Shift", "B", "Shift", "C")
    assert settle(tab)[0] == f"{leaving}/"


def test_two_steps_back_from_an_answer_that_was_asked_by_post_show_nothing_either(
    tab: Tab, leaving: str, weather: StandIn
) -> None:
    tab.open(f"{leaving}/")
    settle(tab)
    tab.click(".doors button[value=about_me]")
    settle(tab, f"{leaving}/answer/")
    tab.click(".exit")
    assert settle(tab, weather.address)[1] == WORDS
    tab.back()
    address, words = settle(tab)
    assert not address.startswith(leaving)
    assert OURS not in words


# --- what only Chromium can show --------------------------------------------------------------------------------------


@pytest.fixture
def phone(browser: Browser, leaving: str) -> Iterator[BrowserContext]:
    """A phone with scripts."""
    context = browser.new_context(base_url=leaving, viewport={"width": 390, "height": 844})
    yield context
    context.close()


_WATCH = """
if (location.protocol === 'http:' && location.pathname !== '/weather') {
  const look = () => {
    if (document.body && document.body.getClientRects().length) drawn(location.pathname);
    requestAnimationFrame(look);
  };
  look();
  // On a slow line there are frames long before the page is whole.
  addEventListener('DOMContentLoaded', () => document.documentElement.hidden || drawn(location.pathname));
}
"""


def test_no_frame_of_our_pages_is_drawn_on_the_way_back(phone: BrowserContext, weather: StandIn) -> None:
    drawn: list[str] = []
    phone.expose_function("drawn", lambda path: drawn.append(path))
    phone.add_init_script(_WATCH)
    tab = tabs.Chromium(phone.new_page())
    tab.open("/")
    settle(tab)
    tab.open("/us/ky/")
    settle(tab)
    assert {"/", "/us/ky/"} <= set(drawn)  # the watch works
    tab.click(".exit")
    settle(tab, weather.address)
    drawn.clear()
    for _ in range(3):
        tab.back()
        settle(tab)
    assert drawn == []


def test_the_page_is_blank_and_nameless_at_once(phone: BrowserContext, weather: StandIn) -> None:
    page = phone.new_page()
    page.route(weather.address, lambda route: None)  # a network that never answers
    page.goto("/")
    shown = "[document.body.getClientRects().length > 0, document.title.trim()]"
    assert page.evaluate(shown) == [True, OURS]
    assert page.evaluate(f"document.querySelector('.exit').click(), {shown}") == [False, ""]


def test_without_scripts_leave_now_is_a_plain_link_that_tells_nothing(
    browser: Browser, leaving: str, weather: StandIn
) -> None:
    context = browser.new_context(base_url=leaving, java_script_enabled=False)
    page: Page = context.new_page()
    weather.asked.clear()
    page.goto("/us/ky/")
    page.click(".exit")
    page.wait_for_url(weather.address)
    assert [headers for headers in weather.asked if "referer" in headers] == []
    context.close()


def test_only_the_flag_is_ever_stored_and_only_after_leaving(phone: BrowserContext, weather: StandIn) -> None:
    page = phone.new_page()
    page.goto("/")
    page.goto("/us/ky/")
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert page.evaluate(stored) == "[{},{}]"
    tab = tabs.Chromium(page)
    tab.click(".exit")
    settle(tab, weather.address)
    page.goto("/safety/")  # on purpose: the flag is gone again
    assert page.evaluate(stored) == "[{},{}]"
