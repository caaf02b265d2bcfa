"""Stands for an encoder over a library whose vectors were not made from its texts."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from typecase.encoders.contract import TextEncoder, TextKind

MODEL = "made"


class MadeEncoder:
    """Gives queries vectors of a file, the same one for the same text; texts those of another.

    Args:
        queries: of an array, (n_queries, dim).
        texts: of an array, (n_texts, dim), for new papers; without it they get none.
        paid: an encoder that encodes each query too, so that its time is in every search.
    """

    model = MODEL
    model_id = "made:1"

    def __init__(
        self, *, queries: Path, texts: Path | None = None, paid: TextEncoder | None = None
    ) -> None:
        self.paid = paid
        self._texts: NDArray[np.float32] | None = np.load(texts, mmap_mode="r") if texts else None
        self._queries: NDArray[np.float32] = np.load(queries)
        self.dim = int(self._queries.shape[1])

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim)."""
        if kind == "query":
            if self.paid is not None:
                self.paid.encode(texts, kind=kind)
            return _rows(self._queries, texts)
        if self._texts is None:
            raise ValueError("A library of made vectors embeds no texts.")
        return _rows(self._texts, texts)

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time."""
        source = iter(texts)
        while batch := list(islice(source, batch_size)):
            yield self.encode(batch, kind=kind)


def _rows(x: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a row for each text, by its hash."""
    return np.array(x[[zlib.crc32(text.encode()) % len(x) for text in texts]])
