"""An encoder that keeps every vector, so that measurements can be repeated."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.border import model_errors
from typecase.encoders.contract import TextEncoder, TextKind

_KEY_BYTES = 16


class KeptEncoder:
    """Asks the encoder only for texts that it has not had yet.

    Args:
        encoder: what makes the vectors.
        path: of a file with a record a text, its hash and its vector; made when missing. None
            keeps them in memory alone.

    Raises:
        SettingsError: the model cannot be had.
    """

    def __init__(self, *, encoder: TextEncoder, path: Path | None = None) -> None:
        self.encoder = encoder
        with model_errors("opening the encoder"):
            self.model_id = encoder.model_id
            self.dim = encoder.dim
        self._record = np.dtype([("key", "V16"), ("vector", "<f4", (self.dim,))])
        self._vectors: dict[bytes, NDArray[np.float32]] = {}
        self._path = path
        if path is not None:
            self._read(path)

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim) as the encoder would."""
        keys = [self._key(text, kind) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True)}  # noqa: C416
        missing = {key: text for key, text in missing.items() if key not in self._vectors}
        if missing:
            new = np.zeros(len(missing), self._record)
            new["key"] = [np.void(key) for key in missing]
            with model_errors("encoding"):
                new["vector"] = self.encoder.encode(list(missing.values()), kind=kind)
            if self._path is not None:
                with self._path.open("ab") as file:
                    file.write(new.tobytes())
            self._vectors |= {bytes(row["key"]): row["vector"] for row in new}
        return np.stack([self._vectors[key] for key in keys])

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time."""
        source = iter(texts)
        while items := list(islice(source, batch_size)):
            yield self.encode(items, kind=kind)

    def _read(self, path: Path) -> None:
        """Read the records of a file; half a record at its end, of a run that was killed, goes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        n = path.stat().st_size // self._record.itemsize
        os.truncate(path, n * self._record.itemsize)
        kept = np.fromfile(path, self._record)
        self._vectors = {bytes(row["key"]): row["vector"] for row in kept}

    def _key(self, text: str, kind: str) -> bytes:
        """Return the hash of what the vector depends on; runs of blanks are one to the model."""
        said = "\0".join((self.model_id, kind, " ".join(text.split())))
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
