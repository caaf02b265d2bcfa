"""The first grain of a two-grain index: rows in cells, their codes in blocks, the newest in a tail.

Immutable: a change makes a new object that shares what has not changed. Codes and centres are of
rows divided by `unit_length`, so that half-precision factors hold them.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.data.scan_codes import ScanCodec, ScanCodes
from typecase.kernels.cells import Cells
from typecase.kernels.scan_blocks import (
    BLOCK_ROWS,
    FACTOR_BYTES,
    Blocks,
    as_aligned,
    cell_places,
    empty_blocks,
    move_rows,
    padded_groups,
    place_shifts,
    put_rows,
    without_numbers,
)

_TYPICAL_SHARE = 0.5
_MOST_HALF = 65000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCodes:
    """Cells, their blocks of codes, and blocks of rows that came since, in their order."""

    codec: ScanCodec
    cells: Cells
    unit_length: float
    spread: NDArray[np.float32]
    """(n_cells,), of the scores of a cell's rows around the score of its centre."""
    start: NDArray[np.uint32]
    """(n_cells + 1,), the first block of each cell."""
    count: NDArray[np.uint32]
    """(n_cells,), rows in the blocks of each cell, dead ones too."""
    order: NDArray[np.uint32] | None
    """(n,), the numbers of the rows in the cells, cell by cell; None where they are 0 to n - 1."""
    blocks: Blocks
    """(n_blocks, stride)."""
    tail: Blocks
    """(n_tail_blocks, stride), of rows whose numbers are the next ones."""
    tail_cell: NDArray[np.uint32]
    """(32 * n_tail_blocks,), the cell of each place of the tail, 0 where it is empty."""
    n_tail: int
    """Rows in the tail."""
    n_found: int
    """Rows that there were when the cells were found."""
    narrow_ids: NDArray[np.uint32] | None = None
    """(m,), ids of the first m rows, in half the memory; None where they are not kept."""

    @classmethod
    def of(
        cls, codec: ScanCodec, cells: Cells, of_row: NDArray[np.int64], *, unit_length: float
    ) -> "CellCodesBuilder":
        """Return what takes the rows in, whose cells, (n,), are known."""
        return CellCodesBuilder(codec, cells, of_row, unit_length)

    @property
    def n_rows(self) -> int:
        """Rows with a code, dead ones too."""
        return int(self.count.sum()) + self.n_tail

    @property
    def size_bytes(self) -> int:
        """Of what a search reads in memory: blocks, tail, centres of one byte a dimension."""
        cells = self.cells.centers.size + 24 * len(self.count)
        order = 0 if self.order is None else self.order.nbytes
        return self.blocks.nbytes + self.tail.nbytes + self.tail_cell.nbytes + cells + order

    def cell_of_row(self) -> NDArray[np.int64]:
        """Return the cell of each row, (n,), by its number."""
        _, numbers, cells = self._places()
        of_row = np.zeros(self.n_rows, dtype=np.int64)
        of_row[numbers] = cells
        return of_row

    def with_rows(self, x: NDArray[np.float32]) -> Self:
        """Return the codes with rows behind, (m, dim), already divided by `unit_length`."""
        of_row = self.cells.nearest(x)
        codes = _in_halves(self.codec.scan_encode(x, self.cells.centers, of_row))
        n = self.n_tail + len(x)
        n_blocks = -(-n // BLOCK_ROWS)
        tail = empty_blocks(n_blocks, self.codec.n_groups)
        tail[: len(self.tail)] = self.tail
        tail_cell = np.zeros(BLOCK_ROWS * n_blocks, dtype=np.uint32)
        tail_cell[: self.n_tail] = self.tail_cell[: self.n_tail]
        tail_cell[self.n_tail : n] = of_row
        put_rows(
            tail,
            nibbles=codes.nibbles,
            scale=codes.scale,
            offset=codes.offset,
            places=np.arange(self.n_tail, n, dtype=np.uint32),
        )
        return replace(self, tail=tail, tail_cell=tail_cell, n_tail=n)

    def settled(self, keep: NDArray[np.bool_] | None = None) -> Self:
        """Return the same rows with the tail put into the cells.

        Args:
            keep: which rows still live, by number; others are left out and the rest get new
                numbers in the old order. None keeps all.
        """
        places, numbers, of_row = self._places()
        if keep is not None:
            live = keep[numbers]
            places, of_row = places[live], of_row[live]
            numbers = (np.cumsum(keep) - 1)[numbers[live]]
        targets, start, by_cell = cell_places(of_row, len(self.count))
        blocks = empty_blocks(int(start[-1]), self.codec.n_groups)
        in_tail = places >= BLOCK_ROWS * len(self.blocks)
        move_rows(self.blocks, blocks, places[~in_tail], targets[~in_tail])
        from_tail = places[in_tail] - np.uint32(BLOCK_ROWS * len(self.blocks))
        move_rows(self.tail, blocks, from_tail, targets[in_tail])
        return replace(
            self,
            narrow_ids=self.narrow_ids if keep is None else None,
            start=start,
            count=np.bincount(of_row, minlength=len(self.count)).astype(np.uint32),
            order=_listed(numbers[by_cell]),
            blocks=blocks,
            tail=self.tail[:0],
            tail_cell=self.tail_cell[:0],
            n_tail=0,
        )

    def _places(self) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """Return place, number and cell of every row, the cells' rows first."""
        n_in_cells = self.n_rows - self.n_tail
        places, numbers = np.arange(self.n_rows), np.arange(self.n_rows)
        places[:n_in_cells] -= np.repeat(place_shifts(self.start, self.count), self.count)
        places[n_in_cells:] += BLOCK_ROWS * len(self.blocks) - n_in_cells
        if self.order is not None:
            numbers[:n_in_cells] = self.order
        cells = np.repeat(np.arange(len(self.count)), self.count)
        cells = np.concatenate([cells, self.tail_cell[: self.n_tail].astype(np.int64)])
        return places.astype(np.uint32), numbers, cells

    def to_arrays(self) -> dict[str, Any]:
        """Return everything but the codec as arrays and numbers, by name."""
        lists = {"narrow_ids_": self.narrow_ids, "order_": self.order}
        whole, units, squares = self.cells.whole
        return {name: numbers for name, numbers in lists.items() if numbers is not None} | {
            "centers_": self.cells.centers,
            "whole_centers_": whole,
            "center_units_": units,
            "center_squares_": squares,
            "unit_length_": self.unit_length,
            "spread_": self.spread,
            "start_": self.start,
            "count_": self.count,
            "blocks_": self.blocks,
            "tail_": self.tail,
            "tail_cell_": self.tail_cell,
            "n_tail_": self.n_tail,
            "n_found_": self.n_found,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any], codec: ScanCodec) -> Self:
        """Take back what `to_arrays` gave, or an older version; arrays may be memory maps."""
        cells = Cells(np.asarray(arrays["centers_"]))
        if "whole_centers_" in arrays:
            names = ("whole_centers_", "center_units_", "center_squares_")
            whole, units, squares = (np.asarray(arrays[name]) for name in names)
            cells = Cells.known(cells.centers, (whole, units, squares))
        blocks, tail, order = arrays["blocks_"], arrays["tail_"], arrays.get("order_")
        if blocks.shape[1] > 16 * padded_groups(codec.n_groups) + FACTOR_BYTES:
            blocks, numbers = without_numbers(blocks)
            tail, _ = without_numbers(tail)
            order = _listed(numbers)
        return cls(
            codec=codec,
            cells=cells,
            narrow_ids=arrays.get("narrow_ids_"),
            unit_length=float(arrays["unit_length_"]),
            spread=arrays["spread_"],
            start=arrays["start_"],
            count=arrays["count_"],
            order=order,
            blocks=as_aligned(blocks),
            tail=as_aligned(tail),
            tail_cell=arrays["tail_cell_"],
            n_tail=int(arrays["n_tail_"]),
            n_found=int(arrays["n_found_"]),
        )


class CellCodesBuilder:
    """Takes blocks of rows in, in their order, and gives `CellCodes`."""

    def __init__(
        self, codec: ScanCodec, cells: Cells, of_row: NDArray[np.int64], unit_length: float
    ) -> None:
        """Make room for rows whose cells, (n,), are known."""
        self._codec, self._cells, self._of_row, self._unit = codec, cells, of_row, unit_length
        self._placed = cell_places(of_row, len(cells.centers))
        self._blocks = empty_blocks(int(self._placed.start[-1]), codec.n_groups)
        self._squares = np.zeros(len(cells.centers))

    def take(self, x: NDArray[np.float32], first: int) -> None:
        """Encode rows, (m, dim), divided by the unit length; first is the first one's number."""
        part = slice(first, first + len(x))
        of_row, centers = self._of_row[part], self._cells.centers
        codes = _in_halves(self._codec.scan_encode(x, centers, of_row))
        put_rows(
            self._blocks,
            nibbles=codes.nibbles,
            scale=codes.scale,
            offset=codes.offset,
            places=self._placed.places[part],
        )
        squares = codes.square
        if squares is None:
            residual = x - centers[of_row]
            squares = np.vecdot(residual, residual)
        self._squares += np.bincount(of_row, weights=squares, minlength=len(centers))

    def done(self) -> CellCodes:
        """Return the codes of all rows."""
        count = np.bincount(self._of_row, minlength=len(self._cells.centers))
        dim = self._cells.centers.shape[1]
        spread = np.sqrt(self._squares / np.maximum(count, 1) / dim)
        # what a row or two say of a cell's spread is not to be believed
        floor = _TYPICAL_SHARE * float(np.median(spread[count > 0])) if len(self._of_row) else 1.0
        stride = self._blocks.shape[1]
        return CellCodes(
            codec=self._codec,
            cells=self._cells,
            unit_length=self._unit,
            spread=np.maximum(spread, max(floor, 1e-9)).astype(np.float32),
            start=self._placed.start,
            count=count.astype(np.uint32),
            order=_listed(self._placed.order),
            blocks=self._blocks,
            tail=empty_blocks(0, self._codec.n_groups).reshape(0, stride),
            tail_cell=np.empty(0, dtype=np.uint32),
            n_tail=0,
            n_found=len(self._of_row),
        )


def _listed(order: NDArray[np.integer[Any]]) -> NDArray[np.uint32] | None:
    """Return an order of rows, (n,), in half the memory; None where it is 0 to n - 1."""
    is_own = bool((order == np.arange(len(order))).all())
    return None if is_own else order.astype(np.uint32)


def _in_halves(codes: ScanCodes) -> ScanCodes:
    """Return codes whose factors half precision holds.

    A row whose factors it would not hold gets a bound above every score: every search reads it.
    """
    scale, offset = codes.scale, codes.offset
    beyond = ~((np.abs(scale) < _MOST_HALF) & (np.abs(offset) < _MOST_HALF))
    if not beyond.any():
        return codes
    return codes._replace(scale=np.where(beyond, 0, scale), offset=np.where(beyond, np.inf, offset))
