"""What is read page by page: editions, papers, authors, categories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.events import EVENT_KINDS, StoredEvent
from broadsheet.model.identifiers import arxiv_id, doi, name_key
from broadsheet.model.library import AuthorEntry, Count, Counts
from broadsheet.model.paper import Paper
from broadsheet.model.period import Kind, Period, parse_period, period_of
from broadsheet.model.ports import Clock, Reading
from broadsheet.model.query import Filters
from broadsheet.services.calendar import Calendar, Year, draw_months
from broadsheet.services.fields import category_name
from broadsheet.services.sections import Layout, lay_out

PER_PAGE = 50
FRONT_SIZE = 24
_YEARS = range(1500, 3000)
_URL_SLASHES = re.compile(r"(https?):/+", re.IGNORECASE)
_DIGITS_OF_KIND: dict[Kind, int] = {"day": 10, "week": 10, "month": 7, "year": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """One page of a list of papers, newest first."""

    papers: tuple[Paper, ...]
    total: int
    page: int = 1
    n_pages: int = 1

    @property
    def first(self) -> int:
        """The place of the first paper in the whole list, from 1."""
        return (self.page - 1) * PER_PAGE + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The papers of a period, laid out.

    Args:
        period: what it covers; None when no paper has a date.
        category: the code that it is narrowed to, or an empty string.
        shown: the papers of this page; on the front page older ones may follow the period's own.
        total: how many papers the period has.
        previous, next: the nearest periods of the same kind that have papers.
        today: the date of the clock.
    """

    period: Period | None
    category: str
    shown: Paged
    layout: Layout
    total: int
    previous: Period | None
    next: Period | None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryPage:
    """A category's papers.

    Args:
        within: the categories inside it, when it is an archive such as `cs`.
        newest: the newest month that has papers in it.
    """

    code: str
    name: str
    shown: Paged
    within: tuple[Count, ...]
    newest: Period | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorPage:
    """The papers that bear a name."""

    entry: AuthorEntry
    shown: Paged


class ReadingService:
    """Answers what the pages and the API show, by the store alone.

    Args:
        reading: the store's questions.
        clock: says what is today, and so what lies in the future.
    """

    def __init__(self, *, reading: Reading, clock: Clock) -> None:
        self.reading = reading
        self.clock = clock
        self._counted_years: tuple[int, tuple[Year, ...]] = (-1, ())

    def revision(self) -> tuple[int, date]:
        """Return what changes whenever an edition may: the last change's number and today."""
        return self.reading.last_seq(), self.today()

    def today(self) -> date:
        """Return the date of the clock, in UTC."""
        return self.clock().date()

    def front(self, *, not_in: Sequence[int] = ()) -> Edition:
        """Return the newest edition up to today, filled up with what came before it.

        Its period is as exact as the newest date is: a day, or the month or year where no more is
        known. Papers dated in the future are left for their day.

        Args:
            not_in: keys of papers that are left out; so for all lists.
        """
        until = self.today().isoformat()
        day = self.reading.newest_day(until=until)
        newest = self.reading.listing(Filters(since=day, until=until), limit=1).papers
        if not newest or newest[0].day is None:
            return self._undated_front(not_in)
        period = parse_period(newest[0].day)
        since, end = period.bounds
        own = Filters(since=since, until=end if period.last <= self.today() else until)
        total = self.reading.listing(own, limit=0, not_in=not_in).total
        filters = own if total >= FRONT_SIZE else Filters(until=until)
        size = min(max(total, FRONT_SIZE), PER_PAGE)
        papers = self.reading.listing(filters, limit=size, not_in=not_in).papers
        return self._edition(period, "", Paged(papers=papers, total=total), with_next=False)

    def edition(
        self, period: Period, *, category: str = "", page: int = 1, not_in: Sequence[int] = ()
    ) -> Edition:
        """Return a page of the edition of a period, of all papers or of one category.

        Raises:
            NotFoundError: the category is unknown, or the edition has fewer pages.
        """
        if period.first.year not in _YEARS:
            raise NotFoundError(f"No papers can be of the year {period.first.year}.")
        code = self.known_category(category) if category else ""
        since, until = period.bounds
        filters = Filters(categories=(code,) if code else (), since=since, until=until)
        return self._edition(period, code, self._page(filters, page, not_in), with_next=True)

    def paper(self, ref: str) -> Paper:
        """Return the paper that a public id, an arXiv id in any form or a DOI in any form names.

        Raises:
            NotFoundError: there is none.
        """
        given = _URL_SLASHES.sub(r"\1://", ref.replace("\0", "").strip())
        paper = self.reading.paper(arxiv_id(given) or doi(given) or given)
        if paper is None:
            raise NotFoundError(f"There is no paper {given[:80]!r} here.")
        return paper

    def events(
        self,
        *,
        after: int = 0,
        kinds: Sequence[str] = (),
        paper: str | None = None,
        limit: int = 100,
    ) -> list[StoredEvent]:
        """Return what happened, learned after the event of a number, oldest first.

        Args:
            kinds: of these kinds alone; of all when empty.
            paper: of this paper alone, by any form of its id.

        Raises:
            InvalidValueError: no such kind.
            NotFoundError: no such paper.
        """
        for kind in kinds:
            if kind not in EVENT_KINDS:
                raise InvalidValueError(
                    f"There is no event {kind[:40]!r}; there are: {', '.join(EVENT_KINDS)}."
                )
        of = self.paper(paper).id if paper is not None else None
        return self.reading.events(after=after, kinds=kinds, paper=of, limit=limit)

    def category(self, code: str, *, page: int = 1, not_in: Sequence[int] = ()) -> CategoryPage:
        """Return a category's papers; an archive such as `cs` takes all of its categories.

        Raises:
            NotFoundError: no paper is in it, or it has fewer pages.
        """
        known = self.known_category(code)
        shown = self._page(Filters(categories=(known,)), page, not_in)
        within = [c for c in self.reading.categories() if c.name.startswith(f"{known}.")]
        dated = Filters(categories=(known,), until=self.today().isoformat())
        newest = self.reading.listing(dated, limit=1).papers
        return CategoryPage(
            code=known,
            name=category_name(known),
            shown=shown,
            within=tuple(within),
            newest=_period_at(newest[0].day, "month") if newest else None,
        )

    def known_category(self, code: str) -> str:
        """Return a category's code as papers here spell it.

        Raises:
            NotFoundError: no paper is in it.
        """
        names = [c.name for c in self.reading.categories()]
        wanted = code.casefold()
        for name in names:
            if name.casefold() == wanted:
                return name
        for name in names:
            if name.casefold().startswith(f"{wanted}."):
                return name[: len(code)]
        raise NotFoundError(f"No paper here is in the category {code[:40]!r}.")

    def author(self, key: str, *, page: int = 1, not_in: Sequence[int] = ()) -> AuthorPage:
        """Return the papers that bear a name, by its key or any spelling.

        Raises:
            NotFoundError: no paper bears it, or it has fewer pages.
        """
        entry = self.reading.author(name_key(key))
        if entry is None:
            raise NotFoundError(f"No paper here bears the name {key[:80]!r}.")
        shown = self._page(Filters(authors=(entry.author.key,)), page, not_in)
        return AuthorPage(entry=entry, shown=shown)

    def categories(self) -> list[Count]:
        """Return all categories with their numbers of papers, largest first."""
        return self.reading.categories()

    def venues(self, *, limit: int = 40) -> list[Count]:
        """Return the venues with the most papers."""
        return self.reading.venues(limit=limit)

    def sources(self) -> list[Count]:
        """Return the sources with their numbers of papers."""
        return self.reading.sources()

    def about(self) -> Counts:
        """Return the numbers of rows."""
        return self.reading.counts()

    def calendar(self, year: int | None = None) -> Calendar:
        """Return the days, weeks and months of a year that have papers.

        Without a year it is the newest with papers that is not in the future.

        Raises:
            NotFoundError: the year is out of range.
        """
        years = self._years()
        past = [y.year for y in years if y.year <= self.today().year]
        chosen = max(past, default=self.today().year) if year is None else year
        if chosen not in _YEARS:
            raise NotFoundError(f"No papers can be of the year {chosen}.")
        first, last = f"{chosen:04d}-01-01", f"{chosen:04d}-12-31"
        days = {c.name: c.papers for c in self.reading.days(since=first, until=last)}
        totals = [self._total_of(f"{chosen:04d}-{month:02d}") for month in range(1, 13)]
        return Calendar(year=chosen, years=years, months=draw_months(chosen, days, totals))

    def _years(self) -> tuple[Year, ...]:
        """All years with papers, newest first; counted again only when a paper has changed."""
        seq = self.reading.last_seq()
        if self._counted_years[0] != seq:
            counts = self.reading.counts()
            oldest, newest = _year(counts.oldest_day), _year(counts.newest_day)
            span = range(oldest, newest + 1) if oldest and newest else range(0)
            found = [Year(year=y, papers=self._total_of(f"{y:04d}")) for y in reversed(span)]
            self._counted_years = (seq, tuple(y for y in found if y.papers))
        return self._counted_years[1]

    def _total_of(self, span: str) -> int:
        return self._total(Filters(since=span, until=span))

    def _total(self, filters: Filters) -> int:
        return self.reading.listing(filters, limit=0).total

    def _undated_front(self, not_in: Sequence[int]) -> Edition:
        papers = self.reading.listing(Filters(), limit=PER_PAGE, not_in=not_in).papers
        undated = tuple(p for p in papers if p.day is None)
        return self._edition(None, "", Paged(papers=undated, total=len(undated)), with_next=False)

    def _edition(
        self, period: Period | None, category: str, shown: Paged, *, with_next: bool
    ) -> Edition:
        categories = (category,) if category else ()
        return Edition(
            period=period,
            category=category,
            shown=shown,
            layout=lay_out(shown.papers, with_lead=shown.page == 1),
            total=shown.total,
            previous=self._previous(period, categories) if period else None,
            next=self._next(period, categories) if period and with_next else None,
            today=self.today(),
        )

    def _page(self, filters: Filters, page: int, not_in: Sequence[int]) -> Paged:
        offset = (page - 1) * PER_PAGE
        found = self.reading.listing(filters, limit=PER_PAGE, offset=offset, not_in=not_in)
        return paged(found.papers, found.total, page)

    def _previous(self, period: Period, categories: tuple[str, ...]) -> Period | None:
        """The nearest earlier period with papers; a whole day bounds how far is looked."""
        day = self.reading.newest_day(until=(period.first - timedelta(days=1)).isoformat())
        filters = Filters(
            categories=categories,
            since=None if categories else day,
            until=period.shifted(-1).bounds[1],
        )
        found = self.reading.listing(filters, limit=1).papers
        return _nearest(found, day, period.kind)

    def _next(self, period: Period, categories: tuple[str, ...]) -> Period | None:
        """The nearest later period with papers: the last of a list that is newest first."""
        day = self.reading.next_day(after=period.last.isoformat())
        filters = Filters(
            categories=categories,
            since=period.shifted(1).bounds[0],
            until=None if categories else day,
        )
        total = self._total(filters)
        found = self.reading.listing(filters, limit=1, offset=max(0, total - 1)).papers
        return _nearest(found, day, period.kind)


def paged(papers: Sequence[Paper], total: int, page: int) -> Paged:
    """Return a page of a list.

    Raises:
        NotFoundError: the list has fewer pages.
    """
    n_pages = max(1, -(-total // PER_PAGE))
    if page > n_pages:
        raise NotFoundError(f"There is no page {page} here: {n_pages} is the last.")
    return Paged(papers=tuple(papers), total=total, page=page, n_pages=n_pages)


def _nearest(found: tuple[Paper, ...], day: str | None, kind: Kind) -> Period | None:
    if not found:
        return None
    return _period_at(found[0].day, kind) or _period_at(day, kind)


def _period_at(day: str | None, kind: Kind) -> Period | None:
    """The period of that kind that holds a partial date, or None where it is not exact enough."""
    if day is None or len(day) < _DIGITS_OF_KIND[kind]:
        return None
    return period_of(parse_period(day).first, kind)


def _year(day: str | None) -> int | None:
    return int(day[:4]) if day else None
