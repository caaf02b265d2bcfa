"""Two grains: codes of a bit a dimension in memory find candidates, vectors on disk decide."""

from collections.abc import Sequence
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
    check_k,
    check_rng,
)
from typecase.base.errors import InvalidInputError
from typecase.data.attributes import AttributeTable
from typecase.data.filters import Filter, allowed_rows
from typecase.data.scan_codes import ScanCodec
from typecase.indexes.contract import METRICS, SearchResult, Snapshot, search_exactly
from typecase.indexes.two_grain_build import TwoGrainCodes, examine
from typecase.indexes.two_grain_changes import ChangingIndex
from typecase.indexes.two_grain_folder import IndexFolder
from typecase.indexes.two_grain_outlook import Effort
from typecase.indexes.two_grain_results import (
    Explanation,
    RangeResult,
    as_range,
    as_result,
    explained,
)
from typecase.indexes.two_grain_view import FEW_ROWS, Looked, Plan, View

_MOST_JOBS = 1 << 16

Floats = NDArray[np.float32]


class TwoGrainIndex(ChangingIndex):
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
        kept = self._kept_view
        if kept is not None and kept[0] is self.snapshot_:
            wanted = self.recall if recall is None else recall
            if (answer := kept[1].answer_again(queries, k, filter, wanted, n_jobs)) is not None:
                return answer
        snapshot = self._fitted()
        k, n_jobs = check_k(k), check_count(n_jobs, name="n_jobs", maximum=_MOST_JOBS)
        view, plan = self._planned(snapshot, filter, recall)
        if view is None or plan.effort is None:
            q = self._check_queries(queries, snapshot.table.x.dim)
            return SearchResult(*self._search(snapshot, q, k, self._allowed(snapshot, filter)))
        if (answer := view.answer(queries, k, plan, n_jobs)) is not None:
            return answer
        q = self._check_queries(queries, snapshot.table.x.dim)
        n_found = min(k, view.n_live)
        rows, scores, _ = view.search(q, n_found, plan.allowed, plan.effort, n_jobs)
        return as_result(snapshot.table, rows, scores, k)

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
        view, (allowed, effort) = self._planned(snapshot, filter, recall)
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
        view, (allowed, effort) = self._planned(snapshot, filter, recall)
        n_allowed = len(snapshot.table.lookup)
        if filter is not None:
            n_allowed = int(np.count_nonzero(allowed_rows(filter, *_tables(snapshot))))
        if view is None or effort is None:
            why = "so few rows have no cells."
            if view is not None:
                why = f"no effort is believed to reach recall {self._wanted(recall):g}."
            return explained("exact", why, n_allowed, 0, None, Looked(0, 0, n_allowed, 0, 0.0))
        _, _, looked = view.search(q[:1], 10, allowed, effort)
        if allowed is not None and allowed.is_few:
            why = f"at most {FEW_ROWS} rows are all read."
            return explained("few", why, n_allowed, 0, effort, looked)
        n_cells = len(view.codes.count) if allowed is None else allowed.n_cells
        along = effort.near if looked.went_along else None
        why = "the filter goes with the query, as if there were none; " if along else ""
        why += f"{(along or effort).believed:.3f} recall is believed at this effort."
        return explained("cells", why, n_allowed, n_cells, along or effort, looked)

    def calibrate(self, queries: ArrayLike) -> Self:
        """Measure recall and effort anew on queries like those to come, (n_queries, dim).

        Without it, rows of the index stand for queries. A few hundred are enough. In a folder what
        was measured is kept there; changes by other threads wait.

        Raises:
            NotFittedError, InvalidInputError: as search.
            CorruptFileError: a row that was looked at was changed after it was written.
        """
        with self._changes:
            table, codes = self._fitted().table, self.snapshot_.codes
            q = self._check_queries(queries, table.x.dim)
            if codes.cells is not None and len(q):
                own = np.full(len(q), -1, dtype=np.int64)
                with self._reading():
                    codes = codes._replace(outlook=examine(table, codes.cells, q, own))
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
            "examined_rows": codes.outlook.n_rows,
            "efforts": _in_numbers(codes.outlook.efforts),
            "broad_efforts": _in_numbers(codes.outlook.broad),
            "narrow_efforts": _in_numbers(codes.outlook.narrow),
        }

    def _check_params(self) -> None:
        if self.n_cells is not None:
            check_count(self.n_cells, name="n_cells")
        _check_recall(self.recall)
        check_rng(self.random_state)
        if self.codec is not None and not hasattr(self.codec, "scan_encode"):
            raise InvalidInputError(
                f"codec must be a ScanCodec, such as RaBitQ(), got {self.codec!r:.40}."
            )

    def _search(
        self,
        snapshot: Snapshot[TwoGrainCodes],
        q: Floats,
        k: int,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.int64], Floats]:
        return search_exactly(snapshot.table, q, k, allowed)

    def _planned(
        self, snapshot: Snapshot[TwoGrainCodes], chosen: Filter | None, recall: float | None
    ) -> tuple[View | None, Plan]:
        """Return what searches, None without cells, and how."""
        wanted = self._wanted(recall)
        with self._reading():
            view = self._view(snapshot)
            return view, Plan(None, None) if view is None else view.plan(chosen, wanted)

    def _wanted(self, recall: float | None) -> float:
        return self.recall if recall is None else _check_recall(recall)

    def _view(self, snapshot: Snapshot[TwoGrainCodes]) -> View | None:
        """Return what searches a snapshot; None where it has no cells."""
        cells, outlook = snapshot.codes.cells, snapshot.codes.outlook
        if cells is None or outlook is None:
            return None
        kept = self._kept_view
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        view = View(snapshot.table, cells, outlook)
        self._kept_view = (snapshot, view)
        return view

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


def _is_number(value: object) -> bool:
    return isinstance(value, (float, Real)) and not isinstance(value, bool)
