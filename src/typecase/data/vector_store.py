"""Vectors on disk that one process appends to while others search them.

A folder of immutable segments and one `manifest.json`; the rename of the manifest publishes. What
`append` or `remove` returned from is there after a kill -9 at any moment, what it did not return
from is there whole or not at all, and opening repairs nothing.

A segment is two files: `x` (n, dim) float32, mapped into memory, and `rows`, one record a row: id,
sequence number and content hash. Sequence numbers grow with every append and removal, so the
newest row of an id wins, and a reader can ask what came after the last number that it saw.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_ids, check_vectors
from typecase.base.errors import (
    CorruptFileError,
    InvalidInputError,
    StorageError,
    UnknownIdError,
)
from typecase.base.files import (
    acquire_lock,
    check_file,
    make_folder,
    storage_errors,
    write_manifest,
)
from typecase.data.rows import Rows
from typecase.data.segments import (
    HASH_BYTES,
    MANIFEST,
    REMOVAL,
    ROW,
    create,
    file_entries,
    mergeable_tail,
    open_segment,
    read_header,
    remove_unnamed,
    write_attached,
    write_removals,
    write_segment,
)
from typecase.data.store_view import StoreView

log = logging.getLogger(__name__)

_BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened to a store after a sequence number."""

    seq: int
    """Ask with this number next time."""
    anew: bool
    """The store was compacted since: `ids` and `x` are all there is, forget what you have."""
    removed: NDArray[np.int64]
    """(m,) ids that are gone."""
    ids: NDArray[np.int64]
    """(n,) ids that are new or have a new vector."""
    x: Rows
    """(n, dim)."""


class Attached(NamedTuple):
    """Arrays derived from the rows of a store."""

    arrays: dict[str, NDArray[Any]]
    """By name, mapped from disk."""
    seq: int
    """The sequence number of the last change that they hold."""


Derived: TypeAlias = Mapping[str, Mapping[str, ArrayLike]]
MakeDerived: TypeAlias = Callable[[NDArray[np.int64], Rows], Derived]


class VectorStore:
    """Append, remove, read; one writer, any number of readers.

    Opened with `VectorStore.open`. A reader sees the state of its last `refresh`; a writer its
    own. Use a writer in a `with` block, or `close` it.
    """

    def __init__(self, folder: Path, view: StoreView, lock: int | None) -> None:
        """Use `VectorStore.open`."""
        self.folder = folder
        self._view = view
        self._lock = lock

    @classmethod
    def open(cls, folder: str | Path, *, write: bool = False, dim: int | None = None) -> Self:
        """Open a store.

        Ids and hashes are compared with their checksums, vectors only by size; `verify` reads all.

        Args:
            write: take the one writer's place; creates the folder where there is none.
            dim: needed to create; otherwise compared with what is there.

        Raises:
            StorageError: there is no store and write is False, or the disk refused.
            LockedError: another writer has it open.
            InvalidInputError: another dim, or none to create with, or the folder holds
                something else.
            CorruptFileError: a file was changed, cut off or lost; the message names it.
            FormatVersionError: it was written by a newer version.
        """
        folder = Path(folder)
        if not write:
            return cls(folder, _open(folder, dim), None)
        make_folder(folder)
        lock = acquire_lock(folder)
        try:
            if not (folder / MANIFEST).exists():
                with storage_errors(f"creating the vectors in {folder}"):
                    create(folder, dim)
            view = _open(folder, dim)
            remove_unnamed(folder, view.manifest)
        except BaseException:
            os.close(lock)
            raise
        return cls(folder, view, lock)

    @property
    def dim(self) -> int:
        """The number of columns."""
        return int(self._view.manifest["dim"])

    @property
    def generation(self) -> int:
        """Grows with every published change."""
        return int(self._view.manifest["generation"])

    @property
    def seq(self) -> int:
        """The sequence number of the last change; see `changes_since`."""
        return int(self._view.manifest["next_seq"]) - 1

    def __len__(self) -> int:
        return len(self._view.lookup)

    def ids(self) -> NDArray[np.int64]:
        """Return the live ids, (n,), in the order of `vectors`."""
        return self._view.ids()

    def vectors(self) -> Rows:
        """Return the live vectors, (n, dim), mapped from disk; only what holds dead rows is copied.

        Take ids and vectors between two refreshes, so that they belong together.
        """
        return self._view.x()

    def is_current(self, ids: ArrayLike, hashes: ArrayLike) -> NDArray[np.bool_]:
        """Return for each id whether it is stored with this content hash, (n,).

        Args:
            hashes: (n, 16) uint8.
        """
        numbers = check_ids(ids, unique=False)
        wanted = _check_hashes(hashes, len(numbers))
        rows = self._view.lookup.find(numbers)
        same = rows >= 0
        stored = self._view.rows["hash"][rows[same]]
        same[same] = (stored == wanted[same]).all(axis=1)
        return same

    def take(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Return the vectors of some ids, (n, dim), in memory.

        Raises:
            UnknownIdError: one is not there.
        """
        view = self._view
        rows = _known_rows(view, check_ids(ids, unique=False))
        return Rows([segment.x for segment in view.segments], dim=self.dim).take(rows)

    def changes_since(self, seq: int) -> Changes:
        """Return what an index that saw `seq` must do to hold what this store holds.

        Start with -1. Take `removed` out (those that the index has), then update with `x`.
        """
        view = self._view
        anew = seq < view.manifest["compacted_seq"]
        after = -1 if anew else seq
        first = int(np.searchsorted(view.rows["seq"], after, side="right"))
        gone = np.unique(view.removals["id"][view.removals["seq"] > after])
        return Changes(
            seq=self.seq,
            anew=anew,
            removed=gone[view.lookup.find(gone) < 0],
            ids=view.ids(first),
            x=view.x(first),
        )

    def refresh(self) -> bool:
        """See what the writer has published since; return whether there was anything.

        Costs one small read when nothing changed; known segments are not opened again.

        Raises:
            CorruptFileError, StorageError: as open; the old state then stays usable.
        """
        if read_header(self.folder)["generation"] == self.generation:
            return False
        self._view = StoreView.open(self.folder, self._view)
        return True

    def append(self, ids: ArrayLike, x: ArrayLike, hashes: ArrayLike | None = None) -> None:
        """Add rows; where an id is there already, the new row replaces it. Durable on return.

        Args:
            ids: (n,) unique int64.
            x: (n, dim).
            hashes: (n, 16) uint8 of what the vectors were made from; None stores zeros.

        Raises:
            InvalidInputError: shapes or values do not fit; nothing was added.
            StorageError: opened for reading, or the disk refused; nothing was added.
        """
        with self._changing("appending to"):
            vectors = check_vectors(x, dim=self.dim)
            n, seq = len(vectors), self._view.manifest["next_seq"]
            rows = np.zeros(n, dtype=ROW)
            rows["id"] = check_ids(ids, n=n)
            rows["seq"] = seq + np.arange(n)
            if hashes is not None:
                rows["hash"] = _check_hashes(hashes, n)
            if n:
                entry = write_segment(self.folder, [vectors], rows, self.dim)
                self._publish([*self._entries(), entry], next_seq=seq + n)
                self._merge_tail()

    def remove(self, ids: ArrayLike) -> None:
        """Take ids out. Durable on return; their space is freed by `compact`.

        Raises:
            UnknownIdError: an id is not there; then nothing is removed.
            StorageError: opened for reading, or the disk refused; nothing was removed.
        """
        with self._changing("removing from"):
            numbers, seq = check_ids(ids), self._view.manifest["next_seq"]
            _known_rows(self._view, numbers)
            new = np.zeros(len(numbers), dtype=REMOVAL)
            new["id"], new["seq"] = numbers, seq
            if len(new):
                removals = np.concatenate([self._view.removals, new])
                entry = write_removals(self.folder, removals)
                self._publish(self._entries(), next_seq=seq + 1, removals=entry)

    def compact(
        self, *, order: ArrayLike | None = None, attach: Derived | MakeDerived | None = None
    ) -> None:
        """Write all live rows into one segment and drop the rest. Readers then start anew.

        Needs free space for one more copy while it runs.

        Args:
            order: a permutation of 0 .. len(self) - 1: row i is to be what stands in `ids` and
                `vectors` at order[i] now. None keeps the order.
            attach: what is to be attached in the same step, by name, each a dict of arrays; or a
                function that makes it from the ids, (n,), and the rows, (n, dim), as they will
                stand. What was attached before goes.

        Raises:
            InvalidInputError: order is not such a permutation.
            StorageError: opened for reading, or the disk refused; nothing has changed.
        """
        with self._changing("compacting"):
            view, seq = self._view, self._view.manifest["next_seq"]
            live, x = view.rows[view.live], view.x()
            places = None if order is None else _check_order(order, len(live))
            live = live if places is None else live[places]
            live["seq"] = seq
            blocks = _blocks(x, places)
            entries = [write_segment(self.folder, blocks, live, self.dim)] if len(live) else []
            if callable(attach):
                rows = [open_segment(self.folder, entry).x for entry in entries]
                attach = attach(np.ascontiguousarray(live["id"]), Rows(rows, dim=self.dim))
            attached = {
                name: write_attached(self.folder, name, arrays, seq)
                for name, arrays in (attach or {}).items()
            }
            changes = {"next_seq": seq + 1, "removals": None, "compacted_seq": seq}
            self._publish(entries, attached=attached, **changes)

    def attach(self, name: str, arrays: Mapping[str, ArrayLike], seq: int) -> None:
        """Keep arrays that are derived from the rows beside them. Durable on return.

        They are published like rows are, and go when the store is compacted, which moves rows;
        until then rows only come behind. An older attachment of the name is replaced.

        Args:
            name: lower-case letters, digits, _; so for the names of the arrays.
            seq: the changes that they hold: what `seq` was when they were made.

        Raises:
            InvalidInputError: a name does not fit, or seq is of before the last compaction or not
                yet there.
            StorageError: opened for reading, or the disk refused; nothing has changed.
        """
        oldest = self._view.manifest["compacted_seq"]
        if not oldest <= seq <= self.seq:
            raise InvalidInputError(f"seq must be between {oldest} and {self.seq}, got {seq}.")
        with self._changing("attaching to"):
            entry = write_attached(self.folder, name, arrays, seq)
            attached = self._view.manifest.get("attached", {}) | {name: entry}
            self._publish(self._entries(), attached=attached)

    def attached(self, name: str) -> Attached | None:
        """Return what is attached under a name, mapped from disk, or None.

        Raises:
            CorruptFileError: a file of it is lost or cut off. Make it anew from the rows, and
                `attach` that; the rows are not touched by this.
        """
        found = self._view.attached.get(name)
        if isinstance(found, CorruptFileError):
            raise found
        if found is None:
            return None
        return Attached(found, self._view.manifest["attached"][name]["seq"])

    def verify(self) -> None:
        """Read every file and compare its checksum.

        Raises:
            CorruptFileError: one was changed; the message names it.
        """
        for entry in file_entries(self._view.manifest):
            check_file(self.folder / entry["file"], entry)

    def close(self) -> None:
        """Free the writer's place. Reading goes on working."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _changing(self, action: str) -> Iterator[None]:
        if self._lock is None:
            raise StorageError(f"{self.folder} is open for reading. Open it with write=True.")
        with storage_errors(f"{action} {self.folder}"):
            try:
                yield
            finally:
                remove_unnamed(self.folder, self._view.manifest)

    def _entries(self) -> list[dict[str, Any]]:
        return [segment.entry for segment in self._view.segments]

    def _publish(self, segments: list[dict[str, Any]], **changes: Any) -> None:
        manifest = self._view.manifest | changes
        manifest |= {"generation": self.generation + 1, "segments": segments}
        write_manifest(self.folder / MANIFEST, manifest)
        self._view = StoreView.open(self.folder, self._view)

    def _merge_tail(self) -> None:
        """Keep segments few: neighbours of about one size become one. No row is dropped here."""
        while n := mergeable_tail([len(segment) for segment in self._view.segments]):
            tail = self._view.segments[-n:]
            rows = np.concatenate([segment.rows for segment in tail])
            try:
                entry = write_segment(self.folder, (segment.x for segment in tail), rows, self.dim)
                self._publish([*self._entries()[:-n], entry])
            except StorageError as error:  # the rows are safe; the next append tries again
                log.warning("could not merge segments folder=%s error=%s", self.folder, error)
                return


def _open(folder: Path, dim: int | None) -> StoreView:
    view = StoreView.open(folder)
    if dim is not None and dim != view.manifest["dim"]:
        raise InvalidInputError(f"{folder} has dim {view.manifest['dim']}, asked for {dim}.")
    return view


def _known_rows(view: StoreView, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = view.lookup.find(ids)
    if (rows < 0).any():
        raise UnknownIdError(f"id {ids[rows < 0][0]} is not stored.")
    return rows


def _check_order(order: ArrayLike, n: int) -> NDArray[np.int64]:
    places = check_ids(order, n=n, name="order")
    if n and int(places.max()) >= n:
        raise InvalidInputError(f"order must be a permutation of 0 .. {n - 1}.")
    return places


def _blocks(x: Rows, places: NDArray[np.int64] | None) -> Iterator[NDArray[np.float32]]:
    if places is None:
        yield from (block for _, block in x.blocks(_BLOCK_ROWS))
        return
    for start in range(0, len(places), _BLOCK_ROWS):
        yield x.take(places[start : start + _BLOCK_ROWS])


def _check_hashes(hashes: ArrayLike, n: int) -> NDArray[np.uint8]:
    array = np.asarray(hashes)
    if array.dtype != np.uint8 or array.shape != (n, HASH_BYTES):
        raise InvalidInputError(
            f"hashes must be ({n}, {HASH_BYTES}) uint8, got {array.dtype} {array.shape}."
        )
    return array
