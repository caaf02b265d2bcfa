"""Numbers below 16, two a byte, the lower column in the lower four bits."""

import numpy as np
from numpy.typing import NDArray


def pack_nibbles(numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return numbers below 16, (n, n_groups), as (n, ceil(n_groups / 2)) bytes."""
    packed = numbers[:, ::2].copy()
    packed[:, : numbers.shape[1] // 2] |= numbers[:, 1::2] << np.uint8(4)
    return packed


def unpack_nibbles(packed: NDArray[np.uint8], n_groups: int) -> NDArray[np.uint8]:
    """Return the numbers, (n, n_groups), of (n, ceil(n_groups / 2)) bytes."""
    numbers = np.empty((len(packed), n_groups), dtype=np.uint8)
    numbers[:, ::2] = packed & np.uint8(15)
    numbers[:, 1::2] = packed[:, : n_groups // 2] >> np.uint8(4)
    return numbers
