"""Where a Twilio-compatible carrier tells us things: texts that people sent us, and what became of ours.

Nothing is believed or kept without the carrier's signature. What it says twice changes nothing the second time: a text
is known by its message id, and what became of a text only ever moves on. We say "taken" only after the database did;
until then the carrier gets an error and calls again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from porchlight.alerts import config, inbound, outbox
from porchlight.alerts.carriers import Receipt, ReceiptState, Received
from porchlight.alerts.carriers.http import CODES, VALIDITY_ENDED
from porchlight.alerts.carriers.signature import is_body_named, is_signed

MAX_BYTES = 16 * 1024
_MAX_FIELDS = 100
_MAX_TEXT = 1600 * 4  # characters; the carrier's longest text is 1,600
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ERROR_CODE = re.compile(r"[0-9]{0,10}")
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

# The statuses after which nothing follows: twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
_FINAL = {
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.FAILED,
    "failed": ReceiptState.FAILED,
    "canceled": ReceiptState.FAILED,
}
_NOT_YET = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})


@dataclass(frozen=True, slots=True)
class RefusedCall(Exception):  # noqa: N818 - what it is, not an error of ours
    """A call that we do not take. `reason` is for the carrier's own log and repeats nothing that was sent."""

    status: int
    reason: str


@require_POST
def inbound_text(request: HttpRequest, sender_name: str) -> HttpResponse:
    """A text that someone sent to our number."""
    return _taken(request, sender_name, _hear_text)


@require_POST
def status(request: HttpRequest, sender_name: str) -> HttpResponse:
    """What became of a text that we sent."""
    return _taken(request, sender_name, _hear_status)


def _taken(
    request: HttpRequest,
    sender_name: str,
    hear: Callable[[config.Sender, Mapping[str, str]], HttpResponse],
) -> HttpResponse:
    try:
        sender = _sender(sender_name)
        return hear(sender, _believed(request, sender))
    except RefusedCall as refused:
        return HttpResponse(f"{refused.reason}\n", status=refused.status, content_type="text/plain")


def _sender(name: str) -> config.Sender:
    try:
        sender = config.sender(name)
    except config.UnknownSender:
        raise RefusedCall(404, "no such sender") from None
    # A public site without a real sender takes nothing: its key is the only secret of the practice carrier.
    if sender.account is None or not config.alerts().offered:
        raise RefusedCall(404, "no such sender")
    return sender


def _hear_text(sender: config.Sender, fields: Mapping[str, str]) -> HttpResponse:
    received = Received(
        message_id=_required(fields, "MessageSid", _MESSAGE_ID),
        source=_required(fields, "From", _NUMBER),
        to=fields.get("To", ""),
        text=_text(fields),
    )
    if received.to != sender.number:
        raise RefusedCall(400, "To is not this sender's number")
    inbound.receive(sender.name, received, timezone.now())
    return HttpResponse(_NOTHING_TO_SAY, content_type="text/xml")


def _hear_status(sender: config.Sender, fields: Mapping[str, str]) -> HttpResponse:
    message_id = _required(fields, "MessageSid", _MESSAGE_ID)
    said = fields.get("MessageStatus", "")
    if said not in _FINAL and said not in _NOT_YET:
        raise RefusedCall(400, "MessageStatus is missing or unknown")
    code = fields.get("ErrorCode", "")
    if not _ERROR_CODE.fullmatch(code):
        raise RefusedCall(400, "ErrorCode is not a number")
    if said in _FINAL:
        outbox.record_receipt(sender.name, receipt_of(message_id, said, code), timezone.now().timestamp())
    return HttpResponse(status=204)


def receipt_of(message_id: str, said: str, code: str) -> Receipt:
    """The receipt that a final status stands for."""
    state = _FINAL[said]
    if state is ReceiptState.DELIVERED:
        return Receipt(message_id, state)
    if code == VALIDITY_ENDED:
        return Receipt(message_id, ReceiptState.EXPIRED, code)
    return Receipt(message_id, state, code or said, CODES.get(code))


def _required(fields: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = fields.get(name, "")
    if not shape.fullmatch(value):
        raise RefusedCall(400, f"{name} is missing or malformed")
    return value


def _text(fields: Mapping[str, str]) -> str:
    """The words; none at all where someone sent only a picture, and they get an answer like anyone."""
    if "Body" not in fields:
        raise RefusedCall(400, "Body is missing")
    if len(fields["Body"]) > _MAX_TEXT:
        raise RefusedCall(413, "Body is too long")
    return fields["Body"].replace("\0", "")  # PostgreSQL keeps no NUL


# --- is it the carrier who speaks? ------------------------------------------------------------------------------------


def _believed(request: HttpRequest, sender: config.Sender) -> Mapping[str, str]:
    """The fields of a call that the sender's carrier signed. Raises RefusedCall for any other."""
    body = _body(request)
    url = config.alerts().address + request.path + _query(request)
    signature = request.headers.get("X-Twilio-Signature", "")
    token = sender.account.token if sender.account else ""
    match request.content_type:
        case "application/x-www-form-urlencoded":
            fields = _form(body)
            good = is_signed(url, fields, token, signature)
        case "application/json":
            fields = []
            good = is_signed(url, fields, token, signature) and is_body_named(url, body)
        case _:
            raise RefusedCall(415, "send a form or JSON")
    if not good:
        raise RefusedCall(403, "the signature is missing or wrong")
    if request.content_type == "application/json":
        fields = _json(body)
    if len({name for name, _value in fields}) != len(fields):
        raise RefusedCall(400, "a field is there twice")
    return dict(fields)


def _query(request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    return f"?{query}" if query else ""


def _body(request: HttpRequest) -> bytes:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    if not stated.isdecimal():
        raise RefusedCall(400, "Content-Length is not a number")
    if int(stated) > MAX_BYTES:
        raise RefusedCall(413, "too long")
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise RefusedCall(413, "too long")
    return body


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:  # of Unicode too
        raise RefusedCall(400, "the form cannot be read") from None


def _json(body: bytes) -> list[tuple[str, str]]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, str | int | None])
    except msgspec.DecodeError:
        raise RefusedCall(400, "the JSON cannot be read") from None
    return [(name, str(value)) for name, value in fields.items() if value is not None]
