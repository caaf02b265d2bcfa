"""Topics by a few keywords: the documents that are nearest to them say what is meant."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_count, check_vectors
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.discover.outliers import local_outlier_factors
from typecase.kernels.inner_product import unit_vectors

_BLOCK_ROWS = 8192
_MOST_CANDIDATES = 5000

_Floats = NDArray[np.float32]


class Lbl2Vec(Estimator):
    """A topic's vector is the centroid of the documents nearest to its keywords, outliers left out.

    A document's score is its cosine with that vector.

    Args:
        threshold: documents with at least this cosine to the mean of the keywords are
            candidates; None takes `min_docs` of the nearest.
        min_docs: candidates at least, the nearest ones, whatever their cosine.
        max_docs: candidates at most, the nearest ones.
        clean: leave out candidates that stand apart from the others.
        n_neighbors: of a candidate, for how far it stands apart.
        max_factor: candidates with a higher local outlier factor than this are left out.

    Source:
        Schopf, Braun, Matthes, "Lbl2Vec: An embedding-based approach for unsupervised document
        retrieval on predefined topics", WEBIST 2021.
        Differs: vectors of keywords and documents come from outside, of one encoder, and are not
        learned by Doc2Vec; all are brought to length 1 first; the nearest 100 documents are the
        default, not those within a distance of the best one; 20 neighbours and a factor of 1.5
        are those of the library that the paper's code calls.

    Attributes:
        topic_names_: in the order given.
        topics_: (n_topics, dim) vectors of length 1.
        n_docs_: (n_topics,) how many documents each is the centroid of.
    """

    room = "discover"

    topic_names_: list[str]
    topics_: _Floats
    n_docs_: NDArray[np.int64]

    def __init__(
        self,
        *,
        threshold: float | None = None,
        min_docs: int = 100,
        max_docs: int = 1000,
        clean: bool = True,
        n_neighbors: int = 20,
        max_factor: float = 1.5,
    ) -> None:
        self.threshold = threshold
        self.min_docs = min_docs
        self.max_docs = max_docs
        self.clean = clean
        self.n_neighbors = n_neighbors
        self.max_factor = max_factor

    def fit(self, x: ArrayLike, keywords: Mapping[str, ArrayLike]) -> Self:
        """Find what each topic's keywords mean among the documents.

        Args:
            x: (n, dim) documents, n at least 1.
            keywords: vectors, (n_keywords, dim), by topic; one keyword at least for each.

        Raises:
            InvalidInputError: a parameter breaks a rule, there is no document, no topic or no
                keyword, or vectors are not (n, dim) and finite.
        """
        self._check_params()
        documents = unit_vectors(check_vectors(x, min_rows=1))
        means = _keyword_means(keywords, documents.shape[1])
        cosines = _cosines(documents, means)
        groups = [self._group(documents, column) for column in cosines.T]
        self.topic_names_ = list(keywords)
        centroids = [group.mean(axis=0, dtype=np.float64).astype(np.float32) for group in groups]
        self.topics_ = unit_vectors(np.stack(centroids))
        self.n_docs_ = np.array([len(group) for group in groups], dtype=np.int64)
        return self

    def predict_scores(self, x: ArrayLike) -> _Floats:
        """Return the cosine of each document, (n, dim), with each topic, (n, n_topics).

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        self.check_fitted()
        vectors = unit_vectors(check_vectors(x, dim=self.topics_.shape[1]))
        return _cosines(vectors, self.topics_)

    def predict(self, x: ArrayLike) -> list[str]:
        """Return the nearest topic of each document, (n, dim); ties to the one given first.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        return [self.topic_names_[topic] for topic in self.predict_scores(x).argmax(axis=1)]

    def _group(self, documents: _Floats, cosines: _Floats) -> _Floats:
        """Return the documents that stand for a topic, (n_docs, dim)."""
        order = np.argsort(-cosines, kind="stable")[: self.max_docs]
        n = 0 if self.threshold is None else np.count_nonzero(cosines[order] >= self.threshold)
        group: _Floats = documents[order[: max(n, self.min_docs)]]
        if not self.clean or len(group) <= 2:
            return group
        k = min(self.n_neighbors, len(group) - 1)
        inside: _Floats = group[local_outlier_factors(group, k) <= self.max_factor]
        return inside if len(inside) else group

    def _check_params(self) -> None:
        check_count(self.min_docs, name="min_docs")
        check_count(self.max_docs, name="max_docs", minimum=self.min_docs, maximum=_MOST_CANDIDATES)
        check_count(self.n_neighbors, name="n_neighbors")
        limits = {"threshold": (-1.0, 1.0), "max_factor": (1.0, np.inf)}
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if value is None and name == "threshold":
                continue
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not least <= value <= most:
                raise InvalidInputError(f"{name} must be from {least} to {most}, got {value!r}.")


def _keyword_means(keywords: Mapping[str, ArrayLike], dim: int) -> _Floats:
    """Return the mean of each topic's keywords, all of length 1, (n_topics, dim)."""
    if not isinstance(keywords, Mapping) or not keywords:
        raise InvalidInputError("keywords must give vectors by topic, for one topic at least.")
    means = []
    for topic, given in keywords.items():
        if not isinstance(topic, str):
            raise InvalidInputError(f"keywords must name topics by strings, got {topic!r}.")
        vectors = check_vectors(given, name=f"keywords[{topic!r}]", dim=dim, min_rows=1)
        means.append(unit_vectors(vectors).mean(axis=0, dtype=np.float64))
    return unit_vectors(np.array(means, dtype=np.float32))


def _cosines(x: _Floats, topics: _Floats) -> _Floats:
    """Return the products of unit rows, (n, n_topics), summed in float64: a batch is its rows."""
    found = np.empty((len(x), len(topics)), dtype=np.float32)
    for start in range(0, len(x), _BLOCK_ROWS):
        block = x[start : start + _BLOCK_ROWS].astype(np.float64)
        for column, topic in enumerate(topics):
            found[start : start + len(block), column] = (block * topic).sum(axis=1)
    return found
