"""Files that are whole or not there: temporary name, sync, rename, sync of the folder.

After a kill at any moment the old content or the new one stands under the name, never a part.
A folder of many files has a manifest that names them: they are written under names of their own,
and it alone is renamed.
"""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError, LockedError, StorageError, TypecaseError

TEMPORARY_PREFIX = ".tmp-"

PAGE_BYTES = 4096

_CHUNK_BYTES = 1 << 22
_FIXED_BYTES = 12  # of the head of a .npy file: magic, version, the length of what follows

# What NumPy raises when the header of an array is damaged: it is a Python literal.
_UNREADABLE = (
    ValueError,
    EOFError,
    SyntaxError,
    TokenError,
    TypeError,
    MemoryError,
    RecursionError,
    UserWarning,
)


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when the block ends without an error.

    Raises:
        StorageError: the disk refused; nothing has changed under the name.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    with storage_errors(f"writing {path}"):
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that nothing names yet for writing; its content is durable when the block ends.

    Its name is durable when `write_manifest` has written what names it. Until then a killed
    process leaves a part of it, which the next writer of the folder takes away.

    Raises:
        StorageError: the disk refused, or there is such a file; nothing has changed.
    """
    with storage_errors(f"writing {path}"), path.open("xb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def storage_errors(action: str) -> Iterator[None]:
    """Turn an OSError of the block into a StorageError that says what was being done."""
    try:
        yield
    except TypecaseError:
        raise
    except OSError as error:
        raise StorageError(error.errno, f"{action}: {error.strerror or error}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, durably; an existing one is fine.

    Raises:
        StorageError: it cannot be created, or a file has this name.
    """
    with storage_errors(f"creating {folder}"):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)


def remove_temporaries(folder: Path) -> None:
    """Delete what a killed writer left behind. Only for the holder of the folder's lock."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink(missing_ok=True)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the one writer's place of a folder; the system frees it when the process dies.

    Raises:
        LockedError: another process, or another part of this one, is writing there.
    """
    descriptor = acquire_lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def acquire_lock(folder: Path) -> int:
    """Return an open descriptor that holds the writer's place until it is closed.

    Raises:
        LockedError: the place is taken.
    """
    if sys.platform == "win32":
        raise StorageError("Writing folders needs POSIX file locks, which Windows lacks.")
    import fcntl  # here, because the module does not exist on Windows

    with storage_errors(f"locking {folder}"):
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LockedError(
            error.errno, f"{folder} is being written by another process. Wait for it to end."
        ) from error
    return descriptor


def write_array(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    """Write an array as .npy and return its manifest entry: file, dtype, shape, size, sha256.

    The file must be new, and is there for good when a manifest that names it was written.
    """
    return write_array_blocks(path, array.dtype, array.shape, [array])


def write_array_blocks(
    path: Path,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    blocks: Iterable[NDArray[Any]],
    *,
    on_page: bool = False,
) -> dict[str, Any]:
    """Write the rows of an array that comes in blocks; returns what `write_array` returns.

    Args:
        on_page: let the first row begin a page, so that rows which are read one by one lie in as
            few pages as they can: rows of 4,096 bytes in one each, not two.
    """
    descr = np.lib.format.dtype_to_descr(dtype)
    with new_file(path) as file:
        writer = _HashingWriter(file)
        writer.write(_array_header(descr, shape, PAGE_BYTES if on_page else 1))
        for block in blocks:
            if block.size:
                flat = np.ascontiguousarray(block, dtype=dtype).reshape(-1).view(np.uint8)
                writer.write(flat.data)
    return {
        "file": path.name,
        "dtype": descr,
        "shape": list(shape),
        "size_bytes": writer.size_bytes,
        "sha256": writer.sha256.hexdigest(),
    }


def _array_header(descr: Any, shape: tuple[int, ...], multiple: int) -> bytes:
    """Return the head of a .npy file, padded as its format allows to a multiple of a length.

    It is of version 3: NumPy takes seconds over a damaged head of an older one, which it reads
    again as a literal of Python 2.
    """
    described = BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(described, header)
    head = described.getvalue()
    text = head[_FIXED_BYTES:].rstrip(b"\n")
    text = text.ljust(len(text) + -len(head) % multiple) + b"\n"
    return np.lib.format.magic(3, 0) + len(text).to_bytes(4, "little") + text


def read_array(
    folder: Path, entry: dict[str, Any], *, mmap: bool = False, verify: bool = True
) -> NDArray[Any]:
    """Read an array that `write_array` wrote.

    Args:
        entry: what `write_array` returned.
        mmap: leave it on disk, as a read-only memory map.
        verify: read the whole file and compare its sha256. Size, dtype and shape always are.

    Raises:
        CorruptFileError: missing, cut off, changed, or not what the manifest says.
    """
    path = folder / entry["file"]
    check_file(path, entry, verify=verify)
    mapped = mmap and 0 not in entry["shape"]  # nothing cannot be mapped
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except _UNREADABLE as error:
        raise CorruptFileError(f"{path} is not a readable array.") from error
    found = {"dtype": np.lib.format.dtype_to_descr(array.dtype), "shape": list(array.shape)}
    named = {name: entry[name] for name in found}
    if json.dumps(found) != json.dumps(named):  # as JSON: a tuple has become a list
        raise CorruptFileError(f"{path} holds {found}, its manifest says otherwise.")
    return array  # type: ignore[no-any-return]


def check_file(path: Path, entry: dict[str, Any], *, verify: bool = True) -> None:
    """Compare a file with its manifest entry: its size, and with verify its sha256.

    Raises:
        CorruptFileError: they differ, or the file is missing.
    """
    try:
        size_bytes = path.stat().st_size
    except FileNotFoundError:
        raise CorruptFileError(f"{path} is missing, though its manifest names it.") from None
    if size_bytes != entry["size_bytes"]:
        raise CorruptFileError(
            f"{path} has {size_bytes} bytes, its manifest says {entry['size_bytes']}."
        )
    if verify and file_sha256(path) != entry["sha256"]:
        raise CorruptFileError(f"{path} was changed after it was written: its sha256 differs.")


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write_manifest(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with a checksum of itself; this rename is what publishes a folder's new state.

    The names of the files beside it are made durable before.
    """
    sealed = content | {"checksum": _checksum(content)}
    with atomic_file(path) as file:
        file.write(json.dumps(sealed, indent=1, sort_keys=True, allow_nan=False).encode())
        sync_folder(path.parent)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read what `write_manifest` wrote.

    Raises:
        FileNotFoundError: there is none.
        CorruptFileError: it is not JSON, or was changed after it was written.
    """
    try:
        content = json.loads(path.read_bytes(), parse_float=_float_as_written)
        checksum = content.pop("checksum")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CorruptFileError(f"{path} is not a manifest.") from error
    if checksum != _checksum(content):
        raise CorruptFileError(f"{path} was changed after it was written: its checksum differs.")
    return content  # type: ignore[no-any-return]


def _float_as_written(text: str) -> float:
    """Refuse what would pass the checksum: 1E-07 is another spelling of 1e-07."""
    value = float(text)
    if repr(value) != text:
        raise ValueError(f"{text} was not written so")
    return value


def _checksum(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class _HashingWriter:
    """A file that hashes what passes, so that nothing is read back for the checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        self.sha256.update(data)
        self.size_bytes += len(data)
        return self._file.write(data)
