"""Batches of queries with rows that answer them and rows that do not."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.compress.paired import Answers

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_HELD_OUT_SHARE = 8
_MOST_HELD_OUT = 512


class RankingBatch(NamedTuple):
    """Some queries, rows, and how the queries' shares should lie on the rows."""

    queries: Rows
    """(n_queries,)."""
    rows: Rows
    """(n_rows,), each once."""
    targets: Floats
    """(n_queries, n_rows): 1 / m on the m rows that answer."""


def split_queries(answers: Answers, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return queries to learn from and queries held out; both are all where there is only one."""
    queries = rng.permutation(np.unique(answers.pairs[:, 0]))
    n_out = min(max(1, len(queries) // _HELD_OUT_SHARE), _MOST_HELD_OUT)
    return (queries[n_out:], queries[:n_out]) if len(queries) > 1 else (queries, queries)


def ranking_batch(
    answers: Answers, queries: Rows, negatives: Rows, rng: np.random.Generator
) -> RankingBatch:
    """Return a batch of these queries, one answer of each, and further rows.

    Args:
        queries: (n_queries,), each once, each with an answer.
        negatives: any shape: rows beside the answers. Those that answer count as answers.
    """
    first = np.searchsorted(answers.pairs[:, 0], queries)
    after = np.searchsorted(answers.pairs[:, 0], queries, side="right")
    chosen = answers.pairs[rng.integers(first, after), 1]
    rows = np.union1d(chosen, negatives.ravel())
    right = answering(answers, queries, rows)
    targets = (right / np.maximum(right.sum(axis=1, keepdims=True), 1)).astype(np.float32)
    return RankingBatch(queries, rows, targets)


def answering(answers: Answers, queries: Rows, rows: Rows) -> NDArray[np.bool_]:
    """Return which rows answer which queries, (n_queries, n_rows).

    Args:
        rows: (n_rows,), or (n_queries, n_rows) where each query has its own.
    """
    base = int(answers.pairs[:, 1].max()) + int(rows.max(initial=0)) + 1
    known = answers.pairs[:, 0] * base + answers.pairs[:, 1]
    wanted = queries[:, None] * base + rows
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: NDArray[np.bool_] = known[at] == wanted
    return found


def hard_negatives(
    scores: Floats, rows: Rows, answers: Answers, queries: Rows, n_negatives: int
) -> Rows:
    """Return the best rows that do not answer, (n_queries, n_negatives), best first.

    Args:
        scores: (n_queries, n_rows).
        rows: (n_rows,), more than any query has answers.
    """
    wrong = np.where(answering(answers, queries, rows), -np.inf, scores)
    order = np.argsort(-wrong, axis=1, kind="stable")[:, :n_negatives]
    found: Rows = rows[order]
    return found
