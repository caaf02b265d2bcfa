"""The worked example of the formula's page: made-up signals, counted as real ones are."""

from datetime import UTC, datetime, timedelta

import numpy as np

from broadsheet.model.announcing import arxiv_today
from broadsheet.model.trend_ports import ListedPaper, Signals
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import Terms
from broadsheet.services.trend_ranking import Ranking
from broadsheet.services.trend_sums import sum_up
from broadsheet.services.trend_table import PaperTable

EXAMPLE = (
    "Forty papers of math.CO were announced yesterday. One got six votes in the last day and two "
    "the day before, was saved twice, and opened from the third and the ninth place of a list; "
    "fifteen others got one vote each, twelve hours ago."
)
_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_YESTERDAY = 20261119
_PAPER = 1
_N_PAPERS = 40
_N_LIKED = 15

_Happened = tuple[str, int, float, int]
"""Kind, paper, hours ago, place."""


def example(settings: TrendingSettings) -> Terms:
    """Return the terms of the paper of `EXAMPLE` under settings."""
    listed = [
        ListedPaper(key=key, day=_YESTERDAY, categories="math.CO")
        for key in range(_PAPER, _PAPER + _N_PAPERS)
    ]
    table = PaperTable(listed, today=arxiv_today(_NOW))
    ranking = Ranking(
        table=table,
        sums=sum_up(_signals(settings), settings, now_s=_NOW.timestamp()),
        settings=settings,
        content={_PAPER: 2.0} if settings.content_weight else {},
        now_s=_NOW.timestamp(),
    )
    return ranking.terms(int(np.flatnonzero(table.keys == _PAPER)[0]))


def _happened() -> list[_Happened]:
    return [
        *(("up", _PAPER, hours, 0) for hours in (1, 2, 3, 5, 8, 13, 26, 30)),
        *(("save", _PAPER, hours, 0) for hours in (2, 6)),
        *(("open", _PAPER, 4, place) for place in (3, 9)),
        *(("up", _PAPER + n, 12, 0) for n in range(1, _N_LIKED + 1)),
    ]


def _signals(settings: TrendingSettings) -> Signals:
    """Each act is of a reader of its own, whose account is a year old."""
    kinds = tuple(settings.weights.by_kind())
    rows = [row for row in _happened() if row[0] in kinds]
    n = len(rows)
    return Signals(
        kinds=kinds,
        paper=np.array([paper for _, paper, _, _ in rows], dtype=np.int64),
        kind=np.array([kinds.index(kind) for kind, *_ in rows], dtype=np.int64),
        at=np.array([(_NOW - timedelta(hours=h)).timestamp() for _, _, h, _ in rows], np.float64),
        amount=np.ones(n),
        reader=np.arange(1, n + 1),
        joined=np.full(n, (_NOW - timedelta(days=365)).timestamp()),
        place=np.array([place for *_, place in rows], dtype=np.int64),
    )
