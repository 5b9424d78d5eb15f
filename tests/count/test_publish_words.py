"""The words of the report: whole in every language, none idle, and easy to read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from textstat.textstat import textstatistics

from porchlight.count import publish
from porchlight.count.fields import BY_NAME
from porchlight.count.load import Coverage
from porchlight.count.publish.words import LANGUAGES, WORDS, percent

GRADE = 6.0
# What the law or the agencies call it, and no easier word would be true: read as one short word, as in
# tests/site/test_catalogue.py.
_TRADE = {
    "en": [
        "trafficked",
        "trafficking",
        "investigated",
        "decision",
        "agencies",
        "agency",
        "population",
        "Porchlight",
    ],
    "es": [
        "se determinó",
        "determinaron",
        "determinó",
        "comparación",
        "probabilidad",
        "investigado",
        "agencias",
    ],
}
_STANDS_FOR = {"en": "law", "es": "ley"}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_sentence_is_there_in_every_language_with_the_same_placeholders() -> None:
    for code, said in WORDS.items():
        assert set(said) == set(LANGUAGES), code
        assert all(each.strip() == each and each for each in said.values()), code
        assert len({frozenset(placeholders(each)) for each in said.values()}) == 1, code


def test_a_sentence_in_one_language_is_a_sentence_in_the_other() -> None:
    for code, said in WORDS.items():
        assert len({each[-1] in ".?" for each in said.values()}) == 1, code
        assert said["es"].count("?") == said["es"].count("¿"), code


def test_every_code_of_the_records_that_a_table_shows_has_words() -> None:
    for column in ("sex", "race_ethnicity", "exploitation", "relationship", "placement", "reporter_type"):
        for code in BY_NAME[column].codes:
            assert code == "unknown" or f"{column}.{code}" in WORDS
    assert {f"coverage.{each}" for each in Coverage} <= set(WORDS)


def test_no_words_are_idle() -> None:
    folder = Path(publish.__file__).parent
    sources = [
        path for path in folder.iterdir() if path.suffix in (".py", ".html") and path.name != "words.py"
    ]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    # Codes made of a kind and a value of it, such as "sex.female", are built where they are said.
    named = [code for code in WORDS if "." not in code]
    shown = (
        "relationship",
        "exploitation",
        "sex",
        "race_ethnicity",
        "placement",
        "regions",
        "agencies",
        "ages",
        "reporters",
    )
    assert [code for code in named if not re.search(rf'"{code}"', text) and code not in shown] == []


@cache
def _meter(language: str) -> textstatistics:
    meter = textstatistics()
    meter.set_lang(language)
    return meter


def grade(text: str, language: str) -> float:
    """School years to read `text`: by Flesch-Kincaid in English, by Crawford (made for Spanish) in Spanish."""
    meter = _meter(language)
    return float(meter.flesch_kincaid_grade(text) if language == "en" else meter.crawford(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_read_in_sixth_grade(language: str) -> None:
    judged = [text for said in WORDS.values() for text in sentences(said[language], language)]
    assert len(judged) > 60
    assert [(grade(text, language), text) for text in judged if grade(text, language) > GRADE] == []


def sentences(said: str, language: str) -> list[str]:
    """Each sentence of five words or more, with a value as a number and each term of the trade as a short word."""
    text = re.sub(r"\{\w+\}|\(KRS [^ ]*\)", "20", said)
    for term in _TRADE[language]:
        text = re.sub(rf"\b{term}\b", _STANDS_FOR[language], text, flags=re.IGNORECASE)
    return [each for each in re.findall(r"[^.?]+[.?]”?", text) if len(each.split()) >= 5]


def test_a_hard_sentence_would_be_found() -> None:
    assert (
        grade("Confidentiality considerations necessitate complementary suppression of frequencies.", "en")
        > GRADE
    )


def test_a_share_is_not_rounded_to_none_or_to_all() -> None:
    assert [percent(each) for each in (0.0, 0.004, 0.01, 0.5, 0.99, 0.996, 1.0)] == [
        "0%",
        "<1%",
        "1%",
        "50%",
        "99%",
        ">99%",
        "100%",
    ]
