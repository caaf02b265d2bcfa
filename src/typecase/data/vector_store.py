"""Vectors on disk that one process appends to while others search them.

A folder of immutable segments and one `manifest.json`; the rename of the manifest publishes. What
`append` or `remove` returned from is there after a kill -9 at any moment, what it did not return
from is there whole or not at all, and opening repairs nothing.

Nothing that grows with the rows is read at opening: vectors, ids, sequence numbers, hashes and
attributes are mapped into memory. Files of up to 256 KB are compared with their checksums when they
are opened, larger ones by their size; `verify` reads all.

Sequence numbers grow with every append and removal, so the newest row of an id wins, and a reader
can ask what came after the last number that it saw.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_ids
from typecase.base.errors import CorruptFileError, InvalidInputError, StorageError
from typecase.base.files import acquire_lock, check_file, make_folder, storage_errors
from typecase.data.attributes import AttributeTable, Columns
from typecase.data.rows import Rows, rows_of
from typecase.data.segments import HASH_BYTES, joined_norms
from typecase.data.store_manifest import (
    MANIFEST,
    check_files,
    create,
    read_header,
    remove_unnamed,
)
from typecase.data.store_view import Changes, StoreView
from typecase.data.store_writer import Derived, MakeDerived, StoreWriter
from typecase.data.vector_table import VectorTable


class Attached(NamedTuple):
    """Arrays derived from the rows of a store."""

    arrays: dict[str, NDArray[Any]]
    """By name, mapped from disk."""
    seq: int
    """The sequence number of the last change that they hold."""


class VectorStore:
    """Append, remove, read; one writer, any number of readers.

    Opened with `VectorStore.open`. A reader sees the state of its last `refresh`; a writer its
    own. Use a writer in a `with` block, or `close` it. Threads may share one.
    """

    def __init__(self, folder: Path, view: StoreView, lock: int | None) -> None:
        """Use `VectorStore.open`."""
        self.folder = folder
        self._seen = view
        self._writer = None if lock is None else StoreWriter(folder, view, lock)

    @classmethod
    def open(cls, folder: str | Path, *, write: bool = False, dim: int | None = None) -> Self:
        """Open a store.

        Args:
            write: take the one writer's place; creates the folder where there is none.
            dim: needed to create; otherwise compared with what is there.

        Raises:
            StorageError: there is no store and write is False, or the disk refused.
            LockedError: another writer has it open.
            InvalidInputError: another dim, or none to create with, or the folder holds
                something else.
            CorruptFileError: a file was cut off or lost, or a small one changed; the message
                names it.
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
        """Return the live ids, (n,), in the order of `vectors`; do not write into them."""
        return self._view.ids()

    def vectors(self) -> Rows:
        """Return the live vectors, (n, dim), mapped from disk; only what holds dead rows is copied.

        Take ids and vectors between two refreshes, so that they belong together.
        """
        return self._view.x()

    def table(self, *, cosine: bool = True) -> VectorTable:
        """Return what an index holds of all rows, dead ones among them, mapped from disk.

        Until the store is compacted, rows keep their numbers and new ones come behind. Reads
        nothing when all rows are of unit length, or the metric is the plain product.

        Raises:
            InvalidInputError: a vector is too long for an index.
        """
        view = self._view
        norms = joined_norms(view.segments)
        table = VectorTable.of_lookup(view.x_all, view.lookup, cosine=cosine, norm_range=norms)
        return replace(table, attributes=view.attributes)

    @property
    def attributes(self) -> AttributeTable | None:
        """The attributes of the rows of `table`, mapped from disk; None where rows have none."""
        return self._view.attributes

    def n_rows_at(self, seq: int) -> int:
        """Return how many rows of `table` had come when seq was the number of the last change.

        A number of before the last compaction gives 0: rows have other numbers since.
        """
        view = self._view
        return view.first_after(seq) if seq >= view.manifest["compacted_seq"] else 0

    def is_current(self, ids: ArrayLike, hashes: ArrayLike) -> NDArray[np.bool_]:
        """Return for each id whether it is stored with this content hash, (n,).

        Args:
            hashes: (n, 16) uint8.
        """
        view, numbers = self._view, check_ids(ids, unique=False)
        wanted = _check_hashes(hashes, len(numbers))
        rows = view.lookup.find(numbers)
        same = rows >= 0
        same[same] = (view.hashes_at(rows[same]) == wanted[same]).all(axis=1)
        return same

    def take(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Return the vectors of some ids, (n, dim), in memory.

        Raises:
            UnknownIdError: one is not there.
        """
        view = self._view
        return view.x_all.take(view.lookup.known(check_ids(ids, unique=False)))

    def changes_since(self, seq: int) -> Changes:
        """Return what an index that saw `seq` must do to hold what this store holds.

        Start with -1. Take `removed` out (those that the index has), then update with `x`.
        """
        return self._view.changes_since(seq)

    def refresh(self) -> bool:
        """See what the writer has published since; return whether there was anything.

        Costs one small read when nothing changed; known segments are not opened again.

        Raises:
            CorruptFileError, StorageError: as open; the old state then stays usable.
        """
        if read_header(self.folder)["generation"] == self.generation:
            return False
        self._seen = StoreView.open(self.folder, self._seen)
        return True

    def append(
        self,
        ids: ArrayLike,
        x: ArrayLike | Rows,
        hashes: ArrayLike | None = None,
        attributes: Columns | None = None,
    ) -> None:
        """Add rows; where an id is there already, the new row replaces it. Durable on return.

        Args:
            ids: (n,) unique int64.
            x: (n, dim); what is in `Rows` is not looked at once more.
            hashes: (n, 16) uint8 of what the vectors were made from; None stores zeros.
            attributes: n values by name, for predicates; see `typecase.data.attributes`. The
                first rows decide on the names, which all later ones must have.

        Raises:
            InvalidInputError: shapes or values do not fit; nothing was added.
            StorageError: opened for reading, or the disk refused; nothing was added.
        """
        writer = self._writing()
        rows = self._checked(x)
        n = len(rows)
        checked = None if hashes is None else _check_hashes(hashes, n)
        writer.append(check_ids(ids, n=n), rows, checked, attributes)

    def fill(
        self,
        ids: ArrayLike,
        x: ArrayLike | Rows,
        *,
        attributes: AttributeTable | None = None,
        order: ArrayLike | None = None,
        attach: Derived | MakeDerived | None = None,
    ) -> None:
        """Write the first rows of an empty store in an order, as `compact` would leave them.

        Writes them once, where `append` and `compact` write them twice. Durable on return.

        Args:
            ids, x: as `append`.
            attributes: of the rows, as they are given.
            order, attach: as `compact`.

        Raises:
            InvalidInputError: shapes or values do not fit, or there are rows already; nothing was
                added.
            StorageError: as `append`.
        """
        writer = self._writing()
        rows = self._checked(x)
        numbers = check_ids(ids, n=len(rows))
        if attributes is not None and len(attributes) != len(rows):
            raise InvalidInputError(
                f"attributes must be of {len(rows)} rows, got {len(attributes)}."
            )
        writer.fill(numbers, rows, attributes, order, attach)

    def check_writable(self) -> None:
        """Raise StorageError where it is open for reading, before work is done in vain."""
        self._writing()

    def set_attributes(self, ids: ArrayLike, attributes: Columns) -> None:
        """Give rows that are there other values, of some columns or of new ones.

        Vectors and other columns stay as they are; in a new column other rows have no value.
        Durable on return.

        Args:
            ids: (n,) unique.
            attributes: n values by name.

        Raises:
            UnknownIdError: an id is not there; nothing is changed.
            InvalidInputError: a column is of another kind than before; nothing is changed.
            StorageError: opened for reading, or the disk refused; nothing is changed.
        """
        self._writing().set_attributes(check_ids(ids), attributes)

    def remove(self, ids: ArrayLike) -> None:
        """Take ids out. Durable on return; their space is freed by `compact`.

        Raises:
            UnknownIdError: an id is not there; then nothing is removed.
            StorageError: opened for reading, or the disk refused; nothing was removed.
        """
        self._writing().remove(check_ids(ids))

    def compact(
        self, *, order: ArrayLike | None = None, attach: Derived | MakeDerived | None = None
    ) -> None:
        """Write all live rows into one segment and drop the rest. Readers then start anew.

        Needs free space for one more copy while it runs. Other threads may read, append and
        remove meanwhile; what they change is there afterwards, too.

        Args:
            order: a permutation of 0 .. len(self) - 1: row i is to be what stands in `ids` and
                `vectors` at order[i] now. None keeps the order.
            attach: what is to be attached in the same step, by name, each a dict of arrays; or a
                function that makes it from the ids, (n,), and the rows, (n, dim), as they will
                stand. What was attached before goes.

        Raises:
            InvalidInputError: order is not such a permutation.
            StorageError: opened for reading, or the disk refused; nothing has changed.
            CorruptFileError: a file was changed, which the message names; nothing has changed.
        """
        self._writing().compact(order, attach)

    def attach(self, name: str, arrays: Mapping[str, ArrayLike], seq: int) -> None:
        """Keep arrays that are derived from the rows beside them. Durable on return.

        They are published like rows are, and go when the store is compacted, which moves rows;
        until then rows only come behind. An older attachment of the name is replaced; an array
        that is the very one that `attached` gave is not written again.

        Args:
            name: lower-case letters, digits, _; so for the names of the arrays.
            seq: the changes that they hold: what `seq` was when they were made.

        Raises:
            InvalidInputError: a name does not fit, or seq is of before the last compaction or not
                yet there.
            StorageError: opened for reading, or the disk refused; nothing has changed.
        """
        self._writing().attach(name, arrays, seq)

    def attached(self, name: str, *, verify: Collection[str] = ()) -> Attached | None:
        """Return what is attached under a name, mapped from disk, or None.

        Args:
            verify: arrays whose files are read and compared with their checksums.

        Raises:
            CorruptFileError: a file of it is lost, cut off or, with verify, changed. Make it anew
                from the rows, and `attach` that; the rows are not touched by this.
        """
        view = self._view
        found = view.attached.get(name)
        if isinstance(found, CorruptFileError):
            raise found
        if found is not None:
            entries = view.manifest["attached"][name]["arrays"]
            for entry in (entries[array] for array in verify):
                check_file(self.folder / entry["file"], entry)
        return None if found is None else Attached(found, view.manifest["attached"][name]["seq"])

    def verify(self) -> None:
        """Read every file and compare its checksum.

        Raises:
            CorruptFileError: one was changed; the message names it.
        """
        read_header(self.folder)
        check_files(self.folder, self._view.manifest)

    def close(self) -> None:
        """Free the writer's place. Reading goes on working."""
        if self._writer is not None:
            self._writer.close()
            self._seen, self._writer = self._writer.view, None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _view(self) -> StoreView:
        writer = self._writer
        return self._seen if writer is None else writer.view

    def _writing(self) -> StoreWriter:
        if self._writer is None:
            raise StorageError(f"{self.folder} is open for reading. Open it with write=True.")
        return self._writer

    def _checked(self, x: ArrayLike | Rows) -> Rows:
        return x if isinstance(x, Rows) and x.dim == self.dim else rows_of(x, dim=self.dim)


def _open(folder: Path, dim: int | None) -> StoreView:
    view = StoreView.open(folder)
    if dim is not None and dim != view.manifest["dim"]:
        raise InvalidInputError(f"{folder} has dim {view.manifest['dim']}, asked for {dim}.")
    return view


def _check_hashes(hashes: ArrayLike, n: int) -> NDArray[np.uint8]:
    array = np.asarray(hashes)
    if array.dtype != np.uint8 or array.shape != (n, HASH_BYTES):
        raise InvalidInputError(
            f"hashes must be ({n}, {HASH_BYTES}) uint8, got {array.dtype} {array.shape}."
        )
    return array
