"""The border of the room: the driver's errors become the service's own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broadsheet.model.errors import DiskFullError, StoreBusyError, StoreError

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Turn what the driver raises while `doing` (as "reading papers") into `model.errors`.

    Raises:
        StoreBusyError: another process holds the database.
        DiskFullError: no space is left.
        StoreError: anything else that the database refuses.
    """
    try:
        yield
    except PoolTimeoutError as e:
        raise StoreBusyError(f"{doing}: every connection is in use; try again.") from e
    except SQLAlchemyError as e:
        cause = e.orig if isinstance(e, DBAPIError) and e.orig is not None else e
        raise translated(cause, doing) from e
    except sqlite3.Error as e:
        raise translated(e, doing) from e


def translated(cause: BaseException, doing: str) -> StoreError:
    """Return the service's error for a driver's error."""
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StoreBusyError(f"{doing}: another process holds the database; try again later.")
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"{doing}: no space is left where the library lies; free some.")
    if code in _DAMAGED:
        return StoreError(f"{doing}: the database is damaged; restore the library from a backup.")
    if code == sqlite3.SQLITE_READONLY:
        return StoreError(f"{doing}: the library may not be written; look at its permissions.")
    return StoreError(f"{doing}: the database refused: {cause}")
