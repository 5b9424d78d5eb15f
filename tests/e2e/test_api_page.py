"""The page that explains the JSON, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Error, Page

PAGES = ["/api/", "/es/api/"]


@pytest.mark.parametrize(("path", "scheme"), [("/api/", "light"), ("/es/api/", "dark")])
def test_axe_finds_nothing_on_the_page_of_the_api(
    scripted_page: Page, audit: Callable[[Page], list[str]], path: str, scheme: str
) -> None:
    scripted_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    scripted_page.goto(path)
    assert audit(scripted_page) == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_of_the_api_is_no_wider_than_the_screen(scripted_page: Page, path: str, width: int) -> None:
    scripted_page.set_viewport_size({"width": width, "height": 700})
    scripted_page.goto(path)
    assert scripted_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def other_site() -> Iterator[str]:
    """The address of another site on this machine: one empty page, of another origin."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>other</title>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_page_of_another_site_can_read_the_answer_and_no_page_for_people(
    scripted_page: Page, site: str, other_site: str
) -> None:
    scripted_page.goto(other_site)
    ask = """async ([address, init]) => {
        const answer = await fetch(address, init);
        return [answer.status, answer.headers.get("etag"), answer.status == 200 ? await answer.json() : null];
    }"""
    address = f"{site}/api/v1/answer?place=40202"
    status, etag, answer = scripted_page.evaluate(ask, [address, {}])
    assert (status, answer["place"]["jurisdiction"]) == (200, "US-KY")
    again = {"headers": {"If-None-Match": etag}, "cache": "no-store"}  # asks by OPTIONS first
    assert scripted_page.evaluate(ask, [address, again])[0] == 304
    assert scripted_page.evaluate(ask, [f"{site}/api/v1/answer?place=zzzz", {}])[0] == 422
    with pytest.raises(Error, match="Failed to fetch"):
        scripted_page.evaluate(ask, [f"{site}/us/ky/", {}])
