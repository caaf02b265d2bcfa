"""Many k-means cells of many rows: centres are found and rows put into them by way of groups.

With thousands of centres most of k-means goes into products with centres that are far away. Here
the centres are themselves put into about 2 sqrt(k) groups, and a row looks at those of its five
nearest groups only: a twelfth of the work, and one row in some hundreds in the second nearest cell
instead of the nearest. Native code looks at them a byte a dimension, and at the best few once more
whole.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native
from typecase.kernels.k_means import cell_means, k_means, nearest_centers, refill

if native.AVAILABLE:
    from typecase.kernels import _native

_FEW_CENTERS = 256
_GROUPS_LOOKED_AT = 5
_GROUPS_IN_A_ROUND = 3  # where a mistake moves a centre by very little
_GROUP_ROUNDS = 4
_GROUPS_A_ROOT = 2
_BLOCK_ROWS = 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Cells:
    """Centres, put into groups when rows first look for the nearest."""

    centers: Floats
    """(k, dim)."""

    @cached_property
    def whole(self) -> tuple[NDArray[np.int8], Floats, Floats]:
        """Centres as whole numbers, (k, dim padded to 32), the unit and squared length of each."""
        return *whole_numbers(self.centers), np.vecdot(self.centers, self.centers)

    @classmethod
    def known(cls, centers: Floats, whole: tuple[NDArray[np.int8], Floats, Floats]) -> Self:
        """Return centres whose whole numbers are known, so that they need not be read."""
        cells = cls(centers)
        cells.__dict__["whole"] = whole
        return cells

    def nearest(self, x: Floats, n_groups: int = _GROUPS_LOOKED_AT) -> NDArray[np.int64]:
        """Return a near centre of each row of x, (n, dim), mostly the nearest: (n,).

        Args:
            n_groups: whose centres are looked at.
        """
        if len(self.centers) <= _FEW_CENTERS:
            return nearest_centers(x, self.centers)
        out = np.empty(len(x), dtype=np.int64)
        for start in range(0, len(x), _BLOCK_ROWS):
            block = x[start : start + _BLOCK_ROWS]
            near = self._groups.nearest_native if native.AVAILABLE else self._groups.nearest
            out[start : start + _BLOCK_ROWS] = near(block, n_groups)
        return out

    @cached_property
    def _groups(self) -> "_Groups":
        return _Groups(self.centers)


class _Groups:
    """Centres in the order of their groups; the same groups for the same centres."""

    def __init__(self, centers: Floats) -> None:
        n_groups, rng = round(_GROUPS_A_ROOT * len(centers) ** 0.5), np.random.default_rng(0)
        self.heads = k_means(centers, n_groups, n_rounds=_GROUP_ROUNDS, rng=rng)
        group = nearest_centers(centers, self.heads)
        self.order = np.argsort(group, kind="stable")
        self.centers = np.ascontiguousarray(centers[self.order])
        counts = np.bincount(group, minlength=n_groups)
        self.start = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
        self.head_half = 0.5 * np.vecdot(self.heads, self.heads)
        self.half = 0.5 * np.vecdot(self.centers, self.centers)

    @cached_property
    def _whole(self) -> tuple[tuple[NDArray[np.int8], Floats], tuple[NDArray[np.int8], Floats]]:
        return whole_numbers(self.heads), whole_numbers(self.centers)

    def nearest_native(self, x: Floats, n_near: int) -> NDArray[np.int64]:
        place = np.empty(len(x), dtype=np.int64)
        (heads, head_unit), (members, unit) = self._whole
        _native.nearest_members(
            x=np.ascontiguousarray(x),
            heads=heads,
            head_unit=head_unit,
            head_half=self.head_half,
            members=members,
            unit=unit,
            half=self.half,
            centers=self.centers,
            start=self.start,
            n_near=n_near,
            out=place,
        )
        near: NDArray[np.int64] = self.order[place]
        return near

    def nearest(self, x: Floats, n_near: int) -> NDArray[np.int64]:
        scores = x @ self.heads.T - self.head_half
        n_near = min(n_near, len(self.heads))
        near = np.argpartition(-scores, n_near - 1, axis=1)[:, :n_near]
        order = np.argsort(near, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(near.ravel(), minlength=len(self.heads)))
        best = np.full(len(x), -np.inf, dtype=np.float32)
        cells = np.zeros(len(x), dtype=np.int64)
        first = 0
        bounds = self.start.tolist()
        for start, stop, end in zip(bounds, bounds[1:], ends.tolist(), strict=False):
            rows, first = order[first:end] // n_near, end
            if not len(rows) or start == stop:
                continue
            part = x[rows] @ self.centers[start:stop].T
            part -= self.half[start:stop]
            place = np.argmax(part, axis=1)
            score = part[np.arange(len(rows)), place]
            better = score > best[rows]
            best[rows[better]] = score[better]
            cells[rows[better]] = self.order[start + place[better]]
        return cells


def whole_numbers(x: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return vectors as whole numbers, (n, dim padded to 32), and the unit of each, (n,)."""
    units = np.maximum(np.abs(x).max(axis=1, initial=0.0), 1e-30) / 127
    whole = np.zeros((len(x), -(-x.shape[1] // 32) * 32), dtype=np.int8)
    whole[:, : x.shape[1]] = np.rint(x / units[:, None])
    return whole, units.astype(np.float32)


def find_cells(x: Floats, k: int, *, n_rounds: int, rng: np.random.Generator) -> Cells:
    """Return the cells of Lloyd's k-means, each row in a near one of them.

    Args:
        x: (n, dim), a sample of the rows, n at least 1.

    Source:
        Lloyd, 1982, as `k_means`. Differs: rows look at the centres of near groups only.
    """
    cells = Cells(x[np.resize(rng.permutation(len(x)), k)])
    for _ in range(n_rounds):
        of_row = cells.nearest(x, _GROUPS_IN_A_ROUND)
        centers = cell_means(x, of_row, cells.centers)
        refill(centers, x, of_row, rng)
        cells = Cells(centers)
    return cells
