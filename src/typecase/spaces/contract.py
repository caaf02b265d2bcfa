"""The contract of this room: `fit`, then `transform` of vectors into vectors of length 1.

What a method learns from differs (labels, wanted vectors), so `fit` is the method's own.
"""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_vectors
from typecase.base.estimator import Estimator
from typecase.data.vector_table import check_norms

_BLOCK_ROWS = 8192


class Space(Estimator):
    """A map of vectors. A row's image depends on that row alone.

    A method writes `fit`, which sets `dim_`, and `_mapped`.

    Attributes:
        dim_: the number of columns that `fit` saw.
    """

    room: ClassVar[str] = "spaces"
    dim_: int

    @property
    @abstractmethod
    def n_dims_out(self) -> int:
        """The number of columns of what `transform` returns. NotFittedError before fit."""

    def transform(self, x: ArrayLike) -> NDArray[np.float32]:
        """Return the images, (n, n_dims_out), of x, (n, dim); n may be 0.

        Rows have length 1; one that nothing is left of is 0.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: x is not (n, dim), not finite or longer than 1e18.
        """
        self.check_fitted()
        rows = checked(x, name="x", dim=self.dim_)
        out = np.empty((len(rows), self.n_dims_out), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            out[part] = self._mapped(rows[part])
        return out

    @abstractmethod
    def _mapped(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the images of a block of checked rows."""


def checked(
    x: ArrayLike, *, name: str, dim: int | None = None, min_rows: int = 0
) -> NDArray[np.float32]:
    """Return x as (n, dim) float32 whose lengths can be computed.

    Raises:
        InvalidInputError: it is not (n, dim), not finite, longer than 1e18, or has too few rows.
    """
    rows = check_vectors(x, name=name, dim=dim, min_rows=min_rows)
    for start in range(0, len(rows), _BLOCK_ROWS):
        check_norms(rows[start : start + _BLOCK_ROWS], name=name)
    return rows
