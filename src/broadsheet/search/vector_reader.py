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
from typecase.data.vector_store import VectorStore
from typecase.indexes.sign import SignIndex

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_MOST_PIECES = 64


class VectorReader:
    """Nearest papers by cosine, under any mask. Threads share it.

    What another process appended is taken in by whichever search comes first, at most twice a
    second; the others go on with what there was. A folder that is missing is as good as empty.

    Args:
        folder: of a `VectorStore`.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._manifest = os.path.join(folder, "manifest.json")  # noqa: PTH118 (asked often)
        self._store: VectorStore | None = None
        self._index: SignIndex | None = None
        self._seq = -1
        self._seen: tuple[int, int] | None = None
        self._looked_at = -_LOOK_EVERY_S
        self._renewing = threading.Lock()

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
        index = self._current()
        return float(q @ index.snapshot_.codes.mean) if index else 0.0

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

    def _current(self) -> SignIndex | None:
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return self._index
        if self._index is None:
            self.refresh()
        elif self._renewing.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._renewing.release()
        return self._index

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
        changes = store.changes_since(self._seq)
        if self._index is None or changes.anew:
            self._index = SignIndex().fit(changes.x, changes.ids)
        else:
            if len(gone := np.intersect1d(changes.removed, self._index.ids)):
                self._index.remove(gone)
            self._index.update(changes.x, changes.ids)
            if len(self._index.snapshot_.table.x.pieces) > _MOST_PIECES:
                # What came in small parts is read anew as the store has merged it meanwhile
                self._index = SignIndex().fit(store.vectors(), store.ids())
        self._seq = changes.seq


def _stamp(manifest: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(manifest)  # noqa: PTH116 (a Path costs more)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
