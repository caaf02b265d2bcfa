"""Questions about papers: one, some, a page of them, their keys, what changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select

from broadsheet.model.library import IndexRow
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters
from broadsheet.model.subjects import Filing
from broadsheet.store import forwards
from broadsheet.store.asked import all_rows, one_value
from broadsheet.store.filters import Chosen, Listed, keys_newest_first
from broadsheet.store.lists import list_text, named_list, one_of
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
_OF_ID = select(papers.c.key).where(papers.c.id == bindparam("id"))
_OF_KEYS = select(papers).where(named_list(papers.c.key, "keys"))
_FILED = select(papers.c.key, papers.c.categories, papers.c.keywords).where(
    named_list(papers.c.key, "keys"), papers.c.day > HIDDEN
)
_SHOWN = ("paper", "source", "source_id", "origin", "url", "first_seen", "gone_at")
_RECORDS = (
    select(*(source_records.c[name] for name in _SHOWN))
    .where(named_list(source_records.c.paper, "keys"))
    .order_by(source_records.c.id)
)
# With what each names its paper by, without the rest of it.
_NAMED_RECORDS = _RECORDS.add_columns(
    func.json_extract(source_records.c.payload, "$.arxiv_id", "$.doi", "$.twins").label("named")
)


def key_of(connection: Connection, ref: str) -> int | None:
    """Return the key of a public id, one that a paper had before, an arXiv id or a DOI."""
    key: int | None = one_value(connection, _OF_ID, {"id": ref})
    if key is None:
        key = forwards.leads_to(connection, ref)
    if key is None:
        named = select(identifiers.c.paper).where(
            identifiers.c.scheme.in_(("arxiv", "doi")), identifiers.c.value == ref
        )
        key = connection.scalar(named.limit(1))
    return key


class Stored(NamedTuple):
    """A paper, and whether it is in lists."""

    paper: Paper
    is_listed: bool


def by_key(connection: Connection, keys: Sequence[int]) -> dict[int, Stored]:
    """Return the papers of these keys, those that are hidden among them; two questions for all."""
    if not keys:
        return {}
    wanted = {"keys": list_text(keys)}
    rows = all_rows(connection, _OF_KEYS, wanted)
    records = _grouped(all_rows(connection, _NAMED_RECORDS, wanted))
    return {
        row.key: Stored(paper_of(row, records[row.key]), is_listed=row.day > HIDDEN) for row in rows
    }


def keys_of_ids(connection: Connection, ids: Sequence[str]) -> list[int]:
    """Return the keys of the papers of these public ids, ascending."""
    chosen = select(papers.c.key).where(one_of(papers.c.id, ids)).order_by(papers.c.key)
    return list(connection.scalars(chosen))


def keys_after(connection: Connection, key: int, *, limit: int) -> list[int]:
    """Return greater keys of papers in lists, ascending."""
    chosen = (
        select(papers.c.key)
        .where(papers.c.key > key, papers.c.day > HIDDEN)
        .order_by(papers.c.key)
        .limit(limit)
    )
    return list(connection.scalars(chosen))


def page(connection: Connection, chosen: Chosen, *, limit: int, offset: int) -> list[int]:
    """Return the keys of one page of what was chosen."""
    values = {**chosen.values, "page_limit": limit, "page_offset": offset}
    return [row[0] for row in all_rows(connection, _page_of(chosen.question), values)]


def total(connection: Connection, chosen: Chosen) -> int:
    """Return how many were chosen."""
    return one_value(connection, _count_of(chosen.question), chosen.values) or 0


def end_day(connection: Connection, filters: Filters, *, newest: bool) -> int | None:
    """Return the day of the newest or of the oldest dated paper that passes, as a number."""
    chosen = keys_newest_first(filters)
    end: int | None = one_value(connection, _end_of(chosen.question, newest), chosen.values)
    return end


def matching(connection: Connection, filters: Filters) -> list[int]:
    """Return the keys of all papers that pass, ascending."""
    chosen = keys_newest_first(filters)
    return sorted(connection.scalars(chosen.question.order_by(None), chosen.values))


def filings(connection: Connection, keys: Sequence[int]) -> dict[int, Filing]:
    """Return what those of some papers that are in lists are filed under, by key."""
    found = all_rows(connection, _FILED, {"keys": list_text(keys)})
    return {key: filing_of(*filed) for key, *filed in found}


def changes(connection: Connection, *, after: int, limit: int) -> list[IndexRow]:
    """Return papers with a greater `seq`, ascending, and those that are gone."""
    rows = connection.execute(
        select(*_INDEXED).where(papers.c.seq > after).order_by(papers.c.seq).limit(limit)
    ).all()
    records = _grouped(connection.execute(_RECORDS, {"keys": list_text([row.key for row in rows])}))
    there = [index_row_of(row, tuple(sorted({s.source for s in records[row.key]}))) for row in rows]
    gone = [gone_row(*row) for row in forwards.gone_after(connection, after, limit=limit)]
    return sorted((*there, *gone), key=attrgetter("seq"))[:limit] if gone else there


@lru_cache(maxsize=256)
def _page_of(question: Listed) -> Listed:
    return question.limit(bindparam("page_limit")).offset(bindparam("page_offset"))


@lru_cache(maxsize=256)
def _count_of(question: Listed) -> Select[int]:
    return select(func.count()).select_from(question.order_by(None).subquery())


@lru_cache(maxsize=512)
def _end_of(question: Listed, newest: bool) -> Select[int]:
    chosen = question.order_by(None).subquery()
    end = func.max(chosen.c.day) if newest else func.min(chosen.c.day)
    return select(end).where(chosen.c.day > 0)


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.paper].append(row)
    return grouped
