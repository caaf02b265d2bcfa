"""Codes of one bit against a plain loop, a number at a time."""

import math

import numpy as np
import pytest

from typecase.kernels.rotations import turn_matrix, turn_signs
from typecase.kernels.sign_codes import sign_codes


@pytest.mark.parametrize("n_axes", [None, 20, 61, 70])
def test_codes_are_signs_and_two_factors(engine: str, n_axes: int | None) -> None:
    """n_axes None is a turn of all 70 dimensions."""
    rng, dim = np.random.default_rng(3), 70
    x = rng.standard_normal((5, dim)).astype(np.float32)
    centers = rng.standard_normal((3, dim)).astype(np.float32)
    cells = np.array([2, 0, 0, 1, 2])
    x[4] = centers[2]  # nothing is left of it
    signs = turn_signs(dim, rng) if n_axes is None else None
    axes = np.linalg.qr(rng.standard_normal((dim, dim)))[0][: n_axes or 0].astype(np.float32)
    rotation = axes if signs is None else turn_matrix(signs)
    codes = sign_codes(x, centers, cells, rotation, signs)
    assert codes.bits.shape == (5, -(-len(rotation) // 8))
    for i, cell in enumerate(cells):
        c, r = centers[cell].astype(float), x[i].astype(float) - centers[cell]
        y = (rotation.astype(float) @ r).tolist()
        u = [1 if v >= 0 else -1 for v in y]
        size = sum(map(abs, y))
        scale = math.sqrt(r @ r) * math.sqrt(sum(v * v for v in y)) / size if size else 0.0
        across = sum(a * b for a, b in zip(rotation.astype(float) @ c, u, strict=True))
        packed = [int(codes.bits[i, j // 8]) >> j % 8 & 1 for j in range(len(y))]
        assert packed == [(v + 1) // 2 for v in u]
        assert codes.scale[i] == pytest.approx(scale, rel=1e-5)
        assert codes.offset[i] == pytest.approx(c @ r - scale * across, abs=1e-3)
        assert codes.square[i] == pytest.approx(r @ r, rel=1e-5)


def test_no_rows_have_no_codes(engine: str) -> None:
    none = np.empty((0, 64), np.float32)
    codes = sign_codes(
        none, np.ones((1, 64), np.float32), np.empty(0, np.int64), np.eye(64, dtype=np.float32)
    )
    assert codes.bits.shape == (0, 8)
    assert codes.scale.shape == (0,)
