"""Putting records in: their rows, and the papers that they make or change.

The number of statements of one call does not depend on the number of records.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.importstate import Assigned, MergeRow
from broadsheet.model.paper import Record
from broadsheet.store import happenings, joining
from broadsheet.store.bulk import Bulk
from broadsheet.store.drafts import Draft, Facet, draft, facets_of
from broadsheet.store.lists import one_of
from broadsheet.store.rows import authors_of, merged_of, record_of, record_text
from broadsheet.store.schema import counters, facets, identifiers, papers, source_records

_Before = Mapping[int, tuple[Row[*tuple[Any, ...]], frozenset[str]]]
"""Rows of papers as they were, with their sources."""


def put(connection: Connection, assigned: Sequence[Assigned], *, now: str) -> int:
    """Store records, make and re-merge their papers; return the number of new papers."""
    keys, fresh = _group(connection, assigned)
    touched = sorted({key for key in keys if key not in fresh})
    before = _papers_now(connection, touched)
    seq = _seq(connection)
    made = [draft(key, records) for key, records in fresh.items()]
    seq = _insert_papers(connection, made, seq)
    rows = [_record_row(item, key, now) for item, key in zip(assigned, keys, strict=True)]
    _UPSERT_RECORDS.run(connection, rows)
    remerged = _remerged(connection, touched)
    changed = [d for d in remerged if _differs(d, before)]
    last = {key: item.record for item, key in zip(assigned, keys, strict=True)}
    told = happenings.told_of_new(made)
    for paper in changed:
        was = merged_of(before[paper.key][0])
        told += happenings.told_of_changed(was, paper, last[paper.key])
    happenings.write(connection, told, now=now)
    joining.keep(connection, assigned, keys, now=now)
    seq = _update_papers(connection, changed, before, seq)
    _INSERT_IDENTIFIERS.run(connection, [i for d in (*made, *remerged) for i in d.identifiers])
    _save_seq(connection, seq)
    return len(made)


def split(connection: Connection, merge: MergeRow, *, now: str) -> str:
    """Give the record of a merge a paper of its own; return that paper's public id.

    Raises:
        InvalidValueError: its paper has no other record.
    """
    old, rows = joining.records_of(connection, merge)
    others = _records_beside(connection, old, rows)
    if not rows or not others:
        raise InvalidValueError(
            f"{merge.source}:{merge.source_id} stands alone in {merge.paper}: nothing to undo."
        )
    before = _papers_now(connection, [old])
    seq = _seq(connection)
    moved = _records_of_rows(connection, rows)
    alone = draft(_next_key(connection), moved)
    seq = _insert_papers(connection, [alone], seq)
    joining.move(connection, rows, alone.key)
    changed = [d for d in _remerged(connection, [old]) if _differs(d, before)]
    seq = _update_papers(connection, changed, before, seq)
    left = {name for record in others for name in record.identifiers}
    names = [name for record in moved for name in record.identifiers if name not in left]
    joining.hand_over(connection, names, old, alone.key)
    _INSERT_IDENTIFIERS.run(connection, alone.identifiers)
    joining.mark_undone(connection, merge, alone.key, now=now)
    _save_seq(connection, seq)
    return str(alone.row["id"])


def records_of(connection: Connection, keys: Sequence[int]) -> dict[int, list[Record]]:
    """Return the records of papers, oldest first."""
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


def _seq(connection: Connection) -> int:
    return connection.scalar(select(counters.c.value).where(counters.c.name == "seq")) or 0


def _save_seq(connection: Connection, seq: int) -> None:
    counter = insert(counters).values(name="seq", value=seq)
    connection.execute(counter.on_conflict_do_update(["name"], set_={"value": seq}))


def _next_key(connection: Connection) -> int:
    return (connection.scalar(select(func.max(papers.c.key))) or 0) + 1


def _records_of_rows(connection: Connection, rows: Sequence[int]) -> list[Record]:
    chosen = select(source_records.c.payload).where(one_of(source_records.c.id, rows))
    return [record_of(text) for text in connection.scalars(chosen.order_by(source_records.c.id))]


def _records_beside(connection: Connection, paper: int, rows: Sequence[int]) -> list[Record]:
    chosen = select(source_records.c.id, source_records.c.payload).where(
        source_records.c.paper == paper
    )
    return [record_of(text) for row, text in connection.execute(chosen) if row not in rows]


def _group(
    connection: Connection, assigned: Sequence[Assigned]
) -> tuple[list[int], dict[int, list[Record]]]:
    """Return each record's paper key, and the records of each paper that is new."""
    following = _next_key(connection)
    of_group: dict[int, int] = {}
    fresh: dict[int, list[Record]] = {}
    keys = []
    for item in assigned:
        key = item.paper
        if key is None:
            key = of_group.setdefault(item.group, following + len(of_group))
            fresh.setdefault(key, []).append(item.record)
        keys.append(key)
    return keys, fresh


def _insert_papers(connection: Connection, made: Sequence[Draft], seq: int) -> int:
    if not made:
        return seq
    ids = _public_ids(connection, made)
    for number, paper in enumerate(made, start=seq + 1):
        paper.row["id"] = ids[paper.key]
        paper.row["seq"] = number
    _INSERT_PAPERS.run(connection, [_columns(paper.row) for paper in made])
    _INSERT_FACETS.run(connection, _facet_rows({paper.key: paper.facets for paper in made}))
    return seq + len(made)


def _public_ids(connection: Connection, made: Sequence[Draft]) -> dict[int, str]:
    """Return an id for each new paper; where one is taken, the paper's number is added."""
    wished = {paper.key: paper.wished_id for paper in made}
    taken = set(
        connection.scalars(select(papers.c.id).where(one_of(papers.c.id, list(wished.values()))))
    )
    given = {}
    for key, wish in wished.items():
        given[key] = f"{wish}-{key}" if wish in taken else wish
        taken.add(wish)
    return given


def _record_row(item: Assigned, paper: int, now: str) -> tuple[Any, ...]:
    record = item.record
    return (
        record.source,
        record.source_id,
        item.origin,
        paper,
        record.raw_hash,
        item.fingerprint,
        item.line,
        record.url,
        record_text(record),
        now,
        now,
    )


def _papers_now(connection: Connection, touched: Sequence[int]) -> _Before:
    if not touched:
        return {}
    rows = connection.execute(select(papers).where(one_of(papers.c.key, touched))).all()
    named = connection.execute(
        select(source_records.c.paper, source_records.c.source)
        .where(one_of(source_records.c.paper, touched))
        .distinct()
    )
    sources: dict[int, set[str]] = defaultdict(set)
    for paper, source in named:
        sources[paper].add(source)
    return {row.key: (row, frozenset(sources[row.key])) for row in rows}


def _remerged(connection: Connection, touched: Sequence[int]) -> list[Draft]:
    """Return the papers that were there, merged anew from all their records."""
    return [draft(key, said) for key, said in records_of(connection, touched).items()]


def _differs(paper: Draft, before: _Before) -> bool:
    row, sources = before[paper.key]
    return paper.sources != sources or any(
        value != row._mapping[name] for name, value in paper.row.items()
    )


def _update_papers(
    connection: Connection, changed: Sequence[Draft], before: _Before, seq: int
) -> int:
    for number, paper in enumerate(changed, start=seq + 1):
        paper.row["seq"] = number
    _UPDATE_PAPERS.run(connection, [_changing(paper.row) for paper in changed])
    old = {paper.key: _facets_before(*before[paper.key]) for paper in changed}
    new = {paper.key: paper.facets for paper in changed}
    _DELETE_FACETS.run(connection, _facet_rows({key: old[key] - new[key] for key in old}))
    _INSERT_FACETS.run(connection, _facet_rows({key: new[key] - old[key] for key in new}))
    return seq + len(changed)


def _facets_before(row: Row[*tuple[Any, ...]], sources: Iterable[str]) -> set[Facet]:
    codes = tuple(row.categories.split())
    return facets_of(authors_of(row.authors), codes, sources, row.venue, row.day)


def _facet_rows(of_paper: Mapping[int, set[Facet]]) -> list[tuple[str, str, int, int]]:
    # In the order of the table, so that neighbours are written together.
    return sorted((*facet, paper) for paper, found in of_paper.items() for facet in found)


_PAPER_COLUMNS = tuple(column.name for column in papers.c)
_CHANGING = tuple(name for name in _PAPER_COLUMNS if name not in ("key", "id"))
_RECORD_COLUMNS = tuple(column.name for column in source_records.c if column.name != "id")
_FACET_COLUMNS = tuple(column.name for column in facets.c)
_REPLACED = ("paper", "raw_hash", "fingerprint", "line", "url", "payload", "last_seen")
_columns = itemgetter(*_PAPER_COLUMNS)
_changing = itemgetter(*_CHANGING, "key")
_new_record = insert(source_records)

_INSERT_PAPERS = Bulk(statement=insert(papers), names=_PAPER_COLUMNS)
_UPDATE_PAPERS = Bulk(
    statement=update(papers)
    .where(papers.c.key == bindparam("of_key"))
    .values({name: bindparam(name) for name in _CHANGING}),
    names=(*_CHANGING, "of_key"),
)
_UPSERT_RECORDS = Bulk(
    statement=_new_record.on_conflict_do_update(
        ["source_id", "source", "origin"],
        set_={name: _new_record.excluded[name] for name in _REPLACED},
    ),
    names=_RECORD_COLUMNS,
)
_INSERT_FACETS = Bulk(statement=insert(facets), names=_FACET_COLUMNS)
_DELETE_FACETS = Bulk(
    statement=delete(facets).where(*(c == bindparam(f"of_{c.name}") for c in facets.c)),
    names=[f"of_{name}" for name in _FACET_COLUMNS],
)
_INSERT_IDENTIFIERS = Bulk(
    statement=insert(identifiers).on_conflict_do_nothing(), names=("scheme", "value", "paper")
)
