"""Opening a library: made when it is missing, brought up to date when it is old."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from broadsheet.model.errors import LibraryError, LibraryVersionError, StoreError
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store.connect import reading_engine, writing_engine
from broadsheet.store.guard import guarded
from broadsheet.store.schema import APPLICATION_ID, REVISIONS
from broadsheet.store.store import SqlStore

DATABASE = LIBRARY_FILE
_MAGIC = b"SQLite format 3\0"


def open_store(
    *,
    folder: Path,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    busy_timeout_s: float = 60.0,
) -> SqlStore:
    """Return the store of the library in folder, made or upgraded first where needed.

    Args:
        clock: the present moment in UTC, for when records were seen.
        busy_timeout_s: how long a transaction waits for other writers.

    Raises:
        LibraryError: the folder or its database is not what a library is made of.
        LibraryVersionError: a newer Broadsheet has written it.
        StoreBusyError, DiskFullError, StoreError: the database refuses.
    """
    path = _make_folder(folder) / DATABASE
    _check_file(path)
    writer = writing_engine(path, busy_timeout_s=busy_timeout_s)
    try:
        _bring_up_to_date(writer, path, busy_timeout_s)
    except BaseException:
        writer.dispose()
        raise
    reader = reading_engine(path, busy_timeout_s=busy_timeout_s)
    return SqlStore(reader=reader, writer=writer, clock=clock)


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as e:
        raise LibraryError(f"{folder} is a file; name a folder for the library.") from e
    except OSError as e:
        raise LibraryError(f"The library folder {folder} cannot be made: {e.strerror}.") from e
    return folder


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as e:
        raise LibraryError(f"{path} cannot be read: {e.strerror}.") from e
    if head and head != _MAGIC:
        raise LibraryError(f"{path} is no database; move it away or name another folder.")


def _bring_up_to_date(writer: Engine, path: Path, busy_timeout_s: float) -> None:
    """Create or upgrade under the write lock, so that two processes do not both do it."""
    with guarded("opening the library"):
        if _revision(path, busy_timeout_s) == REVISIONS[-1]:
            return
        with writer.begin() as connection:
            if _state(connection, path) != REVISIONS[-1]:
                _upgrade(connection)


def _revision(path: Path, busy_timeout_s: float) -> str | None:
    """Return the revision without a write lock; None for a new or an empty file."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=busy_timeout_s)) as connection:
        ask = connection.execute
        try:
            application = ask("PRAGMA application_id").fetchone()[0]
        except sqlite3.DatabaseError as e:
            if e.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise LibraryError(f"{path} is no database; name another folder.") from e
        return _checked(
            application,
            [row[0] for row in ask("SELECT name FROM sqlite_master")],
            lambda: ask("SELECT version_num FROM alembic_version").fetchone(),
            path,
        )


def _state(connection: Connection, path: Path) -> str | None:
    run = connection.exec_driver_sql
    return _checked(
        run("PRAGMA application_id").scalar_one(),
        list(run("SELECT name FROM sqlite_master").scalars()),
        lambda: run("SELECT version_num FROM alembic_version").first(),
        path,
    )


def _checked(
    application: int, names: list[str], version: Callable[[], object], path: Path
) -> str | None:
    if not names:
        return None
    if application != APPLICATION_ID or "alembic_version" not in names:
        raise LibraryError(f"{path} belongs to another program; name another folder.")
    row = version()
    revision = str(row[0]) if row else None  # type: ignore[index]
    if revision is not None and revision not in REVISIONS:
        raise LibraryVersionError(
            f"The library {path.parent} was written by a newer Broadsheet (its schema is "
            f"{revision}, this one knows up to {REVISIONS[-1]}). Update Broadsheet to open it."
        )
    return revision


def _upgrade(connection: Connection) -> None:
    # Alembic takes a third of a second to import and is needed once in a library's life.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, REVISIONS[-1])
    except CommandError as e:
        raise StoreError(f"The library cannot be upgraded: {e}") from e
