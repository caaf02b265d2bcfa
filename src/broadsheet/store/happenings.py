"""Events: written when papers are made or changed, and read in the order of their learning."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    distinct,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.events import Event, Happened, StoredEvent, events_between
from broadsheet.model.merging import Merged, merge
from broadsheet.model.paper import Record
from broadsheet.store.asked import all_rows
from broadsheet.store.bulk import Bulk
from broadsheet.store.drafts import Draft
from broadsheet.store.filters import has_facet
from broadsheet.store.lists import list_text, named_list
from broadsheet.store.schema import events, facets, papers

Told = tuple[int, str, Event]
"""A paper's key, the source whose record told it, and what happened."""

_encode = msgspec.json.Encoder().encode
_detail = msgspec.json.Decoder(dict[str, Any]).decode
_COLUMNS = ("paper", "kind", "source", "at", "seen_at", "detail")
_LAST_TOLD = (
    select(events.c.paper, func.max(events.c.seen_at).label("at"))
    .where(named_list(events.c.paper, "keys"))
    .group_by(events.c.paper)
)
_INSERT = Bulk(statement=insert(events), names=_COLUMNS)


def told_of_new(made: Sequence[Draft]) -> list[Told]:
    """Return what happened to papers that are new: the same as if their records came singly."""
    found: list[Told] = []
    for paper in made:
        before: Merged | None = None
        for number, record in enumerate(paper.records, 1):
            is_last = number == len(paper.records)
            after = paper.merged if is_last else merge(paper.records[:number])
            told = events_between(before, after)
            found += [(paper.key, record.source, _noted(event, paper)) for event in told]
            before = after
    return found


def told_of_changed(before: Merged, paper: Draft, last: Record) -> list[Told]:
    """Return what happened to a paper that was there; `last` is the record that changed it."""
    told = events_between(before, paper.merged)
    return [(paper.key, last.source, _noted(event, paper)) for event in told]


def write(connection: Connection, told: Sequence[Told], *, now: str) -> None:
    """Keep events."""
    rows = [
        (paper, event.kind, source, event.at, now, _encode(event.detail).decode())
        for paper, source, event in told
    ]
    _INSERT.run(connection, rows)


def after(
    connection: Connection, number: int, *, kinds: Sequence[str], paper: str | None, limit: int
) -> list[StoredEvent]:
    """Return events learned after the one of a number, oldest first."""
    values: dict[str, Any] = {"number": number, "of_paper": paper, "most": limit}
    values |= {f"told_{n}": kind for n, kind in enumerate(kinds)}
    question = _after(len(kinds), paper is not None)
    return [_event(row) for row in all_rows(connection, question, values)]


@lru_cache(maxsize=64)
def _after(n_kinds: int, is_of_paper: bool) -> Any:
    chosen = _joined().where(events.c.id > bindparam("number"))
    if n_kinds:
        chosen = chosen.where(events.c.kind.in_(_told(n_kinds)))
    if is_of_paper:
        chosen = chosen.where(papers.c.id == bindparam("of_paper"))
    return chosen.order_by(events.c.id).limit(bindparam("most"))


def _told(n_kinds: int) -> list[BindParameter[str]]:
    return [bindparam(f"told_{n}") for n in range(n_kinds)]


def last(connection: Connection) -> int:
    """Return the number of the last event; 0 while there is none."""
    return connection.scalar(select(func.max(events.c.id))) or 0


def _noted(event: Event, paper: Draft) -> Event:
    """Return an event with the notice that states it, where another work does."""
    notice = paper.notice
    if notice is None or event.kind != notice.standing:
        return event
    return replace(event, at=notice.day or event.at, detail={"notice": notice.by})


def on_day(
    connection: Connection,
    day: str,
    *,
    kinds: Sequence[str],
    within: Sequence[tuple[str, str]],
    limit: int,
) -> Happened:
    """Return events of kinds that their sources date on a day, of papers with all the facets."""
    values: dict[str, Any] = {"of_day": day, "most": limit}
    values |= {f"told_{n}": kind for n, kind in enumerate(kinds)}
    for n, (kind, value) in enumerate(within):
        values |= {f"kind_{n}": kind, f"value_{n}": value}
    question, counted = _on_day(len(kinds), len(within))
    found = tuple([_event(row) for row in all_rows(connection, question, values)])
    n_papers = len({told.key for told in found})
    if len(found) == limit:
        n_papers = connection.scalar(counted, values) or 0
    return Happened(events=found, papers=n_papers)


@lru_cache(maxsize=64)
def _on_day(n_kinds: int, n_within: int) -> tuple[Any, Select[int]]:
    of_day = events.c.at == bindparam("of_day")
    chosen = _joined().where(of_day, events.c.kind.in_(_told(n_kinds)))
    for n in range(n_within):
        found = and_(
            facets.c.kind == bindparam(f"kind_{n}"), facets.c.value == bindparam(f"value_{n}")
        )
        chosen = chosen.where(has_facet(facets, found, papers.c.day, papers.c.key))
    counted = chosen.with_only_columns(func.count(distinct(events.c.paper)))
    return chosen.order_by(events.c.id).limit(bindparam("most")), counted


def last_told(connection: Connection, keys: Sequence[int]) -> dict[int, str]:
    """Return when the newest event of each paper was learned, of those that have any."""
    rows = all_rows(connection, _LAST_TOLD, {"keys": list_text(keys)})
    return {row.paper: row.at for row in rows}


def _joined() -> Any:
    return select(events, papers.c.id.label("of"), papers.c.title).join(
        papers, papers.c.key == events.c.paper
    )


def _event(row: Any) -> StoredEvent:
    return StoredEvent(
        number=row.id,
        paper=row.of,
        key=row.paper,
        title=row.title,
        source=row.source,
        seen_at=row.seen_at,
        event=Event(kind=row.kind, at=row.at, detail=_detail(row.detail)),
    )
