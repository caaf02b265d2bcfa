"""A folder in which long work is prepared by one process at a time, and taken away at its end."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet.model.errors import BackupError


@contextmanager
def locked_folder(path: Path, *, doing: str) -> Iterator[Path]:
    """Make the folder and hold it until the block ends, or the process dies in whatever way.

    Args:
        doing: what another holder is doing, as in "a backup to nightly.bsb is being made".

    Raises:
        BackupError: another process holds it, or it cannot be made.
    """
    descriptor = _held(path, doing)
    try:
        yield path
    finally:
        os.close(descriptor)


def emptied(path: Path) -> None:
    """Remove everything within a folder."""
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _held(path: Path, doing: str) -> int:
    while True:
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as e:
            if e.errno == errno.ENOENT and path.parent.is_dir():
                continue  # the last holder has just taken it away
            raise BackupError(f"{path} cannot be made: {e.strerror}.") from e
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            os.close(descriptor)
            raise BackupError(f"{doing}; wait for it to end.") from e
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    """Return whether a folder's name still leads to what is open."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
