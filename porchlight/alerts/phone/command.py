"""`porchlight phone`: the practice carrier and its telephones, on a page of this machine.

It serves the site the way that alerts.toml says its practice senders go: by HTTP, by SMPP, or both.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from porchlight.alerts import config
from porchlight.alerts.carriers.practice import Habits, Telephones
from porchlight.alerts.carriers.practice_http import HttpLine
from porchlight.alerts.carriers.smsc import of_site
from porchlight.alerts.carriers.smsc.record import Record
from porchlight.alerts.carriers.smsc.server import Smsc
from porchlight.alerts.config import AlertsConfig, CarrierKind
from porchlight.alerts.phone.server import PhoneServer

# Numbers that nobody has: 555-0100 to 555-0199 are kept free in every area code. Three time zones.
PHONES = ("+15025550101", "+12705550102", "+18085550103")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`porchlight phone [--port N] [--delay SECONDS] [--record FILE] [--wanted]`."""
    parser.add_argument("--port", type=int, help="default: PHONE_PORT, else the port after the site's PORT")
    parser.add_argument(
        "--delay",
        type=float,
        default=Habits().delay,
        help="seconds until a text arrives (default: %(default)s)",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="by SMPP: write a line for each message before it is answered",
    )
    parser.add_argument(
        "--wanted",
        action="store_true",
        help="only say, by exit code 0 or 1, whether this site is in practice",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 1 when this site has real senders, so that nothing practises on it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    settings = config.alerts()
    numbers, accounts = _practice_numbers(settings), of_site.accounts(settings)
    if args.wanted:
        return 0 if numbers or accounts else 1
    if not numbers and not accounts:
        print("porchlight: alerts.toml names real senders, so there is no practice phone", file=sys.stderr)
        return 1
    port = config.practice_port() if args.port is None else args.port
    telephones = Telephones(Habits(delay=args.delay))
    try:
        record = Record(args.record) if args.record else None
        smsc = of_site.listen(telephones, accounts, record=record) if accounts else None
    except OSError as error:
        print(f"porchlight: {of_site.problem(error)}", file=sys.stderr)
        return 2
    token = of_site.token()
    line = HttpLine(telephones, settings.address, numbers, token) if numbers else None
    try:
        return serve(port, telephones, settings.address, token, line)
    finally:
        _close(smsc, line)


def serve(port: int, telephones: Telephones, site: str, token: str, line: HttpLine | None = None) -> int:
    """Show the telephones on `port` until told to stop; 2 when the port is taken."""
    for number in PHONES:
        telephones.add_phone(number)
    try:
        server = PhoneServer(port, telephones, site, token, line)
    except OSError as error:
        print(f"porchlight: port {port} is taken ({error.strerror}); set PHONE_PORT", file=sys.stderr)
        return 2
    # shutdown() waits for serve_forever() to end, so it must not be called from that very thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0


def _practice_numbers(settings: AlertsConfig) -> dict[str, str]:
    if not settings.offered:
        return {}
    return {each.number: each.name for each in settings.senders if each.carrier is CarrierKind.PRACTICE}


def _close(smsc: Smsc | None, line: HttpLine | None) -> None:
    if smsc is not None:
        smsc.close()
    if line is not None:
        line.close()
