"""The box for other sites: always current, framed by anyone, and nothing else of the site is."""

from __future__ import annotations

import datetime as dt
import html
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import translation

from porchlight import places, report
from porchlight.facts.schema import Kind
from porchlight.report import embed, pages
from porchlight.report.answer import Concern, Role
from porchlight.report.say import say
from porchlight.report.whom import place_name


@pytest.fixture
def visitor() -> Client:
    """Another site's reader."""
    return Client()


def _boxes() -> list[tuple[str, str]]:
    return [(code, f"/embed/us/{code[3:].lower()}/") for code, _ in places.jurisdictions()]


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_every_jurisdiction_has_a_box_with_911_and_the_number_of_its_page(
    visitor: Client, prefix: str
) -> None:
    for code, path in _boxes():
        given = report.answer(
            places.place_for(code), Concern.abuse_neglect, Role.anyone, dt.datetime.now(dt.UTC)
        )
        first = pages.first_to_call(given)
        links = re.findall(r'href="tel:([^"]+)"', visitor.get(prefix + path).text)
        assert links[0] == "911"
        assert links[1:] == ([first.value] if first is not None and first.kind is Kind.phone else []), code


def test_the_box_of_a_county_has_its_own_number(visitor: Client) -> None:
    camden = visitor.get("/embed/us/nc/camden/").text
    assert "tel:+12523314787" in camden
    assert 'href="/us/nc/camden/"' in camden


@pytest.mark.parametrize("path", ["/embed/us/xx/", "/embed/us/ky/nowhere/", "/es/embed/us/xx/"])
def test_an_unknown_place_has_no_box(visitor: Client, path: str) -> None:
    page = visitor.get(path)
    assert page.status_code == 404
    assert page.headers["X-Frame-Options"] == "DENY"


def test_only_the_box_may_be_framed(visitor: Client) -> None:
    for path in ("/embed/us/ky/", "/es/embed/us/ky/", "/embed/us/nc/camden/"):
        box = visitor.get(path)
        assert "frame-ancestors *" in box.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in box.headers
        assert box.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/", "/us/ky/", "/embed/", "/es/embed/", "/privacy/"):
        page = visitor.get(path)
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_box_runs_and_sets_and_sends_nothing(visitor: Client) -> None:
    for code, path in _boxes():
        box = visitor.get(path)
        policy = box.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script" not in policy
        assert not re.search(r"<script|<form|<img|<link|\son\w+=|src=", box.text), code
        assert "Set-Cookie" not in box.headers
        assert box.headers["Referrer-Policy"] == "no-referrer"


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs))


def test_links_to_pages_open_beside_the_other_site_and_tell_it_nothing(visitor: Client) -> None:
    links = _Links(visitor.get("/embed/us/ky/").text).links
    leaving = [link for link in links if (link["href"] or "").startswith("/") and "hreflang" not in link]
    assert [link["href"] for link in leaving] == ["/us/ky/", "/us/"]
    for link in leaving:
        assert link["target"] == "_blank"
        assert link["rel"] == "noopener noreferrer"


def test_the_box_names_no_worry_but_where_a_line_is_for_something_else(visitor: Client) -> None:
    for path in ("/embed/us/ky/", "/es/embed/us/ky/"):
        text = visitor.get(path).text
        title = re.search(r"<title>(.*?)</title>", text)
        assert title
        assert title[1] == "Kentucky"
        assert not re.search(r"abus|traffick|trata|sex", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (dt.timedelta(seconds=90), 90),
        (dt.timedelta(hours=3), 300),
        (dt.timedelta(0), 0),
        (dt.timedelta(-1), 0),
    ],
)
def test_a_box_is_kept_until_the_answer_changes_and_five_minutes_at_most(
    left: dt.timedelta, seconds: int
) -> None:
    import msgspec

    now = dt.datetime(2026, 11, 23, 14, 0, tzinfo=dt.UTC)
    given = report.answer(places.place_for("US-KY"), Concern.abuse_neglect, Role.anyone, now)
    assert embed.max_age(msgspec.structs.replace(given, changes_at=now + left), now) == seconds


def test_the_box_says_how_long_it_may_be_kept(visitor: Client) -> None:
    found = re.fullmatch(r"public, max-age=(\d+)", visitor.get("/embed/us/ky/").headers["Cache-Control"])
    assert found
    assert 0 <= int(found[1]) <= 300


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "http://localhost/embed/us/ky/"),
        ("help.example.org", "https://help.example.org/embed/us/ky/"),
    ],
)
def test_what_is_to_be_copied_is_the_box_of_this_site(
    visitor: Client, settings: object, host: str, address: str
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "help.example.org"]  # type: ignore[attr-defined]
    page = visitor.get("/embed/", headers={"host": host})
    snippets = [
        html.unescape(text) for text in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    ]
    assert f'<iframe src="{address}"' in snippets[0]
    assert 'referrerpolicy="no-referrer"' in snippets[0]
    assert f'href="{address.replace("embed/", "")}"' in snippets[1]
    assert 'rel="noopener noreferrer"' in snippets[1]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_about_the_box_leads_to_the_box_of_every_place(visitor: Client, language: str) -> None:
    prefix = "" if language == "en" else "/es"
    with translation.override(language):
        page = visitor.get(f"{prefix}/embed/").text
    for code, path in _boxes():
        assert f'href="{prefix}{path}"' in page
        assert html.escape(say(place_name(code), language))[1:] in page
