"""Makes the codes of a two-grain index: finds its cells, encodes its rows, examines the result."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError
from typecase.data.bitmaps import pack
from typecase.data.cell_codes import CellCodes
from typecase.data.scan_codes import ScanCodec
from typecase.data.vector_table import VectorTable
from typecase.indexes.two_grain_outlook import Effort, Outlook, Survival, Trial, find_efforts
from typecase.indexes.two_grain_view import FEW_ROWS, View
from typecase.kernels import native
from typecase.kernels.cells import find_cells
from typecase.kernels.inner_product import top_k_blocks

_BLOCK_ROWS = 4096
_K = 10
_TRUTH_ERROR = 3.5  # one true neighbour in four thousand is further off
_SCORED_ROWS, _FEW_SCORED_ROWS, _SCORED_SHARE = 1 << 17, 1 << 16, 0.25
_SAMPLE_A_CELL = 48
_CELL_ROUNDS = 3  # on more rows: nearer centres than 8 rounds on 32, in two thirds of the time
_GROWTH = 3.0
_DRIFT = 0.05
"""So much may an index grow or shrink until its recall is measured anew."""
_LONGER = 1000.0
_LEAST_UNIT = 1e-30
_MOST_ROUNDED = 1.001
_MOST_UNITS = 1e15  # of which float32 still holds the square

Floats = NDArray[np.float32]


class TwoGrainCodes(NamedTuple):
    """What the index keeps beside the rows; nothing where there are few rows."""

    cells: CellCodes | None
    outlook: Outlook | None


def find_codes(
    table: VectorTable,
    *,
    codec: ScanCodec,
    n_cells: int,
    n_exam: int,
    rng: np.random.Generator,
) -> TwoGrainCodes:
    """Return the codes of all rows, in cells that are found anew.

    Args:
        codec: is fitted, on residuals.
        n_cells: fewer where there are fewer rows.
        n_exam: rows that stand for queries.
    """
    n_cells = min(n_cells, len(table))
    n_sample = min(len(table), _SAMPLE_A_CELL * n_cells)
    rows = np.sort(rng.choice(len(table), n_sample, replace=False))
    x = table.x.take(rows)
    unit = 1.0 if table.cosine else _unit_length(table, x)
    sample = _scaled(table, x, rows, unit)
    found = find_cells(sample, n_cells, n_rounds=_CELL_ROUNDS, rng=rng)
    of_row = np.empty(len(table), dtype=np.int64)
    for first, x in _blocks(table, unit, 0):
        of_row[first : first + len(x)] = found.nearest(x)
    codec.fit(sample - found.centers[of_row[rows]])
    builder = CellCodes.of(codec, found, of_row, unit_length=unit)
    for first, x in _blocks(table, unit, 0):
        builder.take(x, first)
    cells = builder.done()
    return TwoGrainCodes(cells, examine_by_rows(table, cells, n_exam, rng))


def is_outgrown(cells: CellCodes, table: VectorTable, n_old: int) -> bool:
    """Return whether cells should be found anew: rows are many more, or new ones much longer."""
    if len(table) > _GROWTH * cells.n_found:
        return True
    if table.cosine or table.row_norm <= _LONGER * cells.unit_length:
        return False
    if table.row_norm > 2 * _MOST_UNITS * cells.unit_length:
        return True
    # half-precision factors would not hold them; a few such rows are read by every search
    new = np.asarray(table.x.from_row(n_old))
    return len(new) > 0 and _typical_length(new) > _LONGER * cells.unit_length


def with_new_rows(cells: CellCodes, table: VectorTable, n_old: int, longest_tail: int) -> CellCodes:
    """Return the codes of all rows of a table, of which the first n_old have codes."""
    for _, x in _blocks(table, cells.unit_length, n_old):
        cells = cells.with_rows(x)
    return cells.settled() if cells.n_tail > longest_tail else cells


def is_outlook_old(codes: TwoGrainCodes, table: VectorTable) -> bool:
    """Return whether so many rows came or went that what was measured on rows may hold no more.

    What was measured on given queries stays until others are given.
    """
    cells, outlook = codes
    if cells is None or outlook is None or outlook.is_of_queries:
        return False
    n_then = outlook.n_rows or cells.n_found
    return abs(len(table.lookup) - n_then) > _DRIFT * n_then


def examine_by_rows(
    table: VectorTable, cells: CellCodes, n_exam: int, rng: np.random.Generator
) -> Outlook:
    """Return what n_exam rows, drawn from those that live, teach in the place of queries.

    Raises:
        CorruptFileError: as `examine`.
    """
    alive = table.alive
    rows = np.arange(len(table)) if alive is None else np.flatnonzero(alive)
    own = np.sort(rng.choice(rows, min(len(rows), n_exam), replace=False))
    return examine(table, cells, _sampled(table, own, 1.0), own)


def examine(table: VectorTable, cells: CellCodes, q: Floats, own: NDArray[np.int64]) -> Outlook:
    """Return what queries teach, (n_queries, dim).

    Args:
        own: the row that each stands in for a query, (n_queries,); -1 for one that was given.

    Raises:
        CorruptFileError: a row that was looked at is not what was added.
    """
    rng = np.random.default_rng(0)
    lengths = np.sqrt(np.vecdot(q, q, dtype=np.float64))
    q = (q / np.maximum(lengths, _LEAST_UNIT)[:, None]).astype(np.float32)  # spreads are of such
    of_row = cells.cell_of_row()
    survival = Survival(cells, q, rng)
    n_scored = min(_SCORED_ROWS, max(_FEW_SCORED_ROWS, int(_SCORED_SHARE * len(table))))
    sample = np.sort(rng.choice(len(table), min(len(table), n_scored), replace=False))
    for start in range(0, len(sample), _BLOCK_ROWS):
        rows = sample[start : start + _BLOCK_ROWS]
        x = _sampled(table, rows, cells.unit_length)
        survival.take(x, of_row[rows], own[:, None] == rows)
    blank = Outlook(
        ring=survival.ring,
        share=survival.share(),
        efforts=(),
        broad=(),
        narrow=(),
        n_rows=len(table.lookup),
        is_of_queries=bool((own < 0).any()),
    )
    view = View(table, cells, blank)
    trials, words = [], []
    for allowed in _exam_filters(cells, of_row, table.alive, rng):
        words.append(None if allowed is None else view.allow_words(pack(allowed)))
        trials.append(Trial(allowed, _truth(view, q, own, allowed, words[-1])))

    def measure(
        trial: Trial, error: float, missing: float, n: int
    ) -> tuple[NDArray[np.int64], float, float]:
        at = next(i for i, other in enumerate(trials) if other is trial)
        effort = Effort(error=error, missing=missing)
        rows, _, looked = view.search(q[:n], _K + 1, words[at], effort)
        rows = np.where(rows == own[:n, None], -2, rows)
        return rows, looked.blocks / n, looked.rows / n

    none, broad, narrow = (find_efforts(each, measure) for each in _kinds(trials))
    return replace(blank, efforts=none, broad=broad, narrow=narrow)


def _kinds(trials: list[Trial]) -> tuple[list[Trial], list[Trial], list[Trial]]:
    """Return the trials without a filter, with a broad one, and with a narrow one."""
    return trials[:1], trials[1:3], trials[3:]


def _truth(
    view: View,
    q: Floats,
    own: NDArray[np.int64],
    allowed: NDArray[np.bool_] | None,
    words: Any,
) -> NDArray[np.int64]:
    """Return the best rows of each query but itself, (n_queries, 10); -1 where fewer are allowed.

    Every cell is looked at, and every row read whose score the codes' error may hide.
    """
    if native.AVAILABLE:
        found, _, _ = view.search(q, _K + 1, words, Effort(error=_TRUTH_ERROR, missing=0.0))
    else:  # then whole rows cost less than their codes
        table = view.table
        found, _ = top_k_blocks(
            lambda: table.x.blocks(_BLOCK_ROWS),
            table.x.take,
            np.arange(len(table)),
            q,
            _K + 1,
            allowed=allowed,
            inverse_norms=table.inverse_norms,
            row_norm=table.row_norm,
        )
    others = np.argsort(found == own[:, None], axis=1, kind="stable")[:, :_K]
    return np.take_along_axis(found, others, axis=1)


def _unit_length(table: VectorTable, sample: Floats) -> float:
    """Return what to divide rows by: the length of most, so that a few long ones spoil nothing."""
    return max(_typical_length(sample), float(table.row_norm) / _MOST_UNITS, _LEAST_UNIT)


def _typical_length(x: Floats) -> float:
    lengths = np.sqrt(np.vecdot(x, x, dtype=np.float64))
    return float(np.median(lengths[lengths > 0])) if lengths.any() else 0.0


def _exam_filters(
    cells: CellCodes,
    of_row: NDArray[np.int64],
    alive: NDArray[np.bool_] | None,
    rng: np.random.Generator,
) -> list[NDArray[np.bool_] | None]:
    """Return what to measure recall under: no filter, broad ones, narrow ones.

    Of the two of a kind one allows rows at random, one those of a region.
    """
    n, least = len(of_row), 2 * FEW_ROWS
    centers = cells.cells.centers
    near = np.argsort(-(centers @ centers[rng.integers(len(centers))]), kind="stable")
    chosen = []
    for at_random, in_region in ((0.3, 0.5), (0.01, 0.04)):
        reached = np.cumsum(cells.count[near]) >= max(in_region * n, least)
        region = np.zeros(len(centers), dtype=bool)
        region[near[: int(np.argmax(reached)) + 1]] = True
        chosen += [rng.random(n) < max(at_random, least / n), region[of_row]]
    if alive is None:
        return [None, *chosen]
    return [alive, *(c & alive for c in chosen)]


def _blocks(table: VectorTable, unit: float, first: int) -> Iterator[tuple[int, Floats]]:
    """Give (first row, rows) from a row on, of unit length for cosine, divided by unit."""
    for start, x in table.x.from_row(first).blocks(_BLOCK_ROWS):
        rows = np.arange(first + start, first + start + len(x))
        yield first + start, _scaled(table, x, rows, unit)


def _sampled(table: VectorTable, rows: NDArray[np.int64], unit: float) -> Floats:
    """Return some rows as `_scaled` does; nothing is learnt from damaged ones."""
    with np.errstate(over="ignore", invalid="ignore"):
        x = _scaled(table, table.x.take(rows), rows, unit)
        fits = np.vecdot(x, x) <= np.square(_MOST_ROUNDED * table.row_norm / unit)
    if not fits.all():
        row = rows[np.argmin(fits)]
        raise CorruptFileError(f"Row {row} is not what was added: it was changed in its file.")
    return x


def _scaled(table: VectorTable, x: Floats, rows: NDArray[np.int64], unit: float) -> Floats:
    if table.inverse_norms is not None:
        return x * table.inverse_norms[rows, None]
    return x if unit == 1.0 else x / np.float32(unit)
