"""The few PDUs that a broadcast is made of, read and written without the library, which takes most of the time else.

A carrier must be faster than what is measured with it. Each function gives exactly what `smpp.pdu` gives, or None where
it would have to think: then the caller asks `smpp.pdu`. The tests hold each against it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from porchlight.alerts.carriers.smpp.pdu import LONGEST_SHORT_MESSAGE, Address, Command, Message

_HEAD = struct.Struct(">LLLL")
_TLV = struct.Struct(">HH")
_NUL = b"\0"
_LONGEST_NAME, _LONGEST_ADDRESS = 64, 20  # octets without the closing NUL


def acknowledgement(frame: bytes) -> tuple[int, int] | None:
    """Sequence and status of a deliver_sm_resp."""
    length, command, status, sequence = _HEAD.unpack_from(frame)
    # Its body is a message_id that means nothing (SMPP 3.4, 4.6.2), so it is empty.
    plain = length == 17 and frame[16] == 0
    return (sequence, status) if command == Command.DELIVER_SM_RESP and plain else None


def submission(frame: bytes) -> tuple[int, Message] | None:
    """Sequence and message of a submit_sm."""
    _length, command, status, sequence = _HEAD.unpack_from(frame)
    if command != Command.SUBMIT_SM or status:
        return None
    try:
        return sequence, _message(frame)
    except (IndexError, ValueError, struct.error):
        return None


def answer(sequence: int, name: str) -> bytes | None:
    """The submit_sm_resp that names a text that was taken."""
    octets = name.encode()
    if len(octets) > _LONGEST_NAME:
        return None
    return _HEAD.pack(17 + len(octets), Command.SUBMIT_SM_RESP, 0, sequence) + octets + _NUL


def delivery(message: Message) -> bytes | None:
    """The deliver_sm of a message, with the sequence number 0."""
    source, destination, text = message.source, message.destination, message.short_message
    longest = max(len(source.digits), len(destination.digits))
    unusual = message.service_type or message.validity_period or longest > _LONGEST_ADDRESS
    if unusual or len(text) > LONGEST_SHORT_MESSAGE or not (source.digits + destination.digits).isascii():
        return None
    body = b"".join(
        (
            bytes((0, source.ton, source.npi)),
            source.digits.encode(),
            bytes((0, destination.ton, destination.npi)),
            destination.digits.encode(),
            # NUL, esm_class, protocol, priority, no two times, receipt wanted, replace, coding, no text of old
            bytes((0, message.esm_class, 0, 0, 0, 0, message.registered_delivery, 0, message.data_coding, 0)),
            bytes((len(text),)),
            text,
            *(_TLV.pack(tag, len(value)) + value for tag, value in message.tlvs.items()),
        )
    )
    return _HEAD.pack(16 + len(body), Command.DELIVER_SM, 0, 0) + body


def _message(frame: bytes) -> Message:
    """Raises ValueError, IndexError or struct.error where anything is not as it should be."""
    service_end = frame.index(_NUL, 16)
    source_end = frame.index(_NUL, service_end + 3)
    to_end = frame.index(_NUL, source_end + 3)
    schedule_end = frame.index(_NUL, to_end + 4)
    validity_end = frame.index(_NUL, schedule_end + 1)
    at = validity_end + 6
    end = at + frame[at - 1]
    if end > len(frame):
        raise ValueError("text")
    return Message(
        source=Address(
            frame[service_end + 1], frame[service_end + 2], _text(frame[service_end + 3 : source_end])
        ),
        destination=Address(
            frame[source_end + 1], frame[source_end + 2], _text(frame[source_end + 3 : to_end])
        ),
        short_message=frame[at:end],
        data_coding=frame[at - 3],
        esm_class=frame[to_end + 1],
        registered_delivery=frame[validity_end + 1],
        validity_period=_text(frame[schedule_end + 1 : validity_end]),
        service_type=_text(frame[16:service_end]),
        tlvs=dict(_tlvs(frame, end)) if end < len(frame) else {},
    )


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")


def _tlvs(frame: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at < len(frame):
        tag, length = _TLV.unpack_from(frame, at)
        at += _TLV.size
        if at + length > len(frame):
            raise ValueError("optional fields")
        yield tag, frame[at : at + length]
        at += length
