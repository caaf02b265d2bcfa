"""A filter as faiss takes it: a selector over one bit a row."""

from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray


def bitmap(mask: NDArray[np.bool_]) -> tuple[Any, NDArray[np.uint8]]:
    """Return the selector, and the bits, which must live as long as it does."""
    bits = np.packbits(mask, bitorder="little")
    return faiss.IDSelectorBitmap(bits), bits
