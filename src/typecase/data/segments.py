"""The files of a vector store: immutable segments, removals, and the manifest that names them."""

import contextlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_count
from typecase.base.errors import CorruptFileError, FormatVersionError, InvalidInputError
from typecase.base.files import (
    read_array,
    read_manifest,
    remove_temporaries,
    storage_errors,
    write_array,
    write_array_blocks,
    write_manifest,
)

FORMAT = "typecase-vectors"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
HASH_BYTES = 16

ROW = np.dtype([("id", "<i8"), ("seq", "<i8"), ("hash", "u1", (HASH_BYTES,))])
REMOVAL = np.dtype([("id", "<i8"), ("seq", "<i8")])

_OUR_FILE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?\.[0-9a-f]{16}\.npy$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_MERGED_AT_ONCE = 8
_LARGEST_MERGED_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable piece of a store, opened."""

    entry: dict[str, Any]
    x: NDArray[np.float32]
    """(n, dim), mapped from disk."""
    rows: NDArray[Any]
    """(n,) of ROW."""

    def __len__(self) -> int:
        return len(self.rows)


def read_header(folder: Path) -> dict[str, Any]:
    """Return the manifest of a store.

    Raises:
        StorageError: there is no store.
        CorruptFileError: the manifest was changed.
        InvalidInputError: it is the manifest of something else.
        FormatVersionError: it was written by a newer version.
    """
    with storage_errors(f"opening the vectors in {folder}"):
        manifest = read_manifest(folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise InvalidInputError(f"{folder} holds a {manifest.get('format')}, not vectors.")
    if manifest["version"] > FORMAT_VERSION:
        raise FormatVersionError(
            f"{folder} has format {manifest['version']}, this version reads up to "
            f"{FORMAT_VERSION}. Upgrade, or embed anew into another folder."
        )
    return manifest


def create(folder: Path, dim: int | None) -> None:
    """Write the manifest of an empty store.

    Raises:
        InvalidInputError: no dim, or the folder holds something else.
    """
    if dim is None:
        raise InvalidInputError(f"dim is needed to create the vectors in {folder}.")
    for path in folder.iterdir():
        if not path.name.startswith("."):
            raise InvalidInputError(f"{folder} holds {path.name} and no vectors. Store elsewhere.")
    manifest = {"format": FORMAT, "version": FORMAT_VERSION, "generation": 1, "next_seq": 0}
    manifest |= {"compacted_seq": -1, "segments": [], "removals": None}
    write_manifest(folder / MANIFEST, manifest | {"dim": check_count(dim, name="dim")})


def write_segment(
    folder: Path, blocks: Iterable[NDArray[np.float32]], rows: NDArray[Any], dim: int
) -> dict[str, Any]:
    """Write vectors and their records; return the segment's manifest entry."""
    token = secrets.token_hex(8)
    x_entry = write_array_blocks(
        folder / f"x.{token}.npy", np.dtype("<f4"), (len(rows), dim), blocks
    )
    return {"x": x_entry, "rows": write_array(folder / f"rows.{token}.npy", rows)}


def open_segment(folder: Path, entry: dict[str, Any]) -> Segment:
    """Map a segment's vectors and read its records, which are compared with their checksum."""
    x = read_array(folder, entry["x"], mmap=True, verify=False)
    rows = read_array(folder, entry["rows"])
    if len(x) != len(rows):
        raise CorruptFileError(f"{folder / entry['x']['file']} and its records differ in length.")
    return Segment(entry, x, rows)


def write_removals(folder: Path, removals: NDArray[Any]) -> dict[str, Any]:
    """Write all removals since the last compaction; return their manifest entry."""
    return write_array(folder / f"removals.{secrets.token_hex(8)}.npy", removals)


def open_removals(folder: Path, entry: dict[str, Any] | None) -> NDArray[Any]:
    """Read the removals, (m,) of REMOVAL."""
    return np.empty(0, dtype=REMOVAL) if entry is None else read_array(folder, entry)


def write_attached(
    folder: Path, name: str, arrays: Mapping[str, ArrayLike], seq: int
) -> dict[str, Any]:
    """Write arrays that are derived from the rows; return their manifest entry."""
    for word in (name, *arrays):
        if not _NAME.match(word):
            raise InvalidInputError(f"names must be like codes or codes_1, got {word!r}.")
    token = secrets.token_hex(8)
    entries = {
        key: write_array(folder / f"{name}.{key}.{token}.npy", np.asarray(array))
        for key, array in arrays.items()
    }
    return {"seq": seq, "arrays": entries}


def open_attached(folder: Path, entry: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Map the arrays that `write_attached` wrote; only sizes are compared."""
    return {
        key: read_array(folder, array, mmap=True, verify=False)
        for key, array in entry["arrays"].items()
    }


def file_entries(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the entry of every file that a manifest names."""
    for segment in manifest["segments"]:
        yield segment["x"]
        yield segment["rows"]
    if manifest["removals"] is not None:
        yield manifest["removals"]
    for attached in manifest.get("attached", {}).values():
        yield from attached["arrays"].values()


def remove_unnamed(folder: Path, manifest: dict[str, Any]) -> None:
    """Delete our files that the manifest does not name. Only for the writer."""
    named = {entry["file"] for entry in file_entries(manifest)}
    for path in folder.iterdir():
        if _OUR_FILE.match(path.name) and path.name not in named:
            with contextlib.suppress(OSError):  # the next writer tries again
                path.unlink()
    remove_temporaries(folder)


def mergeable_tail(lengths: Sequence[int]) -> int:
    """Return how many of the last segments should become one, 0 if none.

    They are merged eight at a time when they are of about one size, a power of eight apart, so a
    row is rewritten about log8(n) times and there are never more than some dozens of segments.
    """
    tail = lengths[-_MERGED_AT_ONCE:]
    if len(tail) < _MERGED_AT_ONCE or sum(tail) > _LARGEST_MERGED_ROWS:
        return 0
    return len(tail) if max(map(_tier, tail)) <= _tier(tail[-1]) else 0


def _tier(n_rows: int) -> int:
    return (n_rows.bit_length() - 1) // 3
