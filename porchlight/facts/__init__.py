"""What is known: numbers, routes and laws of 56 jurisdictions, each value with its sources. No Django here.

from porchlight.facts import shipped, FactStore
"""

from porchlight.facts.in_force import in_force
from porchlight.facts.load import FactError, Facts, shipped
from porchlight.facts.overlay import FactStore
from porchlight.facts.standing import Standing, Trust, trust

__all__ = ["FactError", "FactStore", "Facts", "Standing", "Trust", "in_force", "shipped", "trust"]
