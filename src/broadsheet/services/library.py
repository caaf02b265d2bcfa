"""The state of a library: what it holds, how far its indexes are, what is wrong with it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.library import Check, Counts, IndexState
from broadsheet.model.ports import Store
from broadsheet.model.search_ports import Searcher

_LOW_DISK_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `broadsheet status` prints."""

    library: Path
    counts: Counts
    index: IndexState


class LibraryService:
    """Answers for the library as a whole.

    Args:
        folder: the library's folder.
        store: its database.
        searcher: its indexes.
    """

    def __init__(self, *, folder: Path, store: Store, searcher: Searcher) -> None:
        self.folder = folder
        self.store = store
        self.searcher = searcher

    def status(self) -> Status:
        """Return the numbers of rows and the state of the indexes."""
        return Status(library=self.folder, counts=self.store.counts(), index=self.searcher.state())

    def doctor(self) -> list[Check]:
        """Look at everything that can be wrong, reading every checksum; never changes anything."""
        looks = {
            "folder": self._folder,
            "disk": self._disk,
            "database": self._database,
            "indexes": self._indexes,
            "search": self._behind,
        }
        return [_tried(name, look) for name, look in looks.items()]

    def _folder(self) -> Check:
        writable = os.access(self.folder, os.W_OK)
        return Check(
            name="folder",
            state="ok" if writable else "error",
            detail=str(self.folder) if writable else f"{self.folder} cannot be written",
            advice="" if writable else "Give the folder to the user that runs Broadsheet.",
        )

    def _disk(self) -> Check:
        free = shutil.disk_usage(self.folder).free
        enough = free > _LOW_DISK_BYTES
        return Check(
            name="disk",
            state="ok" if enough else "warning",
            detail=f"{free / 1e9:.1f} GB free",
            advice="" if enough else "Make room: imports stop, without loss, when it is full.",
        )

    def _database(self) -> Check:
        problems = self.store.problems()
        return Check(
            name="database",
            state="error" if problems else "ok",
            detail="; ".join(problems[:3]) or f"{self.store.counts().papers:,} papers, whole",
            advice="Restore the folder from a backup." if problems else "",
        )

    def _indexes(self) -> Check:
        problems = self.searcher.problems()
        return Check(
            name="indexes",
            state="error" if problems else "ok",
            detail="; ".join(problems[:3]) or "every checksum holds",
            advice="Remove what is named; it is built anew at the next start." if problems else "",
        )

    def _behind(self) -> Check:
        papers, state = self.store.counts().papers, self.searcher.state()
        whole = state.words_indexed == papers == state.embedded
        return Check(
            name="search",
            state="ok" if whole else "warning",
            detail=f"{state.words_indexed:,} of {papers:,} papers by words, "
            f"{state.embedded:,} by meaning",
            advice="" if whole else "Run `broadsheet embed`, or leave `serve` running.",
        )


def _tried(name: str, look: Callable[[], Check]) -> Check:
    """Return what a look finds; that it cannot even be taken is a finding too."""
    try:
        return look()
    except BroadsheetError as e:
        return Check(name=name, state="error", detail=str(e))
