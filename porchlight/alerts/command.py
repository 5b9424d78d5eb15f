"""`porchlight send`: the process that sends text alerts."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from datetime import UTC, datetime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One process is enough for every U.S. sender class; `--of` is for sites that run several."""
    parser.add_argument(
        "--of",
        type=int,
        default=1,
        metavar="N",
        help="how many of these processes there are; start it N times (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Send until told to stop (SIGTERM, SIGINT): then finish what is on the wire, and give back the rest."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    import django

    django.setup()
    from porchlight.alerts import config
    from porchlight.alerts.lease import OtherCountError
    from porchlight.site import journal

    if not 1 <= args.of <= 64:
        print("porchlight: --of must be from 1 to 64", file=sys.stderr)
        return 2
    config.alerts()  # says what is wrong with alerts.toml before anything starts
    journal.silence_hooks()
    try:
        asyncio.run(_send(args.of))
    except OtherCountError:
        print(
            f"porchlight: processes of another count are still sending; stop them, then start --of {args.of}",
            file=sys.stderr,
        )
        return 2
    return 0


async def _send(of: int) -> None:
    from porchlight.alerts import carriers, config, inbound, tick
    from porchlight.alerts.carriers import Received
    from porchlight.alerts.pump import Pump

    def receive(sender: str, received: Received, now: float) -> None:
        inbound.receive(sender, received, datetime.fromtimestamp(now, UTC))

    pump = Pump(config.alerts, carriers.build, of=of, tick=tick.tick, receive=receive)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, pump.stop)
    await pump.run()
