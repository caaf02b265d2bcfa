"""What readers did at the sources, as series of numbers by day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.dates import first_number, text_of
from broadsheet.model.paper import Record, Tally
from broadsheet.store.asked import all_rows
from broadsheet.store.bulk import Bulk
from broadsheet.store.lists import list_text, named_list, one_of
from broadsheet.store.schema import counts, source_records

_NAME = (counts.c.source_id, counts.c.source, counts.c.kind)


def save(connection: Connection, records: Sequence[Record], *, day: str) -> None:
    """Keep the counts of records on a day, where they are not what was known last.

    Of one day the last number counts.
    """
    said = {
        (record.source_id, record.source, kind): value
        for record in records
        for kind, value in record.counts
    }
    if not said:
        return
    known = _last(connection, sorted({source_id for source_id, _, _ in said}))
    number = first_number(day)
    rows = [(*name, number, value) for name, value in said.items() if known.get(name) != value]
    _PUT.run(connection, rows)


def of_papers(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[Tally]]:
    """Return the series of each of these papers, by source and kind, oldest first."""
    found: dict[int, list[Tally]] = defaultdict(list)
    for row in all_rows(connection, _SERIES, {"keys": list_text(keys)}):
        tally = Tally(
            source=row.source,
            source_id=row.source_id,
            kind=row.kind,
            day=text_of(row.day),
            value=row.value,
        )
        found[row.paper].append(tally)
    return found


def _last(connection: Connection, source_ids: Sequence[str]) -> dict[tuple[str, str, str], int]:
    days = (
        select(*_NAME, func.max(counts.c.day))
        .where(one_of(counts.c.source_id, source_ids))
        .group_by(*_NAME)
    )
    rows = connection.execute(
        select(*_NAME, counts.c.value).where(tuple_(*_NAME, counts.c.day).in_(days))
    )
    return {(source_id, source, kind): value for source_id, source, kind, value in rows}


_SERIES = (
    select(source_records.c.paper, *_NAME, counts.c.day, counts.c.value)
    .join(
        source_records,
        (source_records.c.source_id == counts.c.source_id)
        & (source_records.c.source == counts.c.source),
    )
    .where(named_list(source_records.c.paper, "keys"))
    .distinct()
    .order_by(counts.c.source, counts.c.kind, counts.c.source_id, counts.c.day)
)
_new = insert(counts)
_PUT = Bulk(
    statement=_new.on_conflict_do_update(
        ["source_id", "source", "kind", "day"], set_={"value": _new.excluded.value}
    ),
    names=("source_id", "source", "kind", "day", "value"),
)
