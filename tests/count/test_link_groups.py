"""How scored pairs become children, and how siblings are told from one child, on pairs written by hand."""

from __future__ import annotations

import numpy as np

from porchlight.count.link.clusters import Edges, groups
from porchlight.count.link.mixture import Patterns, learn

SURE, LIKELY, UNLIKELY = 12.0, 5.0, -9.0


def test_rows_are_one_child_through_a_third_row_that_is_like_both() -> None:
    assert _groups([(0, 1, SURE), (1, 2, LIKELY)])[3.0] == [0, 0, 0, 3]


def test_a_higher_threshold_leaves_the_weaker_link_out() -> None:
    assert _groups([(0, 1, SURE), (1, 2, LIKELY)])[8.0] == [0, 0, 2, 3]


def test_a_vague_row_does_not_chain_two_children_that_differ() -> None:
    assert _groups([(0, 1, LIKELY + 1), (1, 2, LIKELY), (0, 2, UNLIKELY)])[3.0] == [0, 0, 2, 3]


def test_one_poor_comparison_does_not_split_a_child_that_the_others_join() -> None:
    assert _groups([(0, 1, SURE), (1, 2, SURE), (0, 2, -3.0)])[3.0] == [0, 0, 0, 3]


def test_children_of_one_report_are_never_joined_by_way_of_other_rows() -> None:
    pairs = [(0, 1, SURE), (1, 2, SURE), (0, 2, SURE), (2, 3, SURE)]
    found = _groups(pairs, apart=((0, 2),))
    assert found[3.0][0] != found[3.0][2]
    assert found[3.0] == [0, 0, 2, 2]


def test_a_persons_answer_outweighs_the_comparison() -> None:
    assert _groups([(0, 1, UNLIKELY)], together=((0, 1),))[8.0] == [0, 0, 2, 3]


def test_a_twin_is_not_taken_for_the_child_when_reports_show_how_siblings_differ() -> None:
    # Comparisons: first name, last name, birth date; level 0 is "the same", 1 "other".
    levels = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    pairs = np.array([900, 300, 40, 100_000])
    start = tuple(np.array([0.9, 0.1]) for _ in range(3))
    chance = (np.array([0.01, 0.99]), np.array([0.005, 0.995]), np.array([0.0005, 0.9995]))
    own = (True, False, True)
    blind = learn(Patterns(levels, pairs, np.array([0, 0, 0, 0]), 4_000_000), start, chance, own)
    taught = learn(Patterns(levels, pairs, np.array([0, 200, 0, 0]), 4_000_000), start, chance, own)
    same_blind, _ = blind.log_odds(levels)
    same, household = taught.log_odds(levels)
    assert same_blind[1] > 0
    assert household[1] > same[1]
    assert same[0] > max(household[0], 0)


def _groups(
    pairs: list[tuple[int, int, float]],
    apart: tuple[tuple[int, int], ...] = (),
    together: tuple[tuple[int, int], ...] = (),
) -> dict[float, list[int]]:
    edges = Edges(
        left=np.array([one for one, _, _ in pairs]),
        right=np.array([other for _, other, _ in pairs]),
        odds=np.array([odds for _, _, odds in pairs]),
        apart=np.array([(one, other) in apart for one, other, _ in pairs]),
        together=np.array([(one, other) in together for one, other, _ in pairs]),
    )
    return {at: found.tolist() for at, found in groups(4, edges, (3.0, 8.0)).items()}
