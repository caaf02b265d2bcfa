"""Points of a grid that are nearest to a vector in angle."""

import numpy as np
from numpy.typing import NDArray

# The best step of a uniform grid of 2^n_bits points for a number of mean 0 and deviation 1:
# Max, "Quantizing for minimum distortion", IRE Transactions on Information Theory, 1960, table II.
_STEPS = {1: 1.596, 2: 0.9957, 3: 0.5860, 4: 0.3352, 5: 0.1881, 6: 0.1041, 7: 0.0569, 8: 0.0308}
_STRETCHES_A_BIT = 2

Floats = NDArray[np.float32]


def nearest_odd_grid(y: Floats, n_bits: int) -> Floats:
    """Return points u, (n, dim), of the odd numbers below 2^n_bits that are near y in angle.

    Each row is stretched by 2 n_bits factors around that which suits a vector of normal numbers,
    and rounded; the factor whose u has the greatest cosine wins. With one bit u is the signs, which
    no other point beats. 0 counts as positive.

    Args:
        y: (n, dim).
        n_bits: 1 to 8.
    """
    if n_bits == 1:
        signs: Floats = (y >= 0).astype(np.float32)  # np.copysign takes longer than all of this
        signs *= 2
        signs -= 1
        return signs
    lengths = np.sqrt(np.vecdot(y, y) / y.shape[1])
    normal: Floats = y / np.maximum(lengths, np.finfo(np.float32).tiny)[:, None]
    u = np.empty_like(normal)
    best = np.full(len(y), -np.inf, dtype=np.float32)
    factor = np.zeros((len(y), 1), dtype=np.float32)
    for stretch in np.geomspace(0.78, 1.22, _STRETCHES_A_BIT * n_bits):
        tried = np.float32(stretch / _STEPS[n_bits])
        _round(normal, tried, n_bits, out=u)
        cosine = np.vecdot(u, normal) / np.sqrt(np.vecdot(u, u))
        better = cosine > best
        best[better], factor[better] = cosine[better], tried
    _round(normal, factor, n_bits, out=u)
    return u


def _round(normal: Floats, factor: Floats | np.float32, n_bits: int, *, out: Floats) -> None:
    """Write the odd number nearest to 2 factor normal, of those below 2^n_bits."""
    largest = 2 ** (n_bits - 1)
    np.multiply(normal, factor, out=out)
    np.floor(out, out=out)
    np.clip(out, -largest, largest - 1, out=out)
    out *= 2
    out += 1


def levels_of(u: Floats, n_bits: int) -> NDArray[np.uint8]:
    """Return the numbers k, from 0 to 2^n_bits - 1, of points u = 2 k - (2^n_bits - 1)."""
    twice: NDArray[np.uint16] = (u + np.float32(2**n_bits - 1)).astype(np.uint16)
    return (twice >> np.uint16(1)).astype(np.uint8)


def points_of(levels: NDArray[np.uint8], n_bits: int) -> Floats:
    """Return the points u = 2 k - (2^n_bits - 1) of numbers k."""
    u = levels.astype(np.float32)
    u *= 2
    u -= 2**n_bits - 1
    return u
