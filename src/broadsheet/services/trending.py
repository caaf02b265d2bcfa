"""Trending: what readers and sources lift above what is normal, with the reason for each place."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock, Thread
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.announcing import arxiv_today, day_before_announcements
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.errors import BroadsheetError, NotFoundError, QueryError
from broadsheet.model.letters import Told
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Clock
from broadsheet.model.trend_ports import TrendInputs
from broadsheet.model.trend_settings import FORMULAS, Formula, TrendingSettings
from broadsheet.model.trending import Terms
from broadsheet.services.paging import PER_PAGE
from broadsheet.services.reading import ReadingService
from broadsheet.services.trend_choice import TrendChoice
from broadsheet.services.trend_fresh import FreshPapers
from broadsheet.services.trend_growth import Growth
from broadsheet.services.trend_ranking import WINDOWS, Ranking, Window
from broadsheet.services.trend_sums import sum_up
from broadsheet.services.trend_table import PaperTable
from broadsheet.services.trend_window import SignalWindow

log = logging.getLogger(__name__)

STEP_S = 300
_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trending:
    """A paper with its score's terms."""

    paper: Paper
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendingPage:
    """One page of a ranking.

    Args:
        category: the code that it is narrowed to, or an empty string.
        formula: the name of the one that ordered it.
        has_signals: whether anything happened to one of its papers; else they stand newest first.
    """

    category: str
    window: Window
    formula: Formula
    stories: tuple[Trending, ...]
    total: int
    page: int
    n_pages: int
    has_signals: bool


class _Inputs(NamedTuple):
    """What a ranking is made of.

    Args:
        state: the papers' last change and the inputs' number.
        moment: the end of its step.
    """

    state: tuple[int, ...]
    moment: datetime


class TrendingService:
    """Ranks papers. Threads share it.

    A ranking is made once for the inputs' number, the papers, the settings and a step of five
    minutes; the same is given out again until one of them changes. Among many readers the first
    changes with every page: `hold_s` is how often it is looked for, and then the next ranking is
    made beside.

    Args:
        inputs: signals and the papers that they are about.
        reading: papers and the categories that there are.
        choice: the settings in force.
        growth: how dense it has become around a paper.
        clock: says what is now.
    """

    def __init__(
        self,
        *,
        inputs: TrendInputs,
        reading: ReadingService,
        choice: TrendChoice,
        growth: Growth,
        clock: Clock,
    ) -> None:
        self.inputs = inputs
        self.reading = reading
        self.choice = choice
        self.growth = growth
        self.clock = clock
        self._made: OrderedDict[object, Ranking] = OrderedDict()
        self._window = SignalWindow(inputs=inputs)
        self._fresh = FreshPapers(inputs=inputs)
        self._lock, self._making, self._renewing = Lock(), Lock(), Lock()
        self.hold_s = 0.0
        self._held: _Inputs | None = None
        self._seen_s = 0.0

    def revision(self) -> tuple[object, ...]:
        """Return what changes whenever a ranking may."""
        settings, now = self.choice.in_force(), self._now()
        return (*now.state, now.moment.timestamp(), settings.model_dump_json())

    def page(
        self,
        *,
        category: str = "",
        window: str = "all",
        formula: str = "",
        page: int = 1,
        per_page: int = PER_PAGE,
        not_in: Sequence[int] = (),
    ) -> TrendingPage:
        """Return a page of the ranking of all papers or of one category.

        Args:
            window: `day`, `week` or `month`: of papers of the last 1, 5 or 21 announcements.
            formula: in place of the one in force.
            not_in: keys of papers that are left out.

        Raises:
            QueryError: no such window or formula.
            NotFoundError: no paper is in the category, or there are fewer pages.
        """
        settings = self._settings_with(formula)
        span = _window(window)
        code = self.reading.known_category(category) if category else ""
        ranking = self._ranking(settings)
        rows = ranking.rows(code, span)
        if not_in:
            rows = rows[~np.isin(ranking.table.keys[rows], list(not_in))]
        n_pages = max(1, -(-len(rows) // per_page))
        if page > n_pages:
            raise NotFoundError(f"There is no page {page} here: {n_pages} is the last.")
        shown = rows[(page - 1) * per_page : page * per_page]
        return TrendingPage(
            category=code,
            window=span,
            formula=settings.formula,
            stories=self._stories(ranking, shown),
            total=len(rows),
            page=page,
            n_pages=n_pages,
            has_signals=ranking.has_signals_in(rows),
        )

    def leading(self, since: str, until: str, limit: int) -> list[int]:
        """Return the keys of the best papers of a span of days; none where nothing has happened.

        Args:
            since, until: partial dates, both included.
        """
        ranking = self._ranking(self.choice.in_force())
        rows = ranking.rows_of_days(first_number(since), last_number(until))
        if not ranking.has_signals_in(rows):
            return []
        return [int(key) for key in ranking.table.keys[rows[:limit]]]

    def top(self, category: str, *, since: date, until: date, limit: int) -> list[Told]:
        """Return papers listed between two days (both included), best first, with the reason.

        Args:
            category: a code, or empty for all; of one that has no papers nothing is returned.
        """
        try:
            code = self.reading.known_category(category) if category else ""
        except NotFoundError:
            return []
        ranking = self._ranking(self.choice.in_force())
        rows = ranking.rows_of_days(first_number(since.isoformat()), last_number(until.isoformat()))
        if code:
            rows = rows[np.isin(rows, ranking.rows(code, "all"))]
        is_said = ranking.has_signals_in(rows)
        return [
            Told(paper=story.paper, why=str(story.terms) if is_said else "")
            for story in self._stories(ranking, rows[:limit])
        ]

    def preview(self, settings: TrendingSettings, *, n: int = 10) -> tuple[Trending, ...]:
        """Return the first papers under settings that are not yet in force."""
        ranking = self._ranking(settings)
        return self._stories(ranking, ranking.rows()[:n])

    def _settings_with(self, formula: str) -> TrendingSettings:
        settings = self.choice.in_force()
        if not formula:
            return settings
        if formula not in FORMULAS:
            raise QueryError(f"There is no formula {formula[:40]!r}; known: {', '.join(FORMULAS)}.")
        return settings.model_copy(update={"formula": formula})

    def _stories(self, ranking: Ranking, rows: NDArray[np.int64]) -> tuple[Trending, ...]:
        row_of = {int(ranking.table.keys[row]): int(row) for row in rows}
        return tuple(
            Trending(paper=paper, terms=ranking.terms(row_of[paper.key]))
            for paper in self.reading.reading.papers(list(row_of))
        )

    def _ranking(self, settings: TrendingSettings) -> Ranking:
        """Return the ranking of this step; threads that ask at once wait for one to make it."""
        return self._ranking_of(self._now(), settings)

    def _ranking_of(self, now: _Inputs, settings: TrendingSettings) -> Ranking:
        name = (now, settings)
        kept = self._known(name)
        if kept is not None:
            return kept
        with self._making:
            kept = self._known(name)
            if kept is None:
                kept = self._make(settings, now.moment, papers_seq=now.state[0])
                with self._lock:
                    self._made[name] = kept
                    while len(self._made) > _KEPT:
                        self._made.popitem(last=False)
        return kept

    def _known(self, name: object) -> Ranking | None:
        with self._lock:
            if name in self._made:
                self._made.move_to_end(name)
            return self._made.get(name)

    def _make(self, settings: TrendingSettings, moment: datetime, *, papers_seq: int) -> Ranking:
        today = arxiv_today(self.clock())
        fresh = day_before_announcements(today, settings.fresh_horizon)
        signals = self._window.read(settings, moment=moment, fresh=fresh)
        sums = sum_up(signals, settings, now_s=moment.timestamp())
        table = self._fresh.table(since=fresh, until=today, seq=papers_seq)
        _, is_here = table.places(sums.papers)
        if not is_here.all():
            older = self.inputs.known(sums.papers[~is_here].tolist(), until=today)
            table = table.with_older(PaperTable(older, today=today))
        content = {}
        if settings.content_weight:
            content = self.growth.around(table.keys.tolist(), today=today)
        return Ranking(
            table=table, sums=sums, settings=settings, content=content, now_s=moment.timestamp()
        )

    def _now(self) -> _Inputs:
        """Return what a ranking is made of now, or was when it was last looked for.

        That is once in `hold_s`; and who asks while the next ranking is made is given the last.
        """
        held = self._held
        if held is not None and monotonic() - self._seen_s < self.hold_s:
            return held
        state = (self.reading.reading.last_seq(), *self.inputs.number())
        found = _Inputs(state, self._moment())
        self._seen_s = monotonic()
        if held is None or held == found or not self.hold_s:
            self._held = found
            return found
        if self._renewing.acquire(blocking=False):
            Thread(target=self._renew, args=(found,), name="trending", daemon=True).start()
        return held

    def _renew(self, found: _Inputs) -> None:
        try:
            self._ranking_of(found, self.choice.in_force())
            self._held = found
        except BroadsheetError as e:
            log.warning("the ranking stays as it was, will be tried again: %s", e)
        finally:
            self._renewing.release()

    def _moment(self) -> datetime:
        """Return the end of the present step of five minutes: all of its signals are past then."""
        step = self.clock().timestamp() // STEP_S
        return datetime.fromtimestamp((step + 1) * STEP_S, UTC)


def _window(name: str) -> Window:
    if name not in WINDOWS:
        raise QueryError(f"A window is one of {', '.join(WINDOWS)}; got {name[:40]!r}.")
    return name
