"""k-means against a plain loop of Lloyd's two steps."""

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.kernels.k_means import cell_means, k_means, nearest_centers


def blobs(n: int, n_blobs: int, dim: int = 5, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    middles = 10 * rng.standard_normal((n_blobs, dim))
    x = middles[np.arange(n) % n_blobs] + 0.1 * rng.standard_normal((n, dim))
    return x.astype(np.float32)


def plain_cells(x: NDArray[np.float32], centers: NDArray[np.float32]) -> list[int]:
    cells = []
    for row in x.astype(np.float64):
        distances = [float(((row - c) ** 2).sum()) for c in centers]
        cells.append(distances.index(min(distances)))
    return cells


def plain_lloyd(x: NDArray[np.float32], k: int, n_rounds: int, start: list[int]) -> list[list[int]]:
    centers = x[start].astype(np.float64)
    cells = []
    for _ in range(n_rounds):
        cells = plain_cells(x, centers)
        for cell in range(k):
            centers[cell] = x[np.array(cells) == cell].mean(axis=0)
    return [centers.tolist(), cells]


@pytest.mark.parametrize("n", [1, 7, 5000])
@pytest.mark.parametrize("k", [1, 3, 700])
def test_the_nearest_center_is_that_of_the_plain_loop(n: int, k: int) -> None:
    x, centers = blobs(n, 11), blobs(k, 13, seed=1)
    assert nearest_centers(x, centers).tolist()[:50] == plain_cells(x[:50], centers)


def test_equally_near_centers_give_the_lower_number() -> None:
    assert nearest_centers(np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)).tolist() == [
        0,
        0,
    ]


def test_no_rows_have_no_cells() -> None:
    assert nearest_centers(np.empty((0, 2), np.float32), np.ones((1, 2), np.float32)).shape == (0,)


def test_rounds_are_those_of_the_plain_loop() -> None:
    x = blobs(90, 4)
    rng = np.random.default_rng(3)
    start = np.random.default_rng(3).permutation(90)[:4].tolist()
    expected, _ = plain_lloyd(x, 4, 3, start)
    assert k_means(x, 4, n_rounds=3, rng=rng) == pytest.approx(np.array(expected), abs=1e-4)


def test_no_cell_stays_empty() -> None:
    x = blobs(400, 40)
    centers = k_means(x, 60, n_rounds=15, rng=np.random.default_rng(0))
    assert len(np.unique(nearest_centers(x, centers))) == 60


def test_an_empty_cell_keeps_its_center_in_the_means() -> None:
    x = np.array([[1, 0], [3, 0]], np.float32)
    centers = np.array([[0, 0], [9, 9]], np.float32)
    means = cell_means(x, np.array([0, 0]), centers)
    assert means.tolist() == [[2, 0], [9, 9]]


def test_fewer_rows_than_centers_give_each_row_as_a_center() -> None:
    x = blobs(3, 3)
    centers = k_means(x, 8, n_rounds=2, rng=np.random.default_rng(0))
    assert centers.shape == (8, 5)
    assert {tuple(row) for row in centers.tolist()} == {tuple(row) for row in x.tolist()}


def test_the_same_seed_gives_the_same_centers() -> None:
    x = blobs(500, 30)
    first, second = (k_means(x, 20, n_rounds=5, rng=np.random.default_rng(7)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_read_only_rows_stay_as_they_are() -> None:
    x = blobs(50, 5)
    x.setflags(write=False)
    assert k_means(x, 5, n_rounds=3, rng=np.random.default_rng(0)).flags.writeable


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_cells_may_be_of_any_whole_numbers(engine: str, kind: type[np.integer]) -> None:
    x = np.array([[1, 2], [3, 4], [5, 9]], dtype=np.float32)
    means = cell_means(x, np.array([1, 0, 1], dtype=kind), np.full((3, 2), 7, np.float32))
    assert means.tolist() == [[3, 4], [3, 5.5], [7, 7]]
