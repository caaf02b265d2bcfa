"""Two grains: codes of a bit a dimension in memory find candidates, vectors on disk decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_count, check_k, check_rng
from typecase.base.errors import InvalidInputError
from typecase.base.registry import get
from typecase.data.attributes import AttributeTable
from typecase.data.bitmaps import pack
from typecase.data.cell_codes import CellCodes
from typecase.data.filters import Filter, allowed_rows
from typecase.data.scan_codes import ScanCodec
from typecase.data.vector_table import VectorTable
from typecase.indexes.contract import SearchResult, Snapshot, VectorIndex, search_exactly
from typecase.indexes.two_grain_outlook import Effort, Exam, Outlook, Trial, find_efforts
from typecase.indexes.two_grain_view import FEW_ROWS, View
from typecase.kernels.cells import find_cells

_BLOCK_ROWS = 4096
_EXACT_ROWS = 4096
_SAMPLE_A_CELL = 32
_CELL_ROUNDS = 8
_EXAM_QUERIES = 200
_GROWTH = 2.0
_TAIL_SHARE = 0.01

Floats = NDArray[np.float32]


class RangeResult(NamedTuple):
    """Rows of all queries one after the other, each query's best first."""

    ids: NDArray[np.int64]
    """(total,)."""
    scores: Floats
    """(total,)."""
    offsets: NDArray[np.int64]
    """(n_queries + 1,), where each query's rows begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a search did, and why."""

    way: str
    """"exact", "few" or "cells"."""
    why: str
    n_allowed: int
    """Rows that the filter lets through."""
    n_cells: int
    """Cells that hold such rows."""
    effort: Effort | None
    cells: int
    """Cells looked at."""
    blocks: int
    """Blocks of 32 codes looked at."""
    rows: int
    """Vectors read."""
    missing: float
    """The share of better rows still expected when it stopped."""

    def __str__(self) -> str:
        """Return it as a sentence."""
        looked = f"{self.cells} of {self.n_cells} cells, {self.blocks} blocks, {self.rows} vectors"
        return f"{self.way}: {self.why} {self.n_allowed} rows allowed; looked at {looked}."


@dataclass(frozen=True, slots=True)
class TwoGrainCodes:
    """What the index keeps beside the rows; no cells where there are few rows."""

    cells: CellCodes | None
    outlook: Outlook | None


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
        k, n_jobs = check_k(k), check_count(n_jobs, name="n_jobs")
        q = self._check_queries(queries, snapshot.table.x.dim)
        view, effort = self._ready(snapshot, recall)
        if view is None or effort is None:
            return SearchResult(*self._search(snapshot, q, k, self._allowed(snapshot, filter)))
        allowed = view.allow(filter)
        n_found = min(k, len(snapshot.table.lookup))
        rows, scores, _ = view.search(q, n_found, allowed, effort.error, effort.missing, n_jobs)
        return _as_result(snapshot.table, rows, scores, k)

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
        snapshot = self._fitted()
        if not np.isfinite(least):
            raise InvalidInputError(f"least must be a finite number, got {least}.")
        q = self._check_queries(queries, snapshot.table.x.dim)
        view, effort = self._ready(snapshot, recall)
        parts = []
        for query in q:
            if view is None or effort is None:
                parts.append(self._all_above(snapshot, query, least, filter))
                continue
            rows, scores, _ = view.search_range(query, least, view.allow(filter), effort)
            parts.append((snapshot.table.ids_at(rows), scores))
        return _as_range(parts)

    def explain(
        self, query: ArrayLike, *, filter: Filter | None = None, recall: float | None = None
    ) -> Explanation:
        """Return what a search for the 10 best of one query, (dim,), does and why.

        Raises:
            NotFittedError, InvalidInputError: as search.
        """
        snapshot = self._fitted()
        q = self._check_queries(np.atleast_2d(np.asarray(query)), snapshot.table.x.dim)
        view, effort = self._ready(snapshot, recall)
        n_allowed = (
            int(np.count_nonzero(allowed_rows(filter, *_tables(snapshot))))
            if (filter is not None)
            else len(self)
        )
        if view is None or effort is None:
            why = (
                f"below {_EXACT_ROWS} rows there are no cells."
                if view is None
                else f"no effort is believed to reach recall {recall or self.recall}."
            )
            return _explained("exact", why, n_allowed, 0, None, (0, 0, n_allowed, 0, 0.0))
        allowed = view.allow(filter)
        _, _, looked = view.search(q[:1], 10, allowed, effort.error, effort.missing)
        if allowed is not None and allowed.is_few:
            why = f"at most {FEW_ROWS} rows are all read."
            return _explained("few", why, n_allowed, 0, effort, looked)
        n_cells = len(view.codes.count) if allowed is None else allowed.n_cells
        why = f"{effort.believed:.3f} recall is believed at this effort."
        return _explained("cells", why, n_allowed, n_cells, effort, looked)

    def calibrate(self, queries: ArrayLike) -> "TwoGrainIndex":
        """Measure recall and effort anew on queries like those to come, (n_queries, dim).

        Without it, rows of the index stand for queries. A few hundred are enough.

        Raises:
            NotFittedError, InvalidInputError: as search.
        """
        snapshot = self._fitted()
        q = self._check_queries(queries, snapshot.table.x.dim)
        if snapshot.codes.cells is not None and len(q):
            own = np.full(len(q), -1, dtype=np.int64)
            outlook = self._examine(snapshot.table, snapshot.codes.cells, q, own)
            codes = TwoGrainCodes(snapshot.codes.cells, outlook)
            self.snapshot_ = Snapshot(snapshot.table, codes)
        return self

    def stats(self) -> dict[str, Any]:
        """Return what the index is made of, in numbers."""
        table, codes = self._fitted().table, self.snapshot_.codes
        out: dict[str, Any] = {"n": len(self), "n_rows": len(table), "dim": table.x.dim}
        if codes.cells is None or codes.outlook is None:
            return out | {"n_cells": 0}
        cells = codes.cells
        return out | {
            "n_cells": len(cells.count),
            "n_tail": cells.n_tail,
            "code_bytes": cells.size_bytes,
            "code_bytes_a_vector": cells.size_bytes / max(1, len(table)),
            "efforts": {e.recall: (e.error, e.missing, e.believed) for e in codes.outlook.efforts},
        }

    def compact(self) -> "TwoGrainIndex":
        """Free the space of removed rows and put the newest rows into their cells."""
        table, codes = self._fitted().table, self.snapshot_.codes
        alive = table.alive
        if codes.cells is None or codes.outlook is None:
            super().compact()
        elif alive is None:
            if codes.cells.n_tail:
                cells = codes.cells.settled()
                self.snapshot_ = Snapshot(table, TwoGrainCodes(cells, codes.outlook))
        elif int(alive.sum()) < _EXACT_ROWS:
            super().compact()
        else:
            attributes = table.attributes
            if attributes is not None:
                attributes = attributes.take(np.flatnonzero(alive))
            kept = VectorTable.of(
                table.x.kept(alive),
                table.lookup.live_ids(),
                cosine=table.cosine,
                attributes=attributes,
            )
            cells = codes.cells.settled(alive)
            self.snapshot_ = Snapshot(kept, TwoGrainCodes(cells, codes.outlook))
        return self

    def _check_params(self) -> None:
        if self.n_cells is not None:
            check_count(self.n_cells, name="n_cells")
        _check_recall(self.recall)
        check_rng(self.random_state)

    def _encode(self, table: VectorTable) -> TwoGrainCodes:
        if len(table) < _EXACT_ROWS:
            return TwoGrainCodes(None, None)
        rng = check_rng(self.random_state)
        n_cells = min(self.n_cells or round(2 * len(table) ** 0.5), len(table))
        unit = 1.0 if table.cosine else max(float(table.row_norm), 1e-12)
        n_sample = min(len(table), _SAMPLE_A_CELL * n_cells)
        rows = np.sort(rng.choice(len(table), n_sample, replace=False))
        sample = _scaled(table, table.x.take(rows), rows, unit)
        found = find_cells(sample, n_cells, n_rounds=_CELL_ROUNDS, rng=rng)
        codec = self._codec().fit(sample - found.centers[found.nearest(sample)])
        of_row = np.empty(len(table), dtype=np.int64)
        for first, x in _blocks(table, unit, 0):
            of_row[first : first + len(x)] = found.nearest(x)
        builder = CellCodes.of(codec, found, of_row, unit_length=unit)
        for first, x in _blocks(table, unit, 0):
            builder.take(x, first)
        cells = builder.done()
        own = np.sort(rng.choice(len(table), min(len(table), _EXAM_QUERIES), replace=False))
        q = _scaled(table, table.x.take(own), own, 1.0)
        return TwoGrainCodes(cells, self._examine(table, cells, q, own))

    def _extend(self, codes: TwoGrainCodes, table: VectorTable, n_old: int) -> TwoGrainCodes:
        cells = codes.cells
        if cells is None or codes.outlook is None:
            return self._encode(table)
        if len(table) > (1 + _GROWTH) * cells.n_found:
            return self._encode(table)
        if not table.cosine and table.row_norm > 1000 * cells.unit_length:
            return self._encode(table)  # half-precision factors would not hold them
        for first, x in _blocks(table, cells.unit_length, n_old):
            cells = cells.with_rows(x, first)
        if cells.n_tail > max(_EXACT_ROWS, _TAIL_SHARE * len(table)):
            cells = cells.settled()
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

    def _codec(self) -> ScanCodec:
        if self.codec is None:
            codec: ScanCodec = get("compress", "rabitq")(random_state=self.random_state)
            return codec
        return self.codec.clone() if hasattr(self.codec, "clone") else self.codec

    def _ready(
        self, snapshot: Snapshot[TwoGrainCodes], recall: float | None
    ) -> tuple[View | None, Effort | None]:
        """Return the view of a snapshot and the effort for a recall, where there are such."""
        wanted = self.recall if recall is None else _check_recall(recall)
        cells, outlook = snapshot.codes.cells, snapshot.codes.outlook
        if cells is None or outlook is None:
            return None, None
        kept: tuple[object, View] | None = getattr(self, "_kept_view", None)
        if kept is None or kept[0] is not snapshot:
            kept = (snapshot, View(snapshot.table, cells, outlook))
            self._kept_view = kept
        return kept[1], None if wanted >= 1 else outlook.effort_for(wanted)

    def _examine(
        self, table: VectorTable, cells: CellCodes, q: Floats, own: NDArray[np.int64]
    ) -> Outlook:
        """Return what queries, (n_queries, dim), some of them rows themselves, teach."""
        rng = np.random.default_rng(0)
        exam = Exam(cells, q, own, rng)
        of_row = cells.cell_of_row()
        filters = _exam_filters(cells, of_row, table.alive, rng)
        trials = exam.read(_blocks(table, cells.unit_length, 0), of_row, filters)
        blank = Outlook(ring=exam.ring, share=exam.share(), efforts=())
        view = View(table, cells, blank)
        words = [None if t.allowed is None else view.allow_words(pack(t.allowed)) for t in trials]

        def measure(
            trial: Trial, error: float, missing: float
        ) -> tuple[NDArray[np.int64], float, float]:
            at = next(i for i, other in enumerate(trials) if other is trial)
            rows, _, looked = view.search(q, 11, words[at], error, missing)
            rows = np.where(rows == own[:, None], -2, rows)
            return rows, looked.blocks / len(q), looked.rows / len(q)

        return Outlook(ring=blank.ring, share=blank.share, efforts=find_efforts(trials, measure))

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
        above = (scores[0] >= least) & (ids[0] >= 0)
        return ids[0][above], scores[0][above]


def _tables(snapshot: Snapshot[TwoGrainCodes]) -> tuple[Any, AttributeTable | None]:
    return snapshot.table.lookup, snapshot.table.attributes


def _check_recall(recall: float) -> float:
    if not 0 < recall <= 1:
        raise InvalidInputError(f"recall must be above 0 and at most 1, got {recall}.")
    return float(recall)


def _blocks(table: VectorTable, unit: float, first: int) -> Iterator[tuple[int, Floats]]:
    """Give (first row, rows) from a row on, of unit length for cosine, divided by unit."""
    for start, x in table.x.from_row(first).blocks(_BLOCK_ROWS):
        rows = np.arange(first + start, first + start + len(x))
        yield first + start, _scaled(table, x, rows, unit)


def _scaled(table: VectorTable, x: Floats, rows: NDArray[np.int64], unit: float) -> Floats:
    if table.inverse_norms is not None:
        return x * table.inverse_norms[rows, None]
    return x if unit == 1.0 else x / np.float32(unit)


def _exam_filters(
    cells: CellCodes,
    of_row: NDArray[np.int64],
    alive: NDArray[np.bool_] | None,
    rng: np.random.Generator,
) -> list[NDArray[np.bool_] | None]:
    """Return what to measure recall under: no filter, one row in a hundred, one region."""
    n = len(of_row)
    share = min(1.0, max(0.01, 2 * FEW_ROWS / n))
    centers = cells.cells.centers
    near = np.argsort(-(centers @ centers[rng.integers(len(centers))]), kind="stable")
    reached = np.cumsum(cells.count[near]) >= max(0.04 * n, 2 * FEW_ROWS)
    region = np.zeros(len(centers), dtype=bool)
    region[near[: int(np.argmax(reached)) + 1]] = True
    chosen = [rng.random(n) < share, region[of_row]]
    if alive is None:
        return [None, *chosen]
    return [alive, *(c & alive for c in chosen)]


def _as_result(table: VectorTable, rows: NDArray[np.int64], scores: Floats, k: int) -> SearchResult:
    ids = np.full((len(rows), k), -1, dtype=np.int64)
    out = np.full((len(rows), k), -np.inf, dtype=np.float32)
    n = rows.shape[1]
    there = rows >= 0
    if there.all():
        ids[:, :n] = table.ids_at(rows.ravel()).reshape(rows.shape)
    else:
        ids[:, :n][there] = table.ids_at(rows[there])
    out[:, :n] = scores
    if n > 1 and (out[:, 1:n] == out[:, : n - 1]).any():
        order = np.lexsort((np.where(ids < 0, np.iinfo(np.int64).max, ids), -out))
        ids = np.take_along_axis(ids, order, axis=1)
    return SearchResult(ids, out)


def _as_range(parts: list[tuple[NDArray[np.int64], Floats]]) -> RangeResult:
    lengths = [len(ids) for ids, _ in parts]
    return RangeResult(
        np.concatenate([np.empty(0, dtype=np.int64), *(ids for ids, _ in parts)]),
        np.concatenate([np.empty(0, dtype=np.float32), *(scores for _, scores in parts)]),
        np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
    )


def _explained(
    way: str, why: str, n_allowed: int, n_cells: int, effort: Effort | None, looked: Any
) -> Explanation:
    cells, blocks, rows, _, missing = looked
    return Explanation(
        way=way,
        why=why,
        n_allowed=n_allowed,
        n_cells=n_cells,
        effort=effort,
        cells=int(cells),
        blocks=int(blocks),
        rows=int(rows),
        missing=float(missing),
    )
