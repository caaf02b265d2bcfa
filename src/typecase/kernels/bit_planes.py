"""Whole numbers of a few bits as planes of bits, the most significant plane first.

Bit b of byte j of a plane belongs to column 8 j + b (little bit order); what is left of the last
byte of a plane is 0.
"""

import numpy as np
from numpy.typing import NDArray


def pack_planes(levels: NDArray[np.uint8], n_bits: int) -> NDArray[np.uint8]:
    """Return levels, (n, dim) below 2^n_bits, as (n, n_bits * ceil(dim / 8)) bytes."""
    shifts = np.arange(n_bits - 1, -1, -1, dtype=np.uint8)
    bits = levels[:, None, :] >> shifts[:, None] & np.uint8(1)
    return np.packbits(bits, axis=2, bitorder="little").reshape(
        len(levels), n_bits * -(-levels.shape[1] // 8)
    )


def unpack_planes(planes: NDArray[np.uint8], n_bits: int, dim: int) -> NDArray[np.uint8]:
    """Return the levels, (n, dim), of planes, (n, n_bits * ceil(dim / 8))."""
    by_plane = planes.reshape(len(planes), n_bits, -(-dim // 8))
    bits = np.unpackbits(by_plane, axis=2, count=dim, bitorder="little")
    levels = bits[:, 0].copy()
    for plane in range(1, n_bits):
        levels <<= np.uint8(1)
        levels |= bits[:, plane]
    return levels
