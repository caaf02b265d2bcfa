"""One published state of a vector store, opened: which rows there are and which of them live."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError
from typecase.data.attribute_files import open_attributes
from typecase.data.attributes import AttributeTable
from typecase.data.id_table import IdTable
from typecase.data.row_bits import RowBits
from typecase.data.rows import Rows
from typecase.data.segments import HASH_BYTES, Columns, Segment, open_segment
from typecase.data.store_manifest import (
    open_attached,
    open_removals,
    read_checked,
    read_header,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened to the rows of a store, not to their attributes, after a sequence number."""

    seq: int
    """Ask with this number next time."""
    anew: bool
    """The store was compacted since: `ids` and `x` are all there is, forget what you have."""
    removed: NDArray[np.int64]
    """(m,) ids that are gone."""
    ids: NDArray[np.int64]
    """(n,) ids that are new or have a new vector."""
    x: Rows
    """(n, dim)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """Immutable. Rows stand in the order of their sequence numbers, whatever the segments are."""

    manifest: dict[str, Any]
    segments: tuple[Segment, ...]
    x_all: Rows
    """(n, dim), dead rows among them."""
    removals: NDArray[Any]
    """(m,) of REMOVAL, since the last compaction."""
    lookup: IdTable
    """The ids of the n rows, and which of them live."""
    attached: dict[str, dict[str, NDArray[Any]] | CorruptFileError]
    """The derived arrays of each name, or why they cannot be had."""
    attributes: AttributeTable | None
    """Of the n rows; None where they have none."""

    @classmethod
    def open(cls, folder: Path, known: "StoreView | None" = None) -> Self:
        """Open what the manifest names now; what known has opened already is taken from there.

        Raises:
            StorageError, CorruptFileError, FormatVersionError, InvalidInputError: as `read_header`
                and `read_array`.
        """
        while True:
            manifest = read_header(folder)
            try:
                view = cls.of(folder, manifest, known)
                for found in view.attached.values():
                    if isinstance(found, CorruptFileError) and _is_older(manifest, folder):
                        raise found
                return view
            except CorruptFileError:
                # The writer may have replaced files between our two reads.
                if not _is_older(manifest, folder):
                    raise

    @classmethod
    def of(cls, folder: Path, manifest: dict[str, Any], known: "StoreView | None") -> Self:
        """Open what a manifest names; see `open`."""
        opened = {s.entry["x"]["file"]: s for s in known.segments} if known else {}
        segments = tuple(
            opened.get(entry["x"]["file"]) or open_segment(folder, entry)
            for entry in manifest["segments"]
        )
        removals = _removals(folder, manifest, known)
        table = IdTable(tuple(segment.run for segment in segments), None)
        if known is None or known.manifest["compacted_seq"] != manifest["compacted_seq"]:
            alive, n_known, seq_known = _stored_alive(folder, manifest["live"], table.n_rows)
        else:
            alive, n_known = known.lookup.alive, known.lookup.n_rows
            seq_known = known.manifest["next_seq"]
        new_removals = removals[removals["seq"] >= seq_known]
        return cls(
            manifest=manifest,
            segments=segments,
            x_all=Rows([segment.x for segment in segments], dim=manifest["dim"]),
            removals=removals,
            lookup=_advance(segments, table, alive, n_known, new_removals),
            attached=_open_attached(folder, manifest, known),
            attributes=_attributes(folder, manifest, known),
        )

    def x(self, first: int = 0) -> Rows:
        """Return the live vectors from row first on; only pieces with dead rows are copied."""
        rows, alive = self.x_all.from_row(first), self.lookup.alive
        return rows if alive is None else rows.kept(alive.bools(first))

    def ids(self, first: int = 0) -> NDArray[np.int64]:
        """Return the live ids from row first on, in the order of `x`."""
        return self.lookup.live_ids(first)

    def hashes_at(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the content hashes of some rows, (m, 16)."""
        out = np.empty((len(rows), HASH_BYTES), dtype=np.uint8)
        for here, places, columns in _owners(self.segments, rows):
            out[here] = columns.hashes[places]
        return out

    def changes_since(self, seq: int) -> Changes:
        """Return what an index that saw seq must do to hold what there is."""
        anew = seq < self.manifest["compacted_seq"]
        after = -1 if anew else seq
        first = self.first_after(after)
        gone = np.unique(self.removals["id"][self.removals["seq"] > after])
        return Changes(
            seq=int(self.manifest["next_seq"]) - 1,
            anew=anew,
            removed=gone[self.lookup.find(gone) < 0],
            ids=self.ids(first),
            x=self.x(first),
        )

    def first_after(self, seq: int) -> int:
        """Return the first row that came after a sequence number; the number of rows if none."""
        first = self.lookup.n_rows
        if seq >= self.manifest["next_seq"] - 1:
            return first
        for segment in reversed(self.segments):
            if segment.columns.seq[-1] <= seq:  # mostly so: then only the last page is touched
                break
            n_before = int(np.searchsorted(segment.columns.seq, seq, side="right"))
            first -= len(segment) - n_before
            if n_before:
                break
        return first

    def n_since_live(self) -> int:
        """Return how many rows and removals an opener has to go through to know what lives."""
        live = self.manifest["live"]
        n_removals = np.count_nonzero(self.removals["seq"] >= live["next_seq"])
        return self.lookup.n_rows - int(live["n_rows"]) + int(n_removals)


def _removals(folder: Path, manifest: dict[str, Any], known: StoreView | None) -> NDArray[Any]:
    if known is not None and known.manifest["removals"] == manifest["removals"]:
        return known.removals
    return open_removals(folder, manifest["removals"])


def _attributes(
    folder: Path, manifest: dict[str, Any], known: StoreView | None
) -> AttributeTable | None:
    entry = manifest["attributes"]
    if known is None:
        return open_attributes(folder, entry, (None, None), is_grown=False)
    is_grown = known.manifest["compacted_seq"] == manifest["compacted_seq"]
    before = (known.attributes, known.manifest["attributes"])
    return open_attributes(folder, entry, before, is_grown=is_grown)


def _is_older(manifest: dict[str, Any], folder: Path) -> bool:
    return bool(read_header(folder)["generation"] != manifest["generation"])


def _open_attached(
    folder: Path, manifest: dict[str, Any], known: StoreView | None
) -> dict[str, dict[str, NDArray[Any]] | CorruptFileError]:
    """Map derived arrays: a store whose derived files are lost still opens."""
    before = known.manifest["attached"] if known else {}
    out = dict(known.attached) if known else {}
    entries: dict[str, Any] = manifest["attached"]
    for name, entry in entries.items():
        if entry != before.get(name):
            try:
                out[name] = open_attached(folder, entry)
            except CorruptFileError as error:
                out[name] = error
    return {name: out[name] for name in entries}


def _stored_alive(
    folder: Path, live: dict[str, Any], n_rows: int
) -> tuple[RowBits | None, int, int]:
    """Return which of the first rows lived at a sequence number, how many they are, the number."""
    n, seq = int(live["n_rows"]), int(live["next_seq"])
    if live["bits"] is None:
        return None, n, seq
    packed = read_checked(folder, live["bits"])
    if n > n_rows or len(packed) != (n + 7) // 8:
        raise CorruptFileError(f"{folder / live['bits']['file']} does not fit to the rows.")
    return RowBits.from_packed(packed, n), n, seq


def _advance(
    segments: tuple[Segment, ...],
    table: IdTable,
    alive: RowBits | None,
    n_known: int,
    new_removals: NDArray[Any],
) -> IdTable:
    """Let newer rows win over older ones of their id, and removals over rows before them.

    Args:
        table: of all rows.
        alive: of the first n_known rows.
        new_removals: those that alive knows nothing of.
    """
    n = table.n_rows
    if n == n_known and not len(new_removals):
        return IdTable(table.runs, alive)
    rows = table.find(new_removals["id"])
    there = np.flatnonzero(rows >= 0)
    is_before = _seq_at(segments, rows[there]) < new_removals["seq"][there]
    dead = np.concatenate([_replaced(table, n_known), rows[there[is_before]]])
    if alive is None and not len(dead):
        return table
    bits = (alive or RowBits.all_of(n_known)).with_rows(n - n_known)
    return IdTable(table.runs, bits.without(dead))


def _replaced(table: IdTable, n_known: int) -> NDArray[np.int64]:
    """Return the rows that rows from n_known on replace, and more that were so before."""
    placed = list(table.placed())
    n_old = sum(start + len(run) <= n_known for start, run in placed)
    if n_old == len(placed):
        return np.empty(0, dtype=np.int64)
    first = placed[n_old][0]
    ids = IdTable(table.runs[n_old:], None).live_ids()
    latest = _last_of_each(ids)
    before = IdTable(table.runs[:n_old], None).find(ids[latest])
    return np.concatenate([before[before >= 0], np.flatnonzero(~latest) + first])


def _seq_at(segments: tuple[Segment, ...], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.empty(len(rows), dtype=np.int64)
    for here, places, columns in _owners(segments, rows):
        out[here] = columns.seq[places]
    return out


def _owners(
    segments: tuple[Segment, ...], rows: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Columns]]:
    """Give for each segment that holds some of the rows: which of them, where there, columns."""
    starts = np.cumsum([0, *map(len, segments)])
    owner = np.searchsorted(starts, rows, side="right") - 1
    for i in np.unique(owner).tolist():
        here = np.flatnonzero(owner == i)
        yield here, rows[here] - starts[i], segments[i].columns


def _last_of_each(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which positions hold the last occurrence of their id."""
    order = np.argsort(ids, kind="stable")
    last = np.ones(len(ids), dtype=bool)
    last[order[:-1]] = ids[order[1:]] != ids[order[:-1]]
    return last
