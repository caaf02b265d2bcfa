"""Searches that say no: A, but not B. By projection, by subtraction, and by filtering.

A query is the name of one topic, the unwanted is that of another, and some papers are of both.
Relevant are the papers of A that are not of B; papers of both are the mistake to avoid, so that
nDCG@10 falls when they come first and their share among the ten first is told beside it.
"""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.aspects.measuring import Collection
from typecase.encoders.contract import TextEncoder
from typecase.metrics.ranking import mean_of_judged, ndcg
from typecase.spaces import DirectionRemoval

Floats = NDArray[np.float32]

_K = 10
_LEAST = 3
_EXAMPLES = 3


class Question(NamedTuple):
    """A, but not B."""

    wanted: str
    unwanted: str
    answers: frozenset[int]
    both: frozenset[int]


def negative_figures(collections: Sequence[Collection], encoder: TextEncoder) -> dict[str, Any]:
    """Return figures by collection and way."""
    figures = {}
    for found in collections:
        asked = questions(found)
        if asked:
            figures[found.name] = {"questions": len(asked), **_measured(found, asked, encoder)}
    return figures


def questions(found: Collection) -> list[Question]:
    """Return pairs of names, of any facets, with at least three papers of A alone and of both."""
    holders: dict[str, set[int]] = {}
    for row, one in enumerate(found.documents):
        for facet in one.labels:
            for name in one.names(facet):
                holders.setdefault(name, set()).add(row)
    common = sorted(name for name, rows in holders.items() if len(rows) >= _LEAST)
    return [
        Question(a, b, frozenset(holders[a] - holders[b]), frozenset(holders[a] & holders[b]))
        for a, b in permutations(common, 2)
        if len(holders[a] - holders[b]) >= _LEAST and len(holders[a] & holders[b]) >= _LEAST
    ]


def _measured(
    found: Collection, asked: Sequence[Question], encoder: TextEncoder
) -> dict[str, dict[str, float]]:
    names = sorted({name for one in asked for name in (one.wanted, one.unwanted)})
    q = dict(zip(names, encoder.encode(names, kind="query"), strict=True))
    figures = {}
    for way, score in _ways(found.x).items():
        rankings = [
            np.argsort(-score(q[one.wanted], q[one.unwanted]), kind="stable").tolist()
            for one in asked
        ]
        pairs = list(zip(rankings, asked, strict=True))
        figures[way] = {
            f"ndcg{_K}": round(
                mean_of_judged([ndcg(r, dict.fromkeys(one.answers, 1), _K) for r, one in pairs]), 4
            ),
            "unwanted": round(
                float(np.mean([len(one.both & set(r[:_K])) / _K for r, one in pairs])), 4
            ),
        }
    return figures


def _ways(x: Floats) -> dict[str, Callable[[Floats, Floats], Floats]]:
    """Return ways to score papers for a query and what is unwanted, (dim,) each."""
    mean = x.mean(axis=0)

    def removal(strength: float, keep: bool) -> Callable[[Floats, Floats], Floats]:
        def score(q: Floats, u: Floats) -> Floats:
            wanted = mean[None] if keep else None
            model = DirectionRemoval(strength=strength).fit(u[None], wanted=wanted)
            return x @ model.transform(q[None])[0]

        return score

    def by_examples(q: Floats, u: Floats) -> Floats:
        near = x[np.argsort(-(x @ u), kind="stable")[:_EXAMPLES]]
        unwanted = np.concatenate([u[None], near])
        return (
            x @ DirectionRemoval(share=0.9).fit(unwanted, wanted=mean[None]).transform(q[None])[0]
        )

    def subtraction(weight: float) -> Callable[[Floats, Floats], Floats]:
        return lambda q, u: x @ (q - np.float32(weight) * u)

    def filtering(share: float) -> Callable[[Floats, Floats], Floats]:
        def score(q: Floats, u: Floats) -> Floats:
            near = x @ u
            scores: Floats = np.where(near >= np.quantile(near, 1 - share), -np.inf, x @ q)
            return scores

        return score

    return {
        "A alone": lambda q, u: x @ q,
        "projection": removal(1.0, keep=False),
        "projection, the mean kept, strength 0.5": removal(0.5, keep=True),
        "projection, the mean kept": removal(1.0, keep=True),
        "projection, the mean kept, strength 1.5": removal(1.5, keep=True),
        "projection off B and its three nearest": by_examples,
        "subtraction, 0.25": subtraction(0.25),
        "subtraction, 0.5": subtraction(0.5),
        "subtraction, 0.75": subtraction(0.75),
        "filtering, 5% nearest to B": filtering(0.05),
        "filtering, 10% nearest to B": filtering(0.1),
        "filtering, 20% nearest to B": filtering(0.2),
    }
