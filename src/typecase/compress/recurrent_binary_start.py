"""Weights to start from: signs of rotated rows, and linear maps back."""

import numpy as np
from numpy.typing import NDArray

from typecase.compress.recurrent_binary_network import (
    Sizes,
    blocks_of,
    forward,
    n_weights,
)
from typecase.kernels.rotations import principal_axes
from typecase.kernels.sign_bits import random_rotation

Floats = NDArray[np.float32]

_RIDGE = 1e-3
_SIGN_RIDGE = 0.1  # found better than 0.001 and 0.01 for 1,000 and for 4,000 rows of 384 columns


def first_weights(
    x: Floats, sizes: Sizes, old_planes: Floats | None, rng: np.random.Generator
) -> Floats:
    """Return weights whose second layers are 0, so that every block is its skip.

    The binarizing skips turn their inputs by one random rotation, on as many axes as the code has
    columns (the strongest ones where those are fewer than dim), to values of deviation 1; a
    rebuilding skip is the linear map that best gives x from the code so far. With an older
    version's planes, the binarizing skips are the linear maps that best give those.

    Args:
        x: (n, dim), about its mean.
        old_planes: (n_bits, n, code_dim) of 1 and -1.
    """
    weights = np.zeros(n_weights(sizes), dtype=np.float32)
    blocks = blocks_of(weights, sizes)
    left: Floats = x
    at_random = _rotation(x, sizes, rng)
    for j, block in enumerate(blocks.binarize):
        turn = at_random if old_planes is None else least_squares(left, old_planes[j], _SIGN_RIDGE)
        spread = max(float((left @ turn).std()), 1e-12)
        block.skip[...] = turn
        block.skip[...] /= np.float32(spread)
        block.w_1[...] = rng.standard_normal(block.w_1.shape) * np.sqrt(2 / sizes.dim)
        if j < len(blocks.rebuild):
            code = forward(blocks.first(j), x).code
            back = blocks.rebuild[j]
            back.skip[...] = least_squares(code, x)
            back.w_1[...] = rng.standard_normal(back.w_1.shape) * np.sqrt(2 / sizes.code_dim)
            left = np.subtract(x, code @ back.skip, dtype=np.float32)
    return weights


def least_squares(a: Floats, b: Floats, ridge: float = _RIDGE) -> Floats:
    """Return the map m, (n_in, n_out), that makes |a m - b|^2 + s |m|^2 least.

    s is ridge times the mean of the squared singular values of a.
    """
    square = a.T.astype(np.float64) @ a
    strength = ridge * max(float(np.trace(square)) / len(square), 1e-12)
    found = np.linalg.solve(square + strength * np.eye(len(square)), a.T.astype(np.float64) @ b)
    out: Floats = found.astype(np.float32)
    return out


def _rotation(x: Floats, sizes: Sizes, rng: np.random.Generator) -> Floats:
    """Return (dim, code_dim)."""
    dim, code_dim = x.shape[1], sizes.code_dim
    turn = random_rotation(code_dim, rng)
    return principal_axes(x, code_dim).T @ turn if code_dim < dim else turn[:dim]
