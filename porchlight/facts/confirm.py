"""Writing down that a person confirmed a number: one small overlay file, whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import yaml

from porchlight.facts.load import Facts, decode
from porchlight.facts.overlay import apply
from porchlight.facts.schema import OverlayFile


def confirm(facts: Facts, contact_id: str, *, by: str, how: str, on: dt.date, folder: Path) -> Path:
    """Write `confirmed-ID.yaml` into `folder` and give its path. Raises FactError when it would not hold."""
    day = on.isoformat()
    content = {
        "by": by,
        "on": day,
        "change": {contact_id: {"confirmed": {"by": by, "on": day, "how": how}}},
    }
    name = f"confirmed-{contact_id}.yaml"
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    apply(facts, (decode(text, name, OverlayFile), text), name)
    folder.mkdir(parents=True, exist_ok=True)
    # A dot file is not read: the correction appears all at once, when it gets its name.
    unfinished = folder / f".{name}"
    unfinished.write_text(text, "utf-8")
    return unfinished.replace(folder / name)
