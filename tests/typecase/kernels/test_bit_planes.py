import numpy as np
import pytest

from typecase.kernels.bit_planes import pack_planes, unpack_planes


def test_the_most_significant_bits_come_first() -> None:
    levels = np.array([[0b10, 0b01, 0b11, 0, 0, 0, 0, 0, 0b10]], np.uint8)
    assert pack_planes(levels, 2).tolist() == [[0b101, 0b1, 0b110, 0]]


@pytest.mark.parametrize("n_bits", range(1, 9))
@pytest.mark.parametrize("dim", [1, 8, 13])
def test_what_is_packed_comes_back(n_bits: int, dim: int) -> None:
    levels = np.random.default_rng(0).integers(0, 2**n_bits, (20, dim)).astype(np.uint8)
    planes = pack_planes(levels, n_bits)
    assert planes.shape == (20, n_bits * -(-dim // 8))
    assert np.array_equal(unpack_planes(planes, n_bits, dim), levels)


def test_no_rows_have_no_planes() -> None:
    planes = pack_planes(np.empty((0, 9), np.uint8), 3)
    assert planes.shape == (0, 6)
    assert unpack_planes(planes, 3, 9).shape == (0, 9)
