"""The alphabets that texts are written in on the wire (SMPP 3.4, 5.2.19; 3GPP TS 23.038)."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from porchlight.alerts.config import Coding
from porchlight.alerts.segments import Encoding, alphabet, split

DEFAULT, ASCII, LATIN1, UCS2 = 0x00, 0x01, 0x03, 0x08  # data_coding

# The practice carrier has this table again (smsc/alphabet.py), on purpose: a slip here must not agree with itself.
_ESCAPE = 0x1B
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_OCTETS: Mapping[str, bytes] = MappingProxyType(
    {character: bytes([at]) for at, character in enumerate(_BASIC) if at != _ESCAPE}
    | {character: bytes([_ESCAPE, at]) for at, character in _EXTENDED.items()}
)
_OTHER_CODECS: Mapping[int, str] = MappingProxyType(
    {
        ASCII: "ascii",
        LATIN1: "latin-1",
        0x05: "shift_jis",
        0x06: "iso8859-5",
        0x07: "iso8859-8",
        0x0E: "euc_kr",
    }
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A text on the wire: its alphabet's code, and the octets of each segment."""

    data_coding: int
    segments: tuple[bytes, ...]


def encode(text: str, default: Coding) -> Coded:
    """`text` in the carrier's own alphabet where that holds all of it, else in UCS-2; cut as it is counted.

    A carrier whose own alphabet is Latin-1 puts it into GSM for the telephone: so both must hold a character.
    """
    if alphabet(text) is Encoding.GSM and (default is Coding.GSM or _is_latin1(text)):
        to_octets = _gsm if default is Coding.GSM else _latin1
        return Coded(DEFAULT, tuple(to_octets(part) for part in split(text, Encoding.GSM)) or (b"",))
    return Coded(UCS2, tuple(part.encode("utf-16-be") for part in split(text, Encoding.UCS2)))


def decode(octets: bytes, data_coding: int, default: Coding) -> str:
    """The words in `octets`, whatever is wrong with them: what cannot be read becomes U+FFFD, nothing is left out.

    Octets that are declared to be no text (8-bit data) are read as Latin-1: STOP must be heard however it is sent.
    """
    if data_coding in _OTHER_CODECS:
        return octets.decode(_OTHER_CODECS[data_coding], "replace")
    if data_coding == UCS2 or _alphabet_bits(data_coding) == 2:
        return _ucs2(octets)
    if data_coding == DEFAULT or _alphabet_bits(data_coding) == 0:
        return _from_gsm(octets) if default is Coding.GSM else octets.decode("latin-1")
    return octets.decode("latin-1")


def _is_latin1(text: str) -> bool:
    return all(ord(character) <= 0xFF for character in text)


def _gsm(text: str) -> bytes:
    return b"".join([_OCTETS[character] for character in text])


def _latin1(text: str) -> bytes:
    return text.encode("latin-1")


def _alphabet_bits(data_coding: int) -> int | None:
    """GSM's own coding groups (23.038, 4), used by carriers that pass them on: 0 GSM, 1 octets, 2 UCS-2."""
    if data_coding & 0xF0 == 0xF0:
        return data_coding >> 2 & 1
    return data_coding >> 2 & 3 if 0x10 <= data_coding <= 0x3F else None


def _ucs2(octets: bytes) -> str:
    if octets.startswith(codecs.BOM_UTF16_LE):
        return octets[2:].decode("utf-16-le", "replace")
    return octets.removeprefix(codecs.BOM_UTF16_BE).decode("utf-16-be", "replace")


def _from_gsm(octets: bytes) -> str:
    read = []
    escaped = False
    for octet in octets:
        if octet == _ESCAPE and not escaped:
            escaped = True
            continue
        extended = _EXTENDED.get(octet) if escaped else None  # else it is read without the escape (6.2.1.1)
        escaped = False
        # Beyond septets: the carrier sends Latin-1 after all.
        read.append(extended or (_BASIC[octet] if octet < len(_BASIC) else chr(octet)))
    return "".join(read).replace("\x1b", " ")
