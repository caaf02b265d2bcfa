"""Merges: why records were joined to papers, and papers to each other; taking one back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.importstate import Assigned, MergeRow
from broadsheet.store.bulk import Bulk
from broadsheet.store.lists import one_of
from broadsheet.store.schema import identifiers, merges, papers, source_records

BOTH = "both"
"""The rule by which papers are joined: one record names both."""

_COLUMNS = tuple(column.name for column in merges.c if column.name != "id")
_INSERT = Bulk(statement=insert(merges), names=_COLUMNS)


def keep(
    connection: Connection, assigned: Sequence[Assigned], keys: Sequence[int], *, now: str
) -> None:
    """Keep why records were joined to the papers of these keys."""
    rows = [
        (
            key,
            item.record.source,
            item.record.source_id,
            item.origin,
            item.record.title,
            item.rule,
            item.evidence,
            now,
            "",
            "",
        )
        for item, key in zip(assigned, keys, strict=True)
        if item.rule
    ]
    _INSERT.run(connection, rows)


def keep_joined(
    connection: Connection, by: Assigned, paper: int, *, joined: str, evidence: str, now: str
) -> None:
    """Keep that the paper of an address was joined to another, by a record that names both."""
    record = by.record
    said = (record.source, record.source_id, by.origin, record.title, BOTH, evidence, now, "")
    _INSERT.run(connection, [(paper, *said, joined)])


def put_by_hand(connection: Connection, keys: Sequence[int]) -> set[int]:
    """Return those of some papers that were made by taking a merge back."""
    asked = select(merges.c.paper).where(merges.c.undone_at != "", one_of(merges.c.paper, keys))
    return set(connection.scalars(asked.distinct()))


def settled(
    connection: Connection, refs: Sequence[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return the paper of each (source, source_id) whose merge someone has undone."""
    wanted = set(refs)
    rows = connection.execute(
        select(source_records.c.source, source_records.c.source_id, source_records.c.paper)
        .join(
            merges,
            (merges.c.source_id == source_records.c.source_id)
            & (merges.c.source == source_records.c.source),
        )
        .where(merges.c.undone_at != "", one_of(merges.c.source_id, [ref[1] for ref in refs]))
    )
    return {(source, name): paper for source, name, paper in rows if (source, name) in wanted}


def listed(connection: Connection, *, paper: str | None, after: int, limit: int) -> list[MergeRow]:
    """Return merges from the number `after` on, ascending; of one paper alone where it is given."""
    chosen = _joined().where(merges.c.id > after).order_by(merges.c.id).limit(limit)
    if paper is not None:
        chosen = chosen.where(papers.c.id == paper)
    return [_row(row) for row in connection.execute(chosen)]


def one(connection: Connection, number: int) -> MergeRow | None:
    """Return one merge."""
    row = connection.execute(_joined().where(merges.c.id == number)).first()
    return _row(row) if row is not None else None


def records_of(connection: Connection, merge: MergeRow) -> tuple[int, list[int]]:
    """Return the key of the merge's paper, and the rows of the record that was joined."""
    rows = connection.execute(
        select(source_records.c.id, source_records.c.paper)
        .join(papers, papers.c.key == source_records.c.paper)
        .where(
            papers.c.id == merge.paper,
            source_records.c.source == merge.source,
            source_records.c.source_id == merge.source_id,
        )
    ).all()
    return (rows[0].paper if rows else 0), [row.id for row in rows]


def move(connection: Connection, rows: Sequence[int], paper: int) -> None:
    """Make records those of another paper."""
    connection.execute(
        update(source_records).where(one_of(source_records.c.id, rows)).values(paper=paper)
    )


def hand_over(connection: Connection, names: Sequence[tuple[str, str]], old: int, new: int) -> None:
    """Give identifiers that no record of the old paper bears any more to the new one."""
    for scheme, value in names:
        connection.execute(
            update(identifiers)
            .where(
                identifiers.c.scheme == scheme,
                identifiers.c.value == value,
                identifiers.c.paper == old,
            )
            .values(paper=new)
        )


def mark_undone(connection: Connection, merge: MergeRow, paper: int, *, now: str) -> None:
    """Keep that the merges of a record were taken back, and where it is now."""
    connection.execute(
        update(merges)
        .where(
            merges.c.source == merge.source,
            merges.c.source_id == merge.source_id,
            merges.c.undone_at == "",
            merges.c.joined == "",
        )
        .values(paper=paper, undone_at=now)
    )


def mark_parted(connection: Connection, merge: MergeRow, paper: int, *, now: str) -> None:
    """Keep that two papers were taken apart, and which of them was made anew."""
    connection.execute(
        update(merges).where(merges.c.id == merge.number).values(paper=paper, undone_at=now)
    )


def _joined() -> Any:
    columns = [column for column in merges.c if column.name != "paper"]
    return select(*columns, papers.c.id.label("of")).join(papers, papers.c.key == merges.c.paper)


def _row(row: Row[Any]) -> MergeRow:
    return MergeRow(
        number=row.id,
        paper=row.of,
        source=row.source,
        source_id=row.source_id,
        origin=row.origin,
        title=row.title,
        rule=row.rule,
        evidence=row.evidence,
        at=row.at,
        undone_at=row.undone_at,
        joined=row.joined,
    )
