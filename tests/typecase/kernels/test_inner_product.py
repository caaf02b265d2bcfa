"""Exact top-k against a plain sort, and what must not depend on where a row stands."""

import numpy as np
import pytest

from typecase.kernels.inner_product import (
    exact_scores,
    rounding_slack,
    top_k_blocks,
    top_k_rows,
    unit_vectors,
)
from typecase.kernels.ranking import rank_top_k


def blocks_of(x: np.ndarray, size: int):
    return lambda: ((start, x[start : start + size]) for start in range(0, len(x), size))


def search(x: np.ndarray, q: np.ndarray, k: int, *, size: int = 37, **more: object):
    row_norm = float(np.linalg.norm(x, axis=1).max(initial=0))
    ids = np.arange(len(x))
    return top_k_blocks(blocks_of(x, size), x.__getitem__, ids, q, k, row_norm=row_norm, **more)


@pytest.mark.parametrize("k", [1, 5, 200, 1500])
def test_it_is_a_full_sort(k: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, (1000, 12)).astype(np.float32)
    q = rng.integers(-3, 4, (5, 12)).astype(np.float32)
    ids, scores = search(x, q, k)
    products = q @ x.T  # whole numbers: exact in float32, with many ties
    for row in range(5):
        order = sorted(range(1000), key=lambda i: (-products[row, i], i))[:k]
        assert ids[row, : len(order)].tolist() == order
        assert scores[row, : len(order)].tolist() == products[row, order].tolist()
        assert (ids[row, len(order) :] == -1).all()
        assert np.isneginf(scores[row, len(order) :]).all()


def test_rows_that_are_not_allowed_are_left_out() -> None:
    x = np.arange(20, dtype=np.float32)[:, None]
    allowed = np.arange(20) % 2 == 0
    ids, _ = search(x, np.ones((1, 1), np.float32), 12, size=3, allowed=allowed)
    assert ids.tolist() == [[18, 16, 14, 12, 10, 8, 6, 4, 2, 0, -1, -1]]


def test_block_size_and_batch_change_no_bit() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3000, 384)).astype(np.float32)
    q = rng.standard_normal((7, 384)).astype(np.float32)
    ids, scores = search(x, q, 20, size=3000)
    for size in (1, 100, 999):
        again = search(x, q[2:3], 20, size=size)
        assert again[0].tolist() == ids[2:3].tolist()
        assert again[1].tobytes() == scores[2:3].tobytes()
    rows = top_k_rows(x, np.arange(3000), q[2], 20, row_norm=1e3)
    assert rows[0].tolist() == ids[2].tolist()
    assert rows[1].tobytes() == scores[2].tobytes()


def test_more_equal_rows_than_are_kept_at_once() -> None:
    x = np.ones((300_000, 2), dtype=np.float32)
    ids, _ = search(x, np.ones((8, 2), np.float32), 3, size=100_000)
    assert ids.tolist() == [[0, 1, 2]] * 8


def test_equal_rows_have_equal_scores_wherever_they_stand() -> None:
    row = np.random.default_rng(2).standard_normal(384).astype(np.float32)
    x = np.tile(row, (1001, 1))
    _, scores = search(x, row[None], 1001, size=64)
    assert len(set(scores[0].tolist())) == 1


def test_the_rounding_of_float32_stays_within_the_slack() -> None:
    rng = np.random.default_rng(3)
    x, q = rng.standard_normal((5000, 384)).astype(np.float32), rng.standard_normal(384)
    q = q.astype(np.float32)
    error = np.abs((x @ q).astype(np.float64) - x.astype(np.float64) @ q)
    norm = float(np.linalg.norm(x, axis=1).max())
    assert error.max() < rounding_slack(384, norm, float(np.linalg.norm(q))) / 2


def test_cosine_divides_by_the_norm_of_the_row() -> None:
    x = np.array([[3, 4], [0, 0]], dtype=np.float32)
    scores = exact_scores(x, np.array([1, 0], dtype=np.float32), cosine=True)
    assert scores.tolist() == [np.float32(0.6), 0.0]


def test_ties_go_to_the_lower_id_and_the_rest_is_padded() -> None:
    scores = np.array([1, 2, 2], dtype=np.float32)
    ids, best = rank_top_k(scores, np.array([5, 9, 3]), 4)
    assert ids.tolist() == [3, 9, 5, -1]
    assert best.tolist() == [2, 2, 1, -np.inf]


def test_unit_vectors_are_of_length_one_however_long_the_rows_are() -> None:
    x = np.array([[3, 4], [3e30, -4e30], [0, 0], [3e-3, 0]], dtype=np.float32)

    assert unit_vectors(x) == pytest.approx(np.array([[0.6, 0.8], [0.6, -0.8], [0, 0], [1, 0]]))


@pytest.mark.parametrize("n", [5, 100])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_a_damaged_row_spoils_no_answer_but_its_own(n: int, bad: float) -> None:
    x = np.random.default_rng(4).standard_normal((n, 8)).astype(np.float32)
    q = np.array([x[2], -x[2]])
    inverse = 1 / np.linalg.norm(x, axis=1)
    x[4, :4] = bad, -bad, bad, 0
    whole = [i for i in range(n) if i != 4]
    for cosine in (False, True):
        more = {"inverse_norms": inverse} if cosine else {}
        many, _ = top_k_blocks(
            blocks_of(x, 7), x.__getitem__, np.arange(n), q, n, row_norm=9.0, **more
        )
        each = [top_k_rows(x, np.arange(n), one, n, row_norm=9.0, **more)[0] for one in q]
        for one, found in zip(q, [*many, *each], strict=False):
            scores = exact_scores(x[whole], one, cosine=cosine)
            wanted = [whole[i] for i in np.argsort(-scores, kind="stable")]
            assert [i for i in found.tolist() if i not in (4, -1)] == wanted
