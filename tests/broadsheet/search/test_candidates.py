"""Two rankings become one."""

import numpy as np

from broadsheet.search.candidates import by_score, fused, with_first
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
        bm25=NOTHING,
    )
    assert found.keys.tolist()[0] == 2
    assert sorted(found.keys.tolist()) == [1, 2, 3]
    assert found.scores[0] <= 1.0


def test_a_paper_without_vector_keeps_the_place_that_its_words_give() -> None:
    found = fused(
        words=_scored(k1=9.0, k2=4.0, k3=1.0),
        near=_scored(k2=0.8, k3=0.7),
        cosines=NOTHING,
        bm25=NOTHING,
    )
    assert found.keys.tolist() == [1, 2, 3]


def test_a_paper_that_holds_no_word_is_not_taken_for_unknown() -> None:
    found = fused(
        words=_scored(k1=9.0), near=_scored(k2=0.8, k1=0.7), cosines=NOTHING, bm25=NOTHING
    )
    assert dict(zip(found.keys.tolist(), found.scores.tolist(), strict=True))[2] < 1.0


def test_named_papers_come_first_and_once() -> None:
    found = with_first(np.array([7, 1]), by_score(_scored(k1=0.5, k2=0.9)))
    assert found.keys.tolist() == [7, 1, 2]
    assert (np.diff(found.scores) <= 0).all()
