"""What a search in NumPy is given and what it counts; `scan_plain_query` takes the steps."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.scan_blocks import FACTOR_BYTES

_MOST_STEPS = 31

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an index is made of; the members of `Parts` in `native/two_grain.hpp`."""

    centers: NDArray[np.float32] | NDArray[np.float64]
    """Whole numbers, as floats that sum their products without rounding."""
    unit: Floats
    square: Floats
    inverse_spread: Floats
    start: NDArray[np.int64]
    count: NDArray[np.uint32]
    shift: NDArray[np.int64]
    """(n_cells,), what a place of a cell is off the place in the order of the cells."""
    n_in_cells: int
    order: NDArray[np.uint32] | None
    blocks: NDArray[np.uint8]
    tail: NDArray[np.uint8]
    tail_cell: NDArray[np.uint32]
    pieces: tuple[Floats, ...]
    first_row: NDArray[np.int64]
    """(n_pieces + 1,)."""
    ids: tuple[NDArray[np.int64], ...]
    """Of all rows, in runs; none where a row's number is its id."""
    first_id: NDArray[np.int64]
    """(n_runs + 1,), the first row of each run."""
    ring: NDArray[np.int32]
    survival: Floats
    dim: int
    cosine: bool
    unit_length: np.float32
    noise: np.float32

    @property
    def n_rows(self) -> int:
        """Rows with a vector."""
        return int(self.first_row[-1])

    @property
    def n_groups(self) -> int:
        """Groups of a block."""
        return int(self.blocks.shape[1] - FACTOR_BYTES) // 16

    def take(self, rows: NDArray[Any]) -> Floats:
        """Return some rows, (m, dim)."""
        if len(self.pieces) == 1:
            only: Floats = self.pieces[0][rows]
            return only
        out = np.empty((len(rows), self.dim), dtype=np.float32)
        owner = np.searchsorted(self.first_row, rows, side="right") - 1
        for piece in np.unique(owner).tolist():
            here = np.flatnonzero(owner == piece)
            out[here] = self.pieces[piece][rows[here] - self.first_row[piece]]
        return out

    def ids_of(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the ids of some rows, (m,)."""
        out = rows.astype(np.int64)
        owner = np.searchsorted(self.first_id, rows, side="right") - 1
        for i, ids in enumerate(self.ids):
            here = np.flatnonzero(owner == i)
            out[here] = ids[rows[here] - self.first_id[i]]
        return out


SAME = -1.0
"""As where the filter does not go with the query."""


class Tries(NamedTuple):
    """How hard a search tries, and how hard where its filter goes with the query."""

    error: float
    missing: float
    near_error: float
    near_missing: float

    @classmethod
    def of(cls, error: float, missing: float, near_error: float, near_missing: float) -> "Tries":
        """Put the same where there is nothing else."""
        return cls(
            error,
            missing,
            near_error if near_error >= 0 else error,
            near_missing if near_missing >= 0 else missing,
        )


@dataclass(slots=True)
class Trace:
    """What searches looked at."""

    cells: int = 0
    blocks: int = 0
    rescored: int = 0
    rounds: int = 0
    missing: float = 0.0
    went_along: int = 0

    def add(self, other: "Trace") -> None:
        """Count another search too."""
        self.cells += other.cells
        self.blocks += other.blocks
        self.rescored += other.rescored
        self.rounds += other.rounds
        self.missing += other.missing
        self.went_along += other.went_along

    def values(self) -> list[float]:
        """Return the six numbers."""
        return [
            float(self.cells),
            float(self.blocks),
            float(self.rescored),
            float(self.rounds),
            float(self.missing),
            float(self.went_along),
        ]


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of one query at length 1 as whole steps: T[g][v] ~ low[g] + step * lut[g][v]."""

    lut: NDArray[np.uint8]
    """(n_groups, 16), each at most 31."""
    step: np.float32
    bias: np.float32
    """The sum of low."""
    pairs: NDArray[np.uint32] = field(repr=False)
    """(256 * n_groups,), what both nibbles of a byte add: the low one's in the low 16 bits."""

    @classmethod
    def of(cls, tables: Floats, length: float) -> "Tables":
        """Return tables, (n_groups, 16), of a query of some length; sums of steps fit 16 bits."""
        most = np.float32(min(_MOST_STEPS, 65535 // len(tables)))
        low = tables.min(axis=1)
        widest = np.float32((tables.max(axis=1) - low).max())
        step = np.float32(widest / most if widest > 0 else 1)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            steps = (tables - low[:, None]) * (np.float32(1) / step) + np.float32(0.5)
        lut = np.fmin(most, steps).astype(np.uint8)
        bias = np.float32(float(low.sum(dtype=np.float32)) / length)
        return cls(lut, np.float32(float(step) / length), bias, _pairs(lut))


def block_sums(blocks: NDArray[np.uint8], lut: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the sums of table entries, (n_blocks, 32), for lut, (n_groups, 16)."""
    return pair_sums(blocks, _pairs(lut), len(lut))


def pair_sums(
    blocks: NDArray[np.uint8], pairs: NDArray[np.uint32], n_groups: int
) -> NDArray[np.uint32]:
    """Return the sums of table entries, (n_blocks, 32), for `Tables.pairs`."""
    codes = blocks[:, : 16 * n_groups].reshape(len(blocks), n_groups, 16)
    at = codes + 256 * np.arange(n_groups)[:, None]
    both = pairs.take(at).sum(axis=1, dtype=np.uint32)
    return np.concatenate([both & np.uint32(0xFFFF), both >> np.uint32(16)], axis=1)


def _pairs(lut: NDArray[np.uint8]) -> NDArray[np.uint32]:
    byte = np.arange(256)
    wide = lut.astype(np.uint32)
    pairs: NDArray[np.uint32] = (wide[:, byte & 15] | wide[:, byte >> 4] << np.uint32(16)).ravel()
    return pairs
