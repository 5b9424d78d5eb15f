"""The rules of text alerts, pure: who may be written to, when, and with what words. Each cites its source.

Law is read here as engineering input, not as legal advice; where sources disagree, or were not read, a comment says so.
Nothing here reads a clock or a database: moments come in, and every refusal says why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import holidays

from porchlight.alerts import segments
from porchlight.places import Place, area_codes
from porchlight.places.zones import all_zones, zones_of_state

# --- who may be written to: R1, R2, R5, R7, R10, R11, R12 -------------------------------------------------------------


class Why(StrEnum):
    """Why something may not be done now."""

    STOPPED = "stopped"  # the number said STOP
    NO_CONSENT = "no_consent"
    NOT_CONFIRMED = "not_confirmed"  # asked, but has not proved the number by code or YES
    REVOKED = "revoked"
    PAUSED = "paused"  # wrote something that may have meant STOP; a person decides
    NOT_ENROLLED = "not_enrolled"  # not in this program
    REASSIGNED = "reassigned"  # the number belongs to someone else now
    QUIET_HOURS = "quiet_hours"
    EXPIRED = "expired"
    ALREADY_CONFIRMED = "already_confirmed"
    CARRIER_ANSWERS = "carrier_answers"  # it confirms STOP by itself
    TOO_LATE = "too_late"
    NEVER_JOINED = "never_joined"
    UNDER_AGE = "under_age"
    AGE_NOT_SAID = "age_not_said"
    NO_POLICE_REFERENCE = "no_police_reference"
    NO_REASON = "no_reason"
    NOT_APPROVED = "not_approved"
    SAME_PERSON = "same_person"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it be done? If not, why not, and from when on where waiting helps (aware, UTC)."""

    allowed: bool
    why: Why | None = None
    opens: dt.datetime | None = None


ALLOWED = Verdict(True)


def _no(why: Why, opens: dt.datetime | None = None) -> Verdict:
    return Verdict(False, why, opens)


@dataclass(frozen=True, slots=True)
class Standing:
    """What we know of one number in one program. `zones`: see `zones_for`."""

    zones: tuple[str, ...]
    consented: bool = (
        False  # a consent record of this program is there: wording, version, time, source, language
    )
    confirmed: bool = False  # by code or YES
    revoked: bool = False
    stopped: bool = False
    paused: bool = False
    enrolled: bool = False
    reassigned: bool = False


@dataclass(frozen=True, slots=True)
class MissingChild:
    """Leave asked to send outside quiet hours. People are compared by whatever tells them apart (user ids)."""

    police_reference: str
    reason: str
    asked_by: int
    asked: dt.datetime
    expires: dt.datetime
    approved_by: int | None = None
    approved: dt.datetime | None = None


def may_start(
    standing: Standing,
    now: dt.datetime,
    *,
    expires: dt.datetime | None = None,
    override: MissingChild | None = None,
) -> Verdict:
    """May we send a text that we start to this number now? now, expires: aware.

    An override opens quiet hours and nothing else: never STOP, never a missing consent.
    """
    why = _never(standing)
    if why is not None:
        return _no(why)
    if expires is not None and now >= expires:
        return _no(Why.EXPIRED)
    if open_at(standing.zones, now) or (override is not None and may_override(override, now).allowed):
        return ALLOWED
    return _no(Why.QUIET_HOURS, next_opening(standing.zones, now))


def _never(standing: Standing) -> Why | None:
    """What no hour changes, gravest first."""
    # 47 CFR 64.1200(a)(10), in force 11 Apr 2025: a revocation by any reasonable means holds. One STOP stops all
    # (R5): the waiver of "stop one = stop all" ends on 31 Jan 2027 (FCC order of 6 Jan 2026, by infolawgroup.com).
    if standing.stopped:
        return Why.STOPPED
    # Reassigned Numbers Database, 84 FR 11226: a "yes" means that the one who consented no longer has the number.
    if standing.reassigned:
        return Why.REASSIGNED
    # R1: no text without a record of consent, for everyone, though some senders are excused from its written form.
    # CTIA Messaging Principles: typing a number is no consent, so that sign-up is confirmed from the number itself.
    if not standing.consented:
        return Why.NO_CONSENT
    if standing.revoked:
        return Why.REVOKED
    if not standing.confirmed:
        return Why.NOT_CONFIRMED
    if not standing.enrolled:
        return Why.NOT_ENROLLED
    # 64.1200(a)(10): words a reasonable person would read as a revocation count; until someone has read them, we wait.
    return Why.PAUSED if standing.paused else None


def may_reply(now: dt.datetime, received: dt.datetime) -> Verdict:
    """May we answer a text that someone sent us? At any hour, also to a stopped number (R8): they wrote first.

    Not after a day: an answer that comes so late is no answer, but a text that we start.
    """
    return ALLOWED if now - received <= REPLY_WITHIN else _no(Why.TOO_LATE)


REPLY_WITHIN = dt.timedelta(days=1)


def may_restart(*, ever_consented: bool, said_yes: bool = False, asked: bool = False) -> Verdict:
    """May START bring a stopped number back? Only where it once joined; else it is told how to join.

    said_yes: the word was YES or SI, which means something only when we `asked` or the number is stopped.
    """
    # CTIA handbook and Twilio help 223182348: START, UNSTOP and YES restart after prior consent.
    if not ever_consented:
        return _no(Why.NEVER_JOINED)
    # "Yes" may be someone's answer to what they read in our reply; without our question it joins nobody.
    return _no(Why.NOT_CONFIRMED) if said_yes and not asked else ALLOWED


def may_sign_up(is_13: bool | None) -> Verdict:
    """May this person join? Asked neutrally. Under 13 nothing is stored and the lines are shown."""
    # COPPA, 16 CFR 312 (2025 rule, comply by 22 Apr 2026): a child's number may be taken only to ask a parent.
    if is_13 is None:
        return _no(Why.AGE_NOT_SAID)
    return ALLOWED if is_13 else _no(Why.UNDER_AGE)


def may_override(asked: MissingChild, now: dt.datetime) -> Verdict:
    """Does an override of quiet hours hold now? A police reference, a reason, a second person, and an end."""
    # 47 CFR 64.1200(f)(4): emergency purposes are calls "necessary in any situation affecting the health and safety
    # of consumers". That it covers a missing child is our reading; hence the police reference and the second person.
    if not asked.police_reference.strip():
        return _no(Why.NO_POLICE_REFERENCE)
    if not asked.reason.strip():
        return _no(Why.NO_REASON)
    if asked.approved_by == asked.asked_by:
        return _no(Why.SAME_PERSON)
    if asked.approved_by is None or asked.approved is None or asked.approved > now:
        return _no(Why.NOT_APPROVED)
    if asked.expires - asked.asked > LONGEST_OVERRIDE:
        return _no(Why.TOO_LONG)
    return ALLOWED if now < asked.expires else _no(Why.EXPIRED)


LONGEST_OVERRIDE = dt.timedelta(hours=24)  # ours: then someone must say again that the child is still missing


class Reassigned(StrEnum):
    """What the Reassigned Numbers Database answers to (number, day of the last consent)."""

    YES = "yes"
    NO = "no"
    NO_DATA = "no_data"


def is_reassigned(answer: Reassigned) -> bool:
    """Only "yes" takes a number out: "no_data" is no proof, and gives no safe harbour either (84 FR 11226)."""
    return answer is Reassigned.YES


def reassigned_check_due(consented: dt.date, checked: dt.date | None, today: dt.date) -> bool:
    """Is it time to ask the database about this number?

    consented: the last day on which the number's owner agreed or wrote to us.
    """
    # A number rests 45 days before someone else gets it; the database grows monthly (84 FR 11226, DA 21-1649).
    if today - consented < REST:
        return False
    return checked is None or today - checked >= CHECK_EVERY


REST = dt.timedelta(days=45)
CHECK_EVERY = dt.timedelta(days=30)


# --- STOP: R3, R4 -----------------------------------------------------------------------------------------------------


def may_confirm_stop(
    received: dt.datetime,
    now: dt.datetime,
    *,
    confirmed: bool,
    carrier_answers: bool,
) -> Verdict:
    """May we send the one confirmation of STOP? confirmed: one was sent since the number last joined."""
    # 47 CFR 64.1200(a)(12): one text, no promotion; within five minutes it is presumed to be covered by the consent.
    if carrier_answers:
        return _no(Why.CARRIER_ANSWERS)
    if confirmed:
        return _no(Why.ALREADY_CONFIRMED)
    return ALLOWED if now - received <= CONFIRM_WITHIN else _no(Why.TOO_LATE)


CONFIRM_WITHIN = dt.timedelta(minutes=5)


def revocation_deadline(received: dt.date) -> dt.date:
    """The last day the law leaves for a revocation: ten business days (ours: before it is acknowledged)."""
    # 47 CFR 64.1200(a)(10): "within a reasonable time not to exceed ten business days".
    closed = holidays.country_holidays("US", years=[received.year, received.year + 1])
    day, left = received, 10
    while left:
        day += dt.timedelta(days=1)
        left -= day.weekday() < 5 and day not in closed
    return day


# --- quiet hours: R8, R9 ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """When texts that we start may arrive, on the recipient's clock: from `opens` until just before `closes`."""

    opens: dt.time
    sunday_opens: dt.time
    closes: dt.time

    def on(self, day: dt.date) -> tuple[dt.time, dt.time]:
        """Opening and closing on a day."""
        return (self.sunday_opens if day.weekday() == 6 else self.opens), self.closes


# 47 CFR 64.1200(c)(1): 8:00 to 21:00, for telephone solicitations; whether it binds consented texts is disputed (FCC
# notice of 11 Mar 2025, no ruling known). Laws of states are narrower: FL, OK, WA, MD, MS, NJ 8-20; CT 9-20; TX 9-21,
# Sunday 12-21 (dinsmore.com, referrizer.com: tables of law firms and vendors, the statutes were not read). Ours is
# inside all of these. One such table gives Rhode Island 9-18, weekends 10-17, which ours is not inside.
WINDOW = Window(opens=dt.time(9), sunday_opens=dt.time(12), closes=dt.time(20))


def zones_for(place: Place | None, e164: str) -> tuple[str, ...]:
    """The time zones in which a number may be: of the ZIP code, else all of its area code's state, else all there are.

    place: where the subscriber's ZIP code is, if they gave one. e164: "+12705550123".
    """
    # libphonenumber's zones are wrong for states on two clocks (measured on 9.0.43: 364, 850 and 219 are only Eastern
    # there, 270 goes by exchange), and a mobile number moves with its owner: so the whole state counts.
    if place is not None:
        return place.zones
    state = area_codes.state_of(e164)
    return all_zones() if state is None else zones_of_state(state.removeprefix("US-"))


def open_at(zones: Sequence[str], now: dt.datetime) -> bool:
    """Is it inside the window on every one of these clocks? now: aware. Raises ValueError for no zone at all."""
    if not zones:
        raise ValueError("a number has at least one time zone")
    return all(_is_open(zone, now) for zone in zones)


def next_opening(zones: Sequence[str], now: dt.datetime) -> dt.datetime:
    """The first moment from `now` on (aware; the answer in UTC) at which `open_at` holds."""
    if open_at(zones, now):
        return now.astimezone(dt.UTC)
    # All are open first at a moment at which the last of them opens.
    moments = sorted({opening for zone in zones for opening, _ in _spans(zone, now) if opening > now})
    return next(moment for moment in moments if open_at(zones, moment))


def next_closing(zones: Sequence[str], now: dt.datetime) -> dt.datetime:
    """The moment (UTC) at which a window that is open at `now` closes. Raises ValueError if it is not open."""
    if not open_at(zones, now):
        raise ValueError("not open")
    return min(
        closing for zone in zones for opening, closing in _spans(zone, now) if opening <= now < closing
    )


def _is_open(zone: str, now: dt.datetime) -> bool:
    local = now.astimezone(ZoneInfo(zone))
    opens, closes = WINDOW.on(local.date())
    return opens <= local.time() < closes


def _spans(zone: str, now: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Opening and closing (UTC) of the window from yesterday on, for the ten days in which every clock has opened."""
    clock = ZoneInfo(zone)
    first = now.astimezone(clock).date() - dt.timedelta(days=1)
    for days in range(11):
        day = first + dt.timedelta(days=days)
        opens, closes = (dt.datetime.combine(day, time, clock).astimezone(dt.UTC) for time in WINDOW.on(day))
        yield opens, closes


# --- words: R6, R13, R14 ----------------------------------------------------------------------------------------------


class Problem(StrEnum):
    """What is wrong with a text."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SHORTENER = "shortener"
    OTHER_HOST = "other_host"
    NOT_HTTPS = "not_https"
    NO_NAME = "no_name"  # does not say who sends it
    NOT_NEUTRAL = "not_neutral"
    PRIVATE = "private"  # looks like a case, a birthday or a Social Security number
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a text: `what` is the part that is. A text with a finding that `blocks` is not sent."""

    problem: Problem
    what: str
    blocks: bool = True


def lint(
    text: str,
    own_hosts: Collection[str],
    *,
    name: str = "",
    must_be_neutral: bool = False,
    most_segments: int = 6,
) -> tuple[Finding, ...]:
    """What is wrong with the words of a text that we start; nothing, for a good one.

    own_hosts: the hosts of the organisation ("porch.example"; their subdomains count). name: the sender's name, which
    the text should hold. must_be_neutral: for replies and names that anyone may see on a phone.
    most_segments: 6 is what GOV.UK Notify allows (918 characters).
    """
    return tuple(_findings(text, own_hosts, name, must_be_neutral, most_segments))


def _findings(
    text: str, own_hosts: Collection[str], name: str, must_be_neutral: bool, most_segments: int
) -> Iterator[Finding]:
    if not text.strip():
        yield Finding(Problem.EMPTY, "")
        return
    counted = segments.count(text).segments
    if counted > most_segments:
        yield Finding(Problem.TOO_LONG, str(counted))
    yield from (Finding(Problem.CONTROL, repr(one)) for one in sorted(set(_CONTROL.findall(text))))
    yield from _links(text, own_hosts)
    if name and name.casefold() not in text.casefold():
        yield Finding(Problem.NO_NAME, name, blocks=False)
    if must_be_neutral:
        yield from (Finding(Problem.NOT_NEUTRAL, word) for word in telling_words(text))
    # R14: no case data in a text; a telephone may be shared.
    yield from (Finding(Problem.PRIVATE, found, blocks=False) for found in _PRIVATE.findall(text))


def _links(text: str, own_hosts: Collection[str]) -> Iterator[Finding]:
    """Links must be https, to the organisation's own hosts."""
    own = {host.casefold().removeprefix("www.") for host in own_hosts}
    for link in _link_candidates(text):
        scheme, host = _scheme_and_host(link)
        if _is_under(host, SHORTENERS):
            yield Finding(Problem.SHORTENER, host)
        elif not _is_under(host, own):
            yield Finding(Problem.OTHER_HOST, host or link)
        elif scheme != "https":
            yield Finding(Problem.NOT_HTTPS, link)


def _link_candidates(text: str) -> Iterator[str]:
    """Whatever a telephone would make a link of: with a scheme, or a bare host name."""
    for found in _LINK.finditer(text):
        yield found[0].rstrip(".,;:!?)]}'\"»")


def _scheme_and_host(link: str) -> tuple[str, str]:
    try:
        parts = urlsplit(link if "://" in link else f"//{link}")
        return parts.scheme.casefold(), (parts.hostname or "").rstrip(".")
    except ValueError:  # "https://[": no host that anyone owns
        return "", ""


def _is_under(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)


_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+"
    r"|(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|org|net|gov|edu|mil|us|info|io|co|ly|gl|gd|me|to|link|app|page|site|example|biz|at|cc|be|ee|id|in|la|ws|xyz)"
    r"\b(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_PRIVATE = re.compile(
    r"\b\d{3}-\d{2}-\d{4}\b|\b(?:DOB|SSN)\b|\b(?:case|caso) ?(?:#|no\.?|n[uú]m\.?|number) ?\d[\w-]*",
    re.IGNORECASE,
)

# Shorteners that anyone can use. Carriers block them: Twilio error 30963, T-Mobile's code by Bandwidth's help. There is
# no official list; this is ours. (A host that is not the organisation's own is refused all the same.)
_SHORTENERS = (
    "bit.ly bitly.com tinyurl.com t.co goo.gl ow.ly is.gd v.gd buff.ly cutt.ly rebrand.ly rb.gy shorturl.at tiny.cc "
    "t.ly s.id bl.ink short.io soo.gd lnkd.in fb.me youtu.be adf.ly bc.vc qr.ae tr.im snip.ly shorte.st clck.ru "
    "dub.sh u.nu x.co mcaf.ee trib.al dlvr.it tny.im wp.me urlz.fr ouo.io qrco.de linktr.ee g.co a.co amzn.to"
)
SHORTENERS = frozenset(_SHORTENERS.split())


def telling_words(text: str) -> tuple[str, ...]:
    """The words of a text that tell whoever sees the telephone what it is about; none, for a neutral text."""
    return tuple(dict.fromkeys(found[0].casefold() for found in _TELLING.finditer(text)))


# R14: the name of the sender and every reply may be seen by the one whom the text is about. The same words as the test
# of the Answer as a text message holds against.
_TELLING = re.compile(
    r"abus\w*|traffick\w*|report\w*|neglect\w*|child(?!help)\w*|sex\w*|victim\w*|runaway\w*|missing|hotline|"
    r"\btrata\b|tr[aá]fico de|denunci\w*|maltrat\w*|explot\w*|niñ\w*|v[ií]ctima\w*|menor(?:es)?\b|desaparec\w*",
    re.IGNORECASE,
)


# --- senders: rates as data -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SenderClass:
    """What a sort of number may send: `rate` segments a second, `burst` segments at once, `a_day` where capped.

    `source` says where the figures are from, `doubt` what other tables say. alerts.toml can set its own.
    """

    rate: float
    burst: float
    source: str
    a_day: int | None = None
    doubt: str = ""


# Published tables disagree and change: these are starting points for alerts.toml, never promises. The burst (what one
# carrier takes in a second) and which of T-Mobile's four daily caps goes with which score are our reading.
SENDER_CLASSES: dict[str, SenderClass] = {
    "practice": SenderClass(100, 100, "our own carrier on this machine"),
    "toll_free": SenderClass(
        3, 3, "Twilio help, toll-free throughput", doubt="25 to 150 a second on request, after verification"
    ),
    "short_code": SenderClass(
        100, 100, "Twilio help, short code throughput", doubt="older documents of the same vendor say 30"
    ),
    "10dlc_high": SenderClass(
        225,
        75,
        "Twilio help on A2P 10DLC: trust score 75 and above, 75 a second at each of three carriers",
        a_day=200_000,
        doubt="the day's cap is T-Mobile's alone, by brand (JustCall, Clickatell)",
    ),
    "10dlc_middle": SenderClass(
        120,
        40,
        "Twilio help on A2P 10DLC: trust score 50 to 74, 40 a second at each of three carriers",
        a_day=40_000,
        doubt="the day's cap is T-Mobile's alone, by brand",
    ),
    "10dlc_low": SenderClass(
        12,
        4,
        "Twilio help on A2P 10DLC: trust score below 50, 4 a second at each of three carriers",
        a_day=2_000,
        doubt="T-Mobile's cap is 2,000 or 10,000 a day",
    ),
    "10dlc_charity": SenderClass(
        1, 1, "AT&T's Charity class by JustCall's table: 60 a minute", doubt="other carriers allow more"
    ),
}
