"""The immutable segments of a vector store: a file of vectors, and what is known of each row.

`x.*.npy` is (n, dim) float32, from the start of a page on. Of every row an id, a sequence number
and a content hash are kept: in a segment of many rows as three columns, `ids.*`, `seq.*` and
`hash.*`, mapped into memory, with `order.*`, the permutation that sorts the ids, where they do not
ascend; in a small one as one file of records, `rows.*`, which is read. Version 1 wrote records
only.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError
from typecase.base.files import check_file, read_array, write_array, write_array_blocks
from typecase.data.id_table import IdRun, sorting_order
from typecase.data.store_manifest import MANIFEST as MANIFEST
from typecase.data.store_manifest import read_checked
from typecase.kernels.inner_product import row_norms

log = logging.getLogger(__name__)

HASH_BYTES = 16

ROW = np.dtype([("id", "<i8"), ("seq", "<i8"), ("hash", "u1", (HASH_BYTES,))])

_MOST_RECORDS = 4096
_BLOCK_ROWS = 8192
_MERGED_AT_ONCE = 8
_LARGEST_MERGED_ROWS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is known of n rows beside their vectors."""

    ids: NDArray[np.int64]
    """(n,)."""
    seq: NDArray[np.int64]
    """(n,), never descending."""
    hashes: NDArray[np.uint8]
    """(n, 16)."""

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """Return the rows of several, one behind the other, in memory."""
        return cls(
            ids=np.concatenate([part.ids for part in parts]),
            seq=np.concatenate([part.seq for part in parts]),
            hashes=np.concatenate([part.hashes for part in parts]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One immutable piece of a store, opened."""

    entry: dict[str, Any]
    x: NDArray[np.float32]
    """(n, dim), mapped from disk."""
    columns: Columns
    run: IdRun

    def __len__(self) -> int:
        return len(self.x)

    @property
    def norm_range(self) -> tuple[float, float] | None:
        """The smallest and the largest norm of a row; None when version 1 wrote it."""
        norms = self.entry.get("norms")
        return None if norms is None else (float(norms[0]), float(norms[1]))


def write_segment(
    folder: Path,
    blocks: Iterable[NDArray[np.float32]],
    columns: Columns,
    dim: int,
    *,
    token: str,
    norms: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Write vectors and their columns; return the segment's manifest entry.

    Args:
        token: what the names of the files end in.
        norms: the smallest and the largest norm, where they are known.
    """
    n, passing = len(columns), _NormRange(blocks)
    x_path, x_type = folder / f"x.{token}.npy", np.dtype("<f4")
    entry: dict[str, Any] = {}
    rows = passing if norms is None else blocks
    entry["x"] = write_array_blocks(x_path, x_type, (n, dim), rows, on_page=True)
    entry["norms"] = [passing.low, passing.high] if norms is None else list(norms)
    if n <= _MOST_RECORDS:
        return entry | {"rows": write_array(folder / f"rows.{token}.npy", _records(columns))}
    order = sorting_order(columns.ids)
    for name, column in (("ids", columns.ids), ("seq", columns.seq), ("hash", columns.hashes)):
        entry[name] = write_array(folder / f"{name}.{token}.npy", column)
    entry["order"] = None if order is None else write_array(folder / f"order.{token}.npy", order)
    return entry


def open_segment(folder: Path, entry: dict[str, Any]) -> Segment:
    """Map or read a segment.

    Raises:
        CorruptFileError: a file was changed, cut off or lost. Of large ones the size is compared.
    """
    x = read_array(folder, entry["x"], mmap=True, verify=False).view(np.ndarray)
    if "rows" in entry:
        rows = read_array(folder, entry["rows"])
        parts = (np.ascontiguousarray(rows[name]) for name in ("id", "seq", "hash"))
    else:
        parts = (read_checked(folder, entry[name]) for name in ("ids", "seq", "hash"))
    columns = Columns(**dict(zip(("ids", "seq", "hashes"), parts, strict=True)))
    if len({len(x), len(columns.ids), len(columns.seq), len(columns.hashes)}) > 1:
        raise CorruptFileError(f"{folder / entry['x']['file']} and its rows differ in length.")
    return Segment(entry=entry, x=x, columns=columns, run=_run(folder, entry, columns.ids))


def check_segment(folder: Path, entry: dict[str, Any]) -> None:
    """Compare the files of a segment with their checksums, before its rows are written anew.

    What was copied unseen would get a right checksum of wrong rows. The order of ids may be
    damaged: it is made anew.

    Raises:
        CorruptFileError: one was changed; the message names it.
    """
    for name in ("x", "rows", "ids", "seq", "hash"):
        if name in entry:
            check_file(folder / entry[name]["file"], entry[name])


def mergeable_tail(lengths: Sequence[int]) -> int:
    """Return how many of the last segments should become one, 0 if none.

    They are merged eight at a time when they are of about one size, a power of eight apart, so a
    row is rewritten about log8(n) times and there are never more than some dozens of segments.
    """
    tail = lengths[-_MERGED_AT_ONCE:]
    if len(tail) < _MERGED_AT_ONCE or sum(tail) > _LARGEST_MERGED_ROWS:
        return 0
    return len(tail) if max(map(_tier, tail)) <= _tier(tail[-1]) else 0


def joined_norms(segments: Iterable[Segment]) -> tuple[float, float] | None:
    """Return the smallest and the largest norm of all rows; None when that is not known."""
    ranges = [segment.norm_range for segment in segments]
    known = [norms for norms in ranges if norms is not None]
    if not known or len(known) < len(ranges):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def new_token() -> str:
    """Return what the names of the files of one change end in."""
    return secrets.token_hex(8)


def _run(folder: Path, entry: dict[str, Any], ids: NDArray[np.int64]) -> IdRun:
    if "rows" in entry:
        return IdRun.of(ids)
    if entry["order"] is None:
        return IdRun.sorted_by(ids, None)
    try:
        order = read_checked(folder, entry["order"])
    except CorruptFileError as error:  # it follows from the ids
        log.warning("sorting ids anew, which compact() spares folder=%s error=%s", folder, error)
        return IdRun.of(ids)
    ends = [order[i] for i in (0, -1) if len(order) == len(ids)]
    fits = ends and min(ends) >= 0 and max(ends) < len(ids)
    return IdRun.sorted_by(ids, order) if fits else IdRun.of(ids)


def _records(columns: Columns) -> NDArray[Any]:
    rows = np.empty(len(columns), dtype=ROW)
    rows["id"], rows["seq"], rows["hash"] = columns.ids, columns.seq, columns.hashes
    return rows


def _tier(n_rows: int) -> int:
    return (n_rows.bit_length() - 1) // 3


class _NormRange:
    """Blocks of vectors that pass by, and the smallest and largest norm among them."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self.low, self.high = np.inf, 0.0
        self._blocks = blocks

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            for start in range(0, len(block), _BLOCK_ROWS):
                norms = row_norms(block[start : start + _BLOCK_ROWS])
                self.low = min(self.low, float(norms.min()))
                self.high = max(self.high, float(norms.max()))
            yield block
