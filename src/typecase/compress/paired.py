"""Codecs that may also learn from which query each row answers."""

from abc import abstractmethod
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_vectors
from typecase.base.errors import InvalidInputError
from typecase.compress.contract import Codec
from typecase.data.vector_table import check_norms

_BLOCK_ROWS = 4096


class Answers(NamedTuple):
    """Queries, and the rows that answer them."""

    queries: NDArray[np.float32]
    """(n_queries, dim)."""
    pairs: NDArray[np.int64]
    """(n_pairs, 2): a query and a row, sorted, each pair once."""


class PairedCodec(Codec):
    """A codec whose `fit` takes pairs besides the sample; it writes `_learn_from`."""

    def fit(
        self, x: ArrayLike, *, queries: ArrayLike | None = None, pairs: ArrayLike | None = None
    ) -> Self:
        """Learn from rows, (n, dim), and from pairs where there are any.

        Args:
            queries: (n_queries, dim).
            pairs: (n_pairs, 2) whole numbers, n_pairs at least 1: a query and a row of x that
                answers it.

        Raises:
            InvalidInputError: as `Codec.fit`; queries without pairs or pairs without queries; a
                pair that names no query or no row.
        """
        rows = self._check_sample(x)
        self._learn_from(rows, check_answers(rows, queries, pairs))
        self.dim_ = rows.shape[1]
        return self

    @abstractmethod
    def _learn_from(self, x: NDArray[np.float32], answers: Answers | None) -> None:
        """Set what is learned from checked rows, (n, dim), and answers."""

    def _learn(self, x: NDArray[np.float32]) -> None:
        self._learn_from(x, None)

    def _check_sample(self, x: ArrayLike) -> NDArray[np.float32]:
        self._check_params()
        rows = check_vectors(x, min_rows=1)
        _check_lengths(rows, "x")
        self._check_dim(rows.shape[1])
        return rows


def check_answers(
    x: NDArray[np.float32], queries: ArrayLike | None, pairs: ArrayLike | None
) -> Answers | None:
    """Return queries and pairs checked against rows x; None where neither is given.

    Raises:
        InvalidInputError: only one of them is given, or one breaks a rule of `PairedCodec.fit`.
    """
    if queries is None and pairs is None:
        return None
    if queries is None or pairs is None:
        raise InvalidInputError("queries and pairs must come together.")
    q = check_vectors(queries, name="queries", dim=x.shape[1], min_rows=1)
    _check_lengths(q, "queries")
    found = np.asarray(pairs)
    if found.ndim != 2 or found.shape[1] != 2 or len(found) == 0 or found.dtype.kind not in "iu":
        raise InvalidInputError(
            f"pairs must be (n_pairs, 2) whole numbers, got {found.dtype} {found.shape}."
        )
    for column, n, name in ((0, len(q), "queries"), (1, len(x), "rows")):
        low, high = found[:, column].min(), found[:, column].max()
        if low < 0 or high >= n:
            raise InvalidInputError(f"pairs must name {name} below {n}, got {low} to {high}.")
    return Answers(q, np.unique(found.astype(np.int64), axis=0))


def mean_length(x: NDArray[np.float32]) -> float:
    """Return the root mean square length of rows, (n, dim); 1 where all are 0."""
    total = sum(
        float(np.square(x[start : start + _BLOCK_ROWS], dtype=np.float64).sum())
        for start in range(0, len(x), _BLOCK_ROWS)
    )
    return float(np.sqrt(total / len(x))) or 1.0


def check_above_zero(value: float, *, name: str) -> None:
    """Raise InvalidInputError unless value is a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InvalidInputError(f"{name} must be a number above 0, got {value!r}.")
    if not 0 < value < np.inf:
        raise InvalidInputError(f"{name} must be above 0, got {value!r}.")


def _check_lengths(x: NDArray[np.float32], name: str) -> None:
    for start in range(0, len(x), _BLOCK_ROWS):
        check_norms(x[start : start + _BLOCK_ROWS], name=name)
