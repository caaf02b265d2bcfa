"""The first dimensions only, for encoders that were trained to put most into them."""

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import check_count
from typecase.base.registry import get
from typecase.compress.contract import Codec


class Matryoshka(Codec):
    """The first n_dims numbers of a row, stretched to the row's length.

    Queries are cut and stretched likewise, so that a score is the cosine of the cut vectors times
    both lengths. Decoding puts zeros where the rest was.

    Args:
        n_dims: how many to keep; None keeps half, rounded up.
        codec: the codec of the cut rows; None is float16, which loses far less than the cut.

    Source:
        Kusupati et al., "Matryoshka representation learning", NeurIPS 2022: how such encoders are
        trained, and that their vectors are cut and normalised anew.
        Differs: the length is kept, not 1.

    Attributes:
        n_dims_: the number of dimensions kept.
        codec_: the fitted codec of the cut rows.
    """

    n_dims_: int
    codec_: Codec

    def __init__(self, *, n_dims: int | None = None, codec: Codec | None = None) -> None:
        self.n_dims = n_dims
        self.codec = codec

    @property
    def n_bytes(self) -> int:
        """Those of the inner codec."""
        self.check_fitted()
        return self.codec_.n_bytes

    def _check_params(self) -> None:
        if self.n_dims is not None:
            check_count(self.n_dims, name="n_dims")

    def _check_dim(self, dim: int) -> None:
        if self.n_dims is not None:
            check_count(self.n_dims, name="n_dims", maximum=dim)

    def _learn(self, x: NDArray[np.float32]) -> None:
        self.n_dims_ = -(-x.shape[1] // 2) if self.n_dims is None else int(self.n_dims)
        codec = get("compress", "half")() if self.codec is None else self.codec.clone()
        self.codec_ = codec.fit(self._cut(x))

    def _encode(self, x: NDArray[np.float32]) -> NDArray[np.uint8]:
        return self.codec_.encode(self._cut(x))

    def _decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        x = np.zeros((len(codes), self.dim), dtype=np.float32)
        x[:, : self.n_dims_] = self.codec_.decode(codes)
        return x

    def _score(self, q: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.codec_.score(self._cut(q), codes)

    def _cut(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        cut = x[:, : self.n_dims_]
        kept = np.linalg.norm(cut, axis=1)
        stretch = np.divide(
            np.linalg.norm(x, axis=1), kept, out=np.zeros_like(kept), where=kept > 0
        )
        stretched: NDArray[np.float32] = cut * stretch[:, None]
        return stretched
