"""The one thing Report It stores: that a number did not work, and on which day. Nothing about who said so."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

from django.db import DatabaseError, connection, models
from django.db.backends.base.base import BaseDatabaseWrapper


def keep_trouble(contact: str, day: dt.date) -> bool:
    """One more person to whom a contact did not work on a day. False where it could not be written down at once.

    A person waits for the page, so this waits for no lock and no server: a fraction of a second, then it gives up.
    """
    try:
        with closing(_impatient()) as quick, quick.cursor() as cursor:
            cursor.execute(_ONE_MORE, [contact, day])
    except DatabaseError:
        return False
    return True


def _impatient() -> BaseDatabaseWrapper:
    """A connection of its own to the site's database; closed by whoever asked for it."""
    quick = connection.copy()
    options = quick.settings_dict["OPTIONS"]
    if quick.vendor == "sqlite":
        options["timeout"] = 0.2  # seconds
    else:
        options["connect_timeout"] = 1  # seconds; the least that PostgreSQL's library knows
        options["options"] = "-c lock_timeout=200 -c statement_timeout=500"  # milliseconds
    return quick


class NumberTrouble(models.Model):
    """How many people said on one day that a contact did not work."""

    contact = models.CharField(max_length=80)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["contact", "day"], name="one_row_a_day"),)

    def __str__(self) -> str:
        return f"{self.contact}: {self.count} on {self.day}"


_TABLE = NumberTrouble._meta.db_table
_ONE_MORE = (
    f"INSERT INTO {_TABLE} (contact, day, count) VALUES (%s, %s, 1) "  # noqa: S608 (the name of our own table)
    f"ON CONFLICT (contact, day) DO UPDATE SET count = {_TABLE}.count + 1"
)
