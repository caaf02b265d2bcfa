"""The contract of this room: how well each of some texts answers a query, read beside it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Reranker(Protocol):
    """Scores texts for a query, the same whatever other texts stand beside one.

    Any string is a query or a text: what is long is cut. Many threads may call at once.
    """

    @property
    def model_id(self) -> str:
        """What the scores depend on."""
        ...

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts,) float32, higher is better, from 0 to 1.

        Raises:
            InvalidInputError: query is no string, texts is one or holds something else.
        """
        ...

    def score_iter(self, query: str, texts: Iterable[str]) -> Iterator[float]:
        """Yield the score of one text after the other; stop asking to stop the work."""
        ...
