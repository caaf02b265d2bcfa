"""The loss of contrastive quantization and its gradient, through a soft choice of words."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.contrast import cross_entropy, softmax
from typecase.kernels.product_words import by_words, looked_up

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]


class Model(NamedTuple):
    """What is learned, as views of one vector."""

    query_map: Floats
    """(dim, dim)."""
    row_map: Floats
    """(dim, dim)."""
    words: Floats
    """(n_parts, n_words, width)."""


class Choice(NamedTuple):
    """The words of some rows, for the way back."""

    numbers: Codes
    """(n, n_parts), of the nearest words."""
    shares: Floats
    """(n_parts, n, n_words), of the soft choice."""


def n_weights(dim: int, words_shape: tuple[int, ...]) -> int:
    """Return how many weights there are."""
    return 2 * dim * dim + int(np.prod(words_shape))


def views(weights: Floats, dim: int, words_shape: tuple[int, ...]) -> Model:
    """Return the parts of a vector of weights."""
    n = dim * dim
    return Model(
        weights[:n].reshape(dim, dim),
        weights[n : 2 * n].reshape(dim, dim),
        weights[2 * n :].reshape(words_shape),
    )


def contrast_gradient(
    model: Model,
    queries: Floats,
    rows: Floats,
    targets: Floats,
    mean: Floats,
    rotation: Floats,
    scales: tuple[float, float],
) -> tuple[float, Floats]:
    """Return the loss of a batch, and its gradient by all weights as one vector.

    Args:
        queries: (n_queries, dim).
        rows: (n_rows, dim).
        targets: (n_queries, n_rows), rows of sum 1.
        scales: the temperature of the products, the width of the soft choice.
    """
    temperature, width = scales
    scale = rows.dtype.type(1 / temperature)
    z = (rows + rows @ model.row_map - mean) @ rotation.T
    choice = choose(z, model.words, width)
    said = looked_up(choice.numbers, model.words) @ rotation + mean
    asked = queries + queries @ model.query_map
    loss, by_scores = cross_entropy(scale * (asked @ said.T), targets)
    by_scores *= scale
    by_asked, by_said = by_scores @ said, by_scores.T @ asked
    by_z, of_words = through_choice(z, model.words, choice, by_said @ rotation.T, width)
    by_row_map, by_query_map = rows.T @ (by_z @ rotation), queries.T @ by_asked
    return loss, np.concatenate([by_query_map.ravel(), by_row_map.ravel(), of_words.ravel()])


def choose(z: Floats, words: Floats, width: float) -> Choice:
    """Return the nearest words of z, (n, n_parts * width), and the soft choice."""
    parts = _in_parts(z, len(words))
    closeness = 2 * parts @ words.transpose(0, 2, 1) - np.vecdot(words, words)[:, None]
    closeness -= np.vecdot(parts, parts)[:, :, None]
    numbers = closeness.argmax(axis=2).T.astype(np.uint8)
    closeness /= z.dtype.type(width)
    flat = closeness.reshape(-1, closeness.shape[2])
    return Choice(numbers, softmax(flat).reshape(closeness.shape))


def through_choice(
    z: Floats, words: Floats, choice: Choice, by_chosen: Floats, width: float
) -> tuple[Floats, Floats]:
    """Return the gradients by z and by words, given that by the chosen words, (n, dim).

    Words get theirs twice: as what was chosen, and as what the shares depend on.
    """
    parts, by_parts = _in_parts(z, len(words)), _in_parts(by_chosen, len(words))
    by_shares = by_parts @ words.transpose(0, 2, 1)
    middle = (choice.shares * by_shares).sum(axis=2, keepdims=True)
    by_closeness = choice.shares * (by_shares - middle)
    by_closeness *= z.dtype.type(2 / width)
    total = by_closeness.sum(axis=2, keepdims=True)
    by_z = by_closeness @ words - total * parts
    of_words = by_closeness.transpose(0, 2, 1) @ parts
    of_words -= by_closeness.sum(axis=1)[:, :, None] * words
    of_words += by_words(choice.numbers, by_chosen, words)
    return by_z.transpose(1, 0, 2).reshape(z.shape), of_words


def _in_parts(z: Floats, n_parts: int) -> Floats:
    """Return (n_parts, n, width)."""
    n, dim = z.shape
    return np.ascontiguousarray(z.reshape(n, n_parts, dim // n_parts).transpose(1, 0, 2))
