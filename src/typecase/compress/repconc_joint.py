"""Learning a map of queries, and what codes stand for, from which rows answer which queries."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.compress.paired import Answers
from typecase.compress.ranking_batches import (
    RankingBatch,
    hard_negatives,
    ranking_batch,
    split_queries,
)
from typecase.kernels.adam import best_of_descent
from typecase.kernels.contrast import cross_entropy
from typecase.kernels.product_words import by_words, looked_up

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_MOST_PASSES = 20
_POOL_ROWS = 20_000
_MINED_ROWS = 2048


class JointSettings(NamedTuple):
    """The arguments of the method that this stage needs."""

    n_steps: int
    batch_size: int
    n_negatives: int
    learning_rate: float
    temperature: float
    clustering_weight: float


class Coded(NamedTuple):
    """Rows and their codes, which stay."""

    x: Floats
    """(n, dim)."""
    centers: Floats
    """(n, dim), of each row's cell."""
    numbers: NDArray[np.uint8]
    """(n, n_parts)."""
    rotation: Floats
    """(dim, dim)."""

    def said(self, rows: Rows, words: Floats) -> Floats:
        """Return what the codes of some rows stand for, (n_rows, dim)."""
        decoded: Floats = looked_up(self.numbers[rows], words) @ self.rotation
        decoded += self.centers[rows]
        return decoded


class Model(NamedTuple):
    """What is learned, as views of one vector."""

    query_map: Floats
    """(dim, dim)."""
    words: Floats
    """(n_parts, n_words, width)."""


def learn_jointly(
    coded: Coded,
    words: Floats,
    answers: Answers,
    settings: JointSettings,
    rng: np.random.Generator,
) -> Model:
    """Return the map of queries, (dim, dim), and words that were best on held-out queries."""
    learned, held_out = split_queries(answers, rng)
    weights = np.concatenate([np.zeros(coded.x.shape[1] ** 2, np.float32), words.ravel()])
    model = _views(weights, coded, words)
    pool = _pool(answers, len(coded.x), rng)

    def hard(queries: Rows) -> RankingBatch:
        return _hard_batch(coded, answers, queries, pool, model, settings.n_negatives, rng)

    # against many rows at once: a few hard ones are soon told apart, at the others' cost
    kept = ranking_batch(answers, held_out, rng.permutation(pool)[:_MINED_ROWS], rng)
    best_of_descent(
        weights,
        lambda: gradient(
            coded,
            answers.queries,
            hard(rng.permutation(learned)[: settings.batch_size]),
            model,
            settings,
        )[1],
        lambda: gradient(coded, answers.queries, kept, model, settings)[0],
        n_steps=min(settings.n_steps, _MOST_PASSES * len(answers.pairs) // settings.batch_size),
        learning_rate=settings.learning_rate,
    )
    return model


def gradient(
    coded: Coded, queries: Floats, batch: RankingBatch, model: Model, settings: JointSettings
) -> tuple[float, Floats]:
    """Return the loss of a batch, and its gradient by all weights as one vector.

    The loss is the ranking loss plus clustering_weight times the mean of |x - x^|^2.
    """
    q = queries[batch.queries]
    said, x = coded.said(batch.rows, model.words), coded.x[batch.rows]
    scale = q.dtype.type(1 / settings.temperature)
    loss, by_scores = cross_entropy(scale * ((q + q @ model.query_map) @ said.T), batch.targets)
    by_scores *= scale
    weight = settings.clustering_weight / len(x)
    loss += weight * float(np.square(said - x, dtype=np.float64).sum())
    by_said = by_scores.T @ (q + q @ model.query_map) + q.dtype.type(2 * weight) * (said - x)
    by_map = q.T @ (by_scores @ said)
    numbers = coded.numbers[batch.rows]
    of_words = by_words(numbers, by_said @ coded.rotation.T, model.words)
    return loss, np.concatenate([by_map.ravel(), of_words.ravel()])


def _views(weights: Floats, coded: Coded, words: Floats) -> Model:
    dim = coded.x.shape[1]
    n = dim * dim
    return Model(weights[:n].reshape(dim, dim), weights[n:].reshape(words.shape))


def _pool(answers: Answers, n: int, rng: np.random.Generator) -> Rows:
    """Return the rows that negatives are looked for among."""
    return np.union1d(answers.pairs[:, 1], rng.permutation(n)[:_POOL_ROWS])[-_POOL_ROWS:]


def _hard_batch(
    coded: Coded,
    answers: Answers,
    queries: Rows,
    pool: Rows,
    model: Model,
    n_negatives: int,
    rng: np.random.Generator,
) -> RankingBatch:
    """Return a batch whose negatives score best now, among some of the pool."""
    if n_negatives == 0:
        return ranking_batch(answers, queries, pool[:0], rng)
    rows = np.sort(rng.permutation(pool)[:_MINED_ROWS])
    q = answers.queries[queries]
    scores = (q + q @ model.query_map) @ coded.said(rows, model.words).T
    return ranking_batch(
        answers, queries, hard_negatives(scores, rows, answers, queries, n_negatives), rng
    )
