"""What is read page by page: editions, papers, authors, categories."""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from broadsheet.model.errors import GoneError, InvalidValueError, NotFoundError
from broadsheet.model.events import EVENT_KINDS, StoredEvent
from broadsheet.model.identifiers import arxiv_id, doi, name_key
from broadsheet.model.library import AuthorEntry, Count, Counts, Revision
from broadsheet.model.paper import Author, Paper, Tally
from broadsheet.model.period import Kind, Period, parse_period, period_of
from broadsheet.model.ports import Clock, Reading
from broadsheet.model.query import Filters
from broadsheet.services.calendar import Calendar, Year, draw_months
from broadsheet.services.fields import category_name
from broadsheet.services.notices import Notices, notices, why_silent
from broadsheet.services.paging import PER_PAGE, AuthorPage, CategoryPage, Edition, Paged, paged
from broadsheet.services.sections import lay_out

FRONT_SIZE = 24
Leading = Callable[[str, str, int], list[int]]
"""Returns the keys of the first papers of a span of days: from, to, and how many at most."""

_YEARS = range(1500, 3000)
_URL_SLASHES = re.compile(r"(https?):/+", re.IGNORECASE)
_DIGITS_OF_KIND: dict[Kind, int] = {"day": 10, "week": 10, "month": 7, "year": 4}


class ReadingService:
    """Answers what the pages and the API show, by the store alone.

    Args:
        reading: the store's questions.
        clock: says what is today, and so what lies in the future.
    """

    def __init__(self, *, reading: Reading, clock: Clock) -> None:
        self.reading = reading
        self.clock = clock
        self._name = ""
        self._counted_years: tuple[int, tuple[Year, ...]] = (-1, ())

    def revision(self) -> Revision:
        """Return what changes whenever an edition may, and the second from which it is so."""
        seq, changed = self.reading.last_change()
        today = self.today()
        midnight = datetime.combine(today, time(), UTC)
        at = changed and max(changed, midnight)
        # While its second lasts, more may happen in it.
        is_over = at is not None and self.clock() - at >= timedelta(seconds=1)
        return Revision(seq=seq, today=today, at=at if is_over else None)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all questions of this thread see one state of the library until the block ends."""
        return self.reading.snapshot()

    def today(self) -> date:
        """Return the date of the clock, in UTC."""
        return self.clock().date()

    def front(self, leading: Leading | None = None, *, not_in: Sequence[int] = ()) -> Edition:
        """Return the newest edition up to today, filled up with what came before it.

        Its period is as exact as the newest date is: a day, or the month or year where no more is
        known. Papers dated in the future are left for their day.

        Args:
            leading: says which papers of the span stand first; without it, or where it names
                none, they stand newest first.
            not_in: keys of papers that are left out; so for all lists.
        """
        until = self.today().isoformat()
        day = self.reading.newest_day(until=until)
        newest = self.reading.listing(Filters(since=day, until=until), limit=1).papers
        if not newest or newest[0].day is None:
            return self._undated_front(not_in)
        period = parse_period(newest[0].day)
        since, end = period.bounds
        end = end if period.last <= self.today() else until
        own = Filters(since=since, until=end)
        total = self.reading.listing(own, limit=0, not_in=not_in).total
        filters = own if total >= FRONT_SIZE else Filters(until=until)
        size = min(max(total, FRONT_SIZE), PER_PAGE)
        hidden = set(not_in)
        keys = [k for k in leading(since, end, size) if k not in hidden] if leading else []
        first = self.reading.papers(keys) if keys else []
        newest = self.reading.listing(filters, limit=size, not_in=not_in).papers
        papers = tuple({paper.key: paper for paper in (*first, *newest)}.values())[:size]
        shown = Paged(papers=papers, total=total)
        edition = self._edition(period, shown, is_front=True)
        return replace(edition, by_trend=bool(first))

    def edition(
        self,
        period: Period,
        *,
        category: str = "",
        author: str = "",
        page: int = 1,
        not_in: Sequence[int] = (),
    ) -> Edition:
        """Return a page of the edition of a period: of all papers, a category or an author.

        Raises:
            NotFoundError: category or author is unknown, or the edition has fewer pages.
        """
        check_year(period.first.year)
        code = self.known_category(category) if category else ""
        entry = self._known_author(author) if author else None
        since, until = period.bounds
        filters = Filters(
            categories=(code,) if code else (),
            authors=(entry.author.key,) if entry else (),
            since=since,
            until=until,
        )
        shown = self._page(filters, page, not_in)
        named = entry.author if entry else None
        return self._edition(period, shown, category=code, author=named)

    def everything(self, *, page: int = 1, not_in: Sequence[int] = ()) -> Paged:
        """Return a page of all papers, newest first, those without a date last.

        Raises:
            NotFoundError: there are fewer pages.
        """
        return self._page(Filters(), page, not_in)

    def library_name(self) -> str:
        """Return what tells this library from every other, wherever it is moved."""
        if not self._name:
            self._name = self.reading.library_name()
        return self._name

    def last_told(self, papers: Sequence[Paper]) -> dict[int, datetime]:
        """Return when something was last learned of each paper, by its key, in UTC."""
        told = self.reading.last_told([paper.key for paper in papers])
        moments = {
            paper.key: [told.get(paper.key, ""), *(ref.first_seen for ref in paper.sources)]
            for paper in papers
        }
        return {key: datetime.fromisoformat(max(at)) for key, at in moments.items() if max(at)}

    def paper(self, ref: str) -> Paper:
        """Return the paper that a public id, an arXiv id in any form or a DOI in any form names.

        Raises:
            NotFoundError: there is none.
            GoneError: there was one; its sources have all deleted it.
        """
        paper = self.reading.paper(_normal(ref))
        if paper is None:
            raise NotFoundError(f"There is no paper {ref[:80]!r} here.")
        if paper.is_gone:
            raise GoneError(_gone_sentence(paper))
        return paper

    def is_forward(self, ref: str, paper: Paper) -> bool:
        """Whether ref, which names that paper, is the address of one that was joined to it."""
        normal = _normal(ref)
        return normal != paper.id and self.reading.forward(normal) == paper.id

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

    def tallies(self, paper: Paper) -> list[Tally]:
        """Return what readers did with a paper at the sources: series, each oldest first."""
        return self.reading.tallies([paper.key]).get(paper.key, [])

    def category(self, code: str, *, page: int = 1, not_in: Sequence[int] = ()) -> CategoryPage:
        """Return a category's papers; an archive such as `cs` takes all of its categories.

        Raises:
            NotFoundError: no paper is in it, or it has fewer pages.
        """
        known = self.known_category(code)
        shown = self._page(Filters(categories=(known,)), page, not_in)
        within = [c for c in self.reading.categories() if c.name.startswith(f"{known}.")]
        return CategoryPage(
            code=known,
            name=category_name(known),
            shown=shown,
            within=tuple(within),
            newest=self._newest(Filters(categories=(known,)), "month"),
        )

    def known_category(self, code: str) -> str:
        """Return the code of a category or archive that has papers, in its own capitals.

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
        entry = self._known_author(key)
        own = Filters(authors=(entry.author.key,))
        shown = self._page(own, page, not_in)
        return AuthorPage(entry=entry, shown=shown, newest=self._newest(own, "month"))

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
        check_year(chosen)
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
        return self._edition(None, Paged(papers=undated, total=len(undated)), is_front=True)

    def _edition(
        self,
        period: Period | None,
        shown: Paged,
        *,
        category: str = "",
        author: Author | None = None,
        is_front: bool = False,
    ) -> Edition:
        own = Filters(
            categories=(category,) if category else (), authors=(author.key,) if author else ()
        )
        day = self.today() if is_front else period.first if period else None
        is_of_day = period is not None and period.kind == "day" and period.first == day
        has_notices = is_of_day and not is_front and shown.page == 1
        is_silent = not is_of_day if is_front else is_of_day and not shown.total
        return Edition(
            period=period,
            category=category,
            author=author,
            shown=shown,
            layout=lay_out(shown.papers, with_lead=shown.page == 1),
            total=shown.total,
            previous=self._previous(period, own) if period else None,
            next=self._next(period, own) if period and not is_front else None,
            today=self.today(),
            notices=notices(self.reading, day, own) if day and has_notices else Notices(),
            silence=why_silent(day, self.today()) if day and is_silent else None,
            newest=self._newest(own, period.kind) if period and not shown.total else None,
        )

    def _page(self, filters: Filters, page: int, not_in: Sequence[int]) -> Paged:
        offset = (page - 1) * PER_PAGE
        found = self.reading.listing(filters, limit=PER_PAGE, offset=offset, not_in=not_in)
        return paged(found.papers, found.total, page)

    def _known_author(self, key: str) -> AuthorEntry:
        entry = self.reading.author(name_key(key))
        if entry is None:
            raise NotFoundError(f"No paper here bears the name {key[:80]!r}.")
        return entry

    def _newest(self, own: Filters, kind: Kind) -> Period | None:
        """The newest period of a kind, up to today, that has papers."""
        dated = replace(own, until=self.today().isoformat())
        return period_at(self.reading.end_day(dated, newest=True), kind)

    def _previous(self, period: Period, own: Filters) -> Period | None:
        """The nearest earlier period with papers; a whole day bounds how far is looked."""
        day = self.reading.newest_day(until=(period.first - timedelta(days=1)).isoformat())
        filters = replace(own, since=None if own else day, until=period.shifted(-1).bounds[1])
        return _nearest(self.reading.end_day(filters, newest=True), day, period.kind)

    def _next(self, period: Period, own: Filters) -> Period | None:
        """The nearest later period with papers."""
        day = self.reading.next_day(after=period.last.isoformat())
        filters = replace(own, since=period.shifted(1).bounds[0], until=None if own else day)
        return _nearest(self.reading.end_day(filters, newest=False), day, period.kind)


def check_year(year: int) -> None:
    """Refuse years in which nobody has written papers.

    Raises:
        NotFoundError: it is one of them.
    """
    if year not in _YEARS:
        raise NotFoundError(f"No papers can be of the year {year}.")


def _gone_sentence(paper: Paper) -> str:
    last = max(paper.sources, key=lambda ref: ref.gone_at)
    return (
        f"{paper.title[:200]!r} was listed here. It is no longer at its source "
        f"({last.source}: {last.source_id}) since {last.gone_at[:10]}."
    )


def _normal(ref: str) -> str:
    """Return what a paper is named by, in normal form."""
    given = _URL_SLASHES.sub(r"\1://", ref.replace("\0", "").strip())
    return arxiv_id(given) or doi(given) or given


def _nearest(found: str | None, day: str | None, kind: Kind) -> Period | None:
    if found is None:
        return None
    return period_at(found, kind) or period_at(day, kind)


def period_at(day: str | None, kind: Kind) -> Period | None:
    """Return the period of a kind that holds a partial date, None where that is not so exact."""
    if day is None or len(day) < _DIGITS_OF_KIND[kind]:
        return None
    return period_of(parse_period(day).first, kind)


def _year(day: str | None) -> int | None:
    return int(day[:4]) if day else None
