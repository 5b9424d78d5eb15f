"""docs/places.md says what is true: its examples are run, its counts are counted."""

from __future__ import annotations

import doctest
from collections import Counter
from pathlib import Path

import porchlight.places
from porchlight.places import Ask, Found, resolve
from porchlight.places.gazetteer import NONE
from porchlight.places.resolve import gazetteer

DOCUMENT = Path(__file__).parents[2] / "docs" / "places.md"


def test_the_examples_of_the_document_give_what_it_says() -> None:
    failed, tried = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert tried >= 10
    assert failed == 0


def test_every_public_name_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in porchlight.places.__all__:
        assert f"`{name}" in text or f" {name}" in text, name


def test_every_reason_question_and_note_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for codes in (porchlight.places.UnknownWhy, porchlight.places.AskWhy, porchlight.places.Note):
        for code in codes:
            assert f"`{code.value}`" in text, code


def test_the_counts_of_the_document_are_those_of_the_book() -> None:
    book = gazetteer()
    answers = [resolve(code) for code in book.zip_codes()]
    names = list(book.names())
    meanings = [entry for name in names for entry in book.entries(book.find(name))]
    kinds = Counter(
        "county"
        if entry.city == NONE
        else "asked"
        if (place := book.place(entry.area)) is None
        else "state"
        if place.county is None
        else "city"
        for entry in meanings
    )
    counts = [
        len(answers),
        sum(isinstance(answer, Found) for answer in answers),
        sum(isinstance(answer, Ask) and answer.jurisdiction is not None for answer in answers),
        sum(isinstance(answer, Ask) and answer.jurisdiction is None for answer in answers),
        len(names),
        len(meanings),
        *kinds.values(),
    ]
    text = DOCUMENT.read_text(encoding="utf-8")
    paragraph = text[text.index("Of the 39,501 ZIP codes") : text.index("The build (")]
    assert sum(kinds.values()) == len(meanings)
    for count in counts:
        assert f"{count:,}" in paragraph, count
