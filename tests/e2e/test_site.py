"""The ground in a real browser: look, size, accessibility, and what the browser asks for and keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Request

PAGES = ["/", "/es/", "/nowhere/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    scripted_page: Page, audit: Callable[[Page], list[str]], path: str, scheme: str
) -> None:
    scripted_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    scripted_page.goto(path)
    assert audit(scripted_page) == []


def test_axe_finds_what_is_wrong(scripted_page: Page, audit: Callable[[Page], list[str]]) -> None:
    scripted_page.set_content(
        '<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"></main></html>'
    )
    assert any(found.startswith("image-alt") for found in audit(scripted_page))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_only_this_site_and_leaves_no_cookie(
    page: Page, context: BrowserContext, site: str, path: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto(path)
    assert site + path in asked
    assert set(asked) <= {site + path, site + "/icon.svg"}
    assert context.cookies() == []


@pytest.mark.parametrize("path", PAGES)
def test_the_style_sheet_is_let_through_by_the_policy(page: Page, path: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "/nowhere" not in path else None)
    page.goto(path)
    box = page.locator(".danger a").bounding_box()
    assert box is not None
    assert box["height"] >= 40
    assert complaints == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_screen(scripted_page: Page, path: str, width: int) -> None:
    scripted_page.set_viewport_size({"width": width, "height": 700})
    scripted_page.goto(path)
    assert scripted_page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_number_is_the_largest_thing_on_the_page_and_on_the_first_screen(scripted_page: Page) -> None:
    scripted_page.goto("/")
    sizes = scripted_page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.childNodes.length && [...e.childNodes].some("
        "n => n.nodeType == 3 && n.data.trim())).map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent])"
    )
    assert max(sizes)[1] == "1-877-KYSAFE1"
    box = scripted_page.locator(".call").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 740


def test_leave_now_stands_in_the_first_line_of_a_phone_s_screen(page: Page) -> None:
    for path in PAGES:
        page.goto(path)
        home, leave = page.locator(".home").bounding_box(), page.locator(".exit").bounding_box()
        assert home is not None
        assert leave is not None
        assert leave["y"] < home["y"] + home["height"]
        assert leave["height"] >= 40
