"""What the search is measured beside: the bare encoder, and bm25s where it is installed."""

import importlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.evaluation import DEPTH, Collection
from broadsheet.model.ports import Progress
from typecase.encoders.contract import TextEncoder

_TEXTS_A_STEP = 256


class EncoderPeer:
    """The same encoder with an exact search over all texts."""

    name = "encoder"

    def __init__(self, *, encoder: TextEncoder) -> None:
        self.encoder = encoder

    def missing(self) -> str:
        """Return nothing: it is always there."""
        return ""

    def rankings(
        self, collection: Collection, *, progress: Progress
    ) -> Mapping[str, Sequence[str]]:
        """Return the nearest texts by query id."""
        x = self._vectors(collection, progress)
        rows = {name: row for row, name in enumerate(collection.corpus_ids)}
        return {
            query: _best(collection, query, x @ self._query(collection, query, x, rows), rows)
            for query in collection.queries
        }

    def _vectors(self, collection: Collection, progress: Progress) -> NDArray[np.float32]:
        texts = _texts(collection)
        x = np.empty((len(texts), self.encoder.dim), dtype=np.float32)
        for start in range(0, len(texts), _TEXTS_A_STEP):
            progress("embedding for the bare encoder", start, len(texts))
            part = texts[start : start + _TEXTS_A_STEP]
            x[start : start + len(part)] = self.encoder.encode(part)
        return x

    def _query(
        self, collection: Collection, query: str, x: NDArray[np.float32], rows: Mapping[str, int]
    ) -> NDArray[np.float32]:
        document = collection.documents.get(query)
        if document is not None:
            vector: NDArray[np.float32] = x[rows[document]]
        else:
            vector = self.encoder.encode([collection.queries[query]], kind="query")[0]
        return vector


class Bm25sPeer:
    """bm25s as it comes, with its own stop words and English stems."""

    name = "bm25s"

    def missing(self) -> str:
        """Return what to install; it is no dependency."""
        if find_spec("bm25s") is None or find_spec("Stemmer") is None:
            return "not installed: pip install bm25s PyStemmer"
        return ""

    def rankings(
        self, collection: Collection, *, progress: Progress
    ) -> Mapping[str, Sequence[str]]:
        """Return the best texts by query id."""
        progress("asking bm25s", 0, None)
        bm25s: Any = importlib.import_module("bm25s")
        stemmer = importlib.import_module("Stemmer").Stemmer("english")

        def tokens(texts: Sequence[str]) -> Any:
            return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

        texts = _texts(collection)
        rows = {name: row for row, name in enumerate(collection.corpus_ids)}
        asked = [
            texts[rows[collection.documents[query]]] if query in collection.documents else text
            for query, text in collection.queries.items()
        ]
        index = bm25s.BM25()
        index.index(tokens(texts), show_progress=False)
        k = len(texts) if collection.pools or collection.documents else min(DEPTH, len(texts))
        found, scores = index.retrieve(tokens(asked), k=k, show_progress=False)
        rankings = {}
        for query, best, values in zip(collection.queries, found, scores, strict=True):
            dense = np.zeros(len(texts), dtype=np.float32)
            dense[best] = values
            rankings[query] = _best(collection, query, dense, rows)
        return rankings


def _texts(collection: Collection) -> list[str]:
    return [f"{text.title}\n{text.text}" for text in collection.texts]


def _best(
    collection: Collection, query: str, scores: NDArray[np.float32], rows: Mapping[str, int]
) -> list[str]:
    """Return the pool, or the best DEPTH of all texts but the one that is named, best first."""
    pool = collection.pools.get(query)
    if pool is not None:
        among = np.array([rows[name] for name in pool], dtype=np.int64)
        return [
            collection.corpus_ids[row] for row in among[np.argsort(-scores[among], kind="stable")]
        ]
    document = collection.documents.get(query)
    best = np.argsort(-scores, kind="stable")[: DEPTH + 1]
    names = [collection.corpus_ids[row] for row in best]
    return [name for name in names if name != document][:DEPTH]
