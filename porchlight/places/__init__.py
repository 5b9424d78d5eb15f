"""Places: from what a person typed (a ZIP code, city, county, state) to the place that decides whom to call.

Nothing typed is kept. No Django and nothing outside the standard library. Its data is places.bin, which
porchlight.places.build makes.
"""

from porchlight.places.counties import (
    counties,
    county_matches,
    jurisdictions,
    place_for,
    place_from_slug,
    slug,
)
from porchlight.places.gazetteer import PlacesFileError
from porchlight.places.place import Ask, AskWhy, Found, Note, Place, Unknown, UnknownWhy
from porchlight.places.resolve import MAX_LENGTH, resolve

__all__ = [
    "MAX_LENGTH",
    "Ask",
    "AskWhy",
    "Found",
    "Note",
    "Place",
    "PlacesFileError",
    "Unknown",
    "UnknownWhy",
    "counties",
    "county_matches",
    "jurisdictions",
    "place_for",
    "place_from_slug",
    "resolve",
    "slug",
]
