"""The `porchlight` command. It only routes: each sub-command's work is in the folder that owns it."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import porchlight

SETTINGS_MODULE = "porchlight.site.settings"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and return its exit code: 0 done, 1 found wrong, 2 cannot be done as asked."""
    args = parse(sys.argv[1:] if argv is None else argv)
    from porchlight.site.config import ConfigError

    try:
        return int(args.run(args))
    except ConfigError as error:
        print("porchlight: these settings need to change:", *error.problems, sep="\n  ", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output (head, less) has enough. Python's own last flush must not complain of it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Understand the words after `porchlight`; exits with 2 when they are wrong. `run` is the work to do."""
    parser = argparse.ArgumentParser(prog="porchlight", description=porchlight.__doc__)
    parser.add_argument("--version", action="version", version=f"porchlight {porchlight.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        added = commands.add_parser(command.name, help=command.summary, description=command.summary)
        # Only the command that was asked for is imported: `answer` must not wait for the others.
        if command.name in arguments[:1]:
            command.prepare(added)
    return parser.parse_args(arguments)


@dataclass(frozen=True)
class Command:
    """One sub-command: `prepare` adds its arguments and sets `run`, a function of the parsed arguments."""

    name: str
    summary: str
    prepare: Callable[[argparse.ArgumentParser], None]


def _from_folder(module: str) -> Callable[[argparse.ArgumentParser], None]:
    """The folder's own `command.py` has `add_arguments(parser)` and `run(args) -> int`."""

    def prepare(parser: argparse.ArgumentParser) -> None:
        command = importlib.import_module(module)
        command.add_arguments(parser)
        parser.set_defaults(run=command.run)

    return prepare


def _prepare_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=os.environ.get("PORT", "8000"), help="default: PORT, else 8000"
    )
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace) -> int:
    from porchlight.site.server import serve

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    # The practice carrier signs the address that it calls: the site must know its own port.
    os.environ["PORT"] = str(args.port)
    return serve(args.host, args.port)


def _prepare_check(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_check)


def _check(args: argparse.Namespace) -> int:
    _start_django()
    from django.conf import settings
    from django.core.checks import ERROR, WARNING, run_checks

    from porchlight.site import readiness

    problems = [message for message in run_checks() if message.level >= WARNING and not message.is_silenced()]
    states = readiness.parts(settings.CONFIG)
    for part, state in states.items():
        print(f"{part}: {state}")
    for problem in problems:
        print(problem)
    broken = any(message.level >= ERROR for message in problems)
    return 1 if broken or set(states.values()) != {readiness.READY} else 0


def _prepare_backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE.tar.gz", help="written with mode 0600; must not exist yet"
    )
    parser.set_defaults(run=_backup)


def _backup(args: argparse.Namespace) -> int:
    from porchlight.site import backup, config

    return _say(lambda: backup.backup(config.read(), args.file))


def _prepare_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.tar.gz", help="a file that `porchlight backup` made")
    parser.add_argument("--force", action="store_true", help="replace what this site holds now")
    parser.set_defaults(run=_restore)


def _restore(args: argparse.Namespace) -> int:
    from porchlight.site import backup, config

    return _say(lambda: backup.restore(config.read(), args.file, force=args.force))


def _say(work: Callable[[], str]) -> int:
    from porchlight.site.backup import BackupError

    try:
        print(work())
    except BackupError as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 2
    return 0


def _prepare_manage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="for example: migrate")
    parser.set_defaults(run=_manage)


def _manage(args: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["porchlight manage", *args.arguments])
    return 0


def _start_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    import django

    django.setup()


COMMANDS = (
    Command("answer", "whom to call, for a place", _from_folder("porchlight.report.command")),
    Command("facts", "audit, show or list what is known", _from_folder("porchlight.facts.command")),
    Command("serve", "run the website", _prepare_serve),
    Command("export", "write the website as plain files", _from_folder("porchlight.site.export.command")),
    Command("send", "send text alerts", _from_folder("porchlight.alerts.command")),
    Command(
        "phone", "try text alerts with telephones on a page", _from_folder("porchlight.alerts.phone.command")
    ),
    Command(
        "carrier",
        "a practice carrier by SMPP, for this site or for any program",
        _from_folder("porchlight.alerts.carriers.smsc.command"),
    ),
    Command("staff", "make and list the accounts of staff", _from_folder("porchlight.alerts.staff.command")),
    Command(
        "alerts",
        "numbers: show, erase, bring in; renew the keys",
        _from_folder("porchlight.alerts.people.command"),
    ),
    Command(
        "count", "the annual report, from overlapping case lists", _from_folder("porchlight.count.command")
    ),
    Command("check", "say whether this site is ready, part by part", _prepare_check),
    Command("backup", "save the database, the data directory and the keys in one file", _prepare_backup),
    Command("restore", "put back what `backup` saved", _prepare_restore),
    Command("manage", "run a Django command", _prepare_manage),
)
