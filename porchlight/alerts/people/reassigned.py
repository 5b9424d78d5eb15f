"""The Reassigned Numbers Database: whose number it is now. Out and in by CSV, as its operator takes and gives them.

A question is a number and the last day on which its owner surely had it; the answer is yes, no or no data. Yes: the
number belongs to someone else, who agreed to nothing (84 FR 11226; 47 CFR 64.1200(m)).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from porchlight.alerts import numbers, private, rules
from porchlight.alerts.models import Number, Subscriber, Suppression
from porchlight.alerts.people import table
from porchlight.alerts.people.table import Refused
from porchlight.alerts.rules import Reassigned
from porchlight.alerts.sign_up_form import e164_of

COLUMNS = ("number", "answer")
_ANSWERS = {
    "yes": Reassigned.YES,
    "no": Reassigned.NO,
    "no data": Reassigned.NO_DATA,
    "no_data": Reassigned.NO_DATA,
    "nodata": Reassigned.NO_DATA,
}


def questions(today: dt.date) -> str:
    """The numbers that are due to be asked about, as CSV: ten digits, and the last day, YYYY-MM-DD."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(("number", "last_consent"))
    rows.writerows(_due(today))
    return out.getvalue()


def _due(today: dt.date) -> Iterator[tuple[str, str]]:
    held = Number.objects.filter(
        stopped=False, subscriber__state__in=(Subscriber.State.ACTIVE, Subscriber.State.PAUSED)
    ).annotate(agreed=Max("subscriber__consents__confirmed"), wrote=Max("inbound__received"))
    for number in held.order_by("pk").iterator():
        sure = max(filter(None, (number.agreed, number.wrote)), default=None)
        if sure is not None and rules.reassigned_check_due(sure.date(), number.checked, today):
            yield numbers.open_(number).removeprefix("+1"), sure.date().isoformat()


@dataclass(frozen=True, slots=True)
class Result:
    """What the answers did: numbers forgotten, numbers that are still theirs, numbers nothing is known of."""

    forgotten: int
    theirs: int
    unknown: int
    refused: tuple[Refused, ...]


def answers(path: Path, now: dt.datetime, *, practice: bool) -> Result:
    """Take the answers. For "yes" all that we hold is erased, and the number suppressed: its new owner never agreed.

    Safe to repeat. Raises table.TableError where the file cannot be used at all.
    """
    counts = dict.fromkeys(Reassigned, 0)
    refused: list[Refused] = []
    for row in table.read(path, COLUMNS):
        if isinstance(row, Refused):
            refused.append(row)
            continue
        e164 = e164_of(row.fields["number"], practice=practice)
        answer = _ANSWERS.get(row.fields["answer"].casefold())
        number = numbers.find(e164) if e164 else None
        if number is None or answer is None:
            reasons = (
                *(() if number else ("number: is none that we asked about",)),
                *(() if answer else ("answer: must be yes, no or no data",)),
            )
            refused.append(Refused(row.at, reasons))
            continue
        _take(number, answer, now)
        counts[answer] += 1
    return Result(counts[Reassigned.YES], counts[Reassigned.NO], counts[Reassigned.NO_DATA], tuple(refused))


def _take(number: Number, answer: Reassigned, now: dt.datetime) -> None:
    with transaction.atomic():
        if rules.is_reassigned(answer):
            private.erase(numbers.open_(number), now, source=Suppression.Source.REASSIGNED)
        elif answer is Reassigned.NO:
            Number.objects.filter(pk=number.pk).update(checked=now.date())
