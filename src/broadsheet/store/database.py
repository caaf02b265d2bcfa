"""What every store of this room stands on: one engine that reads, one that writes, a clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, Engine

from broadsheet.store.guard import guarded


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
    def _reading(self) -> Iterator[Connection]:
        """Ask within one snapshot."""
        with guarded("reading the library"), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Change within one transaction: durable when the block ends, undone when it raises."""
        with guarded("writing to the library"), self.writer.begin() as connection:
            yield connection
