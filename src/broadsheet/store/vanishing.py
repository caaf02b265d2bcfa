"""Records that their source has deleted: marked, and papers without any other one hidden."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from broadsheet.model.events import Event
from broadsheet.store import happenings, paper_rows
from broadsheet.store.counting import last_seq, save_change
from broadsheet.store.lists import one_of
from broadsheet.store.schema import source_records


def mark(connection: Connection, source: str, source_ids: Sequence[str], *, now: str) -> None:
    """Keep that records are no longer at their source; what is marked already stays as it is."""
    c = source_records.c
    rows = connection.execute(
        select(c.id, c.paper, c.source_id)
        .where(c.source == source, one_of(c.source_id, source_ids), c.gone_at == "")
        .order_by(c.id)
    ).all()
    if not rows:
        return
    keys = sorted({row.paper for row in rows})
    before = paper_rows.papers_now(connection, keys)
    connection.execute(
        update(source_records).where(one_of(c.id, [row.id for row in rows])).values(gone_at=now)
    )
    changed = paper_rows.changed(connection, paper_rows.remerged(connection, keys), before)
    seq = paper_rows.update_papers(connection, changed, before, last_seq(connection))
    save_change(connection, seq, now=now)
    # A record in several files has gone once.
    gone = dict.fromkeys((row.paper, row.source_id) for row in rows)
    told = [
        (paper, source, Event(kind="gone", at=now[:10], detail={"id": source_id}))
        for paper, source_id in gone
    ]
    happenings.write(connection, told, now=now)
