"""The database as a file: copied while others write to it, checked, kept to oneself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from broadsheet.model.backup import DatabaseState
from broadsheet.model.errors import LibraryError, StoreBusyError, StoreError
from broadsheet.model.ports import Progress
from broadsheet.store.guard import guarded
from broadsheet.store.schema import APPLICATION_ID, REVISIONS

_PAGES = 4_096
_WAIT_S = 60.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteFiles:
    """Databases of libraries, looked at from outside (`model.backup.Databases`)."""

    schema = REVISIONS[-1]

    def knows(self, schema: str) -> bool:
        """Return whether this Broadsheet can open a database of a revision."""
        return schema in REVISIONS

    def copy(self, source: Path, to: Path, *, progress: Progress | None = None) -> DatabaseState:
        """Copy a database as it is at one moment; writers are not held up.

        SQLite's online backup begins anew whenever another process writes. Within a transaction
        that has begun to read it copies that transaction's snapshot, part by part.

        Raises:
            StoreError: it cannot be read, or there is no space where the copy goes.
        """

        def said(_: int, left: int, total: int) -> None:
            if progress is not None:
                progress("copying the database, pages", total - left, total)

        with (
            guarded(f"copying the database to {to.parent}"),
            closing(_opened(source)) as reading,
            closing(_opened(to)) as copy,
        ):
            reading.execute("PRAGMA query_only = 1")
            reading.execute("BEGIN")
            state = _state(reading, source)
            copy.execute("PRAGMA synchronous = OFF")  # it is synced as part of the backup
            reading.backup(copy, pages=_PAGES, progress=said)
        return state

    def check(self, path: Path) -> DatabaseState:
        """Look through a database that nobody has open; return what it holds.

        Raises:
            StoreError: it is damaged, or none of ours.
        """
        address = f"{path.resolve().as_uri()}?immutable=1"
        with (
            guarded("checking the copy of the database"),
            closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection,
        ):
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
            if said != ["ok"]:
                raise StoreError(f"The database is damaged: {'; '.join(said[:3])}")
            return _state(connection, path)

    @contextmanager
    def alone(self, path: Path) -> Iterator[None]:
        """Keep everybody else away from a database; what its log holds goes into it before.

        Raises:
            StoreBusyError: somebody has it open.
        """
        connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        with closing(connection):
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                # Leaving WAL is granted only to the one process that has the file open.
                connection.execute("PRAGMA journal_mode = DELETE").fetchall()
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.DatabaseError as e:
                if e.sqlite_errorcode & 0xFF in _BUSY:
                    raise StoreBusyError(
                        f"{path} is in use. Stop `broadsheet serve` and whatever else works on "
                        "this library, then try again."
                    ) from e
                # Otherwise it is too damaged to be opened by anybody.
            yield


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)


def _state(connection: sqlite3.Connection, path: Path) -> DatabaseState:
    """Return the revision and the numbers of rows.

    Raises:
        LibraryError: it is another program's database.
    """

    def ask(question: str) -> str | int | None:
        row = connection.execute(question).fetchone()
        return row[0] if row else None

    names = [
        str(row[0])
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " ORDER BY name"
        )
    ]
    if ask("PRAGMA application_id") != APPLICATION_ID or "alembic_version" not in names:
        raise LibraryError(f"{path.name} is no database of Broadsheet.")
    rows = {name: int(ask(f'SELECT count(*) FROM "{_quoted(name)}"') or 0) for name in names}  # noqa: S608
    return DatabaseState(schema=str(ask("SELECT version_num FROM alembic_version")), rows=rows)


def _quoted(name: str) -> str:
    return name.replace('"', '""')
