"""Writing, approving, scheduling, sending and watching a broadcast on the pages of staff."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from porchlight.alerts import audience, claims, config, expansion, keyring, rotation, routes, tick
from porchlight.alerts.audience import Audience
from porchlight.alerts.models import Broadcast, Delivery, Override, Program, StaffAction, StaffPhone
from porchlight.alerts.staff import home, look, plan, sending
from porchlight.alerts.staff.roles import Role
from tests.alerts import office

pytestmark = pytest.mark.django_db
State = Broadcast.State


@pytest.fixture
def local() -> Program:
    return office.program()


@pytest.fixture
def author(local: Program) -> Client:
    return office.at_work(office.member("ana", Role.AUTHOR))


def form(**fields: object) -> dict[str, object]:
    return {"program": "local", "text_en": office.EN, "text_es": office.ES, "area": "everyone"} | fields


def people(to: Program, count: int, **where: Any) -> None:
    for nth in range(count):
        office.subscriber(to, f"+150255{50000 + nth}", **where)


def shown(client: Client, pk: int) -> str:
    return client.get(reverse("staff:broadcast", args=[pk])).content.decode()


# --- write ------------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_as_it_will_be_sent(author: Client, local: Program) -> None:
    written = "  “Hello” — it’s\r\nnews… "
    response = author.post("/staff/broadcasts/new/", form(text_en=written, unaccented="on", review=""))
    draft = Broadcast.objects.get()
    assert response.headers["Location"] == reverse("staff:broadcast", args=[draft.pk])
    assert draft.texts == {"en": '"Hello" - it\'s\nnews...', "es": office.ES}
    assert (draft.state, draft.unaccented, draft.author) == (State.DRAFT, True, draft.author)
    assert audience.read(draft.audience) == Audience("local")


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({"area": "everyone", "state": "US-KY", "counties": ["21111"], "place": "40202"}, Audience("local")),
        ({"area": "state", "state": "US-OH"}, Audience("local", state="US-OH")),
        (
            {"area": "counties", "state": "US-OH", "counties": ["39061", "39017"]},
            Audience("local", state="US-OH", counties=("39061", "39017")),
        ),
        ({"area": "everyone", "language": "es"}, Audience("local", language="es")),
    ],
)
def test_who_is_chosen_is_who_is_meant(
    author: Client, local: Program, fields: dict[str, object], meant: Audience
) -> None:
    author.post("/staff/broadcasts/new/", form(**fields))
    draft = Broadcast.objects.get()
    assert audience.read(draft.audience) == meant
    # Shown again and saved again, it is the same.
    page = author.get(reverse("staff:edit", args=[draft.pk]))
    again = {
        name: value
        for name, value in page.context["form"].initial.items()
        if value not in (None, "", [], False)
    }
    author.post(reverse("staff:edit", args=[draft.pk]), again)
    draft.refresh_from_db()
    assert audience.read(draft.audience) == meant
    assert draft.texts == {"en": office.EN, "es": office.ES}


@pytest.mark.parametrize("typed", ["40202", "Louisville, KY", "Jefferson County, Kentucky"])
def test_a_circle_is_drawn_around_what_was_typed(author: Client, local: Program, typed: str) -> None:
    author.post("/staff/broadcasts/new/", form(area="around", place=typed, miles="10"))
    around = audience.read(Broadcast.objects.get().audience).around
    assert around is not None
    assert around.miles == 10
    assert (round(around.latitude), round(around.longitude)) == (38, -86)
    page = author.get(reverse("staff:edit", args=[Broadcast.objects.get().pk]))
    author.post(
        reverse("staff:edit", args=[Broadcast.objects.get().pk]),
        {
            name: value
            for name, value in page.context["form"].initial.items()
            if value not in (None, "", [], False)
        },
    )
    assert audience.read(Broadcast.objects.get().audience).around == around


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"area": "around", "place": "qwxz", "miles": "10"}, "We do not know that place"),
        ({"area": "around", "place": "Kentucky", "miles": "10"}, "We do not know that place"),
        ({"area": "around", "place": "00000", "miles": "10"}, "We do not know that place"),
        ({"area": "around", "place": "40202"}, "how many miles"),
        ({"area": "around", "place": "40202", "miles": "101"}, "100"),
        ({"area": "counties", "state": "US-KY"}, "at least one county"),
        ({"area": "counties", "state": "US-KY", "counties": ["39061"]}, "39061"),
        ({"program": "nothing"}, "Choose a program"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    author: Client, local: Program, fields: dict[str, object], said: str
) -> None:
    response = author.post("/staff/broadcasts/new/", form(**fields))
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    assert office.EN in page
    assert not Broadcast.objects.exists()


def test_a_new_site_has_a_program_to_write_to() -> None:
    client = office.at_work(office.member("ana", Role.AUTHOR))
    assert not Program.objects.exists()
    assert client.get("/staff/broadcasts/new/").status_code == 200
    assert Program.objects.filter(kind=Program.Kind.ALERTS).exists()


def test_only_a_draft_can_be_changed_or_thrown_away(author: Client, local: Program) -> None:
    sent = office.draft(local, office.member("ben", Role.AUTHOR), state=State.SENDING)
    assert author.post(reverse("staff:edit", args=[sent.pk]), form(text_en="other")).status_code == 302
    author.post(reverse("staff:delete", args=[sent.pk]))
    sent.refresh_from_db()
    assert sent.texts["en"] == office.EN
    draft = office.draft(local, office.member("cy", Role.AUTHOR))
    author.post(reverse("staff:delete", args=[draft.pk]))
    assert not Broadcast.objects.filter(pk=draft.pk).exists()


# --- what it costs, and when it ends ----------------------------------------------------------------------------------


def test_the_check_says_segments_cost_and_the_offer_without_accents(author: Client, local: Program) -> None:
    people(local, 3, language="es")
    spanish = "Community Help Line: " + "Más información aquí. " * 6
    page = author.post("/staff/broadcasts/check/", form(text_es=spanish)).content.decode()
    assert "3 segments" in page
    assert "UCS-2" in page
    assert "Without accents it takes 1: 2 segments less" in page
    assert "<strong>3</strong>" in page
    assert not Broadcast.objects.exists()
    plain = author.post("/staff/broadcasts/check/", form(text_es=spanish, unaccented="on")).content.decode()
    assert "UCS-2" not in plain
    assert "Mas informacion aqui." in plain


def test_the_script_asks_for_no_more_than_the_button_shows(author: Client, local: Program) -> None:
    """Without the script the saved page says the same words as the part that the script puts in."""
    people(local, 2)
    fields = form(text_en="Community Help Line: see https://bit.ly/x")
    part = author.post("/staff/broadcasts/check/", fields).content.decode()
    saved = author.post("/staff/broadcasts/new/", fields, follow=True).content.decode()
    check = part[: part.index('<fieldset class="counties-list"')].strip()
    assert check in saved
    assert "Carriers block short links" in check


@pytest.mark.parametrize(
    ("text", "said", "blocks"),
    [
        ("", "Write the text", True),
        ("Community Help Line: see https://bit.ly/x", "Carriers block short links like bit.ly", True),
        ("Community Help Line: see https://other.example/x", "other.example is not your own site", True),
        ("News from us", "Say who is writing", False),
        ("Community Help Line: " + "a" * 1000, "Make it shorter", True),
    ],
)
def test_what_is_wrong_with_a_text_says_what_to_do(
    local: Program, text: str, said: str, blocks: bool
) -> None:
    found = plan.plan({"en": text}, Audience("local"), unaccented=False, start=timezone.now())
    assert [each.blocks for each in found.all_advice() if said in each.words] == [blocks]
    assert found.blocked is blocks


def test_spanish_readers_without_spanish_words_are_counted_with_the_english(local: Program) -> None:
    people(local, 2, language="es")
    found = plan.plan({"en": office.EN}, Audience("local"), unaccented=False, start=timezone.now())
    assert [(each.language, each.people) for each in found.written] == [("en", 2)]
    assert any("People who read Spanish" in each.words for each in found.advice)
    assert not found.blocked


def real_sender(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> config.AlertsConfig:
    """The settings of a site with a toll-free number of one cent a segment."""
    now = config.alerts()
    sender = dataclasses.replace(now.senders[0], rate=3.0, burst=3.0, grace=0.25, cost=Decimal("0.01"))
    values: dict[str, Any] = {"senders": (sender,), "any_hour": False, "second_approver_above": 2} | changes
    set_to = dataclasses.replace(now, **values)
    monkeypatch.setattr(config, "alerts", lambda: set_to)
    return set_to


def test_the_plan_knows_rate_cost_evening_and_second_person(
    local: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_sender(monkeypatch)
    people(local, 3)
    monkeypatch.setattr(
        audience,
        "counts",
        lambda _asked: audience.Counts(200_000, {"en": 200_000}, {("America/New_York", "en"): 200_000}),
    )
    ten = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)  # ten in the morning
    found = plan.plan({"en": office.EN}, Audience("local"), unaccented=False, start=ten)
    assert found.cost == Decimal(2000)
    assert found.rate == 3
    assert found.needs_second
    assert found.forecast.crosses_the_evening
    assert found.forecast.first_part == pytest.approx(108_000, abs=5)


def test_practice_knows_no_evening(local: Program) -> None:
    people(local, 1)
    night = dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC)
    found = plan.plan({"en": office.EN}, Audience("local"), unaccented=False, start=night)
    assert not found.forecast.waits_to_begin


# --- send -------------------------------------------------------------------------------------------------------------


def test_send_now_begins_at_once_and_is_on_record(author: Client, local: Program) -> None:
    people(local, 1)
    author.post("/staff/broadcasts/new/", form())
    pk = Broadcast.objects.get().pk
    assert author.post(reverse("staff:submit", args=[pk]), {"when": "now"}).status_code == 302
    sent = Broadcast.objects.get()
    assert (sent.state, sent.not_before) == (State.SENDING, None)
    assert sent.started is not None
    assert [each.what for each in StaffAction.objects.filter(broadcast=pk)] == ["sent"]
    assert author.post(reverse("staff:submit", args=[pk]), {"when": "now"}).status_code == 409


@pytest.mark.parametrize("texts", [{"en": ""}, {"en": "see https://bit.ly/x"}, {}])
def test_what_blocks_is_not_sent_whatever_the_page_sends(
    author: Client, local: Program, texts: dict[str, str]
) -> None:
    people(local, 1)
    bad = office.draft(local, office.member("ben", Role.AUTHOR), texts=texts)
    assert "disabled" in shown(author, bad.pk)
    assert author.post(reverse("staff:submit", args=[bad.pk]), {"when": "now"}).status_code == 409
    bad.refresh_from_db()
    assert bad.state == State.DRAFT


def test_a_broadcast_to_nobody_is_not_sent(author: Client, local: Program) -> None:
    empty = office.draft(local, office.member("ben", Role.AUTHOR))
    response = author.post(reverse("staff:submit", args=[empty.pk]), {"when": "now"})
    assert response.status_code == 409
    assert "Nobody would get this" in response.content.decode()


def test_later_is_scheduled_on_the_offices_clock_and_can_be_taken_back(
    author: Client, local: Program
) -> None:
    people(local, 1)
    draft = office.draft(local, office.member("ben", Role.AUTHOR))
    tomorrow = (timezone.now().astimezone(look.zone()) + dt.timedelta(days=1)).replace(
        second=0, microsecond=0
    )
    when = tomorrow.replace(tzinfo=None).isoformat(timespec="minutes")
    assert (
        author.post(
            reverse("staff:submit", args=[draft.pk]), {"when": "later", "not_before": when}
        ).status_code
        == 302
    )
    draft.refresh_from_db()
    assert (draft.state, draft.not_before) == (State.SCHEDULED, tomorrow)
    author.post(reverse("staff:take_back", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


@pytest.mark.parametrize(
    "fields",
    [
        {"when": "later"},
        {"when": "later", "not_before": "2020-01-01T10:00"},
        {"when": "later", "not_before": "soon"},
        {"when": "now", "expires": "2020-01-01T10:00"},
        {},
    ],
)
def test_a_moment_that_cannot_be_is_refused(author: Client, local: Program, fields: dict[str, str]) -> None:
    people(local, 1)
    draft = office.draft(local, office.member("ben", Role.AUTHOR))
    assert author.post(reverse("staff:submit", args=[draft.pk]), fields).status_code == 422
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_above_the_threshold_a_second_person_must_say_yes(
    author: Client, local: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_sender(monkeypatch)
    people(local, 3)
    author.post("/staff/broadcasts/new/", form())
    waits = Broadcast.objects.get()
    assert "someone else must say yes" in shown(author, waits.pk)
    author.post(reverse("staff:submit", args=[waits.pk]), {"when": "now"})
    waits.refresh_from_db()
    assert (waits.state, waits.started) == (State.WAITING, None)
    boss = office.at_work(office.member("boss", Role.APPROVER))
    assert "Yes, send to 3 people" in shown(boss, waits.pk)
    boss.post(reverse("staff:take_back", args=[waits.pk]), {"why": "wrong day"})
    waits.refresh_from_db()
    assert waits.state == State.DRAFT
    assert "wrong day" in shown(author, waits.pk)
    author.post(reverse("staff:submit", args=[waits.pk]), {"when": "now"})
    boss.post(reverse("staff:approve", args=[waits.pk]))
    waits.refresh_from_db()
    assert waits.state == State.SENDING


def test_one_that_grew_while_it_was_scheduled_waits_says_why_and_goes_at_once_with_a_second_yes(
    author: Client, local: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_sender(monkeypatch)
    people(local, 2)
    author.post("/staff/broadcasts/new/", form())
    later = timezone.now() + dt.timedelta(hours=1)
    one = Broadcast.objects.get()
    Broadcast.objects.update(state=State.SCHEDULED, not_before=later)
    office.subscriber(local, "+15025550177")
    tick.start_scheduled(later.timestamp())
    monkeypatch.setattr(timezone, "now", lambda: later + dt.timedelta(minutes=5))
    boss = office.at_work(office.member("boss", Role.APPROVER))
    assert "A text waits past its time" in boss.get("/staff/").content.decode()
    page = shown(boss, one.pk)
    assert "Its time has come" in page
    assert "To more than 2 people, someone else must say yes." in page
    assert "Yes, send to 3 people" in page
    boss.post(reverse("staff:approve", args=[one.pk]))
    one.refresh_from_db()
    assert (one.state, one.approver.username if one.approver else "") == (State.SENDING, "boss")


def test_at_the_threshold_nobody_else_is_asked(
    local: Program, author: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_sender(monkeypatch)
    people(local, 2)
    author.post("/staff/broadcasts/new/", form())
    author.post(reverse("staff:submit", args=[Broadcast.objects.get().pk]), {"when": "now"})
    assert Broadcast.objects.get().state == State.SENDING


def test_the_review_says_whom_to_warn_of_a_surge(author: Client, local: Program) -> None:
    people(local, 1)
    page = shown(author, office.draft(local, office.member("ben", Role.AUTHOR)).pk)
    assert "Many may call at once" in page
    assert "1-877-597-2331" in page  # the intake line of the site's own state, from the facts


# --- test to oneself --------------------------------------------------------------------------------------------------


def texts_to(number_id: int) -> list[str]:
    rows = Delivery.objects.filter(number=number_id, broadcast=None).order_by("pk")
    return [
        keyring.unseal(row.seal_key, row.sealed_body, claims.BODY).decode()
        for row in rows
        if row.sealed_body and row.seal_key
    ]


def test_a_test_goes_to_ones_own_proved_telephone_and_nowhere_else(author: Client, local: Program) -> None:
    people(local, 3)
    draft = office.draft(local, office.member("ben", Role.AUTHOR))
    test = reverse("staff:test", args=[draft.pk])
    assert author.post(test).headers["Location"] == "/staff/me/"
    assert not Delivery.objects.exists()
    author.post("/staff/me/", {"do": "phone", "number": "(502) 555-0199"})
    phone = StaffPhone.objects.get()
    code = re.search(r"\b\d{6}\b", texts_to(phone.number_id)[0])
    assert code is not None
    assert author.post(test).headers["Location"] == "/staff/me/"
    wrong = "000000" if code[0] != "000000" else "111111"
    assert author.post("/staff/me/", {"do": "code", "code": wrong}).status_code == 422
    assert author.post("/staff/me/", {"do": "code", "code": code[0]}).status_code == 302
    assert author.post(test).headers["Location"] == reverse("staff:broadcast", args=[draft.pk])
    assert texts_to(phone.number_id)[1:] == [office.EN, office.ES]
    assert set(Delivery.objects.values_list("number", flat=True)) == {phone.number_id}


def test_a_code_that_was_sent_before_the_keys_were_renewed_still_proves_the_telephone(
    author: Client, local: Program
) -> None:
    author.post("/staff/me/", {"do": "phone", "number": "(502) 555-0199"})
    code = re.search(r"\b\d{6}\b", texts_to(StaffPhone.objects.get().number_id)[0])
    assert code is not None
    rotation.rotate()
    assert author.post("/staff/me/", {"do": "code", "code": code[0]}).status_code == 302
    assert StaffPhone.objects.get().proved is not None


def test_a_code_is_good_for_five_tries(author: Client, local: Program) -> None:
    author.post("/staff/me/", {"do": "phone", "number": "502-555-0199"})
    code = re.search(r"\b\d{6}\b", texts_to(StaffPhone.objects.get().number_id)[0])
    assert code is not None
    wrong = "000000" if code[0] != "000000" else "111111"
    for _ in range(5):
        author.post("/staff/me/", {"do": "code", "code": wrong})
    assert author.post("/staff/me/", {"do": "code", "code": code[0]}).status_code == 422
    assert StaffPhone.objects.get().proved is None
    assert (
        author.post("/staff/me/", {"do": "phone", "number": "502-555-0198"}).status_code == 422
    )  # wait a minute


def test_the_first_page_says_that_no_e_mail_can_leave(
    author: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    told = dataclasses.replace(config.alerts(), staff_alarm=config.StaffAlarm(("duty@example.org",), ()))
    monkeypatch.setattr(config, "alerts", lambda: told)
    settings.EMAIL_HOST = ""
    assert "PORCHLIGHT_EMAIL_URL" in author.get("/staff/").content.decode()
    settings.EMAIL_HOST = "mail.example.org"
    assert "PORCHLIGHT_EMAIL_URL" not in author.get("/staff/").content.decode()


# --- watch ------------------------------------------------------------------------------------------------------------


def sent(local: Program, count: int = 6, **fields: object) -> Broadcast:
    people(local, count)
    found = office.draft(
        local, office.member("writer", Role.AUTHOR), state=State.SENDING, started=timezone.now(), **fields
    )
    while not expansion.step(found.pk, 100, [routes.Choice("practice", 1)]).finished:
        pass
    return found


def test_progress_says_how_many_stand_where_and_why_some_failed(author: Client, local: Program) -> None:
    found = sent(local)
    ids = list(Delivery.objects.filter(broadcast=found).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids[:3]).update(state=Delivery.State.DELIVERED)
    Delivery.objects.filter(pk=ids[3]).update(state=Delivery.State.FAILED, error="bad_number")
    page = author.get(reverse("staff:progress", args=[found.pk])).content.decode()
    assert "66% done" in page
    assert "The number cannot be reached" in page
    assert re.search(r"Delivered</dt><dd>3<", page)
    assert re.search(r"Still to go</dt><dd>2<", page)
    assert page.strip() in shown(author, found.pk)
    widths = [int(width) for width in re.findall(r'width="(\d+)"', page)]
    assert 998 <= sum(widths) <= 1000


def test_pause_go_on_and_cancel(author: Client, local: Program) -> None:
    found = sent(local)
    for what, state in (("pause", State.PAUSED), ("resume", State.SENDING), ("cancel", State.CANCELLED)):
        assert author.post(reverse(f"staff:{what}", args=[found.pk])).status_code == 302
        found.refresh_from_db()
        assert found.state == state
    assert author.post(reverse("staff:resume", args=[found.pk])).status_code == 409
    assert [each.what for each in StaffAction.objects.order_by("pk")] == ["paused", "resumed", "cancelled"]


def test_the_table_of_a_broadcast_holds_no_number_and_no_formula(author: Client, local: Program) -> None:
    found = sent(local)
    Delivery.objects.filter(broadcast=found).update(state=Delivery.State.FAILED, error="=cmd()")
    response = author.get(reverse("staff:delivery_csv", args=[found.pk]))
    rows = list(csv.DictReader(StringIO(response.content.decode())))
    assert rows == [
        {"language": "en", "state": "failed", "reason": "'=cmd()", "segments_each": "1", "texts": "6"}
    ]
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_page_without_the_script_looks_again_by_itself(author: Client, local: Program) -> None:
    page = shown(author, sent(local).pk)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "data-poll" in page
    Broadcast.objects.update(state=State.DONE)
    over = shown(author, Broadcast.objects.get().pk)
    assert "refresh" not in over
    assert "data-poll" not in over


def test_its_words_can_be_used_again(author: Client, local: Program) -> None:
    found = sent(local)
    Broadcast.objects.update(state=State.DONE)
    response = author.post(reverse("staff:copy", args=[found.pk]))
    fresh = Broadcast.objects.get(state=State.DRAFT)
    assert response.headers["Location"] == reverse("staff:edit", args=[fresh.pk])
    assert (fresh.texts, fresh.audience, fresh.started) == (found.texts, found.audience, None)


# --- a missing child --------------------------------------------------------------------------------------------------

ASKED = {"police_reference": "LMPD 26-001234", "reason": "Seen an hour ago", "hours": "6"}


def test_an_override_needs_reference_reason_hours_and_always_a_second_person(
    author: Client, local: Program
) -> None:
    people(local, 1)
    draft = office.draft(local, office.member("ben", Role.AUTHOR))
    where = reverse("staff:override", args=[draft.pk])
    for missing in ASKED:
        assert author.post(where, ASKED | {missing: ""}).status_code == 422
    assert author.post(where, ASKED | {"hours": "25"}).status_code == 422
    assert not Override.objects.exists()
    assert author.post(where, ASKED).status_code == 302
    asked = Override.objects.get()
    assert (asked.approved_by, asked.expires - asked.asked) == (None, dt.timedelta(hours=6))
    author.post(reverse("staff:submit", args=[draft.pk]), {"when": "now"})
    draft.refresh_from_db()
    assert draft.state == State.WAITING  # to one person, but outside quiet hours
    boss = office.at_work(office.member("boss", Role.APPROVER))
    assert "LMPD 26-001234" in shown(boss, draft.pk)
    boss.post(reverse("staff:approve", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.state == State.SENDING
    assert Override.objects.get().approved_by is not None


def test_an_override_that_ended_while_it_waited_is_not_granted(local: Program) -> None:
    people(local, 1)
    one, two = office.member("one", Role.AUTHOR), office.member("two", Role.APPROVER)
    draft = office.draft(local, one)
    then = timezone.now() - dt.timedelta(hours=3)
    sending.ask_override(draft.pk, one, then, police_reference="x", reason="y", hours=2)
    sending.submit(draft.pk, one, then, not_before=None, expires=None)
    with pytest.raises(sending.Refused, match="over"):
        sending.approve(draft.pk, two, timezone.now())
    draft.refresh_from_db()
    assert draft.state == State.WAITING
    assert Override.objects.get().approved_by is None


def test_a_found_child_ends_what_is_left_and_begins_the_follow_up_once(
    author: Client, local: Program
) -> None:
    found = sent(local)
    ben = found.author
    assert ben is not None
    now = timezone.now()
    Override.objects.create(
        broadcast=found, police_reference="x", reason="y", asked_by=ben, asked=now, approved_by=ben, approved=now,
        expires=now + dt.timedelta(hours=6),
    )  # fmt: skip
    where = reverse("staff:found", args=[found.pk])
    author.post(where)
    author.post(where)
    found.refresh_from_db()
    override = Override.objects.get()
    follow_up = Broadcast.objects.get(state=State.DRAFT)
    assert found.state == State.CANCELLED
    assert override.found == follow_up
    assert override.expires <= timezone.now()
    assert follow_up.audience == found.audience


def test_the_first_page_asks_for_the_follow_up_of_an_override_that_ended(
    author: Client, local: Program
) -> None:
    found = sent(local)
    ben = found.author
    assert ben is not None
    past = timezone.now() - dt.timedelta(hours=1)
    Override.objects.create(
        broadcast=found, police_reference="x", reason="y", asked_by=ben, asked=past, approved_by=ben, approved=past,
        expires=past,
    )  # fmt: skip
    assert "Tell the same people how it turned out" in author.get("/staff/").content.decode()


def test_the_first_page_says_that_nothing_sends(author: Client, local: Program) -> None:
    assert not list(home.alarms(timezone.now()))
    sent(local)
    assert [each.what for each in home.alarms(timezone.now())] == [
        "Texts wait, but the part that sends them is not running."
    ]


def test_the_office_keeps_the_clock_of_its_own_state() -> None:
    assert str(look.zone()) == "America/New_York"
    assert settings.CONFIG.home == "US-KY"
