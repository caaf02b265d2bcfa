import numpy as np

from typecase.compress import HalfPrecision


def test_numbers_keep_eleven_bits() -> None:
    codec = HalfPrecision().fit([[0.0] * 4])
    x = [[1.0, 1 + 2.0**-10, 1 + 2.0**-12, -0.1]]
    assert codec.decode(codec.encode(x)).tolist() == [[1, 1 + 2.0**-10, 1, float(np.float16(-0.1))]]
    assert codec.n_bytes == 8


def test_what_is_too_large_becomes_the_largest() -> None:
    codec = HalfPrecision().fit([[0.0, 0.0]])
    assert codec.decode(codec.encode([[1e9, -1e9]])).tolist() == [[65504, -65504]]
