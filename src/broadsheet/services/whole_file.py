"""Files that are there whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from broadsheet.model.errors import BroadsheetError, DiskFullError, LibraryError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a stream whose bytes become the file when the block ends.

    They are written beside, synced, and put in place at once; when the block raises, whatever
    was there before stays as it was.

    Raises:
        DiskFullError: no space is left.
        LibraryError: it cannot be written, or something that is no file is there.
    """
    beside = path.parent / f".{path.name}.{os.getpid()}"
    try:
        if path.exists() and not path.is_file():
            raise LibraryError(f"{path} cannot be written: what is there is no file.")
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BroadsheetError:
        raise  # some of them are OSErrors as well
    except OSError as e:
        if e.errno == errno.ENOSPC:
            raise DiskFullError(f"writing {path}: no space is left; free some.") from e
        raise LibraryError(f"{path} cannot be written: {e.strerror}.") from e
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
