"""The store behind the service's port: questions on one engine, transactions on the other."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine, func, select, text

from broadsheet.model.dates import first_number, last_number, text_of
from broadsheet.model.errors import StoreBusyError, StoreError
from broadsheet.model.events import Happened, StoredEvent
from broadsheet.model.harvest import HarvestState, RawAnswer
from broadsheet.model.importing import Reject
from broadsheet.model.importstate import FileState, MergeRow
from broadsheet.model.library import AuthorEntry, Count, Counts, IndexRow, Listing
from broadsheet.model.paper import Paper, Tally
from broadsheet.model.query import Filters
from broadsheet.model.subjects import Filing
from broadsheet.store import (
    answers,
    counting,
    forwards,
    happenings,
    harvesting,
    joining,
    papers,
    schema,
    shelves,
    tallies,
)
from broadsheet.store.database import Database
from broadsheet.store.filters import Chosen, keys_newest_first, keys_of_any, of_any, passing
from broadsheet.store.guard import guarded
from broadsheet.store.kept_papers import KeptPapers
from broadsheet.store.schema import file_states, rejects
from broadsheet.store.writing import SqlWriting

_T = TypeVar("_T")
_REMEMBERED = 1_000


class SqlStore(Database):
    """The papers of a library (`model.ports.Store`)."""

    def __init__(self, *, reader: Engine, writer: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__(reader=reader, writer=writer, clock=clock)
        self._papers = KeptPapers()
        self._kept: dict[Hashable, tuple[int, object]] = {}

    def paper(self, ref: str) -> Paper | None:
        """Return the paper of a public id, one that it had before, an arXiv id or a DOI."""
        with self._reading() as connection:
            key = papers.key_of(connection, ref)
            if key is None:
                return None
            return self._papers.one(connection, self._last_seq(connection), key)

    def forward(self, address: str) -> str | None:
        """Return the id of the paper to which one that had this public id was joined."""
        with self._reading() as connection:
            key = forwards.leads_to(connection, address)
            return forwards.address_of(connection, key) if key is not None else None

    def papers(self, keys: Sequence[int]) -> list[Paper]:
        """Return the papers of these keys, in their order, absent ones left out."""
        with self._reading() as connection:
            return self._listed(connection, keys)

    def papers_of(self, ids: Sequence[str]) -> list[Paper]:
        """Return the papers of these public ids, by ascending key, absent ones left out."""
        with self._reading() as connection:
            return self._listed(connection, papers.keys_of_ids(connection, ids))

    def papers_after(self, key: int, *, limit: int) -> list[Paper]:
        """Return papers with a greater key, ascending by it."""
        with self._reading() as connection:
            # The whole library comes by here: what is kept for pages is not pushed out for it.
            read = papers.by_key(connection, papers.keys_after(connection, key, limit=limit))
            return [read[key].paper for key in sorted(read)]

    def listing(
        self, filters: Filters, *, limit: int, offset: int = 0, not_in: Sequence[int] = ()
    ) -> Listing:
        """Return papers that pass, newest first (ties: greater key first)."""
        chosen = keys_newest_first(filters)
        left = keys_newest_first(filters, not_in=not_in) if not_in else chosen
        with self._reading() as connection:
            total = self._remembered(connection, filters, lambda c: papers.total(c, chosen))
            if not_in:
                total -= papers.total(connection, passing(filters, not_in))
            return self._listing(connection, left, total, limit=limit, offset=offset)

    def listing_of_any(
        self,
        values: Sequence[tuple[str, str]],
        *,
        limit: int,
        offset: int = 0,
        not_in: Sequence[int] = (),
    ) -> Listing:
        """Return papers of any of these authors and categories, newest first."""
        wanted = tuple(sorted(set(values)))
        if not wanted:
            return Listing(papers=(), total=0)
        chosen = keys_of_any(wanted)
        left = keys_of_any(wanted, not_in=not_in) if not_in else chosen
        with self._reading() as connection:
            total = self._remembered(connection, ("any", wanted), lambda c: papers.total(c, chosen))
            if not_in:
                total -= papers.total(connection, of_any(wanted, not_in))
            return self._listing(connection, left, total, limit=limit, offset=offset)

    def matching(self, filters: Filters) -> Sequence[int]:
        """Return the keys of all papers that pass, ascending."""
        with self._reading() as connection:
            return papers.matching(connection, filters)

    def filings(self, keys: Sequence[int]) -> Mapping[int, Filing]:
        """Return what those of some papers that are in lists are filed under, by key."""
        with self._reading() as connection:
            return papers.filings(connection, keys)

    def changes(self, *, after: int, limit: int) -> list[IndexRow]:
        """Return papers whose `seq` is greater than `after`, ascending by `seq`."""
        with self._reading() as connection:
            return papers.changes(connection, after=after, limit=limit)

    def last_seq(self) -> int:
        """Return the greatest `seq` given out so far."""
        with self._reading() as connection:
            return self._last_seq(connection)

    def last_change(self) -> tuple[int, datetime | None]:
        """Return the greatest `seq` given out so far, and the second in which it was."""
        with self._reading() as connection:
            return counting.last_change(connection)

    def library_name(self) -> str:
        """Return what tells this library from every other, wherever it is moved."""
        with self._reading() as connection:
            return counting.library_name(connection)

    def newest_day(self, *, until: str) -> str | None:
        """Return the newest whole day up to `until` that has papers."""
        with self._reading() as connection:
            days = self._days(connection)
            return _whole_day(reversed(days[: bisect_right(days, last_number(until))]))

    def next_day(self, *, after: str) -> str | None:
        """Return the oldest whole day after `after` that has papers."""
        with self._reading() as connection:
            days = self._days(connection)
            return _whole_day(days[bisect_right(days, last_number(after)) :])

    def end_day(self, filters: Filters, *, newest: bool) -> str | None:
        """Return the day of the newest or of the oldest dated paper that passes."""
        with self._reading() as connection:
            if filters.is_span:
                days = self._days(connection)
                first = bisect_left(days, first_number(filters.since)) if filters.since else 0
                end = bisect_right(days, last_number(filters.until)) if filters.until else None
                span = days[first:end]
                day = span[-1 if newest else 0] if span else None
            else:
                day = papers.end_day(connection, filters, newest=newest)
            return text_of(day) if day else None

    def days(self, *, since: str, until: str) -> list[Count]:
        """Return whole days with papers in the span, newest first."""
        with self._reading() as connection:
            return shelves.days(connection, since=since, until=until)

    def categories(self) -> list[Count]:
        """Return categories with their numbers of papers (cross-lists count), largest first."""
        with self._reading() as connection:
            return list(self._remembered(connection, "categories", shelves.categories))

    def venues(self, *, limit: int) -> list[Count]:
        """Return the venues with the most papers."""
        with self._reading() as connection:
            return self._remembered(connection, "venues", shelves.venues)[:limit]

    def sources(self) -> list[Count]:
        """Return sources with their numbers of papers, largest first."""
        with self._reading() as connection:
            return list(self._remembered(connection, "sources", shelves.sources))

    def author(self, key: str) -> AuthorEntry | None:
        """Return the author of a name key."""
        with self._reading() as connection:
            return shelves.author(connection, key)

    def tallies(self, keys: Sequence[int]) -> Mapping[int, list[Tally]]:
        """Return what readers did with each of these papers: series, each oldest first."""
        with self._reading() as connection:
            return tallies.of_papers(connection, keys)

    def counts(self) -> Counts:
        """Return the numbers of rows."""
        with self._reading() as connection:
            newest, oldest = shelves.span(connection)
            found = self._remembered(connection, "sources", shelves.sources)
            return Counts(
                papers=shelves.n_papers(connection),
                source_records=shelves.n_rows(connection, schema.source_records),
                authors=self._remembered(connection, "authors", shelves.n_authors),
                rejected=shelves.n_rows(connection, rejects),
                newest_day=newest,
                oldest_day=oldest,
                events=self._remembered(connection, "events", shelves.n_events),
                sources=tuple((count.name, count.papers) for count in found),
            )

    @contextmanager
    def writing(self) -> Iterator[SqlWriting]:
        """Open one write transaction: durable when the block ends, undone when it raises."""
        with self._changing() as connection:
            yield SqlWriting(connection=connection, clock=self.clock)

    def checkpoint(self, file: str) -> FileState | None:
        """Return how far the import of a file has come, by its fingerprint."""
        with self._reading() as connection:
            row = connection.execute(
                select(file_states).where(file_states.c.fingerprint == file)
            ).first()
        if row is None:
            return None
        return FileState(
            fingerprint=row.fingerprint,
            name=row.name,
            resume=row.resume,
            done=bool(row.done),
            records=row.records,
        )

    def rejects(
        self, *, fingerprint: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[tuple[int, Reject]]:
        """Return kept refusals with their numbers, ascending from the number `after` on."""
        chosen = select(rejects).where(rejects.c.id > after).order_by(rejects.c.id).limit(limit)
        if fingerprint is not None:
            chosen = chosen.where(rejects.c.fingerprint == fingerprint)
        with self._reading() as connection:
            return [
                (r.id, Reject(file=r.file, line=r.line, reason=r.reason, excerpt=r.excerpt))
                for r in connection.execute(chosen)
            ]

    def count_rejects(self, fingerprint: str) -> int:
        """Return how many lines of one content were refused."""
        with self._reading() as connection:
            kept = select(func.count()).where(rejects.c.fingerprint == fingerprint)
            return connection.scalar(kept) or 0

    def last_event(self) -> int:
        """Return the number of the last event; 0 while there is none."""
        with self._reading() as connection:
            return happenings.last(connection)

    def events(
        self,
        *,
        after: int = 0,
        kinds: Sequence[str] = (),
        paper: str | None = None,
        limit: int = 100,
    ) -> list[StoredEvent]:
        """Return events learned after the one of a number, oldest first."""
        with self._reading() as connection:
            return happenings.after(connection, after, kinds=kinds, paper=paper, limit=limit)

    def last_told(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Return when the newest event of each of these papers was learned."""
        with self._reading() as connection:
            return happenings.last_told(connection, keys)

    def happened(
        self,
        day: str,
        *,
        kinds: Sequence[str],
        category: str = "",
        author: str = "",
        limit: int = 100,
    ) -> Happened:
        """Return events of kinds that their sources date on a day, oldest learned first."""
        within = (("category", category), ("author", author))
        with self._reading() as connection:
            return happenings.on_day(
                connection, day, kinds=kinds, within=[w for w in within if w[1]], limit=limit
            )

    def merges(
        self, *, paper: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[MergeRow]:
        """Return merges from the number `after` on, ascending; of one paper where it is given."""
        with self._reading() as connection:
            return joining.listed(connection, paper=paper, after=after, limit=limit)

    def merge(self, number: int) -> MergeRow | None:
        """Return one merge."""
        with self._reading() as connection:
            return joining.one(connection, number)

    def answers(self, key: int) -> list[RawAnswer]:
        """Return the kept answers that brought the records of a paper last, oldest first."""
        with self._reading() as connection:
            return answers.of_paper(connection, key)

    def harvest(self, source: str, selection: str) -> HarvestState | None:
        """Return how far the harvest of a selection has come."""
        with self._reading() as connection:
            return harvesting.one(connection, source, selection)

    def harvests(self) -> list[HarvestState]:
        """Return every harvest, by source and selection."""
        with self._reading() as connection:
            return harvesting.every(connection)

    def take_turn(self, name: str, *, interval_s: float) -> float:
        """Take the next turn to ask a server; return how many seconds it is away."""
        with guarded("waiting for a turn"), self.writer.begin() as connection:
            return harvesting.take_turn(connection, name, interval_s, self.clock().timestamp())

    def put_off(self, name: str, *, seconds: float) -> None:
        """Let no turn begin before so many seconds have passed."""
        with guarded("waiting for a turn"), self.writer.begin() as connection:
            harvesting.put_off(connection, name, seconds, self.clock().timestamp())

    def schema(self) -> str:
        """Return the revision of the database's schema."""
        with self._reading() as connection:
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))

    def problems(self) -> list[str]:
        """Return what the database's own integrity checks complain of."""
        try:
            with self._reading() as connection:
                said = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
                loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        except StoreBusyError:
            raise
        except StoreError as e:  # too damaged to be checked: that is the complaint
            return [str(e)]
        found = [str(line) for line in said if line != "ok"]
        return found + [f"{row[0]} points to a {row[2]} row that is missing" for row in loose[:20]]

    def close(self) -> None:
        """Give back connections."""
        with guarded("closing the library"):
            self.reader.dispose()
            self.writer.dispose()

    def _listing(
        self, connection: Connection, chosen: Chosen, total: int, *, limit: int, offset: int
    ) -> Listing:
        keys = papers.page(connection, chosen, limit=limit, offset=offset) if limit else []
        return Listing(papers=tuple(self._listed(connection, keys)), total=total)

    def _listed(self, connection: Connection, keys: Sequence[int]) -> list[Paper]:
        return self._papers.listed(connection, self._last_seq(connection), keys)

    def _days(self, connection: Connection) -> list[int]:
        """Return the days that papers are dated by, partial ones among them, ascending."""
        return self._remembered(connection, "days", shelves.dated)

    def _remembered(
        self, connection: Connection, name: Hashable, ask: Callable[[Connection], _T]
    ) -> _T:
        """Return the answer of `ask`, asked again only when a paper has changed since."""
        seq = self._last_seq(connection)
        kept = self._kept.get(name)
        if kept is None or kept[0] != seq:
            if len(self._kept) >= _REMEMBERED:
                self._kept.clear()
            kept = (seq, ask(connection))
            self._kept[name] = kept
        return cast(_T, kept[1])


def _whole_day(days: Iterable[int]) -> str | None:
    """Return the first that is a day and not a month or a year."""
    day = next((day for day in days if day % 100), None)
    return text_of(day) if day else None
