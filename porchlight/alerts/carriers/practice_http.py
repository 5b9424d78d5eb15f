"""The practice carrier by HTTP: it speaks as a Twilio-compatible carrier does, and calls the site's webhooks."""

from __future__ import annotations

import base64
import heapq
import hmac
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import httpx

from porchlight.alerts.carriers.http import API_VERSION
from porchlight.alerts.carriers.practice import MAGIC, Fate, Refusal, Telephones, Text, is_number
from porchlight.alerts.carriers.signature import sign
from porchlight.alerts.config import LOOPBACK
from porchlight.alerts.segments import count

ACCOUNT = "practice"
_REPEATS = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries of a webhook that the site did not take
_UNDELIVERED = {Fate.FILTERED: 30007, Fate.NO_SUCH_PHONE: 30005, Fate.OUT_OF_REACH: 30003}


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


class HttpLine:
    """Takes texts from the site, and calls the site about them and about what the telephones write."""

    def __init__(self, telephones: Telephones, site: str, senders: Mapping[str, str], token: str) -> None:
        """`site` is the site's address; `senders` gives for each of its numbers the name of the sender."""
        self.telephones = telephones
        self._site = site
        self._senders = dict(senders)
        self._token = token
        self._postman = _Postman(token)
        telephones.connect(self._senders, self)

    def close(self) -> None:
        """Stop calling the site."""
        self._postman.close()

    def submit(self, form: Mapping[str, str], now: float) -> Reply:
        """Take a text from the site, or refuse it."""
        to, ours, words = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        problem = _problem(to, ours, words, self._senders)
        if problem:
            return _refusal(400, *problem)
        refused = self.telephones.refusal(to, ours, words, now)
        if refused is not None:
            return _REFUSALS[refused]
        fate = MAGIC.get(to[-7:])
        text = Text(f"SM{uuid.uuid4().hex}", now, to, ours, words, True, "queued")
        self.telephones.keep(text)
        habits = self.telephones.habits
        cut = fate is Fate.CUT or self.telephones.draw(habits.cut_share)
        callback = form.get("StatusCallback", "")
        if fate is Fate.RECEIPT_FIRST:
            self._deliver(text, callback, wait=True)
        else:
            self._postman.at(now + habits.delay, lambda: self._settle(text, fate, callback))
        return Reply(201, _message(text), cut=cut)

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

    def bring(self, text: Text) -> None:
        """Call the site's webhook about what a telephone wrote."""
        fields = {
            "MessageSid": text.message_id,
            "SmsMessageSid": text.message_id,
            "AccountSid": ACCOUNT,
            "From": text.phone,
            "To": text.ours,
            "Body": text.words,
            "NumMedia": "0",
            "NumSegments": str(count(text.words).segments),
            "ApiVersion": API_VERSION,
        }
        if text.opt_out:
            fields["OptOutType"] = text.opt_out

        def heard(status: int) -> None:
            text.fate = "received" if 200 <= status < 300 else "refused"
            text.code = status if text.fate == "refused" and status else None

        call = _Call(f"{self._site}/alerts/carrier/{self._senders[text.ours]}/inbound", fields, heard)
        self._postman.at(0.0, lambda: self._postman.make(call))


def is_site(authorization: str, token: str) -> bool:
    """Is this header of HTTP basic authentication the site's?"""
    wanted = b"Basic " + base64.b64encode(f"{ACCOUNT}:{token}".encode())
    return hmac.compare_digest(wanted, authorization.encode())


def _problem(to: str, ours: str, words: str, senders: Mapping[str, str]) -> tuple[int, str] | None:
    if not is_number(to):
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


_REFUSALS = {
    Refusal.NOT_MOBILE: _refusal(400, 21614, "refused on purpose"),
    Refusal.STOPPED: _refusal(400, 21610, "this number said STOP"),
    Refusal.TOO_FAST: _refusal(429, 20429, "too many requests", {"Retry-After": "1"}),
    Refusal.QUEUE_FULL: _refusal(429, 21611, "this number's queue is full", {"Retry-After": "1"}),
    Refusal.ERROR: _refusal(500, 20500, "internal error"),
}


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
