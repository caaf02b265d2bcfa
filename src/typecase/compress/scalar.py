"""One byte a dimension, on a scale of the row's or of the dimension's own."""

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import check_choice
from typecase.compress.contract import Codec

_SCALE = 4  # bytes of a float32
_TINY = np.finfo(np.float32).tiny


class ScalarQuantizer(Codec):
    """Each number rounded to one of 255 or 256 steps of equal height.

    Args:
        per: "row": steps of -127 to 127, scaled so that the row's largest number is 127; the scale
            goes with the row, which may have any length. "dim": 0 to 255 between the least and the
            greatest number that the sample has in the dimension; what lies outside is clipped.

    Source:
        Per dimension as the 8-bit `IndexScalarQuantizer` of Douze et al., "The Faiss library",
        2024; per row as the integer vectors that most engines keep.

    Attributes:
        low_: (dim,) float32, the least number of each dimension; 0 with "row".
        step_: (dim,) float32, the height of a step; 1 with "row".
    """

    low_: NDArray[np.float32]
    step_: NDArray[np.float32]

    def __init__(self, *, per: str = "row") -> None:
        self.per = per

    @property
    def n_bytes(self) -> int:
        """One a dimension; with "row" also the scale, float32."""
        return self.dim + (_SCALE if self.per == "row" else 0)

    def _check_params(self) -> None:
        check_choice(self.per, ("row", "dim"), name="per")

    def _learn(self, x: NDArray[np.float32]) -> None:
        low, high = np.zeros(x.shape[1]), np.full(x.shape[1], 255.0)
        if self.per == "dim":
            low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
        self.low_ = low.astype(np.float32)
        self.step_ = ((high - low) / 255).astype(np.float32)

    def _encode(self, x: NDArray[np.float32]) -> NDArray[np.uint8]:
        if self.per == "dim":
            above = np.clip(x - self.low_, 0, 255 * self.step_)
            steps: NDArray[np.float32] = np.rint(above / np.maximum(self.step_, _TINY))
            return steps.astype(np.uint8)
        scale = (np.abs(x).max(axis=1, keepdims=True) / 127).astype("<f4")
        levels = np.rint(x / np.maximum(scale, _TINY)).astype(np.int8)
        return np.hstack([levels.view(np.uint8), scale.view(np.uint8)])

    def _decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self.per == "dim":
            y: NDArray[np.float32] = codes * self.step_ + self.low_
            return y
        scale = np.ascontiguousarray(codes[:, -_SCALE:]).view("<f4").astype(np.float32)
        x: NDArray[np.float32] = codes[:, :-_SCALE].view(np.int8) * scale
        return x
