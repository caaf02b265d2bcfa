"""Product codes learned for the search of candidates: the contrast of answers, not the distance."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import RandomState, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.compress.contrastive_gradient import contrast_gradient, n_weights, views
from typecase.compress.paired import Answers, PairedCodec, check_above_zero, mean_length
from typecase.compress.ranking_batches import RankingBatch, ranking_batch, split_queries
from typecase.kernels.adam import best_of_descent
from typecase.kernels.k_means import k_means
from typecase.kernels.nibbles import pack_nibbles, unpack_nibbles
from typecase.kernels.product_words import looked_up, nearest_words, parts_for
from typecase.kernels.sign_bits import random_rotation

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_WIDTH = 8
_ROWS_A_WORD = 64
_MOST_PASSES = 5
_LEAST_ROWS = 32
_HELD_OUT_ROWS = 1024


class ContrastiveQuantizer(PairedCodec):
    """A map of rows, a map of queries and words, learned so that codes tell answers from others.

    With z = (x + x B - mean) P^T in parts, and for each part the words c_k,

        p_k = softmax_k(-|z - c_k|^2 / width),  h = 1 at the nearest word;
        z~ = sum_k (h_k + p_k - [p_k]) c_k,

    where [p] has no gradient, so that z~ is the nearest word and its gradient that of the soft
    choice. Then L = -log softmax(<q + q A, x~> / temperature)[answer] over the rows of a batch:
    the answers of all its queries. Without pairs a row is the query of its own code.

    Args:
        n_parts: must divide dim; None cuts parts of 8 columns, or the next that divides dim.
        n_bits: 4 or 8, for 16 or 256 words a part.
        n_rounds: of the k-means that words start from.
        n_steps: of Adam; no pair, or row, is seen more than 5 times.
        batch_size: queries, and as many rows.
        learning_rate: the peak of it.
        temperature: of the products.
        random_state: seed or Generator.

    Source:
        Xiao et al., "Progressively optimized bi-granular document representation for scalable
        embedding based retrieval" (BiDR), WWW 2022: contrastive quantization of the sparse
        embeddings (section 3.2).
        Differs: of the encoders only maps of their vectors are learned; negatives are those of
        one batch, of one process; the weights kept are those with the lowest loss on held-out
        queries; a random rotation comes first; without pairs rows stand for queries.

    Attributes:
        length_: the root mean square length of rows, by which they are divided first.
        mean_: (dim,) float32.
        rotation_: (dim, dim) float32, orthonormal.
        words_: (n_parts, n_words, width) float32.
        row_map_, query_map_: (dim, dim) float32, B and A.
        width_: of the soft choice: the rows' mean squared distance to their words at the start.
    """

    length_: float
    mean_: Floats
    rotation_: Floats
    words_: Floats
    row_map_: Floats
    query_map_: Floats
    width_: float

    def __init__(
        self,
        *,
        n_parts: int | None = None,
        n_bits: int = 8,
        n_rounds: int = 10,
        n_steps: int = 200,
        batch_size: int = 128,
        learning_rate: float = 1e-4,
        temperature: float = 0.05,
        random_state: RandomState = 0,
    ) -> None:
        self.n_parts = n_parts
        self.n_bits = n_bits
        self.n_rounds = n_rounds
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.random_state = random_state

    @property
    def n_bytes(self) -> int:
        """n_bits of a byte a part."""
        self.check_fitted()
        return -(-len(self.words_) * self.n_bits // 8)

    def _check_params(self) -> None:
        if self.n_bits not in (4, 8) or isinstance(self.n_bits, float):
            raise InvalidInputError(f"n_bits must be 4 or 8, got {self.n_bits!r}.")
        if self.n_parts is not None:
            check_count(self.n_parts, name="n_parts")
        check_count(self.n_rounds, name="n_rounds", minimum=0)
        check_count(self.n_steps, name="n_steps", minimum=0)
        check_count(self.batch_size, name="batch_size", minimum=2)
        check_above_zero(self.learning_rate, name="learning_rate")
        check_above_zero(self.temperature, name="temperature")
        check_rng(self.random_state)

    def _check_dim(self, dim: int) -> None:
        if self.n_parts is not None and dim % self.n_parts:
            raise InvalidInputError(f"n_parts must divide dim {dim}, got {self.n_parts}.")

    def _learn_from(self, x: Floats, answers: Answers | None) -> None:
        rng = check_rng(self.random_state)
        self.length_ = mean_length(x)
        x = x / np.float32(self.length_)
        self.mean_ = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.rotation_ = random_rotation(x.shape[1], rng)
        self._start(x, rng)
        shape = self.words_.shape
        weights = np.zeros(n_weights(x.shape[1], shape), dtype=np.float32)
        model = views(weights, x.shape[1], shape)
        model.words[...] = self.words_
        n_seen = len(x) if answers is None else len(answers.pairs)
        n_steps = min(self.n_steps, _MOST_PASSES * n_seen // self.batch_size)
        if n_steps and len(x) >= _LEAST_ROWS and self.width_ > 0:
            draw, held_out = _batches(x, answers, self.batch_size, rng)
            queries = x if answers is None else answers.queries / np.float32(self.length_)

            def loss(batch: RankingBatch) -> tuple[float, Floats]:
                rows, asked = x[batch.rows], queries[batch.queries]
                scale = (self.temperature, self.width_)
                return contrast_gradient(
                    model, asked, rows, batch.targets, self.mean_, self.rotation_, scale
                )

            best_of_descent(
                weights,
                lambda: loss(draw())[1],
                lambda: loss(held_out)[0],
                n_steps=n_steps,
                learning_rate=self.learning_rate,
            )
        self.query_map_, self.row_map_, self.words_ = (part.copy() for part in model)

    def _start(self, x: Floats, rng: np.random.Generator) -> None:
        """Set words, by k-means of the parts, and the width of the soft choice."""
        n_parts, n_words = self.n_parts or parts_for(x.shape[1], width=_WIDTH), 2**self.n_bits
        chosen = np.sort(rng.permutation(len(x))[: _ROWS_A_WORD * n_words])
        r: Floats = x[chosen] - self.mean_
        z: Floats = r @ self.rotation_.T
        self.words_ = np.stack(
            [
                k_means(np.ascontiguousarray(part), n_words, n_rounds=self.n_rounds, rng=rng)
                for part in np.split(z, n_parts, axis=1)
            ]
        )
        left = z - looked_up(nearest_words(z, self.words_), self.words_)
        self.width_ = float(np.square(left, dtype=np.float64).mean()) * z.shape[1] / n_parts

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        x = x / np.float32(self.length_)
        z: Floats = x @ self.row_map_
        z += x - self.mean_
        numbers = nearest_words(z @ self.rotation_.T, self.words_)
        return numbers if self.n_bits == 8 else pack_nibbles(numbers)

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        numbers = codes if self.n_bits == 8 else unpack_nibbles(codes, len(self.words_))
        x: Floats = looked_up(numbers, self.words_) @ self.rotation_
        x += self.mean_
        x *= np.float32(self.length_)
        return x

    def _score(self, q: Floats, codes: NDArray[np.uint8]) -> Floats:
        return super()._score(q + q @ self.query_map_, codes)


def _batches(
    x: Floats, answers: Answers | None, batch_size: int, rng: np.random.Generator
) -> tuple[Callable[[], RankingBatch], RankingBatch]:
    """Return what draws a batch to learn from, and one that is held out."""
    if answers is None:
        own = np.arange(len(x), dtype=np.int64)
        answers = Answers(x, np.stack([own, own], axis=1))
    learned, held_out = split_queries(answers, rng)
    nothing = np.empty(0, dtype=np.int64)

    def draw() -> RankingBatch:
        return ranking_batch(answers, rng.permutation(learned)[:batch_size], nothing, rng)

    # many more rows than a batch: what is learned must hold against all of them
    others = rng.permutation(len(x))[:_HELD_OUT_ROWS]
    return draw, ranking_batch(answers, held_out[: 4 * batch_size], others, rng)
