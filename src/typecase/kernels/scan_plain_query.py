"""One query of the two-grain index in NumPy, step by step as `native/two_grain.cpp` takes it.

Cells and codes say which rows may be among the k best, the vectors decide.
docs/decisions/0009-two-grain-index.md says why it goes as it goes.
"""

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.inner_product import exact_scores
from typecase.kernels.scan_blocks import BLOCK_ROWS, row_factors
from typecase.kernels.scan_plain_parts import Parts, Tables, Trace, Tries, pair_sums

if TYPE_CHECKING:
    from typecase.kernels.scan_plain import Allowed

_FIRST_SPREADS = np.float32(2.5)  # where the k-th best is guessed to lie, at first
_FIRST_VERDICTS = 16  # rows read besides k to guess the k-th best
_CELLS_AT_ONCE = 8  # cells scanned between two verdicts, at least
_ROWS_AT_ONCE = 64  # rows allowed in them, at least
_RINGS = np.array([0.25, 0.5, 0.8, 1.2], dtype=np.float32)  # 0 the nearest cell, 1 the average
_MOST = 0.75  # a share of the rows near to the query
_LITTLE_HOPE = np.float32(1e-6)  # a cell's share of all that is expected
_SWEPT_FROM = 0.01
_FIRST_Z, _Z_PER_UNIT, _FAR_STEPS = np.float32(-4), np.float32(8), 64
_MOST_OF_Q = np.float32(63)  # a query's greatest coordinate, in whole numbers
_BLOCKS_AT_ONCE = 64
_VERDICTS_AT_ONCE = 64
_ROUNDING = np.float32(12**-0.5)  # the standard deviation of what rounding takes, in units

Floats = NDArray[np.float32]
Hits = tuple[Floats, NDArray[np.integer[Any]]]
Found = tuple[float, int, int]


class Query:
    """One search; used once.

    Args:
        q: (dim,).
        tables: (n_groups, 16), of q.
        tries, first: as `Scanner.search`.
    """

    def __init__(
        self,
        parts: Parts,
        q: Floats,
        tables: Floats,
        allowed: "Allowed | None",
        tries: Tries,
        first: int,
    ) -> None:
        self._parts, self._q, self._allowed = parts, q, allowed
        self._tries, self._first = tries, first
        self._error, self._missing = np.float32(tries.error), tries.missing
        length = float(np.sqrt(np.vecdot(q, q, dtype=np.float64)))
        self._length = length if length > 0 else 1.0
        self._tables, self._trace = Tables.of(tables, self._length), Trace()
        self._k, self._least = 0, -np.inf
        self._in_range = False
        self._threshold = np.float32(-np.inf)
        self._found: list[Found] = []  # (score, -id, row): a heap, worst on top
        self._hits: list[Hits] = []

    def best(self, k: int) -> tuple[list[tuple[float, int]], Trace]:
        """Return (score, row) of the best k rows, ties to the lower id, and what it took."""
        self._k = k
        if k:
            self._run()
        return self._ranked(), self._trace

    def above(self, least: float) -> tuple[list[tuple[float, int]], Trace]:
        """Return (score, row) of every row that scores at least `least`, and what it took."""
        self._least, self._in_range = least, True
        with np.errstate(over="ignore"):
            lowest = self._scaled(float(np.float32(least)))
        self._threshold = np.nextafter(lowest, np.float32(-np.inf))
        self._run()
        return self._ranked(), self._trace

    def _ranked(self) -> list[tuple[float, int]]:
        return [(score, row) for score, _, row in sorted(self._found, reverse=True)]

    def _scaled(self, score: float) -> np.float32:
        """Return a score as the codes have it: of rows in their unit, and q of length one."""
        with np.errstate(over="ignore"):  # infinite, as it is in C++
            return np.float32(np.float64(score) / float(self._parts.unit_length) / self._length)

    def _run(self) -> None:
        if self._allowed is not None and self._allowed.is_few:
            self._decide(self._allowed.rows)
            return
        self._score_cells()
        seen = self._first_round()
        self._scan_tail()
        self._settle()
        self._rest(seen)

    def _score_cells(self) -> None:
        """Score every centre, and say how much of the codes' error to allow for in its cell."""
        parts, tables = self._parts, self._tables
        most = np.abs(self._q).max(initial=np.float32(0))
        inverse = _MOST_OF_Q / most if most > 0 else np.float32(0)
        q = np.zeros(parts.centers.shape[1], dtype=parts.centers.dtype)
        q[: len(self._q)] = np.rint(self._q * inverse)
        unit = np.float32(float(most) / float(_MOST_OF_Q) / self._length)
        self._score: Floats = (parts.centers @ q).astype(np.float32) * (unit * parts.unit)
        self._best = self._score.max(initial=np.float32(-np.inf))
        spread = float(self._best) - float(self._score.mean()) if len(self._score) else 0.0
        self._inverse_range = np.float32(1 / spread if spread > 0 else 0)
        self._weigh_filter()
        ours = np.float32(float(np.vecdot(self._q, self._q, dtype=np.float64)) / self._length**2)
        away = np.maximum(np.float32(0), ours - 2 * self._score + parts.square)
        in_tables = tables.step * tables.step * np.float32(len(tables.lut) / 12)
        self._slack: Floats = self._error * np.sqrt(parts.noise * parts.noise * away + in_tables)
        rounded = _ROUNDING * (parts.unit + unit * np.sqrt(parts.square))
        self._add: Floats = self._score + self._error * rounded

    def _weigh_filter(self) -> None:
        """Where the filter allows most rows of the nearest cells it asks for no more than none."""
        if self._allowed is None:
            return
        with np.errstate(divide="ignore"):
            near = self._score >= self._best - _RINGS[0] / self._inverse_range
        all_rows = int(self._parts.count[near].sum(dtype=np.int64))
        ours = int(self._allowed.count[near].sum(dtype=np.int64))
        if _MOST * all_rows > ours:
            return
        self._error, self._missing = np.float32(self._tries.near_error), self._tries.near_missing
        self._trace.went_along = 1

    def _n_in(self) -> NDArray[np.uint32]:
        return self._parts.count if self._allowed is None else self._allowed.count

    def _first_round(self) -> NDArray[np.bool_]:
        """Scan the nearest cells until enough rows were seen to know about where the k-th lies.

        Cells come in rings around the query, the likeliest of each ring first.
        """
        n_in = self._n_in()
        key = self._score + _FIRST_SPREADS / self._parts.inverse_spread
        cells = np.flatnonzero(n_in)
        ring = np.searchsorted(_RINGS, (self._best - self._score[cells]) * self._inverse_range)
        cells = cells[np.lexsort((-key[cells], ring))]
        upto = np.cumsum(n_in[cells], dtype=np.int64)
        done = int(np.searchsorted(upto, max(self._first, self._k))) + 1
        self._scan_cells(cells[:done])
        self._settle()
        while not self._k_known() and done < len(cells):
            self._scan_cells(cells[done : done + 1])
            self._settle()
            done += 1
        seen = np.zeros(len(n_in), dtype=bool)
        seen[cells[:done]] = True
        return seen

    def _k_known(self) -> bool:
        return self._in_range or len(self._found) >= self._k

    def _scan_cells(self, cells: NDArray[np.int64]) -> None:
        start = self._parts.start
        first, n = start[cells], start[cells + 1] - start[cells]
        numbers = np.repeat(first - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))
        of = np.repeat(cells, n)
        self._trace.cells += len(cells)
        mask = None if self._allowed is None else self._allowed.mask[numbers]
        first = BLOCK_ROWS * numbers + self._parts.shift[of]
        hits = self._scanned(
            self._parts.blocks, numbers, first, mask, self._add[of, None], self._slack[of, None]
        )
        for bound, rows in hits:
            numbered = rows if self._parts.order is None else self._parts.order[rows]
            self._hits.append((bound, numbered))

    def _scan_tail(self) -> None:
        n_blocks = len(self._parts.tail)
        if not n_blocks:
            return
        of = self._parts.tail_cell.reshape(n_blocks, BLOCK_ROWS)
        mask = None if self._allowed is None else self._allowed.mask[len(self._parts.blocks) :]
        numbers = np.arange(n_blocks)
        first = self._parts.n_in_cells + BLOCK_ROWS * numbers
        self._hits += self._scanned(
            self._parts.tail, numbers, first, mask, self._add[of], self._slack[of]
        )

    def _scanned(
        self,
        blocks: NDArray[np.uint8],
        numbers: NDArray[np.int64],
        first: NDArray[np.int64],
        mask: NDArray[np.uint32] | None,
        add: Floats,
        slack: Floats,
    ) -> Iterator[Hits]:
        """Give the rows of some blocks whose bound is above the threshold.

        Args:
            numbers: of the blocks.
            first: the number of the first row of each.
            mask: one word a block; None where every row may be returned.
            add, slack: one value a block, or one a row of it.
        """
        self._trace.blocks += len(numbers)
        if mask is not None:
            wanted = np.flatnonzero(mask)
            numbers, first, mask = numbers[wanted], first[wanted], mask[wanted]
            add, slack = add[wanted], slack[wanted]
        for at in range(0, len(numbers), _BLOCKS_AT_ONCE):
            part = slice(at, at + _BLOCKS_AT_ONCE)
            bound = self._bounds(blocks[numbers[part]], add[part], slack[part])
            rows = first[part, None] + np.arange(BLOCK_ROWS)
            hit = bound > self._threshold
            if mask is not None:
                words = np.ascontiguousarray(mask[part, None]).view(np.uint8)
                hit &= np.unpackbits(words, axis=1, bitorder="little").view(np.bool_)
            yield bound[hit], rows[hit]

    def _bounds(self, blocks: NDArray[np.uint8], add: Floats, slack: Floats) -> Floats:
        tables = self._tables
        sums = pair_sums(blocks, tables.pairs, len(tables.lut)).astype(np.float32)
        factors = row_factors(blocks)
        scale = factors[:, :BLOCK_ROWS].astype(np.float32)
        offset = factors[:, BLOCK_ROWS:].astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            bound: Floats = scale * (tables.step * sums + (tables.bias + slack)) + (offset + add)
        return bound

    def _settle(self) -> None:
        """Give hits their exact scores, highest bound first, while one is above the k-th best."""
        self._trace.rounds += 1
        if not self._hits:
            return
        bound = np.concatenate([bound for bound, _ in self._hits])
        rows = np.concatenate([rows for _, rows in self._hits])
        self._hits.clear()
        order = np.lexsort((rows, -bound))
        bound, rows = bound[order], rows[order]
        done = 0
        if not self._k_known():  # first a k-th best
            done = self._k + _FIRST_VERDICTS
            self._decide(rows[:done], bound[:done])
        while done < len(rows) and bound[done] > self._threshold:
            part = slice(done, done + _VERDICTS_AT_ONCE)
            above = int(np.count_nonzero(bound[part] > self._threshold))
            self._decide(rows[part][:above], bound[part][:above])
            done += _VERDICTS_AT_ONCE

    def _decide(self, rows: NDArray[Any], bounds: Floats | None = None) -> None:
        """Score rows exactly; those whose bound has fallen behind meanwhile are passed over."""
        rows = rows[rows < self._parts.n_rows]
        scores = exact_scores(self._parts.take(rows), self._q, cosine=self._parts.cosine)
        columns = scores.tolist(), (-self._parts.ids_of(rows)).tolist(), rows.tolist()
        for i, found in enumerate(zip(*columns, strict=True)):
            if bounds is not None and self._k_known() and bounds[i] <= self._threshold:
                continue
            self._trace.rescored += 1
            if not self._in_range:
                self._enter(found)
            elif found[0] >= self._least:
                self._found.append(found)

    def _enter(self, found: Found) -> None:
        if len(self._found) < self._k:
            heapq.heappush(self._found, found)
        elif found > self._found[0]:
            heapq.heapreplace(self._found, found)
        else:
            return
        if len(self._found) == self._k:
            self._threshold = self._scaled(self._found[0][0])

    def _rest(self, seen: NDArray[np.bool_]) -> None:
        """Scan the other cells, likeliest first, until hardly any better row can be expected.

        A search everywhere sweeps what is left then.
        """
        count = self._n_in().astype(np.float32)
        hope, total = self._hopes(np.arange(len(count)), count)
        likely = np.flatnonzero(hope > _LITTLE_HOPE * total)
        places = np.flatnonzero(~seen[likely])
        chances = hope[likely[places]] / count[likely[places]]
        places = places[np.argsort(-chances, kind="stable")]
        cells, hope, known = likely[places], hope[likely], self._threshold
        upto = np.cumsum(count[cells])
        enough, at = self._missing if self._missing > 0 else _SWEPT_FROM, 0
        while at < len(cells):
            if self._threshold != known:
                hope, total = self._hopes(likely, count)
                known = self._threshold
            left = float(hope[places[at:]].sum() / total) if total > 0 else 0.0
            if left <= enough:
                self._trace.missing = left
                break
            n_enough = int(np.searchsorted(upto, upto[at] - count[cells[at]] + _ROWS_AT_ONCE)) + 1
            end = max(at + _CELLS_AT_ONCE, n_enough)
            self._scan_cells(cells[at:end])
            self._settle()
            at = end
        if not self._missing > 0:
            seen[cells[:at]] = True
            self._sweep(~seen & (count > 0))

    def _sweep(self, is_open: NDArray[np.bool_]) -> None:
        """Scan the cells that were not looked at, in their order."""
        for cell in np.flatnonzero(is_open):
            self._scan_cells(np.array([cell]))
            self._settle()
        self._trace.missing = 0.0

    def _hopes(self, cells: NDArray[np.int64], count: Floats) -> tuple[Floats, np.float32]:
        """Return how many rows above the threshold some cells let expect, and their sum."""
        parts, score = self._parts, self._score[cells]
        n_z = parts.survival.shape[1]
        far = (self._best - score) * self._inverse_range * np.float32(_FAR_STEPS)
        z = (self._threshold - score) * parts.inverse_spread[cells]
        place = np.clip((z - _FIRST_Z) * _Z_PER_UNIT, 0, n_z - 1).astype(np.int64)
        ring = parts.ring[np.clip(far, 0, _FAR_STEPS).astype(np.int64)]
        hope: Floats = parts.survival.ravel()[ring + place] * count[cells]
        return hope, np.float32(hope.sum())
