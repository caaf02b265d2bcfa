"""The writing side of a vector store: makes files, and publishes them by the manifest.

A change writes new files under names of its own, then the manifest; what the old manifest alone
names goes afterwards. A change that fails takes its own files away, and nothing else.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_ids
from typecase.base.errors import (
    CorruptFileError,
    InvalidInputError,
    StorageError,
    TypecaseError,
)
from typecase.base.files import storage_errors, write_array
from typecase.data.attribute_files import write_attributes
from typecase.data.attributes import AttributeTable, with_new_rows
from typecase.data.attributes import Columns as AttributeColumns
from typecase.data.rows import Rows
from typecase.data.segments import (
    HASH_BYTES,
    Columns,
    check_segment,
    joined_norms,
    mergeable_tail,
    new_token,
    open_segment,
    write_segment,
)
from typecase.data.store_manifest import (
    REMOVAL,
    check_files,
    publish,
    remove_failed,
    remove_replaced,
    write_attached,
    write_removals,
)
from typecase.data.store_view import StoreView

log = logging.getLogger(__name__)

Derived: TypeAlias = Mapping[str, Mapping[str, ArrayLike]]
MakeDerived: TypeAlias = Callable[[NDArray[np.int64], Rows], Derived]

_BLOCK_ROWS = 8192
_MOST_UNSETTLED = 8192
_NONSENSE = (ArithmeticError, LookupError, TypeError, ValueError)  # what damaged arrays raise


class StoreWriter:
    """Holds the one writer's place of a folder. Several threads may call it."""

    def __init__(self, folder: Path, view: StoreView, lock: int) -> None:
        """Take over a lock's descriptor, which `close` closes."""
        self.folder = folder
        self.view = view
        self._lock: int | None = lock
        self._next_seq = int(view.manifest["next_seq"])
        self._changes = threading.RLock()
        self._compaction = threading.Lock()
        self._n_fixed = 0  # segments that a running compaction reads

    def append(
        self,
        ids: NDArray[np.int64],
        x: Rows,
        hashes: NDArray[np.uint8] | None,
        attributes: AttributeColumns | None,
    ) -> None:
        """Add checked rows, and their attributes, which are checked here."""
        n = len(ids)
        with self._changes, self._changing("appending to") as token:
            n_old = self.view.lookup.n_rows
            table = with_new_rows(self.view.attributes, attributes, n_old=n_old, n_new=n)
            if n:
                if hashes is None:
                    hashes = np.zeros((n, HASH_BYTES), dtype=np.uint8)
                seq = self._take_seq(n) + np.arange(n)
                columns = Columns(ids=ids, seq=seq, hashes=hashes)
                entry = write_segment(self.folder, x.pieces, columns, x.dim, token=token)
                self._publish([*self._entries(), entry], attributes=self._written(table, token))
                self._tidy()

    def fill(
        self,
        ids: NDArray[np.int64],
        x: Rows,
        attributes: AttributeTable | None,
        order: ArrayLike | None,
        attach: Derived | MakeDerived | None,
    ) -> None:
        """Write the first rows, checked ones, as `compact` writes those that are there."""
        with self._compaction, self._changes, self._changing("filling") as token:
            if self.view.lookup.n_rows:
                raise InvalidInputError(f"{self.folder} holds rows already: append to it.")
            rows, seq = _in_order(np.arange(len(ids)), order), self._take_seq(1)
            hashes = np.zeros((len(ids), HASH_BYTES), dtype=np.uint8)
            columns = Columns(ids=ids[rows], seq=np.full(len(ids), seq), hashes=hashes)
            entries, attached = self._written_anew(_blocks(x, rows), columns, attach, seq, token)
            table = None if attributes is None else attributes.take(rows)
            written = self._written(table, token)
            self._publish_compacted(entries, seq, attached=attached, attributes=written)

    def set_attributes(self, ids: NDArray[np.int64], attributes: AttributeColumns) -> None:
        """Give checked ids other values.

        Raises:
            UnknownIdError: one is not there; nothing is changed.
        """
        with self._changes, self._changing("setting attributes in") as token:
            lookup, table = self.view.lookup, self.view.attributes
            if table is None:
                table = AttributeTable.without_columns(lookup.n_rows)
            old, table = table, table.with_values(lookup.known(ids), attributes)
            if len(ids) or table.kinds != old.kinds:
                changed = dict.fromkeys(attributes, self._take_seq(1))
                entry = self._written(table, token, changed)
                self._publish(self._entries(), attributes=entry)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Take checked ids out.

        Raises:
            UnknownIdError: one is not there; nothing is removed.
        """
        with self._changes, self._changing("removing from") as token:
            self.view.lookup.known(ids)
            new = np.zeros(len(ids), dtype=REMOVAL)
            if len(ids):
                new["id"], new["seq"] = ids, self._take_seq(1)
                removals = np.concatenate([self.view.removals, new])
                entry = write_removals(self.folder, removals, token=token)
                self._publish(self._entries(), removals=entry)
                self._tidy()

    def attach(self, name: str, arrays: Mapping[str, ArrayLike], seq: int) -> None:
        """Write derived arrays; one that is attached already, as it came, is left where it is."""
        with self._changes, self._changing("attaching to") as token:
            manifest = self.view.manifest
            oldest, last = manifest["compacted_seq"], manifest["next_seq"] - 1
            if not oldest <= seq <= last:
                raise InvalidInputError(f"seq must be between {oldest} and {last}, got {seq}.")
            kept, held = {}, self.view.attached.get(name)
            if isinstance(held, dict):
                there = manifest["attached"][name]["arrays"]
                kept = {key: there[key] for key in arrays if arrays[key] is held.get(key)}
            new = {key: array for key, array in arrays.items() if key not in kept}
            entry = write_attached(self.folder, name, new, seq, token=token)
            entry["arrays"] |= kept
            self._publish(self._entries(), attached=manifest["attached"] | {name: entry})

    def compact(self, order: ArrayLike | None, attach: Derived | MakeDerived | None) -> None:
        """Write the live rows anew, while other threads may append, remove and read."""
        with self._compaction, self._changing("compacting") as token:
            with self._changes:
                view, seq = self.view, self._take_seq(1)
                self._n_fixed = len(view.segments)
            try:
                rows = _live_rows(view, order)
                for segment in view.segments:
                    check_segment(self.folder, segment.entry)
                columns = Columns(
                    ids=view.lookup.ids_at(rows),
                    seq=np.full(len(rows), seq, dtype=np.int64),
                    hashes=view.hashes_at(rows),
                )
                blocks, norms = _blocks(view.x_all, rows), joined_norms(view.segments)
                entries, attached = self._written_anew(blocks, columns, attach, seq, token, norms)
                with self._changes:
                    new_rows = np.arange(view.lookup.n_rows, self.view.lookup.n_rows)
                    self._publish_compacted(
                        entries,
                        seq,
                        attached=attached,
                        attributes=self._moved(np.concatenate([rows, new_rows]), token),
                    )
            finally:
                self._n_fixed = 0

    def close(self) -> None:
        """Free the place."""
        with self._changes:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _written_anew(
        self,
        blocks: Iterator[NDArray[np.float32]],
        columns: Columns,
        attach: Derived | MakeDerived | None,
        seq: int,
        token: str,
        norms: tuple[float, float] | None = None,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Write rows and what is derived from them; return the entries of both."""
        dim = self.view.x_all.dim
        entries = []
        if len(columns):
            entries = [write_segment(self.folder, blocks, columns, dim, token=token, norms=norms)]
        if callable(attach):
            pieces = [open_segment(self.folder, entry).x for entry in entries]
            attach = attach(columns.ids, Rows(pieces, dim=dim))
        attached = {
            name: write_attached(self.folder, name, arrays, seq, token=token)
            for name, arrays in (attach or {}).items()
        }
        return entries, attached

    def _moved(self, rows: NDArray[np.int64], token: str) -> dict[str, Any] | None:
        """Write the attributes of some of the rows there are now, in their order."""
        table = self.view.attributes
        return None if table is None else self._written(table.take(rows), token)

    def _written(
        self, table: AttributeTable | None, token: str, changed: dict[str, int] | None = None
    ) -> dict[str, Any] | None:
        """Write what of attributes is not written yet; return their manifest entry."""
        if table is None:
            return None
        before = (self.view.attributes, self.view.manifest["attributes"])
        return write_attributes(self.folder, table, before, token=token, changed=changed)

    def _publish_compacted(self, entries: list[dict[str, Any]], seq: int, **changes: Any) -> None:
        """Let the new segment take the place of those that it was made from."""
        n = sum(int(entry["x"]["shape"][0]) for entry in entries)
        removals, token = self.view.removals, new_token()
        removals = removals[removals["seq"] > seq]
        self._publish(
            [*entries, *self._entries()[self._n_fixed :]],
            removals=write_removals(self.folder, removals, token=token) if len(removals) else None,
            live={"n_rows": n, "next_seq": seq + 1, "bits": None},
            compacted_seq=seq,
            **changes,
        )

    def _tidy(self) -> None:
        """Keep segments few and opening quick; what fails here loses nothing."""
        try:
            while n := mergeable_tail([len(s) for s in self.view.segments[self._n_fixed :]]):
                self._merge_last(n)
            if self.view.n_since_live() > _MOST_UNSETTLED:
                self._settle()
        except (StorageError, CorruptFileError) as error:  # the next append tries again
            log.warning("could not tidy up folder=%s error=%s", self.folder, error)

    def _merge_last(self, n: int) -> None:
        """Make one of the last n segments. No row is dropped here."""
        tail = self.view.segments[-n:]
        for segment in tail:
            check_segment(self.folder, segment.entry)
        columns = Columns.joined([segment.columns for segment in tail])
        blocks, norms = (segment.x for segment in tail), joined_norms(tail)
        with self._changing("merging parts of") as token:
            dim = self.view.x_all.dim
            entry = write_segment(self.folder, blocks, columns, dim, token=token, norms=norms)
            self._publish([*self._entries()[:-n], entry])

    def _settle(self) -> None:
        """Write down which rows live, so that an opener need not find out from the ids."""
        lookup = self.view.lookup
        live: dict[str, Any] = {"n_rows": lookup.n_rows, "next_seq": self._next_seq, "bits": None}
        with self._changing("settling") as token:
            if lookup.alive is not None:
                path = self.folder / f"live.{token}.npy"
                live["bits"] = write_array(path, lookup.alive.packed())
            self._publish(self._entries(), live=live)

    @contextmanager
    def _changing(self, action: str) -> Iterator[str]:
        """Give the token of the files of a change; they go when it fails.

        Where what is read there makes no sense, the file that was changed is looked for and named.
        """
        token, manifest = new_token(), self.view.manifest
        try:
            with storage_errors(f"{action} {self.folder}"):
                yield token
        except BaseException as error:
            remove_failed(self.folder, token)
            if isinstance(error, _NONSENSE) and not isinstance(error, TypecaseError):
                check_files(self.folder, manifest)
            raise

    def _take_seq(self, n: int) -> int:
        self._next_seq += n
        return self._next_seq - n

    def _entries(self) -> list[dict[str, Any]]:
        return [segment.entry for segment in self.view.segments]

    def _publish(self, segments: list[dict[str, Any]], **changes: Any) -> None:
        if self._lock is None:
            raise StorageError(f"{self.folder} was closed meanwhile. Open it with write=True.")
        old = self.view.manifest
        numbers = {"generation": old["generation"] + 1, "next_seq": self._next_seq}
        new = publish(self.folder, old | changes | numbers | {"segments": segments})
        self.view = StoreView.of(self.folder, new, self.view)
        remove_replaced(self.folder, old, new)


def _live_rows(view: StoreView, order: ArrayLike | None) -> NDArray[np.int64]:
    """Return the live rows in an order of theirs."""
    alive, n = view.lookup.alive, len(view.lookup)
    return _in_order(np.arange(n) if alive is None else np.flatnonzero(alive.bools()), order)


def _in_order(rows: NDArray[np.int64], order: ArrayLike | None) -> NDArray[np.int64]:
    """Return rows in the order of a permutation, as they are where there is none."""
    n = len(rows)
    if order is None:
        return rows
    places = check_ids(order, n=n, name="order")
    if n and int(places.max()) >= n:
        raise InvalidInputError(f"order must be a permutation of 0 .. {n - 1}.")
    return rows[places]


def _blocks(x: Rows, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    """Give the rows at some positions, a block at a time."""
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield x.take(rows[start : start + _BLOCK_ROWS])
