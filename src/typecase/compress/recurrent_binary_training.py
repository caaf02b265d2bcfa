"""How the network of recurrent binarization learns: batches, losses, and when it was best."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.compress.recurrent_binary_network import (
    Array,
    Blocks,
    Sizes,
    Trace,
    backward,
    blocks_of,
    forward,
)
from typecase.kernels.adam import adam_step, cosine_rate
from typecase.kernels.contrast import cross_entropy, softmax, through_unit_rows, unit_rows
from typecase.kernels.k_means import k_means, nearest_centers

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_ROWS_A_GROUP = 32
_ROWS_A_CELL = 128
_MOST_CELLS = 256
_CELL_SAMPLE = 20_000
_HELD_OUT_SHARE = 8
_MOST_HELD_OUT = 2048
_N_CHECKS = 10
_N_CHECKED = 3
_CHECK_ROWS = 1024
_RECALL_AT = 10


class Material(NamedTuple):
    """What there is to learn from; vectors have length 1."""

    x: Floats
    """(n, dim)."""
    mean: Floats
    """(dim,), taken from all vectors before the network."""
    queries: Floats | None
    """(n_queries, dim)."""
    pairs: Rows | None
    """(n_pairs, 2): a query and a row that answers it."""
    old: Floats | None
    """(n, code_dim): what an older version made of the rows, at length 1."""


class Settings(NamedTuple):
    """The arguments of the method that training needs."""

    n_steps: int
    batch_size: int
    queue_size: int
    learning_rate: float
    temperature: float
    teacher_temperature: float | None
    noise: float


class Batch(NamedTuple):
    """Anchors look for their partners among the keys."""

    anchors: Floats
    """(n_anchors, dim)."""
    numbers: Rows
    """(n_anchors,): the row, or the query where there are pairs, that an anchor is."""
    rows: Rows
    """(n_keys,): the rows that are keys."""


class Queue(NamedTuple):
    """Codes at length 1 of keys of earlier batches, as they were then, and their rows."""

    codes: Array
    rows: Rows


class Loss(NamedTuple):
    """A loss, and its gradient by the codes at length 1 of anchors and keys."""

    value: float
    by_unit: Array
    trace: Trace
    unit: Array
    lengths: Array


def train(
    weights: Floats, sizes: Sizes, material: Material, settings: Settings, rng: np.random.Generator
) -> Floats:
    """Return the weights, (n_weights,), that were best on what was held out.

    That may be those that came in. Best is the highest reciprocal rank of answers to held-out
    queries or, without pairs, the highest recall of float neighbours among held-out rows; with an
    older version's codes, the lowest loss.
    """
    learned, held_out = _pools(material, rng)
    check = held_out.checker(settings, rng)
    weights, gradient = weights.copy(), np.zeros_like(weights)
    blocks, into = blocks_of(weights, sizes), blocks_of(gradient, sizes)
    moments = np.zeros((2, len(weights)), dtype=np.float32)
    queue: Queue | None = None
    best, highest = weights.copy(), -np.inf
    for step in range(settings.n_steps + 1):
        if step % max(1, settings.n_steps // _N_CHECKS) == 0 and (found := check(blocks)) > highest:
            best, highest = weights.copy(), found
        batch = learned.draw(settings, rng)
        made = loss(blocks, material, batch, settings, queue)
        backward(blocks, made.trace, through_unit_rows(made.unit, made.lengths, made.by_unit), into)
        queue = _pushed(queue, made.unit[len(batch.anchors) :], batch.rows, settings.queue_size)
        rate = cosine_rate(step + 1, settings.n_steps + 1, settings.learning_rate)
        adam_step(weights, gradient, moments, step=step + 1, learning_rate=rate)
    return best


def loss(
    blocks: Blocks, material: Material, batch: Batch, settings: Settings, queue: Queue | None
) -> Loss:
    """Return the contrastive loss of a batch, plus that against the older version's codes."""
    vectors = np.concatenate([batch.anchors, material.x[batch.rows]])
    trace = forward(blocks, vectors - material.mean)
    unit, lengths = unit_rows(trace.code)
    n = len(batch.anchors)
    candidates, rows = unit[n:], batch.rows
    if queue is not None:
        candidates = np.concatenate([candidates, queue.codes])
        rows = np.concatenate([rows, queue.rows])
    targets, shut = _targets(material, batch, rows, settings, itself=False)
    value, d_anchors, d_rest = _contrast(unit[:n], candidates, targets, shut, settings)
    d_keys = d_rest[: len(batch.rows)]
    if material.old is not None:
        targets, shut = _targets(material, batch, batch.rows, settings, itself=True)
        old = material.old[batch.rows]
        old_value, d_old, _ = _contrast(unit[:n], old, targets, shut, settings)
        value, d_anchors = value + old_value, d_anchors + d_old
    return Loss(value, np.concatenate([d_anchors, d_keys]), trace, unit, lengths)


def _contrast(
    anchors: Array, keys: Array, targets: Array, shut: NDArray[np.bool_], settings: Settings
) -> tuple[float, Array, Array]:
    scale = anchors.dtype.type(1 / settings.temperature)
    scores = scale * (anchors @ keys.T)
    scores[shut] = -np.inf
    value, d_scores = cross_entropy(scores, targets)
    d_scores *= scale
    return value, d_scores @ keys, d_scores.T @ anchors


def _targets(
    material: Material, batch: Batch, rows: Rows, settings: Settings, *, itself: bool
) -> tuple[Array, NDArray[np.bool_]]:
    """Return what an anchor's shares of the rows should be, and which rows it must not see."""
    same = batch.numbers[:, None] == rows
    open_to_all = np.zeros_like(same)
    if material.pairs is not None:
        return _shares(_answers(material.pairs, batch.numbers, rows)), open_to_all
    if settings.teacher_temperature is None:
        return _shares(same), open_to_all
    shut = open_to_all if itself else same
    scores = (batch.anchors @ material.x[rows].T) / np.float32(settings.teacher_temperature)
    scores[shut] = -np.inf
    return softmax(scores), shut


def _answers(pairs: Rows, numbers: Rows, rows: Rows) -> NDArray[np.bool_]:
    """Return which rows answer which queries, (n_queries, n_rows); pairs are sorted."""
    n = int(pairs[:, 1].max(initial=0)) + int(rows.max(initial=0)) + 1
    known = pairs[:, 0] * n + pairs[:, 1]
    wanted = numbers[:, None] * n + rows
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: NDArray[np.bool_] = known[at] == wanted
    return found


def _shares(positive: NDArray[np.bool_]) -> Floats:
    total = np.maximum(positive.sum(axis=1, keepdims=True), 1)
    shares: Floats = (positive / total).astype(np.float32)
    return shares


def _pushed(queue: Queue | None, codes: Array, rows: Rows, size: int) -> Queue:
    if queue is not None:
        codes, rows = np.concatenate([codes, queue.codes]), np.concatenate([rows, queue.rows])
    return Queue(codes[:size], rows[:size])


class _Pool:
    """Rows, and pairs where there are any, that batches are drawn from."""

    def __init__(self, material: Material, ordered: Rows, pairs: Rows | None) -> None:
        self._material = material
        self._ordered = ordered
        self._pairs = pairs
        self._place = np.zeros(len(material.x), dtype=np.int64)
        self._place[ordered] = np.arange(len(ordered))

    def draw(self, settings: Settings, rng: np.random.Generator) -> Batch:
        """Return a batch whose keys lie close together in groups: those are hard to tell apart."""
        every_query = self._material.queries
        if self._pairs is None or every_query is None:
            starts = rng.integers(
                0, len(self._ordered), max(1, settings.batch_size // _ROWS_A_GROUP)
            )
            rows = self._near(starts)
            return Batch(self._anchors(rows, settings, rng), rows, rows)
        chosen = self._pairs[rng.integers(0, len(self._pairs), settings.batch_size)]
        near = self._near(self._place[chosen[:: _ROWS_A_GROUP // 2, 1]])
        queries = np.unique(chosen[:, 0])
        rows = np.union1d(chosen[:, 1], near)
        return Batch(every_query[queries], queries, rows)

    def checker(self, settings: Settings, rng: np.random.Generator) -> Callable[[Blocks], float]:
        """Return what says how good a network is on this pool; higher is better."""
        material = self._material
        if self._pairs is None and material.old is None:
            x = material.x[self._ordered]
            near = _nearest(x @ x.T)
            return lambda blocks: _recall(blocks, x - material.mean, near)
        batches = [self._with_many_rows(self.draw(settings, rng), rng) for _ in range(_N_CHECKED)]
        if material.pairs is not None and material.old is None:
            return lambda blocks: sum(_reciprocal_ranks(blocks, material, b) for b in batches)
        return lambda blocks: (
            -sum(loss(blocks, material, batch, settings, None).value for batch in batches)
        )

    def _anchors(self, rows: Rows, settings: Settings, rng: np.random.Generator) -> Floats:
        """Return the rows themselves or, where nothing else tells what is near, with noise."""
        x: Floats = self._material.x[rows]
        if settings.teacher_temperature is not None:
            return x
        noise = rng.standard_normal(x.shape, dtype=np.float32)
        noise *= np.float32(settings.noise / np.sqrt(x.shape[1]))
        return unit_rows(x + noise)[0]

    def _with_many_rows(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Return the batch with more keys: what is learned must hold against all rows."""
        others = rng.permutation(len(self._material.x))[:_CHECK_ROWS]
        return batch._replace(rows=np.union1d(batch.rows, others))

    def _near(self, starts: Rows) -> Rows:
        """Return rows that stand next to some in the order of cells."""
        spread = np.arange(_ROWS_A_GROUP) - _ROWS_A_GROUP // 2
        return np.unique(self._ordered[(starts[:, None] + spread) % len(self._ordered)])


def _pools(material: Material, rng: np.random.Generator) -> tuple[_Pool, _Pool]:
    """Return what is learned from, and what tells when it was best."""
    ordered = _by_cell(material.x, rng)
    if material.pairs is not None:
        queries = rng.permutation(np.unique(material.pairs[:, 0]))
        n_out = min(max(1, len(queries) // _HELD_OUT_SHARE), _MOST_HELD_OUT)
        out = np.isin(material.pairs[:, 0], queries[:n_out])
        kept = material.pairs[~out] if not out.all() else material.pairs
        return _Pool(material, ordered, kept), _Pool(material, ordered, material.pairs[out])
    out = np.zeros(len(ordered), dtype=bool)
    n_out = min(max(1, len(ordered) // _HELD_OUT_SHARE), _MOST_HELD_OUT)
    out[rng.permutation(len(ordered))[:n_out]] = True
    return _Pool(material, ordered[~out], None), _Pool(material, ordered[out], None)


def _by_cell(x: Floats, rng: np.random.Generator) -> Rows:
    """Return the rows in the order of k-means cells, in no order within one."""
    n_cells = min(max(1, len(x) // _ROWS_A_CELL), _MOST_CELLS)
    sample = x[np.sort(rng.permutation(len(x))[:_CELL_SAMPLE])]
    cells = nearest_centers(x, k_means(sample, n_cells, n_rounds=5, rng=rng))
    ordered: Rows = np.lexsort((rng.permutation(len(x)), cells))
    return ordered


def _nearest(scores: Array) -> Rows:
    """Return the 10 best columns of each row but the row itself, (n, up to 10)."""
    np.fill_diagonal(scores, -np.inf)
    k = min(_RECALL_AT, len(scores) - 1)
    found: Rows = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return found


def _recall(blocks: Blocks, x: Array, near: Rows) -> float:
    codes = unit_rows(forward(blocks, x).code)[0]
    found = _nearest(codes @ codes.T)
    n = len(x)
    wanted = near + n * np.arange(n)[:, None]
    return float(np.isin(found + n * np.arange(n)[:, None], wanted).mean())


def _reciprocal_ranks(blocks: Blocks, material: Material, batch: Batch) -> float:
    """Return the mean of 1 / rank of the best answer; a loss may fall while this does too.

    What ties with the answer stands before it, or codes that are all the same would be best.
    """
    if material.pairs is None:
        return 0.0
    vectors = np.concatenate([batch.anchors, material.x[batch.rows]])
    unit = unit_rows(forward(blocks, vectors - material.mean).code)[0]
    scores = unit[: len(batch.anchors)] @ unit[len(batch.anchors) :].T
    right = _answers(material.pairs, batch.numbers, batch.rows)
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return float((1 / (1 + (~right & (scores >= best)).sum(axis=1))).mean())
