"""Codes of four bits in blocks of 32 rows: how they lie in memory, how rows get in and out.

A block holds, in bytes: 16 for each group (byte l has row l in its low four bits and row l + 16 in
its high ones), then scale and offset of each row as float16; the offset of an empty place is -inf,
so that no search takes it for a row. The number of groups is a multiple of 8, so a block is a whole
number of cache lines.
A place is 32 times its block, and its row in it. A cell's rows fill its first places.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.kernels import native

if native.AVAILABLE:
    from typecase.kernels import _native

BLOCK_ROWS = 32
FACTOR_BYTES = 128

_ALIGNMENT = 64
_MOST_PLACES = 2**32
_EMPTY = np.float16(-np.inf)

Blocks = NDArray[np.uint8]
Places = NDArray[np.uint32]


def aligned(shape: tuple[int, ...], dtype: type[np.generic] = np.uint8) -> NDArray[np.generic]:
    """Return new memory, unset, that begins at a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + _ALIGNMENT, dtype=np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + size].view(dtype).reshape(shape)


def as_aligned(blocks: Blocks) -> Blocks:
    """Return blocks that begin at a cache line, as those mapped from a file do; else a copy."""
    if not blocks.size or not blocks.ctypes.data % _ALIGNMENT:
        return blocks
    copy: Blocks = aligned(blocks.shape).view(np.uint8)
    copy[:] = blocks
    return copy


def padded_groups(n_groups: int) -> int:
    """Return the number of groups that a block has for n_groups of a codec."""
    return -(-n_groups // 8) * 8


def empty_blocks(n_blocks: int, n_groups: int) -> Blocks:
    """Return blocks, (n_blocks, stride), that hold no row."""
    shape = n_blocks, 16 * padded_groups(n_groups) + FACTOR_BYTES
    blocks: Blocks = aligned(shape).view(np.uint8)
    blocks[:] = 0
    row_factors(blocks)[:, BLOCK_ROWS:] = _EMPTY
    return blocks


def row_factors(blocks: Blocks) -> NDArray[np.float16]:
    """Return a view of the scales of each block's rows, then of their offsets, (n_blocks, 64)."""
    return blocks[:, -FACTOR_BYTES:].view(np.float16)


def without_numbers(blocks: Blocks) -> tuple[Blocks, NDArray[np.uint32]]:
    """Return blocks of today's form, and the rows' numbers, by place, that older ones held too."""
    numbers = blocks[:, -4 * BLOCK_ROWS :].view(np.uint32)
    is_row = numbers != 0xFFFFFFFF
    kept = blocks[:, : -4 * BLOCK_ROWS]
    new: Blocks = aligned(kept.shape).view(np.uint8)
    new[:] = kept
    row_factors(new)[:, BLOCK_ROWS:][~is_row] = _EMPTY
    return new, numbers[is_row]


def put_rows(
    blocks: Blocks,
    *,
    nibbles: NDArray[np.uint8],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    places: Places,
) -> None:
    """Put n rows at empty places.

    Args:
        blocks: (n_blocks, stride), changed.
        nibbles: (n, ceil(n_groups / 2)), the lower group in the lower four bits.
        scale, offset, places: (n,).
    """
    if native.AVAILABLE:
        _native.put_rows(blocks, nibbles, scale, offset, places)
        return
    block, lane = np.divmod(places.astype(np.int64), BLOCK_ROWS)
    n, n_bytes = nibbles.shape
    codes = np.stack([nibbles & 15, nibbles >> 4], axis=2).reshape(n, 2 * n_bytes)
    columns = 16 * np.arange(2 * n_bytes)
    for high in (False, True):
        here = np.flatnonzero((lane >= 16) == high)
        at = (block[here, None], columns[None, :] + lane[here, None] % 16)
        # rows that share a byte differ in which half of it is theirs
        blocks[at] |= codes[here] << 4 if high else codes[here]
    factors = row_factors(blocks)
    with np.errstate(over="ignore"):
        factors[block, lane] = scale
        factors[block, BLOCK_ROWS + lane] = offset


def move_rows(source: Blocks, target: Blocks, source_places: Places, target_places: Places) -> None:
    """Copy rows, (n,) places each, to empty places of other blocks of the same form."""
    if native.AVAILABLE:
        _native.move_rows(source, target, source_places, target_places)
        return
    block, lane = np.divmod(source_places.astype(np.int64), BLOCK_ROWS)
    columns = 16 * np.arange((source.shape[1] - FACTOR_BYTES) // 16)
    codes = source[block[:, None], columns[None, :] + lane[:, None] % 16]
    codes = np.where(lane[:, None] < 16, codes & 15, codes >> 4)
    factors = row_factors(source)
    put_rows(
        target,
        nibbles=codes[:, ::2] | codes[:, 1::2] << 4,
        scale=factors[block, lane].astype(np.float32),
        offset=factors[block, BLOCK_ROWS + lane].astype(np.float32),
        places=target_places,
    )


class Placed(NamedTuple):
    """Where rows stand in the blocks of their cells."""

    places: Places
    """(n,)."""
    start: NDArray[np.uint32]
    """(n_cells + 1,), the first block of each cell."""
    order: NDArray[np.int64]
    """(n,), the rows cell by cell."""


def cell_places(cells: NDArray[np.int64], n_cells: int) -> Placed:
    """Return a place for each row: a cell's rows stand together in their order.

    Args:
        cells: (n,), the cell of each row.

    Raises:
        InvalidInputError: places would not be numbers of 32 bits.
    """
    counts = np.bincount(cells, minlength=n_cells)
    start = np.concatenate([[0], np.cumsum(-(-counts // BLOCK_ROWS))])
    if BLOCK_ROWS * int(start[-1]) > _MOST_PLACES:
        raise InvalidInputError(
            f"{len(cells)} rows in {n_cells} cells take {BLOCK_ROWS * int(start[-1])} places, at "
            f"most {_MOST_PLACES} have a number. Ask for fewer n_cells."
        )
    order = np.argsort(cells, kind="stable")
    places = np.empty(len(cells), dtype=np.uint32)
    places[order] = np.arange(len(cells)) - place_shifts(start, counts)[cells[order]]
    return Placed(places, start.astype(np.uint32), order)


def place_shifts(
    start: NDArray[np.integer[Any]], count: NDArray[np.integer[Any]]
) -> NDArray[np.int64]:
    """Return what to add to a cell's places for its rows' places cell by cell, (n_cells,).

    Args:
        start: (n_cells + 1,), the first block of each cell.
        count: (n_cells,), rows of each.
    """
    shifts: NDArray[np.int64] = np.cumsum(count, dtype=np.int64) - count
    return shifts - BLOCK_ROWS * start[:-1].astype(np.int64)
