"""A whole search gives the same bits whichever instruction set makes it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.data.filters import IdMask
from typecase.indexes import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Effort
from typecase.kernels import native

if not native.AVAILABLE:
    pytest.skip(native.describe(), allow_module_level=True)

from typecase.kernels import _native

N, DIM, K = 6000, 48, 10
Answers = list[tuple[NDArray[np.int64], NDArray[np.float32]]]


@pytest.fixture(scope="module")
def index() -> TwoGrainIndex:
    found = TwoGrainIndex(random_state=0).fit(made(N, seed=1))
    assert found.stats()["n_cells"] > 100
    return found


def made(n: int, seed: int) -> NDArray[np.float32]:
    centres = np.random.default_rng(0).normal(size=(30, DIM))
    rng = np.random.default_rng(seed)
    return (centres[rng.integers(0, 30, n)] + 0.7 * rng.normal(size=(n, DIM))).astype(np.float32)


def answers(index: TwoGrainIndex, simd: str) -> Answers:
    queries, every_ninth = made(40, seed=2), np.arange(N) % 9 == 0
    _native.use_simd(simd)
    try:
        found = [index.search(queries, K, filter=wanted) for wanted in (None, every_ninth)]
        near = index.search_range(queries[:3], 0.5)
        return [*found, (near.ids, near.scores)]
    finally:
        _native.use_simd("")


@pytest.mark.parametrize("simd", _native.simd_names())
def test_every_instruction_set_finds_the_same(index: TwoGrainIndex, simd: str) -> None:
    for got, wanted in zip(answers(index, simd), answers(index, "plain"), strict=True):
        assert len(got[0]) > 0
        np.testing.assert_array_equal(got[0], wanted[0])
        np.testing.assert_array_equal(got[1], wanted[1])


@pytest.mark.parametrize("error", [0.5, 4.0])
@pytest.mark.parametrize("n_jobs", [1, 3])
def test_queries_that_look_everywhere_find_together_what_each_finds(
    index: TwoGrainIndex, error: float, n_jobs: int
) -> None:
    view, q = index._view(index.snapshot_), made(70, seed=3)
    assert view is not None
    effort = Effort(error=error, missing=0.0)
    for allowed in (None, view.allow(IdMask(np.arange(N) % 7 < 3))):
        rows, scores, looked = view.search(q, K, allowed, effort, n_jobs)
        each = [view.search(one[None], K, allowed, effort) for one in q]
        np.testing.assert_array_equal(rows, np.concatenate([found[0] for found in each]))
        np.testing.assert_array_equal(scores, np.concatenate([found[1] for found in each]))
        assert looked.blocks == sum(found[2].blocks for found in each)
        assert looked.rows == sum(found[2].rows for found in each)
        assert looked.missing == 0
