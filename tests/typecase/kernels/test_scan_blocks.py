"""Blocks of four-bit codes, byte for byte, against loops over one row at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.kernels import native, scan_blocks, scan_plain_parts
from typecase.kernels.scan_blocks import (
    aligned,
    as_aligned,
    cell_places,
    empty_blocks,
    move_rows,
    padded_groups,
    put_rows,
    row_factors,
)

if native.AVAILABLE:
    from typecase.kernels import _native

HOSTILE = [
    0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 65504.0, 65519.0, 65520.0, 1e38, -1e38,
    2.0**-24, 2.0**-25, 1.5 * 2.0**-25, -(2.0**-25), 3 * 2.0**-25, 2.0**-14, 2.0**-14 - 2.0**-25,
    1e-45, 1e-38, 1.0 + 2.0**-11, 1.0 + 3 * 2.0**-11, 2049.0, 2051.0,
]  # fmt: skip


def random_rows(n: int, n_groups: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    nibbles = rng.integers(0, 256, (n, -(-n_groups // 2)), dtype=np.uint8)
    if n_groups % 2:
        nibbles[:, -1] &= 15
    return {
        "nibbles": nibbles,
        "scale": rng.standard_normal(n).astype(np.float32),
        "offset": rng.standard_normal(n).astype(np.float32),
    }


def nibble_at(blocks: NDArray[np.uint8], place: int, group: int) -> int:
    """What stands at a place, by the description of a block."""
    block, row = divmod(place, 32)
    byte = int(blocks[block, 16 * group + row % 16])
    return byte & 15 if row < 16 else byte >> 4


def half_at(blocks: NDArray[np.uint8], place: int, first: int) -> np.float16:
    block, row = divmod(place, 32)
    return np.float16(blocks[block, first + 2 * row : first + 2 * row + 2].view(np.float16)[0])


@pytest.mark.parametrize("n_groups", [1, 2, 7, 8, 9, 33, 96])
def test_each_row_stands_at_its_place(engine: str, n_groups: int) -> None:
    rng = np.random.default_rng(n_groups)
    n, n_blocks = 70, 4
    given_rows = random_rows(n, n_groups, rng)
    places = rng.permutation(32 * n_blocks)[:n].astype(np.uint32)
    blocks = empty_blocks(n_blocks, n_groups)
    put_rows(blocks, places=places, **given_rows)
    n_lines = 16 * padded_groups(n_groups)
    assert blocks.shape == (n_blocks, n_lines + 128)
    for i, place in enumerate(places.tolist()):
        bytes_ = given_rows["nibbles"][i].tolist()
        wanted = [part for byte in bytes_ for part in (byte & 15, byte >> 4)][:n_groups]
        assert [nibble_at(blocks, place, g) for g in range(n_groups)] == wanted
        assert half_at(blocks, place, n_lines) == np.float16(given_rows["scale"][i])
        assert half_at(blocks, place, n_lines + 64) == np.float16(given_rows["offset"][i])
    free = np.setdiff1d(np.arange(32 * n_blocks), places)
    assert (row_factors(blocks)[:, 32:].ravel()[free] == -np.inf).all()


def test_factors_are_rounded_to_halves_as_numpy_rounds(engine: str) -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 4000, dtype=np.uint32)
    near = np.arange(0x33000000, 0x38900000, 0x7FFF, dtype=np.uint32)  # where halves are subnormal
    ties = (np.arange(1, 65536, 7, dtype=np.uint32) << 13) + 0x1000
    some = np.concatenate(
        [np.array(HOSTILE, np.float32), *(b.view(np.float32) for b in (bits, near, ties))]
    )
    some[np.isnan(some)] = np.nan  # one of them: which bits say that it is none is left open
    n = len(some)
    blocks = empty_blocks(-(-n // 32), 1)
    put_rows(
        blocks,
        nibbles=np.zeros((n, 1), dtype=np.uint8),
        scale=some,
        offset=-some,
        places=np.arange(n, dtype=np.uint32),
    )
    halves = blocks[:, -128:].view(np.float16)
    scale, offset = halves[:, :32].ravel()[:n], halves[:, 32:].ravel()[:n]
    with np.errstate(over="ignore"):
        wanted, negative = some.astype(np.float16), (-some).astype(np.float16)
    number = ~np.isnan(some)
    assert scale[number].tobytes() == wanted[number].tobytes()
    assert offset[number].tobytes() == negative[number].tobytes()
    assert np.isnan(scale[~number]).all()


@pytest.mark.parametrize("n_groups", [3, 8, 40])
def test_moving_rows_is_putting_them_elsewhere(engine: str, n_groups: int) -> None:
    rng = np.random.default_rng(1)
    n = 100
    given_rows = random_rows(n, n_groups, rng)
    given_rows["scale"][: len(HOSTILE)] = np.nan_to_num(
        HOSTILE, nan=3.0, posinf=np.inf, neginf=-np.inf
    )
    first = rng.permutation(160)[:n].astype(np.uint32)
    source = empty_blocks(5, n_groups)
    put_rows(source, places=first, **given_rows)
    moved = rng.permutation(n)[:60]
    places = rng.permutation(96)[:60].astype(np.uint32)
    target, wanted = empty_blocks(3, n_groups), empty_blocks(3, n_groups)
    move_rows(source, target, first[moved], places)
    put_rows(wanted, places=places, **{name: column[moved] for name, column in given_rows.items()})
    assert target.tobytes() == wanted.tobytes()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n_groups=st.integers(1, 70), n=st.integers(0, 130))
@pytest.mark.skipif(not native.AVAILABLE, reason="compares with native code")
def test_native_code_puts_the_bytes_that_numpy_puts(seed: int, n_groups: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    given_rows = random_rows(n, n_groups, rng)
    places = rng.permutation(32 * (n // 20 + 1))[:n].astype(np.uint32)
    found = []
    for available in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan_blocks.native, "AVAILABLE", available)
            blocks = empty_blocks(n // 20 + 1, n_groups)
            put_rows(blocks, places=places, **given_rows)
            target = empty_blocks(n // 20 + 1, n_groups)
            move_rows(blocks, target, places, places[::-1].copy())
            found.append(blocks.tobytes() + target.tobytes())
    assert found[0] == found[1]


@pytest.mark.skipif(not native.AVAILABLE, reason="compares with native code")
def test_cleared_blocks_are_empty_ones() -> None:
    blocks = np.full((3, 16 * 16 + 128), 7, dtype=np.uint8)
    _native.clear_rows(blocks)
    assert blocks.tobytes() == empty_blocks(3, 16).tobytes()


def sums_of(engine: str, blocks: NDArray[np.uint8], lut: NDArray[np.uint8]) -> NDArray[np.uint32]:
    if engine == "numpy":
        return scan_plain_parts.block_sums(blocks, lut)
    out = np.empty((len(blocks), 32), dtype=np.uint16)
    tables = aligned(lut.shape).view(np.uint8)
    tables[:] = lut
    _native.block_sums(blocks, tables, out)
    return out.astype(np.uint32)


@pytest.mark.parametrize("n_groups", [8, 16, 24, 96, 136, 1040])
def test_sums_of_table_entries_are_right_bit_for_bit(engine: str, n_groups: int) -> None:
    rng = np.random.default_rng(n_groups)
    blocks = empty_blocks(5, n_groups)
    blocks[:, : 16 * n_groups] = rng.integers(0, 256, (5, 16 * n_groups))
    lut = rng.integers(0, 32, (n_groups, 16), dtype=np.uint8)
    for table in (lut, np.full_like(lut, 31), np.zeros_like(lut)):
        wanted = [
            [
                sum(int(table[g, nibble_at(blocks, 32 * b + row, g)]) for g in range(n_groups))
                for row in range(32)
            ]
            for b in range(5)
        ]
        assert sums_of(engine, blocks, table).tolist() == wanted


def test_a_cells_rows_stand_together_in_their_order() -> None:
    cells = np.array([2, 0, 2, 2, 4] + [0] * 40, dtype=np.int64)
    places, start, order = cell_places(cells, 5)
    assert order.tolist() == [1, *range(5, 45), 0, 2, 3, 4]
    assert start.tolist() == [0, 2, 2, 3, 3, 4]
    assert places[[1, 5, 6]].tolist() == [0, 1, 2]
    assert places[[0, 2, 3]].tolist() == [64, 65, 66]
    assert places[4] == 96
    assert len(set(places.tolist())) == len(cells)


def test_no_rows_have_no_places() -> None:
    places, start, order = cell_places(np.empty(0, dtype=np.int64), 3)
    assert places.tolist() == order.tolist() == []
    assert start.tolist() == [0, 0, 0, 0]


def test_memory_begins_at_a_cache_line() -> None:
    for size in (1, 63, 64, 65, 1000):
        assert aligned((size,)).ctypes.data % 64 == 0
    odd = np.zeros(64 * 3 + 1, dtype=np.uint8)
    odd = odd[1 if odd.ctypes.data % 64 == 0 else 0 :][: 64 * 3].reshape(3, 64)
    odd[:] = np.arange(3)[:, None]
    assert as_aligned(odd).ctypes.data % 64 == 0
    assert as_aligned(odd).tolist() == odd.tolist()
    straight = aligned((3, 64)).view(np.uint8)
    assert as_aligned(straight) is straight
