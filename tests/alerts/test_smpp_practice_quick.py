"""What the practice SMSC reads and writes by itself is exactly what the library reads and writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from porchlight.alerts.carriers.smpp.pdu import (
    Address,
    Command,
    Message,
    Named,
    Pdu,
    PduError,
    decode,
    encode,
)
from porchlight.alerts.carriers.smsc import alphabet, quick
from porchlight.alerts.config import Coding
from porchlight.report import gsm

octet = st.integers(0, 255)
digits = st.text("+0123456789", max_size=20)
address = st.builds(Address, octet, octet, digits)
message = st.builds(
    Message,
    source=address,
    destination=address,
    short_message=st.binary(max_size=254),
    data_coding=octet,
    esm_class=octet,
    registered_delivery=octet,
    tlvs=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4),
)
sequence = st.integers(1, 0x7FFFFFFF)


@given(message, sequence)
def test_a_submission_is_read_as_the_library_reads_it(made: Message, number: int) -> None:
    assert quick.submission(encode(Pdu(Command.SUBMIT_SM, number, body=made))) == (number, made)


@given(st.binary(max_size=200))
def test_octets_that_are_no_submission_are_never_read_as_another_one(body: bytes) -> None:
    frame = (16 + len(body)).to_bytes(4, "big") + b"\0\0\0\4\0\0\0\0\0\0\0\7" + body
    read = quick.submission(frame)
    try:
        slowly = decode(frame)
    except PduError:
        assert read is None or body.endswith(b"\0")
    else:
        assert read is None or read == (7, slowly.body)


@given(message)
def test_a_delivery_is_written_as_the_library_writes_it(made: Message) -> None:
    assert quick.delivery(made) == encode(Pdu(Command.DELIVER_SM, 0, body=made))


@given(sequence, st.text("0123456789ABCDEF", min_size=1, max_size=64))
def test_an_answer_is_written_as_the_library_writes_it(number: int, name: str) -> None:
    assert quick.answer(number, name) == encode(Pdu(Command.SUBMIT_SM_RESP, number, body=Named(name)))


@given(sequence, st.sampled_from(Command))
def test_only_an_acknowledgement_is_read_as_one(number: int, command: Command) -> None:
    body = Named() if command in (Command.DELIVER_SM_RESP, Command.SUBMIT_SM_RESP) else None
    read = quick.acknowledgement(encode(Pdu(command, number, 0, body)))
    assert read == ((number, 0) if command is Command.DELIVER_SM_RESP else None)


@given(st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs"])))
def test_words_come_back_as_they_were_in_the_smaller_alphabet_that_has_them(words: str) -> None:
    for coding in Coding:
        octets, data_coding = alphabet.write(words, coding)
        assert alphabet.read(octets, data_coding, coding) == words
    # The alphabet has a page break, which we never send.
    assert (alphabet.write(words, Coding.GSM)[1] == alphabet.DEFAULT) is gsm.is_gsm(words.replace("\f", ""))
