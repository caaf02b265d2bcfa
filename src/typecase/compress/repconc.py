"""Product quantization with words that are used equally often, alone or learned with queries."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.compress.paired import Answers, PairedCodec, check_above_zero, mean_length
from typecase.compress.repconc_clustering import Clustering, cluster_evenly
from typecase.compress.repconc_joint import Coded, JointSettings, learn_jointly
from typecase.kernels.k_means import k_means, nearest_centers
from typecase.kernels.nibbles import pack_nibbles, unpack_nibbles
from typecase.kernels.product_words import looked_up, nearest_words, parts_for

Floats = NDArray[np.float32]

_WIDTH = 8
_MOST_CELLS = 1 << 16
_CELL_BYTES = 2
_ROWS_A_WORD = 64
_CELL_SAMPLE = 50_000


class RepCONC(PairedCodec):
    """Words of rotated parts, found by clustering under which every word has as many rows.

    Alone: rows of a batch are given to words by optimal transport, words become the means of
    their rows, and the rotation the one that brings rows nearest to their words. `encode` then
    takes the nearest word of each part, without the constraint.

    With queries and pairs: codes stay, and what they stand for is learned together with a map of
    queries, q' = q + q A, from

        L = -log softmax(<q', x^> / temperature)[answer] + clustering_weight |x - x^|^2

    over the batch's answers and hard negatives, the rows that score best now and answer not.

    With n_cells it is an inverted file: a code begins with the number of the nearest k-means
    centre, and words are of residuals. `cells` tells it, so that a search may read some cells only.

    Args:
        n_parts: must divide dim; None cuts parts of 8 columns, or the next that divides dim.
        n_bits: 4 or 8, for 16 or 256 words a part.
        n_cells: at most 65,536; 0 is no inverted file.
        n_rounds: of k-means before, and of clustering under the constraint after.
        epsilon: entropy of the transport, with distances brought to [-1, 1].
        n_transport_rounds: of the transport's scaling.
        n_steps: of Adam, with pairs; no pair is seen more than 20 times.
        batch_size: queries.
        n_negatives: hard negatives a query.
        learning_rate: the peak of it.
        temperature: of the products, rows divided by their mean length.
        clustering_weight: of the clustering loss; "lambda" in the paper.
        random_state: seed or Generator.

    Source:
        Zhan et al., "Learning discrete representations via constrained clustering for effective
        and efficient dense retrieval" (RepCONC), WSDM 2022: equations 6 to 8 (loss and
        constraint), section 4.3 (transport); the joint stage is that of Zhan et al., "Jointly
        optimizing query encoder and product quantization" (JPQ), CIKM 2021, which the paper runs
        after its own.
        Differs: rows are given and do not move, so the clustering loss alone has a closed form
        and is not left to SGD; of the query's encoder only a map of its vectors is learned; words
        of scores part from the words that `encode` looks for; the inverted file's codes are of
        residuals.

    Attributes:
        centers_: (max(1, n_cells), dim) float32: the sample's mean without cells.
        rotation_: (dim, dim) float32, orthonormal.
        words_: (n_parts, n_words, width) float32, which `encode` looks for.
        said_: as words_, what their numbers stand for in `decode` and `score`.
        query_map_: (dim, dim) float32, A; zeros without pairs.
    """

    centers_: Floats
    rotation_: Floats
    words_: Floats
    said_: Floats
    query_map_: Floats

    def __init__(
        self,
        *,
        n_parts: int | None = None,
        n_bits: int = 8,
        n_cells: int = 0,
        n_rounds: int = 5,
        epsilon: float = 0.05,
        n_transport_rounds: int = 20,
        n_steps: int = 300,
        batch_size: int = 128,
        n_negatives: int = 4,
        learning_rate: float = 1e-4,
        temperature: float = 0.05,
        clustering_weight: float = 1.0,
        random_state: RandomState = 0,
    ) -> None:
        self.n_parts = n_parts
        self.n_bits = n_bits
        self.n_cells = n_cells
        self.n_rounds = n_rounds
        self.epsilon = epsilon
        self.n_transport_rounds = n_transport_rounds
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.clustering_weight = clustering_weight
        self.random_state = random_state

    @property
    def n_bytes(self) -> int:
        """n_bits of a byte a part, and 2 for the cell where there are cells."""
        self.check_fitted()
        return self._cell_bytes + -(-len(self.words_) * self.n_bits // 8)

    def cells(self, codes: ArrayLike) -> NDArray[np.int64]:
        """Return the cells, (n,), that codes begin with; 0 without an inverted file.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: codes are not (n, n_bytes) uint8.
        """
        return self._parts(self._check_codes(codes))[0]

    def nearest_cells(self, queries: ArrayLike, n_probes: int) -> NDArray[np.int64]:
        """Return the cells with the greatest products with queries, (n_queries, n_probes).

        Raises:
            NotFittedError: before fit.
            InvalidInputError: as score; n_probes is not 1 to n_cells.
        """
        q = self._mapped(self._check_rows(queries, name="queries"))
        check_count(n_probes, name="n_probes", maximum=len(self.centers_))
        order: NDArray[np.int64] = np.argsort(-(q @ self.centers_.T), axis=1, kind="stable")
        return order[:, :n_probes]

    def _check_params(self) -> None:
        if self.n_bits not in (4, 8) or isinstance(self.n_bits, float):
            raise InvalidInputError(f"n_bits must be 4 or 8, got {self.n_bits!r}.")
        if self.n_parts is not None:
            check_count(self.n_parts, name="n_parts")
        check_count(self.n_cells, name="n_cells", minimum=0, maximum=_MOST_CELLS)
        for name in ("n_rounds", "n_steps", "n_negatives"):
            check_count(getattr(self, name), name=name, minimum=0)
        check_count(self.n_transport_rounds, name="n_transport_rounds")
        check_count(self.batch_size, name="batch_size", minimum=2)
        for name in ("epsilon", "learning_rate", "temperature", "clustering_weight"):
            check_above_zero(getattr(self, name), name=name)
        check_rng(self.random_state)

    def _check_dim(self, dim: int) -> None:
        if self.n_parts is not None and dim % self.n_parts:
            raise InvalidInputError(f"n_parts must divide dim {dim}, got {self.n_parts}.")

    @property
    def _cell_bytes(self) -> int:
        return _CELL_BYTES if self.n_cells else 0

    def _learn_from(self, x: Floats, answers: Answers | None) -> None:
        rng = check_rng(self.random_state)
        self.centers_ = self._new_centers(x, rng)
        n_words = 2**self.n_bits
        chosen = np.sort(rng.permutation(len(x))[: _ROWS_A_WORD * n_words])
        r = x[chosen] - self.centers_[nearest_centers(x[chosen], self.centers_)]
        clustering = Clustering(
            n_parts=self.n_parts or parts_for(x.shape[1], width=_WIDTH),
            n_words=n_words,
            n_rounds=self.n_rounds,
            epsilon=self.epsilon,
            n_transport_rounds=self.n_transport_rounds,
        )
        self.rotation_, self.words_ = cluster_evenly(r, clustering, rng)
        self.said_ = self.words_.copy()
        self.query_map_ = np.zeros((x.shape[1], x.shape[1]), dtype=np.float32)
        if answers is not None:
            self._learn_queries(x, answers, rng)

    def _new_centers(self, x: Floats, rng: np.random.Generator) -> Floats:
        if self.n_cells == 0:
            mean: Floats = x.mean(axis=0, dtype=np.float64, keepdims=True).astype(np.float32)
            return mean
        sample = x[np.sort(rng.permutation(len(x))[:_CELL_SAMPLE])]
        return k_means(sample, self.n_cells, n_rounds=10, rng=rng)

    def _learn_queries(self, x: Floats, answers: Answers, rng: np.random.Generator) -> None:
        cells, numbers = self._numbers(x)
        settings = JointSettings(
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            n_negatives=self.n_negatives,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            clustering_weight=self.clustering_weight,
        )
        length = np.float32(mean_length(x))
        coded = Coded(x / length, self.centers_[cells] / length, numbers, self.rotation_)
        at_length = Answers(answers.queries / length, answers.pairs)
        model = learn_jointly(coded, self.words_ / length, at_length, settings, rng)
        self.query_map_, self.said_ = model.query_map.copy(), model.words * length

    def _numbers(self, x: Floats) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return cells, (n,), and the numbers of the nearest words, (n, n_parts)."""
        cells = nearest_centers(x, self.centers_)
        r: Floats = x - self.centers_[cells]
        return cells, nearest_words(r @ self.rotation_.T, self.words_)

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        cells, numbers = self._numbers(x)
        packed = numbers if self.n_bits == 8 else pack_nibbles(numbers)
        if not self.n_cells:
            return packed
        return np.hstack([cells.astype("<u2")[:, None].view(np.uint8), packed])

    def _parts(self, codes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return cells and numbers of codes; a cell past the last one counts as the last."""
        first = np.ascontiguousarray(codes[:, : self._cell_bytes]).view("<u2").astype(np.int64)
        cells = first[:, 0] if self.n_cells else np.zeros(len(codes), dtype=np.int64)
        packed = np.ascontiguousarray(codes[:, self._cell_bytes :])
        numbers = packed if self.n_bits == 8 else unpack_nibbles(packed, len(self.words_))
        return np.minimum(cells, len(self.centers_) - 1), numbers

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        cells, numbers = self._parts(codes)
        x: Floats = looked_up(numbers, self.said_) @ self.rotation_
        x += self.centers_[cells]
        return x

    def _score(self, q: Floats, codes: NDArray[np.uint8]) -> Floats:
        return super()._score(self._mapped(q), codes)

    def _mapped(self, q: Floats) -> Floats:
        mapped: Floats = q @ self.query_map_
        mapped += q
        return mapped
