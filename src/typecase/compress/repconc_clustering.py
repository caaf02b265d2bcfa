"""Clustering under which every word of a part is given as many rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.k_means import cell_means, k_means
from typecase.kernels.product_words import looked_up
from typecase.kernels.sign_bits import random_rotation
from typecase.kernels.sinkhorn import uniform_plan

Floats = NDArray[np.float32]

_BATCH_ROWS = 2048


class Clustering(NamedTuple):
    """What is to be found, and how long to look."""

    n_parts: int
    n_words: int
    n_rounds: int
    epsilon: float
    n_transport_rounds: int


def cluster_evenly(
    r: Floats, clustering: Clustering, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return rotation, (dim, dim), and words, (n_parts, n_words, width), for rows r, (n, dim).

    Words start by plain k-means on randomly rotated rows. A round gives every row of a batch to
    the word with the greatest share in the transport, moves words to the means of their rows, and
    turns the rotation to what brings rows nearest to their words (orthogonal Procrustes, as in
    Ge et al., "Optimized product quantization", TPAMI 2014, algorithm 1).
    """
    rotation = random_rotation(r.shape[1], rng)
    y = _in_parts(r @ rotation.T, clustering.n_parts)
    words = np.stack(
        [k_means(p, clustering.n_words, n_rounds=clustering.n_rounds, rng=rng) for p in y]
    )
    for _ in range(clustering.n_rounds):
        codes = np.stack(
            [even_numbers(p, w, clustering, rng) for p, w in zip(y, words, strict=True)], axis=1
        )
        words = _means(y, codes, words)
        rotation = _procrustes(r, looked_up(codes, words))
        y = _in_parts(r @ rotation.T, clustering.n_parts)
        words = _means(y, codes, words)
    return rotation, words


def even_numbers(
    x: Floats, words: Floats, clustering: Clustering, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the word that each row of a part, (n, width), is given, (n,), about as many each."""
    numbers = np.empty(len(x), dtype=np.uint8)
    order = rng.permutation(len(x))
    n_batches = -(-len(x) // _BATCH_ROWS)
    for batch in np.array_split(order, n_batches):
        shares = uniform_plan(
            _distances(x[batch], words),
            epsilon=clustering.epsilon,
            n_rounds=clustering.n_transport_rounds,
        )
        numbers[batch] = shares.argmax(axis=1)
    return numbers


def _distances(x: Floats, words: Floats) -> Floats:
    """Return the squared distances, (n, n_words)."""
    distances: Floats = x @ words.T
    distances *= np.float32(-2)
    distances += np.vecdot(words, words)
    distances += np.vecdot(x, x)[:, None]
    return distances


def _in_parts(x: Floats, n_parts: int) -> Floats:
    """Return (n_parts, n, width)."""
    n, dim = x.shape
    return np.ascontiguousarray(x.reshape(n, n_parts, dim // n_parts).transpose(1, 0, 2))


def _means(y: Floats, codes: NDArray[np.uint8], words: Floats) -> Floats:
    numbers = codes.astype(np.int64)
    return np.stack([cell_means(p, numbers[:, i], words[i]) for i, p in enumerate(y)])


def _procrustes(x: Floats, y: Floats) -> Floats:
    """Return the orthonormal m that makes |x m^T - y| least."""
    u, _, v = np.linalg.svd(y.T.astype(np.float64) @ x)
    rotation: Floats = (u @ v).astype(np.float32)
    return rotation
