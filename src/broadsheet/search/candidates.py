"""The papers that may be shown for a query, ranked: by words, by meaning, or by both."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.scored import Scored
from typecase.kernels.fusion import convex_combination

_WEIGHTS = np.array([0.4, 0.6])
"""Of words and of meaning; docs/decisions/0004-search.md says how they were found."""


class Candidates(NamedTuple):
    """Papers best first, each once."""

    keys: NDArray[np.int64]
    """(n,)."""
    scores: NDArray[np.float64]
    """(n,), descending."""
    note: str = ""

    def noted(self, note: str) -> "Candidates":
        """Return the same with a note, where there is one and none yet."""
        return self._replace(note=self.note or note)


def by_score(scored: Scored, *, note: str = "") -> Candidates:
    """Return papers in the order of their scores, ties to the newer key."""
    order = np.lexsort((-scored.keys, -scored.scores))
    return Candidates(scored.keys[order], scored.scores[order].astype(np.float64), note)


def fused(words: Scored, near: Scored, cosines: Scored, bm25: Scored) -> Candidates:
    """Return the union of two rankings, fused.

    Args:
        words, near: the best by words and by meaning.
        cosines: of those in `words` that have a vector.
        bm25: of those in `near` that hold any word.
    """
    keys = np.union1d(words.keys, near.keys)
    table = np.full((2, len(keys)), np.nan)
    table[0, np.isin(keys, near.keys)] = 0.0  # known to hold no word, unless said otherwise
    for row, parts in enumerate(((bm25, words), (cosines, near))):
        for part in parts:
            table[row, np.searchsorted(keys, part.keys)] = part.scores
    scores = convex_combination(table, floors=np.array([0.0, np.nan]), weights=_WEIGHTS)
    return by_score(Scored(keys, scores.astype(np.float32)))


def with_first(first: NDArray[np.int64], rest: Candidates) -> Candidates:
    """Return the candidates with some papers before all others, whatever their scores."""
    if not len(first):
        return rest
    others = ~np.isin(rest.keys, first)
    top = 1.0 + (rest.scores[0] if len(rest.scores) else 0.0)
    return Candidates(
        np.concatenate([first, rest.keys[others]]),
        np.concatenate([np.full(len(first), top), rest.scores[others]]),
        rest.note,
    )
