"""What a visit leaves behind: nothing in the browser, nothing with us, nothing anywhere else."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response

from tests.e2e.every_page import EVERY_PAGE, Visit, go
from tests.site import canary

# A ZIP code, a county, worries and work that no page shows by itself; and the words that these travel as.
ZIP = "43604"
SECRETS = [ZIP, "sex_trafficking", "about_me", "juvenile_justice", "librarians", "qzcanaryqz"]
_STORED = """async () => JSON.stringify([
  {...localStorage}, {...sessionStorage}, document.cookie,
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.serviceWorker?.getRegistrations() ?? []).length,
])"""


@pytest.fixture(scope="session")
def browser(whole_browser: Browser) -> Browser:
    """The browser that people have: what it stores is its own affair."""
    return whole_browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of everything that the site of this module writes."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def own_site(kept: Path) -> Iterator[str]:
    """A site of this module's own, because its logs are read."""
    with canary.server(kept, "porchlight.site.settings") as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def phone(browser: Browser, own_site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=own_site, viewport={"width": 390, "height": 844})
    yield context
    context.close()


def test_every_page_asks_our_host_alone_and_leaves_nothing_in_the_browser(
    phone: BrowserContext, own_site: str
) -> None:
    asked: list[str] = []
    page = phone.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for visit in EVERY_PAGE:
        for language in ("en", "es"):
            go(page, visit, language)
            assert page.evaluate(_STORED) == '[{},{},"",0,0,0]'
    assert len(asked) > 2 * len(EVERY_PAGE)
    assert [url for url in asked if not url.startswith(f"{own_site}/")] == []
    assert phone.cookies() == []


@pytest.mark.parametrize("visit", [each for each in EVERY_PAGE if each.name != "no such page"], ids=str)
def test_a_page_is_one_request_and_the_icon(phone: BrowserContext, visit: Visit) -> None:
    page = phone.new_page()
    go(page, visit)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    if visit.form is None:
        page.reload(wait_until="networkidle")
        assert [url for url in asked if not url.endswith("/icon.svg")] == [page.url]
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').filter(e => !/icon.svg$/.test(e.name)).length"
        )
        == 0
    )


def _fill_every_form(page: Page) -> None:
    """Every form that a visitor meets, with canaries in it, sent as a person sends it."""
    page.goto("/")
    page.fill("#place", ZIP)
    page.keyboard.press("Enter")
    page.wait_for_url("**/us/oh/lucas/")
    page.click("button[value=sex_trafficking]")
    page.select_option("#role", "juvenile_justice")
    page.select_option("#concern", "online")
    page.fill("#place", ZIP)
    page.click("#worry button")
    page.click("header .lang button")
    page.goto("/")
    page.click(".doors button[value=about_me]")
    page.fill("#place", ZIP)
    page.click("#where button")
    page.click(".quiet button")
    page.goto("/")
    page.fill("#place", "qzcanaryqz")
    page.click("#where button")
    page.click("button[value='us/oh']")
    page.goto("/us/oh/one-page/")
    page.select_option("#role", "librarians")
    page.click(".door button")
    page.goto("/us/oh/how-we-know/")
    page.locator("button[name=contact]").first.click()
    page.goto("/us/oh/call-sheet/")
    page.locator(".blank").first.fill("qzcanaryqz")


def test_canaries_in_every_form_are_in_no_address_header_log_or_database(
    phone: BrowserContext, kept: Path, own_site: str
) -> None:
    addresses: list[str] = []
    headers: list[str] = []
    titles: list[str] = []

    def note_request(request: Request) -> None:
        addresses.append(request.url)
        headers.extend(f"{name}: {value}" for name, value in request.headers.items())

    def note_response(response: Response) -> None:
        headers.extend(f"{name}: {value}" for name, value in response.headers.items())

    page = phone.new_page()
    page.on("request", note_request)
    page.on("response", note_response)
    page.on("framenavigated", lambda frame: titles.append(frame.title()))
    _fill_every_form(page)
    assert len(addresses) > 15
    assert any(url.endswith("/us/oh/lucas/") for url in addresses)
    assert any(url.endswith("/answer/") for url in addresses)
    assert [word for word in SECRETS for url in addresses if word in url] == []
    assert [word for word in SECRETS for line in headers if word in line] == []
    assert [line for line in headers if line.startswith("referer:") and line != "referer: "] == []
    assert [word for word in SECRETS for title in titles if word in title] == []
    files = [file for file in kept.rglob("*") if file.is_file()]
    assert any(file.name == "porchlight.sqlite3" for file in files)
    assert any(file.name == "printed.log" and file.stat().st_size > 1000 for file in files)
    for file in files:
        content = file.read_bytes()
        assert [word for word in SECRETS if word.encode() in content] == [], file.name
        assert b"/us/oh" not in content, file.name


def _served(own_site: str, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
    """The bytes on the wire of an answer, as a browser asks for it, and their number."""
    connection = http.client.HTTPConnection(own_site.removeprefix("http://"), timeout=20)
    try:
        sent = {"Accept-Encoding": "gzip, deflate, br"}
        body = urlencode(form) if form else None
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        content = answer.read()
        return len(content), gzip.decompress(content)
    finally:
        connection.close()


@pytest.mark.parametrize("language", ["", "/es"])
def test_home_and_answer_come_in_14_kilobytes_as_they_are_served(own_site: str, language: str) -> None:
    length, content = _served(own_site, "GET", f"{language}/")
    assert b"1-877-KYSAFE1" in content
    assert length <= 14_000
    for concern in ("sex_trafficking", "labor_trafficking", "about_me", "danger_now"):
        for state in ("ky", "va", "tx", "nv"):
            form = {"here": f"us/{state}", "concern": concern, "role": "school"}
            length, content = _served(own_site, "POST", f"{language}/answer/", form)
            assert b'href="tel:911"' in content
            assert length <= 14_000, (state, concern)
    length, content = _served(own_site, "GET", f"{language}/us/ky/counts/")
    assert b"243" in content
    assert length <= 14_000
