"""The GSM alphabet and what a text costs, against the table of 3GPP TS 23.038, section 6.2.1."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.report.gsm import MAX_SEGMENTS, fit, fold, segments, units

# The default alphabet in the order of its codes 0x00 to 0x7F; 0x1B is the escape to the extension table.
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
# The extension table, by its codes 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65; the page break is no use here.
EXTENSION = "^{}\\[~]|€"


def test_the_alphabet_is_the_one_of_the_standard() -> None:
    assert len(TABLE) == 128
    costs = {}
    for number in range(sys.maxunicode + 1):
        try:
            costs[chr(number)] = units(chr(number))
        except ValueError:
            continue
    basic = {character: 1 for character in TABLE if character != "\x1b"}
    assert costs == basic | dict.fromkeys(EXTENSION, 2)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, 0), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)],
)
def test_a_text_is_split_where_the_standard_splits_it(length: int, expected: int) -> None:
    assert segments("a" * length) == expected


def test_the_two_units_of_one_character_stay_in_one_segment() -> None:
    assert segments("a" * 158 + "€") == 1
    assert segments("a" * 153 + "€" + "a" * 151) == 2
    assert (
        segments("a" * 152 + "€" + "a" * 152) == 3
    )  # 306 units, but one is lost at the end of the first segment


def test_a_character_outside_the_alphabet_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="not in the GSM alphabet: 'á'"):
        units("a la mañana, mamá")
    with pytest.raises(ValueError, match="not in the GSM alphabet"):
        segments("“")


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Día y noche. ¿Está ahí?", "Dia y noche. ¿Esta ahi?"),
        ("niña, señor, pingüino, café", "niña, señor, pingüino, café"),
        ("ÁÍÓÚ áíóú", "AIOU aiou"),
        ("“Añasco” – Mayagüez… it’s", '"Añasco" - Mayagüez... it\'s'),
        ("8 a.\N{NO-BREAK SPACE}m.", "8 a. m."),
        ("cafe\N{COMBINING ACUTE ACCENT}", "cafe"),
        ("漢", "?"),
    ],
)
def test_spanish_is_folded_and_nothing_else_is_lost(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_whatever_is_folded_can_be_sent(text: str) -> None:
    assert units(fold(text)) >= 0
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.text(min_size=1, max_size=200), max_size=12))
def test_what_fits_is_whole_sentences_in_order_and_at_most_three_segments(sentences: list[str]) -> None:
    text = fit(sentences)
    assert segments(text) <= MAX_SEGMENTS
    rest = text
    for sentence in sentences:
        rest = rest.removeprefix(fold(sentence)).lstrip() if rest.startswith(fold(sentence)) else rest
    if all(fold(sentence) == fold(sentence).strip() != "" for sentence in sentences):
        assert rest == ""


def test_a_sentence_that_does_not_fit_is_left_out_and_a_shorter_one_after_it_still_comes() -> None:
    assert fit(["a" * 400, "b" * 100, "c" * 20]) == "a" * 400 + " " + "c" * 20
