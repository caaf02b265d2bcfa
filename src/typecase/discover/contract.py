"""What a method of this room does: topics of vectors, without a label on any of them."""

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class KeywordTopics(Protocol):
    """Topics that are told by a few keywords each."""

    topic_names_: list[str]

    def fit(self, x: ArrayLike, keywords: Mapping[str, ArrayLike]) -> Self:
        """Learn from vectors, (n, dim), and the vectors of each topic's keywords."""
        ...

    def predict_scores(self, x: ArrayLike) -> NDArray[np.float32]:
        """Return how well each topic fits, (n, n_topics), higher is better."""
        ...

    def predict(self, x: ArrayLike) -> list[str]:
        """Return the topic that fits each row best."""
        ...
