"""Putting records in: their rows, and the papers that they make or change.

The number of statements of one call does not depend on the number of records.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import happenings, joining, notices, paper_rows
from broadsheet.store.bulk import Bulk
from broadsheet.store.counting import last_seq, save_change
from broadsheet.store.rows import merged_of, record_text
from broadsheet.store.schema import HIDDEN, source_records


def put(connection: Connection, assigned: Sequence[Assigned], *, now: str) -> int:
    """Store records, make and re-merge their papers; return the number of new papers."""
    keys, fresh = _group(connection, assigned)
    # Papers that a notice of this batch names change with it.
    taken_back = notices.keep(connection, [item.record for item in assigned])
    touched = sorted({key for key in (*keys, *taken_back) if key not in fresh})
    before = paper_rows.papers_now(connection, touched)
    seq = last_seq(connection)
    made = paper_rows.drafts(connection, fresh)
    seq = paper_rows.insert_papers(connection, made, seq)
    rows = [_record_row(item, key, now) for item, key in zip(assigned, keys, strict=True)]
    _UPSERT_RECORDS.run(connection, rows)
    remerged = paper_rows.remerged(connection, touched)
    changed = paper_rows.changed(connection, remerged, before)
    last = taken_back | {key: item.record for item, key in zip(assigned, keys, strict=True)}
    told = happenings.told_of_new(made)
    for paper in changed:
        if before[paper.key][0].day == HIDDEN:
            continue  # it is back: that is no news of what it says
        was = merged_of(before[paper.key][0])
        told += happenings.told_of_changed(was, paper, last[paper.key])
    happenings.write(connection, told, now=now)
    joining.keep(connection, assigned, keys, now=now)
    seq = paper_rows.update_papers(connection, changed, before, seq)
    paper_rows.insert_identifiers(connection, (*made, *remerged))
    save_change(connection, seq, now=now)
    return len(made)


def _group(
    connection: Connection, assigned: Sequence[Assigned]
) -> tuple[list[int], dict[int, list[Record]]]:
    """Return each record's paper key, and the records of each paper that is new."""
    following = paper_rows.next_key(connection)
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
        "",
    )


_RECORD_COLUMNS = tuple(column.name for column in source_records.c if column.name != "id")
_REPLACED = ("paper", "raw_hash", "fingerprint", "line", "url", "payload", "last_seen", "gone_at")
_new_record = insert(source_records)

_UPSERT_RECORDS = Bulk(
    statement=_new_record.on_conflict_do_update(
        ["source_id", "source", "origin"],
        set_={name: _new_record.excluded[name] for name in _REPLACED},
    ),
    names=_RECORD_COLUMNS,
)
