"""The large number: what is dialed, and the word that spells it."""

from __future__ import annotations

import pytest

from porchlight.report.numbers import as_dialed, vanity


@pytest.mark.parametrize(
    ("value", "printed", "word"),
    [
        ("+18775972331", "1-877-KYSAFE1 (1-877-597-2331)", "1-877-KYSAFE1"),
        ("+12083345437", "1-208-334-KIDS (5437)", "1-208-334-KIDS"),
        ("+14142207233", "(414) 220-SAFE", "(414) 220-SAFE"),
        ("+18882273487", "1-888-CARE4US or 1-888-227-3487", "1-888-CARE4US"),
        ("+18553337233", "1-855-333-SAFE [7233]", "1-855-333-SAFE"),
        ("+18009177383", "1-800-91PREVENT (1-800-917-7383)", "1-800-91PREVENT"),
        ("+18775972331", "1-877-597-2331", None),
        ("+18002726699", "1 (800) 272-6699 TDD", None),
        ("+18005404000", "1 (800) 540-4000 within California", None),
        ("+18775972331", "1-877-KYSAFE2", None),
    ],
)
def test_only_letters_that_spell_the_number_are_shown_as_a_word(
    value: str, printed: str, word: str | None
) -> None:
    assert vanity(value, printed) == word


@pytest.mark.parametrize(
    ("value", "dialed"),
    [("+18775972331", "1-877-597-2331"), ("+16846337506", "1-684-633-7506"), ("211", "211")],
)
def test_a_number_is_written_the_way_it_is_dialed(value: str, dialed: str) -> None:
    assert as_dialed(value) == dialed
