"""What every store of this room stands on: one engine that reads, one that writes, a clock."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, Engine

from broadsheet.store import counting
from broadsheet.store.guard import guarded

_SNAPSHOT = threading.local()


@dataclass(slots=True, kw_only=True)
class _Snapshot:
    """One state of a library, in which a thread asks.

    Args:
        last_seq: the greatest `seq` given out in it; None until it is asked for.
    """

    engine: Engine
    connection: Connection
    last_seq: int | None = None


class Database:
    """The database of a library. Safe to use from many threads.

    Args:
        reader: engine of the questions.
        writer: engine of the transactions.
        clock: the present moment in UTC.

    Raises:
        StoreBusyError, DiskFullError, StoreError: from any method; never a driver's own error.
    """

    def __init__(self, *, reader: Engine, writer: Engine, clock: Callable[[], datetime]) -> None:
        self.reader = reader
        self.writer = writer
        self.clock = clock

    @classmethod
    def beside(cls, other: "Database") -> Self:
        """Return a store of another subject over the same database."""
        return cls(reader=other.reader, writer=other.writer, clock=other.clock)

    def now(self) -> str:
        """Return the present moment as it is kept."""
        return self.clock().isoformat(timespec="seconds")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every question of this thread see one state of the library until the block ends.

        Whichever store of it asks; what is changed meanwhile, by this thread too, is not seen.
        """
        if self._held() is not None:
            yield
            return
        with guarded("reading the library"), self.reader.begin() as connection:
            _SNAPSHOT.of = _Snapshot(engine=self.reader, connection=connection)
            try:
                yield
            finally:
                _SNAPSHOT.of = None

    def _held(self) -> _Snapshot | None:
        held: _Snapshot | None = getattr(_SNAPSHOT, "of", None)
        return held if held is not None and held.engine is self.reader else None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Ask within one snapshot."""
        held = self._held()
        if held is not None:
            with guarded("reading the library"):
                yield held.connection
            return
        with guarded("reading the library"), self.reader.begin() as connection:
            yield connection

    def _last_seq(self, connection: Connection) -> int:
        """Return the greatest `seq` given out, as `connection` sees it; asked once a snapshot."""
        held = self._held()
        if held is None or held.connection is not connection:
            return counting.last_seq(connection)
        if held.last_seq is None:
            held.last_seq = counting.last_seq(connection)
        return held.last_seq

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Change within one transaction: durable when the block ends, undone when it raises."""
        with guarded("writing to the library"), self.writer.begin() as connection:
            yield connection
