"""The papers that may be shown for a query, ranked: by words, by meaning, or by both."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.scored import NOTHING, Scored
from typecase.kernels.fusion import convex_parts

WORDS, NEAR, RECENT = range(3)
"""The columns of `Candidates.parts`."""

_WEIGHTS = np.array([0.35, 0.65])
"""Of words and of meaning; docs/decisions/0004-search.md says how they were found."""


class Candidates(NamedTuple):
    """Papers best first, each once."""

    keys: NDArray[np.int64]
    """(n,)."""
    scores: NDArray[np.float64]
    """(n,), descending."""
    parts: NDArray[np.float64]
    """(n, 3): what words, meaning and date give to the scores; what is named has more."""
    note: str = ""

    def noted(self, note: str) -> "Candidates":
        """Return the same with a note, where there is one and none yet."""
        return self._replace(note=self.note or note)

    def at(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> "Candidates":
        """Return some of them."""
        return self._replace(keys=self.keys[rows], scores=self.scores[rows], parts=self.parts[rows])


def ordered(keys: NDArray[np.int64], parts: NDArray[np.float64], *, note: str = "") -> Candidates:
    """Return papers by the sums of their parts, (n, 3), ties to the newer key."""
    scores = parts.sum(axis=1)
    order = np.lexsort((-keys, -scores))
    return Candidates(keys[order], scores[order], parts[order], note)


def by_score(scored: Scored, *, part: int = WORDS, note: str = "") -> Candidates:
    """Return papers in the order of their scores, which are all of one part."""
    parts = np.zeros((len(scored.keys), 3))
    parts[:, part] = scored.scores
    return ordered(scored.keys, parts, note=note)


NOBODY = by_score(NOTHING)


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
    for row, found in enumerate(((words,), (cosines, near))):
        for scored in found:
            table[row, np.searchsorted(keys, scored.keys)] = scored.scores
    parts = np.zeros((len(keys), 3))
    parts[:, :2] = convex_parts(table, floors=np.array([0.0, typical]), weights=_WEIGHTS).T
    return ordered(keys, parts)


def near_enough(near: Scored, *, typical: float, share: float) -> Scored:
    """Return those that are nearer than chance by some share of what the nearest is."""
    if not len(near.scores):
        return near
    best = float(near.scores.max())
    keep = near.scores >= best - (1 - share) * abs(best - typical)
    return Scored(near.keys[keep], near.scores[keep])


def without(candidates: Candidates, keys: NDArray[np.int64]) -> Candidates:
    """Return the candidates that are none of some papers."""
    return candidates.at(~np.isin(candidates.keys, keys))


def with_first(first: NDArray[np.int64], rest: Candidates) -> Candidates:
    """Return the candidates with some papers before all others, whatever their scores."""
    if not len(first):
        return rest
    others = rest.at(~np.isin(rest.keys, first))
    top = 1.0 + (rest.scores[0] if len(rest.scores) else 0.0)
    parts = np.zeros((len(first), 3))
    for row, key in enumerate(first.tolist()):
        parts[row] = rest.parts[rest.keys == key].sum(axis=0)
    return Candidates(
        np.concatenate([first, others.keys]),
        np.concatenate([np.full(len(first), top), others.scores]),
        np.concatenate([parts, others.parts]),
        rest.note,
    )
