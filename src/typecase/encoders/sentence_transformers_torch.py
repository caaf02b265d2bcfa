"""Runs any sentence-transformers model on PyTorch: for models that come without an ONNX file."""

import hashlib
import importlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import check_choice, check_count, check_texts
from typecase.base.errors import InvalidInputError, MissingExtraError, StorageError
from typecase.base.estimator import Estimator
from typecase.encoders.contract import TextKind

_HUB = "hub:"
_MIN_NORM = 1e-12
_CHARACTERS_PER_TOKEN = 64
_ID_DIGITS = 12


class SentenceTransformersEncoder(Estimator):
    """Texts to unit vectors with sentence-transformers; follows `TextEncoder`.

    Needs `pip install 'broadsheet[torch]'`. One text a call, so that padding changes no vector.
    PyTorch spreads each call over its own threads. Prompts are those of the model's own
    configuration.

    Args:
        model: a folder that sentence-transformers wrote, or "hub:owner/name@revision"; by default
            the model whose int8 form `OnnxEncoder` runs, which the hub is asked for.
        device: what PyTorch calls it, such as "cpu" or "cuda".
        cache_dir: where models of the hub are kept; None is the hub library's own place.

    Source:
        Reimers, Gurevych, "Sentence-BERT", EMNLP 2019, and its library.
    """

    room: ClassVar[str] = "encoders"

    def __init__(
        self,
        *,
        model: str | Path = "hub:BAAI/bge-small-en-v1.5",
        device: str = "cpu",
        cache_dir: str | Path | None = None,
    ) -> None:
        self.model = model
        self.device = device
        self.cache_dir = cache_dir
        self._lock = threading.RLock()
        self._opened: Any = None
        self._model_id = ""

    @property
    def dim(self) -> int:
        """The number of columns."""
        return int(self._model().get_embedding_dimension())

    @property
    def model_id(self) -> str:
        """The key of these vectors: name, weights, arithmetic, length and prompts.

        The weights are read once for it, which takes a second a gigabyte.
        """
        with self._lock:
            self._model_id = self._model_id or self._describe()
            return self._model_id

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim) float32 in the order of texts, rows of length 1.

        Raises:
            InvalidInputError: texts is one string, or holds something else than strings; kind is
                neither "document" nor "query"; model is neither a folder nor a hub name.
            MissingExtraError: sentence-transformers is not installed.
            StorageError: the model cannot be read, or the hub not be reached.
        """
        items = check_texts(texts)
        check_choice(kind, ("document", "query"), name="kind")
        out = np.empty((len(items), self.dim), dtype=np.float32)
        for row, text in enumerate(items):
            out[row] = self._embed(text, kind)
        return out

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time, in order; the last may be shorter.

        Raises:
            InvalidInputError: as for encode; batch_size is below 1.
        """
        check_count(batch_size, name="batch_size")
        source = iter(texts)
        while items := check_texts(islice(source, batch_size)):
            yield self.encode(items, kind=kind)

    def __getstate__(self) -> dict[str, Any]:
        # The opened model does not travel to another process; the arguments are enough.
        return self.get_params()

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).__init__(self, **state)

    def _embed(self, text: str, kind: TextKind) -> NDArray[np.float32]:
        model = self._model()
        text = text[: _CHARACTERS_PER_TOKEN * (model.max_seq_length or 512)]
        text = text.encode("utf-8", "replace").decode("utf-8")
        encode = model.encode_query if kind == "query" else model.encode_document
        vector = np.asarray(encode(text, show_progress_bar=False), dtype=np.float64)
        norm = max(float(np.linalg.norm(vector)), _MIN_NORM)
        unit: NDArray[np.float32] = (vector / norm).astype(np.float32)
        return unit

    def _model(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        name, revision, is_hub = _split_name(self.model)
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtraError(
                "SentenceTransformersEncoder needs sentence-transformers: "
                "pip install 'broadsheet[torch]'."
            ) from error
        try:
            return library.SentenceTransformer(
                name,
                device=self.device,
                revision=revision,
                cache_folder=None if self.cache_dir is None else str(self.cache_dir),
                local_files_only=not is_hub,
            )
        except Exception as error:  # the library's errors have no common base but Exception
            advice = "Check the name, the revision and the network." if is_hub else "Save it anew."
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise StorageError(f"cannot open the model {name!r}: {reason} {advice}") from error

    def _describe(self) -> str:
        model = self._model()
        digest = hashlib.sha256()
        for key, tensor in sorted(model.state_dict().items()):
            digest.update(key.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        prompts = hashlib.sha256(repr(sorted(model.prompts.items())).encode()).hexdigest()
        name, _, _ = _split_name(self.model)
        weights = digest.hexdigest()[:_ID_DIGITS]
        return f"{Path(name).name}:{weights}:torch-float32:{model.max_seq_length}:{prompts[:8]}"


def _split_name(model: str | Path) -> tuple[str, str | None, bool]:
    """Return folder or repository, revision, and whether it is on the hub."""
    text = str(model)
    if text.startswith(_HUB):
        repository, _, revision = text.removeprefix(_HUB).partition("@")
        return repository, revision or None, True
    if Path(model).is_dir():
        return text, None, False
    raise InvalidInputError(
        f"model must be a folder or 'hub:owner/name@revision', got {text!r}; no such folder."
    )
