"""What a method of this room does: a score, and the named reasons that it is made of."""

from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.data.label_sets import Sets


class Activations(NamedTuple):
    """The concepts of rows, strongest first; -1 and 0 where a row has fewer."""

    concepts: NDArray[np.int64]
    """(n, n_active), by number."""
    weights: NDArray[np.float32]
    """(n, n_active), above 0."""


class Explanation(NamedTuple):
    """A score and its parts: the shares and the rest add up to it bit for bit, in any order."""

    score: float
    shares: list[tuple[str, float]]
    """Concepts by name, the largest share first."""
    rest: float
    """What all other concepts give together."""


class Explainer(Protocol):
    """Compares rows by concepts that have names."""

    concept_names_: list[str]

    def fit(self, x: ArrayLike, concepts: Sets, pairs: ArrayLike | None = None) -> Self:
        """Learn from vectors, (n, dim), the concepts of each, and what is related to what."""
        ...

    def encode(self, x: ArrayLike) -> Activations:
        """Return the concepts of each row."""
        ...

    def score(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
        """Return how related rows are, (n_a, n_b)."""
        ...

    def explain(self, a: ArrayLike, b: ArrayLike, k: int = 5) -> Explanation:
        """Return the score of two vectors, (dim,), and the k concepts that give most of it."""
        ...
