"""Vectors of one aspect: near where two texts share its labels, whatever else they are about."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.kernels.adam import best_of_descent
from typecase.kernels.contrast import cross_entropy, through_unit_rows, unit_rows
from typecase.spaces.contract import Space, checked
from typecase.spaces.shared_labels import SharedLabels

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_LEAST_ROWS = 8
_HELD_OUT = 0.15
_CHECKED = 256
_BLOCK_ROWS = 512


class SpecializedEmbeddings(Space):
    """A linear head over an encoder's vectors, learned from rows that share labels.

    With z = (x - mean) W at length 1, a row i and rows j that are its partner, its hard
    negatives, or those of other rows of the batch,

        L = - sum_j t_ij log softmax_j(<z_i, z_j> / temperature),

    where t_ij is the rarity of the labels that i and j share, at a sum of 1. Hard negatives are
    near in the space that is given and share no label. Being linear, a query can be carried back
    (`carried_back`), so that an index over the vectors themselves finds candidates.

    Args:
        n_dims: columns of the specialised vectors, at most those of x.
        n_steps: of Adam.
        batch_size: rows a step, each with a partner.
        n_hard: hard negatives that are known of a row; each step shows one of them. 0 shows none.
        learning_rate: the peak of it.
        temperature: of the cosines.
        random_state: seed or Generator.

    Source:
        Ostendorff, Blume, Ruas, Gipp, Rehm, "Specialized document embeddings for aspect-based
        similarity of research papers", JCDL 2022: one space for task, one for method, one for
        dataset, by contrast of papers that share a label with others (sections 3 and 4).
        Differs: only a head is learned, over vectors that are stored anyway; the loss has many
        negatives (InfoNCE, van den Oord et al., 2018) instead of triplets; what is shared counts
        by its rarity; the head with the lowest loss on held-out rows is kept, from the start on,
        which is the principal directions.

    Attributes:
        mean_: (dim,) float32.
        weights_: (dim, n_dims) float16; a file of it is half as long, and scores are the same
            before and after saving.
    """

    mean_: Floats
    weights_: NDArray[np.float16]

    def __init__(
        self,
        *,
        n_dims: int = 128,
        n_steps: int = 300,
        batch_size: int = 128,
        n_hard: int = 0,
        learning_rate: float = 1e-3,
        temperature: float = 0.1,
        random_state: RandomState = 0,
    ) -> None:
        self.n_dims = n_dims
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.n_hard = n_hard
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.random_state = random_state

    @property
    def n_dims_out(self) -> int:
        """The argument n_dims."""
        self.check_fitted()
        return int(self.weights_.shape[1])

    def fit(self, x: ArrayLike, labels: Sequence[Collection[str]]) -> Self:
        """Learn from rows and their labels of one aspect.

        Args:
            x: (n, dim). At least 8 rows must share a label with another.
            labels: of each row; none says that nothing is known of it.

        Raises:
            InvalidInputError: x or labels are not such, too few rows share a label, or a
                parameter is out of range.
        """
        self._check_params()
        rows = checked(x, name="x")
        check_count(self.n_dims, name="n_dims", maximum=rows.shape[1])
        shared = SharedLabels(_checked_labels(labels, len(rows)))
        known = shared.labelled()
        if len(known) < _LEAST_ROWS:
            raise InvalidInputError(
                f"labels must be shared by at least {_LEAST_ROWS} rows, got {len(known)}."
            )
        rng = check_rng(self.random_state)
        self.mean_ = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred: Floats = rows - self.mean_
        weights = _principal(centred, self.n_dims)
        hard = hard_negatives(centred, shared, known, self.n_hard)
        draw, held_out = _batches(shared, known, hard, self.batch_size, rng)
        flat = weights.reshape(-1)

        def loss(batch: Batch) -> tuple[float, Floats]:
            return head_gradient(weights, centred, batch, self.temperature)

        best_of_descent(
            flat,
            lambda: loss(draw())[1].reshape(-1),
            lambda: loss(held_out)[0],
            n_steps=self.n_steps,
            learning_rate=self.learning_rate,
        )
        self.weights_ = weights.astype(np.float16)
        self.dim_ = rows.shape[1]
        return self

    def carried_back(self, y: ArrayLike) -> Floats:
        """Return vectors of the given space, (n, dim), for specialised ones, (n, n_dims).

        With m of this for y, and z = (x - mean) W, <z, y> = <x - mean, m>: the order of x by
        <x, m> is the order of <z, y>. The cosine to y divides it by |z| (`lengths`).

        Raises:
            NotFittedError: before fit.
            InvalidInputError: y is not (n, n_dims).
        """
        self.check_fitted()
        rows = checked(y, name="y", dim=self.n_dims_out)
        back: Floats = rows @ self.weights_.astype(np.float32).T
        return back

    def lengths(self, x: ArrayLike) -> Floats:
        """Return |(x - mean) W|, (n,), of x, (n, dim): what a cosine divides by.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim).
        """
        self.check_fitted()
        rows = checked(x, name="x", dim=self.dim_)
        return unit_rows(self._head(rows))[1][:, 0]

    def _mapped(self, x: Floats) -> Floats:
        return unit_rows(self._head(x))[0]

    def _head(self, x: Floats) -> Floats:
        z: Floats = (x - self.mean_) @ self.weights_.astype(np.float32)
        return z

    def _check_params(self) -> None:
        check_count(self.n_dims, name="n_dims")
        check_count(self.n_steps, name="n_steps", minimum=0)
        check_count(self.batch_size, name="batch_size", minimum=2)
        check_count(self.n_hard, name="n_hard", minimum=0)
        for name in ("learning_rate", "temperature"):
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise InvalidInputError(f"{name} must be above 0, got {value!r}.")


class Batch(NamedTuple):
    """Rows that ask, rows that may answer, and how much each answer counts."""

    asking: Rows
    """(n,)."""
    answers: Rows
    """(m,)."""
    targets: Floats
    """(n, m), rows of sum 1; -1 leaves a candidate out: the row itself."""


def head_gradient(
    weights: Floats, x: Floats, batch: Batch, temperature: float
) -> tuple[float, Floats]:
    """Return the loss of a batch and its gradient by weights, (dim, n_dims).

    Args:
        x: (n, dim), centred.
    """
    own, others = x[batch.asking], x[batch.answers]
    z, z_length = unit_rows(own @ weights)
    a, a_length = unit_rows(others @ weights)
    scale = x.dtype.type(1 / temperature)
    scores = scale * (z @ a.T)
    is_out = batch.targets < 0
    loss, by_scores = cross_entropy(
        np.where(is_out, -np.inf, scores).astype(x.dtype), np.where(is_out, 0, batch.targets)
    )
    by_scores *= scale
    by_z = through_unit_rows(z, z_length, by_scores @ a)
    by_a = through_unit_rows(a, a_length, by_scores.T @ z)
    return loss, own.T @ by_z + others.T @ by_a


def batch_of(asking: Rows, answers: Rows, shared: SharedLabels) -> Batch:
    """Return a batch whose targets are what rows share; each must share with some answer."""
    targets = shared.shared(asking, answers)
    is_self = asking[:, None] == answers[None, :]
    targets[is_self] = 0
    targets /= targets.sum(axis=1, keepdims=True)
    targets[is_self] = -1
    return Batch(asking, answers, targets)


def hard_negatives(x: Floats, shared: SharedLabels, known: Rows, n_hard: int) -> Rows:
    """Return rows that are near in x and share no label, (n_known, n_hard).

    They bear labels, others: of a row without any it is not known that it is another thing.
    Where there are too few of them a row stands for itself: it is left out.
    """
    hard = np.repeat(known[:, None], n_hard, axis=1)
    if not n_hard:
        return hard
    unit = unit_rows(x[known])[0]
    for start in range(0, len(known), _BLOCK_ROWS):
        scores = unit[start : start + _BLOCK_ROWS] @ unit.T
        scores[shared.shared(known[start : start + _BLOCK_ROWS], known) > 0] = -np.inf
        near = np.argsort(-scores, axis=1, kind="stable")[:, :n_hard]
        is_told = np.take_along_axis(scores, near, axis=1) > -np.inf
        part = hard[start : start + _BLOCK_ROWS, : near.shape[1]]
        part[is_told] = known[near[is_told]]
    return hard


def _batches(
    shared: SharedLabels, known: Rows, hard: Rows, batch_size: int, rng: np.random.Generator
) -> tuple[Callable[[], Batch], Batch]:
    """Return what draws a batch to learn from, and one of rows that ask in no other."""
    places = rng.permutation(len(known))
    n_held = max(2, int(len(known) * _HELD_OUT))
    held, learned = places[:n_held], places[n_held:]

    def drawn(chosen: Rows) -> Batch:
        rows = known[chosen]
        answers = [shared.partners(rows, rng)]
        if hard.shape[1]:
            column = rng.integers(hard.shape[1], size=len(chosen))
            answers.append(hard[chosen, column])
        return batch_of(rows, np.unique(np.concatenate(answers)), shared)

    return lambda: drawn(rng.choice(learned, min(batch_size, len(learned)), replace=False)), drawn(
        held[:_CHECKED]
    )


def _principal(centred: Floats, n_dims: int) -> Floats:
    """Return the directions in which rows differ most, (dim, n_dims)."""
    spread = centred.T.astype(np.float64) @ centred
    _, vectors = np.linalg.eigh(spread)
    return np.ascontiguousarray(vectors[:, ::-1][:, :n_dims]).astype(np.float32)


def _checked_labels(labels: Sequence[Collection[str]], n: int) -> Sequence[Collection[str]]:
    if len(labels) != n:
        raise InvalidInputError(f"labels must hold one collection a row: {n}, got {len(labels)}.")
    for row, own in enumerate(labels):
        if isinstance(own, str) or not all(isinstance(label, str) for label in own):
            raise InvalidInputError(f"labels of row {row} must be a list of strings, got {own!r}.")
    return labels
