"""Rows cut into parts, each part a number of a word: nearest, looked up, and gradients by words."""

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.k_means import nearest_centers

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]


def parts_for(dim: int, *, width: int) -> int:
    """Return the most parts that divide dim and are at least width columns wide; 1 at least."""
    return next((n for n in range(max(1, dim // width), 1, -1) if dim % n == 0), 1)


def nearest_words(x: Floats, words: Floats) -> Codes:
    """Return the number of the nearest word of each part, (n, n_parts).

    Args:
        x: (n, n_parts * width).
        words: (n_parts, n_words, width), n_words at most 256.
    """
    n_parts, _, width = words.shape
    codes = np.empty((len(x), n_parts), dtype=np.uint8)
    for part in range(n_parts):
        columns = np.ascontiguousarray(x[:, part * width : (part + 1) * width])
        codes[:, part] = nearest_centers(columns, words[part])
    return codes


def looked_up(codes: Codes, words: Floats) -> Floats:
    """Return the words side by side, (n, n_parts * width)."""
    n_parts, _, width = words.shape
    return words[np.arange(n_parts), codes].reshape(len(codes), n_parts * width)


def by_words(codes: Codes, by_rows: Floats, words: Floats) -> Floats:
    """Return the gradient by the words, given that by the looked-up rows, (n, dim)."""
    n_parts, n_words, width = words.shape
    at = (codes + n_words * np.arange(n_parts)).ravel()
    flat = np.zeros((n_parts * n_words, width), dtype=by_rows.dtype)
    np.add.at(flat, at, by_rows.reshape(len(codes) * n_parts, width))
    return flat.reshape(words.shape)
