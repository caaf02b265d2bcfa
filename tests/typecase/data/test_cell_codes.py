"""Rows in cells and in the tail: each is there once, whatever was added, settled or dropped."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.data.cell_codes import CellCodes
from typecase.data.scan_codes import ScanCodes
from typecase.kernels.cells import Cells
from typecase.kernels.scan_blocks import row_factors

DIM = 10


class Signs:
    """Signs of the residual, each row by itself: no row's code depends on those beside it."""

    n_groups = 3
    scan_noise = 1.0

    def fit(self, x: NDArray[np.float32]) -> "Signs":
        return self

    def scan_encode(
        self, x: NDArray[np.float32], centers: NDArray[np.float32], cells: NDArray[np.int64]
    ) -> ScanCodes:
        r = x - centers[cells]
        nibbles = np.packbits(r >= 0, axis=1, bitorder="little")
        return ScanCodes(nibbles, np.abs(r).max(axis=1, initial=0), r[:, 0].copy())

    def scan_tables(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(queries), 3, 16), dtype=np.float32)


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def codes_of(x: NDArray[np.float32], n_cells: int = 5, pieces: int = 1) -> CellCodes:
    cells = Cells(rows(n_cells, seed=99))
    builder = CellCodes.of(Signs(), cells, cells.nearest(x), unit_length=2.0)
    first = 0
    for part in np.array_split(x, pieces):
        builder.take(part, first)
        first += len(part)
    return builder.done()


def content(codes: CellCodes) -> dict[int, tuple[int, bytes]]:
    """By row number: its cell, and its bytes."""
    out: dict[int, tuple[int, bytes]] = {}
    n = int(codes.count.sum())
    numbers = list(range(n)) if codes.order is None else codes.order.tolist()
    numbers += range(n, codes.n_rows)
    for cell, count in enumerate(codes.count.tolist()):
        for place in range(32 * int(codes.start[cell]), 32 * int(codes.start[cell]) + count):
            out[numbers[len(out)]] = cell, row_bytes(codes.blocks, place)
    for place in range(codes.n_tail):
        out[numbers[len(out)]] = int(codes.tail_cell[place]), row_bytes(codes.tail, place)
    assert sorted(out) == list(range(codes.n_rows))
    return out


def row_bytes(blocks: NDArray[np.uint8], place: int) -> bytes:
    block, row = divmod(place, 32)
    line = blocks[block, :-128].reshape(-1, 16)[:, row % 16]
    nibbles = line & 15 if row < 16 else line >> 4
    factors = blocks[block, -128:].view(np.uint16)
    return nibbles.tobytes() + factors[[row, 32 + row]].tobytes()


def placed(blocks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which places hold a row, (n_blocks, 32)."""
    return row_factors(blocks)[:, 32:] != -np.inf


def check_counts(codes: CellCodes) -> None:
    there = placed(codes.blocks)
    for cell, count in enumerate(codes.count.tolist()):
        own = there[int(codes.start[cell]) : int(codes.start[cell + 1])].ravel()
        assert own.tolist() == [True] * count + [False] * (len(own) - count)
    n_places = 32 * len(codes.tail)
    in_tail = [True] * codes.n_tail + [False] * (n_places - codes.n_tail)
    assert placed(codes.tail).ravel().tolist() == in_tail
    assert len(codes.tail_cell) == n_places
    assert codes.n_rows == codes.n_tail + there.sum()


def test_every_row_is_in_its_cell(engine: str) -> None:
    x = rows(300)
    codes = codes_of(x)
    check_counts(codes)
    nearest = codes.cells.nearest(x).tolist()
    assert {row: cell for row, (cell, _) in content(codes).items()} == dict(enumerate(nearest))
    assert codes.cell_of_row().tolist() == nearest


def test_rows_may_come_in_parts(engine: str) -> None:
    x = rows(300)
    assert codes_of(x, pieces=7).blocks.tobytes() == codes_of(x).blocks.tobytes()


def test_added_rows_stand_in_the_tail_as_they_would_in_cells(engine: str) -> None:
    x = rows(300)
    grown = codes_of(x[:120]).with_rows(x[120:125]).with_rows(x[125:])
    check_counts(grown)
    assert grown.n_tail == 180
    assert content(grown) == content(codes_of(x))
    assert grown.cell_of_row().tolist() == codes_of(x).cell_of_row().tolist()


def test_adding_leaves_the_older_state_alone(engine: str) -> None:
    x = rows(100)
    old = codes_of(x[:60]).with_rows(x[60:70])
    before = content(old)
    old.with_rows(x[70:])
    old.settled()
    old.settled(np.arange(70) % 2 == 0)
    assert content(old) == before
    check_counts(old)


def test_a_settled_tail_is_as_if_all_had_been_there(engine: str) -> None:
    x = rows(300)
    settled = codes_of(x[:120]).with_rows(x[120:]).settled()
    assert settled.n_tail == len(settled.tail) == len(settled.tail_cell) == 0
    assert settled.blocks.tobytes() == codes_of(x).blocks.tobytes()
    assert settled.start.tolist() == codes_of(x).start.tolist()
    assert settled.settled().blocks.tobytes() == settled.blocks.tobytes()


def test_rows_left_out_give_their_numbers_to_those_behind(engine: str) -> None:
    x = rows(300)
    keep = np.random.default_rng(1).random(300) < 0.6
    left = codes_of(x[:200]).with_rows(x[200:]).settled(keep)
    check_counts(left)
    assert content(left) == content(codes_of(x[keep]))


def test_all_rows_may_be_left_out(engine: str) -> None:
    none = codes_of(rows(50)).settled(np.zeros(50, bool))
    assert none.n_rows == len(none.blocks) == 0
    check_counts(none.with_rows(rows(3)))


def test_an_empty_cell_has_no_blocks(engine: str) -> None:
    x = np.repeat(rows(1), 40, axis=0)
    codes = codes_of(x, n_cells=6)
    assert sorted(codes.count.tolist()) == [0, 0, 0, 0, 0, 40]
    assert len(codes.blocks) == 2
    assert (codes.spread > 0).all()


@pytest.mark.parametrize("grown", [False, True])
def test_arrays_give_the_codes_back(engine: str, grown: bool) -> None:
    codes = codes_of(rows(100))
    if grown:
        codes = codes.with_rows(rows(40, 1))
    arrays: dict[str, Any] = codes.to_arrays()
    for name, array in arrays.items():
        if isinstance(array, np.ndarray):
            odd = np.empty(array.nbytes + 4, np.uint8)[4:].view(array.dtype).reshape(array.shape)
            odd[:] = array
            odd.flags.writeable = False
            arrays[name] = odd
    back = CellCodes.from_arrays(arrays, codes.codec)
    assert content(back) == content(codes)
    assert (back.unit_length, back.n_found, back.n_tail) == (2.0, 100, codes.n_tail)
    assert back.spread.tolist() == codes.spread.tolist()
    assert back.with_rows(rows(5, 2)).n_rows == codes.n_rows + 5
    assert back.blocks.ctypes.data % 64 == 0 or not back.blocks.size


def test_rows_in_the_order_of_their_cells_need_no_list(engine: str) -> None:
    x = rows(300)
    codes = codes_of(x)
    assert codes.order is not None
    in_order = codes_of(x[codes.order])
    assert in_order.order is None
    assert in_order.blocks.tobytes() == codes.blocks.tobytes()
    assert in_order.size_bytes == codes.size_bytes - 4 * 300
    grown = in_order.with_rows(rows(30, 1))
    assert grown.settled().order is not None
    assert content(grown.settled()) == content(grown)
    assert in_order.settled(np.arange(300) % 3 > 0).order is None


@pytest.mark.parametrize("in_order", [False, True])
def test_codes_whose_blocks_held_numbers_are_read(engine: str, in_order: bool) -> None:
    x = rows(100)
    if in_order:
        x = x[codes_of(x).order]
    codes = codes_of(x).with_rows(rows(40, 1))
    arrays = codes.to_arrays()
    order = np.arange(100) if codes.order is None else codes.order
    for name, numbers in (("blocks_", order), ("tail_", np.arange(100, 140))):
        there = placed(arrays[name])
        row_factors(arrays[name])[:, 32:][~there] = 0  # as it was
        column = np.full(there.shape, 2**32 - 1, dtype=np.uint32)
        column[there] = numbers
        arrays[name] = np.concatenate([arrays[name], column.view(np.uint8)], axis=1)
    arrays.pop("order_", None)
    back = CellCodes.from_arrays(arrays, codes.codec)
    assert (back.order is None) == in_order
    check_counts(back)
    assert content(back) == content(codes)
    assert back.blocks.tobytes() == codes_of(x).blocks.tobytes()


def test_size_counts_what_a_search_reads() -> None:
    codes = codes_of(rows(64), n_cells=1)
    assert codes.size_bytes == 2 * (16 * 8 + 128) + DIM + 24


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.lists(st.sampled_from(["add", "settle", "drop"]), max_size=8),
)
def test_any_changes_lead_to_what_is_left(seed: int, steps: list[str]) -> None:
    rng = np.random.default_rng(seed)
    x = rows(int(rng.integers(1, 80)), seed)
    codes = codes_of(x)
    for step in steps:
        if step == "add":
            new = rows(int(rng.integers(0, 70)), int(rng.integers(10**6)))
            codes, x = codes.with_rows(new), np.concatenate([x, new])
        elif step == "settle":
            codes = codes.settled()
        else:
            keep = rng.random(len(x)) < 0.7
            codes, x = codes.settled(keep), x[keep]
        check_counts(codes)
    assert content(codes) == content(codes_of(x))
