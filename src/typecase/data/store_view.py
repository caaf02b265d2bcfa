"""One published state of a vector store, opened: which rows there are and which of them live."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError
from typecase.data.id_table import IdTable
from typecase.data.rows import Rows
from typecase.data.segments import (
    REMOVAL,
    ROW,
    Segment,
    open_attached,
    open_removals,
    open_segment,
    read_header,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """Immutable. Rows stand in the order of their sequence numbers, whatever the segments are."""

    manifest: dict[str, Any]
    segments: tuple[Segment, ...]
    rows: NDArray[Any]
    """(n,) of ROW."""
    removals: NDArray[Any]
    """(m,) of REMOVAL, since the last compaction."""
    live: NDArray[np.bool_]
    """(n,)."""
    lookup: IdTable
    """The live ids."""
    attached: dict[str, dict[str, NDArray[Any]] | CorruptFileError]
    """The derived arrays of each name, or why they cannot be had."""

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
                view = cls._open(folder, manifest, known)
                for found in view.attached.values():
                    if isinstance(found, CorruptFileError) and _is_older(manifest, folder):
                        raise found
                return view
            except CorruptFileError:
                # The writer may have replaced files between our two reads.
                if not _is_older(manifest, folder):
                    raise

    @classmethod
    def _open(cls, folder: Path, manifest: dict[str, Any], known: "StoreView | None") -> Self:
        opened = {s.entry["x"]["file"]: s for s in known.segments} if known else {}
        segments = tuple(
            opened.get(entry["x"]["file"]) or open_segment(folder, entry)
            for entry in manifest["segments"]
        )
        removals = open_removals(folder, manifest["removals"])
        if known is None or known.manifest["compacted_seq"] != manifest["compacted_seq"]:
            known = _empty(manifest)
        new_rows = _rows_from(segments, len(known.rows))
        n_seen = known.manifest["next_seq"]
        new_removals = removals[removals["seq"] >= n_seen]
        live, lookup = _advance(known, new_rows, new_removals)
        return cls(
            manifest=manifest,
            segments=segments,
            rows=np.concatenate([known.rows, new_rows]),
            removals=removals,
            live=live,
            lookup=lookup,
            attached=_open_attached(folder, manifest, known),
        )

    def x(self, first: int = 0) -> Rows:
        """Return the live vectors from row first on; only pieces with dead rows are copied."""
        pieces = Rows([segment.x for segment in self.segments], dim=self.manifest["dim"])
        return pieces.from_row(first).kept(self.live[first:])

    def ids(self, first: int = 0) -> NDArray[np.int64]:
        """Return the live ids from row first on, in the order of `x`."""
        return np.ascontiguousarray(self.rows["id"][first:][self.live[first:]])


def _empty(manifest: dict[str, Any]) -> StoreView:
    nothing = np.empty(0, dtype=np.int64)
    return StoreView(
        manifest=manifest | {"next_seq": 0},
        segments=(),
        rows=np.empty(0, dtype=ROW),
        removals=np.empty(0, dtype=REMOVAL),
        live=np.empty(0, dtype=bool),
        lookup=IdTable(nothing, nothing),
        attached={},
    )


def _is_older(manifest: dict[str, Any], folder: Path) -> bool:
    return bool(read_header(folder)["generation"] != manifest["generation"])


def _open_attached(
    folder: Path, manifest: dict[str, Any], known: StoreView
) -> dict[str, dict[str, NDArray[Any]] | CorruptFileError]:
    """Map derived arrays: a store whose derived files are lost still opens."""
    before, out = known.manifest.get("attached", {}), dict(known.attached)
    entries: dict[str, Any] = manifest.get("attached", {})
    for name, entry in entries.items():
        if entry != before.get(name) or name not in out:
            try:
                out[name] = open_attached(folder, entry)
            except CorruptFileError as error:
                out[name] = error
    return {name: out[name] for name in entries}


def _rows_from(segments: tuple[Segment, ...], first: int) -> NDArray[Any]:
    """Return the records from row first on: merged segments hold the same rows as before."""
    parts = [np.empty(0, dtype=ROW)]
    start = 0
    for segment in segments:
        parts.append(segment.rows[max(0, first - start) :])
        start += len(segment)
    return np.concatenate(parts)


def _advance(
    known: StoreView, new_rows: NDArray[Any], new_removals: NDArray[Any]
) -> tuple[NDArray[np.bool_], IdTable]:
    """Let newer rows win over older ones of their id, and removals over rows before them."""
    live = np.concatenate([known.live, np.ones(len(new_rows), dtype=bool)])
    ids = np.ascontiguousarray(new_rows["id"])
    latest = _last_of_each(ids)
    live[len(known.rows) :] = latest
    replaced = ids[latest][known.lookup.find(ids[latest]) >= 0]
    live[known.lookup.find(replaced)] = False
    places = len(known.rows) + np.flatnonzero(latest)
    lookup = known.lookup.without_ids(replaced).with_ids(ids[latest], places)

    seq = np.concatenate([known.rows["seq"], new_rows["seq"]])
    gone = np.ascontiguousarray(new_removals["id"])
    rows = lookup.find(gone)
    dead = (rows >= 0) & (seq[rows] < new_removals["seq"]) if len(seq) else rows >= 0
    live[rows[dead]] = False
    return live, lookup.without_ids(np.unique(gone[dead]))


def _last_of_each(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which positions hold the last occurrence of their id."""
    order = np.argsort(ids, kind="stable")
    last = np.ones(len(ids), dtype=bool)
    last[order[:-1]] = ids[order[1:]] != ids[order[:-1]]
    return last
