"""Notices that take other works back, which may come before the papers that they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.merging import STANDINGS
from broadsheet.model.paper import Record
from broadsheet.store.lists import one_of
from broadsheet.store.schema import identifiers, notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What takes a paper back.

    Args:
        by: the notice's record, `source:id`.
        day: its partial date, or None.
    """

    standing: str
    by: str
    day: str | None


def keep(connection: Connection, records: Iterable[Record]) -> dict[int, Record]:
    """Keep the notices among records; return the keys of papers that they name, each with one."""
    giving = [record for record in records if record.takes_back]
    if not giving:
        return {}
    rows = [
        {
            "scheme": scheme,
            "value": value,
            "source": record.source,
            "source_id": record.source_id,
            "standing": standing,
            "day": record.submitted or record.modified,
        }
        for record in giving
        for standing, target in record.takes_back
        for scheme, _, value in [target.partition(":")]
    ]
    mine = [record.source_id for record in giving]
    connection.execute(
        delete(notices).where(
            notices.c.source.in_({record.source for record in giving}),
            one_of(notices.c.source_id, mine),
        )
    )
    connection.execute(insert(notices).on_conflict_do_nothing(), rows)
    of_ref = {(record.source, record.source_id): record for record in giving}
    named = (
        select(identifiers.c.paper, notices.c.source, notices.c.source_id)
        .join(
            notices,
            (notices.c.scheme == identifiers.c.scheme) & (notices.c.value == identifiers.c.value),
        )
        .where(one_of(notices.c.source_id, mine))
    )
    return {
        paper: of_ref[source, source_id]
        for paper, source, source_id in connection.execute(named)
        if (source, source_id) in of_ref
    }


def about(connection: Connection, papers: Mapping[int, Sequence[Record]]) -> dict[int, Notice]:
    """Return the notice of each paper that is taken back by another work, by its records."""
    if not papers or connection.scalar(select(notices.c.value).limit(1)) is None:
        return {}
    named = {
        pair: key for key, said in papers.items() for record in said for pair in record.identifiers
    }
    by_scheme: dict[str, list[str]] = {}
    for scheme, value in named:
        by_scheme.setdefault(scheme, []).append(value)
    asked = [
        (notices.c.scheme == scheme) & one_of(notices.c.value, values)
        for scheme, values in by_scheme.items()
    ]
    if not asked:
        return {}
    found: dict[int, Notice] = {}
    for row in connection.execute(select(notices).where(or_(*asked))):
        key = named[row.scheme, row.value]
        notice = Notice(standing=row.standing, by=f"{row.source}:{row.source_id}", day=row.day)
        known = found.get(key)
        if known is None or _weight(notice.standing) < _weight(known.standing):
            found[key] = notice
    return found


def weightier(one: str, other: str) -> str:
    """Return which of two standings weighs more; an empty one weighs nothing."""
    return min(one, other, key=_weight)


def _weight(standing: str) -> int:
    return STANDINGS.index(standing) if standing in STANDINGS else len(STANDINGS)
