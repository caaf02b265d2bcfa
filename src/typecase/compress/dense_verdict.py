"""Full vectors for the verdict, learned on what the search of candidates leaves to decide."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_choice, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.compress.paired import (
    Answers,
    PairedCodec,
    check_above_zero,
    check_answers,
    mean_length,
)
from typecase.compress.ranking_batches import RankingBatch, ranking_batch, split_queries
from typecase.kernels.adam import best_of_descent
from typecase.kernels.contrast import cross_entropy
from typecase.kernels.locality import proximity_graph, random_walk, snowball

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_SAMPLERS = {"snowball": snowball, "walk": random_walk}
_MOST_PASSES = 10
_CANDIDATES = 10
_BLOCK_QUERIES = 256


class DenseVerdict(PairedCodec):
    """Rows in float16 after a map of rows; a map of queries; both learned on near candidates.

        L = -log softmax(<q + q A, x + x B> / temperature)[answer]

    over the rows of a batch, whose queries lie near one another: they are drawn by locality-centric
    sampling from the graph of queries and the candidates that the search of codes finds, so that
    the answer of one query is nearly one of another. Without pairs nothing is learned.

    Args:
        sampler: "snowball" takes all queries that share a candidate, then theirs; "walk" steps
            at random.
        n_steps: of Adam; no pair is seen more than 10 times.
        batch_size: queries.
        n_candidates: rows that the verdict has to tell apart in training, a query.
        learning_rate: the peak of it.
        temperature: of the products, rows divided by their mean length.
        random_state: seed or Generator.

    Source:
        Xiao et al., "Progressively optimized bi-granular document representation for scalable
        embedding based retrieval" (BiDR), WWW 2022: dense embeddings conditioned on the
        candidates, locality-centric sampling (section 3.3).
        Differs: of the encoders only maps of their vectors are learned; each query's candidates
        are in the batch besides the answers of the others; the weights kept are those with the
        lowest loss on held-out queries; rows are kept in float16.

    Attributes:
        row_map_, query_map_: (dim, dim) float32, B and A.
    """

    row_map_: Floats
    query_map_: Floats

    def __init__(
        self,
        *,
        sampler: str = "snowball",
        n_steps: int = 200,
        batch_size: int = 64,
        n_candidates: int = 4,
        learning_rate: float = 1e-4,
        temperature: float = 0.05,
        random_state: RandomState = 0,
    ) -> None:
        self.sampler = sampler
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.n_candidates = n_candidates
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.random_state = random_state

    def fit(
        self,
        x: ArrayLike,
        *,
        queries: ArrayLike | None = None,
        pairs: ArrayLike | None = None,
        candidates: ArrayLike | None = None,
    ) -> Self:
        """Learn from rows, (n, dim), and pairs.

        Args:
            queries: (n_queries, dim).
            pairs: (n_pairs, 2) whole numbers: a query and a row that answers it. With queries.
            candidates: (n_queries, k) rows that the search of codes finds for each query, best
                first; None takes the 10 with the greatest exact products.

        Raises:
            InvalidInputError: as `PairedCodec.fit`; candidates without queries, or not rows.
        """
        rows = self._check_sample(x)
        answers = check_answers(rows, queries, pairs)
        found = None if candidates is None else _check_candidates(rows, answers, candidates)
        self._learn_with(rows, answers, found)
        self.dim_ = rows.shape[1]
        return self

    @property
    def n_bytes(self) -> int:
        """Two a column."""
        return 2 * self.dim

    def _check_params(self) -> None:
        check_choice(self.sampler, tuple(_SAMPLERS), name="sampler")
        check_count(self.n_steps, name="n_steps", minimum=0)
        check_count(self.batch_size, name="batch_size", minimum=2)
        check_count(self.n_candidates, name="n_candidates", minimum=0)
        check_above_zero(self.learning_rate, name="learning_rate")
        check_above_zero(self.temperature, name="temperature")
        check_rng(self.random_state)

    def _learn_from(self, x: Floats, answers: Answers | None) -> None:
        self._learn_with(x, answers, None)

    def _learn_with(self, x: Floats, answers: Answers | None, candidates: Rows | None) -> None:
        self.row_map_, self.query_map_ = np.zeros((2, x.shape[1], x.shape[1]), np.float32)
        if answers is not None:
            length = np.float32(mean_length(x))
            at_length = Answers(answers.queries / length, answers.pairs)
            near = _nearest(answers.queries, x) if candidates is None else candidates
            self._learn_maps(x / length, at_length, near)

    def _learn_maps(self, x: Floats, answers: Answers, candidates: Rows) -> None:
        rng = check_rng(self.random_state)
        learned, held_out = split_queries(answers, rng)
        graph = proximity_graph(candidates[learned], len(x))
        near = candidates[:, : self.n_candidates]
        weights = np.zeros(2 * x.shape[1] ** 2, dtype=np.float32)
        maps = weights.reshape(2, x.shape[1], x.shape[1])

        def draw() -> RankingBatch:
            start, n = int(rng.integers(len(learned))), min(self.batch_size, len(learned))
            drawn = np.sort(learned[_SAMPLERS[self.sampler](graph, start, n, rng)])
            return ranking_batch(answers, drawn, near[drawn], rng)

        def loss(batch: RankingBatch) -> tuple[float, Floats]:
            return verdict_gradient(
                maps, answers.queries[batch.queries], x[batch.rows], batch.targets, self.temperature
            )

        kept = ranking_batch(answers, held_out, near[held_out], rng)
        best_of_descent(
            weights,
            lambda: loss(draw())[1],
            lambda: loss(kept)[0],
            n_steps=min(self.n_steps, _MOST_PASSES * len(answers.pairs) // self.batch_size),
            learning_rate=self.learning_rate,
        )
        self.query_map_, self.row_map_ = maps.copy()

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        largest = np.finfo(np.float16).max
        mapped = np.clip(x + x @ self.row_map_, -largest, largest)
        return mapped.astype("<f2").view(np.uint8)

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        return codes.view("<f2").astype(np.float32)

    def _score(self, q: Floats, codes: NDArray[np.uint8]) -> Floats:
        return super()._score(q + q @ self.query_map_, codes)


def verdict_gradient(
    maps: Floats, queries: Floats, rows: Floats, targets: Floats, temperature: float
) -> tuple[float, Floats]:
    """Return the loss of a batch, and its gradient by both maps as one vector.

    Args:
        maps: (2, dim, dim), of queries and of rows.
        queries: (n_queries, dim).
        rows: (n_rows, dim).
        targets: (n_queries, n_rows), rows of sum 1.
    """
    asked, said = queries + queries @ maps[0], rows + rows @ maps[1]
    scale = rows.dtype.type(1 / temperature)
    loss, by_scores = cross_entropy(scale * (asked @ said.T), targets)
    by_scores *= scale
    by_maps = queries.T @ (by_scores @ said), rows.T @ (by_scores.T @ asked)
    return loss, np.concatenate([by_map.ravel() for by_map in by_maps])


def _check_candidates(x: Floats, answers: Answers | None, candidates: ArrayLike) -> Rows:
    if answers is None:
        raise InvalidInputError("candidates need queries and pairs.")
    found = np.asarray(candidates)
    n = len(answers.queries)
    if found.dtype.kind not in "iu" or found.ndim != 2 or len(found) != n or not found.size:
        raise InvalidInputError(
            f"candidates must be ({n}, k) whole numbers, got {found.dtype} {found.shape}."
        )
    if found.min() < 0 or found.max() >= len(x):
        raise InvalidInputError(f"candidates must be rows below {len(x)}, got {found.max()}.")
    return found.astype(np.int64)


def _nearest(queries: Floats, x: Floats) -> Rows:
    """Return the rows with the greatest products, (n_queries, up to 10), best first."""
    k = min(_CANDIDATES, len(x))
    blocks = np.array_split(queries, -(-len(queries) // _BLOCK_QUERIES))
    return np.concatenate([np.argsort(-(q @ x.T), axis=1, kind="stable")[:, :k] for q in blocks])
