"""One file that holds a whole library, made while others write, and read again before it counts."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from broadsheet.model.backup import (
    SETTINGS_FILE,
    VECTORS,
    BackupManifest,
    BackupReport,
    Databases,
    DatabaseState,
    HeldFile,
    Member,
    Vectors,
)
from broadsheet.model.errors import BackupError, BroadsheetError, DiskFullError
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.ports import Clock, Progress
from broadsheet.services.backup_archive import (
    FORMAT,
    FORMAT_VERSION,
    read_archive,
    write_archive,
)
from broadsheet.services.work_folder import emptied, locked_folder, sync_folder

_CHUNK_BYTES = 1 << 20
_SMALL = "vectors, as asked: `broadsheet embed` makes them anew"
_NO_SETTINGS = "settings, as asked"


class BackupService:
    """Makes backups of one library.

    Args:
        folder: the library.
        version: of this Broadsheet.
    """

    def __init__(
        self, *, folder: Path, databases: Databases, vectors: Vectors, clock: Clock, version: str
    ) -> None:
        self.folder = folder
        self.databases = databases
        self.vectors = vectors
        self.clock = clock
        self.version = version

    def run(
        self,
        file: Path,
        *,
        small: bool = False,
        with_settings: bool = True,
        progress: Progress | None = None,
    ) -> BackupReport:
        """Write a backup, read it again, and only then give it its name.

        It is prepared in a hidden folder beside. Whatever ends it, an earlier backup of this name
        stays as it was, and the next run takes away what is left of this one.

        Args:
            small: leave out what can be made anew.
            with_settings: take the settings file in the library along, keys and all.

        Raises:
            BackupError: it cannot be written there, or did not come out as it should.
            DiskFullError: no space is left beside the file.
            StoreError: the library's database is damaged or cannot be read.
        """
        if file.exists() and not file.is_file():
            raise BackupError(f"{file} cannot be written: what is there is no file.")
        beside = file.parent / f".{file.name}.making"
        taken = f"A backup to {file} is being made"
        with _disk_errors(file), locked_folder(beside, doing=taken) as work, ExitStack() as stack:
            emptied(work)
            stack.callback(shutil.rmtree, work, ignore_errors=True)
            manifest = self._made(work, small, with_settings, progress)
            size_bytes = _put_in_place(work / "backup", file)
        return report_of(file, manifest, size_bytes=size_bytes)

    def _made(
        self, work: Path, small: bool, with_settings: bool, progress: Progress | None
    ) -> BackupManifest:
        with ExitStack() as stack:
            # Before the database: what it then has more is embedded after a restore.
            vectors: Sequence[HeldFile] = ()
            left_out: Sequence[str] = (_SMALL,)
            if not small:
                vectors, left_out = stack.enter_context(self.vectors.held(progress))
            _check_space(work, self.folder / LIBRARY_FILE, vectors)
            state = self.databases.copy(
                self.folder / LIBRARY_FILE, work / LIBRARY_FILE, progress=progress
            )
            copy = stack.enter_context((work / LIBRARY_FILE).open("rb"))
            held = [_hashed(LIBRARY_FILE, copy), *self._settings(with_settings), *vectors]
            if not with_settings:
                left_out = (*left_out, _NO_SETTINGS)
            manifest = self._manifest(state, held, left_out)
            with _private(work / "backup") as file:
                write_archive(file, manifest, held, said_in_mb("writing, MB", manifest, progress))
        self._check(work, manifest, progress)
        return manifest

    def _settings(self, wanted: bool) -> list[HeldFile]:
        path = self.folder / SETTINGS_FILE
        if not wanted or not path.is_file():
            return []
        return [_hashed(SETTINGS_FILE, BytesIO(path.read_bytes()))]

    def _manifest(
        self, state: DatabaseState, held: Sequence[HeldFile], left_out: Sequence[str]
    ) -> BackupManifest:
        return BackupManifest(
            format=FORMAT,
            format_version=FORMAT_VERSION,
            broadsheet=self.version,
            made_at=self.clock().isoformat(timespec="seconds"),
            schema=state.schema,
            rows=state.rows,
            members=tuple(one.member for one in held),
            left_out=tuple(left_out),
        )

    def _check(self, work: Path, manifest: BackupManifest, progress: Progress | None) -> None:
        """Read what was written, and look through the database that is in it."""
        step = said_in_mb("reading it again, MB", manifest, progress)
        if read_archive(work / "backup", sink=None, step=step) != manifest:
            raise BackupError("The backup's manifest is not what was written; try again.")
        if progress is not None:
            progress("checking the database", 0, None)
        # Its bytes have just been found to be those of the archive.
        check_database(self.databases, work / LIBRARY_FILE, manifest)


def check_database(databases: Databases, path: Path, manifest: BackupManifest) -> None:
    """Look through a copy of the database.

    Raises:
        StoreError: it is damaged.
        BackupError: it is not the one of which the manifest speaks.
    """
    state = databases.check(path)
    if (state.schema, state.rows) != (manifest.schema, manifest.rows):
        raise BackupError(f"{LIBRARY_FILE} does not hold the rows of which the manifest speaks.")


def report_of(file: Path, manifest: BackupManifest, *, size_bytes: int) -> BackupReport:
    """Return what there is to say of a backup."""
    return BackupReport(
        file=file,
        size_bytes=size_bytes,
        unpacked_bytes=sum(member.size_bytes for member in manifest.members),
        members=len(manifest.members),
        papers=manifest.rows.get("papers", 0),
        schema=manifest.schema,
        made_at=manifest.made_at,
        has_vectors=any(m.name.startswith(f"{VECTORS}/") for m in manifest.members),
        left_out=manifest.left_out,
    )


def said_in_mb(
    step: str, manifest: BackupManifest, progress: Progress | None
) -> Callable[[int], None]:
    """Return what takes bytes that have passed and tells the progress in megabytes."""
    total = sum(member.size_bytes for member in manifest.members) >> 20
    return lambda done: progress(step, done >> 20, total) if progress is not None else None


def _check_space(work: Path, database: Path, vectors: Sequence[HeldFile]) -> None:
    """Refuse at once what cannot fit: the copy of the database, and vectors, which pack badly."""
    needed = database.stat().st_size + sum(one.member.size_bytes for one in vectors)
    free = shutil.disk_usage(work).free
    if free < needed:
        raise DiskFullError(
            f"The backup needs {needed / 1e9:.1f} GB at {work.parent}, {free / 1e9:.1f} are free."
        )


def _hashed(name: str, stream: IO[bytes]) -> HeldFile:
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
    stream.seek(0)
    member = Member(name=name, size_bytes=size_bytes, sha256=digest.hexdigest())
    return HeldFile(member=member, stream=stream)


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file for its owner alone; it is on the disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(made: Path, file: Path) -> int:
    size_bytes = made.stat().st_size
    made.replace(file)
    sync_folder(file.parent)
    return size_bytes


@contextmanager
def _disk_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except BroadsheetError:
        raise
    except OSError as e:
        if e.errno == errno.ENOSPC:
            raise DiskFullError(f"writing {file}: no space is left; free some.") from e
        raise BackupError(f"The backup {file} cannot be written: {e.strerror}.") from e
