"""Moving records between papers: one out of its paper, two papers into one, and apart again."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.importstate import Assigned, MergeRow
from broadsheet.model.paper import Record
from broadsheet.store import forwards, happenings, joining, paper_rows, reader_moves
from broadsheet.store.counting import last_seq, save_change
from broadsheet.store.lists import one_of
from broadsheet.store.rows import merged_of, record_of
from broadsheet.store.schema import events, source_records


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
    key = paper_rows.next_key(connection)
    id = _take_out(connection, rows, old, key, now=now)
    joining.mark_undone(connection, merge, key, now=now)
    return id


def join(
    connection: Connection, *, kept: int, gone: int, by: Assigned, evidence: str, now: str
) -> None:
    """Make two papers one; the address of the one that is gone leads to the one that is kept.

    Args:
        by: the record that names both.
    """
    before = paper_rows.papers_now(connection, [kept, gone])
    moved = forwards.hand_all(connection, gone, kept)
    seq = last_seq(connection) + 1
    reader_moves.follow(connection, gone=gone, kept=kept)
    row = before[gone][0]
    moved.told, seq_after = _change(connection, kept, gone, by.record, before, seq, now)
    paper_rows.delete_paper(connection, gone, before)
    forwards.keep(connection, row, kept, seq, moved)
    joining.keep_joined(connection, by, kept, joined=row.id, evidence=evidence, now=now)
    save_change(connection, seq_after, now=now)


def part(connection: Connection, merge: MergeRow, *, now: str) -> str:
    """Make the paper again that was joined to another; return its public id, the one it had.

    Its records go back, and those that came since and name it alone.

    Raises:
        InvalidValueError: nothing of it is left there, or nothing else.
    """
    forward = forwards.one(connection, merge.joined)
    rows = _going_back(connection, forward) if forward is not None else []
    if forward is None or not rows or not _records_beside(connection, forward.paper, rows):
        raise InvalidValueError(
            f"{merge.joined} and {merge.paper} cannot be told apart any more: "
            "their records have been moved since."
        )
    forwards.forget(connection, forward.id)
    id = _take_out(connection, rows, forward.paper, forward.key, now=now, id=forward.id)
    forwards.hand_back(connection, forward.moved, forward.paper, forward.key)
    joining.hand_over(connection, forward.moved.names, forward.paper, forward.key)
    joining.mark_parted(connection, merge, forward.key, now=now)
    return id


def _take_out(
    connection: Connection,
    rows: Sequence[int],
    old: int,
    new: int,
    *,
    now: str,
    id: str | None = None,
) -> str:
    """Give records of a paper one of their own, with the identifiers that only they bear."""
    before = paper_rows.papers_now(connection, [old])
    others = _records_beside(connection, old, rows)
    moved = _records_of_rows(connection, rows)
    hidden = {new} if _are_gone(connection, rows) else ()
    (alone,) = paper_rows.drafts(connection, {new: moved}, hidden=hidden)
    seq = paper_rows.insert_papers(connection, [alone], last_seq(connection), id=id)
    joining.move(connection, rows, new)
    changed = paper_rows.changed(connection, paper_rows.remerged(connection, [old]), before)
    seq = paper_rows.update_papers(connection, changed, before, seq)
    left = {name for record in others for name in record.identifiers}
    names = [name for record in moved for name in record.identifiers if name not in left]
    joining.hand_over(connection, names, old, new)
    paper_rows.insert_identifiers(connection, [alone])
    save_change(connection, seq, now=now)
    return str(alone.row["id"])


def _change(
    connection: Connection,
    kept: int,
    gone: int,
    record: Record,
    before: paper_rows.Before,
    seq: int,
    now: str,
) -> tuple[list[int], int]:
    """Merge the paper that is kept anew; return the events that tells, and the last `seq`."""
    (paper,) = paper_rows.remerged(connection, [kept])
    if not paper_rows.changed(connection, [paper], before):
        return [], seq
    last = connection.scalar(select(func.max(events.c.id))) or 0
    # What either paper has told already is no news of the two.
    told_kinds = select(events.c.kind).where(events.c.paper == kept).distinct()
    known = set(connection.scalars(told_kinds))
    told = happenings.told_of_changed(merged_of(before[kept][0]), paper, record)
    news = [item for item in told if item[2].kind not in known]
    happenings.write(connection, news, now=now)
    seq = paper_rows.update_papers(connection, [paper], before, seq)
    return list(connection.scalars(select(events.c.id).where(events.c.id > last))), seq


def _going_back(connection: Connection, forward: forwards.Forward) -> list[int]:
    """Return the rows of a joined paper's records: those it brought, and those that name it."""
    c = source_records.c
    rows = connection.execute(select(c.id, c.payload).where(c.paper == forward.paper)).all()
    brought, names = set(forward.moved.records), set(forward.moved.names)
    back = [row for row, _ in rows if row in brought]
    # What is older than the joining was of the paper that was kept.
    newest = max([*brought, 0])
    staying = {
        name
        for row, payload in rows
        if row not in brought and row <= newest
        for name in record_of(payload).identifiers
    }
    since = [(row, record_of(payload).identifiers) for row, payload in rows if row > newest]
    back += [row for row, said in since if names & set(said) and not staying & set(said)]
    return back


def _records_of_rows(connection: Connection, rows: Sequence[int]) -> list[Record]:
    chosen = select(source_records.c.payload).where(one_of(source_records.c.id, rows))
    return [record_of(text) for text in connection.scalars(chosen.order_by(source_records.c.id))]


def _are_gone(connection: Connection, rows: Sequence[int]) -> bool:
    c = source_records.c
    there = select(func.count()).where(one_of(c.id, rows), c.gone_at == "")
    return not connection.scalar(there)


def _records_beside(connection: Connection, paper: int, rows: Sequence[int]) -> list[Record]:
    chosen = select(source_records.c.id, source_records.c.payload).where(
        source_records.c.paper == paper
    )
    return [record_of(text) for row, text in connection.execute(chosen) if row not in rows]
