"""The practice carrier: it speaks as a Twilio-compatible carrier does; its telephones are on a page of this machine.

Everything is in memory and ends with the process. Numbers that end in 555-0190 to 555-0199 fail on purpose, each in its
own way (MAGIC); `Habits` makes the whole carrier slow, busy or broken. The site sends to it with the very code that
sends to a real carrier.
"""

from __future__ import annotations

import base64
import heapq
import hmac
import random
import re
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

import httpx

from porchlight.alerts.carriers.http import API_VERSION
from porchlight.alerts.carriers.signature import sign
from porchlight.alerts.config import LOOPBACK
from porchlight.alerts.segments import count

ACCOUNT = "practice"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_PHONES, _MOST_TEXTS = 500, 200  # kept; the oldest go first
_REPEATS = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries of a webhook that the site did not take


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
    "5550190": Fate.NOT_MOBILE,  # refused: 21614
    "5550191": Fate.STOPPED,  # refused: 21610
    "5550192": Fate.FILTERED,  # taken, then undelivered: 30007
    "5550193": Fate.NO_SUCH_PHONE,  # taken, then undelivered: 30005
    "5550194": Fate.OUT_OF_REACH,  # taken, then undelivered: 30003
    "5550195": Fate.TOO_FAST_ONCE,  # the first time 429, with Retry-After
    "5550196": Fate.ERROR_ONCE,  # the first time 500
    "5550197": Fate.CUT,  # taken, but the line is cut before the answer
    "5550198": Fate.SILENT,  # taken; what became of it is never said
    "5550199": Fate.RECEIPT_FIRST,  # delivered before the answer to the request
}
_REFUSED = {Fate.NOT_MOBILE: 21614, Fate.STOPPED: 21610}
_UNDELIVERED = {Fate.FILTERED: 30007, Fate.NO_SUCH_PHONE: 30005, Fate.OUT_OF_REACH: 30003}


@dataclass(frozen=True, slots=True)
class Habits:
    """How the carrier behaves: all set by whoever tests with it.

    `delay` is seconds until a text is delivered; `per_second` is how many texts it takes in a second (0: any number);
    the shares, 0 to 1, are of requests that get an error 500 or are cut after the text was taken. `handles_stop`: the
    carrier answers STOP and START itself and refuses texts to who said STOP, as real ones may.
    """

    delay: float = 0.3
    per_second: int = 0
    error_share: float = 0.0
    cut_share: float = 0.0
    handles_stop: bool = False
    seed: int = 1


@dataclass(slots=True)
class Text:
    """One text in a telephone's thread. `ours` is the site's number; `fate` is what became of it so far."""

    message_id: str
    at: float
    phone: str
    ours: str
    words: str
    from_site: bool
    fate: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone in the list: its number, how many texts it holds, and the last one's words."""

    number: str
    texts: int
    last: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: HTTP status, JSON and headers. `cut` means that the line is cut instead."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """A webhook to make: where, what, and what to do with the HTTP status (0: no answer)."""

    url: str
    fields: Mapping[str, str]
    heard: Callable[[int], None]
    tries: int = 0


class Exchange:
    """The carrier: takes texts from the site and from its own telephones, and calls the site about both."""

    def __init__(
        self, site: str, senders: Mapping[str, str], token: str, habits: Habits | None = None
    ) -> None:
        """`site` is the site's address; `senders` gives for each of its numbers the name of the sender."""
        self.senders = dict(senders)
        self._site = site
        self._token = token
        self._lock = threading.RLock()
        self._phones: OrderedDict[str, deque[Text]] = OrderedDict()
        self._tried: set[tuple[str, str]] = set()
        self._stopped: set[tuple[str, str]] = set()
        self._second: tuple[int, int] = (0, 0)
        self._random = random.Random()  # noqa: S311 - for tests, which want to repeat it
        self.habits = Habits()
        self.behave(habits or Habits())
        self._postman = _Postman(token)

    def behave(self, habits: Habits) -> None:
        """Change the habits from now on."""
        with self._lock:
            self.habits = habits
            self._random.seed(habits.seed)

    def close(self) -> None:
        """Stop calling the site."""
        self._postman.close()

    # --- what the page shows ---

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

    # --- from the site ---

    def is_site(self, authorization: str) -> bool:
        """Is this header of HTTP basic authentication the site's?"""
        wanted = b"Basic " + base64.b64encode(f"{ACCOUNT}:{self._token}".encode())
        return hmac.compare_digest(wanted, authorization.encode())

    def submit(self, form: Mapping[str, str], now: float) -> Reply:
        """Take a text from the site, or refuse it."""
        to, ours, words = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        problem = _problem(to, ours, words, self.senders)
        if problem:
            return _refusal(400, *problem)
        fate = MAGIC.get(to[-7:])
        with self._lock:
            early = self._early(fate, to, ours, words, now)
            if early is not None:
                return early
            text = Text(f"SM{uuid.uuid4().hex}", now, to, ours, words, True, "queued")
            self._thread(to).append(text)
            cut = fate is Fate.CUT or self._random.random() < self.habits.cut_share
        callback = form.get("StatusCallback", "")
        if fate is Fate.RECEIPT_FIRST:
            self._deliver(text, callback, wait=True)
        else:
            self._postman.at(now + self.habits.delay, lambda: self._settle(text, fate, callback))
        return Reply(201, _message(text), cut=cut)

    def _early(self, fate: Fate | None, to: str, ours: str, words: str, now: float) -> Reply | None:
        """What stops a text before it is taken; None when nothing does."""
        if fate in _REFUSED:
            return _refusal(400, _REFUSED[fate], "refused on purpose")
        if (to, ours) in self._stopped:
            return _refusal(400, 21610, "this number said STOP")
        if self._is_busy(now) or (fate is Fate.TOO_FAST_ONCE and self._is_first(to, words)):
            return _refusal(429, 20429, "too many requests", {"Retry-After": "1"})
        broken = self._random.random() < self.habits.error_share
        if broken or (fate is Fate.ERROR_ONCE and self._is_first(to, words)):
            return _refusal(500, 20500, "internal error")
        return None

    def _is_first(self, to: str, words: str) -> bool:
        known = (to, words) in self._tried
        self._tried.add((to, words))
        return not known

    def _is_busy(self, now: float) -> bool:
        second, taken = self._second
        taken = taken + 1 if second == int(now) else 1
        self._second = (int(now), taken)
        return 0 < self.habits.per_second < taken

    def _settle(self, text: Text, fate: Fate | None, callback: str) -> None:
        if fate in _UNDELIVERED:
            text.fate, text.code = "undelivered", _UNDELIVERED[fate]
            self._say(text, callback)
        elif fate is Fate.SILENT:
            text.fate = "delivered"
        else:
            self._deliver(text, callback)

    def _deliver(self, text: Text, callback: str, *, wait: bool = False) -> None:
        for said in ("sent", "delivered"):
            text.fate = said
            self._say(text, callback, wait=wait)

    def _say(self, text: Text, callback: str, *, wait: bool = False) -> None:
        # Whatever asks us to call elsewhere is not our site: a practice carrier speaks to this machine only.
        if urlsplit(callback).hostname not in LOOPBACK:
            return
        fields = {
            "MessageSid": text.message_id,
            "SmsSid": text.message_id,
            "MessageStatus": text.fate,
            "SmsStatus": text.fate,
            "From": text.ours,
            "To": text.phone,
            "AccountSid": ACCOUNT,
            "ApiVersion": API_VERSION,
        }
        if text.code is not None:
            fields["ErrorCode"] = str(text.code)
        call = _Call(callback, fields, heard=lambda _status: None)
        if wait:
            self._postman.make(call)
        else:
            self._postman.at(0.0, lambda: self._postman.make(call))

    # --- from a telephone ---

    def text_site(self, phone: str, ours: str, words: str, now: float) -> Text:
        """Someone sends `words` from `phone` to the site's number `ours`; KeyError when that is not the site's."""
        name = self.senders[ours]
        text = Text(f"SM{uuid.uuid4().hex}", now, phone, ours, words, False, "sending")
        fields = {
            "MessageSid": text.message_id,
            "SmsMessageSid": text.message_id,
            "AccountSid": ACCOUNT,
            "From": phone,
            "To": ours,
            "Body": words,
            "NumMedia": "0",
            "NumSegments": str(count(words).segments),
            "ApiVersion": API_VERSION,
        }
        with self._lock:
            self._thread(phone).append(text)
            if self.habits.handles_stop:
                fields |= self._handled(phone, ours, words)

        def heard(status: int) -> None:
            text.fate = "received" if 200 <= status < 300 else "refused"
            text.code = status if text.fate == "refused" and status else None

        call = _Call(f"{self._site}/alerts/carrier/{name}/inbound", fields, heard)
        self._postman.at(0.0, lambda: self._postman.make(call))
        return text

    def _handled(self, phone: str, ours: str, words: str) -> dict[str, str]:
        """STOP and START, taken care of by the carrier; it still tells the site, naming what it did."""
        said = words.strip().upper()
        if said in {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}:
            self._stopped.add((phone, ours))
            return {"OptOutType": "STOP"}
        if said in {"START", "YES", "UNSTOP"}:
            self._stopped.discard((phone, ours))
            return {"OptOutType": "START"}
        return {"OptOutType": "HELP"} if said in {"HELP", "INFO"} else {}

    def _thread(self, number: str) -> deque[Text]:
        if number not in self._phones:
            while len(self._phones) >= _MOST_PHONES:
                self._phones.popitem(last=False)
            self._phones[number] = deque(maxlen=_MOST_TEXTS)
        return self._phones[number]


def _problem(to: str, ours: str, words: str, senders: Mapping[str, str]) -> tuple[int, str] | None:
    if not _NUMBER.fullmatch(to):
        return 21211, "the 'To' number is not valid"
    if ours not in senders:
        return 21606, "the 'From' number is not one of yours"
    if not words:
        return 21602, "there is no text"
    if len(words) > 1600:
        return 21617, "the text is longer than 1600 characters"
    return None


def _refusal(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {"code": code, "message": message, "status": status}, headers or {})


def _message(text: Text) -> dict[str, object]:
    return {
        "sid": text.message_id,
        "account_sid": ACCOUNT,
        "api_version": API_VERSION,
        "from": text.ours,
        "to": text.phone,
        "body": text.words,
        "direction": "outbound-api",
        "num_segments": str(count(text.words).segments),
        "status": "queued",
        "error_code": None,
        "error_message": None,
    }


class _Postman(threading.Thread):
    """Makes the calls to the site one after another, each at its time; again, later, those that were not taken."""

    def __init__(self, token: str) -> None:
        super().__init__(name="postman", daemon=True)
        self._token = token
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._changed = threading.Condition()
        self._ending = False
        self._client = httpx.Client(timeout=10, trust_env=False, follow_redirects=False)
        self.start()

    def at(self, when: float, work: Callable[[], None]) -> None:
        """Do `work` at `when`, seconds since 1970."""
        with self._changed:
            self._order += 1
            heapq.heappush(self._due, (when, self._order, work))
            self._changed.notify()

    def run(self) -> None:
        """Work until closed."""
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._ending:
                if not self._due:
                    self._changed.wait()
                elif (wait := self._due[0][0] - time.time()) > 0:
                    self._changed.wait(wait)
                else:
                    return heapq.heappop(self._due)[2]
            return None

    def make(self, call: _Call) -> None:
        """Call the site once; when it could not take it, once more later."""
        body = urlencode(call.fields).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(call.url, call.fields.items(), self._token),
        }
        try:
            status = self._client.post(call.url, content=body, headers=headers).status_code
        except httpx.HTTPError:
            status = 0
        if (status == 0 or status >= 500) and call.tries < len(_REPEATS):
            again = _Call(call.url, call.fields, call.heard, call.tries + 1)
            self.at(time.time() + _REPEATS[call.tries], lambda: self.make(again))
        else:
            call.heard(status)

    def close(self) -> None:
        """Make no further call."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self.join(timeout=15)
        self._client.close()
