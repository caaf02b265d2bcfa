"""One bit a dimension, and Hamming distances over them.

Codes lie word-major, (n_words, n) uint64: a scan reads one word of all rows, then the next, in
straight lines. Bit b of word w is dimension 64 w + b (little bit order); what is left of the last
word is 0 in rows and queries alike.
"""

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 1 << 15
_WORDS_IN_A_BYTE = 3  # 3 words of 64 differing bits still fit into uint8


def pack_signs(z: NDArray[np.floating]) -> NDArray[np.uint64]:
    """Return the signs of z, (n, dim), as (n_words, n) uint64; a bit is 1 where z > 0."""
    n, dim = z.shape
    n_words = -(-dim // 64)
    packed = np.zeros((n, n_words * 8), dtype=np.uint8)
    packed[:, : -(-dim // 8)] = np.packbits(z > 0, axis=1, bitorder="little")
    return np.ascontiguousarray(packed.view("<u8").astype(np.uint64, copy=False).T)


def hamming_scan(
    codes: NDArray[np.uint64], query: NDArray[np.uint64], out: NDArray[np.uint16]
) -> None:
    """Write the Hamming distances of all rows to one query.

    Args:
        codes: (n_words, n).
        query: (n_words,).
        out: (n,), overwritten.
    """
    n_words, n = codes.shape
    size = min(n, _ROWS_AT_ONCE)
    word, count = np.empty(size, np.uint64), np.empty(size, np.uint8)
    total = np.empty(size, np.uint8)
    for start in range(0, n, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, n))
        m = rows.stop - start
        for first in range(0, n_words, _WORDS_IN_A_BYTE):
            last = min(first + _WORDS_IN_A_BYTE, n_words)
            np.bitwise_xor(codes[first, rows], query[first], out=word[:m])
            np.bitwise_count(word[:m], out=total[:m])
            for w in range(first + 1, last):
                np.bitwise_xor(codes[w, rows], query[w], out=word[:m])
                np.bitwise_count(word[:m], out=count[:m])
                np.add(total[:m], count[:m], out=total[:m])
            if first == 0:
                out[rows] = total[:m]
            else:
                np.add(out[rows], total[:m], out=out[rows])


def random_rotation(dim: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return an orthonormal (dim, dim) matrix, uniform among them.

    Source:
        Mezzadri, "How to generate random matrices from the classical compact groups", 2007:
        QR of a Gaussian matrix, with the signs of R's diagonal put back.
    """
    q, r = np.linalg.qr(rng.standard_normal((dim, dim)))
    rotation: NDArray[np.float32] = (q * np.sign(np.diag(r))).astype(np.float32)
    return rotation
