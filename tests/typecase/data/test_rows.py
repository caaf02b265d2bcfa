"""Rows in pieces, and where an id stands."""

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.id_table import IdTable
from typecase.data.rows import Rows, rows_of

X = np.arange(24, dtype=np.float32).reshape(8, 3)


def pieces() -> Rows:
    return Rows([X[:3], X[3:3], X[3:7], X[7:]], dim=3)


def test_rows_are_taken_in_the_order_asked_for() -> None:
    wanted = np.array([7, 0, 3, 3, 2])
    assert pieces().take(wanted).tolist() == X[wanted].tolist()


def test_blocks_pass_over_every_row_once() -> None:
    seen = [(first, len(block)) for first, block in pieces().blocks(2)]
    assert seen == [(0, 2), (2, 1), (3, 2), (5, 2), (7, 1)]


def test_from_row_copies_nothing() -> None:
    tail = pieces().from_row(4)
    assert np.asarray(tail).tolist() == X[4:].tolist()
    assert np.shares_memory(tail.pieces[0], X)
    assert len(pieces().from_row(8)) == 0


def test_kept_copies_only_pieces_that_lose_a_row() -> None:
    keep = np.ones(8, dtype=bool)
    keep[4] = False
    rows = pieces().kept(keep)
    assert np.asarray(rows).tolist() == X[keep].tolist()
    assert [np.shares_memory(piece, X) for piece in rows.pieces] == [True, False, True]


def test_joining_merges_small_pieces_and_leaves_large_ones() -> None:
    large = np.zeros((2000, 3), dtype=np.float32)
    rows = Rows([large], dim=3).joined(Rows([X], dim=3)).joined(Rows([X], dim=3))
    assert [len(piece) for piece in rows.pieces] == [2000, 16]
    assert np.shares_memory(rows.pieces[0], large)


def test_rows_of_another_dim_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="x must have 4 columns, got 3"):
        rows_of(pieces(), dim=4)


def test_ids_are_found_added_and_taken_out() -> None:
    table = IdTable.of(np.array([30, 10, 20]), np.arange(3))
    assert table.find(np.array([10, 11, 30, 99])).tolist() == [1, -1, 0, -1]
    more = table.with_ids(np.array([40, 5]), np.array([3, 4]))
    assert more.find(np.array([5, 10, 40])).tolist() == [4, 1, 3]
    less = more.without_ids(np.array([20, 5]))
    assert less.find(np.array([5, 20, 30])).tolist() == [-1, -1, 0]
    assert len(table) == 3


def test_an_empty_table_finds_nothing() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert IdTable.of(nothing, nothing).find(np.array([0, 1])).tolist() == [-1, -1]
