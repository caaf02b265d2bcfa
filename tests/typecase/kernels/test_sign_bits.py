"""Sign bits and Hamming distances against a loop over single bits."""

import numpy as np
import pytest

from typecase.kernels.sign_bits import hamming_scan, pack_signs, random_rotation


def test_bits_are_the_signs_in_little_order() -> None:
    z = np.full((2, 70), -1.0, dtype=np.float32)
    z[0, [0, 3, 64]] = 2.0
    z[1, 69] = 0.5
    codes = pack_signs(z)
    assert codes.shape == (2, 2)
    assert codes.tolist() == [[0b1001, 0], [1, 1 << 5]]


def test_zero_is_not_positive() -> None:
    assert pack_signs(np.zeros((1, 8), dtype=np.float32)).tolist() == [[0]]


@pytest.mark.parametrize("dim", [1, 64, 65, 192, 193, 384, 1000])
@pytest.mark.parametrize("n", [0, 1, 40000])
def test_distances_count_the_differing_signs(dim: int, n: int) -> None:
    rng = np.random.default_rng(dim)
    z, q = rng.standard_normal((n, dim)), rng.standard_normal(dim)
    out = np.full(n, 7, dtype=np.uint16)
    hamming_scan(pack_signs(z), pack_signs(q[None])[:, 0], out)
    probe = np.arange(0, n, 997)
    assert out[probe].tolist() == [int(((z[row] > 0) != (q > 0)).sum()) for row in probe]


def test_the_largest_distance_does_not_overflow() -> None:
    z = np.ones((3, 384), dtype=np.float32)
    out = np.empty(3, dtype=np.uint16)
    hamming_scan(pack_signs(z), pack_signs(-z[:1])[:, 0], out)
    assert out.tolist() == [384, 384, 384]


def test_a_rotation_keeps_lengths_and_depends_on_the_seed_alone() -> None:
    rotation = random_rotation(50, np.random.default_rng(3))
    assert rotation.dtype == np.float32
    assert np.allclose(rotation @ rotation.T, np.eye(50), atol=1e-6)
    assert np.array_equal(rotation, random_rotation(50, np.random.default_rng(3)))
