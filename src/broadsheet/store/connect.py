"""Connections to the database of a library: one engine that reads, one that writes.

Every transaction is one that we open: the driver's own guesses are switched off. Readers see
one snapshot from first to last question (`BEGIN`); writers queue from the start
(`BEGIN IMMEDIATE`), so that none is refused half way.
"""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from broadsheet.store import asked

_READERS = 8
_MORE_READERS = 56
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 4_000
_PAGE_BYTES = 8_192


def reading_engine(path: Path, *, busy_timeout_s: float) -> Engine:
    """Return the engine of the questions; it cannot change anything."""
    engine = _engine(path, busy_timeout_s, pool_size=_READERS, max_overflow=_MORE_READERS)

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _: object) -> None:
        _pragmas(connection, query_only=1, cache_size=-16_384)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        asked.put(connection, "BEGIN")

    return engine


def writing_engine(path: Path, *, busy_timeout_s: float) -> Engine:
    """Return the engine of the transactions; what it has committed is on the disk."""
    engine = _engine(path, busy_timeout_s, pool_size=1, max_overflow=15)

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _: object) -> None:
        _pragmas(
            connection,
            page_size=_PAGE_BYTES,
            journal_mode="WAL",
            synchronous="FULL",
            foreign_keys="ON",
            secure_delete="OFF",
            cache_size=-_CACHE_KIB,
            wal_autocheckpoint=_CHECKPOINT_PAGES,
        )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _engine(path: Path, busy_timeout_s: float, *, pool_size: int, max_overflow: int) -> Engine:
    return create_engine(
        f"sqlite+pysqlite:///{path}",
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=max(busy_timeout_s, 1.0),
        pool_reset_on_return="rollback",
        connect_args={
            "timeout": busy_timeout_s,
            "isolation_level": None,
            "check_same_thread": False,
        },
    )


def _pragmas(connection: SqliteConnection, **values: str | int) -> None:
    for name, value in values.items():
        connection.execute(f"PRAGMA {name} = {value}").close()
