"""A ranking: every paper of a table with its score and the terms that it is made of."""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.trend_formulas import NAMED, Standing
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import (
    OLDEST,
    Part,
    Terms,
    bucket,
    freshness,
    shrunk_mean,
    surprise,
    trend,
)
from broadsheet.services.trend_sums import Sums
from broadsheet.services.trend_table import PaperTable

Window = Literal["day", "week", "month", "all"]
WINDOWS: tuple[Window, ...] = get_args(Window)
_OLDER: dict[str, int] = {"day": 0, "week": 4, "month": 20, "all": OLDEST}
_N_BUCKETS = int(bucket(OLDEST)) + 1


class Ranking:
    """Papers by score, best first; equal scores newest first.

    Args:
        table: the papers.
        sums: their signals.
        content: growth around papers, by key; papers that were not looked at are left out.
        now_s: the moment, in seconds since 1970.
    """

    def __init__(
        self,
        *,
        table: PaperTable,
        sums: Sums,
        settings: TrendingSettings,
        content: Mapping[int, float],
        now_s: float,
    ) -> None:
        self.table = table
        self.settings = settings
        self.content = content
        self.kinds = sums.kinds
        row, is_here = table.places(sums.papers)
        self._sum_of = np.full(len(table.keys), -1, dtype=np.int64)
        self._sum_of[row[is_here]] = np.flatnonzero(is_here)
        self._sums = sums
        self.x = self._per_paper(sums.sums.sum(axis=1))
        self.mean, self.group_size = _normal(table, self.x, settings.shrink)
        self.surprise = surprise(self.x, self.mean, settings.epsilon)
        self.freshness = freshness(
            table.ages, fresh_days=settings.fresh_days, fade_days=settings.fade_days
        )
        grown = np.array([content.get(int(key), 0.0) for key in table.keys] if content else 0.0)
        self.score = trend(self.surprise, self.freshness, grown, settings.content_weight)
        if settings.formula != "surprise":
            self.score = self._named(now_s)
        self.order = np.argsort(-self.score, kind="stable")

    def has_signals_in(self, rows: NDArray[np.int64]) -> bool:
        """Whether anything happened to one of the papers of these rows."""
        return bool((self._sum_of[rows] >= 0).any())

    def rows(self, category: str = "", window: Window = "all") -> NDArray[np.int64]:
        """Return the rows of the table that are in a category and a window, best first.

        A window counts announcements from the newest that is here: 1, 5 or 21 of them.
        """
        wanted = np.zeros(len(self.table.keys), dtype=bool)
        wanted[self.table.rows_in(category)] = True
        if window != "all" and len(self.table.ages):
            wanted &= self.table.ages <= self.table.ages.min() + _OLDER[window]
        return self.order[wanted[self.order]]

    def rows_of_days(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the rows of papers listed in a span of days (`yyyymmdd`), best first."""
        days = self.table.days[self.order]
        return self.order[(days >= first) & (days <= last)]

    def terms(self, row: int) -> Terms:
        """Return what the score of a row is made of."""
        key = int(self.table.keys[row])
        return Terms(
            formula=self.settings.formula,
            score=float(self.score[row]),
            parts=self._parts(row),
            x=float(self.x[row]),
            mean=float(self.mean[row]),
            group=self.table.primaries[self.table.primary[row]],
            n=int(self.group_size[row]),
            surprise=float(self.surprise[row]),
            announcements=int(self.table.ages[row]),
            freshness=float(self.freshness[row]),
            content=self.content.get(key),
            content_weight=self.settings.content_weight,
        )

    def _parts(self, row: int) -> tuple[Part, ...]:
        place = self._sum_of[row]
        if place < 0:
            return ()
        sums = self._sums
        return tuple(
            Part(
                kind=kind,
                number=round(float(sums.numbers[place, column])),
                last_day=round(float(sums.last_day[place, column])),
                sum=float(sums.sums[place, column]),
            )
            for column, kind in enumerate(sums.kinds)
            if sums.numbers[place, column]
        )

    def _per_paper(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of each paper of the table, 0 where it has no signals."""
        return np.append(values, 0.0)[self._sum_of]

    def _named(self, now_s: float) -> NDArray[np.float64]:
        """Return the scores by another's formula."""
        score = NAMED[self.settings.formula].score
        ups, downs = self._column("up"), self._column("down")
        signals = self._per_paper(self._sums.numbers.sum(axis=1))
        activity = np.bincount(self.table.primary, weights=signals)[self.table.primary]
        columns = (ups, downs, self.table.listed_s, activity)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return np.array(
            [
                score(Standing(ups=u, downs=d, listed=t, now=now_s, activity=a))
                for u, d, t, a in rows
            ],
            dtype=np.float64,
        )

    def _column(self, kind: str) -> NDArray[np.float64]:
        if kind not in self.kinds:
            return np.zeros(len(self.table.keys))
        return self._per_paper(self._sums.numbers[:, self.kinds.index(kind)])


def _normal(
    table: PaperTable, x: NDArray[np.float64], shrink: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what is normal for each paper, and the size of its group.

    A group is the papers of one primary category and age. Its mean is drawn towards that of the
    archive, that towards the whole paper's of this age, and that towards the mean of everything.
    """
    if not len(x):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    age = bucket(table.ages)
    mean = np.full(len(x), x.mean())
    size = np.full(len(x), len(x))
    for group in (np.zeros_like(age), table.archive, table.primary):
        cell = group * _N_BUCKETS + age
        n = np.bincount(cell)
        size = n[cell]
        mean = shrunk_mean(np.bincount(cell, weights=x)[cell], size, mean, shrink)
    return mean, size
