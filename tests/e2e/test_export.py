"""The copy in a real browser: from a folder, from a host, kept on a device and taken away; and the box elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from porchlight import places
from porchlight.report import answer_any_hour, pages
from porchlight.report.answer import Concern, Role
from tests.e2e import tabs
from tests.e2e.tabs import Tab, settle
from tests.site import exported

SAMPLE = [
    "",
    "us/",
    "us/nc/",
    "us/nc/2/",
    "us/nc/camden/",
    "us/7/",
    "us/ky/one-page/3/",
    "us/ky/call-sheet/",
    "keep/",
]
PAGES = [*SAMPLE, *(f"es/{path}" for path in SAMPLE)]


@pytest.fixture(scope="session")
def browser(whole_browser: Browser) -> Browser:
    """The browser that people have: what it keeps of a page is its own affair."""
    return whole_browser


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy of everything, two folders deep on its host."""
    return exported.everything(tmp_path_factory.mktemp("export"))


class Host:
    """A plain file server of 127.0.0.1 that can be stopped and started, and can serve a newer `sw.js`."""

    def __init__(self, copy: Path) -> None:
        self.worker: bytes | None = None
        self._root = copy.parent.parent
        self._port = 0
        self.start()
        self.address = f"http://127.0.0.1:{self._port}/some/folder/"

    def start(self) -> None:
        """Serve, on the port of before."""
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self._port), partial(_Handler, self, str(self._root))
        )
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, host: Host, root: str, *args: object) -> None:
        self._host = host
        super().__init__(*args, directory=root)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self._host.worker is None or not self.path.endswith("/sw.js"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.end_headers()
        self.wfile.write(self._host.worker)
        return None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def host(copy: Path) -> Iterator[Host]:
    """The copy on a host of its own: a port that no other test uses, so nothing is kept from one to the next."""
    running = Host(copy)
    yield running
    running.stop()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone without scripts."""
    phone = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield phone.new_page()
    phone.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone with scripts."""
    phone = browser.new_context(viewport={"width": 360, "height": 740})
    yield phone.new_page()
    phone.close()


def _number(code: str, county: str | None = None) -> str:
    """The link that calls the first number of a jurisdiction or county, from the facts."""
    place = places.place_from_slug(county) if county else places.place_for(code)
    given = answer_any_hour(place, Concern.abuse_neglect, Role.anyone, dt.datetime.now(dt.UTC).date())
    first = pages.first_to_call(given)
    assert first is not None
    return f"tel:{first.value}"


def _asked(page: Page) -> list[str]:
    """Every address that the page will have asked for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


# --- from a folder ----------------------------------------------------------------------------------------------------


def test_from_a_folder_it_is_two_clicks_from_the_first_page_to_the_number(plain: Page, copy: Path) -> None:
    asked = _asked(plain)
    plain.goto((copy / "index.html").as_uri())
    plain.get_by_role("link", name="Tennessee", exact=True).click()
    number = plain.locator("a.call").first
    expect(number).to_have_attribute("href", _number("US-TN"))
    expect(number).to_be_visible()
    assert {re.match(r"[a-z]+:", address)[0] for address in asked} == {"file:"}  # type: ignore[index]


def test_where_the_county_decides_its_number_is_one_click_more(plain: Page, copy: Path) -> None:
    plain.goto((copy / "index.html").as_uri())
    plain.get_by_role("link", name="North Carolina", exact=True).click()
    plain.get_by_role("link", name="Camden County").click()
    expect(plain.locator("a.call").first).to_have_attribute("href", _number("US-NC", "us/nc/camden"))


def test_whoever_asks_for_themselves_is_one_click_from_someone_to_text(plain: Page, copy: Path) -> None:
    plain.goto((copy / "index.html").as_uri())
    plain.get_by_role("link", name="Is this about you?", exact=True).first.click()
    expect(plain.locator("a[href^='sms:']").first).to_be_visible()
    assert plain.title() == "Porchlight"


def test_from_a_folder_the_page_looks_and_leaves_as_it_should(phone: Page, copy: Path) -> None:
    complaints: list[str] = []
    phone.on("console", lambda message: complaints.append(message.text))
    for path in PAGES:
        phone.goto((copy / path / "index.html").as_uri())
        box = phone.locator(".danger a").bounding_box()
        assert box
        assert box["height"] >= 40
    assert complaints == []


# Every browser has rules of its own for files, and for what a page may load from the folders around it.


@pytest.fixture(scope="module")
def firefox() -> Iterator[Tab]:
    """A Firefox ESR, for the pages of a folder."""
    with tabs.firefox() as tab:
        yield tab


@pytest.mark.parametrize("language", ["", "es"])
def test_in_firefox_too_it_is_two_clicks_from_the_first_page_to_the_number(
    firefox: Tab, copy: Path, language: str
) -> None:
    firefox.open((copy / language / "index.html").as_uri())
    assert "Tennessee" in settle(firefox)[1]
    firefox.click("a[href='us/tn/index.html']")
    settle(firefox, (copy / language / "us/tn/index.html").as_uri())
    call = "return document.querySelector('a.call')"
    assert firefox.run(f"{call}.getAttribute('href')") == _number("US-TN")
    assert firefox.run(f"{call}.getBoundingClientRect().height") >= 40


def test_in_firefox_too_the_pages_of_a_folder_look_as_they_should(firefox: Tab, copy: Path) -> None:
    for path in PAGES:
        firefox.open((copy / path / "index.html").as_uri())
        settle(firefox)
        danger = "document.querySelector('.danger a').getBoundingClientRect()"
        assert firefox.run(f"return {danger}.height") >= 40, path
        assert firefox.run("return document.documentElement.scrollWidth <= innerWidth"), path


# --- from a host ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "prefix"), [("light", ""), ("dark", "es/")])
def test_axe_finds_nothing_in_the_copy(
    phone: Page, host: Host, audit: Callable[[Page], list[str]], scheme: str, prefix: str
) -> None:
    phone.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for path in SAMPLE:
        phone.goto(host.address + prefix + path)
        if violations := audit(phone):
            found[path] = violations
    assert found == {}


def test_no_page_of_the_copy_is_wider_than_a_small_phone(phone: Page, host: Host) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in PAGES:
        phone.goto(host.address + path)
        if phone.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    assert wide == []


def test_the_copy_asks_its_own_host_alone_and_keeps_nothing_unasked(phone: Page, host: Host) -> None:
    asked = _asked(phone)
    for path in PAGES:
        phone.goto(host.address + path)
        assert _kept(phone) == {"caches": [], "registrations": [], "local": 0}
    assert len(asked) >= len(PAGES)
    assert [address for address in asked if not address.startswith(host.address)] == []
    assert phone.context.cookies() == []


# --- kept on the device -----------------------------------------------------------------------------------------------


def _kept(page: Page) -> dict[str, object]:
    """What this browser holds for the host of the page: caches by name, workers, and stored values."""
    kept: dict[str, object] = page.evaluate(
        "async () => ({caches: await caches.keys(), local: localStorage.length,"
        " registrations: (await navigator.serviceWorker.getRegistrations()).map(each => each.scope)})"
    )
    return kept


def _keep(page: Page, host: Host, language: str = "") -> None:
    page.goto(f"{host.address}{language}keep/")
    page.locator("[data-press=keep]").click()
    expect(page.get_by_role("status")).to_have_text(_said(page, "kept"), timeout=60_000)


def _said(page: Page, which: str) -> str:
    """What the page means to say, in its own language."""
    return page.locator("[data-keep]").get_attribute(f"data-{which}") or "nothing"


def test_nothing_is_kept_before_the_tap(phone: Page, host: Host) -> None:
    phone.goto(f"{host.address}keep/")
    expect(phone.get_by_role("status")).to_have_text("Nothing is kept on this device.")
    assert _kept(phone) == {"caches": [], "registrations": [], "local": 0}


def test_what_was_kept_opens_when_the_host_is_gone(phone: Page, host: Host) -> None:
    _keep(phone, host)
    host.stop()
    phone.goto(host.address)
    phone.get_by_role("link", name="Tennessee", exact=True).click()
    expect(phone.locator("a.call").first).to_have_attribute("href", _number("US-TN"))
    # A page that is not kept leads to the one of its place, not to nowhere.
    phone.goto(f"{host.address}us/tn/3/")
    assert phone.url == f"{host.address}us/tn/index.html"
    phone.goto(f"{host.address}es/us/ky/7/")
    expect(phone.locator("html")).to_have_attribute("lang", "es")
    host.start()


def test_what_is_kept_does_not_show_what_was_read(phone: Page, host: Host, copy: Path) -> None:
    _keep(phone, host)
    names = _kept_files(phone, host)
    for path in ("us/tn/3/", "us/nc/camden/", "us/tx/7/"):
        phone.goto(host.address + path)
    assert _kept_files(phone, host) == names
    listed = re.search(r"const files = (\[.*?\]);", (copy / "sw.js").read_text())
    assert listed
    assert names == sorted(json.loads(listed[1]))


def _kept_files(page: Page, host: Host) -> list[str]:
    found: list[str] = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async name =>"
        " (await (await caches.open(name)).keys()).map(each => each.url)))).flat()"
    )
    return sorted(address.removeprefix(host.address) for address in found)


def test_online_the_newest_page_is_shown_and_not_the_kept_one(phone: Page, host: Host, copy: Path) -> None:
    page = copy / "us" / "tn" / "index.html"
    before = page.read_bytes()
    _keep(phone, host)
    try:
        page.write_bytes(before.replace(_number("US-TN").encode(), b"tel:+12025550123"))
        phone.goto(f"{host.address}us/tn/")
        expect(phone.locator("a.call").first).to_have_attribute("href", "tel:+12025550123")
    finally:
        page.write_bytes(before)


def test_a_newer_copy_takes_the_place_of_the_kept_one(phone: Page, host: Host, copy: Path) -> None:
    _keep(phone, host)
    [old] = _names(phone)
    script = (copy / "sw.js").read_text()
    kept_version = re.search(r'const version = "([0-9a-f]{16})"', script)
    assert kept_version
    assert kept_version[1] in old
    host.worker = script.replace(kept_version[1], "0123456789abcdef").encode()
    phone.goto(host.address)
    assert phone.evaluate(_ONE_NAME, "0123456789abcdef")


# True once one cache is left and its name has the version; false after a minute.
_ONE_NAME = """async version => {
  for (let tries = 0; tries < 600; tries++) {
    const names = await caches.keys();
    if (names.length === 1 && names[0].endsWith(version)) return true;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return false;
}"""


def _names(page: Page) -> list[str]:
    names = _kept(page)["caches"]
    assert isinstance(names, list)
    return names


@pytest.mark.parametrize("language", ["", "es/"])
def test_remove_takes_everything_away_again(phone: Page, host: Host, language: str) -> None:
    _keep(phone, host, language)
    assert len(_names(phone)) == 1
    phone.reload()
    phone.locator("[data-press=remove]").click()
    expect(phone.get_by_role("status")).to_have_text(_said(phone, "removed"))
    assert _kept(phone) == {"caches": [], "registrations": [], "local": 0}
    # The page was under the worker's care until it is left: nothing comes back when the person goes on.
    phone.goto(f"{host.address}us/tn/")
    phone.goto(host.address)
    assert _kept(phone) == {"caches": [], "registrations": [], "local": 0}


def test_what_could_not_be_kept_whole_is_not_kept_at_all(phone: Page, host: Host, copy: Path) -> None:
    script = (copy / "sw.js").read_text()
    host.worker = script.replace('"us/tn/index.html"', '"us/tn/gone.html"').encode()
    phone.goto(f"{host.address}keep/")
    phone.locator("[data-press=keep]").click()
    expect(phone.get_by_role("status")).to_contain_text("nothing was kept", timeout=60_000)
    assert _kept(phone) == {"caches": [], "registrations": [], "local": 0}


# --- the box on another site ------------------------------------------------------------------------------------------


def _framed(site: str, path: str, width: int = 300) -> str:
    return f'<!doctype html><title>x</title><iframe src="{site}{path}" title="x" width="{width}" height="380"></iframe>'


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another site, by another name: its address and its folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}/", tmp_path
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_site_can_show_the_box_and_no_other_page(
    plain: Page, site: str, elsewhere: tuple[str, Path]
) -> None:
    address, folder = elsewhere
    (folder / "box.html").write_text(_framed(site, "/embed/us/ky/"))
    (folder / "page.html").write_text(_framed(site, "/us/ky/"))
    asked = _asked(plain)
    plain.goto(f"{address}box.html")
    number = plain.frame_locator("iframe").locator("a.call")
    expect(number).to_have_attribute("href", _number("US-KY"))
    assert [a for a in asked if not a.startswith((address, site))] == []
    assert plain.context.cookies() == []
    plain.goto(f"{address}page.html")
    expect(plain.frame_locator("iframe").locator("a.call")).to_have_count(0)


@pytest.mark.parametrize("width", [200, 320])
def test_the_box_fits_a_narrow_place(phone: Page, site: str, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 380})
    for path in ("us/ky/", "us/nc/", "us/wa/", "us/mp/", "us/dc/"):
        for prefix in ("/embed/", "/es/embed/"):
            phone.goto(site + prefix + path)
            assert phone.evaluate("document.documentElement.scrollWidth") <= width, prefix + path


@pytest.mark.parametrize("path", ["/embed/us/ky/", "/es/embed/us/nc/", "/embed/", "/es/embed/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_box_or_the_page_about_it(
    phone: Page, site: str, audit: Callable[[Page], list[str]], path: str, scheme: str
) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    phone.goto(site + path)
    assert audit(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
