"""Runs a text encoder in ONNX form on the CPU: one text a call, all cores at work."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import check_choice, check_count, check_texts
from typecase.base.estimator import Estimator
from typecase.encoders.contract import TextKind
from typecase.encoders.model_names import spec_of
from typecase.encoders.model_spec import ModelSpec
from typecase.encoders.onnx_model import OnnxModel

DEFAULT_MODEL = "bge-small-en-v1.5-int8"


class OnnxEncoder(Estimator):
    """Texts to unit vectors, with onnxruntime and tokenizers alone; follows `TextEncoder`.

    Nothing is fitted and nothing is read before the first use; that takes about 0.3 s. Queries and
    single texts run in the caller's thread, so they never wait for documents; documents share
    n_jobs threads.

    Args:
        model: a packaged name ("bge-small-en-v1.5-int8", "all-minilm-l6-v2-int8"), a folder,
            "hub:owner/name@revision", or a ModelSpec (which `save` refuses).
        n_jobs: threads that embed documents; None is one a core.
        cache_dir: where models of the hub are kept; None is the hub library's own place.

    Source:
        Models and why this one is the default: docs/decisions/0002-default-encoder.md.
    """

    room: ClassVar[str] = "encoders"

    def __init__(
        self,
        *,
        model: str | Path | ModelSpec = DEFAULT_MODEL,
        n_jobs: int | None = None,
        cache_dir: str | Path | None = None,
    ) -> None:
        self.model = model
        self.n_jobs = n_jobs
        self.cache_dir = cache_dir
        self._lock = threading.RLock()
        self._spec: ModelSpec | None = None
        self._model_id = ""
        self._opened: OnnxModel | None = None
        self._threads: ThreadPoolExecutor | None = None

    @property
    def spec(self) -> ModelSpec:
        """The model's files and settings.

        Raises:
            UnknownNameError: nothing has this name; see `spec_of` for what else can go wrong.
        """
        with self._lock:
            if self._spec is None:
                cache_dir = None if self.cache_dir is None else Path(self.cache_dir)
                self._spec = spec_of(self.model, cache_dir=cache_dir)
            return self._spec

    @property
    def dim(self) -> int:
        """The number of columns."""
        return self.spec.dim

    @property
    def model_id(self) -> str:
        """The key of these vectors; see `ModelSpec.model_id`."""
        with self._lock:
            self._model_id = self._model_id or self.spec.model_id()
            return self._model_id

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim) float32 in the order of texts, rows of length 1.

        Raises:
            InvalidInputError: texts is one string, or holds something else than strings; kind is
                neither "document" nor "query".
            CorruptFileError: a file of the model is not the one that was checked.
        """
        items = check_texts(texts)
        check_choice(kind, ("document", "query"), name="kind")
        if len(items) < 2:
            return self._encode_here(items, kind)
        if kind == "query":  # in threads of their own: queries do not wait for documents
            n_jobs = min(len(items), self._n_threads())
            with ThreadPoolExecutor(n_jobs, thread_name_prefix="query") as threads:
                return _Job(self._model(), items, kind, self.dim, threads, n_jobs).result()
        return self._start(items, kind).result()

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of batch_size texts at a time, in order; the last may be shorter.

        While the caller works on one batch the next is embedded. At most two batches are held.

        Raises:
            InvalidInputError: as for encode; batch_size is below 1.
        """
        check_count(batch_size, name="batch_size")
        check_choice(kind, ("document", "query"), name="kind")
        source = iter(texts)
        jobs: list[_Job] = []
        try:
            while items := check_texts(islice(source, batch_size)):
                jobs.append(self._start(items, kind))
                if len(jobs) == 2:
                    yield jobs.pop(0).result()
            for job in jobs:
                yield job.result()
        finally:
            for job in jobs:
                job.cancel()

    def close(self) -> None:
        """End the threads and let the model go; the next call opens it again."""
        with self._lock:
            threads, self._threads, self._opened = self._threads, None, None
        if threads is not None:
            threads.shutdown()

    def __getstate__(self) -> dict[str, Any]:
        # Threads and sessions do not travel to another process; the arguments are enough.
        return self.get_params()

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).__init__(self, **state)

    def _encode_here(self, texts: list[str], kind: TextKind) -> NDArray[np.float32]:
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            out[row] = self._model().embed(text, kind)
        return out

    def _start(self, texts: list[str], kind: TextKind) -> "_Job":
        model, n_jobs = self._model(), self._n_threads()
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(n_jobs, thread_name_prefix="encode")
            return _Job(model, texts, kind, self.dim, self._threads, n_jobs)

    def _model(self) -> OnnxModel:
        with self._lock:
            if self._opened is None:
                self._opened = OnnxModel(self.spec)
            return self._opened

    def _n_threads(self) -> int:
        return _n_cores() if self.n_jobs is None else check_count(self.n_jobs, name="n_jobs")


class _Job:
    """One list of texts on its way through the threads."""

    def __init__(
        self,
        model: OnnxModel,
        texts: list[str],
        kind: TextKind,
        dim: int,
        threads: ThreadPoolExecutor,
        n_jobs: int,
    ) -> None:
        self._model, self._texts, self._kind = model, texts, kind
        self._out = np.empty((len(texts), dim), dtype=np.float32)
        # Longest first, so that no thread is left alone with a long one at the end.
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        self._rows = iter(order)
        self._is_cancelled = False
        n_workers = min(n_jobs, len(texts))
        self._workers: list[Future[None]] = [threads.submit(self._work) for _ in range(n_workers)]

    def result(self) -> NDArray[np.float32]:
        try:
            for worker in self._workers:
                worker.result()
        finally:
            self.cancel()
        return self._out

    def cancel(self) -> None:
        self._is_cancelled = True

    def _work(self) -> None:
        # next() of one list iterator from several threads gives every row once.
        for row in self._rows:
            if self._is_cancelled:
                return
            self._out[row] = self._model.embed(self._texts[row], self._kind)


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
