"""How a text ended, as a deliver_sm with words, optional fields, or both (SMPP 3.4, appendix B and 5.3.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from porchlight.alerts.carriers.practice import Fate, Habits, IdForm, ReceiptForm
from porchlight.alerts.carriers.smpp.pdu import RECEIPT, Address, Message, Tag
from porchlight.alerts.carriers.smsc import alphabet
from porchlight.alerts.config import Coding

_GSM_NETWORK = 3  # network_error_code's first octet: the rest is an error of a GSM network
_WORDS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Ending:
    """How a text ended: the word of receipts, the number of message_state, and the network's error (0: none)."""

    stat: str
    state: int
    error: int = 0


_DELIVERED = Ending("DELIVRD", 2)
# The errors are those of GSM's MAP (3GPP TS 29.002): 1 unknown subscriber, 27 absent subscriber.
_ENDINGS = {
    Fate.FILTERED: Ending("REJECTD", 8),
    Fate.NO_SUCH_PHONE: Ending("UNDELIV", 5, 1),
    Fate.OUT_OF_REACH: Ending("UNDELIV", 5, 27),
}


def ending(fate: Fate | None) -> Ending:
    """How a text to a number of this fate ends."""
    return _ENDINGS.get(fate, _DELIVERED) if fate else _DELIVERED


def name(number: int, form: IdForm) -> str:
    """The name of the text `number`."""
    return f"{number:X}" if form is IdForm.HEX else str(number)


@dataclass(frozen=True, slots=True)
class Segment:
    """One message that was taken. `at` is in seconds since 1970; `words` are its own."""

    number: int
    source: Address
    destination: Address
    words: str
    at: float


def receipt(segment: Segment, end: Ending, now: float, habits: Habits, coding: Coding) -> Message:
    """The deliver_sm that tells how `segment` ended."""
    message_id = name(segment.number, habits.receipt_ids)
    tlvs: dict[int, bytes] = {}
    octets = b""
    if habits.receipts is not ReceiptForm.TLV:
        octets = _words(segment, end, now, message_id, coding)
    if habits.receipts is not ReceiptForm.TEXT:
        tlvs[Tag.RECEIPTED_MESSAGE_ID] = message_id.encode() + b"\0"
        tlvs[Tag.MESSAGE_STATE] = bytes([end.state])
        if end.error:
            tlvs[Tag.NETWORK_ERROR_CODE] = bytes([_GSM_NETWORK]) + end.error.to_bytes(2, "big")
    return Message(
        source=segment.destination,
        destination=segment.source,
        esm_class=RECEIPT,
        short_message=octets,
        tlvs=tlvs,
    )


def _words(segment: Segment, end: Ending, now: float, message_id: str, coding: Coding) -> bytes:
    delivered = int(end is _DELIVERED)
    head = (
        f"id:{message_id} sub:001 dlvrd:00{delivered} submit date:{_minute(segment.at)} "
        f"done date:{_minute(now)} stat:{end.stat} err:{end.error:03} text:"
    )
    shown, data_coding = alphabet.write(segment.words[:_WORDS_SHOWN], coding)
    # Where the words are in another alphabet than the rest, SMSCs leave them out.
    return alphabet.write(head, coding)[0] + (shown if data_coding == alphabet.DEFAULT else b"")


def _minute(at: float) -> str:
    return _written(int(at // 60))


@lru_cache(maxsize=4)
def _written(minute: int) -> str:
    return dt.datetime.fromtimestamp(minute * 60, dt.UTC).strftime("%y%m%d%H%M")
