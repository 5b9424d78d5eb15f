"""The corpus of texts that people send (corpus.yaml says what its fields mean)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from porchlight.alerts.commands import Kind

KEYWORDS = {"TIPS": "family-tips", "Consejos": "family-tips", "NEWS": "news", "School Year": "school"}


@dataclass(frozen=True, slots=True)
class Said:
    """One text, and how it has to be read. `pauses` is None where either is right."""

    text: str
    kind: Kind
    argument: str = ""
    where: str = ""
    pauses: bool | None = None
    in_need: bool = False
    language: str | None = None


def _read() -> tuple[Said, ...]:
    groups = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8"))
    return tuple(
        Said(
            text,
            Kind(group["read"]),
            group.get("argument", ""),
            group.get("where", ""),
            group.get("pauses"),
            group.get("in_need", False),
            group.get("language"),
        )
        for group in groups
        for text in group["texts"]
    )


CORPUS = _read()
IN_NEED = tuple(said for said in CORPUS if said.in_need)
WORDS = tuple(said for said in CORPUS if said.kind is Kind.WORDS and not said.in_need)
