"""The practice carrier's telephones: their threads of texts, and how texts fare on purpose.

Everything is in memory and ends with the process. Numbers that end in 555-0190 to 555-0199 fail on purpose, each in its
own way (MAGIC); `Habits` makes the whole carrier slow, busy or broken. How the site is reached is apart: by HTTP
(`practice_http.py`) or by SMPP (`smsc/`). The site sends to either with the very code that sends to a real carrier.
"""

from __future__ import annotations

import random
import re
import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_PHONES, _MOST_TEXTS = 500, 200  # kept; the oldest go first


class Fate(StrEnum):
    """What happens to a text to one of the magic numbers."""

    NOT_MOBILE = "not_mobile"
    STOPPED = "stopped"
    FILTERED = "filtered"
    NO_SUCH_PHONE = "no_such_phone"
    OUT_OF_REACH = "out_of_reach"
    TOO_FAST_ONCE = "too_fast_once"
    ERROR_ONCE = "error_once"
    CUT = "cut"
    SILENT = "silent"
    RECEIPT_FIRST = "receipt_first"


# 555-0100 to 555-0199 belong to nobody, in any area code.
MAGIC: Mapping[str, Fate] = {
    "5550190": Fate.NOT_MOBILE,  # refused
    "5550191": Fate.STOPPED,  # refused
    "5550192": Fate.FILTERED,  # taken, then undelivered
    "5550193": Fate.NO_SUCH_PHONE,  # taken, then undelivered
    "5550194": Fate.OUT_OF_REACH,  # taken, then undelivered
    "5550195": Fate.TOO_FAST_ONCE,  # the first time too fast
    "5550196": Fate.ERROR_ONCE,  # the first time an error
    "5550197": Fate.CUT,  # taken, but the line is cut before the answer
    "5550198": Fate.SILENT,  # taken; what became of it is never said
    "5550199": Fate.RECEIPT_FIRST,  # delivered before the answer to the request
}


class Refusal(StrEnum):
    """Why a text was not taken, whichever way it came."""

    NOT_MOBILE = "not_mobile"
    STOPPED = "stopped"
    TOO_FAST = "too_fast"
    QUEUE_FULL = "queue_full"
    ERROR = "error"


_REFUSED = {Fate.NOT_MOBILE: Refusal.NOT_MOBILE, Fate.STOPPED: Refusal.STOPPED}


class ReceiptForm(StrEnum):
    """How an SMPP receipt says what it says: in words, in TLVs, or both."""

    TEXT = "text"
    TLV = "tlv"
    BOTH = "both"


class IdForm(StrEnum):
    """How an SMPP carrier writes the numbers that it names texts by."""

    DECIMAL = "decimal"
    HEX = "hex"


class Parts(StrEnum):
    """How an SMPP carrier brings what is too long for one message."""

    UDH = "udh"
    SAR = "sar"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True)
class Habits:
    """How the carrier behaves: all set by whoever tests with it.

    `delay` is seconds until a text is delivered; `per_second` is how many texts it takes in a second (0: any number);
    shares, 0 to 1, are of requests: `error_share` gets an error, `queue_full_share` hears that the queue is full,
    `cut_share` is cut off after the text was taken. `handles_stop`: the carrier answers STOP and START itself and
    refuses texts to who said STOP, as real ones may.

    By SMPP alone: `silent_share` is never answered, though the text was taken; answers wait `answer_delay` seconds.
    Of the receipts, `receipts_lost`, `receipts_twice` and `receipts_first` (before the answer) are shares; each comes
    up to `spread` seconds later than it should, so that they overtake each other; `receipts` and `receipt_ids` say how
    they are written, `ids` how answers name texts. `window` deliver_sm may wait for their answer on one connection;
    long ones come as `parts` says. What is for one of the site's numbers comes on a connection that sent from that
    number, where there is one; `any_bind`: on any connection of the account, as some carriers do. `half_open`: a
    connection that says anything is from then on neither read nor written, and never closed.
    """

    delay: float = 0.3
    per_second: int = 0
    error_share: float = 0.0
    cut_share: float = 0.0
    handles_stop: bool = False
    seed: int = 1
    queue_full_share: float = 0.0
    silent_share: float = 0.0
    answer_delay: float = 0.0
    receipts: ReceiptForm = ReceiptForm.TEXT
    receipts_lost: float = 0.0
    receipts_twice: float = 0.0
    receipts_first: float = 0.0
    spread: float = 0.0
    ids: IdForm = IdForm.DECIMAL
    receipt_ids: IdForm = IdForm.DECIMAL
    window: int = 10
    parts: Parts = Parts.UDH
    any_bind: bool = False
    half_open: bool = False


@dataclass(slots=True)
class Text:
    """One text in a telephone's thread. `ours` is the site's number; `fate` is what became of it so far.

    `opt_out` is what a carrier that handles STOP itself did about a text to the site.
    """

    message_id: str
    at: float
    phone: str
    ours: str
    words: str
    from_site: bool
    fate: str
    code: int | None = None
    opt_out: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone in the list: its number, how many texts it holds, and the last one's words."""

    number: str
    texts: int
    last: str


class Line(Protocol):
    """A way to the site."""

    def bring(self, text: Text) -> None:
        """Bring the site what a telephone wrote, again until it is taken; `text.fate` says how that went."""


class Telephones:
    """All telephones of the practice carrier, and its manners. Used by several threads at once."""

    def __init__(self, habits: Habits | None = None) -> None:
        self._lock = threading.RLock()
        self._lines: dict[str, Line] = {}
        self._phones: OrderedDict[str, deque[Text]] = OrderedDict()
        self._tried: set[tuple[str, str]] = set()
        self._stopped: set[tuple[str, str]] = set()
        self._second: tuple[int, int] = (0, 0)
        self._random = random.Random()  # noqa: S311 - for tests, which want to repeat it
        self.habits = Habits()
        self.behave(habits or Habits())

    def behave(self, habits: Habits) -> None:
        """Change the habits from now on."""
        with self._lock:
            self.habits = habits
            self._random.seed(habits.seed)

    def connect(self, numbers: Iterable[str], line: Line) -> None:
        """These are the site's numbers from now on; what is texted to them goes by `line`."""
        with self._lock:
            self._lines |= dict.fromkeys(numbers, line)

    # --- what the page shows ---

    @property
    def site_numbers(self) -> tuple[str, ...]:
        """The numbers of the site."""
        with self._lock:
            return tuple(self._lines)

    def add_phone(self, number: str) -> None:
        """Have a telephone with this number, E.164."""
        with self._lock:
            self._thread(number)

    def phones(self) -> list[Phone]:
        """The telephones: those with the newest texts first, then those without any."""
        with self._lock:
            held = [(texts[-1].at if texts else 0.0, number, texts) for number, texts in self._phones.items()]
        held.sort(key=lambda each: -each[0])
        return [Phone(number, len(texts), texts[-1].words if texts else "") for _at, number, texts in held]

    def thread(self, number: str) -> Sequence[Text]:
        """The texts of one telephone, oldest first."""
        with self._lock:
            return tuple(self._phones.get(number, ()))

    # --- what lines ask ---

    def keep(self, text: Text) -> None:
        """Show `text` on its telephone."""
        with self._lock:
            self._thread(text.phone).append(text)

    def refusal(self, to: str, ours: str, words: str, now: float) -> Refusal | None:
        """Why this text is not taken from the site; None when it is."""
        fate = MAGIC.get(to[-7:])
        with self._lock:
            if fate in _REFUSED:
                return _REFUSED[fate]
            if (to, ours) in self._stopped:
                return Refusal.STOPPED
            if self._is_busy(now) or (fate is Fate.TOO_FAST_ONCE and self._is_first(to, words)):
                return Refusal.TOO_FAST
            if self.draw(self.habits.queue_full_share):
                return Refusal.QUEUE_FULL
            if self.draw(self.habits.error_share) or (fate is Fate.ERROR_ONCE and self._is_first(to, words)):
                return Refusal.ERROR
            return None

    def draw(self, share: float) -> bool:
        """True as often as `share` says, the same each time with the same seed."""
        if share <= 0:
            return False
        with self._lock:
            return self._random.random() < share

    def later(self, spread: float) -> float:
        """Some of `spread` seconds."""
        if spread <= 0:
            return 0.0
        with self._lock:
            return self._random.uniform(0, spread)

    def _is_first(self, to: str, words: str) -> bool:
        known = (to, words) in self._tried
        self._tried.add((to, words))
        return not known

    def _is_busy(self, now: float) -> bool:
        second, taken = self._second
        taken = taken + 1 if second == int(now) else 1
        self._second = (int(now), taken)
        return 0 < self.habits.per_second < taken

    # --- from a telephone ---

    def text_site(self, phone: str, ours: str, words: str, now: float) -> Text:
        """Someone sends `words` from `phone` to the site's number `ours`; KeyError when that is not the site's."""
        with self._lock:
            line = self._lines[ours]
            text = Text(f"SM{uuid.uuid4().hex}", now, phone, ours, words, False, "sending")
            self.keep(text)
            if self.habits.handles_stop:
                text.opt_out = self._handled(phone, ours, words)
        line.bring(text)
        return text

    def _handled(self, phone: str, ours: str, words: str) -> str:
        """STOP and START, taken care of by the carrier; it still tells the site, by HTTP naming what it did."""
        said = words.strip().upper()
        if said in {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}:
            self._stopped.add((phone, ours))
            return "STOP"
        if said in {"START", "YES", "UNSTOP"}:
            self._stopped.discard((phone, ours))
            return "START"
        return "HELP" if said in {"HELP", "INFO"} else ""

    def _thread(self, number: str) -> deque[Text]:
        if number not in self._phones:
            while len(self._phones) >= _MOST_PHONES:
                self._phones.popitem(last=False)
            self._phones[number] = deque(maxlen=_MOST_TEXTS)
        return self._phones[number]


def is_number(written: str) -> bool:
    """Is this a number in E.164, with its plus?"""
    return _NUMBER.fullmatch(written) is not None
