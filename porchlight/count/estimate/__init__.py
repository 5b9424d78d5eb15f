"""How many children no list has seen: multiple systems estimation, each method with what it cannot know.

    table = Table.of(["police", "shelter", "hotline"], {"100": 40, "010": 30, "001": 20, "110": 6, "101": 9, "011": 7})
    found = estimate(table, Method.BIC, draws=1000, seed=1)     -> Estimate: number, model, intervals, histogram
    refusals(table, found)                                      -> why this number should not be told, if it should not
    hide_each(table, [Method.BIC, Method.STEPWISE])             -> each list hidden and foretold from the others

Usable alone; needs numpy and scipy. Names are those of the literature: lists, capture histories, log-linear models.
"""

from porchlight.count.estimate.honesty import Hidden, Refusal, hide_each, refusals
from porchlight.count.estimate.methods import Estimate, Method, NotEstimableError, automatic, estimate
from porchlight.count.estimate.table import Table, TableError, read_table

__all__ = [
    "Estimate",
    "Hidden",
    "Method",
    "NotEstimableError",
    "Refusal",
    "Table",
    "TableError",
    "automatic",
    "estimate",
    "hide_each",
    "read_table",
    "refusals",
]
