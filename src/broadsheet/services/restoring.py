"""A library from a backup: unpacked beside, verified whole, and only then put into its place."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace as with_changed
from pathlib import Path
from typing import IO

from broadsheet.model.backup import (
    SETTINGS_FILE,
    BackupManifest,
    BackupReport,
    Databases,
    Member,
)
from broadsheet.model.errors import (
    BackupError,
    BroadsheetError,
    DiskFullError,
    LibraryError,
    LibraryVersionError,
)
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.ports import Clock, Progress
from broadsheet.services.backup import check_database, report_of, said_in_mb
from broadsheet.services.backup_archive import read_archive, read_manifest
from broadsheet.services.moving_in import NEW, WORK, go_on, move_in
from broadsheet.services.work_folder import emptied, locked_folder, sync_folder

_ASIDE = "replaced-%Y%m%dT%H%M%SZ"


class RestoreService:
    """Makes libraries from backups; needs none that is there."""

    def __init__(self, *, databases: Databases, clock: Clock) -> None:
        self.databases = databases
        self.clock = clock

    def check(self, file: Path, *, progress: Progress | None = None) -> BackupReport:
        """Read a backup from end to end and compare every checksum; write nothing.

        Raises:
            BackupError: it is cut or damaged; the message names the member.
            LibraryVersionError: a newer Broadsheet has written it.
        """
        manifest = self._manifest(file)
        read_archive(file, sink=None, step=said_in_mb("reading, MB", manifest, progress))
        return report_of(file, manifest, size_bytes=file.stat().st_size)

    def run(
        self,
        file: Path,
        library: Path,
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> BackupReport:
        """Make the library of a backup in a folder.

        Whatever ends it before everything is verified, the folder stays as it was. After that
        the next command that opens the library ends it.

        Args:
            replace: let a library that is there go aside, into a folder within its own.

        Raises:
            LibraryError: there is a library, and it is not to be replaced.
            BackupError: as for `check`.
            LibraryVersionError: as for `check`.
            StoreError: the database in it is damaged.
            StoreBusyError: the library that is there is in use.
            DiskFullError: no space is left where the library is to lie.
        """
        manifest = self._manifest(file)
        with _disk_errors(library), _folder(library), ExitStack() as stack:
            taken = f"{library} is being restored"
            work = stack.enter_context(locked_folder(library / WORK, doing=taken))
            stack.callback(_remove_prepared, work)
            ended = go_on(library)
            if ended is not None and ended[0] == _mark(manifest):
                aside = ended[1]
            else:
                emptied(work)
                _refuse_library(library, replace)
                self._unpack(file, manifest, work / NEW, progress)
                aside = self._move_in(library, manifest, replace)
        report = report_of(file, manifest, size_bytes=file.stat().st_size)
        return with_changed(report, kept_aside=aside)

    def _manifest(self, file: Path) -> BackupManifest:
        manifest = read_manifest(file)
        if not self.databases.knows(manifest.schema):
            raise LibraryVersionError(
                f"{file} was written by a newer Broadsheet, {manifest.broadsheet} (its schema is "
                f"{manifest.schema}, this one knows up to {self.databases.schema}). Update "
                "Broadsheet to restore it."
            )
        return manifest

    def _unpack(
        self, file: Path, manifest: BackupManifest, new: Path, progress: Progress | None
    ) -> None:
        needed = sum(member.size_bytes for member in manifest.members)
        free = shutil.disk_usage(new.parent).free
        if free < needed:
            raise DiskFullError(
                f"The library needs {needed / 1e9:.1f} GB at {new.parent.parent}, "
                f"{free / 1e9:.1f} are free."
            )
        new.mkdir()
        step = said_in_mb("restoring, MB", manifest, progress)
        if read_archive(file, sink=lambda member: _written(new, member), step=step) != manifest:
            raise BackupError(f"{file} was changed while it was read.")
        if progress is not None:
            progress("checking the database", 0, None)
        check_database(self.databases, new / LIBRARY_FILE, manifest)
        for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
            sync_folder(folder)

    def _move_in(self, library: Path, manifest: BackupManifest, replace: bool) -> Path | None:
        database = library / LIBRARY_FILE
        with self.databases.alone(database) if database.exists() else nullcontext():
            _refuse_library(library, replace)
            if not replace and (library / SETTINGS_FILE).exists():
                # Whoever prepared the folder has said how it is to be.
                (library / WORK / NEW / SETTINGS_FILE).unlink(missing_ok=True)
            return move_in(library, backup=_mark(manifest), aside=self._aside(library))

    def _aside(self, library: Path) -> str:
        """Return the name of a folder that is not there yet."""
        name = self.clock().strftime(_ASIDE)
        while (library / name).exists():
            name += "-"
        return name


def _mark(manifest: BackupManifest) -> str:
    """Return what tells a backup from others."""
    return next(m.sha256 for m in manifest.members if m.name == LIBRARY_FILE) + manifest.made_at


def _refuse_library(library: Path, replace: bool) -> None:
    if not replace and (library / LIBRARY_FILE).exists():
        raise LibraryError(
            f"There is a library at {library}. Name another folder, or keep it aside and take its "
            "place with --replace."
        )


@contextmanager
def _folder(library: Path) -> Iterator[None]:
    """Make the library's folder; take it away again when nothing comes into it."""
    if library.exists() and not library.is_dir():
        raise LibraryError(f"{library} is a file; name a folder for the library.")
    is_new = not library.exists()
    library.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # something is in it after all
                library.rmdir()
        raise


@contextmanager
def _written(new: Path, member: Member) -> Iterator[IO[bytes]]:
    """Open a member's file for writing; it is on the disk when the block ends."""
    path = new / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if member.name == SETTINGS_FILE else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _remove_prepared(work: Path) -> None:
    """Take the work folder away, unless the library is half in its place: then it is needed."""
    with suppress(OSError):
        if not any(work.glob("moving.json")):
            shutil.rmtree(work)


@contextmanager
def _disk_errors(library: Path) -> Iterator[None]:
    try:
        yield
    except BroadsheetError:
        raise
    except OSError as e:
        if e.errno == errno.ENOSPC:
            raise DiskFullError(f"restoring {library}: no space is left; free some.") from e
        raise BackupError(f"{library} cannot be restored: {e.strerror}.") from e
