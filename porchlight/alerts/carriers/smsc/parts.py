"""Texts that are longer than one message: put together as they come, taken apart as they go.

Three ways are known: a user data header (UDH) in front of each part's octets (3GPP TS 23.040, 9.2.3.24.1 and .8), the
optional fields sar_* of each part, and one message with everything in message_payload (SMPP 3.4, 5.3.2.22 to .32).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from porchlight.alerts.carriers.practice import Parts, Text
from porchlight.alerts.carriers.smpp.pdu import UDH_INDICATOR, Message, Tag
from porchlight.alerts.carriers.smsc import alphabet
from porchlight.alerts.config import Coding
from porchlight.alerts.segments import split
from porchlight.report import gsm

_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08  # elements of a user data header
_MOST_UNFINISHED = 1000
_LATIN_1_ALONE, _LATIN_1_SPLIT = 140, 134  # octets


class BadParts(ValueError):  # noqa: N818 - named as a person would say it
    """A part that says nothing sensible about which part of what it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` of `total`, counted from 1, of the long text `reference`; `octets` are its words alone."""

    octets: bytes
    reference: int = 0
    number: int = 1
    total: int = 1


@dataclass(slots=True)
class Pile:
    """The parts of one text that came so far, and how many of them are settled. `text` is there once all came."""

    total: int
    octets: dict[int, bytes] = field(default_factory=dict)
    settled: int = 0
    fate: str = ""
    code: int | None = None
    text: Text | None = None

    def settle(self, fate: str, code: int | None) -> None:
        """One more part has met its fate; the text's own is known with the last, and is the worst of them."""
        self.settled += 1
        if not self.fate or code is not None:
            self.fate, self.code = fate, code
        if self.text is not None and self.settled >= self.total:
            self.text.fate, self.text.code = self.fate, self.code


class Joiner:
    """Puts parts together. What stays unfinished is given up when too much of it lies about, the oldest first."""

    def __init__(self) -> None:
        self._piles: OrderedDict[tuple[str, str, str, int, int], Pile] = OrderedDict()

    def add(self, account: str, ours: str, to: str, part: Part) -> Pile:
        """The pile of the text that this is a part of."""
        if part.total == 1:
            return Pile(1, {1: part.octets})
        key = (account, ours, to, part.reference, part.total)
        pile = self._piles.setdefault(key, Pile(part.total))
        pile.octets[part.number] = part.octets
        if len(pile.octets) == part.total:
            del self._piles[key]
        elif len(self._piles) > _MOST_UNFINISHED:
            self._piles.popitem(last=False)
        return pile


def read(message: Message) -> Part:
    """What part of which text a message is. Raises BadParts."""
    octets = message.content
    if message.esm_class & UDH_INDICATOR:
        return _by_header(octets)
    if Tag.SAR_MSG_REF_NUM in message.tlvs:
        numbers = (Tag.SAR_MSG_REF_NUM, Tag.SAR_SEGMENT_SEQNUM, Tag.SAR_TOTAL_SEGMENTS)
        reference, number, total = (int.from_bytes(message.tlvs.get(tag, b""), "big") for tag in numbers)
        return _checked(Part(octets, reference, number, total))
    return Part(octets)


def write(words: str, default: Coding, form: Parts, reference: int, message: Message) -> Iterator[Message]:
    """The messages that carry `words`, each else like `message`. `reference` is 0 to 255."""
    octets, data_coding = alphabet.write(words, default)
    pieces = _split(words, default, data_coding)
    if len(pieces) <= 1:
        yield _filled(message, octets, data_coding)
    elif form is Parts.PAYLOAD:
        yield _filled(message, b"", data_coding, tlvs={Tag.MESSAGE_PAYLOAD: octets})
    else:
        for number, piece in enumerate(pieces, start=1):
            body = _in_coding(piece, default, data_coding)
            yield _part(message, body, data_coding, form, (reference, len(pieces), number))


def _filled(
    message: Message,
    octets: bytes,
    data_coding: int,
    esm_class: int = 0,
    tlvs: dict[int, bytes] | None = None,
) -> Message:
    """`message` with other contents."""
    return Message(
        source=message.source,
        destination=message.destination,
        short_message=octets,
        data_coding=data_coding,
        esm_class=message.esm_class | esm_class,
        tlvs=tlvs or {},
    )


def _part(
    message: Message, octets: bytes, data_coding: int, form: Parts, place: tuple[int, int, int]
) -> Message:
    reference, total, number = place
    if form is Parts.SAR:
        tlvs: dict[int, bytes] = {
            Tag.SAR_MSG_REF_NUM: reference.to_bytes(2, "big"),
            Tag.SAR_TOTAL_SEGMENTS: bytes([total]),
            Tag.SAR_SEGMENT_SEQNUM: bytes([number]),
        }
        return _filled(message, octets, data_coding, tlvs=tlvs)
    header = bytes([5, _CONCATENATED_8, 3, reference, total, number])
    return _filled(message, header + octets, data_coding, UDH_INDICATOR)


def _split(words: str, default: Coding, data_coding: int) -> tuple[str, ...]:
    if default is Coding.LATIN1 and data_coding == alphabet.DEFAULT:
        return gsm.split_by(words, lambda _character: 1, _LATIN_1_ALONE, _LATIN_1_SPLIT)
    return split(words)


def _in_coding(piece: str, default: Coding, data_coding: int) -> bytes:
    """A part in the alphabet of the whole, though it alone might do with a smaller one."""
    if data_coding == alphabet.UCS_2:
        return piece.encode("utf-16-be")
    return alphabet.write(piece, default)[0]


def _by_header(octets: bytes) -> Part:
    if not octets or len(octets) < 1 + octets[0]:
        raise BadParts("header")
    header, body = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
    at = 0
    while at + 2 <= len(header):
        element, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if (element, len(value)) == (_CONCATENATED_8, 3):
            return _checked(Part(body, value[0], value[2], value[1]))
        if (element, len(value)) == (_CONCATENATED_16, 4):
            return _checked(Part(body, int.from_bytes(value[:2], "big"), value[3], value[2]))
        at += 2 + length
    return Part(body)  # a header about something else


def _checked(part: Part) -> Part:
    if not 1 <= part.number <= part.total:
        raise BadParts("number")
    return part
