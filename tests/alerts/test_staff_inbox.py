"""The inbox, programs, subscribers and the record, on the pages of staff."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from porchlight.alerts import claims, inbound, keyring, numbers, programs
from porchlight.alerts.carriers import Received
from porchlight.alerts.models import (
    Broadcast,
    Delivery,
    Inbound,
    Number,
    Program,
    Review,
    StaffAction,
    Subscriber,
    Suppression,
)
from porchlight.alerts.staff import inbox
from porchlight.alerts.staff.people import DEEDS
from porchlight.alerts.staff.roles import Role
from tests.alerts import office
from tests.alerts.test_staff_broadcasts import sent

pytestmark = pytest.mark.django_db

PHONE = "+15025550123"
WORDS = "my stepdad scares me"


@pytest.fixture
def ana(db: None) -> Client:
    return office.at_work(office.member("ana", Role.AUTHOR))


def wrote(words: str = WORDS, e164: str = PHONE, *, ago: dt.timedelta = dt.timedelta()) -> Inbound:
    """Someone sends us words."""
    now = timezone.now() - ago
    nth = Inbound.objects.count()
    inbound.receive("practice", Received(f"m{nth}", e164, "+15025550100", words), now)
    return Inbound.objects.latest("pk")


def do(client: Client, row: Inbound, what: str, **fields: str) -> int:
    return client.post(reverse("staff:text", args=[row.pk]), {"do": what} | fields).status_code


def page(client: Client, row: Inbound) -> str:
    return client.get(reverse("staff:text", args=[row.pk])).content.decode()


def test_a_text_shows_its_words_and_never_its_whole_number(ana: Client) -> None:
    row = wrote()
    for shown in (ana.get("/staff/inbox/").content.decode(), page(ana, row)):
        assert WORDS in shown
        assert "(502) •••-••23" in shown
        assert "5550123" not in shown
        assert "555-0123" not in shown


def test_only_words_wait_for_a_person_and_no_command_does(ana: Client) -> None:
    wrote("HELP")
    wrote("40202")
    assert inbox.waiting() == 0
    wrote()
    assert inbox.waiting() == 1
    assert "1<span" in ana.get("/staff/").content.decode()


def test_opening_a_text_marks_who_saw_it_first(ana: Client) -> None:
    row = wrote()
    page(ana, row)
    ben = office.at_work(office.member("ben", Role.AUTHOR))
    page(ben, row)
    row.refresh_from_db()
    assert row.seen_by is not None
    assert row.seen_by.username == "ana"
    assert inbox.waiting() == 1  # seen is not dealt with


def test_the_answer_beside_it_is_for_the_place_of_the_sign_up(ana: Client) -> None:
    office.subscriber(office.program(), PHONE, "43215")
    shown = page(ana, wrote())
    assert "Columbus, Franklin County, Ohio" in shown
    assert "where they said they are" in shown
    assert 'href="tel:+18556424453"' in shown  # Ohio's own line, from the facts, to be pressed


def test_without_a_sign_up_it_is_for_the_area_code_and_says_that_this_is_a_guess(ana: Client) -> None:
    shown = page(ana, wrote(e164="+18085550123"))
    assert "Hawaii" in shown
    assert "by their area code" in shown


def test_the_protocol_says_what_staff_must_do_and_that_they_may_have_a_duty(ana: Client) -> None:
    shown = page(ana, wrote())
    for said in (
        "Call 911",
        "You may have a duty to",
        "Do not look into it yourself",
        "What the law asks of you",
    ):
        assert said in shown


# --- the number -------------------------------------------------------------------------------------------------------


def test_a_full_look_needs_a_reason_is_on_record_and_lasts_one_page(ana: Client) -> None:
    row = wrote()
    where = reverse("staff:text", args=[row.pk])
    assert ana.post(where, {"do": "look", "why": " "}).status_code == 422
    assert not StaffAction.objects.exists()
    shown = ana.post(where, {"do": "look", "why": "For the hotline"}).content.decode()
    assert PHONE in shown
    action = StaffAction.objects.get()
    assert (action.what, action.why, action.number_id) == ("look", "For the hotline", row.number_id)
    assert action.who.username == "ana"
    assert PHONE not in page(ana, row)


# --- writing back -----------------------------------------------------------------------------------------------------


def replies_to(row: Inbound) -> list[str]:
    found = Delivery.objects.filter(number=row.number, kind=Delivery.Kind.REPLY).order_by("pk")[
        1:
    ]  # after our own answer
    return [
        keyring.unseal(each.seal_key, each.sealed_body, claims.BODY).decode()
        for each in found
        if each.seal_key and each.sealed_body
    ]


def test_a_reply_is_sent_and_on_record_without_its_words(ana: Client) -> None:
    row = wrote()
    assert do(ana, row, "reply", text="Please call 1-877-597-2331. We are here.") == 302
    assert replies_to(row) == ["Please call 1-877-597-2331. We are here."]
    action = StaffAction.objects.get()
    assert (action.what, action.why) == ("replied", "")


@pytest.mark.parametrize("text", ["", "We heard of the abuse", "x" * 1000])
def test_a_reply_that_tells_too_much_is_not_sent(ana: Client, text: str) -> None:
    row = wrote()
    assert do(ana, row, "reply", text=text) == 422
    assert replies_to(row) == []


def test_after_a_day_a_reply_would_be_a_text_that_we_start(ana: Client) -> None:
    row = wrote(ago=dt.timedelta(hours=25))
    assert "More than a day has passed" in page(ana, row)
    assert do(ana, row, "reply", text="Please call us.") == 422
    assert replies_to(row) == []


def test_a_stopped_number_can_be_answered_for_it_wrote_to_us(ana: Client) -> None:
    wrote("STOP")
    row = wrote()
    assert do(ana, row, "reply", text="Please call 1-877-597-2331.") == 302


# --- done -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", sorted(inbox.OUTCOMES))
def test_what_became_of_it_is_marked_and_can_be_opened_again(ana: Client, outcome: str) -> None:
    row = wrote()
    assert do(ana, row, "handle", outcome=outcome) == 302
    assert inbox.waiting() == 0
    assert StaffAction.objects.get().what == f"handled_{outcome}"
    do(ana, row, "reopen")
    assert inbox.waiting() == 1


def test_a_made_up_outcome_changes_nothing(ana: Client) -> None:
    row = wrote()
    do(ana, row, "handle", outcome="gone")
    do(ana, row, "dance")
    assert inbox.waiting() == 1


def paused() -> Inbound:
    """A subscriber wrote something that may have meant STOP."""
    office.subscriber(office.program(), PHONE)
    row = wrote("please stop this")
    assert row.paused_alerts
    assert Subscriber.objects.get().state == Subscriber.State.PAUSED
    return row


def test_alerts_go_on_when_it_was_no_stop(ana: Client) -> None:
    row = paused()
    assert "This may mean STOP" in page(ana, row)
    do(ana, row, "wake")
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    assert "This may mean STOP" not in page(ana, row)


def test_alerts_end_when_it_was_a_stop(ana: Client) -> None:
    row = paused()
    do(ana, row, "stop")
    assert Subscriber.objects.get().state == Subscriber.State.LEFT
    assert numbers.is_stopped(PHONE)
    do(ana, row, "wake")
    assert Subscriber.objects.get().state == Subscriber.State.LEFT


# --- subscribers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["502-555-0123", "(502) 555 0123", "+1 502 555 0123", "15025550123"])
def test_someone_who_called_gets_no_more_texts_even_if_we_never_knew_them(ana: Client, typed: str) -> None:
    assert ana.post("/staff/subscribers/revoke/", {"number": typed}).status_code == 302
    assert numbers.is_stopped(PHONE)
    assert Suppression.objects.get().source == Suppression.Source.STAFF
    assert StaffAction.objects.get().what == "revoked"


def test_a_revocation_cancels_what_waits(ana: Client) -> None:
    to = office.program()
    number = office.subscriber(to, PHONE)
    Delivery.objects.all().delete()
    sent(to, 0)
    assert Delivery.objects.filter(number=number, state=Delivery.State.QUEUED).exists()
    ana.post("/staff/subscribers/revoke/", {"number": PHONE})
    assert set(Delivery.objects.filter(number=number).values_list("state", flat=True)) == {
        Delivery.State.CANCELLED
    }


@pytest.mark.parametrize("typed", ["", "911", "hello", "+44 20 7946 0958", "502-555"])
def test_what_is_no_u_s_number_is_refused(ana: Client, typed: str) -> None:
    assert ana.post("/staff/subscribers/revoke/", {"number": typed}).status_code == 422
    assert not Number.objects.exists()


def test_counts_hide_counties_of_a_few(ana: Client) -> None:
    to = office.program()
    for nth in range(5):
        office.subscriber(to, f"+1502555020{nth}", "40202")
    office.subscriber(to, "+18595550300", "40506", "es")
    shown = ana.get("/staff/subscribers/").content.decode()
    assert "6 people get texts" in shown
    assert "<span>Jefferson County</span> <strong>5</strong>" in shown
    assert "<span>Fayette County</span> <strong>under 5</strong>" in shown
    assert "555" not in shown


# --- programs ---------------------------------------------------------------------------------------------------------


def change(to: Program, **fields: str) -> dict[str, str]:
    names = {"name_en": to.names["en"], "name_es": to.names["es"], "open": "on"}
    return names | {f"keyword_{code}": word for code, word in to.keywords.items()} | fields


def test_an_approver_names_opens_and_closes_a_program() -> None:
    boss, to = office.at_work(office.member("boss", Role.APPROVER)), office.program()
    where = reverse("staff:program", args=[to.slug])
    fields = change(to, name_en="School news", keyword_es="farol")
    del fields["open"]
    assert boss.post(where, fields).status_code == 302
    to.refresh_from_db()
    assert (to.names["en"], to.keywords, to.open) == ("School news", {"en": "LAMP", "es": "FAROL"}, False)


@pytest.mark.parametrize(
    "word", ["SOS", "socorro", "STOP", "help", "40202", "Ohio", "two words", "alto", "taken", "l*mp"]
)
def test_a_keyword_must_mean_nothing_else(word: str) -> None:
    boss, to = office.at_work(office.member("boss", Role.APPROVER)), office.program()
    Program.objects.create(
        slug="other", kind="alerts", names={"en": "x", "es": "x"}, keywords={"en": "TAKEN"}
    )
    response = boss.post(reverse("staff:program", args=[to.slug]), change(to, keyword_en=word))
    assert response.status_code == 422
    to.refresh_from_db()
    assert to.keywords == {"en": "LAMP"}


def test_a_review_holds_for_exactly_the_words_that_were_on_the_page() -> None:
    programs.sync()
    series = Program.objects.get(slug="parenting")
    boss = office.at_work(office.member("boss", Role.APPROVER))
    where = reverse("staff:program", args=[series.slug])
    shown = boss.get(where)
    assert "Only the practice phone gets this series" in shown.content.decode()
    said = {"name": "Dr. Ada Example", "profession": "pediatrician", "day": "2026-11-20"}
    post = reverse("staff:review", args=[series.slug])
    assert boss.post(post, said | {"words": "0" * 64}).status_code == 422
    assert (
        boss.post(post, said | {"words": shown.context["fingerprint"], "day": "2126-01-01"}).status_code
        == 422
    )
    assert boss.post(post, said | {"words": shown.context["fingerprint"], "name": ""}).status_code == 422
    assert not Review.objects.exists()
    assert boss.post(post, said | {"words": shown.context["fingerprint"]}).status_code == 302
    assert programs.is_reviewed(series)
    assert Review.objects.get().recorded_by.username == "boss"
    assert "Only the practice phone gets this series" not in boss.get(where).content.decode()


@pytest.mark.parametrize("slug", ["parenting", "body-safety", "online-safety"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_tip_stands_on_the_page_with_its_sources(ana: Client, slug: str, language: str) -> None:
    programs.sync()
    series = Program.objects.get(slug=slug)
    response = ana.get(reverse("staff:program", args=[slug]), {"lang": language})
    shown = response.content.decode()
    assert response.context["tips"] == programs.tips_of(series)
    assert shown.count('class="bubble"') == 2 * len(programs.tips_of(series))
    for tip in programs.tips_of(series):
        for source, _says in tip.sources:
            assert source.url.replace("&", "&amp;") in shown


def test_a_series_file_that_is_broken_is_said_and_breaks_no_page(ana: Client) -> None:
    folder: Path = settings.CONFIG.data_dir / "series"
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / "parenting.yaml"
    own.write_text("clock: nonsense\n", encoding="utf-8")
    try:
        Program.objects.create(
            slug="parenting", kind="series", names={"en": "x", "es": "x"}, series="parenting"
        )
        response = ana.get(reverse("staff:program", args=["parenting"]))
        assert response.status_code == 200
        assert "parenting.yaml" in response.content.decode()
        assert ana.get("/staff/programs/").status_code == 200
    finally:
        own.unlink()


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_record_says_who_did_what_with_masked_numbers(ana: Client) -> None:
    row = wrote()
    do(ana, row, "look", why="For the hotline")
    do(ana, row, "handle", outcome="reported")
    boss = office.at_work(office.member("boss", Role.APPROVER))
    shown = boss.get("/staff/record/").content.decode()
    for said in ("looked at a number in full", "For the hotline", "(502) •••-••23", "we called the hotline"):
        assert said in shown
    assert PHONE not in shown


def test_every_deed_that_is_recorded_has_its_words() -> None:
    """Whatever the code writes on record, by reading the code itself."""
    folder = Path(inbound.__file__).parent
    written: set[str] = set()
    for path in [*folder.glob("staff/*.py"), folder / "numbers.py"]:
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r'record\(\s*(?:request\.user|user), "(\w+)"', text))
        written |= set(re.findall(r'_record\(request, row, "(\w+)"\)', text))
        written |= set(re.findall(r'what="(\w+)"', text))
    assert {"look", "approved", "replied", "revoked"} <= written
    assert written <= set(DEEDS)


def test_both_languages_say_everything(ana: Client) -> None:
    row = wrote()
    to = office.program()
    office.subscriber(to, "+15025550300")
    draft = office.draft(to, office.member("ben", Role.AUTHOR))
    assert Broadcast.objects.count() == 1
    for path in ("", "broadcasts/new/", f"broadcasts/{draft.pk}/", f"inbox/{row.pk}/", "subscribers/", "me/"):
        spanish = ana.get(f"/staff/{path}", {"lang": "es"})
        assert spanish.headers["Content-Language"] == "es"
        assert '<html lang="es">' in spanish.content.decode()
    # It is remembered for this session, and changed on any page.
    assert '<html lang="es">' in ana.get("/staff/").content.decode()
    assert '<html lang="en">' in ana.get("/staff/", {"lang": "en"}).content.decode()
    assert '<html lang="en">' in ana.get("/staff/").content.decode()
