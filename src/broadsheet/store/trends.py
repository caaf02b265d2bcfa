"""What trending counts: acts of readers and events of papers, from a moment on.

A new kind of signal is one more function in `_READS` that yields the same columns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, or_, select

from broadsheet.model.dates import first_number, last_number
from broadsheet.model.events import EVENT_KINDS
from broadsheet.model.trend_ports import Batch, ListedPaper, Mark, Signals
from broadsheet.store.database import Database
from broadsheet.store.lists import one_of
from broadsheet.store.reader_schema import acts, readers
from broadsheet.store.schema import events, papers

_WHOLE_DAY = 10
_AT_ONCE = 2_000
_NUMBER = select(
    select(func.max(acts.c.id)).scalar_subquery(),
    select(func.max(events.c.id)).scalar_subquery(),
    select(func.sum(readers.c.seq)).scalar_subquery(),
    select(func.count()).where(readers.c.disabled_at != "").scalar_subquery(),
)
_LISTED = (papers.c.key, papers.c.day, papers.c.categories)

Row = tuple[int, str, str, float, int, str, int]
"""Paper, kind, moment, amount, reader (0: none), when the reader joined, place (0: unknown)."""


class SqlTrends(Database):
    """The inputs of trending (`model.trend_ports.TrendInputs`)."""

    def number(self) -> tuple[int, ...]:
        """Return what changes whenever a signal is added, undone, or not to be counted.

        An undone act leaves its row's number as it is, but its reader's `seq` grows.
        """
        with self._reading() as connection:
            return tuple(number or 0 for number in connection.execute(_NUMBER).one())

    def signals(
        self, *, kinds: Sequence[str], since: datetime, fresh: date, mark: Mark | None = None
    ) -> Batch:
        """Return the signals of these kinds from a moment on, undone ones left out."""
        moment = since.isoformat(timespec="seconds")
        with self._reading() as connection:
            new, joined = _mark(connection)
            wanted = _Wanted(
                kinds=frozenset(kinds),
                since=moment,
                fresh=first_number(fresh.isoformat()),
                after=mark.last if mark else (),
                again=_changed(mark, new) if mark else (),
                joined=joined,
            )
            rows = [row for read in _READS for row in read(connection, wanted)]
        return Batch(signals=_columns(tuple(kinds), rows), again=wanted.again, mark=new)

    def listed(self, *, since: date, until: date) -> list[ListedPaper]:
        """Return the papers listed in a span of days."""
        span = papers.c.day.between(first_number(since.isoformat()), last_number(until.isoformat()))
        with self._reading() as connection:
            return [_listed(row) for row in connection.execute(select(*_LISTED).where(span))]

    def changed(self, *, after: int, limit: int) -> list[ListedPaper]:
        """Return papers of any day that have changed since a number (`seq`), oldest first."""
        asked = select(*_LISTED).where(papers.c.seq > after).order_by(papers.c.seq).limit(limit)
        with self._reading() as connection:
            return [_listed(row) for row in connection.execute(asked)]

    def known(self, keys: Sequence[int], *, until: date) -> list[ListedPaper]:
        """Return those papers of these keys that are not listed in the future."""
        past = papers.c.day <= last_number(until.isoformat())
        asked = select(*_LISTED).where(one_of(papers.c.key, [int(key) for key in keys]), past)
        with self._reading() as connection:
            return [_listed(row) for row in connection.execute(asked)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is read: all from a moment on, or with `after` only what has changed since.

    Args:
        fresh: the oldest day (`yyyymmdd`) of papers whose events count.
        after: the last numbers of acts and events that were read before; empty for none.
        again: readers whose acts are read anew.
        joined: when each reader's account was made; one who may not come in is not there.
    """

    kinds: frozenset[str]
    since: str
    fresh: int
    after: tuple[int, ...]
    again: tuple[int, ...]
    joined: Mapping[int, str]


def _mark(connection: Connection) -> tuple[Mark, dict[int, str]]:
    """Return how far all is at present, and when each reader who may come in joined."""
    last = select(
        select(func.max(acts.c.id)).scalar_subquery(),
        select(func.max(events.c.id)).scalar_subquery(),
    )
    columns = (readers.c.key, readers.c.seq, readers.c.created_at)
    rows = connection.execute(select(*columns).where(readers.c.disabled_at == "")).all()
    mark = Mark(
        last=tuple(number or 0 for number in connection.execute(last).one()),
        readers={key: seq for key, seq, _ in rows},
    )
    return mark, {key: created_at for key, _, created_at in rows}


def _changed(old: Mark, new: Mark) -> tuple[int, ...]:
    """Return the readers who have changed something, have come or have gone."""
    every = old.readers.keys() | new.readers.keys()
    return tuple(sorted(k for k in every if old.readers.get(k) != new.readers.get(k)))


def _acts(connection: Connection, wanted: _Wanted) -> Iterator[Row]:
    """What readers did; a reader who may not come in counts no more."""
    joined = wanted.joined
    asked = select(acts.c.paper, acts.c.kind, acts.c.at, acts.c.reader, acts.c.place).where(
        acts.c.undone_at == ""
    )
    if wanted.after:  # each half by an index of its own
        asked = asked.where(or_(acts.c.id > wanted.after[0], one_of(acts.c.reader, wanted.again)))
    else:
        asked = asked.where(acts.c.at >= wanted.since)
    for paper, kind, at, reader, place in connection.execute(asked).all():
        if at >= wanted.since and kind in wanted.kinds and reader in joined:
            yield paper, kind, at, 1.0, reader, joined[reader], place


def _events(connection: Connection, wanted: _Wanted) -> Iterator[Row]:
    """What happened to fresh papers: on the source's day where it is whole, else when learned.

    Numbers ascend with the moment of learning, so each kind is walked from its end to the first
    that is too old; a condition on papers would make that walk go on to the very beginning.
    """
    for kind in EVENT_KINDS:
        if kind not in wanted.kinds:
            continue
        asked = (
            select(events.c.paper, events.c.at, events.c.seen_at, papers.c.day)
            .join(papers, papers.c.key == events.c.paper)
            .where(events.c.kind == kind, events.c.id > (wanted.after or (0, 0))[1])
            .order_by(events.c.id.desc())
            .execution_options(yield_per=_AT_ONCE)
        )
        for paper, at, seen_at, day in connection.execute(asked):
            if seen_at < wanted.since:
                break
            moment = at if at and len(at) == _WHOLE_DAY else seen_at
            if moment >= wanted.since and day >= wanted.fresh:
                yield paper, kind, moment, 1.0, 0, wanted.since, 0


_READS: tuple[Callable[[Connection, _Wanted], Iterator[Row]], ...] = (_acts, _events)


def _columns(kinds: tuple[str, ...], rows: list[Row]) -> Signals:
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 7
    paper, kind, at, amount, reader, joined, place = columns
    place_of = {name: number for number, name in enumerate(kinds)}
    return Signals(
        kinds=kinds,
        paper=np.array(paper, dtype=np.int64),
        kind=np.array([place_of[name] for name in kind], dtype=np.int64),
        at=_seconds(at),
        amount=np.array(amount, dtype=np.float64),
        reader=np.array(reader, dtype=np.int64),
        joined=_seconds(joined),
        place=np.array(place, dtype=np.int64),
    )


def _seconds(moments: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return ISO texts in UTC as seconds since 1970."""
    cut = np.array([moment[:19] for moment in moments], dtype="datetime64[s]")
    return cut.astype(np.int64).astype(np.float64)


def _listed(row: Any) -> ListedPaper:
    return ListedPaper(key=row.key, day=row.day, categories=row.categories)
