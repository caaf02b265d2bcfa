"""What a two-grain index learns of the scores in its cells: chance must not promise rows."""

from math import erfc

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.indexes import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Survival, Trial, _survival, find_efforts

Z = -4 + np.arange(256) / 8


def counts_of(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(np.clip((z + 4) * 8, 0, 255).astype(int), minlength=256).astype(float)


@pytest.mark.parametrize("n", [2_000, 20_000, 400_000])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_tail_goes_on_where_counts_end(n: int, seed: int) -> None:
    found = _survival(counts_of(np.random.default_rng(seed).standard_normal(n)))
    for z in (2.0, 3.0, 4.0, 5.0):
        true = 0.5 * erfc(z / 2**0.5)
        assert true / 20 < found[np.searchsorted(Z, z)] < 20 * true
    assert (np.diff(found) <= 0).all()
    assert found[-1] == 0
    assert found[Z == 0].item() == pytest.approx(0.5, abs=0.05)


def test_one_row_far_out_promises_no_others() -> None:
    z = np.random.default_rng(0).standard_normal(10_000)
    plain, beyond = _survival(counts_of(z)), _survival(counts_of(np.append(z, 9.0)))
    assert beyond[Z == 7].item() < 1e-8
    np.testing.assert_allclose(beyond, plain, rtol=0.5, atol=1e-5)


def test_where_many_are_above_their_share_is_what_was_counted() -> None:
    rng = np.random.default_rng(0)
    near = 6 + 0.5 * rng.standard_normal(500)  # rows that are almost the query
    counts = counts_of(np.concatenate([rng.standard_normal(10_000), near]))
    above = counts[::-1].cumsum()[::-1]
    many = above >= 20
    found = _survival(counts)
    np.testing.assert_allclose(found[many], (above / above[0])[many], rtol=1e-6)
    assert found[Z == 5.0].item() > 0.04
    assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize("n", [0, 1, 3, 30])
def test_few_rows_are_only_counted(n: int) -> None:
    counts = counts_of(np.full(n, 1.0))
    above = counts[::-1].cumsum()[::-1]
    wanted = above / max(1, n)
    np.testing.assert_allclose(_survival(counts)[:-1], wanted[:-1])


def test_a_row_that_stands_for_a_query_is_not_among_those_that_wait() -> None:
    x = np.random.default_rng(0).standard_normal((5000, 16)).astype(np.float32)
    codes = TwoGrainIndex(random_state=0).fit(x).snapshot_.codes.cells
    assert codes is not None
    rows = np.arange(0, 5000, 100)
    q = x[rows] / np.linalg.norm(x[rows], axis=1, keepdims=True)
    of_row = codes.cell_of_row()[rows]
    tables = []
    for is_own in (np.eye(50, dtype=bool), np.zeros((50, 50), dtype=bool)):
        survival = Survival(codes, q, np.random.default_rng(0))
        survival.take(q, of_row, is_own)
        tables.append(survival.share())
    without, with_own = tables
    assert with_own[0, 32 + 8 * 3] > 10 * max(without[0, 32 + 8 * 3], 1e-3)


def test_an_effort_costs_what_all_filters_of_its_kind_cost() -> None:
    n = 200
    truth = np.tile(np.arange(10), (n, 1))
    cheap, dear = Trial(None, truth), Trial(None, truth.copy())

    def measure(
        trial: Trial, error: float, missing: float, n: int
    ) -> tuple[NDArray[np.int64], float, float]:
        recall = (1 - 0.3 * np.exp(-2 * error)) * (1 - missing)
        n_found = np.floor(10 * recall + (np.arange(n) + 0.5) / n).astype(int)
        rows = np.where(np.arange(10) < n_found[:, None], truth[:n], -2)
        return rows, -1000 * np.log(missing), (100 if trial is cheap else 10_000) * error**2

    of_cheap, of_both = find_efforts([cheap], measure), find_efforts([cheap, dear], measure)
    for few, both in zip(of_cheap, of_both, strict=True):
        assert few.believed >= few.recall
        assert both.believed >= both.recall
        assert both.error <= few.error
        if few.recall <= 0.95:
            assert both.error < few.error
            assert both.missing < few.missing
