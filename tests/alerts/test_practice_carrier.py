"""The practice carrier: it must do what a real one does, or what is learnt from it is wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from porchlight.alerts import config
from porchlight.alerts.carriers import Accepted, Outcome, Outgoing, Refused, Unsure, Why
from porchlight.alerts.carriers.http import HttpCarrier
from porchlight.alerts.carriers.practice import MAGIC, Fate, Habits, Telephones
from porchlight.alerts.carriers.practice_http import HttpLine, Reply
from porchlight.alerts.carriers.signature import is_signed
from porchlight.alerts.phone.server import PhoneServer
from tests.alerts.crash.wire import hearing

TOKEN = config.practice_token("k" * 50)
OURS = "+15025550100"
PHONE = "+15025550101"
PROMPT = Habits(delay=0)


@dataclass
class Site:
    """A stand-in for the site: keeps each webhook that is signed rightly, and answers `status`."""

    address: str = ""
    status: int = 204
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    forged: int = 0

    def said(self, name: str = "MessageStatus") -> list[str]:
        return [fields.get(name, "") for _path, fields in list(self.calls)]


@pytest.fixture
def site() -> Iterator[Site]:
    seen = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = parse_qsl(body, keep_blank_values=True)
            signature = self.headers["X-Twilio-Signature"]
            if is_signed(seen.address + self.path, fields, TOKEN, signature):
                seen.calls.append((self.path, dict(fields)))
            else:
                seen.forged += 1
            self.send_response(seen.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with _served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        seen.address = f"http://127.0.0.1:{port}"
        yield seen


@contextmanager
def _served(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def line(site: Site) -> Iterator[HttpLine]:
    made = HttpLine(Telephones(PROMPT), site.address, {OURS: "practice"}, TOKEN)
    yield made
    made.close()


@pytest.fixture
def sender(tmp_path: Path, line: HttpLine, site: Site) -> Iterator[config.Sender]:
    settings, _ = config.read(config.Site(tmp_path, "", 8000, "k" * 50), {})
    (practice,) = settings.senders
    assert practice.account is not None
    with _served(PhoneServer(0, line.telephones, site.address, TOKEN, line)) as port:
        yield replace(practice, account=replace(practice.account, api=f"http://127.0.0.1:{port}", timeout=5))


def send(of: config.Sender, site: Site, *to: str, text: str = "hello") -> list[Outcome]:
    """Through the very carrier that sends to a real one."""

    async def work() -> list[Outcome]:
        carrier = HttpCarrier(of, site.address)
        await carrier.open(hearing([]))
        try:
            return [await carrier.submit(Outgoing("1", each, OURS, text, 1)) for each in to]
        finally:
            await carrier.close()

    return asyncio.run(work())


def wait_for(what: Callable[[], object]) -> None:
    """The postman is another thread: until it has come, ten seconds at most."""
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.005)


def submit(line: HttpLine, to: str = PHONE, now: float = 1000.5, **form: str) -> Reply:
    return line.submit({"To": to, "From": OURS, "Body": "hello", **form}, now)


def test_a_text_arrives_and_its_receipts_come_signed_and_in_order(
    sender: config.Sender, line: HttpLine, site: Site
) -> None:
    (outcome,) = send(sender, site, PHONE, text="¿Cómo está? 🙂")
    assert isinstance(outcome, Accepted)
    wait_for(lambda: len(site.calls) == 2)
    assert site.said() == ["sent", "delivered"]
    assert site.said("MessageSid") == [outcome.message_id] * 2
    assert {path for path, _fields in site.calls} == {"/alerts/carrier/practice/status"}
    assert site.forged == 0
    (text,) = line.telephones.thread(PHONE)
    assert (text.words, text.from_site, text.fate) == ("¿Cómo está? 🙂", True, "delivered")


WAYS: dict[Fate, tuple[Outcome | type[Outcome], list[str]]] = {
    Fate.NOT_MOBILE: (Refused(Why.BAD_NUMBER, "21614"), []),
    Fate.STOPPED: (Refused(Why.STOPPED, "21610"), []),
    Fate.FILTERED: (Accepted, ["undelivered"]),
    Fate.NO_SUCH_PHONE: (Accepted, ["undelivered"]),
    Fate.OUT_OF_REACH: (Accepted, ["undelivered"]),
    Fate.TOO_FAST_ONCE: (Refused(Why.THROTTLED, "20429", 1.0), []),
    Fate.ERROR_ONCE: (Refused(Why.TRANSIENT, "20500"), []),
    Fate.CUT: (Unsure("connection_lost"), ["sent", "delivered"]),
    Fate.SILENT: (Accepted, []),
    Fate.RECEIPT_FIRST: (Accepted, ["sent", "delivered"]),
}


@pytest.mark.parametrize("last", MAGIC)
def test_each_magic_number_fails_in_its_own_way(
    last: str, sender: config.Sender, line: HttpLine, site: Site
) -> None:
    wanted, said = WAYS[MAGIC[last]]
    # Another text after it: its receipts come last, so that nothing of the first is still on its way.
    first, _after = send(sender, site, f"+1808{last}", PHONE)
    assert first == wanted if isinstance(wanted, Accepted | Refused | Unsure) else isinstance(first, wanted)
    wait_for(lambda: len(site.calls) == len(said) + 2)
    assert site.said()[: len(said)] == said
    assert site.said("To")[: len(said)] == [f"+1808{last}"] * len(said)


def test_the_receipt_that_comes_first_is_there_before_the_answer(line: HttpLine, site: Site) -> None:
    submit(line, "+15025550199", StatusCallback=f"{site.address}/alerts/carrier/practice/status")
    assert site.said() == ["sent", "delivered"]


def test_what_fails_once_is_taken_the_second_time(line: HttpLine) -> None:
    for number in ("+15025550195", "+15025550196"):
        assert submit(line, number).status >= 429
        assert submit(line, number).status == 201


def test_a_failure_says_why(line: HttpLine, site: Site) -> None:
    submit(line, "+15025550193", StatusCallback=f"{site.address}/alerts/carrier/practice/status")
    wait_for(lambda: site.calls)
    assert site.said("ErrorCode") == ["30005"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21211),
        ({"To": "502-555-0101"}, 21211),
        ({"To": "+1٥٠٢٥٥٥٠١٠١"}, 21211),
        ({"From": "+15025550101"}, 21606),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
    ],
)
def test_a_text_that_cannot_be_is_refused_as_a_real_carrier_does(
    line: HttpLine, form: dict[str, str], code: int
) -> None:
    reply = line.submit({"To": PHONE, "From": OURS, "Body": "x", **form}, 0)
    assert (reply.status, reply.body["code"]) == (400, code)
    assert line.telephones.phones() == []


def test_only_the_site_s_password_sends(sender: config.Sender, line: HttpLine, site: Site) -> None:
    assert sender.account is not None
    stranger = replace(sender, account=replace(sender.account, token="guessed"))
    assert send(stranger, site, PHONE) == [Refused(Why.SETUP, "20003")]
    assert line.telephones.phones() == []


def test_it_takes_only_so_many_texts_in_a_second(line: HttpLine) -> None:
    line.telephones.behave(replace(PROMPT, per_second=3))
    assert [submit(line, now=7.1 + n / 100).status for n in range(5)] == [201, 201, 201, 429, 429]
    assert submit(line, now=8.0).status == 201


def test_errors_and_cuts_come_as_often_as_set_and_the_same_each_time(line: HttpLine) -> None:
    habits = replace(PROMPT, error_share=0.3, cut_share=0.2, seed=4)

    def tried() -> list[tuple[int, bool]]:
        line.telephones.behave(habits)
        return [(reply.status, reply.cut) for reply in (submit(line) for _ in range(400))]

    first = tried()
    assert first == tried()
    assert 80 < sum(status == 500 for status, _cut in first) < 160
    assert 30 < sum(cut for _status, cut in first) < 85


def test_a_carrier_that_handles_stop_refuses_texts_until_start_and_tells_the_site(
    line: HttpLine, site: Site
) -> None:
    line.telephones.behave(replace(PROMPT, handles_stop=True))
    line.telephones.text_site(PHONE, OURS, " stop ", 1.0)
    assert submit(line).body["code"] == 21610
    assert submit(line, "+15025550102").status == 201
    line.telephones.text_site(PHONE, OURS, "START", 2.0)
    assert submit(line).status == 201
    wait_for(lambda: len(site.calls) == 2)
    assert site.said("OptOutType") == ["STOP", "START"]


def test_a_text_to_the_site_comes_signed_with_all_that_a_carrier_says(line: HttpLine, site: Site) -> None:
    text = line.telephones.text_site(PHONE, OURS, "Where is help? ¿Dónde?\n40202", 1.0)
    wait_for(lambda: text.fate == "received")
    ((path, fields),) = site.calls
    assert path == "/alerts/carrier/practice/inbound"
    assert fields["Body"] == "Where is help? ¿Dónde?\n40202"
    assert (fields["From"], fields["To"], fields["MessageSid"]) == (PHONE, OURS, text.message_id)
    assert site.forged == 0


def test_a_text_that_the_site_refuses_says_so_on_the_phone(line: HttpLine, site: Site) -> None:
    site.status = 403
    text = line.telephones.text_site(PHONE, OURS, "hello", 1.0)
    wait_for(lambda: text.fate == "refused")
    assert text.code == 403


def test_a_text_that_the_site_could_not_take_is_told_again(
    line: HttpLine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porchlight.alerts.carriers.practice_http._REPEATS", (0.01, 0.01, 0.01))
    site.status = 500
    text = line.telephones.text_site(PHONE, OURS, "hello", 1.0)
    wait_for(lambda: len(site.calls) >= 2)
    site.status = 204
    wait_for(lambda: text.fate == "received")
    assert set(site.said("MessageSid")) == {text.message_id}


def test_it_never_calls_anywhere_but_this_machine(line: HttpLine, site: Site) -> None:
    for elsewhere in ("http://192.0.2.1/x", "https://carrier.example/x", "http://127.0.0.1.example/", "x"):
        submit(line, StatusCallback=elsewhere)
    submit(line, StatusCallback=f"{site.address}/alerts/carrier/practice/status")
    # Calls are made in order: were one of the others tried, these two would come after it.
    wait_for(lambda: len(site.calls) == 2)


def test_what_it_keeps_has_an_end(line: HttpLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("porchlight.alerts.carriers.practice._MOST_PHONES", 5)
    for n in range(20):
        for _ in range(3):
            submit(line, f"+1502555{n:04}")
    assert len(line.telephones.phones()) == 5
    for _ in range(300):
        submit(line)
    assert len(line.telephones.thread(PHONE)) == 200
