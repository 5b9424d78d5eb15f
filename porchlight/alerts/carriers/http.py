"""A carrier's web interface of the shape of Twilio's: one POST for each text; what became of it comes by webhook.

Sources: twilio.com/docs/messaging/api/message-resource (the request) and twilio.com/docs/api/errors/CODE (each code
below), read in November 2026. Twilio advises against building on single codes, because they change (its changelog of
10 July 2024): a code that is not listed here is judged by the HTTP status alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

import httpx
import msgspec

from porchlight.alerts.carriers import Accepted, Hear, Outcome, Outgoing, Refused, Unsure, Why
from porchlight.alerts.config import LOOPBACK, Sender

API_VERSION = "2010-04-01"
# It would write a line for each text.
logging.getLogger("httpx").setLevel(logging.WARNING)

CODES: Mapping[str, Why] = MappingProxyType(
    {
        "20003": Why.SETUP,  # authentication failed
        "20005": Why.SETUP,  # account not active
        "20404": Why.SETUP,  # no such account
        "20429": Why.THROTTLED,  # too many requests at once; never processed, safe to send again
        "14107": Why.TRANSIENT,  # 30 texts between two numbers within 30 s: that number's own matter, not the sender's
        "21211": Why.BAD_NUMBER,  # not a valid number
        "21212": Why.SETUP,  # our number is not valid
        "21214": Why.BAD_NUMBER,  # cannot be reached
        "21217": Why.BAD_NUMBER,  # does not look like a number
        "21265": Why.BAD_NUMBER,  # a short code
        "21408": Why.BAD_NUMBER,  # its region is not allowed for this account
        "21602": Why.BAD_TEXT,  # no text
        "21606": Why.SETUP,  # our number is not ours, or cannot text
        "21608": Why.SETUP,  # a trial account texts only to numbers that it verified
        "21610": Why.STOPPED,  # it told the carrier STOP
        "21611": Why.THROTTLED,  # our number's queue is full
        "21612": Why.BAD_NUMBER,  # these two numbers cannot be connected
        "21614": Why.BAD_NUMBER,  # not a mobile number
        "21617": Why.BAD_TEXT,  # too long
        "21635": Why.BAD_NUMBER,  # a landline
        "21659": Why.SETUP,  # our number is not the carrier's
        "21660": Why.SETUP,  # our number is another account's
        "30001": Why.THROTTLED,  # queue overflow
        "30002": Why.SETUP,  # account suspended
        "30003": Why.TRANSIENT,  # off, or out of reach: "one-time", "temporarily"; no reason to give a number up
        "30004": Why.TRANSIENT,  # blocked on the way, by whom is not said
        "30005": Why.BAD_NUMBER,  # no such telephone
        "30006": Why.BAD_NUMBER,  # a landline, or a carrier that cannot be reached
        "30007": Why.BAD_TEXT,  # filtered
        "30008": Why.TRANSIENT,  # unknown
        "30022": Why.THROTTLED,  # faster than the carriers allow this campaign
        "30023": Why.THROTTLED,  # the day's cap of the carriers
        "30032": Why.SETUP,  # toll-free number not verified
        "30034": Why.SETUP,  # number not registered for a campaign
    }
)
VALIDITY_ENDED = "30036"
# How long the two numbers of 14107 must rest, in seconds.
_LOOP_REST = 30.0
_IDLE = 4.0  # seconds; a connection kept longer may be closed by the other side just as we use it


class HttpCarrier:
    """One sender's account at such a carrier. What the carrier tells us arrives at `webhooks.py`, not here."""

    def __init__(self, sender: Sender, address: str) -> None:
        """`address` is our site's own, where the carrier says what became of each text."""
        if sender.account is None:
            raise ValueError(f"sender {sender.name} has no account")
        self._account = sender.account
        self._path = f"/{API_VERSION}/Accounts/{sender.account.name}/Messages.json"
        self._extra = {"ValidityPeriod": str(sender.validity)}
        if sender.receipts:
            self._extra["StatusCallback"] = status_address(address, sender.name)
        self._window = sender.window
        self._client: httpx.AsyncClient | None = None

    async def open(self, hear: Hear) -> None:
        """Be ready to send. `hear` is not called: this carrier speaks to the site's webhooks."""
        api = httpx.URL(self._account.api)
        self._client = httpx.AsyncClient(
            base_url=api,
            auth=(self._account.name, self._account.token),
            timeout=self._account.timeout,
            limits=httpx.Limits(max_connections=self._window, keepalive_expiry=_IDLE),
            follow_redirects=False,
            trust_env=api.host
            not in LOOPBACK,  # a proxy of the machine's settings cannot reach this machine's phone
        )

    async def submit(self, outgoing: Outgoing) -> Outcome:
        """Hand over one text. Never raises for what a carrier may do."""
        if self._client is None:
            raise RuntimeError("open() first")
        form = {"To": outgoing.to, "From": outgoing.source, "Body": outgoing.text, **self._extra}
        try:
            response = await self._client.post(self._path, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(Why.TRANSIENT, "unreachable")  # nothing left this machine
        except httpx.TimeoutException:
            return Unsure("timeout")
        except httpx.HTTPError:
            return Unsure("connection_lost")
        return outcome_of(response.status_code, response.headers, response.content)

    async def close(self) -> None:
        """Disconnect. Texts still waiting for an answer become Unsure."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def status_address(address: str, sender_name: str) -> str:
    """Where the carrier says what became of a text of that sender."""
    return f"{address}/alerts/carrier/{sender_name}/status"


class _Answer(msgspec.Struct):
    sid: str = ""
    code: int | None = None


def outcome_of(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """What the carrier's answer means: HTTP status, headers (by lower-case name), and the JSON of the body."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError:
        answer = _Answer()
    if 200 <= status < 300:
        return Accepted(answer.sid) if answer.sid else Unsure("no_id")
    code = str(answer.code) if answer.code is not None else f"http_{status}"
    if status in (502, 504):
        return Unsure(code)  # a gateway speaks here: whether the carrier behind it has the text, nobody knows
    why = CODES.get(code) or _why_of_status(status)
    return Refused(why, code, _wait(code, headers))


def _why_of_status(status: int) -> Why:
    if status == 429:
        return Why.THROTTLED
    if status >= 500 or status == 408:
        return Why.TRANSIENT
    return Why.BAD_TEXT if status == 400 else Why.SETUP


def _wait(code: str, headers: Mapping[str, str]) -> float | None:
    stated = headers.get("retry-after", "")
    if stated.isdecimal() and len(stated) <= 6:
        return float(stated)
    return _LOOP_REST if code == "14107" else None
