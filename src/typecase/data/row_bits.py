"""Which of n rows live, one bit a row. A change is a new object; old ones stay as they are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_LEAST_BYTES = 64


@dataclass(frozen=True, slots=True)
class RowBits:
    """n bits, little bit order; made by `all_of` or `from_packed`."""

    n_rows: int
    n_alive: int
    bytes_: NDArray[np.uint8]
    """At least ceil(n / 8), often more; every bit behind the rows is set, so that rows that come
    behind live without a copy."""

    @classmethod
    def all_of(cls, n_rows: int) -> Self:
        """Return n rows that all live."""
        return cls(n_rows, n_rows, np.full(_room(n_rows), 255, dtype=np.uint8))

    @classmethod
    def from_packed(cls, packed: NDArray[np.uint8], n_rows: int) -> Self:
        """Take back what `packed` gave."""
        used = np.array(packed[: (n_rows + 7) // 8], dtype=np.uint8)
        if n_rows % 8:
            used[-1] |= 255 << n_rows % 8 & 255
        n_dead = 8 * len(used) - int(np.bitwise_count(used).sum(dtype=np.int64))
        return cls(n_rows, n_rows - n_dead, used)

    def packed(self) -> NDArray[np.uint8]:
        """Return the bits, (ceil(n / 8),)."""
        return self.bytes_[: (self.n_rows + 7) // 8]

    def at(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether some rows live, (m,)."""
        bits: NDArray[np.uint8] = self.bytes_[rows >> 3] >> (rows & 7).astype(np.uint8)
        return (bits & np.uint8(1)).astype(bool)

    def bools(self, first: int = 0, last: int | None = None) -> NDArray[np.bool_]:
        """Return one boolean for each of the rows first .. last - 1."""
        last = self.n_rows if last is None else last
        start = first // 8
        bits = np.unpackbits(self.bytes_[start : (last + 7) // 8], bitorder="little")
        return bits[first - 8 * start : last - 8 * start].view(bool)

    def with_rows(self, n_new: int) -> Self:
        """Return the bits with living rows behind, without a copy while there is room."""
        n = self.n_rows + n_new
        room = self.bytes_
        if 8 * len(room) < n:
            room = np.full(_room(n), 255, dtype=np.uint8)
            room[: len(self.packed())] = self.packed()
        return type(self)(n, self.n_alive + n_new, room)

    def without(self, rows: NDArray[np.int64]) -> Self:
        """Return the bits with some rows dead; they may be so already."""
        rows = np.unique(rows)
        n_gone = int(np.count_nonzero(self.at(rows)))
        if not n_gone:
            return self
        room = self.bytes_.copy()
        masks = ~(np.uint8(1) << (rows & 7).astype(np.uint8))
        np.bitwise_and.at(room, rows >> 3, masks)
        return type(self)(self.n_rows, self.n_alive - n_gone, room)


def _room(n_rows: int) -> int:
    return max(_LEAST_BYTES, n_rows // 8 + n_rows // 64 + 1)
