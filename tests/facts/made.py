"""Small sets of facts for tests: one jurisdiction or two, with exactly the contacts and sources a test is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from porchlight.facts.load import Facts
from porchlight.facts.schema import (
    Contact,
    ContactRole,
    JurisdictionFile,
    Kind,
    KnownBad,
    Law,
    NationalFile,
    RouteModel,
    Routing,
    Source,
    SourceKind,
    Topic,
)

TODAY = dt.date(2026, 11, 22)

_INTAKE = Contact(
    id="us-ky-intake",
    role=ContactRole.intake,
    kind=Kind.phone,
    value="+18775972331",
    printed="1-877-KYSAFE1 (1-877-597-2331)",
    takes=(Topic.abuse,),
    sources=("state",),
    checked=TODAY,
)


def contact(contact_id: str = "us-ky-intake", **changes: Any) -> Contact:
    """Kentucky's intake, with another id and whatever a test changes about it."""
    return msgspec.structs.replace(_INTAKE, id=contact_id, **changes)


def source(kind: str, date: str | None = None, *, publisher: str = "", family: str | None = None) -> Source:
    """A source of a kind; without a publisher each is a hand of its own."""
    return Source(publisher=publisher or f"{kind} {date}", kind=SourceKind(kind), date=date, family=family)


SOURCES = {"state": source("jurisdiction", publisher="The State"), "list": source("list", publisher="A list")}


def file(
    code: str,
    contacts: Iterable[Contact],
    *,
    known_bad: tuple[KnownBad, ...] = (),
    sources: dict[str, Source] | None = None,
    **changes: Any,
) -> JurisdictionFile:
    """The file of a jurisdiction that has `contacts` and nothing else."""
    made = JurisdictionFile(
        jurisdiction=code,
        name=code,
        agency="The agency",
        routing=Routing(model=RouteModel.statewide, sources=("state",)),
        law=Law(),
        contacts=tuple(contacts),
        known_bad=known_bad,
        sources=SOURCES if sources is None else sources,
    )
    return msgspec.structs.replace(made, **changes)


def facts(*files: JurisdictionFile, national: tuple[Contact, ...] = (), **changes: Any) -> Facts:
    """A whole set of facts of these files; with none, Kentucky with its intake."""
    shown = files or (file("US-KY", [contact()]),)
    whole = NationalFile(law=Law(), contacts=national, sources=SOURCES)
    by_code = {each.jurisdiction: each for each in shown}
    return Facts(msgspec.structs.replace(whole, **changes), by_code, version="made")
