"""How a two-grain index changes: in memory, or in a folder whose rows are durable."""

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from threading import RLock
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_ids, check_rng
from typecase.base.errors import CorruptFileError, InvalidInputError, StorageError
from typecase.base.registry import get
from typecase.data.attributes import AttributeTable, Columns
from typecase.data.cell_codes import CellCodes
from typecase.data.rows import Rows
from typecase.data.scan_codes import ScanCodec
from typecase.data.vector_table import VectorTable, check_norms
from typecase.indexes.contract import Snapshot, VectorIndex
from typecase.indexes.two_grain_build import (
    TwoGrainCodes,
    examine_by_rows,
    find_codes,
    is_outgrown,
    is_outlook_old,
    with_new_rows,
)
from typecase.indexes.two_grain_folder import IndexFolder
from typecase.indexes.two_grain_outlook import Outlook
from typecase.kernels import native

log = logging.getLogger(__name__)

_EXACT_ROWS = 4096
_EXAM_QUERIES = 200 if native.AVAILABLE else 100
"""Rows that stand for queries, at most."""
_FEW_EXAM_QUERIES, _ROWS_A_QUERY = 150, 2000
_TAIL_SHARE = 0.01
_ROWS_AT_ONCE = 8192  # whose lengths are looked at
_MOST_ROWS = 2**31 - 1
"""A row, and its place in blocks that are not full, are numbered in 32 bits."""


class ChangingIndex(VectorIndex[TwoGrainCodes]):
    """What keeps rows and codes together through every change; `TwoGrainIndex` searches them."""

    codec: ScanCodec | None
    n_cells: int | None
    random_state: RandomState
    _folder: IndexFolder | None
    _changes: RLock

    def fit(
        self,
        x: ArrayLike | Rows,
        ids: ArrayLike | None = None,
        attributes: Columns | None = None,
    ) -> Self:
        """Index the rows of x; see `VectorIndex.fit`.

        In a folder, which must be empty, they are durable on return, and stored in the order of
        their cells, which `ids` then gives: half the writing of `add` and `compact`.

        Raises:
            InvalidInputError: as every index, or the folder holds rows already (`add` to them).
            StorageError: of a folder: opened for reading, or the disk refused; nothing was added.
        """
        if self._folder is None:
            return super().fit(x, ids, attributes)
        with self._changes:
            if len(self.snapshot_.table):
                raise InvalidInputError("The folder holds rows already: add() to them.")
            return super().fit(x, ids, attributes)

    def _build(self, x: Rows, ids: NDArray[np.int64], attributes: AttributeTable | None) -> None:
        if self._folder is None:
            super()._build(x, ids, attributes)
            return
        if x.dim != self.dim:
            raise InvalidInputError(f"x must have {self.dim} columns, got {x.dim}.")
        cosine = self.metric == "cosine"
        table = VectorTable.of(x, ids, cosine=cosine, attributes=attributes)
        self._folder.store.check_writable()
        self._folder.fill(table, self._encode(table), self.metric)
        with self._reading():
            self._read()

    def add(self, x: ArrayLike | Rows, ids: ArrayLike, attributes: Columns | None = None) -> Self:
        """Index more rows; see `VectorIndex.add`. In a folder they are durable on return.

        Raises:
            NotFittedError, InvalidInputError: as every index.
            StorageError: of a folder: opened for reading, or the disk refused.
        """
        with self._changes:
            if self._folder is None:
                return super().add(x, ids, attributes)
            rows, numbers = self._incoming(x, ids)
            known = numbers[self.snapshot_.table.lookup.find(numbers) >= 0]
            if len(known):
                raise InvalidInputError(f"id {known[0]} is there already. update() replaces it.")
            return self._store(rows, numbers, attributes)

    def update(
        self, x: ArrayLike | Rows, ids: ArrayLike, attributes: Columns | None = None
    ) -> Self:
        """Index rows, new ones or other vectors for old ones; see `VectorIndex.update`.

        Raises:
            NotFittedError, InvalidInputError, StorageError: as add.
        """
        with self._changes:
            if self._folder is None:
                return super().update(x, ids, attributes)
            self._store(*self._incoming(x, ids), attributes)
            self._compact_if_half_gone()
            return self

    def remove(self, ids: ArrayLike, *, missing_ok: bool = False) -> Self:
        """Take rows out; see `VectorIndex.remove`. In a folder that is durable on return.

        Raises:
            NotFittedError, InvalidInputError, UnknownIdError, StorageError: as add.
        """
        with self._changes:
            if self._folder is None:
                return super().remove(ids, missing_ok=missing_ok)
            numbers = check_ids(ids)
            if missing_ok:
                numbers = numbers[self.snapshot_.table.lookup.find(numbers) >= 0]
            self._folder.store.remove(numbers)
            self._follow()
            self._compact_if_half_gone()
            return self

    def set_attributes(self, ids: ArrayLike, attributes: Columns) -> Self:
        """Give rows other values; see `VectorIndex.set_attributes`. In a folder that is durable.

        Raises:
            NotFittedError, InvalidInputError, UnknownIdError, StorageError: as add.
        """
        with self._changes:
            if self._folder is None:
                return super().set_attributes(ids, attributes)
            store, old = self._folder.store, self.snapshot_
            store.set_attributes(ids, attributes)
            if len(old.table) == len(store.attributes or ()):
                table = replace(old.table, attributes=store.attributes)
                self.snapshot_ = Snapshot(table, old.codes)
            else:
                self._follow()
            return self

    def refresh(self) -> bool:
        """See what the writer of the folder has published; return whether there was anything.

        Raises:
            InvalidInputError: the index lives in no folder.
            CorruptFileError, StorageError: as open; the old state then stays usable.
        """
        if self._folder is None:
            raise InvalidInputError("Only an index that was opened from a folder can refresh.")
        with self._changes:
            if not self._folder.store.refresh():
                return False
            with self._reading():
                self._read()
            return True

    def verify(self) -> None:
        """Read every file of the folder and compare its checksum.

        Raises:
            InvalidInputError: the index lives in no folder.
            CorruptFileError: a file was changed; the message names it. Codes, the files that begin
                with two_grain, are made anew when they are deleted and the folder is opened.
        """
        self._home().store.verify()

    def close(self) -> None:
        """Attach the newest codes and free the writer's place. Searching goes on working."""
        if self._folder is not None:
            with self._changes, self._folder:
                if self.is_fitted():
                    self._folder.attach(self.snapshot_.codes, self.metric, always=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def compact(self) -> Self:
        """Free the space of removed rows and put the newest rows into their cells.

        In a folder rows are then stored in the order of their cells. Where the index has grown or
        shrunk by a twentieth, recall and effort are measured anew, but for those that `calibrate`
        measured. Searches go on meanwhile, changes by other threads wait.

        Raises:
            NotFittedError: before fit.
            StorageError: of a folder: opened for reading, or the disk refused; nothing has changed.
            CorruptFileError: a file of rows was changed; the message names it, nothing has changed.
        """
        with self._changes:
            table, codes = self._fitted().table, self.snapshot_.codes
            alive = table.alive
            n_live = len(table.lookup)
            if self._folder is not None:
                if n_live < _EXACT_ROWS:
                    codes = TwoGrainCodes(None, None)
                elif self._folder.is_damaged():
                    codes = self._encode(table)
                else:
                    codes = self._examined(table, codes)
                self._folder.compact(codes, self.metric, alive)
                self._read()
            elif codes.cells is None or n_live < _EXACT_ROWS:
                super().compact()
            else:
                codes = self._examined(table, codes)
                if codes.cells is not None and (alive is not None or codes.cells.n_tail):
                    codes = codes._replace(cells=codes.cells.settled(alive))
                if alive is not None:
                    table = _without_dead(table, alive)
                if codes is not self.snapshot_.codes:  # else what was prepared for searches holds
                    self.snapshot_ = Snapshot(table, codes)
        return self

    def _examined(self, table: VectorTable, codes: TwoGrainCodes) -> TwoGrainCodes:
        """Return codes whose recall is known for the rows that there are now."""
        if codes.cells is None or not is_outlook_old(codes, table):
            return codes
        rng = check_rng(self.random_state)
        with self._reading():
            outlook = examine_by_rows(table, codes.cells, _exam_queries(len(table)), rng)
        return codes._replace(outlook=outlook)

    def _encode(self, table: VectorTable) -> TwoGrainCodes:
        if len(table) < _EXACT_ROWS:
            return TwoGrainCodes(None, None)
        _check_size(len(table))
        return find_codes(
            table,
            codec=self._codec(),
            n_cells=self.n_cells or round(2 * len(table) ** 0.5),
            n_exam=_exam_queries(len(table)),
            rng=check_rng(self.random_state),
        )

    def _extend(self, codes: TwoGrainCodes, table: VectorTable, n_old: int) -> TwoGrainCodes:
        if codes.cells is None or is_outgrown(codes.cells, table, n_old):
            return self._encode(table)
        cells = with_new_rows(codes.cells, table, n_old, _longest_tail(table))
        return TwoGrainCodes(cells, codes.outlook)

    def _codec(self) -> ScanCodec:
        if self.codec is None:
            seed = self.random_state
            if isinstance(seed, np.random.Generator):
                seed = int(seed.integers(2**32))  # a folder keeps numbers
            codec: ScanCodec = get("compress", "rabitq")(random_state=seed)
            return codec
        return self.codec.clone() if hasattr(self.codec, "clone") else self.codec

    def _codes_to_state(self, codes: TwoGrainCodes) -> dict[str, Any]:
        if codes.cells is None or codes.outlook is None:
            return {}
        state = {"codec_": codes.cells.codec}
        return state | codes.cells.to_arrays() | codes.outlook.to_arrays()

    def _codes_from_state(self, state: dict[str, Any]) -> TwoGrainCodes:
        if "codec_" not in state:
            return TwoGrainCodes(None, None)
        cells = CellCodes.from_arrays(state, state["codec_"])
        return TwoGrainCodes(cells, Outlook.from_arrays(state))

    def _read(self) -> None:
        """Take what the folder holds; encode what has no codes there."""
        folder = self._home()
        found = folder.found()
        if found is not None and found.metric != self.metric:
            raise InvalidInputError(
                f"{folder.store.folder} is indexed for metric {found.metric!r}, asked for "
                f"{self.metric!r}."
            )
        table = folder.table(self.metric)
        if found is None:
            codes = self._encode(table)
        elif found.n_rows < len(table):
            codes = self._extend(found.codes, table, found.n_rows)
        else:
            codes = found.codes
        folder.attach(codes, self.metric)
        self.snapshot_ = Snapshot(table, codes)

    def _store(self, x: Rows, ids: NDArray[np.int64], attributes: Columns | None) -> Self:
        folder = self._home()
        for _, block in x.blocks(_ROWS_AT_ONCE):  # what is stored cannot be refused any more
            check_norms(block, name="x")
        folder.store.append(ids, x, attributes=attributes)
        self._follow()
        folder.attach(self.snapshot_.codes, self.metric)
        return self

    def _follow(self) -> None:
        """Take the rows that the store has after a change; encode what has no codes yet."""
        table, codes = self._home().table(self.metric), self.snapshot_.codes
        n_coded = 0 if codes.cells is None else codes.cells.n_rows
        if n_coded < len(table):
            # to put new rows into cells, all codes are copied: damage would go unseen from then on
            if self._is_settling(codes, table) and self._home().is_damaged():
                codes = self._encode(table)
            else:
                codes = self._extend(codes, table, n_coded)
        self.snapshot_ = Snapshot(table, codes)

    def _is_settling(self, codes: TwoGrainCodes, table: VectorTable) -> bool:
        n_settled = 0 if codes.cells is None else int(codes.cells.count.sum())
        return codes.cells is not None and len(table) - n_settled > _longest_tail(table)

    def _incoming(self, x: ArrayLike | Rows, ids: ArrayLike) -> tuple[Rows, NDArray[np.int64]]:
        rows, numbers = super()._incoming(x, ids)
        _check_size(len(self.snapshot_.table) + len(rows))
        return rows, numbers

    def _compact_if_half_gone(self) -> None:
        try:
            super()._compact_if_half_gone()
        except (
            StorageError,
            CorruptFileError,
        ) as error:  # what was asked for is done; the next change tries again
            log.warning("could not compact error=%s", error)

    def _home(self) -> IndexFolder:
        if self._folder is None:
            raise InvalidInputError("The index lives in no folder.")
        return self._folder

    def _reading(self) -> AbstractContextManager[None]:
        return nullcontext() if self._folder is None else self._folder.naming_damage()


def _check_size(n_rows: int) -> None:
    if n_rows > _MOST_ROWS:
        raise InvalidInputError(
            f"An index holds at most {_MOST_ROWS} rows, removed ones until compact(); "
            f"this would be {n_rows}."
        )


def _exam_queries(n_rows: int) -> int:
    """Return how many rows stand for queries: fewer of few rows, as an exam hardly shrinks.

    What a recall is believed to be is less its standard error, so that fewer are more careful.
    """
    return min(_EXAM_QUERIES, max(_FEW_EXAM_QUERIES, n_rows // _ROWS_A_QUERY))


def _longest_tail(table: VectorTable) -> int:
    return max(_EXACT_ROWS, int(_TAIL_SHARE * len(table)))


def _without_dead(table: VectorTable, alive: NDArray[np.bool_]) -> VectorTable:
    attributes = table.attributes
    if attributes is not None:
        attributes = attributes.take(np.flatnonzero(alive))
    ids = table.lookup.live_ids()
    return VectorTable.of(table.x.kept(alive), ids, cosine=table.cosine, attributes=attributes)
