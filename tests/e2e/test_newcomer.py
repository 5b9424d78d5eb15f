"""Someone who has never been here, on a phone, with or without scripts, in a hurry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        java_script_enabled=request.param,
    )
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


@pytest.mark.parametrize("typed", ["Toledo OH", "43604", "ohio", "Lucas County, Ohio"])
def test_a_neighbor_s_child_in_another_state_is_two_actions_away(phone: Page, typed: str) -> None:
    phone.get_by_label("Where is the child?").fill(typed)  # one
    phone.get_by_role("button", name="Show me whom to call").click()  # two
    number = phone.locator("a.call")
    assert number.get_attribute("href") == "tel:+18556424453"  # Ohio: 855-O-H-CHILD
    box = number.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844


def test_a_child_is_one_tap_away_from_someone_to_text(phone: Page) -> None:
    phone.get_by_role("button", name="Is this about you?").click()
    assert phone.get_by_role("heading", name="You can talk to someone.").is_visible()
    text = phone.locator("a.call")
    assert (text.get_attribute("href") or "").startswith("sms:")
    box = text.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844


def test_a_parent_who_needs_help_finds_it_without_a_word_of_reports_in_front(phone: Page) -> None:
    phone.get_by_role("button", name="I am a parent and I need help").click()
    assert phone.locator("a.call").get_attribute("href") == "tel:211"


def test_a_county_that_decides_is_asked_for_once(phone: Page) -> None:
    phone.get_by_label("Where is the child?").fill("California")
    phone.get_by_role("button", name="Show me whom to call").click()
    phone.get_by_label("Which county?").select_option(label="Alameda County")
    phone.get_by_role("button", name="Show the number").click()
    assert phone.url.endswith("/us/ca/alameda/")
    assert (phone.locator("a.call").get_attribute("href") or "").startswith("tel:+1510")


def test_the_next_question_is_always_a_link(phone: Page) -> None:
    for name in ("What to say when you call", "What the law asks of me", "I work with children"):
        phone.goto("/")
        phone.get_by_role("link", name=name).click()
        assert phone.locator("a[href='tel:911']").is_visible()
        fragment = phone.url.partition("#")[2]
        assert not fragment or phone.locator(f"#{fragment}").count() == 1


def test_every_link_of_a_page_to_a_part_of_a_page_finds_it(phone: Page) -> None:
    parts: dict[str, set[str]] = {}
    for path in ("/", "/us/ky/", "/us/nv/", "/us/as/how-we-know/", "/us/ky/one-page/"):
        phone.goto(path)
        for link in phone.locator("a[href*='#']").all():
            target, _, part = (link.get_attribute("href") or "").partition("#")
            parts.setdefault(target or path, set()).add(part)
    assert len(parts) >= 5
    for path, wanted in parts.items():
        phone.goto(path)
        for part in wanted:
            assert phone.locator(f"[id='{part}']").count() == 1, (path, part)
