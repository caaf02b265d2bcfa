"""The disk cache: fill it with files, empty it of them, and look whether it is empty."""

import ctypes
import mmap
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bench.filtered.memory import mappings

_MADV_DONTNEED = 4
_BLOCK = 2**22


def warm(path: Path, n_bytes: int | None = None) -> None:
    """Read a file from its start, so that the disk cache has it."""
    left = path.stat().st_size if n_bytes is None else n_bytes
    with path.open("rb") as file:
        while left > 0 and (block := file.read(_BLOCK)):
            left -= len(block)


def drop(paths: Iterable[Path]) -> None:
    """Take files out of the disk cache, those that this process maps, too.

    The kernel keeps pages that a process maps, so this one's are unmapped first (the mapping
    stays; `madvise` with MADV_DONTNEED), and then the file's are given up (`posix_fadvise` with
    POSIX_FADV_DONTNEED). Pages that another process maps stay; `resident` tells.
    """
    files = {str(path.resolve()): path for path in paths if path.is_file()}
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for found in mappings():
        is_private_copy = "w" in found.access and "p" in found.access
        if found.name in files and not is_private_copy:
            madvise(found.start, found.size, _MADV_DONTNEED)
    for path in files.values():
        with path.open("rb") as file:
            os.fsync(file.fileno())  # pages that are not on disk yet would stay
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(paths: Iterable[Path]) -> int:
    """Return how many bytes of files the disk cache has, as `mincore` says."""
    total = 0
    mincore = ctypes.CDLL(None, use_errno=True).mincore
    mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    for path in paths:
        if path.is_file() and path.stat().st_size:
            x = np.memmap(path, dtype=np.uint8, mode="r")
            flags = np.zeros(-(-len(x) // mmap.PAGESIZE), dtype=np.uint8)
            if mincore(x.ctypes.data, len(x), flags.ctypes.data):
                raise OSError(ctypes.get_errno(), "mincore failed", str(path))
            total += int((flags & 1).sum()) * mmap.PAGESIZE
    return total
