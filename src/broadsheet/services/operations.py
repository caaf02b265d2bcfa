"""How an installation is: one record for a page, `status` and metrics; and whether it can serve."""

import shlex
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.harvest import HarvestState, selection_words
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.operations import Operations, SourceRun, Storage, TroubleLog
from broadsheet.model.ports import Clock, Store
from broadsheet.model.search_ports import Searcher
from broadsheet.services.harvesting import HarvestService


class OperationsService:
    """Answers for the installation.

    Args:
        folder: the library.
        make_harvesting: returns what asks the sources; it is loaded when it is first needed.
        schema: the revision that this Broadsheet reads and writes.
        every_h: hours between two harvests in `serve`; 0: none.
        started: since when this process serves; None when it does not.
    """

    def __init__(
        self,
        *,
        folder: Path,
        store: Store,
        searcher: Searcher,
        make_harvesting: Callable[[], HarvestService],
        troubles: TroubleLog,
        clock: Clock,
        version: str,
        schema: str,
        every_h: float = 0.0,
        started: datetime | None = None,
    ) -> None:
        self.folder = folder
        self.store = store
        self.searcher = searcher
        self.make_harvesting = make_harvesting
        self.troubles = troubles
        self.clock = clock
        self.version = version
        self.schema = schema
        self.every_h = every_h
        self.started = started

    def state(self) -> Operations:
        """Return how the installation is.

        Raises:
            StoreError: the database does not answer.
        """
        now, counts, index = self.clock(), self.store.counts(), self.searcher.state()
        return Operations(
            version=self.version,
            schema=self.store.schema(),
            uptime_s=(now - self.started).total_seconds() if self.started else None,
            library=self.folder,
            counts=counts,
            index=index,
            words_behind=max(0, counts.papers - index.words_indexed),
            vectors_behind=max(0, counts.papers - index.embedded),
            sources=tuple(self._sources(now)),
            storage=self._storage(),
            troubles=self.troubles.read(),
        )

    def unready(self) -> list[str]:
        """Return why requests cannot be answered as they should; nothing when they can."""
        try:
            schema = self.store.schema()
            self.store.last_seq()
        except BroadsheetError as e:
            return [f"database: {e}"]
        reasons = [f"indexes: {reason}" for reason in self.searcher.closed()]
        if schema != self.schema:
            reasons.append(
                f"schema: the database has {schema}, this process knows {self.schema}; restart it "
                "with the newer Broadsheet."
            )
        return reasons

    def _sources(self, now: datetime) -> Iterator[SourceRun]:
        """Give what the settings ask for, then what was asked for by hand."""
        states = {(state.source, state.selection): state for state in self.store.harvests()}
        for source, selection in self.make_harvesting().chosen():
            key = source, shlex.join(selection_words(selection))
            state = states.pop(key, None) or HarvestState(source=source, selection=key[1])
            yield _run(state, now, self.every_h)
        for state in states.values():
            yield _run(state, now, 0.0)

    def _storage(self) -> Storage:
        database = self.folder / LIBRARY_FILE
        return Storage(
            database_bytes=sum(_size_bytes(Path(f"{database}{end}")) for end in ("", "-wal")),
            vectors_bytes=_size_bytes(self.folder / "indexes" / "vectors"),
            words_bytes=_size_bytes(self.folder / "indexes" / "words"),
            rejects_bytes=_size_bytes(self.folder / "rejects"),
            free_bytes=shutil.disk_usage(self.folder).free,
        )


def _run(state: HarvestState, now: datetime, every_h: float) -> SourceRun:
    ran, complete = _moment(state.ran_at), _moment(state.complete_until)
    due = ran + timedelta(hours=every_h) if ran is not None else now
    return SourceRun(
        source=state.source,
        selection=state.selection,
        ran_at=state.ran_at,
        complete_until=state.complete_until,
        success_age_s=(now - complete).total_seconds() if complete is not None else None,
        next_at=max(now, due).isoformat(timespec="seconds") if every_h else None,
        is_pending=state.request is not None,
        trouble=state.trouble,
    )


def _moment(text: str) -> datetime | None:
    """Return a time that a server may have told, if it can be understood."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return None
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)


def _size_bytes(path: Path) -> int:
    """Return the size of a file, or of all files in a folder; 0 when it is not there."""
    try:
        if path.is_dir():
            return sum(_size_bytes(entry) for entry in path.iterdir())
        return path.lstat().st_size
    except OSError:  # a writer has taken it away meanwhile
        return 0
