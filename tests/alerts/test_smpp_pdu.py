"""SMPP's units: cut, read and written, against octets put down by hand from the standard's tables."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from porchlight.alerts.carriers.smpp.pdu import (
    Address,
    Bind,
    Body,
    Bound,
    Command,
    Frames,
    Message,
    Named,
    Pdu,
    PduError,
    addressed,
    decode,
    encode,
    next_sequence,
    numbered,
)
from tests.alerts.scripted_smsc import text_body, tlv, unit

BOB, OURS = Address(1, 1, "15025550101"), Address(1, 1, "15025550100")
BY_HAND = [
    (
        Pdu(Command.BIND_TRANSCEIVER, 1, 0, Bind("us", "secret", "SMPP")),
        b"\0\0\0\x23\0\0\0\x09\0\0\0\0\0\0\0\x01us\0secret\0SMPP\0\x34\0\0\0",
    ),
    (
        Pdu(Command.BIND_TRANSCEIVER_RESP, 1, 0, Bound("them")),
        b"\0\0\0\x15\x80\0\0\x09\0\0\0\0\0\0\0\x01them\0",
    ),
    (
        Pdu(Command.SUBMIT_SM, 2, 0, Message(OURS, BOB, b"Hi", 8, 0x40, 1, "000000040000000R")),
        b"\0\0\0\x49\0\0\0\x04\0\0\0\0\0\0\0\x02"
        b"\0\x01\x0115025550100\0\x01\x0115025550101\0\x40\0\0\0"
        b"000000040000000R\0\x01\0\x08\0\x02Hi",
    ),
    (
        Pdu(Command.SUBMIT_SM_RESP, 2, 0, Named("0a1b")),
        b"\0\0\0\x15\x80\0\0\x04\0\0\0\0\0\0\0\x020a1b\0",
    ),
    (Pdu(Command.SUBMIT_SM_RESP, 2, 0x58), b"\0\0\0\x10\x80\0\0\x04\0\0\0\x58\0\0\0\x02"),
    (
        Pdu(Command.DELIVER_SM, 3, 0, Message(BOB, OURS, b"", 0, 4, tlvs={0x1E: b"0a1b\0", 0x427: b"\2"})),
        b"\0\0\0\x45\0\0\0\x05\0\0\0\0\0\0\0\x03"
        b"\0\x01\x0115025550101\0\x01\x0115025550100\0\x04\0\0\0\0\0\0\0\0\0"
        b"\0\x1e\0\x050a1b\0\x04\x27\0\x01\x02",
    ),
    (Pdu(Command.DELIVER_SM_RESP, 3, 0, Named()), b"\0\0\0\x11\x80\0\0\x05\0\0\0\0\0\0\0\x03\0"),
    (
        Pdu(Command.DATA_SM, 3, 0, Message(BOB, OURS, b"", 0, 4, tlvs={0x1E: b"0a1b\0", 0x427: b"\2"})),
        b"\0\0\0\x3e\0\0\x01\x03\0\0\0\0\0\0\0\x03"
        b"\0\x01\x0115025550101\0\x01\x0115025550100\0\x04\0\0"
        b"\0\x1e\0\x050a1b\0\x04\x27\0\x01\x02",
    ),
    (Pdu(Command.DATA_SM_RESP, 3, 0, Named()), b"\0\0\0\x11\x80\0\x01\x03\0\0\0\0\0\0\0\x03\0"),
    (Pdu(Command.ENQUIRE_LINK, 4), b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x04"),
    (Pdu(Command.UNBIND, 5), b"\0\0\0\x10\0\0\0\x06\0\0\0\0\0\0\0\x05"),
    (Pdu(Command.GENERIC_NACK, 6, 3), b"\0\0\0\x10\x80\0\0\0\0\0\0\x03\0\0\0\x06"),
]


@pytest.mark.parametrize(("said", "octets"), BY_HAND, ids=[said.command.name for said, _octets in BY_HAND])
def test_each_unit_is_written_and_read_as_the_standard_says(said: Pdu, octets: bytes) -> None:
    assert encode(said) == octets
    body = Named() if said.command is Command.SUBMIT_SM_RESP and said.status else said.body
    assert decode(octets) == Pdu(said.command, said.sequence, said.status, body)


@given(
    st.from_regex(r"[0-9A-Za-z ]{0,22}", fullmatch=True) | st.text(max_size=5),
    st.integers(0, 255),
    st.binary(max_size=254),
    st.sampled_from(("", "CMT")),
)
@example("15025550102", 1, b"Hi\0", "")
@example("0" * 21, 1, b"", "")
@example("1\0" + "2", 1, b"", "")
@example("é", 1, b"", "")
def test_one_text_to_another_number_is_what_the_library_writes(
    digits: str, ton: int, words: bytes, service: str
) -> None:
    to = Address(ton, 1, digits)
    nobody = Pdu(
        Command.SUBMIT_SM, 7, 0, Message(OURS, Address(), words, 8, 0, 1, "000000040000000R", service)
    )
    try:
        whole = encode(
            Pdu(Command.SUBMIT_SM, 7, 0, Message(OURS, to, words, 8, 0, 1, "000000040000000R", service))
        )
    except PduError:
        with pytest.raises(PduError):
            addressed(encode(nobody), to)
    else:
        assert addressed(encode(nobody), to) == whole


LETTERS = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=8)
OCTET = st.integers(0, 255)
MESSAGES = st.builds(
    Message,
    source=st.builds(Address, OCTET, OCTET, LETTERS),
    destination=st.builds(Address, OCTET, OCTET, LETTERS),
    short_message=st.binary(max_size=254),
    data_coding=OCTET,
    esm_class=OCTET,
    registered_delivery=OCTET,
    validity_period=LETTERS,
    tlvs=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4),
)


@given(st.sampled_from([Command.SUBMIT_SM, Command.DELIVER_SM]), st.integers(0, 2**32 - 1), MESSAGES)
def test_whatever_is_written_is_read_again(command: Command, sequence: int, body: Body) -> None:
    said = Pdu(command, sequence, 0, body)
    assert decode(encode(said)) == said


@given(st.integers(0, 2**32 - 1), MESSAGES)
def test_a_data_sm_is_read_again_or_refused_where_words_would_be_lost(sequence: int, body: Message) -> None:
    said = Pdu(Command.DATA_SM, sequence, 0, body)
    if body.short_message or body.validity_period:
        with pytest.raises(PduError):
            encode(said)
    else:
        assert decode(encode(said)) == said


@given(st.lists(st.integers(0, len(BY_HAND) - 1), max_size=6), st.lists(st.integers(1, 40), max_size=30))
def test_units_are_found_however_the_stream_is_cut(which: list[int], cuts: list[int]) -> None:
    wanted = [BY_HAND[at][1] for at in which]
    stream, frames, found = b"".join(wanted), Frames(), list[bytes]()
    for cut in [*cuts, len(stream)]:
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
    assert found == wanted


@pytest.mark.parametrize("length", [0, 4, 15, 64 * 1024 + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_stream_after_what_was_whole(length: int) -> None:
    frames = Frames().feed(unit(0x15, 1) + length.to_bytes(4, "big"))
    assert next(frames) == unit(0x15, 1)
    with pytest.raises(PduError):
        next(frames)


@given(st.binary(max_size=80))
@example(b"\0\0\0\x12\0\0\0\x05" + bytes(10))
def test_any_octets_are_read_or_refused_in_one_way(octets: bytes) -> None:
    for frame in (octets, len(octets).to_bytes(4, "big") + octets[4:]):
        try:
            decode(frame)
        except PduError:
            continue


@settings(max_examples=300)
@given(
    st.sampled_from([octets for _said, octets in BY_HAND]),
    st.lists(st.tuples(st.integers(4, 200), OCTET), min_size=1, max_size=8),
    st.integers(0, 80),
)
def test_changed_and_shortened_units_are_read_or_refused_in_one_way(
    octets: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    changed = bytearray(octets)
    for at, value in changes:
        changed[at % len(changed)] = value
    frame = bytes(changed[: max(16, len(changed) - cut)])
    try:
        read = decode(len(frame).to_bytes(4, "big") + frame[4:])
    except PduError:
        return
    if isinstance(read.body, Message):  # what is read has every field
        assert isinstance(read.body.source.ton, int)
        assert isinstance(read.body.data_coding, int)
        assert isinstance(read.body.content, bytes)


def test_what_cannot_be_read_still_tells_whose_answer_waits() -> None:
    with pytest.raises(PduError) as wrong:
        decode(unit(0x05, 77, b"\0\1"))
    assert (wrong.value.command, wrong.value.sequence) == (5, 77)
    with pytest.raises(PduError) as wrong:
        decode(unit(0x103, 78))
    assert (wrong.value.command, wrong.value.sequence) == (0x103, 78)


def test_a_name_without_a_closing_octet_in_a_field_keeps_its_last_letter() -> None:
    read = decode(unit(5, 1, text_body(b"", tlvs=tlv(0x1E, b"0a1b"))))
    assert isinstance(read.body, Message)
    assert read.body.tlvs == {0x1E: b"0a1b"}


def test_words_are_read_whatever_follows_them() -> None:
    read = decode(unit(5, 1, text_body(b"STOP", tlvs=b"\x14\x00\x00\x09x")))
    assert isinstance(read.body, Message)
    assert read.body.content == b"STOP"
    with pytest.raises(PduError):  # here the words themselves are cut
        decode(unit(5, 1, text_body(b"", tlvs=b"\x04\x24\x00\x09x")))


@pytest.mark.parametrize(
    "said",
    [
        Pdu(Command.BIND_TRANSCEIVER, 1, 0, Bind("us", "nine char")),
        Pdu(Command.SUBMIT_SM, 1, 0, Message(OURS, Address(1, 1, "1" * 21))),
        Pdu(Command.SUBMIT_SM, 1, 0, Message(OURS, BOB, b"x" * 255)),
        Pdu(Command.SUBMIT_SM, 1, 0, Message(OURS, BOB, tlvs={0x424: bytes(65_536)})),
        Pdu(Command.SUBMIT_SM, 1, 0, Message(OURS, Address(1, 1, "1\0002"))),
        Pdu(Command.SUBMIT_SM_RESP, 1, 0, Named("€")),
    ],
)
def test_what_smpp_cannot_carry_is_not_cut_but_refused(said: Pdu) -> None:
    with pytest.raises(PduError):
        encode(said)


def test_a_number_of_its_own_is_put_into_a_written_unit() -> None:
    assert numbered(unit(0x15, 0), 0x01020304) == unit(0x15, 0x01020304)
    assert [next_sequence(at) for at in (0, 1, 0x7FFFFFFE, 0x7FFFFFFF)] == [1, 2, 0x7FFFFFFF, 1]
