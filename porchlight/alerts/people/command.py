"""`porchlight alerts`: a number's data shown or erased, people brought in, keys renewed, what is over forgotten.

A number is better typed when it is asked for than written into the command: a shell keeps what it was told.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from porchlight.alerts.people.table import Refused

# A file with thousands of bad rows is told by its first ones.
_MOST_SHOWN = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each thing."""
    does = parser.add_subparsers(metavar="WHAT", required=True)
    show = does.add_parser("export", help="print all that is held on a number, as JSON")
    show.add_argument("number", nargs="?", default="", help="asked for when it is left out")
    show.set_defaults(do=_export)
    erase = does.add_parser("erase", help="forget a number, and never write to it again")
    erase.add_argument("number", nargs="?", default="", help="asked for when it is left out")
    erase.set_defaults(do=_erase)
    bring = does.add_parser("import", help="bring in people who agreed elsewhere, with proof in every row")
    bring.add_argument("file", type=Path, metavar="FILE.csv")
    bring.add_argument("--go", action="store_true", help="bring them in; without this nothing is changed")
    bring.add_argument(
        "--leave-out-refused",
        action="store_true",
        help="with --go: bring in the good rows although some are bad",
    )
    bring.set_defaults(do=_import)
    rotate = does.add_parser(
        "rotate", help="make new keys, and bring everything under them; goes on if cut off"
    )
    rotate.set_defaults(do=_rotate)
    purge = does.add_parser(
        "purge", help="forget what has had its time; `porchlight send` does it every hour"
    )
    purge.set_defaults(do=_purge)
    out = does.add_parser(
        "reassigned-out", help="write the numbers to ask the Reassigned Numbers Database about"
    )
    out.add_argument("file", type=Path, metavar="FILE.csv", help="written with mode 0600; must not exist yet")
    out.set_defaults(do=_reassigned_out)
    back = does.add_parser("reassigned-in", help="take the answers of the Reassigned Numbers Database")
    back.add_argument("file", type=Path, metavar="FILE.csv")
    back.set_defaults(do=_reassigned_in)


def run(args: argparse.Namespace) -> int:
    """0 done; 1 some rows were refused; 2 it could not be done, and nothing was changed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    import django

    django.setup()
    from porchlight.alerts.keyring import KeyringError
    from porchlight.alerts.people.table import TableError

    try:
        return int(args.do(args))
    except (KeyringError, TableError) as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 2


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _number(args: argparse.Namespace) -> str | None:
    """The number as +15025550134: any number that we may hold, also one that we would not take in today."""
    import phonenumbers

    typed = args.number or input("Number: ")
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        print("porchlight: that is no telephone number; type ten digits", file=sys.stderr)
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _export(args: argparse.Namespace) -> int:
    from porchlight.alerts import private

    number = _number(args)
    if number is None:
        return 2
    print(json.dumps(private.export(number), ensure_ascii=False, indent=2))
    return 0


def _erase(args: argparse.Namespace) -> int:
    from porchlight.alerts import private

    number = _number(args)
    if number is None:
        return 2
    known = private.erase(number, _now())
    print(
        "Erased. We will never write to it again, unless it writes to us." if known else "We do not hold it."
    )
    return 0


def _import(args: argparse.Namespace) -> int:
    from porchlight.alerts import config
    from porchlight.alerts.people import bulk

    found = bulk.plan(args.file, _now(), practice=config.alerts().is_practice)
    print(f"{len(found.people)} to bring in, {len(found.already)} in already, {len(found.refused)} refused")
    _tell(found.refused)
    if not args.go:
        print("Nothing was changed. Add --go to bring them in.")
        return 1 if found.refused else 0
    if found.refused and not args.leave_out_refused:
        print("Nothing was changed: correct the refused rows, or add --leave-out-refused.")
        return 2
    print(f"{bulk.bring_in(found.people, _now())} brought in")
    return 1 if found.refused else 0


def _rotate(args: argparse.Namespace) -> int:
    from porchlight.alerts import rotation

    print(f"{rotation.rotate()} rows are under the newest keys now. Keep the old ones too, and back up.")
    return 0


def _purge(args: argparse.Namespace) -> int:
    from porchlight.alerts import private

    print(f"{private.purge(_now())} rows forgotten")
    return 0


def _reassigned_out(args: argparse.Namespace) -> int:
    from porchlight.alerts.people import reassigned

    try:
        with os.fdopen(
            os.open(args.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline=""
        ) as out:
            written = reassigned.questions(_now().date())
            out.write(written)
    except OSError as error:
        print(f"porchlight: cannot write {args.file} ({error.strerror})", file=sys.stderr)
        return 2
    print(f"{len(written.splitlines()) - 1} numbers written. Delete the file when it was used.")
    return 0


def _reassigned_in(args: argparse.Namespace) -> int:
    from porchlight.alerts import config
    from porchlight.alerts.people import reassigned

    found = reassigned.answers(args.file, _now(), practice=config.alerts().is_practice)
    print(
        f"{found.forgotten} belong to someone else now and were forgotten, {found.theirs} are still theirs,"
        f" nothing is known of {found.unknown}, {len(found.refused)} rows refused"
    )
    _tell(found.refused)
    return 1 if found.refused else 0


def _tell(refused: Iterable[Refused]) -> None:
    rows = list(refused)
    for row in rows[:_MOST_SHOWN]:
        for reason in row.reasons:
            print(f"row {row.at}: {reason}")
    if len(rows) > _MOST_SHOWN:
        print(f"... and {len(rows) - _MOST_SHOWN} more rows")
