"""Keeps the word index up to the database: one writer among all processes, safe to kill."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from tantivy import Index, IndexWriter

from broadsheet.model.errors import IndexBrokenError
from broadsheet.model.library import IndexRow
from broadsheet.model.ports import Progress, Reading
from broadsheet.search.attributes import DayColumn
from broadsheet.search.border import disk_full, engine_errors, index_errors
from broadsheet.search.word_clauses import of_keys
from broadsheet.search.word_fields import FORMAT, document
from broadsheet.search.word_index import open_index
from typecase.base.errors import CorruptFileError, LockedError
from typecase.base.files import acquire_lock, make_folder, read_manifest, write_manifest

log = logging.getLogger(__name__)

INDEX = "index"
DAYS = "days.npy"
_CURSOR = "cursor.json"
_ROWS_AT_ONCE = 1000
_ROWS_A_COMMIT = 20_000
_COMMIT_EVERY_S = 10.0
_HEAP_BYTES = 64_000_000
WAIT_S = 10.0
"""So long a writer waits for another one."""
_LOOK_EVERY_S = 0.1


class WordWriter:
    """Takes over what changed in the database since the last time.

    The cursor is written after the commit that it speaks of. A kill between the two lets the same
    rows come again, and a row replaces what was there under its key.

    Args:
        folder: holds the index folder, the cursor and the column of days.
        reading: the database.
    """

    def __init__(self, *, folder: Path, reading: Reading) -> None:
        self.folder = folder
        self.reading = reading

    def update(self, *, progress: Progress | None = None, wait_s: float = WAIT_S) -> int:
        """Bring the index up; return how many papers were taken in.

        While another process is at it, waits up to wait_s and leaves the rest to it: it does not
        end before nothing is left.

        Raises:
            IndexBrokenError: the index cannot be built, even anew.
            DiskFullError: no space is left.
            LibraryError: the library may not be written.
        """
        with engine_errors("preparing the word index"):
            make_folder(self.folder)
        with _writers_place(self.folder, wait_s) as is_ours:
            if not is_ours:
                return 0
            with suppress(IndexBrokenError):
                return self._catch_up(self._cursor(), progress)
            self._start_anew()
            return self._catch_up(0, progress)

    def n_behind(self) -> int:
        """Return about how many papers have changed since; never less than there are."""
        try:
            seq = int(read_manifest(self.folder / _CURSOR)["seq"])
        except (FileNotFoundError, CorruptFileError, KeyError):
            seq = 0
        last = self.reading.last_seq()
        return last - seq if seq <= last else last

    def rebuild(self, *, seen: object, stamp: Callable[[], object]) -> int:
        """Build the index anew if it is still the one that was found damaged.

        Args:
            seen: the stamp of the damaged one.
            stamp: gives the present stamp.
        """
        with _writers_place(self.folder, WAIT_S) as is_ours:
            if not is_ours or stamp() != seen:
                return 0
            self._start_anew()
            return self._catch_up(0, None)

    def _cursor(self) -> int:
        """Return the `seq` up to which the index is; 0 after removing one that is of no use."""
        try:
            manifest = read_manifest(self.folder / _CURSOR)
        except (FileNotFoundError, CorruptFileError):
            manifest = {}
        seq = int(manifest.get("seq", -1))
        is_of_use = manifest.get("format") == FORMAT and seq <= self.reading.last_seq()
        if is_of_use and (self.folder / INDEX / "meta.json").is_file():
            return seq
        self._start_anew()
        return 0

    def _start_anew(self) -> None:
        """Remove what is there, if there is room to build it again.

        Raises:
            DiskFullError: there is not. Not every failure of a full disk says so, and an index
                that is behind is better than none.
        """
        index = self.folder / INDEX
        if (index / "meta.json").is_file():
            if shutil.disk_usage(self.folder).free < _HEAP_BYTES + _size_bytes(index):
                raise disk_full("building the word index")
            log.warning("the word index is damaged or of no use and is built anew")
        (self.folder / _CURSOR).unlink(missing_ok=True)
        (self.folder / DAYS).unlink(missing_ok=True)
        shutil.rmtree(self.folder / INDEX, ignore_errors=True)

    def _catch_up(self, seq: int, progress: Progress | None) -> int:
        if seq >= self.reading.last_seq():
            return 0
        run = _Run(self.folder, seq)
        first = seq
        try:
            while rows := self.reading.changes(after=run.seq, limit=_ROWS_AT_ONCE):
                run.take(rows)
                if progress:
                    last = max(self.reading.last_seq(), run.seq)
                    progress("words", run.seq - first, last - first)
        finally:
            run.close()
        return run.n_rows


class _Run:
    """One writer at work; it commits every so often, so that readers see what has come."""

    def __init__(self, folder: Path, seq: int) -> None:
        self.seq = seq
        self.n_rows = 0
        self._folder = folder
        with engine_errors("preparing the word index"):
            make_folder(folder / INDEX)
        self._days = DayColumn.read(folder / DAYS)
        self._index: Index = open_index(folder / INDEX)
        with index_errors("opening the word index for writing"):
            self._writer: IndexWriter = self._index.writer(_HEAP_BYTES, 1)
        self._pending = 0
        self._committed_at = time.monotonic()

    def take(self, rows: list[IndexRow]) -> None:
        with index_errors("writing the word index"):
            # By query: deleting by term takes the number for a signed one and finds nothing
            self._writer.delete_documents_by_query(of_keys(row.key for row in rows))
            for row in rows:
                if not row.is_gone:
                    self._writer.add_document(document(row))
        self._days.put(
            np.array([row.key for row in rows]), np.array([row.day_number for row in rows])
        )
        self.seq = rows[-1].seq
        self.n_rows += len(rows)
        self._pending += len(rows)
        late = time.monotonic() - self._committed_at > _COMMIT_EVERY_S
        if late or self._pending >= _ROWS_A_COMMIT:
            self._commit()

    def close(self) -> None:
        if self._pending:
            self._commit()
        with index_errors("merging the word index"):
            self._writer.wait_merging_threads()

    def _commit(self) -> None:
        with index_errors("writing the word index"):
            self._writer.commit()
        with engine_errors("writing the word index"):
            self._days.write(self._folder / DAYS)
            write_manifest(self._folder / _CURSOR, {"format": FORMAT, "seq": self.seq})
        self._pending = 0
        self._committed_at = time.monotonic()


def _size_bytes(folder: Path) -> int:
    """Return the size of an index: merging all of it takes as much again."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


@contextmanager
def _writers_place(folder: Path, wait_s: float) -> Iterator[bool]:
    """Give True in the one writer's place, False when it stays taken."""
    descriptor = _wait_for_lock(folder, wait_s)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _wait_for_lock(folder: Path, wait_s: float) -> int | None:
    last = time.monotonic() + wait_s
    while True:
        try:
            with engine_errors("locking the word index"):
                return acquire_lock(folder)
        except LockedError:
            if time.monotonic() >= last:
                return None
        time.sleep(_LOOK_EVERY_S)
