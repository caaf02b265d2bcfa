"""Papers with scores, as arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scored(NamedTuple):
    """Papers, best first unless said otherwise."""

    keys: NDArray[np.int64]
    """(n,)."""
    scores: NDArray[np.floating]
    """(n,) float32; float64 where they are days, which float32 cannot tell apart."""

    def at(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Scored":
        """Return some of them."""
        return Scored(self.keys[rows], self.scores[rows])


NOTHING = Scored(np.empty(0, np.int64), np.empty(0, np.float32))
