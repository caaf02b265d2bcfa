"""Lloyd's k-means in float32: one matrix product a block finds the nearest centre of its rows."""

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native

if native.AVAILABLE:
    from typecase.kernels import _native

_SCORES_AT_ONCE = 1 << 20  # 4 MB of float32, which a processor's cache holds
_MOST_ROWS = 4096


def k_means(
    x: NDArray[np.float32], k: int, *, n_rounds: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return k centres, (k, dim).

    The starts are k different rows. A cell that a round leaves empty gets a row of one of the
    largest cells as its centre, one row a cell. Stops early when no row changes its cell.

    Args:
        x: (n, dim), n at least 1. With n < k, rows stand as centres more than once.

    Source:
        Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory, 1982.
    """
    centers: NDArray[np.float32] = x[np.resize(rng.permutation(len(x)), k)]
    before = np.full(len(x), -1, dtype=np.int64)
    for _ in range(n_rounds):
        cells = nearest_centers(x, centers)
        if np.array_equal(cells, before):
            break
        centers = cell_means(x, cells, centers)
        refill(centers, x, cells, rng)
        before = cells
    return centers


def nearest_centers(x: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of the nearest centre of each row, (n,); ties go to the lower number.

    The nearest in distance is the greatest in <x, c> - |c|^2 / 2.

    Args:
        x: (n, dim).
        centers: (k, dim), k at least 1.
    """
    k = len(centers)
    half_norms = 0.5 * np.vecdot(centers, centers)
    n_rows = min(max(1, _SCORES_AT_ONCE // k), _MOST_ROWS, max(1, len(x)))
    scores = np.empty((n_rows, k), dtype=np.float32)
    cells = np.empty(len(x), dtype=np.int64)
    for start in range(0, len(x), n_rows):
        block = x[start : start + n_rows]
        part = scores[: len(block)]
        np.matmul(block, centers.T, out=part)
        part -= half_norms
        np.argmax(part, axis=1, out=cells[start : start + len(block)])
    return cells


def cell_means(
    x: NDArray[np.float32], cells: NDArray[np.int64], centers: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the mean of each cell's rows, (k, dim); an empty cell keeps its centre.

    Args:
        x: (n, dim).
        cells: (n,).
        centers: (k, dim).
    """
    sums = np.zeros(centers.shape, dtype=np.float64)
    if native.AVAILABLE:
        numbers = np.ascontiguousarray(cells, dtype=np.int64)
        _native.add_to_sums(np.ascontiguousarray(x, dtype=np.float32), numbers, sums)
        return _means(sums, cells, centers)
    for start in range(0, len(x), _MOST_ROWS):
        block, of = x[start : start + _MOST_ROWS], cells[start : start + _MOST_ROWS]
        order = np.argsort(of, kind="stable")
        there, first = np.unique(of[order], return_index=True)
        sums[there] += np.add.reduceat(block[order], first, axis=0)
    return _means(sums, cells, centers)


def _means(
    sums: NDArray[np.float64], cells: NDArray[np.int64], centers: NDArray[np.float32]
) -> NDArray[np.float32]:
    counts = np.bincount(cells, minlength=len(centers))
    means: NDArray[np.float32] = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
    means[counts == 0] = centers[counts == 0]
    return means


def refill(
    centers: NDArray[np.float32],
    x: NDArray[np.float32],
    cells: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Move the centres of empty cells onto random rows of the largest cells."""
    counts = np.bincount(cells, minlength=len(centers))
    empty = np.flatnonzero(counts == 0)
    if len(empty) == 0:
        return
    order = np.argsort(cells, kind="stable")
    ends = np.cumsum(counts)
    largest = np.argsort(-counts, kind="stable")
    givers = np.resize(largest[counts[largest] > 0], len(empty))
    rows = ends[givers] - 1 - rng.integers(0, counts[givers])
    centers[empty] = x[order[rows]]
