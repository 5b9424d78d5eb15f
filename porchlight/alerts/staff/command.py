"""`porchlight staff`: the people who may use the pages of staff."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from porchlight.alerts import config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add NAME --role ROLE [--link], and list."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    adding = actions.add_parser("add", help="make an account", description="make an account")
    adding.add_argument("name", metavar="NAME", help="what this person types to log in")
    adding.add_argument("--role", choices=("author", "approver", "viewer"), required=True)
    adding.add_argument(
        "--link",
        action="store_true",
        help="print a link to choose a password, instead of asking for one here",
    )
    actions.add_parser("list", help="list the accounts", description="list the accounts")


def run(args: argparse.Namespace) -> int:
    """0 when it is done, 2 when it cannot be done as asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    import django

    django.setup()
    return _list() if args.action == "list" else _add(args.name, args.role, by_link=args.link)


def _add(name: str, role: str, *, by_link: bool) -> int:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from porchlight.alerts.staff import accounts
    from porchlight.alerts.staff.roles import Role

    try:
        with transaction.atomic():
            user = accounts.add(name, Role(role))
            if not by_link:
                password = _password()
                validate_password(password, user)
                user.set_password(password)
                user.save()
    except accounts.AccountError as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 2
    except ValidationError as error:
        print("porchlight: no account was made:", *error.messages, sep="\n  ", file=sys.stderr)
        return 2
    address = config.alerts().address
    print(f"{name} can log in now as {role}: {address}/staff/")
    if by_link:
        print(f"To choose a password, once, within three days: {address}{accounts.link(user)}")
    return 0


def _password() -> str:
    """Asked twice on a terminal; from a pipe the first line counts."""
    from django.core.exceptions import ValidationError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise ValidationError("the two were not the same")
    return password


def _list() -> int:
    from django.contrib.auth.models import User

    from porchlight.alerts.staff.roles import role_of

    for user in User.objects.order_by("username"):
        print(f"{user.username}\t{role_of(user) or 'disabled'}")
    return 0
