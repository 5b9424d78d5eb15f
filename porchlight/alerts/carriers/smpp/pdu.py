"""SMPP 3.4's units of conversation (PDUs): cut out of the stream, read and written, for either side of a line.

`smpplib` knows the order and the kinds of the fields; nobody outside of this module sees its objects. The optional
fields (TLVs) are our own: the library takes the last letter of an id that has no closing NUL, and its own idea of a
number's size instead of the size that stands there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import msgspec
from smpplib import command as library
from smpplib.consts import OPTIONAL_PARAMS

SHORTEST, LONGEST = 16, 64 * 1024  # octets of a whole PDU
LAST_SEQUENCE = 0x7FFFFFFF
LONGEST_ADDRESS = 20  # digits (5.2.8, 5.2.9)
LONGEST_SHORT_MESSAGE = 254  # octets; what is longer goes into Tag.MESSAGE_PAYLOAD
UDH_INDICATOR = 0x40  # of esm_class: the text begins with a user data header
RECEIPT_MASK, RECEIPT = 0x3C, 0x04  # of esm_class: this deliver_sm tells what became of a text
VERSION = 0x34
_RESPONSE = 0x80000000


class Command(IntEnum):
    """The commands that we speak (SMPP 3.4, 5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103

    @property
    def response(self) -> Command:
        """The command that answers this one. Raises ValueError for one that is an answer."""
        if self & _RESPONSE:
            raise ValueError(self.name)
        return Command(self | _RESPONSE)


class Tag(IntEnum):
    """The optional fields that we know (SMPP 3.4, 5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Address(msgspec.Struct, frozen=True):
    """A number as SMPP writes it: digits, with the kind of number (ton) and the numbering plan (npi)."""

    ton: int = 0
    npi: int = 0
    digits: str = ""


class Bind(msgspec.Struct, frozen=True):
    """Who wants to speak, of bind_transceiver, bind_receiver and bind_transmitter."""

    system_id: str
    password: str = ""
    system_type: str = ""
    version: int = VERSION


class Bound(msgspec.Struct, frozen=True):
    """Who answers a bind."""

    system_id: str = ""


class Message(msgspec.Struct, frozen=True):
    """A text, of submit_sm, deliver_sm and data_sm. `tlvs` holds the optional fields' raw octets by tag, known or not.

    In a data_sm `short_message` and `validity_period` are empty: it has no place for them.
    """

    source: Address
    destination: Address
    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    validity_period: str = ""
    service_type: str = ""
    tlvs: Mapping[int, bytes] = {}

    @property
    def content(self) -> bytes:
        """The text's octets, wherever they stand."""
        return self.short_message or self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


class Named(msgspec.Struct, frozen=True):
    """The carrier's name of a text, in the answer to one; empty where there is none."""

    message_id: str = ""


Body = Bind | Bound | Message | Named | None


class Pdu(msgspec.Struct, frozen=True):
    """One unit. `status` is an error code of an answer (0: good); an answer has the `sequence` of its question."""

    command: Command
    sequence: int
    status: int = 0
    body: Body = None


class PduError(ValueError):
    """Octets that are not SMPP. Where the head could be read, its command (perhaps unknown) and sequence are here."""

    def __init__(self, reason: str, command: int | None = None, sequence: int = 0) -> None:
        super().__init__(reason)
        self.command, self.sequence = command, sequence


class Frames:
    """Cuts a stream of octets into whole PDUs."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The PDUs that are whole now. Raises PduError after them at a length that cannot be: the stream is lost."""
        held = self._held
        held += octets
        start = 0
        try:
            while len(held) - start >= 4:
                length = int.from_bytes(held[start : start + 4], "big")
                if not SHORTEST <= length <= LONGEST:
                    raise PduError("length")
                if len(held) - start < length:
                    return
                yield bytes(held[start : start + length])
                start += length
        finally:
            del held[:start]


def decode(frame: bytes) -> Pdu:
    """Read one whole PDU, as `Frames` cuts it. Raises PduError."""
    if len(frame) < SHORTEST:
        raise PduError("length")
    length, code, status, sequence = _HEAD.unpack_from(frame)
    if code not in _KINDS or length != len(frame):
        raise PduError("length" if code in _KINDS else "command", code, sequence)
    try:
        return Pdu(Command(code), sequence, status, _read_body(code, _parsed(code, frame)))
    except (PduError, struct.error, LookupError, TypeError, ValueError) as error:
        raise PduError(f"body: {type(error).__name__}", code, sequence) from None


def encode(pdu: Pdu) -> bytes:
    """Write one PDU. Raises PduError for what SMPP cannot carry: a field that is too long, or not plain letters."""
    if pdu.body is None and pdu.status:
        return _HEAD.pack(SHORTEST, pdu.command, pdu.status, pdu.sequence)  # an error needs no body (4.4.2)
    made = _new(pdu.command)
    made.status, made.sequence = pdu.status, pdu.sequence
    fields = _fields(pdu.body)
    if pdu.command is Command.DATA_SM:
        fields = _of_data_sm(fields)
    for field, value in fields.items():
        if not isinstance(value, int):
            _check(made.params[field], value)
    made.__dict__.update(fields)
    tlvs = pdu.body.tlvs if isinstance(pdu.body, Message) else {}
    try:
        octets: bytes = made.generate() + b"".join(
            _TLV.pack(tag, len(value)) + value for tag, value in tlvs.items()
        )
    except (struct.error, UnicodeError) as error:
        raise PduError(f"cannot be written: {type(error).__name__}") from None
    if len(octets) > LONGEST:
        raise PduError("length")
    return len(octets).to_bytes(4, "big") + octets[4:] if tlvs else octets


def numbered(frame: bytes, sequence: int) -> bytes:
    """The same PDU under another sequence number."""
    return frame[:12] + sequence.to_bytes(4, "big") + frame[16:]


def addressed(frame: bytes, to: Address) -> bytes:
    """The same submit_sm or deliver_sm to `to`. Raises PduError for digits that SMPP cannot carry."""
    # Before it stand the kind of service, and the source's two numbers and digits (4.4.1, 4.6.1).
    source = frame.index(b"\0", SHORTEST) + 3
    start = frame.index(b"\0", source) + 1
    end = frame.index(b"\0", start + 2)
    try:
        digits = to.digits.encode("latin-1")
    except UnicodeError:
        raise PduError("an address cannot be written") from None
    if len(digits) > LONGEST_ADDRESS or b"\0" in digits:
        raise PduError("an address cannot be written")
    body = b"".join((frame[4:start], bytes((to.ton, to.npi)), digits, frame[end:]))
    return (len(body) + 4).to_bytes(4, "big") + body


def next_sequence(sequence: int) -> int:
    """The number after this one: 1 to 0x7FFFFFFF, then 1 again (SMPP 3.4, 3.2)."""
    return 1 if sequence >= LAST_SEQUENCE else sequence + 1


# --- how smpplib is used ----------------------------------------------------------------------------------------------

_HEAD = struct.Struct(">LLLL")
_TLV = struct.Struct(">HH")


class _Strict:
    """Over smpplib's own way of reading: nothing is read past the end, and the optional fields stay raw octets."""

    params: Mapping[str, Any]
    kinds: tuple[tuple[str, type], ...]  # of the mandatory fields, in their order
    short_message: bytes | None = None
    validity_period: bytes | None = None
    tlvs: dict[int, bytes]

    def field_is_optional(self, _field: str) -> bool:
        return False

    def parse_params(self, octets: bytes) -> None:
        read, at, end = self.__dict__, 0, len(octets)
        for field, kind in self.kinds:
            if at == end:
                return
            if kind is int:
                read[field] = octets[at]  # every mandatory number is one octet
                at += 1
            elif kind is str:
                closing = octets.index(b"\0", at)
                read[field] = octets[at:closing]
                at = closing + 1
            else:
                start, at = at, at + read["sm_length"]
                if at > end:
                    raise PduError("text")
                read[field] = octets[start:at]
        if at < end:
            self.parse_optional_params(octets[at:])

    def parse_optional_params(self, octets: bytes) -> None:
        if "data_coding" not in self.params:
            return  # nobody asks for more of an answer than its name
        try:
            for tag, value in _each_tlv(octets):
                self.tlvs[tag] = value
        except PduError:
            if not self.short_message:
                raise  # else the words are here, whatever follows


def _each_tlv(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each. Raises PduError. A few closing NULs, which some carriers add, are no field."""
    at = 0
    while len(octets) - at >= _TLV.size:
        tag, length = _TLV.unpack_from(octets, at)
        at += _TLV.size
        if at + length > len(octets):
            raise PduError("optional fields")
        yield tag, octets[at : at + length]
        at += length
    if octets[at:].strip(b"\0"):
        raise PduError("optional fields")


def _strict(kind: Any) -> Any:
    """A class of smpplib's, read strictly, that knows its mandatory fields alone."""
    order = tuple(field for field in kind.params_order if field not in OPTIONAL_PARAMS)
    params = {field: kind.params[field] for field in order}
    kinds = tuple((field, param.type) for field, param in params.items())
    return type(kind.__name__, (_Strict, kind), {"params_order": order, "params": params, "kinds": kinds})


_KINDS: Mapping[int, Any] = {
    Command.GENERIC_NACK: _strict(library.GenericNAck),
    Command.BIND_RECEIVER: _strict(library.BindReceiver),
    Command.BIND_RECEIVER_RESP: _strict(library.BindReceiverResp),
    Command.BIND_TRANSMITTER: _strict(library.BindTransmitter),
    Command.BIND_TRANSMITTER_RESP: _strict(library.BindTransmitterResp),
    Command.SUBMIT_SM: _strict(library.SubmitSM),
    Command.SUBMIT_SM_RESP: _strict(library.SubmitSMResp),
    Command.DELIVER_SM: _strict(library.DeliverSM),
    Command.DELIVER_SM_RESP: _strict(library.DeliverSMResp),
    Command.UNBIND: _strict(library.Unbind),
    Command.UNBIND_RESP: _strict(library.UnbindResp),
    Command.BIND_TRANSCEIVER: _strict(library.BindTransceiver),
    Command.BIND_TRANSCEIVER_RESP: _strict(library.BindTransceiverResp),
    Command.ENQUIRE_LINK: _strict(library.EnquireLink),
    Command.ENQUIRE_LINK_RESP: _strict(library.EnquireLinkResp),
    Command.DATA_SM: _strict(library.DataSM),
    Command.DATA_SM_RESP: _strict(library.DataSMResp),
}


# smpplib sets up each object field by field, which costs more than all the rest: so each is a copy of one made here.
_MADE: Mapping[int, Any] = {
    command: kind(Command(command).name.lower(), sequence=0) for command, kind in _KINDS.items()
}


def _new(command: int) -> Any:
    kind = _KINDS[command]
    new = kind.__new__(kind)
    new.__dict__.update(_MADE[command].__dict__)
    return new


def _parsed(command: int, frame: bytes) -> Any:
    read = _new(command)
    read.tlvs = {}
    if len(frame) > SHORTEST:
        read.parse_params(frame[SHORTEST:])
    return read


def _read_body(code: int, read: Any) -> Body:
    if code in _MESSAGES:
        return _message(read)
    if code in _BINDS:
        return _bind(read)
    if code & ~_RESPONSE in _BINDS:
        return Bound(_text(read.system_id))
    return Named(_text(read.message_id)) if code & ~_RESPONSE in _MESSAGES else None


_MESSAGES = frozenset({Command.SUBMIT_SM, Command.DELIVER_SM, Command.DATA_SM})
_BINDS = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})


def _bind(read: Any) -> Bind:
    if read.address_range is None:
        raise PduError("cut short")
    return Bind(_text(read.system_id), _text(read.password), _text(read.system_type), read.interface_version)


def _message(read: Any) -> Message:
    if "short_message" not in read.params:
        whole = read.data_coding is not None
    else:
        whole = read.sm_default_msg_id is not None and not (read.sm_length and read.short_message is None)
    if not whole:
        raise PduError("cut short")
    return Message(
        source=Address(read.source_addr_ton, read.source_addr_npi, _text(read.source_addr)),
        destination=Address(read.dest_addr_ton, read.dest_addr_npi, _text(read.destination_addr)),
        short_message=read.short_message or b"",
        data_coding=read.data_coding,
        esm_class=read.esm_class,
        registered_delivery=read.registered_delivery,
        validity_period=_text(read.validity_period),
        service_type=_text(read.service_type),
        tlvs=read.tlvs,
    )


def _text(octets: bytes | None) -> str:
    return (octets or b"").decode("latin-1")


def _fields(body: Body) -> dict[str, str | int | bytes]:
    """A body in smpplib's names. What is not here is empty or 0."""
    if isinstance(body, Message):
        return {
            "service_type": body.service_type,
            "source_addr_ton": body.source.ton,
            "source_addr_npi": body.source.npi,
            "source_addr": body.source.digits,
            "dest_addr_ton": body.destination.ton,
            "dest_addr_npi": body.destination.npi,
            "destination_addr": body.destination.digits,
            "esm_class": body.esm_class,
            "validity_period": body.validity_period,
            "registered_delivery": body.registered_delivery,
            "data_coding": body.data_coding,
            "short_message": body.short_message,
        }
    if isinstance(body, Bind):
        return {
            "system_id": body.system_id,
            "password": body.password,
            "system_type": body.system_type,
            "interface_version": body.version,
        }
    if isinstance(body, Bound):
        return {"system_id": body.system_id}
    return {"message_id": body.message_id} if isinstance(body, Named) else {}


def _of_data_sm(fields: dict[str, str | int | bytes]) -> dict[str, str | int | bytes]:
    """The fields that a data_sm has (4.7.1). Raises PduError where one would be lost."""
    missing = {"short_message", "validity_period"}
    if any(fields.get(name) for name in missing):
        raise PduError("a data_sm has no place for it")
    return {name: value for name, value in fields.items() if name not in missing}


def _check(field: Any, value: str | bytes) -> None:
    """smpplib would cut what is too long without a word, so this raises PduError first."""
    if isinstance(value, str) and (len(value) >= field.max or "\0" in value):
        raise PduError("a field is too long")
    if isinstance(value, bytes) and len(value) > LONGEST_SHORT_MESSAGE:
        raise PduError("the text is too long")
