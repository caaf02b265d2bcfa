"""Rows compared by concepts that have names, so that a score says what it is made of."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import (
    as_array,
    check_count,
    check_k,
    check_rng,
    check_row_groups,
    check_vectors,
)
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.data.label_sets import LabelSets, Sets, read_label_sets
from typecase.explain.contract import Activations, Explanation
from typecase.explain.sesa_training import Lesson, learn, strongest
from typecase.kernels.inner_product import NORM_FLOOR, unit_vectors

_GRAIN = np.float64(1 << 20)
"""Weights are multiples of 1 / _GRAIN: their products, and sums of those, are exact in float64."""

_ROWS_AT_ONCE = 1024

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]


class ExplicitSemantics(Estimator):
    """A row is a few named concepts with weights; a score is the sum of what they give each.

    With z the row at length 1, moved by the mean and at length 1 again, concept c is active by
    max(0, z . w_c + b_c). The n_active largest are kept and brought to length 1. The score of two
    rows is the inner product, and concept c gives weight times weight of it.

    Args:
        n_active: concepts a row has at most.
        min_members: concepts that fewer rows have are left out.
        shrinkage: concepts start where their members differ from what all rows vary in anyway: the
            mean of the members through the inverse of the covariance, which is shrunk by this
            many times its mean variance; above 0. None starts at the mean itself.
        n_steps: steps of learning from pairs.
        batch_size: pairs a step.
        learning_rate: the highest of Adam's rate.
        temperature: how far a related row must score above an unrelated one, about.
        anchor: how strongly concepts are held to where they start, which keeps their names true.
        random_state: seed of the batches and of the pairs held out.

    Source:
        Bogdanova, Yazdani, "SESA: Supervised explicit semantic analysis", 2017: explicit named
        dimensions, learned so that pairs of what belongs together score high.
        Differs: the encoder is not learned, one layer over given vectors is; it starts from each
        concept's members (as a linear discriminant: Fisher, 1936) and is held near that; only the
        largest activations are kept; weights are rounded to 2^-20 so that shares add up exactly.

    Attributes:
        concept_names_: by number, sorted.
        mean_: (dim,) of the rows at length 1.
        weights_: (n_concepts, dim).
        bias_: (n_concepts,).
    """

    room = "explain"

    concept_names_: list[str]
    mean_: _Floats
    weights_: _Floats
    bias_: _Floats

    def __init__(
        self,
        *,
        n_active: int = 20,
        min_members: int = 5,
        shrinkage: float | None = 1.0,
        n_steps: int = 500,
        batch_size: int = 128,
        learning_rate: float = 0.0003,
        temperature: float = 0.1,
        anchor: float = 0.1,
        random_state: int | np.random.Generator | None = 0,
    ) -> None:
        self.n_active = n_active
        self.min_members = min_members
        self.shrinkage = shrinkage
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.anchor = anchor
        self.random_state = random_state

    def fit(self, x: ArrayLike, concepts: Sets, pairs: ArrayLike | None = None) -> Self:
        """Place the concepts by their members and, with pairs, learn from what is related.

        Args:
            x: (n, dim), n at least 1.
            concepts: a collection of names for each row; it may be empty.
            pairs: (n_pairs, 3) rows of x: one, one related to it, and one that is not; None
                leaves the concepts where they start.

        Raises:
            InvalidInputError: a parameter breaks a rule, x and concepts do not fit, no concept
                has min_members rows, or pairs are not rows of x.
        """
        lesson = self._checked()
        vectors = check_vectors(x, min_rows=1)
        sets = read_label_sets(concepts, name="concepts", n=len(vectors))
        triples = None if pairs is None else check_row_groups(pairs, n_rows=len(vectors), width=3)
        rng = check_rng(self.random_state)
        self.mean_ = unit_vectors(vectors).mean(axis=0, dtype=np.float64).astype(np.float32)
        z = self._moved(vectors)
        self.concept_names_, means = _members_means(z, sets, self.min_members)
        self.weights_ = unit_vectors(_discriminants(z, means, self.shrinkage))
        self.bias_ = np.zeros(len(self.weights_), dtype=np.float32)
        if triples is not None and len(triples):
            learn(self.weights_, self.bias_, z, triples, lesson, rng)
        return self

    def encode(self, x: ArrayLike) -> Activations:
        """Return the concepts of each row of x, (n, dim), strongest first.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim) or not finite.
        """
        self.check_fitted()
        vectors = check_vectors(x, dim=len(self.mean_))
        parts = [
            self._encoded(vectors[start : start + _ROWS_AT_ONCE])
            for start in range(0, max(1, len(vectors)), _ROWS_AT_ONCE)
        ]
        concepts, weights = zip(*parts, strict=True)
        return Activations(np.concatenate(concepts), np.concatenate(weights))

    def score(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
        """Return how related the rows of a, (n_a, dim), and b, (n_b, dim), are, (n_a, n_b).

        From 0, no concept in common, to about 1.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: a or b is not (n, dim) or not finite.
        """
        left, right = self._dense(self.encode(a)), self.encode(b)
        scores = np.empty((len(left), len(right.concepts)), dtype=np.float64)
        for start in range(0, len(right.concepts), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            block = Activations(right.concepts[part], right.weights[part])
            scores[:, part] = left @ self._dense(block).T
        return scores

    def explain(self, a: ArrayLike, b: ArrayLike, k: int = 5) -> Explanation:
        """Return the score of two vectors, (dim,), and the k concepts that give most of it.

        The shares and the rest add up to the score exactly. Concepts that give nothing are left
        out; of equal shares the earlier name comes first.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: a or b is not (dim,) or not finite, or k is below 1.
        """
        self.check_fitted()
        k = check_k(k)
        rows = [self._dense(self.encode(_check_one(v, n))) for v, n in ((a, "a"), (b, "b"))]
        gives = (rows[0] * rows[1])[0]
        order = np.argsort(-gives, kind="stable")[:k]
        shares = [(self.concept_names_[c], float(gives[c])) for c in order if gives[c] > 0]
        score = float(gives.sum())
        return Explanation(score, shares, score - sum(share for _, share in shares))

    def _moved(self, x: _Floats) -> _Floats:
        return unit_vectors(unit_vectors(x) - self.mean_)

    def _encoded(self, x: _Floats) -> tuple[_Ints, _Floats]:
        # one product a pair, not one of matrices: a row's activations depend on the row alone
        raw = np.vecdot(self._moved(x)[:, None, :], self.weights_[None, :, :]) + self.bias_
        active = np.where(strongest(raw, self.n_active), raw, 0).astype(np.float64)
        order = np.argsort(-active, axis=1, kind="stable")[:, : self.n_active]
        found = np.take_along_axis(active, order, axis=1)
        lengths = np.sqrt((found * found).sum(axis=1, keepdims=True))
        weights = np.rint(found / np.maximum(lengths, NORM_FLOOR) * _GRAIN) / _GRAIN
        return np.where(weights > 0, order, -1), weights.astype(np.float32)

    def _dense(self, active: Activations) -> NDArray[np.float64]:
        rows = np.zeros((len(active.concepts), len(self.weights_)), dtype=np.float64)
        row, place = np.nonzero(active.concepts >= 0)
        rows[row, active.concepts[row, place]] = active.weights[row, place]
        return rows

    def _checked(self) -> Lesson:
        for name in ("n_active", "min_members", "n_steps", "batch_size"):
            check_count(getattr(self, name), name=name)
        for name in ("learning_rate", "temperature", "anchor", "shrinkage"):
            value = getattr(self, name)
            if value is None and name == "shrinkage":
                continue
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0 <= value < np.inf or (value == 0 and name != "anchor"):
                raise InvalidInputError(f"{name} must be a number above 0, got {value!r}.")
        return Lesson(
            n_active=self.n_active,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            anchor=self.anchor,
        )


def _members_means(z: _Floats, sets: LabelSets, min_members: int) -> tuple[list[str], _Floats]:
    """Return the concepts with members enough, and the mean of each, (n_concepts, dim)."""
    counts = np.bincount(sets.numbers, minlength=len(sets.names))
    kept = np.flatnonzero(counts >= min_members)
    if len(kept) == 0:
        raise InvalidInputError(f"concepts must have one at least with {min_members} rows.")
    order = np.argsort(sets.numbers, kind="stable")
    rows, ends = sets.rows()[order], np.cumsum(counts)
    means = np.stack(
        [z[rows[ends[c] - counts[c] : ends[c]]].mean(axis=0, dtype=np.float64) for c in kept]
    )
    return [sets.names[c] for c in kept], unit_vectors(means.astype(np.float32))


def _discriminants(z: _Floats, means: _Floats, shrinkage: float | None) -> _Floats:
    """Return the means through the inverse of the shrunk covariance, (n_concepts, dim)."""
    if shrinkage is None:
        return means
    covariance = np.zeros((z.shape[1], z.shape[1]), dtype=np.float64)
    for start in range(0, len(z), _ROWS_AT_ONCE):
        block = z[start : start + _ROWS_AT_ONCE].astype(np.float64)
        covariance += block.T @ block
    covariance /= len(z)
    added = shrinkage * max(float(np.trace(covariance)) / len(covariance), NORM_FLOOR)
    found = np.linalg.solve(covariance + added * np.eye(len(covariance)), means.T)
    return np.ascontiguousarray(found.T, dtype=np.float32)


def _check_one(vector: ArrayLike, name: str) -> NDArray[np.generic]:
    array = as_array(vector, name)
    if array.ndim != 1:
        raise InvalidInputError(f"{name} must be one vector, (dim,), got shape {array.shape}.")
    return array[None]
