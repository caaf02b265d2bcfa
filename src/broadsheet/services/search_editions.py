"""All papers that answer a search, newest first, and their editions by day, week and month."""

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.model.dates import text_of
from broadsheet.model.language.plan import KeysOf, Plan
from broadsheet.model.paper import Paper
from broadsheet.model.period import Kind, Period
from broadsheet.model.query import Answers, Filters, Query
from broadsheet.model.search_ports import Searcher
from broadsheet.services.notices import Notices, notices, why_silent
from broadsheet.services.paging import PER_PAGE, AnswerPage, Edition, Paged, paged
from broadsheet.services.reading import ReadingService, check_year, period_at
from broadsheet.services.search import plan_of
from broadsheet.services.sections import lay_out

_LOOKED_AT = 50
"""So many papers are looked at for one whose date is exact enough to be of a day or a week."""


class SearchEditions:
    """Reads a search as a paper is read, where `SearchService` ranks it.

    A paper answers it as it would answer a saved search, so that the edition of a day holds what
    the mail of that day brings.

    Args:
        reading: papers, and the clock.
        searcher: the indexes.
    """

    def __init__(self, *, reading: ReadingService, searcher: Searcher) -> None:
        self.reading = reading
        self.searcher = searcher

    def page(
        self,
        query: Query,
        *,
        page: int = 1,
        not_in: Sequence[int] = (),
        marked: KeysOf | None = None,
    ) -> AnswerPage:
        """Return a page of all papers that answer a search.

        Args:
            not_in: keys of papers that are left out.
            marked: gives the papers that the reader who asks has marked; None for nobody.

        Raises:
            QuerySyntaxError: the text is no search.
            SignInNeededError: nobody asks for what a reader has marked.
            NotFoundError: there are fewer pages.
        """
        of = _Asked(self, query, plan_of(query, marked), not_in)
        shown, note = of.page(query.filters, page)
        return AnswerPage(shown=shown, newest=of.newest("month"), note=note)

    def latest(self, query: Query, *, limit: int, not_in: Sequence[int] = ()) -> tuple[Paper, ...]:
        """Return the newest papers that answer a search.

        Raises:
            As `page`.
        """
        return _Asked(self, query, plan_of(query, None), not_in).latest(limit)

    def newest(
        self, query: Query, *, not_in: Sequence[int] = (), marked: KeysOf | None = None
    ) -> Period | None:
        """Return the newest month up to today that has papers which answer a search.

        Raises:
            As `page`.
        """
        return _Asked(self, query, plan_of(query, marked), not_in).newest("month")

    def edition(
        self,
        query: Query,
        period: Period,
        *,
        page: int = 1,
        not_in: Sequence[int] = (),
        marked: KeysOf | None = None,
    ) -> Edition:
        """Return a page of the papers of a period that answer a search.

        Raises:
            NotFoundError: the year is out of range, or the edition has fewer pages.
            As `page`.
        """
        check_year(period.first.year)
        of = _Asked(self, query, plan_of(query, marked), not_in)
        shown, note = of.page(query.filters.within(*period.bounds), page)
        today, is_day = self.reading.today(), period.kind == "day"
        return Edition(
            period=period,
            category="",
            author=None,
            shown=shown,
            layout=lay_out(shown.papers, with_lead=page == 1),
            total=shown.total,
            previous=of.previous(period),
            next=of.next(period),
            today=today,
            notices=of.notices(period) if is_day and page == 1 else Notices(),
            silence=why_silent(period.first, today) if is_day and not shown.total else None,
            newest=of.newest(period.kind) if not shown.total else None,
            note=note,
        )


class _Asked:
    """One search, asked for several spans of days."""

    def __init__(
        self, editions: SearchEditions, query: Query, plan: Plan, not_in: Sequence[int]
    ) -> None:
        self.reading = editions.reading
        self.searcher = editions.searcher
        self.query = query
        self.plan = plan
        self.not_in = not_in

    def page(self, filters: Filters, page: int) -> tuple[Paged, str]:
        found = self._answers(filters, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return paged(self._papers(found), found.total, page), found.note

    def latest(self, limit: int) -> tuple[Paper, ...]:
        return tuple(self._papers(self._answers(self.query.filters, limit=limit)))

    def newest(self, kind: Kind) -> Period | None:
        return self._nearest("0001", self.reading.today().isoformat(), kind)

    def previous(self, period: Period) -> Period | None:
        return self._nearest("0001", period.shifted(-1).bounds[1], period.kind)

    def next(self, period: Period) -> Period | None:
        return self._nearest(period.shifted(1).bounds[0], "9999", period.kind, is_last=False)

    def notices(self, period: Period) -> Notices:
        return notices(self.reading.reading, period.first, Filters(), among=self._answering)

    def _nearest(
        self, since: str, until: str, kind: Kind, *, is_last: bool = True
    ) -> Period | None:
        """The last period of a kind within a span that has any of them, or the first."""
        span = self.query.filters.within(since, until)
        found = self._answers(span, limit=_LOOKED_AT, is_newest_first=is_last)
        periods = (period_at(text_of(day), kind) for day in found.days if day)
        return next((period for period in periods if period is not None), None)

    def _answering(self, keys: Sequence[int]) -> Sequence[int]:
        among = self._answers(self.query.filters, limit=len(keys), among=keys).keys
        return [key for key in keys if key in among]

    def _answers(
        self,
        filters: Filters,
        *,
        limit: int,
        offset: int = 0,
        is_newest_first: bool = True,
        among: Sequence[int] | None = None,
    ) -> Answers:
        return self.searcher.answering(
            replace(self.query, filters=filters),
            limit=limit,
            offset=offset,
            is_newest_first=is_newest_first,
            among=among,
            not_in=self.not_in,
            plan=self.plan,
        )

    def _papers(self, found: Answers) -> list[Paper]:
        return self.reading.reading.papers(list(found.keys)) if found.keys else []
