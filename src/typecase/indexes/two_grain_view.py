"""One state of a two-grain index, ready to be searched: its scanner, and the filters compiled."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.data.bitmaps import Bitmap, pack
from typecase.data.cell_codes import CellCodes
from typecase.data.filters import Filter, IdMask, allowed_rows
from typecase.data.predicates import Predicate
from typecase.data.vector_table import VectorTable
from typecase.indexes.contract import SearchResult
from typecase.indexes.two_grain_outlook import Effort, Outlook
from typecase.kernels import native
from typecase.kernels.mapped_memory import expect_random_reads, is_mapped
from typecase.kernels.scan_blocks import BLOCK_ROWS, padded_groups

if native.AVAILABLE or TYPE_CHECKING:
    from typecase.kernels._native import Desk, Scanner
    from typecase.kernels._native import Filter as Allowed
else:
    from typecase.kernels.scan_plain import Allowed, Scanner

FEW_ROWS = 300
"""So many allowed rows are all read: that costs no more than looking at cells."""

_FIRST_ROWS = 100
_FILTERS = 64
_GATHERED_AT_ONCE = 3_000  # rows whose codes are gathered in less than a millisecond
_GATHERED_SHARE = 0.125  # of the codes, for all filters together

Floats = NDArray[np.float32]


class Looked(NamedTuple):
    """What searches looked at, all queries together."""

    cells: float
    blocks: float
    rows: float
    rounds: float
    missing: float
    went_along: float = 0
    """Queries that their filter went along with."""


class Kept(NamedTuple):
    """A filter that was compiled."""

    owner: Any
    """What it was compiled from: it lives, so that no id comes twice."""
    allowed: "Allowed"
    asked_again: bool


class Plan(NamedTuple):
    """How to search under a filter for a recall."""

    allowed: "Allowed | None"
    effort: Effort | None
    """None for a recall of 1 and for one that no effort is believed to reach."""


class View:
    """Searches one snapshot; threads may share it."""

    def __init__(self, table: VectorTable, codes: CellCodes, outlook: Outlook) -> None:
        """Put the parts together; nothing is copied."""
        self.table, self.codes, self.outlook = table, codes, outlook
        self.n_live = len(table.lookup)
        whole, units, squares = codes.cells.whole
        self._padding = padded_groups(codes.codec.n_groups) - codes.codec.n_groups
        self._scanner = Scanner(
            centers=whole,
            unit=units,
            square=squares,
            inverse_spread=np.reciprocal(codes.spread),
            start=codes.start,
            count=codes.count,
            order=codes.order,
            blocks=codes.blocks,
            tail=codes.tail,
            tail_cell=codes.tail_cell,
            pieces=list(table.x.pieces),
            is_mapped=[is_mapped(piece) for piece in table.x.pieces],
            ids=_later_ids(table, 0 if codes.narrow_ids is None else len(codes.narrow_ids)),
            narrow_ids=codes.narrow_ids,
            ring=outlook.ring,
            survival=outlook.share,
            dim=table.x.dim,
            n_groups=self._padding + codes.codec.n_groups,
            cosine=table.inverse_norms is not None,
            longest=table.row_norm,
            unit_length=codes.unit_length,
            noise=codes.codec.scan_noise,
        )
        self._desk = self._make_desk(table, codes)
        for piece in table.x.pieces:
            expect_random_reads(piece)
        self.answer_again: Callable[..., SearchResult | None]
        """(queries, k, chosen, recall, n_jobs): as `answer`, by a plan that is kept.

        None where none is, too, or an argument is not of the usual type. Most searches run this
        alone, when codes have just taken the caches from Python: all of it is native.
        """
        self.answer_again = _no_answer if self._desk is None else self._desk.answer_again
        self._filters: OrderedDict[Any, Kept] = OrderedDict()
        self._room = int(_GATHERED_SHARE * codes.blocks.nbytes)
        self._lock = Lock()

    def plan(self, chosen: Filter | None, recall: float) -> Plan:
        """Return how to search; kept where the filter is one that comes again.

        Raises:
            InvalidInputError: as `typecase.data.filters.allowed_rows`.
        """
        allowed = self.allow(chosen)
        plan = Plan(allowed, self._effort(recall, chosen, allowed))
        kept = self._filters.get(_key(chosen))
        comes_again = allowed is None or (kept is not None and kept.asked_again)
        if comes_again and plan.effort is not None and self._desk is not None:
            self._desk.keep(chosen, recall, allowed, *_asked(plan.effort))
        return plan

    def allow(self, chosen: Filter | None) -> "Allowed | None":
        """Return a filter in the order of the codes; None where every row may be returned.

        Predicates are kept by value, an IdMask as long as it is the same object.

        Raises:
            InvalidInputError: as `typecase.data.filters.allowed_rows`.
        """
        key = _key(chosen)
        if chosen is None:
            alive = self.table.lookup.alive
            if alive is None:
                return None
            return self._kept(key, None, lambda: self._bits(alive.packed()))
        if key is None:
            return self.allow_words(self._rows(chosen))
        return self._kept(key, chosen, lambda: self._rows(chosen))

    def allow_words(self, words: Bitmap) -> "Allowed":
        """Return a filter of one bit a row, dead rows left out."""
        allowed = self._scanner.allow(words, FEW_ROWS)
        return self._scanner.gather(allowed) if allowed.n <= _GATHERED_AT_ONCE else allowed

    def answer(self, queries: ArrayLike, k: int, plan: Plan, n_jobs: int) -> SearchResult | None:
        """Return ids and scores, (n_queries, k), all in native code, ties to the lower id.

        None where queries are not plain float32 rows of this dim, aligned, finite and of a usable
        length, or the codec makes its tables in its own way: then the caller checks and searches.
        """
        allowed, effort = plan
        if self._desk is None or effort is None or not 0 < k <= self.n_live:
            return None
        return self._desk.answer(queries, k, allowed, *_asked(effort), n_jobs)

    def search(
        self, q: Floats, k: int, allowed: "Allowed | None", effort: Effort, n_jobs: int = 1
    ) -> tuple[NDArray[np.int64], Floats, Looked]:
        """Return rows and scores, (n_queries, k), ties to the lower id, and what it took."""
        rows = np.empty((len(q), k), dtype=np.int64)
        scores = np.empty((len(q), k), dtype=np.float32)
        error, missing, first, *near = _asked(effort)
        looked = self._scanner.search(
            q, self._tables(q), allowed, error, missing, first, n_jobs, rows, scores, *near
        )
        return rows, scores, Looked(*looked)

    def search_range(
        self, q: Floats, least: float, allowed: "Allowed | None", effort: Effort
    ) -> tuple[NDArray[np.int64], Floats, Looked]:
        """Return rows, (m,), that score at least `least` for a query, (dim,), and their scores.

        Ties go to the lower id.
        """
        tables = self._tables(q[None])[0]
        # what is missing among the best is less than among all; here all are wanted
        near, most = effort.near or effort, (1 - effort.recall) / 2
        missing, near_missing = min(effort.missing, most), min(near.missing, most)
        rows, scores, looked = self._scanner.search_range(
            q, tables, allowed, effort.error, missing, _FIRST_ROWS, least, near.error, near_missing
        )
        return rows, scores, Looked(*looked)

    def _effort(
        self, recall: float, chosen: Filter | None, allowed: "Allowed | None"
    ) -> Effort | None:
        if recall >= 1:
            return None
        share = None
        if chosen is not None and allowed is not None:
            share = allowed.n / max(1, self.n_live)
        return self.outlook.effort_for(recall, share)

    def _make_desk(self, table: VectorTable, codes: CellCodes) -> "Desk[SearchResult] | None":
        axes = getattr(codes.codec, "scan_axes", None)
        if axes is None or not native.AVAILABLE:
            return None
        rotation, points, signs = axes()
        return Desk(
            scanner=self._scanner,
            rotation=np.ascontiguousarray(rotation),
            points=np.ascontiguousarray(points),
            signs=np.ascontiguousarray(signs),
            normalise=table.cosine,
            result=SearchResult,
        )

    def _tables(self, q: Floats) -> Floats:
        tables = self.codes.codec.scan_tables(q)
        if not self._padding:
            return tables
        return np.pad(tables, ((0, 0), (0, self._padding), (0, 0)))

    def _rows(self, chosen: Filter) -> Bitmap:
        table = self.table
        if isinstance(chosen, Predicate) and table.attributes and table.lookup.alive is None:
            return table.attributes.rows_where(chosen)
        return pack(allowed_rows(chosen, table.lookup, table.attributes))

    def _bits(self, packed: NDArray[np.uint8]) -> Bitmap:
        out = np.zeros(-(-len(self.table) // 32), dtype=np.uint32)
        out.view(np.uint8)[: len(packed)] = packed
        return out

    def _kept(self, key: Any, owner: Any, make: Callable[[], Bitmap]) -> "Allowed":
        with self._lock:
            if (found := self._filters.get(key)) is not None:
                self._filters.move_to_end(key)
        if found is None:
            new = Kept(owner, self.allow_words(make()), asked_again=False)
        elif found.asked_again:
            return found.allowed
        else:
            new = Kept(owner, self._gathered(found.allowed), asked_again=True)
        with self._lock:
            if self._desk is not None:
                self._desk.forget()  # so that filters that still come are seen to, and not dropped
            self._filters[key] = new
            while len(self._filters) > _FILTERS:
                self._filters.popitem(last=False)
        return new.allowed

    def _gathered(self, allowed: "Allowed") -> "Allowed":
        """Return a filter that comes again with its rows' codes gathered, if there is room."""
        needed = allowed.n * self.codes.blocks.shape[1] // BLOCK_ROWS
        if allowed.is_few or allowed.is_gathered or needed > self._room:
            return allowed
        with self._lock:
            kept = [each.allowed for each in self._filters.values()]
        used = sum(each.size_bytes for each in kept if each.is_gathered)
        return self._scanner.gather(allowed) if used + needed <= self._room else allowed


def _asked(effort: Effort) -> tuple[float, float, int, float, float]:
    """Return an effort as native code takes it."""
    near = effort.near or effort
    return effort.error, effort.missing, _FIRST_ROWS, near.error, near.missing


def _no_answer(*_: Any) -> None:
    """Return what a view without native code has of a search that comes again."""


def _key(chosen: Filter | None) -> Any:
    """Return by what a filter is found when it comes again; None where it is not kept."""
    if chosen is None:
        return "alive"
    if isinstance(chosen, Predicate):
        return chosen
    return id(chosen) if isinstance(chosen, IdMask) else None


def _later_ids(table: VectorTable, first: int) -> list[NDArray[np.int64]]:
    """Return the ids of the rows from first on, in the runs that they lie in."""
    runs = [run.ids[max(0, first - start) :] for start, run in table.lookup.placed()]
    return [ids for ids in runs if len(ids)]
