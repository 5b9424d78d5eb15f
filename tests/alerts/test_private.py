"""What is held on a number: all of it shown, all of it erased, and forgotten in time."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.serializers import serialize

from porchlight import cli
from porchlight.alerts import config, keyring, numbers, outbox, private, rotation, subscribe
from porchlight.alerts.keyring import WrongSealError
from porchlight.alerts.models import (
    Consent,
    Delivery,
    Inbound,
    Number,
    SignUpCode,
    SignUpCount,
    Subscriber,
    Suppression,
)
from porchlight.alerts.people import bulk, reassigned, table
from tests.alerts.conversation import NOON, Telephone, body, program

pytestmark = pytest.mark.django_db

PHONE = "+15025550134"
SECRET = "my uncle and the blue door"
KEPT = config.alerts().retention


def full() -> Telephone:
    """A number of which everything is held that can be."""
    program()
    phone = Telephone(PHONE)
    phone.text("JOIN")
    phone.text("YES")
    phone.text("40202")
    phone.text(SECRET)
    wish = subscribe.Wish(language="es", source=Consent.Source.WEB, programs=("local",), zip_code="40203")
    subscribe.ask(PHONE, wish, phone.now)
    return phone


def everything_stored() -> str:
    """Every row of text alerts as the database holds it."""
    return "\n".join(
        serialize("json", model._default_manager.all())
        for model in apps.get_app_config("alerts").get_models()
    )


# --- shown ------------------------------------------------------------------------------------------------------------


def test_an_export_holds_all_that_we_know_and_is_plain_json() -> None:
    full()
    held = json.loads(json.dumps(private.export(PHONE)))
    assert held["number"] == PHONE
    assert held["subscriber"]["zip"] == "40202"
    assert held["subscriber"]["consents"][0]["wording"] == "text-1"
    assert [each["words"] for each in held["texts_from_you"]] == ["JOIN", "YES", "40202", SECRET]
    assert held["waits_for_proof"]["zip_code"] == "40203"
    assert any("Local news" in (each["words"] or "") for each in held["texts_to_you"])
    assert held["stopped"] == []


def test_every_kind_of_row_that_hangs_on_a_number_is_in_its_export() -> None:
    """A new model that points to a number must be added to the export."""
    full()
    held = private.export(PHONE)
    pointing = {each.related_model.__name__ for each in Number._meta.related_objects if each.related_model}
    shown = {
        "Subscriber": "subscriber",
        "Inbound": "texts_from_you",
        "Delivery": "texts_to_you",
        "StaffAction": "looked_at_by_staff",
    }
    not_of_subscribers = {"StaffPhone"}  # of a member of staff: its own page shows it
    assert pointing - not_of_subscribers == shown.keys()
    assert set(shown.values()) <= held.keys()


def test_an_export_of_a_stranger_says_that_we_know_nothing() -> None:
    assert private.export(PHONE) == {
        "number": PHONE,
        "known": False,
        "stopped": [],
        "agreed_before": [],
    }


# --- sealed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["5025550134", "40202", "40203", SECRET, "Local news and", "21111"])
def test_no_number_zip_code_or_text_stands_in_the_database_in_clear(value: str) -> None:
    full()
    stored = everything_stored()
    assert value not in stored
    assert value.encode().hex() not in stored


def test_the_search_above_finds_what_is_in_clear() -> None:
    full()
    Number.objects.update(sender="5025550134")
    assert "5025550134" in everything_stored()


# --- erased -----------------------------------------------------------------------------------------------------------


def test_erasing_leaves_the_index_of_a_stop_and_nothing_else() -> None:
    full()
    assert private.erase(PHONE, NOON)
    kept = {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("alerts").get_models()
        if model._default_manager.exists()
    }
    own = {"Program", "Lane", "Chore"}  # nobody's
    # All the codes of an hour, of no number, are counted too.
    assert {name: count for name, count in kept.items() if name not in own} == {
        "Suppression": 1,
        "SignUpCount": 1,
    }
    assert bytes(SignUpCount.objects.get().index) == b""
    assert Suppression.objects.get().source == Suppression.Source.ERASED
    assert not private.erase(PHONE, NOON)


def test_an_erased_number_is_a_stranger_that_nobody_writes_to_and_may_join_again_by_itself() -> None:
    phone = full()
    private.erase(PHONE, phone.now)
    phone.seen = 0
    wish = subscribe.Wish(language="en", source=Consent.Source.WEB, programs=("local",), zip_code="40202")
    subscribe.ask(PHONE, wish, phone.now)
    assert phone.new() == []
    phone.text("START")
    assert phone.number.stopped
    phone.text("JOIN")
    phone.text("YES")
    assert not phone.number.stopped


# --- forgotten --------------------------------------------------------------------------------------------------------


def test_what_was_written_to_us_is_forgotten_after_its_days_and_not_before() -> None:
    phone = Telephone(PHONE)
    phone.text(SECRET)
    private.purge(phone.now + dt.timedelta(days=KEPT.inbound_days, seconds=-1))
    assert Inbound.objects.exists()
    Delivery.objects.update(state=Delivery.State.DELIVERED)
    private.purge(phone.now + dt.timedelta(days=KEPT.inbound_days))
    assert not Inbound.objects.exists()
    assert not Number.objects.exists()


def test_a_sign_up_that_was_never_proved_is_forgotten_after_its_hours() -> None:
    program()
    wish = subscribe.Wish(language="en", source=Consent.Source.WEB, programs=("local",), zip_code="40202")
    subscribe.ask(PHONE, wish, NOON)
    Delivery.objects.update(state=Delivery.State.EXPIRED)
    private.purge(NOON + dt.timedelta(hours=KEPT.pending_hours, seconds=-1))
    assert SignUpCode.objects.exists()
    private.purge(NOON + dt.timedelta(hours=max(KEPT.pending_hours, 48)))
    for model in (SignUpCode, Subscriber, Number, SignUpCount):
        assert not model._default_manager.exists()


def test_who_is_in_is_never_forgotten_and_who_left_is_after_its_days() -> None:
    phone = full()
    years = phone.now + dt.timedelta(days=3000)
    private.purge(years)
    assert phone.subscriber.state == Subscriber.State.ACTIVE
    phone.now = years
    phone.text("STOP")
    Delivery.objects.update(state=Delivery.State.DELIVERED)
    last = years + dt.timedelta(days=max(KEPT.stopped_days, KEPT.inbound_days) + 1)
    private.purge(last)
    assert not Number.objects.exists()
    assert numbers.is_stopped(PHONE)


def left_long_ago() -> dt.datetime:
    """Someone joined, left, and is forgotten; when they left."""
    phone = full()
    phone.text("STOP")
    Delivery.objects.update(state=Delivery.State.DELIVERED)
    private.purge(phone.now + dt.timedelta(days=max(KEPT.stopped_days, KEPT.inbound_days) + 1))
    assert not Number.objects.exists()
    assert not Subscriber.objects.exists()
    return phone.now


def test_what_someone_agreed_to_outlives_them_and_names_nobody() -> None:
    left = left_long_ago()
    (kept,) = private.export(PHONE)["agreed_before"]
    assert (kept["wording"], kept["language"], kept["source"]) == ("text-1", "en", "text")
    assert kept["confirmed"] < kept["revoked"] == left.isoformat()
    assert private.export("+15025550135")["agreed_before"] == []
    rotation.rotate()
    assert private.export(PHONE)["agreed_before"] == [kept]
    assert not {PHONE, PHONE[2:], "40202", SECRET} & set(everything_stored().split('"'))


def test_what_someone_agreed_to_is_forgotten_after_five_years() -> None:
    left = left_long_ago()
    private.purge(left + dt.timedelta(days=5 * 365))
    assert Consent.objects.exists()
    private.purge(left + private.CONSENT_KEPT)
    assert not Consent.objects.exists()


def test_whoever_asks_to_be_erased_after_they_left_is_erased_whole() -> None:
    left = left_long_ago()
    assert private.erase(PHONE, left)
    assert not Consent.objects.exists()
    assert not private.erase(PHONE, left)
    assert numbers.is_stopped(PHONE)


def test_a_number_that_is_someone_elses_now_keeps_the_proof_of_whoever_had_it() -> None:
    phone = full()
    assert private.erase(PHONE, phone.now, source=Suppression.Source.REASSIGNED)
    assert not Subscriber.objects.exists()
    assert len(private.export(PHONE)["agreed_before"]) == 1


def test_who_comes_back_is_in_again_and_what_they_agreed_to_before_stays() -> None:
    left = left_long_ago()
    phone = Telephone(PHONE, now=left + dt.timedelta(days=100))
    phone.text("JOIN")
    phone.text("YES")
    held = private.export(PHONE)
    assert (len(held["agreed_before"]), len(held["subscriber"]["consents"])) == (1, 1)


def test_whom_the_carrier_stopped_left_from_now_on() -> None:
    phone = full()
    outbox.stop(phone.number, phone.now.timestamp(), source=Suppression.Source.CARRIER)
    private.purge(phone.now)
    assert phone.subscriber.state == Subscriber.State.LEFT
    assert Consent.objects.get().revoked == phone.now


def test_a_number_with_a_text_on_its_way_stays() -> None:
    phone = Telephone(PHONE)
    phone.text("hello")
    Inbound.objects.all().delete()
    private.purge(phone.now + dt.timedelta(days=3))
    assert Number.objects.exists()


def test_the_words_of_texts_that_are_over_are_emptied() -> None:
    phone = Telephone(PHONE)
    phone.text("hello")
    Delivery.objects.update(state=Delivery.State.FAILED)
    private.purge(phone.now)
    assert body(Delivery.objects.get()) == ""


def test_more_rows_than_one_chunk_are_all_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "_CHUNK", 3)
    phone = Telephone(PHONE)
    for turn in range(10):
        phone.text(f"hello {'x' * turn}")
    private.purge(phone.now + dt.timedelta(days=KEPT.inbound_days))
    assert not Inbound.objects.exists()


# --- new keys ---------------------------------------------------------------------------------------------------------


def _keys_in_use() -> set[tuple[str, int]]:
    rows = {
        (model.__name__, key)
        for model in (Number, Subscriber, Inbound, SignUpCode)
        for key in model._default_manager.values_list("seal_key", flat=True)
    }
    live = Delivery.objects.exclude(sealed_body=None).values_list("seal_key", flat=True)
    return rows | {("Delivery", key) for key in live if key}


def test_rotation_brings_every_row_under_new_keys_and_everything_still_opens() -> None:
    phone = full()
    Telephone("+15025550135").text("STOP")
    before, old = private.export(PHONE), keyring.current()
    rotation.rotate(chunk=2)
    newest = keyring.current()
    assert {key for _model, key in _keys_in_use()} == {newest.seals[-1].id}
    assert {*Number.objects.values_list("index_key", flat=True)} == {newest.indexers[-1].id}
    assert {*Suppression.objects.values_list("index_key", flat=True)} == {newest.indexers[-1].id}
    assert newest.seals[-1].id != old.seals[-1].id
    assert private.export(PHONE) == before
    assert bytes(phone.subscriber.zip_index or b"") == keyring.index("40202", "zip")[1]
    assert bytes(phone.subscriber.county_index or b"") == keyring.index("21111", "county")[1]
    assert bytes(phone.subscriber.state_index or b"") == keyring.index("US-KY", "state")[1]


def test_a_sign_up_code_that_was_sent_before_rotation_is_still_right_after_it() -> None:
    program()
    wish = subscribe.Wish(language="en", source=Consent.Source.WEB, programs=("local",), zip_code="40202")
    page = subscribe.ask(PHONE, wish, NOON)
    code = body(Delivery.objects.get())[:6]
    rotation.rotate()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert subscribe.try_code(PHONE, page, wrong, NOON) is subscribe.Answer.WRONG
    assert subscribe.try_code(PHONE, page, code, NOON) is subscribe.Answer.JOINED


def test_rotation_that_was_cut_off_goes_on_without_more_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    full()
    done = rotation._subscriber
    monkeypatch.setattr(
        rotation,
        "_CHANGES",
        tuple((model, change if change is not done else _fails) for model, change in rotation._CHANGES),
    )
    with pytest.raises(RuntimeError):
        rotation.rotate()
    keys = len(keyring.current().seals)
    monkeypatch.undo()
    rotation.rotate()
    assert len(keyring.current().seals) == keys
    assert {key for _model, key in _keys_in_use()} == {keyring.current().seals[-1].id}


def _fails(*_given: object) -> None:
    raise RuntimeError


def test_a_row_that_was_tampered_with_stops_the_rotation_and_loses_nothing() -> None:
    full()
    Inbound.objects.filter(pk=Inbound.objects.earliest("pk").pk).update(sealed=b"x" * 40)
    with pytest.raises(WrongSealError):
        rotation.rotate()
    assert private.export(PHONE[:-1] + "5")["known"] is False
    assert subscribe.zip_code_of(Subscriber.objects.get()) == "40202"


# --- people who agreed elsewhere --------------------------------------------------------------------------------------

GOOD = {
    "number": "502-555-0134",
    "zip": "40202",
    "language": "en",
    "programs": "local",
    "birth_month": "",
    "agreed": "2026-05-01",
    "words": "I agree to get texts from the Community Help Line.",
    "evidence": "box 3, sheet 41",
    "is_13": "yes",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    program()
    return tmp_path / "people.csv"


def written(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        rows_out = csv.DictWriter(out, bulk.COLUMNS)
        rows_out.writeheader()
        rows_out.writerows(GOOD | row for row in rows)
    return path


def planned(path: Path) -> bulk.Plan:
    return bulk.plan(path, NOON, practice=True)


def test_a_dry_run_changes_nothing_and_then_they_come_in_with_their_evidence(path: Path) -> None:
    plan = planned(written(path, {}, {"number": "5025550135", "language": "es"}))
    assert (len(plan.people), plan.already, plan.refused) == (2, (), ())
    assert not Number.objects.exists()
    assert bulk.bring_in(plan.people, NOON) == 2
    kept = Consent.objects.order_by("pk")[0]
    assert (kept.source, kept.evidence, kept.wording) == ("import", "box 3, sheet 41", "import")
    assert kept.asked.date() == kept.confirmed.date() == dt.date(2026, 5, 1)  # type: ignore[union-attr]
    assert Subscriber.objects.filter(state=Subscriber.State.ACTIVE).count() == 2
    assert not Delivery.objects.exists()


def test_bringing_in_again_changes_nothing(path: Path) -> None:
    plan = planned(written(path, {}))
    bulk.bring_in(plan.people, NOON)
    assert bulk.bring_in(plan.people, NOON) == 0
    assert planned(path).already == (2,)
    assert Consent.objects.count() == 1


def test_nobody_who_said_stop_comes_in_not_even_erased_or_since_the_dry_run(path: Path) -> None:
    Telephone(PHONE).text("STOP")
    erased = Telephone("+15025550135")
    erased.text("STOP")
    private.erase(erased.e164, NOON)
    plan = planned(written(path, {}, {"number": "5025550135"}, {"number": "5025550136"}))
    assert [each.at for each in plan.refused] == [2, 3]
    assert all("STOP" in each.reasons[0] for each in plan.refused)
    Telephone("+15025550136").text("STOP")
    assert bulk.bring_in(plan.people, NOON) == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "1"}, "number"),
        ({"number": "800-234-5678"}, "number"),
        ({"number": "=HYPERLINK(1)"}, "formula"),
        ({"zip": "00000"}, "zip"),
        ({"zip": "4020"}, "zip"),
        ({"language": "fr"}, "language"),
        ({"programs": ""}, "programs"),
        ({"programs": "local;none"}, "programs"),
        ({"birth_month": "May 2024"}, "birth_month"),
        ({"agreed": ""}, "agreed"),
        ({"agreed": "05/01/2026"}, "agreed"),
        ({"agreed": "2027-05-01"}, "agreed"),
        ({"agreed": "2020-05-01"}, "agreed"),
        ({"words": "yes"}, "words"),
        ({"evidence": ""}, "evidence"),
        ({"evidence": "x" * 201}, "evidence"),
        ({"is_13": ""}, "is_13"),
        ({"is_13": "no"}, "is_13"),
        ({"evidence": "box\x1b[2J"}, "print"),
        ({"words": "w" * 3000}, "longer"),
    ],
)
def test_a_row_without_proof_or_sense_is_refused_with_its_reason(
    path: Path, change: dict[str, str], reason: str
) -> None:
    (refused,) = planned(written(path, change)).refused
    assert refused.at == 2
    assert any(reason in each for each in refused.reasons)
    given = next(iter(change.values()))
    assert len(given) < 4 or all(given not in each for each in refused.reasons)


def test_a_number_that_is_there_twice_comes_in_once(path: Path) -> None:
    plan = planned(written(path, {}, {"number": "+1 (502) 555-0134"}))
    assert len(plan.people) == 1
    assert plan.refused[0].at == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"number,zip\n5025550134,40202\n",
        b"\xff\xfe\x00n\x00u",
        b"number\x00,zip\n",
        b'"number\n',
        ",".join((*bulk.COLUMNS, "ssn")).encode(),
        ",".join((*bulk.COLUMNS, "zip")).encode(),
    ],
)
def test_a_file_that_is_not_such_a_table_is_refused_whole(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(table.TableError):
        planned(path)


def test_a_quote_that_never_ends_and_rows_of_the_wrong_width_are_told_by_row(path: Path) -> None:
    good = ",".join(GOOD.values()).replace("box 3, sheet 41", "box 3")
    path.write_text("\n".join((",".join(bulk.COLUMNS), good, "1,2,3", f'"{good}', "x")), encoding="utf-8")
    plan = planned(path)
    assert len(plan.people) == 1
    assert [each.at for each in plan.refused] == [3, 4]


def test_a_file_too_large_or_with_too_many_rows_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 1)
    assert "more than 1 rows" in planned(written(path, {}, {"number": "5025550135"})).refused[0].reasons[0]
    monkeypatch.setattr(table, "MOST_BYTES", 10)
    with pytest.raises(table.TableError, match="larger"):
        planned(path)


# --- whose number it is now -------------------------------------------------------------------------------------------


def answered(path: Path, *rows: tuple[str, str]) -> reassigned.Result:
    path.write_text("number,answer\n" + "".join(f"{number},{answer}\n" for number, answer in rows))
    return reassigned.answers(path, NOON, practice=True)


def test_only_numbers_that_are_due_are_asked_about_with_the_last_day_they_were_sure(path: Path) -> None:
    phone = full()
    today = phone.now.date()
    assert reassigned.questions(today) == "number,last_consent\r\n"
    assert (
        reassigned.questions(today + dt.timedelta(days=45))
        == f"number,last_consent\r\n5025550134,{today}\r\n"
    )
    Telephone("+15025550135").text("STOP")
    assert "0135" not in reassigned.questions(today + dt.timedelta(days=45))


def test_a_number_that_someone_else_has_now_is_forgotten_and_never_written_to(path: Path) -> None:
    phone = full()
    result = answered(path, ("5025550134", "Yes"))
    assert (result.forgotten, result.refused) == (1, ())
    assert not Number.objects.exists()
    assert Suppression.objects.get().source == Suppression.Source.REASSIGNED
    phone.text("START")  # by its new owner, who agreed to nothing
    assert phone.number.stopped


def test_a_number_that_is_still_theirs_rests_for_a_month_and_no_data_changes_nothing(path: Path) -> None:
    full()
    later = NOON.date() + dt.timedelta(days=60)
    assert answered(path, ("5025550134", "no data")).unknown == 1
    assert "0134" in reassigned.questions(later)
    assert answered(path, ("5025550134", "no")).theirs == 1
    assert Number.objects.get().checked == NOON.date()
    assert "0134" not in reassigned.questions(NOON.date() + dt.timedelta(days=29))


def test_answers_about_others_or_in_other_words_are_refused(path: Path) -> None:
    full()
    refused = answered(path, ("5025550199", "yes"), ("5025550134", "maybe"), ("x", "y")).refused
    assert [each.at for each in refused] == [2, 3, 4]
    assert Number.objects.exists()


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_shows_and_erases_a_number_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full()
    monkeypatch.setattr("builtins.input", lambda _prompt: "(502) 555-0134")
    assert cli.main(["alerts", "export"]) == 0
    assert json.loads(capsys.readouterr().out)["subscriber"]["zip"] == "40202"
    assert cli.main(["alerts", "erase"]) == 0
    assert not Number.objects.exists()
    assert cli.main(["alerts", "erase", "x"]) == 2


def test_the_command_brings_nobody_in_before_it_is_told_to_go(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recent = {"agreed": (dt.datetime.now(dt.UTC) - dt.timedelta(days=9)).date().isoformat()}
    written(path, recent, recent | {"number": "1"})
    assert cli.main(["alerts", "import", str(path)]) == 1
    assert "row 3: number" in capsys.readouterr().out
    assert cli.main(["alerts", "import", str(path), "--go"]) == 2
    assert not Subscriber.objects.exists()
    assert cli.main(["alerts", "import", str(path), "--go", "--leave-out-refused"]) == 1
    assert Subscriber.objects.count() == 1
    assert cli.main(["alerts", "import", str(path.with_name("none"))]) == 2


def test_the_command_writes_the_questions_for_this_user_alone(path: Path) -> None:
    assert cli.main(["alerts", "reassigned-out", str(path)]) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert cli.main(["alerts", "reassigned-out", str(path)]) == 2
    assert cli.main(["alerts", "rotate"]) == 0
    assert cli.main(["alerts", "purge"]) == 0
