"""Exact top-k of inner products: a fast pass finds who may be among the k best, a second decides.

BLAS adds in an order that depends on where a row stands in its block, so equal vectors may differ
in the last bit of their scores. The fast pass therefore keeps everything within its own rounding
error of the k-th best, and `exact_scores` decides: a row's score then depends on nothing but the
row and the query. Equal vectors tie, ties go to the lower id, and a batch is its rows, bit for bit.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native
from typecase.kernels.ranking import kth_largest, rank_top_k

if native.AVAILABLE:
    from typecase.kernels import _native

TakeRows = Callable[[NDArray[np.int64]], NDArray[np.float32]]

NORM_FLOOR = 1e-12
UNIT_SLACK = 1e-6
"""A row whose norm is so near to 1 is used as it is."""

_QUERIES_AT_ONCE = 256
_PAIRS_AT_ONCE = 8192
_PENDING_PAIRS = 1 << 20
_ROWS_AT_ONCE = 4096

_any_numbers = np.errstate(over="ignore", invalid="ignore")
"""Files may have been damaged since they were checked. A score that is no number becomes -inf: it
would stand above all others, and so one row would spoil every answer."""


@_any_numbers
def exact_scores(
    x: NDArray[np.float32], y: NDArray[np.float32], *, cosine: bool = False
) -> NDArray[np.float32]:
    """Return the products of the rows of x and y, (n,) float32, summed in float64.

    Args:
        x: (n, dim).
        y: (n, dim), or (dim,) for all rows.
        cosine: divide by the norm of each row of x, floored at 1e-12; one within 1e-6 of 1 is 1,
            so that the scores of unit rows are the same whether or not others are of unit length.
    """
    wide = x.astype(np.float64)
    scores: NDArray[np.float64] = (wide * y).sum(axis=1)
    if cosine:
        norms = np.sqrt((wide * wide).sum(axis=1))
        scores /= np.where(is_unit(norms), 1.0, np.maximum(norms, NORM_FLOOR))
    return np.fmax(scores, -np.inf).astype(np.float32)


def row_norms(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the lengths of the rows of x, (n,), summed in float64."""
    squares = np.empty(len(x), dtype=np.float64)
    if native.AVAILABLE:
        _native.row_squares(np.ascontiguousarray(x), squares)
    for start in range(0, 0 if native.AVAILABLE else len(x), _ROWS_AT_ONCE):
        wide = x[start : start + _ROWS_AT_ONCE].astype(np.float64)
        np.vecdot(wide, wide, out=squares[start : start + _ROWS_AT_ONCE])
    return np.sqrt(squares)


def unit_vectors(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows of x at length 1, (n, dim); a row of zeros stays one."""
    units = np.empty(x.shape, dtype=np.float32)
    for start in range(0, len(x), _ROWS_AT_ONCE):
        block = x[start : start + _ROWS_AT_ONCE]
        units[start : start + len(block)] = (
            block / np.maximum(row_norms(block), NORM_FLOOR)[:, None]
        )
    return units


def is_unit(norms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which norms count as 1."""
    near: NDArray[np.bool_] = np.abs(norms - 1.0) <= UNIT_SLACK
    return near


def rounding_slack(dim: int, row_norm: float, query_norm: float) -> float:
    """Return twice the error that a float32 inner product of dim terms can have.

    Source:
        Higham, "Accuracy and Stability of Numerical Algorithms", 2002, eq. 3.5: the error is at
        most gamma_n |x|.|y|, with gamma_n = nu / (1 - nu) and u = 2^-24.
    """
    unit = 2.0**-24
    # 2 more roundings: the scaling by the inverse norm, and the comparison
    gamma = (dim + 2) * unit / (1 - (dim + 2) * unit)
    return 2 * gamma * row_norm * query_norm


@_any_numbers
def top_k_rows(
    x: NDArray[np.float32],
    ids: NDArray[np.int64],
    query: NDArray[np.float32],
    k: int,
    *,
    inverse_norms: NDArray[np.float32] | None = None,
    row_norm: float,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores, (k,), of the best of the given rows for one query.

    Args:
        x: (n, dim), in memory; what a caller has gathered.
        ids: (n,).
        query: (dim,).
        inverse_norms: (n,), for cosine; None for the plain product.
        row_norm: at least the norm of every row (1.0 for cosine).
    """
    scores: NDArray[np.float32] = np.vecdot(x, query)  # x @ query would wake BLAS's threads
    if inverse_norms is not None:
        scores *= inverse_norms
    np.fmax(scores, -np.inf, out=scores)
    if len(scores) > k:
        slack = rounding_slack(x.shape[1], row_norm, float(np.linalg.norm(query)))
        keep = np.flatnonzero(scores >= kth_largest(scores[None], k)[0] - slack)
        x, ids = x[keep], ids[keep]
    return rank_top_k(exact_scores(x, query, cosine=inverse_norms is not None), ids, k)


@_any_numbers
def top_k_blocks(
    blocks: Callable[[], Iterable[tuple[int, NDArray[np.float32]]]],
    take: TakeRows,
    ids: NDArray[np.int64],
    queries: NDArray[np.float32],
    k: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    inverse_norms: NDArray[np.float32] | None = None,
    row_norm: float,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores, (n_queries, k), of the best rows of a matrix that comes in blocks.

    Memory stays bounded whatever the number of rows and queries.

    Args:
        blocks: gives (first row, (m, dim) rows) over the whole matrix, anew at each call.
        take: gives the rows at some positions, (m, dim).
        ids: (n,).
        queries: (n_queries, dim).
        allowed: (n,), the rows that may be returned; None allows all.
        inverse_norms: (n,), for cosine; None for the plain product.
        row_norm: at least the norm of every row (1.0 for cosine).
    """
    out_ids = np.full((len(queries), k), -1, dtype=np.int64)
    out_scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        part = slice(start, start + _QUERIES_AT_ONCE)
        race = _Race(queries[part], k, ids, take, cosine=inverse_norms is not None)
        slack = np.array(
            [rounding_slack(queries.shape[1], row_norm, float(np.linalg.norm(q))) for q in race.q],
            dtype=np.float32,
        )
        for first, block in blocks():
            rows = slice(first, first + len(block))
            scores = race.q @ block.T
            if inverse_norms is not None:
                scores *= inverse_norms[rows]
            np.fmax(scores, -np.inf, out=scores)
            if allowed is not None:
                scores[:, ~allowed[rows]] = -np.inf
            race.enter(scores, first, slack)
        out_ids[part], out_scores[part] = race.finish()
    return out_ids, out_scores


class _Race:
    """The rows that may still be among the k best of each query, while blocks pass by."""

    def __init__(
        self,
        queries: NDArray[np.float32],
        k: int,
        ids: NDArray[np.int64],
        take: TakeRows,
        *,
        cosine: bool,
    ) -> None:
        self.q, self._k, self._ids, self._take, self._cosine = queries, k, ids, take, cosine
        self._best = np.full((len(queries), 0), -np.inf, dtype=np.float32)
        self._pending: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._n_pending = 0

    def enter(self, scores: NDArray[np.float32], first: int, slack: NDArray[np.float32]) -> None:
        """Take the scores (n_queries, m) of the rows from first on."""
        both = np.concatenate([self._best, scores], axis=1)
        n = both.shape[1]
        if n > self._k:
            both = np.partition(both, n - self._k, axis=1)[:, n - self._k :]
        self._best = both
        limit = both.min(axis=1) if n >= self._k else np.full(len(both), -np.inf, np.float32)
        near = (scores >= (limit - slack)[:, None]) & (scores > -np.inf)
        query, row = np.nonzero(near)
        self._pending.append((query, row + first))
        self._n_pending += len(query)
        if self._n_pending > max(_PENDING_PAIRS, 4 * self._k * len(self.q)):
            self._settle()

    def finish(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return ids and scores, (n_queries, k)."""
        query, row, score = self._settle()
        ids = np.full((len(self.q), self._k), -1, dtype=np.int64)
        scores = np.full((len(self.q), self._k), -np.inf, dtype=np.float32)
        rank = _position_in_group(query)
        ids[query, rank], scores[query, rank] = self._ids[row], score
        return ids, scores

    def _settle(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Decide among what is pending: keep the k best of each query, in order."""
        query = np.concatenate([np.empty(0, np.int64), *(q for q, _ in self._pending)])
        row = np.concatenate([np.empty(0, np.int64), *(r for _, r in self._pending)])
        score = np.empty(len(row), dtype=np.float32)
        for start in range(0, len(row), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            x = self._take(row[part])
            score[part] = exact_scores(x, self.q[query[part]], cosine=self._cosine)
        order = np.lexsort((self._ids[row], -score, query))
        query, row, score = query[order], row[order], score[order]
        keep = _position_in_group(query) < self._k
        self._pending = [(query[keep], row[keep])]
        self._n_pending = int(keep.sum())
        return query[keep], row[keep], score[keep]


def _position_in_group(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, 2, ... within each run of equal values."""
    positions = np.arange(len(groups))
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    out: NDArray[np.int64] = positions - np.repeat(starts, np.diff(starts, append=len(groups)))
    return out
