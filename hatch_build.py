"""Builds what the wheel carries and the repository does not: the compact file of places and the compiled languages."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Runs before every wheel and every editable install; anything missing fails the build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        build_places(root)
        compile_languages(root, unfinished_fails=version != "editable")


def build_places(root: Path) -> Path:
    """Write porchlight/places/places.bin from the data beside it; return its path."""
    target = root / "porchlight" / "places" / "places.bin"
    sys.path.insert(0, str(root))
    try:
        importlib.import_module("porchlight.places.build").build(target)
    finally:
        sys.path.remove(str(root))
    if not target.is_file():
        raise FileNotFoundError(f"{target.name} was not built")
    return target


def compile_languages(root: Path, *, unfinished_fails: bool = True) -> list[Path]:
    """Compile each language's catalogue to .mo and return the paths written.

    Raises FileNotFoundError when there is no catalogue at all, and ValueError naming what is untranslated or fuzzy:
    a page that is half in another language must not be released. A developer's tree (`unfinished_fails=False`) leaves
    such entries out, so that the site can be looked at while it is being translated.
    """
    sys.path.insert(0, str(root))
    try:
        catalogue = importlib.import_module("porchlight.site.locale.catalogue")
    finally:
        sys.path.remove(str(root))
    sources = sorted(root.glob("porchlight/site/locale/*/LC_MESSAGES/django.po"))
    if not sources:
        raise FileNotFoundError("no porchlight/site/locale/*/LC_MESSAGES/django.po")
    written = []
    for source in sources:
        unfinished = [str(entry.id) for entry in catalogue.untranslated(catalogue.read(source))]
        if unfinished and unfinished_fails:
            raise ValueError(f"{source.parts[-3]}: {len(unfinished)} unfinished, first: {unfinished[:5]}")
        written.append(catalogue.compile_mo(source))
    return written
