"""Putting records in: their rows, and the papers that they make or change.

The number of statements of one call does not depend on the number of records.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.identifiers import name_key, title_key
from broadsheet.model.importstate import Assigned
from broadsheet.model.merging import Merged, first_author, merge, public_id, text_hash, year_of
from broadsheet.model.paper import Record
from broadsheet.store.filters import facet_rows
from broadsheet.store.lists import one_of
from broadsheet.store.rows import authors_of, authors_text, record_of, record_text, versions_text
from broadsheet.store.schema import counters, facets, identifiers, papers, source_records


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A paper as it is to be: its row without `id` and `seq`, its merged fields, its records."""

    key: int
    merged: Merged
    records: Sequence[Record]
    row: dict[str, Any]
    sources: frozenset[str]


def put(connection: Connection, assigned: Sequence[Assigned], *, now: str) -> int:
    """Store records, make and re-merge their papers; return the number of new papers."""
    keys, fresh = _group(connection, assigned)
    touched = {key for key in keys if key not in fresh}
    before = _papers_now(connection, touched)
    seq = connection.scalar(select(counters.c.value).where(counters.c.name == "seq")) or 0
    made = [_draft(key, records) for key, records in fresh.items()]
    seq = _insert_papers(connection, made, seq)
    _put_records(connection, assigned, keys, now)
    changed = [d for d in _remerged(connection, touched) if _differs(d, before[d.key])]
    seq = _update_papers(connection, changed, before, seq)
    _name_papers(connection, [*made, *changed])
    counter = insert(counters).values(name="seq", value=seq)
    connection.execute(counter.on_conflict_do_update(["name"], set_={"value": seq}))
    return len(made)


def title_number(key: str) -> int:
    """Return the signed 64-bit number under which a title key is stored."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _group(
    connection: Connection, assigned: Sequence[Assigned]
) -> tuple[list[int], dict[int, list[Record]]]:
    """Return each record's paper key, and the records of each paper that is new."""
    following = (connection.scalar(select(func.max(papers.c.key))) or 0) + 1
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


def _draft(key: int, records: Sequence[Record]) -> _Draft:
    merged = merge(records)
    return _Draft(
        key=key,
        merged=merged,
        records=records,
        row=_paper_row(key, merged),
        sources=frozenset(record.source for record in records),
    )


def _paper_row(key: int, merged: Merged) -> dict[str, Any]:
    return {
        "key": key,
        "day": merged.day_number,
        "title": merged.title,
        "abstract": merged.abstract,
        "summary": merged.summary,
        "authors": authors_text(merged.authors),
        "categories": " ".join(merged.categories),
        "submitted": merged.submitted,
        "updated": merged.updated,
        "announced": merged.announced,
        "venue": merged.venue,
        "comment": merged.comment,
        "journal_ref": merged.journal_ref,
        "licence": merged.licence,
        "arxiv_id": merged.arxiv_id,
        "doi": merged.doi,
        "versions": versions_text(merged.versions),
        "title_hash": title_number(title_key(merged.title)),
        "first_author": first_author(merged.authors),
        "year": year_of(merged.submitted, merged.announced),
        "text_hash": text_hash(merged.abstract),
    }


def _insert_papers(connection: Connection, made: Sequence[_Draft], seq: int) -> int:
    if not made:
        return seq
    ids = _public_ids(connection, made)
    for number, draft in enumerate(made, start=seq + 1):
        draft.row["id"] = ids[draft.key]
        draft.row["seq"] = number
    connection.execute(insert(papers), [draft.row for draft in made])
    _insert_facets(connection, {draft.key: _facets_of(draft.row, draft.sources) for draft in made})
    return seq + len(made)


def _public_ids(connection: Connection, made: Sequence[_Draft]) -> dict[int, str]:
    """Return an id for each new paper; where one is taken, the paper's number is added."""
    wished = {draft.key: public_id(draft.merged, draft.records) for draft in made}
    taken = set(
        connection.scalars(select(papers.c.id).where(one_of(papers.c.id, list(wished.values()))))
    )
    given = {}
    for key, wish in wished.items():
        given[key] = f"{wish}-{key}" if wish in taken else wish
        taken.add(wish)
    return given


def _put_records(
    connection: Connection, assigned: Sequence[Assigned], keys: Sequence[int], now: str
) -> None:
    rows = [_record_row(item, key, now) for item, key in zip(assigned, keys, strict=True)]
    connection.execute(_UPSERT, rows)


def _record_row(item: Assigned, paper: int, now: str) -> dict[str, object]:
    record = item.record
    return {
        "source": record.source,
        "source_id": record.source_id,
        "origin": item.origin,
        "paper": paper,
        "raw_hash": record.raw_hash,
        "fingerprint": item.fingerprint,
        "line": item.line,
        "url": record.url,
        "payload": record_text(record),
        "first_seen": now,
        "last_seen": now,
    }


def _remerged(connection: Connection, touched: Iterable[int]) -> list[_Draft]:
    """Return the papers that were there, merged anew from all their records."""
    rows = connection.execute(
        select(source_records.c.paper, source_records.c.payload)
        .where(one_of(source_records.c.paper, list(touched)))
        .order_by(source_records.c.paper, source_records.c.id)
    )
    records: dict[int, list[Record]] = defaultdict(list)
    for paper, payload in rows:
        records[paper].append(record_of(payload))
    return [_draft(key, said) for key, said in records.items()]


def _papers_now(
    connection: Connection, touched: Iterable[int]
) -> dict[int, tuple[Row[Any], frozenset[str]]]:
    keys = list(touched)
    rows = connection.execute(select(papers).where(one_of(papers.c.key, keys))).all()
    named = connection.execute(
        select(source_records.c.paper, source_records.c.source)
        .where(one_of(source_records.c.paper, keys))
        .distinct()
    )
    sources: dict[int, set[str]] = defaultdict(set)
    for paper, source in named:
        sources[paper].add(source)
    return {row.key: (row, frozenset(sources[row.key])) for row in rows}


def _differs(draft: _Draft, before: tuple[Row[Any], frozenset[str]]) -> bool:
    row, sources = before
    return draft.sources != sources or any(
        value != row._mapping[name] for name, value in draft.row.items()
    )


def _update_papers(
    connection: Connection,
    changed: Sequence[_Draft],
    before: Mapping[int, tuple[Row[Any], frozenset[str]]],
    seq: int,
) -> int:
    if not changed:
        return seq
    rows = [
        {**draft.row, "seq": number, "of_key": draft.key}
        for number, draft in enumerate(changed, start=seq + 1)
    ]
    connection.execute(_UPDATE, rows)
    old = {d.key: _facets_of(dict(before[d.key][0]._mapping), before[d.key][1]) for d in changed}
    new = {d.key: _facets_of(d.row, d.sources) for d in changed}
    _delete_facets(connection, {key: old[key] - new[key] for key in old})
    _insert_facets(connection, {key: new[key] - old[key] for key in new})
    return seq + len(changed)


def _facets_of(row: Mapping[str, Any], sources: Iterable[str]) -> set[tuple[str, str, int]]:
    found = facet_rows(
        author_keys=[name_key(name) for name in authors_of(row["authors"])],
        categories=row["categories"].split(),
        sources=sources,
        venue=row["venue"],
    )
    return {(kind, value, row["day"]) for kind, value in found}


def _insert_facets(
    connection: Connection, of_paper: Mapping[int, set[tuple[str, str, int]]]
) -> None:
    rows = _facet_params(of_paper)
    if rows:
        connection.execute(insert(facets), rows)


def _delete_facets(
    connection: Connection, of_paper: Mapping[int, set[tuple[str, str, int]]]
) -> None:
    rows = _facet_params(of_paper)
    if rows:
        connection.execute(_DELETE_FACET, [{f"of_{n}": v for n, v in r.items()} for r in rows])


def _facet_params(of_paper: Mapping[int, set[tuple[str, str, int]]]) -> list[dict[str, Any]]:
    # In the order of the table, so that neighbours are written together.
    flat = sorted((*facet, paper) for paper, found in of_paper.items() for facet in found)
    return [
        {"kind": kind, "value": value, "day": day, "paper": paper}
        for kind, value, day, paper in flat
    ]


def _name_papers(connection: Connection, drafts: Sequence[_Draft]) -> None:
    """Keep every identifier of every record; the first paper that bore one keeps it."""
    rows = [
        {"scheme": scheme, "value": value, "paper": draft.key}
        for draft in drafts
        for record in draft.records
        for scheme, value in (("arxiv", record.arxiv_id), ("doi", record.doi))
        if value
    ]
    if rows:
        connection.execute(insert(identifiers).on_conflict_do_nothing(), rows)


def _upsert() -> Any:
    statement = insert(source_records)
    replaced = ("paper", "raw_hash", "fingerprint", "line", "url", "payload", "last_seen")
    return statement.on_conflict_do_update(
        ["source_id", "source", "origin"],
        set_={name: statement.excluded[name] for name in replaced},
    )


_UPSERT = _upsert()
_UPDATE = (
    update(papers)
    .where(papers.c.key == bindparam("of_key"))
    .values(
        {
            column.name: bindparam(column.name)
            for column in papers.c
            if column.name not in ("key", "id")
        }
    )
)
_DELETE_FACET = delete(facets).where(
    facets.c.kind == bindparam("of_kind"),
    facets.c.value == bindparam("of_value"),
    facets.c.day == bindparam("of_day"),
    facets.c.paper == bindparam("of_paper"),
)
