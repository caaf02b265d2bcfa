"""Vectors without what is unwanted: the directions of unwanted vectors are projected away."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_count
from typecase.base.errors import InvalidInputError
from typecase.kernels.contrast import unit_rows
from typecase.spaces.contract import Space, checked

Floats = NDArray[np.float32]

_NOTHING = 1e-5


class DirectionRemoval(Space):
    """Takes the directions of unwanted vectors out of others.

    With the singular value decomposition X = U S V^T of the unwanted vectors and V~ its leading
    right singular vectors,

        x' = x - strength * x V~ V~^T,

    at length 1. What wanted vectors have in common with the unwanted ones stays: the unwanted
    vectors are first projected off the leading directions of the wanted ones. The vectors of one
    encoder all share a direction, their mean; as the one wanted vector it keeps what is unwanted
    from standing for every text.

    Args:
        n_directions: directions of the unwanted vectors to remove at most; None takes as many
            as hold `share` of their squared singular values.
        share: of 0 to 1, see n_directions; also decides how many directions of the wanted stay.
        strength: 0 removes nothing, 1 all, above 1 turns what is unwanted around.

    Source:
        Jang et al., "DECOR: Decomposition and projection of text embeddings for text-to-image
        customization", CVPR 2025: X' = X - alpha X V~ V~^T (section 4).
        Differs: rows are texts, not the tokens of one; the result has length 1; directions that
        the wanted vectors span are kept by projecting the unwanted ones off them first.

    Attributes:
        directions_: (n, dim) float32, orthonormal; n may be 0 where nothing unwanted is left.
    """

    directions_: Floats

    def __init__(
        self, *, n_directions: int | None = None, share: float = 0.9, strength: float = 1.0
    ) -> None:
        self.n_directions = n_directions
        self.share = share
        self.strength = strength

    @property
    def n_dims_out(self) -> int:
        """As many columns as go in."""
        self.check_fitted()
        return self.dim_

    def fit(self, x: ArrayLike, wanted: ArrayLike | None = None) -> Self:
        """Find the directions to remove.

        Args:
            x: (n, dim), the unwanted vectors, n at least 1.
            wanted: (m, dim), what they share with the unwanted ones is kept; None keeps nothing.

        Raises:
            InvalidInputError: x or wanted are not such vectors, or a parameter is out of range.
        """
        self._check_params()
        unwanted = checked(x, name="x", min_rows=1)
        dim = unwanted.shape[1]
        if wanted is not None:
            kept = leading_directions(checked(wanted, name="wanted", dim=dim), share=self.share)
            unwanted = without(unwanted, kept)
        found = leading_directions(unwanted, share=self.share)
        self.directions_ = np.ascontiguousarray(found[: self.n_directions])
        self.dim_ = dim
        return self

    def _mapped(self, x: Floats) -> Floats:
        return unit_rows(without(x, self.directions_, strength=self.strength))[0]

    def _check_params(self) -> None:
        if self.n_directions is not None:
            check_count(self.n_directions, name="n_directions")
        if not 0 < self.share <= 1:
            raise InvalidInputError(f"share must be above 0 and at most 1, got {self.share!r}.")
        if not 0 <= self.strength <= 2:
            raise InvalidInputError(f"strength must be from 0 to 2, got {self.strength!r}.")


def leading_directions(x: Floats, *, share: float) -> Floats:
    """Return the fewest right singular vectors that hold such a share of the squared values.

    Args:
        x: (n, dim); rows that are next to nothing span no direction.

    Returns:
        (n_directions, dim) float32, orthonormal, the strongest first; (0, dim) where x is 0.
    """
    longest = float(np.sqrt(np.vecdot(x, x)).max(initial=0))
    if longest < _NOTHING:
        return np.zeros((0, x.shape[1]), dtype=np.float32)
    _, values, vectors = np.linalg.svd((x / longest).astype(np.float64), full_matrices=False)
    held = np.cumsum(values**2) / np.sum(values**2)
    n = min(int(np.searchsorted(held, share - 1e-9)) + 1, int((values > _NOTHING).sum()))
    return vectors[:n].astype(np.float32)


def without(x: Floats, directions: Floats, *, strength: float = 1.0) -> Floats:
    """Return x - strength * x V V^T, (n, dim), for orthonormal rows V of directions, (m, dim)."""
    along = (x @ directions.T) @ directions
    return np.asarray(x - strength * along, dtype=np.float32)
