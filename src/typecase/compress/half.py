"""Two bytes a dimension: IEEE half precision."""

import numpy as np
from numpy.typing import NDArray

from typecase.compress.contract import Codec


class HalfPrecision(Codec):
    """Each number rounded to float16: 11 significant bits, 2 bytes.

    Numbers past 65,504 become that, those below 6e-8 become 0.

    Source:
        IEEE 754-2008, binary16. Differs: what is too large is clipped, not infinite.
    """

    @property
    def n_bytes(self) -> int:
        """Two a dimension."""
        return 2 * self.dim

    def _learn(self, x: NDArray[np.float32]) -> None:
        """There is nothing to learn."""

    def _encode(self, x: NDArray[np.float32]) -> NDArray[np.uint8]:
        largest = np.finfo(np.float16).max
        return np.clip(x, -largest, largest).astype("<f2").view(np.uint8)

    def _decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        return codes.view("<f2").astype(np.float32)
