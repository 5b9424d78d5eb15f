"""The pages of Report It: what stands on them, what stands in no address, and what is kept (almost nothing)."""

from __future__ import annotations

import datetime as dt
import html
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.test import Client

from porchlight import places
from porchlight.facts import Facts, in_force
from porchlight.facts.schema import WithholdReason
from porchlight.report import models, pages
from porchlight.report.answer import Concern, Role
from porchlight.report.models import NumberTrouble, keep_trouble
from porchlight.site import config

STATES = [code[3:].lower() for code, _ in places.jurisdictions()]
DAY = dt.date(2026, 11, 22)


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "localhost"})


def _words(page: str) -> str:
    """The words of a page: no tags, no entities, one space where there were many."""
    body = page[page.index("<body>") :].replace("<wbr>", "")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _title(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page)
    assert found is not None
    return html.unescape(found[1])


# --- where a person lands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("43604", "/us/oh/lucas/"),
        ("Toledo OH", "/us/oh/lucas/"),
        ("Ohio", "/us/oh/"),
        ("Jefferson County, KY", "/us/ky/jefferson/"),
        ("puerto rico", "/us/pr/"),
        ("US-LA", "/us/la/"),
        ("us-la", "/us/la/"),
    ],
)
def test_a_place_alone_leads_to_the_page_of_the_place(visitor: Client, typed: str, address: str) -> None:
    assert visitor.post("/answer/", {"place": typed}).headers["Location"] == address


def test_a_worry_is_answered_on_the_spot_and_stands_in_no_address_and_no_title(visitor: Client) -> None:
    given = visitor.post("/answer/", {"place": "40202", "concern": "sex_trafficking", "role": "clergy"})
    assert given.status_code == 200
    assert _title(given.text) == "Kentucky"
    assert 'href="tel:+18775972331"' in given.text
    for found in re.findall(r'(?:href|action)="([^"]*)"', given.text):
        assert not re.search(
            r"40202|trafficking|clergy|concern|role=", found.replace("humantraffickinghotline", "")
        )


def test_an_ambiguous_place_asks_once_and_keeps_the_worry(visitor: Client) -> None:
    asked = visitor.post("/answer/", {"place": "Springfield", "concern": "online", "role": "coach"}).text
    assert '<input type="hidden" name="concern" value="online">' in asked
    assert '<input type="hidden" name="role" value="coach">' in asked
    choice = re.search(r'name="here" value="([^"]+)"', asked)
    assert choice is not None
    given = visitor.post("/answer/", {"here": choice[1], "concern": "online", "role": "coach"})
    assert "Someone harms a child online" in given.text


@pytest.mark.parametrize("typed", ["", "   ", "qwxz", "x" * 10_000, "\x00\x07", "09001"])
def test_what_is_not_understood_is_never_a_dead_end(visitor: Client, typed: str) -> None:
    given = visitor.post("/answer/", {"place": typed})
    assert given.status_code == 200
    assert 'href="tel:911"' in given.text
    assert 'href="tel:+18004224453"' in given.text
    assert given.text.count('name="here" value="us/') == 56
    assert typed.strip() == "" or typed not in given.text


def test_an_address_of_a_form_that_someone_kept_leads_home(visitor: Client) -> None:
    for address, home in (("/answer/", "/"), ("/es/answer/", "/es/"), ("/number-trouble/", "/")):
        assert visitor.get(address).headers["Location"] == home


def test_the_other_language_of_an_answer_is_asked_by_post_with_what_was_resolved(visitor: Client) -> None:
    english = visitor.post("/answer/", {"place": "40202", "concern": "online", "role": "coach"}).text
    form = re.search(r'<form class="lang" method="post" action="(/es/answer/)">(.*?)</form>', english)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    assert fields == {"here": "us/ky/jefferson", "concern": "online", "role": "coach"}
    spanish = visitor.post(form[1], fields).text
    assert '<html lang="es">' in spanish
    assert "1-877-597-2331" in spanish


def test_a_base_stays_a_base_when_a_person_asks_again(visitor: Client) -> None:
    for typed in ("Fort Campbell", "Fort Knox, KY", "40121"):  # in two states, and in two counties
        asked = visitor.post("/answer/", {"place": typed, "concern": "abuse_neglect"}).text
        fields = _choices(asked)
        assert len(fields) >= 2
        for chosen in fields:
            assert chosen["concern"] == "abuse_neglect"
            given = visitor.post("/answer/", chosen).text
            assert "Family Advocacy Program" in given
            assert 'name="note" value="military"' in given
            assert "military" not in "".join(re.findall(r'(?:href|action)="(/[^"]*)"', given))
    assert (
        "Family Advocacy"
        not in visitor.post("/answer/", {"here": "us/ky", "note": "x", "concern": "online"}).text
    )


def test_of_two_places_of_one_name_only_the_base_is_answered_as_one(visitor: Client) -> None:
    fields = _choices(visitor.post("/answer/", {"place": "Fort Bragg"}).text)
    given = {chosen["here"]: visitor.post("/answer/", chosen, follow=True).text for chosen in fields}
    assert given.keys() == {"us/ca/mendocino", "us/nc/cumberland"}
    assert "Family Advocacy Program" in given["us/nc/cumberland"]
    assert "Family Advocacy Program" not in given["us/ca/mendocino"]


def test_tribal_land_stays_tribal_land_when_a_person_says_in_which_state(visitor: Client) -> None:
    asked = visitor.post("/answer/", {"place": "Navajo Nation", "concern": "abuse_neglect"}).text
    for chosen in _choices(asked):
        assert chosen["note"] == "tribal_land"
        assert 'name="note" value="tribal_land"' in visitor.post("/answer/", chosen).text


def _choices(asked: str) -> list[dict[str, str]]:
    """What each button of the question "which of these?" sends: the hidden fields of its form, and its own."""
    found = []
    for form in re.findall(r'<form method="post" action="/answer/">(.*?)</form>', asked):
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        found += [{**hidden, "here": slug} for slug in re.findall(r'name="here" value="([^"]+)"', form)]
    return found


# --- what stands on the pages -----------------------------------------------------------------------------------------


def _phones(page: str) -> list[str]:
    return re.findall(r'href="tel:([^"]+)"', page)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_every_page_of_a_jurisdiction_shows_911_first_and_no_number_that_is_held_back(
    visitor: Client, state: str, prefix: str
) -> None:
    facts, code = in_force().current(), f"US-{state.upper()}"
    bad = {known.value for known in facts.known_bad(code)}
    held = {c.value for c in facts.contacts(code) if c.withhold} - {
        c.value for c in facts.contacts(code) if not c.withhold
    }
    for kind in ("", "one-page/", "call-sheet/", "how-we-know/"):
        given = visitor.get(f"{prefix}/us/{state}/{kind}")
        assert given.status_code == 200
        phones = _phones(given.text)
        assert phones[0] == "911"
        assert not (bad - {c.value for c in facts.contacts(code) if not c.withhold}) & set(phones)
        assert not held & set(phones)
        assert "no-store" in given.headers["Cache-Control"]


def test_a_page_for_a_young_person_says_what_is_passed_on_before_each_button_and_never_report(
    visitor: Client,
) -> None:
    given = visitor.post("/answer/", {"concern": "about_me"}).text
    words = _words(given).lower().replace("report.cybertip.org", "")  # an address, not a word to a child
    assert "report" not in words
    assert "it is not your fault" in words
    cards = given.split('<li class="card">')[1:]
    assert len(cards) > 8
    for card in cards:
        if "711" in card:
            continue  # relay passes nothing on: it is a way to call the others
        assert 'class="notes"' in card
        assert card.index('class="notes"') < card.index("href=")


def test_the_first_ways_of_a_young_person_s_page_are_to_text_and_to_chat(visitor: Client) -> None:
    given = visitor.post("/answer/", {"concern": "about_me", "place": "40202"}).text
    ways = re.findall(r'class="(?:call|way[^"]*)" href="(sms|tel|http|mailto)', given)
    assert ways[:3] == ["sms", "http", "tel"]
    assert 'href="tel:+18775972331"' in given  # the child line of the place is there too


@pytest.mark.parametrize("typed", ["qwxz", "00000", "09001", "\x07"])
def test_a_young_person_is_told_that_their_place_was_not_found_and_keeps_every_line(
    visitor: Client, typed: str
) -> None:
    """Said before the lines, with a way to the box to try again in; the lines for anywhere stand as without a place."""
    given = visitor.post("/answer/", {"concern": "about_me", "place": typed}).text
    said = given.index("We did not find that place.")
    assert given.index("<h1>") < said < given.index('class="call"')
    assert 'href="#where"' in given
    assert '<form class="door" id="where"' in given
    assert typed not in given
    without = visitor.post("/answer/", {"concern": "about_me"}).text
    assert "We did not find that place." not in without
    lines = re.compile(r'href="((?:tel|sms|https?):[^"]+)"')
    assert lines.findall(given) == lines.findall(without)


def test_a_region_s_line_is_never_the_number_of_the_whole_state(visitor: Client) -> None:
    given = visitor.get("/us/nv/").text
    lamp = re.search(r'<a class="call" href="([^"]+)"', given)
    assert lamp is not None
    assert lamp[1] == "tel:+18004224453"
    assert given.index("+17023990081") < given.index('<a class="call"')
    assert "By county" in given


def test_a_line_that_connects_to_the_office_of_the_county_stands_above_all_else(visitor: Client) -> None:
    given = visitor.get("/us/oh/lucas/").text
    assert given.index('class="call" href="tel:+18556424453"') < given.index("<h1>")
    without = visitor.get("/us/as/").text  # here nobody is known who takes the call: that is said first
    assert without.index("We found no child line") < without.index('class="call"')


def test_home_says_the_duty_of_its_own_jurisdiction(visitor: Client, settings: Any) -> None:
    assert "In Kentucky everyone must report." in visitor.get("/").text
    settings.CONFIG = replace(config.read({}), home="US-NV")
    nevada = visitor.get("/").text
    assert "In Kentucky" not in nevada
    assert "Anyone in Nevada may report." in nevada


@pytest.mark.parametrize(
    "path", ["/", "/us/", "/us/ky/", "/us/ky/jefferson/", "/us/ky/how-we-know/", "/safety/"]
)
def test_titles_and_icon_tell_nothing_where_the_site_is_set_so(
    visitor: Client, settings: Any, path: str
) -> None:
    lamp = visitor.get("/icon.svg").content
    settings.CONFIG = replace(config.read({}), neutral_titles=True, site_name="Notes")
    assert _title(visitor.get(path).text) == "Notes"
    assert visitor.get("/icon.svg").content != lamp


def test_a_title_holds_at_most_a_jurisdiction_or_a_county(visitor: Client) -> None:
    assert _title(visitor.get("/us/ky/").text) == "Kentucky"
    assert _title(visitor.get("/us/ky/jefferson/").text) == "Jefferson County, Kentucky"
    assert _title(visitor.get("/us/ky/one-page/").text) == "Kentucky"
    assert _title(visitor.post("/us/ky/one-page/", {"role": "clergy"}).text) == "Kentucky"
    for concern in Concern:
        assert _title(visitor.post("/answer/", {"here": "us/ky", "concern": concern}).text) == "Kentucky"
    assert _title(visitor.post("/answer/", {"concern": "about_me"}).text) == "Porchlight"


def test_a_language_that_nobody_checked_says_so(visitor: Client) -> None:
    note = "Falta que una persona revise"
    assert note in visitor.get("/es/us/ky/").text
    assert note not in visitor.get("/us/ky/").text


# --- how we know ------------------------------------------------------------------------------------------------------


def _notes(value: object) -> Iterator[str]:
    """Every English note of a fact file, but those of numbers that are held back."""
    if isinstance(value, msgspec.Struct):
        if getattr(value, "withhold", None) is not None:
            return
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if name in ("note", "disputed", "date_note") and inner is not None:
                yield inner
            elif name in ("notes", "gaps", "safe_haven_notes"):
                yield from inner
            elif name not in ("sources",):
                yield from _notes(inner)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _notes(each)


@pytest.mark.parametrize("state", [*STATES, None])
def test_how_we_know_drops_no_note_no_source_and_no_wrong_number(visitor: Client, state: str | None) -> None:
    facts: Facts = in_force().current()
    file = facts.file(f"US-{state.upper()}" if state else None)
    page = visitor.get(f"/us/{state}/how-we-know/" if state else "/how-we-know/").text
    words = _words(page)
    lost = [note for note in _notes(file) if " ".join(note.split()) not in words]
    assert lost == []
    used = {
        source
        for contact in file.contacts
        if contact.withhold is None
        for source in (*contact.sources, *contact.hours.sources)
    }
    for source_id in used:
        source = facts.source(f"US-{state.upper()}" if state else None, source_id)
        assert " ".join(source.publisher.split()) in words
        if source.url is not None:
            assert html.escape(source.url) in page
    for bad in file.known_bad:
        assert f"<s>{html.escape(bad.printed)}</s>" in page


class _Languages(HTMLParser):
    """Each piece of text of a page with the language it is marked as."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self._open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "path", "br"):
            self._open.append((tag, dict(attrs).get("lang")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        marked = [lang for _, lang in self._open if lang is not None]
        self.said.append((" ".join(data.split()), marked[-1] if marked else ""))


@pytest.mark.parametrize("state", ["ky", "tx", "nv"])
def test_every_note_on_a_spanish_page_is_marked_as_english(visitor: Client, state: str) -> None:
    parser = _Languages()
    parser.feed(visitor.get(f"/es/us/{state}/how-we-know/").text)
    notes = {" ".join(note.split()) for note in _notes(in_force().current().file(f"US-{state.upper()}"))}
    found = [(words, lang) for words, lang in parser.said if words.strip("() ") in notes]
    assert len(found) > 10
    assert [words for words, lang in found if lang != "en"] == []
    assert {lang for words, lang in parser.said if words == "Números equivocados"} <= {"es"}


def test_every_reason_to_hold_a_number_back_has_words(visitor: Client) -> None:
    template = (Path(pages.__file__).parent / "templates/report/how_we_know.html").read_text()
    said = set(re.findall(r'reason == "(\w+)"', template))
    assert {reason.value for reason in WithholdReason} - said == {"wrong"}  # which the last branch says


# --- "this number did not work" ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_number_that_did_not_work_keeps_its_id_and_the_day_and_nothing_else(visitor: Client) -> None:
    for _ in range(2):
        given = visitor.post(
            "/number-trouble/",
            {"contact": "us-ky-intake", "here": "us/ky/jefferson", "name": "Canary", "concern": "online"},
        )
        assert "Thank you. We will look at that number." in given.text
        assert "+18775972331" not in _phones(given.text)
    kept = NumberTrouble.objects.values_list()
    today = dt.datetime.now(dt.UTC).date()
    assert [row[1:] for row in kept] == [("us-ky-intake", today, 2)]
    assert {field.name for field in NumberTrouble._meta.fields} == {"id", "contact", "day", "count"}


@pytest.mark.django_db(transaction=True)
def test_a_number_that_is_not_ours_is_not_written_down(visitor: Client) -> None:
    given = visitor.post("/number-trouble/", {"contact": "canary", "here": "us/ky"})
    assert "We could not write that down." in given.text
    assert not NumberTrouble.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_child_whose_call_failed_is_shown_whom_a_child_can_reach(visitor: Client) -> None:
    given = visitor.post("/number-trouble/", {"contact": "childhelp-text", "concern": "about_me"}).text
    assert "sms:741741" in given
    assert "report" not in _words(given).lower().replace("report.cybertip.org", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["missing", "locked"])
def test_a_database_that_is_missing_or_locked_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    file = tmp_path / "porchlight.sqlite3"
    _connect_to(file, monkeypatch)
    holder: sqlite3.Connection | None = None
    if state == "locked":
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute(f"CREATE TABLE {models._TABLE} (contact, day, count, UNIQUE (contact, day))")
        assert keep_trouble("us-ky-intake", DAY)
        holder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    assert not keep_trouble("us-ky-intake", DAY)
    assert time.monotonic() - began < 2  # the site's own connections would wait for five
    if holder is not None:
        holder.rollback()
        assert keep_trouble("us-ky-intake", DAY)
        assert holder.execute(f"SELECT count FROM {models._TABLE}").fetchone() == (2,)
        holder.close()


def _connect_to(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `keep_trouble` write to the SQLite file of a site, with the settings that a site has."""
    from django.db.backends.sqlite3.base import DatabaseWrapper

    values: dict[str, Any] = {
        **settings.DATABASES["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {"timeout": 5, "transaction_mode": "IMMEDIATE"},
        "TIME_ZONE": None,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
    monkeypatch.setattr(models, "connection", DatabaseWrapper(values, "default"))


# --- arranging --------------------------------------------------------------------------------------------------------


def test_no_contact_of_an_answer_is_lost_on_its_way_to_the_page(visitor: Client) -> None:
    from porchlight import report

    at = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
    for code, _ in places.jurisdictions():
        where = places.place_for(code)
        for concern in Concern:
            given = report.answer(where, concern, Role.anyone, at)
            page = pages.arrange(given, where)
            shown = {
                way.contact.id for card in (*page.regional, *page.cards, *page.more) for way in card.ways
            }
            if page.first is not None:
                shown.add(page.first.id)
            hidden = {contact.id for contact in given.contacts} - shown
            role = {contact.role.value for contact in given.contacts if contact.id in hidden}
            assert role <= {"emergency"}, (code, concern)


def test_what_holds_for_all_ways_of_a_card_is_said_once_and_nothing_is_left_out() -> None:
    from porchlight import report

    at = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
    given = report.answer(None, Concern.about_me, Role.youth, at)
    page = pages.arrange(given, None)
    for card in (*page.cards, *page.more):
        for way in card.ways:
            assert set(card.before) | set(way.before) == {*way.contact.limits, *way.contact.pass_on}
            assert not set(card.before) & set(way.before)
            assert {*way.contact.trust} <= {*card.after, *way.after}


# --- what a frightened person sees first ------------------------------------------------------------------------------


def test_in_danger_nothing_to_call_stands_above_911_and_what_to_do(visitor: Client) -> None:
    given = visitor.post("/answer/", {"here": "us/oh", "concern": "danger_now"}).text
    main = given[given.index("<main") :]
    assert re.findall(r'href="(?:tel|sms):([^"]+)"', main)[:2] == ["911", "+18556424453"]
    assert (
        main.index('class="danger sos"') < main.index("Call 911 now.") < main.index('href="tel:+18556424453"')
    )


def test_asking_which_place_gives_a_number_before_the_places_to_choose_from(visitor: Client) -> None:
    given = visitor.post("/answer/", {"place": "Springfield"}).text
    assert given.index('class="call"') < given.index('name="here"')


def test_a_long_web_address_may_break_at_its_dots_and_slashes_and_opens_unbroken(visitor: Client) -> None:
    given = visitor.get("/us/ky/").text
    assert 'href="https://prd.webapps.chfs.ky.gov/reportabuse' in given
    assert "prd<wbr>.webapps<wbr>.chfs<wbr>.ky<wbr>.gov/<wbr>reportabuse" in given


def test_no_number_and_no_date_breaks_at_the_end_of_a_row_where_we_say_how_we_know(visitor: Client) -> None:
    given = visitor.get("/how-we-know/").text
    assert '<span class="number">1-800-4-A-CHILD</span> (<span class="number">1-800-422-4453</span>)' in given
    assert re.search(r'We last compared it on <span class="number">\d{4}-\d\d-\d\d</span>', given)
