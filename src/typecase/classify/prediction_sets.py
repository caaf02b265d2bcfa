"""What conformal prediction says of one row: sets of labels, and what they have in common."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionSets:
    """The sets of labels of one row whose p-value is above alpha, best first."""

    sets: list[tuple[int, ...]]
    """Columns of the scores, rising; the empty set is ()."""
    p_values: NDArray[np.float64]
    """(n_sets,), of each set, falling."""
    n_labels: int
    n_looked_at: int
    """How many of the 2^n_labels sets were made and weighed."""
    is_complete: bool
    """False where `limit` cut the list; all that are missing have no higher p-value."""

    def in_some(self) -> NDArray[np.bool_]:
        """Return which labels are in one of these sets at least, (n_labels,)."""
        return self._counts() > 0

    def in_all(self) -> NDArray[np.bool_]:
        """Return which labels are in every one of these sets, (n_labels,); none without sets."""
        counts = self._counts()
        everywhere: NDArray[np.bool_] = (counts == len(self.sets)) & (counts > 0)
        return everywhere

    def _counts(self) -> NDArray[np.int64]:
        flat = [label for one in self.sets for label in one]
        return np.bincount(np.array(flat, dtype=np.int64), minlength=self.n_labels)
