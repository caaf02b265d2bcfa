"""Precision and recall of a method over pairs of which something is known."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.merging.collections import Item
from bench.merging.gold import Gold
from bench.merging.methods import Method, Pairs, Scores

PRECISION = 0.995
AIMED = 0.997
"""The precision, on what is not measured, that the threshold is set by: other records vary."""

_ONE = ("identifier", "text", "chain")
_TWO = ("different", "other text")
_COUNTED = ("identifier", "text")
_POINTS = 60

Kinds = NDArray[np.str_]


def kinds_of(
    records: Sequence[Item], rows: NDArray[np.int64], gold: Gold, items: dict[str, Item]
) -> Kinds:
    """Return what is known of each pair of rows (`Gold.kind`)."""
    names = [(records[a].id, records[b].id) for a, b in rows.tolist()]
    return np.array([gold.kind((min(n), max(n)), items) for n in names])


class Ruler:
    """Measures methods on one part's pairs.

    Args:
        pairs: the candidates.
        kinds: of each pair, as `kinds_of` gives them.
        counted: kinds of gold pairs that recall is of.
    """

    def __init__(self, pairs: Pairs, gold: Gold, kinds: Kinds, *, counted: Sequence[str]):
        self.pairs = pairs
        self.kinds = kinds
        names = [[pairs.records[row].id for row in pair] for pair in pairs.rows.tolist()]
        self.across = np.array([a.partition(":")[0] != b.partition(":")[0] for a, b in names])
        self.counted = tuple(counted)
        here = {item.id for item in pairs.records}
        self.n_gold = sum(a in here and gold.same[a, b] in counted for a, b in gold.same)

    def threshold(self, scores: Scores) -> float:
        """Return the lowest threshold from which precision is what is aimed at."""
        at, precision, _ = self._curve(scores)
        enough = np.flatnonzero(precision >= AIMED)
        return float(at[enough[-1]]) if len(enough) else float("inf")

    def figures(self, joined: NDArray[np.bool_]) -> dict[str, Any]:
        """Return what was joined rightly and wrongly, across collections and within."""
        across = Counter(self.kinds[joined & self.across].tolist())
        within = Counter(self.kinds[joined & ~self.across].tolist())
        right, wrong = (sum(across[kind] for kind in kinds) for kinds in (_ONE, _TWO))
        return {
            "precision": round(right / max(1, right + wrong), 5),
            "recall": round(sum(across[k] for k in self.counted) / max(1, self.n_gold), 5),
            "right": right,
            "wrong": wrong,
            "unknown": across["unknown"],
            "within_wrong": sum(within[kind] for kind in _TWO),
        }

    def recall_at_precision(self, scores: Scores) -> float:
        """Return the best recall at the precision that is wanted, 0 where it is not reached."""
        _, precision, recall = self._curve(scores)
        enough = precision >= PRECISION
        return round(float(recall[enough].max()), 5) if enough.any() else 0.0

    def points(self, scores: Scores) -> list[tuple[float, float]]:
        """Return the curve, (recall, precision), at most 60 points."""
        _, precision, recall = self._curve(scores)
        step = max(1, len(recall) // 2_000)
        marks = np.unique(np.searchsorted(recall[::step], np.linspace(0.5, 1, _POINTS)))
        marks = marks[marks < len(recall[::step])] * step
        return [(round(float(recall[i]), 4), round(float(precision[i]), 4)) for i in marks]

    def unknown(self, joined: NDArray[np.bool_]) -> dict[str, int]:
        """Return what else speaks for joined pairs of which nothing is known."""
        found: Counter[str] = Counter()
        for place in np.flatnonzero(joined & self.across & (self.kinds == "unknown")):
            a, b = (self.pairs.records[row] for row in self.pairs.rows[place])
            found[_authors(a, b)] += 1
        return dict(sorted(found.items()))

    def _curve(self, scores: Scores) -> tuple[Scores, NDArray[np.float64], NDArray[np.float64]]:
        """Return thresholds, falling, with precision and recall from each on."""
        scores, kinds = scores[self.across], self.kinds[self.across]
        order = np.argsort(-scores, kind="stable")
        right = np.cumsum(np.isin(kinds, _ONE)[order])
        wrong = np.cumsum(np.isin(kinds, _TWO)[order])
        found = np.cumsum(np.isin(kinds, self.counted)[order])
        last = np.append(np.diff(scores[order]) != 0, True)
        precision = right / np.maximum(1, right + wrong)
        return scores[order][last], precision[last], (found / max(1, self.n_gold))[last]


def measure(method: Method, learned: Ruler, ruler: Ruler) -> tuple[dict[str, Any], Scores]:
    """Return a method's figures at the threshold of the other part, and its scores."""
    threshold = method.fixed or learned.threshold(method.score(learned.pairs))
    scores = method.score(ruler.pairs)
    found = ruler.figures(scores >= threshold)
    best = {"recall_at_precision": ruler.recall_at_precision(scores)}
    return {"threshold": round(threshold, 4), **found, **best}, scores


def _authors(a: Item, b: Item) -> str:
    if not a.authors or not b.authors:
        return "no authors on one side"
    one, other = ({name.casefold() for name in x.authors} for x in (a, b))
    shared = len(one & other) / min(len(one), len(other))
    return "at least half of the names" if shared >= 0.5 else "fewer names, or none"
