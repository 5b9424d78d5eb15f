"""The carrier by HTTP: what goes over the wire, and what each answer means for the outbox."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from porchlight.alerts import carriers, config
from porchlight.alerts.carriers import Accepted, Outcome, Outgoing, Receipt, Received, Refused, Unsure, Why
from porchlight.alerts.carriers.console import ConsoleCarrier
from porchlight.alerts.carriers.http import CODES, HttpCarrier, outcome_of
from tests.alerts.crash.wire import hearing

TEXT = Outgoing("7", "+15025550101", "+15025550100", "¿Dónde está? Ñandú & 50%", 1)
ADDRESS = "https://help.example.org"


def sender(api: str, tmp_path: Path, **changes: Any) -> config.Sender:
    settings, _ = config.read(config.Site(tmp_path, "", 8000, "k" * 50), {})
    (practice,) = settings.senders
    assert practice.account is not None
    return replace(practice, account=replace(practice.account, api=api, timeout=1), **changes)


class Seen(dict[str, Any]):
    """What the stand-in carrier was sent."""


@contextmanager
def standing_in(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, Seen]]:
    """A carrier that answers as `answer` does."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.update(path=self.path, headers=self.headers, form=dict(parse_qsl(body.decode())))
            answer(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Callable[[Any], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def submit(of: config.Sender, *texts: Outgoing) -> list[Outcome]:
    async def work() -> list[Outcome]:
        carrier = HttpCarrier(of, ADDRESS)
        await carrier.open(hearing([]))
        try:
            return [await carrier.submit(text) for text in texts]
        finally:
            await carrier.close()

    return asyncio.run(work())


def test_a_text_goes_as_the_carriers_document_says(tmp_path: Path) -> None:
    with standing_in(answering(201, b'{"sid": "SM9", "status": "queued"}')) as (api, seen):
        assert submit(sender(api, tmp_path, validity=600), TEXT) == [Accepted("SM9")]
    assert seen["path"] == "/2010-04-01/Accounts/practice/Messages.json"
    assert seen["form"] == {
        "To": "+15025550101",
        "From": "+15025550100",
        "Body": "¿Dónde está? Ñandú & 50%",
        "ValidityPeriod": "600",
        "StatusCallback": "https://help.example.org/alerts/carrier/practice/status",
    }
    assert seen["headers"]["Authorization"].startswith("Basic ")
    assert seen["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


def test_no_receipts_are_asked_for_where_none_are_wanted(tmp_path: Path) -> None:
    with standing_in(answering(201, b'{"sid": "SM9"}')) as (api, seen):
        submit(sender(api, tmp_path, receipts=False), TEXT)
    assert "StatusCallback" not in seen["form"]


# HTTP status, headers, body, what it means
ANSWERS: list[tuple[int, dict[str, str], bytes, Outcome]] = [
    (201, {}, b'{"sid": "SM1"}', Accepted("SM1")),
    (200, {}, b'{"sid": "SM1"}', Accepted("SM1")),
    (201, {}, b"", Unsure("no_id")),
    (201, {}, b"<html>a proxy's page", Unsure("no_id")),
    (400, {}, b'{"code": 21610}', Refused(Why.STOPPED, "21610")),
    (400, {}, b'{"code": 21211}', Refused(Why.BAD_NUMBER, "21211")),
    (400, {}, b'{"code": 21614}', Refused(Why.BAD_NUMBER, "21614")),
    (400, {}, b'{"code": 21617}', Refused(Why.BAD_TEXT, "21617")),
    (400, {}, b'{"code": 21606}', Refused(Why.SETUP, "21606")),
    (401, {}, b'{"code": 20003}', Refused(Why.SETUP, "20003")),
    (429, {"retry-after": "7"}, b'{"code": 20429}', Refused(Why.THROTTLED, "20429", 7.0)),
    (429, {}, b"", Refused(Why.THROTTLED, "http_429")),
    (429, {"retry-after": "soon"}, b"", Refused(Why.THROTTLED, "http_429")),
    (429, {"retry-after": "9" * 400}, b"", Refused(Why.THROTTLED, "http_429")),
    (400, {}, b'{"code": 21611}', Refused(Why.THROTTLED, "21611")),
    # One person who answers thirty times must not stop everybody's texts.
    (400, {}, b'{"code": 14107}', Refused(Why.TRANSIENT, "14107", 30.0)),
    (400, {}, b'{"code": 99999}', Refused(Why.BAD_TEXT, "99999")),
    (400, {}, b'{"code": "21610"}', Refused(Why.BAD_TEXT, "http_400")),
    (403, {}, b"", Refused(Why.SETUP, "http_403")),
    (404, {}, b'{"code": 20404}', Refused(Why.SETUP, "20404")),
    (302, {"location": "https://elsewhere.example"}, b"", Refused(Why.SETUP, "http_302")),
    (408, {}, b"", Refused(Why.TRANSIENT, "http_408")),
    (500, {}, b'{"code": 20500}', Refused(Why.TRANSIENT, "20500")),
    (503, {"retry-after": "2"}, b"", Refused(Why.TRANSIENT, "http_503", 2.0)),
    # A gateway in between: the carrier may have the text.
    (502, {}, b"", Unsure("http_502")),
    (504, {}, b"", Unsure("http_504")),
]


@pytest.mark.parametrize(("status", "headers", "body", "wanted"), ANSWERS)
def test_what_each_answer_means(
    status: int, headers: dict[str, str], body: bytes, wanted: Outcome, tmp_path: Path
) -> None:
    assert outcome_of(status, headers, body) == wanted
    with standing_in(answering(status, body, headers)) as (api, _seen):
        assert submit(sender(api, tmp_path), TEXT) == [wanted]


def test_a_phone_that_is_off_for_a_day_is_not_given_up() -> None:
    assert CODES["30003"] is Why.TRANSIENT
    assert CODES["30005"] is CODES["30006"] is Why.BAD_NUMBER


def test_a_carrier_that_cannot_be_reached_took_nothing(tmp_path: Path) -> None:
    assert submit(sender("http://127.0.0.1:9", tmp_path), TEXT) == [Refused(Why.TRANSIENT, "unreachable")]


def test_a_line_cut_before_the_answer_leaves_it_unsure(tmp_path: Path) -> None:
    with standing_in(lambda handler: handler.connection.close()) as (api, _seen):
        assert submit(sender(api, tmp_path), TEXT) == [Unsure("connection_lost")]


def test_an_answer_that_never_comes_leaves_it_unsure(tmp_path: Path) -> None:
    never = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        never.wait(5)

    with standing_in(wait) as (api, _seen):
        slow = sender(api, tmp_path)
        assert slow.account is not None
        got = submit(replace(slow, account=replace(slow.account, timeout=0.2)), TEXT)
        never.set()
    assert got == [Unsure("timeout")]


def test_a_machine_s_proxy_never_sees_what_goes_to_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with standing_in(answering(201, b'{"sid": "SM9"}')) as (api, _seen):
        assert submit(sender(api, tmp_path), TEXT) == [Accepted("SM9")]


# --- the console ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("show_text", [True, False])
def test_the_console_masks_the_number_and_shows_words_only_in_practice(show_text: bool) -> None:
    out, heard = io.StringIO(), list[Receipt | Received]()

    async def work() -> Outcome:
        carrier = ConsoleCarrier(show_text=show_text, out=out)
        await carrier.open(hearing(heard))
        return await carrier.submit(TEXT)

    outcome = asyncio.run(work())
    assert isinstance(outcome, Accepted)
    (receipt,) = heard
    assert isinstance(receipt, Receipt)
    assert receipt.message_id == outcome.message_id
    assert "+15025550101" not in out.getvalue()
    assert "5025550" not in out.getvalue()
    assert ("Ñandú" in out.getvalue()) is show_text


def test_each_kind_of_sender_gets_its_carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = config.Site(tmp_path, "", 8000, "k" * 50)
    monkeypatch.setattr(config, "_this_site", lambda: site)
    monkeypatch.setattr(config, "_kept", None)
    (practice,) = config.alerts().senders
    assert isinstance(carriers.build(practice), HttpCarrier)
    console = replace(practice, carrier=config.CarrierKind.CONSOLE)
    assert isinstance(carriers.build(console), ConsoleCarrier)
