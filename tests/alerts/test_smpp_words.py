"""SMPP's alphabets, long texts, receipts and numbers."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts.carriers import Receipt, ReceiptState, Received
from porchlight.alerts.carriers.smpp import coding, receipts
from porchlight.alerts.carriers.smpp.joining import Joiner, number
from porchlight.alerts.carriers.smpp.pdu import Address, Message
from porchlight.alerts.config import Coding, ReceiptIds
from porchlight.alerts.segments import count, split
from porchlight.report import gsm

BOB, OURS = Address(1, 1, "15025550101"), Address(1, 1, "15025550100")


# --- alphabets ---


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ", bytes(range(0x1B))),
        ("ÆæßÉ !\"#¤%&'()*+,-./", bytes(range(0x1C, 0x30))),
        ("0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà", bytes(range(0x30, 0x42)) + b"Z[\\]^_`az{|}~\x7f"),
        ("^{}\\[~]|€", b"\x1b\x14\x1b\x28\x1b\x29\x1b\x2f\x1b\x3c\x1b\x3d\x1b\x3e\x1b\x40\x1b\x65"),
    ],
)
def test_gsm_is_as_the_standard_tables_it(text: str, octets: bytes) -> None:
    assert coding.encode(text, Coding.GSM) == coding.Coded(0, (octets,))
    assert coding.decode(octets, 0, Coding.GSM) == text


GSM_TEXT = st.text(
    st.sampled_from([chr(at) for at in range(0x3000) if gsm.is_gsm(chr(at))] + ["€"]), max_size=500
)


@given(st.one_of(GSM_TEXT, st.text(max_size=400)), st.sampled_from(Coding))
def test_what_we_write_is_read_again_and_cut_where_it_is_counted(text: str, default: Coding) -> None:
    try:
        text.encode("utf-16-be")
    except UnicodeEncodeError:  # half a character: no text of ours holds one
        return
    coded = coding.encode(text, default)
    assert "".join(
        coding.decode(part, coded.data_coding, default) for part in coded.segments
    ) == text.removeprefix("\ufeff")
    if default is Coding.GSM and text:
        assert len(coded.segments) == count(text).segments
        assert [coding.decode(part, coded.data_coding, default) for part in coded.segments[1:]] == [
            part.removeprefix("\ufeff") for part in split(text)[1:]
        ]
    most = 1 if len(coded.segments) == 1 else 0
    assert max(len(part) for part in coded.segments) <= (140 if coded.data_coding else 160) + most - 6 * (
        1 - most
    )


@pytest.mark.parametrize(
    ("text", "data_coding"), [("ñandú", 8), ("ñandu", 0), ("50 €", 8), ("[x]", 0), ("Δ", 8)]
)
def test_a_latin_carrier_gets_in_latin_what_telephones_can_show(text: str, data_coding: int) -> None:
    coded = coding.encode(text, Coding.LATIN1)
    assert coded.data_coding == data_coding
    assert coded.segments == (text.encode("utf-16-be" if data_coding else "latin-1"),)


@pytest.mark.parametrize(
    ("octets", "data_coding", "default", "text"),
    [
        (b"STOP", 0, Coding.GSM, "STOP"),
        (b"\x00\x02", 0, Coding.GSM, "@$"),
        (b"\xd1o", 0, Coding.LATIN1, "Ño"),
        (b"\xd1o", 0, Coding.GSM, "Ño"),  # no septet: Latin-1 after all
        (b"a\x1b", 0, Coding.GSM, "a"),
        (b"\x1bA\x1b\x1b", 0, Coding.GSM, "A "),
        (b"caf\xe9", 1, Coding.GSM, "caf\ufffd"),
        (b"caf\xe9", 3, Coding.GSM, "café"),
        (b"\x00S\x00T\x00O\x00P", 8, Coding.GSM, "STOP"),
        (b"\xfe\xff\x00S", 8, Coding.GSM, "S"),
        (b"\xff\xfeS\x00", 8, Coding.GSM, "S"),
        (b"\x00S\x00", 8, Coding.GSM, "S\ufffd"),
        (b"STOP", 4, Coding.GSM, "STOP"),
        (b"STOP", 2, Coding.GSM, "STOP"),
        (b"\x00S", 0x18, Coding.GSM, "S"),
        (b"\x00", 0xF0, Coding.GSM, "@"),
        (b"\xe9", 0xF4, Coding.GSM, "é"),
        (b"STOP", 0x0D, Coding.GSM, "STOP"),
    ],
)
def test_words_are_read_in_every_alphabet(
    octets: bytes, data_coding: int, default: Coding, text: str
) -> None:
    assert coding.decode(octets, data_coding, default) == text


@given(st.binary(max_size=60), st.integers(0, 255), st.sampled_from(Coding))
def test_no_octets_are_beyond_reading(octets: bytes, data_coding: int, default: Coding) -> None:
    assert isinstance(coding.decode(octets, data_coding, default), str)


# --- receipts ---


def receipt(
    text: str, tlvs: dict[int, bytes] | None = None, ids: ReceiptIds = ReceiptIds.SAME
) -> Receipt | None:
    return receipts.read(Message(BOB, OURS, text.encode(), esm_class=4, tlvs=tlvs or {}), ids)


DELIVERED, FAILED, EXPIRED = ReceiptState.DELIVERED, ReceiptState.FAILED, ReceiptState.EXPIRED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id:77 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:Hi",
         Receipt("77", DELIVERED)),
        ("id:77 sub:001 dlvrd:000 submit date:261122120059 done date:261122120100 stat:UNDELIV err:00b Text:id:9",
         Receipt("77", FAILED, "00b")),
        ("ID: 77 STAT: EXPIRED", Receipt("77", EXPIRED, "EXPIRED")),
        ("stat:REJECTD id:77 err:0", Receipt("77", FAILED, "REJECTD")),
        ("id:77 stat:DELETED err:001", Receipt("77", FAILED, "001")),
        ("text:Hi id:1 stat:DELIVRD", Receipt("1", DELIVERED)),
        ("id:77 stat:ENROUTE", None),
        ("id:77 stat:ACCEPTD", None),
        ("id:77 stat:UNKNOWN", None),
        ("stat:DELIVRD", None),
        ("id:77", None),
        ("", None),
        ("id:0e2f-AA stat:delivrd", Receipt("0e2f-AA", DELIVERED)),
    ],
)  # fmt: skip
def test_receipts_are_read_as_carriers_write_them(text: str, told: Receipt | None) -> None:
    assert receipt(text) == told


def test_receipts_are_read_from_fields() -> None:
    assert receipt("", {0x1E: b"00FF\0", 0x427: b"\x02"}) == Receipt("ff", DELIVERED)
    assert receipt("", {0x1E: b"ff", 0x427: b"\x05", 0x423: b"\x03\x00\x0b"}) == Receipt("ff", FAILED, "3:11")
    assert receipt("", {0x1E: b"ff", 0x427: b"\x01"}) is None
    assert receipt("id:ff stat:EXPIRED", {0x1E: b"ff"}) == Receipt("ff", EXPIRED, "EXPIRED")


def test_of_two_names_the_field_is_as_the_answer_was() -> None:
    assert receipt("id:7b stat:DELIVRD", {0x1E: b"123"}, ReceiptIds.HEX) == Receipt("123", DELIVERED)
    assert receipt("id:7b stat:DELIVRD", {0x1E: b"7B"}, ReceiptIds.HEX) == Receipt("123", DELIVERED)
    assert receipt("id:291 stat:DELIVRD", {0x1E: b"123"}, ReceiptIds.DECIMAL) == Receipt("291", DELIVERED)
    assert receipts.name_of("123", ReceiptIds.DECIMAL) == "291"


@given(st.integers(0, 2**64), st.booleans(), st.integers(0, 3))
def test_a_number_is_the_same_in_hex_and_decimal_however_padded(value: int, upper: bool, zeros: int) -> None:
    hexadecimal = "0" * zeros + (f"{value:X}" if upper else f"{value:x}")
    for ids, answer, said in (
        (ReceiptIds.HEX, str(value), hexadecimal),
        (ReceiptIds.DECIMAL, hexadecimal, str(value)),
        (ReceiptIds.SAME, hexadecimal, f"{value:x}"),
    ):
        told = receipt(f"id:{said} stat:DELIVRD", ids=ids)
        assert told is not None
        assert told.message_id == receipts.name_of(answer, ids)


def test_names_that_are_no_numbers_stay_as_they_are() -> None:
    for ids in ReceiptIds:
        told = receipt("id:Zq-0x stat:DELIVRD", ids=ids)
        assert told is not None
        assert told.message_id == receipts.name_of("Zq-0x", ids) == "Zq-0x"


@given(st.text(max_size=90), st.dictionaries(st.sampled_from([0x1E, 0x423, 0x427]), st.binary(max_size=9)))
def test_no_receipt_is_beyond_reading(text: str, tlvs: dict[int, bytes]) -> None:
    for ids in ReceiptIds:
        told = receipts.read(Message(BOB, OURS, text.encode("utf-8", "replace"), esm_class=4, tlvs=tlvs), ids)
        assert told is None or told.message_id


def test_what_a_person_wrote_is_no_receipt() -> None:
    words = Message(BOB, OURS, b"id:1 stat:DELIVRD")
    assert not receipts.is_receipt(words)
    assert receipts.is_receipt(Message(BOB, OURS, b"id:1 stat:DELIVRD", esm_class=4))
    assert receipts.is_receipt(Message(BOB, OURS, tlvs={0x1E: b"1"}))
    assert not receipts.is_receipt(Message(BOB, OURS, b"STOP", esm_class=0x40))


# --- texts to us ---


@pytest.mark.parametrize(
    ("ton", "digits", "e164"),
    [
        (1, "15025550101", "+15025550101"),
        (1, "5025550101", "+15025550101"),
        (2, "5025550101", "+15025550101"),
        (0, "5025550101", "+15025550101"),
        (0, "15025550101", "+15025550101"),
        (0, "+1 (502) 555-0101", "+15025550101"),
        (0, "0115025550101", "+15025550101"),
        (1, "4571234567", "+4571234567"),  # Denmark: a number that there is
        (1, "442079460000", "+442079460000"),
        (3, "12345", "12345"),
        (5, "PORCHLIGHT", "PORCHLIGHT"),
        (0, "", ""),
    ],
)
def test_numbers_become_ours(ton: int, digits: str, e164: str) -> None:
    assert number(Address(ton, 1, digits)) == e164


def joined(*messages: Message, default: Coding = Coding.GSM) -> list[str]:
    """The texts that are heard, in order."""
    heard: list[str] = []

    def hear(received: Received) -> asyncio.Future[None]:
        heard.append(received.text)
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kept.set_result(None)
        return kept

    async def take() -> None:
        joiner = Joiner(hear, default)
        for message in messages:
            joiner.take(message)
        await asyncio.sleep(0)
        joiner.close()

    asyncio.run(take())
    return heard


def udh(header: bytes, words: bytes, data_coding: int = 0) -> Message:
    return Message(BOB, OURS, bytes([len(header)]) + header + words, data_coding, 0x40)


def test_parts_come_in_any_order_and_twice() -> None:
    parts = [
        udh(bytes([8, 4, 1, 2, 3, at]), word) for at, word in ((3, b"c"), (1, b"a"), (1, b"a"), (2, b"b"))
    ]
    assert joined(*parts) == ["abc"]


def test_a_character_cut_between_two_parts_is_whole_again() -> None:
    octets = "\N{ELECTRIC LIGHT BULB}".encode("utf-16-be")
    assert joined(udh(bytes([0, 3, 9, 2, 1]), octets[:2], 8), udh(bytes([0, 3, 9, 2, 2]), octets[2:], 8)) == [
        "\N{ELECTRIC LIGHT BULB}"
    ]


def test_parts_of_two_people_or_two_texts_are_never_mixed() -> None:
    other = Message(Address(1, 1, "15025550102"), OURS, bytes([5, 0, 3, 9, 2, 2]) + b"z", 0, 0x40)
    first, second = udh(bytes([0, 3, 9, 2, 1]), b"a"), udh(bytes([0, 3, 8, 2, 2]), b"b")
    assert joined(first, other, second) == []


@pytest.mark.parametrize(
    "header", [b"\0\3\1\2\0", b"\0\3\1\2\3", b"\0\3\1\1\1", b"\0\3\1", b"", b"\x05\x04\0\0\0\0"]
)
def test_a_header_that_says_nothing_of_parts_is_no_part(header: bytes) -> None:
    assert joined(udh(header, b"STOP")) == ["STOP"]


def test_words_after_a_header_that_is_none_are_kept() -> None:
    assert joined(Message(BOB, OURS, b"STOP", 0, 0x40)) == ["STOP"]
