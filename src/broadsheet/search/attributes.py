"""Filters as one boolean a paper: a column of days, and a mask for every other clause.

The same filter of the same library is the same object: what an index has made of it serves again.
"""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.language.plan import Condition
from broadsheet.model.ports import Reading
from broadsheet.model.query import Filters
from broadsheet.search.conditions import mask_of, on_fields
from broadsheet.search.memory import Memory
from broadsheet.search.word_clauses import day_range
from typecase.base.files import atomic_file
from typecase.data.filters import IdMask

Mask = NDArray[np.bool_]

_MASKS = 64


class DayColumn:
    """The day number of each paper by its key, 0 where there is none; for the one writer."""

    def __init__(self, days: NDArray[np.int32]) -> None:
        self._days = days

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the column of a file; an empty one when it is missing or unreadable."""
        return cls(read_days(path))

    def put(self, keys: NDArray[np.int64], days: NDArray[np.int64]) -> None:
        """Set the days of some papers."""
        n = int(keys.max()) + 1
        if n > len(self._days):
            grown = np.zeros(max(n, len(self._days) * 5 // 4), dtype=np.int32)
            grown[: len(self._days)] = self._days
            self._days = grown
        self._days[keys] = np.maximum(days, 0)

    def write(self, path: Path) -> None:
        """Replace the file in one step."""
        with atomic_file(path) as file:
            np.lib.format.write_array(file, self._days, allow_pickle=False)


def read_days(path: Path) -> NDArray[np.int32]:
    """Return the days by key, (n,), n past the greatest key; empty when they cannot be read."""
    try:
        days: NDArray[np.int32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return np.empty(0, dtype=np.int32)
    return days if days.dtype == np.int32 and days.ndim == 1 else np.empty(0, dtype=np.int32)


class Attributes:
    """Which papers pass a filter, without a loop over papers.

    Args:
        path: of the column of days.
        reading: the database; it is asked once for each clause that is no date.
        stamp: gives what changes when papers have changed.
    """

    def __init__(self, *, path: Path, reading: Reading, stamp: Callable[[], object]) -> None:
        self.path = path
        self.reading = reading
        self.stamp = stamp
        self._clauses: Memory[tuple[object, Filters], Mask] = Memory(size=_MASKS)
        self._masks: Memory[tuple[object, Filters, Condition | None], IdMask]
        self._masks = Memory(size=_MASKS)
        self._days: tuple[object, NDArray[np.int32]] = (None, np.empty(0, dtype=np.int32))

    def mask(self, filters: Filters, condition: Condition | None = None) -> IdMask | None:
        """Return which keys pass; None when all do. Keys past its end do not pass.

        Args:
            condition: on fields; what it says of words is left to the index of words.
        """
        condition = on_fields(condition)
        if not filters and condition is None:
            return None
        key = (self.stamp(), filters, condition)
        kept = self._masks.get(key)
        return kept if kept is not None else self._masks.put(key, IdMask(self._made(*key)))

    def days(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the day number of each of some papers, 0 where there is none."""
        days = self._renewed(self.stamp())
        found = np.zeros(len(keys))
        known = keys < len(days)
        found[known] = days[keys[known]]
        return found

    def _made(self, seen: object, filters: Filters, condition: Condition | None) -> Mask:
        days = self._renewed(seen)
        passing = self._passing(seen, filters, days)
        if condition is None:
            return passing
        met = mask_of(condition, len(days), lambda leaf: self._passing(seen, leaf, days))
        return _both(passing, met) if filters else met

    def _passing(self, seen: object, filters: Filters, days: NDArray[np.int32]) -> Mask:
        mask: Mask | None = None
        if filters.since or filters.until:
            first, last = day_range(filters)
            mask = (days >= first) & (days <= last)
        for clause in _clauses(filters):
            other = self._clause(clause, seen, len(days))
            mask = other if mask is None else _both(mask, other)
        return np.empty(0, dtype=bool) if mask is None else mask

    def _renewed(self, seen: object) -> NDArray[np.int32]:
        kept, days = self._days
        if kept != seen or seen is None:
            days = read_days(self.path)
            self._days = (seen, days)
        return days

    def _clause(self, clause: Filters, seen: object, n: int) -> Mask:
        kept = self._clauses.get((seen, clause))
        if kept is not None:
            return kept
        keys = np.asarray(self.reading.matching(clause), dtype=np.int64)
        mask = np.zeros(max(n, int(keys[-1]) + 1 if len(keys) else 0), dtype=bool)
        mask[keys] = True
        return self._clauses.put((seen, clause), mask)


def _clauses(filters: Filters) -> list[Filters]:
    """Return one filter for each field that is set, dates aside."""
    names = [f.name for f in fields(Filters) if f.name not in ("since", "until")]
    return [Filters(**{name: getattr(filters, name)}) for name in names if getattr(filters, name)]


def _both(one: Mask, other: Mask) -> Mask:
    n = min(len(one), len(other))
    both: Mask = one[:n] & other[:n]
    return both
