"""Attributes in the folder of a vector store: a file for each piece and for each patch.

A file holds all arrays of its columns one behind the other; the store's manifest says where each
begins, and what is no array. Files are immutable and mapped into memory.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from typecase.base.files import check_file, write_array_blocks
from typecase.data.attribute_patches import Patch
from typecase.data.attribute_pieces import Piece
from typecase.data.attributes import AttributeTable
from typecase.data.store_manifest import read_checked

_ALIGNED_BYTES = 8

Entry = dict[str, Any]


def write_attributes(
    folder: Path,
    table: AttributeTable,
    before: tuple[AttributeTable | None, Entry | None],
    *,
    token: str,
    changed: Mapping[str, int] | None = None,
) -> Entry:
    """Write what of a table is not written yet; return its manifest entry.

    Args:
        before: the table that is there, opened, and its entry.
        token: what the names of the files end in.
        changed: the sequence number of the change of each column whose older values changed.

    Raises:
        CorruptFileError: a file whose values were put into new ones was changed.
    """
    entry = before[1]
    known = {id(part): packed for part, packed in _files_of(*before)}
    kept = {id(part) for part in (*table.pieces, *table.patches.values())}
    for packed in (packed for part, packed in known.items() if part not in kept):
        check_file(folder / packed["file"]["file"], packed["file"])  # its values are in new files

    def written(part: Piece | Patch, name: str) -> Entry:
        there = known.get(id(part))
        return there or _write(folder / f"{name}.{token}.npy", part.to_arrays())

    return {
        "kinds": [list(pair) for pair in table.kinds.items()],  # in order, which JSON keys lose
        "pieces": [written(piece, f"columns_{i}") for i, piece in enumerate(table.pieces)],
        "patches": {
            name: written(patch, f"patch_{i}")
            for i, (name, patch) in enumerate(table.patches.items())
        },
        "changed": (entry or {"changed": {}})["changed"] | dict(changed or {}),
    }


def open_attributes(
    folder: Path,
    entry: Entry | None,
    known: tuple[AttributeTable | None, Entry | None],
    *,
    is_grown: bool,
) -> AttributeTable | None:
    """Map the attributes that an entry names; None where there are none.

    Args:
        known: a table that is open, and its entry: what both have is taken from there.
        is_grown: rows were only added since known, so that bitmaps of it stay true.

    Raises:
        CorruptFileError: a file was changed, cut off or lost. Of large ones the size is compared.
    """
    if entry is None:
        return None
    old, old_entry = known
    opened = {packed["file"]["file"]: part for part, packed in _files_of(*known)}

    def part(cls: type[Piece] | type[Patch], packed: Entry) -> Any:
        there = opened.get(packed["file"]["file"])
        return cls.from_arrays(_read(folder, packed)) if there is None else there

    table = AttributeTable(
        kinds=dict(entry["kinds"]),
        pieces=tuple(part(Piece, packed) for packed in entry["pieces"]),
        patches={name: part(Patch, packed) for name, packed in entry["patches"].items()},
    )
    if old is None or old_entry is None or not is_grown:
        return table
    then, now = old_entry["changed"], entry["changed"]
    return table.with_cache(old.cache.without({n for n in now if now[n] != then.get(n)}))


def _files_of(
    table: AttributeTable | None, entry: Entry | None
) -> Iterator[tuple[Piece | Patch, Entry]]:
    """Give each part of a table with the entry of its file."""
    if table is not None and entry is not None:
        yield from zip(table.pieces, entry["pieces"], strict=True)
        for name, packed in entry["patches"].items():
            yield table.patches[name], packed


def _write(path: Path, parts: Sequence[Mapping[str, Any]]) -> Entry:
    described, blocks, end = [], [], 0
    for part in parts:
        places: dict[str, list[Any]] = {}
        for name, value in part.items():
            if isinstance(value, np.ndarray):
                start = -(-end // _ALIGNED_BYTES) * _ALIGNED_BYTES
                places[name] = [start, value.dtype.str, len(value)]
                blocks.append(np.zeros(start - end, dtype=np.uint8))
                blocks.append(np.ascontiguousarray(value).view(np.uint8))
                end = start + value.nbytes
        plain = {name: value for name, value in part.items() if name not in places}
        described.append({"plain": plain, "arrays": places})
    file = write_array_blocks(path, np.dtype(np.uint8), (end,), blocks)
    # as text, which costs less in a manifest that every change writes anew
    return {"file": file, "parts": json.dumps(described)}


def _read(folder: Path, packed: Entry) -> list[dict[str, Any]]:
    content = read_checked(folder, packed["file"])
    parts = []
    for part in json.loads(packed["parts"]):
        arrays = {}
        for name, (start, dtype, n) in part["arrays"].items():
            size_bytes = n * np.dtype(dtype).itemsize
            arrays[name] = content[start : start + size_bytes].view(dtype)
        parts.append(part["plain"] | arrays)
    return parts
