"""Fusion against plain loops written from the papers' formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from typecase.kernels.fusion import convex_combination, reciprocal_ranks

NAN = float("nan")

matrices = st.integers(1, 4).flatmap(
    lambda m: st.integers(1, 12).flatmap(
        lambda n: arrays(
            np.float64,
            (m, n),
            elements=st.one_of(st.just(NAN), st.integers(-50, 50).map(lambda i: i / 10)),
        )
    )
)


def _slow_reciprocal_ranks(scores: NDArray[np.float64], constant: float) -> list[float]:
    out = []
    for item in range(scores.shape[1]):
        parts = []
        for row in scores:
            if not np.isnan(row[item]):
                rank = 1 + sum(other > row[item] for other in row if not np.isnan(other))
                parts.append((constant + 1) / (constant + rank))
        out.append(sum(parts) / len(parts) if parts else 0.0)
    return out


@given(matrices)
def test_reciprocal_ranks_follow_the_formula(scores: NDArray[np.float64]) -> None:
    expected = _slow_reciprocal_ranks(scores, 60.0)
    np.testing.assert_allclose(reciprocal_ranks(scores), expected, rtol=1e-12)


def test_the_papers_example_order() -> None:
    # Two rankings a b c and c a d: with c = 60, a has 1/61 + 1/62, c has 1/63 + 1/61
    scores = np.array([[3.0, 2.0, 1.0, 0.0], [2.0, 0.0, 3.0, 1.0]])
    fused = reciprocal_ranks(scores, constant=60.0)
    assert np.argsort(-fused).tolist() == [0, 2, 1, 3]
    assert fused[0] == pytest.approx((61 / 61 + 61 / 62) / 2)


def test_equal_scores_share_the_best_rank() -> None:
    fused = reciprocal_ranks(np.array([[5.0, 5.0, 1.0]]), constant=1.0)
    np.testing.assert_allclose(fused, [1.0, 1.0, 2 / 4])


def test_convex_combination_by_hand() -> None:
    scores = np.array([[10.0, 5.0, 0.0], [0.5, 0.9, 0.7]])
    fused = convex_combination(scores, floors=np.array([0.0, NAN]), weights=np.array([0.25, 0.75]))
    np.testing.assert_allclose(fused, [0.25, 0.25 * 0.5 + 0.75, 0.75 * 0.5])


def test_a_gap_is_filled_with_what_the_others_say() -> None:
    scores = np.array([[10.0, 5.0], [NAN, 0.9]])
    for fused in (
        convex_combination(scores, floors=np.array([0.0, 0.0])),
        reciprocal_ranks(scores),
    ):
        assert fused[0] == pytest.approx(1.0)  # best by words, no vector yet: stays the best
        assert fused[0] > fused[1]


def test_an_item_that_nobody_knows_has_nothing() -> None:
    scores = np.array([[1.0, NAN], [2.0, NAN]])
    assert convex_combination(scores)[1] == 0.0
    assert reciprocal_ranks(scores)[1] == 0.0


def test_a_ranking_of_equal_scores_lifts_all_alike() -> None:
    fused = convex_combination(np.array([[3.0, 3.0], [1.0, 2.0]]))
    np.testing.assert_allclose(fused, [0.5, 1.0])


@given(matrices, st.randoms(use_true_random=False))
def test_permuting_the_items_permutes_the_scores(scores: NDArray[np.float64], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(scores.shape[1]))
    random.shuffle(order)
    for fuse in (reciprocal_ranks, convex_combination):
        np.testing.assert_allclose(fuse(scores)[order], fuse(scores[:, order]), rtol=1e-12)


@given(matrices)
def test_scores_lie_between_0_and_1(scores: NDArray[np.float64]) -> None:
    for fuse in (reciprocal_ranks, convex_combination):
        fused = fuse(scores)
        assert ((fused >= 0) & (fused <= 1 + 1e-12)).all()


def test_another_score_than_the_best_may_become_1() -> None:
    scores = np.array([[8.0, 4.0, 0.0], [0.0, 1.0, 0.5]])
    fused = convex_combination(scores, ones=np.array([4.0, np.nan]))
    assert fused.tolist() == [1.0, 1.0, 0.25]
