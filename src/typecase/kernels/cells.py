"""Many k-means cells of many rows: centres are found and rows put into them by way of groups.

With thousands of centres most of k-means goes into products with centres that are far away. Here
the centres are themselves put into about sqrt(k) groups, and a row looks at those of its nearest
groups only: a sixth of the work, and one row in some dozens in the second nearest cell instead of
the nearest.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.k_means import cell_means, k_means, nearest_centers, refill

_FEW_CENTERS = 256
_GROUPS_LOOKED_AT = 6
_GROUP_ROUNDS = 4
_BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Cells:
    """Centres in groups."""

    centers: NDArray[np.float32]
    """(k, dim)."""
    half_norms: NDArray[np.float32]
    """(k,), half of the squared lengths."""
    heads: NDArray[np.float32]
    """(n_groups, dim); empty where there are few centres."""
    members: tuple[NDArray[np.int64], ...]
    """The centres of each group."""

    @classmethod
    def of(cls, centers: NDArray[np.float32]) -> Self:
        """Return centres, (k, dim), in groups; the same groups for the same centres."""
        half_norms = 0.5 * np.vecdot(centers, centers)
        k, dim = centers.shape
        if k <= _FEW_CENTERS:
            return cls(centers, half_norms, np.empty((0, dim), dtype=np.float32), ())
        n_groups = round(k**0.5)
        rng = np.random.default_rng(0)
        heads = k_means(centers, n_groups, n_rounds=_GROUP_ROUNDS, rng=rng)
        group = nearest_centers(centers, heads)
        members = tuple(np.flatnonzero(group == g) for g in range(n_groups))
        return cls(centers, half_norms, heads, members)

    def nearest(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return a near centre of each row of x, (n, dim), mostly the nearest: (n,)."""
        if not len(self.heads):
            return nearest_centers(x, self.centers)
        out = np.empty(len(x), dtype=np.int64)
        for start in range(0, len(x), _BLOCK_ROWS):
            out[start : start + _BLOCK_ROWS] = self._nearest(x[start : start + _BLOCK_ROWS])
        return out

    def _nearest(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        scores = x @ self.heads.T - 0.5 * np.vecdot(self.heads, self.heads)
        n_near = min(_GROUPS_LOOKED_AT, len(self.heads))
        near = np.argpartition(-scores, n_near - 1, axis=1)[:, :n_near]
        order = np.argsort(near, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(near.ravel(), minlength=len(self.heads)))
        best = np.full(len(x), -np.inf, dtype=np.float32)
        cells = np.zeros(len(x), dtype=np.int64)
        first = 0
        for members, end in zip(self.members, ends.tolist(), strict=True):
            rows, first = order[first:end] // n_near, end
            if not len(rows) or not len(members):
                continue
            part = x[rows] @ self.centers[members].T
            part -= self.half_norms[members]
            place = np.argmax(part, axis=1)
            score = part[np.arange(len(rows)), place]
            better = score > best[rows]
            best[rows[better]] = score[better]
            cells[rows[better]] = members[place[better]]
        return cells


def find_cells(x: NDArray[np.float32], k: int, *, n_rounds: int, rng: np.random.Generator) -> Cells:
    """Return the cells of Lloyd's k-means, each row in a near one of them.

    Args:
        x: (n, dim), a sample of the rows, n at least 1.

    Source:
        Lloyd, 1982, as `k_means`. Differs: rows look at the centres of near groups only.
    """
    cells = Cells.of(x[np.resize(rng.permutation(len(x)), k)])
    for _ in range(n_rounds):
        of_row = cells.nearest(x)
        centers = cell_means(x, of_row, cells.centers)
        refill(centers, x, of_row, rng)
        cells = Cells.of(centers)
    return cells
