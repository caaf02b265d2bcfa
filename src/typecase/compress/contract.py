"""The contract of every codec: `fit`, `encode`, `decode`, `score`.

A row's code holds all that is needed to decode it, its own scale included; what all rows share
(a rotation, a code book) is learned by `fit` and saved with the codec.
"""

from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_vectors
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.data.vector_table import check_norms

_BLOCK_ROWS = 4096


class Codec(Estimator):
    """Vectors in, codes of one length out.

    A method writes `_learn`, `_encode`, `_decode` and `n_bytes`, and `_score` where it scores
    codes otherwise than by decoding them. It may be called with any number of rows at once, and a
    row's code depends on that row alone.

    Attributes:
        dim_: the number of columns that `fit` saw.
    """

    room: ClassVar[str] = "compress"
    dim_: int

    def fit(self, x: ArrayLike) -> Self:
        """Learn from a sample of rows, (n, dim), n at least 1; x is read, never written or kept.

        Raises:
            InvalidInputError: x is not (n, dim), has no row, is not finite or longer than 1e18,
                or a parameter is out of range.
        """
        self._check_params()
        rows = check_vectors(x, min_rows=1)
        _check_lengths(rows, name="x")
        self._check_dim(rows.shape[1])
        self._learn(rows)
        self.dim_ = rows.shape[1]
        return self

    def encode(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Return the codes, (n, n_bytes), of x, (n, dim); n may be 0.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim), not finite or longer than 1e18.
        """
        rows = self._check_rows(x, name="x")
        codes = np.empty((len(rows), self.n_bytes), dtype=np.uint8)
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            codes[part] = self._encode(rows[part])
        return codes

    def decode(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Return the vectors, (n, dim), that codes, (n, n_bytes), stand for.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: codes are not (n, n_bytes) uint8.
        """
        rows = self._check_codes(codes)
        x = np.empty((len(rows), self.dim), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            x[part] = self._decode(rows[part])
        return x

    def score(self, queries: ArrayLike, codes: ArrayLike) -> NDArray[np.float32]:
        """Return estimates of the inner products, (n_queries, n); higher is nearer.

        Queries stay as they are; only rows are codes, unless the method says otherwise.

        Args:
            queries: (n_queries, dim).
            codes: (n, n_bytes).

        Raises:
            NotFittedError: before fit.
            InvalidInputError: queries are not (n_queries, dim), not finite or longer than 1e18, or
                codes are not (n, n_bytes) uint8.
        """
        q = self._check_rows(queries, name="queries")
        rows = self._check_codes(codes)
        scores = np.empty((len(q), len(rows)), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            scores[:, part] = self._score(q, rows[part])
        return scores

    @property
    def dim(self) -> int:
        """The number of columns of a vector."""
        self.check_fitted()
        return self.dim_

    @property
    @abstractmethod
    def n_bytes(self) -> int:
        """The length of a code, all that a row needs included. NotFittedError before fit."""

    def _check_params(self) -> None:
        """Raise InvalidInputError where a parameter of the method is out of range."""

    def _check_dim(self, dim: int) -> None:
        """Raise InvalidInputError where a parameter does not fit the number of columns."""

    @abstractmethod
    def _learn(self, x: NDArray[np.float32]) -> None:
        """Set what is learned from checked rows, (n, dim)."""

    @abstractmethod
    def _encode(self, x: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the codes of a block of checked rows."""

    @abstractmethod
    def _decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the vectors of a block of checked codes."""

    def _score(self, q: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (n_queries, n) for checked queries and a block of checked codes."""
        scores: NDArray[np.float32] = q @ self._decode(codes).T
        return scores

    def _check_rows(self, x: ArrayLike, *, name: str) -> NDArray[np.float32]:
        rows = check_vectors(x, name=name, dim=self.dim)
        _check_lengths(rows, name=name)
        return rows

    def _check_codes(self, codes: ArrayLike) -> NDArray[np.uint8]:
        n_bytes = self.n_bytes
        rows = np.asarray(codes)
        if rows.dtype != np.uint8:
            raise InvalidInputError(f"codes must be uint8, got dtype {rows.dtype}.")
        if rows.ndim != 2 or rows.shape[1] != n_bytes:
            raise InvalidInputError(f"codes must be (n, {n_bytes}), got shape {rows.shape}.")
        return np.ascontiguousarray(rows)


def _check_lengths(x: NDArray[np.float32], *, name: str) -> None:
    for start in range(0, len(x), _BLOCK_ROWS):
        check_norms(x[start : start + _BLOCK_ROWS], name=name)
