"""Gives every paper its vector: newest first, in small durable steps, from where it was."""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError
from broadsheet.model.library import IndexRow
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Progress, Reading, Stop
from broadsheet.search.border import engine_errors
from broadsheet.search.vector_codes import ROWS_A_STEP, CodeKeeper
from broadsheet.search.vector_folders import VectorFolder, VectorFolders
from typecase.base.errors import CorruptFileError, LockedError
from typecase.data.segments import HASH_BYTES, MANIFEST
from typecase.data.vector_store import VectorStore
from typecase.encoders.contract import TextEncoder

log = logging.getLogger(__name__)

_ROWS_AT_ONCE = 1000
_PAPERS_A_STEP = 32
_LOOK_EVERY_S = 5.0


def embedded_text(paper: Paper | IndexRow) -> str:
    """Return the text of which a paper's vector is made."""
    return f"{paper.title}\n{paper.abstract or paper.summary}"


class Embedder:
    """Embeds what has no vector of its present text by one model.

    A step of a few papers is durable when it is done; a kill loses the step at hand. What is
    stored is known by a hash of model and text, so nothing is embedded twice.

    Args:
        folders: where vectors are kept.
        folder: of this model.
        encoder: the model.
        reading: the database.
        codes: gives the vectors their codes, now and then and at the end.
    """

    def __init__(
        self,
        *,
        folders: VectorFolders,
        folder: VectorFolder,
        encoder: TextEncoder,
        reading: Reading,
        codes: CodeKeeper,
    ) -> None:
        self.folders = folders
        self.folder = folder
        self.encoder = encoder
        self.reading = reading
        self.codes = codes

    def run(self, *, progress: Progress | None = None, stop: Stop | None = None) -> int:
        """Embed until nothing is left or stop says so; return how many papers were embedded.

        Leaves at once when another process is at it.

        Raises:
            DiskFullError: what was embedded before stands.
            SettingsError: the model cannot be had.
            LibraryVersionError: the vectors are of a newer version.
        """
        if self.is_complete() and self._bring_up_codes(progress):
            return 0
        stop = stop or (lambda: False)
        waiting: _Waiting | None = None
        n_done, is_done = 0, False
        while not is_done and not stop():
            try:
                store = self._opened()
            except LockedError:
                log.info("another process is embedding")
                if progress:
                    progress("another process is embedding", n_done, None)
                return n_done
            with store, engine_errors("embedding"):
                if waiting is None or not len(store):  # here, or anew since the last step
                    covered = self.folders.covered(self.folder)
                    waiting = _Waiting(self.reading, self._hash, covered)
                n_done, is_done = self._fill(store, waiting, n_done, progress, stop)
            if not stop():
                self._bring_up_codes(progress)
        return n_done

    def is_complete(self) -> bool:
        """Return whether every paper of the database has its vector."""
        return self._is_there() and self.folders.covered(self.folder) == self.reading.last_seq()

    def _is_there(self) -> bool:
        return (self.folder.path / MANIFEST).is_file()

    def _opened(self) -> VectorStore:
        """Open the store for writing; one that is damaged or of another library is made anew."""
        if self.folders.covered(self.folder) > self.reading.last_seq() or not self._is_there():
            self.folders.remove(self.folder)
        with engine_errors("opening the vectors"):
            try:
                return VectorStore.open(self.folder.path, write=True, dim=self.encoder.dim)
            except CorruptFileError as e:
                log.warning("the vectors are damaged and are made anew: %s", e)
            self.folders.remove(self.folder)
            return VectorStore.open(self.folder.path, write=True, dim=self.encoder.dim)

    def _fill(
        self,
        store: VectorStore,
        waiting: "_Waiting",
        n_before: int,
        progress: Progress | None,
        stop: Stop,
    ) -> tuple[int, bool]:
        """Embed until codes are due; return how many are done in all, and whether none is left."""
        waiting.look(store, stop)
        n_done = n_before
        looked_at = time.monotonic()
        while not stop() and n_done - n_before < ROWS_A_STEP:
            if not len(waiting) or time.monotonic() - looked_at > _LOOK_EVERY_S:
                waiting.look(store, stop)
                looked_at = time.monotonic()
            if progress:
                progress("embedding", n_done, n_done + len(waiting))
            if not len(waiting):
                self.folders.set_covered(self.folder, waiting.seq)
                return n_done, True
            keys = waiting.pop(_PAPERS_A_STEP)
            self._embed(store, keys)
            n_done += len(keys)
        return n_done, False

    def _bring_up_codes(self, progress: Progress | None) -> bool:
        """Return False when the vectors turn out to be damaged; who opens them next mends them."""
        try:
            is_whole = self.is_complete()
            self.codes.bring_up(self.folder.path, is_whole=is_whole, progress=progress)
        except IndexBrokenError as e:
            log.warning("the vectors cannot be indexed: %s", e)
            self.folders.doubt(self.folder)
            return False
        return True

    def _embed(self, store: VectorStore, keys: NDArray[np.int64]) -> None:
        papers = self.reading.papers(keys.tolist())
        texts = [embedded_text(paper) for paper in papers]
        if not papers:
            return
        vectors = self.encoder.encode(texts)
        numbers = np.array([paper.key for paper in papers], dtype=np.int64)
        store.append(numbers, vectors, self._hash(texts))

    def _hash(self, texts: Sequence[str]) -> NDArray[np.uint8]:
        return text_hashes(self.encoder.model_id, texts)


def text_hashes(model_id: str, texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return the content hashes of texts under a model, (n, 16) uint8."""
    start = hashlib.blake2b(model_id.encode() + b"\0", digest_size=HASH_BYTES)
    digests = bytearray()
    for text in texts:
        digest = start.copy()
        digest.update(text.encode("utf-8", "replace"))
        digests += digest.digest()
    return np.frombuffer(bytes(digests), dtype=np.uint8).reshape(len(texts), HASH_BYTES)


def n_embedded(embedder: Embedder) -> int:
    """Return how many papers have a vector of their present text.

    Texts that changed since the last complete run are looked at one by one, up to a thousand;
    past that the number may count vectors of older texts.
    """
    path = embedder.folder.path
    if not (path / MANIFEST).is_file():
        return 0
    with engine_errors("reading the vectors"):
        store = VectorStore.open(path)
    covered = embedder.folders.covered(embedder.folder)
    rows = embedder.reading.changes(after=covered, limit=_ROWS_AT_ONCE) if covered else []
    if not rows:
        return len(store)
    hashes = text_hashes(embedder.encoder.model_id, [embedded_text(row) for row in rows])
    keys = np.array([row.key for row in rows], dtype=np.int64)
    is_stale = ~store.is_current(keys, hashes) & np.isin(keys, store.ids())
    return len(store) - int(is_stale.sum())


class _Waiting:
    """The papers without a vector of their present text, oldest first, for taking off the end."""

    def __init__(
        self,
        reading: Reading,
        hash_of: Callable[[Sequence[str]], NDArray[np.uint8]],
        seq: int,
    ) -> None:
        self.seq = seq
        self._reading, self._hash_of = reading, hash_of
        self._keys = np.empty(0, dtype=np.int64)
        self._days = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def look(self, store: VectorStore, stop: Stop) -> None:
        """Take in what has changed since the last look; vectors of papers that are gone go."""
        found = []
        while not stop() and (rows := self._reading.changes(after=self.seq, limit=_ROWS_AT_ONCE)):
            keys = np.array([row.key for row in rows], dtype=np.int64)
            days = np.array([row.day_number for row in rows], dtype=np.int64)
            done = store.is_current(keys, self._hash_of([embedded_text(r) for r in rows]))
            gone = np.array([row.is_gone for row in rows], dtype=np.bool_)
            if gone.any():
                store.remove(np.intersect1d(keys[gone], store.ids()))
            found.append((keys, days, done | gone))
            self.seq = rows[-1].seq
        if found:
            self._merge(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _merge(
        self, keys: NDArray[np.int64], days: NDArray[np.int64], done: NDArray[np.bool_]
    ) -> None:
        stay = ~np.isin(self._keys, keys)
        # A paper may have changed twice; what was seen last counts.
        _, last = np.unique(keys[::-1], return_index=True)
        last = len(keys) - 1 - last
        last = last[~done[last]]
        keys = np.concatenate([self._keys[stay], keys[last]])
        days = np.concatenate([self._days[stay], days[last]])
        order = np.lexsort((keys, days))
        self._keys, self._days = keys[order], days[order]

    def pop(self, n: int) -> NDArray[np.int64]:
        """Take the n newest off."""
        keys = self._keys[-n:][::-1]
        self._keys, self._days = self._keys[:-n], self._days[:-n]
        return keys
