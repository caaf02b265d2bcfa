"""Axes to turn vectors onto: the strongest ones of a sample, or random ones that cost little.

A turn is a random rotation of d log d additions instead of d^2 products. It is made of rounds.
Each flips the signs of random columns, mixes the widest window of a power of two of them by a
Walsh-Hadamard transform (the first columns in even rounds, the last ones in odd), and where some
lie outside, mixes the first half with the second by sums and differences. Every step keeps lengths.

Source:
    Ailon, Chazelle, "The fast Johnson-Lindenstrauss transform and approximate nearest neighbors",
    SIAM Journal on Computing, 2009: random signs and Hadamard transforms in the place of a dense
    random matrix.
    Gao et al., the RaBitQ library: windows at both ends and a walk between halves, for a number of
    columns that is no power of two.
"""

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native

if native.AVAILABLE:
    from typecase.kernels import _native

LEAST_TURNED_DIM = 64
"""With fewer columns a turn is too far from uniform among all rotations."""

_BLOCK_ROWS = 4096
_ROUNDS = 4

Floats = NDArray[np.float32]


def turn_signs(dim: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return the signs of a random turn, (n_rounds, dim), each 1 or -1."""
    signs = 2 * rng.integers(0, 2, (_ROUNDS, dim), dtype=np.int8) - 1
    return signs.astype(np.int8)


def turned(x: Floats, signs: NDArray[np.int8]) -> Floats:
    """Return x, (n, dim), turned, in new memory; the same to the last bit with native code.

    Args:
        signs: (n_rounds, dim), of `turn_signs`.
    """
    y = np.array(x, dtype=np.float32, order="C")
    by_round = as_flips(signs, y.shape[1])
    if native.AVAILABLE:
        _native.turn(y, by_round)
        return y
    dim = y.shape[1]
    width, half = 1 << (dim.bit_length() - 1), dim // 2
    by, root = np.float32(1) / np.sqrt(np.float32(width)), np.sqrt(np.float32(0.5))
    for number, flips in enumerate(by_round):
        y *= flips
        window = y[:, dim - width :] if number % 2 else y[:, :width]
        window[:] = _hadamard(window)
        window *= by
        if width < dim:
            low, high = y[:, :half].copy(), y[:, dim - half :].copy()
            y[:, :half] = (low + high) * root
            y[:, dim - half :] = (low - high) * root
    return y


def as_flips(signs: NDArray[np.int8] | None, dim: int) -> Floats:
    """Return signs as native code takes them, (n_rounds, dim); no rows for None."""
    return np.empty((0, dim), dtype=np.float32) if signs is None else signs.astype(np.float32)


def turn_matrix(signs: NDArray[np.int8]) -> Floats:
    """Return the (dim, dim) matrix of a turn: `turned(x)` is x @ matrix.T but for rounding."""
    return np.ascontiguousarray(turned(np.eye(signs.shape[1], dtype=np.float32), signs).T)


def _hadamard(x: Floats) -> Floats:
    """Return sums and differences of columns 1, 2, 4, ... apart; the width is a power of two."""
    n, width = x.shape
    step = 1
    while step < width:
        pairs = x.reshape(n, width // (2 * step), 2, step)
        low, high = pairs[:, :, 0], pairs[:, :, 1]
        x = np.stack([low + high, low - high], axis=2).reshape(n, width)
        step *= 2
    return x


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
