"""Labels of a row from the rows that are nearest to it."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_choice, check_count, check_rng, check_vectors
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.data.label_sets import LabelSets, Sets, read_label_sets
from typecase.kernels.inner_product import top_k_blocks, unit_vectors

WEIGHTS = ("cosine", "equal")

_BLOCK_ROWS = 8192
_ROWS_AT_ONCE = 1024

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]


class NeighbourIndex(Protocol):
    """What an index that is handed in must have; those of the room `indexes` do."""

    def clone(self) -> Self:
        """Return an unfitted copy."""
        ...

    def fit(self, x: ArrayLike) -> Self:
        """Take the rows, (n, dim), with their numbers as ids."""
        ...

    def search(self, queries: ArrayLike, k: int) -> tuple[_Ints, _Floats]:
        """Return ids and cosines, (n_queries, k)."""
        ...


class NearestLabels(Estimator):
    """A label's score is the share of the k nearest rows, by cosine, that have it.

    Args:
        k: neighbours; or several numbers, of which `fit` takes the one with the best micro F1 on
            rows that it holds out.
        weights: "cosine": a neighbour counts as much as its cosine, one below 0 not at all;
            "equal": all count alike.
        threshold: labels with this score or more are told, and always the best one; or several,
            chosen like k and together with it.
        n_labels: tell so many of the best labels instead; None goes by the threshold.
        held_out: share of the rows that choices are made on.
        index: an unfitted index with cosines, for very many rows; None compares with all rows.
        random_state: seed of which rows are held out.

    Source:
        Bekamiri, Hain, Jurowetzki, "PatentSBERTa: A deep NLP based hybrid model for patent
        distance and classification using augmented SBERT", 2021: labels by the k nearest vectors,
        k (8 there) found on held-out rows.
        Differs: vectors come from outside and are not fine-tuned; the search is exact unless an
        index is handed in; the threshold is found with k.

    Attributes:
        label_names_: by column of the scores, sorted.
        k_: the number of neighbours.
        threshold_: the score from which labels are told.
        x_: (n, dim) rows of unit length; empty where an index holds them.
        numbers_: labels of all rows, (total,).
        offsets_: (n + 1,), where those of each row begin.
    """

    room = "classify"

    label_names_: list[str]
    k_: int
    threshold_: float
    x_: _Floats
    numbers_: _Ints
    offsets_: _Ints
    index_: NeighbourIndex

    def __init__(
        self,
        *,
        k: int | Sequence[int] = 8,
        weights: str = "cosine",
        threshold: float | Sequence[float] = 0.5,
        n_labels: int | None = None,
        held_out: float = 0.1,
        index: NeighbourIndex | None = None,
        random_state: int | np.random.Generator | None = 0,
    ) -> None:
        self.k = k
        self.weights = weights
        self.threshold = threshold
        self.n_labels = n_labels
        self.held_out = held_out
        self.index = index
        self.random_state = random_state

    def fit(self, x: ArrayLike, labels: Sets) -> Self:
        """Keep the rows and their labels, and choose k and the threshold where several are given.

        Args:
            x: (n, dim), n at least 1; 2 where there is a choice.
            labels: a collection of names for each row; empty where it has none.

        Raises:
            InvalidInputError: a parameter breaks a rule, or x and labels do not fit.
        """
        ks, thresholds = self._checked()
        is_choice = len(ks) * len(thresholds) > 1
        vectors = check_vectors(x, min_rows=2 if is_choice else 1)
        sets = read_label_sets(labels, name="labels", n=len(vectors))
        if not sets.names:
            raise InvalidInputError("labels must have at least one label in some row.")
        self.k_, self.threshold_ = ks[0], thresholds[0]
        if is_choice:
            self.k_, self.threshold_ = self._choose(vectors, sets, ks, thresholds)
        return self._keep(vectors, sets)

    def predict_scores(self, x: ArrayLike) -> _Floats:
        """Return each label's share of the neighbours, (n, n_labels), for x, (n, dim).

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        self.check_fitted()
        dim = self.x_.shape[1]
        return self._scores(*self._neighbours(check_vectors(x, dim=dim), self.k_))

    def predict(self, x: ArrayLike) -> list[tuple[str, ...]]:
        """Return the labels of each row of x, (n, dim), best first; ties to the earlier name.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        self.check_fitted()
        vectors = check_vectors(x, dim=self.x_.shape[1])
        found: list[tuple[str, ...]] = []
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            scores = self.predict_scores(vectors[start : start + _ROWS_AT_ONCE])
            found += [self._told(row) for row in scores]
        return found

    def neighbours(self, x: ArrayLike) -> tuple[_Ints, _Floats]:
        """Return the rows of fit that speak for each row of x and their cosines, (n, k).

        Padded with -1 and -inf where there are fewer rows than k.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        self.check_fitted()
        return self._neighbours(check_vectors(x, dim=self.x_.shape[1]), self.k_)

    def _checked(self) -> tuple[list[int], list[float]]:
        ks = [check_count(k, name="k") for k in _several(self.k, "k")]
        thresholds = [_share(t, "threshold") for t in _several(self.threshold, "threshold")]
        check_choice(self.weights, WEIGHTS, name="weights")
        if self.n_labels is not None:
            check_count(self.n_labels, name="n_labels")
        if not 0 < _share(self.held_out, "held_out") < 1:
            raise InvalidInputError(f"held_out must be between 0 and 1, got {self.held_out}.")
        return ks, thresholds

    def _choose(
        self, x: _Floats, sets: LabelSets, ks: list[int], thresholds: list[float]
    ) -> tuple[int, float]:
        """Return the k and the threshold with the best micro F1; ties to what was given first."""
        n_out = min(len(x) - 1, max(1, round(self.held_out * len(x))))
        order = check_rng(self.random_state).permutation(len(x))
        out, rest = np.sort(order[:n_out]), np.sort(order[n_out:])
        true = sets.matrix()
        trial = self.clone(n_labels=self.n_labels)
        trial._keep(x[rest], _taken(sets, rest))
        ids, cosines = trial._neighbours(x[out], max(ks))
        figures: dict[tuple[int, float], float] = {}
        for k in ks:
            scores = trial._scores(ids[:, :k], cosines[:, :k])
            for threshold in thresholds:
                told = self._told_matrix(scores, threshold)
                hits = np.count_nonzero(told & true[out])
                figures[k, threshold] = 2 * hits / max(1, told.sum() + true[out].sum())
        return max(figures, key=lambda pair: figures[pair])

    def _keep(self, x: _Floats, sets: LabelSets) -> Self:
        self.label_names_ = sets.names
        self.numbers_, self.offsets_ = sets.numbers, sets.offsets
        if self.index is None:
            self.x_ = unit_vectors(x)
        else:
            self.index_ = self.index.clone().fit(x)
            self.x_ = np.zeros((0, x.shape[1]), dtype=np.float32)
        return self

    def _neighbours(self, x: _Floats, k: int) -> tuple[_Ints, _Floats]:
        if self.index is not None:
            ids, cosines = self.index_.search(x, k)
            return ids, cosines
        rows = self.x_
        return top_k_blocks(
            lambda: ((s, rows[s : s + _BLOCK_ROWS]) for s in range(0, len(rows), _BLOCK_ROWS)),
            lambda positions: rows[positions],
            np.arange(len(rows)),
            unit_vectors(x),
            k,
            row_norm=1.0 + 1e-6,
        )

    def _scores(self, ids: _Ints, cosines: _Floats) -> _Floats:
        there = ids >= 0
        weights = there.astype(np.float64)
        if self.weights == "cosine":
            near = np.where(there, np.maximum(cosines, 0), 0).astype(np.float64)
            weights = np.where(near.any(axis=1, keepdims=True), near, weights)
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        scores = np.zeros((len(ids), len(self.label_names_)), dtype=np.float64)
        counts = np.where(there, np.diff(self.offsets_)[ids], 0).ravel()
        pairs = np.repeat(np.arange(ids.size), counts)
        firsts = np.repeat(self.offsets_[ids.ravel()], counts)
        within = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts, counts)
        labels = self.numbers_[firsts + within]
        np.add.at(scores, (pairs // ids.shape[1], labels), weights.ravel()[pairs])
        return np.minimum(scores, 1.0).astype(np.float32)

    def _told_matrix(self, scores: _Floats, threshold: float) -> NDArray[np.bool_]:
        if self.n_labels is not None:
            order = np.argsort(-scores, axis=1, kind="stable")[:, : self.n_labels]
            told = np.zeros(scores.shape, dtype=np.bool_)
            np.put_along_axis(told, order, True, axis=1)
            return told & (scores > 0)
        told = (scores >= threshold) & (scores > 0)
        best = scores.argmax(axis=1)
        told[np.arange(len(scores)), best] |= scores.max(axis=1) > 0
        return told

    def _told(self, scores: _Floats) -> tuple[str, ...]:
        told = np.flatnonzero(self._told_matrix(scores[None], self.threshold_)[0])
        order = told[np.argsort(-scores[told], kind="stable")]
        return tuple(self.label_names_[number] for number in order)


def _taken(sets: LabelSets, rows: _Ints) -> LabelSets:
    parts = [sets.numbers[sets.offsets[row] : sets.offsets[row + 1]] for row in rows]
    return LabelSets(
        names=sets.names,
        numbers=np.concatenate([np.empty(0, dtype=np.int64), *parts]),
        offsets=np.cumsum([0, *map(len, parts)], dtype=np.int64),
    )


def _several(value: Any, name: str) -> list[Any]:
    several = list(value) if isinstance(value, list | tuple) else [value]
    if not several:
        raise InvalidInputError(f"{name} must not be empty.")
    return several


def _share(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInputError(f"{name} must be a number from 0 to 1, got {value!r}.")
    return float(value)
