"""The words of a text as octets and back, as an SMSC does it: GSM 03.38 unpacked, Latin-1, UCS-2 (3GPP TS 23.038)."""

from __future__ import annotations

from porchlight.alerts.config import Coding

DEFAULT, ASCII, LATIN_1, UCS_2 = 0, 1, 3, 8  # values of data_coding (SMPP 3.4, 5.2.19)
_ESCAPE = 0x1B

_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f",
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
# What is not in the alphabet becomes, or stays, what is not ASCII: all codes of the alphabet are.
_WRITTEN = (
    dict.fromkeys(range(0x80), "\xff")
    | {ord(character): chr(code) for code, character in enumerate(_TABLE) if code != _ESCAPE}
    | {ord(character): chr(_ESCAPE) + chr(code) for code, character in _EXTENSION.items()}
)
# What real text is made of: read at once by translation, if no escape is in it.
_READ = dict(enumerate(_TABLE))


class UnknownCoding(ValueError):  # noqa: N818 - named as a person would say it
    """Octets in a data_coding that we do not read, or that are not of it."""


def read(octets: bytes, data_coding: int, default: Coding) -> str:
    """The words. Raises UnknownCoding."""
    try:
        if data_coding == UCS_2:
            return octets.decode("utf-16-be")
        if data_coding == LATIN_1 or (data_coding == DEFAULT and default is Coding.LATIN1):
            return octets.decode("latin-1")
        if data_coding == ASCII:
            return octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise UnknownCoding(str(data_coding)) from error
    if data_coding != DEFAULT:
        raise UnknownCoding(str(data_coding))
    return _read_gsm(octets)


def write(words: str, default: Coding) -> tuple[bytes, int]:
    """The octets of `words` and their data_coding: the default alphabet where it has them all, else UCS-2."""
    try:
        if default is Coding.LATIN1:
            return words.encode("latin-1"), DEFAULT
        return words.translate(_WRITTEN).encode("ascii"), DEFAULT
    except UnicodeEncodeError:
        return words.encode("utf-16-be"), UCS_2


def _read_gsm(octets: bytes) -> str:
    if not octets.isascii():
        raise UnknownCoding("not seven bits")
    if _ESCAPE not in octets:
        return octets.decode("latin-1").translate(_READ)
    said: list[str] = []
    codes = iter(octets)
    for code in codes:
        if code == _ESCAPE:
            said.append(_EXTENSION.get(next(codes, 0x20), " "))
        else:
            said.append(_TABLE[code])
    return "".join(said)
