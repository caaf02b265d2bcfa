"""Points of a grid that are nearest to a vector in angle."""

import numpy as np
from numpy.typing import NDArray

# The best step of a uniform grid of 2^n_bits points for a number of mean 0 and deviation 1:
# Max, "Quantizing for minimum distortion", IRE Transactions on Information Theory, 1960, table II.
_STEPS = {1: 1.596, 2: 0.9957, 3: 0.5860, 4: 0.3352, 5: 0.1881, 6: 0.1041, 7: 0.0569, 8: 0.0308}
_STRETCHES = np.geomspace(0.75, 1.25, 16)


def nearest_odd_grid(y: NDArray[np.float32], n_bits: int) -> NDArray[np.uint8]:
    """Return levels k, (n, dim), whose points u = 2 k - (2^n_bits - 1) are near to y in angle.

    Each row is stretched by 16 factors around that which suits a vector of normal numbers, and
    rounded; the factor whose u has the greatest cosine wins. With one bit u is the signs, which no
    other point beats. A number of 0 counts as positive.

    Args:
        y: (n, dim).
        n_bits: 1 to 8.
    """
    if n_bits == 1:
        return (~np.signbit(y)).astype(np.uint8)
    lengths = np.sqrt(np.vecdot(y, y)) / np.sqrt(y.shape[1])
    normal = y / np.maximum(lengths, np.finfo(np.float32).tiny)[:, None]
    best = np.full(len(y), -np.inf, dtype=np.float32)
    levels = np.zeros(y.shape, dtype=np.uint8)
    for stretch in _STRETCHES:
        found = _rounded(normal, np.float32(stretch / _STEPS[n_bits]), n_bits)
        points = grid_points(found, n_bits)
        cosine = np.vecdot(points, normal) / np.sqrt(np.vecdot(points, points))
        better = cosine > best
        levels[better], best[better] = found[better], cosine[better]
    return levels


def grid_points(levels: NDArray[np.uint8], n_bits: int) -> NDArray[np.float32]:
    """Return the points u = 2 k - (2^n_bits - 1) of levels k, (n, dim)."""
    points = levels.astype(np.float32)
    points *= 2
    points -= 2**n_bits - 1
    return points


def _rounded(normal: NDArray[np.float32], factor: np.float32, n_bits: int) -> NDArray[np.uint8]:
    scaled = normal * factor
    scaled += 2 ** (n_bits - 1)
    np.clip(scaled, 0, 2**n_bits - 1, out=scaled)
    return scaled.astype(np.uint8)
