"""How much sparser it is around a row than around its neighbours: the local outlier factor."""

import numpy as np
from numpy.typing import NDArray

_FLOOR = 1e-10


def local_outlier_factors(x: NDArray[np.float32], k: int) -> NDArray[np.float64]:
    """Return the factor of each row, (n,); about 1 within a group, larger for what stands apart.

    All pairs are compared: for some thousand rows.

    Args:
        x: (n, dim), n at least 2.
        k: neighbours, from 1 to n - 1. Of neighbours at the same distance the lower row counts.

    Source:
        Breunig, Kriegel, Ng, Sander, "LOF: Identifying density-based local outliers", SIGMOD 2000,
        definitions 3 to 7, with Euclidean distances. Differs: exactly k neighbours where several
        are as far as the k-th; densities are floored, so that rows that come k times are no
        division by 0.
    """
    distances = _distances(x.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1, kind="stable")[:, :k]
    to_near = np.take_along_axis(distances, near, axis=1)
    k_distance = to_near[:, -1]
    reach = np.maximum(k_distance[near], to_near)
    density = 1 / (reach.mean(axis=1) + _FLOOR)
    factors: NDArray[np.float64] = density[near].mean(axis=1) / density
    return factors


def _distances(x: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = np.vecdot(x, x)
    between = squares[:, None] + squares - 2 * (x @ x.T)
    found: NDArray[np.float64] = np.sqrt(np.maximum(between, 0))
    return found
