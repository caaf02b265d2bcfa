"""Exact answers of many rows of filters, in one pass over the vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK = 8192


@dataclass(kw_only=True, slots=True)
class Best:
    """The k best so far of some of the queries, each under its own filter.

    Args:
        asked: which queries, (n_asked,).
        masks: for each of them the rows that pass, (n,) bool; None where all do.
    """

    k: int
    asked: NDArray[np.int64]
    masks: Sequence[NDArray[np.bool_] | None]
    ids: NDArray[np.int64] = field(init=False)
    scores: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = np.full((len(self.asked), self.k), -1, dtype=np.int64)
        self.scores = np.full((len(self.asked), self.k), -np.inf, dtype=np.float32)

    def take(self, start: int, scores: NDArray[np.float32]) -> None:
        """Look at the scores of all queries for the rows from start on, (n_queries, n_block)."""
        mine = scores if len(self.asked) == len(scores) else scores[self.asked]
        hits = mine > self.scores[:, -1:]
        stop = start + scores.shape[1]
        for hit, mask in zip(hits, self.masks, strict=True):
            if mask is not None:
                hit &= mask[start:stop]
        for query in np.flatnonzero(hits.any(axis=1)):
            found = np.flatnonzero(hits[query])
            all_scores = np.concatenate([self.scores[query], mine[query, found]])
            all_ids = np.concatenate([self.ids[query], start + found])
            best = np.argsort(-all_scores, kind="stable")[: self.k]  # ties to the lower row
            self.scores[query], self.ids[query] = all_scores[best], all_ids[best]


def search_all(
    x: NDArray[np.float32], queries: NDArray[np.float32], wanted: Sequence[Best]
) -> None:
    """Fill every Best with the rows of x of the highest inner products; -1 pads."""
    for start in range(0, len(x), BLOCK):
        scores = queries @ x[start : start + BLOCK].T
        for best in wanted:
            best.take(start, scores)
