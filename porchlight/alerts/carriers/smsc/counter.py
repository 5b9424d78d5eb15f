"""What the carrier does with a message: take it or not, show it on its telephone, and say how it ended."""

from __future__ import annotations

import hmac
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from porchlight.alerts.carriers.practice import MAGIC, Fate, Refusal, Telephones, Text, is_number
from porchlight.alerts.carriers.smpp.pdu import Bind, Message
from porchlight.alerts.carriers.smsc import alphabet, mailbox, numbers, parts, receipt
from porchlight.alerts.carriers.smsc.alphabet import UnknownCoding
from porchlight.alerts.carriers.smsc.mailbox import Errand, Mailbox
from porchlight.alerts.carriers.smsc.parts import BadParts, Joiner, Part, Pile
from porchlight.alerts.carriers.smsc.record import Line, Record, now
from porchlight.alerts.config import Coding

LONGEST_PASSWORD = 8  # octets, without the closing NUL (SMPP 3.4, 4.1.1)
_NO_TEXT, _BAD_SOURCE, _BAD_DESTINATION, _BAD_PASSWORD, _BAD_SYSTEM_ID = 0x01, 0x0A, 0x0B, 0x0E, 0x0F
_QUEUE_FULL, _BAD_CLASS, _FAILED, _THROTTLED, _SYSTEM_ERROR = 0x14, 0x43, 0x45, 0x58, 0x08
# SMPP 3.4 has no word for a number that said STOP; 0x400 to 0x4FF are each carrier's own.
SAID_STOP = 0x0400
_REFUSALS = {
    Refusal.NOT_MOBILE: _BAD_DESTINATION,
    Refusal.STOPPED: SAID_STOP,
    Refusal.TOO_FAST: _THROTTLED,
    Refusal.QUEUE_FULL: _QUEUE_FULL,
    Refusal.ERROR: _SYSTEM_ERROR,
}


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of the carrier. `numbers` are theirs, each with what data_coding 0 is; `coding` is of all others."""

    system_id: str
    password: str = field(repr=False)
    numbers: Mapping[str, Coding] = field(default_factory=dict)
    coding: Coding = Coding.GSM

    def coding_of(self, ours: str) -> Coding:
        """What data_coding 0 means in texts from and to this number of theirs."""
        return self.numbers.get(ours, self.coding)


@dataclass(slots=True)
class Taken:
    """A message that was taken: how to answer, and what to call when it has ended.

    `settle` says how it ended, after `wait` seconds or, where `first` is set, before the answer.
    """

    name: str
    ours: str
    wait: float
    first: bool
    cut: bool
    silent: bool
    settle: Callable[[], None]


class Counter:
    """The carrier, on the server's own thread. `taken` counts the messages that it took."""

    def __init__(
        self,
        telephones: Telephones,
        accounts: Iterable[Account],
        record: Record | None = None,
        *,
        any_number: bool = False,
    ) -> None:
        """`any_number`: an account may send from any number, which is its own from then on."""
        self.telephones = telephones
        self.taken = 0
        self._accounts = {each.system_id: each for each in accounts}
        self._mailboxes = {each: Mailbox() for each in self._accounts}
        self._owner = {number: each.system_id for each in self._accounts.values() for number in each.numbers}
        self._any_number = any_number
        self._record = record
        self._joiner = Joiner()
        # Microseconds: higher than all names of an earlier run that took less than one text in each of them.
        self._names = itertools.count(time.time_ns() // 1000)
        self._references = itertools.cycle(range(256))
        self._writing: dict[tuple[str, str], deque[Text]] = {}

    @property
    def waiting(self) -> Mapping[str, int]:
        """How much waits for each account, without what is on the wire."""
        return {name: len(each) for name, each in self._mailboxes.items()}

    def bind(self, bind: Bind) -> tuple[Account, Mailbox] | int:
        """The account of who knows its password; else an error code."""
        account = self._accounts.get(bind.system_id)
        wanted = account.password if account is not None else "\0"
        good = hmac.compare_digest(
            wanted.encode()[:LONGEST_PASSWORD], bind.password.encode()[:LONGEST_PASSWORD]
        )
        if account is None:
            return _BAD_SYSTEM_ID
        return (account, self._mailboxes[account.system_id]) if good else _BAD_PASSWORD

    # --- from the site ---

    def take(self, account: Account, message: Message) -> Taken | int:
        """Take a message, or an error code."""
        to, ours = numbers.read(message.destination), numbers.read(message.source)
        try:
            part = parts.read(message)
            words = alphabet.read(part.octets, message.data_coding, account.coding_of(ours))
        except BadParts:
            return _BAD_CLASS
        except UnknownCoding:
            return _FAILED
        problem = self._problem(account, to, ours, words)
        if problem is not None:
            return problem
        return self._keep(account, message, (to, ours, words), part)

    def _problem(self, account: Account, to: str, ours: str, words: str) -> int | None:
        if not is_number(to):
            return _BAD_DESTINATION
        if self._owner.get(ours) != account.system_id and not (self._any_number and ours):
            return _BAD_SOURCE
        if not words:
            return _NO_TEXT
        refused = self.telephones.refusal(to, ours, words, time.time())
        if refused is not None:
            return _REFUSALS[refused]
        return _QUEUE_FULL if self._mailboxes[account.system_id].is_full else None

    def _keep(
        self, account: Account, message: Message, said: tuple[str, str, str], part: Part
    ) -> Taken | int:
        to, ours, words = said
        number, at = next(self._names), time.time()
        habits = self.telephones.habits
        name = receipt.name(number, habits.ids)
        if not self._written("taken", name, account, said, part):
            return _SYSTEM_ERROR
        if self._any_number and ours not in self._owner:
            self._owner[ours] = account.system_id
        self.taken += 1
        pile = self._pile(account, message, said, part, name, at)
        segment = receipt.Segment(number, message.source, message.destination, words, at)
        fate = MAGIC.get(to[-7:])
        draw = self.telephones.draw
        return Taken(
            name=name,
            ours=ours,
            wait=habits.delay + self.telephones.later(habits.spread),
            first=fate is Fate.RECEIPT_FIRST or draw(habits.receipts_first),
            cut=fate is Fate.CUT or draw(habits.cut_share),
            silent=draw(habits.silent_share),
            settle=lambda: self._settle(account, segment, pile, fate, message.registered_delivery),
        )

    def _written(
        self, what: str, name: str, account: Account, said: tuple[str, str, str], part: Part | None = None
    ) -> bool:
        """Is it in the record, where there is one? What is not must not be answered."""
        if self._record is None:
            return True
        phone, ours, words = said
        of = part or Part(b"")
        line = Line(
            what=what,
            id=name,
            phone=phone,
            ours=ours,
            words=words,
            at=now(),
            account=account.system_id,
            part=of.number,
            parts=of.total,
            reference=of.reference,
        )
        try:
            self._record.write(line)
        except OSError:
            return False
        return True

    def _pile(
        self, account: Account, message: Message, said: tuple[str, str, str], part: Part, name: str, at: float
    ) -> Pile:
        """The pile that the part lies on; with the last one the whole text is shown."""
        to, ours, words = said
        pile = self._joiner.add(account.system_id, ours, to, part)
        if len(pile.octets) == pile.total and pile.text is None:
            if pile.total > 1:
                octets = b"".join(pile.octets[each] for each in sorted(pile.octets))
                words = alphabet.read(octets, message.data_coding, account.coding_of(ours))
            pile.text = Text(name, at, to, ours, words, True, "queued")
            self.telephones.keep(pile.text)
        return pile

    def _settle(
        self, account: Account, segment: receipt.Segment, pile: Pile, fate: Fate | None, registered: int
    ) -> None:
        end = receipt.ending(fate)
        delivered = end.stat == "DELIVRD"
        pile.settle("delivered" if delivered else "undelivered", None if delivered else end.error)
        # registered_delivery: 1 says always, 2 says only of what failed (SMPP 3.4, 5.2.17).
        wanted = registered & 0x03 == 1 or (registered & 0x03 == 2 and not delivered)
        habits = self.telephones.habits
        if not wanted or fate is Fate.SILENT or self.telephones.draw(habits.receipts_lost):
            return
        said = numbers.read(segment.destination), numbers.read(segment.source), end.stat
        coding = account.coding_of(said[1])
        message = receipt.receipt(segment, end, time.time(), habits, coding)
        name = receipt.name(segment.number, habits.ids)
        errand = mailbox.errand(message, said[1], lambda status: self._receipted(account, name, said, status))
        box = self._box(account)
        box.post(errand)
        if self.telephones.draw(habits.receipts_twice):
            box.post(Errand(errand.frame, errand.ours, lambda _status: None))

    def _receipted(self, account: Account, name: str, said: tuple[str, str, str], status: int) -> None:
        if self._record is not None and status == mailbox.OK:
            self._written("receipted", name, account, said)

    def _box(self, account: Account) -> Mailbox:
        box = self._mailboxes[account.system_id]
        box.any_bind = self.telephones.habits.any_bind
        return box

    # --- from a telephone ---

    def bring(self, text: Text) -> None:
        """Bring the site what a telephone wrote, when all that it wrote to that number before is brought."""
        talk = self._writing.setdefault((text.phone, text.ours), deque())
        talk.append(text)
        if len(talk) == 1:
            self._bring_first(talk)

    def _bring_first(self, talk: deque[Text]) -> None:
        text = talk[0]
        account = self._accounts[self._owner.get(text.ours) or next(iter(self._accounts))]
        message = Message(source=numbers.write(text.phone), destination=numbers.write(text.ours))
        form, coding = self.telephones.habits.parts, account.coding_of(text.ours)
        messages = list(parts.write(text.words, coding, form, next(self._references), message))
        left = len(messages)

        def settled(status: int) -> None:
            nonlocal left
            left -= 1
            if status != mailbox.OK:
                text.fate, text.code = "refused", status
            if not left:
                self._brought(talk, account)

        errands = [mailbox.errand(each, text.ours, settled) for each in messages]
        self._box(account).post(*errands)

    def _brought(self, talk: deque[Text], account: Account) -> None:
        text = talk.popleft()
        if text.fate == "sending":
            text.fate = "received"
            self._written("brought", text.message_id, account, (text.phone, text.ours, text.words))
        if talk:
            self._bring_first(talk)
        else:
            del self._writing[text.phone, text.ours]
