"""The search of the two-grain index in NumPy: where nothing was compiled, and to test what was.

`Scanner` and `Allowed` take, refuse and return what `_native.Scanner` and `_native.Filter` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.scan_blocks import BLOCK_ROWS, FACTOR_BYTES, place_shifts
from typecase.kernels.scan_plain_parts import SAME, Parts, Trace, Tries
from typecase.kernels.scan_plain_query import Query

_FAR_STEPS = 65
_MOST_ROWS = 2**32 - 2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A filter in the order of the codes; made by `Scanner.allow`."""

    n: int
    """Rows that may be returned."""
    is_few: bool
    rows: NDArray[np.int64]
    """Their numbers where they are few, else none."""
    mask: NDArray[np.uint32]
    """One word a block, then those of the tail; none where rows are few."""
    count: NDArray[np.uint32]
    """(n_cells,), rows allowed in each cell; none where rows are few."""

    @property
    def n_cells(self) -> int:
        """Cells that hold rows that may be returned."""
        return int(np.count_nonzero(self.count))

    @property
    def is_gathered(self) -> bool:
        """Always false: in NumPy that would gain nothing."""
        return False

    @property
    def size_bytes(self) -> int:
        """Of what it keeps, rows as 32 bits."""
        return 4 * (len(self.mask) + len(self.count) + len(self.rows))


class Scanner:
    """Cells, codes and vectors, ready to be searched; nothing is copied but the centres."""

    def __init__(
        self,
        *,
        centers: NDArray[np.int8],
        unit: Floats,
        square: Floats,
        inverse_spread: Floats,
        start: NDArray[np.uint32],
        count: NDArray[np.uint32],
        order: NDArray[np.uint32] | None = None,
        blocks: NDArray[np.uint8],
        tail: NDArray[np.uint8],
        tail_cell: NDArray[np.uint32],
        pieces: list[Floats],
        is_mapped: Sequence[bool] = (),
        ids: Sequence[NDArray[np.int64]] = (),
        narrow_ids: NDArray[np.uint32] | None = None,
        ring: NDArray[np.int32],
        survival: Floats,
        dim: int,
        n_groups: int,
        cosine: bool,
        longest: float,
        unit_length: float,
        noise: float,
    ) -> None:
        """Take the parts, whose meaning is in `native/two_grain.hpp`; `longest` is not needed here.

        Raises:
            TypeError: an array has another dtype, number of axes, or is not in C order.
            ValueError: sizes do not fit together.
        """
        for array, dtype, n_axes in (
            (centers, np.int8, 2),
            (unit, np.float32, 1),
            (square, np.float32, 1),
            (inverse_spread, np.float32, 1),
            (start, np.uint32, 1),
            (count, np.uint32, 1),
            *([] if order is None else [(order, np.uint32, 1)]),
            (blocks, np.uint8, 2),
            (tail, np.uint8, 2),
            (tail_cell, np.uint32, 1),
            (ring, np.int32, 1),
            (survival, np.float32, 2),
            *((piece, np.float32, 2) for piece in pieces),
            *((run, np.int64, 1) for run in ids),
        ):
            _check_array(array, dtype, n_axes)
        n_cells, stride = len(unit), blocks.shape[1]
        fits = n_groups % 8 == 0 and stride == 16 * n_groups + FACTOR_BYTES
        _check(fits, "blocks have another stride")
        _check(tail.shape[1] == stride, "tail has another stride")
        a_cell = (len(centers), len(square), len(inverse_spread), len(count), len(start) - 1)
        _check(a_cell == (n_cells,) * 5, "one value a cell")
        padded = centers.shape[1] % 32 == 0 and centers.shape[1] >= dim
        _check(padded, "centers must be padded")
        _check(len(tail_cell) == BLOCK_ROWS * len(tail), "one cell for each place of the tail")
        _check(start[0] == 0 and start[-1] == len(blocks), "start must fit blocks")
        _check(bool((start[:-1] <= start[1:]).all()), "start must ascend")
        fits = bool((count <= BLOCK_ROWS * np.diff(start.astype(np.int64))).all())
        _check(fits, "a cell's rows must fit its blocks")
        n_in_cells = int(count.sum(dtype=np.int64))
        fits = order is None or len(order) == n_in_cells
        _check(fits, "order must have one number a row in cells")
        _check(bool((tail_cell < n_cells).all()), "a cell of the tail is out of range")
        _check(len(ring) == _FAR_STEPS and survival.shape[1] > 0, "ring must have 65 values")
        in_range = (ring >= 0) & (ring % survival.shape[1] == 0) & (ring < survival.size)
        _check(bool(in_range.all()), "a ring is out of range")
        _check(all(p.shape[1] == dim for p in pieces), "pieces must have dim columns")
        n_rows = sum(len(piece) for piece in pieces)
        _check(n_in_cells <= n_rows, "cells must not hold more rows than there are")
        _check(n_rows <= _MOST_ROWS, "at most 2^32 - 2 rows")
        _check(len(is_mapped) in (0, len(pieces)), "is_mapped must have one value a piece")
        if narrow_ids is not None:
            _check(narrow_ids.dtype == np.uint32, "narrow_ids must be uint32")
            ids = (narrow_ids.astype(np.int64), *ids)
        _check(not ids or sum(map(len, ids)) == n_rows, "ids must be one a row")
        self._parts = Parts(
            centers=centers.astype(_products_dtype(centers.shape[1])),
            unit=unit,
            square=square,
            inverse_spread=inverse_spread,
            start=start.astype(np.int64),
            count=count,
            shift=place_shifts(start, count),
            n_in_cells=n_in_cells,
            order=order,
            blocks=blocks,
            tail=tail,
            tail_cell=tail_cell,
            pieces=tuple(pieces),
            first_row=np.cumsum([0, *map(len, pieces)]),
            ids=tuple(ids),
            first_id=np.cumsum([0, *map(len, ids)]),
            ring=ring,
            survival=survival,
            dim=dim,
            cosine=cosine,
            unit_length=np.float32(unit_length),
            noise=np.float32(noise),
        )

    def allow(self, allowed: NDArray[np.uint32], few: int) -> Allowed:
        """Compile a filter of one bit a row; `few` rows or less are listed, and all get scores.

        Raises:
            TypeError, ValueError: allowed is not uint32, (n_words,), or has too few bits.
        """
        _check_array(allowed, np.uint32, 1)
        parts = self._parts
        _check(32 * len(allowed) >= parts.n_rows, "allowed must have one bit a row")
        bits = np.unpackbits(allowed.view(np.uint8), count=parts.n_rows, bitorder="little")
        n = int(np.count_nonzero(bits))
        none = np.empty(0, dtype=np.uint32)
        if n <= few:
            rows = np.flatnonzero(bits)
            return Allowed(n=n, is_few=True, rows=rows, mask=none, count=none)
        n_in = parts.n_in_cells
        in_tail = bits[n_in:][: BLOCK_ROWS * len(parts.tail)]
        in_cells = bits[:n_in] if parts.order is None else bits[parts.order]
        places = np.arange(n_in) - np.repeat(parts.shift, parts.count)
        mask = np.concatenate(
            [
                _mask(len(parts.blocks), places, in_cells),
                _mask(len(parts.tail), np.arange(len(in_tail)), in_tail),
            ]
        )
        upto = np.concatenate([[0], np.cumsum(np.bitwise_count(mask[: len(parts.blocks)]))])
        count = np.diff(upto[parts.start]).astype(np.uint32)
        return Allowed(n=n, is_few=False, rows=np.empty(0, np.int64), mask=mask, count=count)

    def gather(self, filter: Allowed) -> Allowed:
        """Return the filter as it is; native code gathers the codes of its rows.

        Raises:
            ValueError: a filter of another state.
        """
        self._check_filter(filter)
        return filter

    def search(
        self,
        queries: Floats,
        tables: Floats,
        filter: Allowed | None,
        error: float,
        missing: float,
        first: int,
        n_threads: int,
        rows: NDArray[np.int64],
        scores: Floats,
        near_error: float = SAME,
        near_missing: float = SAME,
    ) -> list[float]:
        """Fill rows (-1 where fewer are allowed) and scores, (n_queries, k), each best first.

        Args:
            queries: (n_queries, dim).
            tables: (n_queries, n_groups, 16), linear in the query.
            error: how many standard deviations of a code's error to allow for.
            missing: stop when this share of better rows is still expected; 0 looks everywhere.
            first: rows to look at before the first verdict.
            n_threads: taken, and not used: NumPy would not be faster.
            near_error, near_missing: where the filter goes with the query; below 0 the same.

        Returns:
            Cells, blocks and vectors looked at, rounds, missing, and how often the filter went with
            the query, summed over queries.

        Raises:
            TypeError, ValueError: arrays that do not fit, or a filter of another state.
        """
        for array, dtype, n_axes in (
            (queries, np.float32, 2),
            (tables, np.float32, 3),
            (rows, np.int64, 2),
            (scores, np.float32, 2),
        ):
            _check_array(array, dtype, n_axes)
        self._check_query(queries.shape[1], tables.shape[1:], filter)
        _check(len(tables) == len(queries), "tables must fit")
        _check(len(rows) == len(queries) and scores.shape == rows.shape, "outputs must fit")
        rows.fill(-1)
        scores.fill(-np.inf)
        total, tries = Trace(), Tries.of(error, missing, near_error, near_missing)
        for i, q in enumerate(queries):
            query = Query(self._parts, q, tables[i], filter, tries, first)
            found, trace = query.best(rows.shape[1])
            for j, (score, row) in enumerate(found):
                rows[i, j], scores[i, j] = row, score
            total.add(trace)
        return total.values()

    def search_range(
        self,
        query: Floats,
        tables: Floats,
        filter: Allowed | None,
        error: float,
        missing: float,
        first: int,
        least: float,
        near_error: float = SAME,
        near_missing: float = SAME,
    ) -> tuple[NDArray[np.int64], Floats, list[float]]:
        """Return rows and scores, (m,), of all that score at least `least`, and what it took.

        Raises:
            TypeError, ValueError: as search.
        """
        _check_array(query, np.float32, 1)
        _check_array(tables, np.float32, 2)
        self._check_query(len(query), tables.shape, filter)
        tries = Tries.of(error, missing, near_error, near_missing)
        found, trace = Query(self._parts, query, tables, filter, tries, first).above(least)
        rows = np.array([row for _, row in found], dtype=np.int64)
        return rows, np.array([score for score, _ in found], dtype=np.float32), trace.values()

    def _check_query(self, dim: int, tables: tuple[int, ...], filter: Allowed | None) -> None:
        parts = self._parts
        _check(dim == parts.dim, "queries must have dim columns")
        _check(tables == (parts.n_groups, 16), "tables must fit")
        self._check_filter(filter)

    def _check_filter(self, filter: Allowed | None) -> None:
        parts = self._parts
        sizes = (len(parts.blocks) + len(parts.tail), len(parts.unit))
        same = filter is None or filter.is_few or (len(filter.mask), len(filter.count)) == sizes
        _check(same, "the filter was made for another state of the index")


def _check(right: bool, rule: str) -> None:
    if not right:
        raise ValueError(rule)


def _check_array(array: Any, dtype: Any, n_axes: int) -> None:
    fits = isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == n_axes
    if not fits or not array.flags.c_contiguous:
        raise TypeError(f"expected {np.dtype(dtype)} in C order with {n_axes} axes.")


def _products_dtype(dim: int) -> type[np.floating[Any]]:
    """Return the float in which products of dim pairs of bytes are summed without rounding."""
    return np.float32 if dim * 127 * 127 < 2**24 else np.float64


def _mask(n_blocks: int, places: NDArray[np.int64], bits: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return one word a block: whether the bit is set that a place has, (m,) each."""
    is_set = np.zeros(BLOCK_ROWS * n_blocks, dtype=np.uint8)
    is_set[places] = bits
    return np.packbits(is_set, bitorder="little").view(np.uint32)
