"""Two rankings become one."""

import numpy as np
import pytest
from numpy.typing import NDArray

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
    for is_all, expected in ((True, 0.55), (False, 0.45 / (11 / 3) + 0.55)):
        found = fused(
            words=_scored(k1=9.0, k3=1.0),
            near=_scored(k2=0.8, k1=0.7),
            cosines=NOTHING,
            typical=0.2,
            is_all=is_all,
        )
        scores = dict(zip(found.keys.tolist(), found.scores.tolist(), strict=True))
        assert scores[2] == pytest.approx(expected)


def test_half_of_the_words_is_what_neighbours_say() -> None:
    """1 and 2 are neighbours, as are 3 and 4; only 1 and 3 hold a word, and 3 less of it."""
    keys = np.array([1, 2, 3, 4])
    vectors = np.array([[1, 0], [1, 0.01], [0, 1], [0.01, 1]], dtype=np.float32)
    near = _scored(k1=0.5, k2=0.5, k3=0.5, k4=0.5)

    def joined(vectors: NDArray[np.float32] | None) -> dict[int, float]:
        found = fused(
            words=_scored(k1=8.0, k3=4.0),
            near=near,
            cosines=NOTHING,
            typical=0.0,
            is_all=True,
            vectors=None if vectors is None else (keys, vectors),
        )
        return dict(zip(found.keys.tolist(), found.scores.tolist(), strict=True))

    alone, together = joined(None), joined(vectors)
    assert alone[2] == alone[4] < alone[3] < alone[1]
    # each of four has the three others as neighbours: 8 becomes 4 + (4 / 3) / 2, and 0 becomes
    # (8 + 4) / 3 / 2 = 2; the mean of the best is 3
    assert together[1] == pytest.approx(0.55 + 0.45 * (4 + 2 / 3) / 3)
    assert together[2] == pytest.approx(0.55 + 0.45 * 2 / 3)
    assert together[3] == pytest.approx(0.55 + 0.45 * (2 + 4 / 3) / 3)


def test_a_paper_without_vector_keeps_its_own_words() -> None:
    keys, x = np.array([2, 3]), np.eye(2, dtype=np.float32)
    found = fused(
        words=_scored(k1=9.0, k2=9.0),
        near=_scored(k2=0.8, k3=0.8),
        cosines=NOTHING,
        typical=0.0,
        is_all=True,
        vectors=(keys, x),
    )
    # 9, 4.5 and 4.5 by words, of mean 6; 1 is taken for as near as the nearest, and not nearer
    assert found.keys[0] == 1
    assert found.scores.tolist() == pytest.approx([0.45 * 1.5 + 0.55, 0.8875, 0.8875])


def test_words_that_stand_out_decide() -> None:
    """One paper of twelve holds what was typed; meaning would have it last."""
    near = _scored(**{f"k{n}": 0.9 - n / 100 for n in range(1, 13)})
    words = {f"k{n}": 1.0 for n in range(1, 12)}
    for best, first in ((1.2, 1), (30.0, 12)):
        found = fused(
            words=_scored(k12=best, **words),
            near=near,
            cosines=NOTHING,
            typical=0.5,
            is_all=True,
        )
        assert found.keys[0] == first


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
