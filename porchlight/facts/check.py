"""What makes a set of facts unusable: the errors that fail the build and refuse an overlay.

Each check gives problems as (where, reason). A reason says what to do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from zoneinfo import available_timezones

import phonenumbers

from porchlight.facts.load import Facts
from porchlight.facts.schema import (
    Contact,
    ContactRole,
    Fact,
    HoursKind,
    Kind,
    LawFact,
    WhenClosed,
)
from porchlight.places import county_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: `where` is a contact id or a place in a file, `code` names the check, `reason` what to do."""

    code: str
    where: str
    reason: str


def errors(facts: Facts) -> list[Problem]:
    """Every error in `facts`, in file order; an empty list is a usable set."""
    found: list[Problem] = []
    for code in facts.jurisdictions:
        found += _file_errors(facts, code)
    found += _file_errors(facts, None)
    found += shared_intake(facts)
    return found


def contact_errors(contact: Contact, facts: Facts, code: str | None) -> Iterator[Problem]:
    """The errors of one contact in the file of `code` (None: national)."""
    yield from _value(contact)
    yield from _vanity(contact)
    yield from _known_bad(contact, facts, code)
    yield from _hours(contact)
    yield from _references(contact, facts, code)
    yield from _counties(contact, code)
    yield from _sources(facts, code, contact.sources, contact.id)
    further = [*contact.hours.sources, *(s for conflict in contact.conflicts for s in conflict.sources)]
    if further:
        yield from _sources(facts, code, tuple(further), contact.id)


def _file_errors(facts: Facts, code: str | None) -> Iterator[Problem]:
    file = facts.file(code)
    yield from _ids(file.contacts, id_prefix(code))
    for contact in file.contacts:
        yield from contact_errors(contact, facts, code)
    where = code or "national"
    for bad in file.known_bad:
        yield from _sources(facts, code, bad.sources, f"{where} known_bad {bad.value}")
        if bad.use_instead is not None and _find(facts, code, bad.use_instead) is None:
            yield Problem("unknown_id", f"{where} known_bad {bad.value}", f"no contact `{bad.use_instead}`")
    for path, law in _law_facts(file.law, "law"):
        yield from _sources(facts, code, law.sources, f"{where} {path}")
    if code is not None:
        yield from _routing(facts, code)


def id_prefix(code: str | None) -> str:
    """How the ids of a file's contacts start: `us-ky-` for US-KY, `us-` for None, the national file."""
    return "us-" if code is None else f"{code.lower()}-"


def _ids(contacts: tuple[Contact, ...], prefix: str) -> Iterator[Problem]:
    for contact_id, count in Counter(contact.id for contact in contacts).items():
        if count > 1:
            yield Problem("double_id", contact_id, "two contacts have this id; give one another")
        if not contact_id.startswith(prefix):
            yield Problem("wrong_id", contact_id, f"ids of this file start with `{prefix}`")


def _sources(facts: Facts, code: str | None, ids: tuple[str, ...], where: str) -> Iterator[Problem]:
    if not ids:
        yield Problem("missing_source", where, "name at least one source")
    for source_id in ids:
        if not _has_source(facts, code, source_id):
            yield Problem(
                "missing_source", where, f"no source `{source_id}` in this file or in national.yaml"
            )


def _routing(facts: Facts, code: str) -> Iterator[Problem]:
    routing = facts.jurisdictions[code].routing
    yield from _sources(facts, code, routing.sources, f"{code} routing")
    for step in routing.after_hours:
        if step not in WhenClosed.__members__ and _find(facts, code, step) is None:
            yield Problem("unknown_id", f"{code} routing", f"`{step}` is neither a code nor a contact")


_SERVICE_CODE = re.compile(r"[2-9]11|988|#[0-9A-Z]{2,8}|\*[0-9]{2,6}")
_SHORT_CODE = re.compile(r"\d{3,6}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")


def _value(contact: Contact) -> Iterator[Problem]:
    value, kind = contact.value, contact.kind
    if kind in (Kind.web, Kind.chat):
        good = value.startswith(("https://", "http://"))
    elif kind is Kind.email:
        good = _ADDRESS.fullmatch(value) is not None
    elif value.startswith("+"):
        good = _is_valid_number(value)
    elif kind is Kind.sms:
        good = _SHORT_CODE.fullmatch(value) is not None
    else:
        good = _SERVICE_CODE.fullmatch(value) is not None and kind in (Kind.phone, Kind.tty)
    if not good:
        yield Problem("invalid_value", contact.id, f"`{value}` is not a valid {kind.value} value")


def _is_valid_number(value: str) -> bool:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and phonenumbers.format_number(
        number, phonenumbers.PhoneNumberFormat.E164
    ) == (value)


_KEYPAD = {
    letter: digit
    for digit, letters in {
        "2": "ABC",
        "3": "DEF",
        "4": "GHI",
        "5": "JKL",
        "6": "MNO",
        "7": "PQRS",
        "8": "TUV",
        "9": "WXYZ",
    }.items()
    for letter in letters
}
# A number as people print it: digits, separators and letters that stand for digits. Small letters only where nothing
# but a digit, a letter, a hyphen or a dot stands before them ("91Prevent"): after a space begins a word.
_PRINTED = re.compile(
    r"(?<![A-Za-z0-9])\+?[0-9](?:[0-9A-Z().\-\s/]|(?<=[0-9A-Za-z.\-])[a-z]){5,}(?<=[0-9A-Za-z])"
)
# Where one number ends and another begins.
_BETWEEN = re.compile(r"\((?=\+?[0-9])|\bor\b|\band\b|,|;|\s/\s|\bTTY\b|\bTDD\b")


def spelled(printed: str) -> list[str]:
    """Every number in `printed` as keypad digits without a leading 1: "1-877-KYSAFE1" gives "8775972331"."""
    found = []
    for piece in _BETWEEN.split(printed):
        for match in _PRINTED.findall(piece):
            digits = "".join(_KEYPAD.get(letter, letter) for letter in match.upper() if letter.isalnum())
            found.append(digits[1:] if digits.startswith("1") and len(digits) > 10 else digits)
    return found


def _vanity(contact: Contact) -> Iterator[Problem]:
    """The printed form must spell the digits that are dialled. Letters may run past the tenth digit."""
    if contact.kind not in (Kind.phone, Kind.tty, Kind.fax) or not contact.value.startswith("+1"):
        return
    digits = contact.value[2:]
    numbers = [number for number in spelled(contact.printed) if len(number) >= 7]
    fits = [number for number in numbers if digits in (number[:10], number) or digits.endswith(number)]
    wrong = [number for number in numbers if number not in fits]
    if wrong or not numbers:
        reason = f"`{contact.printed}` does not spell {contact.value}; print what the source prints, or mend the value"
        yield Problem("vanity", contact.id, reason)


def _known_bad(contact: Contact, facts: Facts, code: str | None) -> Iterator[Problem]:
    if contact.withhold is None and facts.is_known_bad(code, contact):
        yield Problem(
            "known_bad", contact.id, f"{contact.value} is known to be bad; see known_bad in this file"
        )


def _hours(contact: Contact) -> Iterator[Problem]:
    hours = contact.hours
    if hours.kind is HoursKind.weekly:
        if not hours.spans or hours.zone is None:
            yield Problem("hours", contact.id, "weekly hours need spans and a zone")
        elif hours.zone != "local" and hours.zone not in available_timezones():
            yield Problem("hours", contact.id, f"`{hours.zone}` is no time zone; use an IANA name or `local`")
    elif hours.spans:
        yield Problem("hours", contact.id, "spans are for hours of the kind `weekly`")
    if any(span.start == span.end for span in hours.spans):
        yield Problem("hours", contact.id, "a span ends when it starts; a whole day is '00:00' to '24:00'")
    if (hours.kind is HoursKind.outside) != (hours.of is not None):
        yield Problem("hours", contact.id, "`outside` needs `of`, the contact whose closed times these are")


def _references(contact: Contact, facts: Facts, code: str | None) -> Iterator[Problem]:
    for step in contact.when_closed:
        if step not in WhenClosed.__members__ and _find(facts, code, step) is None:
            yield Problem("unknown_id", contact.id, f"when_closed `{step}` is neither a code nor a contact")
    for other in (contact.twin, contact.hours.of):
        if other is not None and _find(facts, code, other) is None:
            yield Problem("unknown_id", contact.id, f"there is no contact `{other}`")


def _counties(contact: Contact, code: str | None) -> Iterator[Problem]:
    for county in (*contact.counties, *contact.except_counties):
        if code is None or county_matches(county, code) is None:
            reason = f"{code or 'the nation'} has no county `{county}`; write it as the Census does, without `County`"
            yield Problem("unknown_county", contact.id, reason)


def shared_intake(facts: Facts) -> Iterator[Problem]:
    """One intake number never serves two jurisdictions (the slip of parallel lists), nor does a national number."""
    users: dict[str, set[str]] = defaultdict(set)
    for code, file in facts.jurisdictions.items():
        for contact in file.contacts:
            is_line = contact.role is ContactRole.intake and contact.kind in (Kind.phone, Kind.sms, Kind.tty)
            if is_line and contact.withhold is None and contact.value != "711":
                users[contact.value].add(code)
    national = {c.value for c in facts.national.contacts if c.role is not ContactRole.emergency}
    for value, codes in users.items():
        if len(codes) > 1:
            yield Problem(
                "shared_intake", ", ".join(sorted(codes)), f"{value} stands as intake of each; find out whose"
            )
        if value in national:
            yield Problem(
                "shared_intake", ", ".join(sorted(codes)), f"{value} is a national line, not this intake"
            )


def _has_source(facts: Facts, code: str | None, source_id: str) -> bool:
    try:
        facts.source(code, source_id)
    except KeyError:
        return False
    return True


def _find(facts: Facts, code: str | None, contact_id: str) -> Contact | None:
    return next((c for c in facts.contacts(code) if c.id == contact_id), None)


def _law_facts(value: Fact, path: str) -> Iterator[tuple[str, LawFact]]:
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        if isinstance(inner, LawFact):
            yield f"{path}.{name}", inner
        elif isinstance(inner, Fact):
            yield from _law_facts(inner, f"{path}.{name}")


def same_last_seven(facts: Facts) -> Iterator[tuple[Contact, Contact]]:
    """Pairs of shown phone lines that share their last seven digits: one slip of the prefix calls the other."""
    groups: dict[str, list[Contact]] = defaultdict(list)
    everywhere = [c for file in facts.jurisdictions.values() for c in file.contacts] + [
        *facts.national.contacts
    ]
    for contact in everywhere:
        if contact.kind is Kind.phone and contact.value.startswith("+1") and contact.withhold is None:
            groups[contact.value[-7:]].append(contact)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if one.value != other.value:
                yield one, other
