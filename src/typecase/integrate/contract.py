"""What a method of this room does, and what its records are.

A record is a mapping from field names to values: a text, a list of texts (as names of people), a
number, or None for what is not known. Which field is of which kind is an argument of the method.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["text", "names", "number"]
Record = Mapping[str, Any]


class Integration(Protocol):
    """Tells which records are of one thing, trained on the records alone."""

    def fit(self, records: Sequence[Record]) -> Self:
        """Learn from records without labels."""
        ...

    def candidates(self, records: Sequence[Record]) -> NDArray[np.int64]:
        """Return pairs worth judging, (n_pairs, 2), each with its lower row first."""
        ...

    def judge(self, records: Sequence[Record], pairs: ArrayLike) -> NDArray[np.float32]:
        """Return how likely each pair is of one thing, (n_pairs,), from 0 to 1."""
        ...

    def group(
        self,
        n: int,
        pairs: ArrayLike,
        likely: ArrayLike,
        *,
        apart: ArrayLike | None = None,
    ) -> NDArray[np.int64]:
        """Return each record's group, (n,); groups are numbered by their first record."""
        ...
