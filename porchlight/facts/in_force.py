"""The facts in force on this machine: the shipped ones with the corrections in its data directory."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from porchlight.facts.load import shipped
from porchlight.facts.overlay import FactStore


def overlay_folder() -> Path:
    """Where a site's own corrections stand: `facts` in the data directory."""
    return Path(os.environ.get("PORCHLIGHT_DATA_DIR") or "data") / "facts"


@cache
def in_force() -> FactStore:
    """The one store of this process."""
    return FactStore(shipped(), overlay_folder())
