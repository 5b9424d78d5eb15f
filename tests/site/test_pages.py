"""The pages that always stand: home, the error pages, and what every answer carries."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client, RequestFactory, override_settings

from porchlight import report
from porchlight.facts.load import shipped
from porchlight.facts.overlay import FactStore
from porchlight.site import config, errors, home, look

CANARY_URLS = "tests.site.canary_urls"


@pytest.fixture
def visitor() -> Client:
    """A browser that is shown the page even when the view failed."""
    return Client(raise_request_exception=False)


def _call_links(page: str) -> list[str]:
    return re.findall(r'href="tel:([^"]+)"', page)


@pytest.mark.parametrize(("path", "danger"), [("/", "Call 911"), ("/es/", "911")])
def test_home_shows_911_first_and_then_the_intake_number(visitor: Client, path: str, danger: str) -> None:
    page = visitor.get(path)
    assert page.status_code == 200
    assert _call_links(page.text) == ["911", "+18775972331"]
    assert danger in page.text


def _refused(visitor: Client, status: int) -> Any:
    return {
        400: lambda: visitor.get("/", headers={"host": "evil.example"}),
        404: lambda: visitor.get("/nowhere/"),
        405: lambda: visitor.delete("/"),
        413: lambda: visitor.post("/", data=b"x" * 70_000, content_type="text/plain"),
        500: lambda: visitor.get("/chained"),
    }[status]()


@pytest.mark.parametrize("status", [400, 404, 405, 413, 500])
def test_no_error_leaves_a_person_without_911_and_a_number(visitor: Client, status: int) -> None:
    with override_settings(ROOT_URLCONF=CANARY_URLS):
        page = _refused(visitor, status)
    assert page.status_code == status
    assert _call_links(page.text) == ["911", "+18775972331"]
    assert page.headers["Cache-Control"] == "no-store"


def test_a_failure_of_the_facts_still_shows_the_last_number(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors.prepare()
    monkeypatch.setattr(home, "home_call", _fails)
    page = visitor.get("/nowhere/")
    assert page.status_code == 404
    assert _call_links(page.text) == ["911", "+18775972331"]


def test_a_failure_before_any_page_was_made_still_shows_911(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "_last_good", {})
    monkeypatch.setattr(home, "home_call", _fails)
    page = visitor.get("/nowhere/")
    assert page.status_code == 404
    assert _call_links(page.text) == ["911", "911"]


def _fails() -> None:
    raise OSError("the facts cannot be read")


@pytest.fixture
def corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An overlay folder that this test fills."""
    store = FactStore(shipped(), tmp_path)
    monkeypatch.setattr(report, "in_force", lambda: store)
    return tmp_path


def test_a_withheld_number_is_never_the_one_on_the_page(corrected: Path, visitor: Client) -> None:
    (corrected / "wrong.yaml").write_text(
        "by: A. Person\non: 2026-11-01\nchange:\n  us-ky-intake:\n    withhold: wrong\n"
    )
    assert "+18775972331" not in visitor.get("/").text


def test_every_answer_carries_the_security_headers_and_no_cookie(visitor: Client) -> None:
    for page in (visitor.get("/"), visitor.get("/nowhere/"), visitor.get("/healthz"), visitor.post("/")):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert look.STYLE_HASH in policy
        assert look.LEAVE_HASH in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Permissions-Policy" in page.headers
        assert not page.cookies
        assert "Set-Cookie" not in page.headers


def test_an_answer_to_what_was_sent_is_stored_nowhere(visitor: Client) -> None:
    assert visitor.post("/", {"place": "40202"}).headers["Cache-Control"] == "no-store"


def test_a_page_asks_nothing_of_any_other_site_and_runs_no_script_but_its_own(visitor: Client) -> None:
    page = visitor.get("/").text
    # Each script stands in the page and is the one that the content security policy names by its content.
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [look.LEAVE]
    assert "<script src" not in page
    # What is sent goes to this site: an address that starts with one slash.
    assert [to for to in re.findall(r'(?:src|action)="([^"]*)"', page) if not re.match(r"/(?!/)", to)] == []
    assert re.findall(r'<link[^>]*href="([^"]*)"', page) == ["/icon.svg"]


def test_the_first_answer_fits_in_one_round_trip(visitor: Client) -> None:
    assert len(gzip.compress(visitor.get("/").content)) < 14_000
    assert len(gzip.compress(look.STYLE.encode())) <= 4_096


def test_the_language_is_the_one_of_the_address_and_no_header_or_cookie_changes_it(visitor: Client) -> None:
    visitor.cookies["django_language"] = "es"
    page = visitor.get("/", headers={"accept-language": "es"})
    assert page.headers["Content-Language"] == "en"
    assert '<html lang="en">' in page.text
    assert '<html lang="es">' in visitor.get("/es/").text
    assert '<html lang="es">' in visitor.get("/?lang=es").text
    assert '<html lang="en">' in visitor.get("/?lang=xx").text


def test_each_page_links_to_itself_in_the_other_language(visitor: Client) -> None:
    assert 'href="/es/" lang="es"' in visitor.get("/").text
    assert 'href="/" lang="en"' in visitor.get("/es/").text


def test_an_address_with_two_slashes_does_not_become_a_link_to_another_site() -> None:
    request = RequestFactory().get("/")
    request.path_info = "//evil.example/"
    assert look.every_page(request)["other_languages"] == [("es", "Español", "/es/evil.example/")]


def test_neutral_titles_show_only_the_name_of_the_site(visitor: Client, settings: Any) -> None:
    settings.CONFIG = replace(config.read({}), neutral_titles=True, site_name="Weather notes")
    assert "<title>Weather notes</title>" in visitor.get("/").text


def test_search_engines_may_read_every_page(visitor: Client) -> None:
    answer = visitor.get("/robots.txt")
    assert answer.headers["Content-Type"] == "text/plain"
    allows = RobotFileParser()
    allows.parse(answer.text.splitlines())
    assert allows.can_fetch("anyone", "/us/ky/")


@pytest.mark.parametrize("path", ["/", "/es/", "/us/ky/"])
def test_a_page_says_to_search_engines_what_it_is_for_unless_the_site_hides_it(
    visitor: Client, path: str, settings: Any
) -> None:
    said = re.compile(r'<meta name="description" content="[^"]{20,160}">')
    assert said.search(visitor.get(path).text)
    settings.CONFIG = replace(config.read({}), neutral_titles=True)
    assert 'name="description"' not in visitor.get(path).text
