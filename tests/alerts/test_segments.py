"""What a text costs, against smsutil (an implementation we did not write) and the limits of 3GPP TS 23.040."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.alerts.segments import Encoding, Segments, alphabet, count, fold_quotes, split, unaccented
from porchlight.report import gsm

# Letters of both alphabets, extended ones, Spanish, emoji, and everything else that is a character of its own.
_GSM = st.sampled_from("aZ0 @£é ñ¿Ü\n" + "^{}\\[~]|€" * 2)
_ANY = st.one_of(_GSM, st.sampled_from("áíóú“”’–… 漢😢👩‍👧"), st.characters(exclude_categories=["Cs"]))


def text_of(letters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Long texts cheaply: a few letters said many times, between short pieces."""
    piece = st.text(letters, max_size=20)
    many = st.builds(
        lambda one, times: one * times, st.text(letters, min_size=1, max_size=5), st.integers(0, 90)
    )
    return st.lists(st.one_of(piece, many), max_size=5).map("".join)


def _parts_of_smsutil(text: str) -> list[str]:
    return [part.content for part in smsutil.split(text).parts]


# smsutil calls an empty text no GSM text. It also knows the form feed and the escape of the standard's table, which are
# no characters that anyone types: ours go as UCS-2.
_COMPARED = text_of(_ANY).filter(lambda text: text and not {"\f", "\x1b"} & set(text))


@settings(deadline=None)
@given(text_of(_GSM).filter(bool))
def test_gsm_texts_are_split_as_smsutil_splits_them(text: str) -> None:
    assert smsutil.is_valid_gsm(text)
    assert alphabet(text) is Encoding.GSM
    assert list(split(text)) == _parts_of_smsutil(text)


@settings(deadline=None)
@given(_COMPARED)
def test_texts_of_any_letters_are_split_as_smsutil_splits_them(text: str) -> None:
    assert (alphabet(text) is Encoding.GSM) == smsutil.is_valid_gsm(text)
    assert list(split(text)) == _parts_of_smsutil(text)


@settings(deadline=None)
@given(text_of(_ANY))
def test_segments_are_the_text_and_each_fits_and_no_character_is_cut(text: str) -> None:
    counted, parts = count(text), split(text)
    assert "".join(parts) == text
    assert counted.segments == len(parts)
    alone, each = (160, 153) if counted.encoding is Encoding.GSM else (70, 67)
    cost = gsm.cost if counted.encoding is Encoding.GSM else lambda one: len(one.encode("utf-16-le")) // 2
    limit = alone if len(parts) <= 1 else each
    used = [sum(cost(one) for one in part) for part in parts]
    assert all(0 < one <= limit for one in used)
    assert sum(used) == counted.units
    assert counted.left_in_last == (limit - used[-1] if used else alone)
    # Nothing is wasted: the first character of a segment would not have fitted into the one before.
    for before, after in zip(used, parts[1:], strict=False):
        assert before + cost(after[0]) > each


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Encoding.GSM, 0, 0, 160)),
        ("a" * 160, Segments(Encoding.GSM, 160, 1, 0)),
        ("a" * 161, Segments(Encoding.GSM, 161, 2, 145)),
        ("a" * 306, Segments(Encoding.GSM, 306, 2, 0)),
        ("a" * 307, Segments(Encoding.GSM, 307, 3, 152)),
        ("€" * 80, Segments(Encoding.GSM, 160, 1, 0)),
        (
            "€" * 81,
            Segments(Encoding.GSM, 162, 2, 143),
        ),  # 76 of them in the first segment, one unit left over
        ("á" * 70, Segments(Encoding.UCS2, 70, 1, 0)),
        ("á" * 71, Segments(Encoding.UCS2, 71, 2, 63)),
        ("á" + "a" * 133, Segments(Encoding.UCS2, 134, 2, 0)),
        ("😢" * 35, Segments(Encoding.UCS2, 70, 1, 0)),
        ("😢" * 36, Segments(Encoding.UCS2, 72, 2, 61)),  # 33 in the first: the pair is not cut at 67
    ],
)
def test_the_limits_of_the_standard(text: str, expected: Segments) -> None:
    assert count(text) == expected


def test_an_extended_character_is_not_cut_at_the_end_of_a_segment() -> None:
    first, second = split("a" * 152 + "€" + "a" * 50)
    assert (first, second) == ("a" * 152, "€" + "a" * 50)


def test_a_surrogate_pair_is_not_cut_at_the_end_of_a_segment() -> None:
    first, second = split("á" * 66 + "😢" + "a" * 10)
    assert (first, second) == ("á" * 66, "😢" + "a" * 10)


def test_the_gsm_alphabet_can_be_asked_for_and_says_what_it_lacks() -> None:
    assert count("abc", Encoding.UCS2) == Segments(Encoding.UCS2, 3, 1, 67)
    with pytest.raises(ValueError, match="not in the GSM alphabet: 'á'"):
        count("á", Encoding.GSM)


def test_folding_quotes_saves_a_segment_and_leaves_every_accent() -> None:
    written = "“Don’t wait” – call… at\N{NO-BREAK SPACE}once. Él dijo: niño, mamá."
    assert fold_quotes(written) == '"Don\'t wait" - call... at once. Él dijo: niño, mamá.'
    assert count("“" + "a" * 150 + "”").segments == 3
    assert count(fold_quotes("“" + "a" * 150 + "”")).segments == 1


def test_a_letter_and_its_accent_become_one_character() -> None:
    assert fold_quotes("cafe\N{COMBINING ACUTE ACCENT}") == "café"
    assert count(fold_quotes("cafe\N{COMBINING ACUTE ACCENT}")).encoding is Encoding.GSM


@settings(deadline=None)
@given(text_of(_ANY))
def test_folding_quotes_never_makes_a_text_dearer_and_ends_at_once(text: str) -> None:
    folded = fold_quotes(text)
    assert fold_quotes(folded) == folded
    if alphabet(text) is Encoding.UCS2:
        assert count(folded).segments <= max(1, count(text.replace("…", "...")).segments)


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("Está bien, mamá", "Esta bien, mama"),
        ("“Así”, dijo el niño", '"Asi", dijo el niño'),
        ("plain already", None),
        ("niño, ¿qué?", None),  # all of it is in the alphabet
        ("mamá 😢", None),  # an emoji has no plain form
        ("á 漢", None),
        ("¿Está? ÍÓÚ", "¿Esta? IOU"),
    ],
)
def test_spanish_without_accents_is_offered_where_nothing_else_is_lost(
    written: str, offered: str | None
) -> None:
    assert unaccented(written) == offered


def test_without_accents_the_same_words_cost_one_segment_and_not_three() -> None:
    written = (
        "Mañana a las seis habrá una reunión en la escuela. Traiga a su familia; habrá café, pan y un lugar para jugar."
        * 1
        + " Le esperamos aquí."
    )
    plain = unaccented(written)
    assert plain is not None
    assert (count(written).segments, count(plain).segments) == (2, 1)
