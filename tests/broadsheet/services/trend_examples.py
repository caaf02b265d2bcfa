"""Signals and papers as a test writes them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from broadsheet.model.trend_ports import ListedPaper, Signals
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.services.trend_ranking import Ranking
from broadsheet.services.trend_sums import sum_up
from broadsheet.services.trend_table import PaperTable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
TODAY = date(2026, 11, 20)
NOW_S = NOW.timestamp()
KINDS = ("up", "down", "save", "open", "featured")

Signal = tuple[str, int, int, float, int]
"""Kind, paper, reader (0: none), hours ago, place."""


def signals(*given: Signal, joined_h: float = 10_000, amount: float = 1.0) -> Signals:
    """Signals of readers whose accounts are `joined_h` old."""
    n = len(given)
    return Signals(
        kinds=KINDS,
        paper=np.array([paper for _, paper, _, _, _ in given], dtype=np.int64),
        kind=np.array([KINDS.index(kind) for kind, *_ in given], dtype=np.int64),
        at=np.array([NOW_S - hours * 3600 for _, _, _, hours, _ in given], dtype=np.float64),
        amount=np.full(n, amount),
        reader=np.array([reader for _, _, reader, _, _ in given], dtype=np.int64),
        joined=np.full(n, NOW_S - joined_h * 3600),
        place=np.array([place for *_, place in given], dtype=np.int64),
    )


def votes(paper: int, n: int, *, hours: float = 1.0, first: int = 1) -> list[Signal]:
    """One vote each of n readers."""
    return [("up", paper, reader, hours, 0) for reader in range(first, first + n)]


def papers(first: int, n: int, categories: str, day: int = 20261120) -> list[ListedPaper]:
    """Papers of one day with the keys from `first` on."""
    return [ListedPaper(key=first + i, day=day, categories=categories) for i in range(n)]


def ranked(
    listed: Sequence[ListedPaper],
    given: Sequence[Signal],
    settings: TrendingSettings | None = None,
    content: dict[int, float] | None = None,
) -> Ranking:
    """The ranking of papers by signals."""
    chosen = settings or TrendingSettings()
    return Ranking(
        table=PaperTable(listed, today=TODAY),
        sums=sum_up(signals(*given), chosen, now_s=NOW_S),
        settings=chosen,
        content=content or {},
        now_s=NOW_S,
    )


def keys_of(ranking: Ranking, category: str = "", window: str = "all") -> list[int]:
    """Keys in the order of a ranking."""
    return ranking.table.keys[ranking.rows(category, window)].tolist()  # type: ignore[arg-type]


def score_of(ranking: Ranking, key: int) -> float:
    """The score of one paper."""
    return float(ranking.score[ranking.table.keys == key][0])
