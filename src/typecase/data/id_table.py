"""Where an id stands, and the id of a row: the column of ids itself, in runs that are searched.

A run whose ids ascend is searched as it is and costs no memory of its own; another one has a
permutation beside it, which may be mapped from a file as the ids may. New ids make small runs
behind, joined when there are many, so that adding to millions costs what is added.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import UnknownIdError
from typecase.data.row_bits import RowBits

log = logging.getLogger(__name__)

_BLOCK_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class IdRun:
    """The ids of consecutive rows."""

    ids: NDArray[np.int64]
    """(n,), in the order of the rows; of equal ids only the last can live."""
    order: NDArray[np.int64] | None
    """(n,), the permutation that sorts them, stable; None when they ascend."""
    lowest: int
    highest: int

    @classmethod
    def of(cls, ids: NDArray[np.int64]) -> Self:
        """Return the run of some ids."""
        return cls.sorted_by(ids, sorting_order(ids))

    @classmethod
    def sorted_by(cls, ids: NDArray[np.int64], order: NDArray[np.int64] | None) -> Self:
        """Return the run of some ids whose `sorting_order` is known."""
        ids = ids.view(np.ndarray)  # looking into the memmap subclass costs more
        low, high = (0, -1) if order is None or not len(order) else (order[0], order[-1])
        return cls(ids, order, *((int(ids[low]), int(ids[high])) if len(ids) else (0, -1)))

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the last place of each id in the run, -1 where it is not there."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        try:
            rank = np.searchsorted(self.ids, ids, side="right", sorter=self.order) - 1
            place = rank if self.order is None else self.order[rank]
            return np.where((rank >= 0) & (self.ids[place] == ids), place, -1)
        except (ValueError, IndexError):  # its file was changed, and it follows from the ids
            log.warning("sorting ids anew, which compact() spares n=%d", len(self.ids))
            return self.of(self.ids).find(ids)


@dataclass(frozen=True, slots=True)
class IdTable:
    """Rows 0 .. n - 1, the id of each, and which of them live. Immutable.

    Of the rows of one id only the last can live.
    """

    runs: tuple[IdRun, ...]
    alive: RowBits | None
    """None when all rows live."""

    @classmethod
    def of(cls, ids: NDArray[np.int64], alive: RowBits | None = None) -> Self:
        """Return the table of rows whose ids these are, (n,)."""
        return cls((IdRun.of(ids),) if len(ids) else (), alive)

    def __len__(self) -> int:
        """The number of live ids."""
        return self.n_rows if self.alive is None else self.alive.n_alive

    @property
    def n_rows(self) -> int:
        """The number of rows, dead ones included."""
        return sum(map(len, self.runs))

    @property
    def ids(self) -> NDArray[np.int64]:
        """The id of every row, (n,); a copy where there are several runs."""
        return self.live_ids() if self.alive is None else IdTable(self.runs, None).live_ids()

    def ids_at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ids of some rows, (m,)."""
        if len(self.runs) == 1:
            return self.runs[0].ids[rows]
        starts = np.cumsum([0, *map(len, self.runs)])
        owner = np.searchsorted(starts, rows, side="right") - 1
        out = np.empty(len(rows), dtype=np.int64)
        for i in np.unique(owner).tolist():
            here = owner == i
            out[here] = self.runs[i].ids[rows[here] - starts[i]]
        return out

    def live_ids(self, first: int = 0) -> NDArray[np.int64]:
        """Return the live ids of the rows from first on; a view where one run holds just them."""
        parts = []
        for start, run in self.placed():
            skipped = max(0, first - start)
            part = run.ids[skipped:]
            if self.alive is not None and len(part):
                keep = self.alive.bools(start + skipped, start + len(run))
                part = part if keep.all() else part[keep]
            if len(part):
                parts.append(part)
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each id, -1 where it is not there or dead."""
        out = np.full(len(ids), -1, dtype=np.int64)
        waiting = np.arange(len(ids))
        lowest, highest = (int(ids.min()), int(ids.max())) if len(ids) else (0, -1)
        start = self.n_rows
        for run in reversed(self.runs):
            start -= len(run)
            if highest < run.lowest or lowest > run.highest or not len(waiting):
                continue
            place = run.find(ids[waiting])
            there = place >= 0
            out[waiting[there]] = place[there] + start
            waiting = waiting[~there]
        if self.alive is not None:
            found = np.flatnonzero(out >= 0)
            out[found[~self.alive.at(out[found])]] = -1
        return out

    def known(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each id.

        Raises:
            UnknownIdError: one is not there or dead.
        """
        rows = self.find(ids)
        if (rows < 0).any():
            raise UnknownIdError(f"id {ids[rows < 0][0]} is not stored.")
        return rows

    def with_ids(self, ids: NDArray[np.int64]) -> Self:
        """Return the table with rows behind, none of whose ids lives."""
        if not len(ids):
            return self
        runs = [*self.runs, IdRun.of(ids)]
        while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
            both = np.concatenate([runs[-2].ids, runs[-1].ids])
            runs[-2:] = [IdRun.of(both)]
        alive = None if self.alive is None else self.alive.with_rows(len(ids))
        return type(self)(tuple(runs), alive)

    def without_ids(self, ids: NDArray[np.int64]) -> Self:
        """Return the table without some ids, all of which live."""
        return self.without_rows(self.find(ids))

    def without_rows(self, rows: NDArray[np.int64]) -> Self:
        """Return the table with some rows dead."""
        if not len(rows):
            return self
        alive = RowBits.all_of(self.n_rows) if self.alive is None else self.alive
        return type(self)(self.runs, alive.without(rows))

    def placed(self) -> Iterator[tuple[int, IdRun]]:
        """Give every run with its first row."""
        start = 0
        for run in self.runs:
            yield start, run
            start += len(run)


def sorting_order(ids: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the stable permutation that sorts ids, (n,), or None when they ascend."""
    for start in range(0, len(ids), _BLOCK_ROWS):
        block = ids[start : start + _BLOCK_ROWS + 1]
        if (block[1:] < block[:-1]).any():
            return np.argsort(ids, kind="stable")
    return None
