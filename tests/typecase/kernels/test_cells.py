"""Cells by way of groups of centres, against looking at every centre."""

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.kernels.cells import Cells, find_cells


def clustered(n: int, dim: int, n_clusters: int, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_clusters, dim))
    x = centres[rng.integers(0, n_clusters, n)] + 0.3 * rng.standard_normal((n, dim))
    return x.astype(np.float32)


def distances(x: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.square(x[:, None].astype(np.float64) - centers).sum(axis=2)


@pytest.mark.parametrize("n_centers", [1, 2, 37, 256])
def test_few_centres_are_all_looked_at(n_centers: int) -> None:
    x, centers = clustered(300, 6, 10), clustered(n_centers, 6, 10, seed=1)
    assert Cells(centers).nearest(x).tolist() == distances(x, centers).argmin(axis=1).tolist()


@pytest.mark.parametrize("n_centers", [257, 900])
def test_of_many_centres_mostly_the_nearest_is_found(engine: str, n_centers: int) -> None:
    x, centers = clustered(1000, 8, 40), clustered(n_centers, 8, 40, seed=1)
    cells = Cells(centers)
    away = distances(x, centers)
    found = cells.nearest(x)
    assert (found == away.argmin(axis=1)).mean() > 0.95
    assert (away[np.arange(1000), found] <= 2 * away.min(axis=1)).mean() > 0.99


@pytest.mark.parametrize("size", [0.0, 1e-20, 1.0, 1e15])
def test_rows_that_are_centres_are_in_their_own_cells(engine: str, size: float) -> None:
    centers = (size * clustered(700, 40, 90)).astype(np.float32)
    found = Cells(centers).nearest(centers[::7])
    assert np.array_equal(centers[found], centers[::7])


def test_every_centre_is_found_by_some_row(engine: str) -> None:
    centers = clustered(300, 33, 300)
    assert Cells(centers).nearest(centers).tolist() == list(range(300))


def test_groups_depend_on_nothing_but_the_centres() -> None:
    x, centers = clustered(500, 8, 40), clustered(600, 8, 40, seed=1)
    first, second = Cells(centers), Cells(centers.copy())
    assert first.nearest(x).tolist() == second.nearest(x).tolist()
    assert first.nearest(x[100:200]).tolist() == first.nearest(x)[100:200].tolist()


def test_no_rows_are_in_no_cells() -> None:
    for n_centers in (5, 300):
        cells = Cells(clustered(n_centers, 4, 5))
        assert cells.nearest(np.empty((0, 4), np.float32)).tolist() == []


def test_rows_come_nearer_to_their_centres_with_every_round() -> None:
    x = clustered(3000, 10, 60)
    spread = []
    for n_rounds in (0, 1, 8):
        found = find_cells(x, 60, n_rounds=n_rounds, rng=np.random.default_rng(0))
        assert found.centers.shape == (60, 10)
        spread.append(distances(x, found.centers).min(axis=1).mean())
    assert spread[0] > spread[1] > spread[2]


def test_the_same_seed_finds_the_same_cells() -> None:
    x = clustered(2000, 5, 30)
    found = [find_cells(x, 300, n_rounds=3, rng=np.random.default_rng(7)).centers for _ in range(2)]
    assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.parametrize("n_cells", [5, 300])
def test_equal_rows_fill_some_cell(n_cells: int) -> None:
    x = np.ones((400, 3), dtype=np.float32)
    found = find_cells(x, n_cells, n_rounds=3, rng=np.random.default_rng(0))
    assert np.isfinite(found.centers).all()
    assert (distances(x, found.centers).min(axis=1) == 0).all()
    assert len(np.unique(found.nearest(x))) == 1


def test_more_cells_than_rows_stand_more_than_once() -> None:
    x = clustered(7, 3, 7)
    found = find_cells(x, 20, n_rounds=2, rng=np.random.default_rng(0))
    assert found.centers.shape == (20, 3)
    assert distances(x, found.centers).min(axis=1).max() < 1e-9
