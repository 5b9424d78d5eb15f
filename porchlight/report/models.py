"""The one thing Report It stores: that a number did not work, and on which day. Nothing about who said so."""

from __future__ import annotations

from django.db import models


class NumberTrouble(models.Model):
    """How many people said on one day that a contact did not work."""

    contact = models.CharField(max_length=80)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["contact", "day"], name="one_row_a_day"),)

    def __str__(self) -> str:
        return f"{self.contact}: {self.count} on {self.day}"
