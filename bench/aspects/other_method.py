"""The same task by another method: how often the ten first papers are that."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.aspects.measuring import Collection
from broadsheet.search.aspects import Aspects

Floats = NDArray[np.float32]

_K = 10
_OTHERNESS = (0.0, 0.25, 0.5, 1.0)


def other_method_figures(found: Collection, aspects: Aspects) -> dict[str, Any] | None:
    """Return shares of the first ten by way of ranking; None where task or method is not judged.

    Papers ask that have both: a share of `same task`, of `another method` (no method in common,
    though both name some), and of both at once.
    """
    if not {"task", "method"} <= found.sharing.keys():
        return None
    task, method = found.sharing["task"], found.sharing["method"]
    knows = np.array([bool(one.names("method")) for one in found.documents])
    asking = np.flatnonzero(task.any(axis=1) & knows)
    other = ~method & knows[None, :]
    ways = {"generic": found.x @ found.x.T}
    for weight in _OTHERNESS:
        ways[f"task - {weight} method"] = np.stack(
            [
                aspects.scores(
                    found.x[row : row + 1],
                    found.x,
                    same=["task"],
                    different=["method"] if weight else [],
                    otherness=weight,
                )
                for row in range(len(found.x))
            ]
        )
    shares = {name: _shares(scores, asking, task, other) for name, scores in ways.items()}
    return {"queries": len(asking), **shares}


def _shares(
    scores: Floats, asking: NDArray[np.int64], task: NDArray[np.bool_], other: NDArray[np.bool_]
) -> dict[str, float]:
    scores = scores.copy()
    np.fill_diagonal(scores, -np.inf)
    first = np.argsort(-scores[asking], axis=1, kind="stable")[:, :_K]
    of_task, of_other = (np.take_along_axis(m[asking], first, axis=1) for m in (task, other))
    return {
        "same_task": round(float(of_task.mean()), 4),
        "other_method": round(float(of_other.mean()), 4),
        "both": round(float((of_task & of_other).mean()), 4),
    }
