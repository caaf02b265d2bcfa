"""The papers that may be shown for a query, ranked: by words, by meaning, or by both."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.scored import Scored
from typecase.kernels.fusion import convex_combination

_WEIGHTS = np.array([0.35, 0.65])
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


def fused(
    words: Scored, near: Scored, cosines: Scored, *, typical: float, is_all: bool
) -> Candidates:
    """Return the union of two rankings, fused.

    What only meaning has found holds no word, or fewer than any of `words`: then it gets the
    least score that is there, which serves as well as its own and need not be looked up. A paper
    without a vector is judged by its words alone.

    Args:
        words, near: the best by words and by meaning.
        cosines: of those in `words` that have a vector.
        typical: the cosine that a paper has by chance.
        is_all: whether `words` holds every paper with any of the words.
    """
    keys = np.union1d(words.keys, near.keys)
    table = np.full((2, len(keys)), np.nan)
    table[0] = 0.0 if is_all else words.scores.min()
    for row, parts in enumerate(((words,), (cosines, near))):
        for part in parts:
            table[row, np.searchsorted(keys, part.keys)] = part.scores
    scores = convex_combination(table, floors=np.array([0.0, typical]), weights=_WEIGHTS)
    return by_score(Scored(keys, scores))


def near_enough(near: Scored, *, typical: float, share: float) -> Scored:
    """Return those that are nearer than chance by some share of what the nearest is."""
    if not len(near.scores):
        return near
    best = float(near.scores.max())
    keep = near.scores >= best - (1 - share) * abs(best - typical)
    return Scored(near.keys[keep], near.scores[keep])


def without(candidates: Candidates, keys: NDArray[np.int64]) -> Candidates:
    """Return the candidates that are none of some papers."""
    keep = ~np.isin(candidates.keys, keys)
    return candidates._replace(keys=candidates.keys[keep], scores=candidates.scores[keep])


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
