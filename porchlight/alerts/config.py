"""What a site's owner sets for text alerts, in `alerts.toml` of the data directory, typed and checked.

Without that file the site is in practice: one sender, whose texts go to the practice phone on this machine and nowhere
else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from porchlight.alerts.rules import SENDER_CLASSES, telling_words
from porchlight.site.config import ConfigError

FILE_NAME = "alerts.toml"
PRACTICE_CERTIFICATE = "practice-carrier.pem"  # in the data directory; the practice carrier makes it
PRACTICE_SYSTEM_ID = "practice"
LONGEST_SYSTEM_ID, LONGEST_PASSWORD, LONGEST_SYSTEM_TYPE = 15, 8, 12  # letters (SMPP 3.4, 4.1.5)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # the names of this machine


class CarrierKind(StrEnum):
    """How a sender's texts leave this machine."""

    HTTP = "http"  # a carrier's web interface of the shape of Twilio's
    SMPP = "smpp"  # the carriers' own protocol, SMPP 3.4
    PRACTICE = "practice"  # the practice phone of this machine
    PRACTICE_SMPP = "practice-smpp"  # the practice carrier of this machine, over SMPP
    CONSOLE = "console"  # the terminal, on this machine only


PRACTICE_KINDS = frozenset({CarrierKind.PRACTICE, CarrierKind.PRACTICE_SMPP, CarrierKind.CONSOLE})


class Coding(StrEnum):
    """What a carrier's own alphabet (data_coding 0) is; a text that does not fit goes in UCS-2."""

    GSM = "gsm"  # GSM 03.38, an octet for each septet
    LATIN1 = "latin1"  # ISO-8859-1


class LongText(StrEnum):
    """How a text of several segments is handed over."""

    UDH = "udh"  # each segment by itself, with a header that the telephone reads
    SAR = "sar"  # each segment by itself, with fields that the carrier reads
    PAYLOAD = "payload"  # whole; the carrier cuts it


class ReceiptIds(StrEnum):
    """How a carrier writes its name of a text in receipts, when that is not as it wrote it in its answer."""

    SAME = "same"
    HEX = "hex"  # the answer was decimal
    DECIMAL = "decimal"  # the answer was hexadecimal


@dataclass(frozen=True, slots=True)
class Account:
    """Where a sender's carrier is asked, and as whom. The token also signs what the carrier tells us."""

    api: str  # an address without a last slash
    name: str
    token: str = field(repr=False)
    timeout: float  # seconds to wait for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Smpp:
    """Where a sender's SMPP carrier is, as whom we bind to it, and the ways of its own.

    `ca_file` holds the authority that its certificate must be of (None: those of this machine). `binds` connections
    stand at once; each asks whether it is alive after `enquire` quiet seconds, and waits `timeout` seconds for answers.
    """

    host: str
    port: int
    tls: bool
    ca_file: Path | None
    system_id: str
    password: str = field(repr=False)
    system_type: str
    coding: Coding
    long_text: LongText
    receipt_ids: ReceiptIds
    binds: int
    enquire: float
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One of our numbers or short codes, and what its carrier allows.

    Over any t seconds at most `rate`*t + `burst` segments leave; a text is written at most `grace` seconds after its
    turn. `window` texts may wait for the carrier's answer at once. `weight` is the share of new numbers that it takes
    (0: none). `cost` is dollars for one segment; `validity` is how many seconds the carrier goes on trying.
    """

    name: str
    number: str  # E.164, or the digits of a short code
    kind: str  # a class of `rules.SENDER_CLASSES`, or "practice"
    carrier: CarrierKind
    rate: float
    burst: float
    grace: float
    a_day: int | None  # segments
    window: int
    weight: int
    cost: Decimal
    carrier_handles_stop: bool
    receipts: bool
    validity: int
    account: Account | None
    smpp: Smpp | None = None

    @property
    def is_practice(self) -> bool:
        """Do its texts stay on this machine?"""
        return self.carrier in PRACTICE_KINDS


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what we were told is kept: texts to us, sign-ups without proof, subscribers who left."""

    inbound_days: int
    pending_hours: int
    stopped_days: int


@dataclass(frozen=True, slots=True)
class SignUpLimits:
    """How many codes may be asked for: of one number in an hour and in a day, and of all numbers in an hour."""

    number_per_hour: int
    number_per_day: int
    all_per_hour: int


@dataclass(frozen=True, slots=True)
class CostLimits:
    """Dollars of one day: nothing that we start is sent above `ceiling`; staff are alarmed from `alarm` on."""

    ceiling: Decimal
    alarm: Decimal


@dataclass(frozen=True, slots=True)
class StaffAlarm:
    """Whom to tell at once: e-mail addresses, and numbers (E.164) that get a text."""

    emails: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """The settings of text alerts of one site.

    `organization` is the name in each text; it must not tell anyone who shares the phone what this is about.
    `address` is the site's own, without a last slash: carriers call it. `any_hour` is True only where all texts stay on
    this machine: quiet hours protect nobody there, and a newcomer tries things at night. `offered` is False on a public
    site that has no real sender: nobody may sign up for texts that cannot come.
    """

    organization: str
    help_contact: str
    link_hosts: tuple[str, ...]
    senders: tuple[Sender, ...]
    retention: Retention
    sign_up: SignUpLimits
    cost: CostLimits
    second_approver_above: int
    staff_alarm: StaffAlarm
    address: str
    any_hour: bool
    offered: bool

    @property
    def is_practice(self) -> bool:
        """Do all texts stay on this machine?"""
        return all(sender.is_practice for sender in self.senders)

    def sender(self, name: str) -> Sender:
        """The sender of that name. Raises UnknownSender."""
        for sender in self.senders:
            if sender.name == name:
                return sender
        raise UnknownSender(name)


class UnknownSender(LookupError):  # noqa: N818 - named as a person would say it
    """No sender has this name: it was renamed or taken out of alerts.toml."""


@dataclass(frozen=True, slots=True)
class Site:
    """What text alerts need to know of the site: where it is reached, and the key that signs things."""

    data_dir: Path
    public_url: str
    port: int
    secret_key: str = field(repr=False)

    @property
    def address(self) -> str:
        """Where carriers reach this site."""
        return self.public_url or f"http://127.0.0.1:{self.port}"


def alerts() -> AlertsConfig:
    """The settings in force. Read again when alerts.toml or a file of secrets changed.

    A file that became wrong while we run does not stop anything: the last good one holds, `refused()` says why.
    Raises ConfigError when it is wrong at the start.
    """
    global _kept
    site = _this_site()
    stamp = _stamp(site, _kept.files if _kept else ())
    if _kept is not None and _kept.stamp == stamp:
        return _kept.config
    problems: tuple[str, ...] = ()
    try:
        config, files = read(site)
    except ConfigError as error:
        if _kept is None or _kept.site != site:
            raise
        config, files, problems = _kept.config, _kept.files, error.problems
    _kept = _Kept(site, _stamp(site, files), files, config, problems)
    return config


def sender(name: str) -> Sender:
    """The sender of that name, as set now. Raises UnknownSender."""
    return alerts().sender(name)


def refused() -> tuple[str, ...]:
    """What is wrong with alerts.toml as it is now, one line each, while an older one still holds."""
    alerts()
    return _kept.problems if _kept else ()


def read(site: Site, environ: Mapping[str, str] | None = None) -> tuple[AlertsConfig, tuple[Path, ...]]:
    """Read the file of `site`: the settings, and the files of secrets that they name.

    Raises ConfigError naming every problem, never a value that may be secret.
    """
    written = _written(site.data_dir / FILE_NAME)
    reader = _Reader(site, os.environ if environ is None else environ)
    config = reader.config(written)
    if reader.problems:
        raise ConfigError([f"{FILE_NAME}: {problem}" for problem in reader.problems])
    return config, tuple(reader.files)


def practice_token(secret_key: str) -> str:
    """The password between this site and its practice carrier: made from the site's own key, kept nowhere."""
    return hmac.new(secret_key.encode(), b"practice carrier", hashlib.sha256).hexdigest()


def practice_port(port: int | None = None) -> int:
    """Where the practice phone listens: PHONE_PORT, else the port after the site's own (PORT when None)."""
    return int(os.environ.get("PHONE_PORT") or (site_port() if port is None else port) + 1)


def practice_smpp_port(port: int | None = None) -> int:
    """Where the practice carrier listens for SMPP: SMPP_PORT, else two after the site's own; with TLS one further."""
    return int(os.environ.get("SMPP_PORT") or (site_port() if port is None else port) + 2)


def practice_smpp_password(secret_key: str) -> str:
    """The practice carrier's password, as much of it as SMPP carries."""
    return practice_token(secret_key)[:LONGEST_PASSWORD]


def site_port() -> int:
    """The port of the site on this machine: PORT, else 8000."""
    return int(os.environ.get("PORT") or 8000)


# --- the file, as people write it -------------------------------------------------------------------------------------


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: an unknown key is a misspelling."""


class _Sender(_Strict):
    name: str
    number: str
    carrier: CarrierKind
    kind: str = "practice"
    account: str = ""
    auth_token_file: str = ""
    auth_token_env: str = ""
    api: str = "https://api.twilio.com"
    timeout: float = 10
    rate: float | None = None
    burst: float | None = None
    grace: float | None = None
    a_day: int | None = None
    window: int = 20
    weight: int = 1
    cost: Decimal | None = None
    carrier_handles_stop: bool = False
    receipts: bool = True
    validity: int = 4 * 60 * 60
    host: str = ""
    port: int | None = None
    tls: bool | None = None
    ca_file: str = ""
    system_id: str = ""
    password_file: str = ""
    password_env: str = ""
    system_type: str = ""
    coding: Coding = Coding.GSM
    long_text: LongText = LongText.UDH
    receipt_ids: ReceiptIds = ReceiptIds.SAME
    binds: int = 1
    enquire: float = 30


class _Retention(_Strict):
    inbound_days: int = 30
    pending_hours: int = 24
    stopped_days: int = 30


class _SignUp(_Strict):
    number_per_hour: int = 3
    number_per_day: int = 6
    all_per_hour: int = 300


class _Cost(_Strict):
    ceiling: Decimal | None = None
    alarm: Decimal | None = None


class _StaffAlarm(_Strict):
    emails: list[str] = msgspec.field(default_factory=list)
    numbers: list[str] = msgspec.field(default_factory=list)


class _File(_Strict):
    organization: str = "Community Help Line"
    help_contact: str = ""
    link_hosts: list[str] = msgspec.field(default_factory=list)
    second_approver_above: int = 500
    any_hour: bool | None = None
    retention: _Retention = msgspec.field(default_factory=_Retention)
    sign_up: _SignUp = msgspec.field(default_factory=_SignUp)
    cost: _Cost = msgspec.field(default_factory=_Cost)
    staff_alarm: _StaffAlarm = msgspec.field(default_factory=_StaffAlarm)
    senders: list[_Sender] = msgspec.field(default_factory=list)


# A number of the range that is kept free for stories and examples: nobody has it.
_PRACTICE_SENDER = _Sender(name="practice", number="+15025550100", carrier=CarrierKind.PRACTICE)
_GRACE = 0.25  # seconds; less where the burst is small for the rate
_PRACTICE_CEILING = Decimal(100)  # practice texts cost nothing


def _written(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _File()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{FILE_NAME}: cannot be read ({type(error).__name__})"]) from None
    try:
        return msgspec.convert(tomllib.loads(text, parse_float=Decimal), _File)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{FILE_NAME}: is not TOML: {error}"]) from None
    except msgspec.ValidationError as error:
        raise ConfigError([f"{FILE_NAME}: {_plain(str(error))}"]) from None


_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*?)`")
_MISSING_FIELD = re.compile(r"Object missing required field `(.*?)`")


def _plain(complaint: str) -> str:
    """The decoder's complaint in the words of the file. It may name a key, never a value: that may be a secret."""
    reason, _, where = complaint.partition(" - at `$")
    where = where.rstrip("`").lstrip(".") or "the file"
    if unknown := _UNKNOWN_FIELD.search(reason):
        return f"{where}: there is no setting `{unknown[1]}`; see docs/alerts.md"
    if missing := _MISSING_FIELD.search(reason):
        return f"{where}: set `{missing[1]}`"
    if reason.startswith("Invalid enum value"):
        return f"{where}: set one of {', '.join(_CHOICES[where.rpartition('.')[2]])}"
    return f"{where}: {reason[:1].lower()}{reason[1:]}"


_CHOICES: Mapping[str, type[StrEnum]] = {
    "carrier": CarrierKind,
    "coding": Coding,
    "long_text": LongText,
    "receipt_ids": ReceiptIds,
}
# What only an SMPP carrier has; the second group is settled where it is the practice one of this machine.
_SMPP_WAYS = ("tls", "system_type", "coding", "long_text", "receipt_ids", "binds", "enquire")
_SMPP_PLACE = ("host", "port", "ca_file", "system_id", "password_file", "password_env")
_SMPP_KINDS = frozenset({CarrierKind.SMPP, CarrierKind.PRACTICE_SMPP})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE = re.compile(r"[0-9]{5,6}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class _Reader:
    """Turns the file into settings; what is wrong with it gathers in `problems`, so that all is told at once."""

    def __init__(self, site: Site, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.files: list[Path] = []
        self._site = site
        self._environ = environ

    def config(self, file: _File) -> AlertsConfig:
        senders = tuple(self._sender(each) for each in file.senders or [_PRACTICE_SENDER])
        self._check_together(senders)
        practice = all(sender.is_practice for sender in senders)
        self._check(
            1 <= len(file.organization) <= 30 and file.organization.isprintable(),
            "organization: give the name in each text, 1 to 30 characters",
        )
        # Whoever shares the phone reads it too.
        self._check(
            not telling_words(file.organization),
            "organization: choose a name that does not tell what the texts are about",
        )
        self._check(
            practice or bool(file.help_contact), "help_contact: set how people reach you, for answers to HELP"
        )
        self._check(
            file.second_approver_above >= 0, "second_approver_above: set how many recipients one may send to"
        )
        self._check(
            practice or not file.any_hour, "any_hour: only practice may; real people have quiet hours"
        )
        return AlertsConfig(
            organization=file.organization,
            help_contact=file.help_contact or self._site.address,
            link_hosts=self._link_hosts(file.link_hosts),
            senders=senders,
            retention=self._retention(file.retention),
            sign_up=self._sign_up(file.sign_up),
            cost=self._cost(file.cost, practice),
            second_approver_above=file.second_approver_above,
            staff_alarm=self._staff_alarm(file.staff_alarm),
            address=self._site.address,
            any_hour=practice and file.any_hour is not False,
            offered=not (practice and self._site.public_url),
        )

    def _check(self, good: bool, problem: str) -> None:
        if not good:
            self.problems.append(problem)

    def _checking(self, at: str) -> Callable[[bool, str], None]:
        """`_check` for the table of the file that `at` names."""
        return lambda good, problem: self._check(good, f"{at}: {problem}")

    def _check_together(self, senders: tuple[Sender, ...]) -> None:
        for what in ("name", "number"):
            values = [getattr(sender, what) for sender in senders]
            for value in sorted({value for value in values if values.count(value) > 1}):
                self._check(False, f"senders: {value} is the {what} of two; give each its own")
        self._check(any(sender.weight for sender in senders), "senders: give at least one a weight above 0")
        kinds = {sender.is_practice for sender in senders}
        self._check(
            len(kinds) == 1,
            "senders: practice and real ones cannot stand together; a subscriber of a practice sender gets nothing",
        )
        if any(sender.carrier is CarrierKind.HTTP for sender in senders):
            self._check(
                bool(self._site.public_url),
                "PORCHLIGHT_PUBLIC_URL must be set: a carrier over HTTP calls it, and signs with it",
            )

    def _sender(self, given: _Sender) -> Sender:
        at = f"senders.{given.name}" if _NAME.fullmatch(given.name) else "senders"
        check = self._checking(at)
        check(bool(_NAME.fullmatch(given.name)), "name: use small letters, digits and hyphens, at most 40")
        check(
            bool(_E164.fullmatch(given.number) or _SHORT_CODE.fullmatch(given.number)),
            "number: write it like +15025550100, or the digits of a short code",
        )
        practice = given.carrier in PRACTICE_KINDS
        rate, burst, a_day = self._class(given, practice, at)
        usual_grace = min(_GRACE, burst / (2 * rate)) if rate > 0 else _GRACE
        check(rate > 0, "rate: set how many segments a second the carrier allows, above 0")
        check(burst >= 1, "burst: set at least 1 segment")
        check(given.grace is None or 0 < given.grace <= 10, "grace: set above 0, to 10 seconds")
        check(given.a_day is None or given.a_day > 0, "a_day: set segments a day, above 0")
        check(1 <= given.window <= 1000, "window: set 1 to 1000 texts")
        check(0 <= given.weight <= 1000, "weight: set 0 to 1000")
        check(1 <= given.validity <= 36_000, "validity: set 1 to 36000 seconds")
        check(practice or given.cost is not None, "cost: set what one segment costs you, in dollars")
        check(given.cost is None or given.cost >= 0, "cost: cannot be below 0")
        return Sender(
            name=given.name,
            number=given.number,
            kind=given.kind,
            carrier=given.carrier,
            rate=rate,
            burst=burst,
            grace=usual_grace if given.grace is None else given.grace,
            a_day=a_day,
            window=given.window,
            weight=given.weight,
            cost=given.cost or Decimal(0),
            carrier_handles_stop=given.carrier_handles_stop,
            receipts=given.receipts,
            validity=given.validity,
            account=self._account(given, at),
            smpp=self._smpp(given, at),
        )

    def _class(self, given: _Sender, practice: bool, at: str) -> tuple[float, float, int | None]:
        """What the carrier allows: as set, else as usual for the sender's class."""
        known = given.kind in SENDER_CLASSES and (practice or given.kind != "practice")
        self._check(known, f"{at}: kind: set one of {', '.join(sorted(set(SENDER_CLASSES) - {'practice'}))}")
        usual = SENDER_CLASSES[given.kind] if known else SENDER_CLASSES["practice"]
        rate = float(usual.rate) if given.rate is None else given.rate
        burst = float(usual.burst) if given.rate is None else max(1.0, given.rate)
        return rate, (burst if given.burst is None else given.burst), given.a_day or usual.a_day

    def _account(self, given: _Sender, at: str) -> Account | None:
        if given.carrier is CarrierKind.CONSOLE or given.carrier in _SMPP_KINDS:
            return None
        if given.carrier is CarrierKind.PRACTICE:
            token = practice_token(self._site.secret_key)
            return Account(
                f"http://127.0.0.1:{practice_port(self._site.port)}", "practice", token, given.timeout
            )
        api = urlsplit(given.api)
        safe = api.scheme == "https" or (api.scheme == "http" and api.hostname in LOOPBACK)
        self._check(safe and bool(api.hostname), f"{at}: api: set an address that starts with https://")
        self._check(bool(given.account), f"{at}: account: set the account's name, like AC…")
        self._check(0 < given.timeout <= 60, f"{at}: timeout: set up to 60 seconds")
        token = self._secret("auth_token", given.auth_token_file, given.auth_token_env, at)
        return Account(given.api.rstrip("/"), given.account, token, given.timeout)

    def _smpp(self, given: _Sender, at: str) -> Smpp | None:
        practice = given.carrier is CarrierKind.PRACTICE_SMPP
        settled = (
            _SMPP_PLACE if practice else () if given.carrier in _SMPP_KINDS else _SMPP_PLACE + _SMPP_WAYS
        )
        for key in settled:
            usual = getattr(_PRACTICE_SENDER, key)
            self._check(
                getattr(given, key) == usual, f'{at}: {key}: is only for carrier = "smpp"; leave it out'
            )
        if given.carrier not in _SMPP_KINDS:
            return None
        check = self._checking(at)
        check(1 <= given.binds <= min(32, given.window), "binds: set 1 to 32 connections, at most the window")
        check(1 <= given.enquire <= 600, "enquire: set 1 to 600 seconds")
        check(0 < given.timeout <= 60, "timeout: set up to 60 seconds")
        check(_fits(given.system_type, LONGEST_SYSTEM_TYPE), "system_type: set at most 12 plain letters")
        ways = {
            key: getattr(given, key) for key in ("system_type", "coding", "long_text", "receipt_ids", "binds")
        }
        place = self._practice_smpp(given) if practice else self._smpp_place(given, at)
        return Smpp(**place, **ways, enquire=given.enquire, timeout=given.timeout)

    def _practice_smpp(self, given: _Sender) -> dict[str, Any]:
        """Where the practice carrier is: always on this machine."""
        tls = bool(given.tls)
        return {
            "host": "127.0.0.1",
            "port": practice_smpp_port(self._site.port) + tls,
            "tls": tls,
            "ca_file": self._site.data_dir / PRACTICE_CERTIFICATE if tls else None,
            "system_id": PRACTICE_SYSTEM_ID,
            "password": practice_smpp_password(self._site.secret_key),
        }

    def _smpp_place(self, given: _Sender, at: str) -> dict[str, Any]:
        check = self._checking(at)
        check(bool(_HOST.fullmatch(given.host)), "host: set the carrier's host name or address")
        port = given.port or 0
        check(1 <= port <= 65535, "port: set the carrier's port, 1 to 65535")
        # Numbers and words cross the net here: whoever goes without TLS must say so (a leased line, a tunnel).
        check(given.tls is not None, "tls: set true; false only where the line itself is private")
        check(bool(given.system_id), "system_id: set the name that the carrier gave you")
        check(_fits(given.system_id, LONGEST_SYSTEM_ID), "system_id: set at most 15 plain letters")
        password = self._secret("password", given.password_file, given.password_env, at)
        check(_fits(password, LONGEST_PASSWORD), "password: SMPP carries at most 8 plain letters")
        ca_file = self._site.data_dir / given.ca_file if given.ca_file else None
        check(ca_file is None or bool(given.tls), "ca_file: is only for tls = true")
        check(ca_file is None or ca_file.is_file(), "ca_file: is not there")
        return {
            "host": given.host,
            "port": port,
            "tls": bool(given.tls),
            "ca_file": ca_file,
            "system_id": given.system_id,
            "password": password,
        }

    def _secret(self, key: str, file: str, variable: str, at: str) -> str:
        """A secret from a file of the data directory or from the environment; empty where there is none."""
        if bool(file) == bool(variable):
            self._check(False, f"{at}: set {key}_file or {key}_env, one of the two")
            return ""
        if variable:
            secret = self._environ.get(variable, "")
            self._check(bool(secret), f"{at}: {key}_env: the environment variable is not set")
            return secret
        path = self._site.data_dir / file
        self.files.append(path)
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self._check(False, f"{at}: {key}_file: cannot be read ({type(error).__name__})")
            return ""
        self._check(bool(secret), f"{at}: {key}_file: is empty")
        return secret

    def _link_hosts(self, given: list[str]) -> tuple[str, ...]:
        for host in given:
            self._check(
                bool(_HOST.fullmatch(host)), "link_hosts: write host names alone, like help.example.org"
            )
        own = urlsplit(self._site.public_url).hostname
        return tuple(given) or ((own,) if own else ())

    def _retention(self, given: _Retention) -> Retention:
        self._check(1 <= given.inbound_days <= 365, "retention.inbound_days: set 1 to 365")
        self._check(1 <= given.pending_hours <= 168, "retention.pending_hours: set 1 to 168")
        self._check(1 <= given.stopped_days <= 1830, "retention.stopped_days: set 1 to 1830")
        return Retention(given.inbound_days, given.pending_hours, given.stopped_days)

    def _sign_up(self, given: _SignUp) -> SignUpLimits:
        limits = (given.number_per_hour, given.number_per_day, given.all_per_hour)
        self._check(min(limits) >= 1, "sign_up: each limit must be at least 1")
        return SignUpLimits(*limits)

    def _cost(self, given: _Cost, practice: bool) -> CostLimits:
        self._check(
            practice or given.ceiling is not None,
            "cost.ceiling: set the most that a day may cost, in dollars",
        )
        ceiling = _PRACTICE_CEILING if given.ceiling is None else given.ceiling
        alarm = ceiling * Decimal("0.8") if given.alarm is None else given.alarm
        self._check(
            0 <= alarm <= ceiling, "cost.alarm: set dollars between 0 and the ceiling, when staff are told"
        )
        return CostLimits(ceiling, alarm)

    def _staff_alarm(self, given: _StaffAlarm) -> StaffAlarm:
        for email in given.emails:
            self._check(
                bool(_EMAIL.fullmatch(email)), "staff_alarm.emails: write addresses like name@example.org"
            )
        for number in given.numbers:
            self._check(bool(_E164.fullmatch(number)), "staff_alarm.numbers: write them like +15025550100")
        return StaffAlarm(tuple(given.emails), tuple(given.numbers))


def _fits(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isascii() and text.isprintable()


# --- what is kept of the last reading ---------------------------------------------------------------------------------

_Stamp = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    site: Site
    stamp: tuple[Site, _Stamp]
    files: tuple[Path, ...]
    config: AlertsConfig
    problems: tuple[str, ...]


_kept: _Kept | None = None


def _this_site() -> Site:
    from django.conf import settings

    return _site_of(settings.CONFIG.data_dir, settings.CONFIG.public_url, site_port(), settings.SECRET_KEY)


_site_of = lru_cache(maxsize=4)(Site)  # the same one each time: every page asks


@lru_cache(maxsize=4)
def _watched(data_dir: Path, files: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(str(path) for path in (data_dir / FILE_NAME, *files))


def _stamp(site: Site, files: tuple[Path, ...]) -> tuple[Site, _Stamp]:
    return site, tuple(_seen(path) for path in _watched(site.data_dir, files))


def _seen(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - a Path costs more than the look itself, and every page asks
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
