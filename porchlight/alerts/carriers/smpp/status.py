"""What a carrier's status codes mean for the outbox (SMPP 3.4, 5.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from porchlight.alerts.carriers import Why


class Status(IntEnum):
    """The codes that we send, or that need their own meaning."""

    OK = 0x00
    INVALID_MESSAGE_LENGTH = 0x01
    INVALID_COMMAND_LENGTH = 0x02
    INVALID_COMMAND = 0x03
    INVALID_BIND_STATUS = 0x04
    ALREADY_BOUND = 0x05
    INVALID_PRIORITY = 0x06
    INVALID_REGISTERED_DELIVERY = 0x07
    SYSTEM_ERROR = 0x08
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    INVALID_SERVICE_TYPE = 0x15
    INVALID_ESM_CLASS = 0x43
    SUBMIT_FAILED = 0x45
    INVALID_SOURCE_TON = 0x48
    INVALID_SOURCE_NPI = 0x49
    INVALID_DESTINATION_TON = 0x50
    INVALID_DESTINATION_NPI = 0x51
    INVALID_SYSTEM_TYPE = 0x53
    THROTTLED = 0x58
    INVALID_EXPIRY = 0x62
    RECEIVER_TEMPORARY = 0x64
    RECEIVER_PERMANENT = 0x65
    RECEIVER_REJECTS = 0x66
    TLV_STREAM = 0xC0
    TLV_NOT_ALLOWED = 0xC1
    INVALID_TLV_LENGTH = 0xC2
    TLV_MISSING = 0xC3
    INVALID_TLV_VALUE = 0xC4
    DELIVERY_FAILURE = 0xFE
    UNKNOWN_ERROR = 0xFF


MEANINGS: Mapping[int, Why] = MappingProxyType(
    {
        Status.INVALID_MESSAGE_LENGTH: Why.BAD_TEXT,  # longer than this carrier takes
        Status.INVALID_COMMAND_LENGTH: Why.BAD_TEXT,  # the same, said of the whole unit
        Status.INVALID_COMMAND: Why.SETUP,  # it takes no texts here at all
        Status.INVALID_BIND_STATUS: Why.TRANSIENT,  # it holds this line for not bound; a new one heals that
        Status.ALREADY_BOUND: Why.TRANSIENT,  # it has not noticed yet that an older line of ours is gone
        Status.INVALID_PRIORITY: Why.SETUP,  # every text of ours has the same priority
        Status.INVALID_REGISTERED_DELIVERY: Why.SETUP,  # no receipts in this account: set receipts = false
        Status.SYSTEM_ERROR: Why.TRANSIENT,  # its own trouble
        Status.INVALID_SOURCE: Why.SETUP,  # our number is not ours there
        Status.INVALID_DESTINATION: Why.BAD_NUMBER,  # this number cannot be reached
        Status.BIND_FAILED: Why.TRANSIENT,  # said also of too many lines at once: an old one of ours must end first
        Status.INVALID_PASSWORD: Why.SETUP,
        Status.INVALID_SYSTEM_ID: Why.SETUP,
        Status.QUEUE_FULL: Why.THROTTLED,  # many carriers say this where others say THROTTLED
        Status.INVALID_SERVICE_TYPE: Why.SETUP,  # ours is always empty
        Status.INVALID_ESM_CLASS: Why.SETUP,  # it takes no header in a text: set another long_text
        Status.SUBMIT_FAILED: Why.TRANSIENT,  # gives no reason
        Status.INVALID_SOURCE_TON: Why.SETUP,  # it wants our number written otherwise
        Status.INVALID_SOURCE_NPI: Why.SETUP,
        Status.INVALID_DESTINATION_TON: Why.SETUP,  # every number of ours is written so, not this one alone
        Status.INVALID_DESTINATION_NPI: Why.SETUP,
        Status.INVALID_SYSTEM_TYPE: Why.SETUP,
        Status.THROTTLED: Why.THROTTLED,
        Status.INVALID_EXPIRY: Why.SETUP,  # the validity is one setting for all texts
        Status.RECEIVER_TEMPORARY: Why.TRANSIENT,  # said of the other end
        Status.RECEIVER_PERMANENT: Why.BAD_TEXT,  # the other end will never take it
        Status.RECEIVER_REJECTS: Why.BAD_TEXT,
        Status.TLV_STREAM: Why.SETUP,  # it does not take the optional fields of this long_text
        Status.TLV_NOT_ALLOWED: Why.SETUP,
        Status.INVALID_TLV_LENGTH: Why.SETUP,
        Status.TLV_MISSING: Why.SETUP,  # an account that must name a campaign or the like
        Status.INVALID_TLV_VALUE: Why.SETUP,
        Status.DELIVERY_FAILURE: Why.TRANSIENT,
        Status.UNKNOWN_ERROR: Why.TRANSIENT,
    }
)


def meaning(status: int) -> Why:
    """What a status other than OK means.

    A code that is not in the standard (0x0400 to 0x04FF are each carrier's own) is TRANSIENT: the outbox gives a text
    up after a few tries anyway, while a wrong guess at a lasting reason would silence a person or stop the sender.
    """
    return MEANINGS.get(status, Why.TRANSIENT)


def written(status: int) -> str:
    """A status as carriers' documents write it, like 0x0B."""
    return f"0x{status:02X}"
