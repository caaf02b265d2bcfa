"""The manifest of a vector store: what it names is the store, nothing else in the folder is."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_count
from typecase.base.errors import (
    CorruptFileError,
    FormatVersionError,
    InvalidInputError,
    TypecaseError,
)
from typecase.base.files import (
    check_file,
    read_array,
    read_manifest,
    remove_temporaries,
    storage_errors,
    write_array,
    write_manifest,
)

FORMAT = "typecase-vectors"
FORMAT_VERSION = 3
MANIFEST = "manifest.json"

REMOVAL = np.dtype([("id", "<i8"), ("seq", "<i8")])

_CHECKED_BYTES = 1 << 18
_OUR_FILE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?\.[0-9a-f]{16}\.npy$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def read_header(folder: Path) -> dict[str, Any]:
    """Return the manifest of a store; what versions 1 and 2 did not write is filled in.

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
    live = {"n_rows": 0, "next_seq": 0, "bits": None}
    return {"attached": {}, "attributes": None, "live": live} | manifest


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
    manifest = {"generation": 1, "next_seq": 0, "dim": check_count(dim, name="dim")}
    publish(folder, manifest | {"compacted_seq": -1, "segments": [], "removals": None})


def publish(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write a manifest, which makes what it names the store; return it with its version."""
    manifest = manifest | {"format": FORMAT, "version": FORMAT_VERSION}
    write_manifest(folder / MANIFEST, manifest)
    return manifest


def read_checked(folder: Path, entry: dict[str, Any]) -> NDArray[Any]:
    """Map an array; the content of a small file is compared with its checksum, else its size."""
    verify = entry["size_bytes"] <= _CHECKED_BYTES
    return read_array(folder, entry, mmap=True, verify=verify).view(np.ndarray)


def write_removals(folder: Path, removals: NDArray[Any], *, token: str) -> dict[str, Any]:
    """Write all removals since the last compaction; return their manifest entry."""
    return write_array(folder / f"removals.{token}.npy", removals)


def open_removals(folder: Path, entry: dict[str, Any] | None) -> NDArray[Any]:
    """Read or map the removals, (m,) of REMOVAL."""
    return np.empty(0, dtype=REMOVAL) if entry is None else read_checked(folder, entry)


def write_attached(
    folder: Path, name: str, arrays: Mapping[str, ArrayLike], seq: int, *, token: str
) -> dict[str, Any]:
    """Write arrays that are derived from the rows; return their manifest entry."""
    for word in (name, *arrays):
        if not _NAME.match(word):
            raise InvalidInputError(f"names must be like codes or codes_1, got {word!r}.")
    entries = {}
    for key, values in arrays.items():
        array = np.asarray(values)
        if array.dtype.hasobject:
            raise InvalidInputError(f"{name}.{key} cannot be stored: it holds Python objects.")
        entries[key] = write_array(folder / f"{name}.{key}.{token}.npy", array)
    return {"seq": seq, "arrays": entries}


def open_attached(folder: Path, entry: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Map the arrays that `write_attached` wrote."""
    return {key: read_checked(folder, array) for key, array in entry["arrays"].items()}


def file_entries(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the entry of every file that a manifest names."""
    for segment in manifest["segments"]:
        yield from (part for part in segment.values() if isinstance(part, dict))
    for part in (manifest["removals"], manifest["live"]["bits"]):
        if part is not None:
            yield part
    for attached in manifest["attached"].values():
        yield from attached["arrays"].values()
    if (attributes := manifest["attributes"]) is not None:
        for packed in (*attributes["pieces"], *attributes["patches"].values()):
            yield packed["file"]


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Compare every file with its checksum.

    Raises:
        CorruptFileError: one was changed; the message names it.
    """
    for entry in file_entries(manifest):
        try:
            check_file(folder / entry["file"], entry)
        except CorruptFileError:
            if entry["file"] in {e["file"] for e in file_entries(read_header(folder))}:
                raise  # else the writer has replaced it meanwhile


def remove_unnamed(folder: Path, manifest: dict[str, Any]) -> None:
    """Delete our files that the manifest does not name. Only for a writer that has just opened."""
    named = {entry["file"] for entry in file_entries(manifest)}
    for path in folder.iterdir():
        if _OUR_FILE.match(path.name) and path.name not in named:
            with contextlib.suppress(OSError):  # the next writer tries again
                path.unlink()
    remove_temporaries(folder)


def remove_replaced(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Delete the files that the old manifest names and the new one does not."""
    named = {entry["file"] for entry in file_entries(new)}
    for entry in file_entries(old):
        if entry["file"] not in named:
            with contextlib.suppress(OSError):  # the next writer tries again
                (folder / entry["file"]).unlink()


def remove_failed(folder: Path, token: str) -> None:
    """Delete the files of a change that failed, unless it was published all the same."""
    with contextlib.suppress(OSError, TypecaseError):
        named = {entry["file"] for entry in file_entries(read_header(folder))}
        for path in folder.glob(f"*.{token}.npy"):
            if path.name not in named:
                path.unlink()
