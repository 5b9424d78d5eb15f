"""Receipts: what a deliver_sm says of a text that was taken (SMPP 3.4, appendix B, and the optional fields)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from porchlight.alerts.carriers import Receipt, ReceiptState
from porchlight.alerts.carriers.smpp.pdu import RECEIPT, RECEIPT_MASK, Message, Tag
from porchlight.alerts.config import ReceiptIds

_INTERMEDIATE = 0x20  # of esm_class: the text is still on its way


def is_receipt(message: Message) -> bool:
    """Does it speak of a text of ours, rather than bring someone's words?"""
    kind = message.esm_class & RECEIPT_MASK
    return kind in {RECEIPT, _INTERMEDIATE} or Tag.RECEIPTED_MESSAGE_ID in message.tlvs


def read(message: Message, ids: ReceiptIds) -> Receipt | None:
    """The receipt in `message`. None where it says nothing final, or not of which text.

    ACCEPTD and UNKNOWN are not final: the carrier does not know, so neither do we.
    """
    said = _said(message.content.decode("latin-1"))
    state = _state(message, said)
    name = _name(message, said, ids)
    if state is None or not name:
        return None
    return Receipt(name, state, "" if state is ReceiptState.DELIVERED else _error(message, said))


def name_of(message_id: str, ids: ReceiptIds) -> str:
    """A carrier's name of a text as its answer wrote it, in the one form that receipts are compared in.

    Letters become small and leading zeros go where it is a number; hexadecimal becomes decimal where receipts are.
    """
    if ids is ReceiptIds.DECIMAL:
        return _renumbered(message_id, 16)
    return _plain(message_id)


# --- reading ----------------------------------------------------------------------------------------------------------

# Carriers differ in order, case, spacing and what they leave out; the words of the text itself come last.
_WORDS = re.compile(r"\btext\s*:", re.IGNORECASE)
_FIELD = re.compile(r"\b(id|stat|err)\s*:\s*([^\s:]+)(?=\s|$)", re.IGNORECASE)

# As the standard writes it: most carriers do, and it is found in one step.
_USUAL = re.compile(
    r"id:([^\s:]+) sub:\d+ dlvrd:\d+ submit date:\d+ done date:\d+ stat:([^\s:]+) err:([^\s:]+) text:",
    re.IGNORECASE,
)

_STATES: Mapping[str, ReceiptState] = MappingProxyType(
    {
        "DELIV": ReceiptState.DELIVERED,
        "EXPIR": ReceiptState.EXPIRED,
        "DELET": ReceiptState.FAILED,
        "UNDEL": ReceiptState.FAILED,
        "REJEC": ReceiptState.FAILED,
    }
)
# SMPP 3.4, 5.2.28
_NUMBERED_STATES: Mapping[int, ReceiptState] = MappingProxyType(
    {
        2: ReceiptState.DELIVERED,
        3: ReceiptState.EXPIRED,
        4: ReceiptState.FAILED,  # deleted
        5: ReceiptState.FAILED,  # undeliverable
        8: ReceiptState.FAILED,  # rejected
    }
)


def _said(text: str) -> dict[str, str]:
    usual = _USUAL.match(text)
    if usual is not None:
        return {"id": usual[1], "stat": usual[2], "err": usual[3]}
    head = _WORDS.split(text, maxsplit=1)[0]
    found = _FIELD.findall(head) or _FIELD.findall(text)
    return {key.lower(): value for key, value in reversed(found)}  # the first of each counts


def _state(message: Message, said: dict[str, str]) -> ReceiptState | None:
    numbered = message.tlvs.get(Tag.MESSAGE_STATE)
    if numbered:
        return _NUMBERED_STATES.get(numbered[-1])
    return _STATES.get(said.get("stat", "").upper()[:5])


def _error(message: Message, said: dict[str, str]) -> str:
    """The carrier's reason: as written, or the network's code (its kind and number; 5.3.2.31). "" for none."""
    if said.get("err", "").strip("0"):
        return said["err"]
    code = message.tlvs.get(Tag.NETWORK_ERROR_CODE, b"")
    number = int.from_bytes(code[1:3], "big") if len(code) == 3 else 0
    return f"{code[0]}:{number}" if number else said.get("stat", "").upper()


def _name(message: Message, said: dict[str, str], ids: ReceiptIds) -> str:
    """Of the two places for a name, the field is as the answer was (5.3.2.12), unless both are written alike."""
    field = message.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1").strip()
    text = said.get("id", "")
    if field and text and _plain(field) != _plain(text):
        return name_of(field, ids)
    name = field or text
    return _renumbered(name, 16) if ids is ReceiptIds.HEX else _plain(name)


_NUMBER = re.compile(r"[0-9A-Fa-f]{1,64}")  # no name is longer (4.4.2)


def _plain(name: str) -> str:
    name = name.strip()
    return name.lower().lstrip("0") or "0" if _NUMBER.fullmatch(name) else name


def _renumbered(name: str, base: int) -> str:
    """A number as decimal digits; a name that is none stays as it is."""
    return str(int(name, base)) if _NUMBER.fullmatch(name.strip()) else _plain(name)
