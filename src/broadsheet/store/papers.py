"""Questions about papers: one, some, a page of them, their keys, what changed."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from broadsheet.model.dates import text_of
from broadsheet.model.library import IndexRow
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters
from broadsheet.model.subjects import Filing
from broadsheet.store import forwards
from broadsheet.store.filters import keys_newest_first, keys_of_any, of_any, passing
from broadsheet.store.lists import one_of
from broadsheet.store.rows import filing_of, gone_row, index_row_of, paper_of
from broadsheet.store.schema import HIDDEN, identifiers, papers, source_records

_INDEXED = tuple(
    papers.c[name]
    for name in (
        "key",
        "seq",
        "id",
        "title",
        "abstract",
        "summary",
        "authors",
        "categories",
        "venue",
        "day",
        "arxiv_id",
        "doi",
        "standing",
        "journal_ref",
        "code",
    )
)
# What a record names its paper by, without the rest of it.
_NAMED = func.json_extract(source_records.c.payload, "$.arxiv_id", "$.doi", "$.twins")


def find(connection: Connection, ref: str) -> Paper | None:
    """Return the paper of a public id, one that it had before, an arXiv id or a DOI."""
    key = connection.scalar(select(papers.c.key).where(papers.c.id == ref))
    if key is None:
        key = forwards.leads_to(connection, ref)
    if key is None:
        named = select(identifiers.c.paper).where(
            identifiers.c.scheme.in_(("arxiv", "doi")), identifiers.c.value == ref
        )
        key = connection.scalar(named.limit(1))
    found = _by_key(connection, [key], papers.c.key == key) if key is not None else []
    return found[0] if found else None


def by_key(connection: Connection, keys: Sequence[int]) -> list[Paper]:
    """Return the papers of these keys that are in lists; two questions for any number."""
    wanted = [int(key) for key in keys]
    return _by_key(connection, wanted, one_of(papers.c.key, wanted), papers.c.day > HIDDEN)


def _by_key(
    connection: Connection, wanted: Sequence[int], *conditions: ColumnElement[bool]
) -> list[Paper]:
    rows = {row.key: row for row in connection.execute(select(papers).where(*conditions))}
    records = _sources(connection, list(rows), _NAMED.label("named"))
    return [paper_of(rows[key], records[key]) for key in wanted if key in rows]


def by_id(connection: Connection, ids: Sequence[str]) -> list[Paper]:
    """Return the papers of these public ids, by ascending key."""
    chosen = select(papers.c.key).where(one_of(papers.c.id, ids)).order_by(papers.c.key)
    return by_key(connection, list(connection.scalars(chosen)))


def after(connection: Connection, key: int, *, limit: int) -> list[Paper]:
    """Return papers with a greater key, ascending by it."""
    chosen = (
        select(papers.c.key)
        .where(papers.c.key > key, papers.c.day > HIDDEN)
        .order_by(papers.c.key)
        .limit(limit)
    )
    return by_key(connection, [row[0] for row in connection.execute(chosen)])


def page(
    connection: Connection,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    not_in: Sequence[int] = (),
) -> list[Paper]:
    """Return one page of what passes and is not left out, newest first."""
    chosen = keys_newest_first(filters, not_in=not_in).limit(limit).offset(offset)
    return by_key(connection, [row[0] for row in connection.execute(chosen)])


def total(connection: Connection, filters: Filters) -> int:
    """Return how many papers pass."""
    chosen = keys_newest_first(filters).order_by(None).subquery()
    return connection.scalar(select(func.count()).select_from(chosen)) or 0


def end_day(connection: Connection, filters: Filters, *, newest: bool) -> str | None:
    """Return the day of the newest or of the oldest dated paper that passes."""
    chosen = keys_newest_first(filters).order_by(None).subquery()
    end = func.max(chosen.c.day) if newest else func.min(chosen.c.day)
    day = connection.scalar(select(end).where(chosen.c.day > 0))
    return text_of(day) if day else None


def n_passing(connection: Connection, filters: Filters, among: Sequence[int]) -> int:
    """Return how many of some papers pass."""
    chosen = passing(filters, among).subquery()
    return connection.scalar(select(func.count()).select_from(chosen)) or 0


def page_of_any(
    connection: Connection,
    values: Sequence[tuple[str, str]],
    *,
    limit: int,
    offset: int,
    not_in: Sequence[int] = (),
) -> list[Paper]:
    """Return one page of the papers found by any (kind, value), newest first."""
    chosen = keys_of_any(values, not_in=not_in).limit(limit).offset(offset)
    return by_key(connection, [row[0] for row in connection.execute(chosen)])


def n_of_any(
    connection: Connection, values: Sequence[tuple[str, str]], among: Sequence[int]
) -> int:
    """Return how many of some papers are found by any (kind, value)."""
    chosen = of_any(values, among).subquery()
    return connection.scalar(select(func.count()).select_from(chosen)) or 0


def total_of_any(connection: Connection, values: Sequence[tuple[str, str]]) -> int:
    """Return how many papers are found by any (kind, value)."""
    chosen = keys_of_any(values).order_by(None).subquery()
    return connection.scalar(select(func.count()).select_from(chosen)) or 0


def matching(connection: Connection, filters: Filters) -> list[int]:
    """Return the keys of all papers that pass, ascending."""
    chosen = keys_newest_first(filters).order_by(None)
    return sorted([row[0] for row in connection.execute(chosen)])


def filings(connection: Connection, keys: Sequence[int]) -> dict[int, Filing]:
    """Return what those of some papers that are in lists are filed under, by key."""
    columns = papers.c.key, papers.c.categories, papers.c.keywords
    chosen = select(*columns).where(one_of(papers.c.key, keys), papers.c.day > HIDDEN)
    return {key: filing_of(*filed) for key, *filed in connection.execute(chosen)}


def changes(connection: Connection, *, after: int, limit: int) -> list[IndexRow]:
    """Return papers with a greater `seq`, ascending, and those that are gone."""
    rows = connection.execute(
        select(*_INDEXED).where(papers.c.seq > after).order_by(papers.c.seq).limit(limit)
    ).all()
    records = _sources(connection, [row.key for row in rows])
    there = [index_row_of(row, tuple(sorted({s.source for s in records[row.key]}))) for row in rows]
    gone = [gone_row(*row) for row in forwards.gone_after(connection, after, limit=limit)]
    return sorted((*there, *gone), key=attrgetter("seq"))[:limit] if gone else there


def _sources(
    connection: Connection, keys: Sequence[int], *more: ColumnElement[Any]
) -> dict[int, list[Any]]:
    rows = connection.execute(
        select(
            source_records.c.paper,
            source_records.c.source,
            source_records.c.source_id,
            source_records.c.origin,
            source_records.c.url,
            source_records.c.first_seen,
            source_records.c.gone_at,
            *more,
        )
        .where(one_of(source_records.c.paper, keys))
        .order_by(source_records.c.id)
    )
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.paper].append(row)
    return grouped
