"""What the use cases need of the outside: rooms implement these, `wiring` joins them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from broadsheet.model.events import Happened, StoredEvent
from broadsheet.model.harvest import HarvestState, RawAnswer
from broadsheet.model.importing import Reject
from broadsheet.model.importstate import Assigned, FileState, MergeRow, StoredRecord, TitleMatch
from broadsheet.model.library import AuthorEntry, Count, Counts, IndexRow, Listing
from broadsheet.model.merging import Merged, Opinion
from broadsheet.model.paper import Paper, Record, Tally
from broadsheet.model.query import Filters
from broadsheet.model.subjects import Filing

Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC."""

Progress = Callable[[str, int, int | None], None]
"""Takes a step's name, how much is done, and of how much (None when unknown)."""

Stop = Callable[[], bool]
"""Returns True when long work should end at the next safe place."""


Wait = Callable[[float], bool]
"""Waits so many seconds; returns True when the work is to stop instead."""


class Reading(Protocol):
    """The questions that pages, API and indexes ask of the store. Lists come newest first."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all questions of this thread see one state of the library until the block ends."""
        ...

    def paper(self, ref: str) -> Paper | None:
        """Return the paper of a public id, one that it had before, an arXiv id or a DOI.

        The last two are in normal form.
        """
        ...

    def forward(self, address: str) -> str | None:
        """Return the id of the paper to which one that had this public id was joined."""
        ...

    def papers(self, keys: Sequence[int]) -> list[Paper]:
        """Return the papers of these keys, in their order, absent ones left out.

        The number of database queries does not depend on the number of keys.
        """
        ...

    def papers_of(self, ids: Sequence[str]) -> list[Paper]:
        """Return the papers of these public ids, by ascending key, absent ones left out."""
        ...

    def papers_after(self, key: int, *, limit: int) -> list[Paper]:
        """Return papers with a greater key, ascending by it: the whole library, part by part."""
        ...

    def listing(
        self, filters: Filters, *, limit: int, offset: int = 0, not_in: Sequence[int] = ()
    ) -> Listing:
        """Return papers that pass, newest first (ties: greater key first).

        Args:
            not_in: keys of papers that are left out, and not counted.
        """
        ...

    def listing_of_any(
        self,
        values: Sequence[tuple[str, str]],
        *,
        limit: int,
        offset: int = 0,
        not_in: Sequence[int] = (),
    ) -> Listing:
        """Return papers of any of these authors and categories, newest first.

        Args:
            values: each `author` with a name key, or `category` with a code.
        """
        ...

    def newest_day(self, *, until: str) -> str | None:
        """Return the newest whole day (`YYYY-MM-DD`) up to `until` that has papers."""
        ...

    def next_day(self, *, after: str) -> str | None:
        """Return the oldest whole day after `after` that has papers."""
        ...

    def end_day(self, filters: Filters, *, newest: bool) -> str | None:
        """Return the day (a partial date) of the newest or oldest dated paper that passes."""
        ...

    def days(self, *, since: str, until: str) -> list[Count]:
        """Return whole days with papers in the span, newest first."""
        ...

    def categories(self) -> list[Count]:
        """Return categories with their numbers of papers (cross-lists count), largest first."""
        ...

    def venues(self, *, limit: int) -> list[Count]:
        """Return the venues with the most papers."""
        ...

    def sources(self) -> list[Count]:
        """Return sources with their numbers of papers, largest first."""
        ...

    def author(self, key: str) -> AuthorEntry | None:
        """Return the author of a name key."""
        ...

    def matching(self, filters: Filters) -> Sequence[int]:
        """Return the keys of all papers that pass, ascending."""
        ...

    def filings(self, keys: Sequence[int]) -> Mapping[int, Filing]:
        """Return what those of some papers that are in lists are filed under, by key."""
        ...

    def changes(self, *, after: int, limit: int) -> list[IndexRow]:
        """Return papers whose `seq` is greater than `after`, ascending by `seq`.

        Those that are gone since stand among them.
        """
        ...

    def last_seq(self) -> int:
        """Return the greatest `seq` given out so far."""
        ...

    def last_event(self) -> int:
        """Return the number of the last event; 0 while there is none."""
        ...

    def last_change(self) -> tuple[int, datetime | None]:
        """Return the greatest `seq` given out so far, and the second in which it was, in UTC."""
        ...

    def library_name(self) -> str:
        """Return what tells this library from every other, wherever it is moved."""
        ...

    def last_told(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Return when the newest event of each of these papers was learned, ISO text in UTC.

        Papers without events are left out.
        """
        ...

    def happened(
        self,
        day: str,
        *,
        kinds: Sequence[str],
        category: str = "",
        author: str = "",
        limit: int = 100,
    ) -> Happened:
        """Return events of kinds that their sources date on a day, oldest learned first.

        Args:
            day: a whole day, `YYYY-MM-DD`.
            category, author: of papers that are in this category, by the name of this key.
        """
        ...

    def events(
        self,
        *,
        after: int = 0,
        kinds: Sequence[str] = (),
        paper: str | None = None,
        limit: int = 100,
    ) -> list[StoredEvent]:
        """Return events learned after the one of a number, oldest first.

        Args:
            kinds: of these kinds alone; of all when empty.
            paper: of the paper of this public id alone.
        """
        ...

    def tallies(self, keys: Sequence[int]) -> Mapping[int, list[Tally]]:
        """Return what readers did with each of these papers: series, each oldest first.

        They come by source, kind and record; a number stands only on the days on which it was
        another one. Papers without any are left out.
        """
        ...

    def counts(self) -> Counts:
        """Return the numbers of rows."""
        ...


class Store(Reading, Protocol):
    """The database of a library. Every method raises only errors of `model.errors`."""

    def writing(self) -> AbstractContextManager["Writing"]:
        """Open one write transaction: it is durable when the block ends, undone when it raises.

        Waits for other writers, up to a minute, then raises StoreBusyError.
        """
        ...

    def checkpoint(self, file: str) -> FileState | None:
        """Return how far the import of a file has come, by its fingerprint."""
        ...

    def rejects(
        self, *, fingerprint: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[tuple[int, Reject]]:
        """Return kept refusals with their numbers, ascending from the number `after` on."""
        ...

    def count_rejects(self, fingerprint: str) -> int:
        """Return how many lines of one content were refused."""
        ...

    def merges(
        self, *, paper: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[MergeRow]:
        """Return merges from the number `after` on, ascending; of one paper where it is given."""
        ...

    def merge(self, number: int) -> MergeRow | None:
        """Return one merge."""
        ...

    def answers(self, key: int) -> list[RawAnswer]:
        """Return the kept answers that brought the records of a paper last, oldest first."""
        ...

    def harvest(self, source: str, selection: str) -> HarvestState | None:
        """Return how far the harvest of a selection has come."""
        ...

    def harvests(self) -> list[HarvestState]:
        """Return every harvest, by source and selection."""
        ...

    def take_turn(self, name: str, *, interval_s: float) -> float:
        """Take the next turn to ask a server; return how many seconds it is away.

        Turns lie `interval_s` apart, whichever process takes them.
        """
        ...

    def put_off(self, name: str, *, seconds: float) -> None:
        """Let no turn begin before so many seconds have passed: the server asks for it."""
        ...

    def schema(self) -> str:
        """Return the revision of the database's schema."""
        ...

    def problems(self) -> list[str]:
        """Return what the database's own integrity checks complain of."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class Writing(Protocol):
    """Inside a write transaction. Identity is decided by the service; this looks and puts."""

    def papers_by_identifier(
        self, pairs: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], int]:
        """Return the paper key of each (scheme, value) that is known; schemes `arxiv`, `doi`."""
        ...

    def arxiv_ids(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the arXiv id of each of these papers that has one."""
        ...

    def papers_by_title(self, title_keys: Sequence[str]) -> Mapping[str, list[TitleMatch]]:
        """Return the papers that bear each title key."""
        ...

    def records_of(self, keys: Sequence[int]) -> Mapping[int, list[Record]]:
        """Return the records of each of these papers, oldest first."""
        ...

    def records(
        self, refs: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], StoredRecord]:
        """Return what is stored for each (source, source_id, origin)."""
        ...

    def settled(self, refs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Return the paper of each (source, source_id) whose merge someone has undone."""
        ...

    def split(self, merge: MergeRow) -> str:
        """Give the record of a merge a paper of its own; return that paper's public id.

        Raises:
            InvalidValueError: its paper has no other record.
        """
        ...

    def put_by_hand(self, keys: Sequence[int]) -> set[int]:
        """Return those of these papers that were made by taking a merge back."""
        ...

    def join(self, kept: int, gone: int, *, by: Assigned, evidence: str) -> None:
        """Make two papers one; the address of the one that is gone leads to the other.

        Args:
            by: the record that names both.
        """
        ...

    def part(self, merge: MergeRow) -> str:
        """Make the paper again that was joined to another; return its public id.

        Raises:
            InvalidValueError: nothing of it is left there, or nothing else.
        """
        ...

    def put(self, assigned: Sequence[Assigned]) -> int:
        """Store records, make and re-merge their papers; return the number of new papers."""
        ...

    def mark_gone(self, source: str, source_ids: Sequence[str]) -> None:
        """Keep that a source has deleted records, until they come again.

        A paper of which every record is gone is found by its names alone.
        """
        ...

    def save_tallies(self, records: Sequence[Record]) -> None:
        """Keep what records count today, where it is not what was known last."""
        ...

    def touch(self, assigned: Sequence[Assigned]) -> None:
        """Keep where stored records stood last; what they say is unchanged."""
        ...

    def save_checkpoint(self, state: FileState) -> None:
        """Keep how far a file has been read, with the records of this transaction."""
        ...

    def save_answer(self, answer: RawAnswer, *, fingerprint: str) -> None:
        """Keep an answer as it came; `fingerprint` is that of the records read from it."""
        ...

    def save_harvest(self, state: HarvestState) -> None:
        """Keep how far a harvest has come, with the records of this transaction."""
        ...

    def add_rejects(self, rejects: Sequence[Reject], *, fingerprint: str) -> int:
        """Keep refusals; one already kept for the same file and line is not counted twice."""
        ...

    def forget_rejects(self, *, file: str, fingerprint: str) -> None:
        """Drop the refusals of a file's earlier contents: the file was mended."""
        ...


class Judge(Protocol):
    """Tells whether two records are of one paper, where no rule does."""

    def judge(self, pairs: Sequence[tuple[Merged, Merged]]) -> list[Opinion]:
        """Return what is said of each pair; identifiers are not looked at."""
        ...
