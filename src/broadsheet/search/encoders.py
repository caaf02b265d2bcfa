"""The models: the one of the settings, and an older one whose vectors are still searched."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import SettingsError
from broadsheet.search.border import model_errors
from broadsheet.search.memory import Memory
from typecase.encoders import OnnxEncoder, SentenceTransformersEncoder
from typecase.encoders.contract import TextEncoder

_QUERIES = 16_384
_AGAIN_AFTER_S = 60.0
_TORCH = "torch:"


def encoder_of(model: str, *, n_jobs: int | None = None) -> TextEncoder:
    """Return the encoder that a setting names: on ONNX Runtime, or on PyTorch where it must be.

    Args:
        model: a packaged name, a folder or `hub:owner/name`. PyTorch runs what has `torch:` before
            it, and a sentence-transformers folder without an ONNX file.
        n_jobs: threads that embed documents; None is one a core.
    """
    name = model.removeprefix(_TORCH)
    if name != model or _is_for_torch(Path(name)):
        return SentenceTransformersEncoder(model=name)
    return OnnxEncoder(model=name, n_jobs=n_jobs)


class Encoders:
    """Encoders, each made once and only when it is needed, and the vectors of the latest queries.

    Args:
        make: makes the encoder of the settings.
        reopen: makes the encoder of a name, as `name_of` gave it once.
    """

    def __init__(
        self,
        *,
        make: Callable[[], TextEncoder],
        reopen: Callable[[str], TextEncoder] = encoder_of,
    ) -> None:
        self.make = make
        self.reopen = reopen
        self._lock = threading.Lock()
        self._wanted: TextEncoder | None = None
        self._failure: tuple[float, str] | None = None
        self._others: dict[str, TextEncoder] = {}
        self.queries: Memory[tuple[str, str], NDArray[np.float32]] = Memory(size=_QUERIES)

    def wanted(self) -> TextEncoder:
        """Return the encoder of the settings; after a failure, tried again a minute later.

        Raises:
            SettingsError: it cannot be had; the message says what to install or to change.
        """
        with self._lock:
            if self._wanted is None:
                self._wanted = self._made()
            return self._wanted

    def of(self, *, model: str, model_id: str) -> TextEncoder | None:
        """Return the encoder that makes vectors of an id, or None when none does any more."""
        wanted = self.wanted()
        if wanted.model_id == model_id:
            return wanted
        try:
            with self._lock, model_errors("opening the older encoder"):
                if model and model not in self._others:
                    self._others[model] = self.reopen(model)
                other = self._others.get(model)
                return other if other is not None and other.model_id == model_id else None
        except SettingsError:
            return None

    def query(self, encoder: TextEncoder, text: str) -> NDArray[np.float32]:
        """Return the vector of a query, (dim,).

        Raises:
            SettingsError: a file of the model is missing or damaged.
        """
        key = (encoder.model_id, text)
        kept = self.queries.get(key)
        if kept is not None:
            return kept
        with model_errors("encoding the query"):
            return self.queries.put(key, encoder.encode([text], kind="query")[0])

    def query_vectors(self, encoder: TextEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of many queries, (n, dim); those that are remembered are not made.

        Raises:
            SettingsError: a file of the model is missing or damaged.
        """
        known = {text: self.queries.get((encoder.model_id, text)) for text in texts}
        kept = {text: vector for text, vector in known.items() if vector is not None}
        new = [text for text in known if text not in kept]
        with model_errors("encoding queries"):
            made = encoder.encode(new, kind="query") if new else ()
        for text, vector in zip(new, made, strict=True):
            kept[text] = self.queries.put((encoder.model_id, text), vector)
        return np.stack([kept[text] for text in texts])

    def _made(self) -> TextEncoder:
        if self._failure is not None and time.monotonic() < self._failure[0]:
            raise SettingsError(self._failure[1])
        try:
            with model_errors("opening the encoder"):
                encoder = self.make()
                _ = encoder.model_id  # a name that is wrong fails here, not in the first search
                return encoder
        except SettingsError as e:
            # Searches need not wait each for a hub that does not answer.
            self._failure = time.monotonic() + _AGAIN_AFTER_S, str(e)
            raise


def name_of(encoder: TextEncoder) -> str:
    """Return the setting that names an encoder, as `encoder_of` takes it, or an empty string."""
    name = str(getattr(encoder, "model", ""))
    return f"{_TORCH}{name}" if isinstance(encoder, SentenceTransformersEncoder) else name


def _is_for_torch(folder: Path) -> bool:
    return (folder / "modules.json").is_file() and next(folder.rglob("*.onnx"), None) is None
