"""Papers as rows: made, changed and removed with the facets by which they are found.

The number of statements of one call does not depend on the number of papers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.paper import Record
from broadsheet.store.bulk import Bulk
from broadsheet.store.drafts import Draft, Facet, draft, facets_of
from broadsheet.store.lists import one_of
from broadsheet.store.notices import about
from broadsheet.store.rows import authors_of, flags_in, record_of
from broadsheet.store.schema import (
    HIDDEN,
    facets,
    forwards,
    identifiers,
    papers,
    source_records,
)

Ref = tuple[str, str, str, str, str]
"""What a record shows of itself: source, id there, origin, address, since when it is gone."""

Before = Mapping[int, tuple[Row[*tuple[Any, ...]], frozenset[Ref]]]
"""Rows of papers as they were, with what their records showed."""


def next_key(connection: Connection) -> int:
    """Return a key that no paper has, nor had before it was joined to another."""
    found = [connection.scalar(select(func.max(t.c.key))) or 0 for t in (papers, forwards)]
    return max(found) + 1


def papers_now(connection: Connection, keys: Sequence[int]) -> Before:
    """Return papers as they are, to compare with later."""
    if not keys:
        return {}
    rows = connection.execute(select(papers).where(one_of(papers.c.key, keys))).all()
    refs = _refs_now(connection, keys)
    return {row.key: (row, refs[row.key]) for row in rows}


def _refs_now(connection: Connection, keys: Sequence[int]) -> dict[int, frozenset[Ref]]:
    c = source_records.c
    rows = connection.execute(
        select(c.paper, c.source, c.source_id, c.origin, c.url, c.gone_at).where(
            one_of(c.paper, keys)
        )
    )
    refs: dict[int, set[Ref]] = {key: set() for key in keys}
    for paper, source, id, origin, url, gone_at in rows:
        refs[paper].add((source, id, origin, url, gone_at))
    return {key: frozenset(found) for key, found in refs.items()}


def records_of(connection: Connection, keys: Sequence[int]) -> dict[int, list[Record]]:
    """Return the records of each paper, oldest first."""
    if not keys:
        return {}
    rows = connection.execute(
        select(source_records.c.paper, source_records.c.payload)
        .where(one_of(source_records.c.paper, keys))
        .order_by(source_records.c.paper, source_records.c.id)
    )
    records: dict[int, list[Record]] = defaultdict(list)
    for paper, payload in rows:
        records[paper].append(record_of(payload))
    return records


def remerged(connection: Connection, keys: Sequence[int]) -> list[Draft]:
    """Return papers that are there, merged anew from all their records."""
    if not keys:
        return []
    records = records_of(connection, keys)
    there = select(source_records.c.paper).where(
        one_of(source_records.c.paper, keys), source_records.c.gone_at == ""
    )
    gone = records.keys() - set(connection.scalars(there.distinct()))
    return drafts(connection, records, hidden=gone)


def drafts(
    connection: Connection,
    papers: Mapping[int, Sequence[Record]],
    *,
    hidden: Collection[int] = (),
) -> list[Draft]:
    """Return the papers that records, oldest first, make, and notices about them.

    Args:
        hidden: those of which no record is at its source any more.
    """
    notices = about(connection, papers)
    return [
        draft(key, said, notices.get(key), is_hidden=key in hidden) for key, said in papers.items()
    ]


def changed(connection: Connection, merged: Sequence[Draft], before: Before) -> list[Draft]:
    """Return those papers of which anything shows that was not so before."""
    if not merged:
        return []
    refs = _refs_now(connection, [paper.key for paper in merged])
    return [paper for paper in merged if _differs(paper, refs[paper.key], before[paper.key])]


def _differs(
    paper: Draft, refs: frozenset[Ref], before: tuple[Row[*tuple[Any, ...]], frozenset[Ref]]
) -> bool:
    row, refs_before = before
    return refs != refs_before or any(
        value != row._mapping[name] for name, value in paper.row.items()
    )


def insert_papers(
    connection: Connection, made: Sequence[Draft], seq: int, *, id: str | None = None
) -> int:
    """Write new papers; return the last `seq` given out.

    Args:
        id: the public id of the one paper that is written, where it had one before.
    """
    if not made:
        return seq
    ids = {made[0].key: id} if id is not None else _public_ids(connection, made)
    for number, paper in enumerate(made, start=seq + 1):
        paper.row["id"] = ids[paper.key]
        paper.row["seq"] = number
    _INSERT_PAPERS.run(connection, [_columns(paper.row) for paper in made])
    _INSERT_FACETS.run(connection, _facet_rows({paper.key: paper.facets for paper in made}))
    return seq + len(made)


def update_papers(
    connection: Connection, changed: Sequence[Draft], before: Before, seq: int
) -> int:
    """Write papers that have changed; return the last `seq` given out."""
    for number, paper in enumerate(changed, start=seq + 1):
        paper.row["seq"] = number
    _UPDATE_PAPERS.run(connection, [_changing(paper.row) for paper in changed])
    old = {paper.key: _facets_before(*before[paper.key]) for paper in changed}
    new = {paper.key: paper.facets for paper in changed}
    _DELETE_FACETS.run(connection, _facet_rows({key: old[key] - new[key] for key in old}))
    _INSERT_FACETS.run(connection, _facet_rows({key: new[key] - old[key] for key in new}))
    return seq + len(changed)


def delete_paper(connection: Connection, key: int, before: Before) -> None:
    """Remove a paper to which nothing belongs any more."""
    _DELETE_FACETS.run(connection, _facet_rows({key: _facets_before(*before[key])}))
    connection.execute(delete(papers).where(papers.c.key == key))


def insert_identifiers(connection: Connection, drafts: Iterable[Draft]) -> None:
    """Give papers the identifiers of their records that no other paper has."""
    _INSERT_IDENTIFIERS.run(connection, [i for paper in drafts for i in paper.identifiers])


def _public_ids(connection: Connection, made: Sequence[Draft]) -> dict[int, str]:
    """Return an id for each new paper; where one is taken, the paper's number is added."""
    wished = {paper.key: paper.wished_id for paper in made}
    taken: set[str] = set()
    for table in (papers, forwards):
        asked = select(table.c.id).where(one_of(table.c.id, list(wished.values())))
        taken |= set(connection.scalars(asked))
    given = {}
    for key, wish in wished.items():
        given[key] = f"{wish}-{key}" if wish in taken else wish
        taken.add(wish)
    return given


def _facets_before(row: Row[*tuple[Any, ...]], refs: Iterable[Ref]) -> set[Facet]:
    if row.day == HIDDEN:
        return set()
    codes = tuple(row.categories.split())
    return facets_of(
        authors=authors_of(row.authors),
        categories=codes,
        sources={ref[0] for ref in refs},
        venue=row.venue,
        flags=flags_in(row._mapping),
        day=row.day,
    )


def _facet_rows(of_paper: Mapping[int, set[Facet]]) -> list[tuple[str, str, int, int]]:
    # In the order of the table, so that neighbours are written together.
    return sorted((*facet, paper) for paper, found in of_paper.items() for facet in found)


_PAPER_COLUMNS = tuple(column.name for column in papers.c)
_CHANGING = tuple(name for name in _PAPER_COLUMNS if name not in ("key", "id"))
_FACET_COLUMNS = tuple(column.name for column in facets.c)
_columns = itemgetter(*_PAPER_COLUMNS)
_changing = itemgetter(*_CHANGING, "key")

_INSERT_PAPERS = Bulk(statement=insert(papers), names=_PAPER_COLUMNS)
_UPDATE_PAPERS = Bulk(
    statement=update(papers)
    .where(papers.c.key == bindparam("of_key"))
    .values({name: bindparam(name) for name in _CHANGING}),
    names=(*_CHANGING, "of_key"),
)
_INSERT_FACETS = Bulk(statement=insert(facets), names=_FACET_COLUMNS)
_DELETE_FACETS = Bulk(
    statement=delete(facets).where(*(c == bindparam(f"of_{c.name}") for c in facets.c)),
    names=[f"of_{name}" for name in _FACET_COLUMNS],
)
_INSERT_IDENTIFIERS = Bulk(
    statement=insert(identifiers).on_conflict_do_nothing(), names=("scheme", "value", "paper")
)
