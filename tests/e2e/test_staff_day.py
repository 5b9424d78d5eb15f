"""A day on the pages of staff, in a real browser: both languages, with the script and without, axe 0."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from porchlight.report.say import translate
from tests.e2e.conftest import Audit
from tests.site import canary

PASSWORD = "porch lamp night"
LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class Office:
    """Where the site is, and the numbers of its broadcasts and texts by name."""

    site: str
    pages: dict[str, int]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A site with an office at work, on which more than five recipients need a second person."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "data").mkdir()
    (folder / "data" / "alerts.toml").write_text("second_approver_above = 5\n", encoding="utf-8")
    with canary.server(folder, "porchlight.site.settings") as server:
        environ = os.environ | {"PORCHLIGHT_DATA_DIR": str(folder / "data"), "PORT": str(server.port)}
        filled = subprocess.run(
            [sys.executable, "-m", "tests.e2e.staff_office"],
            cwd=canary.ROOT,
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        )
        yield Office(f"http://127.0.0.1:{server.port}", json.loads(filled.stdout.splitlines()[-1]))


class Desk:
    """A browser at the office: who sits at it, and in which language."""

    def __init__(
        self, browser: Browser, office: Office, language: str, *, scripts: bool = True, width: int = 1280
    ):
        self._context = browser.new_context(
            base_url=office.site, viewport={"width": width, "height": 800}, java_script_enabled=scripts
        )
        self.page = self._context.new_page()
        self.page.set_default_timeout(30_000)
        self.refused: list[str] = []
        self.page.on("console", lambda said: self.refused.append(said.text) if said.type == "error" else None)
        self._language = language

    def log_in(self, name: str) -> Page:
        """Come in by the door, in this desk's language."""
        self.page.goto(f"/staff/log-in/?lang={self._language}")
        self.page.fill("#id_name", name)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main form button")
        expect(self.page.locator("nav")).to_be_visible()
        expect(self.page.locator("html")).to_have_attribute("lang", self._language)
        return self.page

    def log_out(self) -> None:
        self.page.click("header form button")
        expect(self.page.locator("#id_password")).to_be_visible()

    def says(self, english: str) -> str:
        """A sentence of ours in this desk's language."""
        return translate(english, self._language)

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def desk(request: pytest.FixtureRequest, browser: Browser, office: Office) -> Iterator[Desk]:
    """A desk; its language, and whether it has scripts, come from the test's parameters."""
    language, scripts = request.param
    sat = Desk(browser, office, language, scripts=scripts)
    yield sat
    sat.close()


with_scripts = pytest.mark.parametrize("desk", [(language, True) for language in LANGUAGES], indirect=True)
without_scripts = pytest.mark.parametrize(
    "desk", [(language, False) for language in LANGUAGES], indirect=True
)


def write(page: Page) -> None:
    page.fill("#id_text_en", "Community Help Line: A class starts on Monday.")
    page.fill(
        "#id_text_es", "Community Help Line: Más información aquí. " + "Una clase empieza el lunes. " * 3
    )


def count_of_spanish(page: Page) -> str:
    return page.locator("[data-part=check] .count").nth(1).inner_text()


@with_scripts
def test_a_broadcast_is_written_checked_live_approved_by_another_watched_and_ended(desk: Desk) -> None:
    page = desk.log_in("ben")
    page.goto("/staff/broadcasts/new/")
    write(page)
    # Nothing was pressed: the count, the offer and who gets it follow what is typed.
    expect(page.locator("[data-part=check] .count").nth(1)).to_contain_text("UCS-2")
    expect(page.locator("[data-part=check] .offer")).to_be_visible()
    page.check("[name=unaccented]")
    expect(page.locator("[data-part=check] .count").nth(1)).to_contain_text("GSM")
    expect(page.locator("[data-part=check] .offer")).to_have_count(0)
    page.fill("#id_text_en", "Community Help Line: see https://bit.ly/x")
    expect(page.locator("[data-part=check] .blocks")).to_be_visible()
    write(page)
    expect(page.locator("[data-part=check] .blocks")).to_have_count(0)
    page.check("#area_around")
    page.fill("#id_place", "Louisville, KY")
    page.fill("#id_miles", "10")
    expect(page.locator(".reach dd").first).to_have_text("7")  # of 8 one wrote what may mean STOP
    page.check("#area_everyone")
    expect(page.locator(".reach dd").first).to_have_text("11")
    page.click("button[name=review]")
    # The review asks for a second person, who is not Ben.
    expect(page.locator(".tag.draft")).to_be_visible()
    page.click("form[action$='/submit/'] button")
    expect(page.locator(".tag.waiting")).to_be_visible()
    expect(page.locator("form[action$='/approve/']")).to_have_count(0)
    where = page.url
    desk.log_out()
    desk.log_in("ana")
    page.locator("#approve a").first.click()
    page.goto(where)
    page.click("form[action$='/approve/'] button")
    expect(page.locator(".tag.sending")).to_be_visible()
    page.click("form[action$='/pause/'] button")
    expect(page.locator(".tag.paused")).to_be_visible()
    page.click("form[action$='/resume/'] button")
    page.click("form[action$='/cancel/'] button")
    expect(page.locator(".tag.cancelled")).to_be_visible()
    assert desk.refused == []  # the content security policy let everything through that we need


@without_scripts
def test_the_same_goes_without_the_script(desk: Desk) -> None:
    page = desk.log_in("ben")
    page.goto("/staff/broadcasts/new/")
    write(page)
    page.check("#area_counties")
    page.check(".counties-list input[value='21111']")
    page.click("button[name=check]")
    assert "UCS-2" in count_of_spanish(page)
    assert page.locator(".reach dd").first.inner_text() == "7"
    page.check("[name=unaccented]")
    page.click("button[name=check]")
    assert "GSM" in count_of_spanish(page)
    # Another state shows its own counties after a check.
    page.select_option("#id_state", "US-OH")
    page.click("button[name=check]")
    assert page.locator(".counties-list input[value='39061']").count() == 1
    page.check("#area_everyone")
    page.click("button[name=review]")
    page.click("form[action$='/submit/'] button")
    assert page.locator(".tag.waiting").count() == 1
    page.click("form[action$='/take-back/'] button")
    assert page.locator(".tag.draft").count() == 1
    page.goto(page.url + "edit/")
    page.click("form[action$='/delete/'] button")
    assert page.locator(".told").inner_text() == desk.says("The draft is gone.")


@with_scripts
def test_progress_is_asked_for_again_without_a_reload(desk: Desk, office: Office) -> None:
    page = desk.log_in("ana")
    page.goto(f"/staff/broadcasts/{office.pages['live']}/")
    with page.expect_response(re.compile("/progress/")) as answer:
        page.evaluate("window.stayed = true")
    assert answer.value.status == 200
    assert "45%" in page.locator(".progress h2").inner_text()
    assert page.evaluate("window.stayed") is True


@with_scripts
def test_a_text_is_read_answered_and_marked(desk: Desk, office: Office) -> None:
    page = desk.log_in("ben")
    page.goto(f"/staff/inbox/{office.pages['text']}/")
    assert "•••" in page.locator("h1").inner_text()
    page.fill("#id_why", "For the hotline")
    page.click("form:has(#id_why) button")
    assert page.locator(".full").inner_text() == "+15025553000"
    page.goto(page.url)
    assert page.locator(".full").count() == 0
    page.fill("#id_text", "Please call 1-877-597-2331.")
    page.click("form:has(#id_text) button")
    expect(page.locator(".told")).to_have_text(desk.says("Your reply is on its way."))
    page.click("button[value=reported]")
    expect(page.locator(".told")).to_have_text(desk.says("Marked as done."))
    page.goto(f"/staff/inbox/{office.pages['text']}/")
    page.click("button[value=reopen]")


@with_scripts
def test_a_missing_child_needs_a_second_person_whatever_the_number(desk: Desk, office: Office) -> None:
    page = desk.log_in("ben")
    page.goto(f"/staff/broadcasts/{office.pages['missing']}/missing-child/")
    page.fill("#id_police_reference", "LMPD 26-9")
    page.fill("#id_reason", "Seen today")
    page.fill("#id_hours", "3")
    page.click("form:has(#id_hours) button")
    expect(page.locator(".alarm")).to_contain_text("LMPD 26-9")
    expect(page.locator("form[action$='/submit/'] button")).to_have_text(desk.says("Ask a second person"))


@with_scripts
def test_a_new_person_gets_a_link_chooses_a_password_and_sees_only_what_is_theirs(
    desk: Desk, browser: Browser, office: Office
) -> None:
    page = desk.log_in("ana")
    page.goto("/staff/people/")
    name = f"dora-{page.locator('html').get_attribute('lang')}"
    page.fill("#id_name", name)
    page.select_option("#id_role", "viewer")
    page.click("form:has(#id_name) button")
    link = page.locator(".secret").inner_text()
    guest = browser.new_context().new_page()
    guest.goto(link)
    guest.fill("#id_password", "four plain porch words")
    guest.fill("#id_again", "four plain porch words")
    guest.click("main form button")
    expect(guest.locator("nav")).to_be_visible()
    assert guest.locator("nav a[href='/staff/inbox/']").count() == 0
    guest.goto(f"{office.site}/staff/inbox/")
    assert guest.locator("main .go").count() == 1  # says whose it is, and leads back
    guest.goto(link)
    assert guest.locator("#id_again").count() == 0
    guest.context.close()


# --- every page -------------------------------------------------------------------------------------------------------

PAGES = (
    "",
    "me/",
    "broadcasts/",
    "broadcasts/new/",
    "broadcasts/{draft}/",
    "broadcasts/{draft}/edit/",
    "broadcasts/{waiting}/",
    "broadcasts/{live}/",
    "broadcasts/{done}/",
    "broadcasts/{missing}/",
    "broadcasts/{missing}/missing-child/",
    "inbox/",
    "inbox/{text}/",
    "inbox/{stop}/",
    "programs/",
    "programs/local/",
    "programs/parenting/",
    "subscribers/",
    "people/",
    "record/",
)


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_passes_axe_and_fits_the_screen_by_day_on_a_phone_and_by_night_on_a_desk(
    browser: Browser, office: Office, audit: Audit, language: str, width: int, dark: bool
) -> None:
    sat = Desk(browser, office, language, width=width)
    page = sat.log_in("ana")
    page.emulate_media(color_scheme="dark" if dark else "light")
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"/staff/{path.format(**office.pages)}")
        for folded in page.locator("details").all():
            folded.evaluate("each => each.open = true")
        wrong = audit(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append("wider than the screen")
        if wrong:
            found[path] = wrong
    assert found == {}
    sat.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_door_passes_axe_and_says_what_is_wrong(
    browser: Browser, office: Office, audit: Audit, language: str
) -> None:
    sat = Desk(browser, office, language, width=320)
    sat.page.goto(f"/staff/log-in/?lang={language}")
    assert audit(sat.page) == []
    sat.page.fill("#id_name", "nobody")
    sat.page.fill("#id_password", "wrong")
    sat.page.click("main form button")
    expect(sat.page.locator("[role=alert]")).to_have_text(
        sat.says("That name and password do not belong together. Try again.")
    )
    assert audit(sat.page) == []
    sat.close()
