"""Two grains: codes of a bit a dimension in memory find candidates, vectors on disk decide."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import inf, isfinite
from numbers import Real
from pathlib import Path
from threading import RLock
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import (
    RandomState,
    as_array,
    check_choice,
    check_count,
    check_ids,
    check_k,
    check_rng,
)
from typecase.base.errors import CorruptFileError, InvalidInputError, StorageError
from typecase.base.registry import get
from typecase.data.attributes import AttributeTable, Columns
from typecase.data.cell_codes import CellCodes
from typecase.data.filters import Filter, allowed_rows
from typecase.data.rows import Rows
from typecase.data.scan_codes import ScanCodec
from typecase.data.vector_table import VectorTable, check_norms
from typecase.indexes.contract import (
    METRICS,
    SearchResult,
    Snapshot,
    VectorIndex,
    search_exactly,
)
from typecase.indexes.two_grain_build import (
    TwoGrainCodes,
    examine,
    find_codes,
    is_outgrown,
    with_new_rows,
)
from typecase.indexes.two_grain_folder import IndexFolder
from typecase.indexes.two_grain_outlook import Effort, Outlook
from typecase.indexes.two_grain_results import (
    Explanation,
    RangeResult,
    as_range,
    as_result,
    explained,
)
from typecase.indexes.two_grain_view import FEW_ROWS, Looked, View
from typecase.kernels import native

log = logging.getLogger(__name__)

_EXACT_ROWS = 4096
_EXAM_QUERIES = 300
_SLOW_EXAM_QUERIES = 100
_TAIL_SHARE = 0.01
_MOST_JOBS = 1 << 16
_MOST_ROWS = 2**31 - 1
"""A row, and its place in blocks that are not full, are numbered in 32 bits."""

Floats = NDArray[np.float32]


class TwoGrainIndex(VectorIndex[TwoGrainCodes]):
    """Cells of codes in memory, vectors on disk, any filter.

    A query ranks the cells, looks up the codes of the nearest ones that hold allowed rows, and
    reads the vectors whose score may still be among the k best. It stops when hardly any better row
    can be expected in the cells that are left; how that is reckoned, and how much of a code's error
    is allowed for, was measured when the cells were found, for each recall that may be asked for.
    Few rows (below 4,096) have no cells and are searched exactly.

    Args:
        metric: "cosine", or "ip" for the plain inner product.
        codec: a `typecase.data.scan_codes.ScanCodec`; None is RaBitQ of one bit a dimension.
        n_cells: None is twice the square root of the number of rows.
        recall: of a search that asks for none, in (0, 1]; 1 is exact and slow.
        random_state: seed or Generator of cells, codec and exam.

    Source:
        Xiao et al., "Progressively Optimized Bi-Granular Document Representation for Scalable
        Embedding Based Retrieval" (BiDR), WWW 2022: light codes in memory for candidates, full
        vectors on disk for the verdict.
        Gao, Long, "RaBitQ", SIGMOD 2024: the default codes and the bound of their error.
        Differs: the codes are not learned unless such a codec is handed in; how far a search goes
        is decided query by query from the expected number of better rows (ours), not by a fixed
        number of cells.

    Attributes:
        snapshot_: rows, ids and `TwoGrainCodes`.
    """

    def __init__(
        self,
        *,
        metric: str = "cosine",
        codec: ScanCodec | None = None,
        n_cells: int | None = None,
        recall: float = 0.95,
        random_state: RandomState = 0,
    ) -> None:
        self.metric = metric
        self.codec = codec
        self.n_cells = n_cells
        self.recall = recall
        self.random_state = random_state
        self._folder: IndexFolder | None = None
        self._kept_view: tuple[object, View] | None = None
        self._changes = RLock()

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        write: bool = False,
        dim: int | None = None,
        **params: Any,
    ) -> Self:
        """Open an index that lives in a folder, or make an empty one there.

        What `add`, `update` or `remove` returned from is there after a kill at any moment, what
        they did not return from is there whole or not at all. Rows stay on disk, mapped into
        memory. One process writes, any number read; a reader sees what was there when it opened,
        and what came since after `refresh`. Rows, ids and attributes of one call belong together.

        Args:
            write: take the one writer's place; creates the folder where there is none. Use a
                `with` block, or `close`.
            dim: needed to create.
            params: arguments of the index, the defaults otherwise. The metric is kept with the
                codes once there are some.

        Raises:
            StorageError, LockedError, InvalidInputError, CorruptFileError, FormatVersionError: as
                `VectorStore.open`.
            InvalidInputError: the codes there are for another metric.
        """
        index = cls(**params)
        check_choice(index.metric, METRICS, name="metric")
        index._check_params()
        index._folder = IndexFolder(folder, write=write, dim=dim)
        try:
            with index._reading():
                index._read()
        except BaseException:
            index.close()
            raise
        return index

    def search(
        self,
        queries: ArrayLike,
        k: int,
        *,
        filter: Filter | None = None,
        recall: float | None = None,
        n_jobs: int = 1,
    ) -> SearchResult:
        """Return the k nearest rows of each query, (n_queries, dim), among those allowed.

        Args:
            k, filter: as every index.
            recall: the share of the true neighbours wanted; None is the index's own.
            n_jobs: threads that share the queries.

        Raises:
            NotFittedError, InvalidInputError: as every index, or recall is not in (0, 1].
        """
        snapshot = self._fitted()
        k, n_jobs = check_k(k), check_count(n_jobs, name="n_jobs", maximum=_MOST_JOBS)
        view, allowed, effort = self._planned(snapshot, filter, recall)
        if view is None or effort is None:
            q = self._check_queries(queries, snapshot.table.x.dim)
            return SearchResult(*self._search(snapshot, q, k, self._allowed(snapshot, filter)))
        if k <= view.n_live:
            answer = view.answer(queries, k, allowed, effort, n_jobs)
            if answer is not None:
                return SearchResult(*answer)
        q = self._check_queries(queries, snapshot.table.x.dim)
        n_found = min(k, view.n_live)
        rows, scores, _ = view.search(q, n_found, allowed, effort.error, effort.missing, n_jobs)
        return as_result(snapshot.table, rows, scores, k)

    def fit(
        self,
        x: ArrayLike | Rows,
        ids: ArrayLike | None = None,
        attributes: Columns | None = None,
    ) -> Self:
        """Index the rows of x; see `VectorIndex.fit`.

        Raises:
            InvalidInputError: as every index, or this one lives in a folder (`add` there).
        """
        if self._folder is not None:
            raise InvalidInputError("This index lives in a folder: add() to it instead of fit().")
        return super().fit(x, ids, attributes)

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

    def search_range(
        self,
        queries: ArrayLike,
        least: float,
        *,
        filter: Filter | None = None,
        recall: float | None = None,
    ) -> RangeResult:
        """Return all allowed rows that score at least `least`.

        Raises:
            NotFittedError, InvalidInputError: as search, or least is not a finite number.
        """
        snapshot, least = self._fitted(), _check_least(least)
        q = self._check_queries(queries, snapshot.table.x.dim)
        view, allowed, effort = self._planned(snapshot, filter, recall)
        parts = []
        for query in q:
            if view is None or effort is None:
                parts.append(self._all_above(snapshot, query, least, filter))
                continue
            rows, scores, _ = view.search_range(query, least, allowed, effort)
            parts.append((snapshot.table.ids_at(rows), scores))
        return as_range(parts)

    def batch(
        self,
        queries: ArrayLike,
        k: int,
        *,
        filters: Sequence[Filter | None],
        recall: float | None = None,
        n_jobs: int = 1,
    ) -> SearchResult:
        """Return the k nearest rows of each query, each under its own filter.

        Args:
            filters: one for each query; one object for several queries is compiled once.
            k, recall, n_jobs: as search.

        Raises:
            NotFittedError, InvalidInputError: as search, or there are not as many filters.
        """
        q = self._check_queries(queries, self.dim)
        if isinstance(filters, str) or not isinstance(filters, Sequence | np.ndarray):
            kind = type(filters).__name__
            raise InvalidInputError(f"filters must be a list, one a query, got {kind}.")
        filters = list(filters)  # rows of an array are made as they are asked for: keep them
        if len(filters) != len(q):
            raise InvalidInputError(f"filters must be {len(q)}, one a query, got {len(filters)}.")
        groups: dict[int, list[int]] = {}
        for i, chosen in enumerate(filters):
            groups.setdefault(id(chosen), []).append(i)
        ids = np.empty((len(q), check_k(k)), dtype=np.int64)
        scores = np.empty(ids.shape, dtype=np.float32)
        for rows in groups.values():
            ids[rows], scores[rows] = self.search(
                q[rows], k, filter=filters[rows[0]], recall=recall, n_jobs=n_jobs
            )
        return SearchResult(ids, scores)

    def explain(
        self, query: ArrayLike, *, filter: Filter | None = None, recall: float | None = None
    ) -> Explanation:
        """Return what a search for the 10 best of one query, (dim,), does and why.

        Raises:
            NotFittedError, InvalidInputError: as search.
        """
        snapshot = self._fitted()
        q = self._check_queries(np.atleast_2d(as_array(query, "query")), snapshot.table.x.dim)
        if len(q) != 1:
            raise InvalidInputError(f"query must be one vector, got {len(q)}.")
        view, allowed, effort = self._planned(snapshot, filter, recall)
        n_allowed = (
            int(np.count_nonzero(allowed_rows(filter, *_tables(snapshot))))
            if (filter is not None)
            else len(snapshot.table.lookup)
        )
        if view is None or effort is None:
            why = (
                f"below {_EXACT_ROWS} rows there are no cells."
                if view is None
                else f"no effort is believed to reach recall {self._wanted(recall):g}."
            )
            return explained("exact", why, n_allowed, 0, None, Looked(0, 0, n_allowed, 0, 0.0))
        _, _, looked = view.search(q[:1], 10, allowed, effort.error, effort.missing)
        if allowed is not None and allowed.is_few:
            why = f"at most {FEW_ROWS} rows are all read."
            return explained("few", why, n_allowed, 0, effort, looked)
        n_cells = len(view.codes.count) if allowed is None else allowed.n_cells
        why = f"{effort.believed:.3f} recall is believed at this effort."
        return explained("cells", why, n_allowed, n_cells, effort, looked)

    def calibrate(self, queries: ArrayLike) -> Self:
        """Measure recall and effort anew on queries like those to come, (n_queries, dim).

        Without it, rows of the index stand for queries. A few hundred are enough. In a folder what
        was measured is kept there; changes by other threads wait.

        Raises:
            NotFittedError, InvalidInputError: as search.
        """
        with self._changes:
            table, codes = self._fitted().table, self.snapshot_.codes
            q = self._check_queries(queries, table.x.dim)
            if codes.cells is not None and len(q):
                own = np.full(len(q), -1, dtype=np.int64)
                with self._reading():
                    codes = TwoGrainCodes(codes.cells, examine(table, codes.cells, q, own))
                self.snapshot_ = Snapshot(table, codes)
                if self._folder is not None:
                    self._folder.attach(codes, self.metric, always=True)
        return self

    def stats(self) -> dict[str, Any]:
        """Return what the index is made of, in numbers."""
        snapshot = self._fitted()
        table, codes = snapshot.table, snapshot.codes
        out: dict[str, Any] = {"n": len(table.lookup), "n_rows": len(table), "dim": table.x.dim}
        if codes.cells is None or codes.outlook is None:
            return out | {"n_cells": 0}
        cells = codes.cells
        return out | {
            "n_cells": len(cells.count),
            "n_tail": cells.n_tail,
            "code_bytes": cells.size_bytes,
            "code_bytes_a_vector": cells.size_bytes / max(1, len(table)),
            "efforts": _in_numbers(codes.outlook.efforts),
            "broad_efforts": _in_numbers(codes.outlook.broad),
            "narrow_efforts": _in_numbers(codes.outlook.narrow),
        }

    def compact(self) -> Self:
        """Free the space of removed rows and put the newest rows into their cells.

        In a folder rows are then stored in the order of their cells. Searches go on meanwhile,
        changes by other threads wait.

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
                self._folder.compact(codes, self.metric, alive)
                self._read()
            elif codes.cells is None or n_live < _EXACT_ROWS:
                super().compact()
            elif alive is not None:
                self.snapshot_ = Snapshot(
                    _without_dead(table, alive),
                    TwoGrainCodes(codes.cells.settled(alive), codes.outlook),
                )
            elif codes.cells.n_tail:
                settled = TwoGrainCodes(codes.cells.settled(), codes.outlook)
                self.snapshot_ = Snapshot(table, settled)
        return self

    def _check_params(self) -> None:
        if self.n_cells is not None:
            check_count(self.n_cells, name="n_cells")
        _check_recall(self.recall)
        check_rng(self.random_state)
        if self.codec is not None and not hasattr(self.codec, "scan_encode"):
            raise InvalidInputError(
                f"codec must be a ScanCodec, such as RaBitQ(), got {self.codec!r:.40}."
            )

    def _encode(self, table: VectorTable) -> TwoGrainCodes:
        if len(table) < _EXACT_ROWS:
            return TwoGrainCodes(None, None)
        _check_size(len(table))
        return find_codes(
            table,
            codec=self._codec(),
            n_cells=self.n_cells or round(2 * len(table) ** 0.5),
            n_exam=_EXAM_QUERIES if native.AVAILABLE else _SLOW_EXAM_QUERIES,
            rng=check_rng(self.random_state),
        )

    def _extend(self, codes: TwoGrainCodes, table: VectorTable, n_old: int) -> TwoGrainCodes:
        if codes.cells is None or is_outgrown(codes.cells, table, n_old):
            return self._encode(table)
        cells = with_new_rows(codes.cells, table, n_old, _longest_tail(table))
        return TwoGrainCodes(cells, codes.outlook)

    def _search(
        self,
        snapshot: Snapshot[TwoGrainCodes],
        q: Floats,
        k: int,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.int64], Floats]:
        return search_exactly(snapshot.table, q, k, allowed)

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
        folder, rows = self._home(), np.asarray(x)
        check_norms(rows, name="x")  # what is stored cannot be refused any more
        folder.store.append(ids, rows, attributes=attributes)
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

    def _codec(self) -> ScanCodec:
        if self.codec is None:
            seed = self.random_state
            if isinstance(seed, np.random.Generator):
                seed = int(seed.integers(2**32))  # a folder keeps numbers
            codec: ScanCodec = get("compress", "rabitq")(random_state=seed)
            return codec
        return self.codec.clone() if hasattr(self.codec, "clone") else self.codec

    def _planned(
        self, snapshot: Snapshot[TwoGrainCodes], chosen: Filter | None, recall: float | None
    ) -> tuple[View | None, Any, Effort | None]:
        """Return what searches, what it may return, and how hard it tries.

        Without cells there is no view, and no effort where exact search is meant.
        """
        wanted = self._wanted(recall)
        with self._reading():
            view = self._view(snapshot)
            if view is None:
                return None, None, None
            allowed = view.allow(chosen)
        return view, allowed, view.effort(wanted, chosen, allowed)

    def _reading(self) -> AbstractContextManager[None]:
        return nullcontext() if self._folder is None else self._folder.naming_damage()

    def _wanted(self, recall: float | None) -> float:
        return self.recall if recall is None else _check_recall(recall)

    def _view(self, snapshot: Snapshot[TwoGrainCodes]) -> View | None:
        """Return what searches a snapshot; None where it has no cells."""
        cells, outlook = snapshot.codes.cells, snapshot.codes.outlook
        if cells is None or outlook is None:
            return None
        kept = self._kept_view
        if kept is None or kept[0] is not snapshot:
            kept = (snapshot, View(snapshot.table, cells, outlook))
            self._kept_view = kept
        return kept[1]

    def _allowed(
        self, snapshot: Snapshot[TwoGrainCodes], chosen: Filter | None
    ) -> NDArray[np.bool_] | None:
        if chosen is None:
            return snapshot.table.alive
        return allowed_rows(chosen, *_tables(snapshot))

    def _all_above(
        self,
        snapshot: Snapshot[TwoGrainCodes],
        query: Floats,
        least: float,
        chosen: Filter | None,
    ) -> tuple[NDArray[np.int64], Floats]:
        allowed = self._allowed(snapshot, chosen)
        k = max(1, len(snapshot.table.lookup))
        ids, scores = search_exactly(snapshot.table, query[None], k, allowed)
        above = (scores[0].astype(np.float64) >= least) & (ids[0] >= 0)
        return ids[0][above], scores[0][above]


def _tables(snapshot: Snapshot[TwoGrainCodes]) -> tuple[Any, AttributeTable | None]:
    return snapshot.table.lookup, snapshot.table.attributes


def _in_numbers(efforts: tuple[Effort, ...]) -> dict[float, tuple[float, float, float]]:
    """Return error, missing and believed recall by recall."""
    return {e.recall: (e.error, e.missing, e.believed) for e in efforts}


def _check_recall(recall: float) -> float:
    if not (_is_number(recall) and 0 < recall <= 1):
        raise InvalidInputError(f"recall must be above 0 and at most 1, got {recall!r:.40}.")
    return float(recall)


def _check_least(least: float) -> float:
    try:
        number = float(least) if _is_number(least) else inf
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise InvalidInputError(f"least must be a finite number, got {least!r:.40}.")
    return number


def _check_size(n_rows: int) -> None:
    if n_rows > _MOST_ROWS:
        raise InvalidInputError(
            f"An index holds at most {_MOST_ROWS} rows, removed ones until compact(); "
            f"this would be {n_rows}."
        )


def _longest_tail(table: VectorTable) -> int:
    return max(_EXACT_ROWS, int(_TAIL_SHARE * len(table)))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _without_dead(table: VectorTable, alive: NDArray[np.bool_]) -> VectorTable:
    attributes = table.attributes
    if attributes is not None:
        attributes = attributes.take(np.flatnonzero(alive))
    ids = table.lookup.live_ids()
    return VectorTable.of(table.x.kept(alive), ids, cosine=table.cosine, attributes=attributes)
