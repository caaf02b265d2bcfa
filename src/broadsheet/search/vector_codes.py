"""The codes beside a model's vectors: whoever writes makes them, readers take what there is."""

import logging
from dataclasses import dataclass
from pathlib import Path

from broadsheet.model.errors import DiskFullError, LibraryError
from broadsheet.model.ports import Progress
from broadsheet.search.border import engine_errors
from broadsheet.search.vector_folders import stamp_of
from typecase.base.errors import LockedError
from typecase.data.segments import MANIFEST
from typecase.data.store_manifest import read_header
from typecase.data.vector_table import VectorTable
from typecase.indexes import TwoGrainIndex
from typecase.indexes.two_grain_build import is_outgrown
from typecase.indexes.two_grain_folder import Found, IndexFolder

log = logging.getLogger(__name__)

METRIC = "cosine"

ROWS_A_STEP = 1_024
"""So many new vectors get their codes together; until then every reader makes them for itself."""

_SCANNED_ROWS = 4_096
_MOST_NEW_ROWS = 20_000
_MOVED_SHARE = 0.05
"""With that an index measures its recall anew, too."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The vectors of a folder as they are now."""

    table: VectorTable
    index: TwoGrainIndex | None
    """None where all vectors are looked at: there are few of them, or no codes yet."""


def open_vectors(folder: Path) -> Opened:
    """Open a folder for reading. Never makes the codes of many vectors, which takes a minute.

    Raises:
        TypecaseError: as `VectorStore.open`.
    """
    rows = IndexFolder(folder, write=False, dim=None)
    found, table = rows.found(), rows.table(METRIC)
    if found is None or _is_too_old(found, table):
        return Opened(table, None)
    index = TwoGrainIndex.open(folder, metric=METRIC)
    return Opened(index.snapshot_.table, index)


class CodeKeeper:
    """Keeps codes up where vectors are written. Cheap to ask when nothing has changed."""

    def __init__(self) -> None:
        self._seen: dict[Path, object] = {}

    def bring_up(self, folder: Path, *, is_whole: bool, progress: Progress | None = None) -> None:
        """Give new vectors their codes. A failure is logged: then vectors are searched without.

        Args:
            is_whole: every paper has its vector: now it may pay to write them anew, in the order
                of their cells and without those that were replaced.

        Raises:
            IndexBrokenError: the vectors themselves are damaged.
        """
        stamp = stamp_of(folder / MANIFEST), is_whole
        if stamp[0] is None or self._seen.get(folder) == stamp:
            return
        try:
            with engine_errors("indexing the vectors"):
                _bring_up(folder, is_whole, progress)
        except LockedError:
            return  # who writes there brings them up
        except (DiskFullError, LibraryError) as e:
            log.warning("meaning is searched without an index: %s", e)
        self._seen[folder] = stamp_of(folder / MANIFEST), is_whole


def _bring_up(folder: Path, is_whole: bool, progress: Progress | None) -> None:
    rows = IndexFolder(folder, write=False, dim=None)
    found, table = rows.found(), rows.table(METRIC)
    if len(table) < _SCANNED_ROWS:
        return
    is_behind = found is None or len(table) - found.n_rows >= ROWS_A_STEP
    is_moved = is_whole and _n_out_of_place(rows, table) > _MOVED_SHARE * len(table)
    if not is_behind and not is_moved:
        return
    if progress:
        progress("indexing the vectors", 0, None)
    with TwoGrainIndex.open(folder, write=True, metric=METRIC) as index:
        if is_moved:
            index.compact()
    log.info("indexed vectors=%d moved=%s", len(table), is_moved)


def _is_too_old(found: Found, table: VectorTable) -> bool:
    """Return whether a reader would have to make more codes than it may."""
    cells, n_new = found.codes.cells, len(table) - found.n_rows
    return n_new > _MOST_NEW_ROWS or cells is None or is_outgrown(cells, table, found.n_rows)


def _n_out_of_place(rows: IndexFolder, table: VectorTable) -> int:
    """Return how many rows came after the last time that all were written, or are dead."""
    n_placed = rows.store.n_rows_at(int(read_header(rows.store.folder)["compacted_seq"]))
    return len(table) - n_placed + len(table) - len(table.lookup)
