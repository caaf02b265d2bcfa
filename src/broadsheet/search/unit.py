"""Vectors at length 1."""

import numpy as np
from numpy.typing import NDArray

_SHORTEST = 1e-12


def unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a vector, (dim,), at length 1; one that is next to nothing stays so."""
    return np.asarray(x / np.float32(max(float(np.linalg.norm(x)), _SHORTEST)), dtype=np.float32)
