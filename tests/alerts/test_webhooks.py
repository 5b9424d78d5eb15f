"""What carriers tell us: believed only when signed, kept once, refused with a reason, and never logged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from porchlight.alerts import config, inbound, numbers, outbox
from porchlight.alerts.carriers import ReceiptState, Why
from porchlight.alerts.carriers.signature import is_body_named, is_signed, sign
from porchlight.alerts.carriers.webhooks import MAX_BYTES, receipt_of
from porchlight.alerts.models import Delivery, Inbound, ParkedReceipt

ADDRESS = "https://help.example.org"
TOKEN = "a carrier's token"
SETTINGS = """
help_contact = "help.example.org"
[cost]
ceiling = 50
[[senders]]
name = "one"
number = "+18885550123"
carrier = "http"
kind = "toll_free"
account = "AC1"
auth_token_env = "CARRIER_TOKEN"
cost = 0.01
[[senders]]
name = "two"
number = "12345"
carrier = "http"
kind = "short_code"
account = "AC1"
auth_token_env = "CARRIER_TOKEN"
cost = 0.01
"""
TEXT = {
    "MessageSid": "SM1",
    "AccountSid": "AC1",
    "From": "+15025550199",
    "To": "+18885550123",
    "Body": "40202",
}
DELIVERED = {"MessageSid": "SM7", "MessageStatus": "delivered", "To": "+15025550199"}


@pytest.fixture(autouse=True)
def _real_senders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / config.FILE_NAME).write_text(SETTINGS)
    monkeypatch.setenv("CARRIER_TOKEN", TOKEN)
    monkeypatch.setattr(config, "_this_site", lambda: config.Site(tmp_path, ADDRESS, 8000, "k" * 50))
    monkeypatch.setattr(config, "_kept", None)


FORM = "application/x-www-form-urlencoded"


def call(
    path: str, fields: Mapping[str, str], *, token: str = TOKEN, signed: Mapping[str, str] | None = None, **more: Any
) -> Any:  # fmt: skip
    """A webhook as the carrier makes it; `signed` are the fields that the signature covers, where others are sent."""
    signature = sign(ADDRESS + path, (signed or fields).items(), token)
    headers = {"X-Twilio-Signature": signature, **more.pop("headers", {})}
    return Client().post(path, urlencode(fields), content_type=FORM, headers=headers, **more)


def inbound_path(sender: str = "one") -> str:
    return reverse("carrier:inbound", args=[sender])


def status_path(sender: str = "one") -> str:
    return reverse("carrier:status", args=[sender])


def nothing_kept() -> bool:
    return not (Inbound.objects.exists() or Delivery.objects.exists() or ParkedReceipt.objects.exists())


# --- the signature, against examples that the carrier published -------------------------------------------------------

CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}


def called(number: str) -> list[tuple[str, str]]:
    return [*CALL.items(), ("From", number), ("Caller", number)]


# address, fields, signature under the token "12345"
PUBLISHED = [
    # Twilio's documentation, "Validating requests" (docs/usage/security), as of 2026 and in its older edition.
    ("https://example.com/myapp.php?foo=1&bar=2", called("+14158675310"), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", called("+12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
    # Twilio's own Python library, tests/unit/test_request_validator.py.
    ("https://mycompany.com/myapp.php?foo=1&bar=2", called("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", called("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", called("+14158675309"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", called("+14158675309"), "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com/myapp.php?foo=1&bar=2", called("+14158675309"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
]  # fmt: skip
BODY = b'{"property": "value", "boolean": true}'
BODY_ADDRESS = (
    "https://mycompany.com/myapp.php?foo=1&bar=2"
    "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
)


@pytest.mark.parametrize(("url", "fields", "signature"), PUBLISHED)
def test_the_published_examples_are_signed(url: str, fields: list[tuple[str, str]], signature: str) -> None:
    assert is_signed(url, fields, "12345", signature)
    assert is_signed(url, fields[::-1], "12345", signature)
    assert not is_signed(url, fields, "12346", signature)
    assert not is_signed(url + "&more=1", fields, "12345", signature)
    assert not is_signed(url, fields[1:], "12345", signature)
    assert not is_signed(url, fields, "12345", signature[:-1])
    assert not is_signed(url, fields, "12345", "")


def test_the_published_example_of_a_body_that_is_no_form_is_signed() -> None:
    assert is_signed(BODY_ADDRESS, [], "12345", "a9nBmqA0ju/hNViExpshrM61xv4=")
    assert is_body_named(BODY_ADDRESS, BODY)
    assert not is_body_named(BODY_ADDRESS, BODY + b" ")
    assert not is_body_named(ADDRESS, BODY)
    assert not is_body_named(f"{BODY_ADDRESS}&bodySHA256=0", BODY)


def test_no_token_signs_nothing() -> None:
    assert not is_signed(ADDRESS, [], "", sign(ADDRESS, [], ""))


# --- texts to us ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_signed_text_is_taken_and_answered_in_the_outbox() -> None:
    response = call(inbound_path(), TEXT)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/xml"
    assert response.content.endswith(b"<Response/>")
    row = Inbound.objects.get()
    assert (row.carrier, row.message_id) == ("one", "SM1")
    assert numbers.open_(row.number) == "+15025550199"
    assert Delivery.objects.filter(kind=Delivery.Kind.REPLY).count() == 1


@pytest.mark.django_db
def test_a_text_that_is_told_again_changes_nothing() -> None:
    for _ in range(3):
        assert call(inbound_path(), TEXT).status_code == 200
    assert Inbound.objects.count() == Delivery.objects.count() == 1


@pytest.mark.django_db
def test_words_in_any_alphabet_arrive_as_they_were_written() -> None:
    words = "¿Dónde está? 🙂 50% & más + té\n\tfin "
    assert call(inbound_path(), {**TEXT, "Body": words}).status_code == 200
    assert inbound.words(Inbound.objects.get()) == words


@pytest.mark.django_db
def test_a_picture_without_words_is_taken_too() -> None:
    assert call(inbound_path(), {**TEXT, "Body": "", "NumMedia": "1"}).status_code == 200
    assert Inbound.objects.count() == 1


@pytest.mark.django_db
def test_a_field_that_the_carrier_adds_tomorrow_is_signed_and_does_no_harm() -> None:
    assert call(inbound_path(), {**TEXT, "Something-New": "1", "Empty": ""}).status_code == 200


@pytest.mark.django_db
def test_json_is_taken_when_the_address_names_exactly_this_body() -> None:
    body = json.dumps(TEXT)
    path = f"{inbound_path()}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(ADDRESS + path, [], TOKEN)}
    good = Client().post(path, body, content_type="application/json", headers=headers)
    assert good.status_code == 200
    other = Client().post(
        path, body.replace("40202", "STOP "), content_type="application/json", headers=headers
    )
    assert other.status_code == 403
    assert Inbound.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "AAAA"}, {"X-Twilio-Signature": "ÿÿÿÿ"}],
    ids=["none", "empty", "short", "not ASCII"],
)
@pytest.mark.parametrize("path", ["inbound", "status"])
def test_without_the_right_signature_nothing_is_kept(path: str, headers: dict[str, str]) -> None:
    response = Client().post(
        reverse(f"carrier:{path}", args=["one"]), urlencode(TEXT), content_type=FORM, headers=headers
    )
    assert response.status_code == 403
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "signed", "token"),
    [
        (TEXT, {**TEXT, "Body": "STOP"}, TOKEN),
        ({**TEXT, "From": "+15025550198"}, TEXT, TOKEN),
        ({**TEXT, "Extra": "1"}, TEXT, TOKEN),
        (TEXT, TEXT, "another token"),
        (TEXT, TEXT, ""),
    ],
    ids=["other words", "other number", "a field more", "another token", "no token"],
)
def test_a_signature_of_something_else_is_refused(
    fields: dict[str, str], signed: dict[str, str], token: str
) -> None:
    assert call(inbound_path(), fields, signed=signed, token=token).status_code == 403
    assert nothing_kept()


@pytest.mark.django_db
def test_a_call_signed_for_one_address_is_refused_at_another() -> None:
    signature = {"X-Twilio-Signature": sign(ADDRESS + inbound_path("two"), TEXT.items(), TOKEN)}
    response = Client().post(inbound_path("one"), urlencode(TEXT), content_type=FORM, headers=signature)
    assert response.status_code == 403
    signature = {"X-Twilio-Signature": sign(f"{ADDRESS}{inbound_path()}?x=1", TEXT.items(), TOKEN)}
    response = Client().post(inbound_path(), urlencode(TEXT), content_type=FORM, headers=signature)
    assert response.status_code == 403
    assert nothing_kept()


@pytest.mark.django_db
def test_the_address_that_counts_is_our_own_and_not_what_a_caller_says_it_is() -> None:
    forged = {"X-Twilio-Signature": sign(f"http://127.0.0.1{inbound_path()}", TEXT.items(), TOKEN)}
    for headers in (forged, {**forged, "X-Forwarded-Proto": "http", "X-Forwarded-Host": "127.0.0.1"}):
        response = Client().post(
            inbound_path(), urlencode(TEXT), content_type=FORM, headers={**headers, "Host": "127.0.0.1"}
        )
        assert response.status_code == 403
    assert nothing_kept()


REFUSED: list[tuple[str, dict[str, str], int, str]] = [
    ("no id", {"MessageSid": ""}, 400, "MessageSid is missing or malformed"),
    ("a strange id", {"MessageSid": "SM1; DROP"}, 400, "MessageSid is missing or malformed"),
    ("a long id", {"MessageSid": "S" * 81}, 400, "MessageSid is missing or malformed"),
    ("no number", {"From": ""}, 400, "From is missing or malformed"),
    ("a name", {"From": "BANK"}, 400, "From is missing or malformed"),
    ("a short code", {"From": "12345"}, 400, "From is missing or malformed"),
    ("a number with a line break", {"From": "+15025550199\n"}, 400, "From is missing or malformed"),
    ("digits of another alphabet", {"From": "+1٥٠٢٥٥٥٠١٩٩"}, 400, "From is missing or malformed"),
    ("another sender's number", {"To": "12345"}, 400, "To is not this sender's number"),
    ("too many words", {"Body": "a" * 6401}, 413, "Body is too long"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "status", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_text_that_cannot_be_is_refused_with_its_reason(
    changed: dict[str, str], status: int, reason: str
) -> None:
    response = call(inbound_path(), {**TEXT, **changed})
    assert (response.status_code, response.content.decode().strip()) == (status, reason)
    assert nothing_kept()


@pytest.mark.django_db
def test_a_text_without_words_at_all_is_refused() -> None:
    fields = {name: value for name, value in TEXT.items() if name != "Body"}
    assert call(inbound_path(), fields).status_code == 400


@pytest.mark.django_db
def test_no_reason_repeats_what_was_sent() -> None:
    for _name, changed, _status, _reason in REFUSED:
        said = call(inbound_path(), {**TEXT, **changed}).content.decode()
        assert not [
            value for value in changed.values() if len(value) > 3 and value in said and value not in "To"
        ]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    signature = {"X-Twilio-Signature": sign(ADDRESS + inbound_path(), TEXT.items(), TOKEN)}
    response = Client().post(inbound_path(), urlencode(TEXT), content_type=kind, headers=signature)
    assert response.status_code == 415
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"\xff\xfe", b"Body=%ff%fe", b"Body", b"&".join([b"a=1"] * 200), b"{"])
def test_a_form_that_cannot_be_read_is_refused(body: bytes) -> None:
    assert Client().post(inbound_path(), body, content_type=FORM).status_code == 400
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[1]", "{", '"text"', "null", '{"Body": ["a"]}'])
def test_json_that_is_no_object_is_refused(body: str) -> None:
    path = f"{inbound_path()}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(ADDRESS + path, [], TOKEN)}
    assert Client().post(path, body, content_type="application/json", headers=headers).status_code == 400


@pytest.mark.django_db
def test_a_field_that_is_there_twice_is_refused_even_when_signed() -> None:
    pairs = [*TEXT.items(), ("Body", "STOP")]
    headers = {"X-Twilio-Signature": sign(ADDRESS + inbound_path(), pairs, TOKEN)}
    response = Client().post(inbound_path(), urlencode(pairs), content_type=FORM, headers=headers)
    assert response.status_code == 400
    assert nothing_kept()


@pytest.mark.django_db
def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    assert call(inbound_path(), {**TEXT, "Body": "a" * MAX_BYTES}).status_code == 413
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize("sender", ["three", "practice", "ONE"])
def test_a_sender_that_is_not_set_takes_nothing(sender: str) -> None:
    assert call(inbound_path(sender), TEXT).status_code == 404
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_a_post_is_a_call(method: str) -> None:
    assert getattr(Client(), method)(inbound_path()).status_code == 405


@pytest.mark.django_db
def test_a_public_site_without_a_real_sender_takes_no_practice_text(tmp_path: Path) -> None:
    (tmp_path / config.FILE_NAME).unlink()
    token = config.practice_token("k" * 50)
    assert config.sender("practice").number == "+15025550100"
    assert call(inbound_path("practice"), {**TEXT, "To": "+15025550100"}, token=token).status_code == 404


@pytest.mark.django_db
def test_a_text_that_the_database_did_not_take_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> bool:
        raise RuntimeError("the database is away")

    monkeypatch.setattr("porchlight.alerts.inbound.receive", fail)
    client = Client(raise_request_exception=False)
    headers = {"X-Twilio-Signature": sign(ADDRESS + inbound_path(), TEXT.items(), TOKEN)}
    assert client.post(inbound_path(), urlencode(TEXT), content_type=FORM, headers=headers).status_code == 500


@pytest.mark.django_db
def test_no_call_sets_a_cookie_or_may_be_kept() -> None:
    response = call(inbound_path(), TEXT)
    assert not response.cookies
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_log_never_holds_what_a_person_wrote_or_their_number(capsys: pytest.CaptureFixture[str]) -> None:
    call(inbound_path(), {**TEXT, "Body": "zzcanaryzz"})
    call(inbound_path(), {**TEXT, "Body": "zzcanaryzz"}, token="wrong")
    call(inbound_path(), {**TEXT, "Body": "zzcanaryzz", "From": "zzcanaryzz"})
    call(status_path(), {**DELIVERED, "ErrorCode": "zzcanaryzz"})
    out = "".join(capsys.readouterr())
    assert "zzcanaryzz" not in out
    assert "5550199" not in out


# --- what became of ours ----------------------------------------------------------------------------------------------


def sent(message_id: str) -> Delivery:
    number = numbers.get("+15025550199", timezone.now())
    row = outbox.enqueue(number, "hello", Delivery.Kind.REPLY, "en", timezone.now().timestamp())
    row.state, row.message_id, row.sent = Delivery.State.SENT, message_id, timezone.now().timestamp()
    row.lane.sender = "one"
    row.lane.save()
    row.save()
    return row


@pytest.mark.django_db
def test_a_receipt_is_kept_and_telling_it_again_changes_nothing() -> None:
    row = sent("SM7")
    for _ in range(2):
        assert call(status_path(), DELIVERED).status_code == 204
    row.refresh_from_db()
    assert row.state == Delivery.State.DELIVERED


@pytest.mark.django_db
def test_what_became_of_a_text_only_moves_on() -> None:
    row = sent("SM7")
    for said in ("delivered", "sent", "queued", "undelivered", "failed"):
        assert call(status_path(), {**DELIVERED, "MessageStatus": said}).status_code == 204
    row.refresh_from_db()
    assert row.state == Delivery.State.DELIVERED


@pytest.mark.django_db
def test_a_receipt_that_comes_before_we_know_the_text_waits_for_it() -> None:
    assert call(status_path(), DELIVERED).status_code == 204
    assert ParkedReceipt.objects.get().message_id == "SM7"


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["accepted", "scheduled", "queued", "sending", "sent"])
def test_a_status_that_is_not_the_last_is_heard_and_not_kept(said: str) -> None:
    assert call(status_path(), {**DELIVERED, "MessageStatus": said}).status_code == 204
    assert nothing_kept()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"MessageStatus": ""},
        {"MessageStatus": "lost"},
        {"MessageSid": ""},
        {"ErrorCode": "x"},
        {"ErrorCode": "1" * 11},
    ],
)
def test_a_status_that_cannot_be_is_refused(changed: dict[str, str]) -> None:
    assert call(status_path(), {**DELIVERED, **changed}).status_code == 400
    assert nothing_kept()


@pytest.mark.parametrize(
    ("said", "code", "state", "why"),
    [
        ("delivered", "", ReceiptState.DELIVERED, None),
        ("read", "", ReceiptState.DELIVERED, None),
        ("undelivered", "30005", ReceiptState.FAILED, Why.BAD_NUMBER),
        ("undelivered", "30003", ReceiptState.FAILED, Why.TRANSIENT),
        ("undelivered", "30007", ReceiptState.FAILED, Why.BAD_TEXT),
        ("failed", "21610", ReceiptState.FAILED, Why.STOPPED),
        ("failed", "30036", ReceiptState.EXPIRED, None),
        ("failed", "", ReceiptState.FAILED, None),
        ("undelivered", "12345", ReceiptState.FAILED, None),
        ("canceled", "", ReceiptState.FAILED, None),
    ],
)
def test_what_each_last_status_means(said: str, code: str, state: ReceiptState, why: Why | None) -> None:
    receipt = receipt_of("SM7", said, code)
    assert (receipt.state, receipt.why) == (state, why)
