"""The papers that may be shown for a query, ranked: by words, by meaning, or by both."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.search.scored import NOTHING, Scored
from typecase.kernels.fusion import convex_parts

WORDS, LENT, NEAR, CHANCE, RECENT, READ = range(6)
"""The columns of `Candidates.parts`: a paper's own words, its neighbours', its meaning above
chance, chance where it is not left out, its date, and what a second reading gave."""

N_PARTS = 6

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
    parts: NDArray[np.float64]
    """(n, N_PARTS): what makes up the scores; what is named has more."""
    note: str = ""

    def noted(self, note: str) -> "Candidates":
        """Return the same with a note, where there is one and none yet."""
        return self._replace(note=self.note or note)

    def at(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> "Candidates":
        """Return some of them."""
        return self._replace(keys=self.keys[rows], scores=self.scores[rows], parts=self.parts[rows])

    def then(self, rest: "Candidates") -> "Candidates":
        """Return them with others behind, whose note is kept."""
        return Candidates(
            np.concatenate([self.keys, rest.keys]),
            np.concatenate([self.scores, rest.scores]),
            np.concatenate([self.parts, rest.parts]),
            rest.note,
        )


def ordered(keys: NDArray[np.int64], parts: NDArray[np.float64], *, note: str = "") -> Candidates:
    """Return papers by the sums of their parts, (n, N_PARTS), ties to the newer key."""
    scores = parts.sum(axis=1)
    order = np.lexsort((-keys, -scores))
    return Candidates(keys[order], scores[order], parts[order], note)


def by_score(scored: Scored, *, part: int = WORDS, note: str = "") -> Candidates:
    """Return papers in the order of their scores, which are all of one part."""
    parts = np.zeros((len(scored.keys), N_PARTS))
    parts[:, part] = scored.scores
    return ordered(scored.keys, parts, note=note)


def by_nearness(near: Scored, *, typical: float) -> Candidates:
    """Return papers in the order of their nearness, which is chance and what is above it."""
    parts = np.zeros((len(near.keys), N_PARTS))
    parts[:, NEAR], parts[:, CHANCE] = near.scores - typical, typical
    return ordered(near.keys, parts)


NOBODY = by_score(NOTHING)


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
    for row, found in enumerate(((words,), (cosines, near))):
        for scored in found:
            table[row, np.searchsorted(keys, scored.keys)] = scored.scores
    own = table[0]
    if vectors is not None:
        own, lent = _lent(table[0], keys, vectors)
        table[0] = own + lent
    one = float(np.sort(table[0])[-_BEST:].mean()) if len(keys) else 0.0
    _fill_gaps(table, one, typical)
    floors, ones = np.array([0.0, typical]), np.array([one, np.nan])
    by_words, by_near = convex_parts(table, floors=floors, ones=ones, weights=_WEIGHTS)
    share = np.divide(own, table[0], out=np.ones(len(keys)), where=table[0] > 0)
    parts = np.zeros((len(keys), N_PARTS))
    parts[:, WORDS], parts[:, LENT] = by_words * share, by_words * (1 - share)
    parts[:, NEAR] = by_near
    return ordered(keys, parts)


def _fill_gaps(table: NDArray[np.float64], one: float, typical: float) -> None:
    """Take papers without a vector for as near as their words are good, but not nearer than any."""
    gaps = np.isnan(table[1])
    if one > 0 and gaps.any() and not gaps.all():
        nearest = float(table[1, ~gaps].max())
        table[1, gaps] = typical + np.minimum(table[0, gaps] / one, 1) * (nearest - typical)


def _lent(
    scores: NDArray[np.float64], keys: NDArray[np.int64], vectors: Vectors
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what stays of scores, (n,), and what neighbours add, for those with a vector."""
    known, x = vectors
    own, lent = scores.copy(), np.zeros(len(scores))
    n_neighbours = min(_NEIGHBOURS, len(known) - 1)
    if n_neighbours < 1 or len(known) > _MOST:
        return own, lent
    rows = np.searchsorted(keys, known)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argpartition(-cosines, n_neighbours - 1, axis=1)[:, :n_neighbours]
    own[rows] = (1 - _LENT) * scores[rows]
    lent[rows] = _LENT * scores[rows[nearest]].mean(axis=1)
    return own, lent


def near_enough(near: Scored, *, typical: float, share: float) -> Scored:
    """Return those that are nearer than chance by some share of what the nearest is."""
    if not len(near.scores):
        return near
    best = float(near.scores.max())
    keep = near.scores >= best - (1 - share) * abs(best - typical)
    return near.at(keep)


def without(candidates: Candidates, keys: NDArray[np.int64]) -> Candidates:
    """Return the candidates that are none of some papers."""
    return candidates.at(~np.isin(candidates.keys, keys))


def with_first(first: NDArray[np.int64], rest: Candidates) -> Candidates:
    """Return the candidates with some papers before all others, whatever their scores."""
    if not len(first):
        return rest
    others = rest.at(~np.isin(rest.keys, first))
    top = 1.0 + (rest.scores[0] if len(rest.scores) else 0.0)
    parts = np.zeros((len(first), N_PARTS))
    for row, key in enumerate(first.tolist()):
        parts[row] = rest.parts[rest.keys == key].sum(axis=0)
    return Candidates(first, np.full(len(first), top), parts).then(others)
