"""An array that grows at its end, shared by snapshots of which each sees its own length."""

from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

_LEAST_ROWS = 16


class _Room(Generic[T]):
    """Memory with rows to spare."""

    def __init__(self, rows: NDArray[T], n_used: int) -> None:
        self.rows = rows
        self.n_used = n_used


class Growing(Generic[T]):
    """n rows in memory. `with_rows` costs what it adds, however many there are already.

    The rows of an object never change: what comes behind is seen only by the object that
    `with_rows` returns. One thread at a time may call it.
    """

    def __init__(self, array: NDArray[T]) -> None:
        """Hold an array, (n, ...), without a copy; it is not written to."""
        self.array = array
        self._room = _Room(array, len(array))

    def __len__(self) -> int:
        return len(self.array)

    def with_rows(self, new: NDArray[T]) -> Self:
        """Return these rows and new ones behind."""
        n_old, n = len(self.array), len(self.array) + len(new)
        room = self._room
        if room.n_used != n_old or len(room.rows) < n:  # full, or another has grown there
            room = _Room(_spare(self.array, n), n_old)
            room.rows[:n_old] = self.array
        room.rows[n_old:n] = new
        room.n_used = n
        grown = type(self)(room.rows[:n])
        grown._room = room
        return grown


def _spare(array: NDArray[T], n: int) -> NDArray[Any]:
    return np.empty((max(_LEAST_ROWS, 2 * n), *array.shape[1:]), dtype=array.dtype)
