"""New keys: everything sealed is sealed again, and every index that can be made again is.

In chunks, each a transaction of its own, while the site runs; begun again, it goes on where it was cut off. The old
keys stay in the data directory for ever: the index of an erased number can be found by no other, nor what someone who
was forgotten had agreed to. Keyed hashes of codes and counts (`SignUpCode.code`, `SignUpCount`, `StaffPhone.code`) stay
as they are: they are looked for under every key, and are over within ten minutes to two days.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, models, transaction

from porchlight.alerts import inbound, keyring, numbers, subscribe
from porchlight.alerts.claims import BODY
from porchlight.alerts.keyring import Keyring
from porchlight.alerts.models import (
    Delivery,
    Enrollment,
    Inbound,
    Number,
    SignUpCode,
    Subscriber,
    Suppression,
)

CHUNK = 500


def rotate(*, chunk: int = CHUNK) -> int:
    """Make new keys, unless some rows are still under older ones; then bring every row under the newest.

    Returns how many rows changed. Raises KeyringError, and WrongSealError for a row that does not open.
    """
    held = keyring.current()
    if not _is_unfinished(held):
        with transaction.atomic():
            numbers.hold_keys(change=True)
            held = keyring.add_keys()
    return finish(held, chunk=chunk)


def finish(held: Keyring, *, chunk: int = CHUNK) -> int:
    """Bring every row under the newest keys of `held`."""
    changed = 0
    for model, change in _CHANGES:
        changed += _in_chunks(model, change, held, chunk)
    return changed


def _is_unfinished(held: Keyring) -> bool:
    return any(_old(model, held).exists() for model, _change in _CHANGES)


def _old(model: type[models.Model], held: Keyring) -> models.QuerySet[Any]:
    newest = held.seals[-1].id
    rows = model._default_manager.exclude(seal_key=None).exclude(seal_key=newest)
    return rows.exclude(sealed_body=None) if model is Delivery else rows


def _in_chunks(
    model: type[models.Model], change: Callable[[Any, Keyring], None], held: Keyring, chunk: int
) -> int:
    changed = 0
    while True:
        with transaction.atomic():
            rows = list(_old(model, held).select_for_update().order_by("pk")[:chunk])
            for row in rows:
                change(row, held)
        if not rows:
            return changed
        changed += len(rows)


def _resealed(held: Keyring, key_id: int, blob: bytes | memoryview, context: str) -> tuple[int, bytes, bytes]:
    plain = held.unseal(key_id, blob, context)
    return *held.seal(plain, context), plain


def _number(row: Number, held: Keyring) -> None:
    """The number and, with it, the index of its STOP: both can be made again only while the number is known."""
    row.seal_key, row.sealed, plain = _resealed(held, row.seal_key, row.sealed, numbers.CONTEXT)
    e164 = plain.decode()
    (newest, digest), *older = held.indexes(e164)
    row.index_key, row.index = newest, digest
    row.save(update_fields=["seal_key", "sealed", "index_key", "index"])
    for version, old in older:
        try:
            with transaction.atomic():
                Suppression.objects.filter(index_key=version, index=old).update(
                    index_key=newest, index=digest
                )
        except IntegrityError:
            continue  # there is one under the new key already; the old one is found as well


def _subscriber(row: Subscriber, held: Keyring) -> None:
    row.seal_key, row.private, _plain = _resealed(held, row.seal_key, row.private, subscribe.PRIVATE)
    place_indexes = subscribe.place_indexes(subscribe.zip_code_of(row), held)
    row.zip_index, row.county_index, row.state_index = place_indexes
    row.save(update_fields=["seal_key", "private", "zip_index", "county_index", "state_index"])


def _enrollment(row: Enrollment, held: Keyring) -> None:
    if row.seal_key is not None and row.private is not None:
        row.seal_key, row.private, _plain = _resealed(held, row.seal_key, row.private, subscribe.ENROLLMENT)
    else:
        row.seal_key = None
    row.save(update_fields=["seal_key", "private"])


def _delivery(row: Delivery, held: Keyring) -> None:
    if row.seal_key is not None and row.sealed_body is not None:
        row.seal_key, row.sealed_body, _plain = _resealed(held, row.seal_key, row.sealed_body, BODY)
        row.save(update_fields=["seal_key", "sealed_body"])


def _inbound(row: Inbound, held: Keyring) -> None:
    row.seal_key, row.sealed, _plain = _resealed(held, row.seal_key, row.sealed, inbound.SEALED_AS)
    row.save(update_fields=["seal_key", "sealed"])


def _wish(row: SignUpCode, held: Keyring) -> None:
    row.seal_key, row.wish, _plain = _resealed(held, row.seal_key, row.wish, subscribe.WISH)
    row.save(update_fields=["seal_key", "wish"])


_CHANGES: tuple[tuple[type[models.Model], Callable[[Any, Keyring], None]], ...] = (
    (Number, _number),
    (Subscriber, _subscriber),
    (Enrollment, _enrollment),
    (Inbound, _inbound),
    (SignUpCode, _wish),
    (Delivery, _delivery),
)
