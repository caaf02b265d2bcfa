"""Rows in pieces, and where an id stands."""

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
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
    large = np.zeros((9000, 3), dtype=np.float32)
    rows = Rows([large], dim=3).joined(Rows([X], dim=3)).joined(Rows([X], dim=3))
    assert [len(piece) for piece in rows.pieces] == [9000, 16]
    assert np.shares_memory(rows.pieces[0], large)


def test_rows_of_another_dim_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="x must have 4 columns, got 3"):
        rows_of(pieces(), dim=4)
