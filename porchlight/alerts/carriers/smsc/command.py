"""`porchlight carrier`: a practice carrier by SMPP 3.4, for a site in practice or for any other program.

Without --password-file it serves the site's senders of carrier = "practice-smpp". With it, it stands alone: whoever
binds with that name and password may send from any number.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

from porchlight.alerts import config
from porchlight.alerts.carriers.practice import Habits, Telephones
from porchlight.alerts.carriers.smsc import of_site
from porchlight.alerts.carriers.smsc.counter import LONGEST_PASSWORD, Account
from porchlight.alerts.carriers.smsc.record import Record
from porchlight.alerts.carriers.smsc.server import HOST, Smsc
from porchlight.alerts.config import PRACTICE_SYSTEM_ID, Coding

STAND_ALONE_NUMBER = "+15025550100"  # of those that belong to nobody

_HABITS: Mapping[str, str] = {
    "delay": "seconds until a text arrives",
    "per_second": "messages that it takes in a second, then ESME_RTHROTTLED (0: any number)",
    "error_share": "share of messages that get ESME_RSYSERR",
    "queue_full_share": "share that gets ESME_RMSGQFUL",
    "cut_share": "share after which the line is cut, the message taken, the answer not given",
    "silent_share": "share that is taken and never answered",
    "answer_delay": "seconds until a message is answered",
    "handles_stop": "answer STOP and START as a carrier, and refuse texts to who said STOP",
    "receipts": "how receipts are written",
    "receipts_lost": "share of receipts that never come",
    "receipts_twice": "share that comes twice",
    "receipts_first": "share that comes before the answer to the message",
    "spread": "seconds by which receipts are late, more or less, so that they overtake each other",
    "ids": "how answers write the names of texts",
    "receipt_ids": "how receipts write them",
    "window": "deliver_sm that may be unanswered on one connection",
    "parts": "how it brings what is too long for one message",
    "any_bind": "bring things on any connection of the account, not on one that sent from that number",
    "half_open": "neither read nor write any more, but keep the connections",
    "seed": "of the shares: the same seed, the same course",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`porchlight carrier [--port N] [--tls-port N] [--phone-port N] [--record FILE] [--delay SECONDS] …`."""
    parser.add_argument("--port", type=int, help="default: SMPP_PORT, else two after the site's PORT; 0: any")
    parser.add_argument("--tls-port", type=int, help="default: one after --port")
    parser.add_argument("--phone-port", type=int, help="show the telephones on a page of this port")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="stand alone, with the password in this file"
    )
    parser.add_argument(
        "--system-id",
        default=PRACTICE_SYSTEM_ID,
        help="who may bind, when it stands alone (default: %(default)s)",
    )
    parser.add_argument(
        "--coding",
        type=Coding,
        choices=list(Coding),
        default=Coding.GSM,
        help="what data_coding 0 is, when it stands alone (default: %(default)s)",
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="write a line for each message before it is answered"
    )
    for each in fields(Habits):
        _add_habit(parser, each.name, each.default)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 1 when the site does not practise by SMPP, 2 when it cannot start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    try:
        known, site, token = _who(args)
    except _Refused as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return error.code
    telephones = Telephones(Habits(**{each.name: getattr(args, each.name) for each in fields(Habits)}))
    try:
        record = Record(args.record) if args.record else None
        smsc = of_site.listen(
            telephones,
            known,
            port=args.port,
            tls_port=args.tls_port,
            record=record,
            any_number=args.password_file is not None,
        )
    except OSError as error:
        print(f"porchlight: {of_site.problem(error)}", file=sys.stderr)
        return 2
    print(f"The practice carrier is on {HOST}:{smsc.port}, with TLS on {HOST}:{smsc.tls_port}", flush=True)
    return _serve(args.phone_port, telephones, smsc, site, token)


class _Refused(Exception):  # noqa: N818 - it is not wrong, it is not to be
    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.code = code


def _who(args: argparse.Namespace) -> tuple[list[Account], str, str]:
    """The accounts, the address where the page leads, and the password of tests."""
    if args.password_file is not None:
        password = _password(args.password_file)
        account = Account(args.system_id, password, {STAND_ALONE_NUMBER: args.coding}, args.coding)
        return [account], f"http://127.0.0.1:{config.site_port()}", password
    settings = config.alerts()
    known = of_site.accounts(settings)
    if not known:
        raise _Refused(
            'no sender of alerts.toml has carrier = "practice-smpp"; to stand alone, give --password-file', 1
        )
    return known, settings.address, of_site.token()


def _password(path: Path) -> str:
    try:
        password = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _Refused(f"--password-file: cannot be read ({type(error).__name__})", 2) from error
    if not 1 <= len(password) <= LONGEST_PASSWORD:
        raise _Refused(f"--password-file: SMPP carries 1 to {LONGEST_PASSWORD} plain letters", 2)
    return password


def _serve(phone_port: int | None, telephones: Telephones, smsc: Smsc, site: str, token: str) -> int:
    try:
        if phone_port is not None:
            from porchlight.alerts.phone.command import serve

            return serve(phone_port, telephones, site, token)
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        stopped.wait()
        return 0
    finally:
        smsc.close()


def _add_habit(parser: argparse.ArgumentParser, name: str, usual: object) -> None:
    option, text = f"--{name.replace('_', '-')}", f"{_HABITS[name]} (default: {usual})"
    if isinstance(usual, bool):
        parser.add_argument(option, action="store_true", help=_HABITS[name])
    elif isinstance(usual, StrEnum):
        parser.add_argument(option, type=type(usual), choices=list(type(usual)), default=usual, help=text)
    else:
        parser.add_argument(option, type=type(usual), default=usual, help=text)
