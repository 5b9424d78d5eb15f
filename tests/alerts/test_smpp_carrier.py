"""Our side of SMPP against a carrier that is scripted octet by octet."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.alerts.carriers import (
    Accepted,
    Outgoing,
    Receipt,
    ReceiptState,
    Received,
    Refused,
    Unsure,
    Why,
    build,
)
from porchlight.alerts.carriers.smpp import carrier as module
from porchlight.alerts.carriers.smpp import joining, pdu
from porchlight.alerts.carriers.smpp.carrier import SmppCarrier
from porchlight.alerts.carriers.smpp.status import MEANINGS, Status
from porchlight.alerts.config import Coding, LongText, ReceiptIds
from tests.alerts.scripted_smsc import (
    ANSWER,
    BIND,
    DATA,
    DELIVER,
    ENQUIRE,
    NACK,
    SUBMIT,
    TEXT,
    UNBIND,
    Ear,
    Heard,
    Line,
    Smsc,
    bound,
    data_body,
    listening,
    sender_of,
    text_body,
    tlv,
    unit,
    until,
)

LONG = replace(TEXT, text="x" * 153 + "y" * 7 + "€" + "z" * 146, segments=3)
RECEIPT = (
    b"id:m1 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:Hello"
)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


def silent(_line: Line, _heard: Heard) -> None: ...


def refuse(status: int) -> Callable[[Line, Heard], None]:
    return lambda line, heard: line.say(unit(heard.command | ANSWER, heard.sequence, b"", status))


def answers_to(smsc: Smsc, command: int) -> list[tuple[int, int]]:
    """Sequence and status of each answer of ours."""
    return [(each.sequence, each.status) for each in smsc.heard if each.command == command | ANSWER]


# --- binding ---


def test_we_bind_as_a_transceiver_with_the_fields_in_their_places(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path, system_type="SMPP"):
            assert smsc.heard[0].command == BIND
            assert smsc.heard[0].sequence == 1
            assert smsc.heard[0].body == b"us\0secret\0SMPP\0\x34\0\0\0"

    run(test())


def test_a_sender_over_smpp_gets_this_carrier(tmp_path: Path) -> None:
    assert isinstance(build(sender_of(1, tmp_path)), SmppCarrier)


def test_a_text_is_written_as_the_carrier_reads_it(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Accepted("m1")
            assert await carrier.submit(replace(TEXT, source="12345", text="¿Está?")) == Accepted("m2")
        first, second = smsc.texts()
        assert first == {
            "source": (1, 1, b"15025550100"), "to": (1, 1, b"15025550101"), "esm": 0, "coding": 0, "registered": 1,
            "validity": b"000000040000000R", "words": b"Hello", "tlvs": {},
        }  # fmt: skip
        assert second["source"] == (3, 0, b"12345")
        assert (second["coding"], second["words"]) == (8, "¿Está?".encode("utf-16-be"))

    run(test())


@pytest.mark.parametrize("status", [Status.INVALID_PASSWORD, Status.INVALID_SYSTEM_ID])
def test_a_refused_password_is_told_to_staff_and_tried_again(
    tmp_path: Path, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REFUSED_WAIT", 0.2)

    async def test() -> None:
        smsc = Smsc()
        smsc.on[BIND] = refuse(status)
        async with listening(smsc):
            carrier = SmppCarrier(sender_of(smsc.port, tmp_path))
            await carrier.open(Ear().hear)
            await until(lambda: smsc.heard)
            assert await carrier.submit(TEXT) == Refused(Why.SETUP, f"bind_0x{status:02X}")
            del smsc.on[BIND]
            await until(lambda: carrier._lines)
            assert await carrier.submit(TEXT) == Accepted("m1")
            await carrier.close()

    run(test())


def test_without_a_carrier_nothing_was_written_and_the_text_may_go_later(tmp_path: Path) -> None:
    async def test() -> None:
        async with listening(Smsc()) as smsc:
            port = smsc.port
        carrier = SmppCarrier(sender_of(port, tmp_path))
        await carrier.open(Ear().hear)
        assert await carrier.submit(TEXT) == Refused(Why.TRANSIENT, "unreachable")
        await carrier.close()

    run(test())


def test_a_text_that_comes_while_the_first_line_is_made_waits_for_it(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with listening(smsc):
            carrier = SmppCarrier(sender_of(smsc.port, tmp_path))
            await carrier.open(Ear().hear)
            assert await carrier.submit(TEXT) == Accepted("m1")
            await carrier.close()

    run(test())


# --- answers ---


@pytest.mark.parametrize("status", sorted(MEANINGS))
def test_each_status_means_what_the_table_says(tmp_path: Path, status: int) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = refuse(status)
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Refused(MEANINGS[status], f"0x{status:02X}")

    run(test())


def test_a_status_of_the_carriers_own_never_gives_a_person_up(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = refuse(0x0412)
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Refused(Why.TRANSIENT, "0x412")

    run(test())


def test_a_text_that_is_not_understood_is_refused_alone(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = lambda line, heard: line.say(unit(NACK, heard.sequence, b"", 3))
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Refused(Why.TRANSIENT, "0x03")

    run(test())


def test_answers_find_their_texts_in_any_order(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, held = Smsc(), list[Heard]()

        def hold(line: Line, heard: Heard) -> None:
            held.append(heard)
            if len(held) == 10:
                line.say(
                    *[unit(SUBMIT | ANSWER, e.sequence, e.text["words"] + b"\0") for e in reversed(held)]
                )

        smsc.on[SUBMIT] = hold
        async with bound(smsc, tmp_path) as carrier:
            texts = [replace(TEXT, text=f"text-{at}") for at in range(10)]
            got = await asyncio.gather(*(carrier.submit(text) for text in texts))
            assert got == [Accepted(f"text-{at}") for at in range(10)]

    run(test())


def test_an_answer_to_nothing_that_was_asked_changes_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()

        def odd(line: Line, heard: Heard) -> None:
            line.say(unit(SUBMIT | ANSWER, 999_999, b"ghost\0"), unit(ENQUIRE | ANSWER, heard.sequence))
            smsc.accept(line, heard)
            line.say(unit(SUBMIT | ANSWER, heard.sequence, b"again\0"))

        smsc.on[SUBMIT] = odd
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Accepted("m1")
            assert await carrier.submit(TEXT) == Accepted("m2")
        assert len(smsc.lines) == 1

    run(test())


def test_without_an_answer_nobody_knows(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = silent
        async with bound(smsc, tmp_path, timeout=0.2) as carrier:
            assert await carrier.submit(TEXT) == Unsure("timeout")
            smsc.line.say(unit(SUBMIT | ANSWER, smsc.heard[-1].sequence, b"late\0"))
            del smsc.on[SUBMIT]
            assert await carrier.submit(TEXT) == Accepted("m1")
        assert len(smsc.lines) == 1

    run(test())


def test_an_acceptance_without_a_name_is_not_believed(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = lambda line, heard: line.say(unit(SUBMIT | ANSWER, heard.sequence))
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(TEXT) == Unsure("no_id")

    run(test())


def test_a_line_cut_in_the_middle_leaves_its_texts_unsure_and_a_new_one_goes_on(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        seen = 0

        def cut_at_third(line: Line, heard: Heard) -> None:
            nonlocal seen
            seen += 1
            if seen < 3:
                smsc.accept(line, heard)
            elif seen == 3:
                line.writer.close()

        smsc.on[SUBMIT] = cut_at_third
        async with bound(smsc, tmp_path) as carrier:
            got = await asyncio.gather(*(carrier.submit(TEXT) for _ in range(6)))
            assert got == [Accepted("m1"), Accepted("m2"), *[Unsure("connection_lost")] * 4]
            del smsc.on[SUBMIT]
            await until(lambda: len(smsc.lines) == 2 and any(line.usable for line in carrier._lines))
            assert await carrier.submit(TEXT) == Accepted("m3")

    run(test())


def test_sequence_numbers_begin_anew_after_the_last(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path) as carrier:
            carrier._lines[0]._sequence = 0x7FFFFFFD
            for at in range(1, 5):
                assert await carrier.submit(TEXT) == Accepted(f"m{at}")
        sequences = [each.sequence for each in smsc.heard if each.command == SUBMIT]
        assert sequences == [0x7FFFFFFE, 0x7FFFFFFF, 1, 2]

    run(test())


def test_no_more_texts_wait_than_the_window_and_all_get_their_turn(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, open_ = Smsc(), list[Heard]()
        most = 0

        def later(line: Line, heard: Heard) -> None:
            nonlocal most
            open_.append(heard)
            most = max(most, len(open_))
            asyncio.get_running_loop().call_later(0.01, lambda: smsc.accept(line, open_.pop(0)))

        smsc.on[SUBMIT] = later
        async with bound(smsc, tmp_path, window=4, grace=5) as carrier:
            got = await asyncio.gather(*(carrier.submit(TEXT) for _ in range(30)))
            assert sorted(str(each) for each in got) == sorted(str(Accepted(f"m{at}")) for at in range(1, 31))
        assert most == 4

    run(test())


def test_a_text_that_finds_no_room_within_its_grace_is_never_written(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = silent
        loop = asyncio.get_running_loop()
        async with bound(smsc, tmp_path, window=1, grace=0.1) as carrier:
            first = asyncio.ensure_future(carrier.submit(TEXT))
            began = loop.time()
            late = await asyncio.gather(*(carrier.submit(text) for text in (TEXT, LONG)))
            assert late == [Refused(Why.THROTTLED, "window_full")] * 2
            assert 0.1 <= loop.time() - began < 1.5
            assert len(smsc.texts()) == 1
            assert await first == Unsure("timeout")
            del smsc.on[SUBMIT]
            assert await carrier.submit(TEXT) == Accepted("m1")

    run(test())


def test_one_segment_texts_of_a_whole_window_never_wait_for_room(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = silent
        async with bound(smsc, tmp_path, binds=3, window=7, grace=0) as carrier:
            texts = [asyncio.ensure_future(carrier.submit(TEXT)) for _ in range(7)]
            await until(lambda: len(smsc.texts()) == 7)
            assert [await each for each in texts] == [Unsure("timeout")] * 7

    run(test())


def test_a_text_that_nobody_waits_for_any_more_keeps_its_place_until_it_is_answered(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        held: list[tuple[Line, Heard]] = []
        smsc.on[SUBMIT] = lambda line, heard: held.append((line, heard))
        async with bound(smsc, tmp_path, window=1, grace=0.1) as carrier:
            first = asyncio.ensure_future(carrier.submit(TEXT))
            await until(lambda: held)
            first.cancel()
            assert await carrier.submit(TEXT) == Refused(Why.THROTTLED, "window_full")
            del smsc.on[SUBMIT]
            smsc.accept(*held.pop())
            await until(lambda: not carrier._lines[0].waiting)
            assert await carrier.submit(TEXT) == Accepted("m2")

    run(test())


def test_texts_are_shared_among_the_binds(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path, binds=3, window=6) as carrier:
            await asyncio.gather(*(carrier.submit(TEXT) for _ in range(6)))
        assert [sum(each.command == SUBMIT for each in line.heard) for line in smsc.lines] == [2, 2, 2]

    run(test())


# --- long texts ---


def test_long_texts_go_with_a_header_in_each_segment(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(LONG) == Accepted("m1", ("m2", "m3"))
        texts = smsc.texts()
        heads = [text["words"][:6] for text in texts]
        assert [head[:3] + head[4:] for head in heads] == [bytes([5, 0, 3, 3, at]) for at in (1, 2, 3)]
        assert len({head[3] for head in heads}) == 1
        assert {text["esm"] for text in texts} == {0x40}
        # The euro takes two septets and would be the 153rd and 154th: it is not cut.
        assert [text["words"][6:] for text in texts] == [b"x" * 153, b"y" * 7 + b"\x1be" + b"z" * 144, b"zz"]

    run(test())


def test_long_texts_go_with_fields_for_the_carrier(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path, long_text=LongText.SAR) as carrier:
            assert await carrier.submit(LONG) == Accepted("m1", ("m2", "m3"))
        texts = smsc.texts()
        assert {text["esm"] for text in texts} == {0}
        assert [(text["tlvs"][0x20E], text["tlvs"][0x20F]) for text in texts] == [
            (b"\3", bytes([at])) for at in (1, 2, 3)
        ]
        assert len({text["tlvs"][0x20C] for text in texts}) == 1
        assert [len(text["words"]) for text in texts] == [153, 153, 2]

    run(test())


def test_long_texts_go_whole_where_the_carrier_cuts_them(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path, long_text=LongText.PAYLOAD, coding=Coding.LATIN1) as carrier:
            assert await carrier.submit(replace(LONG, text="ñ" * 400)) == Accepted("m1")
        (text,) = smsc.texts()
        assert (text["words"], text["tlvs"]) == (b"", {0x424: "ñ".encode("latin-1") * 400})

    run(test())


def test_a_throttled_first_segment_refuses_the_text_and_nothing_else_leaves(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = refuse(Status.QUEUE_FULL)
        async with bound(smsc, tmp_path) as carrier:
            assert await carrier.submit(LONG) == Refused(Why.THROTTLED, "0x14")
        assert len(smsc.texts()) == 1

    run(test())


def test_a_throttled_later_segment_is_tried_until_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)

    async def test() -> None:
        smsc = Smsc()
        answers = iter([0, Status.THROTTLED, 0, Status.SYSTEM_ERROR, 0])

        def some(line: Line, heard: Heard) -> None:
            status = next(answers)
            (refuse(status) if status else smsc.accept)(line, heard)

        smsc.on[SUBMIT] = some
        async with bound(smsc, tmp_path) as carrier:
            got = await carrier.submit(LONG)
            assert isinstance(got, Accepted)
            assert {got.message_id, *got.others} == {"m1", "m2", "m3"}
        assert len(smsc.texts()) == 5

    run(test())


def test_a_text_of_which_only_a_part_went_out_is_never_called_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)

    async def test() -> None:
        for status in (Status.THROTTLED, Status.INVALID_DESTINATION, Status.INVALID_SOURCE):
            smsc = Smsc()

            def first_alone(line: Line, heard: Heard, smsc: Smsc = smsc, status: int = status) -> None:
                (smsc.accept if smsc.named == 0 else refuse(status))(line, heard)

            smsc.on[SUBMIT] = first_alone
            async with bound(smsc, tmp_path, timeout=0.2) as carrier:
                assert await carrier.submit(LONG) == Unsure(f"0x{status:02X}")

    run(test())


def test_a_text_that_no_header_can_count_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with bound(Smsc(), tmp_path) as carrier:
            assert await carrier.submit(replace(TEXT, text="x" * 153 * 256)) == Refused(
                Why.BAD_TEXT, "too_long"
            )

    run(test())


# --- receipts and texts to us ---


def test_a_receipt_may_come_before_the_answer_and_twice(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear()

        def receipt_first(line: Line, heard: Heard) -> None:
            told = text_body(RECEIPT, esm=4)
            line.say(
                unit(DELIVER, 1, told), unit(DELIVER, 2, told), unit(SUBMIT | ANSWER, heard.sequence, b"m1\0")
            )

        smsc.on[SUBMIT] = receipt_first
        async with bound(smsc, tmp_path, ear) as carrier:
            assert await carrier.submit(TEXT) == Accepted("m1")
            await until(lambda: len(answers_to(smsc, DELIVER)) == 2)
        assert ear.heard == [Receipt("m1", ReceiptState.DELIVERED, ours=TEXT.source)] * 2
        assert answers_to(smsc, DELIVER) == [(1, 0), (2, 0)]

    run(test())


def test_texts_and_receipts_may_come_as_data_sm(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear(at_once=False)
        async with bound(smsc, tmp_path, ear) as carrier:
            assert await carrier.submit(TEXT) == Accepted("m1")
            smsc.line.say(
                unit(DATA, 5, data_body(tlv(0x1E, b"m1\0") + tlv(0x427, b"\2"), esm=4)),
                unit(DATA, 6, data_body(tlv(0x424, "¿Está?".encode("utf-16-be")), coding=8)),
                unit(DATA, 7, data_body(tlv(0x424, b"STOP"))),
                unit(DATA, 8, data_body(b"\x04\x24\x00\x09x")),
                unit(DATA, 9, data_body(b"")[:-1]),
            )
            await until(lambda: len(answers_to(smsc, DATA)) == 2)
            assert answers_to(smsc, DATA) == [
                (8, 0x65),
                (9, 0x65),
            ]  # nobody can read them; the rest is not kept yet
            ear.kept[0].set_result(None)
            ear.kept[1].set_result(None)
            ear.kept[2].cancel()
            await until(lambda: len(answers_to(smsc, DATA)) == 5)
        assert answers_to(smsc, DATA)[2:] == [(5, 0), (6, 0), (7, 0x64)]
        receipt, *texts = ear.heard
        assert receipt == Receipt("m1", ReceiptState.DELIVERED, ours=TEXT.source)
        assert [each.text for each in texts if isinstance(each, Received)] == ["¿Está?", "STOP"]
        assert len(smsc.lines) == 1

    run(test())


@pytest.mark.parametrize(
    ("ids", "answer", "receipt"),
    [
        (ReceiptIds.HEX, b"1234567", b"0012D687"),
        (ReceiptIds.DECIMAL, b"0012d687", b"1234567"),
        (ReceiptIds.SAME, b"00AB12", b"ab12"),
    ],
)
def test_names_meet_however_the_carrier_writes_them(
    tmp_path: Path, ids: ReceiptIds, answer: bytes, receipt: bytes
) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear()
        smsc.on[SUBMIT] = lambda line, heard: line.say(unit(SUBMIT | ANSWER, heard.sequence, answer + b"\0"))
        async with bound(smsc, tmp_path, ear, receipt_ids=ids) as carrier:
            accepted = await carrier.submit(TEXT)
            smsc.line.say(unit(DELIVER, 5, text_body(b"ID:" + receipt + b" STAT:UNDELIV ERR:0a1", esm=4)))
            await until(lambda: ear.heard)
        assert isinstance(accepted, Accepted)
        assert ear.heard == [Receipt(accepted.message_id, ReceiptState.FAILED, "0a1", ours=TEXT.source)]

    run(test())


def test_nothing_is_acknowledged_before_it_is_kept(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear(at_once=False)
        async with bound(smsc, tmp_path, ear) as carrier:
            smsc.line.say(unit(DELIVER, 7, text_body(b"STOP")), unit(DELIVER, 8, text_body(RECEIPT, esm=4)))
            await until(lambda: len(ear.heard) == 2)
            assert await carrier.submit(TEXT) == Accepted("m1")  # a whole exchange later
            assert answers_to(smsc, DELIVER) == []
            ear.kept[0].set_result(None)
            await until(lambda: answers_to(smsc, DELIVER) == [(7, 0)])
            ear.kept[1].cancel()
            await until(lambda: answers_to(smsc, DELIVER) == [(7, 0), (8, 0x64)])

    run(test())


def test_what_cannot_be_kept_is_to_be_brought_again(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear(at_once=False)
        async with bound(smsc, tmp_path, ear):
            smsc.line.say(unit(DELIVER, 9, text_body(b"STOP")))
            await until(lambda: ear.kept)
            ear.kept[0].set_exception(RuntimeError())
            await until(lambda: answers_to(smsc, DELIVER) == [(9, 0x64)])

    run(test())


def test_a_text_in_parts_is_put_together_over_all_lines_and_kept_before_any_part_is_acknowledged(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear(at_once=False)
        async with bound(smsc, tmp_path, ear, binds=2):
            one, other = smsc.lines
            one.say(unit(DELIVER, 3, text_body(bytes([5, 0, 3, 77, 2, 2]) + b" there", esm=0x40)))
            await asyncio.sleep(0.05)
            assert not ear.heard
            other.say(unit(DELIVER, 4, text_body(bytes([5, 0, 3, 77, 2, 1]) + b"Hello", esm=0x40)))
            await until(lambda: ear.heard)
            (heard,) = ear.heard
            assert isinstance(heard, Received)
            assert (heard.source, heard.to, heard.text) == ("+15025550101", "+15025550100", "Hello there")
            assert answers_to(smsc, DELIVER) == []
            ear.kept[0].set_result(None)
            await until(lambda: len(answers_to(smsc, DELIVER)) == 2)
        assert sorted(answers_to(smsc, DELIVER)) == [(3, 0), (4, 0)]

    run(test())


def test_parts_whose_others_do_not_come_are_heard_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "WAIT", 0.1)

    async def test() -> None:
        smsc, ear = Smsc(), Ear()
        sar = tlv(0x20C, b"\0\7") + tlv(0x20E, b"\3")
        async with bound(smsc, tmp_path, ear):
            smsc.line.say(
                unit(DELIVER, 1, text_body(b"STOP", tlvs=sar + tlv(0x20F, b"\1"))),
                unit(DELIVER, 2, text_body(b"please", tlvs=sar + tlv(0x20F, b"\3"))),
            )
            await until(lambda: len(answers_to(smsc, DELIVER)) == 2)
            assert [each.text for each in ear.heard if isinstance(each, Received)] == ["STOP", "please"]
            smsc.line.say(unit(DELIVER, 3, text_body(b"late", tlvs=sar + tlv(0x20F, b"\2"))))
            await until(lambda: len(ear.heard) == 3)
            assert len({each.message_id for each in ear.heard}) == 3

    run(test())


def test_parts_that_wait_when_we_end_are_brought_again(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear()
        async with bound(smsc, tmp_path, ear) as carrier:
            smsc.line.say(unit(DELIVER, 6, text_body(bytes([5, 0, 3, 7, 2, 1]) + b"ST", esm=0x40)))
            await until(lambda: carrier._joiner._waiting)
        await until(lambda: answers_to(smsc, DELIVER) == [(6, 0x64)])
        assert not ear.heard

    run(test())


def test_a_text_without_words_is_acknowledged_and_a_payload_is_read(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear()
        async with bound(smsc, tmp_path, ear):
            smsc.line.say(
                unit(DELIVER, 1, text_body(b"")),
                unit(DELIVER, 2, text_body(b"", tlvs=tlv(0x424, "STÖP".encode("utf-16-be")), coding=8)),
                unit(DELIVER, 3, text_body(b"id:1 stat:ENROUTE", esm=4)),
            )
            await until(lambda: len(answers_to(smsc, DELIVER)) == 3)
        assert sorted(answers_to(smsc, DELIVER)) == [(1, 0), (2, 0), (3, 0)]
        assert [each.text for each in ear.heard if isinstance(each, Received)] == ["STÖP"]
        assert len(ear.heard) == 1

    run(test())


# --- alive or not ---


def test_we_answer_whether_we_are_alive_and_what_we_do_not_know(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path):
            smsc.line.say(
                unit(ENQUIRE, 41),
                unit(0x102, 42, b"\0\0\0"),
                unit(0x111, 43),
                unit(SUBMIT, 44, text_body(b"x")),
            )
            await until(lambda: len(smsc.heard) == 5)
        told = [(each.command, each.sequence, each.status) for each in smsc.heard[1:5]]
        assert told == [(ENQUIRE | ANSWER, 41, 0), (NACK, 42, 3), (NACK, 43, 3), (NACK, 44, 3)]

    run(test())


def test_a_half_open_line_is_found_and_replaced(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[ENQUIRE] = smsc.on[SUBMIT] = silent
        async with bound(smsc, tmp_path, enquire=0.1, timeout=0.3) as carrier:
            assert isinstance(await carrier.submit(TEXT), Unsure)
            await until(lambda: len(smsc.lines) >= 2)
            smsc.on.clear()
            await until(lambda: any(line.usable for line in carrier._lines))
            assert await carrier.submit(TEXT) == Accepted("m1")
        assert any(each.command == ENQUIRE for each in smsc.lines[0].heard)

    run(test())


def test_octets_that_never_become_a_whole_are_no_sign_of_life(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path, enquire=0.1, timeout=0.2) as carrier:
            first = smsc.line
            first.say(b"\x00\x00\xff\xff")
            for _ in range(40):
                first.say(b"\x00")
                await asyncio.sleep(0.02)
            await until(lambda: len(smsc.lines) == 2 and any(line.usable for line in carrier._lines))
            assert await carrier.submit(TEXT) == Accepted("m1")

    run(test())


def test_when_the_carrier_says_goodbye_we_do_too_and_come_again(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path) as carrier:
            smsc.line.say(unit(UNBIND, 55))
            await until(lambda: len(smsc.lines) == 2 and any(line.usable for line in carrier._lines))
            assert (UNBIND | ANSWER, 55) in [(each.command, each.sequence) for each in smsc.lines[0].heard]
            assert await carrier.submit(TEXT) == Accepted("m1")

    run(test())


def test_closing_waits_for_what_is_on_the_wire_and_says_goodbye(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        loop = asyncio.get_running_loop()
        smsc.on[SUBMIT] = lambda line, heard: void(loop.call_later(0.2, smsc.accept, line, heard))
        async with bound(smsc, tmp_path) as carrier:
            texts = [asyncio.ensure_future(carrier.submit(TEXT)) for _ in range(5)]
            await until(lambda: len(smsc.texts()) == 5)
            await carrier.close()
            assert [task.done() and task.result() for task in texts] == [
                Accepted(f"m{at}") for at in range(1, 6)
            ]
            assert await carrier.submit(TEXT) == Refused(Why.TRANSIENT, "unreachable")
        assert smsc.heard[-1].command == UNBIND

    run(test())


def test_closing_does_not_wait_for_ever(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        smsc.on[SUBMIT] = smsc.on[UNBIND] = silent
        async with bound(smsc, tmp_path, timeout=0.3) as carrier:
            text = asyncio.ensure_future(carrier.submit(TEXT))
            await until(lambda: smsc.texts())
            async with asyncio.timeout(2):
                await carrier.close()
            assert isinstance(await text, Unsure)

    run(test())


def void(_value: object) -> None: ...


# --- TLS ---


def certificate(directory: Path, name: str) -> Path:
    path = directory / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName={name}", "-keyout", path,
         "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [
        ("IP:127.0.0.1", True, Accepted("m1")),
        ("DNS:other.example", True, Refused(Why.SETUP, "certificate")),
        ("IP:127.0.0.1", False, Refused(Why.SETUP, "certificate")),
    ],
)
def test_over_tls_the_certificate_and_the_name_must_be_right(
    tmp_path: Path, name: str, trusted: bool, outcome: object
) -> None:
    own = certificate(tmp_path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own)

    async def test() -> None:
        smsc = Smsc()
        async with listening(smsc, context):
            ca_file = own if trusted else None
            carrier = SmppCarrier(replace(sender_of(smsc.port, tmp_path, tls=True, ca_file=ca_file), grace=5))
            await carrier.open(Ear().hear)
            assert await carrier.submit(TEXT) == outcome
            await carrier.close()

    run(test())


# --- hostile octets ---

GOOD = [
    unit(BIND | ANSWER, 1, b"carrier\0"),
    unit(SUBMIT | ANSWER, 2, b"m1\0"),
    unit(DELIVER, 3, text_body(RECEIPT, esm=4)),
    unit(DELIVER, 4, text_body(b"\5\0\3\1\2\1part", esm=0x40, tlvs=tlv(0x424, b"x") + tlv(0x1400, b""))),
    unit(ENQUIRE, 5),
    unit(NACK, 6, b"", 3),
]  # fmt: skip


@st.composite
def flipped(draw: st.DrawFn) -> bytes:
    """A good PDU with some bits changed, or cut short."""
    octets = bytearray(draw(st.sampled_from(GOOD)))
    for at in draw(st.lists(st.integers(0, len(octets) * 8 - 1), max_size=6)):
        octets[at // 8] ^= 1 << at % 8
    return bytes(octets[: draw(st.integers(1, len(octets)))])


HOSTILE = st.lists(
    st.one_of(
        flipped(),
        st.binary(min_size=1, max_size=60),
        st.sampled_from([b"\xff" * 20, b"\0" * 16, b"\0\0\0\x0f", b"\0\1\0\1", bytes(4096), *GOOD]),
        st.builds(
            lambda words, tlvs: unit(DELIVER, 9, text_body(words, tlvs=tlvs)),
            st.binary(max_size=40),
            st.binary(max_size=30),
        ),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE)
def test_no_octets_wedge_the_sender(tmp_path: Path, hostile: list[bytes]) -> None:
    async def test() -> None:
        problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: problems.append(context))
        smsc = Smsc()
        async with bound(smsc, tmp_path, enquire=0.05, timeout=0.1) as carrier:
            smsc.line.say(*hostile)
            await asyncio.sleep(0)
            for _ in range(100):
                if isinstance(await carrier.submit(TEXT), Accepted):
                    break
                await asyncio.sleep(0.02)
            else:
                raise AssertionError("wedged")
        assert problems == []

    run(test())


def test_after_garbage_the_line_is_made_anew(tmp_path: Path) -> None:
    async def test() -> None:
        smsc = Smsc()
        async with bound(smsc, tmp_path) as carrier:
            smsc.line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await until(lambda: len(smsc.lines) == 2 and any(line.usable for line in carrier._lines))
            assert await carrier.submit(TEXT) == Accepted("m1")

    run(test())


def test_a_text_that_nobody_can_read_is_refused_and_the_line_goes_on(tmp_path: Path) -> None:
    async def test() -> None:
        smsc, ear = Smsc(), Ear()
        async with bound(smsc, tmp_path, ear) as carrier:
            body = text_body(b"words")
            smsc.line.say(
                unit(DELIVER, 1, body[:-3]),
                unit(DELIVER, 2, text_body(b"STOP", tlvs=b"\x14\x00\x00\x09x")),
                unit(DELIVER, 3, text_body(b"", tlvs=b"\x04\x24\x00\x09x")),
            )
            await until(lambda: len(answers_to(smsc, DELIVER)) == 3)
            assert sorted(answers_to(smsc, DELIVER)) == [(1, 0x65), (2, 0), (3, 0x65)]
            assert [each.text for each in ear.heard if isinstance(each, Received)] == ["STOP"]
            assert await carrier.submit(TEXT) == Accepted("m1")
        assert len(smsc.lines) == 1

    run(test())


def test_our_answers_are_written_once_and_right() -> None:
    assert pdu.encode(pdu.Pdu(pdu.Command.DELIVER_SM_RESP, 7, 0, pdu.Named())) == unit(
        DELIVER | ANSWER, 7, b"\0"
    )
    assert pdu.encode(pdu.Pdu(pdu.Command.DATA_SM_RESP, 7, 0, pdu.Named())) == unit(DATA | ANSWER, 7, b"\0")
    assert pdu.encode(pdu.Pdu(pdu.Command.DELIVER_SM_RESP, 7, 0x64)) == unit(DELIVER | ANSWER, 7, b"", 0x64)


def test_numbers_that_smpp_cannot_carry_are_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with bound(Smsc(), tmp_path) as carrier:
            text = Outgoing("1", "+" + "1" * 30, "+15025550100", "Hello", 1)
            assert await carrier.submit(text) == Refused(Why.BAD_NUMBER, "not_a_number")

    run(test())
