"""One text as the submit_sm PDUs that carry it."""

from __future__ import annotations

from porchlight.alerts.carriers import Outgoing
from porchlight.alerts.carriers.smpp import coding, pdu
from porchlight.alerts.carriers.smpp.pdu import Address, Command, Message, Pdu, Tag
from porchlight.alerts.config import LongText, Smpp

MOST_SEGMENTS = 255  # a header counts them in one octet
INTERNATIONAL, NETWORK_SPECIFIC = 1, 3  # kinds of number (ton; SMPP 3.4, 5.2.5)
_ISDN = 1  # numbering plan E.164 (npi; 5.2.6)


class TooLongError(ValueError):
    """No carrier takes a text of so many segments."""


def frames(
    outgoing: Outgoing, smpp: Smpp, *, reference: int, validity: int, receipts: bool
) -> tuple[bytes, ...]:
    """The PDUs of a text, one for each segment (or one for all, as the carrier wants it), with sequence number 0.

    `reference` tells the segments of one text from those of another: its last octets are used. `validity` is in
    seconds. Raises TooLongError, and PduError for numbers that SMPP cannot carry.
    """
    coded = coding.encode(outgoing.text, smpp.coding)
    if len(coded.segments) > MOST_SEGMENTS:
        raise TooLongError
    base = Message(
        source=address(outgoing.source),
        destination=address(outgoing.to),
        data_coding=coded.data_coding,
        registered_delivery=int(receipts),
        validity_period=_period(validity),
    )
    return tuple(
        pdu.encode(Pdu(Command.SUBMIT_SM, 0, 0, each))
        for each in _parts(base, coded.segments, smpp, reference)
    )


def pattern(source: str, text: str, *, smpp: Smpp, validity: int, receipts: bool) -> bytes | None:
    """The one PDU of a text, to nobody yet (`pdu.addressed`); None where it takes several, or is not one at all.

    Raises PduError for a number that SMPP cannot carry.
    """
    coded = coding.encode(text, smpp.coding)
    if len(coded.segments) != 1:
        return None
    message = Message(
        source=address(source),
        destination=Address(),
        short_message=coded.segments[0],
        data_coding=coded.data_coding,
        registered_delivery=int(receipts),
        validity_period=_period(validity),
    )
    return pdu.encode(Pdu(Command.SUBMIT_SM, 0, 0, message))


def address(number: str) -> Address:
    """A number (E.164) or a short code as SMPP writes it."""
    if number.startswith("+"):
        return Address(INTERNATIONAL, _ISDN, number[1:])
    return Address(NETWORK_SPECIFIC, 0, number)


def _parts(base: Message, segments: tuple[bytes, ...], smpp: Smpp, reference: int) -> list[Message]:
    if len(segments) == 1:
        return [_with(base, short_message=segments[0])]
    if smpp.long_text is LongText.PAYLOAD:
        return [_with(base, tlvs={Tag.MESSAGE_PAYLOAD: b"".join(segments)})]
    count = len(segments)
    if smpp.long_text is LongText.SAR:
        return [
            _with(
                base,
                short_message=each,
                tlvs={
                    Tag.SAR_MSG_REF_NUM: (reference & 0xFFFF).to_bytes(2, "big"),
                    Tag.SAR_TOTAL_SEGMENTS: bytes([count]),
                    Tag.SAR_SEGMENT_SEQNUM: bytes([at]),
                },
            )
            for at, each in enumerate(segments, 1)
        ]
    # 3GPP TS 23.040, 9.2.3.24.1: five octets follow; element 0, of three: reference, how many, which.
    return [
        _with(
            base,
            esm_class=pdu.UDH_INDICATOR,
            short_message=bytes([5, 0, 3, reference & 0xFF, count, at]) + each,
        )
        for at, each in enumerate(segments, 1)
    ]


def _with(
    base: Message, *, short_message: bytes = b"", esm_class: int = 0, tlvs: dict[int, bytes] | None = None
) -> Message:
    return Message(
        base.source,
        base.destination,
        short_message,
        base.data_coding,
        esm_class,
        base.registered_delivery,
        base.validity_period,
        base.service_type,
        tlvs or {},
    )


def _period(seconds: int) -> str:
    """A length of time as SMPP writes it (7.1.1): YYMMDDhhmmss000R; ours is under a day."""
    hours, rest = divmod(seconds, 3600)
    return f"000000{hours:02}{rest // 60:02}{rest % 60:02}000R"
