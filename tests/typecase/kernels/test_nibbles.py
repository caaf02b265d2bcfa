import numpy as np
import pytest

from typecase.kernels.nibbles import pack_nibbles, unpack_nibbles


def test_the_lower_column_is_in_the_lower_bits() -> None:
    assert pack_nibbles(np.array([[1, 2, 15], [0, 8, 3]], np.uint8)).tolist() == [
        [0x21, 0x0F],
        [0x80, 0x03],
    ]


@pytest.mark.parametrize("n_groups", [1, 2, 7])
@pytest.mark.parametrize("n", [0, 9])
def test_what_is_packed_comes_back(n: int, n_groups: int) -> None:
    numbers = np.random.default_rng(0).integers(0, 16, (n, n_groups)).astype(np.uint8)
    packed = pack_nibbles(numbers)
    assert packed.shape == (n, -(-n_groups // 2))
    assert np.array_equal(unpack_nibbles(packed, n_groups), numbers)
