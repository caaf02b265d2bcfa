"""The errors of tantivy and of the engine stop here."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.model.errors import (
    BroadsheetError,
    DiskFullError,
    IndexBrokenError,
    LibraryError,
    LibraryVersionError,
    SettingsError,
)
from typecase.base.errors import (
    CorruptFileError,
    FormatVersionError,
    InvalidInputError,
    LockedError,
    MissingExtraError,
    StorageError,
    TypecaseError,
    UnknownNameError,
)

_OS_ERROR = re.compile(r"os error (\d+)|code: (\d+)")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def index_errors(action: str) -> Iterator[None]:
    """Turn what tantivy raises into our errors; damaged files may even make it panic.

    Raises:
        DiskFullError: no space is left.
        LibraryError: the files may not be written, as even readers of tantivy must.
        IndexBrokenError: anything else.
    """
    try:
        yield
    except BroadsheetError:
        raise
    except Exception as e:
        raise _of_index(action, e) from e
    except BaseException as e:
        if type(e).__name__ != "PanicException":  # a panic of Rust is no Exception in Python
            raise
        raise _of_index(action, e) from e


@contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Turn what the engine raises into our errors.

    A LockedError passes: waiting or leaving is the caller's choice.

    Raises:
        DiskFullError: no space is left.
        IndexBrokenError: a file of vectors is damaged.
        LibraryVersionError: a file is of a newer format; it is to be left alone.
        SettingsError: an argument or a missing extra; see `model_errors`, too.
        LibraryError: the system refused, or anything else.
    """
    try:
        yield
    except LockedError:
        raise
    except (UnknownNameError, MissingExtraError, InvalidInputError) as e:
        raise SettingsError(f"{action}: {e}") from e
    except FormatVersionError as e:
        raise LibraryVersionError(
            f"{action}: the files are of a newer Broadsheet. Update Broadsheet to use them."
        ) from e
    except CorruptFileError as e:
        raise IndexBrokenError(f"{action}: {e}") from e
    except StorageError as e:
        if e.errno in (*_FULL, *_REFUSED):
            raise _of_system(action, e.errno) from e
        raise LibraryError(f"{action}: {e}") from e
    except TypecaseError as e:
        raise LibraryError(f"{action}: {e}") from e


@contextmanager
def model_errors(action: str) -> Iterator[None]:
    """Turn what the engine raises about a model into our error.

    Raises:
        SettingsError: the model is unknown, damaged, out of reach, or lacks what it runs on.
    """
    try:
        yield
    except TypecaseError as e:
        raise SettingsError(f"{action}: {e}") from e


def disk_full(action: str) -> DiskFullError:
    """Return the error of a disk without space."""
    return DiskFullError(f"The disk is full ({action}). Make room; what was done is kept.")


def _of_index(action: str, error: BaseException) -> BroadsheetError:
    found = _OS_ERROR.search(str(error))
    number = int(found[1] or found[2]) if found else 0
    if number in (*_FULL, *_REFUSED):
        return _of_system(action, number)
    return IndexBrokenError(f"{action}: {str(error)[:200]}")


def _of_system(action: str, number: int) -> BroadsheetError:
    if number in _FULL:
        return disk_full(action)
    return LibraryError(
        f"The library may not be written ({action}: {os.strerror(number)}). "
        "Check who owns its folder, and whether its disk is mounted read-only."
    )
