"""A real server and a real browser. Nothing here knows what the pages say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.site import canary

Audit = Callable[[Page], list[str]]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Debian's Chromium without its windows: it lays out, runs and prints pages alike, in two thirds of the time.
_WITHOUT_WINDOWS = "chromium-headless-shell"
# Chromium refuses its own sandbox to root, which is what a container often is.
_FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]

_LONGEST = ("test_text_alerts_day", "test_staff_day", "test_every_page", "test_export", "test_report")

# Generous for a busy machine: nothing here is about speed.
expect.set_options(timeout=60_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser. The longest files begin first, so that all processes end together."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
    rank = {name: at for at, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that runs as a process of its own, without a slash at the end."""
    folder = tmp_path_factory.mktemp("site")
    with canary.server(folder, "porchlight.site.settings") as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives both browsers below."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium. Fails, and does not skip, when there is none: ./test decides what can run here.

    A file whose tests hang on what a browser keeps (history, pages put away, caches) takes it as its `browser`.
    """
    named = os.environ.get("PORCHLIGHT_TEST_BROWSER")
    program = named or next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    assert program, "no browser: install chromium, or name one in PORCHLIGHT_TEST_BROWSER"
    running = playwright.chromium.launch(executable_path=program, args=_FLAGS)
    yield running
    running.close()


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    """Chromium without windows where the system has it, else the whole one."""
    program = shutil.which(_WITHOUT_WINDOWS)
    if program is None:
        yield request.getfixturevalue("whole_browser")
        return
    running = playwright.chromium.launch(executable_path=program, args=_FLAGS)
    yield running
    running.close()


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A phone of 360 pixels without JavaScript, which is what the site is made for."""
    phone = browser.new_context(
        base_url=site,
        viewport={"width": 360, "height": 740},
        java_script_enabled=False,
        device_scale_factor=2,
    )
    yield phone
    phone.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A new tab on that phone."""
    return context.new_page()


@pytest.fixture
def scripted_page(browser: Browser, site: str) -> Iterator[Page]:
    """The same phone with JavaScript, for axe; the site's content security policy stays in force."""
    phone = browser.new_context(base_url=site, viewport={"width": 360, "height": 740})
    yield phone.new_page()
    phone.close()


@pytest.fixture(scope="session")
def audit() -> Audit:
    """Run axe-core on a page: its violations, each with its rule and the first element, empty when there are none."""
    package = Path(axe_playwright_python.__file__).parent
    axe = (package / "axe.min.js").read_text(encoding="utf-8")

    def run(page: Page) -> list[str]:
        page.evaluate(axe)
        # WCAG 2.2's rule for the size of targets has to be asked for by name.
        found: dict[str, Any] = page.evaluate(
            "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
        )
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]

    return run
