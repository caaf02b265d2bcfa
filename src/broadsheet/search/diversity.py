"""A ranking in which neighbours differ: relevance against what stands above already."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import BroadsheetError
from broadsheet.search.candidates import Candidates
from broadsheet.search.meaning import Meaning

_DEPTH = 100
_RELEVANCE = 0.7


def spread(found: Candidates, meaning: Meaning) -> Candidates:
    """Return the candidates with the best hundred in an order of maximal marginal relevance.

    Scores stay what they are: they no longer descend. Papers without a vector keep their places
    as if they were like none; where the vectors cannot be read, the order stays.

    Source:
        Carbonell, Goldstein, "The use of MMR, diversity-based reranking for reordering documents
        and producing summaries", SIGIR 1998; lambda is 0.7.
    """
    n = min(_DEPTH, len(found.keys))
    try:
        keys, x = meaning.vectors(found.keys[:n])
    except BroadsheetError:
        return found
    if not len(keys):
        return found
    vectors = np.zeros((n, x.shape[1]), dtype=np.float32)
    place = {key: row for row, key in enumerate(found.keys[:n].tolist())}
    vectors[[place[key] for key in keys.tolist()]] = x
    order = marginal_order(found.scores[:n], vectors @ vectors.T)
    rest = np.arange(n, len(found.keys))
    return found.at(np.concatenate([order, rest]))


def marginal_order(
    scores: NDArray[np.float64], likeness: NDArray[np.float32], *, relevance: float = _RELEVANCE
) -> NDArray[np.int64]:
    """Return rows, each the best of those left: relevance * score - (1 - relevance) * likeness.

    Args:
        scores: (n,), scaled here so that the best is 1.
        likeness: cosines, (n, n); the greatest to any row that was taken counts.
    """
    scaled = scores / max(float(scores.max()), 1e-12)
    nearest = np.zeros(len(scores))
    left = np.ones(len(scores), dtype=bool)
    order = np.empty(len(scores), dtype=np.int64)
    for at in range(len(order)):
        worth = np.where(left, relevance * scaled - (1 - relevance) * nearest, -np.inf)
        order[at] = row = int(worth.argmax())
        left[row] = False
        nearest = np.maximum(nearest, likeness[row])
    return order
