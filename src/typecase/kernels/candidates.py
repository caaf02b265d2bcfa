"""Choose the rows of smallest integer distance by counting, without sorting."""

import numpy as np
from numpy.typing import NDArray

FAR = np.uint16(np.iinfo(np.uint16).max)
"""The distance of a row that must not be chosen."""

_SAMPLE = 4096
_MOST_TIES = 4


def nearest_rows(distances: NDArray[np.uint16], n_wanted: int) -> NDArray[np.int64]:
    """Return the rows of at least n_wanted smallest distances, ascending; FAR is never chosen.

    All rows that tie with the last one come along, so that the choice does not depend on the
    order of rows; only past 4 n_wanted are the ties of the highest rows cut.

    Args:
        distances: (n,).
    """
    limit = _threshold(distances, n_wanted)
    rows = np.flatnonzero(distances <= limit)
    if len(rows) <= _MOST_TIES * n_wanted:
        return rows
    nearer = np.flatnonzero(distances < limit)
    ties = np.flatnonzero(distances == limit)[: n_wanted - len(nearer)]
    return np.sort(np.concatenate([nearer, ties]))


def _threshold(distances: NDArray[np.uint16], n_wanted: int) -> int:
    """Return the smallest t with n_wanted distances <= t, or the largest below FAR."""
    n_near = np.count_nonzero(distances != FAR) if len(distances) else 0
    n_wanted = min(n_wanted, int(n_near))
    low, high = -1, int(FAR) - 1  # invariant: count(low) < n_wanted <= count(high)
    if n_wanted == 0:
        return high
    guess = _guess(distances, n_wanted)
    step = 1
    while high - low > 1:
        if np.count_nonzero(distances <= guess) < n_wanted:
            low, guess = guess, guess + step
        else:
            high, guess = guess, guess - step
        step *= 2
        if not low < guess < high:
            guess = (low + high) // 2
    return high


def _guess(distances: NDArray[np.uint16], n_wanted: int) -> int:
    sample = distances[:: max(1, len(distances) // _SAMPLE)]
    counts = np.cumsum(np.bincount(sample[sample != FAR], minlength=1))
    wanted = n_wanted * len(sample) / len(distances)
    return min(int(np.searchsorted(counts, wanted)), int(FAR) - 1)
