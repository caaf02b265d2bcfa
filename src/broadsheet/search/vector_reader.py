"""The vectors of one model, searched in memory while another process may append to them."""

import logging
import os
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.border import engine_errors
from broadsheet.search.scored import NOTHING, Scored
from typecase.base.errors import UnknownIdError
from typecase.data.filters import IdMask
from typecase.data.rows import Rows
from typecase.data.vector_store import VectorStore
from typecase.indexes.flat import FlatIndex
from typecase.indexes.sign import SignIndex

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_MOST_PIECES = 64
_SCANNED_ROWS = 5_000
_SAMPLED_ROWS = 4_096


class VectorReader:
    """Nearest papers by cosine, under any mask. Threads share it.

    What another process appended is taken in by whichever search comes first, at most twice a
    second; the others go on with what there was. A folder that is missing is as good as empty.

    The first searches look at every vector, so that they need not wait for the index that the
    later ones use; it is built beside. A small library stays without.

    Args:
        folder: of a `VectorStore`.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._manifest = os.path.join(folder, "manifest.json")  # noqa: PTH118 (asked often)
        self._store: VectorStore | None = None
        self._index: FlatIndex | SignIndex | None = None
        self._mean: NDArray[np.float32] | None = None
        self._seq = -1
        self._seen: tuple[int, int] | None = None
        self._looked_at = -_LOOK_EVERY_S
        self._renewing = threading.Lock()
        self._building = threading.Lock()

    def n_vectors(self) -> int:
        """Return how many papers have a vector.

        Raises:
            IndexBrokenError: the store is damaged; so for all methods.
        """
        index = self._current()
        return len(index) if index else 0

    def search(self, q: NDArray[np.float32], mask: NDArray[np.bool_] | None, *, k: int) -> Scored:
        """Return the k nearest of q, (dim,), among the keys at which mask is true."""
        index = self._current()
        if index is None:
            return NOTHING
        with engine_errors("searching the vectors"):
            found = index.search(q[None], k, filter=None if mask is None else IdMask(mask))
        there = found.ids[0] >= 0
        return Scored(found.ids[0][there], found.scores[0][there])

    def scores(self, q: NDArray[np.float32], keys: NDArray[np.int64]) -> Scored:
        """Return those of some papers that have a vector, with their cosines to q, (dim,)."""
        index = self._current()
        if index is None or not len(keys):
            return NOTHING
        with engine_errors("searching the vectors"):
            found = index.search(q[None], len(keys), filter=np.sort(keys))
        there = found.ids[0] >= 0
        return Scored(found.ids[0][there], found.scores[0][there])

    def typical(self, q: NDArray[np.float32]) -> float:
        """Return about the mean cosine of all papers to q, (dim,); 0.0 while there are none."""
        self._current()
        return 0.0 if self._mean is None else float(q @ self._mean)

    def vector(self, key: int) -> NDArray[np.float32] | None:
        """Return the vector of a paper, (dim,), or None when it has none yet."""
        self._current()
        if self._store is None:
            return None
        try:
            vector: NDArray[np.float32] = self._store.take([key])[0]
        except UnknownIdError:
            return None
        return vector

    def generation(self) -> tuple[int, int] | None:
        """Return what changes whenever the answers may; None while there are no vectors."""
        self._current()
        return self._seen

    def refresh(self) -> None:
        """Take in at once what has been appended."""
        with self._renewing:
            self._renew()

    def _current(self) -> FlatIndex | SignIndex | None:
        if self._index is None:
            self.refresh()
        elif self._is_due() and self._renewing.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._renewing.release()
        return self._index

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at > _LOOK_EVERY_S

    def _renew(self) -> None:
        self._looked_at = time.monotonic()
        stamp = _stamp(self._manifest)
        if stamp is None or stamp == self._seen:
            return
        with engine_errors("reading the vectors"):
            if self._store is None:
                self._store = VectorStore.open(self.folder)
            else:
                self._store.refresh()
            self._take_in(self._store)
        self._seen = stamp

    def _take_in(self, store: VectorStore) -> None:
        is_another = store.seq < self._seq  # removed and made anew
        changes = store.changes_since(-1 if is_another else self._seq)
        if self._index is None or changes.anew or is_another:
            self._index = FlatIndex().fit(changes.x, changes.ids)
        else:
            if len(gone := np.intersect1d(changes.removed, self._index.ids)):
                self._index.remove(gone)
            self._index.update(changes.x, changes.ids)
        self._seq = changes.seq
        self._mean = _mean(store.vectors())
        if self._wants_building(self._index) and self._building.acquire(blocking=False):
            threading.Thread(target=self._build, args=(store,), daemon=True).start()

    def _wants_building(self, index: FlatIndex | SignIndex) -> bool:
        """Return whether a scan is too slow, or too many small parts have come in."""
        if isinstance(index, FlatIndex):
            return len(index) > _SCANNED_ROWS
        return len(index.snapshot_.table.x.pieces) > _MOST_PIECES

    def _build(self, store: VectorStore) -> None:
        try:
            everything = store.changes_since(-1)
            index = SignIndex().fit(everything.x, everything.ids)
            with self._renewing:
                self._index, self._seq, self._seen = index, everything.seq, None
                self._renew()  # what came meanwhile
        finally:
            self._building.release()


def _mean(x: Rows) -> NDArray[np.float32]:
    """Return the mean of rows spread evenly over all, (dim,)."""
    rows = np.arange(0, len(x), max(1, len(x) // _SAMPLED_ROWS))
    mean: NDArray[np.float32] = x.take(rows).mean(axis=0) if len(rows) else np.zeros(x.dim, "f4")
    return mean


def _stamp(manifest: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(manifest)  # noqa: PTH116 (a Path costs more)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
