"""The pages of papers that are shown: of a list, an edition, a category, an author."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from broadsheet.model.errors import NotFoundError
from broadsheet.model.library import AuthorEntry, Count
from broadsheet.model.paper import Author, Paper
from broadsheet.model.period import Period
from broadsheet.services.notices import Notices, Reason
from broadsheet.services.sections import Layout

PER_PAGE = 50


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
        author: whose papers it is narrowed to, or None.
        total: how many papers the period has.
        previous, next: the nearest periods of the same kind that have papers.
        today: the date of the clock.
        notices: what happened on its day to papers that were there before; on its first page.
        silence: why nothing is announced on its day, where that is known.
        newest: the newest period of its kind up to today, of one that has no papers.
        note: a sentence on what it may lack, as while vectors are still coming.
        by_trend: whether what happened to its papers orders them; else they stand newest first.
    """

    period: Period | None
    category: str
    author: Author | None
    shown: Paged
    layout: Layout
    total: int
    previous: Period | None
    next: Period | None
    today: date
    notices: Notices
    silence: Reason | None
    newest: Period | None
    note: str = ""
    by_trend: bool = False


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
    """The papers that bear a name, and the newest month that has any of them."""

    entry: AuthorEntry
    shown: Paged
    newest: Period | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage:
    """Papers that answer a search, the newest month that has any of them, and what they lack."""

    shown: Paged
    newest: Period | None
    note: str = ""


def paged(papers: Sequence[Paper], total: int, page: int) -> Paged:
    """Return a page of a list.

    Raises:
        NotFoundError: the list has fewer pages.
    """
    n_pages = max(1, -(-total // PER_PAGE))
    if page > n_pages:
        raise NotFoundError(f"There is no page {page} here: {n_pages} is the last.")
    return Paged(papers=tuple(papers), total=total, page=page, n_pages=n_pages)
