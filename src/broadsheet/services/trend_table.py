"""The papers that a ranking is over: their age in announcements, their groups, their fields."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.announcing import announcements_since
from broadsheet.model.categories import filter_codes
from broadsheet.model.trend_ports import ListedPaper
from broadsheet.model.trending import OLDEST


class PaperTable:
    """Papers as columns, newest first (ties: greater key first).

    Args:
        papers: each once, in any order.
        today: the newest day that may have been listed.
    """

    def __init__(self, papers: Sequence[ListedPaper], *, today: date) -> None:
        ordered = sorted(papers, key=lambda paper: (paper.day, paper.key), reverse=True)
        self.keys = np.array([paper.key for paper in ordered], dtype=np.int64)
        self.days = np.array([paper.day for paper in ordered], dtype=np.int64)
        self.ages = self._of_day(lambda day: announcements_since(day, today, most=OLDEST))
        self.listed_s = self._of_day(_midnight_s)
        codes = [paper.categories.split() for paper in ordered]
        primaries = [own[0] if own else "" for own in codes]
        self.primaries, self.primary = _numbered(primaries)
        self.archives, self.archive = _numbered([p.partition(".")[0] for p in primaries])
        self._rows_of = _rows_by_code(codes)
        self._by_key = np.argsort(self.keys)

    def rows_in(self, category: str) -> NDArray[np.int64]:
        """Return the rows of a category, cross-listed ones included; all for an empty code."""
        if not category:
            return np.arange(len(self.keys))
        return self._rows_of.get(category, np.empty(0, dtype=np.int64))

    def with_older(self, older: "PaperTable") -> "PaperTable":
        """Return this table with papers that are all older behind its own."""
        both = copy(self)
        for name in ("keys", "days", "ages", "listed_s"):
            setattr(both, name, np.concatenate([getattr(self, name), getattr(older, name)]))
        both.primaries, both.primary = _joined(
            self.primaries, self.primary, older.primaries, older.primary
        )
        both.archives, both.archive = _joined(
            self.archives, self.archive, older.archives, older.archive
        )
        both._by_key = np.argsort(both.keys)
        none = np.empty(0, dtype=np.int64)
        both._rows_of = self._rows_of | {
            code: np.concatenate([self._rows_of.get(code, none), rows + len(self.keys)])
            for code, rows in older._rows_of.items()
        }
        return both

    def places(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the row of each key, and whether it is here at all."""
        order = self._by_key
        if not len(order):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        found = order[np.minimum(np.searchsorted(self.keys, keys, sorter=order), len(order) - 1)]
        return found, self.keys[found] == keys

    def _of_day(self, ask: Callable[[date], float]) -> NDArray[np.float64]:
        """Return what is so for the day of each paper, asked once a day."""
        days, place = np.unique(self.days, return_inverse=True)
        return np.array([ask(_first_day(int(day))) for day in days], dtype=np.float64)[place]


def _first_day(number: int) -> date:
    """The first day that a partial date may mean: nothing is taken to be newer than is known."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return date(max(year, 1), max(month, 1), max(day, 1))


def _midnight_s(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def _numbered(names: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct names, and the place of each name among them."""
    place: dict[str, int] = {}
    numbers = [place.setdefault(name, len(place)) for name in names]
    return list(place), np.array(numbers, dtype=np.int64)


def _joined(
    names: list[str], numbers: NDArray[np.int64], more: list[str], more_numbers: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.int64]]:
    """Return two columns of `_numbered` as one."""
    together, place = _numbered([*names, *more])
    moved = place[len(names) :][more_numbers]
    return together, np.concatenate([numbers, moved])


def _rows_by_code(codes: Sequence[Sequence[str]]) -> dict[str, NDArray[np.int64]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, own in enumerate(codes):
        for code in filter_codes(tuple(own)):
            rows[code].append(row)
    return {code: np.array(found, dtype=np.int64) for code, found in rows.items()}
