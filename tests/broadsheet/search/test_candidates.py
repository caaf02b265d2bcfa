"""Two rankings become one."""

import numpy as np
import pytest

from broadsheet.search.candidates import by_score, fused, near_enough, with_first
from broadsheet.search.scored import NOTHING, Scored


def _scored(**scores: float) -> Scored:
    return Scored(
        np.array([int(name[1:]) for name in scores], dtype=np.int64),
        np.array(list(scores.values()), dtype=np.float32),
    )


def test_best_first_and_ties_to_the_newer_paper() -> None:
    assert by_score(_scored(k1=1.0, k2=2.0, k3=2.0)).keys.tolist() == [3, 2, 1]


def test_what_both_find_comes_before_what_one_finds() -> None:
    found = fused(
        words=_scored(k1=9.0, k2=8.9),
        near=_scored(k2=0.8, k3=0.79),
        cosines=_scored(k1=0.3),
        typical=0.2,
        is_all=True,
    )
    assert found.keys.tolist()[0] == 2
    assert sorted(found.keys.tolist()) == [1, 2, 3]
    assert found.scores[0] <= 1.0


def test_a_paper_without_vector_keeps_the_place_that_its_words_give() -> None:
    found = fused(
        words=_scored(k1=9.0, k2=4.0, k3=1.0),
        near=_scored(k2=0.8, k3=0.7),
        cosines=NOTHING,
        typical=0.2,
        is_all=True,
    )
    assert found.keys.tolist() == [1, 2, 3]


def test_what_is_near_but_holds_no_word_is_not_taken_for_unknown() -> None:
    for is_all, expected in ((True, 0.65), (False, 0.35 / 9 + 0.65)):
        found = fused(
            words=_scored(k1=9.0, k3=1.0),
            near=_scored(k2=0.8, k1=0.7),
            cosines=NOTHING,
            typical=0.2,
            is_all=is_all,
        )
        scores = dict(zip(found.keys.tolist(), found.scores.tolist(), strict=True))
        assert scores[2] == pytest.approx(expected)


def test_without_words_the_order_is_that_of_nearness() -> None:
    near = _scored(k2=0.8, k1=0.9)
    found = fused(words=NOTHING, near=near, cosines=NOTHING, typical=0.2, is_all=True)
    assert found.keys.tolist() == [1, 2]


def test_what_is_hardly_nearer_than_chance_is_left_out() -> None:
    near = _scored(k1=0.9, k2=0.61, k3=0.59, k4=0.2)
    kept = near_enough(near, typical=0.4, share=0.4)  # 0.4 + 0.4 (0.9 - 0.4) = 0.6
    assert kept.keys.tolist() == [1, 2]
    assert near_enough(_scored(k1=0.4), typical=0.4000001, share=0.4).keys.tolist() == [1]
    assert near_enough(NOTHING, typical=0.4, share=0.4).keys.tolist() == []


def test_named_papers_come_first_and_once() -> None:
    found = with_first(np.array([7, 1]), by_score(_scored(k1=0.5, k2=0.9)))
    assert found.keys.tolist() == [7, 1, 2]
    assert (np.diff(found.scores) <= 0).all()
