"""Several rankings of one set of items become one.

Both functions take a matrix of scores, (n_rankings, n_items): higher is better, NaN where a ranking
knows nothing of an item, as when it has no vector yet. Such a gap is no verdict: it is filled with
the mean of what the other rankings say of the item, so that it neither lifts nor sinks it. What a
ranking does know but would not list gets its true score, or its worst.
"""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32] | NDArray[np.float64]


def reciprocal_ranks(
    scores: Scores, *, constant: float = 60.0, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the fused scores, (n_items,), from 0 to 1: the weighted mean of (c + 1) / (c + rank).

    Equal scores share the best of their ranks.

    Args:
        constant: c; the larger, the more alike near ranks are.
        weights: (n_rankings,), of sum 1; None weighs them alike.

    Source:
        Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
        rank learning methods", SIGIR 2009. Differs: scaled by (c + 1) to reach 1, weighted, and
        gaps are filled as said above (the paper gives an absent item nothing).
    """
    parts = np.full(scores.shape, np.nan)
    for part, row in zip(parts, scores, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        ordered = np.sort(-row[known])
        ranks = 1 + np.searchsorted(ordered, -row[known], side="left")
        part[known] = (constant + 1) / (constant + ranks)
    return _mean(parts, weights)


def convex_combination(
    scores: Scores,
    *,
    floors: NDArray[np.float64] | None = None,
    ones: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the fused scores, (n_items,), from 0: the weighted mean of scaled scores.

    They are the sums of `convex_parts`, which has the arguments and the source.
    """
    parts = convex_parts(scores, floors=floors, ones=ones, weights=weights)
    return np.asarray(parts.sum(axis=0))


def convex_parts(
    scores: Scores,
    *,
    floors: NDArray[np.float64] | None = None,
    ones: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return what each ranking gives to the fused scores, (n_rankings, n_items).

    A ranking's scores are scaled so that its floor is 0 and its best is 1; below the floor is 0.
    Without `ones` no fused score is above 1.

    Args:
        floors: (n_rankings,), the least score that a ranking can give, or NaN to take the least
            that is there; None is NaN for all.
        ones: (n_rankings,), the score that becomes 1, or NaN to take the best; what is better is
            above 1, so that a ranking whose best stand out has more to say. None is NaN for all.
        weights: (n_rankings,), of sum 1; None weighs them alike.

    Source:
        Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023:
        convex combination with theoretical minimum (TM2C2). Differs: gaps are filled as said
        above, a floor may be the observed minimum, and what becomes 1 may be another score.
    """
    parts = np.full(scores.shape, np.nan)
    given = np.full(len(scores), np.nan) if floors is None else floors
    tops = np.full(len(scores), np.nan) if ones is None else ones
    for part, row, floor, top in zip(parts, scores, given, tops, strict=True):
        known = ~np.isnan(row)
        if known.any():
            low = row[known].min() if np.isnan(floor) else floor
            span = (row[known].max() if np.isnan(top) else top) - low
            part[known] = np.maximum((row[known] - low) / span, 0) if span > 0 else 1.0
    return _shares(parts, weights)


def _mean(parts: NDArray[np.float64], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the weighted mean of each column over the rows that are not NaN; 0 where none is."""
    return np.asarray(_shares(parts, weights).sum(axis=0))


def _shares(parts: NDArray[np.float64], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return what each row gives to the weighted mean of its columns; 0 where it is NaN."""
    weight = np.ones(len(parts)) if weights is None else weights
    known = ~np.isnan(parts)
    given = np.where(known, parts, 0.0) * weight[:, None]
    share = known.T @ weight
    out: NDArray[np.float64] = np.divide(given, share, out=np.zeros_like(given), where=share > 0)
    return out
