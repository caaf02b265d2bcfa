"""A matrix that lies in several pieces (files mapped into memory, arrays), never copied whole."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from typecase.base.checks import check_vectors
from typecase.base.errors import InvalidInputError
from typecase.data.growing import Growing

_TAIL_ROWS = 8192


class Rows:
    """An immutable (n, dim) float32 matrix made of pieces, read-only memory maps among them.

    `take` gathers any rows into memory, `blocks` passes over all of them.
    """

    def __init__(self, pieces: Sequence[NDArray[np.float32]], *, dim: int) -> None:
        """Hold checked pieces, each (m, dim) float32 in C order; `rows_of` checks."""
        # A plain view: indexing the memmap subclass costs more than the rows
        self.pieces = tuple(piece.view(np.ndarray) for piece in pieces if len(piece))
        self.dim = dim
        lengths = [len(piece) for piece in self.pieces]
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self._tail: Growing[np.float32] | None = None  # the last piece, when there is room in it

    @property
    def shape(self) -> tuple[int, int]:
        """(n, dim)."""
        return len(self), self.dim

    def __len__(self) -> int:
        return int(self._starts[-1])

    def from_row(self, first: int) -> "Rows":
        """Return the rows from first on, without a copy."""
        starts = self._starts.tolist()
        cuts = [p[max(first - s, 0) :] for s, p in zip(starts, self.pieces, strict=False)]
        return Rows(cuts, dim=self.dim)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Copy everything into one array, for what is small."""
        whole = np.concatenate([np.empty((0, self.dim), dtype=np.float32), *self.pieces])
        return whole.astype(dtype or np.float32, copy=False)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows at some positions, (m, dim), in memory and in the order asked for."""
        if len(self.pieces) == 1:
            return self.pieces[0][rows]
        out = np.empty((len(rows), self.dim), dtype=np.float32)
        owner = np.searchsorted(self._starts, rows, side="right") - 1
        for piece in np.unique(owner):
            here = np.flatnonzero(owner == piece)
            out[here] = self.pieces[piece][rows[here] - self._starts[piece]]
        return out

    def blocks(self, n_rows: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Give (first row, rows) of at most n_rows each, in order."""
        for first, piece in zip(self._starts.tolist(), self.pieces, strict=False):
            for start in range(0, len(piece), n_rows):
                yield first + start, piece[start : start + n_rows]

    def joined(self, other: "Rows") -> "Rows":
        """Return self with the rows of other behind it; few rows are gathered in memory.

        Costs what other holds, and a little a piece.
        """
        pieces, tail = list(self.pieces), self._tail
        for piece in other.pieces:
            if tail is None and pieces and len(pieces[-1]) + len(piece) <= _TAIL_ROWS:
                tail = Growing(pieces[-1])
            if tail is not None and len(tail) + len(piece) <= _TAIL_ROWS:
                tail = tail.with_rows(piece)
                pieces[-1] = tail.array
            else:
                pieces.append(piece)
                tail = None
        rows = Rows(pieces, dim=self.dim)
        rows._tail = tail
        return rows

    def kept(self, keep: NDArray[np.bool_]) -> "Rows":
        """Return the rows where keep, (n,), is true; a piece that keeps all is not copied."""
        pieces = []
        for first, piece in zip(self._starts.tolist(), self.pieces, strict=False):
            here = keep[first : first + len(piece)]
            pieces.append(piece if here.all() else piece[here])
        return Rows(pieces, dim=self.dim)


def rows_of(x: "ArrayLike | Rows", *, name: str = "x", dim: int | None = None) -> Rows:
    """Return checked vectors as Rows, without a copy where they are float32 in C order.

    Raises:
        InvalidInputError: as `check_vectors`.
    """
    if not isinstance(x, Rows):
        vectors = check_vectors(x, name=name, dim=dim)
        return Rows([vectors], dim=vectors.shape[1])
    if dim is not None and x.dim != dim:
        raise InvalidInputError(f"{name} must have {dim} columns, got {x.dim}.")
    for piece in x.pieces:
        check_vectors(piece, name=name)
    return x
