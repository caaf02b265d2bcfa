"""F1 of told labels, and the threshold that is best on rows that are not measured."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

_STEPS = 60


def told(scores: Scores, threshold: float) -> Bools:
    """Return the labels from a threshold on, and the best one always, (n, n_labels)."""
    found: Bools = scores >= threshold
    found[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return found


def figures(said: Bools, true: Bools) -> dict[str, float]:
    """Return micro and macro F1, the share of rows told exactly, and labels a row.

    Macro is the mean over labels that some row has.
    """
    hits, n_said, n_true = (m.sum(axis=0) for m in (said & true, said, true))
    there = n_true > 0
    each = 2 * hits[there] / (n_said + n_true)[there]
    return {
        "micro_f1": round(float(2 * hits.sum() / (n_said.sum() + n_true.sum())), 4),
        "macro_f1": round(float(each.mean()), 4),
        "exact": round(float((said == true).all(axis=1).mean()), 4),
        "labels_a_row": round(float(said.sum(axis=1).mean()), 2),
    }


def best_threshold(scores: Scores, true: Bools) -> float:
    """Return the threshold with the best micro F1, of sixty between the extremes."""
    low, high = np.quantile(scores, [0.5, 0.9999])
    choices = np.linspace(low, high, _STEPS)[1:]
    f1 = [figures(told(scores, float(t)), true)["micro_f1"] for t in choices]
    return float(choices[int(np.argmax(f1))])
