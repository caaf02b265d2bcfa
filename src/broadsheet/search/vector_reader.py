"""The vectors of one model, searched while another process may append to them."""

import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import BroadsheetError
from broadsheet.search.border import engine_errors
from broadsheet.search.memory import Memory
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.unit import unit
from broadsheet.search.vector_codes import Opened, open_vectors
from broadsheet.search.vector_folders import stamp_of
from typecase.data.filters import IdMask, allowed_rows
from typecase.data.rows import Rows
from typecase.data.segments import MANIFEST
from typecase.data.vector_table import VectorTable
from typecase.indexes.contract import search_exactly

_LOOK_EVERY_S = 0.5
_REST = 20.0
"""Opening what has come may take so small a part of the time: one in this."""

_FEW_LEFT_OUT = 64
_MASKS = 16
_SAMPLED_ROWS = 4_096
_SAMPLE_HOLDS = 1.05


class VectorReader:
    """Nearest papers by cosine, under any mask. Threads share it.

    Vectors stay on disk, mapped into memory; where there are codes beside them, those are
    searched. What another process wrote is taken in beside the searches, which go on with what
    there was. A folder that is missing is as good as empty.

    Args:
        folder: of a `VectorStore`.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._opened: Opened | None = None
        self._mean: tuple[int, NDArray[np.float32]] | None = None
        self._seen: tuple[int, int] | None = None
        self._failure: BroadsheetError | None = None
        self._look_at = 0.0
        self._renewing = threading.Lock()
        self._masks: Memory[tuple[int, int, int], tuple[object, object, IdMask]]
        self._masks = Memory(size=_MASKS)

    def n_vectors(self) -> int:
        """Return how many papers have a vector.

        Raises:
            IndexBrokenError: the store is damaged; so for all methods.
        """
        opened = self._current()
        return len(opened.table.lookup) if opened else 0

    def search(
        self,
        q: NDArray[np.float32],
        mask: IdMask | None,
        *,
        k: int,
        not_in: NDArray[np.int64] | None = None,
    ) -> Scored:
        """Return the k nearest of q, (dim,), among the keys that the mask allows.

        Args:
            mask: what was made of it is kept as long as the same object comes.
            not_in: keys to leave out, (m,), as those that a reader has seen; kept in the same way
                when they are many, so hand the same array until it changes.
        """
        opened = self._current()
        if opened is None:
            return NOTHING
        few = np.empty(0, dtype=np.int64)
        if not_in is not None and len(not_in) <= _FEW_LEFT_OUT:
            few = not_in
        elif not_in is not None:
            mask = self._without(mask, not_in, opened.table)
        with engine_errors("searching the vectors"):
            found = _nearest(opened, q, mask, k + len(few))
        keep = ~np.isin(found.keys, few)
        return Scored(found.keys[keep][:k], found.scores[keep][:k])

    def last_scores(self, q: NDArray[np.float32], *, k: int) -> NDArray[np.float32]:
        """Return the cosines, (n,), of the k-th nearest of queries, (n, dim), all asked at once.

        Where there are fewer papers it is the last one's; 1.0 where there are none.
        """
        opened = self._current()
        if opened is None:
            return np.ones(len(q), dtype=np.float32)
        with engine_errors("searching the vectors"):
            if opened.index is not None:
                ids, scores = opened.index.search(q, k)
            else:
                units = np.stack([unit(row) for row in q])
                ids, scores = search_exactly(opened.table, units, k, opened.table.alive)
        last: NDArray[np.float32] = np.where(ids >= 0, scores, np.float32(1.0)).min(axis=1)
        return last

    def scores(self, q: NDArray[np.float32], keys: NDArray[np.int64]) -> Scored:
        """Return those of some papers that have a vector, with their cosines to q, (dim,)."""
        opened = self._current()
        if opened is None or not len(keys):
            return NOTHING
        table = opened.table
        rows = table.lookup.find(keys)
        there = rows >= 0
        cosines: NDArray[np.float32] = table.x.take(rows[there]) @ unit(q)
        if table.inverse_norms is not None:
            cosines = cosines * table.inverse_norms[rows[there]]
        return Scored(keys[there], cosines)

    def typical(self, q: NDArray[np.float32]) -> float:
        """Return about the mean cosine of all papers to q, (dim,); 0.0 while there are none."""
        self._current()
        return 0.0 if self._mean is None else float(q @ self._mean[1])

    def mean(self) -> NDArray[np.float32] | None:
        """Return about the mean vector of all papers, (dim,); None while there are none."""
        self._current()
        return None if self._mean is None else self._mean[1]

    def vector(self, key: int) -> NDArray[np.float32] | None:
        """Return the vector of a paper, (dim,), or None when it has none yet."""
        opened = self._current()
        if opened is None:
            return None
        row = opened.table.lookup.find(np.array([key], dtype=np.int64))
        return opened.table.x.take(row)[0] if row[0] >= 0 else None

    def vectors(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of some papers that have a vector, (m,), and unit vectors, (m, dim)."""
        opened = self._current()
        if opened is None:
            return NOTHING.keys, np.empty((0, 0), dtype=np.float32)
        rows = opened.table.lookup.find(keys)
        there = rows >= 0
        x: NDArray[np.float32] = opened.table.x.take(rows[there])
        if opened.table.inverse_norms is not None:
            x = x * opened.table.inverse_norms[rows[there]][:, None]
        return keys[there], x

    def sample(self, n: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return n papers by chance, or all, in no order, and unit vectors; see `vectors`."""
        opened = self._current()
        keys = NOTHING.keys if opened is None else opened.table.lookup.live_ids()
        rng = np.random.default_rng(seed)
        return self.vectors(rng.choice(keys, min(n, len(keys)), replace=False))

    def generation(self) -> tuple[int, int] | None:
        """Return what changes whenever the answers may; None while there are no vectors."""
        self._current()
        return self._seen

    def refresh(self) -> None:
        """Take in at once what has been written."""
        with self._renewing:
            self._renew()

    def _current(self) -> Opened | None:
        if self._opened is None:
            self.refresh()
        elif time.monotonic() >= self._look_at and self._renewing.acquire(blocking=False):
            if self._is_changed():
                threading.Thread(target=self._renew_beside, name="vectors", daemon=True).start()
            else:
                self._look_at = time.monotonic() + _LOOK_EVERY_S
                self._renewing.release()
        if self._failure is not None:
            raise self._failure
        return self._opened

    def _is_changed(self) -> bool:
        return stamp_of(self.folder / MANIFEST) not in (None, self._seen)

    def _renew_beside(self) -> None:
        try:
            self._renew()
        except BroadsheetError as e:
            self._failure = e
        finally:
            self._renewing.release()

    def _renew(self) -> None:
        start = time.monotonic()
        try:
            stamp = stamp_of(self.folder / MANIFEST)
            if stamp is not None and stamp != self._seen:
                self._open(stamp)
        finally:
            now = time.monotonic()
            self._look_at = now + max(_LOOK_EVERY_S, _REST * (now - start))

    def _open(self, stamp: tuple[int, int]) -> None:
        with engine_errors("reading the vectors"):
            # Opened anew, not refreshed: the folder may have been removed and made again.
            opened = open_vectors(self.folder)
            if opened.index is not None:  # the first search prepares it
                opened.index.search(opened.table.x.take(np.zeros(1, dtype=np.int64)), 1)
            self._mean = _renewed_mean(self._mean, opened.table.x)
        self._opened, self._seen, self._failure = opened, stamp, None

    def _without(
        self, mask: IdMask | None, not_in: NDArray[np.int64], table: VectorTable
    ) -> IdMask:
        """Return the same object for the same two, so that the index knows it again."""
        n = _n_keys(table) if mask is None else len(mask.allowed)
        key = (id(mask), id(not_in), n)
        if (kept := self._masks.get(key)) is not None:
            return kept[2]
        allowed = np.ones(n, dtype=bool) if mask is None else mask.allowed.copy()
        allowed[not_in[(not_in >= 0) & (not_in < n)]] = False
        # Mask and keys are kept, too, so that no other object gets their places in memory.
        return self._masks.put(key, (mask, not_in, IdMask(allowed)))[2]


def _nearest(opened: Opened, q: NDArray[np.float32], mask: IdMask | None, k: int) -> Scored:
    table = opened.table
    if opened.index is not None:
        ids, scores = opened.index.search(q[None], k, filter=mask)
    else:
        allowed = table.alive if mask is None else allowed_rows(mask, table.lookup)
        ids, scores = search_exactly(table, unit(q)[None], k, allowed)
    there = ids[0] >= 0
    return Scored(ids[0][there], scores[0][there])


def _n_keys(table: VectorTable) -> int:
    return 1 + max((run.highest for run in table.lookup.runs), default=-1)


def _renewed_mean(
    last: tuple[int, NDArray[np.float32]] | None, x: Rows
) -> tuple[int, NDArray[np.float32]] | None:
    """Return the mean of rows spread evenly over all, (dim,), and of how many they were taken.

    The last one stays while there are hardly more rows: a sample reads the disk here and there.
    """
    if last is not None and last[0] <= len(x) <= _SAMPLE_HOLDS * last[0]:
        return last
    rows = np.arange(0, len(x), max(1, len(x) // _SAMPLED_ROWS))
    return (len(x), x.take(rows).mean(axis=0)) if len(rows) else None
