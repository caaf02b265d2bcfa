"""The contract of this room: texts in, one unit vector a text out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

TextKind = Literal["document", "query"]
"""What a text is for: some models put a sentence before a query, or before a document."""


@runtime_checkable
class TextEncoder(Protocol):
    """Gives every text a vector, the same one whatever stands beside it and in any thread.

    Any string is a text: empty, very long (it is cut), in any script, with NULs. Many threads may
    call at once; a query is never queued behind documents.
    """

    @property
    def dim(self) -> int:
        """The number of columns."""
        ...

    @property
    def model_id(self) -> str:
        """What the vectors depend on: weights, arithmetic, pooling, length, prefixes.

        Vectors of two models may be compared only if their ids are equal, so it keys what is
        stored.
        """
        ...

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim) float32 in the order of texts, rows of length 1.

        Raises:
            InvalidInputError: texts is one string, or holds something else than strings.
        """
        ...

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time, in order; the last may be shorter.

        Texts are read as they are needed, so memory does not grow with their number.
        """
        ...
