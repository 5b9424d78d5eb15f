"""The practice SMSC, byte by byte: it must do what a real one does, or what is learnt from it is wrong."""

from __future__ import annotations

import re
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from porchlight.alerts.carriers.practice import MAGIC, Fate, Habits, IdForm, Parts, ReceiptForm, Telephones
from porchlight.alerts.carriers.smpp.pdu import RECEIPT, UDH_INDICATOR, Bound, Command, Message, Pdu, Tag
from porchlight.alerts.carriers.smsc import certificate, mailbox, record, session
from porchlight.alerts.carriers.smsc.counter import SAID_STOP, Account
from porchlight.alerts.carriers.smsc.record import Record
from porchlight.alerts.carriers.smsc.server import Smsc
from porchlight.alerts.config import Coding
from tests.alerts.esme import OURS, PASSWORD, PHONE, SYSTEM_ID, Esme, bound, named, text
from tests.alerts.scripted_smsc import data_body

PROMPT = Habits(delay=0)
LONG = "¿Dónde está? " * 20 + "fin"  # ó and á are not of the GSM alphabet
LATIN = "+15025550109"  # a number of ours whose bind writes Latin-1


@pytest.fixture
def telephones() -> Telephones:
    return Telephones(PROMPT)


@pytest.fixture
def smsc(telephones: Telephones) -> Iterator[Smsc]:
    made = Smsc(telephones, [Account(SYSTEM_ID, PASSWORD, {OURS: Coding.GSM, LATIN: Coding.LATIN1})])
    yield made
    made.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., Esme]]:
    """New connections, closed at the end."""
    with ExitStack() as made:
        yield lambda *args: made.enter_context(closing(Esme(*args)))


@pytest.fixture
def esme(smsc: Smsc) -> Iterator[Esme]:
    with bound(smsc.port) as made:
        yield made


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.005)


def said(message: Message) -> dict[str, str]:
    """The fields of a receipt's words."""
    words = message.short_message.decode("latin-1")
    return dict(
        re.findall(r"(id|sub|dlvrd|submit date|done date|stat|err|text):(.*?)(?= \w+(?: date)?:|$)", words)
    )


# --- who may speak ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Command.BIND_TRANSCEIVER, Command.BIND_RECEIVER, Command.BIND_TRANSMITTER])
def test_who_knows_the_password_may_bind_in_each_way(
    connect: Callable[..., Esme], smsc: Smsc, how: Command
) -> None:
    esme = connect(smsc.port)
    answer = esme.bind(how=how)
    assert (answer.status, answer.body) == (0, Bound("practice"))
    assert esme.bind(how=how).status == 0x05


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        (SYSTEM_ID, "guessed", 0x0E),
        (SYSTEM_ID, "", 0x0E),
        (SYSTEM_ID, "s3cre", 0x0E),
        ("other", PASSWORD, 0x0F),
    ],
)
def test_nobody_else_does(
    connect: Callable[..., Esme], smsc: Smsc, system_id: str, password: str, status: int
) -> None:
    esme = connect(smsc.port)
    assert esme.bind(system_id, password).status == status
    assert esme.is_closed()


def test_without_a_bind_nothing_is_taken(
    connect: Callable[..., Esme], smsc: Smsc, telephones: Telephones
) -> None:
    esme = connect(smsc.port)
    assert esme.submit(text()).status == 0x04
    receiver = connect(smsc.port)
    receiver.bind(how=Command.BIND_RECEIVER)
    assert receiver.submit(text()).status == 0x04
    assert telephones.phones() == []


def test_a_transmitter_gets_no_receipts_and_a_receiver_gets_them(
    connect: Callable[..., Esme], smsc: Smsc
) -> None:
    sends, hears = connect(smsc.port), connect(smsc.port)
    sends.bind(how=Command.BIND_TRANSMITTER)
    hears.bind(how=Command.BIND_RECEIVER)
    name = named(sends.submit(text()))
    assert said(hears.receipt())["id"] == name
    assert sends.hear(0.2) is None


def test_who_says_nothing_at_all_is_sent_away(
    connect: Callable[..., Esme], smsc: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BIND_SECONDS", 0.1)
    assert connect(smsc.port).is_closed()


def test_unbind_is_answered_and_then_the_line_closed(esme: Esme) -> None:
    esme.send(Command.UNBIND)
    assert esme.expect(Command.UNBIND_RESP).status == 0
    assert esme.is_closed()


def test_it_says_goodbye_when_it_ends(telephones: Telephones) -> None:
    made = Smsc(telephones, [Account(SYSTEM_ID, PASSWORD, {OURS: Coding.GSM})])
    with bound(made.port) as esme:
        made.close()
        assert esme.hear() == Pdu(Command.UNBIND, 1)
        assert esme.is_closed()


def test_both_sides_ask_whether_the_other_is_there(
    smsc: Smsc, esme: Esme, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = esme.send(Command.ENQUIRE_LINK)
    assert esme.hear() == Pdu(Command.ENQUIRE_LINK_RESP, sequence)
    monkeypatch.setattr(session, "QUIET_SECONDS", 0.1)
    esme.answer(esme.expect(Command.ENQUIRE_LINK))
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.1)
    esme.expect(Command.ENQUIRE_LINK)
    assert esme.is_closed()


# --- hostile bytes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 15, 64 * 1024 + 1, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_that_line_and_no_other(
    connect: Callable[..., Esme], smsc: Smsc, esme: Esme, length: int
) -> None:
    hostile = connect(smsc.port)
    hostile.socket.sendall(struct.pack(">LLLL", length, 4, 0, 1))
    assert hostile.hear() == Pdu(Command.GENERIC_NACK, 0, 0x02)
    assert hostile.is_closed()
    named(esme.submit(text()))


def test_what_is_not_understood_is_refused_and_the_line_goes_on(esme: Esme) -> None:
    for code, body, status in (
        (0x111, b"", 0x03),
        (0x103, data_body(b""), 0x03),
        (0x03, b"x\0", 0x03),
        (0x04, b"\xff\xff", 0x02),
    ):
        esme.socket.sendall(struct.pack(">LLLL", 16 + len(body), code, 0, 77) + body)
        assert esme.hear() == Pdu(Command.GENERIC_NACK, 77, status)
    named(esme.submit(text()))


def test_a_pdu_may_come_octet_by_octet_and_many_in_one_piece(esme: Esme) -> None:
    octets = struct.pack(">LLLL", 16, Command.ENQUIRE_LINK, 0, 5)
    for octet in octets:
        esme.socket.sendall(bytes([octet]))
    assert esme.hear() == Pdu(Command.ENQUIRE_LINK_RESP, 5)
    esme.socket.sendall(octets * 50)
    assert [esme.hear() for _ in range(50)] == [Pdu(Command.ENQUIRE_LINK_RESP, 5)] * 50


# --- texts from the site ----------------------------------------------------------------------------------------------


def test_a_text_arrives_and_its_receipt_says_so(esme: Esme, telephones: Telephones) -> None:
    name = named(esme.submit(text(b"Your code is 123456")))
    receipt = esme.receipt()
    assert receipt.esm_class & 0x3C == RECEIPT
    assert (receipt.source.digits, receipt.destination.digits) == (PHONE[1:], OURS[1:])
    fields = said(receipt)
    dates = fields.pop("submit date"), fields.pop("done date")
    assert all(re.fullmatch(r"[0-9]{10}", date) for date in dates)
    assert fields == {
        "id": name,
        "sub": "001",
        "dlvrd": "001",
        "stat": "DELIVRD",
        "err": "000",
        "text": "Your code is 123456",
    }
    (held,) = telephones.thread(PHONE)
    assert (held.words, held.from_site, held.fate, held.ours) == (
        "Your code is 123456",
        True,
        "delivered",
        OURS,
    )


@pytest.mark.parametrize(
    ("octets", "data_coding", "ours", "words"),
    [
        (b"\x00\x02 \x1b\x65 \x1b\x3c\x1b\x3e \x7d\x5f \x0b", 0, OURS, "@$ € [] ñ§ Ø"),
        ("áéí ñ ü".encode("latin-1"), 0, LATIN, "áéí ñ ü"),
        ("áéí".encode("latin-1"), 3, OURS, "áéí"),
        (b"plain", 1, OURS, "plain"),
        ("¿Dónde? 🙂".encode("utf-16-be"), 8, OURS, "¿Dónde? 🙂"),
    ],
)
def test_each_alphabet_is_read(
    esme: Esme, telephones: Telephones, octets: bytes, data_coding: int, ours: str, words: str
) -> None:
    named(esme.submit(text(octets, ours=ours, data_coding=data_coding)))
    assert [each.words for each in telephones.thread(PHONE)] == [words]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (text(to="911"), 0x0B),
        (text(to=""), 0x0B),
        (text(ours="+15025550101"), 0x0A),
        (text(b""), 0x01),
        (text(b"\xff\xfe", data_coding=0), 0x45),
        (text(b"\xd8", data_coding=8), 0x45),
        (text(b"x", data_coding=0xF5), 0x45),
        (text(b"", esm_class=UDH_INDICATOR), 0x43),
        (text(b"\x09\x00\x03\x01\x02\x01x", esm_class=UDH_INDICATOR), 0x43),
        (text(b"\x05\x00\x03\x01\x02\x03x", esm_class=UDH_INDICATOR), 0x43),
        (text(tlvs={Tag.SAR_MSG_REF_NUM: b"\0\1"}), 0x43),
    ],
)
def test_a_text_that_cannot_be_is_refused(
    esme: Esme, telephones: Telephones, message: Message, status: int
) -> None:
    assert esme.submit(message).status == status
    assert telephones.phones() == []


def test_who_wants_no_receipt_gets_none_and_who_wants_failures_gets_those(esme: Esme) -> None:
    named(esme.submit(text(registered_delivery=0)))
    named(esme.submit(text(registered_delivery=2)))
    name = named(esme.submit(text(to="+15025550193", registered_delivery=2)))
    assert said(esme.receipt())["id"] == name


def parts_of(form: str) -> list[Message]:
    """LONG in three parts, and the last one first."""
    octets = LONG.encode("utf-16-be")
    pieces = [octets[at : at + 134] for at in range(0, len(octets), 134)]
    total, made = len(pieces), []
    for number, piece in enumerate(pieces, start=1):
        if form == "sar":
            tags = (Tag.SAR_MSG_REF_NUM, b"\x01\x02"), (Tag.SAR_TOTAL_SEGMENTS, bytes([total]))
            tlvs: dict[int, bytes] = dict([*tags, (Tag.SAR_SEGMENT_SEQNUM, bytes([number]))])
            made.append(text(piece, data_coding=8, tlvs=tlvs))
        else:
            eight = bytes([5, 0, 3, 7, total, number])
            sixteen = bytes([6, 8, 4, 1, 7, total, number])
            header = eight if form == "udh" else sixteen
            made.append(text(header + piece, data_coding=8, esm_class=UDH_INDICATOR))
    return [made[-1], *made[:-1]]


@pytest.mark.parametrize("form", ["udh", "udh16", "sar"])
def test_parts_are_put_together_and_each_has_its_own_receipt(
    esme: Esme, telephones: Telephones, form: str
) -> None:
    names, receipts = [], []
    messages = parts_of(form)
    assert len(messages) > 2
    for message in messages:
        assert telephones.phones() == []
        names.append(named(esme.submit(message)))
        receipts.append(said(esme.receipt())["id"])
    assert len(set(names)) == len(messages)
    assert receipts == names
    assert [(each.words, each.fate) for each in telephones.thread(PHONE)] == [(LONG, "delivered")]


def test_a_whole_text_may_come_as_a_payload(esme: Esme, telephones: Telephones) -> None:
    payload = {int(Tag.MESSAGE_PAYLOAD): LONG.encode("utf-16-be")}
    named(esme.submit(text(b"", data_coding=8, tlvs=payload)))
    assert [each.words for each in telephones.thread(PHONE)] == [LONG]


# --- what fails on purpose --------------------------------------------------------------------------------------------

WAYS: dict[Fate, tuple[int | None, str]] = {
    Fate.NOT_MOBILE: (0x0B, ""),
    Fate.STOPPED: (SAID_STOP, ""),
    Fate.FILTERED: (0, "REJECTD"),
    Fate.NO_SUCH_PHONE: (0, "UNDELIV"),
    Fate.OUT_OF_REACH: (0, "UNDELIV"),
    Fate.TOO_FAST_ONCE: (0x58, ""),
    Fate.ERROR_ONCE: (0x08, ""),
    Fate.CUT: (None, ""),
    Fate.SILENT: (0, ""),
    Fate.RECEIPT_FIRST: (0, "DELIVRD"),
}


@pytest.mark.parametrize("last", MAGIC)
def test_each_magic_number_fails_in_its_own_way(last: str, smsc: Smsc, telephones: Telephones) -> None:
    status, stat_word = WAYS[MAGIC[last]]
    with bound(smsc.port) as esme:
        esme.send(Command.SUBMIT_SM, text(to=f"+1808{last}"))
        if status is None:
            assert esme.is_closed()
            assert len(telephones.thread(f"+1808{last}")) == 1
            return
        heard = [esme.hear(), esme.hear() if stat_word else None]
        if MAGIC[last] is Fate.RECEIPT_FIRST:
            heard.reverse()
        answer, receipt = heard
        assert answer is not None
        assert answer.status == status
        if stat_word:
            assert receipt is not None
            assert isinstance(receipt.body, Message)
            assert said(receipt.body)["stat"] == stat_word
        assert esme.hear(0.1) is None
        again = esme.submit(text(to=f"+1808{last}", registered_delivery=0)).status
        assert again == (0 if MAGIC[last] in {Fate.TOO_FAST_ONCE, Fate.ERROR_ONCE} else status)


def test_a_cut_text_s_receipt_comes_on_the_next_connection(smsc: Smsc) -> None:
    with bound(smsc.port) as esme:
        esme.send(Command.SUBMIT_SM, text(to="+15025550197"))
        assert esme.is_closed()
    with bound(smsc.port) as esme:
        assert said(esme.receipt())["stat"] == "DELIVRD"


# --- habits -----------------------------------------------------------------------------------------------------------


def test_it_takes_only_so_many_messages_in_a_second(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, per_second=3))
    while time.time() % 1 > 0.3:  # all five within one second of the clock
        time.sleep(0.01)
    messages = [esme.send(Command.SUBMIT_SM, text(registered_delivery=0)) for _ in range(5)]
    assert [esme.expect(Command.SUBMIT_SM_RESP).status for _ in messages] == [0, 0, 0, 0x58, 0x58]


@pytest.mark.parametrize(
    ("habits", "status"),
    [(replace(PROMPT, seed=4, queue_full_share=0.3), 0x14), (replace(PROMPT, seed=4, error_share=0.3), 0x08)],
)
def test_refusals_come_as_often_as_set_and_the_same_each_time(
    esme: Esme, telephones: Telephones, habits: Habits, status: int
) -> None:
    def tried() -> list[int]:
        telephones.behave(habits)
        return [esme.submit(text(registered_delivery=0)).status for _ in range(100)]

    first = tried()
    assert first == tried()
    assert set(first) == {0, status}
    assert 15 < first.count(status) < 45


def test_a_line_is_cut_after_the_text_was_taken(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, cut_share=1))
    esme.send(Command.SUBMIT_SM, text())
    assert esme.is_closed()
    assert len(telephones.thread(PHONE)) == 1


def test_silence_is_a_text_that_is_taken_and_never_answered(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, silent_share=1))
    esme.send(Command.SUBMIT_SM, text(registered_delivery=0))
    assert esme.hear(0.2) is None
    assert len(telephones.thread(PHONE)) == 1
    sequence = esme.send(Command.ENQUIRE_LINK)
    assert esme.hear() == Pdu(Command.ENQUIRE_LINK_RESP, sequence)


def test_answers_and_receipts_come_as_late_as_set(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, answer_delay=0.3, delay=0.3))
    began = time.monotonic()
    named(esme.submit(text()))
    assert time.monotonic() - began >= 0.29
    esme.receipt()
    assert time.monotonic() - began >= 0.59


@pytest.mark.parametrize("form", ReceiptForm)
@pytest.mark.parametrize(("ids", "receipt_ids"), [(IdForm.DECIMAL, IdForm.HEX), (IdForm.HEX, IdForm.DECIMAL)])
def test_receipts_are_written_as_set(
    esme: Esme, telephones: Telephones, form: ReceiptForm, ids: IdForm, receipt_ids: IdForm
) -> None:
    telephones.behave(replace(PROMPT, receipts=form, ids=ids, receipt_ids=receipt_ids))
    name = named(esme.submit(text(to="+15025550194")))
    number = int(name, 16 if ids is IdForm.HEX else 10)
    wanted = f"{number:X}" if receipt_ids is IdForm.HEX else str(number)
    receipt = esme.receipt()
    if form is not ReceiptForm.TLV:
        assert (said(receipt)["id"], said(receipt)["err"]) == (wanted, "027")
    else:
        assert receipt.short_message == b""
    optional = {
        Tag.RECEIPTED_MESSAGE_ID: wanted.encode() + b"\0",
        Tag.MESSAGE_STATE: b"\5",
        Tag.NETWORK_ERROR_CODE: b"\3\0\x1b",
    }
    assert dict(receipt.tlvs) == ({} if form is ReceiptForm.TEXT else optional)


def test_receipts_are_lost_doubled_or_first_as_often_as_set(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, receipts_lost=1))
    named(esme.submit(text()))
    telephones.behave(replace(PROMPT, receipts_twice=1))
    name = named(esme.submit(text()))
    assert [said(esme.receipt())["id"] for _ in range(2)] == [name, name]
    telephones.behave(replace(PROMPT, receipts_first=1))
    sequence = esme.send(Command.SUBMIT_SM, text())
    first = said(esme.receipt())["id"]
    answer = esme.expect(Command.SUBMIT_SM_RESP)
    assert (answer.sequence, named(answer)) == (sequence, first)


def test_receipts_overtake_each_other_and_none_is_lost(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, spread=0.5, window=100))
    for _ in range(30):
        esme.send(Command.SUBMIT_SM, text())
    heard = [pdu for _ in range(60) if (pdu := esme.hear()) is not None]
    names = [named(each) for each in heard if each.command is Command.SUBMIT_SM_RESP]
    came = [said(each.body)["id"] for each in heard if isinstance(each.body, Message)]
    assert came != names
    assert sorted(came) == names


def test_only_so_many_receipts_are_unanswered_at_once(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, window=3))
    for _ in range(5):
        esme.send(Command.SUBMIT_SM, text())
    heard = [each for each in iter(lambda: esme.hear(0.3), None) if each.command is Command.DELIVER_SM]
    assert len(heard) == 3
    esme.answer(heard[1])
    esme.expect(Command.DELIVER_SM)
    assert esme.hear(0.2) is None


def test_a_half_open_line_stays_open_and_dead_while_a_new_one_lives(
    smsc: Smsc, esme: Esme, telephones: Telephones
) -> None:
    telephones.behave(replace(PROMPT, half_open=True))
    esme.send(Command.SUBMIT_SM, text())
    assert esme.hear(0.3) is None
    telephones.behave(PROMPT)
    began = time.monotonic()
    esme.send(Command.ENQUIRE_LINK)
    assert esme.hear(0.3) is None
    assert time.monotonic() - began >= 0.29, "it was closed"
    assert telephones.phones() == []
    with bound(smsc.port) as new:
        named(new.submit(text()))


def test_a_carrier_that_handles_stop_refuses_texts_until_start(esme: Esme, telephones: Telephones) -> None:
    telephones.behave(replace(PROMPT, handles_stop=True))
    for words, status in (("Stop", SAID_STOP), ("START", 0)):
        telephones.text_site(PHONE, OURS, words, 1.0)
        assert esme.receipt().short_message == words.encode()
        assert esme.submit(text(registered_delivery=0)).status == status


# --- texts to the site ------------------------------------------------------------------------------------------------


def test_a_text_to_the_site_is_brought_and_the_phone_hears_that_it_was_taken(
    esme: Esme, telephones: Telephones
) -> None:
    typed = telephones.text_site(PHONE, OURS, "Where is help?", 1.0)
    pdu = esme.expect(Command.DELIVER_SM)
    assert isinstance(pdu.body, Message)
    assert (pdu.body.source.digits, pdu.body.destination.digits) == (PHONE[1:], OURS[1:])
    assert (pdu.body.short_message, pdu.body.esm_class) == (b"Where is help?", 0)
    assert typed.fate == "sending"
    esme.answer(pdu)
    wait_for(lambda: typed.fate == "received")


@pytest.mark.parametrize("words", [LONG, "a" * 400, "€" * 100], ids=["ucs2", "gsm", "extended"])
@pytest.mark.parametrize("form", Parts)
def test_a_long_text_is_brought_in_parts_that_make_it_up_again(
    esme: Esme, telephones: Telephones, form: Parts, words: str
) -> None:
    telephones.behave(replace(PROMPT, parts=form))
    typed = telephones.text_site(PHONE, OURS, words, 1.0)
    octets, total = b"", 1
    numbers: list[int] = []
    while len(numbers) < total:
        message = esme.receipt()
        body = message.content
        if form is Parts.UDH:
            assert message.esm_class == UDH_INDICATOR
            assert body[:3] == b"\5\0\3"
            total, number, body = body[4], body[5], body[6:]
        elif form is Parts.SAR:
            total = message.tlvs[Tag.SAR_TOTAL_SEGMENTS][0]
            number = message.tlvs[Tag.SAR_SEGMENT_SEQNUM][0]
        else:
            number = 1
        assert len(body) <= 160 or form is Parts.PAYLOAD
        numbers.append(number)
        octets += body
    assert numbers == list(range(1, total + 1))
    assert total > 1 or form is Parts.PAYLOAD
    if message.data_coding == 8:
        assert octets.decode("utf-16-be") == words
    else:
        assert octets == words.replace("€", "\x1be").encode()
    wait_for(lambda: typed.fate == "received")


@pytest.mark.parametrize("status", [0x64, 0x08, 0x58])
def test_what_the_site_could_not_take_is_brought_again(
    esme: Esme, telephones: Telephones, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(mailbox, "WAITS", (0.05, 0.1))
    typed = telephones.text_site(PHONE, OURS, "STOP", 1.0)
    for _ in range(4):
        pdu = esme.expect(Command.DELIVER_SM)
        esme.answer(pdu, status)
    assert typed.fate == "sending"
    assert esme.receipt().short_message == b"STOP"
    wait_for(lambda: typed.fate == "received")


@pytest.mark.parametrize("status", [0x65, 0x66])
def test_what_the_site_will_never_take_is_said_on_the_phone(
    esme: Esme, telephones: Telephones, status: int
) -> None:
    typed = telephones.text_site(PHONE, OURS, "x", 1.0)
    esme.answer(esme.expect(Command.DELIVER_SM), status)
    wait_for(lambda: typed.fate == "refused")
    assert typed.code == status


def test_what_is_never_answered_is_brought_again(
    esme: Esme, telephones: Telephones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(mailbox, "WAITS", (0.05,))
    typed = telephones.text_site(PHONE, OURS, "STOP", 1.0)
    first, again = esme.expect(Command.DELIVER_SM), esme.expect(Command.DELIVER_SM)
    assert (first.body, first.sequence != again.sequence) == (again.body, True)
    esme.answer(again)
    wait_for(lambda: typed.fate == "received")


def test_what_is_typed_while_the_site_is_away_waits_in_its_order(smsc: Smsc, telephones: Telephones) -> None:
    for phone in (PHONE, "+15025550102"):
        for words in ("STOP", "START", "HELP"):
            telephones.text_site(phone, OURS, words, 1.0)
    with bound(smsc.port) as esme:
        assert esme.expect(Command.DELIVER_SM)  # heard, not answered, and gone
    got: dict[str, list[bytes]] = {}
    with bound(smsc.port) as esme:
        for _ in range(6):
            message = esme.receipt()
            got.setdefault("+" + message.source.digits, []).append(message.short_message)
        assert esme.hear(0.2) is None
    assert got == {phone: [b"STOP", b"START", b"HELP"] for phone in (PHONE, "+15025550102")}


def test_what_one_person_wrote_later_waits_for_what_they_wrote_first(
    esme: Esme, telephones: Telephones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "WAITS", (0.2,))
    telephones.text_site(PHONE, OURS, "STOP", 1.0)
    telephones.text_site(PHONE, OURS, "START", 2.0)
    esme.answer(esme.expect(Command.DELIVER_SM), 0x64)
    assert [esme.receipt().short_message for _ in range(2)] == [b"STOP", b"START"]


def test_what_is_for_a_number_comes_on_a_connection_that_sends_from_it(
    smsc: Smsc, telephones: Telephones
) -> None:
    with bound(smsc.port) as one, bound(smsc.port) as two:
        named(one.submit(text(registered_delivery=0)))
        named(two.submit(text(ours=LATIN, registered_delivery=0)))
        for ours, esme in ((OURS, one), (LATIN, two), (LATIN, two), (OURS, one)):
            telephones.text_site(PHONE, ours, "x", 1.0)
            assert esme.receipt().destination.digits == ours[1:]
        telephones.behave(replace(PROMPT, any_bind=True))
        for last in range(2, 6):
            telephones.text_site(f"+1502555010{last}", OURS, "x", 1.0)
        assert one.receipt().destination == two.receipt().destination


def test_an_account_that_fetches_nothing_hears_that_its_queue_is_full(
    smsc: Smsc, esme: Esme, telephones: Telephones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST", 2)
    telephones.behave(replace(PROMPT, window=1))
    statuses = []
    for _ in range(4):
        esme.send(Command.SUBMIT_SM, text())
        heard = esme.hear()
        while heard is not None and heard.command is Command.DELIVER_SM:
            heard = esme.hear()
        assert heard is not None
        statuses.append(heard.status)
    assert statuses == [0, 0, 0, 0x14]
    assert smsc.waiting() == 2


# --- TLS, the record, speed of the wire -------------------------------------------------------------------------------


def test_with_tls_whoever_trusts_the_certificate_binds_and_it_is_kept(
    connect: Callable[..., Esme], telephones: Telephones, tmp_path: Path
) -> None:
    account = Account(SYSTEM_ID, PASSWORD, {OURS: Coding.GSM})
    smsc = Smsc(telephones, [account], tls=certificate.context(tmp_path))
    try:
        with bound(smsc.tls_port, tmp_path / certificate.FILE_NAME) as esme, bound(smsc.port) as plain:
            named(esme.submit(text(registered_delivery=0)))
            named(plain.submit(text(registered_delivery=0)))
        with pytest.raises((AssertionError, OSError)):
            connect(smsc.tls_port).bind()
    finally:
        smsc.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"practice-carrier.pem": 0o644, "practice-carrier.key.pem": 0o600}
    kept = (tmp_path / certificate.FILE_NAME).read_bytes()
    certificate.context(tmp_path)
    assert (tmp_path / certificate.FILE_NAME).read_bytes() == kept


@pytest.mark.parametrize("broken", ["practice-carrier.pem", "practice-carrier.key.pem"])
def test_a_certificate_that_will_not_do_is_made_anew(tmp_path: Path, broken: str) -> None:
    certificate.context(tmp_path)
    (tmp_path / broken).write_text("x")
    certificate.context(tmp_path)
    assert "PRIVATE KEY" in (tmp_path / certificate.KEY_NAME).read_text()
    assert "CERTIFICATE" in (tmp_path / certificate.FILE_NAME).read_text()


def test_each_text_is_in_the_record_before_it_is_answered(telephones: Telephones, tmp_path: Path) -> None:
    path = tmp_path / "record"
    kept = Record(path)
    smsc = Smsc(telephones, [Account(SYSTEM_ID, PASSWORD, {OURS: Coding.GSM})], record=kept)
    try:
        with bound(smsc.port) as esme:
            began = time.monotonic()
            name = named(esme.submit(text(b"one")))
            (line,) = [each for each in record.read(path) if each.what == "taken"]
            assert (line.id, line.phone, line.ours, line.words) == (name, PHONE, OURS, "one")
            assert began <= line.at <= time.monotonic()
            esme.receipt()
            for message in parts_of("udh"):
                named(esme.submit(message))
                esme.receipt()
            telephones.text_site(PHONE, OURS, "STOP", 1.0)
            esme.expect(Command.DELIVER_SM)
            assert not [each for each in record.read(path) if each.what == "brought"]
        with bound(smsc.port) as esme:
            esme.receipt()
            wait_for(lambda: record.read(path)[-1].what == "brought")
    finally:
        smsc.close()
        kept.close()
    lines = record.read(path)
    whole = [each for each in lines if each.what == "taken" and each.parts > 1]
    assert "".join(each.words for each in sorted(whole, key=lambda each: each.part)) == LONG
    assert lines[-1].words == "STOP"
    assert {each.id for each in lines if each.what == "receipted"} == {
        each.id for each in lines if each.what == "taken"
    }


def test_what_cannot_be_recorded_is_not_answered_as_taken(telephones: Telephones, tmp_path: Path) -> None:
    kept = Record(Path("/dev/full"))
    smsc = Smsc(telephones, [Account(SYSTEM_ID, PASSWORD, {OURS: Coding.GSM})], record=kept)
    try:
        with bound(smsc.port) as esme:
            assert esme.submit(text()).status == 0x08
    finally:
        smsc.close()
    assert telephones.phones() == []


def test_a_port_that_is_taken_is_said(smsc: Smsc, telephones: Telephones) -> None:
    with pytest.raises(OSError, match="in use"):
        Smsc(telephones, [], port=smsc.port)


def test_it_listens_on_this_machine_alone(smsc: Smsc) -> None:
    with socket.socket() as other:
        other.settimeout(2)
        with pytest.raises(OSError, match="refused"):
            other.connect(("127.0.0.2", smsc.port))
