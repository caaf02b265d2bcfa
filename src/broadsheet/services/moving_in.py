"""The last step of a restore: what was there goes aside, what is new comes in, killed or not.

A note says how far this is. While it is there the folder is no library; whoever opens it next
first ends the step: all that is to come in lies ready on the same disk, so that takes no time.
"""

import os
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import structs

from broadsheet.model.backup import SETTINGS_FILE
from broadsheet.model.errors import BackupError, LibraryError
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.services.work_folder import emptied, locked_folder, sync_folder

WORK = ".restoring"
"""The folder in a library's folder in which a restore is prepared."""

NEW = "new"
"""The folder within it of what is to come in."""

_NOTE = "moving.json"
_LEAVES = (LIBRARY_FILE, f"{LIBRARY_FILE}-wal", f"{LIBRARY_FILE}-shm", "indexes", "rejects")
"""What belongs to the library that was there, whether or not the new one has as much."""

_ENTERS = (SETTINGS_FILE, "indexes", LIBRARY_FILE)
"""The database last: a folder that holds it is a library."""


class _Note(msgspec.Struct, frozen=True):
    """How far it is.

    Args:
        backup: what tells the backup from others.
        aside: the name of the folder for what was there.
        is_clear: whether all of that has gone.
    """

    backup: str
    aside: str
    is_clear: bool = False


def move_in(library: Path, *, backup: str, aside: str) -> Path | None:
    """Put what lies ready into its place; return the folder of what was there, if anything was.

    Args:
        library: whose work folder is held by the caller.
        backup: what tells the backup from others.
        aside: the name of the folder within it that takes what was there.
    """
    note = _Note(backup=backup, aside=aside)
    _write(library, note)
    return _go_on(library, note)


def end_cut_restore(library: Path) -> None:
    """End what a restore had begun to put into its place, and take away what it has left.

    Raises:
        LibraryError: it is at it now, or the folder may not be written.
    """
    if not (library / WORK).is_dir():
        return
    is_moving = (library / WORK / _NOTE).exists()
    try:
        with locked_folder(library / WORK, doing=f"{library} is being restored"):
            go_on(library)
            emptied(library / WORK)
            (library / WORK).rmdir()
    except (BackupError, OSError, msgspec.DecodeError) as e:
        if not is_moving:  # one is being prepared; what is in place does not hang on it
            return
        raise LibraryError(f"A restore into {library} was cut off and cannot be ended: {e}") from e


def go_on(library: Path) -> tuple[str, Path | None] | None:
    """Go on where a restore was cut off while it moved in; the caller holds the work folder.

    Returns which backup it was and the folder of what was there; None when none was cut off.
    """
    try:
        said = (library / WORK / _NOTE).read_bytes()
    except FileNotFoundError:
        return None
    note = msgspec.json.decode(said, type=_Note)
    return note.backup, _go_on(library, note)


def _go_on(library: Path, note: _Note) -> Path | None:
    aside, new = library / note.aside, library / WORK / NEW
    if not note.is_clear:
        leaves = (*_LEAVES, *((SETTINGS_FILE,) if (new / SETTINGS_FILE).exists() else ()))
        _move(leaves, library, aside)
        _write(library, structs.replace(note, is_clear=True))
    _move(_ENTERS, new, library)
    (library / WORK / _NOTE).unlink()
    sync_folder(library / WORK)
    return aside if aside.is_dir() else None


def _move(names: tuple[str, ...], source: Path, to: Path) -> None:
    """Move what is there; what is not has been moved before."""
    there = [name for name in names if (source / name).exists()]
    if there:
        to.mkdir(exist_ok=True)
    for name in there:
        (source / name).rename(to / name)
        sync_folder(to)
        sync_folder(source)


def _write(library: Path, note: _Note) -> None:
    path = library / WORK / _NOTE
    beside = path.with_suffix(".new")
    with closing(beside.open("wb")) as file:
        file.write(msgspec.json.encode(note))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)
