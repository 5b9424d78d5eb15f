"""What holds for every kind of page, in both languages: for every eye, every hand, every small phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from porchlight import places
from tests.e2e.every_page import EVERY_PAGE, Visit, go

LANGUAGES = ["en", "es"]
_CONTRAST = "axe.run({resultTypes: ['violations'], runOnly: ['color-contrast']})"


@pytest.fixture(scope="module")
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """The smallest phone, with scripts, one tab for all visits."""
    context = browser.new_context(base_url=site, viewport={"width": 320, "height": 568})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("visit", EVERY_PAGE, ids=str)
def test_axe_finds_nothing_by_day_or_by_night_and_nothing_is_wider_than_the_phone(
    phone: Page, audit: Callable[[Page], list[str]], visit: Visit, language: str
) -> None:
    phone.emulate_media(color_scheme="light")
    go(phone, visit, language)
    for folded in phone.locator("summary").all():
        folded.click()  # what is folded away is read too
    assert audit(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    phone.emulate_media(color_scheme="dark")
    dark = phone.evaluate(_CONTRAST)["violations"]
    assert [each["nodes"][0]["html"] for each in dark] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("visit", EVERY_PAGE, ids=str)
def test_911_and_leave_now_are_on_the_first_screen_of_the_smallest_phone(
    phone: Page, visit: Visit, language: str
) -> None:
    go(phone, visit, language)
    for selector in (".danger a[href='tel:911']", ".exit"):
        box = phone.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 568
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    home, leave = phone.locator(".home").bounding_box(), phone.locator(".exit").bounding_box()
    assert home is not None
    assert leave is not None
    assert leave["y"] < home["y"] + home["height"]  # in one row


def test_axe_finds_nothing_on_the_longest_page_either(
    phone: Page, audit: Callable[[Page], list[str]]
) -> None:
    phone.goto("/es/how-we-know/")  # where the sources of every national line stand
    assert audit(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hotline_in_words_and_digits_is_whole_on_the_first_screen(phone: Page, language: str) -> None:
    go(phone, EVERY_PAGE[0], language)
    call = phone.locator(".call")
    box = call.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 568
    words = call.inner_text()
    assert "1-877-KYSAFE1" in words
    assert "1-877-597-2331" in words
    assert call.get_attribute("href") == "tel:+18775972331"


@pytest.mark.parametrize("visit", EVERY_PAGE, ids=str)
def test_leave_now_stays_in_sight_however_far_a_person_has_read(phone: Page, visit: Visit) -> None:
    go(phone, visit)
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")
    box = phone.locator(".exit").bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 568 - box["height"]


_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), look = getComputedStyle(at);
  const header = document.querySelector('header').getBoundingClientRect();
  const hidden = !document.querySelector('header').contains(at) && !at.matches('.skip') &&
    box.bottom <= header.bottom + 1 && getComputedStyle(document.querySelector('header')).position === 'sticky';
  return {
    name: (at.id || at.textContent.trim() || at.name || at.tagName).slice(0, 60), tag: at.tagName,
    outline: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2,
    inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight, hidden,
  };
}"""
_REACHABLE = """() => [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]
  .filter(each => each.getClientRects().length && each.checkVisibility()).length"""


@pytest.mark.parametrize("visit", EVERY_PAGE, ids=str)
def test_a_keyboard_reaches_everything_in_order_and_shows_where_it_is(phone: Page, visit: Visit) -> None:
    go(phone, visit)
    wanted = phone.evaluate(_REACHABLE)
    seen = []
    for step in range(wanted):
        phone.keyboard.press("Tab")
        at = phone.evaluate(_FOCUS)
        seen.append(at["name"])
        assert at["outline"], at
        assert at["inside"], at
        assert not at["hidden"], at
        if step == 0:
            assert at["name"] == "Skip to whom to call"
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.tagName") in {"BODY", "HTML", "A"}
    assert len(seen) == wanted


def test_the_skip_link_leads_past_the_header(phone: Page) -> None:
    phone.goto("/us/ky/")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.getAttribute('href')") == "tel:911"


def test_a_form_is_filled_and_sent_with_the_keyboard_alone(phone: Page) -> None:
    phone.goto("/")
    phone.locator("#place").focus()
    phone.keyboard.type("43604")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/us/oh/lucas/")


def test_the_number_to_call_now_is_the_largest_thing_on_an_answer_too(phone: Page) -> None:
    sizes = (
        "[...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && "
        "n.data.trim())).map(e => [parseFloat(getComputedStyle(e).fontSize), "
        "e.closest(document.querySelector('.sos a') ? '.sos a' : '.call') !== null])"
    )
    for visit in EVERY_PAGE:
        if visit.name in {"home", "place", "answer", "about me", "county", "answer in danger"}:
            go(phone, visit)
            assert max(phone.evaluate(sizes))[1], visit.name


def test_no_number_is_wider_than_its_button(phone: Page) -> None:
    too_wide = (
        "[...document.querySelectorAll('.call strong,.way strong')].filter(e => e.getClientRects().length && "
        "e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    )
    for code, _ in places.jurisdictions():
        phone.goto(f"/us/{code[3:].lower()}/")
        assert phone.evaluate(too_wide) == [], code
    go(phone, next(visit for visit in EVERY_PAGE if visit.name == "about me"))
    assert phone.evaluate(too_wide) == []


def test_nothing_moves(phone: Page) -> None:
    moving = (
        "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e); return "
        "s.animationName !== 'none' || s.transitionDuration.split(',').some(d => parseFloat(d) > 0) }).length"
    )
    for visit in EVERY_PAGE:
        go(phone, visit)
        assert phone.evaluate(moving) == 0
