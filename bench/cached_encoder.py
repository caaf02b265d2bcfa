"""An encoder that keeps every vector in a file, so that measurements can be repeated."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from typecase.encoders.contract import TextEncoder, TextKind

_KEY_BYTES = 16


class CachedEncoder:
    """Asks the encoder only for texts that the file does not have.

    Args:
        encoder: what makes the vectors.
        path: of the file: one record a text, its hash and its vector. Made when missing.
    """

    def __init__(self, *, encoder: TextEncoder, path: Path) -> None:
        self.encoder = encoder
        self.model_id = encoder.model_id
        self.dim = encoder.dim
        self._record = np.dtype([("key", "V16"), ("vector", "<f4", (self.dim,))])
        path.parent.mkdir(parents=True, exist_ok=True)
        n = path.stat().st_size // self._record.itemsize if path.exists() else 0
        kept = np.fromfile(path, self._record, count=n) if n else np.empty(0, self._record)
        self._vectors = {bytes(row["key"]): row["vector"] for row in kept}
        self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self._file.truncate(n * self._record.itemsize)
        self._file.seek(0, 2)

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim) as the encoder would."""
        keys = [self._key(text, kind) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True)}  # noqa: C416
        missing = {key: text for key, text in missing.items() if key not in self._vectors}
        if missing:
            new = np.zeros(len(missing), self._record)
            new["key"] = [np.void(key) for key in missing]
            new["vector"] = self.encoder.encode(list(missing.values()), kind=kind)
            self._file.write(new.tobytes())
            self._vectors |= {bytes(row["key"]): row["vector"] for row in new}
        return np.stack([self._vectors[key] for key in keys])

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time."""
        source = iter(texts)
        while items := list(islice(source, batch_size)):
            yield self.encode(items, kind=kind)

    def _key(self, text: str, kind: str) -> bytes:
        """Return the hash of what the vector depends on; runs of blanks are one to the model."""
        said = "\0".join((self.model_id, kind, " ".join(text.split())))
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
