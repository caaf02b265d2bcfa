"""The papers that may be shown for a query, ranked: by words, by meaning, or by both."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.scored import Scored
from typecase.kernels.fusion import convex_combination

_WEIGHTS = np.array([0.45, 0.55])
"""Of words and of meaning; docs/decisions/0024-ranking-quality.md says how all were found."""

_BEST = 10
"""By words, 1 is the mean of so many best scores: one paper that stands out is far above it."""

_NEIGHBOURS = 5
_MOST = 2_000
"""So many candidates are compared with each other; a search has 300."""

_LENT = 0.5
"""So much of a paper's score by words is what its neighbours among the candidates have."""

Vectors = tuple[NDArray[np.int64], NDArray[np.float32]]


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
    words: Scored,
    near: Scored,
    cosines: Scored,
    *,
    typical: float,
    is_all: bool,
    vectors: Vectors | None = None,
) -> Candidates:
    """Return the union of two rankings, fused: 0.45 of the score by words, 0.55 by meaning.

    By words, 1 is the mean of the ten best: when one paper stands out, as when a line of it is
    typed, its words decide, and when all are alike, meaning does. By meaning, 0 is chance and 1
    the nearest.

    What only meaning has found holds no word, or fewer than any of `words`: then it gets the
    least score that is there, which serves as well as its own and need not be looked up. A paper
    without a vector is judged by its words alone.

    Args:
        words, near: the best by words and by meaning.
        cosines: of those in `words` that have a vector.
        typical: the cosine that a paper has by chance.
        is_all: whether `words` holds every paper with any of the words.
        vectors: of the candidates that have one, keys ascending. Then half of a paper's score by
            words is the mean of its five nearest neighbours' among them: words that a paper does
            not say count when its neighbours say them, and less when they do not.

    Source:
        The join: Bruch, Gai, Ingber, TOIS 2023. Neighbours: Diaz, "Regularizing ad hoc retrieval
        scores", CIKM 2005. Differs: one step of it, by nearest vectors, on the words alone.
    """
    keys = np.union1d(words.keys, near.keys)
    table = np.full((2, len(keys)), np.nan)
    table[0] = 0.0 if is_all else words.scores.min()
    for row, parts in enumerate(((words,), (cosines, near))):
        for part in parts:
            table[row, np.searchsorted(keys, part.keys)] = part.scores
    if vectors is not None:
        table[0] = _lent(table[0], keys, vectors)
    one = float(np.sort(table[0])[-_BEST:].mean()) if len(keys) else 0.0
    _fill_gaps(table, one, typical)
    floors, ones = np.array([0.0, typical]), np.array([one, np.nan])
    scores = convex_combination(table, floors=floors, ones=ones, weights=_WEIGHTS)
    return by_score(Scored(keys, scores))


def _fill_gaps(table: NDArray[np.float64], one: float, typical: float) -> None:
    """Take papers without a vector for as near as their words are good, but not nearer than any."""
    gaps = np.isnan(table[1])
    if one > 0 and gaps.any() and not gaps.all():
        nearest = float(table[1, ~gaps].max())
        table[1, gaps] = typical + np.minimum(table[0, gaps] / one, 1) * (nearest - typical)


def _lent(
    scores: NDArray[np.float64], keys: NDArray[np.int64], vectors: Vectors
) -> NDArray[np.float64]:
    """Return scores, (n,), of which a share is that of neighbours, for those with a vector."""
    known, x = vectors
    n_neighbours = min(_NEIGHBOURS, len(known) - 1)
    if n_neighbours < 1 or len(known) > _MOST:
        return scores
    rows = np.searchsorted(keys, known)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argpartition(-cosines, n_neighbours - 1, axis=1)[:, :n_neighbours]
    out = scores.copy()
    out[rows] = (1 - _LENT) * scores[rows] + _LENT * scores[rows[nearest]].mean(axis=1)
    return out


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
