"""Programs: series files read and refused, rows that exist, and the lock until a professional has read the words."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from porchlight.alerts import config, outbox, programs
from porchlight.alerts.config import AlertsConfig, CarrierKind, Sender
from porchlight.alerts.models import Broadcast, Delivery, Program, Review
from porchlight.alerts.programs import SeriesError
from porchlight.alerts.pump import Pump
from porchlight.facts import Facts, shipped
from tests.alerts.crash import people
from tests.alerts.crash.wire import Wire

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)  # a Monday, noon in New York

GOOD = """
clock: days
names: {en: short tips, es: consejos}
tips:
- {id: one, at: 1, en: One., es: Uno., sources: {page: It says so.}}
- {id: two, at: 5, en: Two., es: Dos., sources: {page: It says so too.}}
sources:
  page: {title: A page, publisher: A council, url: 'https://example.org/'}
"""


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("clock: days", "clock: weeks", "line 2"),
        ("en: One.,", "en: '',", "line 5"),
        ("en: One., ", "", "`en` is missing"),
        ("id: two", "id: one", "same id"),
        ("id: two", "id: Two", "`Two`"),
        ("at: 5", "at: 1", "must come after"),
        ("at: 1,", "at: 0,", "a day after joining"),
        ("at: 5", "at: soon", "line 6"),
        ("page: It says so.}", "book: It says so.}", "book"),
        ("url: 'https", "url: 'ftp", "page: url"),
        ("clock: days", "clock: age_months", "until"),
        ("clock: days", "clock: days\nuntil: 9", "until"),
        ("clock: days", "clock: age_months\nuntil: 5", "after the last tip"),
        ("clock: days", "clock: age_months\nuntil: 9\nkeywords: {en: AGE, es: EDAD}", "no"),
        ("clock: days", "clock: days\ncolour: red", "colour"),
        ("sources: {page: It says so.}", "sources: {}", "line 5"),
    ],
)
def test_a_series_file_that_is_wrong_is_refused_with_a_reason(good: str, bad: str, complaint: str) -> None:
    assert len(programs.read(GOOD, "short.yaml").tips) == 2
    with pytest.raises(SeriesError, match=r"short\.yaml") as refused:
        programs.read(GOOD.replace(good, bad, 1), "short.yaml")
    assert complaint in str(refused.value)


def test_a_name_with_no_file_is_refused() -> None:
    with pytest.raises(SeriesError, match="no such file"):
        programs.series("../../secrets")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's own folder of series, empty."""
    folder = tmp_path / "series"
    folder.mkdir()
    monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, data_dir=tmp_path))
    return folder


def test_a_file_of_the_site_stands_in_place_of_the_shipped_one_from_the_moment_it_is_there(own: Path) -> None:
    ours = programs.series("body-safety")
    (own / "body-safety.yaml").write_text(GOOD)
    assert [tip.en for tip in programs.series("body-safety").tips] == ["One.", "Two."]
    (own / "body-safety.yaml").write_text(GOOD.replace("Two.", "Two changed."))
    assert programs.series("body-safety").tips[1].en == "Two changed."
    (own / "body-safety.yaml").unlink()
    assert programs.series("body-safety") == ours


def test_the_hash_changes_with_any_word_and_any_day_and_not_with_a_source() -> None:
    first = programs.read(GOOD, "x").words_sha256()
    for good, bad in (("One.", "One!"), ("Dos.", "Dos!"), ("at: 5", "at: 6"), ("short tips", "tips")):
        assert programs.read(GOOD.replace(good, bad), "x").words_sha256() != first
    assert programs.read(GOOD.replace("A council", "A city"), "x").words_sha256() == first


# --- numbers ----------------------------------------------------------------------------------------------------------


def _facts(contact_id: str, **changes: object) -> Facts:
    known = shipped()
    import msgspec

    contacts = tuple(
        msgspec.structs.replace(each, **changes) if each.id == contact_id else each
        for each in known.national.contacts
    )
    return Facts(msgspec.structs.replace(known.national, contacts=contacts), known.jurisdictions, "changed")


def test_a_tip_dials_what_the_facts_say_today() -> None:
    tip = next(tip for tip in programs.series("online-safety").tips if tip.id == "threats")
    said = programs.texts(tip, "Help Line", NOON.date(), shipped())["en"]
    assert said.startswith("Help Line: If someone threatens")
    assert "1-800-843-5678" in said
    moved = _facts("us-ncmec-phone", value="+18005550199")
    assert "1-800-555-0199" in programs.texts(tip, "Help Line", NOON.date(), moved)["en"]


def test_a_tip_whose_number_nobody_is_sure_of_is_not_said() -> None:
    tip = next(tip for tip in programs.series("online-safety").tips if tip.id == "threats")
    weak = _facts("us-ncmec-phone", sources=shipped().contact_by_id["us-fbi-tips-phone"].sources[:1])
    with pytest.raises(programs.UnknownNumberError, match="us-ncmec-phone"):
        programs.texts(tip, "Help Line", NOON.date(), weak)
    gone = _facts("us-ncmec-phone", id="us-other")
    with pytest.raises(programs.UnknownNumberError, match="us-ncmec-phone"):
        programs.texts(tip, "Help Line", NOON.date(), gone)


# --- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_site_has_one_program_for_everyone_and_the_series() -> None:
    programs.sync()
    programs.sync()
    made = {program.slug: program for program in Program.objects.all()}
    assert made.keys() == {"local", *programs.shipped()}
    assert made["local"].policy == Program.Policy.AT_LEAST_ONCE
    assert made["body-safety"].policy == Program.Policy.AT_MOST_ONCE
    assert made["body-safety"].keywords == {"en": "SAFETY", "es": "SEGURIDAD"}
    assert made["parenting"].keywords == {}
    assert [slug for slug in made if programs.asks_birth_month(made[slug])] == ["parenting"]


@pytest.mark.django_db
def test_what_staff_changed_stays_and_a_site_with_alerts_gets_no_second_program_for_everyone() -> None:
    people.program("our-alerts")
    programs.sync()
    Program.objects.filter(slug="body-safety").update(names={"en": "Our tips"}, open=False)
    programs.sync()
    assert not Program.objects.filter(slug="local").exists()
    kept = Program.objects.get(slug="body-safety")
    assert (kept.names, kept.open) == ({"en": "Our tips"}, False)


@pytest.mark.django_db
def test_a_series_of_the_site_becomes_a_program(own: Path) -> None:
    (own / "grandparents.yaml").write_text(GOOD)
    programs.sync()
    assert Program.objects.get(slug="grandparents").names["en"] == "short tips"


# --- review and lock --------------------------------------------------------------------------------------------------


def real(sender: Sender) -> Sender:
    """The same sender, with a real carrier behind it."""
    return replace(sender, carrier=CarrierKind.HTTP, kind="toll_free", cost=Decimal("0.01"))


def with_real_sender() -> AlertsConfig:
    given = config.alerts()
    fast = replace(given.senders[0], rate=1000.0, burst=1000.0, grace=0.25, window=50)
    return replace(given, senders=(real(fast),), any_hour=False)


@pytest.fixture
def reviewer() -> User:
    return User.objects.create_user("approver")


def record_review(program: Program, user: User, words: str) -> None:
    Review.objects.create(
        program=program,
        name="Dr. A. Reader",
        profession="pediatrician",
        day=NOON.date(),
        words_sha256=words,
        recorded_by=user,
        recorded=NOON,
    )


def tip_of(program: Program) -> Broadcast:
    """The first tip of a series, on its way to everyone in it."""
    series = programs.series(program.series)
    return people.broadcast(
        program,
        NOON.timestamp(),
        step=series.tips[0].step,
        words_sha256=series.words_sha256(),
        texts={"en": series.tips[0].en, "es": series.tips[0].es},
    )


@pytest.mark.django_db
def test_only_a_review_of_exactly_these_words_opens_a_series(own: Path, reviewer: User) -> None:
    programs.sync()
    program = Program.objects.get(slug="body-safety")
    sender = real(config.alerts().senders[0])
    practice = config.alerts().senders[0]
    tip = tip_of(program)
    record_review(program, reviewer, "0" * 64)
    assert not programs.is_reviewed(program)
    assert (programs.may_leave(tip, practice), programs.may_leave(tip, sender)) == (True, False)
    record_review(program, reviewer, programs.words_sha256(program))
    assert programs.is_reviewed(program)
    assert programs.may_leave(tip, sender)
    (own / "body-safety.yaml").write_text(GOOD)
    assert not programs.is_reviewed(program)
    assert programs.may_leave(tip, sender)  # its own words were read
    assert not programs.may_leave(tip_of(program), sender)


@pytest.mark.django_db
def test_what_staff_write_to_a_series_is_locked_with_it_and_alerts_never_are(reviewer: User) -> None:
    programs.sync()
    sender = real(config.alerts().senders[0])
    by_hand = people.broadcast(Program.objects.get(slug="body-safety"), NOON.timestamp())
    assert not programs.may_leave(by_hand, sender)
    record_review(by_hand.program, reviewer, programs.words_sha256(by_hand.program))
    assert programs.may_leave(by_hand, sender)
    assert programs.may_leave(people.broadcast(Program.objects.get(slug="local"), NOON.timestamp()), sender)


@pytest.mark.django_db
def test_a_tip_that_names_no_words_is_locked(reviewer: User) -> None:
    programs.sync()
    program = Program.objects.get(slug="body-safety")
    record_review(program, reviewer, programs.words_sha256(program))
    assert programs.is_locked(people.broadcast(program, NOON.timestamp(), step="1-real-names"))


def _pump(settings_now: SimpleNamespace, wire: Wire, seconds: float) -> None:
    """Run one pump for so long, or until it wrote something; `settings_now.config` may change meanwhile."""
    began = time.monotonic()

    async def whole() -> None:
        pump = Pump(
            lambda: settings_now.config,
            lambda sender: wire,
            clock=lambda: NOON.timestamp() + time.monotonic() - began,
        )
        running = asyncio.create_task(pump.run())
        while time.monotonic() < began + seconds and not wire.written:
            await asyncio.sleep(0.05)
        pump.stop()
        await running

    asyncio.run(whole())


@pytest.fixture
def locked_tip() -> Broadcast:
    programs.sync()
    program = Program.objects.get(slug="body-safety")
    people.subscribe(program, 20)
    return tip_of(program)


@pytest.mark.django_db(transaction=True)
def test_an_unreviewed_series_never_reaches_a_real_carrier_whatever_is_queued(locked_tip: Broadcast) -> None:
    """Queued while the site was in practice, claimed when the settings had changed."""
    from porchlight.alerts import expansion, routes

    expansion.step(locked_tip.pk, 1000, [routes.Choice("practice", 1)])
    assert outbox.progress(locked_tip.pk).queued == 20
    wire = Wire()
    _pump(SimpleNamespace(config=with_real_sender()), wire, 2)
    assert wire.written == []
    assert outbox.progress(locked_tip.pk).queued == 20


@pytest.mark.django_db(transaction=True)
def test_the_same_texts_go_once_the_review_is_recorded(locked_tip: Broadcast, reviewer: User) -> None:
    record_review(locked_tip.program, reviewer, locked_tip.words_sha256)
    wire = Wire()
    _pump(SimpleNamespace(config=with_real_sender()), wire, 10)
    assert wire.written
    assert Delivery.objects.filter(broadcast=locked_tip, state=Delivery.State.SENT).exists()


@pytest.mark.django_db(transaction=True)
def test_an_unreviewed_series_can_be_tried_in_practice(locked_tip: Broadcast) -> None:
    wire = Wire()
    _pump(SimpleNamespace(config=config.alerts()), wire, 10)
    assert wire.written
