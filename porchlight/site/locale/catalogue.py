"""The catalogue of sentences: gathers them from the code and the templates, keeps each language's .po, compiles .mo.

    python -m porchlight.site.locale.catalogue                    gather, update every .po, compile every .mo
    python -m porchlight.site.locale.catalogue sign es "A Name"   a person has read every sentence of es

Needs Babel, which is a tool of developers and of the build; nothing imports this module while Porchlight runs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po

LOCALES = Path(__file__).parent
PACKAGE = LOCALES.parent.parent
WIDTH = 110
# Django's lazy twins of what Babel knows by itself.
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


class CatalogueError(ValueError):
    """What is wrong with a catalogue, and what to do."""


class Translations(Catalog):
    """A Babel catalogue that also keeps who reviewed it: Babel itself drops headers that it does not know.

    `X-Reviewed-By` names a person and a day. `X-Reviewed-Words` is the fingerprint of what they read, so that a
    signature ends with the first word that changes.
    """

    reviewed_by: str = ""
    reviewed_words: str = ""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        # Who made it, when, and with which Babel says nothing a reader needs, and would change at every update.
        kept = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
        known = [(name, value.strip()) for name, value in super().mime_headers if name in kept]
        return [*known, ("X-Reviewed-By", self.reviewed_by), ("X-Reviewed-Words", self.reviewed_words)]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        found = dict(headers)
        self.reviewed_by = found.get("X-Reviewed-By", "")
        self.reviewed_words = found.get("X-Reviewed-Words", "")
        self._set_mime_headers(found.items())

    def fingerprint(self) -> str:
        """Sixteen hex digits of all sentences and their translations, in whatever order they stand."""
        pairs = sorted(
            f"{message.context!r} {message.id!r} {message.string!r}" for message in self if message.id
        )
        return hashlib.sha256("\n".join(pairs).encode()).hexdigest()[:16]

    def is_reviewed(self) -> bool:
        """True while a person has signed, and no word has changed since."""
        return bool(self.reviewed_by) and self.reviewed_words == self.fingerprint()


def main(arguments: list[str]) -> int:
    """Do what the first lines of this module say; 0 when every sentence is translated, 1 when some are not."""
    if arguments[:1] == ["sign"] and len(arguments) == 3:
        sign(
            LOCALES / arguments[1] / "LC_MESSAGES" / "django.po",
            arguments[2],
            dt.datetime.now().astimezone().date(),
        )
    elif arguments:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    wanted = gather()
    missing = 0
    for path in sources():
        language = update(path, wanted)
        compile_mo(path)
        without = untranslated(language)
        missing += len(without)
        state = "reviewed" if language.is_reviewed() else "not reviewed"
        print(f"{path.parts[-3]}: {len(language)} sentences, {len(without)} to translate, {state}")  # noqa: T201
        for message in without:
            print(f"  {message.id}")  # noqa: T201
    return 1 if missing else 0


def sources() -> list[Path]:
    """The .po file of each language but English, whose words stand in the code."""
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def untranslated(language: Catalog) -> list[Message]:
    """The sentences without words in this language, in the singular or in a plural; and those marked fuzzy."""
    return [
        message for message in language if message.id and (message.fuzzy or not _is_whole(message.string))
    ]


def _is_whole(said: str | Iterable[str] | None) -> bool:
    return all(said) if isinstance(said, (tuple, list)) else bool(said)


def read(path: Path) -> Translations:
    """The catalogue at `path`. Raises babel's PoFileError for a faulty line."""
    language = Translations(locale=path.parts[-3], fuzzy=False)
    with path.open("rb") as text:
        PoFileParser(language, abort_invalid=True).parse(text)
    return language


# --- gather -----------------------------------------------------------------------------------------------------------


def gather() -> Catalog:
    """Every sentence for people in the package, with the files it stands in and its codes in report/words.py."""
    wanted = Catalog(fuzzy=False)
    codes = _codes()
    for path in _files():
        method: Any = "python" if path.suffix == ".py" else _from_template
        where = path.relative_to(PACKAGE.parent).as_posix()
        for _line, message, comments, context in extract_from_file(method, path, KEYWORDS, ("Translators:",)):
            told = [*comments, *codes.get(message if isinstance(message, str) else message[0], ())]
            wanted.add(message, locations=[(where, 0)], auto_comments=told, context=context)
    return wanted


def _files() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        is_template = "templates" in path.parts and path.suffix in (".html", ".txt")
        if path.is_file() and (path.suffix == ".py" or is_template) and LOCALES not in path.parents:
            yield path


def _codes() -> Mapping[str, list[str]]:
    """The codes of each sentence of an Answer: they tell a translator who is spoken to."""
    from porchlight.report.words import WORDS

    codes: dict[str, list[str]] = {}
    for code, sentence in WORDS.items():
        codes.setdefault(sentence, []).append(code)
    return codes


def _from_template(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: tuple[str, ...], options: dict[str, Any]
) -> Iterator[Any]:
    """Babel's way into a Django template: Django itself turns it into calls of gettext, as its makemessages does."""
    from django.utils.translation import templatize

    calls = templatize(fileobj.read().decode("utf-8"), origin=getattr(fileobj, "name", None))
    # Indented markup is no indented Python.
    flat = "\n".join(line.strip() for line in calls.splitlines())
    yield from extract_python(BytesIO(flat.encode()), keywords, comment_tags, {"encoding": "utf-8"})


# --- update, sign, compile --------------------------------------------------------------------------------------------


def update(path: Path, wanted: Catalog) -> Translations:
    """Bring the file at `path` to the sentences wanted: new ones stand empty, old ones are left out.

    Nothing is guessed from a sentence that looks alike: a near miss can turn a duty around.
    """
    language = read(path)
    language.update(wanted, no_fuzzy_matching=True)
    path.write_bytes(as_po(language))
    return language


def as_po(language: Translations) -> bytes:
    """The catalogue as it stands in its file; the same sentences always give the same bytes."""
    written = BytesIO()
    write_po(written, language, width=WIDTH, ignore_obsolete=True, include_lineno=False)
    return written.getvalue()


def sign(path: Path, person: str, day: dt.date) -> None:
    """Write that `person` has read every sentence on `day`. Raises CatalogueError while sentences are missing."""
    language = read(path)
    without = untranslated(language)
    if without:
        raise CatalogueError(
            f"{len(without)} of {len(language)} sentences have no translation yet; finish them first"
        )
    if not person.strip():
        raise CatalogueError("a review needs the name of the person who read it")
    language.reviewed_by = f"{person.strip()}, {day.isoformat()}"
    language.reviewed_words = language.fingerprint()
    path.write_bytes(as_po(language))


def compile_mo(path: Path) -> Path:
    """Write the .mo beside the .po at `path`, and return its path.

    Fuzzy and empty entries are left out, and so is a signature that was given for other words.
    """
    language = read(path)
    if not language.is_reviewed():
        language.reviewed_by = ""
    compiled = BytesIO()
    write_mo(compiled, language, use_fuzzy=False)
    target = path.with_suffix(".mo")
    target.write_bytes(compiled.getvalue())
    return target


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
