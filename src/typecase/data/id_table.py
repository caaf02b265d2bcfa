"""Where an id stands: a sorted table, 16 bytes an id; a change makes a new one."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class IdTable:
    """A map from unique int64 ids to rows."""

    ids: NDArray[np.int64]
    """(n,), ascending."""
    rows: NDArray[np.int64]
    """(n,), the row of each."""

    @classmethod
    def of(cls, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Self:
        """Return the table of unique ids, (n,), and the row of each, (n,)."""
        order = np.argsort(ids, kind="stable")
        return cls(ids[order], rows[order])

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each id, -1 where it is not there."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[place] == ids, self.rows[place], -1)

    def with_ids(self, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Self:
        """Return the table with new ids, none of which is there yet."""
        new = self.of(ids, rows)
        place = np.searchsorted(self.ids, new.ids)
        return type(self)(
            np.insert(self.ids, place, new.ids), np.insert(self.rows, place, new.rows)
        )

    def without_ids(self, ids: NDArray[np.int64]) -> Self:
        """Return the table without some ids, all of which are there."""
        keep = np.ones(len(self.ids), dtype=bool)
        keep[np.searchsorted(self.ids, ids)] = False
        return type(self)(self.ids[keep], self.rows[keep])
