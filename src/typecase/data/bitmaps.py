"""One bit a row: row r is bit r % 32 of word r // 32, in uint32 words; bits past the end are 0."""

import numpy as np
from numpy.typing import NDArray

Bitmap = NDArray[np.uint32]
"""(n_words(n_rows),) uint32."""

WORD_BITS = 32


def n_words(n_rows: int) -> int:
    """Return the words that n_rows bits take."""
    return -(-n_rows // WORD_BITS)


def zeros(n_rows: int) -> Bitmap:
    """Return a bitmap of no row."""
    return np.zeros(n_words(n_rows), dtype=np.uint32)


def pack(hits: NDArray[np.bool_]) -> Bitmap:
    """Return booleans, (n,), as a bitmap."""
    words = zeros(len(hits))
    packed = np.packbits(hits, bitorder="little")
    as_bytes(words)[: len(packed)] = packed
    return words


def unpack(words: Bitmap, n_rows: int) -> NDArray[np.bool_]:
    """Return a bitmap as booleans, (n_rows,)."""
    return np.unpackbits(as_bytes(words), count=n_rows, bitorder="little").view(np.bool_)


def complement(words: Bitmap, n_rows: int) -> Bitmap:
    """Return the bitmap of all other rows."""
    out = ~words
    if n_rows % WORD_BITS:
        out[-1] &= np.uint32((1 << n_rows % WORD_BITS) - 1)
    return out


def place(out: Bitmap, words: Bitmap, first_row: int) -> None:
    """Set the bits of words in out, its bit 0 at first_row; bits past the end of out are 0."""
    start, shift = divmod(first_row, WORD_BITS)
    target = out[start : start + len(words)]
    target |= words[: len(target)] << np.uint32(shift)
    if shift:
        target = out[start + 1 : start + 1 + len(words)]
        target |= words[: len(target)] >> np.uint32(WORD_BITS - shift)


def as_bytes(words: Bitmap) -> NDArray[np.uint8]:
    """Return the bytes of a bitmap, the lowest rows first, without a copy.

    The processor must put the low byte first, as all that NumPy has wheels for here do.
    """
    return words.view(np.uint8)
