"""Questions about the whole library: days, categories, venues, sources, authors, counts."""

from collections import Counter

from sqlalchemy import Connection, Table, func, select, text

from broadsheet.model.dates import first_number, last_number, text_of
from broadsheet.model.identifiers import name_key
from broadsheet.model.library import AuthorEntry, Count
from broadsheet.model.paper import Author
from broadsheet.store.rows import authors_of
from broadsheet.store.schema import HIDDEN, events, facets, papers

_WHOLE_DAY = text("day % 100 > 0")
_COAUTHORS = 30
# From each day to the next one that there is: a step of the index for each, not for each paper.
_FIRST = select(func.min(papers.c.day).label("day")).where(papers.c.day > 0).cte(recursive=True)
_NEXT = select(func.min(papers.c.day)).where(papers.c.day > _FIRST.c.day).scalar_subquery()
_EACH = _FIRST.union_all(select(_NEXT).where(_FIRST.c.day.is_not(None)))
_DATED = select(_EACH.c.day).where(_EACH.c.day.is_not(None))


def dated(connection: Connection) -> list[int]:
    """Return the partial dates of papers as numbers, each once, ascending."""
    return list(connection.scalars(_DATED))


def days(connection: Connection, *, since: str, until: str) -> list[Count]:
    """Return whole days with papers in the span, newest first."""
    span = papers.c.day.between(first_number(since), last_number(until))
    rows = connection.execute(
        select(papers.c.day, func.count())
        .where(_WHOLE_DAY, span)
        .group_by(papers.c.day)
        .order_by(papers.c.day.desc())
    )
    return [Count(name=text_of(day), papers=n) for day, n in rows]


def categories(connection: Connection) -> list[Count]:
    """Return categories with their numbers of papers, largest first."""
    counts: Counter[str] = Counter()
    for codes, n in connection.execute(
        select(papers.c.categories, func.count()).group_by(papers.c.categories)
    ):
        for code in codes.split():
            counts[code] += n
    return _largest_first(counts)


def venues(connection: Connection) -> list[Count]:
    """Return the venues with their numbers of papers, largest first."""
    rows = connection.execute(
        select(papers.c.venue, func.count()).where(papers.c.venue != "").group_by(papers.c.venue)
    )
    return _largest_first(Counter({row[0]: row[1] for row in rows}))


def sources(connection: Connection) -> list[Count]:
    """Return sources with their numbers of papers, largest first."""
    rows = connection.execute(
        select(facets.c.value, func.count())
        .where(facets.c.kind == "source")
        .group_by(facets.c.value)
    )
    return _largest_first(Counter({row[0]: row[1] for row in rows}))


def author(connection: Connection, key: str) -> AuthorEntry | None:
    """Return the author of a name key: the commonest spelling, and with whom they write."""
    rows = connection.scalars(
        select(papers.c.authors)
        .join(facets, facets.c.paper == papers.c.key)
        .where(facets.c.kind == "author", facets.c.value == key)
        .order_by(papers.c.key)
    ).all()
    if not rows:
        return None
    spellings: dict[str, Counter[str]] = {}
    for names in rows:
        for name in dict.fromkeys(authors_of(names)):
            spellings.setdefault(name_key(name), Counter())[name] += 1
    own = spellings.pop(key)
    others = sorted(spellings.items(), key=lambda item: (-item[1].total(), item[0]))
    return AuthorEntry(
        author=_author(key, own),
        papers=len(rows),
        coauthors=tuple((_author(k, names), names.total()) for k, names in others[:_COAUTHORS]),
    )


def n_authors(connection: Connection) -> int:
    """Return how many authors there are, told apart by their keys."""
    distinct = select(facets.c.value).where(facets.c.kind == "author").distinct().subquery()
    return connection.scalar(select(func.count()).select_from(distinct)) or 0


def span(connection: Connection) -> tuple[str | None, str | None]:
    """Return the newest and the oldest partial date of a paper."""
    dated = select(papers.c.day).where(papers.c.day > 0).limit(1)
    newest = connection.scalar(dated.order_by(papers.c.day.desc()))
    oldest = connection.scalar(dated.order_by(papers.c.day))
    return (text_of(newest) if newest else None, text_of(oldest) if oldest else None)


def n_papers(connection: Connection) -> int:
    """Return how many papers are in lists."""
    return connection.scalar(select(func.count()).where(papers.c.day > HIDDEN)) or 0


def n_events(connection: Connection) -> int:
    """Return how many events there are."""
    return n_rows(connection, events)


def n_rows(connection: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _author(key: str, spellings: Counter[str]) -> Author:
    return Author(name=spellings.most_common(1)[0][0], key=key)


def _largest_first(counts: Counter[str]) -> list[Count]:
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Count(name=name, papers=n) for name, n in rows]
