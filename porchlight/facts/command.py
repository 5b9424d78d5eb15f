"""`porchlight facts`: audit, show, worklist, confirm."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator

import msgspec

from porchlight.facts.audit import Audit, audit, each_contact, worklist
from porchlight.facts.confirm import confirm
from porchlight.facts.in_force import in_force, overlay_folder
from porchlight.facts.load import FactError, Facts
from porchlight.facts.schema import Contact
from porchlight.facts.standing import Trust


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("audit", help="check all facts: coverage, errors, warnings")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.add_argument("--as-of", type=_day, metavar="DATE", help="judge age as of this day (YYYY-MM-DD)")
    one = actions.add_parser("show", help="print what is known of one jurisdiction, or of the national lines")
    one.add_argument("code", help="US-KY, or `national`")
    one.add_argument("--json", action="store_true", help="print JSON")
    one = actions.add_parser("worklist", help="the calls that would confirm numbers, riskiest first")
    one.add_argument("--limit", type=int, default=20, help="how many calls (20 unless told; 0 for all)")
    one.add_argument("--json", action="store_true", help="print JSON")
    one = actions.add_parser("confirm", help="write down that a person confirmed a number (an overlay file)")
    one.add_argument("id", help="the contact's id, such as us-ky-intake")
    one.add_argument("--by", required=True, help="your name")
    one.add_argument("--how", required=True, choices=["called", "seen_live"])
    one.add_argument("--on", type=_day, metavar="DATE", help="the day (today unless told)")


def run(args: argparse.Namespace) -> int:
    """Carry out the action on the facts in force; 0 is success, 1 an error that was printed, 2 a wrong call."""
    try:
        return _run(args)
    except FactError as error:
        print(f"A fact file cannot be used: {error}", file=sys.stderr)
        return 1


def _run(args: argparse.Namespace) -> int:
    loaded = in_force().loaded()
    for refused in loaded.refused:
        print(f"This correction is not used: {refused}", file=sys.stderr)
    facts = loaded.facts
    if args.action == "audit":
        return _audit(audit(facts, args.as_of or _today()), args.json)
    if args.action == "show":
        return _show(facts, args.code, args.json)
    if args.action == "worklist":
        return _worklist(facts, args.limit, args.json)
    return _confirm(facts, args)


def _audit(found: Audit, as_json: bool) -> int:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 1 if found.errors else 0
    print(f"Facts as of {found.as_of}: {found.jurisdictions} jurisdictions, {found.contacts} contacts")
    print("Standing: " + ", ".join(f"{name} {count}" for name, count in sorted(found.standings.items())))
    print("\nCoverage of the jurisdictions")
    for row in found.coverage:
        few = (
            ""
            if not row.missing or len(row.missing) > 12
            else "   missing: " + " ".join(c[3:] for c in row.missing)
        )
        print(f"  {row.have:3d}  {row.field}{few}")
    for title, problems in (("Warnings", found.warnings), ("Errors", found.errors)):
        print(f"\n{title}: {len(problems)}")
        for problem in problems:
            print(f"  {problem['code']:22} {problem['where']:34} {problem['reason']}")
    return 1 if found.errors else 0


def _show(facts: Facts, code: str, as_json: bool) -> int:
    code = code.upper()
    if code != "NATIONAL" and code not in facts.jurisdictions:
        near = code if code.startswith("US-") else f"US-{code}"
        if near not in facts.jurisdictions:
            print(
                f"There is no jurisdiction {code}. Use a code such as US-KY, or `national`.", file=sys.stderr
            )
            return 2
        code = near
    file = facts.national if code == "NATIONAL" else facts.jurisdictions[code]
    mine = None if code == "NATIONAL" else code
    trusts = {c.id: t for where, c, t in each_contact(facts, _today()) if where == mine}
    if as_json:
        tree = msgspec.to_builtins(file)
        tree["contacts"] = [
            {**msgspec.to_builtins(c), "trust": msgspec.to_builtins(trusts[c.id])} for c in file.contacts
        ]
        print(json.dumps(tree, ensure_ascii=False, indent=2))
        return 0
    for contact in file.contacts:
        print("\n".join(_contact_lines(contact, trusts[contact.id])))
    for bad in file.known_bad:
        print(f"known bad  {bad.kind.value:5} {bad.printed}  ({bad.reason.value})")
    return 0


def _contact_lines(contact: Contact, trusted: Trust) -> Iterator[str]:
    where = f" [{', '.join(contact.counties)}]" if contact.counties else ""
    age = trusted.newest or "no source shows a date"
    yield f"{contact.id}  {contact.role.value} {contact.kind.value}  {contact.printed}{where}"
    yield f"    {trusted.standing.value}: {trusted.sources} independent source(s), newest {age}"
    yield f"    hours: {contact.hours.kind.value}; takes: {', '.join(contact.takes)}"


def _worklist(facts: Facts, limit: int, as_json: bool) -> int:
    calls = worklist(facts, _today())
    shown = calls[:limit] if limit > 0 else calls
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(shown)).decode())
        return 0
    print(f"{len(calls)} numbers to confirm; the {len(shown)} riskiest first.")
    for number, call in enumerate(shown, 1):
        print(f"\n{number}. {call.printed}   {call.contact}   ({'; '.join(call.why)})")
        for line in call.script:
            print(f"   - {line}")
    return 0


def _confirm(facts: Facts, args: argparse.Namespace) -> int:
    on = args.on or _today()
    if on > _today():
        print(f"{on} has not come yet; write the day of the call.", file=sys.stderr)
        return 2
    try:
        path = confirm(facts, args.id, by=args.by, how=args.how, on=on, folder=overlay_folder())
    except FactError as error:
        print(error.reason, file=sys.stderr)
        return 2
    print(f"Written to {path}. It holds within two seconds on a running site.")
    return 0


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-22") from None
