"""Inside one write transaction: looking papers up, putting records in, keeping the place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.harvest import HarvestState
from broadsheet.model.importing import Reject
from broadsheet.model.importstate import Assigned, FileState, MergeRow, StoredRecord, TitleMatch
from broadsheet.model.paper import Record
from broadsheet.store import harvesting, joining
from broadsheet.store.bulk import Bulk
from broadsheet.store.drafts import title_number
from broadsheet.store.lists import one_of
from broadsheet.store.putting import put, records_of, split
from broadsheet.store.schema import file_states, identifiers, papers, rejects, source_records


class SqlWriting:
    """One open write transaction (`model.ports.Writing`).

    Args:
        connection: has begun; whoever made it ends it.
        clock: the present moment in UTC.
    """

    def __init__(self, *, connection: Connection, clock: Callable[[], datetime]) -> None:
        self.connection = connection
        self.clock = clock

    def papers_by_identifier(
        self, pairs: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], int]:
        """Return the paper key of each (scheme, value) that is known."""
        found: dict[tuple[str, str], int] = {}
        for scheme in sorted({name for name, _ in pairs}):
            values = [value for name, value in pairs if name == scheme]
            rows = self.connection.execute(
                select(identifiers.c.value, identifiers.c.paper).where(
                    identifiers.c.scheme == scheme, one_of(identifiers.c.value, values)
                )
            )
            found.update({(scheme, value): paper for value, paper in rows})
        return found

    def arxiv_ids(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the arXiv id of each of these papers that has one."""
        rows = self.connection.execute(
            select(papers.c.key, papers.c.arxiv_id).where(
                one_of(papers.c.key, keys), papers.c.arxiv_id.is_not(None)
            )
        )
        return {key: arxiv_id for key, arxiv_id in rows if arxiv_id is not None}

    def papers_by_title(self, title_keys: Sequence[str]) -> Mapping[str, list[TitleMatch]]:
        """Return the papers that bear each title key, the oldest first."""
        keys = {title_number(key): key for key in title_keys}
        c = papers.c
        rows = self.connection.execute(
            select(c.key, c.title_hash, c.first_author, c.year, c.text_hash, c.arxiv_id)
            .where(one_of(c.title_hash, list(keys)))
            .order_by(c.key)
        )
        found: dict[str, list[TitleMatch]] = {}
        for row in rows:
            match = TitleMatch(
                paper=row.key,
                first_author=row.first_author,
                year=row.year,
                text_hash=row.text_hash,
                arxiv_id=row.arxiv_id,
            )
            found.setdefault(keys[row.title_hash], []).append(match)
        return found

    def records_of(self, keys: Sequence[int]) -> Mapping[int, list[Record]]:
        """Return the records of each of these papers, oldest first."""
        return records_of(self.connection, keys)

    def records(
        self, refs: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], StoredRecord]:
        """Return what is stored for each (source, source_id, origin)."""
        c = source_records.c
        wanted = set(refs)
        rows = self.connection.execute(
            select(
                c.source, c.source_id, c.origin, c.paper, c.raw_hash, c.fingerprint, c.line
            ).where(one_of(c.source_id, [source_id for _, source_id, _ in refs]))
        )
        return {
            (row.source, row.source_id, row.origin): StoredRecord(
                paper=row.paper,
                raw_hash=row.raw_hash,
                fingerprint=row.fingerprint,
                line=row.line,
            )
            for row in rows
            if (row.source, row.source_id, row.origin) in wanted
        }

    def settled(self, refs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Return the paper of each (source, source_id) whose merge someone has undone."""
        return joining.settled(self.connection, refs)

    def split(self, merge: MergeRow) -> str:
        """Give the record of a merge a paper of its own; return that paper's public id."""
        return split(self.connection, merge, now=self._now())

    def put(self, assigned: Sequence[Assigned]) -> int:
        """Store records, make and re-merge their papers; return the number of new papers."""
        return put(self.connection, assigned, now=self._now()) if assigned else 0

    def touch(self, assigned: Sequence[Assigned]) -> None:
        """Keep where stored records stood last; what they say is unchanged."""
        _TOUCH.run(self.connection, [_place(a, self._now()) for a in assigned])

    def save_checkpoint(self, state: FileState) -> None:
        """Keep how far a file has been read; never less far than another import has come."""
        row = {
            "fingerprint": state.fingerprint,
            "name": state.name,
            "resume": state.resume,
            "done": int(state.done),
            "records": state.records,
        }
        statement = insert(file_states).values(row)
        further = {
            name: func.max(file_states.c[name], statement.excluded[name])
            for name in ("resume", "done", "records")
        }
        self.connection.execute(statement.on_conflict_do_update(["fingerprint"], set_=further))

    def save_harvest(self, state: HarvestState) -> None:
        """Keep how far a harvest has come, with the records of this transaction."""
        harvesting.save(self.connection, state)

    def add_rejects(self, rejects_: Sequence[Reject], *, fingerprint: str) -> int:
        """Keep refusals; one already kept for the same file and line is not counted twice."""
        if not rejects_:
            return 0
        kept = select(func.count()).where(rejects.c.fingerprint == fingerprint)
        before = self.connection.scalar(kept) or 0
        statement = insert(rejects).on_conflict_do_nothing()
        self.connection.execute(statement, [_reject_row(r, fingerprint) for r in rejects_])
        return (self.connection.scalar(kept) or 0) - before

    def forget_rejects(self, *, file: str, fingerprint: str) -> None:
        """Drop the refusals of a file's earlier contents: the file was mended."""
        self.connection.execute(
            delete(rejects).where(rejects.c.file == file, rejects.c.fingerprint != fingerprint)
        )

    def _now(self) -> str:
        return self.clock().isoformat(timespec="seconds")


def _reject_row(reject: Reject, fingerprint: str) -> dict[str, object]:
    return {
        "fingerprint": fingerprint,
        "file": reject.file,
        "line": reject.line,
        "reason": reject.reason,
        "excerpt": reject.excerpt,
    }


def _place(assigned: Assigned, now: str) -> tuple[object, ...]:
    record = assigned.record
    ref = (record.source_id, record.source, assigned.origin)
    return (*ref, assigned.fingerprint, assigned.line, now)


_TOUCH = Bulk(
    statement=update(source_records)
    .where(
        source_records.c.source_id == bindparam("of_id"),
        source_records.c.source == bindparam("of_source"),
        source_records.c.origin == bindparam("of_origin"),
    )
    .values(
        fingerprint=bindparam("at_fingerprint"),
        line=bindparam("at_line"),
        last_seen=bindparam("at_time"),
    ),
    names=("of_id", "of_source", "of_origin", "at_fingerprint", "at_line", "at_time"),
)
