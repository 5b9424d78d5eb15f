"""Texts to us: read from deliver_sm, and put together where they come in parts."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import phonenumbers

from porchlight.alerts.carriers import Received
from porchlight.alerts.carriers.smpp import coding
from porchlight.alerts.carriers.smpp.pdu import UDH_INDICATOR, Address, Message, Tag
from porchlight.alerts.carriers.smpp.submission import INTERNATIONAL
from porchlight.alerts.config import Coding

# A part waits so long for the others, in seconds; parts that come after that are each a text by themselves.
WAIT = 4.0
MOST_WAITING = 1000  # texts of which some parts are here
_LATE = 10 * WAIT  # seconds for which we know that a text was given up on

Hear = Callable[[Received], "asyncio.Future[None]"]
# From, to, reference (0 to 65535, or "sar" with one) and how many parts.
_Key = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of a text. `key` is None where it is all of it; `at` counts from 1."""

    source: str
    to: str
    words: bytes
    data_coding: int
    key: _Key | None
    at: int = 1


@dataclass(slots=True)
class _Waiting:
    parts: dict[int, _Part] = field(default_factory=dict)
    answers: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Joiner:
    """Puts texts together over all connections of one sender. No part is acknowledged before the whole is kept."""

    def __init__(self, hear: Hear, default: Coding) -> None:
        """`hear` keeps a text; what it returns is done when that is committed, or cancelled when it will not be."""
        self._hear, self._default = hear, default
        self._waiting: OrderedDict[_Key, _Waiting] = OrderedDict()
        self._given_up: OrderedDict[_Key, float] = OrderedDict()

    def take(self, message: Message) -> asyncio.Future[None]:
        """Hear one deliver_sm. Done when its words are kept (at once when it has none), cancelled when they are not."""
        part = _part(message)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        if not part.words:
            answer.set_result(None)
        elif part.key is None or self._is_late(part.key, loop.time()):
            self._pass_on([part], [answer])
        else:
            self._hold(part.key, part, answer)
        return answer

    def close(self) -> None:
        """Forget the parts that wait: the carrier has no answer to them, and brings them again."""
        for waiting in self._waiting.values():
            if waiting.timer is not None:
                waiting.timer.cancel()
            for _at, answer in waiting.answers:
                answer.cancel()
        self._waiting.clear()

    def _hold(self, key: _Key, part: _Part, answer: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            while len(self._waiting) >= MOST_WAITING:
                self._give_up(next(iter(self._waiting)))
            waiting = self._waiting[key] = _Waiting()
            waiting.timer = asyncio.get_running_loop().call_later(WAIT, self._give_up, key)
        waiting.parts[part.at] = part
        waiting.answers.append((part.at, answer))
        if len(waiting.parts) == key[3]:
            del self._waiting[key]
            if waiting.timer is not None:
                waiting.timer.cancel()
            whole = [waiting.parts[at] for at in sorted(waiting.parts)]
            self._pass_on(whole, [each for _at, each in waiting.answers])

    def _give_up(self, key: _Key) -> None:
        """Not all came: what did goes on, each part as a text of its own."""
        waiting = self._waiting.pop(key, None)
        if waiting is None:
            return
        if waiting.timer is not None:
            waiting.timer.cancel()
        self._given_up[key] = asyncio.get_running_loop().time() + _LATE
        while len(self._given_up) > MOST_WAITING:
            self._given_up.popitem(last=False)
        for at in sorted(waiting.parts):
            answers = [answer for part, answer in waiting.answers if part == at]
            self._pass_on([waiting.parts[at]], answers)

    def _is_late(self, key: _Key, now: float) -> bool:
        return self._given_up.get(key, 0.0) > now

    def _pass_on(self, parts: list[_Part], answers: list[asyncio.Future[None]]) -> None:
        first = parts[0]
        if len({part.data_coding for part in parts}) == 1:
            # Decoded together: a carrier may have cut between two octets of one character.
            text = coding.decode(b"".join(part.words for part in parts), first.data_coding, self._default)
        else:
            text = "".join(coding.decode(part.words, part.data_coding, self._default) for part in parts)
        kept = self._hear(Received(uuid.uuid4().hex, first.source, first.to, text))
        kept.add_done_callback(lambda done: _answer(done, answers))


def _answer(kept: asyncio.Future[None], answers: list[asyncio.Future[None]]) -> None:
    good = not kept.cancelled() and kept.exception() is None
    for answer in answers:
        if not answer.done():
            if good:
                answer.set_result(None)
            else:
                answer.cancel()


def _part(message: Message) -> _Part:
    source, to = number(message.source), number(message.destination)
    words, place = message.content, None
    if message.esm_class & UDH_INDICATOR:
        words, place = _without_header(words)
    place = place or _sar(message)
    if place is None or not 1 <= place[2] <= place[1] or place[1] == 1:
        return _Part(source, to, words, message.data_coding, None)
    reference, count, at = place
    return _Part(source, to, words, message.data_coding, (source, to, reference, count), at)


def _without_header(octets: bytes) -> tuple[bytes, tuple[str, int, int] | None]:
    """The words after a user data header; and reference, count and place, if it says so (3GPP TS 23.040, 9.2.3.24)."""
    end = octets[0] + 1 if octets else 0
    if end > len(octets):
        return octets, None  # no header after all
    at, place = 1, None
    while at + 2 <= end:
        element, length = octets[at], octets[at + 1]
        value = octets[at + 2 : min(at + 2 + length, end)]
        if element == 0 and len(value) == 3:
            place = f"8:{value[0]}", value[1], value[2]
        elif element == 8 and len(value) == 4:
            place = f"16:{int.from_bytes(value[:2], 'big')}", value[2], value[3]
        at += 2 + length
    return octets[end:], place


def _sar(message: Message) -> tuple[str, int, int] | None:
    found = [
        message.tlvs.get(tag, b"")
        for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    ]
    if not all(found):
        return None
    reference, count, at = (int.from_bytes(each, "big") for each in found)
    return f"sar:{reference}", count, at


_SHORTEST_NUMBER, _NATIONAL_NUMBER = 7, 10  # digits


def number(address: Address) -> str:
    """A number as we know it: E.164, or the digits of a short code, or the letters of a name, as they came.

    A number of ten digits is of the United States and its neighbours, unless the carrier says that a country's code
    stands first and that makes a number.
    """
    digits = re.sub(r"[\s().-]", "", address.digits)
    if digits.startswith("+") or not digits.isdecimal() or len(digits) < _SHORTEST_NUMBER:
        return digits
    digits = digits.removeprefix("011").removeprefix("00") if len(digits) > _NATIONAL_NUMBER + 1 else digits
    if len(digits) == _NATIONAL_NUMBER and not (address.ton == INTERNATIONAL and _is_number(f"+{digits}")):
        return f"+1{digits}"
    return f"+{digits}"


def _is_number(e164: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return False
