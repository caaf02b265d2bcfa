"""What the methods of this room do: one says labels, the other how sure any such scores are.

A row has any number of labels. They come as collections of names, or as a matrix of booleans,
(n, n_labels), whose columns are those of the scores.
"""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.classify.prediction_sets import PredictionSets
from typecase.data.label_sets import Sets


class Classifier(Protocol):
    """Tells the labels of vectors."""

    label_names_: list[str]

    def fit(self, x: ArrayLike, labels: Sets) -> Self:
        """Learn from vectors, (n, dim), and the labels of each."""
        ...

    def predict_scores(self, x: ArrayLike) -> NDArray[np.float32]:
        """Return how likely each label is, (n, n_labels), from 0 to 1."""
        ...

    def predict(self, x: ArrayLike) -> list[tuple[str, ...]]:
        """Return the labels of each row, best first."""
        ...


class SetPredictor(Protocol):
    """Tells which sets of labels a row may have, so that the true one is rarely left out."""

    def fit(self, scores: ArrayLike, labels: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Learn from the scores and the labels, (n, n_labels), of rows that no score learned."""
        ...

    def p_value(self, scores: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
        """Return how well each row's labels fit its scores, (n,), above 0 and at most 1."""
        ...

    def predict_sets(self, scores: ArrayLike, alpha: float, limit: int) -> Sequence[PredictionSets]:
        """Return for each row the sets of labels whose p-value is above alpha, best first."""
        ...
