"""How well vectors find the documents that share a name of a facet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.data.faceted import Document
from typecase.encoders.contract import TextEncoder
from typecase.metrics.ranking import average_precision, mean_of_judged, ndcg, recall

Floats = NDArray[np.float32]
Map = Callable[[Floats], Floats]

_K, _DEEP = 10, 20
_LEAST_HOLDERS = 2
GENERIC = "generic"
HALF = " and generic"
"""After a facet: half the cosine of its head, half that of the stored vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Judged documents with their vectors.

    Args:
        x: (n, dim), of the documents.
        sharing: by facet, (n, n): whether two documents share a name.
    """

    name: str
    documents: list[Document]
    x: Floats
    sharing: Mapping[str, NDArray[np.bool_]]


def collection_of(
    name: str, documents: list[Document], encoder: TextEncoder, facets: Sequence[str]
) -> Collection:
    """Return a collection; of a facet that nobody has nothing is known."""
    sharing = {facet: _sharing([one.names(facet) for one in documents]) for facet in facets}
    return Collection(
        name=name,
        documents=documents,
        x=encoder.encode([one.text for one in documents]),
        sharing={facet: both for facet, both in sharing.items() if both.any()},
    )


def spaces(heads: Mapping[str, Map]) -> dict[str, Map]:
    """Return what is compared: the stored vectors, heads, and heads beside the stored vectors."""

    def half(head: Map) -> Map:
        return lambda x: np.concatenate([x, head(x)], axis=1) / np.float32(np.sqrt(2))

    beside = {f"{facet}{HALF}": half(head) for facet, head in heads.items()}
    return {GENERIC: lambda x: x, **heads, **beside}


def of_documents(found: Collection, maps: Mapping[str, Map]) -> dict[str, dict[str, Any]]:
    """Return figures by facet and space: a document asks for those that share a name with it."""
    figures: dict[str, dict[str, Any]] = {}
    for facet, both in found.sharing.items():
        n_asking = int(both.any(axis=1).sum())
        figures[facet] = {"queries": n_asking, "per_query": round(both.sum() / n_asking, 1)}
        for name, to in _told(maps, facet).items():
            figures[facet][name] = alike(to(found.x), both)
    return figures


def alike(z: Floats, sharing: NDArray[np.bool_]) -> dict[str, float]:
    """Return figures of vectors by which each document asks for those that share with it."""
    scores = z @ z.T
    np.fill_diagonal(scores, -np.inf)
    return _figures(scores, sharing)


def of_phrases(
    found: Collection, maps: Mapping[str, Map], encoder: TextEncoder
) -> dict[str, dict[str, Any]]:
    """Return figures by facet and space: a name, typed, asks for the documents that bear it."""
    figures: dict[str, dict[str, Any]] = {}
    for facet in found.sharing:
        names = [one.names(facet) for one in found.documents]
        phrases = sorted({name for own in names for name in own})
        bearing = np.array([[phrase in own for own in names] for phrase in phrases])
        is_asked = bearing.sum(axis=1) >= _LEAST_HOLDERS
        asked = [phrase for phrase, is_it in zip(phrases, is_asked, strict=True) if is_it]
        q = encoder.encode(asked, kind="query")
        figures[facet] = {"queries": len(asked)}
        for name, to in _told(maps, facet).items():
            figures[facet][name] = _figures(to(q) @ to(found.x).T, bearing[is_asked])
    return figures


def _told(maps: Mapping[str, Map], facet: str) -> dict[str, Map]:
    """Return all spaces but those of other facets beside the stored vectors."""
    return {n: to for n, to in maps.items() if not n.endswith(HALF) or n == f"{facet}{HALF}"}


def _sharing(names: list[frozenset[str]]) -> NDArray[np.bool_]:
    both = np.array([[not a.isdisjoint(b) for b in names] for a in names])
    np.fill_diagonal(both, False)
    return both


def _figures(scores: Floats, relevant: NDArray[np.bool_]) -> dict[str, float]:
    rankings = np.argsort(-scores, axis=1, kind="stable")
    # A document is no answer to itself.
    ranked = [
        [row for row in of if own[row] > -np.inf]
        for of, own in zip(rankings.tolist(), scores, strict=True)
    ]
    grades = [dict.fromkeys(np.flatnonzero(own).tolist(), 1) for own in relevant]
    pairs = list(zip(ranked, grades, strict=True))
    return {
        "map": round(mean_of_judged([average_precision(r, g) for r, g in pairs]), 4),
        f"ndcg{_K}": round(mean_of_judged([ndcg(r, g, _K) for r, g in pairs]), 4),
        f"recall{_DEEP}": round(mean_of_judged([recall(r, g, _DEEP) for r, g in pairs]), 4),
    }
