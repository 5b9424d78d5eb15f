"""The sign-up pages: what they take, what they keep, and what they never tell."""

from __future__ import annotations

import datetime as dt
import html
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from porchlight.alerts import config, consent, numbers, sign_up_form, subscribe
from porchlight.alerts.models import (
    Consent,
    Delivery,
    Number,
    Program,
    SignUpCode,
    SignUpCount,
    Subscriber,
    Suppression,
)
from tests.alerts.conversation import NOON, Telephone, program
from tests.site import canary

pytestmark = pytest.mark.django_db

PHONE = "+15025550134"
FORM = {
    "number": "(502) 555-0134",
    "zip": "40202",
    "age": "34",
    "language": "en",
    "program": "local",
    "agree": "yes",
}


class Visitor:
    """Someone at the pages. `now` is the clock that the pages see."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.client = Client(headers={"host": "localhost"})
        self.now = NOON
        patch.setattr("django.utils.timezone.now", lambda: self.now)

    def later(self, **time: float) -> None:
        self.now += dt.timedelta(**time)

    def opens(self, path: str = "/alerts/") -> Any:
        return self.client.get(path)

    def asks(self, path: str = "/alerts/", **changes: Any) -> Any:
        """Open the form, fill it in, and send it ten seconds later."""
        shown = self.opens(path)
        self.later(seconds=10)
        form = {"t": hidden(shown, "t")} | FORM | changes
        return self.client.post(path, {name: value for name, value in form.items() if value is not None})

    def types(self, page: Any, code: str, path: str = "/alerts/code/") -> Any:
        self.later(seconds=10)
        return self.client.post(path, {"page": hidden(page, "page"), "code": code})


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found[0]


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    program()
    return Visitor(monkeypatch)


@pytest.fixture
def phone() -> Telephone:
    return Telephone(PHONE)


def signed_up(visitor: Visitor, phone: Telephone, **changes: Any) -> Any:
    page = visitor.asks(**changes)
    code = code_in(phone.new()[-1])
    done = visitor.types(page, code)
    phone.new()
    return done


# --- joining ----------------------------------------------------------------------------------------------------------


def test_a_person_joins_by_typing_the_code_that_came_by_text(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks()
    (text,) = phone.new()
    assert phone.subscriber.state == Subscriber.State.PENDING
    assert Consent.objects.count() == 0
    done = visitor.types(page, code_in(text))
    assert "You will get texts from us" in done.text
    assert phone.subscriber.state == Subscriber.State.ACTIVE
    assert "Local news" in phone.new()[0]
    assert not SignUpCode.objects.exists()
    assert not done.cookies


@pytest.mark.parametrize("by_text", [False, True])
def test_who_joins_two_programs_is_told_of_both_in_one_text(
    visitor: Visitor, phone: Telephone, by_text: bool
) -> None:
    program("school", names={"en": "School news", "es": "Avisos de la escuela"}, keywords={"en": "SCHOOL"})
    page = visitor.asks(program=["local", "school"])
    code = code_in(phone.new()[-1])
    if by_text:
        welcomes = phone.text(code)
    else:
        visitor.types(page, code)
        welcomes = phone.new()
    (welcome,) = welcomes
    assert "Local news and School news" in welcome
    assert "STOP" in welcome
    assert phone.subscriber.enrollments.filter(active=True).count() == 2


def test_consent_keeps_the_exact_words_that_were_shown(visitor: Visitor, phone: Telephone) -> None:
    shown = visitor.opens().text
    words = consent.words("web-1", config.alerts().organization, "en")
    assert html.escape(words) in shown
    signed_up(visitor, phone)
    kept = Consent.objects.get()
    assert (kept.wording, kept.language, kept.source) == ("web-1", "en", Consent.Source.WEB)
    assert kept.wording_sha256 == consent.sha256(words)
    assert kept.asked < kept.confirmed  # type: ignore[operator]
    assert kept.program is not None
    assert kept.program.slug == "local"


def test_consent_in_spanish_is_of_the_spanish_words(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks("/es/alerts/", language="es")
    visitor.types(page, code_in(phone.new()[-1]), "/es/alerts/code/")
    words = consent.words("web-1", config.alerts().organization, "es")
    assert Consent.objects.get().wording_sha256 == consent.sha256(words)
    assert phone.subscriber.language == "es"


def test_the_box_of_consent_is_not_ticked(visitor: Visitor) -> None:
    box = re.search(r'<input[^>]*name="agree"[^>]*>', visitor.opens().text)
    assert box is not None
    assert "checked" not in box[0]


@pytest.mark.parametrize("missing", ["number", "zip", "age", "program", "agree"])
def test_nothing_is_kept_and_nothing_sent_where_something_is_missing(visitor: Visitor, missing: str) -> None:
    changes: dict[str, Any] = {missing: None}
    page = visitor.asks(**changes)
    assert "Please look at this again" in page.text
    assert not Number.objects.exists()
    assert not SignUpCount.objects.exists()


@pytest.mark.parametrize(
    "number",
    [
        "800-555-0134",  # toll-free
        "900-234-5678",  # premium
        "+44 7400 123456",
        "+1 416 234 5678",  # Toronto
        "876-234-5678",  # Jamaica
        "555-0134",
        "911",
        "502-555-1234",  # no telephone
        "502-155-0134",  # no exchange begins with 1
        "(502) 234-5678 x9",
        "not a number",
        "5" * 200,
    ],
)
def test_only_a_number_that_a_text_can_reach_in_the_united_states_is_taken(
    visitor: Visitor, number: str
) -> None:
    assert "Type a U.S. mobile number" in visitor.asks(number=number).text
    assert not Number.objects.exists()


@pytest.mark.parametrize("number", ["502-234-5678", "787 234 5678", "+1 (671) 234-5678", "1.907.234.5678"])
def test_numbers_of_states_and_territories_are_taken_however_they_are_written(number: str) -> None:
    assert sign_up_form.e164_of(number, practice=False) == "+1" + "".join(re.findall(r"\d", number))[-10:]


def test_a_number_of_stories_is_taken_in_practice_alone() -> None:
    assert sign_up_form.e164_of("502-555-0134", practice=True) == PHONE
    assert sign_up_form.e164_of("502-555-0134", practice=False) is None


# --- age --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["1", "9", "12"])
def test_under_13_nothing_is_kept_and_the_lines_are_shown(visitor: Visitor, age: str) -> None:
    page = visitor.asks(age=age)
    assert "tel:911" in page.text
    assert 'href="sms:' in page.text
    assert "Kentucky" in page.text
    for model in (Number, Subscriber, SignUpCode, SignUpCount, Delivery):
        assert not model._default_manager.exists()


def test_the_form_does_not_tell_which_age_it_wants(visitor: Visitor) -> None:
    main = re.search(r"<main.*</main>", visitor.opens().text, re.DOTALL)
    assert main is not None
    assert not re.search(r"\b1[23]\b|thirteen|older|under", re.sub(r"<option.*?</option>", "", main[0]))


@pytest.mark.parametrize("age", ["", "0", "121", "12.5", "abc", "-20", "٣٤"])
def test_an_age_that_is_none_is_asked_again_without_a_hint(visitor: Visitor, age: str) -> None:
    page = visitor.asks(age=age)
    assert "Type your age in years" in page.text
    assert not Number.objects.exists()


# --- machines ---------------------------------------------------------------------------------------------------------


def test_a_form_that_was_filled_faster_than_a_hand_can_is_shown_again(visitor: Visitor) -> None:
    shown = visitor.opens()
    page = visitor.client.post("/alerts/", FORM | {"t": hidden(shown, "t")})
    assert "check what you typed" in page.text
    assert not Number.objects.exists()


@pytest.mark.parametrize("stamp", ["", "1", "1764000000:forged", None])
def test_a_form_that_we_did_not_show_is_shown_again(visitor: Visitor, stamp: str | None) -> None:
    assert "check what you typed" in visitor.asks(t=stamp).text
    assert not Number.objects.exists()


def test_a_form_that_was_open_for_hours_is_shown_again_with_what_was_typed(visitor: Visitor) -> None:
    shown = visitor.opens()
    visitor.later(hours=3)
    page = visitor.client.post("/alerts/", FORM | {"t": hidden(shown, "t")})
    assert "check what you typed" in page.text
    assert 'value="(502) 555-0134"' in page.text
    visitor.later(seconds=10)
    assert "Type the code" in visitor.client.post("/alerts/", FORM | {"t": hidden(page, "t")}).text


def test_what_fills_the_field_that_no_person_sees_gets_no_code(visitor: Visitor) -> None:
    page = visitor.asks(website="https://spam.example")
    assert "check what you typed" in page.text
    assert not Number.objects.exists()


# --- limits -----------------------------------------------------------------------------------------------------------


def codes_sent() -> int:
    return Delivery.objects.filter(kind=Delivery.Kind.CODE).count()


def test_one_number_gets_only_so_many_codes_an_hour_and_a_day_and_the_page_stays_the_same(
    visitor: Visitor,
) -> None:
    limits = config.alerts().sign_up
    pages = [visitor.asks() for _ in range(limits.number_per_hour + 2)]
    assert codes_sent() == limits.number_per_hour
    assert all("Type the code" in page.text for page in pages)
    for _ in range(10):
        visitor.later(hours=1)
        assert "Type the code" in visitor.asks().text
    assert codes_sent() == limits.number_per_day
    visitor.later(days=1)
    visitor.asks()
    assert codes_sent() == limits.number_per_day + 1


def test_all_numbers_together_get_only_so_many_codes_an_hour(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = config.SignUpLimits(number_per_hour=3, number_per_day=6, all_per_hour=2)
    given = config.alerts()
    monkeypatch.setattr(config, "alerts", lambda: replace(given, sign_up=few))
    for last in ("01", "02"):
        assert "Type the code" in visitor.asks(number=f"502-555-01{last}").text
    assert "cannot do that right now" in visitor.asks(number="502-555-0103").text
    assert codes_sent() == 2
    visitor.later(hours=1)
    assert "Type the code" in visitor.asks(number="502-555-0103").text


def test_no_code_is_asked_for_on_a_day_whose_money_is_spent(visitor: Visitor) -> None:
    from porchlight.alerts.models import SenderState

    SenderState.objects.create(name="practice", day=NOON.date(), cost_today=config.alerts().cost.ceiling)
    assert "cannot do that right now" in visitor.asks().text
    assert codes_sent() == 0
    visitor.later(days=1)
    assert "Type the code" in visitor.asks().text


# --- codes ------------------------------------------------------------------------------------------------------------


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_after_five_wrong_codes_the_right_one_does_not_help(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks()
    code = code_in(phone.new()[0])
    for _ in range(5):
        assert "That is not the code" in visitor.types(page, wrong(code)).text
    assert "does not work any more" in visitor.types(page, code).text
    assert phone.subscriber.state == Subscriber.State.PENDING


def test_four_wrong_codes_and_the_right_one(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks()
    code = code_in(phone.new()[0])
    for _ in range(4):
        visitor.types(page, wrong(code))
    assert "You will get texts" in visitor.types(page, f"{code[:3]} {code[3:]} ").text


def test_a_code_works_for_ten_minutes(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks()
    visitor.later(minutes=10)
    assert "does not work any more" in visitor.types(page, code_in(phone.new()[0])).text


def test_a_code_works_only_on_the_page_that_asked_for_it_last(visitor: Visitor, phone: Telephone) -> None:
    first = visitor.asks()
    old = code_in(phone.new()[0])
    second = visitor.asks()
    new = code_in(phone.new()[0])
    assert "not the code" in visitor.types(first, old).text
    assert "not the code" in visitor.types(first, new).text
    assert "You will get texts" in visitor.types(second, new).text


def test_a_code_is_kept_only_as_a_keyed_hash(visitor: Visitor, phone: Telephone) -> None:
    visitor.asks()
    code = code_in(phone.new()[0])
    row = SignUpCode.objects.get()
    assert code.encode() not in bytes(row.code)
    assert len(bytes(row.code)) == 32


@pytest.mark.parametrize("page", ["", "x", "AAAA", "é", "A" * 10_000])
def test_a_page_that_we_did_not_make_leads_to_the_first_one(visitor: Visitor, page: str) -> None:
    answer = visitor.client.post("/alerts/code/", {"page": page, "code": "123456"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/alerts/"


def test_the_page_with_the_code_can_be_read_in_the_other_language(visitor: Visitor) -> None:
    page = visitor.asks()
    other = visitor.client.post("/es/alerts/code/", {"page": hidden(page, "page")})
    assert '<html lang="es">' in other.text
    assert 'role="alert"' not in other.text


# --- what is not told -------------------------------------------------------------------------------------------------


def _without_what_differs(page: Any) -> str:
    return re.sub(r'value="[^"]{20,}"', "", page.text)


def test_the_pages_do_not_tell_whether_a_number_is_known(visitor: Visitor, phone: Telephone) -> None:
    signed_up(visitor, phone)
    stopped = Telephone("+15025550135", now=visitor.now)
    stopped.text("STOP")
    asked = {number: visitor.asks(number=number) for number in (PHONE, "+15025550135", "+15025550136")}
    assert len({_without_what_differs(page) for page in asked.values()}) == 1
    for _ in range(7):
        tried = [visitor.types(page, "000000") for page in asked.values()]
        assert len({_without_what_differs(page) for page in tried}) == 1
    left = [visitor.asks("/alerts/leave/", number=number) for number in (*asked, "+15025550137")]
    assert len({_without_what_differs(page) for page in left}) == 1
    for _ in range(7):
        tried = [visitor.types(page, "000000") for page in left]
        assert len({_without_what_differs(page) for page in tried}) == 1


def test_a_number_that_said_stop_gets_no_code_and_cannot_be_joined_by_guessing(
    visitor: Visitor, phone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.now = visitor.now
    phone.text("STOP")
    monkeypatch.setattr("secrets.randbelow", lambda _most: 123456)
    page = visitor.asks()
    assert phone.new() == []
    assert "not the code" in visitor.types(page, "123456").text
    assert phone.number.stopped
    assert numbers.is_stopped(PHONE)


def test_a_number_that_said_stop_and_was_typed_on_the_page_joins_by_its_own_yes(
    visitor: Visitor, phone: Telephone
) -> None:
    phone.now = visitor.now
    phone.text("STOP")
    visitor.asks()
    phone.now = visitor.now
    assert "Local news" in phone.text("YES")[0]
    assert not phone.number.stopped


def test_the_number_stands_in_no_page_but_the_one_it_was_typed_on(visitor: Visitor, phone: Telephone) -> None:
    page = visitor.asks()
    code = code_in(phone.new()[0])
    for each in (page, visitor.types(page, wrong(code)), visitor.types(page, code)):
        assert "0134" not in each.text
        assert "40202" not in each.text
    again = visitor.asks(zip="00000")
    assert "(502) 555-0134" in again.text


def test_a_child_s_birth_month_is_kept_sealed_with_the_series(visitor: Visitor, phone: Telephone) -> None:
    by_age()
    page = visitor.asks(program=["local", "parenting"], birth_month="5", birth_year="2024")
    visitor.types(page, code_in(phone.new()[0]))
    kept = {each.program.slug: subscribe.birth_month_of(each) for each in phone.subscriber.enrollments.all()}
    assert kept == {"local": "", "parenting": "2024-05"}


def by_age() -> None:
    program(
        "parenting", kind="series", series="parenting", names={"en": "Tips", "es": "Consejos"}, keywords={}
    )


@pytest.mark.parametrize(
    "given", [("", ""), ("5", ""), ("", "2024"), ("13", "2024"), ("5", "1990"), ("12", "2026")]
)
def test_half_a_month_or_one_that_no_child_has_is_asked_again(
    visitor: Visitor, given: tuple[str, str]
) -> None:
    by_age()
    page = visitor.asks(program=["local", "parenting"], birth_month=given[0], birth_year=given[1])
    assert "pick the month and the year" in page.text


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_a_person_ends_the_texts_on_the_page(visitor: Visitor, phone: Telephone) -> None:
    signed_up(visitor, phone)
    page = visitor.asks("/alerts/leave/", number=PHONE)
    assert phone.subscriber.state == Subscriber.State.ACTIVE
    done = visitor.types(page, code_in(phone.new()[0]))
    assert "no more texts" in done.text
    assert phone.subscriber.state == Subscriber.State.LEFT
    assert Suppression.objects.get().source == Suppression.Source.WEB
    assert Consent.objects.get().revoked is not None
    assert phone.new() == []


def test_asking_to_leave_makes_no_row_of_a_number_that_we_do_not_know(visitor: Visitor) -> None:
    visitor.asks("/alerts/leave/", number=PHONE)
    assert not Number.objects.exists()
    assert codes_sent() == 0


# --- when it is closed ------------------------------------------------------------------------------------------------


def test_with_nothing_to_join_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    program(open=False)
    assert "We send no texts" in Visitor(monkeypatch).opens().text


def test_a_new_site_offers_its_programs_before_any_text_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Program.objects.exists()
    page = Visitor(monkeypatch).opens().text
    assert all(f'value="{slug}"' in page for slug in ("local", "parenting", "body-safety", "online-safety"))


def test_the_home_page_and_every_footer_lead_here(visitor: Visitor) -> None:
    assert visitor.opens("/").text.count('href="/alerts/"') == 2
    assert 'href="/es/alerts/"' in visitor.opens("/es/privacy/").text


def test_a_series_that_nobody_read_is_not_offered_where_texts_leave_the_house(
    visitor: Visitor, phone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_age()
    assert "Tips" in visitor.opens().text
    real = replace(config.sender("practice"), carrier=config.CarrierKind.HTTP)
    given = replace(config.alerts(), senders=(real,))
    monkeypatch.setattr(config, "alerts", lambda: given)
    assert "Local news" in visitor.opens().text
    assert "Tips" not in visitor.opens().text
    assert "Pick at least one" in visitor.asks(program="parenting", number="502-234-5678").text


# --- nothing in clear -------------------------------------------------------------------------------------------------


def test_a_whole_sign_up_leaves_no_number_and_no_words_in_any_file_or_log(tmp_path: Path) -> None:
    secret = "5025550147"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with canary.server(tmp_path, "porchlight.site.settings", PORCHLIGHT_DATABASE_URL="") as server:
        _porchlight(tmp_path, "from porchlight.alerts import programs; programs.sync()")
        _status, shown = canary.send(server.port, canary.Sent("GET", "/alerts/", {}))
        stamp = re.search(r'name="t" value="([^"]*)"', shown.decode())
        assert stamp is not None
        time.sleep(sign_up_form.LEAST_SECONDS + 1)
        fields = FORM | {"number": secret, "t": html.unescape(stamp[1])}
        sent = canary.Sent("POST", "/alerts/", form, urlencode(fields).encode())
        assert b"Type the code" in canary.send(server.port, sent)[1]
        _porchlight(
            tmp_path,
            "from django.utils import timezone; from porchlight.alerts import inbound;"
            "from porchlight.alerts.carriers import Received;"
            f"inbound.receive('practice', Received('m1', '+1{secret}', 'x', '{canary.WORD} hits me'), timezone.now())",
        )
        assert (tmp_path / "data" / "porchlight.sqlite3").exists()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(files) > 3
        for path in files:
            content = path.read_bytes()
            assert not canary.found_in(content), path.name
            assert secret.encode() not in content, path.name
            assert secret[3:].encode() not in content, path.name


def _porchlight(folder: Path, code: str) -> None:
    environ = os.environ | {
        "PORCHLIGHT_DATA_DIR": str(folder / "data"),
        "PORCHLIGHT_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "porchlight.site.settings",
    }
    subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"], env=environ, check=True, timeout=60
    )
