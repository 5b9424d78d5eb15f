"""The data-quality page of one list, as data. It holds counts of rows, so it stays in the private folder."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Coverage(StrEnum):
    """How often a list fills a column, in bands wide enough to be published without telling a count."""

    ALWAYS = "nearly always"
    MOSTLY = "mostly"
    SOMETIMES = "sometimes"
    SELDOM = "seldom"
    NEVER = "not collected"


class Filled(Struct, frozen=True):
    """Rows of one column: with a value, marked unknown, empty, or not readable."""

    given: int
    unknown: int
    missing: int
    bad: int

    @property
    def coverage(self) -> Coverage:
        """ALWAYS from 95 % of the rows, MOSTLY from 75 %, SOMETIMES from 25 %."""
        share = self.given / max(1, self.given + self.unknown + self.missing + self.bad)
        for least, band in _BANDS:
            if share >= least:
                return band
        return Coverage.SELDOM


_BANDS = ((0.95, Coverage.ALWAYS), (0.75, Coverage.MOSTLY), (0.25, Coverage.SOMETIMES))


class Quality(Struct, frozen=True):
    """One list: rows read and counted, those left out by reason, each column, and the birth dates by quality.

    A column that the agency does not collect is absent from `columns`.
    """

    list: str
    name: str
    read: int
    counted: int
    left_out: Mapping[str, int]
    columns: Mapping[str, Filled]
    birth_dates: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def coverage(self, column: str) -> Coverage:
        """The band that may be published for a column of the records."""
        filled = self.columns.get(column)
        return filled.coverage if filled else Coverage.NEVER
