"""Axes to turn vectors onto: the strongest ones of a sample."""

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 4096


def principal_axes(x: NDArray[np.float32], n_axes: int) -> NDArray[np.float32]:
    """Return the n_axes directions in which x, (n, dim), varies most, (n_axes, dim), orthonormal.

    The strongest comes first; of each, the largest component is positive.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    spread = np.zeros((x.shape[1], x.shape[1]), dtype=np.float64)
    for start in range(0, len(x), _BLOCK_ROWS):
        block = x[start : start + _BLOCK_ROWS] - mean
        spread += block.T @ block
    axes = np.linalg.eigh(spread)[1].T[::-1][:n_axes]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    turned: NDArray[np.float32] = (axes * np.where(largest < 0, -1, 1)).astype(np.float32)
    return turned
