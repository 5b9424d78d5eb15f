"""`porchlight phone`: the practice carrier and its telephones, on a page of this machine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from porchlight.alerts.carriers.practice import Exchange, Habits
from porchlight.alerts.config import AlertsConfig, CarrierKind, alerts, practice_port
from porchlight.alerts.phone.server import PhoneServer

# Numbers that nobody has: 555-0100 to 555-0199 are kept free in every area code. Three time zones.
PHONES = ("+15025550101", "+12705550102", "+18085550103")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`porchlight phone [--port N] [--delay SECONDS] [--wanted]`."""
    parser.add_argument("--port", type=int, help="default: PHONE_PORT, else the port after the site's PORT")
    parser.add_argument(
        "--delay",
        type=float,
        default=Habits().delay,
        help="seconds until a text arrives (default: %(default)s)",
    )
    parser.add_argument(
        "--wanted",
        action="store_true",
        help="only say, by exit code 0 or 1, whether this site is in practice",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 1 when this site has real senders, so that nothing practises on it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    settings = alerts()
    numbers = _practice_numbers(settings)
    if args.wanted:
        return 0 if numbers else 1
    if not numbers:
        print("porchlight: alerts.toml names real senders, so there is no practice phone", file=sys.stderr)
        return 1
    token = next(each.account.token for each in settings.senders if each.account)
    port = practice_port() if args.port is None else args.port
    exchange = Exchange(settings.address, numbers, token, Habits(delay=args.delay))
    for number in PHONES:
        exchange.add_phone(number)
    return _serve(port, exchange, settings.address)


def _practice_numbers(settings: AlertsConfig) -> dict[str, str]:
    if not settings.offered:
        return {}
    return {each.number: each.name for each in settings.senders if each.carrier is CarrierKind.PRACTICE}


def _serve(port: int, exchange: Exchange, site: str) -> int:
    try:
        server = PhoneServer(port, exchange, site)
    except OSError as error:
        print(f"porchlight: port {port} is taken ({error.strerror}); set PHONE_PORT", file=sys.stderr)
        return 2
    # shutdown() waits for serve_forever() to end, so it must not be called from that very thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever()
    finally:
        server.server_close()
        exchange.close()
    return 0
